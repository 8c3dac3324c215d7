internal import Rego
internal import SwiftASN1

extension StandardFunctions {
  /// OPA's `crypto.x509.*` for certificates and requests (v1/topdown/crypto.go).
  static let certificates: [BuiltinFunction] = [
    BuiltinFunction("crypto.x509.parse_certificates", arity: 1) { call throws(BuiltinError) in
      .array(try structures(try call.text(0)).map { certificate throws(BuiltinError) in try value(certificate) })
    },
    BuiltinFunction("crypto.x509.parse_and_verify_certificates", arity: 1) { call throws(BuiltinError) in
      try verified(try call.text(0), ChainOptions(now: call.now), hasLocationTexts: true)
    },
    BuiltinFunction("crypto.x509.parse_and_verify_certificates_with_options", arity: 2) { call throws(BuiltinError) in
      guard case .object(let members) = call[1].copy else { throw call.wrongType(1, "object") }
      return try verified(try call.text(0), try ChainOptions(members, now: call.now), hasLocationTexts: false)
    },
    BuiltinFunction("crypto.x509.parse_certificate_request", arity: 1) { call throws(BuiltinError) in
      var bytes = try call.text(0)
      if !bytes.starts(with: Array("-----BEGIN CERTIFICATE REQUEST-----".utf8)) { bytes = try Base64.decode(bytes, .standard) }
      // Base64 may hold PEM or DER.
      if let (block, _) = PEMBlock.first(in: bytes[...]) {
        guard block.type == "CERTIFICATE REQUEST" else { throw .failed("invalid PEM-encoded certificate signing request") }
        bytes = block.bytes
      }
      do throws(CertificateError) {
        return try CertificateRequest(bytes).value()
      } catch {
        throw .failed(error.reason)
      }
    },
  ]

  /// Certificates of a PEM text, or of DER in base64, one after the other.
  static func structures(_ text: [UInt8]) throws(BuiltinError) -> [CertificateStructure] {
    do throws(CertificateError) {
      if text.starts(with: Array("-----BEGIN".utf8)) { return try structures(pem: text) }
    } catch {
      throw .failed(error.reason)
    }
    let decoded = try Base64.decode(text, .standard)
    do throws(CertificateError) {
      if decoded.starts(with: Array("-----BEGIN".utf8)) { return try structures(pem: decoded) }
      return try structures(der: decoded)
    } catch {
      throw .failed(error.reason)
    }
  }

  private static let mostCertificates = 1024

  private static func structures(pem text: [UInt8]) throws(CertificateError) -> [CertificateStructure] {
    var certificates: [CertificateStructure] = []
    for block in PEMBlock.all(in: text).blocks.prefix(mostCertificates) {
      guard block.type == "CERTIFICATE" else { throw CertificateError("PEM block type is '\(block.type)', expected CERTIFICATE") }
      certificates.append(try CertificateStructure(block.bytes))
    }
    return certificates
  }

  private static func structures(der bytes: [UInt8]) throws(CertificateError) -> [CertificateStructure] {
    var certificates: [CertificateStructure] = []
    var rest = bytes[...]
    repeat {
      guard let length = DERLength.whole(rest), length <= rest.count else { throw CertificateError("x509: malformed certificate") }
      certificates.append(try CertificateStructure(Array(rest.prefix(length))))
      rest = rest.dropFirst(length)
    } while !rest.isEmpty && certificates.count < mostCertificates
    return certificates
  }

  static func value(_ certificate: CertificateStructure, hasLocationTexts: Bool = true) throws(BuiltinError) -> RegoValue {
    do throws(CertificateError) { return try certificate.value(hasLocationTexts: hasLocationTexts) } catch { throw .failed(error.reason) }
  }

  /// `[true, chain from the leaf to the root]`, else `[false, []]`.
  private static func verified(
    _ text: [UInt8], _ options: ChainOptions, hasLocationTexts: Bool
  ) throws(BuiltinError) -> RegoValue {
    let refused = RegoValue.array([.boolean(false), .array([])])
    guard let certificates = try? structures(text), certificates.count >= 2 else { return refused }
    guard let chain = CertificateChain.verified(certificates, options) else { return refused }
    let values = try chain.map { certificate throws(BuiltinError) in try value(certificate, hasLocationTexts: hasLocationTexts) }
    return .array([.boolean(true), .array(values)])
  }
}

/// The length of one DER element with its head (X.690, section 8.1.3).
enum DERLength {
  /// Nil where the head is not whole or the length is indefinite.
  static func whole(_ bytes: ArraySlice<UInt8>) -> Int? {
    guard bytes.count >= 2 else { return nil }
    let first = bytes[bytes.startIndex + 1]
    if first < 0x80 { return 2 + Int(first) }
    let count = Int(first & 0x7F)
    guard count > 0, count <= 4, bytes.count >= 2 + count else { return nil }
    var length = 0
    for index in 0..<count { length = length << 8 | Int(bytes[bytes.startIndex + 2 + index]) }
    return 2 + count + length
  }
}

/// A request for a certificate (RFC 2986, section 4), with the fields of Go's x509.CertificateRequest.
struct CertificateRequest {
  private let raw: [UInt8]
  private let rawBody: [UInt8]
  private let version: Int64
  private let subject: DistinguishedName
  private let publicKeyInfo: [UInt8]
  private let extensions: [CertificateStructure.Extension]
  private let signatureAlgorithm: ASN1Node
  private let signature: [UInt8]

  private static let extensionRequest: [UInt] = [1, 2, 840, 113549, 1, 9, 14]

  init(_ bytes: [UInt8]) throws(CertificateError) {
    guard bytes.count <= CertificateStructure.largest else { throw CertificateError("x509: request too large") }
    do {
      raw = bytes
      var outer = try Elements(try DER.parse(bytes))
      let body = try outer.next()
      rawBody = Array(body.encodedBytes)
      signatureAlgorithm = try outer.next()
      signature = Array(try ASN1BitString(derEncoded: try outer.next()).bytes)
      var parts = try Elements(body)
      version = try Int64(derEncoded: try parts.next())
      subject = try DistinguishedName(try parts.next())
      publicKeyInfo = Array(try parts.next().encodedBytes)
      var extensions: [CertificateStructure.Extension] = []
      if var attributes = try parts.remaining(.contextual(0)) {
        while let attribute = attributes.nextIfAny() {
          var fields = try Elements(attribute)
          guard try ASN1ObjectIdentifier(derEncoded: try fields.next()).numbers == Self.extensionRequest else { continue }
          extensions += try CertificateStructure.extensions(try Elements(try fields.next()).only())
        }
      }
      self.extensions = extensions
    } catch {
      throw CertificateError("asn1: structure error: no certificate request")
    }
  }

  func value() throws(CertificateError) -> RegoValue {
    let fields = try CertificateExtensions(extensions)
    let key = try PublicKeyInfo(publicKeyInfo)
    let addresses = fields.addresses.map { RegoValue.string(AddressText.of($0)) }
    return .record([
      ("Raw", .base64(raw)), ("RawTBSCertificateRequest", .base64(rawBody)), ("RawSubjectPublicKeyInfo", .base64(publicKeyInfo)),
      ("RawSubject", .base64(subject.raw)), ("Version", .integer(version)), ("Signature", .base64(signature)),
      ("SignatureAlgorithm", .integer(SignatureAlgorithmNumber.of(signatureAlgorithm))),
      ("PublicKeyAlgorithm", .integer(key.algorithm.rawValue)), ("PublicKey", key.value), ("Subject", subject.value),
      ("Attributes", .null), ("Extensions", CertificateStructure.value(extensions)), ("ExtraExtensions", .null),
      ("DNSNames", .texts(fields.dnsNames)), ("EmailAddresses", .texts(fields.emailAddresses)), ("IPAddresses", .list(addresses)),
      ("URIs", .list(fields.uris.map(LocationText.value))),
    ])
  }
}
