/// Takes out what nobody reads and what can neither fail nor leave a trace.
enum UnusedValues {
  static func remove(from block: Block, locals: Int, facts: ProgramFacts) {
    var isUsed = [Bool](repeating: false, count: locals)
    block.forEachStatement { statement in statement.forEachUse { isUsed[$0] = true } }
    remove(block, isUsed, facts)
  }

  private static func remove(_ block: Block, _ isUsed: [Bool], _ facts: ProgramFacts) {
    block.statements.removeAll { statement in
      switch statement {
      case .base(let local): facts.data.isDefined && !isUsed[local]
      case .assign(let local, _), .makeRecord(let local, _, _), .makeTuple(let local, _): !isUsed[local]
      default: false
      }
    }
    for statement in block.statements { for inner in statement.blocks { remove(inner, isUsed, facts) } }
  }
}
