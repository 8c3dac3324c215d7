internal import Crypto
internal import NIOCore
internal import NIOSSL

/// What a server must show before anything is said to it. There is no way to trust whatever comes.
public struct ServerTrust: Sendable {
  /// The one certificate that is accepted, by its SHA-256; nil for any that a trusted authority signed.
  public let thumbprint: Thumbprint?
  private let authorities: [NIOSSLCertificate]

  /// Trusted are the system's authorities, or those of `authorities` in their place. A thumbprint without authorities stands for them: the
  /// server has that very certificate, whoever signed it. With both, both must hold.
  ///
  /// - Parameter authorities: certificates in PEM, and the name to say where they are wrong.
  public init(authorities: (pem: [UInt8], name: String)? = nil, thumbprint: Thumbprint? = nil) throws(ServiceFailure) {
    self.thumbprint = thumbprint
    guard let authorities else {
      self.authorities = []
      return
    }
    let found = (try? NIOSSLCertificate.fromPEMBytes(authorities.pem)) ?? []
    guard !found.isEmpty else {
      throw ServiceFailure(.usage, "--ca \(authorities.name): holds no certificate in PEM; name the file of the server's authority")
    }
    self.authorities = found
  }

  var tls: TLSConfiguration {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv12
    if !authorities.isEmpty {
      configuration.trustRoots = .certificates(authorities)
    } else if thumbprint != nil {
      // `verify` compares the certificate itself before the first request.
      configuration.certificateVerification = .none
    }
    return configuration
  }

  /// Compares the certificate of a new connection with the pinned one, before anything is sent.
  func verify(_ channel: any Channel) -> EventLoopFuture<Void> {
    guard let thumbprint else { return channel.eventLoop.makeSucceededVoidFuture() }
    let verified = channel.nioSSL_peerCertificate().flatMapThrowing { certificate in
      guard let certificate else { throw Mismatch(seen: nil) }
      let seen = try Thumbprint(of: certificate)
      guard seen == thumbprint else { throw Mismatch(seen: seen) }
      if SeenCertificate(certificate, thumbprint: seen).hasExpired { throw Mismatch(seen: seen) }
    }
    verified.whenFailure { _ in channel.close(promise: nil) }
    return verified
  }

  /// The server has another certificate than the pinned one, or the pinned one has run out.
  struct Mismatch: Error {
    let seen: Thumbprint?
  }
}

/// The SHA-256 of a certificate in DER.
public struct Thumbprint: Sendable, Hashable {
  let bytes: [UInt8]

  /// - Parameter text: 64 hexadecimal digits, with or without colons between two.
  public init(_ text: String) throws(ServiceFailure) {
    let digits = text.filter { $0 != ":" }
    if digits.utf8.count == 40, digits.allSatisfy(\.isHexDigit) {
      throw ServiceFailure(
        .usage, "--thumbprint: 40 digits are a SHA-1 thumbprint, which can be forged; give the SHA-256 of the certificate")
    }
    guard digits.utf8.count == 64 else { throw Self.failure }
    var bytes: [UInt8] = []
    var high: Int?
    for character in digits {
      guard character.isASCII, let digit = character.hexDigitValue else { throw Self.failure }
      if let first = high { bytes.append(UInt8(first << 4 | digit)) }
      high = high == nil ? digit : nil
    }
    self.bytes = bytes
  }

  init(of certificate: NIOSSLCertificate) throws { bytes = Array(SHA256.hash(data: try certificate.toDERBytes())) }

  /// As vSphere writes it: `AB:CD:…`.
  public var text: String {
    bytes.map { byte in
      let digits = String(byte, radix: 16, uppercase: true)
      return digits.utf8.count == 1 ? "0" + digits : digits
    }.joined(separator: ":")
  }

  private static let failure = ServiceFailure(
    .usage, "--thumbprint: no SHA-256 thumbprint; write its 64 hexadecimal digits, with or without colons")
}
