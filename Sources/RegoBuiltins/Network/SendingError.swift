internal import Rego

/// Why `http.send` has no answer, in the two kinds that OPA tells apart: of the network, and others.
enum SendingError: Error, Sendable {
  /// The evaluation itself ends.
  case cancelled(String)
  /// An operand of the wrong shape.
  case type(String)
  case failed(String)
  case network(_ method: String, _ url: String, String)
  case timedOut(_ method: String, _ url: String)

  init(_ error: TransportError, _ request: OutgoingRequest) {
    self =
      switch error {
      case .cancelled: .cancelled("context canceled")
      case .timedOut: .timedOut(request.method, request.url)
      case .network(let reason): .network(request.method, request.url, reason)
      case .unusable(let reason), .body(let reason): .failed(reason)
      }
  }

  var isOfNetwork: Bool {
    switch self {
    case .network, .timedOut: true
    default: false
    }
  }

  /// What the policy's author reads where the error is raised.
  var builtinError: BuiltinError {
    switch self {
    case .cancelled(let reason), .failed(let reason): .failed(reason)
    case .type(let reason): .type(reason)
    case .network(let method, let url, let reason): .failed("\(Self.verb(method)) \"\(url)\": \(reason)")
    case .timedOut(let method, let url): .failed("\(Self.verb(method)) \(url): request timed out")
    }
  }

  /// What the call gives where `raise_error` is false.
  var result: RegoValue {
    let message =
      switch self {
      case .type(let reason): "eval_type_error: http.send: \(reason)"
      case .cancelled(let reason), .failed(let reason): "eval_builtin_error: http.send: \(reason)"
      case .network(let method, let url, let reason): "\(Self.verb(method)) \"\(url)\": \(reason)"
      case .timedOut(let method, let url):
        "\(Self.verb(method)) \"\(url)\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
      }
    let code = isOfNetwork ? "eval_http_send_network_error" : "eval_http_send_internal_error"
    return .record([
      ("status_code", .integer(0)), ("error", .record([("code", .string(code)), ("message", .string(message))])),
    ])
  }

  private static func verb(_ method: String) -> String { method.prefix(1) + method.dropFirst().lowercased() }

  // MARK: - Kept for later calls of the same evaluation

  /// Nil for an error that is not kept.
  var kept: RegoValue? {
    switch self {
    case .network(let method, let url, let reason): .array([.string(method), .string(url), .string(reason)])
    case .timedOut(let method, let url): .array([.string(method), .string(url)])
    case .failed(let reason): .array([.string(reason), .null, .null, .null])
    case .cancelled, .type: nil
    }
  }

  /// - Parameter value: what `kept` gave; nil for any other.
  init?(remembered value: RegoValue) {
    guard case .array(let parts) = value else { return nil }
    let texts = parts.compactMap(\.text)
    switch parts.count {
    case 2: self = .timedOut(texts[0], texts[1])
    case 3: self = .network(texts[0], texts[1], texts[2])
    case 4: self = .failed(texts[0])
    default: return nil
    }
  }
}
