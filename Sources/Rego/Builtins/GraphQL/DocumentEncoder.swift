extension GraphQL {
  /// Documents as values, in the form of gqlparser's JSON without what OPA prunes: places, nulls, and lists and objects that are empty.
  struct DocumentEncoder {
    let heap: Heap

    private func object(_ members: [(String, Value?)]) -> Value {
      .object(
        members.compactMap { key, value in
          guard let value else { return nil }
          return (.string(key, in: heap), value)
        }, in: heap)
    }

    private func text(_ text: String) -> Value { .string(text, in: heap) }

    /// Nil for an empty list.
    private func list<T>(_ items: [T], _ item: (T) -> Value) -> Value? {
      items.isEmpty ? nil : .array(items.map(item), in: heap)
    }

    // MARK: Queries

    func query(_ document: QueryDocument) -> Value {
      object([("Operations", list(document.operations, operation)), ("Fragments", list(document.fragments, fragment))])
    }

    private func operation(_ operation: Operation) -> Value {
      object([
        ("Operation", text(operation.kind)), ("Name", text(operation.name)),
        ("VariableDefinitions", list(operation.variables, variable)), ("Directives", list(operation.directives, directive)),
        ("SelectionSet", list(operation.selections, selection)),
      ])
    }

    private func fragment(_ fragment: Fragment) -> Value {
      object([
        ("Name", text(fragment.name)), ("VariableDefinition", list(fragment.variables, variable)),
        ("TypeCondition", text(fragment.condition)), ("Directives", list(fragment.directives, directive)),
        ("SelectionSet", list(fragment.selections, selection)),
      ])
    }

    private func variable(_ variable: VariableDefinition) -> Value {
      object([
        ("Variable", text(variable.variable)), ("Type", type(variable.type)), ("DefaultValue", variable.defaultValue.map(literal)),
        ("Directives", list(variable.directives, directive)), ("Used", .false),
      ])
    }

    private func selection(_ selection: Selection) -> Value {
      switch selection {
      case .field(let field):
        object([
          ("Alias", text(field.alias)), ("Name", text(field.name)), ("Arguments", list(field.arguments, argument)),
          ("Directives", list(field.directives, directive)), ("SelectionSet", list(field.selections, self.selection)),
        ])
      case .spread(let spread): object([("Name", text(spread.name)), ("Directives", list(spread.directives, directive))])
      case .inline(let inline):
        object([
          ("TypeCondition", text(inline.condition)), ("Directives", list(inline.directives, directive)),
          ("SelectionSet", list(inline.selections, self.selection)),
        ])
      }
    }

    // MARK: Parts of both

    private func argument(_ argument: Argument) -> Value {
      object([("Name", text(argument.name)), ("Value", literal(argument.value))])
    }

    private func directive(_ directive: Directive) -> Value {
      object([("Name", text(directive.name)), ("Arguments", list(directive.arguments, argument)), ("Location", text(""))])
    }

    private func literal(_ literal: Literal) -> Value {
      object([
        ("Raw", text(literal.raw)), ("Kind", .integer(literal.kind.rawValue)), ("ExpectedTypeHasDefault", .false),
        ("Children", list(literal.children) { child in object([("Name", text(child.name)), ("Value", self.literal(child.value))]) }),
      ])
    }

    private func type(_ type: TypeReference) -> Value {
      object([("NamedType", text(type.name)), ("Elem", type.element.map(self.type)), ("NonNull", .boolean(type.isNonNull))])
    }

    // MARK: Schemas

    func schema(_ document: SchemaDocument) -> Value {
      object([
        ("Schema", list(document.schema, schema)), ("SchemaExtension", list(document.schemaExtensions, schema)),
        ("Directives", list(document.directives, directiveDefinition)), ("Definitions", list(document.definitions, definition)),
        ("Extensions", list(document.extensions, definition)),
      ])
    }

    private func schema(_ schema: SchemaDefinition) -> Value {
      object([
        ("Description", text(schema.description)), ("Directives", list(schema.directives, directive)),
        (
          "OperationTypes",
          list(schema.entries) { entry in object([("Operation", text(entry.operation)), ("Type", text(entry.type))]) }
        ),
      ])
    }

    private func definition(_ definition: Definition) -> Value {
      object([
        ("Kind", text(definition.kind.rawValue)), ("Description", text(definition.description)), ("Name", text(definition.name)),
        ("Directives", list(definition.directives, directive)), ("Interfaces", list(definition.interfaces, text)),
        ("Fields", list(definition.fields, field)), ("Types", list(definition.members, text)),
        ("EnumValues", list(definition.values, enumValue)), ("BuiltIn", .boolean(definition.isBuiltIn)),
      ])
    }

    private func field(_ field: FieldDefinition) -> Value {
      object([
        ("Description", text(field.description)), ("Name", text(field.name)), ("Arguments", list(field.arguments, self.field)),
        ("DefaultValue", field.defaultValue.map(literal)), ("Type", type(field.type)),
        ("Directives", list(field.directives, directive)),
      ])
    }

    private func enumValue(_ value: EnumValue) -> Value {
      object([
        ("Description", text(value.description)), ("Name", text(value.name)), ("Directives", list(value.directives, directive)),
      ])
    }

    private func directiveDefinition(_ directive: DirectiveDefinition) -> Value {
      object([
        ("Description", text(directive.description)), ("Name", text(directive.name)),
        ("Arguments", list(directive.arguments, field)), ("Locations", list(directive.locations, text)),
        ("IsRepeatable", .boolean(directive.isRepeatable)),
      ])
    }
  }
}
