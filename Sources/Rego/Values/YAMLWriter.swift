/// Writes values as a YAML document in block style, members in the order of their keys, as OPA's `yaml.marshal` does.
struct YAMLWriter {
  private var bytes: [UInt8] = []
  private let context: BuiltinContext

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
      if elements.isEmpty { return line("[]") }
      for (index, element) in elements.enumerated() {
        if index > 0 || !isInline { bytes += [UInt8](repeating: 0x20, count: indent) }
        bytes += [0x2D, 0x20]
        try write(element, indent: indent + 2, isInline: true)
      }
    case .object:
      let members = Members(value.objectView)
      if members.isEmpty { return line("{}") }
      for (index, (key, member)) in members.enumerated() {
        if index > 0 || !isInline { bytes += [UInt8](repeating: 0x20, count: indent) }
        scalar(key.isString ? key.text : JSONWriter.text(key), indent: indent, isKey: true)
        bytes.append(0x3A)
        let isEmpty = member.elementCount == 0
        if member.isComposite, !isEmpty {
          bytes.append(0x0A)
          // A sequence stands below its key without further indentation.
          try write(member, indent: member.isObject ? indent + 2 : indent, isInline: false)
        } else {
          bytes.append(0x20)
          try write(member, indent: indent + 2, isInline: true)
        }
      }
    case .shortString, .longString:
      scalar(value.text, indent: max(indent, 2), isKey: false)
      if bytes.last != 0x0A || value.textCount == 0 { bytes.append(0x0A) }
    default: line(String(decoding: JSONWriter.text(value), as: UTF8.self))
    }
  }

  private mutating func line(_ text: String) {
    bytes += text.utf8
    bytes.append(0x0A)
  }

  /// A text: plain where that is read back as the same text, else in quotes; several lines as a block.
  private mutating func scalar(_ text: [UInt8], indent: Int, isKey: Bool) {
    let scalars = String(decoding: text, as: UTF8.self).unicodeScalars
    let isPrintable = scalars.allSatisfy { $0 == "\n" || (ValueText.isPrintable($0) && $0.value != 0xFEFF) }
    if !isPrintable || YAMLScalar.isWord(text) || text.isEmpty {
      bytes += JSONWriter.text(Value.string(text, in: context.heap))
    } else if text.contains(0x0A) {
      let isBlock = !isKey && text.first != 0x0A && text.first != 0x20 && !text.starts(with: [0x0A])
      guard isBlock else {
        bytes += JSONWriter.text(Value.string(text, in: context.heap))
        return
      }
      var lines = text.split(separator: 0x0A, omittingEmptySubsequences: false)
      let ends = text.reversed().prefix { $0 == 0x0A }.count
      bytes += (ends == 0 ? "|-" : (ends == 1 ? "|" : "|+")).utf8
      bytes.append(0x0A)
      if ends > 0 { lines.removeLast() }
      for line in lines {
        if !line.isEmpty { bytes += [UInt8](repeating: 0x20, count: indent) + line }
        bytes.append(0x0A)
      }
    } else if Self.isPlain(text) {
      bytes += text
    } else {
      bytes.append(0x27)
      for byte in text { bytes += byte == 0x27 ? [0x27, 0x27] : [byte] }
      bytes.append(0x27)
    }
  }

  private static func isPlain(_ text: [UInt8]) -> Bool {
    guard let first = text.first, let last = text.last, first != 0x20, last != 0x20, last != 0x3A else { return false }
    if Array("#,[]{}&*!|>'\"%@`".utf8).contains(first) { return false }
    if first == 0x2D || first == 0x3F || first == 0x3A, text.count == 1 || text[1] == 0x20 { return false }
    if text.starts(with: Array("---".utf8)) || text.starts(with: Array("...".utf8)) { return false }
    for (index, byte) in text.enumerated() where index > 0 {
      if byte == 0x23, text[index - 1] == 0x20 { return false }
      if byte == 0x20, text[index - 1] == 0x3A { return false }
    }
    return true
  }
}
