internal import Domain

/// How the bytes of a text are encoded, found by its first bytes and by reading it once.
enum TextForm {
  /// Refusal of a text that is not UTF-8, naming the place of the first wrong byte; nil for one that is.
  static func refusal(_ bytes: [UInt8], path: String, target: String) -> Refusal? {
    if let name = wideEncoding(bytes) {
      return Refusal(target: target, code: "not-utf8", message: "\(path): \(name) text; save it as UTF-8")
    }
    guard let offset = firstInvalidByte(bytes) else { return nil }
    let place = LinePlace.of(offset: offset, in: bytes)
    return Refusal(
      target: target, code: "not-utf8", message: "\(path):\(place.line):\(place.column): not valid UTF-8; save the file as UTF-8",
      line: place.line, column: place.column)
  }

  /// "UTF-16" or "UTF-32", by the byte order mark or by zeros in every other byte; nil for anything else.
  static func wideEncoding(_ bytes: [UInt8]) -> String? {
    if bytes.starts(with: [0xFF, 0xFE, 0, 0]) || bytes.starts(with: [0, 0, 0xFE, 0xFF]) { return "UTF-32" }
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) { return "UTF-16" }
    guard bytes.count >= 8 else { return nil }
    let head = bytes.prefix(64)
    let even = stride(from: 0, to: head.count - 1, by: 2).filter { head[$0] == 0 && head[$0 + 1] != 0 }.count
    let odd = stride(from: 0, to: head.count - 1, by: 2).filter { head[$0] != 0 && head[$0 + 1] == 0 }.count
    return max(even, odd) >= head.count / 2 - 1 ? "UTF-16" : nil
  }

  /// Offset of the first byte that does not belong to well-formed UTF-8.
  static func firstInvalidByte(_ bytes: [UInt8]) -> Int? {
    var at = 0
    while at < bytes.count {
      let byte = bytes[at]
      if byte < 0x80 {
        at += 1
        continue
      }
      let (length, smallest): (Int, UInt32) =
        switch byte {
        case 0xC2...0xDF: (2, 0x80)
        case 0xE0...0xEF: (3, 0x800)
        case 0xF0...0xF4: (4, 0x10000)
        default: (0, 0)
        }
      guard length > 0, at + length <= bytes.count else { return at }
      var scalar = UInt32(byte) & (length == 2 ? 0x1F : length == 3 ? 0x0F : 0x07)
      for i in 1..<length {
        guard bytes[at + i] & 0xC0 == 0x80 else { return at }
        scalar = scalar << 6 | UInt32(bytes[at + i] & 0x3F)
      }
      guard scalar >= smallest, scalar <= 0x10FFFF, !(0xD800...0xDFFF).contains(scalar) else { return at }
      at += length
    }
    return nil
  }
}
