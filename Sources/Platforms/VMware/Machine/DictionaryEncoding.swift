internal import Domain

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The encoding that a dictionary declares in its key `.encoding`, and its text in UTF-8.
///
/// VMware's programs write the encoding of the system that they run on: UTF-8, windows-1252, GBK, Shift_JIS and others, all of which hold
/// ASCII. Conversion is the C library's.
enum DictionaryEncoding {
  private static let key = Array(".encoding".utf8)

  /// - Throws: "not-utf8" for an encoding that is not known, and for bytes that are no UTF-8 although UTF-8 is declared.
  static func utf8(_ bytes: [UInt8], path: String) throws(Refusal) -> [UInt8] {
    let declared = declaration(in: bytes)
    let isUTF8 = declared.map { ["utf-8", "utf8"].contains($0.name.lowercased()) } ?? true
    if isUTF8 {
      guard let offset = TextForm.firstInvalidByte(bytes) else { return bytes }
      guard declared != nil else { return converted(bytes, from: "WINDOWS-1252") ?? bytes }
      let place = LinePlace.of(offset: offset, in: bytes)
      throw Refusal(
        target: path, code: "not-utf8",
        message: "\(path):\(place.line):\(place.column): not UTF-8, which the file declares with .encoding; save it as UTF-8",
        line: place.line, column: place.column)
    }
    let name = declared?.name ?? ""
    guard name.utf8.count <= 40, name.utf8.allSatisfy(isNameByte), let text = converted(bytes, from: alias(name)),
      // An encoding that is no superset of ASCII would make another text of the lines.
      text.count(where: { $0 == 0x0A }) == bytes.count(where: { $0 == 0x0A })
    else {
      let line = declared?.line ?? 1
      throw Refusal(
        target: path, code: "not-utf8",
        message: "\(path):\(line): the encoding that .encoding declares is not known here; save the file as UTF-8 and declare UTF-8",
        line: line)
    }
    return text
  }

  /// The last line that sets `.encoding`: keys are read before values can be.
  private static func declaration(in bytes: [UInt8]) -> (name: String, line: Int)? {
    var found: (String, Int)?
    var number = 0
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      number += 1
      let text = line.drop { $0 == 0x20 || $0 == 0x09 || $0 >= 0x80 }
      guard text.count > key.count, text.prefix(key.count).map(lowerCase) == key else { continue }
      var rest = text.dropFirst(key.count).drop { $0 == 0x20 || $0 == 0x09 }
      guard rest.first == UInt8(ascii: "=") else { continue }
      rest = rest.dropFirst().drop { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: "\"") }
      let name = rest.prefix { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") }
      found = (String(decoding: name, as: UTF8.self), number)
    }
    return found
  }

  private static func lowerCase(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte + 0x20 : byte }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: ":"): true
    default: false
    }
  }

  /// The C library's name of an encoding that it knows under another one: Windows code pages.
  private static func alias(_ name: String) -> String {
    let lower = name.lowercased()
    guard lower.hasPrefix("windows-"), let page = Int(lower.dropFirst(8)), !(1250...1258).contains(page) else { return name }
    return "CP\(page)"
  }

  /// nil for an encoding that the C library does not know. A byte that belongs to no character becomes U+FFFD.
  private static func converted(_ bytes: [UInt8], from encoding: String) -> [UInt8]? {
    let descriptor = unsafe iconv_open("UTF-8", encoding)
    // SAFETY: iconv_open(3) answers (iconv_t)-1 for an encoding that it does not know.
    guard Int(bitPattern: descriptor) != -1 else { return nil }
    defer { _ = unsafe iconv_close(descriptor) }
    var source = bytes
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + bytes.count / 2)
    var chunk = [CChar](repeating: 0, count: 16 << 10)
    // SAFETY: iconv(3) reads at most `left` bytes from the source and writes at most `room` bytes to the chunk; both arrays outlive it.
    unsafe source.withUnsafeMutableBytes { buffer in
      guard let base = buffer.baseAddress else { return }
      var input: UnsafeMutablePointer<CChar>? = unsafe base.assumingMemoryBound(to: CChar.self)
      var left = buffer.count
      while left > 0 {
        let size = chunk.count
        var room = size
        let status = unsafe chunk.withUnsafeMutableBufferPointer { target in
          var output = target.baseAddress
          return unsafe iconv(descriptor, &input, &left, &output, &room)
        }
        let problem = errno
        result += chunk.prefix(size - room).map { UInt8(bitPattern: $0) }
        if status == -1, problem != E2BIG {
          result += [0xEF, 0xBF, 0xBD]
          if let at = unsafe input { unsafe input = at + 1 }
          left -= 1
        }
      }
    }
    return result
  }
}
