internal import ArgumentParser
internal import Judgement
internal import Rego
internal import RegoBuiltins
internal import RegoHTTP

/// Which hosts policies may ask while they are evaluated.
struct NetworkOptions: ParsableArguments {
  @Option(
    name: .customLong("allow-net"),
    help: ArgumentHelp(
      "A host that http.send and net.lookup_ip_addr may ask, besides those under allow_net of --capabilities. May be repeated or comma-separated.",
      valueName: "host"))
  var hosts: [String] = []

  /// No host unless one is named: OPA's capabilities without `allow_net` allow every host, these allow none.
  func access(_ compilation: RegoCompilation) throws(DataError) -> NetworkAccess {
    var allowed = Set(hosts.flatMap { $0.split(separator: ",").map(String.init) })
    if let file = compilation.capabilities { allowed.formUnion(try CapabilitiesFile.hosts(file)) }
    return allowed.isEmpty ? .none : .hosts(allowed)
  }
}

/// What policies may call: OPA's functions, with a client for `http.send`.
enum PolicyFunctions {
  static let all = StandardFunctions.all(sending: HTTPTransport(userAgent: "ringwall/\(Version.text)"))
}
