import Crypto
import Foundation
import NIOSSL
import SwiftASN1
import X509

/// A certificate authority of one test, with certificates that it has signed.
struct Authority {
  let key = P256.Signing.PrivateKey()
  let certificate: Certificate

  struct Identity {
    let certificate: String
    let key: String

    /// For a server; `trusted` asks clients for a certificate of that authority.
    func server(trusted: Authority? = nil) throws -> TLSConfiguration {
      var configuration = TLSConfiguration.makeServerConfiguration(
        certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8)).map { .certificate($0) },
        privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem)))
      if let trusted {
        configuration.certificateVerification = .noHostnameVerification
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(trusted.text.utf8)))
      }
      return configuration
    }
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

  func identity(_ host: String, validUntil end: Date = .now + 86_400, isClient: Bool = false) throws -> Identity {
    let own = P256.Signing.PrivateKey()
    let signed = try Certificate(
      version: .v3, serialNumber: .init(), publicKey: .init(own.publicKey), notValidBefore: .now - 7200, notValidAfter: end,
      issuer: certificate.subject, subject: try DistinguishedName { CommonName(host) }, signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try Certificate.Extensions {
        try ExtendedKeyUsage([isClient ? .clientAuth : .serverAuth])
        SubjectAlternativeNames([.dnsName(host)])
      }, issuerPrivateKey: .init(key))
    return Identity(certificate: try signed.serializeAsPEM().pemString, key: own.pemRepresentation)
  }
}
