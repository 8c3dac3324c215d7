/// `sprintf` with a constant format of plain verbs and an array made for it alone becomes one statement that writes the pieces.
enum FormatFusion {
  static func run(_ block: Block, locals: Int, planner: Planner, facts: ProgramFacts) {
    var uses = [Int](repeating: 0, count: locals)
    block.forEachStatement { statement in statement.forEachUse { uses[$0] += 1 } }
    fuse(block, uses, planner, facts)
  }

  private static func fuse(_ block: Block, _ uses: [Int], _ planner: Planner, _ facts: ProgramFacts) {
    var index = 0
    while index < block.statements.count {
      if index + 1 < block.statements.count, case .makeTuple(let array, let values) = block.statements[index], uses[array] == 1,
        case .builtin(let number, let operands, let target, let place) = block.statements[index + 1], operands.count == 2,
        case .constant(let format) = operands[0], case .local(array) = operands[1], !facts.isReplaced(builtin: number),
        planner.builtinTable[number].name == "sprintf", !planner.builtinTable[number].isExtension,
        let pieces = pieces(planner.constants[format]), pieces.verbs.count == values.count
      {
        let texts = pieces.texts.map { planner.constant(.string($0, in: planner.heap)) }
        let call = FormatCall(builtin: number, format: format, texts: texts, verbs: pieces.verbs, place: place)
        block.statements.replaceSubrange(index...(index + 1), with: [.format(call, values, target)])
      }
      for inner in block.statements[index].blocks { fuse(inner, uses, planner, facts) }
      index += 1
    }
  }

  /// The verbs of a format, and what stands before, between and behind them; nil where there are others than `%s`, `%v` and `%d`.
  static func pieces(_ format: Value) -> (texts: [[UInt8]], verbs: [UInt8])? {
    guard format.isString else { return nil }
    var texts: [[UInt8]] = [[]]
    var verbs: [UInt8] = []
    var isVerb = false
    for byte in format.text {
      if isVerb {
        switch byte {
        case 0x73, 0x76, 0x64:
          verbs.append(byte)
          texts.append([])
        case 0x25: texts[texts.count - 1].append(byte)
        default: return nil
        }
        isVerb = false
      } else if byte == 0x25 {
        isVerb = true
      } else {
        texts[texts.count - 1].append(byte)
      }
    }
    return isVerb ? nil : (texts, verbs)
  }
}
