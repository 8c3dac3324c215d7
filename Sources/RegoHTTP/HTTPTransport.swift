internal import AsyncHTTPClient
internal import Dispatch
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
public import RegoBuiltins
internal import Synchronization

/// `http.send` over TCP, TLS and local sockets, in HTTP/1.1.
///
///     let policy = try Policy(modules, options: .init(functions: StandardFunctions.all(sending: HTTPTransport())))
///
/// Which hosts are asked is decided before: see `EvaluationOptions.network`. Threads start with the first request.
public final class HTTPTransport: RequestTransport {
  /// Bytes of the longest body that is taken.
  public let bodyLimit: Int
  /// What requests without a `User-Agent` say.
  public let userAgent: String
  private let client = Mutex<HTTPClient?>(nil)

  /// - Parameter bodyLimit: in 0...4 GiB.
  public init(bodyLimit: Int = 32 << 20, userAgent: String = "rego") {
    self.bodyLimit = min(max(bodyLimit, 0), Int(UInt32.max))
    self.userAgent = userAgent
  }

  deinit {
    client.withLock { client in client?.shutdown { _ in } }
  }

  public func send(
    _ request: OutgoingRequest, until deadline: ContinuousClock.Instant, isCancelled: () -> Bool
  ) throws(TransportError) -> IncomingResponse {
    let exchange = try PreparedExchange(request, userAgent: userAgent)
    let remaining = deadline - .now
    guard remaining > .zero else { throw .timedOut }
    let collector = ResponseCollector(limit: bodyLimit, isHead: request.method == "HEAD")
    let own = exchange.names.map { Self.makeClient(names: $0) }
    defer { own?.shutdown { _ in } }
    let task = (own ?? shared).execute(
      request: exchange.request, delegate: collector, deadline: .now() + .nanoseconds(remaining.nanoseconds))
    let outcome = Outcome()
    task.futureResult.whenComplete { outcome.finish($0) }
    let result = outcome.wait(until: deadline + .seconds(1), isCancelled)
    guard let result else {
      task.cancel()
      if isCancelled() { throw .cancelled }
      throw collector.hasHead ? Self.lateBody : .timedOut
    }
    switch result {
    case .success(let response): return response
    case .failure(let error): throw Self.failure(error, request, hasHead: collector.hasHead)
    }
  }

  private var shared: HTTPClient {
    client.withLock { client in
      if let client { return client }
      let made = Self.makeClient(names: [:])
      client = made
      return made
    }
  }

  /// - Parameter names: hosts to connect to in place of those of the URL.
  private static func makeClient(names: [String: String]) -> HTTPClient {
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    configuration.timeout.connect = .seconds(30)
    configuration.httpVersion = .http1Only
    // A host that refuses is told at once; the policy says how often to try again.
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.connectionPool.idleTimeout = .seconds(30)
    configuration.dnsOverride = names
    return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  private static let lateBody = TransportError.body(
    "context deadline exceeded (Client.Timeout or context cancellation while reading body)")

  private static func failure(_ error: any Error, _ request: OutgoingRequest, hasHead: Bool) -> TransportError {
    if let error = error as? TransportError { return error }
    switch error as? HTTPClientError {
    case .deadlineExceeded?, .connectTimeout?, .readTimeout?, .writeTimeout?, .tlsHandshakeTimeout?, .getConnectionFromPoolTimeout?:
      return hasHead ? lateBody : .timedOut
    case .cancelled?: return .cancelled
    case .remoteConnectionClosed?: return hasHead ? .body("unexpected EOF") : .network("EOF")
    default: break
    }
    let reason = NetworkReason.text(error, request)
    return hasHead ? .body(reason) : .network(reason)
  }
}

/// What a blocked thread waits for.
private final class Outcome: Sendable {
  private let semaphore = DispatchSemaphore(value: 0)
  private let result = Mutex<Result<IncomingResponse, any Error>?>(nil)

  func finish(_ value: Result<IncomingResponse, any Error>) {
    result.withLock { $0 = value }
    semaphore.signal()
  }

  /// Nil where the time is over or the caller has lost interest.
  func wait(until end: ContinuousClock.Instant, _ isCancelled: () -> Bool) -> Result<IncomingResponse, any Error>? {
    while semaphore.wait(timeout: .now() + .milliseconds(10)) == .timedOut {
      if isCancelled() || ContinuousClock.now >= end { return nil }
    }
    return result.withLock { $0 }
  }
}

/// Takes an answer in parts, up to a size.
private final class ResponseCollector: HTTPClientResponseDelegate {
  private let limit: Int
  private let isHead: Bool
  private let state = Mutex<(head: HTTPResponseHead?, body: [UInt8])>((nil, []))

  init(limit: Int, isHead: Bool) {
    self.limit = limit
    self.isHead = isHead
  }

  var hasHead: Bool { state.withLock { $0.head != nil } }

  private var tooLong: TransportError { .body("the body of the answer has more than \(limit) bytes") }

  func didReceiveHead(task: HTTPClient.Task<IncomingResponse>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
    state.withLock { $0.head = head }
    if !isHead, let length = head.headers.first(name: "Content-Length").flatMap({ Int($0) }), length > limit {
      return task.eventLoop.makeFailedFuture(tooLong)
    }
    return task.eventLoop.makeSucceededVoidFuture()
  }

  func didReceiveBodyPart(task: HTTPClient.Task<IncomingResponse>, _ buffer: ByteBuffer) -> EventLoopFuture<Void> {
    let fits = state.withLock { state in
      guard state.body.count + buffer.readableBytes <= limit else { return false }
      state.body.append(contentsOf: buffer.readableBytesView)
      return true
    }
    return fits ? task.eventLoop.makeSucceededVoidFuture() : task.eventLoop.makeFailedFuture(tooLong)
  }

  func didFinishRequest(task: HTTPClient.Task<IncomingResponse>) throws -> IncomingResponse {
    try state.withLock { state in
      guard let head = state.head else { throw TransportError.network("EOF") }
      return IncomingResponse(
        status: Int(head.status.code), reason: head.status.reasonPhrase, headers: head.headers.map { ($0.name, $0.value) },
        body: state.body)
    }
  }
}

extension Duration {
  /// Whole nanoseconds, at most those of an hour.
  fileprivate var nanoseconds: Int64 {
    let (seconds, attoseconds) = min(self, .seconds(3600)).components
    return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
  }
}
