/// Texts of values and numbers in a schema's findings.
enum SchemaText {
  /// The JSON text of a value with numbers as doubles have them: values with the same text are equal to `const`, `enum` and `uniqueItems`.
  static func canonical(_ value: Value) -> [UInt8] {
    let heap = Heap()
    return withExtendedLifetime(heap) { JSONWriter.text(rounded(value, in: heap), JSONWriter.Style(escapesHTML: true)) }
  }

  /// Documents are nested 1000 deep at most, or were built by a policy on the machine's own stack.
  private static func rounded(_ value: Value, in heap: Heap) -> Value {
    switch value.tag {
    case .integer:
      let integer = Int64(bitPattern: value.body)
      return integer.magnitude <= 1 << 53 ? value : number(Double(integer), in: heap)
    case .number: return number(NumberRecord(value.address).double, in: heap)
    case .array: return .array(value.elements.map { rounded($0, in: heap) }, in: heap)
    case .object: return .object(Members(value.objectView).map { ($0.key, rounded($0.value, in: heap)) }, in: heap)
    default: return value
    }
  }

  private static func number(_ double: Double, in heap: Heap) -> Value {
    guard double.isFinite else { return .string("\(double)", in: heap) }
    var digits = GoFormat.shortest(double)
    digits.isNegative = double.sign == .minus
    let magnitude = double.magnitude
    if magnitude != 0, magnitude < 1e-6 || magnitude >= 1e21 {
      var text = digits.scientific(places: max(digits.digits.count - 1, 0))
      // Go's JSON writes e-9 for e-09.
      let count = text.count
      if count >= 4, text[count - 4] == 0x65, text[count - 3] == 0x2D, text[count - 2] == 0x30 { text.remove(at: count - 2) }
      return Numbers.parse(text, in: heap)
    }
    return Numbers.parse(digits.fixed(places: max(digits.digits.count - digits.point, 0)), in: heap)
  }

  /// A bound as Go prints big floats: shortest, with an exponent from a million on.
  static func bound(_ number: Decimal) -> String { String(decoding: number.general(limit: 6), as: UTF8.self) }
}
