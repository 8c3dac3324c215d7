public import Domain

/// Why a value has no canonical form.
public struct CanonicalJSONError: Error, Sendable, Hashable {
  public let message: String
}

/// JSON in the one form of RFC 8785 (JSON Canonicalization Scheme): what a signature is made over.
///
/// Keys are sorted by their UTF-16 code units, numbers are written as ECMAScript writes a double, strings escape only what they must, and
/// nothing stands between tokens.
public enum CanonicalJSON {
  /// Largest integer that every double below it shares: 2^53 - 1 (RFC 8785, appendix D).
  static let largestInteger: Int64 = 9_007_199_254_740_991
  private static let deepest = 64

  /// Errors: a number that is not finite, an integer that a double does not hold exactly, a key that stands twice, nesting deeper than 64.
  public static func bytes(_ value: FactValue) throws(CanonicalJSONError) -> [UInt8] {
    var bytes: [UInt8] = []
    try write(value, depth: 0, to: &bytes)
    return bytes
  }

  private static func write(_ value: FactValue, depth: Int, to bytes: inout [UInt8]) throws(CanonicalJSONError) {
    guard depth < deepest else { throw CanonicalJSONError(message: "nested deeper than \(deepest)") }
    switch value {
    case .null: bytes += Array("null".utf8)
    case .bool(let flag): bytes += Array((flag ? "true" : "false").utf8)
    case .int(let number):
      guard (-largestInteger...largestInteger).contains(number) else {
        throw CanonicalJSONError(message: "\(number): no double holds this integer exactly; write it as text")
      }
      bytes += Array(String(number).utf8)
    case .double(let number):
      guard number.isFinite else { throw CanonicalJSONError(message: "\(number): JSON has no such number") }
      bytes += Array(text(number).utf8)
    case .string(let text): write(text, to: &bytes)
    case .array(let elements):
      bytes.append(0x5B)
      for (i, element) in elements.enumerated() {
        if i > 0 { bytes.append(0x2C) }
        try write(element, depth: depth + 1, to: &bytes)
      }
      bytes.append(0x5D)
    case .object(let members):
      let sorted = members.sorted { $0.key.utf16.lexicographicallyPrecedes($1.key.utf16) }
      bytes.append(0x7B)
      for (i, member) in sorted.enumerated() {
        // Code units, not Swift's equality, which takes composed and decomposed characters for one.
        if i > 0, sorted[i - 1].key.utf16.elementsEqual(member.key.utf16) {
          throw CanonicalJSONError(message: "the key \(member.key) stands twice")
        }
        if i > 0 { bytes.append(0x2C) }
        write(member.key, to: &bytes)
        bytes.append(0x3A)
        try write(member.value, depth: depth + 1, to: &bytes)
      }
      bytes.append(0x7D)
    }
  }

  /// Section 3.2.2.2: two-character escapes where JSON has them, \u00xx for the other controls, anything else as it is.
  private static func write(_ text: String, to bytes: inout [UInt8]) {
    let digits = Array("0123456789abcdef".utf8)
    bytes.append(0x22)
    for byte in text.utf8 {
      switch byte {
      case 0x22: bytes += [0x5C, 0x22]
      case 0x5C: bytes += [0x5C, 0x5C]
      case 0x08: bytes += [0x5C, 0x62]
      case 0x09: bytes += [0x5C, 0x74]
      case 0x0A: bytes += [0x5C, 0x6E]
      case 0x0C: bytes += [0x5C, 0x66]
      case 0x0D: bytes += [0x5C, 0x72]
      case 0..<0x20: bytes += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      default: bytes.append(byte)
      }
    }
    bytes.append(0x22)
  }

  /// Section 3.2.2.3: ECMAScript's Number::toString. Swift's description has the same shortest digits in another layout.
  static func text(_ number: Double) -> String {
    if number == 0 { return "0" }
    let sign = number < 0 ? "-" : ""
    let parts = number.magnitude.description.split(separator: "e")
    let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let whole = mantissa[0]
    let fraction = mantissa.count > 1 ? mantissa[1] : ""
    var digits = Array((whole + fraction).utf8)
    // Where the decimal point stands, counted from the first digit.
    var point = whole.utf8.count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
    while digits.first == 0x30 {
      digits.removeFirst()
      point -= 1
    }
    while digits.last == 0x30 { digits.removeLast() }
    let count = digits.count
    func part(_ range: Range<Int>) -> String { String(decoding: digits[range], as: UTF8.self) }
    func zeros(_ count: Int) -> String { String(repeating: "0", count: count) }
    if count <= point && point <= 21 { return sign + part(0..<count) + zeros(point - count) }
    if 0 < point && point <= 21 { return sign + part(0..<point) + "." + part(point..<count) }
    if -6 < point && point <= 0 { return sign + "0." + zeros(-point) + part(0..<count) }
    let exponent = point - 1
    let power = (exponent < 0 ? "e-" : "e+") + String(exponent.magnitude)
    return sign + part(0..<1) + (count > 1 ? "." + part(1..<count) : "") + power
  }
}
