internal import Rego

extension StandardFunctions {
  /// OPA's v1/topdown/tokens.go: reading and verifying JSON Web Tokens.
  static let tokens: [BuiltinFunction] =
    [
      BuiltinFunction("io.jwt.decode", arity: 1) { call throws(BuiltinError) in
        var token = try Token(try call.text(0))
        while true {
          let header = try token.decodedHeader()
          let payload = try token.decodedPayload()
          // A token within a token (RFC 7519, section 5.2) is taken apart in turn.
          if header["cty"] == .string("JWT") {
            // Some signers write the inner token as a JSON string.
            token = try Token(payload.trimmed { $0 == 0x22 || $0 == 0x27 })
            continue
          }
          let object = try Token.object(payload)
          return .array([header, object, .string(Hexadecimal.text(try token.decodedSignature()))])
        }
      },
      BuiltinFunction("io.jwt.decode_verify", arity: 2, isNondeterministic: true) { call throws(BuiltinError) in
        try decodedAndVerified(call)
      },
    ] + SignatureAlgorithm.allCases.map(verifier)

  private static func verifier(_ algorithm: SignatureAlgorithm) -> BuiltinFunction {
    BuiltinFunction("io.jwt.verify_" + algorithm.rawValue.lowercased(), arity: 2) { call throws(BuiltinError) in
      let token = try Token(try call.text(0))
      let key = try call.text(1)
      switch algorithm {
      case .hs256, .hs384, .hs512:
        return .boolean(algorithm.verifies(try token.decodedSignature(), of: token.signedText, with: .symmetric(key)))
      default:
        let keys = try VerificationKey.keys(from: key)
        let header = try TokenHeader(try token.decodedHeader())
        let signature = try token.decodedSignature()
        // A key that the token names decides alone.
        if !header.keyID.isEmpty, let named = keys.first(where: { $0.keyID == header.keyID }) {
          return .boolean(algorithm.verifies(signature, of: token.signedText, with: named.material))
        }
        for key in keys where key.algorithm.isEmpty || key.algorithm == header.algorithm {
          if algorithm.verifies(signature, of: token.signedText, with: key.material) { return .boolean(true) }
        }
        return .boolean(false)
      }
    }
  }

  /// `[verified, header, payload]`; `[false, {}, {}]` for a token that does not hold.
  private static func decodedAndVerified(_ call: borrowing BuiltinCall) throws(BuiltinError) -> RegoValue {
    let unverified = RegoValue.array([.boolean(false), .object([]), .object([])])
    guard case .object(let members) = call[1].copy else { throw call.wrongType(1, "object") }
    let constraints = try TokenConstraints(members, now: call.now)
    var text = try call.text(0)
    while true {
      let token = try Token(text)
      let decoded = try token.decodedHeader()
      let header = try TokenHeader(decoded)
      guard header.isValid, constraints.accepts(algorithm: header.algorithm) else { return unverified }
      guard try constraints.verifies(token, header) else { return unverified }
      let payload = try token.decodedPayload()
      if header.contentType.uppercased() == "JWT" {
        text = payload
        continue
      }
      let claims = try Token.object(payload)
      guard try constraints.accepts(claims: claims) else { return unverified }
      return .array([.boolean(true), decoded, claims])
    }
  }
}

extension [UInt8] {
  /// Without bytes of a kind at both ends.
  func trimmed(_ isDropped: (UInt8) -> Bool) -> [UInt8] {
    guard let first = firstIndex(where: { !isDropped($0) }), let last = lastIndex(where: { !isDropped($0) }) else { return [] }
    return Array(self[first...last])
  }
}
