extension GraphQL.Parser {
  typealias Fault = GraphQL.Fault

  /// Reads operations and fragments (GraphQL, October 2021, section 2).
  static func query(_ text: [UInt8]) throws(Fault) -> GraphQL.QueryDocument {
    var parser = try GraphQL.Parser(text)
    var document = GraphQL.QueryDocument()
    while parser.token.kind != .end {
      switch (parser.token.kind, parser.token.text) {
      case (.leftBrace, _), (.name, "query"), (.name, "mutation"), (.name, "subscription"):
        document.operations.append(try parser.operation())
      case (.name, "fragment"): document.fragments.append(try parser.fragment())
      default: throw parser.unexpected
      }
    }
    return document
  }

  private mutating func operation() throws(Fault) -> GraphQL.Operation {
    let operation = GraphQL.Operation()
    operation.position = token.position
    operation.kind = "query"
    if token.kind != .leftBrace {
      operation.kind = next().text
      if token.kind == .name { operation.name = next().text }
      operation.variables = try variables()
      operation.directives = try directives(isConstant: false)
    }
    operation.selections = try selections()
    return operation
  }

  private mutating func variables() throws(Fault) -> [GraphQL.VariableDefinition] {
    var result: [GraphQL.VariableDefinition] = []
    try list(.leftParenthesis, .rightParenthesis, allowsEmpty: true) { parser throws(Fault) in
      let variable = GraphQL.VariableDefinition()
      variable.position = parser.token.position
      _ = try parser.expect(.dollar)
      variable.variable = try parser.name()
      _ = try parser.expect(.colon)
      variable.type = try parser.type()
      if parser.skip(.equals) { variable.defaultValue = try parser.literal(isConstant: true) }
      variable.directives = try parser.directives(isConstant: false)
      result.append(variable)
    }
    return result
  }

  private mutating func fragment() throws(Fault) -> GraphQL.Fragment {
    let fragment = GraphQL.Fragment()
    fragment.position = token.position
    try expect(word: "fragment")
    if token.text == "on" { throw unexpected }
    fragment.name = try name()
    fragment.variables = try variables()
    try expect(word: "on")
    fragment.condition = try name()
    fragment.directives = try directives(isConstant: false)
    fragment.selections = try selections()
    return fragment
  }

  private mutating func selections() throws(Fault) -> [GraphQL.Selection] {
    guard token.kind == .leftBrace else { throw fault("Expected {, found \(token.kind.rawValue)") }
    return try nested { parser throws(Fault) in
      var result: [GraphQL.Selection] = []
      try parser.list(.leftBrace, .rightBrace, allowsEmpty: false) { parser throws(Fault) in
        result.append(parser.token.kind == .spread ? try parser.spread() : .field(try parser.field()))
      }
      return result
    }
  }

  private mutating func field() throws(Fault) -> GraphQL.Field {
    let field = GraphQL.Field()
    field.position = token.position
    field.alias = try name()
    field.name = skip(.colon) ? try name() : field.alias
    field.arguments = try arguments(isConstant: false)
    field.directives = try directives(isConstant: false)
    if token.kind == .leftBrace { field.selections = try selections() }
    return field
  }

  private mutating func spread() throws(Fault) -> GraphQL.Selection {
    _ = try expect(.spread)
    if token.kind == .name, token.text != "on" {
      let spread = GraphQL.Spread()
      spread.position = token.position
      spread.name = try name()
      spread.directives = try directives(isConstant: false)
      return .spread(spread)
    }
    let inline = GraphQL.InlineFragment()
    inline.position = token.position
    if token.text == "on" {
      _ = next()
      inline.condition = try name()
    }
    inline.directives = try directives(isConstant: false)
    inline.selections = try selections()
    return .inline(inline)
  }
}
