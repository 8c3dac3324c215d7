/// Parts of the checked tree in OPA's JSON form of syntax.
struct TraceJSON {
  let names: TraceNames

  private func typed(_ type: String, _ value: RegoValue) -> RegoValue {
    .object([.init(.string("type"), .string(type)), .init(.string("value"), value)])
  }

  func term(_ term: CheckTerm) -> RegoValue {
    switch term.kind {
    case .null: return typed("null", .object([]))
    case .boolean(let value): return typed("boolean", .boolean(value))
    case .number(let text): return typed("number", Int64(text).map { .integer($0) } ?? .number(text))
    case .string(let text): return typed("string", .string(text))
    case .variable(let variable): return typed("var", .string(names.compiled(variable)))
    case .reference(let path): return typed("ref", list(path))
    case .call(let terms): return typed("call", list(terms))
    case .array(let terms): return typed("array", list(terms))
    case .set(let terms): return typed("set", list(terms))
    case .object(let items): return typed("object", .array(items.map { .array([self.term($0.key), self.term($0.value)]) }))
    case .comprehension(let comprehension): return self.comprehension(comprehension)
    case .template(let parts):
      return typed("templatestring", .array(parts.map { if case .text(let text) = $0 { .string(text) } else { .null } }))
    }
  }

  private func list(_ terms: some Sequence<CheckTerm>) -> RegoValue { .array(terms.map { term($0) }) }

  private func comprehension(_ comprehension: CheckComprehension) -> RegoValue {
    var members: [RegoValue.Member] = []
    let type: String
    switch comprehension.shape {
    case .array: type = "arraycomprehension"
    case .set: type = "setcomprehension"
    case .object: type = "objectcomprehension"
    }
    if let key = comprehension.key {
      members = [.init(.string("key"), term(key)), .init(.string("value"), term(comprehension.term))]
    } else {
      members = [.init(.string("term"), term(comprehension.term))]
    }
    members.append(.init(.string("body"), body(comprehension.body)))
    return typed(type, .object(members))
  }

  func body(_ body: CheckBody) -> RegoValue {
    .array(body.expressions.enumerated().map { expression($0.element, index: $0.offset) })
  }

  func expression(_ expression: CheckExpression, index: Int) -> RegoValue {
    var members: [RegoValue.Member] = []
    if expression.isGenerated { members.append(.init(.string("generated"), .boolean(true))) }
    members.append(.init(.string("index"), .integer(Int64(index))))
    if expression.isNegated { members.append(.init(.string("negated"), .boolean(true))) }
    let terms: RegoValue
    switch expression.kind {
    case .term(let term): terms = self.term(term)
    case .call(let operands): terms = list(operands)
    case .some(let symbols): terms = .object([.init(.string("symbols"), list(symbols))])
    case .someIn(let key, let value, let collection): terms = list((key.map { [$0] } ?? []) + [value, collection])
    case .every(let every):
      terms = .object([
        .init(.string("key"), every.key.map { term($0) } ?? .null), .init(.string("value"), term(every.value)),
        .init(.string("domain"), term(every.domain)), .init(.string("body"), body(every.body)),
      ])
    case .logical(let bodies): terms = .array(bodies.map { body($0) })
    }
    members.append(.init(.string("terms"), terms))
    if !expression.with.isEmpty {
      members.append(
        .init(
          .string("with"),
          .array(
            expression.with.map {
              .object([.init(.string("target"), term($0.target)), .init(.string("value"), term($0.value))])
            })))
    }
    return .object(members)
  }

  func rule(_ rule: CheckRule) -> RegoValue {
    var head: [RegoValue.Member] = []
    if rule.suffix.isEmpty || rule.key == nil && rule.suffix.count == 1 { head.append(.init(.string("name"), .string(rule.name))) }
    if let key = rule.key ?? (rule.suffix.count == 1 ? rule.suffix[0] : nil) { head.append(.init(.string("key"), term(key))) }
    if !rule.arguments.isEmpty { head.append(.init(.string("args"), list(rule.arguments))) }
    if let value = rule.value { head.append(.init(.string("value"), term(value))) }
    if rule.isAssigned { head.append(.init(.string("assign"), .boolean(true))) }
    head.append(.init(.string("ref"), .array([typed("var", .string(rule.name))] + rule.suffix.map { term($0) })))
    var members: [RegoValue.Member] = [.init(.string("body"), body(rule.body)), .init(.string("head"), .object(head))]
    if rule.isDefault { members.append(.init(.string("default"), .boolean(true))) }
    if let next = rule.next { members.append(.init(.string("else"), self.rule(next))) }
    return .object(members)
  }

  // MARK: Values

  /// The type of a value and the value, composites as lists of terms.
  func value(_ value: Value) -> (type: String, value: RegoValue) {
    switch value.tag {
    case .undefined, .null: ("null", .object([]))
    case .boolean: ("boolean", .boolean(value.isTrue))
    case .integer, .number: ("number", RegoValue(value))
    case .shortString, .longString: ("string", .string(value.string))
    case .array: ("array", .array(value.elements.map { term(of: $0) }))
    case .set: ("set", .array(value.elements.map { term(of: $0) }))
    case .object: ("object", .array(Members(value.objectView).map { .array([term(of: $0.key), term(of: $0.value)]) }))
    }
  }

  private func term(of value: Value) -> RegoValue {
    let (type, value) = self.value(value)
    return typed(type, value)
  }
}

extension TraceEvent {
  private static func place(_ file: String, _ location: Location) -> RegoValue {
    guard location.row > 0 else { return .null }
    return .object([
      .init(.string("file"), .string(file)), .init(.string("row"), .integer(Int64(location.row))),
      .init(.string("col"), .integer(Int64(location.column))),
    ])
  }

  /// As OPA writes it in `explanation` (v1/topdown/trace.go, Event).
  public var json: RegoValue {
    let writer = TraceJSON(names: names)
    let subject: RegoValue =
      switch node {
      case .none: .null
      case .body(let body): writer.body(body)
      case .rule(let rule): writer.rule(rule)
      case .expression(let expression, let index): writer.expression(expression, index: index)
      }
    let values: RegoValue =
      locals.isEmpty
      ? .null
      : .array(
        locals.map { local in
          let name = names.compiled(local.variable)
          let (type, value) = writer.value(local.value)
          return .object([
            .init(.string("name"), .string(name.hasPrefix("$") ? "_" : name)), .init(.string("type"), .string(type)),
            .init(.string("value"), value),
          ])
        })
    return .object([
      .init(.string("Op"), .string(operation.rawValue)), .init(.string("Node"), subject),
      .init(.string("Location"), Self.place(file, location)), .init(.string("QueryID"), .integer(Int64(queryID))),
      .init(.string("ParentID"), .integer(Int64(parentID))), .init(.string("Locals"), values),
      .init(.string("LocalMetadata"), operation == .note ? .null : metadata), .init(.string("Message"), .string(message)),
      .init(.string("Ref"), reference.isEmpty ? .null : .array(reference.map { writer.term($0) })),
    ])
  }

  /// As OPA's REST API writes it (v1/server/types, TraceEventV1).
  public var apiJSON: RegoValue {
    let writer = TraceJSON(names: names)
    let (type, subject): (String, RegoValue) =
      switch node {
      case .none: ("", .null)
      case .body(let body): ("body", writer.body(body))
      case .rule(let rule): ("rule", writer.rule(rule))
      case .expression(let expression, let index): ("expr", writer.expression(expression, index: index))
      }
    let values = locals.map { local in
      let (type, value) = writer.value(local.value)
      return RegoValue.object([
        .init(
          .string("key"),
          .object([.init(.string("type"), .string("var")), .init(.string("value"), .string(names.compiled(local.variable)))])),
        .init(.string("value"), .object([.init(.string("type"), .string(type)), .init(.string("value"), value)])),
      ])
    }
    return .object([
      .init(.string("op"), .string(operation.rawValue.lowercased())), .init(.string("query_id"), .integer(Int64(queryID))),
      .init(.string("parent_id"), .integer(Int64(parentID))), .init(.string("type"), .string(type)), .init(.string("node"), subject),
      .init(.string("locals"), .array(values)), .init(.string("message"), .string(message)),
    ])
  }

  private var metadata: RegoValue {
    var members: [String: RegoValue] = [:]
    func add(_ variable: Int, _ written: String, _ location: Location) {
      members[names.compiled(variable)] = .object([
        .init(.string("name"), .string(written)), .init(.string("location"), Self.place(file, location)),
      ])
    }
    for local in locals {
      add(
        local.variable, names.written(local.variable) ?? names.compiled(local.variable), places[local.variable] ?? .generated)
    }
    forEachVariable { variable, location in
      if members[names.compiled(variable)] == nil, let written = names.written(variable) { add(variable, written, location) }
    }
    return .object(members.sorted { $0.key < $1.key }.map { .init(.string($0.key), $0.value) })
  }
}
