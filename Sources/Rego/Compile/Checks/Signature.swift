/// What a built-in function takes and gives.
struct Signature: Sendable {
  struct Operand: Sendable {
    /// "" where OPA gives none.
    var name: String
    var type: StaticType

    var text: String { (name.isEmpty ? "" : name + ": ") + StaticType?.some(type).text }
  }

  var name: String
  var arguments: [Operand]
  var variadic: StaticType?
  /// Nil for functions without a value.
  var result: Operand?
  let function: StaticType.FunctionType

  init(name: String, arguments: [Operand], variadic: StaticType?, result: Operand?) {
    self.name = name
    self.arguments = arguments
    self.variadic = variadic
    self.result = result
    function = StaticType.FunctionType(arguments.map(\.type), variadic: variadic, result: result?.type)
  }

  /// May have several values for the same operands.
  var isRelation: Bool { name == "walk" }

  var isDeprecated: Bool { Self.deprecated.contains(name) }

  private static let deprecated: Set<String> = [
    "all", "any", "cast_array", "cast_boolean", "cast_null", "cast_object", "cast_set", "cast_string", "net.cidr_overlap", "re_match",
    "set_diff",
  ]

  /// "(x: number, y: number)".
  func text(withResult: Bool) -> String {
    var parts = arguments.map(\.text)
    if withResult, let result { parts.append(result.text) }
    if let variadic { parts.append(StaticType?.some(variadic).text + "...") }
    return "(" + parts.joined(separator: ", ") + ")"
  }

  /// Signatures of these functions: their own, else OPA's; others take and give anything.
  static func table(for builtins: [String: Builtin]) -> [String: Signature] {
    var result = all
    for builtin in builtins.values where builtin.signature != nil || result[builtin.name] == nil {
      result[builtin.name] =
        builtin.signature
        ?? Signature(
          name: builtin.name, arguments: Array(repeating: Operand(name: "", type: .any), count: builtin.arity), variadic: nil,
          result: Operand(name: "", type: .any))
    }
    return result
  }

  /// OPA's, by name.
  static let all: [String: Signature] = {
    var result: [String: Signature] = [:]
    var lines: [String] = []
    for line in table.split(separator: "\n") {
      if line.hasPrefix(" "), !lines.isEmpty { lines[lines.count - 1] += line.dropFirst() } else { lines.append(String(line)) }
    }
    for line in lines {
      var reader = SignatureReader(line)
      if let signature = reader.signature() { result[signature.name] = signature }
    }
    return result
  }()
}

/// Reads "count(collection: any<string, array[any]>) -> n: number".
struct SignatureReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ line: String) { bytes = Array(line.utf8) }

  mutating func signature() -> Signature? {
    let name = text(until: "(")
    guard take("(") else { return nil }
    var arguments: [Signature.Operand] = []
    var variadic: StaticType?
    while !take(")") {
      guard let operand = operand() else { return nil }
      if take("...") { variadic = operand.type } else { arguments.append(operand) }
      _ = take(", ")
    }
    var result: Signature.Operand?
    if take(" -> ") {
      guard let operand = operand() else { return nil }
      result = operand
    }
    return Signature(name: name, arguments: arguments, variadic: variadic, result: result)
  }

  private mutating func take(_ word: String) -> Bool {
    guard bytes[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  private mutating func text(until end: Character) -> String {
    let start = position
    while position < bytes.count, bytes[position] != end.asciiValue { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  /// "name: type", or a type alone.
  private mutating func operand() -> Signature.Operand? {
    let start = position
    while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x5F || Self.isWord(bytes[position]) { position += 1 }
    let name = String(decoding: bytes[start..<position], as: UTF8.self)
    guard take(": ") else {
      position = start
      return type().map { Signature.Operand(name: "", type: $0) }
    }
    return type().map { Signature.Operand(name: name, type: $0) }
  }

  private static func isWord(_ byte: UInt8) -> Bool { byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte >= 0x30 && byte <= 0x39 }

  private mutating func type() -> StaticType? {
    if take("null") { return .null }
    if take("boolean") { return .boolean }
    if take("number") { return .number }
    if take("string") { return .string }
    if take("any") {
      guard take("<") else { return .any }
      return .union(types(until: ">").sorted { StaticType.order($0, $1) < 0 })
    }
    if take("set[") { return types(until: "]").first.map { .set(of: $0) } }
    if take("array") {
      let elements = take("<") ? types(until: ">") : []
      return .array(elements, rest: take("[") ? types(until: "]").first : nil)
    }
    guard take("object") else { return nil }
    var properties: [StaticType.Property] = []
    if take("<") {
      while !take(">") {
        guard let operand = operand() else { return nil }
        properties.append(StaticType.Property(key: .string(operand.name), value: operand.type))
        _ = take(", ")
      }
    }
    guard take("[") else { return .object(properties, rest: nil) }
    guard let key = type(), take(": "), let value = type(), take("]") else { return nil }
    return .object(properties, rest: StaticType.Properties(key: key, value: value))
  }

  private mutating func types(until end: String) -> [StaticType] {
    var result: [StaticType] = []
    while !take(end) {
      guard let type = type() else { return result }
      result.append(type)
      _ = take(", ")
    }
    return result
  }
}
