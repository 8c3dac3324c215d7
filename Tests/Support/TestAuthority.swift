internal import Crypto
public import Foundation
internal import SwiftASN1
internal import X509

/// A certificate authority of one test, with certificates that it has signed.
public struct TestAuthority: Sendable {
  private let key = P256.Signing.PrivateKey()
  private let certificate: Certificate
  /// The authority's own certificate in PEM.
  public let text: String

  public struct Identity: Sendable {
    /// In PEM.
    public let certificate: String
    /// In PEM.
    public let key: String
    /// SHA-256 of the certificate, as `--thumbprint` takes it.
    public let thumbprint: String
  }

  public enum Usage: Sendable { case server, client }

  public init() throws {
    let name = try DistinguishedName { CommonName("test authority") }
    certificate = try Certificate(
      version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey), notValidBefore: .now - 3600, notValidAfter: .now + 86_400,
      issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try Certificate.Extensions {
        Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
        Critical(KeyUsage(keyCertSign: true))
      }, issuerPrivateKey: .init(key))
    text = try certificate.serializeAsPEM().pemString
  }

  /// A certificate for a name, valid since a week.
  public func identity(_ name: String, for usage: Usage = .server, validUntil end: Date = .now + 86_400) throws -> Identity {
    let own = P256.Signing.PrivateKey()
    let signed = try Certificate(
      version: .v3, serialNumber: .init(), publicKey: .init(own.publicKey), notValidBefore: .now - 7 * 86_400, notValidAfter: end,
      issuer: certificate.subject, subject: try DistinguishedName { CommonName(name) }, signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try Certificate.Extensions {
        try ExtendedKeyUsage([usage == .client ? .clientAuth : .serverAuth])
        SubjectAlternativeNames([.dnsName(name)])
      }, issuerPrivateKey: .init(key))
    let pem = try signed.serializeAsPEM()
    return Identity(
      certificate: pem.pemString, key: own.pemRepresentation,
      thumbprint: SHA256.hash(data: pem.derBytes).map { String(format: "%02X", $0) }.joined(separator: ":"))
  }
}
