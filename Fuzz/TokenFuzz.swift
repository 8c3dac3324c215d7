import Rego
import RegoBuiltins

/// A libFuzzer entry: a token up to the first zero byte, and a key or a set of keys behind it.
///
/// Beyond not crashing and ending in time: a token that one function verifies decodes, and one without a signature verifies nowhere.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzToken(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
  let input = Document(
    .object([.init(.string("token"), .string(parts[0])), .init(.string("key"), .string(parts.count > 1 ? parts[1] : "secret"))]))
  for query in tokenQueries {
    do throws(RegoError) {
      guard let solution = try query.evaluate(input: input, options: EvaluationOptions(steps: 2_000_000, now: 0)).first else { continue }
      precondition(solution["verified"] == nil || solution["decoded"] != nil, "a token is verified and does not decode")
    } catch {
      precondition(!error.message.isEmpty, "an error says nothing")
    }
  }
  return 0
}

private let tokenQueries: [PreparedQuery] = [
  "decoded := io.jwt.decode(input.token)",
  "io.jwt.verify_hs256(input.token, input.key); verified := true; decoded := io.jwt.decode(input.token)",
  "io.jwt.verify_rs256(input.token, input.key); verified := true; decoded := io.jwt.decode(input.token)",
  "io.jwt.verify_es256(input.token, input.key); verified := true; decoded := io.jwt.decode(input.token)",
  "result := io.jwt.decode_verify(input.token, {\"secret\": input.key})",
  "result := io.jwt.decode_verify(input.token, {\"cert\": input.key})",
  "signed := io.jwt.encode_sign_raw(`{\"alg\": \"HS256\"}`, input.token, input.key)",
].map { text in
  do { return try Policy([], options: .init(functions: StandardFunctions.all)).prepare(text) } catch { fatalError("\(error)") }
}
