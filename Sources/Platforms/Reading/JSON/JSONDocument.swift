internal import Domain

/// A JSON text (RFC 8259) whose values know where they stand, bounded in depth and in number of values.
///
/// Values lie one behind the other in the order of the text: 16 bytes each, and texts are decoded when somebody asks for them. Of a key that
/// stands twice the last value counts, as in Go's encoding/json, which wrote most of what is read here.
final class JSONDocument: Sendable {
  /// Why a text is no document, with the offset of the byte that shows it.
  enum Fault: Error, Sendable, Hashable {
    /// It ends before its value does.
    case truncated
    /// A byte that cannot stand there.
    case syntax(offset: Int)
    /// Arrays and objects nested deeper than the limit.
    case tooDeep(offset: Int)
    /// More values than the limit.
    case tooLarge
  }

  struct Entry: Sendable {
    enum Kind: UInt8, Sendable { case null, no, yes, number, string, array, object }
    let kind: Kind
    /// Offset of the first byte.
    let start: UInt32
    /// Offset behind the last byte.
    var end: UInt32
    /// Index of the entry behind this value and everything in it. A member is its key's entry and then its value's.
    var next: UInt32
  }

  static let deepest = 128
  static let mostValues = 8_000_000

  let bytes: [UInt8]
  let entries: [Entry]
  private let lineStarts: [UInt32]

  /// - Parameter bytes: UTF-8, with or without a byte order mark; at most 4 GiB.
  init(_ bytes: [UInt8]) throws(Fault) {
    guard bytes.count < Int(UInt32.max) else { throw .tooLarge }
    self.bytes = bytes
    var parser = JSONParser(bytes)
    try parser.parse()
    entries = parser.entries
    lineStarts = parser.lineStarts
  }

  var root: JSONNode { JSONNode(document: self, index: 0) }

  /// Line and column, from 1, of a byte; columns count code points. A line of more than 64 KiB is one of a machine, and nobody counts along it:
  /// its column is then that of its bytes.
  func place(_ offset: Int) -> LinePlace {
    var low = 0
    var high = lineStarts.count
    while low + 1 < high {
      let middle = (low + high) / 2
      if Int(lineStarts[middle]) <= offset { low = middle } else { high = middle }
    }
    let start = Int(lineStarts[low])
    let column = offset - start > 64 << 10 ? offset - start + 1 : bytes[start..<offset].columnBehind
    return LinePlace(line: low + 1, column: column)
  }
}

extension JSONDocument.Fault {
  /// What is wrong, as part of "PATH:LINE:COLUMN: ...", and the place of it.
  func refusal(_ bytes: [UInt8], path: String, target: String) -> Refusal {
    func refusal(_ code: String, _ offset: Int?, _ text: String) -> Refusal {
      guard let offset else { return Refusal(target: target, code: code, message: "\(path): \(text)") }
      let place = LinePlace.of(offset: min(offset, bytes.count), in: bytes)
      return Refusal(
        target: target, code: code, message: "\(path):\(place.line):\(place.column): \(text)", line: place.line, column: place.column)
    }
    return switch self {
    case .truncated: refusal("malformed", bytes.count, "the JSON text ends before it is complete; write or copy it again")
    case .syntax(let offset): refusal("malformed", offset, "not JSON: this cannot stand here")
    case .tooDeep(let offset): refusal("too-deep", offset, "JSON nested deeper than \(JSONDocument.deepest)")
    case .tooLarge: refusal("too-large", nil, "more than \(JSONDocument.mostValues) JSON values; split it")
    }
  }
}

/// One value of a document.
struct JSONNode: Sendable {
  let document: JSONDocument
  let index: Int

  private var entry: JSONDocument.Entry { document.entries[index] }

  var isObject: Bool { entry.kind == .object }
  var isArray: Bool { entry.kind == .array }
  var isNull: Bool { entry.kind == .null }

  /// The text of a string.
  var text: String? { entry.kind == .string ? JSONParser.decoded(document.bytes, Int(entry.start), Int(entry.end)) : nil }

  var flag: Bool? {
    switch entry.kind {
    case .yes: true
    case .no: false
    default: nil
    }
  }

  /// A number without a fraction that fits.
  var integer: Int64? {
    guard case .int(let number)? = number else { return nil }
    return number
  }

  /// Integers beyond 64 bits and fractions are doubles.
  private var number: FactValue? {
    guard entry.kind == .number else { return nil }
    let text = String(decoding: document.bytes[Int(entry.start)..<Int(entry.end)], as: UTF8.self)
    if let integer = Int64(text) { return .int(integer) }
    return Double(text).map { .double($0) }
  }

  /// The value under a key; nil for a missing key or another kind of value. Linear in the number of keys.
  subscript(key: String) -> JSONNode? {
    guard isObject else { return nil }
    var found: JSONNode?
    let wanted = Array(key.utf8)
    var at = index + 1
    let end = Int(entry.next)
    while at < end {
      if isKey(at, wanted) { found = JSONNode(document: document, index: at + 1) }
      at = Int(document.entries[at + 1].next)
    }
    return found
  }

  private func isKey(_ at: Int, _ wanted: [UInt8]) -> Bool {
    let key = document.entries[at]
    let start = Int(key.start) + 1
    let end = Int(key.end) - 1
    let raw = document.bytes[start..<end]
    if raw.elementsEqual(wanted) { return true }
    return raw.contains(UInt8(ascii: "\\")) && JSONParser.decoded(document.bytes, Int(key.start), Int(key.end)).utf8.elementsEqual(wanted)
  }

  /// Follows keys; nil as soon as one is missing.
  func at(_ path: String...) -> JSONNode? {
    var node: JSONNode? = self
    for key in path { node = node?[key] }
    return node
  }

  /// The value unless it is missing or null.
  func given(_ path: String...) -> JSONNode? {
    var node: JSONNode? = self
    for key in path { node = node?[key] }
    return node.flatMap { $0.isNull ? nil : $0 }
  }

  /// Elements of an array; empty for another kind of value.
  var elements: [JSONNode] {
    guard isArray else { return [] }
    var result: [JSONNode] = []
    var at = index + 1
    while at < Int(entry.next) {
      result.append(JSONNode(document: document, index: at))
      at = Int(document.entries[at].next)
    }
    return result
  }

  /// Members of an object in their order, twice those that stand twice; empty for another kind of value.
  var members: [(key: String, value: JSONNode)] {
    guard isObject else { return [] }
    var result: [(key: String, value: JSONNode)] = []
    var at = index + 1
    while at < Int(entry.next) {
      let key = JSONNode(document: document, index: at)
      let value = JSONNode(document: document, index: at + 1)
      result.append((key.text ?? "", value))
      at = Int(document.entries[value.index].next)
    }
    return result
  }

  /// Texts of an array; what is no text is left out.
  var texts: [String] { elements.compactMap(\.text) }

  var place: LinePlace { document.place(Int(entry.start)) }

  /// The whole value, for what is shown and compared. Bounded by the depth of the document.
  var value: FactValue {
    switch entry.kind {
    case .null: return .null
    case .no: return false
    case .yes: return true
    case .number: return number ?? .null
    case .string: return .string(text ?? "")
    case .array: return .array(elements.map(\.value))
    case .object:
      var values: [FactValue.Member] = []
      var places: [String: Int] = [:]
      for (key, value) in members {
        if let place = places[key] {
          values[place] = .init(key, value.value)
        } else {
          places[key] = values.count
          values.append(.init(key, value.value))
        }
      }
      return .object(values)
    }
  }
}
