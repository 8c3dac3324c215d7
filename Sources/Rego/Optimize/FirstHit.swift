/// Does once what follows a loop's last test and depends on no turn of the loop.
///
/// `some n in input.nics; n.open; deny contains f` adds the same `f` for each open `n`: the loop ends with the first one, and `f` is made behind
/// it. Where several bodies share the loop, each of them is passed over in the turns after the one in which it held.
///
/// Needs single assignment, and keeps it but for the marks of bodies that held. What may fail the evaluation is done as often as before.
struct FirstHit {
  /// Looks at a body before it is left as it is.
  private static let maximumRounds = 64

  private let builtins: [Builtin]
  private let yes: Operand
  private var isMutable: [Bool]
  private(set) var localCount: Int

  /// - Parameter yes: a constant, what marks hold.
  init(locals: Int, isMutable: [Bool], builtins: [Builtin], yes: Operand) {
    localCount = locals
    self.isMutable = isMutable
    self.builtins = builtins
    self.yes = yes
  }

  /// Changes `block` and the blocks inside in place, innermost first.
  mutating func run(_ block: Block) {
    for index in block.statements.indices.reversed() {
      for inner in block.statements[index].blocks { run(inner) }
      guard case .scan(let source, let key, let value, let body) = block.statements[index] else { continue }
      if index == block.statements.count - 1, let split = split(body, [key, value]) {
        let tail = Array(body.statements[split...])
        body.statements.replaceSubrange(split..., with: [.succeed])
        let loop = Block()
        loop.statements = [.scan(source: source, key: key, value: value, body)]
        block.statements.replaceSubrange(index..., with: [.any([loop])] + tail)
      } else {
        block.statements.insert(contentsOf: mark(body, [key, value]), at: index)
      }
    }
  }

  /// Gives a mark to each body of a shared loop that may be passed over once it held; what resets the marks before the loop.
  private mutating func mark(_ body: Block, _ turn: [Int]) -> [Statement] {
    var variant = Set(turn)
    var resets: [Statement] = []
    for index in body.statements.indices {
      if case .attempt(let inner) = body.statements[index], let split = split(inner, variant) {
        let flag = localCount
        localCount += 1
        isMutable.append(true)
        inner.statements.insert(.assign(flag, yes), at: split)
        // Cheap tests are made again in turns behind the one in which they held; that costs less than to ask for the mark in every turn.
        let isCheap = !inner.statements[..<split].contains(where: costsInside)
        inner.statements.insert(.isUndefined(flag), at: isCheap ? split : 0)
        resets.append(.reset(flag))
      }
      variant.formUnion(definitions(body.statements[index]))
    }
    return resets
  }

  /// Where in `body` the part begins that depends on none of `turn`; nil where there is none, or where doing it once is not the same.
  private func split(_ body: Block, _ turn: some Sequence<Int>) -> Int? {
    let statements = body.statements
    let silent = statements.firstIndex { !isSilent($0) } ?? statements.count
    var own: Set<Int> = []
    for statement in statements { own.formUnion(definitions(statement)) }
    var split = (statements.lastIndex { !isRepeatable($0, own: own) } ?? -1) + 1
    // The second part may read nothing that the first defines.
    var first = Set(turn)
    var seen = 0
    var rounds = 0
    while split <= silent, split < statements.count {
      for statement in statements[seen..<split] { first.formUnion(definitions(statement)) }
      seen = split
      guard let last = statements[split...].lastIndex(where: { !reads($0).isDisjoint(with: first) }) else { break }
      split = last + 1
      rounds += 1
      if rounds > Self.maximumRounds { return nil }
    }
    guard split <= silent, split < statements.count else { return nil }
    return statements[split...].contains(where: costs) ? split : nil
  }

  /// Locals that the statement and the blocks inside define.
  private func definitions(_ statement: Statement) -> [Int] {
    var result = statement.definitions
    for block in statement.blocks { block.forEachStatement { result += $0.definitions } }
    return result
  }

  /// Locals that the statement and the blocks inside read or change.
  private func reads(_ statement: Statement) -> Set<Int> {
    var result: Set<Int> = []
    statement.forEachUse { result.insert($0) }
    for block in statement.blocks { block.forEachStatement { inner in inner.forEachUse { result.insert($0) } } }
    return result
  }

  /// Done twice with the same operands it has done no more than done once.
  private func isRepeatable(_ statement: Statement, own: Set<Int>) -> Bool {
    switch statement {
    case .result, .with, .outside, .leave, .insert: return false
    case .append(let local, _), .assign(let local, _):
      if isMutable[local], !own.contains(local) { return false }
    case .builtin(let number, _, _, _):
      if !builtins[number].isPure { return false }
    default: break
    }
    return statement.blocks.allSatisfy { $0.statements.allSatisfy { isRepeatable($0, own: own) } }
  }

  /// Changes nothing outside, and cannot fail the evaluation.
  ///
  /// - Parameter isClosed: a `not` or `any` stands around it that belongs to the same part.
  private func isSilent(_ statement: Statement, isClosed: Bool = false) -> Bool {
    var isClosed = isClosed
    switch statement {
    case .input, .base, .equal, .truthy, .compare, .isDefined, .isUndefined, .isArray, .isObject, .isCollection, .contains, .dot, .dotBase,
      .scan, .sought, .select, .attempt, .makeRecord, .makeTuple:
      break
    case .not, .any: isClosed = true
    case .succeed: return isClosed
    default: return false
    }
    return statement.blocks.allSatisfy { $0.statements.allSatisfy { isSilent($0, isClosed: isClosed) } }
  }

  private func costsInside(_ statement: Statement) -> Bool {
    costs(statement) || statement.blocks.contains { $0.statements.contains(where: costsInside) }
  }

  /// Worth doing less often.
  private func costs(_ statement: Statement) -> Bool {
    switch statement {
    case .builtin, .format, .call, .add, .insertOnce, .makeRecord, .makeTuple, .makeArray, .makeSet, .makeObject, .document, .scan: true
    default: false
    }
  }
}
