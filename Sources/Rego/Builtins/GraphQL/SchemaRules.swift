extension GraphQL {
  /// What a schema must hold (GraphQL, October 2021, section 3), in gqlparser's order: types by name, then directives by name.
  struct SchemaRules {
    private let schema: Schema

    init(_ schema: Schema) { self.schema = schema }

    private static func ordered(_ names: some Collection<String>) -> [String] {
      names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
    }

    func check() throws(Fault) {
      for name in Self.ordered(schema.types.keys) { if let definition = schema.types[name] { try check(definition) } }
      for name in Self.ordered(schema.directives.keys) {
        guard let directive = schema.directives[name] else { continue }
        try checkName(directive.name, directive.position)
        try check(directive.arguments, of: directive)
      }
    }

    private func checkName(_ name: String, _ position: Position?) throws(Fault) {
      guard name.hasPrefix("__") else { return }
      throw Fault(
        message: "Name \"\(name)\" must not begin with \"__\", which is reserved by GraphQL introspection.", position: position)
    }

    private func check(_ definition: Definition) throws(Fault) {
      for field in definition.fields {
        try checkName(field.name, field.position)
        try check(field.type)
        try check(field.arguments, of: nil)
        try check(field.directives, definition.kind == .input ? "INPUT_FIELD_DEFINITION" : "FIELD_DEFINITION", of: nil)
      }
      for name in definition.members {
        guard let member = schema.types[name] else {
          throw Fault(message: "Undefined type \"\(name)\".", position: definition.position)
        }
        guard member.kind == .object else {
          throw Fault(message: "\(definition.kind.rawValue) type \"\(name)\" must be OBJECT.", position: definition.position)
        }
      }
      for name in definition.interfaces { try check(definition, implements: name) }
      try checkContent(definition)
      var seen: Set<String> = []
      for field in definition.fields where !seen.insert(field.name).inserted {
        throw Fault(message: "Field \(definition.name).\(field.name) can only be defined once.", position: field.position)
      }
      if !definition.isBuiltIn { try checkName(definition.name, definition.position) }
      try check(definition.directives, definition.kind.rawValue, of: nil)
    }

    private func checkContent(_ definition: Definition) throws(Fault) {
      let title = "\(definition.kind.rawValue) \(definition.name)"
      switch definition.kind {
      case .object, .interface:
        guard !definition.fields.isEmpty else {
          throw Fault(message: "\(title): must define one or more fields.", position: definition.position)
        }
        for field in definition.fields where schema.types[field.type.innermost]?.kind == .input {
          throw Fault(message: "\(title): field must be one of SCALAR, OBJECT, INTERFACE, UNION, ENUM.", position: field.position)
        }
      case .enumeration:
        guard !definition.values.isEmpty else {
          throw Fault(message: "\(title): must define one or more unique enum values.", position: definition.position)
        }
        for value in definition.values where ["true", "false", "null"].contains(value.name) {
          throw Fault(message: "\(title): non-enum value \(value.name).", position: definition.position)
        }
      case .input:
        guard !definition.fields.isEmpty else {
          throw Fault(message: "\(title): must define one or more input fields.", position: definition.position)
        }
        for field in definition.fields {
          guard let type = schema.types[field.type.innermost], !type.isInput else { continue }
          throw Fault(
            message: "\(type.kind.rawValue) \(field.name): field must be one of SCALAR, ENUM, INPUT_OBJECT.", position: field.position)
        }
      case .scalar, .union: break
      }
    }

    private func check(_ type: TypeReference) throws(Fault) {
      guard schema.types[type.innermost] == nil else { return }
      throw Fault(message: "Undefined type \(type.innermost).", position: type.position)
    }

    private func check(_ arguments: [FieldDefinition], of directive: DirectiveDefinition?) throws(Fault) {
      for argument in arguments {
        try checkName(argument.name, argument.position)
        try check(argument.type)
        if let type = schema.types[argument.type.innermost], !type.isInput {
          throw Fault(
            message:
              "cannot use \(argument.type.text) as argument \(argument.name) because \(type.kind.rawValue) is not a valid input type",
            position: argument.position)
        }
        try check(argument.directives, "ARGUMENT_DEFINITION", of: directive)
      }
    }

    private func check(_ directives: [Directive], _ location: String, of current: DirectiveDefinition?) throws(Fault) {
      for directive in directives {
        try checkName(directive.name, directive.position)
        if let current, directive.name == current.name {
          throw Fault(message: "Directive \(current.name) cannot refer to itself.", position: directive.position)
        }
        guard let definition = schema.directives[directive.name] else {
          throw Fault(message: "Undefined directive \(directive.name).", position: directive.position)
        }
        guard definition.locations.contains(location) else {
          throw Fault(message: "Directive \(directive.name) is not applicable on \(location).", position: directive.position)
        }
      }
    }

    private func check(_ definition: Definition, implements name: String) throws(Fault) {
      guard let interface = schema.types[name] else {
        throw Fault(message: "Undefined type \"\(name)\".", position: definition.position)
      }
      guard interface.kind == .interface else {
        throw Fault(message: "\"\(name)\" is a non interface type \(interface.kind.rawValue).", position: definition.position)
      }
      let title = "For \(definition.name) to implement \(interface.name)"
      for required in interface.fields {
        guard let found = definition.field(required.name) else {
          throw Fault(message: "\(title) it must have a field called \(required.name).", position: definition.position)
        }
        guard schema.isCovariant(required.type, found.type) else {
          throw Fault(message: "\(title) the field \(required.name) must have type \(required.type.text).", position: found.position)
        }
        try check(found, arguments: required, title)
      }
      for above in interface.interfaces where !definition.interfaces.contains(above) {
        let isCircular = above == definition.name
        throw Fault(
          message: isCircular
            ? "Type \(definition.name) cannot implement \(name) because it would create a circular reference."
            : "Type \(definition.name) must implement \(above) because it is implemented by \(name).", position: definition.position)
      }
    }

    private func check(_ found: FieldDefinition, arguments required: FieldDefinition, _ title: String) throws(Fault) {
      let same = "\(title) the field \(required.name) must have the same arguments but"
      for argument in required.arguments {
        guard let given = found.argument(argument.name) else {
          throw Fault(message: "\(same) it is missing \(argument.name).", position: found.position)
        }
        guard argument.type.fits(given.type) else {
          throw Fault(message: "\(same) \(argument.name) has the wrong type.", position: given.position)
        }
      }
      for argument in found.arguments
      where required.argument(argument.name) == nil && argument.type.isNonNull && argument.defaultValue == nil {
        throw Fault(
          message:
            "\(title) any additional arguments on \(found.name) must be optional or have a default value but \(argument.name) is required.",
          position: argument.position)
      }
    }
  }
}
