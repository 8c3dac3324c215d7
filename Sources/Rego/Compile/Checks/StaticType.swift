/// What is known of a value before evaluation, as OPA's types have it (v1/types). Where a type cannot be told it is nil, not `any`.
indirect enum StaticType: Sendable {
  case null
  case boolean
  case number
  case string
  case array(ArrayType)
  case object(ObjectType)
  case set(SetType)
  /// One of these, sorted; of none for `any`.
  case union([StaticType])
  case function(FunctionType)

  static let any = StaticType.union([])

  final class ArrayType: Sendable {
    /// Types of the first elements; with no `rest` these are all.
    let elements: [StaticType?]
    let rest: StaticType?
    let size: Int
    let depth: Int

    init(_ elements: [StaticType?], rest: StaticType?) {
      self.elements = elements
      self.rest = rest
      size = elements.reduce(rest.size) { $0 + $1.size }
      depth = elements.reduce(rest.depth) { max($0, $1.depth) } + 1
    }

    subscript(index: Int) -> StaticType? { index < 0 ? nil : index < elements.count ? elements[index] : rest }
  }

  struct Property: Sendable {
    var key: Constant
    var value: StaticType?
  }

  struct Properties: Sendable {
    var key: StaticType?
    var value: StaticType?
  }

  final class ObjectType: Sendable {
    /// In the order of the keys.
    let properties: [Property]
    /// Of keys that are not named.
    let rest: Properties?
    let size: Int
    let depth: Int

    init(_ properties: [Property], rest: Properties?) {
      var sorted = properties
      if zip(properties, properties.dropFirst()).contains(where: { $0.key >= $1.key }) {
        var values: [Constant: StaticType?] = [:]
        for property in properties { values[property.key] = .some(property.value) }
        sorted = values.map { Property(key: $0.key, value: $0.value) }.sorted { $0.key < $1.key }
      }
      self.properties = sorted
      self.rest = rest
      size = sorted.reduce(rest.map { $0.key.size + $0.value.size } ?? 0) { $0 + $1.value.size + 1 }
      depth = sorted.reduce(rest.map { max($0.key.depth, $0.value.depth) } ?? 0) { max($0, $1.value.depth) } + 1
    }

    subscript(key: Constant) -> StaticType? {
      var low = 0
      var high = properties.count
      while low < high {
        let middle = (low + high) / 2
        if properties[middle].key < key { low = middle + 1 } else { high = middle }
      }
      if low < properties.count, properties[low].key == key { return properties[low].value }
      guard let rest, StaticType.contains(rest.key, StaticType.of(key)) else { return nil }
      return rest.value
    }
  }

  final class SetType: Sendable {
    let element: StaticType?
    let size: Int
    let depth: Int

    init(_ element: StaticType?) {
      self.element = element
      size = element.size
      depth = element.depth + 1
    }
  }

  final class FunctionType: Sendable {
    let arguments: [StaticType?]
    let variadic: StaticType?
    let result: StaticType?

    init(_ arguments: [StaticType?], variadic: StaticType? = nil, result: StaticType?) {
      self.arguments = arguments
      self.variadic = variadic
      self.result = result
    }
  }

  // MARK: Making

  /// A type of more parts than this becomes `any`: what is compared stays small, however a module nests its values.
  static let sizeLimit = 20_000
  /// The same for the depth, which every walk over a type uses stack for.
  static let depthLimit = 64

  static func array(_ elements: [StaticType?], rest: StaticType?) -> StaticType {
    let type = ArrayType(elements, rest: rest)
    return type.size > sizeLimit || type.depth > depthLimit ? .any : .array(type)
  }

  static func object(_ properties: [Property], rest: Properties?) -> StaticType {
    let type = ObjectType(properties, rest: rest)
    return type.size > sizeLimit || type.depth > depthLimit ? .any : .object(type)
  }

  static func set(of element: StaticType?) -> StaticType {
    let type = SetType(element)
    return type.size > sizeLimit || type.depth > depthLimit ? .any : .set(type)
  }

  var isAny: Bool { if case .union(let members) = self { members.isEmpty } else { false } }

  var size: Int {
    switch self {
    case .null, .boolean, .number, .string: 1
    case .array(let type): type.size + 1
    case .object(let type): type.size + 1
    case .set(let type): type.size + 1
    case .union(let members): members.reduce(1) { $0 + $1.size }
    case .function(let type): type.arguments.reduce(1 + type.result.size) { $0 + $1.size }
    }
  }

  var depth: Int {
    switch self {
    case .array(let type): type.depth
    case .object(let type): type.depth
    case .set(let type): type.depth
    case .union(let members): members.reduce(0) { max($0, $1.depth) }
    default: 0
    }
  }

  /// The type of a known value.
  static func of(_ constant: Constant) -> StaticType {
    switch constant {
    case .null: .null
    case .boolean: .boolean
    case .number: .number
    case .string: .string
    case .array(let items): .array(items.map { of($0) }, rest: nil)
    case .object(let members): .object(members.map { Property(key: $0.key, value: of($0.value)) }, rest: nil)
    }
  }

  // MARK: Order

  private var rank: Int {
    switch self {
    case .null: 0
    case .boolean: 1
    case .number: 2
    case .string: 3
    case .array: 4
    case .object: 5
    case .set: 6
    case .union: 7
    case .function: 8
    }
  }

  /// Negative, zero or positive; an unknown type comes first.
  static func order(_ a: StaticType?, _ b: StaticType?) -> Int {
    guard let a else { return b == nil ? 0 : -1 }
    guard let b else { return 1 }
    switch (a, b) {
    case (.array(let x), .array(let y)):
      if x === y { return 0 }
      if (x.rest == nil) != (y.rest == nil) { return x.rest == nil ? -1 : 1 }
      let rest = order(x.rest, y.rest)
      return rest != 0 ? rest : order(x.elements, y.elements)
    case (.object(let x), .object(let y)): return x === y ? 0 : order(x, y)
    case (.set(let x), .set(let y)): return x === y ? 0 : order(x.element, y.element)
    case (.union(let x), .union(let y)): return order(x, y)
    case (.function(let x), .function(let y)):
      if x.arguments.count != y.arguments.count { return x.arguments.count - y.arguments.count }
      let arguments = order(x.arguments, y.arguments)
      if arguments != 0 { return arguments }
      let result = order(x.result, y.result)
      return result != 0 ? result : order(x.variadic, y.variadic)
    default: return a.rank - b.rank
    }
  }

  private static func order(_ a: [StaticType?], _ b: [StaticType?]) -> Int {
    for (x, y) in zip(a, b) {
      let order = order(x, y)
      if order != 0 { return order }
    }
    return a.count - b.count
  }

  private static func order(_ a: ObjectType, _ b: ObjectType) -> Int {
    if (a.rest == nil) != (b.rest == nil) { return a.rest == nil ? -1 : 1 }
    if let x = a.rest, let y = b.rest {
      let keys = order(x.key, y.key)
      if keys != 0 { return keys }
      let values = order(x.value, y.value)
      if values != 0 { return values }
    }
    for (x, y) in zip(a.properties, b.properties) {
      let keys = x.key.order(y.key)
      if keys != 0 { return keys }
      let values = order(x.value, y.value)
      if values != 0 { return values }
    }
    return a.properties.count - b.properties.count
  }

  /// `a` is `b` or a union that has it.
  static func contains(_ a: StaticType?, _ b: StaticType?) -> Bool {
    if case .union(let members) = a {
      if members.isEmpty { if case .function = b { return false } else { return true } }
      return members.contains { order($0, b) == 0 }
    }
    return order(a, b) == 0
  }

  // MARK: Unions

  /// The union of two types; an unknown one adds nothing.
  static func or(_ a: StaticType?, _ b: StaticType?) -> StaticType? {
    guard let a else { return b }
    guard let b else { return a }
    switch (a, b) {
    case (.function(let x), .function(let y)):
      guard x.arguments.count == y.arguments.count, (x.variadic == nil) == (y.variadic == nil) else { return nil }
      return .function(
        FunctionType(
          zip(x.arguments, y.arguments).map { or($0, $1) }, variadic: or(x.variadic, y.variadic), result: or(x.result, y.result)))
    case (.function, _), (_, .function): return nil
    default: return order(a, b) == 0 ? a : united([a, b])
    }
  }

  /// The union of types that are no functions.
  static func united(_ types: [StaticType?]) -> StaticType? {
    var members: [StaticType] = []
    for type in types {
      guard let type else { continue }
      if case .union(let inner) = type {
        if inner.isEmpty { return .any }
        members += inner
      } else {
        members.append(type)
      }
    }
    if members.count <= 1 {
      guard let only = members.first else { return nil }
      // A union of one stays one.
      return types.contains { if case .union = $0 { true } else { false } } ? .union([only]) : only
    }
    members.sort { order($0, $1) < 0 }
    var unique = [members[0]]
    for member in members.dropFirst() where order(unique[unique.count - 1], member) != 0 { unique.append(member) }
    if unique.count == 1, !types.contains(where: { if case .union = $0 { true } else { false } }) { return unique[0] }
    return unique.reduce(0, { $0 + $1.size }) > sizeLimit ? .any : .union(unique)
  }

  // MARK: Parts

  /// The type behind a known key.
  func selected(_ key: Constant) -> StaticType? {
    switch self {
    case .array(let type):
      guard case .number(let number) = key, let index = Int(number.text) else { return nil }
      return type[index]
    case .object(let type): return type[key]
    case .set(let type):
      let wanted = StaticType.of(key)
      if Self.order(type.element, wanted) == 0 { return type.element }
      if case .union = type.element { return Self.contains(type.element, wanted) ? wanted : nil }
      return nil
    case .union(let members):
      return members.isEmpty ? .any : Self.united(members.map { $0.selected(key) })
    default: return nil
    }
  }

  /// The type of the keys of a collection; nil for other values.
  var keys: StaticType? {
    switch self {
    case .array: .number
    case .object(let type): Self.united(type.properties.map { StaticType.of($0.key) } + [type.rest?.key])
    case .set(let type): type.element
    case .union(let members): members.isEmpty ? .any : Self.united(members.map(\.keys))
    default: nil
    }
  }

  /// The type of the values of a collection; nil for other values.
  var values: StaticType? {
    switch self {
    case .array(let type): Self.united(type.elements + [type.rest])
    case .object(let type): Self.united(type.properties.map(\.value) + [type.rest?.value])
    case .set(let type): type.element
    case .union(let members): members.isEmpty ? .any : Self.united(members.map(\.values))
    default: nil
    }
  }

  /// Keys that an object type names, as values.
  var namedKeys: [Constant] {
    switch self {
    case .object(let type): type.properties.map(\.key)
    case .union(let members): Set(members.flatMap(\.namedKeys)).sorted()
    default: []
    }
  }
}

extension StaticType? {
  fileprivate var size: Int { self?.size ?? 1 }
  fileprivate var depth: Int { self?.depth ?? 0 }

  /// It, or a part of it, cannot be told.
  var isUnknown: Bool {
    switch self {
    case nil: true
    case .function(let type): type.arguments.contains { $0.isUnknown } || type.result.isUnknown
    case .array(let type): type.elements.contains { $0.isUnknown } || (type.rest != nil && type.rest.isUnknown)
    case .object(let type):
      type.properties.contains { $0.value.isUnknown } || type.rest.map { $0.key.isUnknown || $0.value.isUnknown } ?? false
    case .set(let type): type.element.isUnknown
    default: false
    }
  }

  /// As OPA prints it.
  var text: String {
    switch self {
    case nil: return "???"
    case .null: return "null"
    case .boolean: return "boolean"
    case .number: return "number"
    case .string: return "string"
    case .array(let type):
      let elements = type.elements.isEmpty ? "" : "<" + type.elements.map(\.text).joined(separator: ", ") + ">"
      return "array" + elements + (type.rest == nil ? "" : "[" + type.rest.text + "]")
    case .object(let type):
      let properties = type.properties.map { $0.key.typeText + ": " + $0.value.text }.joined(separator: ", ")
      let rest = type.rest.map { "[" + $0.key.text + ": " + $0.value.text + "]" } ?? ""
      return "object" + (type.properties.isEmpty ? "" : "<" + properties + ">") + rest
    case .set(let type): return "set[" + type.element.text + "]"
    case .union(let members):
      return members.isEmpty ? "any" : "any<" + members.map { StaticType?.some($0).text }.joined(separator: ", ") + ">"
    case .function(let type):
      let variadic = type.variadic == nil ? [] : [type.variadic.text + "..."]
      return "(" + (type.arguments.map(\.text) + variadic).joined(separator: ", ") + ") => " + type.result.text
    }
  }
}

extension StaticType {
  static func list(_ types: [StaticType?]) -> String { "(" + types.map(\.text).joined(separator: ", ") + ")" }
}
