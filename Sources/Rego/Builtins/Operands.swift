/// Operand checks with OPA's texts (v1/topdown/builtins/builtins.go). Indexes count from 0, positions in messages from 1.
extension Arguments {
  @inline(__always)
  func number(_ index: Int) throws(BuiltinError) -> Value {
    guard self[index].isNumber else { throw wrongType(index, "number") }
    return self[index]
  }

  @inline(__always)
  func array(_ index: Int) throws(BuiltinError) -> ArrayView {
    guard self[index].isArray else { throw wrongType(index, "array") }
    return self[index].arrayView
  }

  @inline(__always)
  func object(_ index: Int) throws(BuiltinError) -> ObjectView {
    guard self[index].isObject else { throw wrongType(index, "object") }
    return self[index].objectView
  }

  @inline(__always)
  func set(_ index: Int) throws(BuiltinError) -> SetView {
    guard self[index].isSet else { throw wrongType(index, "set") }
    return self[index].setView
  }

  func boolean(_ index: Int) throws(BuiltinError) -> Bool {
    guard let value = self[index].asBool else { throw wrongType(index, "boolean") }
    return value
  }

  /// A string whose bytes are read in place.
  @inline(__always)
  func text(_ index: Int) throws(BuiltinError) -> Value {
    guard self[index].isString else { throw wrongType(index, "string") }
    return self[index]
  }

  /// The elements of an array or set in order.
  func collection(_ index: Int, _ expected: String...) throws(BuiltinError) -> Elements {
    guard let elements = Elements(self[index]) else { throw wrongTypes(index, expected) }
    return elements
  }

  /// An array or set of strings.
  func strings(_ index: Int, _ expected: String...) throws(BuiltinError) -> [[UInt8]] {
    guard let elements = Elements(self[index]) else { throw wrongTypes(index, expected) }
    var result: [[UInt8]] = []
    result.reserveCapacity(elements.count)
    for element in elements {
      guard element.isString else { throw wrongElement(index, element, "string") }
      result.append(element.text)
    }
    return result
  }

  func wrongTypes(_ index: Int, _ expected: [String]) -> BuiltinError {
    .type("operand \(index + 1) must be one of {\(expected.joined(separator: ", "))} but got \(self[index].typeName)")
  }

  /// An element of a composite operand has the wrong type.
  func wrongElement(_ index: Int, _ element: Value, _ expected: String) -> BuiltinError {
    let composite = self[index].typeName
    return .type("operand \(index + 1) must be \(composite) of \(expected)s but got \(composite) containing \(element.typeName)")
  }

  /// A value that is none of an enumeration's.
  func notOneOf(_ index: Int, _ expected: String...) -> BuiltinError {
    .type("operand \(index + 1) must be " + (expected.count == 1 ? expected[0] : "one of {\(expected.joined(separator: ", "))}"))
  }
}

/// The elements of an array or, in order, of a set.
struct Elements: RandomAccessCollection {
  private let array: ArrayView?
  private let set: SetView?
  let startIndex = 0
  let endIndex: Int

  /// Nil for other types.
  init?(_ value: Value) {
    switch value.tag {
    case .array:
      let view = value.arrayView
      array = view
      set = nil
      endIndex = view.count
    case .set:
      let view = value.setView
      view.sort()
      array = nil
      set = view
      endIndex = view.count
    default: return nil
    }
  }

  subscript(position: Int) -> Value {
    if let array { return array[position] }
    return set.map { $0[position] } ?? .undefined
  }
}

/// The members of an object in the order of their keys.
struct Members: RandomAccessCollection {
  private let object: ObjectView
  let startIndex = 0
  let endIndex: Int

  init(_ object: ObjectView) {
    object.sort()
    self.object = object
    endIndex = object.count
  }

  subscript(position: Int) -> (key: Value, value: Value) { (object.key(at: position), object.value(at: position)) }
}
