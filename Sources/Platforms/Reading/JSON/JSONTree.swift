/// A JSON value as a flat list of nodes: each of an object's keys is followed by its value, and each node knows where the next one behind it
/// begins. 16 bytes for a node; texts stay in the bytes that were read.
final class JSONTree: Sendable {
  /// Values of one tree at most: 128 MiB of nodes.
  private static let largest = 8 << 20

  enum Kind: UInt8 {
    case null, yes, no, number, string, escaped, array, object
  }

  struct Node {
    var kind: Kind
    /// Offset of the first byte; of the first inner one of a string.
    var start: UInt32
    /// Offset behind the last byte; of a string its closing quote.
    var end: UInt32
    /// Index of the node behind this one and all that it holds.
    var next: UInt32
  }

  let bytes: [UInt8]
  let nodes: [Node]

  private init(_ bytes: [UInt8], _ nodes: [Node]) {
    self.bytes = bytes
    self.nodes = nodes
  }

  static func read(_ bytes: [UInt8], at start: Int) throws(JSONFault) -> JSONTree {
    var tokens = JSONTokens(bytes, at: start)
    return try read(&tokens)
  }

  /// The value that begins where the tokens stand; they stand behind it afterwards. Texts beyond 4 GiB have no place in a node.
  static func read(_ tokens: inout JSONTokens) throws(JSONFault) -> JSONTree {
    guard tokens.bytes.count < Int(UInt32.max) else { throw JSONFault(offset: 0, what: "larger than 4 GiB") }
    var nodes: [Node] = []
    try add(&tokens, to: &nodes, depth: 0)
    return JSONTree(tokens.bytes, nodes)
  }

  private static func add(_ tokens: inout JSONTokens, to nodes: inout [Node], depth: Int) throws(JSONFault) {
    guard depth < JSONTokens.deepest else { throw tokens.fault("nested deeper than \(JSONTokens.deepest) levels") }
    guard nodes.count < largest else { throw tokens.fault("more than \(largest) values in one object") }
    let first = tokens.next()
    let start = tokens.at
    switch first {
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      let isObject = first == UInt8(ascii: "{")
      let mark = isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
      let own = nodes.count
      nodes.append(Node(kind: isObject ? .object : .array, start: UInt32(start), end: 0, next: 0))
      tokens.at += 1
      if tokens.next() == mark {
        tokens.at += 1
      } else {
        repeat {
          if isObject {
            try addText(&tokens, to: &nodes)
            try tokens.expect(UInt8(ascii: ":"), "a colon is expected behind a key")
          }
          try add(&tokens, to: &nodes, depth: depth + 1)
        } while try !tokens.ends(with: mark)
      }
      nodes[own].end = UInt32(tokens.at)
      nodes[own].next = UInt32(nodes.count)
      return
    case UInt8(ascii: "\""):
      try addText(&tokens, to: &nodes)
      return
    case UInt8(ascii: "t"):
      try tokens.word("true")
      nodes.append(Node(kind: .yes, start: UInt32(start), end: UInt32(tokens.at), next: UInt32(nodes.count + 1)))
    case UInt8(ascii: "f"):
      try tokens.word("false")
      nodes.append(Node(kind: .no, start: UInt32(start), end: UInt32(tokens.at), next: UInt32(nodes.count + 1)))
    case UInt8(ascii: "n"):
      try tokens.word("null")
      nodes.append(Node(kind: .null, start: UInt32(start), end: UInt32(tokens.at), next: UInt32(nodes.count + 1)))
    default:
      let range = try tokens.number()
      nodes.append(Node(kind: .number, start: UInt32(range.lowerBound), end: UInt32(range.upperBound), next: UInt32(nodes.count + 1)))
    }
  }

  private static func addText(_ tokens: inout JSONTokens, to nodes: inout [Node]) throws(JSONFault) {
    let (range, isPlain) = try tokens.string()
    nodes.append(
      Node(
        kind: isPlain ? .string : .escaped, start: UInt32(range.lowerBound), end: UInt32(range.upperBound), next: UInt32(nodes.count + 1)))
  }

  // MARK: - Texts

  /// The text of a string, a key or a number.
  func text(_ index: Int) -> String {
    let node = nodes[index]
    let inner = bytes[Int(node.start)..<Int(node.end)]
    return node.kind == .escaped ? Self.unescaped(inner) : String(decoding: inner, as: UTF8.self)
  }

  func text(_ index: Int, is text: String) -> Bool {
    let node = nodes[index]
    guard node.kind != .escaped else { return self.text(index) == text }
    let (start, end) = (Int(node.start), Int(node.end))
    guard end - start == text.utf8.count else { return false }
    var at = start
    for byte in text.utf8 {
      guard bytes[at] == byte else { return false }
      at += 1
    }
    return true
  }

  /// Escapes are known to be well-formed. Half of a surrogate pair becomes U+FFFD.
  private static func unescaped(_ bytes: ArraySlice<UInt8>) -> String {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var at = bytes.startIndex
    while at < bytes.endIndex {
      guard bytes[at] == UInt8(ascii: "\\") else {
        result.append(bytes[at])
        at += 1
        continue
      }
      let letter = bytes[at + 1]
      at += 2
      switch letter {
      case UInt8(ascii: "b"): result.append(0x08)
      case UInt8(ascii: "f"): result.append(0x0C)
      case UInt8(ascii: "n"): result.append(0x0A)
      case UInt8(ascii: "r"): result.append(0x0D)
      case UInt8(ascii: "t"): result.append(0x09)
      case UInt8(ascii: "u"):
        var code = unit(bytes, at)
        at += 4
        if code & 0xFC00 == 0xD800, at + 6 <= bytes.endIndex, bytes[at] == UInt8(ascii: "\\"), bytes[at + 1] == UInt8(ascii: "u") {
          let low = unit(bytes, at + 2)
          if low & 0xFC00 == 0xDC00 {
            code = 0x10000 + (code & 0x3FF) << 10 + low & 0x3FF
            at += 6
          }
        }
        result += Array(String(Character(Unicode.Scalar(code) ?? "\u{FFFD}")).utf8)
      default: result.append(letter)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func unit(_ bytes: ArraySlice<UInt8>, _ at: Int) -> UInt32 {
    bytes[at..<(at + 4)].reduce(0) { $0 << 4 | (JSONTokens.digit($1) ?? 0) }
  }
}
