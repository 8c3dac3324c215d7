internal import Rego

extension RegoValue.Member {
  init(_ key: String, _ value: RegoValue) { self.init(.string(key), value) }
}

/// JSON over several lines whose keys stand in the order given, as Go writes a structure.
struct OrderedJSON {
  private var lines = ""

  static func text(_ value: RegoValue) -> String {
    var writer = OrderedJSON()
    writer.write(value, "")
    return writer.lines
  }

  private mutating func write(_ value: RegoValue, _ indent: String) {
    switch value {
    case .array(let elements) where !elements.isEmpty, .set(let elements) where !elements.isEmpty:
      list("[", "]", indent, elements.map { (nil, $0) })
    case .object(let members) where !members.isEmpty:
      list("{", "}", indent, members.map { (Self.key($0.key), $0.value) })
    case .array, .set: lines += "[]"
    case .object: lines += "{}"
    default: lines += Self.compact(value)
    }
  }

  private mutating func list(_ open: String, _ close: String, _ indent: String, _ items: [(key: String?, value: RegoValue)]) {
    lines += open + "\n"
    for (index, item) in items.enumerated() {
      lines += indent + "  " + (item.key.map { $0 + ": " } ?? "")
      write(item.value, indent + "  ")
      lines += index + 1 < items.count ? ",\n" : "\n"
    }
    lines += indent + close
  }

  static func compact(_ value: RegoValue) -> String { String(decoding: Document(value).json(), as: UTF8.self) }

  /// A key as a JSON text, whatever it is.
  private static func key(_ key: RegoValue) -> String {
    if case .string = key { return compact(key) }
    return compact(.string(compact(key)))
  }
}
