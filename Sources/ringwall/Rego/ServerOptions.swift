internal import ArgumentParser
internal import DecisionServer
internal import Judgement
internal import Rego

/// `ringwall run --server`: OPA's REST API.
struct ServerOptions: ParsableArguments {
  @Flag(name: [.customShort("s"), .customLong("server")], help: "Serve OPA's REST API in place of asking line by line.")
  var isServer = false

  @Option(
    name: [.customShort("a", allowingJoined: true), .long],
    help: ArgumentHelp(
      "Where to listen: host:port, https://host:port or unix:///path. May be repeated. Else localhost:8181.", valueName: "address"))
  var addr: [String] = []

  @Option(help: ArgumentHelp("Where to serve health and metrics alone. May be repeated.", valueName: "address"))
  var diagnosticAddr: [String] = []

  @Option(
    help: ArgumentHelp("The server's certificate and those that lead to its authority, in PEM.", valueName: "file"), completion: .file())
  var tlsCertFile: String?

  @Option(help: ArgumentHelp("The key of the server's certificate, in PEM.", valueName: "file"), completion: .file())
  var tlsPrivateKeyFile: String?

  @Option(help: ArgumentHelp("Authorities of clients' certificates, in PEM.", valueName: "file"), completion: .file())
  var tlsCaCertFile: String?

  @Option(help: ArgumentHelp("Who asks, as input.identity of the policy that authorizes: off, token or tls.", valueName: "scheme"))
  var authentication: AuthenticationScheme = .off

  @Option(help: ArgumentHelp("off, or basic: data.system.authz.allow decides about every request.", valueName: "scheme"))
  var authorization: AuthorizationScheme = .off

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "A setting: decision_logs.console, server.decoding.max_length, server.decoding.gzip.max_length, server.encoding.gzip.min_length. May be repeated.",
      valueName: "key=value"))
  var settings: [String] = []

  @Option(help: ArgumentHelp("Seconds that requests may go on after the server was asked to end.", valueName: "seconds"))
  var shutdownGracePeriod = 10

  @Option(help: ArgumentHelp("Time that one evaluation may take, as in 500ms or 5s; 0 for any.", valueName: "duration"))
  var evaluationTimeout: CommandDuration?

  @Option(help: ArgumentHelp("Memory that values of one evaluation may take, as in 64MB. Else 1GB.", valueName: "size"))
  var evaluationMemory: CommandSize?

  @Option(
    help: ArgumentHelp("Connections at the same time; others wait. Else 1024, and never more than files may be open.", valueName: "count"))
  var connections: Int?

  @Flag(name: [.customShort("w"), .customLong("watch")], help: "Read policies and data again when their files change.")
  var isWatching = false

  enum AuthenticationScheme: String, ExpressibleByArgument, CaseIterable {
    case off, token, tls
  }

  enum AuthorizationScheme: String, ExpressibleByArgument, CaseIterable {
    case off, basic
  }

  func validate() throws {
    guard isServer else { return }
    if (tlsCertFile == nil) != (tlsPrivateKeyFile == nil) {
      throw ValidationError("--tls-cert-file and --tls-private-key-file must be specified together")
    }
    guard (0...86_400).contains(shutdownGracePeriod) else { throw ValidationError("--shutdown-grace-period takes 0 to 86400 seconds") }
    if let connections, connections < 1 { throw ValidationError("--connections takes 1 and more") }
    _ = try serverSettings()
  }

  func serverSettings() throws -> ServerSettings {
    var result = ServerSettings()
    let hasSecurity = tlsCertFile != nil
    func address(_ text: String) throws -> ServerAddress {
      guard let address = ServerAddress(text, hasSecurity: hasSecurity) else {
        throw ValidationError("\(text): no address: host:port, https://host:port or unix:///path is expected")
      }
      if address.isSecure, !hasSecurity { throw ValidationError("\(text): TLS needs --tls-cert-file and --tls-private-key-file") }
      if authentication == .tls, !address.isSecure { throw ValidationError("\(text): --authentication tls needs an https address") }
      return address
    }
    result.addresses = try (addr.isEmpty ? ["localhost:8181"] : addr).map(address)
    result.diagnosticAddresses = try diagnosticAddr.map(address)
    if let tlsCertFile, let tlsPrivateKeyFile {
      result.security = .init(certificateFile: tlsCertFile, keyFile: tlsPrivateKeyFile, authoritiesFile: tlsCaCertFile)
    }
    result.authentication = ServerSettings.Authentication(rawValue: authentication.rawValue) ?? .off
    result.authorization = ServerSettings.Authorization(rawValue: authorization.rawValue) ?? .off
    result.shutdownGrace = .seconds(shutdownGracePeriod)
    if let evaluationTimeout { result.evaluation.timeout = evaluationTimeout.duration > .zero ? evaluationTimeout.duration : nil }
    if let evaluationMemory { result.evaluation.memory = evaluationMemory.bytes }
    if let connections { result.connectionLimit = connections }
    for setting in settings { try Self.apply(setting, to: &result) }
    result.version = Version.text
    return result
  }

  private static func apply(_ setting: String, to result: inout ServerSettings) throws {
    let sides = setting.split(separator: "=", maxSplits: 1).map(String.init)
    func bytes() throws -> Int {
      guard sides.count == 2, let count = Int(sides[1]), count >= 0 else {
        throw ValidationError("--set \(setting): a number of bytes is expected")
      }
      return count
    }
    switch sides.first {
    case "decision_logs.console":
      guard sides.count == 2, let flag = Bool(sides[1]) else { throw ValidationError("--set \(setting): true or false is expected") }
      result.logsDecisions = flag
    case "server.decoding.max_length": result.bodyLimit = try bytes()
    case "server.decoding.gzip.max_length": result.unpackedLimit = try bytes()
    case "server.encoding.gzip.min_length": result.packedFrom = try bytes()
    default: throw ValidationError("--set \(setting): no setting of this name; run --help names them")
    }
  }
}
