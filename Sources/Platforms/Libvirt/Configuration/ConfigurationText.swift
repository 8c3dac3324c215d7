/// A file in libvirt's configuration syntax (src/util/virconf.c): `name = value` with `#` comments.
///
/// A value is text in single, double or tripled double quotes (no escapes), a decimal number, or a list in brackets that may
/// span lines. Statements end at a line end or a semicolon. One malformed statement makes libvirt refuse the whole file, so it
/// does here. Comments may not stand inside a list; libvirt refuses that too.
struct ConfigurationText: Sendable, Hashable {
  indirect enum Value: Sendable, Hashable {
    case string(String)
    /// A number without a minus sign counts as unsigned: libvirt refuses a negative one where it expects none.
    case number(Int64, isNegative: Bool)
    /// A number that does not fit into 64 bits: libvirt reads on, and what it makes of the value is chance.
    case overflow
    case list([Value])
  }

  struct Entry: Sendable, Hashable {
    let name: String
    let value: Value
    /// Place of the name, from 1; the column counts code points.
    let line: Int
    let column: Int
  }

  /// In the order of the file.
  let entries: [Entry]
  /// The entry that libvirt uses, by name: the first of that name, whatever later ones say (virConfGetValue).
  private let effective: [String: Int]

  /// libvirt's own limit (MAX_CONFIG_FILE_SIZE).
  static let largestFile = 10 << 20

  subscript(name: String) -> Entry? { effective[name].map { entries[$0] } }

  /// Names that stand more than once, each with its ineffective entries, in the order of the file.
  var ineffective: [Entry] {
    entries.enumerated().filter { effective[$0.element.name] != $0.offset }.map(\.element)
  }

  init(_ bytes: [UInt8]) throws(ConfigurationError) {
    guard bytes.count <= Self.largestFile else {
      throw ConfigurationError(code: "too-large", problem: "larger than the 10 MiB that libvirt reads", line: nil, column: nil)
    }
    if let place = Self.firstNonText(in: bytes) {
      let position = LinePlace.of(offset: place.offset, in: bytes)
      throw ConfigurationError(code: place.code, problem: place.problem, line: position.line, column: position.column)
    }
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
      throw ConfigurationError(code: "malformed", problem: "a byte order mark, which libvirt does not read", line: 1, column: 1)
    }
    var reader = ConfigurationReader(bytes)
    entries = try reader.entries()
    var effective: [String: Int] = [:]
    for (i, entry) in entries.enumerated() where effective[entry.name] == nil { effective[entry.name] = i }
    self.effective = effective
  }

  /// Offset of the first byte that no text holds: NUL, or one that is not part of valid UTF-8.
  private static func firstNonText(in bytes: [UInt8]) -> (offset: Int, code: String, problem: String)? {
    var i = 0
    while i < bytes.count {
      let byte = bytes[i]
      if byte == 0 { return (i, "malformed", "a NUL byte: this is not a text file") }
      if byte < 0x80 {
        i += 1
        continue
      }
      let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
      let end = Swift.min(i + length, bytes.count)
      if byte < 0xC2 || byte > 0xF4 || String(validating: bytes[i..<end], as: UTF8.self) == nil {
        return (i, "not-utf8", "bytes that are not UTF-8")
      }
      i = end
    }
    return nil
  }
}

/// Why a configuration file cannot be used, with the place.
struct ConfigurationError: Error, Sendable, Hashable {
  /// "malformed", "not-utf8", "too-large", "too-deep".
  let code: String
  let problem: String
  let line: Int?
  let column: Int?
}

/// One pass over the bytes of a configuration file.
struct ConfigurationReader {
  private let bytes: [UInt8]
  private var offset = 0
  private var places: LinePlaces
  /// Lists within lists; libvirt knows no key that needs more than one level.
  private static let depth = 32

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    places = LinePlaces(of: bytes)
  }

  mutating func entries() throws(ConfigurationError) -> [ConfigurationText.Entry] {
    var entries: [ConfigurationText.Entry] = []
    skipBlanksAndLineEnds()
    while offset < bytes.count {
      if current == Self.hash {
        skipComment()
      } else {
        entries.append(try statement())
      }
      try separator()
    }
    return entries
  }

  private mutating func statement() throws(ConfigurationError) -> ConfigurationText.Entry {
    let start = places.at(offset)
    guard let first = current, Self.isLetter(first) else { throw failure("expected the name of a setting, which starts with a letter") }
    let begin = offset
    while let byte = current, Self.isLetter(byte) || Self.isDigit(byte) || byte == 0x5F { offset += 1 }
    let name = String(decoding: bytes[begin..<offset], as: UTF8.self)
    skipBlanks()
    guard current == 0x3D else { throw failure("expected = after \(name)") }
    offset += 1
    let value = try value(depth: 0)
    skipBlanks()
    if current == Self.hash { skipComment() }
    return ConfigurationText.Entry(name: name, value: value, line: start.line, column: start.column)
  }

  /// After a statement or comment: a line end, a semicolon or the end of the file.
  private mutating func separator() throws(ConfigurationError) {
    skipBlanks()
    guard let byte = current else { return }
    if byte == 0x3B {
      offset += 1
    } else if !Self.isLineEnd(byte) {
      throw failure("expected the end of the line after a value")
    }
    skipBlanksAndLineEnds()
  }

  private mutating func value(depth: Int) throws(ConfigurationError) -> ConfigurationText.Value {
    skipBlanks()
    switch current {
    case 0x22, 0x27: return .string(try string())
    case 0x5B: return try list(depth: depth)
    case let byte? where Self.isDigit(byte) || byte == 0x2D || byte == 0x2B: return try number()
    default: throw failure("expected a value: text in quotes, a number or a list in brackets")
    }
  }

  private mutating func string() throws(ConfigurationError) -> String {
    let quote = bytes[offset]
    if quote == 0x22, offset + 6 < bytes.count, isTripleQuote { return try longString() }
    let start = offset
    offset += 1
    let begin = offset
    while let byte = current, byte != quote, !Self.isLineEnd(byte) { offset += 1 }
    guard current == quote else { throw failure("text without its closing quote", at: start) }
    let text = String(decoding: bytes[begin..<offset], as: UTF8.self)
    offset += 1
    return text
  }

  private mutating func longString() throws(ConfigurationError) -> String {
    let start = offset
    offset += 3
    let begin = offset
    while offset + 2 < bytes.count, !isTripleQuote { offset += 1 }
    guard offset + 2 < bytes.count else { throw failure("text without its closing three quotes", at: start) }
    let text = String(decoding: bytes[begin..<offset], as: UTF8.self)
    offset += 3
    return text
  }

  private var isTripleQuote: Bool { bytes[offset] == 0x22 && bytes[offset + 1] == 0x22 && bytes[offset + 2] == 0x22 }

  private mutating func list(depth: Int) throws(ConfigurationError) -> ConfigurationText.Value {
    let start = offset
    guard depth < Self.depth else {
      let place = LinePlace.of(offset: start, in: bytes)
      throw ConfigurationError(code: "too-deep", problem: "lists nested deeper than \(Self.depth)", line: place.line, column: place.column)
    }
    offset += 1
    var elements: [ConfigurationText.Value] = []
    skipBlanksAndLineEnds()
    while let byte = current, byte != 0x5D {
      if !elements.isEmpty {
        guard byte == 0x2C else { throw failure("expected a comma between the elements of a list") }
        offset += 1
        skipBlanksAndLineEnds()
        if current == 0x5D { break }
      }
      elements.append(try value(depth: depth + 1))
      skipBlanksAndLineEnds()
    }
    guard current == 0x5D else { throw failure("a list without its closing bracket", at: start) }
    offset += 1
    return .list(elements)
  }

  private mutating func number() throws(ConfigurationError) -> ConfigurationText.Value {
    let isNegative = current == 0x2D
    if isNegative || current == 0x2B { offset += 1 }
    guard let first = current, Self.isDigit(first) else { throw failure("expected digits after the sign") }
    var result: Int64? = 0
    while let byte = current, Self.isDigit(byte) {
      result = result.flatMap { value in
        let (product, isTooLarge) = value.multipliedReportingOverflow(by: 10)
        let (sum, isOverflow) = product.addingReportingOverflow(Int64(byte - 0x30))
        return isTooLarge || isOverflow ? nil : sum
      }
      offset += 1
    }
    guard let result else { return .overflow }
    return .number(isNegative ? -result : result, isNegative: isNegative)
  }

  private var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func skipBlanks() {
    while let byte = current, Self.isBlank(byte) { offset += 1 }
  }

  private mutating func skipBlanksAndLineEnds() {
    while let byte = current, Self.isBlank(byte) || Self.isLineEnd(byte) { offset += 1 }
  }

  private mutating func skipComment() {
    while let byte = current, !Self.isLineEnd(byte) { offset += 1 }
  }

  private func failure(_ problem: String) -> ConfigurationError { failure(problem, at: offset) }

  private func failure(_ problem: String, at offset: Int) -> ConfigurationError {
    let place = LinePlace.of(offset: offset, in: bytes)
    return ConfigurationError(code: "malformed", problem: problem, line: place.line, column: place.column)
  }

  private static let hash: UInt8 = 0x23
  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
  private static func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }
  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
  private static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) }
}
