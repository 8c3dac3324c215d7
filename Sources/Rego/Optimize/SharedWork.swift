/// Does once what several bodies of a rule do, and what one body does again.
///
/// Bodies that begin with the same statement go on inside one statement: the bodies of a partial set that loop over one collection become one
/// loop, their common tests one test, and tests of one value against different constants one `select`. On the way down a value that was
/// looked up is not looked up again, a test that held is not made again, and what depends on constants alone is decided here.
///
/// Bodies whose order counts keep it (see `BodyRuns`). Needs single assignment, and keeps it. The work is linear in the statements.
final class SharedWork {
  /// A body, from a statement on.
  struct Cursor {
    let block: Block
    var position = 0

    var statement: Statement? { position < block.statements.count ? block.statements[position] : nil }
    var isAtEnd: Bool { position == block.statements.count - 1 }
  }

  enum Outcome {
    /// Nothing to do: it holds already.
    case drop
    /// It never holds.
    case fail
    case keep(Statement)
  }

  /// Blocks within blocks, beyond which bodies are no longer joined.
  private static let maximumDepth = 200
  /// From so many constants on a `select` is made.
  private static let selectCases = 3

  let planner: Planner
  let facts: ProgramFacts
  var isMutable: [Bool]
  /// What stands for a local that is not defined any more.
  var alias: [Operand?]
  /// Locals that hold base data as a whole.
  var baseLocals: Set<Int> = []
  private var available: [[Int32]: Operand] = [:]
  private var added: [[Int32]] = []
  /// What `with` has changed here.
  var context = 0
  private var contexts = 0
  private var depth = 0

  init(_ planner: Planner, facts: ProgramFacts, locals: SingleAssignment) {
    self.planner = planner
    self.facts = facts
    isMutable = locals.isMutable
    alias = Array(repeating: nil, count: locals.count)
  }

  var localCount: Int { isMutable.count }

  func newLocal() -> Int {
    isMutable.append(false)
    alias.append(nil)
    return isMutable.count - 1
  }

  /// The function's body, done anew.
  func body(of block: Block) -> Block { scope { emit(Cursor(block: block), into: $0) } }

  // MARK: - One body

  /// A block in which what `fill` finds is known, and after which it is not.
  private func scope(_ fill: (Block) -> Void) -> Block {
    let mark = added.count
    depth += 1
    let block = Block()
    fill(block)
    depth -= 1
    while added.count > mark { available[added.removeLast()] = nil }
    return block
  }

  private func inner(_ block: Block) -> Block { scope { emit(Cursor(block: block), into: $0) } }

  private func emit(_ start: Cursor, into out: Block) {
    var cursor = start
    while cursor.statement != nil {
      let run = BodyRuns.length(at: cursor.position, in: cursor.block, isMutable: isMutable, planner.builtinTable)
      if run > 1 {
        let bodies = cursor.block.statements[cursor.position..<(cursor.position + run)].compactMap { $0.blocks.first }
        let joined = scope { emit(bodies.map { Cursor(block: $0) }, into: $0) }
        if !joined.isFailing { out.statements.append(.attempt(joined)) }
        cursor.position += run
        continue
      }
      switch outcome(at: cursor) {
      case .drop: break
      case .fail:
        out.statements.append(failure)
        return
      case .keep(let kept):
        switch nested(kept, into: out) {
        case .drop: break
        case .fail:
          out.statements.append(failure)
          return
        case .keep(let done):
          know(done)
          out.statements.append(done)
        }
      }
      cursor.position += 1
    }
  }

  private func outcome(at cursor: Cursor) -> Outcome {
    guard let statement = cursor.statement else { return .drop }
    let outcome = simplified(statement)
    // What follows a loop in its block runs whether the loop has turns or not.
    if case .scan = statement, case .fail = outcome, !cursor.isAtEnd { return .drop }
    return outcome
  }

  var failure: Statement { .truthy(.constant(planner.constant(.false))) }

  private func key(_ statement: Statement) -> [Int32]? {
    guard let words = statement.key(context: context, facts: facts, builtins: planner.builtinTable, isMutable: isMutable) else {
      return nil
    }
    // Loops that seek different elements have different turns.
    guard case .scan(_, _, _, let block) = statement, case .sought(let keys, let operand)? = block.statements.first else { return words }
    return key(.sought(keys: keys, resolved(operand))).map { words + $0 }
  }

  /// Remembers what holds once `statement` did.
  private func know(_ statement: Statement) {
    if case .base(let local) = statement { baseLocals.insert(local) }
    switch statement {
    case .scan, .sought: return
    default: break
    }
    guard let key = key(statement), available[key] == nil else { return }
    available[key] = statement.target.map { .local($0) } ?? .constant(planner.constant(.true))
    added.append(key)
  }

  /// What is known of `statement` already: it is dropped, and its value is that of an earlier one.
  func isKnown(_ statement: Statement) -> Bool {
    switch statement {
    case .scan, .sought: return false
    default: break
    }
    guard let key = key(statement), let value = available[key] else { return false }
    if let target = statement.target { alias[target] = value }
    return true
  }

  /// The statement with its blocks done.
  private func nested(_ statement: Statement, into out: Block) -> Outcome {
    switch statement {
    case .scan(let source, let key, let value, let block):
      return .keep(.scan(source: source, key: key, value: value, inner(block)))
    case .not(let block):
      let done = inner(block)
      if done.isFailing { return .drop }
      return done.isSucceeding ? .fail : .keep(.not(done))
    case .attempt(let block):
      let done = inner(block)
      return done.isFailing ? .drop : .keep(.attempt(done))
    case .any(let blocks):
      let done = blocks.map { inner($0) }.filter { !$0.isFailing }
      if done.isEmpty { return .fail }
      return done.contains { $0.isSucceeding } ? .drop : .keep(.any(done))
    case .select(let operand, let cases):
      return .keep(.select(operand, cases.map { SelectCase(constant: $0.constant, block: inner($0.block)) }))
    case .with(let changes, let block): return .keep(.with(changes, changed(block)))
    case .outside(let block): return .keep(.outside(changed(block)))
    case .returnLocal(let local): return .keep(.returnLocal(register(local, into: out)))
    case .result(let locals): return .keep(.result(locals.map { $0 < 0 ? $0 : register($0, into: out) }))
    default: return .keep(statement)
    }
  }

  /// A local that holds what stands for `local`.
  private func register(_ local: Int, into out: Block) -> Int {
    switch alias[local] {
    case nil: return local
    case .local(let other)?: return other
    case .constant?:
      let copy = newLocal()
      out.statements.append(.assign(copy, alias[local] ?? .local(local)))
      return copy
    }
  }

  /// A block that sees other documents.
  private func changed(_ block: Block) -> Block {
    let outer = context
    contexts += 1
    context = contexts
    defer { context = outer }
    return inner(block)
  }

  // MARK: - Several bodies

  /// Bodies that go on with one statement.
  private struct Group {
    let statement: Statement
    let key: [Int32]?
    var cursors: [Cursor]
  }

  /// All of the bodies, in any order: each goes on whatever the others do.
  private func emit(_ cursors: [Cursor], into out: Block) {
    var cursors = cursors
    while true {
      if cursors.count == 1 { return emit(cursors[0], into: out) }
      let groups = groups(cursors)
      guard groups.count == 1, depth < Self.maximumDepth else { return emit(groups, into: out) }
      guard let rest = emit(shared: groups[0], into: out) else { return }
      cursors = rest
    }
  }

  /// Puts bodies with the same next statement together, in the order in which they were first met.
  private func groups(_ cursors: [Cursor]) -> [Group] {
    var groups: [Group] = []
    var positions: [[Int32]: Int] = [:]
    for cursor in cursors {
      guard let (front, statement) = front(cursor) else { continue }
      var key = key(statement)
      if case .scan = statement, !front.isAtEnd { key = nil }
      if key == nil, case .not(let block) = statement { key = BlockKey.words(of: block, in: self) }
      if let key, let position = positions[key], depth < Self.maximumDepth {
        groups[position].cursors.append(front)
      } else {
        if let key { positions[key] = groups.count }
        groups.append(Group(statement: statement, key: key, cursors: [front]))
      }
    }
    return groups
  }

  /// The first statement that is still to be done; nil where the body never holds or nothing is left.
  private func front(_ start: Cursor) -> (Cursor, Statement)? {
    var cursor = start
    while cursor.statement != nil {
      switch outcome(at: cursor) {
      case .drop: cursor.position += 1
      case .fail: return nil
      case .keep(let kept): return (cursor, kept)
      }
    }
    return nil
  }

  private func emit(_ groups: [Group], into out: Block) {
    let tests = groups.map { Self.test(of: $0.statement, isMutable)?.operand }
    var tested: [Int: [Group]] = [:]
    for (group, operand) in zip(groups, tests) { if let operand { tested[operand, default: []].append(group) } }
    for (group, operand) in zip(groups, tests) {
      if let operand {
        guard let same = tested[operand] else { continue }
        if same.count >= Self.selectCases {
          tested[operand] = nil
          select(operand, same, into: out)
          continue
        }
      }
      let block = scope { emit(group, into: $0) }
      if !block.isFailing { out.statements.append(.attempt(block)) }
    }
  }

  private func emit(_ group: Group, into out: Block) {
    if group.cursors.count == 1 { return emit(group.cursors[0], into: out) }
    if let rest = emit(shared: group, into: out) { emit(rest, into: out) }
  }

  /// Emits the statement that all bodies of a group go on with; returns what is left of them, or nil where that stands inside already.
  private func emit(shared group: Group, into out: Block) -> [Cursor]? {
    let statement = group.statement
    if group.key == nil {
      emit([group], into: out)
      return nil
    }
    for cursor in group.cursors.dropFirst() { replace(definitionsOf: cursor.statement, by: statement) }
    switch statement {
    case .scan(let source, let key, let value, _):
      let bodies = group.cursors.compactMap { $0.statement?.blocks.first }
      let joined = scope { emit(bodies.map { Cursor(block: $0) }, into: $0) }
      out.statements.append(joined.isFailing ? failure : .scan(source: source, key: key, value: value, joined))
      return nil
    default:
      switch nested(statement, into: out) {
      case .drop: break
      case .fail:
        out.statements.append(failure)
        return nil
      case .keep(let done):
        know(done)
        out.statements.append(done)
      }
      return group.cursors.map { Cursor(block: $0.block, position: $0.position + 1) }
    }
  }

  /// Lets the locals of a statement stand for those of an equal one.
  private func replace(definitionsOf other: Statement?, by statement: Statement) {
    guard let other else { return }
    for (old, new) in zip(other.definitions, statement.definitions) where old != new { alias[old] = .local(new) }
  }

  // MARK: - Selection

  /// A test of a local against a constant.
  private static func test(of statement: Statement, _ isMutable: [Bool]) -> (operand: Int, constant: Int)? {
    guard case .equal(let a, let b) = statement else { return nil }
    switch (a, b) {
    case (.local(let local), .constant(let constant)) where !isMutable[local]: return (local, constant)
    case (.constant(let constant), .local(let local)) where !isMutable[local]: return (local, constant)
    default: return nil
    }
  }

  private func select(_ operand: Int, _ groups: [Group], into out: Block) {
    // Constants may be equal without being one: 1 and 1.0.
    var cases: [(constant: Int, cursors: [Cursor])] = []
    var positions: [UInt64: [Int]] = [:]
    for group in groups {
      guard let constant = Self.test(of: group.statement, isMutable)?.constant else { continue }
      let value = planner.constants[constant]
      let rest = group.cursors.map { Cursor(block: $0.block, position: $0.position + 1) }
      if let known = positions[value.hash]?.first(where: { planner.constants[cases[$0].constant].equals(value) }) {
        cases[known].cursors += rest
      } else {
        positions[value.hash, default: []].append(cases.count)
        cases.append((constant, rest))
      }
    }
    let done = cases.map { item in
      SelectCase(
        constant: item.constant,
        block: scope { block in
          know(.equal(.local(operand), .constant(item.constant)))
          emit(item.cursors, into: block)
        })
    }
    out.statements.append(.select(.local(operand), done.filter { !$0.block.isFailing }))
  }
}

extension Block {
  /// It does nothing: it is empty, or something in it never holds and nothing before that leaves a trace.
  var isFailing: Bool {
    for statement in statements {
      switch statement {
      case .truthy(.constant): return true
      case .input, .base, .dot, .dotBase, .equal, .truthy, .compare, .isArray, .isObject, .isCollection, .contains, .not, .sought: continue
      case .scan(_, _, _, let block): return block.isFailing
      default: return false
      }
    }
    return true
  }

  /// It leaves the `not` or `any` around it without a test.
  var isSucceeding: Bool {
    if case .succeed? = statements.first { return true }
    return false
  }
}
