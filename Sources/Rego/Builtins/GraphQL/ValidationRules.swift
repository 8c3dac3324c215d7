/// The rules of operations, fragments, fields and directives. Each comment names the rule as the specification and gqlparser do.
extension GraphQL.Validation {
  typealias Definition = GraphQL.Definition

  /// KnownTypeNames
  func checkType(of variable: GraphQL.VariableDefinition) {
    if schema.types[variable.type.innermost] == nil { add("Unknown type \"\(variable.type.innermost)\".", variable.position) }
  }

  func check(_ operation: GraphQL.Operation) throws(BuiltinError) {
    // KnownRootType
    if schema.root(operation.kind) == nil { add("Schema does not support operation type \"\(operation.kind)\"", operation.position) }
    // LoneAnonymousOperation
    if operation.name.isEmpty, document.operations.count > 1 {
      add("This anonymous operation must be the only defined operation.", operation.position)
    }
    // NoUnusedVariables
    for variable in operation.variables where !variable.isUsed {
      let place = operation.name.isEmpty ? "" : " in operation \"\(operation.name)\""
      add("Variable \"$\(variable.variable)\" is never used\(place).", variable.position)
    }
    try checkOverlaps(operation.selections)
    try checkSubscription(operation)
    // UniqueOperationNames
    if !operationNames.insert(operation.name).inserted {
      add("There can be only one operation named \"\(operation.name)\".", operation.position)
    }
    // UniqueVariableNames
    var seen: [String: Int] = [:]
    for variable in operation.variables {
      if seen[variable.variable] == 1 { add("There can be only one variable named \"$\(variable.variable)\".", variable.position) }
      seen[variable.variable, default: 0] += 1
    }
    // VariablesAreInputTypes
    for variable in operation.variables {
      if let type = schema.types[variable.type.innermost], !type.isInput {
        add("Variable \"$\(variable.variable)\" cannot be non-input type \"\(variable.type.text)\".", variable.position)
      }
    }
  }

  /// SingleFieldSubscriptions
  private func checkSubscription(_ operation: GraphQL.Operation) throws(BuiltinError) {
    guard operation.kind == "subscription", schema.subscription != nil else { return }
    var fields: [(name: String, position: GraphQL.Position?)] = []
    var seen: Set<String> = []
    func collect(_ selections: [GraphQL.Selection]) throws(BuiltinError) {
      for selection in selections {
        try step()
        switch selection {
        case .field(let field): fields.append((field.name, field.position))
        case .inline(let inline): try collect(inline.selections)
        case .spread(let spread):
          if seen.insert(spread.name).inserted, let fragment = fragment(spread.name) { try collect(fragment.selections) }
        }
      }
    }
    try collect(operation.selections)
    let title = operation.name.isEmpty ? "Anonymous Subscription" : "Subscription \"\(operation.name)\""
    if fields.count > 1 { add("\(title) must select only one top level field.", fields[1].position) }
    for field in fields where field.name.hasPrefix("__") {
      add("\(title) must not select an introspection top level field.", field.position)
    }
  }

  func check(_ fragment: GraphQL.Fragment, _ definition: Definition?) throws(BuiltinError) {
    // FragmentsOnCompositeTypes
    if let definition, !fragment.condition.isEmpty, !definition.isComposite {
      add("Fragment \"\(fragment.name)\" cannot condition on non composite type \"\(fragment.condition)\".", fragment.position)
    }
    // KnownTypeNames
    if definition == nil { add("Unknown type \"\(fragment.condition)\".", fragment.position) }
    try checkCycles(fragment)
    // NoUnusedFragments
    isInFragments = true
    if !usedFragments.contains(fragment.name) { add("Fragment \"\(fragment.name)\" is never used.", fragment.position) }
    try checkOverlaps(fragment.selections)
    // UniqueFragmentNames
    if !fragmentNames.insert(fragment.name).inserted {
      add("There can be only one fragment named \"\(fragment.name)\".", fragment.position)
    }
  }

  /// NoFragmentCycles: a cycle is told at the first of its fragments.
  private func checkCycles(_ fragment: GraphQL.Fragment) throws(BuiltinError) {
    guard visitedForCycles.insert(fragment.name).inserted else { return }
    var path: [GraphQL.Spread] = []
    var places: [String: Int] = [:]
    func visit(_ fragment: GraphQL.Fragment) throws(BuiltinError) {
      visitedForCycles.insert(fragment.name)
      let spreads = fragment.selections.spreads
      guard !spreads.isEmpty else { return }
      places[fragment.name] = path.count
      for spread in spreads {
        try step()
        path.append(spread)
        if let place = places[spread.name] {
          let via = path[place..<(path.count - 1)].map { "\"\($0.name)\"" }.joined(separator: ", ")
          add("Cannot spread fragment \"\(spread.name)\" within itself\(via.isEmpty ? "" : " via \(via)").", spread.position)
        } else if !visitedForCycles.contains(spread.name), let next = self.fragment(spread.name) {
          try visit(next)
        }
        path.removeLast()
      }
      places[fragment.name] = nil
    }
    try visit(fragment)
  }

  func check(_ inline: GraphQL.InlineFragment, _ parent: Definition?) throws(BuiltinError) {
    let type = schema.types[inline.condition]
    // FragmentsOnCompositeTypes
    if let type, !type.isComposite {
      add("Fragment cannot condition on non composite type \"\(inline.condition)\".", inline.position)
    }
    // KnownTypeNames
    if !inline.condition.isEmpty, type == nil { add("Unknown type \"\(inline.condition)\".", inline.position) }
    try checkOverlaps(inline.selections)
    // PossibleFragmentSpreads
    if let parent, !canSpread(inline.condition, in: parent) {
      add(
        "Fragment cannot be spread here as objects of type \"\(parent.name)\" can never be of type \"\(inline.condition)\".",
        inline.position)
    }
  }

  func check(_ spread: GraphQL.Spread, _ fragment: GraphQL.Fragment?, _ parent: Definition?) {
    // KnownFragmentNames
    guard let fragment else {
      add("Unknown fragment \"\(spread.name)\".", spread.position)
      return
    }
    // NoUnusedFragments
    if !isInFragments { usedFragments.insert(spread.name) }
    // PossibleFragmentSpreads
    if let parent, !canSpread(fragment.condition, in: parent) {
      let title = "Fragment \"\(spread.name)\" cannot be spread here"
      add("\(title) as objects of type \"\(parent.name)\" can never be of type \"\(fragment.condition)\".", spread.position)
    }
  }

  private func canSpread(_ condition: String, in parent: Definition) -> Bool {
    guard parent.isComposite, let type = schema.types[condition], type.isComposite else { return true }
    let parents = parent.kind == .object ? [parent] : schema.possibleTypes(parent)
    let names = Set(parents.map(\.name))
    return schema.possibleTypes(type).contains { names.contains($0.name) }
  }

  func check(_ field: GraphQL.Field) throws(BuiltinError) {
    if let parent = field.parent { checkName(field, parent) }
    // OverlappingFieldsCanBeMerged
    if operation != nil { try checkOverlaps(field.selections) }
    guard let definition = field.definition else {
      checkUnique(field.arguments)
      return
    }
    // ProvidedRequiredArguments
    for argument in definition.arguments
    where argument.type.isNonNull && argument.defaultValue == nil && !field.arguments.contains(where: { $0.name == argument.name }) {
      let title = "Field \"\(field.name)\" argument \"\(argument.name)\""
      add("\(title) of type \"\(argument.type.text)\" is required, but it was not provided.", field.position)
    }
    // ScalarLeafs
    if let type = schema.types[definition.type.innermost] {
      if type.isLeaf, !field.selections.isEmpty {
        add("Field \"\(field.name)\" must not have a selection since type \"\(type.name)\" has no subfields.", field.position)
      }
      if !type.isLeaf, field.selections.isEmpty {
        let title = "Field \"\(field.name)\" of type \"\(definition.type.text)\" must have a selection of subfields."
        add("\(title) Did you mean \"\(field.name) { ... }\"?", field.position)
      }
    }
    checkUnique(field.arguments)
  }

  private func checkName(_ field: GraphQL.Field, _ parent: Definition) {
    guard let definition = field.definition else {
      // FieldsOnCorrectType
      var message = "Cannot query field \"\(field.name)\" on type \"\(parent.name)\"."
      let types = typesWith(field.name, below: parent)
      if !types.isEmpty {
        message += " Did you mean to use an inline fragment on \(GraphQL.Suggestion.quoted(types))?"
      } else if parent.kind == .object || parent.kind == .interface {
        message += GraphQL.Suggestion.text(field.name, parent.fields.map(\.name))
      }
      add(message, field.position)
      return
    }
    // KnownArgumentNames
    for argument in field.arguments where definition.argument(argument.name) == nil {
      let message = "Unknown argument \"\(argument.name)\" on field \"\(parent.name).\(field.name)\"."
      add(message + GraphQL.Suggestion.text(argument.name, definition.arguments.map(\.name)), field.position)
    }
  }

  /// Types below an abstract one that have a field, interfaces that more of them share first.
  private func typesWith(_ field: String, below parent: Definition) -> [String] {
    guard parent.isAbstract else { return [] }
    var objects: [String] = [], interfaces: [String] = []
    var uses: [String: Int] = [:]
    for type in schema.possibleTypes(parent) where type.field(field) != nil {
      objects.append(type.name)
      for name in type.interfaces where schema.types[name]?.field(field) != nil {
        if uses[name] == nil { interfaces.append(name) }
        uses[name, default: 0] += 1
      }
    }
    return (interfaces + objects).sorted { a, b in
      let x = uses[a] ?? 0, y = uses[b] ?? 0
      return x == y ? a < b : x > y
    }
  }

  /// UniqueArgumentNames
  private func checkUnique(_ arguments: [GraphQL.Argument]) {
    var seen: [String: Int] = [:]
    for argument in arguments {
      if seen[argument.name] == 1 { add("There can be only one argument named \"\(argument.name)\".", argument.position) }
      seen[argument.name, default: 0] += 1
    }
  }

  func check(_ directive: GraphQL.Directive, _ definition: GraphQL.DirectiveDefinition?, _ location: String) {
    guard let definition else {
      // KnownDirectives
      add("Unknown directive \"@\(directive.name)\".", directive.position)
      checkUnique(directive.arguments)
      return
    }
    // KnownArgumentNames
    for argument in directive.arguments where !definition.arguments.contains(where: { $0.name == argument.name }) {
      let message = "Unknown argument \"\(argument.name)\" on directive \"@\(directive.name)\"."
      add(message + GraphQL.Suggestion.text(argument.name, definition.arguments.map(\.name)), directive.position)
    }
    // KnownDirectives
    if !definition.locations.contains(location) {
      let place = directive.position.map { "\(directive.name) \($0.line) \($0.column)" }
      if place.map({ misplacedDirectives.insert($0).inserted }) ?? true {
        add("Directive \"@\(directive.name)\" may not be used on \(location).", directive.position)
      }
    }
    // ProvidedRequiredArguments
    for argument in definition.arguments
    where argument.type.isNonNull && argument.defaultValue == nil && !directive.arguments.contains(where: { $0.name == argument.name }) {
      let title = "Directive \"@\(directive.name)\" argument \"\(argument.name)\""
      add("\(title) of type \"\(argument.type.text)\" is required, but it was not provided.", directive.position)
    }
    checkUnique(directive.arguments)
  }

  /// UniqueDirectivesPerLocation
  func checkUnique(_ directives: [GraphQL.Directive]) {
    var seen: Set<String> = []
    for directive in directives where !seen.insert(directive.name).inserted {
      if schema.directives[directive.name]?.isRepeatable == true { continue }
      add("The directive \"@\(directive.name)\" can only be used once at this location.", directive.position)
    }
  }
}

extension [GraphQL.Selection] {
  /// Every spread below, those in inline fragments and fields included.
  var spreads: [GraphQL.Spread] {
    flatMap { selection -> [GraphQL.Spread] in
      switch selection {
      case .field(let field): field.selections.spreads
      case .inline(let inline): inline.selections.spreads
      case .spread(let spread): [spread]
      }
    }
  }
}
