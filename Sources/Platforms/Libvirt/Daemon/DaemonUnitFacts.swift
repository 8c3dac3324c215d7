internal import Domain

/// What systemd's unit files decide about a daemon: facts `socket.*`, `units.activation` and `service.listen`.
struct DaemonUnitFacts {
  private(set) var facts: [String: Fact] = [:]
  /// The service or one of the sockets is started by something.
  private(set) var isEnabled = false
  /// A unit file of the daemon exists.
  private(set) var isInstalled = false
  /// Ports that the socket units open for TCP and TLS.
  private(set) var ports: [LibvirtDaemon.Socket: [Int]] = [:]
  /// Paths of the local sockets that the units open.
  private(set) var paths: [LibvirtDaemon.Socket: String] = [:]

  private static let pulling = ["Wants", "Requires", "BindsTo", "Upholds"]

  init(_ daemon: LibvirtDaemon, _ units: SystemdUnits, tree: Tree) {
    guard units.areGiven else {
      fill(.notCollected("not-given", .path(SystemdUnits.folders[0])), daemon)
      addCommand(ServiceCommand(daemon: daemon.name, tree: tree), daemon)
      return
    }
    let service = units.unit(daemon.name + ".service")
    isInstalled = service.file != nil
    isEnabled = service.startedBy != nil && !service.isMasked
    let pulled = Self.pulledUnits(service)
    for socket in LibvirtDaemon.Socket.allCases where socket.isLocal || daemon.servesNetwork {
      addSocket(socket, units.unit(daemon.unit(socket)), pulled, units)
    }
    addActivation(daemon, units, tree)
    // The unit decides about the arguments wherever it was given; environment files alone are the second best.
    let command = service.isMasked ? nil : ServiceCommand(service, tree: tree)
    if let command {
      addCommand(command, daemon)
    } else if let command = ServiceCommand(daemon: daemon.name, tree: tree) {
      addCommand(command, daemon)
    } else if units.areVendorUnitsGiven {
      facts["service.listen"] = .absent(sources: service.file.map { [.path($0)] } ?? units.sources)
    } else {
      facts["service.listen"] = .notCollected("not-given", sources: units.sources)
    }
  }

  /// The same fact under every name.
  init(all fact: Fact, _ daemon: LibvirtDaemon) { fill(fact, daemon) }

  private mutating func fill(_ fact: Fact, _ daemon: LibvirtDaemon) {
    for socket in LibvirtDaemon.Socket.allCases where socket.isLocal || daemon.servesNetwork {
      facts["socket." + socket.rawValue] = fact
      if socket.isLocal {
        facts["socket.\(socket.rawValue).mode"] = fact
        facts["socket.\(socket.rawValue).group"] = fact
      }
    }
    facts["units.activation"] = fact
    facts["service.listen"] = fact
  }

  private mutating func addCommand(_ command: ServiceCommand?, _ daemon: LibvirtDaemon) {
    guard let command else { return }
    facts["service.listen"] = .present(.bool(command.arguments.listens), sources: command.sources)
  }

  /// Units that a service starts along with itself, with the place that says so.
  private static func pulledUnits(_ service: SystemdUnit) -> [String: FactSource] {
    guard !service.isMasked else { return [:] }
    var result: [String: FactSource] = [:]
    let settings = pulling.flatMap { service.list("Unit", $0) } + service.list("Service", "Sockets")
    for setting in settings {
      for name in Words.split(setting.value) where result[name] == nil { result[name] = setting.source }
    }
    return result
  }

  private mutating func addSocket(
    _ socket: LibvirtDaemon.Socket, _ unit: SystemdUnit, _ pulled: [String: FactSource], _ units: SystemdUnits
  ) {
    let name = "socket." + socket.rawValue
    // The service brings its own sockets with it only where it is enabled itself.
    let pull = isEnabled ? pulled[unit.name] : nil
    let starter = unit.startedBy ?? pull
    if let failed = unit.unreadable.first {
      set(name, socket, .unreadable(failed.why, .path(failed.path)))
      return
    }
    guard unit.file != nil || starter != nil || !unit.settings.isEmpty else {
      set(name, socket, units.areVendorUnitsGiven ? .absent(sources: units.sources) : .notCollected("not-given", sources: units.sources))
      return
    }
    isInstalled = isInstalled || unit.file != nil
    isEnabled = isEnabled || (unit.startedBy != nil && !unit.isMasked)
    let listens = unit.list("Socket", "ListenStream")
    facts[name] = .present(
      .object([
        "unit": .string(unit.name), "enabled": .bool(starter != nil && !unit.isMasked), "masked": .bool(unit.isMasked),
        "listen": listens.isEmpty ? nil : .array(listens.map { .string($0.value) }),
      ]), starter ?? listens.first?.source ?? unit.file.map { .path($0) } ?? units.sources[0])
    guard socket.isLocal else {
      ports[socket] = listens.compactMap { Self.port($0.value) }
      return
    }
    paths[socket] = listens.last { $0.value.hasPrefix("/") }?.value
    for (setting, member, fallback) in [("SocketMode", "mode", "0666"), ("SocketGroup", "group", "root")] {
      if let written = unit.last("Socket", setting) {
        facts["\(name).\(member)"] = .present(.string(written.value), written.source)
      } else if let file = unit.file, !unit.isMasked {
        facts["\(name).\(member)"] = .present(.string(fallback), .path(file))
      } else {
        facts["\(name).\(member)"] =
          unit.isMasked ? .absent(.path(unit.file ?? SystemdUnits.folders[0])) : .notCollected("not-given", sources: units.sources)
      }
    }
  }

  private mutating func set(_ name: String, _ socket: LibvirtDaemon.Socket, _ fact: Fact) {
    facts[name] = fact
    if socket.isLocal {
      facts[name + ".mode"] = fact
      facts[name + ".group"] = fact
    }
  }

  /// `units.activation`: systemd hands the sockets to the daemon, so that the settings about sockets are not read.
  ///
  /// The service wants its socket units, so only masking or removing them ends activation (libvirtd(8)).
  private mutating func addActivation(_ daemon: LibvirtDaemon, _ units: SystemdUnits, _ tree: Tree) {
    if tree.isLive, !tree.exists("/run/systemd/system") {
      facts["units.activation"] = .present(false, .path("/run/systemd/system"))
      return
    }
    guard let socket = facts["socket.rw"] else { return }
    switch socket.state {
    case .present: facts["units.activation"] = .present(.bool(socket.value?["masked"] != .bool(true)), sources: socket.source)
    case .absent: facts["units.activation"] = .present(false, sources: socket.source)
    case .unreadable, .notCollected: facts["units.activation"] = socket
    }
  }

  /// The port of "16509", "0.0.0.0:16509" or "[::]:16509".
  private static func port(_ listen: String) -> Int? { listen.split(separator: ":").last.flatMap { Int($0) } }
}
