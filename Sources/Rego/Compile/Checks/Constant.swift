/// A value known before evaluation, as a key of a document or of an object type. Ordered as OPA orders values.
indirect enum Constant: Hashable, Comparable, Sendable {
  case null
  case boolean(Bool)
  case number(Number)
  case string(String)
  /// Sets too, as OPA's types take them.
  case array([Constant])
  /// In the order of the keys.
  case object([Member])

  struct Member: Hashable, Sendable {
    var key: Constant
    var value: Constant
  }

  /// A number by its value where a Double holds it: 1 and 1.0 are one key.
  struct Number: Hashable, Sendable {
    let text: String
    let value: Double

    init(_ text: String) {
      value = Double(text) ?? 0
      if let integer = Int(text) {
        self.text = String(integer)
      } else if let integer = Int(exactly: value), value.magnitude < 9_007_199_254_740_992 {
        self.text = String(integer)
      } else {
        self.text = text
      }
    }

    static func == (a: Number, b: Number) -> Bool { a.text == b.text }
    func hash(into hasher: inout Hasher) { hasher.combine(text) }
  }

  private var rank: Int {
    switch self {
    case .null: 0
    case .boolean: 1
    case .number: 2
    case .string: 3
    case .array: 4
    case .object: 5
    }
  }

  static func < (a: Constant, b: Constant) -> Bool { a.order(b) < 0 }

  /// Negative, zero or positive.
  func order(_ other: Constant) -> Int {
    switch (self, other) {
    case (.boolean(let a), .boolean(let b)): return a == b ? 0 : a ? 1 : -1
    case (.number(let a), .number(let b)):
      if a.text == b.text { return 0 }
      if a.value != b.value { return a.value < b.value ? -1 : 1 }
      return a.text < b.text ? -1 : 1
    case (.string(let a), .string(let b)):
      if a == b { return 0 }
      return a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
    case (.array(let a), .array(let b)): return Self.order(a, b)
    case (.object(let a), .object(let b)):
      let keys = Self.order(a.map(\.key), b.map(\.key))
      return keys != 0 ? keys : Self.order(a.map(\.value), b.map(\.value))
    default: return rank - other.rank
    }
  }

  private static func order(_ a: [Constant], _ b: [Constant]) -> Int {
    for (x, y) in zip(a, b) {
      let order = x.order(y)
      if order != 0 { return order }
    }
    return a.count - b.count
  }

  /// As it stands in a type: strings without quotes.
  var typeText: String {
    switch self {
    case .null: "<nil>"
    case .boolean(let value): value ? "true" : "false"
    case .number(let number): number.text
    case .string(let text): text
    case .array(let items): "[" + items.map(\.typeText).joined(separator: " ") + "]"
    case .object(let members): "map[" + members.map { $0.key.typeText + ":" + $0.value.typeText }.joined(separator: " ") + "]"
    }
  }

  /// As a value.
  var text: String {
    switch self {
    case .null: "null"
    case .string(let text): Term.quoted(text)
    case .array(let items): "[" + items.map(\.text).joined(separator: ", ") + "]"
    case .object(let members): "{" + members.map { $0.key.text + ": " + $0.value.text }.joined(separator: ", ") + "}"
    default: typeText
    }
  }
}
