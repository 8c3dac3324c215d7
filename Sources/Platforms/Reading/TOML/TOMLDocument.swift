internal import Domain
internal import TOMLKit

/// A TOML text (v1.0) by TOMLKit, with the places of its keys. The only file that knows TOMLKit.
struct TOMLDocument: Sendable {
  struct Fault: Error, Sendable, Hashable {
    let line: Int
    let column: Int
    let text: String

    func refusal(path: String, target: String) -> Refusal {
      Refusal(target: target, code: "malformed", message: "\(path):\(line):\(column): \(text)", line: line, column: column)
    }
  }

  /// Larger texts are refused: configuration is written by hand.
  static let largest = 1 << 20
  private static let deepest = 64

  let root: FactValue
  private let path: String
  private let places: TOMLPlaces

  /// - Parameter path: the file's name, which places cite.
  init(_ bytes: [UInt8], path: String) throws(Fault) {
    guard bytes.count <= Self.largest else { throw Fault(line: 1, column: 1, text: "more than 1 MiB of TOML; configuration is smaller") }
    if let offset = TextForm.firstInvalidByte(bytes) ?? bytes.firstIndex(of: 0) {
      let place = LinePlace.of(offset: offset, in: bytes)
      throw Fault(line: place.line, column: place.column, text: "not valid UTF-8 text; save the file as UTF-8")
    }
    if let offset = TOMLHeaders.firstFault(in: bytes) {
      let place = LinePlace.of(offset: offset, in: bytes)
      throw Fault(line: place.line, column: place.column, text: "not TOML: this table has no name")
    }
    self.path = path
    places = TOMLPlaces(bytes)
    // Keys joined by dots nest without a limit of the parser's own.
    guard places.deepest <= Self.deepest else { throw Fault(line: 1, column: 1, text: "TOML nested deeper than \(Self.deepest)") }
    do {
      root = try Self.value(of: TOMLTable(string: String(decoding: bytes, as: UTF8.self)), depth: 0)
    } catch let error as Fault {
      throw error
    } catch let error as TOMLParseError {
      throw Fault(
        line: max(1, error.source.begin.line), column: max(1, error.source.begin.column), text: "not TOML: this cannot stand here")
    } catch {
      throw Fault(line: 1, column: 1, text: "not TOML")
    }
  }

  /// The value below keys; nil as soon as one is missing.
  subscript(_ keys: [String]) -> FactValue? {
    var value: FactValue? = root
    for key in keys { value = value?[key] }
    return value
  }

  /// The line of a key, else of the table that holds it, else the file.
  func source(_ keys: [String]) -> FactSource {
    var keys = keys
    while !keys.isEmpty {
      if let line = places.lines[keys] { return .path(path, line: line, column: 1) }
      keys.removeLast()
    }
    return .path(path)
  }

  private static func value(of table: TOMLTable, depth: Int) throws(Fault) -> FactValue {
    var members: [FactValue.Member] = []
    for key in table.keys {
      guard let found = table[key] else { continue }
      members.append(.init(key, try value(of: found, depth: depth + 1)))
    }
    return .object(members)
  }

  private static func value(of found: any TOMLValueConvertible, depth: Int) throws(Fault) -> FactValue {
    guard depth <= deepest else { throw Fault(line: 1, column: 1, text: "TOML nested deeper than \(deepest)") }
    switch found.type {
    case .table:
      guard let table = found.table else { return .null }
      return try value(of: table, depth: depth)
    case .array:
      guard let array = found.array else { return .null }
      var elements: [FactValue] = []
      for i in 0..<array.count { elements.append(try value(of: array[i], depth: depth + 1)) }
      return .array(elements)
    case .string: return .string(found.string ?? "")
    case .int: return .int(Int64(found.int ?? 0))
    case .double: return .double(found.double ?? 0)
    case .bool: return .bool(found.bool ?? false)
    case .date, .time, .dateTime: return .string(found.debugDescription)
    }
  }
}

/// Lines of keys and tables: for citing only, what a text means is TOMLKit's.
struct TOMLPlaces: Sendable {
  /// Line of each key and table, by its keys from the top; the first where one stands twice.
  private(set) var lines: [[String]: Int] = [:]
  /// The most keys that lead to one place.
  private(set) var deepest = 0

  init(_ bytes: [UInt8]) {
    var table: [String] = []
    for (i, raw) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      let line = raw.drop { $0 == 0x20 || $0 == 0x09 }
      if line.first == UInt8(ascii: "[") {
        let name = line.drop { $0 == UInt8(ascii: "[") }
        guard let keys = Self.keys(name, until: UInt8(ascii: "]")) else { continue }
        table = keys
        note(keys, i + 1)
      } else if let keys = Self.keys(line, until: UInt8(ascii: "=")) {
        note(table + keys, i + 1)
      }
    }
  }

  private mutating func note(_ keys: [String], _ line: Int) {
    deepest = max(deepest, keys.count)
    if lines[keys] == nil { lines[keys] = line }
  }

  /// The parts of a dotted key, quoted or bare, up to a byte; nil for anything else.
  private static func keys(_ text: ArraySlice<UInt8>, until end: UInt8) -> [String]? {
    var parts: [String] = []
    var part: [UInt8] = []
    var quote: UInt8?
    for byte in text {
      if let open = quote {
        if byte == open { quote = nil } else { part.append(byte) }
      } else if byte == end {
        parts.append(String(decoding: part, as: UTF8.self))
        return parts
      } else if byte == UInt8(ascii: ".") {
        parts.append(String(decoding: part, as: UTF8.self))
        part = []
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        quote = byte
      } else if byte == 0x20 || byte == 0x09 {
        continue
      } else if ShellText.isNameByte(byte) || byte == UInt8(ascii: "-") {
        part.append(byte)
      } else {
        return nil
      }
      // A line that only looks like a key; the parser bounds nothing of it.
      if parts.count > 4096 { return parts }
    }
    return nil
  }
}
