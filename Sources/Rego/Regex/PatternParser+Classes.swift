/// Character classes and escapes.
extension PatternParser {
  /// `[...]` at `position`.
  mutating func parseClass() throws(RegularExpressionError) -> ScalarSet {
    let start = position
    position += 1
    var isNegated = false
    if peek() == UInt8(ascii: "^") {
      isNegated = true
      position += 1
    }
    var set = ScalarSet()
    var isFirst = true
    while isFirst || peek() != UInt8(ascii: "]") {
      isFirst = false
      // A class that names the same members over and over must not hold each of them.
      if set.ranges.count > 4096 { set.normalize() }
      if let named = try parseNamedClass() {
        set.formUnion(named)
        continue
      }
      let low = position
      let first = try parseClassCharacter(classStart: start)
      var last = first
      // `[a-]` holds `a` and `-`.
      if peek() == UInt8(ascii: "-"), let next = peek(1), next != UInt8(ascii: "]") {
        position += 1
        last = try parseClassCharacter(classStart: start)
        guard last >= first else { throw RegularExpressionError(.invalidClassRange, pattern[low..<position]) }
      }
      set.insert(first, last)
      if flags.contains(.foldCase) { UnicodeTables.insertFoldings(of: first, last, into: &set) }
    }
    position += 1
    set.normalize()
    return isNegated ? set.complement() : set
  }

  /// `[:alpha:]`, `\pL` or `\d`; nil for a plain character.
  private mutating func parseNamedClass() throws(RegularExpressionError) -> ScalarSet? {
    if let named = try parsePOSIXClass() { return named }
    if let named = try parseUnicodeClass() { return named }
    return parsePerlClass()
  }

  private mutating func parseClassCharacter(classStart: Int) throws(RegularExpressionError) -> UInt32 {
    guard let byte = peek() else { throw RegularExpressionError(.missingBracket, pattern[classStart...]) }
    return byte == UInt8(ascii: "\\") ? try parseEscape() : nextScalar()
  }

  /// `[:alpha:]` at `position`; nil when there is none.
  private mutating func parsePOSIXClass() throws(RegularExpressionError) -> ScalarSet? {
    guard peek() == UInt8(ascii: "["), peek(1) == UInt8(ascii: ":"), position + 2 < pattern.count else { return nil }
    var end = position + 2
    while end + 1 < pattern.count, !(pattern[end] == UInt8(ascii: ":") && pattern[end + 1] == UInt8(ascii: "]")) { end += 1 }
    guard end + 1 < pattern.count else { return nil }
    let whole = pattern[position..<(end + 2)]
    var name = pattern[(position + 2)..<end]
    let isNegated = name.first == UInt8(ascii: "^")
    if isNegated { name.removeFirst() }
    guard let pairs = Self.posixClasses[String(decoding: name, as: UTF8.self)] else {
      throw RegularExpressionError(.invalidClassRange, whole)
    }
    position = end + 2
    return inCurrentCase(ScalarSet(pairs), isNegated: isNegated)
  }

  private func inCurrentCase(_ set: ScalarSet, isNegated: Bool) -> ScalarSet {
    let folded = flags.contains(.foldCase) ? set.folded() : set
    return isNegated ? folded.complement() : folded
  }

  /// `\d`, `\s`, `\w` or their negations at `position`; nil when there is none.
  mutating func parsePerlClass() -> ScalarSet? {
    guard peek() == UInt8(ascii: "\\"), let letter = peek(1) else { return nil }
    let pairs: [(UInt32, UInt32)]
    switch letter | 0x20 {
    case UInt8(ascii: "d"): pairs = [(0x30, 0x39)]
    case UInt8(ascii: "s"): pairs = [(0x09, 0x0A), (0x0C, 0x0D), (0x20, 0x20)]
    case UInt8(ascii: "w"): pairs = [(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)]
    default: return nil
    }
    position += 2
    return inCurrentCase(ScalarSet(pairs), isNegated: letter & 0x20 == 0)
  }

  /// `\pL`, `\p{Greek}`, `\P{^Lu}` at `position`; nil when there is none.
  mutating func parseUnicodeClass() throws(RegularExpressionError) -> ScalarSet? {
    guard peek() == UInt8(ascii: "\\"), let letter = peek(1), letter | 0x20 == UInt8(ascii: "p") else { return nil }
    let start = position
    var isNegated = letter == UInt8(ascii: "P")
    position += 2
    var name: ArraySlice<UInt8>
    if peek() == UInt8(ascii: "{") {
      guard let end = pattern[start...].firstIndex(of: UInt8(ascii: "}")) else {
        throw RegularExpressionError(.invalidClassRange, pattern[start...])
      }
      name = pattern[(position + 1)..<end]
      position = end + 1
    } else {
      let nameStart = position
      if position < pattern.count { _ = nextScalar() }
      name = pattern[nameStart..<position]
    }
    if name.first == UInt8(ascii: "^") {
      isNegated.toggle()
      name.removeFirst()
    }
    guard let set = UnicodeTables.set(named: name) else {
      throw RegularExpressionError(.invalidClassRange, pattern[start..<position])
    }
    return inCurrentCase(set, isNegated: isNegated)
  }

  /// A single-character escape at `position`, which holds a backslash.
  mutating func parseEscape() throws(RegularExpressionError) -> UInt32 {
    let start = position
    position += 1
    guard position < pattern.count else { throw RegularExpressionError(.trailingBackslash, []) }
    let scalar = nextScalar()
    switch scalar {
    case 0x30...0x37:
      // `\1` to `\7` alone would be back references, which are not regular.
      guard scalar == 0x30 || isOctalDigit(peek()) else { break }
      var value = scalar - 0x30
      for _ in 1..<3 {
        guard let digit = peek(), isOctalDigit(digit) else { break }
        value = value * 8 + UInt32(digit) - 0x30
        position += 1
      }
      return value
    case 0x78:
      if let value = parseHexadecimal() { return value }
    case 0x61: return 0x07
    case 0x66: return 0x0C
    case 0x6E: return 0x0A
    case 0x72: return 0x0D
    case 0x74: return 0x09
    case 0x76: return 0x0B
    default:
      if scalar < 0x80, !UInt8(scalar).isASCIIAlphanumeric { return scalar }
    }
    throw RegularExpressionError(.invalidEscape, pattern[start..<position])
  }

  private func isOctalDigit(_ byte: UInt8?) -> Bool {
    guard let byte else { return false }
    return byte >= 0x30 && byte <= 0x37
  }

  /// Behind `\x`: two digits, or any number of them in braces up to 10FFFF. Nil leaves `position` behind the part that cannot be.
  private mutating func parseHexadecimal() -> UInt32? {
    guard position < pattern.count else { return nil }
    let first = nextScalar()
    if first != 0x7B {
      guard position < pattern.count else { return nil }
      let second = nextScalar()
      guard let high = hexadecimal(first), let low = hexadecimal(second) else { return nil }
      return high * 16 + low
    }
    var value: UInt32 = 0
    var count = 0
    while position < pattern.count {
      let scalar = nextScalar()
      if scalar == 0x7D { return count > 0 ? value : nil }
      guard let digit = hexadecimal(scalar) else { return nil }
      value = value * 16 + digit
      guard value <= ScalarSet.last else { return nil }
      count += 1
    }
    return nil
  }

  private func hexadecimal(_ scalar: UInt32) -> UInt32? {
    switch scalar {
    case 0x30...0x39: scalar - 0x30
    case 0x41...0x46: scalar - 0x41 + 10
    case 0x61...0x66: scalar - 0x61 + 10
    default: nil
    }
  }

  private static let posixClasses: [String: [(UInt32, UInt32)]] = [
    "alnum": [(0x30, 0x39), (0x41, 0x5A), (0x61, 0x7A)],
    "alpha": [(0x41, 0x5A), (0x61, 0x7A)],
    "ascii": [(0x00, 0x7F)],
    "blank": [(0x09, 0x09), (0x20, 0x20)],
    "cntrl": [(0x00, 0x1F), (0x7F, 0x7F)],
    "digit": [(0x30, 0x39)],
    "graph": [(0x21, 0x7E)],
    "lower": [(0x61, 0x7A)],
    "print": [(0x20, 0x7E)],
    "punct": [(0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E)],
    "space": [(0x09, 0x0D), (0x20, 0x20)],
    "upper": [(0x41, 0x5A)],
    "word": [(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)],
    "xdigit": [(0x30, 0x39), (0x41, 0x46), (0x61, 0x66)],
  ]
}
