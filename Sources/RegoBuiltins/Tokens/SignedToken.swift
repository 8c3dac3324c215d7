public import Rego

/// A JSON Web Token that was just signed, the counterpart of `VerifiedToken`.
public struct SignedToken: Sendable {
  /// In compact serialisation.
  public let text: String

  /// - Parameters:
  ///   - payload: an object.
  ///   - algorithm: one of `VerifiedToken.algorithms`.
  ///   - key: the secret of HS256, HS384 and HS512; else a private key (PEM), or a JWK or the first of a JWK Set.
  ///   - keyID: what the header names as its key; "" for nothing.
  public init(_ payload: RegoValue, algorithm name: String, key: [UInt8], keyID: String = "") throws(TokenError) {
    guard let algorithm = SignatureAlgorithm(rawValue: name) else {
      throw TokenError(reason: "unknown signature algorithm: \(name)")
    }
    let header = [("alg", RegoValue.string(name))] + (keyID.isEmpty ? [] : [("kid", .string(keyID))])
    let parts = [RegoValue.record(header), payload].map { Base64.encode(Document($0).json(), .url, isPadded: false) }
    let signed = parts[0] + [0x2E] + parts[1]
    let secret: SigningKey
    do throws(BuiltinError) {
      secret = name.hasPrefix("HS") ? .symmetric(key) : try SigningKey(key)
    } catch {
      guard case .failed(let reason) = error else { throw TokenError(reason: "the key cannot be read") }
      throw TokenError(reason: reason)
    }
    guard let signature = algorithm.sign(signed, with: secret) else {
      throw TokenError(reason: "the key is of another kind than \(name) needs, or too small for it")
    }
    text = String(decoding: signed + [0x2E] + Base64.encode(signature, .url, isPadded: false), as: UTF8.self)
  }
}

extension SigningKey {
  /// The key of a PEM text (PKCS #1, PKCS #8 or RFC 5915), or a JWK.
  fileprivate init(_ text: [UInt8]) throws(BuiltinError) {
    guard let (block, _) = PEMBlock.first(in: text[...]) else {
      guard let key = try JSONWebKey.set(text).first else { throw .failed("failed to parse a JWK key (set): no key") }
      self = try key.privateKey()
      return
    }
    guard block.type == "PRIVATE KEY" || block.type.hasSuffix(" PRIVATE KEY") else {
      throw .failed("the PEM block holds a \(block.type); name a file with the private key")
    }
    let key: RegoValue? =
      if let numbers = try? PrivateKeyNumbers(block.bytes) { numbers.jsonWebKey } else { (try? CurvePrivateKey(block.bytes))?.jsonWebKey }
    guard let key, let read = try JSONWebKey.set(Document(key).json()).first else {
      throw .failed("the PEM block is no private key of RSA or of the curves P-256, P-384 and P-521")
    }
    self = try read.privateKey()
  }
}
