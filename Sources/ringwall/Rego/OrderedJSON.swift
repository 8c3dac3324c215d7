internal import Rego

extension RegoValue.Member {
  init(_ key: String, _ value: RegoValue) { self.init(.string(key), value) }
}

/// A document to be written of which parts are text already.
indirect enum OutputTree {
  case value(RegoValue)
  /// JSON laid out for the level where it stands.
  case text([UInt8])
  case array([OutputTree])
  case object([(key: String, value: OutputTree)])
}

/// JSON over several lines whose keys stand in the order given, as Go writes a structure.
struct OrderedJSON {
  private var bytes: [UInt8] = []
  /// What stands before them.
  private var finished: [[UInt8]] = []

  static func text(_ value: RegoValue) -> String { String(decoding: Self.bytes(value), as: UTF8.self) }

  /// The same text, with "<", ">" and "&" escaped, as Go does unless told otherwise. They stand in strings only.
  static func textForPages(_ value: RegoValue) -> String {
    var result: [UInt8] = []
    for byte in bytes(value) {
      switch byte {
      case UInt8(ascii: "<"): result += "\\u003c".utf8
      case UInt8(ascii: ">"): result += "\\u003e".utf8
      case UInt8(ascii: "&"): result += "\\u0026".utf8
      default: result.append(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// The same text, for results too large to be copied.
  static func bytes(_ value: RegoValue) -> [UInt8] {
    var writer = OrderedJSON()
    writer.write(value, 0)
    return writer.bytes
  }

  /// The document in pieces, so that large texts are not copied once more.
  static func pieces(_ tree: OutputTree) -> [[UInt8]] {
    var writer = OrderedJSON()
    writer.write(tree, 0)
    writer.finished.append(writer.bytes)
    return writer.finished
  }

  private mutating func write(_ tree: OutputTree, _ depth: Int) {
    switch tree {
    case .value(let value): write(value, depth)
    case .text(let text):
      finished += [bytes, text]
      bytes = []
    case .array(let elements) where !elements.isEmpty:
      bytes.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        newLine(depth + 1, isFirst: index == 0)
        write(element, depth + 1)
      }
      newLine(depth, isFirst: true)
      bytes.append(UInt8(ascii: "]"))
    case .object(let members) where !members.isEmpty:
      bytes.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        newLine(depth + 1, isFirst: index == 0)
        string(member.key)
        bytes += ": ".utf8
        write(member.value, depth + 1)
      }
      newLine(depth, isFirst: true)
      bytes.append(UInt8(ascii: "}"))
    case .array: bytes += "[]".utf8
    case .object: bytes += "{}".utf8
    }
  }

  private mutating func write(_ value: RegoValue, _ depth: Int) {
    switch value {
    case .array(let elements) where !elements.isEmpty, .set(let elements) where !elements.isEmpty:
      bytes.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        newLine(depth + 1, isFirst: index == 0)
        write(element, depth + 1)
      }
      newLine(depth, isFirst: true)
      bytes.append(UInt8(ascii: "]"))
    case .object(let members) where !members.isEmpty:
      bytes.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        newLine(depth + 1, isFirst: index == 0)
        if case .string(let key) = member.key { string(key) } else { string(Self.compact(member.key)) }
        bytes += ": ".utf8
        write(member.value, depth + 1)
      }
      newLine(depth, isFirst: true)
      bytes.append(UInt8(ascii: "}"))
    case .array, .set: bytes += "[]".utf8
    case .object: bytes += "{}".utf8
    case .null: bytes += "null".utf8
    case .boolean(let flag): bytes += (flag ? "true" : "false").utf8
    case .integer(let number): bytes += String(number).utf8
    case .string(let text): string(text)
    case .number: bytes += Document(value).json()
    }
  }

  private mutating func newLine(_ depth: Int, isFirst: Bool) {
    if !isFirst { bytes.append(UInt8(ascii: ",")) }
    bytes.append(UInt8(ascii: "\n"))
    for _ in 0..<(2 * depth) { bytes.append(UInt8(ascii: " ")) }
  }

  private mutating func string(_ text: String) {
    // Quotes, backslashes, controls and what lies beyond ASCII are left to the engine.
    guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x80 && $0 != 0x22 && $0 != 0x5C }) else {
      bytes += Document(.string(text)).json()
      return
    }
    bytes.append(UInt8(ascii: "\""))
    bytes += text.utf8
    bytes.append(UInt8(ascii: "\""))
  }

  static func compact(_ value: RegoValue) -> String { String(decoding: Document(value).json(), as: UTF8.self) }
}
