extension Builtins {
  /// OPA's v1/topdown/graphql.go.
  static let graphQLs: [Builtin] = [
    Builtin("graphql.parse_query", 1) { arguments, context throws(BuiltinError) in
      let text = try arguments.string(0)
      return try deep { () throws(BuiltinError) in
        let document = try read(text, context) { text throws(GraphQL.Fault) in try GraphQL.Parser.query(text) }
        return GraphQL.DocumentEncoder(heap: context.heap).query(document)
      }
    },
    Builtin("graphql.parse_schema", 1) { arguments, context throws(BuiltinError) in
      let text = try arguments.string(0)
      return try deep { () throws(BuiltinError) in
        let document = try read(text, context) { text throws(GraphQL.Fault) in try GraphQL.Parser.schema(text) }
        return GraphQL.DocumentEncoder(heap: context.heap).schema(document)
      }
    },
    Builtin("graphql.parse", 2) { arguments, context throws(BuiltinError) in
      for index in 0...1 where !arguments[index].isString && !arguments[index].isObject {
        throw arguments.wrongType(index, "string", "object")
      }
      let query = arguments[0], schema = arguments[1]
      return try deep { () throws(BuiltinError) in .array(try verified(query, schema, context), in: context.heap) }
    },
    Builtin("graphql.parse_and_verify", 2) { arguments, context throws(BuiltinError) in
      let query = arguments[0], schema = arguments[1]
      return try deep { () throws(BuiltinError) in
        let empty = Value.object([], in: context.heap)
        let documents = try valid { () throws(BuiltinError) in try verified(query, schema, context) }
        return .array([.boolean(documents != nil)] + (documents ?? [empty, empty]), in: context.heap)
      }
    },
    Builtin("graphql.is_valid", 2) { arguments, context throws(BuiltinError) in
      let query = arguments[0], schema = arguments[1]
      return try deep { () throws(BuiltinError) in
        .boolean(try valid { () throws(BuiltinError) in try verified(query, schema, context) } != nil)
      }
    },
    Builtin("graphql.schema_is_valid", 1) { arguments, context throws(BuiltinError) in
      let value = arguments[0]
      return try deep { () throws(BuiltinError) in
        .boolean(
          try valid { () throws(BuiltinError) in
            try checked(try schema(value, context))
          } != nil)
      }
    },
  ]

  /// Runs on a stack that is deep enough for the deepest document.
  private static func deep(_ body: () throws(BuiltinError) -> Value) throws(BuiltinError) -> Value {
    try DeepStack.result { () throws(BuiltinError) in try body() }
  }

  /// Nil where something is wrong with the documents; what ends the evaluation goes on.
  private static func valid<R>(_ body: () throws(BuiltinError) -> R) throws(BuiltinError) -> R? {
    do throws(BuiltinError) {
      return try body()
    } catch {
      if case .fatal = error { throw error }
      return nil
    }
  }

  private static func read<R>(
    _ text: [UInt8], _ context: BuiltinContext, _ parse: ([UInt8]) throws(GraphQL.Fault) -> R
  ) throws(BuiltinError) -> R {
    try context.spend(text.count)
    do throws(GraphQL.Fault) { return try parse(text) } catch { throw .failed(described(error)) }
  }

  private static func described(_ fault: GraphQL.Fault) -> String {
    fault.message + (fault.position.map { " in GraphQL string at location \($0.line):\($0.column)" } ?? "")
  }

  private static func query(_ value: Value, _ context: BuiltinContext) throws(BuiltinError) -> GraphQL.QueryDocument {
    if value.isString { return try read(value.text, context) { text throws(GraphQL.Fault) in try GraphQL.Parser.query(text) } }
    guard value.isObject else { throw .failed("query is neither a string nor an object") }
    do throws(GraphQL.Fault) { return try GraphQL.DocumentDecoder.query(value) } catch { throw .failed(error.message) }
  }

  private static func schema(_ value: Value, _ context: BuiltinContext) throws(BuiltinError) -> GraphQL.SchemaDocument {
    if value.isString { return try read(value.text, context) { text throws(GraphQL.Fault) in try GraphQL.Parser.schema(text) } }
    guard value.isObject else { throw .failed("schema is neither a string nor an object") }
    do throws(GraphQL.Fault) { return try GraphQL.DocumentDecoder.schema(value) } catch { throw .failed(error.message) }
  }

  private static func checked(_ document: GraphQL.SchemaDocument) throws(BuiltinError) -> GraphQL.Schema {
    do throws(GraphQL.Fault) {
      return try GraphQL.Schema(document)
    } catch {
      let place = error.position.map { "input:\($0.line):\($0.column): " } ?? "input: "
      throw .failed("Error in gqlparser SchemaDocument to Schema conversion: \(place)\(error.message)")
    }
  }

  /// The two documents as values, where the query holds against the schema.
  private static func verified(_ query: Value, _ schema: Value, _ context: BuiltinContext) throws(BuiltinError) -> [Value] {
    let queryDocument = try self.query(query, context)
    let schemaDocument = try self.schema(schema, context)
    let encoder = GraphQL.DocumentEncoder(heap: context.heap)
    // Before the check, which writes into the documents.
    let values = [encoder.query(queryDocument), encoder.schema(schemaDocument)]
    let faults = try GraphQL.Validation.faults(queryDocument, try checked(schemaDocument), context)
    guard let first = faults.first else { return values }
    // OPA gives the first one's place behind the texts of all of them, without the last full stop.
    var text = first.message
    for fault in faults.dropFirst() {
      text += "\ninput:" + (fault.position.map { "\($0.line):\($0.column): " } ?? " ") + fault.message
    }
    if text.hasSuffix(".") { text.removeLast() }
    throw .failed(described(GraphQL.Fault(message: text, position: first.position)))
  }
}
