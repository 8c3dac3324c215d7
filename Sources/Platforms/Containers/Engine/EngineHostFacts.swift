internal import Domain

/// What a machine's files say about its container engine beside the engine's own settings: sockets, accounts, records of changes.
struct EngineHostFacts {
  private let tree: Tree
  private let units: SystemdUnits
  private(set) var facts: [String: Fact] = [:]

  init(_ tree: Tree, units: SystemdUnits, containerd: ContainerdConfiguration?) {
    self.tree = tree
    self.units = units
    let accounts = Accounts(tree)
    let socketUnit = units.unit("docker.socket")
    facts["socket.docker"] = dockerSocket(socketUnit, accounts)
    facts["socket.tcp"] = listeners(socketUnit)
    facts["socket.containerd"] = containerdSocket(containerd, accounts)
    facts["file.daemon_json"] = FileAccess(tree).fact(DockerDaemon.configuration)
    facts["group.docker"] = dockerGroup(accounts)
    facts["content_trust"] = contentTrust
    var records = HostFacts(tree: tree)
    records.readRecords()
    facts["audit.loaded"] = records["audit.loaded"]
    facts["audit.configured"] = records["audit.configured"]
    facts["audit.paths"] = auditPaths
  }

  // MARK: - Sockets

  /// {path, mode, user, group}: of the socket itself, else as its unit will make it.
  private func dockerSocket(_ unit: SystemdUnit, _ accounts: Accounts) -> Fact {
    let listen = unit.list("Socket", "ListenStream").last { $0.value.hasPrefix("/") }
    let paths = [listen?.value, "/run/docker.sock", "/var/run/docker.sock"].compactMap { $0 }
    if let found = socket(paths, accounts) { return found }
    guard unit.file != nil || !unit.settings.isEmpty, !unit.isMasked else {
      return tree.isLive ? .absent(.path("/run/docker.sock")) : .notCollected("not-given", .path("/run/docker.sock"))
    }
    // Defaults: systemd.socket(5).
    let mode = unit.last("Socket", "SocketMode")
    let user = unit.last("Socket", "SocketUser")
    let group = unit.last("Socket", "SocketGroup")
    let written = mode?.value ?? "0666"
    return .present(
      .object([
        "path": .string(listen?.value ?? "/run/docker.sock"), "mode": .string(written.utf8.count == 3 ? "0" + written : written),
        "user": .string(user?.value ?? "root"), "group": .string(group?.value ?? "root"),
      ]), (mode ?? group ?? listen)?.source ?? .path(unit.file ?? unit.name))
  }

  private func socket(_ paths: [String], _ accounts: Accounts) -> Fact? {
    for path in paths {
      let fact = FileAccess(tree).fact(path)
      switch fact.state {
      case .present: return .present(Self.named(fact.value, accounts), sources: fact.source)
      case .unreadable: return fact
      case .absent, .notCollected: continue
      }
    }
    return nil
  }

  /// Numbers of owner and group with their names, where the machine's own files have them.
  static func named(_ value: FactValue?, _ accounts: Accounts) -> FactValue {
    let uid = value?["uid"]?.integer.flatMap { UInt32(exactly: $0) } ?? 0
    let gid = value?["gid"]?.integer.flatMap { UInt32(exactly: $0) } ?? 0
    return .object([
      "path": value?["path"], "mode": value?["mode"], "user": .string(accounts.user(uid) ?? (uid == 0 ? "root" : "\(uid)")),
      "group": .string(accounts.group(gid) ?? (gid == 0 ? "root" : "\(gid)")),
    ])
  }

  /// Ports on which systemd listens for the daemon (fd://).
  private func listeners(_ unit: SystemdUnit) -> Fact {
    let network = unit.list("Socket", "ListenStream").filter { !$0.value.hasPrefix("/") && !$0.value.hasPrefix("@") }
    if !network.isEmpty { return .present(.array(network.map { .string($0.value) }), sources: network.map(\.source)) }
    if let failed = unit.unreadable.first { return .unreadable(failed.why, .path(failed.path)) }
    return units.areGiven
      ? .absent(sources: unit.file.map { [.path($0)] } ?? units.sources) : .notCollected("not-given", sources: units.sources)
  }

  private func containerdSocket(_ containerd: ContainerdConfiguration?, _ accounts: Accounts) -> Fact {
    let path = containerd?.address ?? "/run/containerd/containerd.sock"
    if let found = socket([path, "/var" + path], accounts) { return found }
    if let containerd { return containerd.socket(accounts) }
    return tree.isLive ? .absent(.path(path)) : .notCollected("not-given", .path(path))
  }

  // MARK: - Accounts and records

  /// Members of the group that may use the socket; whoever is in it is root of the machine.
  private func dockerGroup(_ accounts: Accounts) -> Fact {
    let path = "/etc/group"
    if let failure = accounts.groupFailure {
      return failure == .notFound || failure == .notGiven ? .notCollected("not-given", .path(path)) : .unreadable(failure.why, .path(path))
    }
    guard let group = accounts.groups.first(where: { $0.name == "docker" }) else { return .absent(.path(path)) }
    var members = group.members
    for user in accounts.primaryMembers(of: group.gid) where !members.contains(user) { members.append(user) }
    return .present(.array(members.map { .string($0) }), .path(path, line: group.line, column: 1))
  }

  /// DOCKER_CONTENT_TRUST as every shell gets it.
  private var contentTrust: Fact {
    var paths = ["/etc/environment", "/etc/profile", "/etc/bash.bashrc", "/etc/default/docker", "/etc/sysconfig/docker"]
    paths += ((try? tree.names(in: "/etc/profile.d")) ?? []).filter { $0.hasSuffix(".sh") }.map { "/etc/profile.d/" + $0 }
    var found: Fact?
    for path in paths {
      if let assignment = ServiceStart.assignments(in: path, tree: tree)["DOCKER_CONTENT_TRUST"] {
        found = .present(.string(assignment.value), assignment.source)
      }
    }
    if let found { return found }
    return tree.exists("/etc")
      ? .absent(sources: [.path("/etc/environment"), .path("/etc/profile.d")]) : .notCollected("not-given", .path("/etc"))
  }

  /// What has to be watched: a list of alternatives for each part, the paths that exist, else the usual one where nobody looked.
  private var auditPaths: Fact {
    let parts: [(paths: [String], isAlways: Bool)] = [
      (["/usr/bin/dockerd", "/usr/sbin/dockerd", "/usr/local/bin/dockerd"], true),
      (["/var/lib/docker"], true), (["/etc/docker"], true),
      (["/etc/systemd/system/docker.service", "/usr/lib/systemd/system/docker.service", "/lib/systemd/system/docker.service"], true),
      (
        [
          "/etc/systemd/system/docker.socket", "/usr/lib/systemd/system/docker.socket", "/lib/systemd/system/docker.socket",
          "/run/docker.sock",
          "/var/run/docker.sock",
        ], true
      ),
      (["/run/containerd"], false), (["/etc/default/docker"], false), (["/etc/sysconfig/docker"], false),
      (["/etc/containerd/config.toml"], false), (["/usr/bin/containerd"], false), (["/usr/bin/containerd-shim"], false),
      (["/usr/bin/containerd-shim-runc-v1"], false), (["/usr/bin/containerd-shim-runc-v2"], false),
      (["/usr/bin/runc", "/usr/sbin/runc"], false),
    ]
    let wanted = parts.filter { part in part.isAlways || part.paths.contains { tree.exists($0) } }
    return .present(.array(wanted.map { .array($0.paths.map { .string($0) }) }), .path("/"))
  }
}
