internal import Domain

/// The facts of libvirt's QEMU driver: qemu.conf, and what its defaults depend on.
struct DriverFacts {
  static let configuration = "/etc/libvirt/qemu.conf"
  private static let reader = "libvirt's QEMU driver"
  private let tree: Tree
  private let target: String
  private let version: Fact

  init(tree: Tree, target: String, version: Fact) {
    self.tree = tree
    self.target = target
    self.version = version
  }

  /// From a tree; empty where neither the driver nor its file is there.
  func collection(isDaemonInstalled: Bool) -> Collection {
    let path = Self.configuration
    guard tree.exists(path) || isDriverInstalled || (isDaemonInstalled && tree.exists("/usr/sbin/virtqemud")) else { return Collection() }
    let file = ConfigurationFileReader.read(path, tree: tree, keys: .driver, reader: Self.reader, target: target)
    var facts = file.facts
    let accounts = SystemAccounts(tree)
    facts["account.user"] = file.failure ?? accounts.fact(facts["conf.user"], in: "/etc/passwd")
    facts["account.group"] = file.failure ?? accounts.fact(facts["conf.group"], in: "/etc/group")
    facts["account.swtpm_user"] = file.failure ?? accounts.swtpm(facts["conf.swtpm_user"])
    facts["swtpm"] = program("swtpm")
    facts["host.smt"] = simultaneousThreads()
    facts["libvirt.version"] = version
    for (name, fact) in GuestUse(tree: tree, target: target).facts { facts[name] = fact }
    return Collection(assets: [asset(path, name: TextPath.lastPart(of: path), facts)], refusals: file.refusals)
  }

  /// From one named file.
  static func collection(_ text: ConfigurationText, path: String, target: String) -> Collection {
    let read = ConfigurationFacts(text, path: path, keys: .driver, reader: reader, target: target)
    var facts = read.facts
    let beside: [String: FactSource] = [
      "swtpm": .property("program swtpm"), "host.smt": .path("/sys/devices/system/cpu/smt/active"),
      "libvirt.version": .property("release of libvirt"), "guests.nbd": .path(GuestUse.definitions),
      "guests.tcp_chardevs": .path(GuestUse.definitions),
    ]
    for (name, source) in beside { facts[name] = .notCollected("not-given", source) }
    let accounts = SystemAccounts(nil)
    facts["account.user"] = accounts.fact(facts["conf.user"], in: "/etc/passwd")
    facts["account.group"] = accounts.fact(facts["conf.group"], in: "/etc/group")
    facts["account.swtpm_user"] = accounts.swtpm(facts["conf.swtpm_user"])
    let asset = Asset(id: "qemu-driver:\(path)", kind: .qemuDriver, platform: "libvirt", name: TextPath.lastPart(of: path))
    return Collection(assets: [AssetFacts(asset: asset, target: target, facts: facts)], refusals: read.refusals)
  }

  private func asset(_ path: String, name: String, _ facts: [String: Fact]) -> AssetFacts {
    AssetFacts(
      asset: Asset(id: "qemu-driver:\(path)", kind: .qemuDriver, platform: "libvirt", name: name), target: target, facts: facts)
  }

  private var isDriverInstalled: Bool {
    var folders = ["/usr/lib64", "/usr/lib"]
    for name in (try? tree.names(in: "/usr/lib")) ?? [] where name.hasSuffix("-linux-gnu") { folders.append("/usr/lib/" + name) }
    return folders.contains { tree.exists($0 + "/libvirt/connection-driver/libvirt_driver_qemu.so") }
  }

  private func program(_ name: String) -> Fact {
    for folder in ["/usr/bin", "/usr/local/bin"] where tree.exists("\(folder)/\(name)") {
      return .present(.string("\(folder)/\(name)"), .path("\(folder)/\(name)"))
    }
    return tree.isLive || tree.exists("/usr/bin")
      ? .absent(.path("/usr/bin/" + name)) : .notCollected("not-given", .path("/usr/bin/" + name))
  }

  /// `host.smt`: two threads of different guests can share a core.
  private func simultaneousThreads() -> Fact {
    let path = "/sys/devices/system/cpu/smt/active"
    let fact = tree.fact(path)
    switch fact.value?.text {
    case "1"?: return .present(true, .path(path, line: 1, column: 1))
    case "0"?: return .present(false, .path(path, line: 1, column: 1))
    case nil where fact.state != .absent: return fact
    default:
      // A kernel without the switch still tells which threads share the first core.
      let siblings = "/sys/devices/system/cpu/cpu0/topology/thread_siblings_list"
      guard let text = tree.fact(siblings).value?.text else { return .notCollected("not-given", .path(path)) }
      return .present(.bool(text.contains(",") || text.contains("-")), .path(siblings, line: 1, column: 1))
    }
  }
}

/// Resolves the names that qemu.conf may hold for users and groups as libvirt does: "+N" is a number, anything else first a name.
struct SystemAccounts {
  /// Numbers by name; nil where the file was not given.
  private var ids: [String: [String: Int64]] = [:]

  init(_ tree: Tree?) {
    guard let tree else { return }
    for path in ["/etc/passwd", "/etc/group"] {
      guard let bytes = try? tree.bytes(path) else { continue }
      var found: [String: Int64] = [:]
      for line in bytes.split(separator: 0x0A) {
        let fields = String(decoding: line, as: UTF8.self).split(separator: ":", omittingEmptySubsequences: false)
        if fields.count > 2, let id = Int64(fields[2]), found[String(fields[0])] == nil { found[String(fields[0])] = id }
      }
      ids[path] = found
    }
  }

  /// The number of a configured account; absent where none is configured.
  func fact(_ setting: Fact?, in path: String) -> Fact {
    guard let setting else { return .absent(.path(path)) }
    guard setting.state == .present, let name = setting.value?.text else { return setting }
    if let id = id(name, in: path) { return .present(.int(id), sources: setting.source) }
    return .notCollected("not-given", .path(path))
  }

  /// The user of swtpm: where none is configured, tss if that account exists, else root (virQEMUDriverConfigNew).
  func swtpm(_ setting: Fact?) -> Fact {
    guard setting?.state == .absent else { return fact(setting, in: "/etc/passwd") }
    guard let users = ids["/etc/passwd"] else { return .notCollected("not-given", .path("/etc/passwd")) }
    return .present(.int(users["tss"] ?? 0), .path("/etc/passwd"))
  }

  private func id(_ name: String, in path: String) -> Int64? {
    if name.hasPrefix("+") { return Int64(name.dropFirst()) }
    return ids[path]?[name] ?? (name == "root" ? 0 : Int64(name))
  }
}
