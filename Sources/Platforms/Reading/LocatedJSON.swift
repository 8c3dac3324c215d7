internal import Domain

/// JSON (RFC 8259) whose values know where they stand, for files that people name as evidence.
///
/// Bounded in depth and in the number of values; of a key that stands twice the last counts. Integers beyond 64 bits and fractions
/// become doubles.
struct LocatedJSON: Sendable {
  struct Failure: Error, Hashable {
    let line: Int
    let column: Int
    /// In English, as part of "PATH:LINE:COLUMN: WHAT".
    let what: String
    /// The text is JSON and holds more than is read.
    var isTooLarge = false
  }

  /// One value with the offset of its first byte.
  struct Node: Sendable {
    enum Content: Sendable {
      case null
      case bool(Bool)
      case int(Int64)
      case double(Double)
      case string(String)
      case array([Node])
      case object([(key: String, value: Node)])
    }
    let content: Content
    let offset: Int
  }

  private static let deepest = 64
  private static let most = 8_000_000

  let root: Node
  /// Offset of the first byte of each line.
  private let lineStarts: [Int]

  /// - Parameter utf8: the text without a byte order mark; strings that are not well-formed UTF-8 are mended with U+FFFD.
  init(_ utf8: [UInt8]) throws(Failure) {
    var starts = [0]
    for (at, byte) in utf8.enumerated() where byte == 0x0A { starts.append(at + 1) }
    lineStarts = starts
    var parser = Parser(bytes: utf8)
    do throws(Parser.Stop) {
      root = try parser.document(depth: Self.deepest, most: Self.most)
    } catch {
      let place = Self.place(of: min(error.offset, utf8.count), in: starts)
      throw Failure(line: place.line, column: place.column, what: error.what, isTooLarge: error.isTooLarge)
    }
  }

  /// Line and column of a value, both from 1. The column counts bytes; the texts in front of a value are nearly always blanks.
  func place(of node: Node) -> (line: Int, column: Int) { Self.place(of: node.offset, in: lineStarts) }

  func source(of node: Node, path: String) -> FactSource {
    let place = place(of: node)
    // In a text of one line a column says more than the line, and far behind in it nothing that a person would look up.
    return .path(path, line: place.line, column: place.column <= 4096 ? place.column : nil)
  }

  private static func place(of offset: Int, in starts: [Int]) -> (line: Int, column: Int) {
    var low = 0
    var high = starts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= offset { low = middle } else { high = middle }
    }
    return (low + 1, offset - starts[low] + 1)
  }
}

extension LocatedJSON.Node {
  /// The value under a key of an object; nil for a missing key or another kind of value.
  subscript(key: String) -> LocatedJSON.Node? {
    guard case .object(let members) = content else { return nil }
    return members.last { $0.key == key }?.value
  }

  var members: [(key: String, value: LocatedJSON.Node)]? {
    if case .object(let members) = content { return members }
    return nil
  }

  var elements: [LocatedJSON.Node]? {
    if case .array(let elements) = content { return elements }
    return nil
  }

  var text: String? {
    if case .string(let text) = content { return text }
    return nil
  }

  var isNull: Bool {
    if case .null = content { return true }
    return false
  }

  var integer: Int64? {
    switch content {
    case .int(let number): number
    case .double(let number): Int64(exactly: number)
    default: nil
    }
  }

  var flag: Bool? {
    if case .bool(let flag) = content { return flag }
    return nil
  }
}

/// The reading itself: a position in the bytes and what is left of the number of values.
private struct Parser {
  struct Stop: Error {
    let offset: Int
    let what: String
    var isTooLarge = false
  }

  let bytes: [UInt8]
  private var at = 0
  private var left = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func document(depth: Int, most: Int) throws(Stop) -> LocatedJSON.Node {
    left = most
    let node = try value(depth)
    skipSpace()
    guard at == bytes.count else { throw Stop(offset: at, what: "text behind the end of the JSON value") }
    return node
  }

  private mutating func value(_ depth: Int) throws(Stop) -> LocatedJSON.Node {
    skipSpace()
    let start = at
    guard at < bytes.count else { throw Stop(offset: at, what: "the JSON ends in the middle; the file was cut off") }
    guard depth > 0 else { throw Stop(offset: at, what: "JSON nested more than 64 levels deep", isTooLarge: true) }
    left -= 1
    guard left > 0 else { throw Stop(offset: at, what: "more than 8 million JSON values", isTooLarge: true) }
    let content: LocatedJSON.Node.Content
    switch bytes[at] {
    case UInt8(ascii: "{"): content = .object(try object(depth))
    case UInt8(ascii: "["): content = .array(try array(depth))
    case UInt8(ascii: "\""): content = .string(try string())
    case UInt8(ascii: "t") where take("true"): content = .bool(true)
    case UInt8(ascii: "f") where take("false"): content = .bool(false)
    case UInt8(ascii: "n") where take("null"): content = .null
    default: content = try number()
    }
    return LocatedJSON.Node(content: content, offset: start)
  }

  private mutating func object(_ depth: Int) throws(Stop) -> [(key: String, value: LocatedJSON.Node)] {
    at += 1
    var members: [(key: String, value: LocatedJSON.Node)] = []
    skipSpace()
    if takeByte(UInt8(ascii: "}")) { return [] }
    while true {
      skipSpace()
      guard at < bytes.count else { throw Stop(offset: at, what: "the JSON ends in the middle; the file was cut off") }
      guard bytes[at] == UInt8(ascii: "\"") else { throw Stop(offset: at, what: "a key in double quotes is missing") }
      let key = try string()
      skipSpace()
      guard takeByte(UInt8(ascii: ":")) else { throw Stop(offset: at, what: "a colon is missing behind a key") }
      members.append((key, try value(depth - 1)))
      skipSpace()
      if takeByte(UInt8(ascii: "}")) { return members }
      try comma(closing: "}")
    }
  }

  private mutating func array(_ depth: Int) throws(Stop) -> [LocatedJSON.Node] {
    at += 1
    var elements: [LocatedJSON.Node] = []
    skipSpace()
    if takeByte(UInt8(ascii: "]")) { return [] }
    while true {
      elements.append(try value(depth - 1))
      skipSpace()
      if takeByte(UInt8(ascii: "]")) { return elements }
      try comma(closing: "]")
    }
  }

  private mutating func comma(closing: String) throws(Stop) {
    guard at < bytes.count else { throw Stop(offset: at, what: "the JSON ends in the middle; the file was cut off") }
    guard takeByte(UInt8(ascii: ",")) else { throw Stop(offset: at, what: "a comma or \(closing) is missing") }
  }

  private mutating func string() throws(Stop) -> String {
    let start = at
    at += 1
    let first = at
    while at < bytes.count, bytes[at] != UInt8(ascii: "\""), bytes[at] != UInt8(ascii: "\\"), bytes[at] >= 0x20 { at += 1 }
    if at < bytes.count, bytes[at] == UInt8(ascii: "\"") {
      at += 1
      return String(decoding: bytes[first..<(at - 1)], as: UTF8.self)
    }
    var text = Array(bytes[first..<at])
    while at < bytes.count {
      let byte = bytes[at]
      switch byte {
      case UInt8(ascii: "\""):
        at += 1
        return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"): text += try escape()
      case 0..<0x20: throw Stop(offset: at, what: "a control character in a JSON string")
      default:
        text.append(byte)
        at += 1
      }
    }
    throw Stop(offset: start, what: "a JSON string does not end; the file was cut off")
  }

  private mutating func escape() throws(Stop) -> [UInt8] {
    let start = at
    at += 2
    guard at <= bytes.count else { throw Stop(offset: start, what: "the JSON ends in the middle; the file was cut off") }
    switch bytes[at - 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [bytes[at - 1]]
    case UInt8(ascii: "b"): return [8]
    case UInt8(ascii: "f"): return [12]
    case UInt8(ascii: "n"): return [10]
    case UInt8(ascii: "r"): return [13]
    case UInt8(ascii: "t"): return [9]
    case UInt8(ascii: "u"):
      var units = [try unit(start)]
      if UTF16.isLeadSurrogate(units[0]), at + 1 < bytes.count, bytes[at] == UInt8(ascii: "\\"), bytes[at + 1] == UInt8(ascii: "u") {
        at += 2
        units.append(try unit(start))
      }
      return Array(String(decoding: units, as: UTF16.self).utf8)
    default: throw Stop(offset: start, what: "an escape that JSON does not have")
    }
  }

  private mutating func unit(_ start: Int) throws(Stop) -> UInt16 {
    guard at + 4 <= bytes.count, let code = UInt16(String(decoding: bytes[at..<(at + 4)], as: UTF8.self), radix: 16) else {
      throw Stop(offset: start, what: "\\u without four hexadecimal digits")
    }
    at += 4
    return code
  }

  private mutating func number() throws(Stop) -> LocatedJSON.Node.Content {
    let start = at
    while at < bytes.count, "+-.0123456789eE".utf8.contains(bytes[at]) { at += 1 }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    if let integer = Int64(text) { return .int(integer) }
    guard !text.isEmpty, let number = Double(text), number.isFinite else { throw Stop(offset: start, what: "no JSON value") }
    return .double(number)
  }

  private mutating func take(_ word: String) -> Bool {
    guard bytes[at...].starts(with: word.utf8) else { return false }
    at += word.utf8.count
    return true
  }

  private mutating func takeByte(_ byte: UInt8) -> Bool {
    guard at < bytes.count, bytes[at] == byte else { return false }
    at += 1
    return true
  }

  private mutating func skipSpace() {
    while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 0x0A || bytes[at] == 0x0D || bytes[at] == 0x09 { at += 1 }
  }
}
