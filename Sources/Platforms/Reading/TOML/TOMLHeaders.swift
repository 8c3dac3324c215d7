/// Heads of tables (`[name]`, `[[name]]`) whose name does not begin as a key: toml++, which TOMLKit reads with, ends the process there
/// instead of telling an error.
///
/// Strings, comments and values of several lines are passed over as TOML 1.0 has them; behind the first fault of a text the parser does
/// not go, so that this need not be right there.
struct TOMLHeaders {
  private let bytes: [UInt8]
  private var place: Int

  /// The offset of the first such head; nil where there is none. Linear in the text.
  static func firstFault(in bytes: [UInt8]) -> Int? {
    var headers = TOMLHeaders(bytes)
    return headers.firstFault()
  }

  private init(_ bytes: [UInt8]) {
    self.bytes = bytes
    place = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  }

  private mutating func firstFault() -> Int? {
    var depth = 0
    var beginsStatement = true
    while place < bytes.count {
      let byte = bytes[place]
      switch byte {
      case UInt8(ascii: "\n"):
        if depth <= 0 {
          depth = 0
          beginsStatement = true
        }
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): break
      case UInt8(ascii: "#"):
        while place + 1 < bytes.count, bytes[place + 1] != UInt8(ascii: "\n") { place += 1 }
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        beginsStatement = false
        passString(byte)
        continue
      default:
        if beginsStatement, byte == UInt8(ascii: "["), !namesTable(place + 1) { return place }
        beginsStatement = false
        if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") { depth += 1 }
        if byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") { depth -= 1 }
      }
      place += 1
    }
    return nil
  }

  /// Whether a key begins behind the bracket, or behind the second of two.
  private func namesTable(_ start: Int) -> Bool {
    var next = start
    if next < bytes.count, bytes[next] == UInt8(ascii: "[") { next += 1 }
    while next < bytes.count, bytes[next] == UInt8(ascii: " ") || bytes[next] == UInt8(ascii: "\t") { next += 1 }
    guard next < bytes.count else { return false }
    let byte = bytes[next]
    return ShellText.isNameByte(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
  }

  /// Goes behind the string that begins here.
  private mutating func passString(_ quote: UInt8) {
    let escapes = quote == UInt8(ascii: "\"")
    let isLong = bytes[place...].starts(with: [quote, quote, quote])
    place += isLong ? 3 : 1
    while place < bytes.count {
      let byte = bytes[place]
      if escapes, byte == UInt8(ascii: "\\") {
        place += 2
        continue
      }
      if !isLong, byte == UInt8(ascii: "\n") { return }
      if byte == quote, !isLong || bytes[place...].starts(with: [quote, quote, quote]) {
        place += isLong ? 3 : 1
        // Two quotes of the text may touch the three that end it.
        var more = 0
        while isLong, more < 2, place < bytes.count, bytes[place] == quote {
          place += 1
          more += 1
        }
        return
      }
      place += 1
    }
  }
}
