/// Which statements give the same wherever they stand in one function, and the words that tell two of them apart.
extension Statement {
  /// Operation and operands of a statement whose outcome depends on them alone, or on them and what `with` has changed; nil for others.
  ///
  /// - Parameters:
  ///   - context: what `with` has changed here; equal contexts see the same input, data and functions.
  ///   - facts, builtins: of the program.
  ///   - isMutable: whether a local changes after it was defined.
  func key(context: Int, facts: ProgramFacts, builtins: [Builtin], isMutable: [Bool]) -> [Int32]? {
    var words: [Int32]
    var operands: [Operand]
    switch self {
    case .input: return [1, Int32(context)]
    case .base: return [2, Int32(context)]
    case .equal(let a, let b):
      words = [3]
      operands = [a, b]
    case .truthy(let a):
      words = [4]
      operands = [a]
    case .compare(let number, let comparison, let a, let b):
      if facts.isReplaced(builtin: number) { return nil }
      words = [5, comparison.rawValue]
      operands = [a, b]
    case .isArray(let a, let count):
      words = [6, Int32(truncatingIfNeeded: count)]
      operands = [a]
    case .isObject(let a, let count):
      words = [7, Int32(truncatingIfNeeded: count)]
      operands = [a]
    case .isCollection(let a):
      words = [8]
      operands = [a]
    case .contains(let collection, let element):
      words = [9]
      operands = [collection, element]
    case .dot(_, let source, let key):
      words = [10]
      operands = [source, key]
    case .dotBase(_, let source, let key):
      words = [11]
      operands = [source, key]
    case .makeTuple(_, let values):
      words = [19]
      operands = values
    case .makeRecord(_, let keys, let values):
      words = [12, Int32(keys)]
      operands = values
    case .call(let function, let values, _):
      words = [13, Int32(function), Int32(context)]
      operands = values
    case .builtin(let number, let values, _, _):
      if facts.isReplaced(builtin: number) || !builtins[number].isPure { return nil }
      words = [14, Int32(number)]
      operands = values
    case .format(let call, let values, _):
      words = [20, Int32(call.format)]
      operands = values
    case .document(let node, let values, _):
      words = [15, Int32(node), Int32(context)]
      operands = values
    case .documentKeys(let node, let values, _):
      words = [16, Int32(node), Int32(context)]
      operands = values
    case .scan(let source, _, _, _):
      words = [17]
      operands = [source]
    case .sought(let keys, let operand):
      words = [21] + keys.map { Int32($0) }
      operands = [operand]
    default: return nil
    }
    for operand in operands {
      switch operand {
      case .constant(let index): words.append(-1 - Int32(index))
      case .local(let local):
        if isMutable[local] { return nil }
        words.append(Int32(local))
      }
    }
    return words
  }

  /// The local that holds the statement's one value; nil for tests and for what has no value or several.
  var target: Int? {
    switch self {
    case .input(let local), .base(let local), .dot(let local, _, _), .dotBase(let local, _, _), .makeRecord(let local, _, _),
      .makeTuple(let local, _),
      .call(_, _, let local), .format(_, _, let local), .builtin(_, _, let local, _), .document(_, _, let local),
      .documentKeys(_, _, let local):
      local
    default: nil
    }
  }
}

extension Builtin {
  /// Equal operands give equal values, and a call leaves no other trace.
  var isPure: Bool {
    if isNondeterministic { return false }
    switch name {
    case "print", "trace", "internal.print", "internal.test_case", "http.send", "net.lookup_ip_addr", "rand.intn", "uuid.rfc4122",
      "opa.runtime":
      return false
    default: return true
    }
  }
}
