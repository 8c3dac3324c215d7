import Rego
import RegoBuiltins

/// A libFuzzer entry: any bytes are read as the DER of certificates, requests and keys, and as PEM.
///
/// Beyond not crashing and ending in time: bytes mean the same in every form that the functions take.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCertificate(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  let input = Document(
    .object([
      .init(.string("text"), .string(String(decoding: bytes, as: UTF8.self))),
      .init(.string("der"), .array(bytes.map { .integer(Int64($0)) })), .init(.string("hex"), .string(hexadecimal(bytes))),
    ]))
  for query in certificateQueries {
    do throws(RegoError) {
      let solutions = try query.evaluate(input: input, options: EvaluationOptions(steps: 2_000_000, now: 0))
      guard let solution = solutions.first, let block = solution["block"], let plain = solution["plain"] else { continue }
      precondition(block == plain, "a certificate is another one as PEM")
    } catch {
      precondition(!error.message.isEmpty, "an error says nothing")
    }
  }
  return 0
}

private func hexadecimal(_ bytes: [UInt8]) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

private let certificateQueries: [PreparedQuery] = [
  """
  text := base64.encode(hex.decode(input.hex)); plain := crypto.x509.parse_certificates(text);
  block := crypto.x509.parse_certificates(concat("", ["-----BEGIN CERTIFICATE-----\\n", text, "\\n-----END CERTIFICATE-----\\n"]))
  """,
  "x := crypto.x509.parse_certificates(input.text)",
  "x := crypto.x509.parse_certificate_request(base64.encode(hex.decode(input.hex)))",
  "x := crypto.x509.parse_rsa_private_key(input.text)", "x := crypto.parse_private_keys(input.text)",
  "x := crypto.x509.parse_and_verify_certificates(input.text)",
].map { text in
  do { return try Policy([], options: .init(functions: StandardFunctions.all)).prepare(text) } catch { fatalError("\(error)") }
}
