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
    /// Levels that are written; what stands deeper is left out, and `isCut` says so.
    var levels = Int.max
  }

  /// Set once something stood deeper than the style's levels.
  private(set) var isCut = false

  private(set) var bytes: [UInt8] = []
  private let style: Style

  init(_ style: Style = Style()) { self.style = style }

  /// Bytes that most texts do not outgrow.
  private static let firstRoom = 256

  static func text(_ value: Value, _ style: Style = Style()) -> [UInt8] {
    var writer = JSONWriter(style)
    writer.bytes.reserveCapacity(firstRoom)
    writer.write(value)
    return writer.bytes
  }

  /// A container that is being written and how far.
  private struct Frame {
    let value: Value
    let count: Int
    /// Of an object with keys that are no strings: its members by the texts of their keys.
    var members: [Member] = []
    var next = 0
  }
  private struct Member {
    var key: [UInt8]
    var value: Value
  }

  /// A line's end and what the lines of each level begin with.
  private var lineBreak: [UInt8] = []
  /// The key table that was last seen to hold strings alone.
  private var stringKeys: Memory.Address = 0
  /// Bytes after which the length of the whole text is estimated.
  private var roomMark = 256 << 10

  mutating func write(_ value: Value) {
    var frames: [Frame] = []
    var current = value
    while true {
      if frames.count >= style.levels, current.isComposite {
        isCut = true
      } else if let frame = begin(current) {
        frames.append(frame)
      }
      while let last = frames.indices.last, frames[last].next == frames[last].count {
        let isEmpty = frames[last].count == 0
        let isObject = frames[last].value.isObject
        frames.removeLast()
        if !isEmpty { newLine(frames.count) }
        bytes.append(isObject ? 0x7D : 0x5D)
      }
      guard let depth = frames.indices.last else { return }
      if bytes.count >= roomMark { makeRoom(frames) }
      if frames[depth].next > 0 { bytes.append(0x2C) }
      newLine(frames.count)
      current = element(of: &frames[depth])
    }
  }

  /// Takes room for the whole of a long text at once, from the share of it that is written: growing by doubling would hold up to three
  /// times its length. Room that stays unused is never touched.
  private mutating func makeRoom(_ frames: [Frame]) {
    var done = 0.0
    var share = 1.0
    for frame in frames.prefix(4) {
      done += share * Double(max(0, frame.next - 1)) / Double(frame.count)
      share /= Double(frame.count)
    }
    let length = Double(bytes.count) / done * 1.125
    guard length < 1e9 else {
      roomMark = bytes.count * 2
      return
    }
    roomMark = .max
    bytes.reserveCapacity(Int(length))
  }

  /// The next element of a container; its key is written.
  @inline(__always)
  private mutating func element(of frame: inout Frame) -> Value {
    let index = frame.next
    frame.next += 1
    guard frame.value.isObject else { return frame.value.isArray ? frame.value.arrayView[index] : frame.value.setView[index] }
    defer {
      bytes.append(0x3A)
      if style.indent != nil { bytes.append(0x20) }
    }
    if frame.members.isEmpty {
      let object = frame.value.objectView
      unsafe object.key(at: index).withText { unsafe string($0) }
      return object.value(at: index)
    }
    unsafe frame.members[index].key.withUnsafeBufferPointer { unsafe string($0) }
    return frame.members[index].value
  }

  /// Writes a scalar, or begins a container.
  private mutating func begin(_ value: Value) -> Frame? {
    switch value.tag {
    case .undefined, .null: bytes += "null".utf8
    case .boolean: bytes += (value.isTrue ? "true" : "false").utf8
    case .integer: integer(Int64(bitPattern: value.body))
    case .number: bytes += Numbers.text(value)
    case .shortString, .longString: unsafe value.withText { unsafe string($0) }
    case .array:
      bytes.append(0x5B)
      return Frame(value: value, count: value.arrayView.count)
    case .set:
      bytes.append(0x5B)
      value.setView.sort()
      return Frame(value: value, count: value.setView.count)
    case .object:
      bytes.append(0x7B)
      let object = value.objectView
      object.sort()
      if hasOnlyStrings(object) { return Frame(value: value, count: object.count) }
      let members = Self.members(object)
      return Frame(value: value, count: members.count, members: members)
    }
    return nil
  }

  private mutating func integer(_ value: Int64) {
    if value < 0 { bytes.append(0x2D) }
    let start = bytes.count
    var rest = value.magnitude
    repeat {
      bytes.append(0x30 + UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
    } while rest > 0
    bytes[start...].reverse()
  }

  private mutating func hasOnlyStrings(_ object: ObjectView) -> Bool {
    let table = object.table
    if table.address == stringKeys { return true }
    for slot in 0..<object.count where !table[slot].isString { return false }
    stringKeys = table.address
    return true
  }

  /// In order of the keys' texts; of equal texts the last one counts.
  private static func members(_ object: ObjectView) -> [Member] {
    var result = Members(object).map { key, value in
      Member(key: key.isString ? key.text : text(key, Style(escapesHTML: true)), value: value)
    }
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
    let length = 1 + style.prefix.count + depth * indent.count
    if lineBreak.isEmpty { lineBreak = [0x0A] + style.prefix }
    if !indent.isEmpty { while lineBreak.count < length { lineBreak += indent } }
    bytes += lineBreak[..<length]
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
