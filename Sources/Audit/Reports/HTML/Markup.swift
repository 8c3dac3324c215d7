/// HTML text that is safe by construction: what a literal says is taken as it is, every string put into it is escaped.
///
/// Names and values come from machines that may be hostile. Besides the five characters of HTML, characters that a reader cannot see or
/// that change the direction of writing are shown by their number, as in "‹U+202E›", so that a name reads as what it is.
struct Markup: Sendable, ExpressibleByStringInterpolation {
  private(set) var text: String

  init(stringLiteral value: String) { text = value }
  init(stringInterpolation: Interpolation) { text = stringInterpolation.text }
  init() { text = "" }

  typealias StringInterpolation = Interpolation

  struct Interpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity + interpolationCount * 24) }

    mutating func appendLiteral(_ literal: String) { text += literal }
    mutating func appendInterpolation(_ value: String) { Markup.escape(value, into: &text) }
    /// Text of this program that is markup already.
    mutating func appendInterpolation(raw value: String) { text += value }
    mutating func appendInterpolation(_ value: Int) { text += String(value) }
    mutating func appendInterpolation(_ markup: Markup) { text += markup.text }
    mutating func appendInterpolation(_ list: [Markup]) { for markup in list { text += markup.text } }
    /// A path or value in which lines may break after a slash or comma.
    mutating func appendInterpolation(breaking value: String) {
      var rest = value[...]
      while let i = rest.firstIndex(where: { $0 == "/" || $0 == "," }) {
        Markup.escape(String(rest[...i]), into: &text)
        text += "<wbr>"
        rest = rest[rest.index(after: i)...]
      }
      Markup.escape(String(rest), into: &text)
    }
  }

  static func += (a: inout Markup, b: Markup) { a.text += b.text }

  var isEmpty: Bool { text.isEmpty }

  /// Bytes so far; the markup is empty afterwards.
  mutating func take() -> [UInt8] {
    defer { text.removeAll(keepingCapacity: true) }
    return Array(text.utf8)
  }

  static func escape(_ value: String, into text: inout String) {
    guard value.utf8.contains(where: isSpecial) else {
      text += value
      return
    }
    for scalar in value.unicodeScalars {
      switch scalar {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\"": text += "&quot;"
      case "'": text += "&#39;"
      case "\n": text += " ↵ "
      case "\t": text += " "
      default:
        if isInvisible(scalar) {
          let digits = String(scalar.value, radix: 16, uppercase: true)
          text += "‹U+" + String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits + "›"
        } else {
          text.unicodeScalars.append(scalar)
        }
      }
    }
  }

  /// Bytes that may begin something to be escaped: ASCII of HTML, controls, and the lead bytes of C1 controls and of invisible characters.
  private static func isSpecial(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x00..<0x20, 0x22, 0x26, 0x27, 0x3C, 0x3E, 0x7F, 0xC2, 0xD8, 0xE1...0xE3, 0xEF, 0xF3: true
    default: false
    }
  }

  /// Controls, marks of direction, spaces without width, tags: general categories Cc and Cf but for the joiners that scripts need.
  static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x00..<0x20, 0x7F...0x9F, 0xAD, 0x061C, 0x115F...0x1160, 0x180E, 0x200B, 0x200E...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0x3164,
      0xFEFF, 0xFFF9...0xFFFB, 0xFFA0, 0xE0000...0xE0FFF:
      true
    default: false
    }
  }
}
