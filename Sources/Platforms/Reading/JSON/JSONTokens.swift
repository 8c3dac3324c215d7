/// Why a text is no JSON, and at which byte.
struct JSONFault: Error, Sendable, Hashable {
  /// Offset of the byte; the length of the text where it ends too early.
  let offset: Int
  /// In English, as part of "PATH:LINE:COLUMN: WHAT".
  let what: String
}

/// The tokens of JSON (RFC 8259) in bytes that are held elsewhere. Keeps nothing but its place.
struct JSONTokens {
  /// Arrays and objects inside each other at most. vSphere's own data objects stay below 20.
  static let deepest = 96

  let bytes: [UInt8]
  var at: Int

  init(_ bytes: [UInt8], at: Int = 0) {
    self.bytes = bytes
    self.at = at
  }

  mutating func skipSpace() {
    while at < bytes.count {
      let byte = bytes[at]
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
      at += 1
    }
  }

  /// The next byte behind white space, which stays where it is; nil at the end.
  mutating func next() -> UInt8? {
    skipSpace()
    return at < bytes.count ? bytes[at] : nil
  }

  /// Takes one punctuation mark behind white space.
  mutating func expect(_ byte: UInt8, _ what: String) throws(JSONFault) {
    guard next() == byte else { throw fault(what) }
    at += 1
  }

  func fault(_ what: String) -> JSONFault {
    JSONFault(offset: min(at, bytes.count), what: at < bytes.count ? what : "the text ends in the middle of a value")
  }

  // MARK: - Scalars

  /// A string's inner bytes: from behind the opening quote to before the closing one. `isPlain` where it has no escapes.
  mutating func string() throws(JSONFault) -> (range: Range<Int>, isPlain: Bool) {
    guard next() == UInt8(ascii: "\"") else { throw fault("a text in quotes is expected") }
    at += 1
    let start = at
    var isPlain = true
    while at < bytes.count {
      let byte = bytes[at]
      if byte == UInt8(ascii: "\"") {
        at += 1
        return (start..<(at - 1), isPlain)
      }
      if byte == UInt8(ascii: "\\") {
        isPlain = false
        try escape()
      } else {
        guard byte >= 0x20 else { throw fault("a control character stands in a text; write it as an escape") }
        at += 1
      }
    }
    throw fault("a text without its closing quote")
  }

  private mutating func escape() throws(JSONFault) {
    guard at + 1 < bytes.count else {
      at = bytes.count
      throw fault("an escape that ends too early")
    }
    switch bytes[at + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
      UInt8(ascii: "r"),
      UInt8(ascii: "t"):
      at += 2
    case UInt8(ascii: "u"):
      guard at + 6 <= bytes.count else {
        at = bytes.count
        throw fault("an escape that ends too early")
      }
      guard bytes[(at + 2)..<(at + 6)].allSatisfy({ Self.digit($0) != nil }) else { throw fault("\\u needs four hexadecimal digits") }
      at += 6
    default: throw fault("no such escape in JSON")
    }
  }

  /// The value of a hexadecimal digit.
  static func digit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x30...0x39: UInt32(byte - 0x30)
    case 0x41...0x46: UInt32(byte - 0x41 + 10)
    case 0x61...0x66: UInt32(byte - 0x61 + 10)
    default: nil
    }
  }

  /// The range of a number by RFC 8259's grammar.
  mutating func number() throws(JSONFault) -> Range<Int> {
    let start = at
    if at < bytes.count, bytes[at] == UInt8(ascii: "-") { at += 1 }
    if at < bytes.count, bytes[at] == UInt8(ascii: "0") { at += 1 } else { try digits() }
    if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
      at += 1
      try digits()
    }
    if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "e") {
      at += 1
      if at < bytes.count, bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") { at += 1 }
      try digits()
    }
    return start..<at
  }

  private mutating func digits() throws(JSONFault) {
    let start = at
    while at < bytes.count, (0x30...0x39).contains(bytes[at]) { at += 1 }
    guard at > start else { throw fault("no value that JSON knows") }
  }

  /// true, false or null, of which the first letter stands here.
  mutating func word(_ word: StaticString) throws(JSONFault) {
    for i in 0..<word.utf8CodeUnitCount {
      // SAFETY: the pointer of a static string is valid for its code units.
      let expected = unsafe word.utf8Start[i]
      guard at < bytes.count, bytes[at] == expected else { throw fault("no value that JSON knows") }
      at += 1
    }
  }

  // MARK: - Skipping

  /// Reads one whole value and keeps nothing of it.
  mutating func skip(depth: Int) throws(JSONFault) {
    guard depth < Self.deepest else { throw fault("nested deeper than \(Self.deepest) levels") }
    switch next() {
    case UInt8(ascii: "{"):
      at += 1
      if next() == UInt8(ascii: "}") {
        at += 1
        return
      }
      while true {
        _ = try string()
        try expect(UInt8(ascii: ":"), "a colon is expected behind a key")
        try skip(depth: depth + 1)
        if try ends(with: UInt8(ascii: "}")) { return }
      }
    case UInt8(ascii: "["):
      at += 1
      if next() == UInt8(ascii: "]") {
        at += 1
        return
      }
      while true {
        try skip(depth: depth + 1)
        if try ends(with: UInt8(ascii: "]")) { return }
      }
    case UInt8(ascii: "\""): _ = try string()
    case UInt8(ascii: "t"): try word("true")
    case UInt8(ascii: "f"): try word("false")
    case UInt8(ascii: "n"): try word("null")
    default: _ = try number()
    }
  }

  /// Takes the comma between two elements, or the closing mark: then true.
  mutating func ends(with mark: UInt8) throws(JSONFault) -> Bool {
    switch next() {
    case mark:
      at += 1
      return true
    case UInt8(ascii: ","):
      at += 1
      return false
    default: throw fault("a comma or \(mark == UInt8(ascii: "}") ? "}" : "]") is expected")
    }
  }
}
