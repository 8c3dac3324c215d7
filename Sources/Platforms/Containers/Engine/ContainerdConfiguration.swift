internal import Domain

/// containerd's configuration (config.toml, versions 1 to 3): its socket and the gVisor runtimes that it starts.
struct ContainerdConfiguration: Sendable {
  static let usualPath = "/etc/containerd/config.toml"
  private static let runtimes = [
    ["plugins", "io.containerd.grpc.v1.cri", "containerd", "runtimes"],
    ["plugins", "io.containerd.cri.v1.runtime", "containerd", "runtimes"],
    ["plugins", "cri", "containerd", "runtimes"],
  ]

  private let document: TOMLDocument

  init(_ document: TOMLDocument) { self.document = document }

  /// Keys that stand at the top of every containerd configuration and of few others.
  static func isContainerd(_ document: TOMLDocument) -> Bool {
    let names = Set((document.root.members ?? []).map(\.key))
    if names.contains("runsc_config") { return false }
    let known: Set<String> = [
      "grpc", "plugins", "disabled_plugins", "required_plugins", "oom_score", "proxy_plugins", "stream_processors", "ttrpc",
    ]
    return !names.isDisjoint(with: known) && names.isDisjoint(with: ["engine", "registries", "containers"])
  }

  /// Path of the socket, where one is written.
  var address: String? { document[["grpc", "address"]]?.text }

  /// {path, mode, user, group}: containerd makes its socket with mode 0660 and gives it to these numbers (sys.GetLocalListener).
  func socket(_ accounts: Accounts) -> Fact {
    func name(_ key: String, _ lookUp: (UInt32) -> String?) -> FactValue {
      let number = document[["grpc", key]]?.integer.flatMap { UInt32(exactly: $0) } ?? 0
      return .string(lookUp(number) ?? (number == 0 ? "root" : "\(number)"))
    }
    let key = ["gid", "uid", "address"].first { document[["grpc", $0]] != nil }
    return .present(
      .object([
        "path": .string(address ?? "/run/containerd/containerd.sock"), "mode": "0660", "user": name("uid", accounts.user),
        "group": name("gid", accounts.group),
      ]), document.source(key.map { ["grpc", $0] } ?? ["grpc"]))
  }

  /// A runtime that starts gVisor's shim, and the file with its flags.
  struct GVisorRuntime: Sendable {
    let name: String
    /// ConfigPath of its options; nil where none is written.
    let configuration: String?
    let source: FactSource
  }

  var gVisorRuntimes: [GVisorRuntime] {
    Self.runtimes.flatMap { keys in
      (document[keys]?.members ?? []).compactMap { runtime in
        let type = runtime.value["runtime_type"]?.text ?? ""
        guard type.contains("runsc") || runtime.key.hasPrefix("runsc") && type.isEmpty else { return nil }
        return GVisorRuntime(
          name: runtime.key, configuration: runtime.value["options"]?["ConfigPath"]?.text,
          source: document.source(keys + [runtime.key, "runtime_type"]))
      }
    }
  }
}
