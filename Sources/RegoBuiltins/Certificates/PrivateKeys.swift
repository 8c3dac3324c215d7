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
      let bytes: [UInt8]
      if let (block, _) = PEMBlock.first(in: text[...]) {
        bytes = block.bytes
      } else {
        let decoded = try Base64.decode(text, .standard)
        bytes = PEMBlock.first(in: decoded[...])?.block.bytes ?? decoded
      }
      guard let key = try? PrivateKeyNumbers(bytes) else { throw .failed("x509: failed to parse private key") }
      return key.jsonWebKey
    },
    BuiltinFunction("crypto.parse_private_keys", arity: 1) { call throws(BuiltinError) in
      let text = try call.text(0)
      if text.isEmpty { return .null }
      var blocks = PEMBlock.all(in: text).blocks
      if blocks.isEmpty, let decoded = try? Base64.decode(text, .standard) { blocks = PEMBlock.all(in: decoded).blocks }
      var keys: [RegoValue] = []
      for block in blocks {
        switch block.type {
        case "RSA PRIVATE KEY", "PRIVATE KEY":
          if let key = try? PrivateKeyNumbers(block.bytes) {
            keys.append(key.goValue)
          } else if let key = try? CurvePrivateKey(block.bytes) {
            keys.append(key.goValue)
          } else {
            throw .failed("x509: failed to parse private key")
          }
        case "EC PRIVATE KEY":
          guard let key = try? CurvePrivateKey(block.bytes) else { throw .failed("x509: failed to parse EC private key") }
          keys.append(key.goValue)
        default: break
        }
      }
      return .array(keys)
    },
    BuiltinFunction("crypto.x509.parse_keypair", arity: 2) { call throws(BuiltinError) in
      let certificates = try pem(try call.text(0))
      let keys = try pem(try call.text(1))
      let chain = PEMBlock.all(in: certificates).blocks.filter { $0.type == "CERTIFICATE" }
      guard let first = chain.first else { throw .failed("tls: failed to find any PEM data in certificate input") }
      guard let block = PEMBlock.all(in: keys).blocks.first(where: { $0.type == "PRIVATE KEY" || $0.type.hasSuffix(" PRIVATE KEY") }) else {
        throw .failed("tls: failed to find any PEM data in key input")
      }
      let publicKey: RegoValue
      do throws(CertificateError) {
        publicKey = try PublicKeyInfo(of: try CertificateStructure(first.bytes)).value
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
        ("Certificate", .array(chain.map { .base64($0.bytes) })), ("Leaf", .null), ("OCSPStaple", .null), ("PrivateKey", privateKey),
        ("SignedCertificateTimestamps", .null), ("SupportedSignatureAlgorithms", .null),
      ])
    },
  ]

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
