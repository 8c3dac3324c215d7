/// Makes the requests of `http.send`: each call is one request and one answer, and no redirect is followed.
///
/// `RegoHTTP` has one that speaks HTTP/1.1 over TCP, TLS and local sockets.
public protocol RequestTransport: Sendable {
  /// Blocks until the answer is whole.
  ///
  /// - Parameters:
  ///   - deadline: when the answer must be whole.
  ///   - isCancelled: asked every few milliseconds; true ends the request.
  func send(
    _ request: OutgoingRequest, until deadline: ContinuousClock.Instant, isCancelled: () -> Bool
  ) throws(TransportError) -> IncomingResponse
}

/// One request.
public struct OutgoingRequest: Sendable {
  /// A token of RFC 9110, in capitals.
  public var method: String
  /// Absolute, `http` or `https`, as `Foundation.URL` reads it: the host checked is the host connected to.
  public var url: String
  /// Path of the local socket to connect to in place of the URL's host.
  public var socket: String?
  /// Names are tokens, values have no line ends.
  public var headers: [(name: String, value: String)]
  public var body: [UInt8]
  public var security: TransportSecurity
}

/// What a request says about TLS; empty where it says nothing.
public struct TransportSecurity: Sendable, Hashable {
  /// A certificate with its key, in PEM.
  public enum Identity: Sendable, Hashable {
    case texts(certificate: String, key: String)
    case files(certificate: String, key: String)
    case variables(certificate: String, key: String)
  }

  public var identities: [Identity] = []
  /// Trusted certificates in PEM, instead of those of the system unless `usesSystemRoots`.
  public var roots: String?
  public var rootsFile: String?
  /// Name of the environment variable that holds them.
  public var rootsVariable: String?
  public var usesSystemRoots: Bool?
  /// The name that the server's certificate must have, in place of the URL's host.
  public var serverName: String?
  public var isVerified = true

  public init() {}
}

/// An answer. Names of headers are as the server wrote them.
public struct IncomingResponse: Sendable {
  public var status: Int
  public var reason: String
  public var headers: [(name: String, value: String)]
  public var body: [UInt8]

  public init(status: Int, reason: String, headers: [(name: String, value: String)], body: [UInt8]) {
    self.status = status
    self.reason = reason
    self.headers = headers
    self.body = body
  }
}

/// Why there is no answer.
public enum TransportError: Error, Sendable, Hashable {
  case cancelled
  /// Before the head of the answer had come.
  case timedOut
  /// The host could not be reached, or what came is no HTTP.
  case network(String)
  /// Keys or certificates of the request that cannot be used, or a head that may not be sent.
  case unusable(String)
  /// The head came and the body did not: too long, too slow, or cut off.
  case body(String)
}
