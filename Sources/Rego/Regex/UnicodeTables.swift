/// General categories, scripts and simple case folding as the pattern parser needs them.
enum UnicodeTables {
  /// The set a name in `\p{...}` stands for: a general category (`Lu`, `L`, `LC`, `Uppercase_Letter`), a script (`Greek`), or one of
  /// `Any`, `Assigned`, `ASCII`. Case, spaces, hyphens and underscores of the name do not count (Unicode TR18, as Go 1.25 reads it).
  /// Nil for an unknown name.
  static func set(named name: some Sequence<UInt8>) -> ScalarSet? {
    let key = canonical(name)
    switch key {
    case "any": return .all
    case "ascii": return ScalarSet(0, 0x7F)
    case "assigned": return categories["cn"]?.complement()
    default: break
    }
    if let set = categories[key] ?? scripts[key] { return set }
    return aliases[key].flatMap { categories[$0] }
  }

  /// Adds what folds to the same character as a member of `low ... high`.
  static func insertFoldings(of low: UInt32, _ high: UInt32, into set: inout ScalarSet) {
    var index = firstOrbit(atLeast: low)
    while index < orbits.count, orbits[index].scalar <= high {
      var other = orbits[index].next
      while other != orbits[index].scalar {
        set.insert(other, other)
        other = next(after: other)
      }
      index += 1
    }
  }

  /// The next code point that differs from `scalar` in case only, in a cycle; `scalar` itself when there is none.
  static func next(after scalar: UInt32) -> UInt32 {
    let index = firstOrbit(atLeast: scalar)
    return index < orbits.count && orbits[index].scalar == scalar ? orbits[index].next : scalar
  }

  // MARK: Decoding

  private static func canonical(_ name: some Sequence<UInt8>) -> String {
    var bytes: [UInt8] = []
    for byte in name where byte != 0x5F && byte != 0x2D && byte != 0x20 {
      bytes.append(byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Reads the numbers of a table (see `UnicodeTableData`).
  private struct Numbers: Sequence, IteratorProtocol {
    var digits: String.UTF8View.Iterator

    init(_ table: String) { digits = table.utf8.makeIterator() }

    mutating func next() -> UInt32? {
      var value: UInt32 = 0
      var shift: UInt32 = 0
      while let byte = digits.next() {
        let digit: UInt32 =
          switch byte {
          case 0x30...0x39: UInt32(byte) - 0x30
          case 0x41...0x5A: UInt32(byte) - 0x41 + 10
          case 0x61...0x7A: UInt32(byte) - 0x61 + 36
          case 0x2D: 62
          default: 63
          }
        value |= (digit & 31) << shift
        if digit < 32 { return value }
        shift += 5
      }
      return nil
    }
  }

  /// By canonical name: the categories, their one-letter groups, and LC.
  private static let categories: [String: ScalarSet] = {
    let names = UnicodeTableData.categoryNames.map { canonical($0.utf8) }
    var result: [String: ScalarSet] = [:]
    var numbers = Numbers(UnicodeTableData.categories)
    var position: UInt32 = 0
    while let index = numbers.next(), let length = numbers.next() {
      let name = names[Int(index)]
      result[name, default: ScalarSet()].insert(position, position + length)
      position += length + 1
    }
    for name in names {
      guard let set = result[name], let letter = name.first else { continue }
      result[String(letter), default: ScalarSet()].formUnion(set)
      if name == "lu" || name == "ll" || name == "lt" { result["lc", default: ScalarSet()].formUnion(set) }
    }
    return result.mapValues { set in
      var set = set
      set.normalize()
      return set
    }
  }()

  private static let scripts: [String: ScalarSet] = {
    var result: [String: ScalarSet] = [:]
    for (name, ranges) in UnicodeTableData.scripts {
      var set = ScalarSet()
      var numbers = Numbers(ranges)
      var position: UInt32 = 0
      while let gap = numbers.next(), let length = numbers.next() {
        set.insert(position + gap, position + gap + length)
        position += gap + length + 1
      }
      result[canonical(name.utf8)] = set
    }
    return result
  }()

  private static let aliases: [String: String] = {
    var result: [String: String] = [:]
    for (name, category) in UnicodeTableData.categoryAliases { result[canonical(name.utf8)] = canonical(category.utf8) }
    return result
  }()

  /// Every code point with a case partner and the next one of its cycle, sorted by code point.
  private static let orbits: [(scalar: UInt32, next: UInt32)] = {
    var members: [UInt32: [UInt32]] = [:]
    var numbers = Numbers(UnicodeTableData.foldings)
    var start: UInt32 = 0
    while let gap = numbers.next(), let shape = numbers.next(), let zigzag = numbers.next() {
      start += gap
      let distance = zigzag & 1 == 0 ? Int(zigzag >> 1) : -Int(zigzag >> 1) - 1
      for index in 0...(shape >> 1) {
        let scalar = start + index * ((shape & 1) + 1)
        let folded = UInt32(Int(scalar) + distance)
        members[folded, default: [folded]].append(scalar)
      }
    }
    var result: [(scalar: UInt32, next: UInt32)] = []
    for orbit in members.values {
      let sorted = orbit.sorted()
      for (index, scalar) in sorted.enumerated() { result.append((scalar, sorted[(index + 1) % sorted.count])) }
    }
    return result.sorted { $0.scalar < $1.scalar }
  }()

  private static func firstOrbit(atLeast scalar: UInt32) -> Int {
    var low = 0
    var high = orbits.count
    while low < high {
      let middle = (low + high) >> 1
      if orbits[middle].scalar < scalar { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
