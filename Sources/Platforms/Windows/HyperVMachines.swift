internal import Domain

/// The machines of an inventory, one asset of kind `hyperv-vm` each. The facts are described in docs/facts/hyperv.md.
struct HyperVMachines {
  /// Sections with rows of machines.
  private static let perMachine = [
    "Get-VMFirmware", "Get-VMSecurity", "Get-VMProcessor", "Get-VMNetworkAdapter", "Get-VMNetworkAdapterVlan", "Get-VMIntegrationService",
    "Get-VMComPort", "Get-VMAssignableDevice", "Get-VMSnapshot",
  ]

  private let inventory: HyperVInventory
  /// Rows of each section by the machine's identifier in lower case.
  private var rows: [String: [String: [PlacedJSON]]] = [:]
  /// Identifiers in the order in which they stand, with the row of Get-VM where there is one.
  private var machines: [(id: String, name: String, row: PlacedJSON?)] = []
  private let hostFacts: [String: Fact]
  /// A row of a section that names no machine, and might be of any.
  private var unattributed: [String: PlacedJSON] = [:]

  /// The first thing among the machines that is none; nil where each can be told from the others.
  static func unnamed(_ inventory: HyperVInventory) -> PlacedJSON? {
    if case .unusable(let node, _) = inventory.section("Get-VM") { return node }
    return inventory.rows("Get-VM").first { id(of: $0) == nil }
  }

  private static func id(of row: PlacedJSON) -> String? { (row["Id"] ?? row["VMId"])?.text?.lowercased() ?? row["Name"]?.text }

  /// - Parameter hostFacts: facts of the host that machines are judged by.
  init(_ inventory: HyperVInventory, hostFacts: [String: Fact]) {
    self.inventory = inventory
    self.hostFacts = hostFacts
    var seen: Set<String> = []
    for row in inventory.rows("Get-VM") {
      guard let id = Self.id(of: row) else { continue }
      if seen.insert(id).inserted { machines.append((id, (row["Name"] ?? row["VMName"])?.text ?? id, row)) }
    }
    for section in Self.perMachine {
      var grouped: [String: [PlacedJSON]] = [:]
      for row in inventory.section(section).rows {
        // Adapters of the host itself belong to no machine.
        if row["IsManagementOs"]?.powerShellFlag == true { continue }
        guard let id = row["VMId"]?.text?.lowercased() ?? row["VMName"]?.text else {
          unattributed[section] = row
          continue
        }
        if id == "00000000-0000-0000-0000-000000000000" { continue }
        grouped[id, default: []].append(row)
        if seen.insert(id).inserted { machines.append((id, row["VMName"]?.text ?? id, nil)) }
      }
      rows[section] = grouped
    }
  }

  func assets(target: String) -> [AssetFacts] {
    machines.map { machine in
      var facts = hostFacts
      facts["vm.name"] =
        machine.row.flatMap { row in row["Name"].map { .present(.string(machine.name), inventory.source($0)) } }
        ?? .notCollected("not-given", .property("Get-VM.Name"))
      settings(machine.row, &facts)
      devices(machine.id, machine.row, &facts)
      let isUUID = machine.id.utf8.count == 36
      let asset = Asset(
        id: "hyperv-vm:\(machine.id)", kind: .hyperVMachine, platform: "hyper-v", name: machine.name, uuid: isUUID ? machine.id : nil)
      return AssetFacts(asset: asset, target: target, facts: facts)
    }
  }

  private func settings(_ row: PlacedJSON?, _ facts: inout [String: Fact]) {
    facts["vm.generation"] = inventory.fact(row, "Get-VM", "Generation") { $0.powerShellInteger.map { .int($0) } }
    facts["vm.version"] = inventory.fact(row, "Get-VM", "Version") { $0.powerShellVersion.map { .string($0) } }
    facts["vm.checkpointType"] = inventory.fact(row, "Get-VM", "CheckpointType") { $0.name(in: .checkpoint).map { .string($0) } }
  }

  private func devices(_ id: String, _ machine: PlacedJSON?, _ facts: inout [String: Fact]) {
    func one(_ fact: String, _ section: String, _ property: String, _ read: @escaping (PlacedJSON) -> FactValue?) {
      if let own = rows[section]?[id], let row = own.first {
        let found = inventory.fact(row, section, property, read)
        let differs = own.contains { $0[property]?.value != row[property]?.value }
        facts[fact] = differs ? .unreadable("duplicate-key", sources: own.map(inventory.source)) : found
      } else if let row = unattributed[section] {
        facts[fact] = .unreadable("malformed", inventory.source(row))
      } else if case .read = inventory.section(section), !inventory.failed(section, machine: id),
        section != "Get-VMFirmware" || facts["vm.generation"]?.value != .int(1)
      {
        // Every machine has such a row; what has none was not looked at.
        facts[fact] = .notCollected("not-given", .property("\(section).\(property)"))
      } else {
        facts[fact] = missing(section, property, id)
      }
    }
    func flag(_ node: PlacedJSON) -> FactValue? { node.powerShellFlag.map { .bool($0) } }
    one("firmware.secureBoot", "Get-VMFirmware", "SecureBoot") { $0.name(in: .onOff).map { .string($0) } }
    one("firmware.template", "Get-VMFirmware", "SecureBootTemplate") { $0.text.map { .string($0) } }
    one("security.tpm", "Get-VMSecurity", "TpmEnabled", flag)
    one("security.shielded", "Get-VMSecurity", "Shielded", flag)
    one("security.encryptTraffic", "Get-VMSecurity", "EncryptStateAndVmMigrationTraffic", flag)
    one("security.vbsOptOut", "Get-VMSecurity", "VirtualizationBasedSecurityOptOut", flag)
    one("processor.exposeExtensions", "Get-VMProcessor", "ExposeVirtualizationExtensions", flag)
    one("processor.threadsPerCore", "Get-VMProcessor", "HwThreadCountPerCore") { $0.powerShellInteger.map { .int($0) } }

    // The row of Get-VM may hold these too, where it was written deep enough.
    let given = ["ComPort1", "ComPort2"].compactMap { machine?[$0] }
    let ports = given.allSatisfy(\.isObject) ? given : []
    facts["nics"] = list("Get-VMNetworkAdapter", id, beside: nested(machine, "NetworkAdapters", "MacAddressSpoofing"), element: nic)
    facts["comPorts"] = list("Get-VMComPort", id, beside: ports.isEmpty ? nil : ports, element: comPort)
    facts["vlans"] = list("Get-VMNetworkAdapterVlan", id, element: vlan)
    facts["assignedDevices"] = list("Get-VMAssignableDevice", id) {
      $0["LocationPath"].map { .object(["path": $0.text.map { .string($0) }]) }
    }
    facts["snapshots"] = list("Get-VMSnapshot", id, element: snapshot)
    let services = rows["Get-VMIntegrationService"]?[id] ?? nested(machine, "VMIntegrationService", "Enabled") ?? []
    facts["integration.fileCopy"] = service("6c09bb55-d683-4da0-8931-c9bf705f6480", services, id)
    facts["integration.timeSynchronization"] = service("2497f4de-e9fa-4204-80e4-4b75c46419c0", services, id)
  }

  /// Why something of one machine is not known, or that it has none.
  private func missing(_ section: String, _ property: String, _ id: String) -> Fact {
    if inventory.failed(section, machine: id) { return .unreadable("command-failed", .property("\(section).\(property)")) }
    return inventory.missing(section, property)
  }

  /// Objects below a property of a machine's row that were written whole; nil where the text holds only their names.
  private func nested(_ machine: PlacedJSON?, _ property: String, _ mark: String) -> [PlacedJSON]? {
    guard let node = machine?[property], !node.isNull else { return nil }
    let items = node.items
    return !items.isEmpty && items.allSatisfy { $0[mark] != nil } ? items : nil
  }

  /// A list with one source for each element; absent where the section was read and has none for the machine.
  private func list(
    _ section: String, _ id: String, beside: [PlacedJSON]? = nil, element: (PlacedJSON) -> FactValue?
  ) -> Fact {
    if let row = unattributed[section] { return .unreadable("malformed", inventory.source(row)) }
    if case .unusable = inventory.section(section) { return missing(section, "", id) }
    guard let found = rows[section]?[id] ?? beside else { return missing(section, "", id) }
    if inventory.failed(section, machine: id) { return missing(section, "", id) }
    var values: [FactValue] = []
    for row in found {
      guard let value = element(row) else { return .unreadable("malformed", inventory.source(row)) }
      values.append(value)
    }
    return .present(.array(values), sources: found.map(inventory.source))
  }

  private func nic(_ row: PlacedJSON) -> FactValue? {
    func state(_ property: String) -> FactValue? { row[property]?.name(in: .onOff).map { .string($0) } }
    return .object([
      "name": .string(row["Name"]?.text ?? ""), "switch": row["SwitchName"]?.text.map { .string($0) },
      "macSpoofing": state("MacAddressSpoofing"), "dhcpGuard": state("DhcpGuard"), "routerGuard": state("RouterGuard"),
      "mirroring": row["PortMirroringMode"]?.name(in: .portMirroring).map { .string($0) }, "teaming": state("AllowTeaming"),
      "stormLimit": row["StormLimit"]?.powerShellInteger.map { .int($0) },
    ])
  }

  private func vlan(_ row: PlacedJSON) -> FactValue? {
    guard let mode = row["OperationMode"]?.name(in: .vlanMode) else { return nil }
    return .object([
      "name": .string((row["AdapterName"] ?? row["VMNetworkAdapterName"])?.text ?? row["ParentAdapter"]?["Name"]?.text ?? ""),
      "mode": .string(mode), "access": row["AccessVlanId"]?.powerShellInteger.map { .int($0) },
      "private": mode == "Private" ? row["PrivateVlanMode"]?.name(in: .privateVlanMode).map { .string($0) } : nil,
      "allowed": row["AllowedVlanIdListString"]?.text.map { .string($0) },
    ])
  }

  private func comPort(_ row: PlacedJSON) -> FactValue? {
    if let path = row["Path"], !path.isNull, path.text == nil { return nil }
    return .object([
      "name": .string(row["Name"]?.text ?? ""), "path": .string(row["Path"]?.text ?? ""),
      "debugger": row["DebuggerMode"]?.name(in: .onOff).map { .string($0) },
    ])
  }

  private func snapshot(_ row: PlacedJSON) -> FactValue? {
    .object([
      "name": .string(row["Name"]?.text ?? ""), "type": row["SnapshotType"]?.name(in: .snapshot).map { .string($0) },
      "created": row["CreationTime"]?.powerShellDate.map { .string($0) },
    ])
  }

  /// Whether an integration service is on, told by the identifier of its component: names are those of the host's language.
  private func service(_ component: String, _ services: [PlacedJSON], _ id: String) -> Fact {
    if let row = unattributed["Get-VMIntegrationService"] { return .unreadable("malformed", inventory.source(row)) }
    let matching = services.filter { $0["Id"]?.text?.lowercased().hasSuffix(component) == true }
    if matching.contains(where: { $0["Enabled"]?.value != matching[0]["Enabled"]?.value }) {
      return .unreadable("duplicate-key", sources: matching.map(inventory.source))
    }
    guard let row = matching.first else {
      // Rows without identifiers tell nothing: their names are in any language.
      if services.contains(where: { $0["Id"]?.text == nil }) {
        return .notCollected("not-given", .property("Get-VMIntegrationService.Id"))
      }
      return services.isEmpty ? missing("Get-VMIntegrationService", "Id", id) : .absent(.path(inventory.path))
    }
    return inventory.fact(row, "Get-VMIntegrationService", "Enabled") { $0.powerShellFlag.map { .bool($0) } }
  }
}
