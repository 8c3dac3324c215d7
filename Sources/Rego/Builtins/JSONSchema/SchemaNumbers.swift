internal import BigInt

/// Bounds of numbers, compared exactly whatever the number of digits.
extension SchemaCompiler {
  func numbers(_ document: SchemaDocument, _ node: SchemaNode) throws(SchemaError) {
    if let multiple = document["multipleOf"] {
      guard let number = Self.number(multiple) else { throw .invalidType(expected: "number", given: "multipleOf") }
      guard !number.isZero, !number.isNegative else { throw SchemaError("multipleOf must be strictly greater than 0") }
      node.multipleOf = number
    }
    node.minimum = try bound(document, "minimum")
    (node.minimum, node.exclusiveMinimum) = try exclusive(document, "exclusiveMinimum", "minimum", node.minimum, node.draft)
    node.maximum = try bound(document, "maximum")
    (node.maximum, node.exclusiveMaximum) = try exclusive(document, "exclusiveMaximum", "maximum", node.maximum, node.draft)
  }

  private func bound(_ document: SchemaDocument, _ keyword: StaticString) throws(SchemaError) -> Decimal? {
    guard let value = document[keyword] else { return nil }
    guard let number = Self.number(value) else { throw SchemaError("\(keyword) must be of a number") }
    return number
  }

  /// Draft 4 has a truth value beside the bound, later ones a bound of its own.
  private func exclusive(
    _ document: SchemaDocument, _ keyword: StaticString, _ partner: StaticString, _ bound: Decimal?, _ draft: SchemaDraft
  ) throws(SchemaError) -> (inclusive: Decimal?, exclusive: Decimal?) {
    guard let value = document[keyword] else { return (bound, nil) }
    if case .boolean(let isExclusive) = value.form, draft == .draft4 || draft == .hybrid {
      guard let bound else { throw SchemaError("\(keyword) cannot be used without \(partner)") }
      return isExclusive ? (nil, bound) : (bound, nil)
    }
    let expected = draft == .draft4 ? "boolean" : (draft == .hybrid ? "boolean/number" : "number")
    guard draft != .draft4, let number = Self.number(value) else { throw .invalidType(expected: expected, given: "\(keyword)") }
    return (bound, number)
  }

  private static func number(_ document: SchemaDocument) -> Decimal? {
    if case .number(let literal) = document.form { Decimal(literal) } else { nil }
  }
}

extension Decimal {
  /// Whether it is another one times an integer. Linear in the digits, whatever the exponents.
  func isMultiple(of other: Decimal) -> Bool {
    if isZero { return true }
    guard !other.isZero, let a = BigUInt(digitText), let b = BigUInt(other.digitText) else { return false }
    let shift = (point - digits.count) - (other.point - other.digits.count)
    if shift >= 0 {
      // a * 10^shift is 0 modulo b.
      let power = BigUInt(10).power(BigUInt(shift), modulus: b)
      return (a * power % b).isZero
    }
    // More zeros than digits cannot divide.
    guard -shift <= digits.count else { return false }
    return (a % (b * BigUInt(10).power(-shift))).isZero
  }

  private var digitText: String { String(decoding: digits.map { $0 + 0x30 }, as: UTF8.self) }
}
