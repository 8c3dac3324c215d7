/// Writes values as a YAML document in block style, as OPA's `yaml.marshal` does: members in go-yaml's order of keys, long texts broken
/// at spaces once a line is wider than 80 characters.
struct YAMLWriter {
  private var bytes: [UInt8] = []
  /// Where the last line begins in `bytes`.
  private var lineStart = 0
  private let context: BuiltinContext

  private static let width = 80

  static func text(_ value: Value, _ context: BuiltinContext) throws(BuiltinError) -> [UInt8] {
    var writer = YAMLWriter(context: context)
    try writer.write(value, indent: 0, isInline: true)
    return writer.bytes
  }

  private init(context: BuiltinContext) { self.context = context }

  /// - Parameter isInline: The line was begun by a dash, or is the first one: a container's first line goes on there.
  private mutating func write(_ value: Value, indent: Int, isInline: Bool) throws(BuiltinError) {
    try context.spend(1 + indent >> 3)
    switch value.tag {
    case .array, .set:
      let elements = value.elements
      if elements.isEmpty { return line(Array("[]".utf8)) }
      for (index, element) in elements.enumerated() {
        if index > 0 || !isInline { pad(indent) }
        bytes += [0x2D, 0x20]
        try write(element, indent: indent + 2, isInline: true)
      }
    case .object:
      if value.elementCount == 0 { return line(Array("{}".utf8)) }
      for (index, member) in YAMLKey.members(value).enumerated() {
        if index > 0 || !isInline { pad(indent) }
        try write(member.value, under: member.key, indent: indent)
      }
    case .shortString, .longString:
      try scalar(YAMLText(value.text), indent: max(indent, 2), isKey: false)
      endLine()
    case .integer, .number: line(YAMLScalar.number(Numbers.text(value)))
    default: line(JSONWriter.text(value))
    }
  }

  private mutating func write(_ member: Value, under key: YAMLKey, indent: Int) throws(BuiltinError) {
    let text = YAMLText(key.text)
    guard text.isSimpleKey else {
      bytes += [0x3F, 0x20]
      try scalar(text, indent: indent + 2, isKey: false)
      endLine()
      pad(indent)
      bytes += [0x3A, 0x20]
      return try write(member, indent: indent + 2, isInline: true)
    }
    try scalar(text, indent: indent, isKey: true)
    bytes.append(0x3A)
    guard member.isComposite, let count = member.elementCount, count > 0 else {
      bytes.append(0x20)
      return try write(member, indent: indent + 2, isInline: true)
    }
    endLine()
    // A sequence stands below its key without further indentation.
    try write(member, indent: member.isObject ? indent + 2 : indent, isInline: false)
  }

  private mutating func line(_ text: [UInt8]) {
    bytes += text
    endLine()
  }

  /// Ends the line where something stands on it.
  private mutating func endLine() {
    if lineStart < bytes.count { breakLine() }
  }

  private mutating func breakLine() {
    bytes.append(0x0A)
    lineStart = bytes.count
  }

  private mutating func pad(_ indent: Int) { bytes += repeatElement(0x20, count: indent) }

  private var isPastWidth: Bool {
    guard bytes.count - lineStart > Self.width else { return false }
    var column = 0
    for byte in bytes[lineStart...] where byte & 0xC0 != 0x80 { column += 1 }
    return column > Self.width
  }
}

// MARK: Scalars

extension YAMLWriter {
  private mutating func scalar(_ text: YAMLText, indent: Int, isKey: Bool) throws(BuiltinError) {
    if text.isForbidden { throw .failed("yaml: control characters are not allowed") }
    switch text.style {
    case .plain: flow(text, indent: indent, isKey: isKey, isQuoted: false)
    case .single:
      bytes.append(0x27)
      flow(text, indent: indent, isKey: isKey, isQuoted: true)
      bytes.append(0x27)
    case .double:
      bytes.append(0x22)
      escaped(text, indent: indent, isKey: isKey)
      bytes.append(0x22)
    case .literal: literal(text, indent: indent)
    }
  }

  /// A text as it stands, plain or between single quotes. Of line breaks it holds only those that are no "\n".
  private mutating func flow(_ text: YAMLText, indent: Int, isKey: Bool, isQuoted: Bool) {
    let last = text.scalars.count - 1
    var isAfterSpace = false, isAfterBreak = false
    for (index, scalar) in text.scalars.enumerated() {
      if scalar == " " {
        let isInside = index > 0 && index < last && text.scalars[index + 1] != " "
        if !isKey, !isAfterSpace, isInside, isPastWidth {
          breakLine()
          pad(indent)
        } else {
          bytes.append(0x20)
        }
        isAfterSpace = true
        continue
      }
      isAfterSpace = false
      if YAMLText.isBreak(scalar) {
        bytes += scalar.utf8
        lineStart = bytes.count
        isAfterBreak = true
        continue
      }
      if isAfterBreak { pad(indent) }
      isAfterBreak = false
      if isQuoted, scalar == "'" { bytes.append(0x27) }
      bytes += scalar.utf8
    }
  }

  private mutating func escaped(_ text: YAMLText, indent: Int, isKey: Bool) {
    let last = text.scalars.count - 1
    var isAfterSpace = false
    for (index, scalar) in text.scalars.enumerated() {
      if scalar == " ", !text.isMarked {
        if !isKey, !isAfterSpace, index > 0, index < last, isPastWidth {
          breakLine()
          pad(indent)
          // A line's leading space counts only behind a backslash.
          if text.scalars[index + 1] == " " { bytes.append(0x5C) }
        } else {
          bytes.append(0x20)
        }
        isAfterSpace = true
        continue
      }
      isAfterSpace = false
      if !text.isMarked, YAMLText.isPrintable(scalar), !YAMLText.isBreak(scalar), scalar != "\"", scalar != "\\" {
        bytes += scalar.utf8
      } else {
        bytes += YAMLText.escape(scalar)
      }
    }
  }

  /// Several lines as a block, with the signs that say how it begins and ends.
  private mutating func literal(_ text: YAMLText, indent: Int) {
    let breaks = text.scalars.reversed().prefix(while: YAMLText.isBreak).count
    bytes.append(0x7C)
    if let first = text.scalars.first, first == " " || YAMLText.isBreak(first) { bytes.append(0x32) }
    if breaks == 0 { bytes.append(0x2D) } else if breaks > 1 || text.scalars.count == 1 { bytes.append(0x2B) }
    breakLine()
    for scalar in text.scalars {
      let isBreak = YAMLText.isBreak(scalar)
      if !isBreak, lineStart == bytes.count { pad(indent) }
      bytes += scalar.utf8
      if isBreak { lineStart = bytes.count }
    }
  }
}
