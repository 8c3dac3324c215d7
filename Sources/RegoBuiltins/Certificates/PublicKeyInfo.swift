internal import BigInt
internal import Crypto
internal import CryptoExtras
internal import Rego
internal import SwiftASN1

/// SubjectPublicKeyInfo of RFC 5280, section 4.1.2.7.
struct PublicKeyInfo {
  enum Algorithm: Int64 {
    // The numbers are Go's x509.PublicKeyAlgorithm.
    case unknown = 0
    case rsa = 1
    case ecdsa = 3
    case ed25519 = 4
  }

  let raw: [UInt8]
  let algorithm: Algorithm
  private let curve: [UInt]
  private let key: [UInt8]

  private static let rsaEncryption: ASN1ObjectIdentifier = [1, 2, 840, 113549, 1, 1, 1]
  private static let p256: [UInt] = [1, 2, 840, 10045, 3, 1, 7]
  private static let p384: [UInt] = [1, 3, 132, 0, 34]
  private static let p521: [UInt] = [1, 3, 132, 0, 35]

  init(of certificate: CertificateStructure) throws(CertificateError) { try self.init(certificate.publicKeyInfo) }

  init(_ bytes: [UInt8]) throws(CertificateError) {
    do {
      var parts = try Elements(try DER.parse(bytes))
      var identifier = try Elements(try parts.next())
      let type = try ASN1ObjectIdentifier(derEncoded: try identifier.next()).numbers
      raw = bytes
      key = Array(try ASN1BitString(derEncoded: try parts.next()).bytes)
      switch type {
      case Self.rsaEncryption.numbers: (algorithm, curve) = (.rsa, [])
      case [1, 2, 840, 10045, 2, 1]: (algorithm, curve) = (.ecdsa, try ASN1ObjectIdentifier(derEncoded: try identifier.next()).numbers)
      case [1, 3, 101, 112]: (algorithm, curve) = (.ed25519, [])
      default: (algorithm, curve) = (.unknown, [])
      }
    } catch {
      throw CertificateError("asn1: structure error")
    }
  }

  func material() throws(CertificateError) -> VerificationKey.Material {
    switch algorithm {
    case .rsa: if let key = try? _RSA.Signing.PublicKey(unsafeDERRepresentation: raw) { return .rsa(key) }
    case .ecdsa where curve == Self.p256: if let key = try? P256.Signing.PublicKey(x963Representation: key) { return .p256(key) }
    case .ecdsa where curve == Self.p384: if let key = try? P384.Signing.PublicKey(x963Representation: key) { return .p384(key) }
    case .ecdsa where curve == Self.p521: if let key = try? P521.Signing.PublicKey(x963Representation: key) { return .p521(key) }
    case .ed25519: if let key = try? Curve25519.Signing.PublicKey(rawRepresentation: key) { return .ed25519(key) }
    default: break
    }
    throw CertificateError("x509: unsupported public key")
  }

  /// Go's rsa.PublicKey, ecdsa.PublicKey or ed25519.PublicKey; null for a key of another kind.
  var value: RegoValue {
    switch algorithm {
    case .rsa:
      guard let node = try? DER.parse(key), var parts = try? Elements(node), let modulus = parts.nextIfAny(),
        let exponent = parts.nextIfAny()
      else { return .null }
      return .record([
        ("E", .unsigned(exponent.primitiveBytes)), ("N", .unsigned(modulus.primitiveBytes)),
      ])
    case .ecdsa:
      // An uncompressed point: 4, x, y (SEC 1, section 2.3.3).
      guard key.first == 4, key.count % 2 == 1 else { return .null }
      let middle = 1 + key.count / 2
      return .record([
        ("Curve", .object([])), ("X", .unsigned(Array(key[1..<middle]))), ("Y", .unsigned(Array(key[middle...]))),
      ])
    case .ed25519: return .base64(key)
    case .unknown: return .null
    }
  }

  /// The DER of an RSA key from its numbers, big-endian; nil where one is empty.
  static func rsa(modulus: [UInt8], exponent: [UInt8]) -> [UInt8]? {
    func integer(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
      let digits = bytes.drop { $0 == 0 }
      return digits.first.map { $0 >= 0x80 } == true ? [0] + digits : digits
    }
    guard modulus.contains(where: { $0 != 0 }), exponent.contains(where: { $0 != 0 }) else { return nil }
    do {
      var numbers = DER.Serializer()
      try numbers.appendConstructedNode(identifier: .sequence) { part in
        try part.serialize(integer(modulus))
        try part.serialize(integer(exponent))
      }
      var whole = DER.Serializer()
      try whole.appendConstructedNode(identifier: .sequence) { part in
        try part.appendConstructedNode(identifier: .sequence) { identifier in
          try identifier.serialize(rsaEncryption)
          try identifier.serialize(ASN1Null())
        }
        try part.serialize(ASN1BitString(bytes: numbers.serializedBytes[...]))
      }
      return whole.serializedBytes
    } catch {
      return nil
    }
  }
}

extension RegoValue {
  /// A number from its big-endian bytes.
  static func unsigned(_ bytes: [UInt8]) -> RegoValue {
    let number = BigUInt(Hexadecimal.text(bytes), radix: 16) ?? 0
    return Int64(exactly: number).map { .integer($0) } ?? .number("\(number)")
  }
}
