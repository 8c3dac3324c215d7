/// A call whose value is only asked whether it is true becomes a test; membership of a collection that is made for it alone, tests of each member.
enum TestFusion {
  /// Members of a collection beyond which it is made.
  private static let mostMembers = 16

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
        if case .contains(.local(let collection), let element) = test, let literal = literal(collection, before: index, in: block, uses) {
          block.statements.replaceSubrange(literal.start...index, with: [isOne(of: literal.members, element)])
          index = literal.start
        }
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

  /// Where the making of a collection begins that ends before `end`, and its members; nil where they are not all given there or it is read
  /// elsewhere too.
  private static func literal(
    _ collection: Int, before end: Int, in block: Block, _ uses: [Int]
  ) -> (start: Int, members: [Operand])? {
    var start = end - 1
    var members: [Operand] = []
    while start >= 0, members.count <= mostMembers {
      switch block.statements[start] {
      case .makeTuple(let target, let values) where target == collection && uses[collection] == 1 && values.count <= mostMembers:
        return (start, values)
      case .makeSet(let target) where target == collection && uses[collection] == members.count + 1: return (start, members.reversed())
      case .add(let target, let path, let value) where target == collection && path.isEmpty: members.append(value)
      default: return nil
      }
      start -= 1
    }
    return nil
  }

  private static func isOne(of members: [Operand], _ element: Operand) -> Statement {
    .any(
      members.map { member in
        let block = Block()
        block.statements = [.equal(member, element), .succeed]
        return block
      })
  }
}
