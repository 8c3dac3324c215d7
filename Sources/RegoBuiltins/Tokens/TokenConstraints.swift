internal import Rego

/// What `io.jwt.decode_verify` asks of a token: one key, and claims.
struct TokenConstraints {
  private var keys: [VerificationKey]?
  private var secret = ""
  private var algorithm = ""
  private var issuer = ""
  private var audience = ""
  /// Nanoseconds since 1970, as the number is written or the clock says.
  private var time: Double

  /// - Parameter now: nanoseconds since 1970 where no time is asked for.
  init(_ members: [RegoValue.Member], now: Int64) throws(BuiltinError) {
    time = Double(now)
    for member in members {
      guard case .string(let name) = member.key else { throw .failed("unknown token validation constraint") }
      switch name {
      case "cert":
        guard case .string(let text) = member.value else { throw .failed("cert constraint: must be a string") }
        keys = try VerificationKey.keys(from: Array(text.utf8))
      case "secret": secret = try Self.text(member.value, name)
      case "alg": algorithm = try Self.text(member.value, name)
      case "iss": issuer = try Self.text(member.value, name)
      case "aud": audience = try Self.text(member.value, name)
      case "time":
        guard let number = member.value.double else { throw .failed("token time constraint: must be a number") }
        guard number >= 0 else { throw .failed("token time constraint: must not be negative") }
        time = number
      default: throw .failed("unknown token validation constraint: \(name)")
      }
    }
    if keys != nil && !secret.isEmpty { throw .failed("duplicate key constraints") }
    if keys == nil && secret.isEmpty { throw .failed("no key constraint") }
  }

  func accepts(algorithm name: String) -> Bool { algorithm.isEmpty || algorithm == name }

  /// No key verifies an algorithm that RFC 7518 does not have.
  func verifies(_ token: Token, _ header: TokenHeader) throws(BuiltinError) -> Bool {
    let signature = try token.decodedSignature()
    guard let algorithm = SignatureAlgorithm(rawValue: header.algorithm) else { return false }
    guard let keys else { return algorithm.verifies(signature, of: token.signedText, with: .symmetric(Array(secret.utf8))) }
    if !header.keyID.isEmpty, let named = keys.first(where: { $0.keyID == header.keyID }) {
      return algorithm.verifies(signature, of: token.signedText, with: named.material)
    }
    return keys.contains { key in
      (key.algorithm.isEmpty || key.algorithm == header.algorithm)
        && algorithm.verifies(signature, of: token.signedText, with: key.material)
    }
  }

  /// RFC 7519, section 4.1: issuer, audience, and the time the token is good for.
  func accepts(claims: RegoValue) throws(BuiltinError) -> Bool {
    if !issuer.isEmpty, claims["iss"] != .string(issuer) { return false }
    switch claims["aud"] {
    case nil: if !audience.isEmpty { return false }
    case .string(let named)?: if named != audience { return false }
    case .array(let named)?: if !named.contains(.string(audience)) { return false }
    default: return false
    }
    if let expiry = claims["exp"] {
      guard let seconds = expiry.double else { throw .failed("exp value must be a number") }
      if time / 1e9 >= seconds { return false }
    }
    if let start = claims["nbf"] {
      guard let seconds = start.double else { throw .failed("nbf value must be a number") }
      if time / 1e9 < seconds { return false }
    }
    return true
  }

  private static func text(_ value: RegoValue, _ name: String) throws(BuiltinError) -> String {
    guard case .string(let text) = value else { throw .failed("\(name) constraint: must be a string") }
    return text
  }
}

extension RegoValue {
  /// The nearest double of a number; nil for other kinds.
  var double: Double? {
    switch self {
    case .integer(let number): Double(number)
    case .number(let text): Double(text)
    default: nil
    }
  }
}
