internal import BigInt
internal import Crypto
internal import CryptoExtras
internal import Rego
internal import SwiftASN1

extension StandardFunctions {
  /// OPA's functions for private keys (v1/topdown/crypto.go).
  static let privateKeys: [BuiltinFunction] = [
    BuiltinFunction("crypto.x509.parse_rsa_private_key", arity: 1) { call throws(BuiltinError) in
      let text = try call.text(0)
      if text.isEmpty { throw .failed("input PEM data was empty") }
      let pem = text.starts(with: Array("-----BEGIN".utf8)) ? text : try Base64.decode(text, .standard)
      switch try keys(in: pem).first {
      case nil: return .null
      case .rsa(let key)?: return key.jsonWebKey
      case .curve(let key)?:
        guard let value = key.jsonWebKey else { throw .failed("jwk.New: invalid key type 'ed25519.PrivateKey'") }
        return value
      }
    },
    BuiltinFunction("crypto.parse_private_keys", arity: 1) { call throws(BuiltinError) in
      let text = try call.text(0)
      if text.isEmpty { return .null }
      return .array(try keys(in: text).map(\.goValue))
    },
    BuiltinFunction("crypto.x509.parse_keypair", arity: 2) { call throws(BuiltinError) in
      let certificates = try pem(try call.text(0))
      let keys = try pem(try call.text(1))
      let chain = PEMBlock.all(in: certificates).blocks.filter { $0.type == "CERTIFICATE" }
      guard let first = chain.first else { throw .failed("tls: failed to find any PEM data in certificate input") }
      guard let block = PEMBlock.all(in: keys).blocks.first(where: { $0.type == "PRIVATE KEY" || $0.type.hasSuffix(" PRIVATE KEY") }) else {
        throw .failed("tls: failed to find any PEM data in key input")
      }
      let (publicKey, leaf): (RegoValue, RegoValue)
      do throws(CertificateError) {
        let certificate = try CertificateStructure(first.bytes)
        (publicKey, leaf) = (try PublicKeyInfo(of: certificate).value, try certificate.value(hasLocationTexts: false))
      } catch {
        throw .failed(error.reason)
      }
      let privateKey: RegoValue
      if let key = try? PrivateKeyNumbers(block.bytes) {
        privateKey = key.goValue
      } else if let key = try? CurvePrivateKey(block.bytes) {
        privateKey = key.goValue
      } else {
        throw .failed("tls: failed to parse private key")
      }
      for part in ["N", "X", "Y"] where publicKey[part] != privateKey[part] { throw .failed("tls: private key does not match public key") }
      return .record([
        ("Certificate", .array(chain.map { .base64($0.bytes) })), ("Leaf", leaf), ("OCSPStaple", .null), ("PrivateKey", privateKey),
        ("SignedCertificateTimestamps", .null), ("SupportedSignatureAlgorithms", .null),
      ])
    },
  ]

  /// A key of any kind.
  private enum PrivateKey {
    case rsa(PrivateKeyNumbers)
    case curve(CurvePrivateKey)

    var goValue: RegoValue {
      switch self {
      case .rsa(let key): key.goValue
      case .curve(let key): key.goValue
      }
    }
  }

  /// The keys of a PEM text, or of one in base64; blocks of other kinds are passed over.
  private static func keys(in text: [UInt8]) throws(BuiltinError) -> [PrivateKey] {
    let pem = (try? Base64.decode(text, .standard)) ?? text
    var keys: [PrivateKey] = []
    for block in PEMBlock.all(in: pem).blocks.prefix(1024) {
      switch block.type {
      case "RSA PRIVATE KEY", "PRIVATE KEY":
        if let key = try? PrivateKeyNumbers(block.bytes) {
          keys.append(.rsa(key))
        } else if block.type == "PRIVATE KEY", let key = try? CurvePrivateKey(block.bytes) {
          keys.append(.curve(key))
        } else {
          throw .failed("x509: failed to parse private key")
        }
      case "EC PRIVATE KEY":
        guard let key = try? CurvePrivateKey(block.bytes) else { throw .failed("x509: failed to parse EC private key") }
        keys.append(.curve(key))
      default: break
      }
    }
    return keys
  }

  /// PEM as it is, or in base64.
  private static func pem(_ text: [UInt8]) throws(BuiltinError) -> [UInt8] {
    PEMBlock.first(in: text[...]) == nil ? try Base64.decode(text, .standard) : text
  }
}

/// The numbers of an RSA private key (RFC 8017, appendix A.1.2), big-endian.
struct PrivateKeyNumbers {
  /// n, e, d, p, q, dp, dq, qi.
  private let numbers: [[UInt8]]

  /// PKCS #1, or PKCS #8 around it.
  init(_ bytes: [UInt8]) throws {
    guard bytes.count <= CertificateStructure.largest else { throw CertificateError("key too large") }
    var parts = try Elements(try DER.parse(bytes))
    _ = try parts.next()
    var element = try parts.next()
    if element.identifier == .sequence {
      // PKCS #8 (RFC 5958): the algorithm, then the key in an octet string.
      guard try ASN1ObjectIdentifier(derEncoded: try Elements(element).only()).numbers == [1, 2, 840, 113549, 1, 1, 1] else {
        throw CertificateError("no RSA key")
      }
      parts = try Elements(try DER.parse(Array(try ASN1OctetString(derEncoded: try parts.next()).bytes)))
      _ = try parts.next()
      element = try parts.next()
    }
    var numbers: [[UInt8]] = [Array(element.primitiveBytes.drop { $0 == 0 })]
    while let next = parts.nextIfAny(), numbers.count < 8 { numbers.append(Array(next.primitiveBytes.drop { $0 == 0 })) }
    guard numbers.count == 8, numbers.allSatisfy({ !$0.isEmpty }) else { throw CertificateError("no RSA key") }
    self.numbers = numbers
  }

  var jsonWebKey: RegoValue {
    func text(_ index: Int) -> RegoValue {
      .string(String(decoding: Base64.encode(numbers[index], .url, isPadded: false), as: UTF8.self))
    }
    return .record([
      ("kty", .string("RSA")), ("n", text(0)), ("e", text(1)), ("d", text(2)), ("p", text(3)), ("q", text(4)), ("dp", text(5)),
      ("dq", text(6)), ("qi", text(7)),
    ])
  }

  /// Go's rsa.PrivateKey as JSON.
  var goValue: RegoValue {
    .record([
      ("N", .unsigned(numbers[0])), ("E", .unsigned(numbers[1])), ("D", .unsigned(numbers[2])),
      ("Primes", .array([.unsigned(numbers[3]), .unsigned(numbers[4])])),
      (
        "Precomputed",
        .record([
          ("Dp", .unsigned(numbers[5])), ("Dq", .unsigned(numbers[6])), ("Qinv", .unsigned(numbers[7])), ("CRTValues", .array([])),
        ])
      ),
    ])
  }
}

/// An elliptic curve's private key (RFC 5915, or PKCS #8 around it).
struct CurvePrivateKey {
  private let secret: [UInt8]
  /// x and y, or an Ed25519 key's private and public halves together with an empty `y`.
  private let point: [UInt8]
  private let isEdwards: Bool

  init(_ bytes: [UInt8]) throws {
    let text = Base64.encode(bytes, .standard)
    func pem(_ label: String) -> String {
      var lines = ["-----BEGIN \(label)-----"]
      for start in stride(from: 0, to: text.count, by: 64) {
        lines.append(String(decoding: text[start..<min(start + 64, text.count)], as: UTF8.self))
      }
      return (lines + ["-----END \(label)-----"]).joined(separator: "\n")
    }
    for label in ["EC PRIVATE KEY", "PRIVATE KEY"] {
      if let key = try? P256.Signing.PrivateKey(pemRepresentation: pem(label)) {
        (secret, point, isEdwards) = (Array(key.rawRepresentation), Array(key.publicKey.rawRepresentation), false)
        return
      }
      if let key = try? P384.Signing.PrivateKey(pemRepresentation: pem(label)) {
        (secret, point, isEdwards) = (Array(key.rawRepresentation), Array(key.publicKey.rawRepresentation), false)
        return
      }
      if let key = try? P521.Signing.PrivateKey(pemRepresentation: pem(label)) {
        (secret, point, isEdwards) = (Array(key.rawRepresentation), Array(key.publicKey.rawRepresentation), false)
        return
      }
    }
    // Ed25519 in PKCS #8 (RFC 8410, section 7): an octet string within one.
    var parts = try Elements(try DER.parse(bytes))
    _ = try parts.next()
    guard try ASN1ObjectIdentifier(derEncoded: try Elements(try parts.next()).only()).numbers == [1, 3, 101, 112] else {
      throw CertificateError("no key of a known curve")
    }
    let inner = Array(try ASN1OctetString(derEncoded: try parts.next()).bytes)
    let key = try Curve25519.Signing.PrivateKey(rawRepresentation: Array(try ASN1OctetString(derEncoded: inner).bytes))
    (secret, point, isEdwards) = (Array(key.rawRepresentation), Array(key.publicKey.rawRepresentation), true)
  }

  /// RFC 7518, section 6.2; nil for Ed25519, which OPA has no such form of.
  var jsonWebKey: RegoValue? {
    if isEdwards { return nil }
    func text(_ bytes: [UInt8]) -> RegoValue { .string(String(decoding: Base64.encode(bytes, .url, isPadded: false), as: UTF8.self)) }
    let middle = point.count / 2
    let curve = middle == 32 ? "P-256" : middle == 48 ? "P-384" : "P-521"
    return .record([
      ("kty", .string("EC")), ("crv", .string(curve)), ("x", text(Array(point[..<middle]))), ("y", text(Array(point[middle...]))),
      ("d", text(secret)),
    ])
  }

  /// Go's ecdsa.PrivateKey or ed25519.PrivateKey as JSON.
  var goValue: RegoValue {
    if isEdwards { return .base64(secret + point) }
    let middle = point.count / 2
    return .record([
      ("Curve", .object([])), ("D", .unsigned(secret)), ("X", .unsigned(Array(point[..<middle]))),
      ("Y", .unsigned(Array(point[middle...]))),
    ])
  }
}
