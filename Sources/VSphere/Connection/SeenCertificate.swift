internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The certificate that a server shows, looked at after it was refused, to say why.
struct SeenCertificate: Sendable {
  let thumbprint: Thumbprint
  /// Seconds since 1970.
  let notBefore: Int
  let notAfter: Int

  init(_ certificate: NIOSSLCertificate, thumbprint: Thumbprint) {
    self.thumbprint = thumbprint
    notBefore = Int(certificate.notValidBefore)
    notAfter = Int(certificate.notValidAfter)
  }

  var hasExpired: Bool { notAfter < Self.now }
  var isOfTheFuture: Bool { notBefore > Self.now }

  /// The last day of the certificate, as 2026-11-26.
  var lastDay: String { Self.day(notAfter) }
  var firstDay: String { Self.day(notBefore) }

  private static var now: Int { Int(time(nil)) }

  private static func day(_ seconds: Int) -> String {
    var (time, parts) = (time_t(seconds), unsafe tm())
    // SAFETY: gmtime_r fills the structure that the second pointer leads to, and keeps neither.
    guard unsafe gmtime_r(&time, &parts) != nil else { return "an unknown day" }
    let (year, month, day) = unsafe (Int(parts.tm_year) + 1900, parts.tm_mon + 1, parts.tm_mday)
    return "\(year)-\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)"
  }

  /// Asks a server for its certificate and ends the connection in the handshake: nothing else is said.
  static func of(_ address: ServiceAddress, within time: TimeAmount = .seconds(5)) async -> SeenCertificate? {
    let box = Box()
    do {
      var configuration = TLSConfiguration.makeClientConfiguration()
      configuration.minimumTLSVersion = .tlsv12
      let context = try NIOSSLContext(configuration: configuration)
      let name = address.isIPAddress ? nil : address.host
      let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        .connectTimeout(time)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            let handler = try NIOSSLClientHandler(context: context, serverHostname: name) { chain, promise in
              if let leaf = chain.first, let thumbprint = try? Thumbprint(of: leaf) {
                box.value.withLock { $0 = SeenCertificate(leaf, thumbprint: thumbprint) }
              }
              promise.succeed(NIOSSLVerificationResult.failed)
            }
            try channel.pipeline.syncOperations.addHandler(handler)
          }
        }
        .connect(host: address.host, port: address.port).get()
      let limit = channel.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
      try? await channel.closeFuture.get()
      limit.cancel()
    } catch {}
    return box.value.withLock { $0 }
  }

  private final class Box: Sendable {
    let value = Mutex<SeenCertificate?>(nil)
  }
}
