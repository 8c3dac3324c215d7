/// Walks a JSON text once, without recursion, and writes down where each value stands.
struct JSONParser {
  private let bytes: [UInt8]
  private var at = 0
  private(set) var entries: [JSONDocument.Entry] = []
  private(set) var lineStarts: [UInt32] = [0]
  /// Entries of arrays and objects that are not closed yet.
  private var open: [Int] = []

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  private enum Expected { case value, valueOrEnd, keyOrEnd, key, commaOrEnd }

  mutating func parse() throws(JSONDocument.Fault) {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
    var expected = Expected.value
    while true {
      skipSpace()
      guard at < bytes.count else { throw .truncated }
      let byte = bytes[at]
      switch expected {
      case .value, .valueOrEnd:
        if expected == .valueOrEnd, byte == UInt8(ascii: "]") {
          close()
        } else if byte == UInt8(ascii: "{") {
          try begin(.object)
          expected = .keyOrEnd
          continue
        } else if byte == UInt8(ascii: "[") {
          try begin(.array)
          expected = .valueOrEnd
          continue
        } else {
          try scalar()
        }
      case .keyOrEnd, .key:
        if expected == .keyOrEnd, byte == UInt8(ascii: "}") {
          close()
        } else {
          guard byte == UInt8(ascii: "\"") else { throw .syntax(offset: at) }
          try scalar()
          skipSpace()
          guard at < bytes.count else { throw .truncated }
          guard bytes[at] == UInt8(ascii: ":") else { throw .syntax(offset: at) }
          at += 1
          expected = .value
          continue
        }
      case .commaOrEnd:
        guard let container = open.last else { throw .syntax(offset: at) }
        let isObject = entries[container].kind == .object
        if byte == UInt8(ascii: ",") {
          at += 1
          expected = isObject ? .key : .value
          continue
        }
        guard byte == UInt8(ascii: isObject ? "}" : "]") else { throw .syntax(offset: at) }
        close()
      }
      if open.isEmpty { break }
      expected = .commaOrEnd
    }
    skipSpace()
    guard at == bytes.count else { throw .syntax(offset: at) }
  }

  private mutating func append(_ kind: JSONDocument.Entry.Kind, from start: Int) throws(JSONDocument.Fault) {
    guard entries.count < JSONDocument.mostValues else { throw .tooLarge }
    entries.append(.init(kind: kind, start: UInt32(start), end: UInt32(at), next: UInt32(entries.count + 1)))
  }

  private mutating func begin(_ kind: JSONDocument.Entry.Kind) throws(JSONDocument.Fault) {
    guard open.count < JSONDocument.deepest else { throw .tooDeep(offset: at) }
    open.append(entries.count)
    at += 1
    try append(kind, from: at - 1)
  }

  private mutating func close() {
    at += 1
    let index = open.removeLast()
    entries[index].end = UInt32(at)
    entries[index].next = UInt32(entries.count)
  }

  private mutating func scalar() throws(JSONDocument.Fault) {
    let start = at
    switch bytes[at] {
    case UInt8(ascii: "\""):
      try string()
      try append(.string, from: start)
    case UInt8(ascii: "t"):
      try word("true")
      try append(.yes, from: start)
    case UInt8(ascii: "f"):
      try word("false")
      try append(.no, from: start)
    case UInt8(ascii: "n"):
      try word("null")
      try append(.null, from: start)
    default:
      try number()
      try append(.number, from: start)
    }
  }

  private mutating func word(_ text: StaticString) throws(JSONDocument.Fault) {
    for byte in text.description.utf8 {
      guard at < bytes.count else { throw .truncated }
      guard bytes[at] == byte else { throw .syntax(offset: at) }
      at += 1
    }
  }

  private mutating func string() throws(JSONDocument.Fault) {
    at += 1
    while at < bytes.count {
      switch bytes[at] {
      case UInt8(ascii: "\""):
        at += 1
        return
      case UInt8(ascii: "\\"):
        guard at + 1 < bytes.count else { throw .truncated }
        guard "\"\\/bfnrtu".utf8.contains(bytes[at + 1]) else { throw .syntax(offset: at) }
        if bytes[at + 1] == UInt8(ascii: "u") {
          guard at + 5 < bytes.count else { throw .truncated }
          guard bytes[(at + 2)..<(at + 6)].allSatisfy({ Self.hexadecimal($0) != nil }) else { throw .syntax(offset: at) }
          at += 4
        }
        at += 2
      case 0..<0x20: throw .syntax(offset: at)
      default: at += 1
      }
    }
    throw .truncated
  }

  /// -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?
  private mutating func number() throws(JSONDocument.Fault) {
    let start = at
    if byte == UInt8(ascii: "-") { at += 1 }
    if byte == UInt8(ascii: "0") { at += 1 } else { try digits(start) }
    if byte == UInt8(ascii: ".") {
      at += 1
      try digits(start)
    }
    if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
      at += 1
      if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { at += 1 }
      try digits(start)
    }
  }

  private mutating func digits(_ start: Int) throws(JSONDocument.Fault) {
    let first = at
    while let byte, (0x30...0x39).contains(byte) { at += 1 }
    if at > first { return }
    if at == bytes.count, at > start { throw .truncated }
    throw .syntax(offset: at)
  }

  private var byte: UInt8? { at < bytes.count ? bytes[at] : nil }

  private mutating func skipSpace() {
    while at < bytes.count {
      switch bytes[at] {
      case 0x0A:
        at += 1
        lineStarts.append(UInt32(at))
      case 0x20, 0x09, 0x0D: at += 1
      default: return
      }
    }
  }

  /// The text between two quotes, already known to be well-formed. A half of a surrogate pair alone becomes U+FFFD.
  static func decoded(_ bytes: [UInt8], _ start: Int, _ end: Int) -> String {
    let raw = bytes[(start + 1)..<(end - 1)]
    guard raw.contains(UInt8(ascii: "\\")) else { return String(decoding: raw, as: UTF8.self) }
    var text: [UInt8] = []
    var at = raw.startIndex
    while at < raw.endIndex {
      guard raw[at] == UInt8(ascii: "\\") else {
        text.append(raw[at])
        at += 1
        continue
      }
      let escaped = raw[at + 1]
      at += 2
      switch escaped {
      case UInt8(ascii: "b"): text.append(8)
      case UInt8(ascii: "f"): text.append(12)
      case UInt8(ascii: "n"): text.append(10)
      case UInt8(ascii: "r"): text.append(13)
      case UInt8(ascii: "t"): text.append(9)
      case UInt8(ascii: "u"):
        var code = unit(raw, at)
        at += 4
        if code & 0xFC00 == 0xD800, at + 6 <= raw.endIndex, raw[at] == UInt8(ascii: "\\"), raw[at + 1] == UInt8(ascii: "u") {
          let low = unit(raw, at + 2)
          if low & 0xFC00 == 0xDC00 {
            code = 0x10000 + (code & 0x3FF) << 10 + (low & 0x3FF)
            at += 6
          }
        }
        text += Array(String(Character(Unicode.Scalar(code) ?? "\u{FFFD}")).utf8)
      default: text.append(escaped)
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  private static func unit(_ raw: ArraySlice<UInt8>, _ at: Int) -> UInt32 {
    raw[at..<(at + 4)].reduce(0) { $0 << 4 | UInt32(hexadecimal($1) ?? 0) }
  }

  private static func hexadecimal(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
  }
}
