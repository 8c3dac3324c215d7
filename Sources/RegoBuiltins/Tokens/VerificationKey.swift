internal import Crypto
internal import CryptoExtras
internal import Rego

/// A public key, or a secret, that tokens are verified with.
struct VerificationKey {
  enum Material {
    case rsa(_RSA.Signing.PublicKey)
    case p256(P256.Signing.PublicKey)
    case p384(P384.Signing.PublicKey)
    case p521(P521.Signing.PublicKey)
    case ed25519(Curve25519.Signing.PublicKey)
    case symmetric([UInt8])
  }

  /// As a JWK names it; "" where it does not, and for certificates.
  let algorithm: String
  let keyID: String
  let material: Material

  /// The keys of a PEM certificate or public key, a JWK or a JWK Set (RFC 7517).
  static func keys(from text: [UInt8]) throws(BuiltinError) -> [VerificationKey] {
    if let (block, rest) = PEMBlock.first(in: text[...]) {
      guard rest.isEmpty else { throw .failed("extra data after a PEM certificate block") }
      switch block.type {
      case "CERTIFICATE":
        do throws(CertificateError) {
          let key = try PublicKeyInfo(of: try CertificateStructure(block.bytes))
          return [VerificationKey(algorithm: "", keyID: "", material: try key.material())]
        } catch {
          throw .failed("failed to parse a PEM certificate: \(error.reason)")
        }
      case "PUBLIC KEY":
        do throws(CertificateError) {
          return [VerificationKey(algorithm: "", keyID: "", material: try PublicKeyInfo(block.bytes).material())]
        } catch {
          throw .failed("failed to parse a PEM public key: \(error.reason)")
        }
      default: throw .failed("failed to extract a Key from the PEM certificate")
      }
    }
    do throws(BuiltinError) {
      let keys = try JSONWebKey.set(text).map { key throws(BuiltinError) in
        VerificationKey(algorithm: key.algorithm, keyID: key.keyID, material: try key.publicKey())
      }
      // Keys for other ends than signatures verify nothing.
      return keys.filter { $0.algorithm.isEmpty || SignatureAlgorithm(rawValue: $0.algorithm) != nil }
    } catch {
      guard case .failed(let reason) = error else { throw error }
      throw .failed("failed to parse a JWK key (set): \(reason)")
    }
  }
}

/// A private key or a secret that tokens are signed with.
enum SigningKey {
  case rsa(_RSA.Signing.PrivateKey)
  case p256(P256.Signing.PrivateKey)
  case p384(P384.Signing.PrivateKey)
  case p521(P521.Signing.PrivateKey)
  case ed25519(Curve25519.Signing.PrivateKey)
  case symmetric([UInt8])
}

/// One key of RFC 7517 and RFC 7518, section 6. No error names a value of it.
struct JSONWebKey {
  let type: String
  let algorithm: String
  let keyID: String
  private let value: RegoValue

  private static let largestSet = 1024

  /// The keys of a set, or the one key. Keys of a kind that is not known are left out of a set.
  static func set(_ text: [UInt8]) throws(BuiltinError) -> [JSONWebKey] {
    let document = try Token.object(text)
    guard let keys = document["keys"] else { return [try JSONWebKey(document)] }
    guard case .array(let keys) = keys, keys.count <= largestSet else { throw .failed("\"keys\" must be a list of keys") }
    return try keys.map { key throws(BuiltinError) in try JSONWebKey(key) }
  }

  private init(_ value: RegoValue) throws(BuiltinError) {
    guard case .string(let type)? = value["kty"] else { throw .failed("missing \"kty\"") }
    self.type = type
    if case .string(let text)? = value["alg"] { algorithm = text } else { algorithm = "" }
    if case .string(let text)? = value["kid"] { keyID = text } else { keyID = "" }
    self.value = value
  }

  /// What `kty` and `crv` name.
  private enum Kind {
    case symmetric
    case rsa
    case p256
    case p384
    case p521
    case ed25519
  }

  private func kind() throws(BuiltinError) -> Kind {
    switch type {
    case "oct": return .symmetric
    case "RSA": return .rsa
    case "EC":
      let curve = try text("crv")
      switch curve {
      case "P-256": return .p256
      case "P-384": return .p384
      case "P-521": return .p521
      default: throw .failed("invalid curve \(curve)")
      }
    case "OKP":
      guard try text("crv") == "Ed25519" else { throw .failed("invalid OKP key") }
      return .ed25519
    default: throw .failed("invalid key type \(type)")
    }
  }

  func publicKey() throws(BuiltinError) -> VerificationKey.Material {
    switch try kind() {
    case .symmetric: return .symmetric(try bytes("k"))
    case .rsa:
      let (modulus, exponent) = (try bytes("n"), try bytes("e"))
      guard let der = PublicKeyInfo.rsa(modulus: modulus, exponent: exponent),
        let key = try? _RSA.Signing.PublicKey(unsafeDERRepresentation: der)
      else { throw .failed("invalid RSA key") }
      return .rsa(key)
    case .p256: if let key = try? P256.Signing.PublicKey(rawRepresentation: try point(32)) { return .p256(key) }
    case .p384: if let key = try? P384.Signing.PublicKey(rawRepresentation: try point(48)) { return .p384(key) }
    case .p521: if let key = try? P521.Signing.PublicKey(rawRepresentation: try point(66)) { return .p521(key) }
    case .ed25519:
      guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: try bytes("x")) else { throw .failed("invalid OKP key") }
      return .ed25519(key)
    }
    throw .failed("invalid EC key: the point is not on the curve")
  }

  func privateKey() throws(BuiltinError) -> SigningKey {
    switch try kind() {
    case .symmetric: return .symmetric(try bytes("k"))
    case .rsa:
      guard
        let key = try? _RSA.Signing.PrivateKey(
          n: try bytes("n"), e: try bytes("e"), d: try bytes("d"), p: try bytes("p"), q: try bytes("q"))
      else { throw .failed("invalid RSA private key") }
      return .rsa(key)
    case .p256: if let key = try? P256.Signing.PrivateKey(rawRepresentation: try scalar("d", 32)) { return .p256(key) }
    case .p384: if let key = try? P384.Signing.PrivateKey(rawRepresentation: try scalar("d", 48)) { return .p384(key) }
    case .p521: if let key = try? P521.Signing.PrivateKey(rawRepresentation: try scalar("d", 66)) { return .p521(key) }
    case .ed25519:
      guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: try bytes("d")) else {
        throw .failed("invalid OKP private key")
      }
      return .ed25519(key)
    }
    throw .failed("invalid EC private key")
  }

  private func text(_ name: String) throws(BuiltinError) -> String {
    guard case .string(let text)? = value[name] else { throw .failed("missing \"\(name)\"") }
    return text
  }

  private func bytes(_ name: String) throws(BuiltinError) -> [UInt8] {
    do throws(BuiltinError) {
      return try Base64.decodeURL(Array(try text(name).utf8))
    } catch {
      throw .failed("\"\(name)\" is missing or not base64url")
    }
  }

  /// A number of the curve's width, big-endian.
  private func scalar(_ name: String, _ width: Int) throws(BuiltinError) -> [UInt8] {
    guard let number = SignatureAlgorithm.padded(try bytes(name)[...], to: width) else {
      throw .failed("\"\(name)\" is longer than the curve's numbers")
    }
    return number
  }

  private func point(_ width: Int) throws(BuiltinError) -> [UInt8] { try scalar("x", width) + scalar("y", width) }
}
