/// One place where a string of a rule was found.
public struct MatchString: Sendable, Hashable {
  /// Name of the string in its rule, with "$".
  public let identifier: String
  /// Offset in the file, or the physical address in a guest's memory, bytes.
  public let offset: UInt64
  /// Length of the match, bytes.
  public let length: Int
  /// The match and what surrounds it; nil where no context was asked for.
  public let context: MatchContext?

  public init(identifier: String, offset: UInt64, length: Int, context: MatchContext? = nil) {
    self.identifier = identifier
    self.offset = offset
    self.length = length
    self.context = context
  }
}

/// Bytes of a match and of its surroundings, as they were when they were read.
public struct MatchContext: Sendable, Hashable {
  /// Bytes of a match that are kept at most; a longer one is cut behind them.
  public static let mostOfMatch = 4096

  /// Where the bytes begin: offset or physical address.
  public let start: UInt64
  public let bytes: [UInt8]

  public init(start: UInt64, bytes: [UInt8]) {
    self.start = start
    self.bytes = bytes
  }

  /// Two lower-case digits for each byte, without spaces.
  public var hexadecimal: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// Printable ASCII as it is, a backslash doubled, everything else as `\xNN`: no byte of a guest reaches a terminal as a control.
  public var text: String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes {
      switch byte {
      case 0x5C: text += [0x5C, 0x5C]
      case 0x20..<0x7F: text.append(byte)
      default: text += [0x5C, 0x78, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
