import Rego
import RegoBuiltins
import Testing

/// Evaluates one expression with the functions of this module.
func result(_ expression: String, input: String = "null", options: EvaluationOptions = EvaluationOptions(isStrict: true)) throws
  -> RegoValue?
{
  let policy = try Policy([], options: .init(functions: StandardFunctions.all))
  let query = try policy.prepare("value = \(expression)")
  return try query.evaluate(input: try Document(json: Array(input.utf8)), options: options).first?["value"]
}

/// RFC 1321, FIPS 180-4, RFC 2202 and RFC 4231.
@Suite("Digests") struct DigestTests {
  @Test(
    "known answers",
    arguments: [
      (#"crypto.md5("abc")"#, "900150983cd24fb0d6963f7d28e17f72"),
      (#"crypto.sha1("abc")"#, "a9993e364706816aba3e25717850c26c9cd0d89d"),
      (#"crypto.sha256("abc")"#, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (#"crypto.hmac.md5("what do ya want for nothing?", "Jefe")"#, "750c783e6ab0b503eaa86e310a5db738"),
      (#"crypto.hmac.sha1("what do ya want for nothing?", "Jefe")"#, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
      (
        #"crypto.hmac.sha256("what do ya want for nothing?", "Jefe")"#,
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
      ),
      (
        #"crypto.hmac.sha512("what do ya want for nothing?", "Jefe")"#,
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
      ),
    ])
  func knownAnswers(_ expression: String, _ digest: String) throws { #expect(try result(expression) == .string(digest)) }

  @Test("equality of codes")
  func equality() throws {
    #expect(try result(#"crypto.hmac.equal("abc", "abc")"#) == .boolean(true))
    #expect(try result(#"crypto.hmac.equal("abc", "abd")"#) == .boolean(false))
    #expect(try result(#"crypto.hmac.equal("abc", "abcd")"#) == .boolean(false))
  }

  @Test("an operand of the wrong type")
  func wrongType() throws {
    let error = #expect(throws: RegoError.self) { try result("crypto.md5(input)") }
    #expect(error?.code == .evalType)
    #expect(error?.message == "crypto.md5: operand 1 must be string but got null")
  }
}
