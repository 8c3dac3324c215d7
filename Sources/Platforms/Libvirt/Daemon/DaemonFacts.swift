internal import Domain

/// The facts of one daemon with one configuration file.
struct DaemonFacts {
  private let daemon: LibvirtDaemon
  private let path: String
  private let target: String
  private let tree: Tree?
  private let text: ConfigurationText?
  private var facts: [String: Fact] = [:]
  private var refusals: [Refusal] = []

  private static let defaultKey = "/etc/pki/libvirt/private/serverkey.pem"
  private static let defaultRevocations = "/etc/pki/CA/cacrl.pem"
  private static let polkitActions = "/usr/share/polkit-1/actions"

  /// From a tree: a file that is not there means that every default applies.
  init(_ daemon: LibvirtDaemon, path: String, tree: Tree, target: String) {
    self.daemon = daemon
    self.path = path
    self.target = target
    self.tree = tree
    let file = ConfigurationFileReader.read(path, tree: tree, keys: daemon.keys, reader: daemon.name, target: target)
    text = file.text
    facts = file.facts
    refusals = file.refusals
    addIdentity()
    addKeys(tree, configuration: file.failure)
    addPolkit(tree)
  }

  /// From one named file.
  init(_ daemon: LibvirtDaemon, _ text: ConfigurationText, path: String, target: String) {
    self.daemon = daemon
    self.path = path
    self.target = target
    self.text = text
    tree = nil
    let read = ConfigurationFacts(text, path: path, keys: daemon.keys, reader: daemon.name, target: target)
    facts = read.facts
    refusals = read.refusals
    addIdentity()
    for (name, source) in beside { facts[name] = .notCollected("not-given", source) }
  }

  /// The facts that a file alone cannot give, with what would have to be looked at.
  private var beside: [String: FactSource] {
    var sources: [String: FactSource] = [
      "units.activation": .property("unit \(daemon.unit(.readWrite))"), "service.listen": .property("unit \(daemon.name).service"),
      "daemon.polkit": .path(Self.polkitActions), "libvirt.version": .property("release of libvirt"),
    ]
    for name in ["process.pid", "process.listen", "process.activated"] { sources[name] = .property("process \(daemon.name)") }
    for socket in sockets {
      let unit = FactSource.property("unit \(daemon.unit(socket))")
      sources["socket." + socket.rawValue] = unit
      sources["live." + socket.rawValue] = socket.isLocal ? .path("/run/libvirt/\(daemon.file(socket))") : .path("/proc/net/tcp")
      if socket.isLocal {
        sources["socket.\(socket.rawValue).mode"] = unit
        sources["socket.\(socket.rawValue).group"] = unit
      }
    }
    if daemon.servesNetwork {
      sources["pki.key"] = .path(facts["conf.key_file"]?.value?.text ?? Self.defaultKey)
      sources["pki.crl"] = .path(Self.defaultRevocations)
    }
    return sources
  }

  private var sockets: [LibvirtDaemon.Socket] { LibvirtDaemon.Socket.allCases.filter { $0.isLocal || daemon.servesNetwork } }

  private mutating func addIdentity() {
    facts["daemon"] = .present(.string(daemon.name), .path(path))
    facts["daemon.kind"] = .present(.string(daemon.kind.rawValue), .path(path))
  }

  mutating func add(_ name: String, _ fact: Fact) { facts[name] = fact }

  mutating func add(_ units: DaemonUnitFacts) { facts.merge(units.facts) { _, new in new } }

  /// For a daemon started by hand with a file of its own: no unit describes it.
  mutating func addNoUnits() { add(DaemonUnitFacts(all: .absent(sources: []), daemon)) }

  // MARK: What runs

  /// Facts `process.*` and `live.*`.
  mutating func add(_ processes: [DaemonProcess], areProcessesGiven: Bool, units: DaemonUnitFacts?, ports: ListeningPorts, isInUse: Bool) {
    guard let tree else { return }
    let none = areProcessesGiven ? Fact.absent(.path("/proc")) : .notCollected("not-given", .path("/proc"))
    facts["process.pid"] = processes.first.map { .present(.int(Int64($0.pid)), $0.source) } ?? none
    facts["process.listen"] =
      processes.isEmpty ? none : .present(.bool(processes.contains { $0.arguments.listens }), sources: processes.map(\.source))
    let activation = processes.compactMap(\.isActivated)
    facts["process.activated"] =
      processes.isEmpty
      ? none
      : activation.isEmpty
        ? .unreadable("permission", .path("/proc/\(processes[0].pid)/environ"))
        : .present(.bool(activation.contains(true)), .path("/proc/\(processes[0].pid)/environ"))
    // What a running daemon got from systemd says more than the unit files do.
    if let isActivated = activation.first {
      facts["units.activation"] = .present(.bool(isActivated), .path("/proc/\(processes[0].pid)/environ"))
    }
    for socket in sockets {
      if socket.isLocal {
        facts["live." + socket.rawValue] =
          isInUse ? liveSocket(socket, units, tree, root: processes.first?.root ?? "") : .absent(.path("/run/libvirt"))
      } else {
        facts["live." + socket.rawValue] = isInUse ? liveListeners(socket, units, ports) : .absent(.path("/proc/net/tcp"))
      }
    }
  }

  private func liveSocket(_ socket: LibvirtDaemon.Socket, _ units: DaemonUnitFacts?, _ tree: Tree, root: String) -> Fact {
    guard tree.isLive || tree.exists("/run/libvirt") else { return .notCollected("not-given", .path("/run/libvirt")) }
    let folder = facts["conf.unix_sock_dir"]?.value?.text ?? "/run/libvirt"
    return FileAccess(tree).fact(root + (units?.paths[socket] ?? "\(folder)/\(daemon.file(socket))"))
  }

  private func liveListeners(_ socket: LibvirtDaemon.Socket, _ units: DaemonUnitFacts?, _ ports: ListeningPorts) -> Fact {
    guard let listeners = ports.listeners else { return .notCollected("not-given", .path("/proc/net/tcp")) }
    let configured = facts["conf.\(socket.rawValue)_port"]?.value?.text.flatMap { Int($0) }
    var wanted = units?.ports[socket] ?? []
    wanted.append(configured ?? (socket == .tls ? 16514 : 16509))
    let found = listeners.filter { wanted.contains($0.port) }
    if found.isEmpty { return .absent(.path("/proc/net/tcp")) }
    return .present(.array(found.map { .string("\($0.address) port \($0.port)") }), sources: found.map(\.source))
  }

  // MARK: Keys and polkit

  /// `pki.key` and `pki.crl`: files that libvirt uses where the configuration names none.
  private mutating func addKeys(_ tree: Tree, configuration failure: Fact?) {
    guard daemon.servesNetwork else { return }
    if let failure {
      facts["pki.key"] = failure
    } else {
      facts["pki.key"] = FileAccess(tree).fact(facts["conf.key_file"]?.value?.text ?? Self.defaultKey)
    }
    do throws(Tree.Failure) {
      _ = try tree.attributes(Self.defaultRevocations, followingLinks: false)
      facts["pki.crl"] = .present(.string(Self.defaultRevocations), .path(Self.defaultRevocations))
    } catch {
      facts["pki.crl"] = tree.fact(Self.defaultRevocations, failed: error)
    }
  }

  /// `daemon.polkit`: libvirt installs its polkit policy exactly where it was built with polkit.
  private mutating func addPolkit(_ tree: Tree) {
    let policy = Self.polkitActions + "/org.libvirt.unix.policy"
    if tree.exists(policy) {
      facts["daemon.polkit"] = .present(true, .path(policy))
    } else {
      facts["daemon.polkit"] =
        tree.exists(Self.polkitActions) ? .present(false, .path(Self.polkitActions)) : .notCollected("not-given", .path(policy))
    }
  }

  func collection(name: String) -> Collection {
    let asset = Asset(id: "libvirtd:\(path)", kind: .libvirtd, platform: "libvirt", name: name)
    return Collection(assets: [AssetFacts(asset: asset, target: target, facts: facts)], refusals: refusals)
  }
}

/// Reads a configuration file of a tree into facts, whatever state it is in.
struct ConfigurationFileReader {
  let text: ConfigurationText?
  let facts: [String: Fact]
  let refusals: [Refusal]
  /// The fact under every name where the file could not be read or parsed.
  let failure: Fact?

  static func read(_ path: String, tree: Tree, keys: ConfigurationKeys, reader: String, target: String) -> ConfigurationFileReader {
    func failed(_ fact: Fact, _ refusals: [Refusal] = []) -> ConfigurationFileReader {
      ConfigurationFileReader(text: nil, facts: ConfigurationFacts(all: fact, keys: keys).facts, refusals: refusals, failure: fact)
    }
    func read(_ text: ConfigurationText?) -> ConfigurationFileReader {
      let result = ConfigurationFacts(text, path: path, keys: keys, reader: reader, target: target)
      return ConfigurationFileReader(text: text, facts: result.facts, refusals: result.refusals, failure: nil)
    }
    let bytes: [UInt8]
    do throws(Tree.Failure) {
      bytes = try tree.bytes(TreeLinks(tree).readable(path), limit: ConfigurationText.largestFile)
    } catch {
      switch error {
      case .notFound: return read(nil)
      case .tooLarge:
        let refusal = ConfigurationError(code: "too-large", problem: "larger than the 10 MiB that libvirt reads", line: nil, column: nil)
        return failed(.unreadable("too-large", .path(path)), [refusal.refusal(of: path)])
      case .notGiven, .permission, .io: return failed(tree.fact(path, failed: error))
      }
    }
    do throws(ConfigurationError) {
      return read(try ConfigurationText(bytes))
    } catch {
      let why = error.code == "too-deep" ? "malformed" : error.code
      return failed(.unreadable(why, .path(path, line: error.line, column: error.column)), [error.refusal(of: path)])
    }
  }
}
