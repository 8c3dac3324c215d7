extension Builtins {
  /// OPA's v1/topdown/type.go, type_name.go and casts.go.
  static let types: [Builtin] = [
    test("is_number") { $0.isNumber },
    test("is_string") { $0.isString },
    test("is_boolean") { $0.rawTag == Value.Tag.boolean.rawValue },
    test("is_array") { $0.isArray },
    test("is_set") { $0.isSet },
    test("is_object") { $0.isObject },
    test("is_null") { $0.rawTag == Value.Tag.null.rawValue },
    Builtin("type_name", 1) { arguments, context throws(BuiltinError) in
      .string("\(arguments[0].typeName)", in: context.heap)
    },
    Builtin("to_number", 1) { arguments, context throws(BuiltinError) in try toNumber(arguments, context) },
    Builtin("cast_array", 1) { arguments, context throws(BuiltinError) in
      if arguments[0].isArray { return arguments[0] }
      return .array(try arguments.collection(0, "array", "set"), in: context.heap)
    },
    Builtin("cast_set", 1) { arguments, context throws(BuiltinError) in
      if arguments[0].isSet { return arguments[0] }
      return .set(try arguments.collection(0, "array", "set"), in: context.heap)
    },
    Builtin("cast_string", 1) { arguments, _ throws(BuiltinError) in try arguments.text(0) },
    Builtin("cast_boolean", 1) { arguments, _ throws(BuiltinError) in .boolean(try arguments.boolean(0)) },
    Builtin("cast_null", 1) { arguments, _ throws(BuiltinError) in
      guard arguments[0].rawTag == Value.Tag.null.rawValue else { throw arguments.wrongType(0, "null") }
      return .null
    },
    Builtin("cast_object", 1) { arguments, _ throws(BuiltinError) in try arguments.object(0).value },
  ]

  /// Undefined where the type is another one, as OPA's type tests.
  private static func test(_ name: String, _ holds: @escaping @Sendable (Value) -> Bool) -> Builtin {
    Builtin(name, 1) { arguments, _ throws(BuiltinError) in .boolean(holds(arguments[0])) }
  }

  private static func toNumber(_ arguments: Arguments, _ context: BuiltinContext) throws(BuiltinError) -> Value {
    let value = arguments[0]
    switch value.tag {
    case .null: return .integer(0)
    case .boolean: return .integer(value.isTrue ? 1 : 0)
    case .integer, .number: return value
    case .shortString, .longString:
      if let plain = unsafe value.withText({ unsafe plainInteger($0) }) { return .integer(plain) }
      if let fraction = unsafe value.withText({ unsafe Numbers.plainFraction($0, in: context.heap) }) { return fraction }
      let text = value.text
      let bare = Array(text.drop { $0 == 0x2B || $0 == 0x2D }).map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
      if bare == Array("inf".utf8) || bare == Array("infinity".utf8) || bare == Array("nan".utf8) {
        throw .type("operand 1 must be valid number string but got string")
      }
      switch GoNumber.parse(text) {
      case .value(let literal): return Numbers.parse(literal, in: context.heap)
      case .invalidSyntax: throw .failed("strconv.ParseFloat: parsing \(quoted(text)): invalid syntax")
      case .outOfRange: throw .failed("strconv.ParseFloat: parsing \(quoted(text)): value out of range")
      }
    default: throw arguments.wrongType(0, "null", "boolean", "number", "string")
    }
  }

  /// Up to 18 digits without a leading zero or a sign.
  private static func plainInteger(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
    // SAFETY: the first byte is there, and the index stays below the count.
    guard text.count > 0, text.count <= 18, unsafe text[0] != 0x30 || text.count == 1 else { return nil }
    var value = 0
    for index in 0..<text.count {
      let digit = unsafe text[index] &- 0x30
      if digit > 9 { return nil }
      value = value &* 10 &+ Int(digit)
    }
    return value
  }

  /// `text` in quotes, as Go's `%q`.
  static func quoted(_ text: [UInt8]) -> String { String(decoding: ValueText.quote(text), as: UTF8.self) }
}

/// Numbers as Go's `strconv.ParseFloat` reads them.
enum GoNumber {
  enum Outcome {
    /// The same number as a JSON literal.
    case value([UInt8])
    case invalidSyntax
    /// Beyond the largest Double.
    case outOfRange
  }

  /// Decimal and hexadecimal forms, signs, underscores not; infinities and NaN are invalid syntax here.
  ///
  /// - Parameter isBounded: Whether numbers beyond the largest Double are out of range.
  static func parse(_ text: [UInt8], isBounded: Bool = true) -> Outcome {
    var rest = text[...]
    var literal: [UInt8] = []
    if rest.first == 0x2D { literal.append(0x2D) }
    if rest.first == 0x2D || rest.first == 0x2B { rest = rest.dropFirst() }
    if rest.count > 2, rest.first == 0x30, rest[rest.startIndex + 1] | 0x20 == 0x78 { return hexadecimal(text, rest.dropFirst(2), literal) }
    var whole = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }
    rest = rest.dropFirst(whole.count)
    var fraction: ArraySlice<UInt8> = []
    if rest.first == 0x2E {
      fraction = rest.dropFirst().prefix { $0 >= 0x30 && $0 <= 0x39 }
      rest = rest.dropFirst(fraction.count + 1)
    }
    guard !whole.isEmpty || !fraction.isEmpty else { return .invalidSyntax }
    var exponent: ArraySlice<UInt8> = []
    if let mark = rest.first, mark | 0x20 == 0x65 {
      let sign = rest.dropFirst().prefix { $0 == 0x2B || $0 == 0x2D }
      let digits = rest.dropFirst(1 + sign.count)
      guard sign.count <= 1, !digits.isEmpty, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return .invalidSyntax }
      exponent = rest
      rest = []
    }
    guard rest.isEmpty else { return .invalidSyntax }
    // JSON has neither leading zeros nor numbers that begin with their point.
    while whole.count > 1, whole.first == 0x30 { whole = whole.dropFirst() }
    literal += whole.isEmpty ? [0x30] : Array(whole)
    if !fraction.isEmpty { literal += [0x2E] + fraction }
    literal += exponent
    if isBounded, (Double(String(decoding: literal, as: UTF8.self)) ?? .infinity).isInfinite { return .outOfRange }
    return .value(literal)
  }

  private static func hexadecimal(_ text: [UInt8], _ digits: ArraySlice<UInt8>, _ sign: [UInt8]) -> Outcome {
    guard digits.contains(where: { $0 | 0x20 == 0x70 }), let value = Double(String(decoding: text, as: UTF8.self)) else {
      return .invalidSyntax
    }
    if value.isInfinite { return .outOfRange }
    return .value(GoFormat.shortest(value).general(limit: 21))
  }
}
