internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// Bounds of one connection to a server.
public struct ServiceLimits: Sendable {
  /// Bytes of one answer, at most `SOAPReader.limit`.
  public var answer = SOAPReader.limit
  /// From the first packet to a finished handshake.
  public var connecting = Duration.seconds(10)
  /// Of one call, from its first byte to the last of its answer.
  public var call = Duration.seconds(120)
  /// Objects of one page of the property collector.
  public var page = 100

  public init() {}
}

/// Sends requests over TLS and takes answers, within bounds. Nothing is followed elsewhere and nothing is repeated.
final class ServiceTransport: Sendable {
  let address: ServiceAddress
  let limits: ServiceLimits
  private let trust: ServerTrust
  private let client: HTTPClient

  struct Answer {
    let status: Int
    let body: [UInt8]
    /// Value of the cookie that keeps the session, where the answer sets it.
    let session: String?
  }

  static let sessionCookie = "vmware_soap_session"

  init(_ address: ServiceAddress, trust: ServerTrust, limits: ServiceLimits, userAgent: String) {
    self.address = address
    self.limits = limits
    self.trust = trust
    self.userAgent = userAgent
    var configuration = HTTPClient.Configuration(tlsConfiguration: trust.tls, redirectConfiguration: .disallow)
    configuration.timeout.connect = TimeAmount(limits.connecting)
    configuration.httpVersion = .http1Only
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.connectionPool.idleTimeout = .seconds(30)
    configuration.http1_1ConnectionDebugInitializer = { channel in trust.verify(channel) }
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  private let userAgent: String

  func close() async { try? await client.shutdown() }

  /// Where nobody came to `close`; a second shutdown does nothing.
  deinit { client.shutdown { _ in } }

  /// - Parameters:
  ///   - body: nil for GET.
  ///   - time: of the whole call.
  func send(
    _ path: String, body: [UInt8]?, action: String? = nil, session: String? = nil, headers: [(String, String)] = [],
    method: HTTPMethod? = nil,
    within time: Duration? = nil
  ) async throws(ServiceFailure) -> Answer {
    var request = HTTPClientRequest(url: address.url + path)
    request.method = method ?? (body == nil ? .GET : .POST)
    request.headers.add(name: "User-Agent", value: userAgent)
    if let action {
      request.headers.add(name: "Content-Type", value: "text/xml; charset=utf-8")
      request.headers.add(name: "SOAPAction", value: action)
    }
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    if let session { request.headers.add(name: "Cookie", value: "\(Self.sessionCookie)=\(session)") }
    if let body { request.body = .bytes(body) }
    var hasHead = false
    let end = ContinuousClock.now + (time ?? limits.call)
    do {
      let response = try await client.execute(request, timeout: TimeAmount(time ?? limits.call))
      hasHead = true
      if let length = response.headers.first(name: "Content-Length").flatMap({ Int($0) }), length > limits.answer { throw tooLarge }
      return Answer(
        status: Int(response.status.code), body: try await bytes(of: response.body, until: end), session: Self.session(response.headers))
    } catch let error as ServiceFailure {
      throw error
    } catch {
      throw await failure(error, hasHead: hasHead)
    }
  }

  /// All bytes of an answer. The client's own timeout ends with the head: a server that stops in the middle, or gives byte after byte, is
  /// given up here.
  private func bytes(of body: HTTPClientResponse.Body, until end: ContinuousClock.Instant) async throws -> [UInt8] {
    try await withThrowingTaskGroup(of: [UInt8].self) { group in
      group.addTask { [self] in
        var bytes: [UInt8] = []
        for try await part in body {
          guard bytes.count + part.readableBytes <= limits.answer else { throw tooLarge }
          bytes.append(contentsOf: part.readableBytesView)
        }
        // A body that is cancelled ends as one that is complete.
        try Task.checkCancellation()
        return bytes
      }
      group.addTask {
        try await Task.sleep(until: end, clock: .continuous)
        throw HTTPClientError.deadlineExceeded
      }
      defer { group.cancelAll() }
      return try await group.next() ?? []
    }
  }

  private static func session(_ headers: HTTPHeaders) -> String? {
    for field in headers["Set-Cookie"] {
      let pair = field.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1)
      if pair.count == 2, pair[0].allSatisfy({ $0 != " " }), pair[0] == sessionCookie { return String(pair[1]) }
    }
    return nil
  }

  // MARK: - Reasons

  private var tooLarge: ServiceFailure {
    ServiceFailure(.tooLarge, "\(address.text): its answer has more than \(limits.answer >> 20) MiB, which no page of an inventory has")
  }

  private func failure(_ error: any Error, hasHead: Bool) async -> ServiceFailure {
    let server = address.text
    switch error {
    case is CancellationError: return ServiceFailure(.cancelled, "\(server): interrupted")
    case let error as ServerTrust.Mismatch: return mismatch(error)
    case let error as NIOSSLExtraError where error == .failedToValidateHostname:
      return ServiceFailure(
        .untrusted,
        "\(server): its certificate is for another name than \(address.host); use the name that it holds, or pin it with --thumbprint")
    case let error as NIOSSLError:
      return await untrusted(error)
    case let error as NIOConnectionError:
      guard let first = error.connectionErrors.first else {
        return ServiceFailure(.unreachable, "\(server): no host of that name is known; check the name and the resolver")
      }
      return unreachable(first.error)
    case let error as HTTPClientError: return reason(error, hasHead: hasHead)
    case let error as IOError:
      return hasHead || error.errnoCode == IOReason.reset ? dropped : unreachable(error)
    case is ChannelError: return dropped
    default: return hasHead || "\(error)".contains("EOF") ? dropped : foreign
    }
  }

  private func reason(_ error: HTTPClientError, hasHead: Bool) -> ServiceFailure {
    switch error {
    case .cancelled, .requestStreamCancelled: return ServiceFailure(.cancelled, "\(address.text): interrupted")
    case .connectTimeout, .getConnectionFromPoolTimeout:
      return ServiceFailure(
        .unreachable, "\(address.text): does not answer within \(limits.connecting.components.seconds) s; check address, port and firewall")
    case .tlsHandshakeTimeout:
      return ServiceFailure(.unreachable, "\(address.text): takes the connection and does not begin TLS; check the port")
    case .deadlineExceeded, .readTimeout, .writeTimeout:
      return ServiceFailure(
        .unreachable,
        "\(address.text): a call was not answered within \(limits.call.components.seconds) s; look at the server's load and try again")
    case .remoteConnectionClosed, .uncleanShutdown: return dropped
    default: return hasHead ? dropped : foreign
    }
  }

  private var dropped: ServiceFailure {
    ServiceFailure(.dropped, "\(address.text): the connection ended before the answer did; try again, and look at what lies between")
  }

  private var foreign: ServiceFailure {
    ServiceFailure(.foreign, "\(address.text): does not answer as an HTTPS server does; name a vCenter or an ESXi host and its port")
  }

  private func unreachable(_ error: any Error) -> ServiceFailure {
    switch error {
    case let error as IOError:
      ServiceFailure(
        .unreachable, "\(address.text): cannot be connected to: \(IOReason.text(error.errnoCode)); check address, port and firewall")
    case ChannelError.connectTimeout:
      ServiceFailure(
        .unreachable, "\(address.text): does not answer within \(limits.connecting.components.seconds) s; check address, port and firewall")
    default: ServiceFailure(.unreachable, "\(address.text): cannot be connected to; check address, port and firewall")
    }
  }

  private func mismatch(_ error: ServerTrust.Mismatch) -> ServiceFailure {
    guard let seen = error.seen else { return foreign }
    if seen == trust.thumbprint {
      return ServiceFailure(
        .untrusted, "\(address.text): its certificate has the pinned thumbprint and has expired; renew it on the server")
    }
    return ServiceFailure(
      .untrusted,
      "\(address.text): its certificate has the SHA-256 thumbprint \(seen.text), not the one of --thumbprint; find out which server answers before you pin it"
    )
  }

  /// A refused handshake, explained by the certificate that the server shows.
  private func untrusted(_ error: NIOSSLError) async -> ServiceFailure {
    let server = address.text
    guard "\(error)".contains("CERTIFICATE_VERIFY_FAILED") else {
      if case .uncleanShutdown = error { return dropped }
      return ServiceFailure(.foreign, "\(server): no TLS connection can be made; name the HTTPS port of a vCenter or an ESXi host (443)")
    }
    guard let seen = await SeenCertificate.of(address) else {
      return ServiceFailure(.untrusted, "\(server): its certificate is not trusted; name its authority with --ca FILE")
    }
    if seen.hasExpired {
      return ServiceFailure(.untrusted, "\(server): its certificate expired on \(seen.lastDay); renew it on the server")
    }
    if seen.isOfTheFuture {
      return ServiceFailure(.untrusted, "\(server): its certificate is valid from \(seen.firstDay) on; check the clocks of both machines")
    }
    return ServiceFailure(
      .untrusted,
      "\(server): no trusted authority signed its certificate; name its authority with --ca FILE, or, after comparing it, pin it with --thumbprint \(seen.thumbprint.text)"
    )
  }
}

extension TimeAmount {
  init(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    self = .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
  }
}
