/// A call whose value is only asked whether it is true becomes a test.
enum TestFusion {
  static func run(_ block: Block, locals: Int, builtins: [Builtin], facts: ProgramFacts) {
    var uses = [Int](repeating: 0, count: locals)
    block.forEachStatement { statement in statement.forEachUse { uses[$0] += 1 } }
    fuse(block, uses, builtins, facts)
  }

  private static func fuse(_ block: Block, _ uses: [Int], _ builtins: [Builtin], _ facts: ProgramFacts) {
    var index = 0
    while index < block.statements.count {
      if index + 1 < block.statements.count, case .truthy(.local(let asked)) = block.statements[index + 1], uses[asked] == 1,
        let test = test(block.statements[index], asked, builtins, facts)
      {
        block.statements.replaceSubrange(index...(index + 1), with: [test])
      }
      for inner in block.statements[index].blocks { fuse(inner, uses, builtins, facts) }
      index += 1
    }
  }

  private static func test(_ statement: Statement, _ asked: Int, _ builtins: [Builtin], _ facts: ProgramFacts) -> Statement? {
    guard case .builtin(let number, let operands, asked, _) = statement, !facts.isReplaced(builtin: number) else { return nil }
    if builtins[number].name == "internal.member_2", operands.count == 2 { return .contains(operands[1], operands[0]) }
    return nil
  }
}
