/// Signatures as `opa capabilities` lists them.
extension Signature {
  private static let infix = [
    "assign": ":=", "eq": "=", "equal": "==", "neq": "!=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">=", "plus": "+", "minus": "-",
    "mul": "*", "div": "/", "rem": "%", "and": "&", "or": "|", "internal.member_2": "in", "internal.member_3": "in",
  ]

  var json: RegoValue {
    var declaration: [RegoValue.Member] = []
    if !arguments.isEmpty { declaration.append(.init(.string("args"), .array(arguments.map { StaticType.json($0.type) }))) }
    if let variadic { declaration.append(.init(.string("variadic"), StaticType.json(variadic))) }
    if let result { declaration.append(.init(.string("result"), StaticType.json(result.type))) }
    declaration.append(.init(.string("type"), .string("function")))
    var members: [RegoValue.Member] = [.init(.string("name"), .string(name)), .init(.string("decl"), .object(declaration))]
    if let sign = Self.infix[name] { members.append(.init(.string("infix"), .string(sign))) }
    if isRelation { members.append(.init(.string("relation"), .boolean(true))) }
    if isDeprecated { members.append(.init(.string("deprecated"), .boolean(true))) }
    if Builtins.all[name]?.isNondeterministic == true { members.append(.init(.string("nondeterministic"), .boolean(true))) }
    return .object(members)
  }
}

extension StaticType {
  static func json(_ type: StaticType?) -> RegoValue {
    func typed(_ name: String, _ members: [RegoValue.Member] = []) -> RegoValue {
      .object([.init(.string("type"), .string(name))] + members)
    }
    switch type {
    case nil: return typed("any")
    case .union(let types) where types.isEmpty: return typed("any")
    case .null: return typed("null")
    case .boolean: return typed("boolean")
    case .number: return typed("number")
    case .string: return typed("string")
    case .array(let array):
      var members: [RegoValue.Member] = []
      if !array.elements.isEmpty { members.append(.init(.string("static"), .array(array.elements.map { json($0) }))) }
      if let rest = array.rest { members.append(.init(.string("dynamic"), json(rest))) }
      return typed("array", members)
    case .object(let object):
      var members: [RegoValue.Member] = []
      if !object.properties.isEmpty {
        members.append(
          .init(
            .string("static"),
            .array(
              object.properties.map { property in
                var key: RegoValue = .null
                if case .string(let text) = property.key { key = .string(text) }
                return .object([.init(.string("key"), key), .init(.string("value"), json(property.value))])
              })))
      }
      if let rest = object.rest {
        members.append(
          .init(.string("dynamic"), .object([.init(.string("key"), json(rest.key)), .init(.string("value"), json(rest.value))])))
      }
      return typed("object", members)
    case .set(let set): return typed("set", [.init(.string("of"), json(set.element))])
    case .union(let types): return typed("any", [.init(.string("of"), .array(types.map { json($0) }))])
    case .function(let function):
      return typed(
        "function",
        [.init(.string("args"), .array(function.arguments.map { json($0) }))]
          + (function.result.map { [.init(.string("result"), json($0))] } ?? []))
    }
  }
}

/// What the engine offers policies.
public enum Capabilities {
  /// As `opa capabilities --current` writes it: built-in functions with what they take and give, features of the language.
  ///
  /// - Parameter functions: those besides the engine's own.
  public static func json(with functions: [BuiltinFunction] = []) -> RegoValue {
    let all = Set(Builtins.all.keys).union(functions.map(\.name))
    let names = all.filter { Signature.all[$0] != nil }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    return .object([
      .init(.string("builtins"), .array(names.compactMap { Signature.all[$0]?.json })),
      .init(.string("features"), .array(["keywords_in_refs", "rego_v1", "template_strings"].map { .string($0) })),
    ])
  }
}
