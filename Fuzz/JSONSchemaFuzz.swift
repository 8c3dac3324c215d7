import Rego

/// A libFuzzer entry: a schema up to the first zero byte, and a document behind it, both as JSON.
///
/// Beyond not crashing and ending in time: what holds has no findings, and nothing is held against what is no schema.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSONSchema(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
  let input = Document(
    .object([.init(.string("schema"), .string(parts[0])), .init(.string("document"), .string(parts.count > 1 ? parts[1] : "null"))]))
  guard let solution = try? schemaQuery.evaluate(input: input, options: EvaluationOptions(steps: 2_000_000)).first else { return 0 }
  guard case .array(let verdict)? = solution["verdict"], verdict.count == 2 else { preconditionFailure("no verdict") }
  guard case .array(let matches)? = solution["matches"] else { preconditionFailure("no list of matches") }
  guard case .array(let match)? = matches.first, match.count == 2, case .array(let findings) = match[1] else { return 0 }
  precondition(verdict[0] == .boolean(true), "a document is held against what is no schema")
  precondition(match[0] == .boolean(findings.isEmpty), "the findings are not those of the verdict")
  return 0
}

private let schemaQuery: PreparedQuery = {
  let text = """
    verdict := json.verify_schema(input.schema)
    matches := [m | m := json.match_schema(input.document, input.schema)]
    """
  do { return try Policy([]).prepare(text) } catch { fatalError("\(error)") }
}()
