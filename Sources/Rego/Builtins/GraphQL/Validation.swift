extension GraphQL {
  /// Holds a query against a schema: one walk over the document, in which every rule is asked where it has something to say (GraphQL,
  /// October 2021, section 5; gqlparser's validator/walk.go). The order of the findings is gqlparser's.
  final class Validation {
    /// Comparisons of fields: documents that spread fragments in each other can ask for more than anybody can wait for.
    static let stepLimit = 1_000_000

    let schema: Schema
    let document: QueryDocument
    let context: BuiltinContext
    private(set) var faults: [Fault] = []
    /// Nil while fragments are walked on their own.
    private(set) var operation: Operation?
    private var walkedFragments: Set<String> = []
    private(set) var steps = 0
    private let gauge = StackGauge(limit: DeepStack.limit / 2)
    private var fragments: [String: Fragment] = [:]
    private var variables: [String: VariableDefinition] = [:]

    // What rules remember.
    var usedFragments: Set<String> = []
    var isInFragments = false
    var fragmentNames: Set<String> = []
    var operationNames: Set<String> = []
    var misplacedDirectives: Set<String> = []
    var visitedForCycles: Set<String> = []
    var overlaps = FieldOverlaps()

    private init(_ schema: Schema, _ document: QueryDocument, _ context: BuiltinContext) {
      self.schema = schema
      self.document = document
      self.context = context
      for fragment in document.fragments where fragments[fragment.name] == nil { fragments[fragment.name] = fragment }
    }

    func fragment(_ name: String) -> Fragment? { fragments[name] }

    static func faults(_ document: QueryDocument, _ schema: Schema, _ context: BuiltinContext) throws(BuiltinError) -> [Fault] {
      let validation = Validation(schema, document, context)
      for operation in document.operations {
        validation.walkedFragments = []
        try validation.walk(operation)
      }
      for fragment in document.fragments {
        validation.walkedFragments = []
        try validation.walk(fragment)
      }
      return validation.faults
    }

    func add(_ message: String, _ position: Position?) { faults.append(Fault(message: message, position: position)) }

    func step() throws(BuiltinError) {
      steps += 1
      guard steps <= Self.stepLimit else { throw .failed("GraphQL document takes more than \(Self.stepLimit) steps to validate") }
      guard gauge.allowsMore else { throw .failed("GraphQL document is nested too deeply") }
      try context.spend(1)
    }

    // MARK: The walk

    private func walk(_ operation: Operation) throws(BuiltinError) {
      self.operation = operation
      variables = [:]
      for variable in operation.variables where variables[variable.variable] == nil { variables[variable.variable] = variable }
      defer { self.operation = nil }
      for variable in operation.variables {
        checkType(of: variable)
        variable.defaultValue?.expected = variable.type
        variable.defaultValue?.definition = schema.types[variable.type.innermost]
      }
      let root = schema.root(operation.kind)
      for variable in operation.variables {
        if let value = variable.defaultValue { try walk(value) }
        try walk(variable.directives, "VARIABLE_DEFINITION")
      }
      try walk(operation.directives, operation.kind.uppercased())
      try walk(operation.selections, root)
      try check(operation)
    }

    private func walk(_ fragment: Fragment) throws(BuiltinError) {
      let definition = schema.types[fragment.condition]
      try walk(fragment.directives, "FRAGMENT_DEFINITION")
      try walk(fragment.selections, definition)
      try check(fragment, definition)
    }

    private func walk(_ directives: [Directive], _ location: String) throws(BuiltinError) {
      for directive in directives {
        let definition = schema.directives[directive.name]
        for argument in directive.arguments { try walk(argument, definition?.arguments.first { $0.name == argument.name }) }
        check(directive, definition, location)
      }
      checkUnique(directives)
    }

    private func walk(_ argument: Argument, _ definition: FieldDefinition?) throws(BuiltinError) {
      if let definition {
        argument.value.expected = definition.type
        argument.value.expectedHasDefault = definition.defaultValue.map { $0.kind != .null } ?? false
        argument.value.definition = schema.types[definition.type.innermost]
      }
      try walk(argument.value)
    }

    private func walk(_ value: Literal) throws(BuiltinError) {
      try step()
      if value.kind == .variable, operation != nil {
        value.variable = variables[value.raw]
        value.variable?.isUsed = true
      }
      for child in value.children {
        if value.kind == .object, let field = value.definition?.field(child.name) {
          child.value.expected = field.type
          child.value.expectedHasDefault = field.defaultValue.map { $0.kind != .null } ?? false
          child.value.definition = schema.types[field.type.innermost]
        } else if value.kind == .list, let element = value.expected?.element {
          child.value.expected = element
          child.value.definition = value.definition
        }
        try walk(child.value)
      }
      check(value)
    }

    /// The field every composite type has.
    private let typeName: FieldDefinition = {
      let field = FieldDefinition()
      field.name = "__typename"
      field.type = TypeReference(name: "String")
      return field
    }()

    private func walk(_ selections: [Selection], _ parent: Definition?) throws(BuiltinError) {
      for selection in selections {
        try step()
        switch selection {
        case .field(let field): try walk(field, parent)
        case .inline(let inline):
          let next = inline.condition.isEmpty ? parent : schema.types[inline.condition]
          try walk(inline.directives, "INLINE_FRAGMENT")
          try walk(inline.selections, next)
          try check(inline, parent)
        case .spread(let spread):
          let fragment = self.fragment(spread.name)
          try walk(spread.directives, "FRAGMENT_SPREAD")
          if let fragment, walkedFragments.insert(fragment.name).inserted {
            try walk(fragment.selections, schema.types[fragment.condition])
          }
          check(spread, fragment, parent)
        }
      }
    }

    private func walk(_ field: Field, _ parent: Definition?) throws(BuiltinError) {
      let definition = field.name == "__typename" ? typeName : parent?.field(field.name)
      field.definition = definition
      field.parent = parent
      let next = definition.flatMap { schema.types[$0.type.innermost] }
      for argument in field.arguments { try walk(argument, definition?.argument(argument.name)) }
      try walk(field.directives, "FIELD")
      try walk(field.selections, next)
      try check(field)
    }
  }
}
