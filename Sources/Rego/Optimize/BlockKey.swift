/// Words that two blocks have in common exactly when they do the same: locals that they define are counted, others are named.
enum BlockKey {
  /// nil for a block that leaves a trace outside, or whose outcome depends on more than its operands and the documents it sees.
  static func words(of block: Block, in work: SharedWork) -> [Int32]? {
    var writer = Writer(work: work)
    return writer.write(block) ? [18, Int32(work.context)] + writer.words : nil
  }

  private struct Writer {
    let work: SharedWork
    var words: [Int32] = []
    var own: [Int: Int32] = [:]

    /// False where the block cannot be told.
    mutating func write(_ block: Block) -> Bool {
      for statement in block.statements {
        if !write(statement) { return false }
      }
      words.append(-1)
      return true
    }

    mutating func write(_ statement: Statement) -> Bool {
      var isTold = true
      var read: [Int32] = []
      func number(_ local: Int) {
        if let mine = own[local] {
          read += [0, mine]
        } else if case .constant(let index)? = work.alias[local] {
          read += [2, Int32(index)]
        } else {
          var outer = local
          if case .local(let other)? = work.alias[local] { outer = other }
          if work.isMutable[outer] { isTold = false }
          read += [1, Int32(outer)]
        }
      }
      var defined: [Int] = []
      _ = statement.rewritten(
        read: { operand in
          switch operand {
          case .local(let local): number(local)
          case .constant(let index): read += [2, Int32(index)]
          }
          return operand
        },
        use: { local in
          number(local)
          return local
        },
        define: { local in
          defined.append(local)
          return local
        })
      for local in defined { own[local] = Int32(own.count) }
      guard isTold, let operation = operation(statement) else { return false }
      words += operation
      words.append(Int32(read.count))
      words += read
      for block in statement.blocks where !write(block) { return false }
      return true
    }

    /// The operation and its numbers; nil for what is not told.
    private func operation(_ statement: Statement) -> [Int32]? {
      switch statement {
      case .input: [1]
      case .base: [2]
      case .assign: [3]
      case .reset: [4]
      case .equal: [5]
      case .truthy: [6]
      case .compare(let number, let comparison, _, _): [7, Int32(number), comparison.rawValue]
      case .isDefined: [8]
      case .isUndefined: [9]
      case .isArray(_, let count): [10, Int32(truncatingIfNeeded: count)]
      case .isObject(_, let count): [11, Int32(truncatingIfNeeded: count)]
      case .isCollection: [12]
      case .contains: [13]
      case .dot: [14]
      case .dotBase: [15]
      case .scan: [16]
      case .sought(let keys, _): [36, Int32(keys.count)] + keys.map { Int32($0) }
      case .not: [17]
      case .attempt: [18]
      case .any(let blocks): [19, Int32(blocks.count)]
      case .succeed: [20]
      case .makeArray: [21]
      case .makeObject: [22]
      case .makeSet: [23]
      case .makeTuple: [34]
      case .makeRecord(_, let keys, _): [24, Int32(keys)]
      case .append: [25]
      case .insertOnce(_, let path, _): [26, Int32(path.count)]
      case .add(_, let path, _): [27, Int32(path.count)]
      case .call(let function, _, _): [28, Int32(function)]
      case .builtin(let number, _, _, _): work.planner.builtinTable[number].isPure ? [29, Int32(number)] : nil
      case .format(let call, _, _): [35, Int32(call.format)]
      case .document(let node, _, _): [30, Int32(node)]
      case .documentKeys(let node, _, _): [31, Int32(node)]
      case .assignOnce(_, _, let conflict): [32, conflict.rawValue]
      case .template: [33]
      case .select, .with, .outside, .returnLocal, .result, .leave, .insert, .isSettled: nil
      }
    }
  }
}
