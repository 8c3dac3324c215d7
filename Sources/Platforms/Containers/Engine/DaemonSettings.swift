internal import Domain

/// What a Docker daemon is told: facts `daemon.*`, from daemon.json and from the command line, of which the daemon accepts each setting in one
/// place only.
struct DaemonSettings {
  /// Settings that controls read, as daemon.json names them.
  static let names = [
    "authorization-plugins", "debug", "experimental", "icc", "insecure-registries", "iptables", "live-restore", "log-driver", "log-level",
    "no-new-privileges", "seccomp-profile", "selinux-enabled", "tls", "tlsverify", "userland-proxy", "userns-remap",
  ]

  /// daemon.json as it was found.
  enum File {
    case settings(SourcedJSON)
    /// Not there, not given or not readable: the fact that each of its settings then is.
    case missing(Fact)
  }

  private(set) var facts: [String: Fact] = [:]

  /// - Parameter flags: nil where nothing is known of how the daemon is started.
  init(_ file: File, flags: DaemonFlags?) {
    for name in Self.names { facts["daemon." + name] = Self.fact(name, file, flags) }
    facts["conf.hosts"] = Self.fact("hosts", file, nil)
    facts["argv.hosts"] =
      if let flags {
        flags.values["hosts"].map { .present($0, sources: flags.sources) } ?? .absent(sources: flags.sources)
      } else {
        .notCollected("not-given", .path("docker.service"))
      }
    facts["daemon.conflicts"] = Self.conflicts(file, flags)
  }

  private static func fact(_ name: String, _ file: File, _ flags: DaemonFlags?) -> Fact {
    if let flags, let value = flags.values[name] { return .present(value, sources: flags.sources) }
    switch file {
    case .missing(let fact): return fact
    case .settings(let settings):
      guard let member = settings[name] else { return .absent(settings.source) }
      // dockerd does not start with a value of another kind, and what was meant is not known.
      return isRight(name, member.node) ? .present(member.node.value, member.source) : .unreadable("malformed", member.source)
    }
  }

  private static func isRight(_ name: String, _ value: PlacedJSON) -> Bool {
    if DaemonFlags.switches.contains(name) { return value.flag != nil }
    guard DaemonFlags.lists.values.contains(name) else { return value.text != nil }
    return value.elements?.allSatisfy { $0.text != nil } ?? false
  }

  /// Settings that stand in both places: the daemon then refuses to start (docs.docker.com, "Daemon configuration file").
  private static func conflicts(_ file: File, _ flags: DaemonFlags?) -> Fact {
    guard let flags else { return .notCollected("not-given", .path("docker.service")) }
    guard case .settings(let settings) = file else { return .absent(sources: flags.sources) }
    let both = settings.members.filter { flags.values[$0.key] != nil }
    guard !both.isEmpty else { return .absent(sources: flags.sources) }
    return .present(.array(both.map { .string($0.key) }), sources: both.map(\.value.source) + flags.sources)
  }
}

extension DaemonSettings.File {
  /// daemon.json of a tree. A file that is no JSON is unreadable as a whole: the daemon does not start with it either.
  static func read(_ tree: Tree) -> (file: DaemonSettings.File, refusal: JSONFault?, bytes: [UInt8]) {
    let path = DockerDaemon.configuration
    let bytes: [UInt8]
    do throws(Tree.Failure) {
      bytes = try tree.bytes(path, limit: 1 << 20)
    } catch {
      return (.missing(tree.fact(path, failed: error)), nil, [])
    }
    // An empty file is one without settings.
    let isEmpty = bytes.allSatisfy { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
    do throws(JSONFault) {
      let document = try SourcedJSON.read(isEmpty ? Array("{}".utf8) : bytes, file: path)
      guard document.node.isObject else {
        return (.missing(.unreadable("malformed", .path(path))), JSONFault(offset: 0, what: "an object is expected"), bytes)
      }
      return (.settings(document), nil, bytes)
    } catch {
      return (.missing(.unreadable("malformed", .path(path))), error, bytes)
    }
  }
}
