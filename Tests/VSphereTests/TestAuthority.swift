import Crypto
import Foundation
import SwiftASN1
import X509

/// A certificate authority of one test, with certificates for servers that it has signed.
struct TestAuthority {
  private let key = P256.Signing.PrivateKey()
  private let certificate: Certificate

  struct Identity {
    let certificate: String
    let key: String
    /// SHA-256 of the certificate, as `--thumbprint` takes it.
    let thumbprint: String
  }

  init() throws {
    let name = try DistinguishedName { CommonName("test authority") }
    certificate = try Certificate(
      version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey), notValidBefore: .now - 3600, notValidAfter: .now + 86_400,
      issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try Certificate.Extensions {
        Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
        Critical(KeyUsage(keyCertSign: true))
      }, issuerPrivateKey: .init(key))
  }

  var text: String { get throws { try certificate.serializeAsPEM().pemString } }

  func identity(_ host: String, expired: Bool = false) throws -> Identity {
    let own = P256.Signing.PrivateKey()
    let signed = try Certificate(
      version: .v3, serialNumber: .init(), publicKey: .init(own.publicKey), notValidBefore: .now - 7 * 86_400,
      notValidAfter: expired ? .now - 86_400 : .now + 86_400, issuer: certificate.subject,
      subject: try DistinguishedName { CommonName(host) }, signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try Certificate.Extensions {
        try ExtendedKeyUsage([.serverAuth])
        SubjectAlternativeNames([.dnsName(host)])
      }, issuerPrivateKey: .init(key))
    let pem = try signed.serializeAsPEM()
    let digest = SHA256.hash(data: pem.derBytes)
    return Identity(
      certificate: pem.pemString, key: own.pemRepresentation,
      thumbprint: digest.map { String(format: "%02X", $0) }.joined(separator: ":"))
  }
}
