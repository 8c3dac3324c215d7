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
    if pattern.count == 1 {
      // SAFETY: the range lies inside the buffer.
      guard let found = unsafe memchr(base + start, Int32(pattern[0]), text.count - start) else { return nil }
      return unsafe UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }
    var start = start
    let length = pattern.count
    // The pattern's rarest byte leads to few places; where it is common, words are compared below.
    let rare = unsafe rarest(pattern)
    var place = start + rare
    let last = text.count - (length - rare)
    for _ in 0..<8 {
      // SAFETY: the range lies inside the buffer, and so does a pattern whose rare byte is in it.
      guard place <= last, let found = unsafe memchr(base + place, Int32(pattern[rare]), last - place + 1) else { return nil }
      place = unsafe UnsafeRawPointer(found) - UnsafeRawPointer(base)
      start = place - rare
      if unsafe memcmp(base + start, pattern.baseAddress.unsafelyUnwrapped, length) == 0 { return start }
      place += 1
      start += 1
    }
    let ones: UInt64 = 0x0101_0101_0101_0101, high: UInt64 = 0x8080_8080_8080_8080
    let firsts = unsafe ones &* UInt64(pattern[0]), lasts = unsafe ones &* UInt64(pattern[length - 1])
    let raw = unsafe UnsafeRawPointer(base)
    let end = text.count - length + 1
    var position = start
    // Comparisons that lead nowhere are cheap in ordinary text; a text that makes them dear is searched in linear time.
    var patience = 1024 + 4 * (text.count - start)
    while position < end {
      var hits: UInt64
      if position &+ 8 <= end {
        // SAFETY: eight bytes from here, and as many where the pattern's last byte would stand, lie inside the buffer.
        let a = unsafe raw.loadUnaligned(fromByteOffset: position, as: UInt64.self) ^ firsts
        let b = unsafe raw.loadUnaligned(fromByteOffset: position &+ length &- 1, as: UInt64.self) ^ lasts
        let differences = UInt64(littleEndian: a | b)
        // A zero byte is a place where both bytes fit. Borrows may mark bytes above one, which the comparison below refuses.
        hits = (differences &- ones) & ~differences & high
      } else {
        hits = 0
        for offset in 0..<(end - position) { hits |= 0x80 << UInt64(8 * offset) }
      }
      while hits != 0 {
        let place = position &+ hits.trailingZeroBitCount >> 3
        var matched = 0
        // SAFETY: place + length is at most the text's count.
        while matched < length, unsafe text[place &+ matched] == pattern[matched] { matched &+= 1 }
        if matched == length { return place }
        patience &-= matched
        hits &= hits &- 1
      }
      if patience < 0 { return unsafe overlapping(Array(pattern), in: Array(text[position...]), limit: 1).first.map { $0 + position } }
      position &+= 8
    }
    return nil
  }

  /// Where the byte stands, among the first ones, that is rarest in ordinary text.
  private static func rarest(_ pattern: UnsafeBufferPointer<UInt8>) -> Int {
    var best = 0, least = UInt8.max
    for index in 0..<min(pattern.count, 12) {
      let rank: UInt8 =
        // SAFETY: the index is below the count.
        switch unsafe pattern[index] {
        case 0x20, 0x61, 0x65, 0x69, 0x6E, 0x6F, 0x72, 0x73, 0x74: 4
        case 0x61...0x7A, 0x30...0x39: 3
        case 0x22, 0x2C, 0x2D, 0x2E, 0x2F, 0x3A, 0x5F: 2
        case 0x41...0x5A: 1
        default: 0
        }
      if rank < least {
        best = index
        least = rank
        if rank == 0 { break }
      }
    }
    return best
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

  /// Whether the first `count` bytes of both, which have as many, are equal.
  static func equal(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>, count: Int) -> Bool {
    // SAFETY: both have that many bytes.
    unsafe count == 0 || memcmp(a.baseAddress.unsafelyUnwrapped, b.baseAddress.unsafelyUnwrapped, count) == 0
  }

  /// Code points in the first `count` bytes.
  static func codePoints(_ text: UnsafeBufferPointer<UInt8>, upTo count: Int) -> Int {
    var result = 0
    var index = 0
    while index < count {
      // SAFETY: callers ask for at most the text's bytes.
      if unsafe text[index] & 0xC0 != 0x80 { result &+= 1 }
      index &+= 1
    }
    return result
  }

  /// Whether all bytes are ASCII.
  static func isASCII(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var bits: UInt8 = 0
    // SAFETY: index runs over the buffer.
    for index in 0..<text.count { unsafe bits |= text[index] }
    return bits < 0x80
  }

  /// Bytes of the code point that begins with `lead`.
  static func width(of lead: UInt8) -> Int { lead < 0x80 ? 1 : (lead < 0xE0 ? 2 : (lead < 0xF0 ? 3 : 4)) }
}
