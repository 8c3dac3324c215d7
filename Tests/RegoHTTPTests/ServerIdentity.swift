import NIOSSL
import TestSupport

extension TestAuthority.Identity {
  /// For a server; `trusted` asks clients for a certificate of that authority.
  func server(trusted: TestAuthority? = nil) throws -> TLSConfiguration {
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
