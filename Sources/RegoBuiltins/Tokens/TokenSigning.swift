internal import Rego

extension StandardFunctions {
  /// OPA's `io.jwt.encode_sign` and `io.jwt.encode_sign_raw`.
  static let tokenSigning: [BuiltinFunction] = [
    BuiltinFunction("io.jwt.encode_sign", arity: 3, isNondeterministic: true) { call throws(BuiltinError) in
      try signed(header: call[0].json, payload: call[1].json, key: call[2].json)
    },
    BuiltinFunction("io.jwt.encode_sign_raw", arity: 3, isNondeterministic: true) { call throws(BuiltinError) in
      try signed(header: try call.text(0), payload: try call.text(1), key: try call.text(2))
    },
  ]

  private static func signed(header: [UInt8], payload: [UInt8], key: [UInt8]) throws(BuiltinError) -> RegoValue {
    guard header.contains(where: { $0 > 0x20 }) else {
      throw .failed("missing or invalid 'alg' header: cannot parse JSON: cannot parse empty string")
    }
    let fields: RegoValue
    do throws(RegoError) {
      fields = try Document(json: header).regoValue
    } catch {
      // OPA's reader takes everything made of a number's characters for a number.
      guard header.allSatisfy({ Array("0123456789.-+eE".utf8).contains($0) }) else {
        throw .failed("missing or invalid 'alg' header: cannot parse JSON: \(error.message)")
      }
      fields = .null
    }
    guard case .string(let name)? = fields["alg"] else {
      throw .failed("missing or invalid 'alg' header: jwsbb: header \"alg\" not found")
    }
    guard let algorithm = SignatureAlgorithm(rawValue: name) else { throw .failed("unknown JWS algorithm: \(name)") }
    let type: String? = if case .string(let text)? = fields["typ"] { text } else { nil }
    if type == nil || type == "" || type == "JWT", (try? Document(json: payload)) == nil {
      throw .failed("type is JWT but payload is not JSON")
    }
    guard let key = try JSONWebKey.set(key).first else { throw .failed("failed to parse a JWK key (set): no key") }
    let text = Base64.encode(header, .url, isPadded: false) + [0x2E] + Base64.encode(payload, .url, isPadded: false)
    guard let signature = algorithm.sign(text, with: try key.privateKey()) else {
      throw .failed("failed to sign with \(name): the key is of another kind")
    }
    return .string(String(decoding: text + [0x2E] + Base64.encode(signature, .url, isPadded: false), as: UTF8.self))
  }
}
