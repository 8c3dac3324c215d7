extension Builtins {
  /// OPA's v1/topdown/jsonschema.go. References lead into the schema itself only: nothing is fetched.
  static let jsonSchemas: [Builtin] = [
    Builtin("json.verify_schema", 1) { arguments, context throws(BuiltinError) in
      do throws(SchemaError) {
        guard let value = try json(arguments[0], context) else { throw SchemaError("wrong type, expected string or object") }
        _ = try schema(value, context)
        return .array([.true, .null], in: context.heap)
      } catch {
        return .array([.false, .string("jsonschema: \(error.text)", in: context.heap)], in: context.heap)
      }
    },
    Builtin("json.match_schema", 2) { arguments, context throws(BuiltinError) in
      let document: Value, schema: JSONSchema
      do throws(SchemaError) {
        let wrong = SchemaError("wrong type, expected string or object")
        guard let value = try json(arguments[0], context) else { throw wrong }
        document = value
        guard let text = try json(arguments[1], context) else { throw wrong }
        schema = try Builtins.schema(text, context)
      } catch {
        throw .failed(error.text)
      }
      let findings = try SchemaValidator.findings(document, schema, context)
      try context.spend(findings.count)
      let list = Value.array(findings.map { $0.value(in: context.heap) }, in: context.heap)
      return .array([.boolean(findings.isEmpty), list], in: context.heap)
    },
  ]

  /// The JSON an operand stands for: the text of a string, else the value itself as JSON has it. Nil for operands that are neither.
  private static func json(_ value: Value, _ context: BuiltinContext) throws(SchemaError) -> Value? {
    if value.isString {
      do throws(JSONError) {
        return try unsafe value.withText { bytes throws(JSONError) in
          try unsafe JSONReader.read(bytes, in: context.heap, replacesSurrogates: true)
        }
      } catch { throw SchemaError("invalid JSON string") }
    }
    guard value.isObject || value.isArray else { return nil }
    if isJSON(value) { return value }
    do throws(JSONError) { return try JSONReader.read(JSONWriter.text(value), in: context.heap) } catch { throw SchemaError(error.reason) }
  }

  /// Whether a value has no sets in it and no keys but texts.
  private static func isJSON(_ value: Value) -> Bool {
    var pending = [value]
    while let next = pending.popLast() {
      switch next.tag {
      case .set: return false
      case .array: for element in next.elements where element.isComposite { pending.append(element) }
      case .object:
        for (key, member) in Members(next.objectView) {
          guard key.isString else { return false }
          if member.isComposite { pending.append(member) }
        }
      default: break
      }
    }
    return true
  }

  private static func schema(_ value: Value, _ context: BuiltinContext) throws(SchemaError) -> JSONSchema {
    let text = JSONWriter.text(value)
    if let known = context.schemas[text] { return known }
    let schema = try SchemaCompiler.compile(value, compilesPatterns: true)
    if context.schemas.count >= BuiltinContext.schemaLimit { context.schemas.removeAll() }
    context.schemas[text] = schema
    return schema
  }
}

extension BuiltinContext {
  /// Compiled schemas kept; beyond that all are forgotten.
  fileprivate static let schemaLimit = 16
}
