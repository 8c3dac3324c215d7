/// Writes values as JSON text in OPA's forms: members in the order of their keys, numbers as they were written, sets as sorted arrays, keys
/// that are no strings as their own JSON text.
///
/// The stack does not grow with the depth of a value.
struct JSONWriter {
  /// How a text is laid out.
  struct Style {
    /// Writes `<`, `>`, `&` and the separators U+2028 and U+2029 as escapes, as Go's `json.Marshal` does and `json.marshal` of OPA with it.
    var escapesHTML = false
    /// Nil: one line without spaces. Else each element on a line of its own, indented by this text once per level.
    var indent: [UInt8]?
    /// Begins each line but the first one.
    var prefix: [UInt8] = []
  }

  private(set) var bytes: [UInt8] = []
  private let style: Style

  init(_ style: Style = Style()) { self.style = style }

  static func text(_ value: Value, _ style: Style = Style()) -> [UInt8] {
    var writer = JSONWriter(style)
    writer.write(value)
    return writer.bytes
  }

  /// A container that is being written and how far.
  private struct Frame {
    let members: [Member]
    let isObject: Bool
    var next = 0
  }
  private struct Member {
    var key: [UInt8]
    var value: Value
  }

  /// Levels that are written on the thread's own stack.
  private static let levels = 24

  mutating func write(_ value: Value) {
    if style.indent != nil || !writePlain(value, levels: Self.levels) { writeDeep(value) }
  }

  /// On one line, with texts as keys; false where it is nested deeper, and nothing was written.
  private mutating func writePlain(_ value: Value, levels: Int) -> Bool {
    switch value.tag {
    case .integer: bytes.append(decimal: Int64(bitPattern: value.body))
    case .shortString, .longString: unsafe value.withText { unsafe string($0) }
    case .array, .set:
      if levels == 0 { return false }
      let values: Memory.Address, count: Int
      if value.isArray {
        (values, count) = (value.arrayView.elements, value.arrayView.count)
      } else {
        value.setView.sort()
        (values, count) = (value.setView.table.keys, value.setView.count)
      }
      bytes.append(0x5B)
      for index in 0..<count {
        if index > 0 { bytes.append(0x2C) }
        let part = Memory.value(values, at: index)
        if !writePlain(part, levels: levels - 1) { writeDeep(part) }
      }
      bytes.append(0x5D)
    case .object:
      if levels == 0 { return false }
      let view = value.objectView
      view.sort()
      // Texts come last but for collections: where the first and the last key are some, all are.
      if view.count > 0, !view.key(at: 0).isString || !view.key(at: view.count - 1).isString { return false }
      bytes.append(0x7B)
      for index in 0..<view.count {
        if index > 0 { bytes.append(0x2C) }
        unsafe view.key(at: index).withText { unsafe string($0) }
        bytes.append(0x3A)
        let part = view.value(at: index)
        if !writePlain(part, levels: levels - 1) { writeDeep(part) }
      }
      bytes.append(0x7D)
    default: _ = begin(value)
    }
    return true
  }

  private mutating func writeDeep(_ value: Value) {
    var frames: [Frame] = []
    var current = value
    while true {
      if let frame = begin(current) {
        frames.append(frame)
      }
      while let depth = frames.indices.last, frames[depth].next == frames[depth].members.count {
        let frame = frames.removeLast()
        if !frame.members.isEmpty { newLine(frames.count) }
        bytes.append(frame.isObject ? 0x7D : 0x5D)
      }
      guard let depth = frames.indices.last else { return }
      let member = frames[depth].members[frames[depth].next]
      if frames[depth].next > 0 { bytes.append(0x2C) }
      frames[depth].next += 1
      newLine(frames.count)
      if frames[depth].isObject {
        unsafe member.key.withUnsafeBufferPointer { unsafe string($0) }
        bytes.append(0x3A)
        if style.indent != nil { bytes.append(0x20) }
      }
      current = member.value
    }
  }

  /// Writes a scalar, or begins a container.
  private mutating func begin(_ value: Value) -> Frame? {
    switch value.tag {
    case .undefined, .null: bytes += "null".utf8
    case .boolean: bytes += (value.isTrue ? "true" : "false").utf8
    case .integer, .number: bytes += Numbers.text(value)
    case .shortString, .longString: unsafe value.withText { unsafe string($0) }
    case .array, .set:
      bytes.append(0x5B)
      return Frame(members: value.elements.map { Member(key: [], value: $0) }, isObject: false)
    case .object:
      bytes.append(0x7B)
      return Frame(members: Self.members(value.objectView), isObject: true)
    }
    return nil
  }

  /// In order of the keys' texts; of equal texts the last one counts.
  private static func members(_ object: ObjectView) -> [Member] {
    var hasOther = false
    var result: [Member] = []
    result.reserveCapacity(object.count)
    for (key, value) in Members(object) {
      if !key.isString { hasOther = true }
      result.append(Member(key: key.isString ? key.text : text(key, Style(escapesHTML: true)), value: value))
    }
    guard hasOther else { return result }
    result.sort { $0.key.lexicographicallyPrecedes($1.key) }
    var unique: [Member] = []
    for member in result {
      if unique.last?.key == member.key { unique.removeLast() }
      unique.append(member)
    }
    return unique
  }

  private mutating func newLine(_ depth: Int) {
    guard let indent = style.indent else { return }
    bytes.append(0x0A)
    bytes += style.prefix
    for _ in 0..<depth { bytes += indent }
  }

  mutating func string(_ text: UnsafeBufferPointer<UInt8>) {
    bytes.append(0x22)
    var copied = 0
    var index = 0
    while index < text.count {
      let byte = unsafe text[index]
      var width = 1
      if byte >= 0x20, byte != 0x22, byte != 0x5C {
        let isHTML = byte == 0x3C || byte == 0x3E || byte == 0x26
        let isSeparator = unsafe byte == 0xE2 && index + 2 < text.count && text[index + 1] == 0x80 && text[index + 2] & 0xFE == 0xA8
        guard style.escapesHTML && isHTML || isSeparator else {
          index += 1
          continue
        }
        if isSeparator { width = 3 }
      }
      unsafe bytes.append(contentsOf: text[copied..<index])
      if width == 3 {
        bytes += (unsafe text[index + 2] == 0xA8 ? "\\u2028" : "\\u2029").utf8
      } else {
        escape(byte)
      }
      index += width
      copied = index
    }
    unsafe bytes.append(contentsOf: text[copied...])
    bytes.append(0x22)
  }

  private mutating func escape(_ byte: UInt8) {
    switch byte {
    case 0x22: bytes += "\\\"".utf8
    case 0x5C: bytes += "\\\\".utf8
    case 0x08: bytes += "\\b".utf8
    case 0x0C: bytes += "\\f".utf8
    case 0x0A: bytes += "\\n".utf8
    case 0x0D: bytes += "\\r".utf8
    case 0x09: bytes += "\\t".utf8
    default:
      let digits = Array("0123456789abcdef".utf8)
      bytes += "\\u00".utf8
      bytes.append(digits[Int(byte >> 4)])
      bytes.append(digits[Int(byte & 15)])
    }
  }
}
