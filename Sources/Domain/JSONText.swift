/// Writes a `FactValue` as JSON, the same bytes for the same value: keys keep their order, integers are exact.
///
/// Output is valid UTF-8 with control, direction and zero-width characters escaped; a number that JSON cannot hold (NaN, infinity) is written as null.
public struct JSONText {
  /// Spaces per level; nil writes one line.
  private let indent: Int?
  private var bytes: [UInt8] = []

  private init(indent: Int?) { self.indent = indent }

  /// - Parameter indent: spaces per level; nil for one line without spaces.
  public static func bytes(_ value: FactValue, indent: Int? = nil) -> [UInt8] {
    var writer = JSONText(indent: indent)
    writer.write(value, level: 0)
    return writer.bytes
  }

  public static func string(_ value: FactValue, indent: Int? = nil) -> String {
    String(decoding: bytes(value, indent: indent), as: UTF8.self)
  }

  /// Appends a value in one line without spaces.
  public static func append(_ value: FactValue, to bytes: inout [UInt8]) {
    var writer = JSONText(indent: nil)
    swap(&writer.bytes, &bytes)
    writer.write(value, level: 0)
    swap(&writer.bytes, &bytes)
  }

  /// Appends a text in quotes.
  public static func append(_ text: String, to bytes: inout [UInt8]) {
    var writer = JSONText(indent: nil)
    swap(&writer.bytes, &bytes)
    writer.write(text)
    swap(&writer.bytes, &bytes)
  }

  private mutating func write(_ value: FactValue, level: Int) {
    switch value {
    case .null: append("null")
    case .bool(let flag): append(flag ? "true" : "false")
    case .int(let number): append(String(number))
    case .double(let number): append(Self.text(number))
    case .string(let text): write(text)
    case .array(let elements):
      enclose("[", "]", count: elements.count, level: level) { writer, i in
        writer.write(elements[i], level: level + 1)
      }
    case .object(let members):
      enclose("{", "}", count: members.count, level: level) { writer, i in
        writer.write(members[i].key)
        writer.append(writer.indent == nil ? ":" : ": ")
        writer.write(members[i].value, level: level + 1)
      }
    }
  }

  private mutating func enclose(
    _ open: String, _ close: String, count: Int, level: Int, _ element: (inout JSONText, Int) -> Void
  ) {
    append(open)
    for i in 0..<count {
      if i > 0 { append(",") }
      newline(level + 1)
      element(&self, i)
    }
    if count > 0 { newline(level) }
    append(close)
  }

  private mutating func newline(_ level: Int) {
    guard let indent else { return }
    bytes.append(0x0A)
    bytes.append(contentsOf: repeatElement(0x20, count: indent * level))
  }

  private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private mutating func write(_ text: String) {
    bytes.append(0x22)
    if PlainText.standsInJSON(text) {
      bytes.append(contentsOf: text.utf8)
      bytes.append(0x22)
      return
    }
    for scalar in text.unicodeScalars {
      guard let byte = UInt8(exactly: scalar.value), byte < 0x80 else {
        if Self.isUnseen(scalar) {
          let digits = String(scalar.value, radix: 16)
          append("\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits)
        } else {
          append(String(scalar))
        }
        continue
      }
      switch byte {
      case 0x22: append("\\\"")
      case 0x5C: append("\\\\")
      case 0x0A: append("\\n")
      case 0x0D: append("\\r")
      case 0x09: append("\\t")
      case 0x00..<0x20, 0x7F:
        let digits = Array("0123456789abcdef".utf8)
        append("\\u00")
        bytes.append(digits[Int(byte >> 4)])
        bytes.append(digits[Int(byte & 15)])
      default: bytes.append(byte)
      }
    }
    bytes.append(0x22)
  }

  /// Controls of the terminal and of the direction of text, and what has no width: escaped, so that a reader sees that they are there.
  private static func isUnseen(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x80...0x9F, 0xAD, 0x61C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF: true
    default: false
    }
  }

  /// Shortest text that reads back as the same number, in JSON's form.
  private static func text(_ number: Double) -> String {
    guard number.isFinite else { return "null" }
    if number == number.rounded(), abs(number) < 1e15 { return String(Int64(number)) }
    return "\(number)"
  }
}

extension FactValue {
  /// An object from pairs, leaving out those without a value.
  public static func object(_ members: KeyValuePairs<String, FactValue?>) -> FactValue {
    .object(members.compactMap { key, value in value.map { Member(key, $0) } })
  }

  /// The members of an object, else nil.
  public var members: [Member]? {
    if case .object(let members) = self { return members }
    return nil
  }

  /// The elements of an array, else nil.
  public var elements: [FactValue]? {
    if case .array(let elements) = self { return elements }
    return nil
  }

  /// The integer of an integral number that fits, else nil.
  public var integer: Int64? {
    switch self {
    case .int(let number): number
    case .double(let number): Int64(exactly: number)
    default: nil
    }
  }

  public var flag: Bool? {
    if case .bool(let flag) = self { return flag }
    return nil
  }

  /// As a report shows it: a string without quotes, an array of scalars joined by commas, anything else as JSON in one line.
  public var shown: String { shown(separator: ", ") }

  /// The same with the separator that a language puts between the elements of an array.
  public func shown(separator: String) -> String {
    switch self {
    case .string(let text): text
    case .array(let elements) where !elements.isEmpty && elements.allSatisfy(\.isScalar):
      elements.map(\.shown).joined(separator: separator)
    default: JSONText.string(self)
    }
  }

  private var isScalar: Bool {
    switch self {
    case .array, .object: false
    default: true
    }
  }
}
