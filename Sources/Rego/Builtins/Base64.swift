/// Base64 of RFC 4648, checked as Go checks it: line breaks are skipped, padding is required, bits behind the last byte are not looked at.
public enum Base64 {
  public enum Alphabet: Sendable { case standard, url }

  public static func encode(_ bytes: [UInt8], _ alphabet: Alphabet, isPadded: Bool = true) -> [UInt8] {
    let digits = alphabet == .standard ? standardDigits : urlDigits
    var result: [UInt8] = []
    result.reserveCapacity((bytes.count + 2) / 3 * 4)
    var index = 0
    while index < bytes.count {
      let count = min(bytes.count - index, 3)
      var bits = UInt32(bytes[index]) << 16
      if count > 1 { bits |= UInt32(bytes[index + 1]) << 8 }
      if count > 2 { bits |= UInt32(bytes[index + 2]) }
      result.append(digits[Int(bits >> 18)])
      result.append(digits[Int(bits >> 12) & 63])
      if count > 1 { result.append(digits[Int(bits >> 6) & 63]) }
      if count > 2 { result.append(digits[Int(bits) & 63]) }
      if isPadded { for _ in count..<3 { result.append(0x3D) } }
      index += 3
    }
    return result
  }

  private static let lettersAndFigures = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
  private static let standardDigits: [UInt8] = lettersAndFigures + [0x2B, 0x2F]
  private static let urlDigits: [UInt8] = lettersAndFigures + [0x2D, 0x5F]

  /// As `base64url.decode`: padding may be left out (RFC 7515, appendix C).
  public static func decodeURL(_ text: [UInt8]) throws(BuiltinError) -> [UInt8] {
    if text.last == 0x3D { return try decode(text, .url) }
    switch text.count % 4 {
    case 0: return try decode(text, .url)
    case 2: return try decode(text + [0x3D, 0x3D], .url)
    case 3: return try decode(text + [0x3D], .url)
    default: throw .failed("illegal base64url string: \(String(decoding: text, as: UTF8.self))")
    }
  }

  /// - Throws: OPA's text, which names the byte: "illegal base64 data at input byte 4".
  public static func decode(_ text: [UInt8], _ alphabet: Alphabet) throws(BuiltinError) -> [UInt8] {
    var (result, index) = Self.wholeGroups(text, alphabet)
    var bits: UInt32 = 0
    var count = 0
    func corrupt(_ place: Int) -> BuiltinError { .failed("illegal base64 data at input byte \(place)") }
    func skipBreaks() { while index < text.count, text[index] == 0x0A || text[index] == 0x0D { index += 1 } }
    while true {
      skipBreaks()
      guard index < text.count else {
        if count == 0 { return result }
        throw corrupt(index - count)
      }
      let byte = text[index]
      if byte == 0x3D {
        if count < 2 { throw corrupt(index) }
        if count == 2 {
          index += 1
          skipBreaks()
          guard index < text.count else { throw corrupt(text.count) }
          guard text[index] == 0x3D else { throw corrupt(index) }
        }
        index += 1
        skipBreaks()
        guard index == text.count else { throw corrupt(index) }
        if count == 2 { result.append(UInt8(truncatingIfNeeded: bits >> 4)) }
        if count == 3 { result += [UInt8(truncatingIfNeeded: bits >> 10), UInt8(truncatingIfNeeded: bits >> 2)] }
        return result
      }
      guard let value = value(byte, alphabet) else { throw corrupt(index) }
      bits = bits << 6 | UInt32(value)
      count += 1
      index += 1
      if count == 4 {
        result += [UInt8(truncatingIfNeeded: bits >> 16), UInt8(truncatingIfNeeded: bits >> 8), UInt8(truncatingIfNeeded: bits)]
        bits = 0
        count = 0
      }
    }
  }

  /// Groups of four digits from the beginning on, as far as there is nothing else, and where they end.
  private static func wholeGroups(_ text: [UInt8], _ alphabet: Alphabet) -> (bytes: [UInt8], end: Int) {
    var end = 0
    let table = alphabet == .standard ? standardValues : urlValues
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: text.count / 4 * 3 + 3) { room, filled in
      unsafe table.withUnsafeBufferPointer { values in
        // SAFETY: a table has 256 entries, four digits lie below the text's count, and a group of four gives three bytes.
        while end + 4 <= text.count {
          let a = unsafe values[Int(text[end])], b = unsafe values[Int(text[end + 1])]
          let c = unsafe values[Int(text[end + 2])], d = unsafe values[Int(text[end + 3])]
          if (a | b | c | d) & 0x80 != 0 { break }
          let bits = UInt32(a) << 18 | UInt32(b) << 12 | UInt32(c) << 6 | UInt32(d)
          unsafe room[filled] = UInt8(truncatingIfNeeded: bits >> 16)
          unsafe room[filled + 1] = UInt8(truncatingIfNeeded: bits >> 8)
          unsafe room[filled + 2] = UInt8(truncatingIfNeeded: bits)
          filled += 3
          end += 4
        }
      }
    }
    return (bytes, end)
  }

  /// Values of digits by their byte; 0xFF for other bytes.
  private static let standardValues = (0...255).map { value(UInt8($0), .standard) ?? 0xFF }
  private static let urlValues = (0...255).map { value(UInt8($0), .url) ?? 0xFF }

  private static func value(_ byte: UInt8, _ alphabet: Alphabet) -> UInt8? {
    switch byte {
    case 0x41...0x5A: byte - 0x41
    case 0x61...0x7A: byte - 0x61 + 26
    case 0x30...0x39: byte - 0x30 + 52
    case 0x2B where alphabet == .standard, 0x2D where alphabet == .url: 62
    case 0x2F where alphabet == .standard, 0x5F where alphabet == .url: 63
    default: nil
    }
  }
}
