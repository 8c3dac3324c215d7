import Rego

/// A libFuzzer entry: a query up to the first zero byte, and a schema behind it.
///
/// Beyond not crashing and ending in time: a query that is read is judged the same as text and as the object it is read as.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzGraphQL(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
  let input = Document(
    .object([
      .init(.string("query"), .string(parts[0])), .init(.string("schema"), .string(parts.count > 1 ? parts[1] : "type Query { a: Int }")),
    ]))
  let options = EvaluationOptions(steps: 2_000_000)
  guard let solutions = try? graphQLQuery.evaluate(input: input, options: options), let solution = solutions.first else { return 0 }
  precondition(solution["text"] == solution["tree"], "the query is judged otherwise as an object")
  return 0
}

private let graphQLQuery: PreparedQuery = {
  let text = """
    text := graphql.is_valid(input.query, input.schema)
    tree := graphql.is_valid(graphql.parse_query(input.query), graphql.parse_schema(input.schema))
    """
  do { return try Policy([]).prepare(text) } catch { fatalError("\(error)") }
}()
