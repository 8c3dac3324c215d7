extension GraphQL {
  /// The types of a schema document and the prelude, checked (gqlparser's validator/schema.go).
  final class Schema {
    private(set) var types: [String: Definition] = [:]
    private(set) var directives: [String: DirectiveDefinition] = [:]
    private var possible: [String: [Definition]] = [:]
    private(set) var query: Definition?
    private(set) var mutation: Definition?
    private(set) var subscription: Definition?

    init(_ document: SchemaDocument) throws(Fault) {
      let prelude = try Parser.schema(Array(GraphQL.prelude.utf8), isBuiltIn: true)
      var definitions = prelude.definitions + document.definitions
      for definition in definitions {
        guard types.updateValue(definition, forKey: definition.name) == nil else {
          throw Fault(message: "Cannot redeclare type \(definition.name).", position: definition.position)
        }
      }
      try extend(document.extensions, &definitions)
      for definition in definitions { addPossible(definition) }
      for directive in prelude.directives + document.directives {
        let isKnown = ["include", "skip", "deprecated", "specifiedBy"].contains(directive.name)
        guard directives.updateValue(directive, forKey: directive.name) == nil || isKnown else {
          throw Fault(message: "Cannot redeclare directive \(directive.name).", position: directive.position)
        }
      }
      if document.schema.count > 1 {
        throw Fault(
          message: "Cannot have multiple schema entry points, consider schema extensions instead.", position: document.schema[1].position)
      }
      for schema in document.schema + document.schemaExtensions { try addEntries(schema) }
      try SchemaRules(self).check()
      if document.schema.isEmpty {
        query = query ?? types["Query"]
        mutation = mutation ?? types["Mutation"]
        subscription = subscription ?? types["Subscription"]
      }
      if let query { addIntrospection(query) }
    }

    private func extend(_ extensions: [Definition], _ definitions: inout [Definition]) throws(Fault) {
      for part in extensions {
        let base: Definition
        if let known = types[part.name] {
          base = known
        } else {
          base = Definition(part.kind)
          base.name = part.name
          base.position = part.position
          types[part.name] = base
          definitions.append(base)
        }
        guard base.kind == part.kind else {
          throw Fault(
            message: "Cannot extend type \(part.name) because the base type is a \(base.kind.rawValue), not \(part.kind.rawValue).",
            position: part.position)
        }
        base.directives += part.directives
        base.interfaces += part.interfaces
        base.fields += part.fields
        base.members += part.members
        base.values += part.values
      }
    }

    private func addPossible(_ definition: Definition) {
      switch definition.kind {
      case .union: for name in definition.members { if let type = types[name] { possible[definition.name, default: []].append(type) } }
      case .object, .input:
        for name in definition.interfaces { possible[name, default: []].append(definition) }
        possible[definition.name, default: []].append(definition)
      case .interface: for name in definition.interfaces { possible[name, default: []].append(definition) }
      default: break
      }
    }

    private func addEntries(_ schema: SchemaDefinition) throws(Fault) {
      for entry in schema.entries {
        guard let type = types[entry.type] else {
          throw Fault(
            message: "Schema root \(entry.operation) refers to a type \(entry.type) that does not exist.", position: entry.position)
        }
        switch entry.operation {
        case "query": query = type
        case "mutation": mutation = type
        case "subscription": subscription = type
        default: break
        }
      }
    }

    private func addIntrospection(_ query: Definition) {
      let schema = FieldDefinition()
      schema.name = "__schema"
      schema.type = TypeReference(name: "__Schema", isNonNull: true)
      let type = FieldDefinition()
      type.name = "__type"
      type.type = TypeReference(name: "__Type")
      let name = FieldDefinition()
      name.name = "name"
      name.type = TypeReference(name: "String", isNonNull: true)
      type.arguments = [name]
      query.fields += [schema, type]
    }

    /// The types a value of a type can have in the end.
    func possibleTypes(_ definition: Definition) -> [Definition] {
      definition.kind == .union ? definition.members.compactMap { types[$0] } : possible[definition.name] ?? []
    }

    /// The type an operation of a kind begins with.
    func root(_ kind: String) -> Definition? {
      switch kind {
      case "query", "": query
      case "mutation": mutation
      case "subscription": subscription
      default: nil
      }
    }

    func isCovariant(_ required: TypeReference, _ actual: TypeReference) -> Bool {
      if required.isNonNull, !actual.isNonNull { return false }
      if !required.name.isEmpty {
        return required.name == actual.name || possible[required.name]?.contains { $0.name == actual.name } ?? false
      }
      guard let wanted = required.element, let given = actual.element else { return required.element == nil }
      return isCovariant(wanted, given)
    }
  }
}
