/// What planned functions read: places of the base documents, and documents of rules. Never less than what they do read.
///
/// Looks at functions as they were planned, before `Optimize`.
struct ReadAnalysis {
  /// What one function does itself.
  struct Own {
    var reads: Set<Read> = []
    /// Functions called where documents are as they are for the query.
    var calls: Set<Int> = []
    /// Functions called under `with`, whose own documents say nothing of what they are there.
    var changedCalls: Set<Int> = []
    /// It calls what answers otherwise each time, or leaves a trace.
    var isVolatile = false
  }

  /// What a function does with all functions with operands that it calls.
  struct Summary {
    var reads: Set<Read> = []
    /// Documents of rules that it needs.
    var documents: Set<Int> = []
    var isVolatile = false

    func isAffected(by events: [EditedDocument.Event]) -> Bool {
      reads.contains { read in events.contains { read.isAffected(by: $0) } }
    }
  }

  private let planner: Planner
  private var own: [Int: Own] = [:]
  private var summaries: [Int: Summary] = [:]
  private var closures: [Int: (reads: Set<Read>, isVolatile: Bool)] = [:]
  private var open: Set<Int> = []

  init(_ planner: Planner) { self.planner = planner }

  /// - Parameter function: may have been added to the planner since the last call.
  mutating func summary(of function: Int) -> Summary {
    if let known = summaries[function] { return known }
    let own = own(function)
    var result = Summary(reads: own.reads, documents: [], isVolatile: own.isVolatile)
    // No rule needs itself; a program where one seems to is not told apart any further.
    guard open.insert(function).inserted else { return Summary(isVolatile: true) }
    for callee in own.calls {
      if planner.functions[callee].isMemoized {
        result.documents.insert(callee)
        if summary(of: callee).isVolatile { result.isVolatile = true }
      } else {
        let inner = summary(of: callee)
        result.reads.formUnion(inner.reads)
        result.documents.formUnion(inner.documents)
        if inner.isVolatile { result.isVolatile = true }
      }
    }
    for callee in own.changedCalls {
      let inner = closure(of: callee)
      result.reads.formUnion(inner.reads)
      if inner.isVolatile { result.isVolatile = true }
    }
    open.remove(function)
    summaries[function] = result
    return result
  }

  /// All that is read when a function is called, whatever documents are remembered.
  mutating func closure(of function: Int) -> (reads: Set<Read>, isVolatile: Bool) {
    if let known = closures[function] { return known }
    // A program in which a rule seems to need itself is not told apart any further.
    closures[function] = ([], true)
    let own = own(function)
    var result = (reads: own.reads, isVolatile: own.isVolatile)
    for callee in own.calls.union(own.changedCalls) {
      let inner = closure(of: callee)
      result.reads.formUnion(inner.reads)
      if inner.isVolatile { result.isVolatile = true }
    }
    closures[function] = result
    return result
  }

  private mutating func own(_ function: Int) -> Own {
    if let known = own[function] { return known }
    var walk = ReadWalk(planner)
    walk.walk(planner.functions[function].body)
    own[function] = walk.found
    return walk.found
  }
}

/// Goes over the statements of one function.
struct ReadWalk {
  private let planner: Planner
  private(set) var found = ReadAnalysis.Own()
  /// Where the value of a local stands in a base document.
  private(set) var origins: [Int: BasePath] = [:]
  private var changes = 0

  init(_ planner: Planner) { self.planner = planner }

  mutating func walk(_ block: Block) {
    for statement in block.statements { walk(statement) }
  }

  mutating func walk(_ statement: Statement) {
    switch statement {
    case .input(let local): begin(local, BasePath(root: .input, keys: []))
    case .base(let local): begin(local, BasePath(root: .data, keys: []))
    case .dot(let local, .local(let source), .constant(let index)) where isPlain(planner.constants[index]) && origins[source] != nil:
      if let origin = origins[source] { begin(local, origin.appending(planner.constants[index])) }
    case .scan(_, let key, let value, let block):
      use(statement)
      origins[key] = nil
      origins[value] = nil
      walk(block)
    case .call(let function, _, let local):
      use(statement)
      call(function)
      origins[local] = nil
    case .builtin(let number, _, let local, _):
      use(statement)
      if !planner.builtinTable[number].isPure { found.isVolatile = true }
      origins[local] = nil
    case .document(let node, _, let local), .documentKeys(let node, _, let local):
      use(statement)
      let tree = planner.nodes[node]
      let path = BasePath(root: .data, keys: tree.path.map { ValueKey(.string($0, in: planner.heap)) })
      found.reads.insert(Read(path: path, isWhole: true))
      tree.forEachNode { node in
        if let function = node.function { call(function) }
      }
      origins[local] = nil
    case .with(let items, let block):
      use(statement)
      for item in items {
        guard case .function(let key) = item.target else { continue }
        replace(key, item)
      }
      changes += 1
      walk(block)
      changes -= 1
    case .outside(let block):
      changes += 1
      walk(block)
      changes -= 1
    default:
      use(statement)
      for local in statement.definitions { origins[local] = nil }
      for block in statement.blocks { walk(block) }
    }
  }

  private mutating func begin(_ local: Int, _ path: BasePath) {
    found.reads.insert(Read(path: path, isWhole: false))
    origins[local] = path
  }

  /// Keys that name one place: a number may be the digits of a text too.
  private func isPlain(_ key: Value) -> Bool { key.isString || key.tag == .integer }

  private mutating func use(_ statement: Statement) {
    statement.forEachUse { local in
      if let origin = origins[local] { found.reads.insert(Read(path: origin, isWhole: true)) }
    }
  }

  private mutating func call(_ function: Int) {
    if changes > 0 { found.changedCalls.insert(function) } else { found.calls.insert(function) }
  }

  private mutating func replace(_ key: Int, _ item: WithStatement) {
    guard item.replacement >= 0, case .constant(let index) = item.value, let callee = planner.constants[index].exactInt else { return }
    if callee >= 0 {
      if callee < planner.functions.count { found.changedCalls.insert(Int(callee)) }
    } else if !planner.builtinTable[Int(-1 - callee)].isPure {
      found.isVolatile = true
    }
  }
}
