internal import BigInt

extension Builtins {
  /// OPA's v1/topdown/aggregates.go.
  static let aggregates: [Builtin] = [
    Builtin("count", 1) { arguments, _ throws(BuiltinError) in
      guard let count = arguments[0].elementCount else { throw arguments.wrongType(0, "array", "object", "set", "string") }
      return .integer(count)
    },
    Builtin("sum", 1) { arguments, context throws(BuiltinError) in
      try accumulate(arguments, context, from: 0) { a, b, heap throws(BuiltinError) in try Numbers.add(a, b, in: heap) }
    },
    Builtin("product", 1) { arguments, context throws(BuiltinError) in
      try accumulate(arguments, context, from: 1) { a, b, heap throws(BuiltinError) in try Numbers.multiply(a, b, in: heap) }
    },
    Builtin("max", 1) { arguments, context throws(BuiltinError) in try extreme(arguments, context) { $0 >= 0 } },
    Builtin("min", 1) { arguments, context throws(BuiltinError) in try extreme(arguments, context) { $0 <= 0 } },
    Builtin("sort", 1) { arguments, context throws(BuiltinError) in
      let elements = try arguments.collection(0, "set", "array")
      if arguments[0].isSet { return .array(elements, in: context.heap) }
      try context.spend(elements.count)
      return .sortedArray(arguments[0].arrayView.elements, count: elements.count, in: context.heap)
    },
    Builtin("all", 1) { arguments, _ throws(BuiltinError) in
      .boolean(try arguments.collection(0, "array", "set").allSatisfy { $0.isTrue })
    },
    Builtin("any", 1) { arguments, _ throws(BuiltinError) in
      .boolean(try arguments.collection(0, "array", "set").contains { $0.isTrue })
    },
    Builtin("internal.member_2", 2) { arguments, _ throws(BuiltinError) in .boolean(isMember(arguments[0], of: arguments[1])) },
    Builtin("internal.member_3", 3) { arguments, _ throws(BuiltinError) in
      .boolean(isMember(arguments[1], under: arguments[0], of: arguments[2]))
    },
  ]

  /// `value in collection`.
  static func isMember(_ value: Value, of collection: Value) -> Bool {
    switch collection.tag {
    case .set: return collection.setView.contains(value)
    case .array:
      let view = collection.arrayView
      return (0..<view.count).contains { view[$0].equals(value) }
    case .object:
      let view = collection.objectView
      return (0..<view.count).contains { view.value(at: $0).equals(value) }
    default: return false
    }
  }

  /// `key, value in collection`.
  static func isMember(_ value: Value, under key: Value, of collection: Value) -> Bool {
    switch collection.tag {
    case .set: return key.equals(value) && collection.setView.contains(key)
    case .array:
      let view = collection.arrayView
      guard let index = key.exactInt, index >= 0, index < view.count else { return false }
      return view[Int(index)].equals(value)
    case .object:
      let found = collection.objectView[key]
      return found.isDefined && found.equals(value)
    default: return false
    }
  }

  /// Integers are taken together exactly; one float makes the whole a float, as in OPA.
  private static func accumulate(
    _ arguments: Arguments, _ context: BuiltinContext, from start: Int,
    _ step: (Value, Value, Heap) throws(BuiltinError) -> Value
  ) throws(BuiltinError) -> Value {
    if start == 0, let sum = sumOfIntegers(arguments[0]) {
      try context.spend(arguments[0].elementCount ?? 0)
      return sum
    }
    let elements = try arguments.collection(0, "set", "array")
    try context.spend(elements.count)
    if start == 0, let sum = sumOfFractions(elements, context.heap) { return sum }
    var hasFloat = false
    for element in elements {
      try context.spend(on: element)
      guard element.isNumber else { throw arguments.wrongElement(0, element, "number") }
      if element.rawTag != 3, try Numbers.integer(element) == nil { hasFloat = true }
    }
    var result = Value.integer(start)
    if !hasFloat {
      for element in elements {
        try context.spend(on: element)
        try context.spend(on: result)
        result = try step(result, element, context.heap)
      }
      return result
    }
    // OPA keeps the running value a float, of 64 bits for sums and 53 for products: big integers among the elements lose digits.
    var total = BinaryFloat(Int64(start))
    for element in elements {
      try context.spend(on: element)
      let number = try Numbers.float(element)
      total = start == 0 ? BinaryFloat.sum(total, number) : BinaryFloat.product(total, number, precision: 53)
      guard total.scale.magnitude <= Numbers.bitLimit else { throw Numbers.tooLarge }
    }
    return try Numbers.value(total, in: context.heap)
  }

  /// As `BinaryFloat` below would add; nil where machine words do not hold a step, where all are integers, and where one is no number.
  private static func sumOfFractions(_ elements: Elements, _ heap: Heap) -> Value? {
    var total: ExtendedFloat?
    var hasFraction = false
    for element in elements {
      guard let number = ExtendedFloat(element) else {
        // Zero changes nothing.
        if element.rawTag == Value.Tag.integer.rawValue { continue }
        return nil
      }
      if !number.isInteger { hasFraction = true }
      guard let before = total else {
        total = number
        continue
      }
      total = before.adding(number)
      if total == nil { return nil }
    }
    return hasFraction ? total?.value(in: heap) : nil
  }

  /// Nil for anything but integers whose sums fit 64 bits.
  private static func sumOfIntegers(_ collection: Value) -> Value? {
    let values: Memory.Address, count: Int
    if collection.isArray {
      (values, count) = (collection.arrayView.elements, collection.arrayView.count)
    } else if collection.isSet {
      (values, count) = (collection.setView.table.keys, collection.setView.count)
    } else {
      return nil
    }
    var total: Int64 = 0
    for index in 0..<count {
      let value = Memory.value(values, at: index)
      guard value.rawTag == Value.Tag.integer.rawValue else { return nil }
      let (sum, overflow) = total.addingReportingOverflow(Int64(bitPattern: value.body))
      if overflow { return nil }
      total = sum
    }
    return .integer(total)
  }

  /// The last of equal extremes; undefined for no elements.
  private static func extreme(
    _ arguments: Arguments, _ context: BuiltinContext, _ replaces: (Int) -> Bool
  ) throws(BuiltinError) -> Value {
    let elements = try arguments.collection(0, "set", "array")
    guard var result = elements.first else { return .undefined }
    for element in elements.dropFirst() {
      try context.spend(on: element)
      if replaces(element.compare(result)) { result = element }
    }
    return result
  }
}
