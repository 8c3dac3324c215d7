internal import Synchronization

/// Turns the intermediate representation into a plan that OPA's readers run (v1/ir/ir.go): the opposite of `PlanLowering`.
///
/// What the machine does itself is spelled out: a `with` gives functions of another name for what is reached under it, documents whose paths
/// are known only at run time are put together, and a block that succeeds sets a flag, since breaks do not lead out of loops.
final class PlanWriting {
  /// What a `with` around a call has replaced. Functions that are reached under different replacements are different functions of the plan.
  struct Replacements: Hashable {
    /// Paths below data that lead to base data alone.
    var paths: [[String]] = []
    var functions: [FunctionReplacement] = []
  }

  struct FunctionReplacement: Hashable {
    enum By: Hashable {
      /// Named as `Planner.mockKey` names functions.
      case function(Int)
      case constant(Int)
      /// A value of the caller's, handed down as an operand behind the function's own.
      case operand
    }
    /// As `Planner.mockKey` names it.
    let key: Int
    let by: By
  }

  private struct Use: Hashable {
    let function: Int
    let replacements: Replacements
  }

  let planner: Planner
  private(set) var document = PlanDocument()
  private var stringIndex: [String: Int] = [:]
  private var fileIndex: [String: Int] = [:]
  private var generations: [Replacements: Int] = [Replacements(): 0]
  private var known: Set<Use> = []
  private var pending: [Use] = []

  init(_ planner: Planner) { self.planner = planner }

  /// Adds the plan of a query, and the functions that it needs.
  ///
  /// - Throws: `rego_compile_error` for a `with` that plans cannot express.
  func add(entryPoint name: String, query: Int) throws(RegoError) {
    let writing = PlanFunctionWriting(planner.functions[query], replacements: Replacements(), in: self)
    document.entryPoints.append(PlanFunction(name: name, path: [], parameters: [0, 1], blocks: [try writing.run()]))
    while !pending.isEmpty {
      let use = pending.removeFirst()
      let function = planner.functions[use.function]
      let writing = PlanFunctionWriting(function, replacements: use.replacements, in: self)
      let block = try writing.run()
      let generation = "g\(generations[use.replacements] ?? 0)"
      document.functions.append(
        PlanFunction(
          name: self.name(use.function, use.replacements), path: [generation] + function.path,
          parameters: Array(0..<2 + writing.parameterCount), blocks: [block]))
    }
  }

  /// The name of a function under replacements, which is written if it was not yet.
  func use(_ function: Int, _ replacements: Replacements) -> String {
    let use = Use(function: function, replacements: replacements)
    if known.insert(use).inserted { pending.append(use) }
    return name(function, replacements)
  }

  private func name(_ function: Int, _ replacements: Replacements) -> String {
    let generation = generations[replacements] ?? generations.count
    generations[replacements] = generation
    let path = planner.functions[function].path
    return "g\(generation).data" + path.map { TermSpelling.isName($0) ? ".\($0)" : "[\(TermSpelling.quoted($0))]" }.joined()
  }

  func string(_ text: String) -> Int {
    if let index = stringIndex[text] { return index }
    document.strings.append(.string(text, in: planner.heap))
    stringIndex[text] = document.strings.count - 1
    return document.strings.count - 1
  }

  func file(_ name: String) -> Int {
    if let index = fileIndex[name] { return index }
    document.files.append(name)
    fileIndex[name] = document.files.count - 1
    return document.files.count - 1
  }

  func useBuiltin(_ name: String) { document.builtins.insert(name) }
}

extension Policy {
  /// What `opa build -t plan` writes to plan.json.
  ///
  /// - Parameter entryPoints: paths of rules and packages below data: "example/allow". A plan has one query for each.
  /// - Throws: `rego_compile_error` for a policy that plans cannot express: a `with` that replaces a place whose path holds other than texts.
  public func plan(entryPoints: [String]) throws(RegoErrors) -> [UInt8] {
    try shared.output.withLock { compiled in
      Result { () throws(RegoErrors) in
        try DeepStack.result { () throws(RegoErrors) in
          let output = compiled.output
          do throws(RegoError) {
            let planner = Planner(heap: Heap(), tree: output.tree, builtins: output.builtins)
            planner.planRules()
            let queries = entryPoints.map { (name: $0, function: planner.planQuery(entryPoint: $0)) }
            if let error = planner.error { throw error }
            let writing = PlanWriting(planner)
            for query in queries { try writing.add(entryPoint: query.name, query: query.function) }
            return PlanJSON.text(writing.document, signatures: Signature.table(for: output.builtins))
          } catch {
            throw RegoErrors(error)
          }
        }
      }
    }.get()
  }
}

extension Planner {
  /// Plans the query for what stands at a path below data.
  fileprivate func planQuery(entryPoint: String) -> Int {
    let path = entryPoint.split(separator: "/").map { ResolvedTerm.constant(.string(String($0), in: heap)) }
    let equation = ResolvedStatement(
      kind: .unify(.variable(0), path.isEmpty ? .data : .reference(.data, path)), with: [], location: .generated)
    return planQuery(ResolvedBody([equation]), variables: [0], count: 1)
  }
}
