extension GraphQL.Parser {
  /// Reads a schema's definitions and extensions (GraphQL, October 2021, section 3).
  static func schema(_ text: [UInt8], isBuiltIn: Bool = false) throws(Fault) -> GraphQL.SchemaDocument {
    var parser = try GraphQL.Parser(text)
    var document = GraphQL.SchemaDocument()
    while parser.token.kind != .end {
      let described = parser.token
      let description = parser.description()
      guard parser.token.kind == .name else { throw parser.unexpected }
      switch parser.token.text {
      case "scalar", "type", "interface", "union", "enum", "input":
        let definition = try parser.definition(isExtension: false)
        definition.description = description
        definition.isBuiltIn = isBuiltIn
        document.definitions.append(definition)
      case "schema":
        var schema = try parser.schemaDefinition()
        schema.description = description
        document.schema.append(schema)
      case "directive":
        let directive = try parser.directiveDefinition()
        directive.description = description
        document.directives.append(directive)
      case "extend":
        if !description.isEmpty {
          throw Fault(message: "Unexpected \(described.description)", position: described.position)
        }
        try parser.extensions(&document)
      default: throw parser.unexpected
      }
    }
    return document
  }

  private mutating func description() -> String {
    token.kind == .string || token.kind == .blockString ? next().text : ""
  }

  private mutating func extensions(_ document: inout GraphQL.SchemaDocument) throws(Fault) {
    try expect(word: "extend")
    switch token.text {
    case "schema":
      let schema = try schemaDefinition()
      if schema.directives.isEmpty, schema.entries.isEmpty { throw unexpected }
      document.schemaExtensions.append(schema)
    case "scalar", "type", "interface", "union", "enum", "input":
      let definition = try definition(isExtension: true)
      let isEmpty =
        definition.directives.isEmpty && definition.interfaces.isEmpty && definition.fields.isEmpty && definition.members.isEmpty
        && definition.values.isEmpty
      if isEmpty { throw unexpected }
      document.extensions.append(definition)
    default: throw unexpected
    }
  }

  private mutating func schemaDefinition() throws(Fault) -> GraphQL.SchemaDefinition {
    try expect(word: "schema")
    var schema = GraphQL.SchemaDefinition()
    schema.position = token.position
    schema.directives = try directives(isConstant: true)
    try list(.leftBrace, .rightBrace, allowsEmpty: false) { parser throws(Fault) in
      var entry = GraphQL.SchemaDefinition.Entry()
      entry.position = parser.token.position
      let word = parser.next()
      guard ["query", "mutation", "subscription"].contains(word.text) else {
        throw Fault(message: "Unexpected \(word.description)", position: word.position)
      }
      entry.operation = word.text
      _ = try parser.expect(.colon)
      entry.type = try parser.name()
      schema.entries.append(entry)
    }
    return schema
  }

  private mutating func definition(isExtension: Bool) throws(Fault) -> GraphQL.Definition {
    let word = next().text
    let kind: GraphQL.DefinitionKind =
      switch word {
      case "scalar": .scalar
      case "type": .object
      case "interface": .interface
      case "union": .union
      case "enum": .enumeration
      default: .input
      }
    let definition = GraphQL.Definition(kind)
    definition.position = token.position
    definition.name = try name()
    if kind == .object || kind == .interface && !isExtension { definition.interfaces = try interfaces() }
    definition.directives = try directives(isConstant: !(kind == .input && isExtension))
    switch kind {
    case .scalar: break
    case .object, .interface:
      try list(.leftBrace, .rightBrace, allowsEmpty: false) { parser throws(Fault) in
        definition.fields.append(try parser.fieldDefinition())
      }
    case .union: definition.members = try members()
    case .enumeration:
      try list(.leftBrace, .rightBrace, allowsEmpty: false) { parser throws(Fault) in
        var value = GraphQL.EnumValue()
        value.description = parser.description()
        value.name = try parser.name()
        value.directives = try parser.directives(isConstant: true)
        definition.values.append(value)
      }
    case .input:
      try list(.leftBrace, .rightBrace, allowsEmpty: false) { parser throws(Fault) in
        definition.fields.append(try parser.inputDefinition())
      }
    }
    return definition
  }

  private mutating func interfaces() throws(Fault) -> [String] {
    guard token.text == "implements" else { return [] }
    _ = next()
    _ = skip(.ampersand)
    var result = [try name()]
    while skip(.ampersand) { result.append(try name()) }
    return result
  }

  private mutating func members() throws(Fault) -> [String] {
    guard skip(.equals) else { return [] }
    _ = skip(.pipe)
    var result = [try name()]
    while skip(.pipe) { result.append(try name()) }
    return result
  }

  private mutating func fieldDefinition() throws(Fault) -> GraphQL.FieldDefinition {
    let field = GraphQL.FieldDefinition()
    field.position = token.position
    field.description = description()
    field.name = try name()
    field.arguments = try argumentDefinitions()
    _ = try expect(.colon)
    field.type = try type()
    field.directives = try directives(isConstant: true)
    return field
  }

  private mutating func argumentDefinitions() throws(Fault) -> [GraphQL.FieldDefinition] {
    var result: [GraphQL.FieldDefinition] = []
    try list(.leftParenthesis, .rightParenthesis, allowsEmpty: false) { parser throws(Fault) in
      result.append(try parser.inputDefinition())
    }
    return result
  }

  private mutating func inputDefinition() throws(Fault) -> GraphQL.FieldDefinition {
    let field = GraphQL.FieldDefinition()
    field.position = token.position
    field.description = description()
    field.name = try name()
    _ = try expect(.colon)
    field.type = try type()
    if skip(.equals) { field.defaultValue = try literal(isConstant: true) }
    field.directives = try directives(isConstant: true)
    return field
  }

  private static let locations: Set<String> = [
    "QUERY", "MUTATION", "SUBSCRIPTION", "FIELD", "FRAGMENT_DEFINITION", "FRAGMENT_SPREAD", "INLINE_FRAGMENT", "VARIABLE_DEFINITION",
    "SCHEMA", "SCALAR", "OBJECT", "FIELD_DEFINITION", "ARGUMENT_DEFINITION", "INTERFACE", "UNION", "ENUM", "ENUM_VALUE", "INPUT_OBJECT",
    "INPUT_FIELD_DEFINITION",
  ]

  private mutating func directiveDefinition() throws(Fault) -> GraphQL.DirectiveDefinition {
    try expect(word: "directive")
    _ = try expect(.at)
    let directive = GraphQL.DirectiveDefinition()
    directive.position = token.position
    directive.name = try name()
    directive.arguments = try argumentDefinitions()
    if isWord("repeatable") {
      directive.isRepeatable = true
      _ = next()
    }
    try expect(word: "on")
    _ = skip(.pipe)
    repeat {
      let location = try expect(.name)
      guard Self.locations.contains(location.text) else {
        throw Fault(message: "Unexpected \(location.description)", position: location.position)
      }
      directive.locations.append(location.text)
    } while skip(.pipe)
    return directive
  }
}
