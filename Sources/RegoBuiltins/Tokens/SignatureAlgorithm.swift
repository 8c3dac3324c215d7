internal import Crypto
internal import CryptoExtras

/// The algorithms of RFC 7518, section 3.1 and RFC 8037.
enum SignatureAlgorithm: String, CaseIterable {
  case rs256 = "RS256"
  case rs384 = "RS384"
  case rs512 = "RS512"
  case ps256 = "PS256"
  case ps384 = "PS384"
  case ps512 = "PS512"
  case es256 = "ES256"
  case es384 = "ES384"
  case es512 = "ES512"
  case hs256 = "HS256"
  case hs384 = "HS384"
  case hs512 = "HS512"
  case edDSA = "EdDSA"

  /// The same key may verify under any curve or size: the algorithm decides the digest, the key the rest.
  func verifies(_ signature: [UInt8], of text: [UInt8], with key: VerificationKey.Material) -> Bool {
    switch self {
    case .rs256: Self.rsa(key, signature, SHA256.hash(data: text), .insecurePKCS1v1_5)
    case .rs384: Self.rsa(key, signature, SHA384.hash(data: text), .insecurePKCS1v1_5)
    case .rs512: Self.rsa(key, signature, SHA512.hash(data: text), .insecurePKCS1v1_5)
    case .ps256: Self.rsa(key, signature, SHA256.hash(data: text), .PSS)
    case .ps384: Self.rsa(key, signature, SHA384.hash(data: text), .PSS)
    case .ps512: Self.rsa(key, signature, SHA512.hash(data: text), .PSS)
    case .es256: Self.ecdsa(key, signature, SHA256.hash(data: text))
    case .es384: Self.ecdsa(key, signature, SHA384.hash(data: text))
    case .es512: Self.ecdsa(key, signature, SHA512.hash(data: text))
    case .hs256, .hs384, .hs512:
      if case .symmetric(let secret) = key { ConstantTime.equal(signature, authenticationCode(of: text, secret: secret)) } else { false }
    case .edDSA: if case .ed25519(let key) = key { key.isValidSignature(signature, for: text) } else { false }
    }
  }

  /// HMAC with the algorithm's digest; empty for algorithms that are none.
  func authenticationCode(of text: [UInt8], secret: [UInt8]) -> [UInt8] {
    let key = SymmetricKey(data: secret)
    return switch self {
    case .hs256: Array(HMAC<SHA256>.authenticationCode(for: text, using: key))
    case .hs384: Array(HMAC<SHA384>.authenticationCode(for: text, using: key))
    case .hs512: Array(HMAC<SHA512>.authenticationCode(for: text, using: key))
    default: []
    }
  }

  /// Nil where the key is of another kind, or too small for the algorithm.
  func sign(_ text: [UInt8], with key: SigningKey) -> [UInt8]? {
    switch self {
    case .rs256: Self.rsa(key, SHA256.hash(data: text), .insecurePKCS1v1_5)
    case .rs384: Self.rsa(key, SHA384.hash(data: text), .insecurePKCS1v1_5)
    case .rs512: Self.rsa(key, SHA512.hash(data: text), .insecurePKCS1v1_5)
    case .ps256: Self.rsa(key, SHA256.hash(data: text), .PSS)
    case .ps384: Self.rsa(key, SHA384.hash(data: text), .PSS)
    case .ps512: Self.rsa(key, SHA512.hash(data: text), .PSS)
    case .es256: Self.ecdsa(key, SHA256.hash(data: text))
    case .es384: Self.ecdsa(key, SHA384.hash(data: text))
    case .es512: Self.ecdsa(key, SHA512.hash(data: text))
    case .hs256, .hs384, .hs512: if case .symmetric(let secret) = key { authenticationCode(of: text, secret: secret) } else { nil }
    case .edDSA: if case .ed25519(let key) = key { (try? key.signature(for: text)).map { Array($0) } } else { nil }
    }
  }

  private static func rsa(
    _ key: VerificationKey.Material, _ signature: [UInt8], _ digest: some Digest, _ padding: _RSA.Signing.Padding
  ) -> Bool {
    guard case .rsa(let key) = key else { return false }
    return key.isValidSignature(_RSA.Signing.RSASignature(rawRepresentation: signature), for: digest, padding: padding)
  }

  private static func rsa(_ key: SigningKey, _ digest: some Digest, _ padding: _RSA.Signing.Padding) -> [UInt8]? {
    guard case .rsa(let key) = key else { return nil }
    return (try? key.signature(for: digest, padding: padding)).map { Array($0.rawRepresentation) }
  }

  /// The signature is r and s, each half of it (RFC 7518, section 3.4), of whatever length.
  private static func ecdsa(_ key: VerificationKey.Material, _ signature: [UInt8], _ digest: some Digest) -> Bool {
    func halves(_ width: Int) -> [UInt8]? {
      let middle = signature.count / 2
      guard let r = padded(signature[..<middle], to: width), let s = padded(signature[middle...], to: width) else { return nil }
      return r + s
    }
    switch key {
    case .p256(let key):
      guard let raw = halves(32), let signature = try? P256.Signing.ECDSASignature(rawRepresentation: raw) else { return false }
      return key.isValidSignature(signature, for: digest)
    case .p384(let key):
      guard let raw = halves(48), let signature = try? P384.Signing.ECDSASignature(rawRepresentation: raw) else { return false }
      return key.isValidSignature(signature, for: digest)
    case .p521(let key):
      guard let raw = halves(66), let signature = try? P521.Signing.ECDSASignature(rawRepresentation: raw) else { return false }
      return key.isValidSignature(signature, for: digest)
    default: return false
    }
  }

  private static func ecdsa(_ key: SigningKey, _ digest: some Digest) -> [UInt8]? {
    switch key {
    case .p256(let key): (try? key.signature(for: digest)).map { Array($0.rawRepresentation) }
    case .p384(let key): (try? key.signature(for: digest)).map { Array($0.rawRepresentation) }
    case .p521(let key): (try? key.signature(for: digest)).map { Array($0.rawRepresentation) }
    default: nil
    }
  }

  /// A big-endian number in exactly that many bytes; nil where it does not fit.
  static func padded(_ number: ArraySlice<UInt8>, to width: Int) -> [UInt8]? {
    let digits = number.drop { $0 == 0 }
    guard digits.count <= width else { return nil }
    return [UInt8](repeating: 0, count: width - digits.count) + digits
  }
}
