/// The keys of one option value, whichever of QEMU's three notations it is written in.
///
/// `type,key=value,flag` (QemuOpts), `key.sub=value` (keyval) and `{"key": {"sub": true}}` (JSON) give the same keys:
/// nested ones joined by dots, list elements under their index, JSON's true and false as on and off.
/// Source: util/qemu-option.c (opts_do_parse, get_opt_value), util/keyval.c.
struct OptionValues: Sendable, Hashable {
  struct Pair: Sendable, Hashable {
    let key: String
    let value: String
  }

  /// In the order of the text; a key may stand more than once.
  private(set) var pairs: [Pair] = []
  /// False for JSON that does not parse: then nothing is known of it.
  private(set) var isReadable = true

  /// - Parameter implied: key of a first part that has no `=`, as `type` of `-machine q35`.
  init(_ text: String, implied: String?) {
    let bytes = Array(text.utf8)
    if bytes.first == UInt8(ascii: "{") {
      if let pairs = OptionJSON.pairs(bytes) { self.pairs = pairs } else { isReadable = false }
      return
    }
    var at = 0
    var isFirst = true
    while at < bytes.count {
      let end = bytes[at...].firstIndex { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ",") } ?? bytes.count
      if end < bytes.count, bytes[end] == UInt8(ascii: "=") {
        let key = String(decoding: bytes[at..<end], as: UTF8.self)
        at = end + 1
        pairs.append(Pair(key: key, value: Self.value(bytes, &at)))
      } else if isFirst, let implied {
        pairs.append(Pair(key: implied, value: Self.value(bytes, &at)))
      } else {
        let flag = String(decoding: bytes[at..<end], as: UTF8.self)
        at = end
        pairs.append(Pair(key: flag, value: "on"))
        // The short form of old command lines: nowait is wait=off.
        if flag.hasPrefix("no"), flag.utf8.count > 2 { pairs.append(Pair(key: String(flag.dropFirst(2)), value: "off")) }
      }
      isFirst = false
      if at < bytes.count, bytes[at] == UInt8(ascii: ",") { at += 1 }
    }
  }

  init(pairs: [Pair]) { self.pairs = pairs }

  /// Text up to a single comma; a doubled one stands for itself.
  private static func value(_ bytes: [UInt8], _ at: inout Int) -> String {
    var value: [UInt8] = []
    while at < bytes.count {
      if bytes[at] == UInt8(ascii: ",") {
        guard at + 1 < bytes.count, bytes[at + 1] == UInt8(ascii: ",") else { break }
        at += 1
      }
      value.append(bytes[at])
      at += 1
    }
    return String(decoding: value, as: UTF8.self)
  }

  /// The last value of a key, as QEMU takes it.
  subscript(key: String) -> String? { pairs.last { $0.key == key }?.value }

  /// The first of several spellings that has a value.
  func first(_ keys: String...) -> String? {
    for key in keys {
      if let value = self[key] { return value }
    }
    return nil
  }

  /// A flag: nil when it is not given or is neither on nor off.
  func flag(_ key: String) -> Bool? {
    switch self[key] {
    case "on", "yes", "true", "y": true
    case "off", "no", "false", "n": false
    default: nil
    }
  }

  func all(_ key: String) -> [String] { pairs.filter { $0.key == key }.map(\.value) }
}

/// JSON as QEMU takes it in an option value, flattened. At most 64 levels.
struct OptionJSON {
  private static let deepest = 64

  private let bytes: [UInt8]
  private var at = 0
  private var pairs: [OptionValues.Pair] = []

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// nil for text that is not one JSON object.
  static func pairs(_ bytes: [UInt8]) -> [OptionValues.Pair]? {
    var reader = OptionJSON(bytes)
    guard reader.value(key: "", depth: 0) else { return nil }
    reader.skipSpace()
    return reader.at == bytes.count ? reader.pairs : nil
  }

  private mutating func value(key: String, depth: Int) -> Bool {
    skipSpace()
    guard at < bytes.count, depth < Self.deepest else { return false }
    switch bytes[at] {
    case UInt8(ascii: "{"):
      return elements(close: UInt8(ascii: "}")) { reader, _ in
        reader.skipSpace()
        guard let name = reader.string() else { return false }
        reader.skipSpace()
        guard reader.take(UInt8(ascii: ":")) else { return false }
        return reader.value(key: key.isEmpty ? name : key + "." + name, depth: depth + 1)
      }
    case UInt8(ascii: "["):
      return elements(close: UInt8(ascii: "]")) { reader, index in reader.value(key: "\(key).\(index)", depth: depth + 1) }
    case UInt8(ascii: "\""):
      guard let text = string() else { return false }
      pairs.append(.init(key: key, value: text))
      return true
    default:
      let start = at
      while at < bytes.count, ![0x2C, 0x7D, 0x5D, 0x20, 0x0A, 0x0D, 0x09].contains(bytes[at]) { at += 1 }
      let word = String(decoding: bytes[start..<at], as: UTF8.self)
      switch word {
      case "true": pairs.append(.init(key: key, value: "on"))
      case "false": pairs.append(.init(key: key, value: "off"))
      case "null": break
      default:
        guard let first = word.utf8.first, first == 0x2D || (0x30...0x39).contains(first) else { return false }
        pairs.append(.init(key: key, value: word))
      }
      return true
    }
  }

  private mutating func elements(close: UInt8, _ element: (inout OptionJSON, Int) -> Bool) -> Bool {
    at += 1
    skipSpace()
    if take(close) { return true }
    var index = 0
    while true {
      guard element(&self, index) else { return false }
      index += 1
      skipSpace()
      if take(close) { return true }
      guard take(UInt8(ascii: ",")) else { return false }
    }
  }

  private mutating func string() -> String? {
    guard take(UInt8(ascii: "\"")) else { return nil }
    var text: [UInt8] = []
    while at < bytes.count {
      let byte = bytes[at]
      at += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard at < bytes.count else { return nil }
        let escape = bytes[at]
        at += 1
        switch escape {
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "u"):
          guard let scalar = escapedScalar() else { return nil }
          text.append(contentsOf: Array(String(Character(scalar)).utf8))
        default: text.append(escape)
        }
      default: text.append(byte)
      }
    }
    return nil
  }

  private mutating func escapedScalar() -> Unicode.Scalar? {
    guard let unit = hexadecimal() else { return nil }
    if (0xD800..<0xDC00).contains(unit), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")), let low = hexadecimal(),
      (0xDC00..<0xE000).contains(low)
    {
      return Unicode.Scalar(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))
    }
    return Unicode.Scalar(unit) ?? "\u{FFFD}"
  }

  private mutating func hexadecimal() -> UInt32? {
    guard at + 4 <= bytes.count, let unit = UInt32(String(decoding: bytes[at..<(at + 4)], as: UTF8.self), radix: 16) else { return nil }
    at += 4
    return unit
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard at < bytes.count, bytes[at] == byte else { return false }
    at += 1
    return true
  }

  private mutating func skipSpace() {
    while at < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[at]) { at += 1 }
  }
}
