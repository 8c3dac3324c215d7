#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Text as Windows programs write it, as UTF-8: PowerShell 5.1 and `reg export` write UTF-16 with a byte order mark, consoles their code page.
///
/// Read as what the mark says, else as UTF-16 where every other byte is zero, else as UTF-8 where that is well-formed, else as code page
/// 936 (Chinese), else as code page 1252, which reads any bytes. Names that matter are ASCII in all of them.
enum WindowsText {
  /// The text as UTF-8 without a byte order mark. Lone surrogates and bytes without a meaning become U+FFFD; lines stay lines.
  static func utf8(_ bytes: [UInt8]) -> [UInt8] {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return utf8(Array(bytes[3...])) }
    if TextForm.wideEncoding(bytes) == "UTF-16" { return utf16(bytes) }
    if TextForm.firstInvalidByte(bytes) == nil { return bytes }
    return convert(bytes, from: "CP936") ?? western(bytes)
  }

  /// Why a text that a program of Windows wrote is not all that it wrote, as the end of a sentence; nil where nothing tells.
  static func fault(_ bytes: [UInt8], _ text: [UInt8]) -> String? {
    if TextForm.wideEncoding(bytes) == "UTF-16", bytes.count % 2 == 1 { return "the text breaks off in the middle of a character" }
    return text.last == 0x0A || text.last == 0x0D ? nil : "the text breaks off in the middle of a line"
  }

  /// UTF-16 in the order of its mark; without one, in the order in which ASCII letters have their zero.
  static func utf16(_ bytes: [UInt8]) -> [UInt8] {
    let isBig: Bool
    var at = 0
    if bytes.starts(with: [0xFF, 0xFE]) {
      isBig = false
      at = 2
    } else if bytes.starts(with: [0xFE, 0xFF]) {
      isBig = true
      at = 2
    } else {
      isBig = bytes.first == 0
    }
    var units: [UInt16] = []
    units.reserveCapacity(bytes.count / 2)
    while at + 1 < bytes.count {
      let (first, second) = (UInt16(bytes[at]), UInt16(bytes[at + 1]))
      units.append(isBig ? first << 8 | second : second << 8 | first)
      at += 2
    }
    return Array(String(decoding: units, as: UTF16.self).utf8)
  }

  /// Text of another encoding by the C library's converter; nil where a byte has no meaning in it or the converter is not installed.
  static func convert(_ bytes: [UInt8], from encoding: String) -> [UInt8]? {
    // SAFETY: the strings live for the call; iconv_open only reads them.
    guard let converter = unsafe iconv_open("UTF-8", encoding), unsafe converter != iconv_t(bitPattern: -1) else { return nil }
    // SAFETY: the descriptor was opened above and is not used behind this.
    defer { _ = unsafe iconv_close(converter) }
    var source = bytes.map { CChar(bitPattern: $0) }
    // A character of at most four bytes comes from at least one; no code page of Windows gives more than three bytes for one.
    var output = [CChar](repeating: 0, count: bytes.count * 3 + 16)
    let capacity = output.count
    // SAFETY: both buffers live for the call, their lengths are given, and iconv stays inside of them.
    let left: Int? = unsafe source.withUnsafeMutableBufferPointer { input in
      unsafe output.withUnsafeMutableBufferPointer { result in
        var from = input.baseAddress
        var to = result.baseAddress
        var inputLeft = input.count
        var outputLeft = capacity
        let status = unsafe iconv(converter, &from, &inputLeft, &to, &outputLeft)
        return status < 0 || inputLeft != 0 ? nil : outputLeft
      }
    }
    guard let left else { return nil }
    return output[..<(capacity - left)].map { UInt8(bitPattern: $0) }
  }

  /// Code page 1252 by its table: 0x80 to 0x9F have characters of their own, everything else is Latin-1.
  private static func western(_ bytes: [UInt8]) -> [UInt8] {
    var text = String.UnicodeScalarView()
    for byte in bytes {
      let scalar = (0x80...0x9F).contains(byte) ? special[Int(byte) - 0x80] : UInt32(byte)
      text.append(Unicode.Scalar(scalar) ?? "\u{FFFD}")
    }
    return Array(String(text).utf8)
  }

  /// Windows-1252, 0x80 to 0x9F (unicode.org, CP1252.TXT); bytes without a character are U+FFFD.
  private static let special: [UInt32] = [
    0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD,
    0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178,
  ]

  /// One line of a text with its number, the first being 1.
  struct Line {
    let number: Int
    let text: String
  }

  /// Lines without their ends (LF, CR LF or CR), as `reg export` and consoles end them.
  static func lines(_ utf8: [UInt8]) -> [Line] {
    var lines: [Line] = []
    var start = 0
    var at = 0
    func end(_ stop: Int) { lines.append(Line(number: lines.count + 1, text: String(decoding: utf8[start..<stop], as: UTF8.self))) }
    while at < utf8.count {
      let byte = utf8[at]
      if byte == 0x0A || byte == 0x0D {
        end(at)
        if byte == 0x0D, at + 1 < utf8.count, utf8[at + 1] == 0x0A { at += 1 }
        start = at + 1
      }
      at += 1
    }
    if start < utf8.count { end(utf8.count) }
    return lines
  }
}

extension StringProtocol {
  /// Without the blanks and tabs at both ends.
  var withoutOuterBlanks: String {
    let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\u{3000}" || $0 == "\u{A0}" }
    guard let first = firstIndex(where: { !isBlank($0) }), let last = lastIndex(where: { !isBlank($0) }) else { return "" }
    return String(self[first...last])
  }
}
