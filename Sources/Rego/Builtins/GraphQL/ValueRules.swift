/// The rules of values.
extension GraphQL.Validation {
  func check(_ value: GraphQL.Literal) {
    // NoUndefinedVariables
    if value.kind == .variable, let operation, value.variable == nil {
      let place = operation.name.isEmpty ? "" : " by operation \"\(operation.name)\""
      add("Variable \"\(value.text)\" is not defined\(place).", value.position)
    }
    // UniqueInputFieldNames
    if value.kind == .object {
      var seen: Set<String> = []
      for child in value.children where !seen.insert(child.name).inserted {
        add("There can be only one input field named \"\(child.name)\".", child.position)
      }
    }
    checkType(value)
    checkVariable(value)
  }

  /// ValuesOfCorrectType
  private func checkType(_ value: GraphQL.Literal) {
    guard let definition = value.definition, let expected = value.expected else { return }
    let builtIn: Set<String> = ["Int", "Float", "String", "Boolean", "ID"]
    // Scalars of the schema's own may be written in any way.
    if definition.kind == .scalar, !builtIn.contains(definition.name) { return }
    if !isReadable(value) { misfit(value, definition, expected) }
    func accept(_ names: String...) { if !names.contains(definition.name) { misfit(value, definition, expected) } }
    switch value.kind {
    case .null:
      if expected.isNonNull { add("Expected value of type \"\(expected.text)\", found \(value.text).", value.position) }
    case .list: if expected.element == nil { misfit(value, definition, expected) }
    case .int: accept("Int", "Float", "ID")
    case .float: accept("Float")
    case .string, .block:
      guard definition.kind == .enumeration else { return accept("String", "ID") }
      let message = "Enum \"\(expected.text)\" cannot represent non-enum value: \(value.text)."
      add(message + GraphQL.Suggestion.text(value.raw, definition.values.map(\.name), kind: "the enum value "), value.position)
    case .enumeration:
      guard definition.kind == .enumeration else { return misfit(value, definition, expected) }
      if !definition.valueNames.contains(value.raw) {
        let message = "Value \"\(value.text)\" does not exist in \"\(expected.text)\" enum."
        add(message + GraphQL.Suggestion.text(value.raw, definition.values.map(\.name), kind: "the enum value "), value.position)
      }
    case .boolean: accept("Boolean")
    case .object: checkFields(value, definition)
    case .variable: break
    }
  }

  private func checkFields(_ value: GraphQL.Literal, _ definition: Definition) {
    let given = Set(value.children.map(\.name))
    for field in definition.fields where field.type.isNonNull && field.defaultValue == nil && !given.contains(field.name) {
      add(
        "Field \"\(definition.name).\(field.name)\" of required type \"\(field.type.text)\" was not provided.", value.position)
    }
    for child in value.children where definition.field(child.name) == nil {
      let message = "Field \"\(child.name)\" is not defined by type \"\(definition.name)\"."
      add(message + GraphQL.Suggestion.text(child.name, definition.fields.map(\.name)), child.position)
    }
  }

  /// Whether a number is one of 64 bits.
  private func isReadable(_ value: GraphQL.Literal) -> Bool {
    switch value.kind {
    case .int: Int64(value.raw) != nil
    case .float: Double(value.raw)?.isFinite == true
    default: true
    }
  }

  private func misfit(_ value: GraphQL.Literal, _ definition: Definition, _ expected: GraphQL.TypeReference) {
    let text = value.text
    let message =
      switch expected.text {
      case "Int", "Int!":
        value.kind == .int && Int32(value.raw) == nil
          ? "Int cannot represent non 32-bit signed integer value: \(text)" : "Int cannot represent non-integer value: \(text)"
      case "String", "String!", "[String]": "String cannot represent a non string value: \(text)"
      case "Boolean", "Boolean!": "Boolean cannot represent a non boolean value: \(text)"
      case "Float", "Float!": "Float cannot represent non numeric value: \(text)"
      case "ID", "ID!": "ID cannot represent a non-string and non-integer value: \(text)"
      default:
        definition.kind == .enumeration
          ? "Enum \"\(expected.text)\" cannot represent non-enum value: \(text)."
          : "Expected value of type \"\(expected.text)\", found \(text)."
      }
    add(message, value.position)
  }

  /// VariablesInAllowedPosition: a default on either side stands in for null.
  private func checkVariable(_ value: GraphQL.Literal) {
    guard value.kind == .variable, operation != nil, let expected = value.expected, let variable = value.variable else { return }
    let hasDefault = variable.defaultValue.map { $0.kind != .null } ?? false
    guard !variable.type.fits(expected, nullable: hasDefault || value.expectedHasDefault) else { return }
    let title = "Variable \"\(value.text)\" of type \"\(variable.type.text)\""
    let wanted = expected.element.map { "[\($0.text)]" } ?? expected.name
    let isNullable = hasDefault || value.expectedHasDefault || !expected.isNonNull
    add("\(title) used in position expecting type \"\(wanted)\(isNullable ? "" : "!")\".", value.position)
  }
}
