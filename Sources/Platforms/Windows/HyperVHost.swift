internal import Domain

/// The host of an inventory, an asset of kind `hyperv-host`. The facts are described in docs/facts/hyperv.md.
struct HyperVHost {
  private let inventory: HyperVInventory

  init(_ inventory: HyperVInventory) { self.inventory = inventory }

  /// The host where the inventory names it: the collector's document of a machine with the role, or Get-VMHost.
  func asset(target: String, registry: (RegistryValue) -> Fact, boot: (String) -> Fact) -> AssetFacts? {
    guard inventory.object("Get-VMHost") != nil || isFailed else { return nil }
    let name = inventory.root["computer"]?.text ?? host?["Name"]?.text ?? "host"
    var facts: [String: Fact] = [:]
    migration(&facts)
    storage(&facts)
    facts["host.iovSupport"] = inventory.fact(host, "Get-VMHost", "IovSupport", Self.flag)
    facts["host.iovReasons"] = inventory.fact(host, "Get-VMHost", "IovSupportReasons") {
      let texts = $0.items.map(\.text)
      return texts.contains(nil) ? nil : .array(texts.compactMap { $0 }.map { .string($0) })
    }
    facts["host.enhancedSession"] = inventory.fact(host, "Get-VMHost", "EnableEnhancedSessionMode", Self.flag)
    facts["replication.enabled"] = inventory.fact(
      inventory.object("Get-VMReplicationServer"), "Get-VMReplicationServer", "ReplicationEnabled", Self.flag)
    facts["replication.authentication"] = inventory.fact(
      inventory.object("Get-VMReplicationServer"), "Get-VMReplicationServer", "AllowedAuthenticationType"
    ) { $0.name(in: .replicationAuthentication).map { .string($0) } }
    facts["scheduler.type"] = inventory.fact(inventory.object("hypervisorScheduler"), "hypervisorScheduler", "type") {
      $0.integer.map { .int($0) }
    }
    facts["scheduler.boot"] = boot("hypervisorschedulertype")
    facts["cpu.smt"] = simultaneousThreads()
    facts["administrators"] = administrators()
    facts["windows.productType"] = WindowsMachine.productType(inventory)
    facts["windows.build"] = WindowsMachine.build(inventory)
    for value in RegistryValue.host { facts[value.fact] = registry(value) }
    return AssetFacts(
      asset: Asset(id: "hyperv-host:\(name)", kind: .hyperVHost, platform: "hyper-v", name: name), target: target, facts: facts)
  }

  /// What machines are judged by beside their own settings.
  func factsForMachines(registry: (RegistryValue) -> Fact) -> [String: Fact] {
    var facts: [String: Fact] = [:]
    facts["host.supportedVersions"] = supportedVersions()
    facts["windows.build"] = WindowsMachine.build(inventory)
    facts["windows.productType"] = WindowsMachine.productType(inventory)
    facts[RegistryValue.mitigations.fact] = registry(RegistryValue.mitigations)
    facts["collected"] =
      inventory.root["collected"].flatMap { node in node.powerShellDate.map { .present(.string($0), inventory.source(node)) } }
      ?? .notCollected("not-given", .property("time of collection"))
    return facts
  }

  private var host: PlacedJSON? { inventory.object("Get-VMHost") }

  private var isFailed: Bool {
    switch inventory.section("Get-VMHost") {
    case .failed, .unusable: return true
    case .read, .notGiven: return false
    }
  }

  private static func flag(_ node: PlacedJSON) -> FactValue? { node.powerShellFlag.map { .bool($0) } }

  private func migration(_ facts: inout [String: Fact]) {
    facts["migration.enabled"] = inventory.fact(host, "Get-VMHost", "VirtualMachineMigrationEnabled", Self.flag)
    facts["migration.authentication"] = inventory.fact(host, "Get-VMHost", "VirtualMachineMigrationAuthenticationType") {
      $0.name(in: .migrationAuthentication).map { .string($0) }
    }
    facts["migration.anyNetwork"] = inventory.fact(host, "Get-VMHost", "UseAnyNetworkForMigration", Self.flag)
    facts["migration.networks"] = rows("Get-VMMigrationNetwork") { $0["Subnet"]?.text.map { .string($0) } }
  }

  /// Folders of machines and of their disks, volumes with their encryption, and rules of access to the two folders.
  private func storage(_ facts: inout [String: Fact]) {
    var paths: [FactValue] = []
    var sources: [FactSource] = []
    var seen: Set<String> = []
    var fault: Fact?
    func add(_ node: PlacedJSON?) {
      if let node, !node.isNull, node.text == nil { fault = .unreadable("malformed", inventory.source(node)) }
      guard let node, let path = node.text, !path.isEmpty, seen.insert(path.lowercased()).inserted else { return }
      paths.append(.string(path))
      sources.append(inventory.source(node))
    }
    add(host?["VirtualMachinePath"])
    add(host?["VirtualHardDiskPath"])
    for row in inventory.section("Get-VM").rows { add(row["ConfigurationLocation"] ?? row["Path"]) }
    for row in inventory.section("Get-VMHardDiskDrive").rows { add(row["Path"]) }
    for section in ["Get-VM", "Get-VMHardDiskDrive"] {
      if case .unusable = inventory.section(section) { fault = inventory.missing(section) }
    }
    facts["storage.paths"] =
      fault ?? (paths.isEmpty ? inventory.missing("Get-VMHost", "VirtualMachinePath") : .present(.array(paths), sources: sources))
    facts["storage.volumes"] = rows("Get-BitLockerVolume") { row in
      guard let mount = row["MountPoint"]?.text else { return nil }
      return .object([
        "mount": .string(mount), "protection": row["ProtectionStatus"]?.name(in: .protection).map { .string($0) },
        "status": row["VolumeStatus"]?.name(in: .volume).map { .string($0) },
      ])
    }
    facts["storage.access"] = rows("Get-Acl") { row in
      guard let path = row["Path"]?.text, let sid = row["SID"]?.text else { return nil }
      return .object([
        "path": .string(path), "sid": .string(sid), "rights": row["Rights"]?.text.map { .string($0) },
        "type": row["Type"]?.text.map { .string($0) },
      ])
    }
  }

  private func administrators() -> Fact {
    rows("hyperVAdministrators") { row in
      // Get-LocalGroupMember writes the identifier as an object.
      guard let sid = row["SID"]?.text ?? row["SID"]?["Value"]?.text else { return nil }
      return .object(["sid": .string(sid), "name": .string(row["Name"]?.text ?? sid)])
    }
  }

  private func rows(_ section: String, _ read: (PlacedJSON) -> FactValue?) -> Fact {
    let rows = inventory.section(section).rows
    guard !rows.isEmpty else { return inventory.missing(section) }
    var values: [FactValue] = []
    for row in rows {
      guard let value = read(row) else { return .unreadable("malformed", inventory.source(row)) }
      values.append(value)
    }
    return .present(.array(values), sources: rows.map(inventory.source))
  }

  private func supportedVersions() -> Fact {
    let rows = inventory.section("Get-VMHostSupportedVersion").rows
    guard !rows.isEmpty else { return inventory.missing("Get-VMHostSupportedVersion") }
    let versions = rows.compactMap { $0["Version"]?.powerShellVersion }
    guard versions.count == rows.count else { return .unreadable("malformed", inventory.source(rows[0])) }
    return .present(.array(versions.map { .string($0) }), sources: rows.prefix(1).map(inventory.source))
  }

  /// True where a core has more than one thread that is on.
  private func simultaneousThreads() -> Fact {
    let rows = inventory.section("Win32_Processor").rows
    guard !rows.isEmpty else { return inventory.missing("Win32_Processor", "NumberOfLogicalProcessors") }
    let counts = rows.compactMap { row in
      row["NumberOfCores"]?.integer.flatMap { cores in row["NumberOfLogicalProcessors"]?.integer.map { (cores, $0) } }
    }
    guard counts.count == rows.count else { return .unreadable("malformed", inventory.source(rows[0])) }
    return .present(.bool(counts.contains { $0.1 > $0.0 }), inventory.source(rows[0]))
  }
}
