/// Lowers one function of a plan, and knows at each statement what is sure of its locals.
final class PlanFunctionLowering {
  enum Container {
    case array
    case object
    case set
  }

  /// An object or set inside a container under construction: where it stands there.
  struct Part {
    let root: Int
    let path: [PlanStatement.Operand]
    let parent: Int
    let kind: Container
  }

  let function: PlanFunction
  let number: Int
  let isEntryPoint: Bool
  let plan: PlanLowering
  let flow: PlanFlow
  let body = Block()
  /// Names under which an entry point hands out values, in order.
  private(set) var resultNames: [String] = []
  var results = -1
  /// Constant keys of an entry point's objects, by local.
  var keys: [Int: [String]] = [:]

  var block: Block
  /// The blocks of the plan around the current statement, innermost last.
  var enclosing: [Block] = []
  var position = 0
  private var statement = PlanStatement(kind: .nothing, file: 0, place: 0)

  private var registers: [Int: Int] = [:]
  private(set) var registerCount = 0
  /// Registers that begin undefined.
  private var beginUndefined: Set<Int> = []
  /// Locals that were written on every way to here.
  private var written: Set<Int> = []
  /// Locals that hold a value on every way to here, with the position since when.
  private var defined: [Int: Int] = [:]
  /// Locals that hold a container which nothing else knows, with the position where it was made.
  private var fresh: [Int: (position: Int, kind: Container)] = [:]
  private var parts: [Int: Part] = [:]
  /// What was learnt in the current block, and is forgotten at its end.
  private var learnt: [Knowledge] = []
  private enum Knowledge {
    case written(Int)
    case defined(Int)
    case container(Int)
  }
  private var loops: [ClosedRange<Int>] = []

  init(_ function: PlanFunction, number: Int, isEntryPoint: Bool, in plan: PlanLowering) {
    self.function = function
    self.number = number
    self.isEntryPoint = isEntryPoint
    self.plan = plan
    flow = PlanFlow(function)
    block = body
    // Operands of a call stand in the callee's first registers; input and data are not among them.
    for local in function.parameters.dropFirst(2) {
      defined[local] = 0
      written.insert(local)
      _ = register(local)
    }
  }

  var input: Int { function.parameters[0] }
  var data: Int { function.parameters[1] }

  func run() throws(RegoError) {
    if isEntryPoint {
      results = newRegister()
      append(.makeSet(results))
    }
    for item in function.blocks {
      let inner = Block()
      append(.attempt(inner))
      try lower(item, into: inner, isAttempt: true)
    }
    if isEntryPoint { handOut() }
    body.statements.insert(contentsOf: beginUndefined.sorted().map { .reset($0) }, at: 0)
  }

  /// The results are a set, as OPA's are: each value once, in order.
  private func handOut() {
    let names = resultNames
    let value = newRegister(), key = newRegister()
    let locals = names.map { _ in newRegister() }
    let loop = Block()
    append(.scan(source: .local(results), key: key, value: value, loop))
    enter(loop) {
      for (name, local) in zip(names, locals) {
        append(.reset(local))
        let look = Block()
        append(.attempt(look))
        enter(look) { append(.dot(target: local, source: .local(value), key: constant(.string(name, in: plan.planner.heap)))) }
      }
      append(.result(locals))
    }
  }

  func refusal(_ text: String, code: RegoError.Code = .compile) -> RegoError {
    let file = statement.file < plan.document.files.count ? plan.document.files[statement.file] : ""
    let source = statement.place > 0 ? ", from \(file):\(Location(packed: statement.place).row)" : ""
    return RegoError(code, "the plan is not sound: \(text) (in \(function.name), statement \(position)\(source))", file: plan.file)
  }

  // MARK: - Blocks

  func append(_ statement: Statement) { block.statements.append(statement) }

  func enter<E: Error>(_ inner: Block, _ body: () throws(E) -> Void) throws(E) {
    let outer = block
    block = inner
    defer { block = outer }
    try body()
  }

  /// Statements of a block of the plan; what is learnt inside is forgotten after it, since the block may be left early. Of a block that is run
  /// once, what stands before the first statement that may fail stays known.
  func lower(
    _ item: PlanBlock, into inner: Block, isAttempt: Bool = false, begin: () throws(RegoError) -> Void = { () throws(RegoError) in },
    then: () -> Void = {}
  ) throws(RegoError) {
    let outer = learnt
    learnt = []
    var certain: Int?
    enclosing.append(inner)
    try enter(inner) { () throws(RegoError) in
      try begin()
      for statement in item.statements {
        position += 1
        self.statement = statement
        if certain == nil, !statement.kind.alwaysSucceeds { certain = learnt.count }
        try lower(statement)
      }
      then()
    }
    enclosing.removeLast()
    let kept = isAttempt ? learnt.prefix(certain ?? learnt.count) : []
    for item in learnt.dropFirst(kept.count) {
      switch item {
      case .written(let local): written.remove(local)
      case .defined(let local): defined[local] = nil
      case .container(let local):
        fresh[local] = nil
        parts[local] = nil
      }
    }
    learnt = outer + kept
  }

  /// Statements of a loop's block.
  func loop(_ item: PlanBlock, into inner: Block, begin: () throws(RegoError) -> Void) throws(RegoError) {
    loops.append(position...(flow.loopEnds[position] ?? position))
    try lower(item, into: inner, begin: begin)
    loops.removeLast()
  }

  // MARK: - Registers and constants

  func newRegister() -> Int {
    registerCount += 1
    return registerCount - 1
  }

  func register(_ local: Int) -> Int {
    if let register = registers[local] { return register }
    let register = newRegister()
    registers[local] = register
    return register
  }

  func constant(_ value: Value) -> Operand { .constant(plan.planner.constant(value)) }

  func addResultName(_ name: String) { if !resultNames.contains(name) { resultNames.append(name) } }

  // MARK: - What is known of locals

  /// A local is written: its register, which holds a value from here on.
  func define(_ local: Int) throws(RegoError) -> Int {
    let register = try write(local)
    if defined[local] == nil {
      defined[local] = position
      learnt.append(.defined(local))
    }
    return register
  }

  /// A local is written with what may be no value.
  func write(_ local: Int) throws(RegoError) -> Int {
    guard local != input, local != data else { throw refusal("local \(local) is input or data, and is assigned") }
    fresh[local] = nil
    parts[local] = nil
    if written.insert(local).inserted { learnt.append(.written(local)) }
    return register(local)
  }

  func lose(_ local: Int) { defined[local] = nil }

  /// A local was found to hold a value.
  func learn(_ local: Int) {
    defined[local] = position
    learnt.append(.defined(local))
  }

  /// The register of a local that may be read before it was written.
  func readable(_ local: Int) throws(RegoError) -> Int {
    guard parts[local] == nil else { throw refusal("local \(local) is part of an object under construction, and is read") }
    if !written.contains(local) { beginUndefined.insert(register(local)) }
    return register(local)
  }

  func isDefined(_ local: Int) -> Bool {
    guard let since = defined[local] else { return false }
    guard let loop = loop(after: since) else { return true }
    return !flow.mayLose(local, in: loop)
  }

  /// The outermost loop that began after a position: its statements may run again between then and now.
  private func loop(after since: Int) -> ClosedRange<Int>? {
    var low = 0, high = loops.count
    while low < high {
      let middle = (low + high) / 2
      if loops[middle].lowerBound <= since { low = middle + 1 } else { high = middle }
    }
    return low < loops.count ? loops[low] : nil
  }

  /// A container is made in a local.
  func make(_ local: Int, _ kind: Container) throws(RegoError) -> Int {
    let register = try define(local)
    fresh[local] = (position, kind)
    learnt.append(.container(local))
    return register
  }

  /// The register of a container that is changed.
  func container(_ local: Int, _ kind: Container) throws(RegoError) -> Int {
    guard let made = fresh[local], made.kind == kind else {
      throw refusal("local \(local) is changed where it need not be \(kind == .object ? "an" : "a") \(kind) that was made here for that")
    }
    if let loop = loop(after: made.position), flow.maySpoil(local, in: loop) {
      throw refusal("local \(local) is changed in a loop in which it is also used")
    }
    return register(local)
  }

  func isUnderConstruction(_ local: Int, _ kind: Container) -> Bool { fresh[local]?.kind == kind }

  func spoil(_ local: Int) { fresh[local] = nil }

  func part(_ local: Int) -> Part? { parts[local] }

  func setPart(_ local: Int, _ part: Part) throws(RegoError) {
    _ = try write(local)
    defined[local] = nil
    parts[local] = part
    learnt.append(.container(local))
  }
}
