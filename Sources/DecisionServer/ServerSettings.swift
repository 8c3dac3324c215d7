public import Rego

/// What a decision server serves, where, and to whom.
public struct ServerSettings: Sendable {
  /// Who asks, as far as policies that authorize requests see it.
  public enum Authentication: String, Sendable, CaseIterable {
    case off
    /// `input.identity` is the bearer's token, whose worth the policy decides.
    case token
    /// Clients must show a certificate; `input.identity` is the name of its subject.
    case tls
  }

  public enum Authorization: String, Sendable, CaseIterable {
    case off
    /// `data.system.authz.allow` decides about every request.
    case basic
  }

  /// Certificates and keys in PEM, as files.
  public struct Security: Sendable {
    public var certificateFile: String
    public var keyFile: String
    /// Authorities of clients' certificates; nil trusts those of the system.
    public var authoritiesFile: String?

    public init(certificateFile: String, keyFile: String, authoritiesFile: String? = nil) {
      self.certificateFile = certificateFile
      self.keyFile = keyFile
      self.authoritiesFile = authoritiesFile
    }
  }

  public var addresses: [ServerAddress] = []
  /// Where health and metrics alone are served.
  public var diagnosticAddresses: [ServerAddress] = []
  public var security: Security?
  public var authentication = Authentication.off
  public var authorization = Authorization.off

  public var policyOptions = Policy.Options()
  public var parserOptions = Parser.Options()
  /// Bounds of one evaluation; its time bounds every request.
  public var evaluation = EvaluationOptions(memory: 1 << 30, timeout: .seconds(60))

  /// Bytes of a body as it comes, and of one that is unpacked.
  public var bodyLimit = 64 << 20
  public var unpackedLimit = 128 << 20
  /// How long a body may take to come.
  public var bodyTimeout = Duration.seconds(30)
  /// How long a connection may stay open between requests.
  public var idleTimeout = Duration.seconds(60)
  /// How long a client may take no byte of an answer that waits for it.
  public var answerTimeout = Duration.seconds(60)
  /// Connections at the same time, shared among the addresses; others wait in the system's queue. Never more than the process may open files.
  public var connectionLimit = 1024
  /// Levels of arrays and objects in a document that is received.
  public var depthLimit = 1000
  /// Bytes of a body from which answers are packed for clients that take it.
  public var packedFrom = 1024
  /// Requests that are evaluated at the same time.
  public var concurrency = 32
  /// How long requests may go on after the server was asked to end.
  public var shutdownGrace = Duration.seconds(10)

  /// Decisions go to `log`, one JSON document a line.
  public var logsDecisions = false
  /// Takes a line about what happens; nil drops them.
  public var log: (@Sendable (String) -> Void)?
  /// Takes what policies print.
  public var printed: (@Sendable (String) -> Void)?
  /// The program's version, for provenance and labels.
  public var version = ""

  public init() {}
}

/// Where a server listens.
public struct ServerAddress: Sendable, Hashable {
  public enum Place: Sendable, Hashable {
    case host(String, port: Int)
    case socket(path: String)
  }

  public let place: Place
  public let isSecure: Bool

  public init(_ place: Place, isSecure: Bool = false) {
    self.place = place
    self.isSecure = isSecure
  }

  /// "localhost:8181", ":8181", "[::1]:8181", "http://host:port", "https://host:port", "unix:///path".
  ///
  /// - Parameter hasSecurity: whether an address without a scheme is one of TLS.
  /// - Returns: nil for anything else.
  public init?(_ text: String, hasSecurity: Bool) {
    var rest = text[...]
    var isSecure = hasSecurity
    if let mark = text.firstRange(of: "://") {
      rest = text[mark.upperBound...]
      switch text[..<mark.lowerBound] {
      case "http": isSecure = false
      case "https": isSecure = true
      case "unix":
        guard rest.hasPrefix("/"), rest.utf8.count < 108 else { return nil }
        self.init(.socket(path: String(rest)))
        return
      default: return nil
      }
    }
    guard let colon = rest.lastIndex(of: ":"), let port = UInt16(rest[rest.index(after: colon)...]) else { return nil }
    var host = rest[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() } else if host.contains(":") { return nil }
    self.init(.host(host.isEmpty ? "0.0.0.0" : String(host), port: Int(port)), isSecure: isSecure)
  }

  public var text: String {
    switch place {
    case .host(let host, let port): (isSecure ? "https://" : "http://") + (host.contains(":") ? "[\(host)]" : host) + ":\(port)"
    case .socket(let path): "unix://" + path
    }
  }
}

/// What a server begins with.
public struct ServerContents: Sendable {
  /// A module by the name under which `/v1/policies` knows it.
  public struct Source: Sendable {
    public let id: String
    public let text: [UInt8]
    public let module: Module

    public init(id: String, text: [UInt8], module: Module) {
      self.id = id
      self.text = text
      self.module = module
    }
  }

  /// A bundle, whose part of policies and data requests may not change.
  public struct BundleScope: Sendable {
    public let name: String
    public let revision: String
    /// Paths below data, names joined by "/"; "" is all.
    public let roots: [String]

    public init(name: String, revision: String, roots: [String]) {
      self.name = name
      self.revision = revision
      self.roots = roots
    }
  }

  public var sources: [Source]
  public var data: RegoValue
  public var bundles: [BundleScope]

  public init(sources: [Source] = [], data: RegoValue = .object([]), bundles: [BundleScope] = []) {
    self.sources = sources
    self.data = data
    self.bundles = bundles
  }
}
