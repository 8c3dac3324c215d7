#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Searching in bytes, in time linear in text and pattern.
enum TextSearch {
  /// Where `pattern` first occurs at or behind `start`. An empty pattern occurs everywhere.
  static func first(_ pattern: UnsafeBufferPointer<UInt8>, in text: UnsafeBufferPointer<UInt8>, from start: Int = 0) -> Int? {
    guard start <= text.count, pattern.count <= text.count - start else { return nil }
    guard pattern.count > 0, let base = text.baseAddress else { return start }
    var position = start
    let last = text.count - pattern.count
    // Comparisons that lead nowhere are cheap in ordinary text; a text that makes them dear is searched in linear time.
    var patience = 1024 + 4 * (text.count - start)
    while position <= last {
      // SAFETY: the range lies inside the buffer.
      guard let found = unsafe memchr(base + position, Int32(pattern[0]), last - position + 1) else { return nil }
      position = unsafe UnsafeRawPointer(found) - UnsafeRawPointer(base)
      var length = 1
      while length < pattern.count, unsafe text[position + length] == pattern[length] { length += 1 }
      if length == pattern.count { return position }
      patience -= length
      if patience < 0 { return unsafe overlapping(Array(pattern), in: Array(text[position...]), limit: 1).first.map { $0 + position } }
      position += 1
    }
    return nil
  }

  /// The places of a pattern that is not empty, none inside another.
  static func all(_ pattern: UnsafeBufferPointer<UInt8>, in text: UnsafeBufferPointer<UInt8>) -> [Int] {
    var result: [Int] = []
    var position = 0
    while let found = unsafe first(pattern, in: text, from: position) {
      result.append(found)
      position = found + pattern.count
    }
    return result
  }

  /// The places of a pattern that is not empty, overlapping ones too (Knuth, Morris and Pratt).
  static func overlapping(_ pattern: [UInt8], in text: [UInt8], limit: Int = .max) -> [Int] {
    guard !pattern.isEmpty, pattern.count <= text.count else { return [] }
    var borders = [0]
    var length = 0
    for index in pattern.indices.dropFirst() {
      while length > 0, pattern[index] != pattern[length] { length = borders[length - 1] }
      if pattern[index] == pattern[length] { length += 1 }
      borders.append(length)
    }
    var result: [Int] = []
    length = 0
    for (index, byte) in text.enumerated() {
      while length > 0, length == pattern.count || byte != pattern[length] { length = borders[length - 1] }
      if byte == pattern[length] { length += 1 }
      if length == pattern.count {
        result.append(index - length + 1)
        if result.count == limit { break }
      }
    }
    return result
  }

  /// Code points in the first `count` bytes.
  static func codePoints(_ text: UnsafeBufferPointer<UInt8>, upTo count: Int) -> Int {
    var result = 0
    for index in 0..<count where unsafe text[index] & 0xC0 != 0x80 { result += 1 }
    return result
  }

  /// Bytes of the code point that begins with `lead`.
  static func width(of lead: UInt8) -> Int { lead < 0x80 ? 1 : (lead < 0xE0 ? 2 : (lead < 0xF0 ? 3 : 4)) }
}
