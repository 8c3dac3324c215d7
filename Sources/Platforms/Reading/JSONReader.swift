package import Domain

/// Reads JSON (RFC 8259) that a program of the system wrote. Bounded in depth; nil for anything that is not one whole document.
///
/// Integers beyond 64 bits and fractions become doubles; of a key that stands twice the last value counts.
package struct JSONReader {
  private static let deepest = 64
  private let bytes: [UInt8]
  private var at = 0

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  package static func read(_ text: String) -> FactValue? {
    var reader = JSONReader(Array(text.utf8))
    guard let value = reader.value(0) else { return nil }
    reader.skipSpace()
    // Not as a conditional expression: there nil would be JSON's null.
    guard reader.at == reader.bytes.count else { return nil }
    return value
  }

  private mutating func value(_ depth: Int) -> FactValue? {
    skipSpace()
    guard depth < Self.deepest, at < bytes.count else { return nil }
    switch bytes[at] {
    case UInt8(ascii: "{"): return object(depth)
    case UInt8(ascii: "["): return array(depth)
    case UInt8(ascii: "\""): return string().map { .string($0) }
    case UInt8(ascii: "t"): return take("true") ? .some(.bool(true)) : .none
    case UInt8(ascii: "f"): return take("false") ? .some(.bool(false)) : .none
    case UInt8(ascii: "n"): return take("null") ? .some(.null) : .none
    default: return number()
    }
  }

  private mutating func object(_ depth: Int) -> FactValue? {
    at += 1
    var members: [FactValue.Member] = []
    skipSpace()
    if take("}") { return .object([]) }
    while true {
      skipSpace()
      guard at < bytes.count, bytes[at] == UInt8(ascii: "\""), let key = string() else { return nil }
      skipSpace()
      guard take(":"), let element = value(depth + 1) else { return nil }
      members.removeAll { $0.key == key }
      members.append(.init(key, element))
      skipSpace()
      if take("}") { return .object(members) }
      guard take(",") else { return nil }
    }
  }

  private mutating func array(_ depth: Int) -> FactValue? {
    at += 1
    var elements: [FactValue] = []
    skipSpace()
    if take("]") { return .array([]) }
    while true {
      guard let element = value(depth + 1) else { return nil }
      elements.append(element)
      skipSpace()
      if take("]") { return .array(elements) }
      guard take(",") else { return nil }
    }
  }

  private mutating func string() -> String? {
    at += 1
    var text: [UInt8] = []
    while at < bytes.count {
      let byte = bytes[at]
      at += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard let escaped = escape() else { return nil }
        text += escaped
      case 0..<0x20: return nil
      default: text.append(byte)
      }
    }
    return nil
  }

  private mutating func escape() -> [UInt8]? {
    guard at < bytes.count else { return nil }
    let byte = bytes[at]
    at += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [8]
    case UInt8(ascii: "f"): return [12]
    case UInt8(ascii: "n"): return [10]
    case UInt8(ascii: "r"): return [13]
    case UInt8(ascii: "t"): return [9]
    case UInt8(ascii: "u"):
      guard at + 4 <= bytes.count, let code = UInt32(String(decoding: bytes[at..<(at + 4)], as: UTF8.self), radix: 16) else { return nil }
      at += 4
      return Array(String(Unicode.Scalar(code).map { Character($0) } ?? "\u{FFFD}").utf8)
    default: return nil
    }
  }

  private mutating func number() -> FactValue? {
    let start = at
    while at < bytes.count, "+-.0123456789eE".utf8.contains(bytes[at]) { at += 1 }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    if let integer = Int64(text) { return .int(integer) }
    return Double(text).map { .double($0) }
  }

  private mutating func take(_ text: StaticString) -> Bool {
    let wanted = Array(text.description.utf8)
    guard at + wanted.count <= bytes.count, Array(bytes[at..<(at + wanted.count)]) == wanted else { return false }
    at += wanted.count
    return true
  }

  private mutating func skipSpace() {
    while at < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[at]) { at += 1 }
  }
}
