extension GraphQL {
  /// Documents from values, as `DocumentEncoder` makes them. What is absent is empty; what has another type is an error.
  struct DocumentDecoder {
    private var depth = 0

    static func query(_ value: Value) throws(Fault) -> QueryDocument {
      var decoder = DocumentDecoder()
      var document = QueryDocument()
      document.operations = try decoder.list(value, "Operations") { decoder, item throws(Fault) in try decoder.operation(item) }
      document.fragments = try decoder.list(value, "Fragments") { decoder, item throws(Fault) in try decoder.fragment(item) }
      return document
    }

    static func schema(_ value: Value) throws(Fault) -> SchemaDocument {
      var decoder = DocumentDecoder()
      var document = SchemaDocument()
      document.schema = try decoder.list(value, "Schema") { decoder, item throws(Fault) in try decoder.schema(item) }
      document.schemaExtensions = try decoder.list(value, "SchemaExtension") { decoder, item throws(Fault) in try decoder.schema(item) }
      document.directives = try decoder.list(value, "Directives") { decoder, item throws(Fault) in
        try decoder.directiveDefinition(item)
      }
      document.definitions = try decoder.list(value, "Definitions") { decoder, item throws(Fault) in try decoder.definition(item) }
      document.extensions = try decoder.list(value, "Extensions") { decoder, item throws(Fault) in try decoder.definition(item) }
      return document
    }

    // MARK: Members

    private func member(_ value: Value, _ key: String) -> Value? {
      let heap = Heap()
      return withExtendedLifetime(heap) {
        let member = value.objectView[.string(key, in: heap)]
        return member.isUndefined || member.tag == .null ? nil : member
      }
    }

    private func mismatch(_ value: Value, _ key: String, _ wanted: String) -> Fault {
      Fault(message: "json: cannot unmarshal \(value.typeName) into Go struct field .\(key) of type \(wanted)", position: nil)
    }

    private func text(_ value: Value, _ key: String) throws(Fault) -> String {
      guard let member = member(value, key) else { return "" }
      guard member.isString else { throw mismatch(member, key, "string") }
      return member.string
    }

    private func flag(_ value: Value, _ key: String) throws(Fault) -> Bool {
      guard let member = member(value, key) else { return false }
      guard let flag = member.asBool else { throw mismatch(member, key, "bool") }
      return flag
    }

    /// Goes one level down, as far as documents may nest.
    private mutating func enter() throws(Fault) {
      depth += 1
      guard depth <= 2 * Parser.depthLimit else {
        throw Fault(message: "document is nested deeper than \(2 * Parser.depthLimit) levels", position: nil)
      }
    }

    private mutating func list<T>(
      _ value: Value, _ key: String, _ item: (inout DocumentDecoder, Value) throws(Fault) -> T
    ) throws(Fault) -> [T] {
      guard let member = member(value, key) else { return [] }
      guard member.isArray else { throw mismatch(member, key, "[]object") }
      try enter()
      defer { depth -= 1 }
      var result: [T] = []
      for element in member.elements {
        guard element.isObject else { throw mismatch(element, key, "object") }
        result.append(try item(&self, element))
      }
      return result
    }

    private func texts(_ value: Value, _ key: String) throws(Fault) -> [String] {
      guard let member = member(value, key) else { return [] }
      guard member.isArray else { throw mismatch(member, key, "[]string") }
      var result: [String] = []
      for element in member.elements {
        guard element.isString else { throw mismatch(element, key, "string") }
        result.append(element.string)
      }
      return result
    }

    private func object(_ value: Value, _ key: String) throws(Fault) -> Value? {
      guard let member = member(value, key) else { return nil }
      guard member.isObject else { throw mismatch(member, key, "object") }
      return member
    }

    // MARK: Queries

    private mutating func operation(_ value: Value) throws(Fault) -> Operation {
      let operation = Operation()
      operation.kind = try text(value, "Operation")
      operation.name = try text(value, "Name")
      operation.variables = try variables(value, "VariableDefinitions")
      operation.directives = try directives(value)
      operation.selections = try selections(value)
      return operation
    }

    private mutating func fragment(_ value: Value) throws(Fault) -> Fragment {
      let fragment = Fragment()
      fragment.name = try text(value, "Name")
      fragment.variables = try variables(value, "VariableDefinition")
      fragment.condition = try text(value, "TypeCondition")
      fragment.directives = try directives(value)
      fragment.selections = try selections(value)
      return fragment
    }

    private mutating func variables(_ value: Value, _ key: String) throws(Fault) -> [VariableDefinition] {
      try list(value, key) { decoder, item throws(Fault) in
        let variable = VariableDefinition()
        variable.variable = try decoder.text(item, "Variable")
        variable.type = try decoder.type(item)
        variable.defaultValue = try decoder.literal(item, "DefaultValue")
        variable.directives = try decoder.directives(item)
        return variable
      }
    }

    /// Only inline fragments have conditions, only fields have aliases.
    private mutating func selections(_ value: Value) throws(Fault) -> [Selection] {
      try list(value, "SelectionSet") { decoder, item throws(Fault) in
        if decoder.member(item, "Alias") != nil {
          let field = Field()
          field.alias = try decoder.text(item, "Alias")
          field.name = try decoder.text(item, "Name")
          field.arguments = try decoder.arguments(item)
          field.directives = try decoder.directives(item)
          field.selections = try decoder.selections(item)
          return .field(field)
        }
        if decoder.member(item, "Name") != nil {
          let spread = Spread()
          spread.name = try decoder.text(item, "Name")
          spread.directives = try decoder.directives(item)
          return .spread(spread)
        }
        let inline = InlineFragment()
        inline.condition = try decoder.text(item, "TypeCondition")
        inline.directives = try decoder.directives(item)
        inline.selections = try decoder.selections(item)
        return .inline(inline)
      }
    }

    // MARK: Parts of both

    private mutating func arguments(_ value: Value) throws(Fault) -> [Argument] {
      try list(value, "Arguments") { decoder, item throws(Fault) in
        Argument(name: try decoder.text(item, "Name"), value: try decoder.literal(item))
      }
    }

    private mutating func directives(_ value: Value) throws(Fault) -> [Directive] {
      try list(value, "Directives") { decoder, item throws(Fault) in
        let directive = Directive()
        directive.name = try decoder.text(item, "Name")
        directive.arguments = try decoder.arguments(item)
        return directive
      }
    }

    /// The value of an argument or of a part of a literal; null where there is none.
    private mutating func literal(_ value: Value) throws(Fault) -> Literal { try literal(value, "Value") ?? Literal(.null, "null") }

    private mutating func literal(_ value: Value, _ key: String) throws(Fault) -> Literal? {
      guard let member = try object(value, key) else { return nil }
      let number = self.member(member, "Kind") ?? .integer(0)
      guard number.isNumber, let kind = number.exactInt.flatMap({ LiteralKind(rawValue: Int($0)) }) else {
        throw mismatch(number, "Kind", "ast.ValueKind")
      }
      let literal = Literal(kind, try text(member, "Raw"))
      literal.children = try list(member, "Children") { decoder, item throws(Fault) in
        Literal.Child(name: try decoder.text(item, "Name"), value: try decoder.literal(item))
      }
      return literal
    }

    private mutating func type(_ value: Value, _ key: String = "Type") throws(Fault) -> TypeReference {
      let type = TypeReference()
      guard let member = try object(value, key) else { return type }
      try enter()
      defer { depth -= 1 }
      type.name = try text(member, "NamedType")
      if try object(member, "Elem") != nil { type.element = try self.type(member, "Elem") }
      type.isNonNull = try flag(member, "NonNull")
      return type
    }

    // MARK: Schemas

    private mutating func schema(_ value: Value) throws(Fault) -> SchemaDefinition {
      var schema = SchemaDefinition()
      schema.description = try text(value, "Description")
      schema.directives = try directives(value)
      schema.entries = try list(value, "OperationTypes") { decoder, item throws(Fault) in
        SchemaDefinition.Entry(operation: try decoder.text(item, "Operation"), type: try decoder.text(item, "Type"))
      }
      return schema
    }

    private mutating func definition(_ value: Value) throws(Fault) -> Definition {
      let name = try text(value, "Kind")
      guard let kind = DefinitionKind(rawValue: name) else {
        throw Fault(message: "\(Builtins.quoted(Array(name.utf8))) is no kind of definition", position: nil)
      }
      let definition = Definition(kind)
      definition.description = try text(value, "Description")
      definition.name = try text(value, "Name")
      definition.directives = try directives(value)
      definition.interfaces = try texts(value, "Interfaces")
      definition.fields = try fields(value, "Fields")
      definition.members = try texts(value, "Types")
      definition.values = try list(value, "EnumValues") { decoder, item throws(Fault) in
        EnumValue(
          description: try decoder.text(item, "Description"), name: try decoder.text(item, "Name"),
          directives: try decoder.directives(item))
      }
      definition.isBuiltIn = try flag(value, "BuiltIn")
      return definition
    }

    private mutating func fields(_ value: Value, _ key: String) throws(Fault) -> [FieldDefinition] {
      try list(value, key) { decoder, item throws(Fault) in try decoder.field(item) }
    }

    private mutating func field(_ value: Value) throws(Fault) -> FieldDefinition {
      let field = FieldDefinition()
      field.description = try text(value, "Description")
      field.name = try text(value, "Name")
      field.arguments = try fields(value, "Arguments")
      field.defaultValue = try literal(value, "DefaultValue")
      field.type = try type(value)
      field.directives = try directives(value)
      return field
    }

    private mutating func directiveDefinition(_ value: Value) throws(Fault) -> DirectiveDefinition {
      let directive = DirectiveDefinition()
      directive.description = try text(value, "Description")
      directive.name = try text(value, "Name")
      directive.arguments = try fields(value, "Arguments")
      directive.locations = try texts(value, "Locations")
      directive.isRepeatable = try flag(value, "IsRepeatable")
      return directive
    }
  }
}
