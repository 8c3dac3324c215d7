/// Values as Rego terms, the way OPA prints them in messages, `sprintf` and `print`: `{"a": 1}`, `[1, 2]`, `{1, 2}`, `set()`.
///
/// The stack does not grow with the depth of a value.
struct ValueText {
  private(set) var bytes: [UInt8] = []

  static func text(_ value: Value) -> [UInt8] {
    var writer = ValueText()
    writer.write(value)
    return writer.bytes
  }

  private enum Step {
    case value(Value)
    case bytes(StaticString)
  }

  /// Levels that are written on the thread's own stack.
  private static let levels = 24

  mutating func write(_ value: Value) { write(value, levels: Self.levels) }

  private mutating func write(_ value: Value, levels: Int) {
    switch value.tag {
    case .integer: bytes.append(decimal: Int64(bitPattern: value.body))
    case .shortString, .longString: unsafe value.withText { unsafe quote($0) }
    case .array, .set, .object:
      if levels == 0 { return writeDeep(value) }
      writeParts(of: value, levels: levels - 1)
    default: writeDeep(value)
    }
  }

  private mutating func writeParts(of value: Value, levels: Int) {
    switch value.tag {
    case .array:
      let view = value.arrayView
      bytes.append(0x5B)
      for index in 0..<view.count {
        if index > 0 { append(", ") }
        write(view[index], levels: levels)
      }
      bytes.append(0x5D)
    case .set:
      let view = value.setView
      if view.count == 0 { return append("set()") }
      view.sort()
      bytes.append(0x7B)
      for index in 0..<view.count {
        if index > 0 { append(", ") }
        write(view[index], levels: levels)
      }
      bytes.append(0x7D)
    default:
      let view = value.objectView
      view.sort()
      bytes.append(0x7B)
      for index in 0..<view.count {
        if index > 0 { append(", ") }
        write(view.key(at: index), levels: levels)
        append(": ")
        write(view.value(at: index), levels: levels)
      }
      bytes.append(0x7D)
    }
  }

  private mutating func writeDeep(_ value: Value) {
    var steps: [Step] = [.value(value)]
    while let step = steps.popLast() {
      switch step {
      case .bytes(let text): append(text)
      case .value(let value):
        switch value.tag {
        case .undefined: append("undefined")
        case .null: append("null")
        case .boolean: append(value.isTrue ? "true" : "false")
        case .integer, .number: bytes += Numbers.text(value)
        case .shortString, .longString: unsafe value.withText { unsafe quote($0) }
        case .array: push(value.elements, open: "[", close: "]", to: &steps)
        case .set:
          if value.setView.count == 0 { append("set()") } else { push(value.elements, open: "{", close: "}", to: &steps) }
        case .object:
          append("{")
          steps.append(.bytes("}"))
          for (index, member) in Members(value.objectView).enumerated().reversed() {
            steps.append(.value(member.value))
            steps.append(.bytes(": "))
            steps.append(.value(member.key))
            if index > 0 { steps.append(.bytes(", ")) }
          }
        }
      }
    }
  }

  private mutating func push(_ elements: [Value], open: StaticString, close: StaticString, to steps: inout [Step]) {
    append(open)
    steps.append(.bytes(close))
    for (index, element) in elements.enumerated().reversed() {
      steps.append(.value(element))
      if index > 0 { steps.append(.bytes(", ")) }
    }
  }

  private mutating func append(_ text: StaticString) {
    // SAFETY: a static string's bytes live for ever.
    text.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
  }

  private mutating func quote(_ text: UnsafeBufferPointer<UInt8>) { unsafe Self.quote(text, into: &bytes) }

  /// `text` as a string of Go and Rego (Go's `strconv.Quote`): what cannot be printed is escaped.
  static func quote(_ text: UnsafeBufferPointer<UInt8>, into bytes: inout [UInt8], asciiOnly: Bool = false) {
    bytes.append(0x22)
    let isPlain = unsafe text.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }
    if isPlain {
      unsafe bytes.append(contentsOf: text)
    } else {
      for scalar in unsafe String(decoding: text, as: UTF8.self).unicodeScalars {
        escape(scalar, quote: 0x22, into: &bytes, asciiOnly: asciiOnly)
      }
    }
    bytes.append(0x22)
  }

  static func quote(_ text: [UInt8], asciiOnly: Bool = false) -> [UInt8] {
    var result: [UInt8] = []
    unsafe text.withUnsafeBufferPointer { unsafe quote($0, into: &result, asciiOnly: asciiOnly) }
    return result
  }

  static func escape(_ scalar: Unicode.Scalar, quote: UInt8, into bytes: inout [UInt8], asciiOnly: Bool) {
    switch scalar.value {
    case UInt32(quote), 0x5C:
      bytes.append(0x5C)
      bytes.append(UInt8(truncatingIfNeeded: scalar.value))
    case 0x20..<0x7F: bytes.append(UInt8(truncatingIfNeeded: scalar.value))
    case 0x07: bytes += "\\a".utf8
    case 0x08: bytes += "\\b".utf8
    case 0x0C: bytes += "\\f".utf8
    case 0x0A: bytes += "\\n".utf8
    case 0x0D: bytes += "\\r".utf8
    case 0x09: bytes += "\\t".utf8
    case 0x0B: bytes += "\\v".utf8
    case 0..<0x20, 0x7F: bytes += ("\\x" + hexadecimal(scalar.value, width: 2)).utf8
    default:
      if !asciiOnly, isPrintable(scalar) {
        bytes += String(Character(scalar)).utf8
      } else if scalar.value < 0x10000 {
        bytes += ("\\u" + hexadecimal(scalar.value, width: 4)).utf8
      } else {
        bytes += ("\\U" + hexadecimal(scalar.value, width: 8)).utf8
      }
    }
  }

  private static func hexadecimal(_ value: UInt32, width: Int) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  /// Go's `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols and the ASCII space.
  static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .spaceSeparator, .lineSeparator, .paragraphSeparator: scalar == " "
    default: true
    }
  }
}
