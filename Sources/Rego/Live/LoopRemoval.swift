/// Copies blocks, with other locals.
struct BlockCopy {
  let local: (Int) -> Int

  func copy(_ block: Block) -> Block {
    let made = Block()
    made.statements = block.statements.map { copy($0) }
    return made
  }

  func copy(_ statement: Statement) -> Statement {
    statement.rewritten(read: operand, use: local, define: local).withBlocks { copy($0) }
  }

  func operand(_ operand: Operand) -> Operand {
    if case .local(let number) = operand { return .local(local(number)) }
    return operand
  }
}

extension Statement {
  /// The same statement with other blocks. Nothing leads out of a block by `leave` before `Optimize`.
  func withBlocks(_ copy: (Block) -> Block) -> Statement {
    switch self {
    case .scan(let source, let key, let value, let block): .scan(source: source, key: key, value: value, copy(block))
    case .not(let block): .not(copy(block))
    case .attempt(let block): .attempt(copy(block))
    case .any(let blocks): .any(blocks.map(copy))
    case .select(let operand, let cases): .select(operand, cases.map { SelectCase(constant: $0.constant, block: copy($0.block)) })
    case .with(let changes, let block): .with(changes, copy(block))
    case .outside(let block): .outside(copy(block))
    default: self
    }
  }
}

/// Copies a body for one element of a collection: a loop gives way to what it does in one turn. The element's key and value are the first two
/// locals, all others move up by two; where the body looks the key up in the collection, it has the value at hand.
struct LoopRemoval {
  private let loop: Block
  private let collection: BasePath
  private let planner: Planner
  private(set) var isDone = false
  private(set) var usesKey = false

  init(_ loop: Block, origins collection: BasePath, _ planner: Planner) {
    self.loop = loop
    self.collection = collection
    self.planner = planner
  }

  mutating func copy(_ body: Block) -> Block {
    let made = Block()
    for statement in body.statements {
      if case .scan(_, let key, let value, let inner) = statement, inner === loop {
        isDone = true
        made.statements.append(.attempt(turn(inner, key, value)))
        continue
      }
      switch statement {
      case .scan(let source, let key, let value, let inner):
        let other = Self.shifted.copy(.scan(source: source, key: key, value: value, Block()))
        let block = copy(inner)
        made.statements.append(other.withBlocks { _ in block })
      case .attempt(let inner): made.statements.append(.attempt(copy(inner)))
      default: made.statements.append(Self.shifted.copy(statement))
      }
    }
    return made
  }

  private static var shifted: BlockCopy { BlockCopy { $0 + 2 } }

  private mutating func turn(_ block: Block, _ key: Int, _ value: Int) -> Block {
    let made = BlockCopy { $0 == key ? 0 : $0 == value ? 1 : $0 + 2 }.copy(block)
    var walk = ReadWalk(planner)
    substitute(made, &walk)
    var isUsed = false
    made.forEachStatement { statement in statement.forEachUse { if $0 == 0 { isUsed = true } } }
    usesKey = isUsed
    return made
  }

  /// `collection[key]` is the element.
  private func substitute(_ block: Block, _ walk: inout ReadWalk) {
    for index in block.statements.indices {
      switch block.statements[index] {
      case .dot(let target, .local(let source), .local(0)) where walk.origins[source] == collection:
        block.statements[index] = .assign(target, .local(1))
        walk.walk(block.statements[index])
      case .scan(let source, let key, let value, let inner):
        walk.walk(.scan(source: source, key: key, value: value, Block()))
        substitute(inner, &walk)
      case .attempt(let inner), .not(let inner): substitute(inner, &walk)
      case .any(let blocks): for inner in blocks { substitute(inner, &walk) }
      default: walk.walk(block.statements[index])
      }
    }
  }
}
