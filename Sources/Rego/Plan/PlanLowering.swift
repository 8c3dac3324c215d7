/// Turns a plan into the intermediate representation, which is then assembled like that of modules.
///
/// A plan comes from outside, and the machine trusts its code: what is not plainly sound is refused. Locals become registers of their own;
/// those that may be read before they are written begin undefined; operands that may be undefined are checked; a container is changed only
/// while nothing else can know it; calls name functions by number, with the right number of operands, and never go round in a circle.
final class PlanLowering {
  /// Statements that dynamic calls may grow to, all together: each is a choice among every function that its path may name.
  private static let choiceLimit = 1 << 20

  let document: PlanDocument
  let file: String
  /// Built-in functions that the plan may call.
  let builtins: [String: Builtin]
  let planner: Planner
  private var numbers: [String: Int] = [:]
  private(set) var byLength: [Int: [Int]] = [:]
  /// Functions that a function calls.
  private var calls: [Set<Int>] = []
  private var choices = 0

  /// Entry points by name, with the names under which they hand out values.
  private(set) var entryPoints: [String: (function: Int, names: [String])] = [:]

  /// - Throws: `rego_compile_error` naming function and statement.
  init(_ document: PlanDocument, file: String, heap: Heap, builtins: [String: Builtin]) throws(RegoError) {
    self.document = document
    self.file = file
    self.builtins = builtins
    // Statements that the machine has no instruction for become calls, whatever the plan itself may call.
    planner = Planner(heap: heap, tree: RuleTree(name: "", path: []), builtins: Builtins.all.merging(builtins) { $1 })
    var paths: Set<[String]> = []
    for (number, function) in document.functions.enumerated() {
      guard numbers.updateValue(number, forKey: function.name) == nil else {
        throw RegoError(.compile, "the plan has two functions \(function.name)", file: file)
      }
      if !function.path.isEmpty, paths.insert(function.path).inserted { byLength[function.path.count, default: []].append(number) }
    }
    calls = Array(repeating: [], count: document.functions.count + document.entryPoints.count)
    for (number, function) in document.functions.enumerated() { _ = try lower(function, number: number, isEntryPoint: false) }
    for (offset, entryPoint) in document.entryPoints.enumerated() {
      let number = document.functions.count + offset
      let names = try lower(entryPoint, number: number, isEntryPoint: true)
      guard entryPoints.updateValue((number, names), forKey: entryPoint.name) == nil else {
        throw RegoError(.compile, "the plan has two entry points \(entryPoint.name)", file: file)
      }
    }
    try checkRecursion()
  }

  private func lower(_ function: PlanFunction, number: Int, isEntryPoint: Bool) throws(RegoError) -> [String] {
    let lowering = PlanFunctionLowering(function, number: number, isEntryPoint: isEntryPoint, in: self)
    try lowering.run()
    let place = Self.place(function)
    planner.add(
      PlannedFunction(
        name: Self.documentName(function.name), path: [], parameterCount: function.parameters.count - 2, localCount: lowering.registerCount,
        body: lowering.body, isMemoized: !isEntryPoint && function.parameters.count == 2,
        file: place.map { $0.file < document.files.count ? document.files[$0.file] : file } ?? file, place: place?.place ?? 0))
    return lowering.resultNames
  }

  /// "data.p.q" of "g0.data.p.q".
  private static func documentName(_ name: String) -> String {
    guard let dot = name.firstIndex(of: "."), name.hasPrefix("g"), name[name.index(after: dot)...].hasPrefix("data.") else { return name }
    return String(name[name.index(after: dot)...])
  }

  /// The first statement that says where it comes from.
  private static func place(_ function: PlanFunction) -> (file: Int, place: Int32)? {
    for block in function.blocks {
      for statement in block.statements where statement.place > 0 { return (statement.file, statement.place) }
    }
    return nil
  }

  // MARK: - Calls

  func function(named name: String) -> Int? { numbers[name] }

  func addCall(from caller: Int, to callee: Int) { calls[caller].insert(callee) }

  /// Counts what a dynamic call grows to; false where it is too much.
  func mayChoose(_ count: Int) -> Bool {
    choices += count
    return choices <= Self.choiceLimit
  }

  /// Refuses functions that call each other in a circle, as OPA's compiler does before it plans.
  private func checkRecursion() throws(RegoError) {
    enum State {
      case new
      case open
      case done
    }
    var states = Array(repeating: State.new, count: calls.count)
    for root in calls.indices where states[root] == .new {
      var path: [(function: Int, rest: [Int])] = [(root, Array(calls[root]))]
      states[root] = .open
      while let (function, open) = path.popLast() {
        var rest = open
        guard let next = rest.popLast() else {
          states[function] = .done
          continue
        }
        path.append((function, rest))
        switch states[next] {
        case .done: break
        case .open:
          throw RegoError(.recursion, "the plan's function \(document.functions[next].name) calls itself", file: file)
        case .new:
          states[next] = .open
          path.append((next, Array(calls[next])))
        }
      }
    }
  }
}
