/// What a word of an instruction names, and what the instruction does with it.
enum InstructionField {
  /// x: looked at, and not kept.
  case read
  /// r: looked at; no constant stands there.
  case readRegister
  /// x: becomes part of a value or known under another name.
  case keep
  /// A constant.
  case constant
  /// r: named, and left as it is.
  case register
  /// r: holds a value afterwards.
  case write
  /// r: looked at, then as write.
  case rewrite
  /// r: a new container afterwards.
  case make(Container)
  /// r: a container that only this register knows, which grows.
  case grow(Container)
  /// r: the set itself where the list of keys that follows the next word is empty, else the object that it stands in.
  case growSetAtPath
  /// r(2): collection and position of a loop that begins.
  case beginScan
  /// r(2): collection and position of a loop over elements that are sought
  case beginSeek
  /// r(2): those of such a loop that goes on
  case seek
  /// r(2): those of a loop that goes on.
  case scan
  /// @
  case target
  /// Room for so many elements.
  case capacity
  /// A number of elements to compare with: 0 and up.
  case size
  /// Slot of an inline cache, which belongs to this instruction alone.
  case cache
  /// Index of a function; as many operands follow as it has parameters.
  case function
  /// Index of a function without operands.
  case document
  /// Index of a built-in function; as many operands follow as it takes.
  case builtin
  /// Index of a built-in function of so many operands.
  case builtinTaking(Int)
  /// Number of a place that keeps answers.
  case site
  case node
  case change
  /// Index of a key table; as many operands follow as it has keys.
  case record
  /// Index of a key table; a target follows for each key, and one before those.
  case select
  case comparison
  case conflict
  /// A place in the source, which is only shown.
  case place
  /// n x...: each kept.
  case list
  /// n x...: as a list of at least one.
  case path
  /// n x...: as a list with no more registers than answers are kept for.
  case keptList
  /// n r...: below 0 for none.
  case bindings
  /// n, two constants, then n times a verb's letter, x that is kept, and a constant.
  case pieces
  /// r: looked at; below 0 for none.
  case optional
  /// Number of suspended scopes to drop.
  case drop

  enum Container: Int {
    case array = 1
    case object = 2
    case set = 3
  }
}

extension Operation {
  /// The words behind the operation's own, in order. Targets are gone to before anything is written.
  var fields: [InstructionField] {
    switch self {
    case .input, .base: [.write, .target]
    case .move: [.write, .keep]
    case .reset: [.write]
    case .equal: [.keep, .keep, .target]
    case .truthy, .defined, .undefined, .isCollection: [.read, .target]
    case .isArray, .isObject: [.read, .size, .target]
    case .contains: [.keep, .keep, .target]
    case .select: [.keep, .select]
    case .dot: [.write, .keep, .keep, .target]
    case .field, .fieldTruthy: [.write, .keep, .constant, .cache, .target]
    case .fieldFalsy: [.register, .keep, .constant, .cache, .target]
    case .fieldEqual: [.write, .keep, .constant, .cache, .keep, .target]
    case .fieldCompare: [.write, .keep, .constant, .cache, .builtinTaking(2), .comparison, .keep, .target]
    case .dotBase: [.write, .keep, .keep, .target]
    case .scanStart: [.beginScan, .keep, .target]
    case .scanNext: [.scan, .write, .write, .target]
    case .scanNextValue: [.scan, .register, .write, .target]
    case .seekStart: [.beginSeek, .keep, .keep, .cache, .list, .target]
    case .seekNext: [.seek, .write, .write, .target]
    case .settled: [.document, .read, .target]
    case .jump: [.target]
    case .makeArray: [.make(.array), .capacity]
    case .makeObject: [.make(.object)]
    case .makeSet: [.make(.set)]
    case .makeTuple: [.write, .list]
    case .makeRecord: [.write, .record, .list]
    case .append: [.grow(.array), .keep]
    case .insertOnce: [.grow(.object), .keep, .path]
    case .add: [.growSetAtPath, .keep, .list]
    case .call: [.function, .write, .list, .target]
    case .builtin: [.builtin, .write, .place, .list, .target]
    case .keptBuiltin, .keptTest: [.builtin, .write, .place, .keptList, .target, .site, .optional]
    case .format: [.builtinTaking(2), .write, .place, .pieces, .target]
    case .count: [.builtinTaking(1), .write, .place, .list, .target]
    case .document, .documentKeys: [.node, .write, .list, .target]
    case .withPush: [.change]
    case .withPop, .withSuspend, .withResume: []
    case .withDrop: [.drop]
    case .assignOnce: [.rewrite, .keep, .conflict]
    case .template: [.write, .list]
    case .returnValue: [.readRegister]
    case .result: [.bindings]
    case .compare: [.builtinTaking(2), .comparison, .keep, .keep, .target]
    case .insert: [.grow(.object), .keep, .keep]
    }
  }

  /// What it does to the scopes that `with` enters, and to those left for a while.
  var scopeEffect: (entered: Int, suspended: Int) {
    switch self {
    case .withPush: (1, 0)
    case .withPop: (-1, 0)
    case .withSuspend: (-1, 1)
    case .withResume: (1, -1)
    case .input, .base, .move, .reset, .equal, .truthy, .defined, .undefined, .isArray, .isObject, .isCollection, .contains, .select, .dot,
      .field, .fieldEqual, .fieldCompare, .fieldTruthy, .fieldFalsy, .keptBuiltin, .keptTest, .format, .count, .dotBase, .scanStart,
      .scanNext, .scanNextValue, .seekStart, .seekNext, .settled, .jump,
      .makeArray, .makeObject, .makeSet, .makeTuple, .makeRecord, .append, .insertOnce, .add, .call,
      .builtin, .document, .documentKeys, .withDrop, .assignOnce, .template, .returnValue, .result, .compare, .insert:
      (0, 0)
    }
  }

  /// Whether the machine goes on with the next instruction when nothing fails.
  var fallsThrough: Bool {
    switch self {
    case .jump, .returnValue, .select: false
    case .input, .base, .move, .reset, .equal, .truthy, .defined, .undefined, .isArray, .isObject, .isCollection, .contains, .dot, .field,
      .fieldEqual, .fieldCompare, .fieldTruthy, .fieldFalsy, .keptBuiltin, .keptTest, .format, .count, .dotBase,
      .scanStart, .scanNext, .scanNextValue, .seekStart, .seekNext, .settled, .makeArray, .makeObject, .makeSet, .makeTuple, .makeRecord,
      .append, .insertOnce, .add, .call,
      .builtin,
      .document, .documentKeys, .withPush, .withPop, .withSuspend, .withResume, .withDrop, .assignOnce, .template, .result, .compare,
      .insert:
      true
    }
  }

  /// Code may go back only to such an operation: each turn is a step of the budget.
  var countsTurns: Bool { self == .scanNext || self == .scanNextValue || self == .seekNext }
}
