/// The kernel's own symbol table, kallsyms: names compressed by a table of 256 tokens, and offsets in ascending order of address
/// (scripts/kallsyms.c, kernel/kallsyms.c).
///
/// All of it is copied from the guest once; names are hashed without being expanded, and expanded when they are asked for.
public struct SymbolTable: Sendable {
  /// The copied parts of the table.
  struct Parts: Sendable {
    let count: Int
    /// kallsyms_names: for each symbol its length as up to two bytes of ULEB128, then so many tokens.
    let names: ByteStore
    /// kallsyms_token_table: 256 texts, each ended by a zero byte.
    let tokenTable: [UInt8]
    /// kallsyms_token_index: 256 offsets in the token table.
    let tokenIndex: [UInt16]
    let places: Places
  }

  /// Addresses of the symbols, in the order of the table.
  enum Places: Sendable {
    /// Words of 64 bits.
    case addresses(ByteStore)
    /// Words of 32 bits: a negative one is `base - 1 - offset`, another is an address itself.
    case mixed(ByteStore, base: UInt64)
    /// Words of 32 bits that are added to the base.
    case unsigned(ByteStore, base: UInt64)
    /// Words of 32 bits with a sign that are added to their own place in the table.
    case relative(ByteStore, table: UInt64)

    @inline(__always)
    subscript(index: Int) -> UInt64 {
      switch self {
      case .addresses(let words): return words.longWord(8 * index)
      case .mixed(let words, let base):
        let offset = Int32(bitPattern: words.word(4 * index))
        return offset >= 0 ? UInt64(offset) : base &- 1 &- UInt64(bitPattern: Int64(offset))
      case .unsigned(let words, let base): return base &+ UInt64(words.word(4 * index))
      case .relative(let words, let table):
        return table &+ 4 &* UInt64(index) &+ UInt64(bitPattern: Int64(Int32(bitPattern: words.word(4 * index))))
      }
    }

    /// Bytes for each symbol, and how many there are.
    var isWhole: (Int) -> Bool {
      switch self {
      case .addresses(let words): return { words.count >= 8 * $0 }
      case .mixed(let words, _), .unsigned(let words, _), .relative(let words, _): return { words.count >= 4 * $0 }
      }
    }
  }

  /// A symbol is at most so long (KSYM_NAME_LEN is 128 before 6.1, then 512).
  static let nameLimit = 512
  /// More symbols than any kernel has; a table that says more is refused.
  static let countLimit = 4 << 20
  /// The place of every so many-th symbol among the names is kept.
  private static let stride = 16

  private let parts: Parts
  /// Added to every address; wraps.
  private var distance: UInt64 = 0
  /// Offset in the names of every 16th symbol.
  private let marks: [UInt32]
  /// Chains of symbols whose names hash alike: heads by hash, then the next of each symbol; index + 1, 0 ends a chain.
  private let heads: [UInt32]
  private let next: [UInt32]

  /// Symbols in the table.
  public var count: Int { parts.count }

  /// Nil where the parts contradict each other: names that end early, tokens without an end.
  init?(_ parts: Parts) {
    let count = parts.count
    guard count > 0, count <= Self.countLimit, parts.tokenIndex.count == 256, parts.places.isWhole(count), let tokens = Tokens(parts) else {
      return nil
    }
    let names = parts.names
    var marks: [UInt32] = []
    marks.reserveCapacity(count / Self.stride + 1)
    let mask = Self.mask(count / 2)
    var heads = [UInt32](repeating: 0, count: mask + 1)
    var next = [UInt32]()
    next.reserveCapacity(count)
    var position = 0
    for index in 0..<count {
      if index % Self.stride == 0 { marks.append(UInt32(position)) }
      guard let (start, length) = Self.tokens(of: names, at: position) else { return nil }
      let bucket = Int(truncatingIfNeeded: tokens.hash(names, start, length)) & mask
      next.append(heads[bucket])
      heads[bucket] = UInt32(index + 1)
      position = start + length
    }
    self.parts = parts
    self.marks = marks
    self.heads = heads
    self.next = next
  }

  /// Where a symbol's tokens begin and how many they are; nil where they reach beyond the end or there is none.
  @inline(__always)
  private static func tokens(of names: ByteStore, at position: Int) -> (start: Int, length: Int)? {
    guard position < names.count else { return nil }
    var start = position + 1
    var length = Int(names[position])
    if length & 0x80 != 0 {
      guard start < names.count else { return nil }
      length = length & 0x7F | Int(names[start]) << 7
      start += 1
    }
    return length > 0 && length <= names.count - start ? (start, length) : nil
  }

  /// The same symbols with `distance` added to each address; wraps.
  func moved(by distance: UInt64) -> SymbolTable {
    var moved = self
    moved.distance &+= distance
    return moved
  }

  private static func mask(_ count: Int) -> Int {
    var size = 1024
    while size < count { size *= 2 }
    return size - 1
  }

  /// Run-time address of a symbol by its place in the table.
  @inline(__always)
  private func value(at index: Int) -> UInt64 { parts.places[index] &+ distance }

  // MARK: Asking

  /// Address of the symbol of this name, the first in the table; nil for none. Several symbols of one name are frequent among static
  /// functions.
  public func address(_ name: String) -> UInt64? { indices(name).min().map { value(at: $0) } }

  /// Addresses of all symbols of this name, ascending.
  public func addresses(_ name: String) -> [UInt64] { indices(name).map { value(at: $0) }.sorted() }

  /// A table with all names alike makes one chain of all symbols: more than so many are not looked at.
  private static let chainLimit = 4096

  private func indices(_ name: String) -> [Int] {
    let wanted = Array(name.utf8)
    guard !wanted.isEmpty, wanted.count < Self.nameLimit else { return [] }
    var hash: UInt64 = 0
    for byte in wanted { hash = hash &* Tokens.base &+ UInt64(byte) &+ 1 }
    var entry = heads[Int(truncatingIfNeeded: Tokens.mixed(hash)) & (heads.count - 1)]
    var found: [Int] = []
    var left = Self.chainLimit
    while entry != 0, left > 0 {
      let index = Int(entry - 1)
      if expanded(index).dropFirst().elementsEqual(wanted) { found.append(index) }
      entry = next[index]
      left -= 1
    }
    return found
  }

  /// Name and address of a symbol by its place in the table.
  public func symbol(at index: Int) -> Symbol {
    let text = expanded(index)
    return Symbol(
      name: String(decoding: text.dropFirst(), as: UTF8.self), type: text.first ?? 0x3F, address: value(at: index))
  }

  public struct Symbol: Sendable, Hashable {
    public let name: String
    /// The letter of nm(1), ASCII.
    public let type: UInt8
    public let address: UInt64
  }

  /// The last symbol at or below an address, as the kernel's own backtraces name it, and how far behind it the address lies; nil below the
  /// first. Of several symbols at one address the first is told.
  public func nearest(_ address: UInt64) -> (symbol: Symbol, distance: UInt64)? {
    guard let index = lastIndex(atOrBelow: address) else { return nil }
    var first = index
    var steps = 0
    while first > 0, value(at: first - 1) == value(at: index), steps < 64 {
      first -= 1
      steps += 1
    }
    let found = symbol(at: first)
    return (found, address - found.address)
  }

  /// Names of all symbols at exactly this address, in the order of the table, at most 64.
  public func names(at address: UInt64) -> [String] {
    guard var index = lastIndex(atOrBelow: address), value(at: index) == address else { return [] }
    var found: [String] = []
    while value(at: index) == address, found.count < 64 {
      found.append(symbol(at: index).name)
      guard index > 0 else { break }
      index -= 1
    }
    return found.reversed()
  }

  /// Places in the table, for `symbol(at:)`, of the symbols with addresses in a range.
  public func indices(in range: Range<UInt64>) -> Range<Int> {
    func first(_ address: UInt64) -> Int {
      var low = 0
      var high = count
      while low < high {
        let middle = (low + high) / 2
        if value(at: middle) < address { low = middle + 1 } else { high = middle }
      }
      return low
    }
    let start = first(range.lowerBound)
    return start..<max(start, first(range.upperBound))
  }

  /// Address of a symbol by its place in the table, without its name.
  public func address(at index: Int) -> UInt64 { value(at: index) }

  /// Address of the next symbol above an address; nil above the last.
  public func following(_ address: UInt64) -> UInt64? {
    let index = lastIndex(atOrBelow: address).map { $0 + 1 } ?? 0
    return index < count ? value(at: index) : nil
  }

  private func lastIndex(atOrBelow address: UInt64) -> Int? {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if value(at: middle) <= address { low = middle + 1 } else { high = middle }
    }
    return low > 0 ? low - 1 : nil
  }

  /// Type letter and name.
  private func expanded(_ index: Int) -> [UInt8] {
    var position = Int(marks[index / Self.stride])
    for _ in 0..<index % Self.stride {
      guard let (start, length) = Self.tokens(of: parts.names, at: position) else { return [] }
      position = start + length
    }
    guard let (start, length) = Self.tokens(of: parts.names, at: position) else { return [] }
    var text: [UInt8] = []
    for place in start..<start + length {
      var position = Int(parts.tokenIndex[Int(parts.names[place])])
      while position < parts.tokenTable.count, parts.tokenTable[position] != 0 {
        guard text.count < Self.nameLimit else { return text }
        text.append(parts.tokenTable[position])
        position += 1
      }
    }
    return text
  }
}

/// Polynomial hashes of the 256 tokens: the hash of a name follows from those of its tokens without expanding it.
private struct Tokens {
  static let base: UInt64 = 0x9E37_79B9_7F4A_7C15 | 1

  /// Of each token its hash and `base` to the power of its length, and behind them of each its hash as a name's first token, which begins
  /// with the type letter.
  private let numbers: ContiguousArray<UInt64>

  init?(_ parts: SymbolTable.Parts) {
    var hashes: [UInt64] = []
    var powers: [UInt64] = []
    var firstHashes: [UInt64] = []
    for offset in parts.tokenIndex {
      guard Int(offset) < parts.tokenTable.count, let end = parts.tokenTable[Int(offset)...].prefix(SymbolTable.nameLimit).firstIndex(of: 0)
      else { return nil }
      var hash: UInt64 = 0
      var power: UInt64 = 1
      var firstHash: UInt64 = 0
      for (place, byte) in parts.tokenTable[Int(offset)..<end].enumerated() {
        hash = hash &* Self.base &+ UInt64(byte) &+ 1
        power = power &* Self.base
        if place > 0 { firstHash = firstHash &* Self.base &+ UInt64(byte) &+ 1 }
      }
      hashes.append(hash)
      powers.append(power)
      firstHashes.append(firstHash)
    }
    var numbers: ContiguousArray<UInt64> = []
    for token in 0..<256 { numbers += [hashes[token], powers[token]] }
    self.numbers = numbers + firstHashes
  }

  static func mixed(_ hash: UInt64) -> UInt64 { hash ^ hash >> 29 ^ hash >> 47 }

  /// - Precondition: `length` is at least 1, and `start + length` lies within `names`.
  @inline(__always)
  func hash(_ names: ByteStore, _ start: Int, _ length: Int) -> UInt64 {
    var hash = numbers[512 + Int(names[start])]
    for place in start + 1..<start + length {
      let token = 2 * Int(names[place])
      hash = hash &* numbers[token + 1] &+ numbers[token]
    }
    return Self.mixed(hash)
  }
}
