internal import CLinux

/// Finds kallsyms tables in memory by their form alone, where VMCOREINFO is missing or is not to be believed.
///
/// The digits always stand for themselves in the token table, so that it holds "0\0" to "9\0" in a row; the index that follows it proves
/// the table, and the markers (an offset into the names for every 256th symbol) prove the names. Layouts: up to 6.3 offsets, base, count,
/// names, markers, order of names (6.2 on), tokens, index; from 6.4 count, names, markers, tokens, index, offsets, base (until 6.19), order
/// of names.
package enum KallsymsScan {
  struct Sighting: Sendable {
    /// Guest-physical address of the token table.
    let address: UInt64
    /// Places as guest-physical addresses. Symbols' addresses are virtual where there is a base, else they are physical too.
    let places: KallsymsPlaces
    /// Guest-physical address of the base; nil where the layout has none.
    let basePlace: UInt64?
  }

  private static let digits: [UInt8] = (0x30...0x39).flatMap { [$0, 0] }
  /// Bytes before the token table that are searched for the names: names of 6.12 have 2.1 MiB, and the order of names 0.6 MiB.
  private static let reach = 16 << 20

  /// Runs of digits that are looked at: programs and libraries in the page cache have hundreds, and each costs 8 KiB at most.
  private static let digitsLimit = 1 << 20
  /// Tables that an index proves, each of which costs a search of `reach` bytes.
  private static let tableLimit = 256

  static func sightings(in memory: PhysicalMemory) -> [Sighting] {
    var found: [Sighting] = []
    var left = digitsLimit
    var tables: Set<UInt64> = []
    for range in memory.populated {
      for place in places(of: digits, in: memory, range: range, limit: left) {
        left -= 1
        guard let (table, index) = tokens(around: range.start + UInt64(place), in: memory), tables.insert(table).inserted else { continue }
        if let sighting = sighting(of: table, index, in: memory) { found.append(sighting) }
        if tables.count == tableLimit { return found }
      }
    }
    return found
  }

  /// Every table in the memory that can be read, with addresses as it tells them.
  package static func tables(in memory: PhysicalMemory) -> [SymbolTable] {
    sightings(in: memory).compactMap { $0.places.table { memory.store($0, count: $1) } }
  }

  /// Offsets in the range at which the bytes stand.
  static func places(of needle: [UInt8], in memory: PhysicalMemory, range: PhysicalRange, limit: Int) -> [Int] {
    unsafe memory.withUnsafeBytes(of: range) { buffer in
      var found: [Int] = []
      var position = 0
      while found.count < limit, position < buffer.count {
        // SAFETY: memmem reads `count` bytes of either; both outlive the call.
        let hit = unsafe memmem(buffer.baseAddress! + position, buffer.count - position, needle, needle.count)
        guard let hit = unsafe hit else { break }
        let place = unsafe UnsafeRawPointer(hit) - buffer.baseAddress!
        found.append(place)
        position = place + 1
      }
      return found
    } ?? []
  }

  // MARK: One table

  private static func sighting(of table: UInt64, _ index: UInt64, in memory: PhysicalMemory) -> Sighting? {
    let before = min(UInt64(reach), table - (memory.segment(of: table, count: 1)?.range.start ?? table))
    let start = table - before
    guard let bytes = memory.bytes(start, count: Int(before)) else { return nil }
    guard let (names, count) = names(in: bytes) else { return nil }
    let place = start + UInt64(names)
    guard let (values, base) = values(names: place, count: count, index: index, in: memory) else { return nil }
    return Sighting(
      address: table, places: KallsymsPlaces(names: place, count: count, tokenTable: table, tokenIndex: index, values: values),
      basePlace: base)
  }

  /// Token table and index around the digits.
  private static func tokens(around digits: UInt64, in memory: PhysicalMemory) -> (table: UInt64, index: UInt64)? {
    guard let after = memory.bytes(digits, count: 8192 + 512) ?? memory.bytes(digits, count: 1024 + 512) else { return nil }
    let first = Int((4 - digits % 4) % 4)
    for place in stride(from: first, to: after.count - 512, by: 4) where after[place] == 0 && after[place + 1] == 0 {
      guard let index = index(after, at: place), UInt64(index[0x30]) <= digits else { continue }
      let table = digits - UInt64(index[0x30])
      let length = digits + UInt64(place) - table
      guard length <= 65536, let text = memory.bytes(table, count: Int(length)) else { continue }
      if (0..<256).allSatisfy({ token in
        let start = Int(index[token])
        guard start < text.count, let end = text[start...].firstIndex(of: 0) else { return false }
        return token == 255 || end + 1 == Int(index[token + 1])
      }) {
        return (table, digits + UInt64(place))
      }
    }
    return nil
  }

  /// 256 offsets that grow from 0.
  private static func index(_ bytes: [UInt8], at place: Int) -> [UInt16]? {
    var previous: UInt16 = 0
    var index: [UInt16] = [0]
    for token in 1..<256 {
      let value = UInt16(bytes[place + 2 * token]) | UInt16(bytes[place + 2 * token + 1]) << 8
      guard value > previous, value - previous <= 128 else { return nil }
      index.append(value)
      previous = value
    }
    return index
  }

  /// Steps that the search for the names of one token table takes at most. Marks that fit nowhere cost up to a hundred thousand each, and memory could
  /// be full of them; a real table is the first or second that is tried.
  private static let searchSteps = 1 << 25

  /// Offset of the names in the bytes before the token table, and the count of symbols.
  private static func names(in bytes: [UInt8]) -> (offset: Int, count: UInt32)? {
    unsafe bytes.withUnsafeBytes { buffer in
      let size = buffer.count
      // SAFETY (of this function): `word` is called with offsets from 0 to `size - 4` only.
      func word(_ offset: Int) -> UInt32 { UInt32(littleEndian: unsafe buffer.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
      var end = size - 4
      var steps = searchSteps
      while end >= 4, steps > 0 {
        // The last marker: from here back the values fall to 0, by the length of 256 names each.
        var first = end
        var count = 1
        while first >= 4, word(first) > 0, word(first) > word(first - 4), (257...256 * 129).contains(word(first) - word(first - 4)) {
          first -= 4
          count += 1
        }
        if count >= 16, word(first) == 0,
          let names = names(bytes, buffer.count, first: first, markers: count, last: word(end), &steps, word)
        {
          return names
        }
        // A run that did not reach 0 is no marker's, and neither is any part of it.
        end = count > 1 ? first : end - 4
      }
      return nil
    }
  }

  /// Names that end at their markers, and begin right behind their count.
  private static func names(
    _ bytes: [UInt8], _ size: Int, first: Int, markers: Int, last: UInt32, _ steps: inout Int, _ word: (Int) -> UInt32
  ) -> (offset: Int, count: UInt32)? {
    guard Int(last) < first - 16 else { return nil }
    let latest = first - Int(last)
    for place in stride(from: latest, through: max(16, latest - 256 * 129 - 8), by: -1) where steps > 0 {
      steps -= 1
      for gap in [8, 4] {
        let count = word(place - gap)
        guard count > UInt32((markers - 1) * 256), count <= UInt32(markers * 256) else { continue }
        steps -= 512
        if length(of: 256, bytes, at: place) == Int(word(first + 4)),
          length(of: Int(count - UInt32(markers - 1) * 256), bytes, at: place + Int(last)) != nil
        {
          return (place, count)
        }
      }
    }
    return nil
  }

  /// Bytes that so many names take.
  private static func length(of count: Int, _ bytes: [UInt8], at place: Int) -> Int? {
    var position = place
    for _ in 0..<count {
      guard position < bytes.count else { return nil }
      var length = Int(bytes[position])
      position += 1
      if length & 0x80 != 0 {
        guard position < bytes.count else { return nil }
        length = length & 0x7F | Int(bytes[position]) << 7
        position += 1
      }
      guard length > 0 else { return nil }
      position += length
    }
    return position <= bytes.count ? position - place : nil
  }

  /// Where the offsets lie, and the base.
  private static func values(names: UInt64, count: UInt32, index: UInt64, in memory: PhysicalMemory)
    -> (KallsymsPlaces.Values, base: UInt64?)?
  {
    let size = (UInt64(count) * 4 + 7) & ~7
    // Up to 6.3: offsets, base, count, names.
    if names > size + 16, let base = memory.u64(names - 16), isBase(base) { return (.offsets(names - 16 - size, base: base), names - 16) }
    let offsets = (index + 512 + 7) & ~7
    if let base = memory.u64(offsets + size), isBase(base) { return (.offsets(offsets, base: base), offsets + size) }
    // Without a base nothing in the tables has eight bytes, and they stand on four.
    let words = (index + 512 + 3) & ~3
    return memory.holds(words, count: size) ? (.relative(words), nil) : nil
  }

  /// The lowest address of a kernel image: in its top 2 GiB, and on a page.
  private static func isBase(_ value: UInt64) -> Bool { value >= 0xFFFF_FFFF_8000_0000 && value & 0xFFF == 0 }
}
