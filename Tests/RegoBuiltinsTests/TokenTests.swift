import Rego
import RegoBuiltins
import Testing

/// Known answers of RFC 7515, appendix A, and RFC 8037, appendix A.
@Suite("JSON Web Tokens")
struct TokenTests {
  private static let payload =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
  private static let symmetric =
    #"{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}"#
  private static let hs256 = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\(payload).dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
  private static let curve =
    #"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#
  private static let secretCurve = curve.dropLast() + #","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#
  private static let es256 =
    "eyJhbGciOiJFUzI1NiJ9.\(payload).DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
  private static let edwards = #"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#
  private static let edDSA =
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"

  private func value(_ query: String, _ input: [String: String], strict: Bool = true) throws -> RegoValue? {
    let policy = try Policy([], options: .init(functions: StandardFunctions.all))
    let document = Document(.object(input.map { .init(.string($0.key), .string($0.value)) }))
    return try policy.prepare("x = \(query)").evaluate(input: document, options: .init(isStrict: strict)).first?["x"]
  }

  @Test("Signatures of the standards verify, and none does after a change of one character")
  func verification() throws {
    #expect(try value("io.jwt.verify_es256(input.t, input.k)", ["t": Self.es256, "k": Self.curve]) == .boolean(true))
    #expect(try value("io.jwt.verify_eddsa(input.t, input.k)", ["t": Self.edDSA, "k": Self.edwards]) == .boolean(true))
    let changed = Self.es256.replacing("eyJpc3MiOiJqb2Ui", with: "eyJpc3MiOiJqb2Uj")
    #expect(try value("io.jwt.verify_es256(input.t, input.k)", ["t": changed, "k": Self.curve]) == .boolean(false))
    #expect(try value("io.jwt.verify_es384(input.t, input.k)", ["t": Self.es256, "k": Self.curve]) == .boolean(false))
    #expect(try value("io.jwt.verify_rs256(input.t, input.k)", ["t": Self.es256, "k": Self.curve]) == .boolean(false))
  }

  @Test("A token signed here is the standard's, byte by byte where signing is deterministic")
  func signing() throws {
    let header = "{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}"
    let claims = "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}"
    let token = try value(
      "io.jwt.encode_sign_raw(input.h, input.c, input.k)", ["h": header, "c": claims, "k": Self.symmetric])
    #expect(token == .string(Self.hs256))
    let query = #"io.jwt.verify_es256(io.jwt.encode_sign({"alg": "ES256"}, {"a": 1}, json.unmarshal(input.s)), input.k)"#
    #expect(try value(query, ["s": String(Self.secretCurve), "k": Self.curve]) == .boolean(true))
  }

  @Test("The time, the issuer and the audience decide, and an algorithm of no key never verifies")
  func claims() throws {
    func verified(_ constraints: String) throws -> RegoValue? {
      let query = #"io.jwt.decode_verify(input.t, object.union({"cert": input.k}, \#(constraints)))[0]"#
      return try value(query, ["t": Self.es256, "k": Self.curve])
    }
    #expect(try verified(#"{"time": 1300819379000000000, "iss": "joe"}"#) == .boolean(true))
    #expect(try verified(#"{"time": 1300819380000000000, "iss": "joe"}"#) == .boolean(false))
    #expect(try verified(#"{"time": 0, "iss": "jim"}"#) == .boolean(false))
    #expect(try verified(#"{"time": 0, "aud": "x"}"#) == .boolean(false))
    #expect(try verified(#"{"time": 0, "alg": "RS256"}"#) == .boolean(false))
    let none = "eyJhbGciOiJub25lIn0.\(Self.payload)."
    let verdict = try value(#"io.jwt.decode_verify(input.t, {"secret": "s"})[0]"#, ["t": none])
    #expect(verdict == .boolean(false))
  }

  @Test("Errors name what is wrong and no part of a key")
  func errors() throws {
    let bad = Self.symmetric.replacing("AyM1", with: "*yM1")
    do {
      _ = try value("io.jwt.encode_sign_raw(`{\"alg\":\"HS256\"}`, `{}`, input.k)", ["k": bad])
      Issue.record("a key that is not base64url was accepted")
    } catch let error as RegoError {
      #expect(error.message.contains("\"k\""))
      #expect(!error.message.contains("yM1SysPp"))
    }
  }

  @Test("No host may be asked unless the evaluation allows it")
  func network() throws {
    let policy = try Policy([], options: .init(functions: StandardFunctions.all))
    let query = try policy.prepare("x = net.lookup_ip_addr(\"localhost\")")
    #expect(throws: RegoError.self) { try query.evaluate(options: .init(isStrict: true)) }
    let found = try query.evaluate(options: .init(isStrict: true, network: .hosts(["localhost"]))).first?["x"]
    guard case .set(let addresses)? = found else {
      Issue.record("no set of addresses")
      return
    }
    #expect(addresses.contains(.string("127.0.0.1")) || addresses.contains(.string("::1")))
  }

  @Test("No algorithm, an unknown one, and a list of extensions without a name")
  func headers() throws {
    let refused = RegoValue.array([.boolean(false), .object([]), .object([])])
    #expect(try value(#"io.jwt.decode_verify("eyJhbGciOiJub25lIn0.e30.", {"secret": "s"})"#, [:]) == refused)
    let error = #expect(throws: RegoError.self) {
      try value(#"io.jwt.decode_verify("eyJhbGciOiJIUzI1NiIsImNyaXQiOltdfQ.e30.AA", {"secret": "s"})"#, [:])
    }
    #expect(error?.message.contains("crit: must be a nonempty list") == true)
  }
}
