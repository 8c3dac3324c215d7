/// A name that a guest or a disk gave, as documents and terminals may hold it.
///
/// Such names are bytes. A backslash is written `\\`, and each byte that is a control, or no part of valid UTF-8, or of a character that
/// a terminal obeys or does not show, is written `\xNN`. Nothing else changes, so that different names stay different.
public enum EscapedName {
  public static func text(of name: some Swift.Collection<UInt8>) -> String { text(of: Array(name), doublesBackslash: true) }

  /// Text of several lines that is read by people: line ends and tabs stay, and so does a backslash, which texts are full of; it can thus not be led
  /// back to its bytes.
  public static func prose(_ text: some Swift.Collection<UInt8>) -> String {
    text.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
      line.split(separator: 0x09, omittingEmptySubsequences: false).map { Self.text(of: Array($0), doublesBackslash: false) }
        .joined(separator: "\t")
    }.joined(separator: "\n")
  }

  private static func text(of name: [UInt8], doublesBackslash: Bool) -> String {
    if name.allSatisfy({ (0x20..<0x7F).contains($0) && ($0 != 0x5C || !doublesBackslash) }) { return String(decoding: name, as: UTF8.self) }
    var result = ""
    var at = 0
    while at < name.count {
      guard let (scalar, length) = scalar(in: name, at: at) else {
        result += escape(name[at])
        at += 1
        continue
      }
      if scalar == "\\", doublesBackslash {
        result += "\\\\"
      } else if isUnseen(scalar) {
        for byte in name[at..<at + length] { result += escape(byte) }
      } else {
        result.unicodeScalars.append(scalar)
      }
      at += length
    }
    return result
  }

  /// The bytes that `text(of:)` made a text of; nil for a text that it cannot have made.
  public static func bytes(of text: String) -> [UInt8]? {
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    var at = 0
    while at < bytes.count {
      guard bytes[at] == 0x5C else {
        result.append(bytes[at])
        at += 1
        continue
      }
      guard at + 1 < bytes.count else { return nil }
      if bytes[at + 1] == 0x5C {
        result.append(0x5C)
        at += 2
        continue
      }
      guard bytes[at + 1] == 0x78, at + 3 < bytes.count, let high = digit(bytes[at + 2]), let low = digit(bytes[at + 3]) else { return nil }
      result.append(high << 4 | low)
      at += 4
    }
    return result
  }

  private static func escape(_ byte: UInt8) -> String {
    let digits = Array("0123456789abcdef".unicodeScalars)
    var text = "\\x"
    text.unicodeScalars.append(digits[Int(byte >> 4)])
    text.unicodeScalars.append(digits[Int(byte & 15)])
    return text
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
  }

  /// One well-formed scalar (Unicode 15, table 3-7), and how many bytes it takes.
  private static func scalar(in bytes: [UInt8], at start: Int) -> (Unicode.Scalar, Int)? {
    let first = bytes[start]
    if first < 0x80 { return (Unicode.Scalar(first), 1) }
    let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
    guard (0xC2...0xF4).contains(first), start + length <= bytes.count else { return nil }
    var value = UInt32(first) & (0xFF >> UInt32(length + 1))
    for byte in bytes[start + 1..<start + length] {
      guard byte & 0xC0 == 0x80 else { return nil }
      value = value << 6 | UInt32(byte & 0x3F)
    }
    let smallest: UInt32 = length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80
    guard value >= smallest, let scalar = Unicode.Scalar(value) else { return nil }
    return (scalar, length)
  }

  /// Controls of the terminal and of the direction of text, line separators, and what has no width.
  private static func isUnseen(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x00..<0x20, 0x7F...0x9F, 0xAD, 0x61C, 0x180E, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF, 0xFFF9...0xFFFB,
      0xE0000...0xE007F:
      true
    default: false
    }
  }
}
