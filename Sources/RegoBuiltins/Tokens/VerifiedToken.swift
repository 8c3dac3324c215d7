public import Rego

/// Why a token is not what somebody with the key wrote.
public struct TokenError: Error, Sendable {
  public let reason: String
}

/// A token whose signature was made with a given key under a given algorithm.
///
/// The token has no say in either: what its header names is not looked at, but for extensions that must be understood.
public struct VerifiedToken: Sendable {
  /// An object.
  public let payload: RegoValue

  /// Names of the algorithms: RS256, ES256, HS256 and the others of RFC 7518, section 3.1, and EdDSA.
  public static var algorithms: [String] { SignatureAlgorithm.allCases.map(\.rawValue) }

  /// - Parameters:
  ///   - token: a JSON Web Token in compact serialisation.
  ///   - algorithm: one of `algorithms`.
  ///   - key: the secret of HS256, HS384 and HS512; else a certificate or public key (PEM), or a JWK or JWK Set.
  public init(_ token: [UInt8], algorithm name: String, key: [UInt8]) throws(TokenError) {
    guard let algorithm = SignatureAlgorithm(rawValue: name) else {
      throw TokenError(reason: "unknown signature algorithm: \(name)")
    }
    do throws(BuiltinError) {
      let token = try Token(token)
      guard try TokenHeader(try token.decodedHeader()).isValid else { throw BuiltinError.failed("invalid JWT header") }
      let signature = try token.decodedSignature()
      let keys = name.hasPrefix("HS") ? [.symmetric(key)] : try VerificationKey.keys(from: key).map(\.material)
      guard keys.contains(where: { algorithm.verifies(signature, of: token.signedText, with: $0) }) else {
        throw BuiltinError.failed("the signature was not made with the key under \(name)")
      }
      payload = try Token.object(try token.decodedPayload())
    } catch {
      guard case .failed(let reason) = error else { throw TokenError(reason: "the token cannot be read") }
      throw TokenError(reason: reason)
    }
  }
}
