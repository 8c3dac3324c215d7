internal import Domain

extension LiveInventory {
  /// What is read of each virtual machine (vim25, VirtualMachineConfigInfo).
  static let machinePaths = [
    "name", "config.bootOptions", "config.cpuFeatureMask", "config.extraConfig", "config.files.vmPathName", "config.firmware",
    "config.flags",
    "config.ftEncryptionMode", "config.guestAutoLockEnabled", "config.guestId", "config.hardware", "config.instanceUuid", "config.keyId",
    "config.maxMksConnections", "config.messageBusTunnelEnabled", "config.migrateEncryption", "config.name", "config.nestedHVEnabled",
    "config.sevEnabled", "config.sevSnpEnabled", "config.tdxEnabled", "config.template", "config.tools", "config.uuid",
    "config.vPMCEnabled",
    "config.version", "guest.toolsRunningStatus", "guest.toolsVersion", "guest.toolsVersionStatus2", "runtime.connectionState",
    "runtime.host",
    "runtime.powerState",
  ]

  func machines(_ document: inout InventoryDocument) async throws(ServiceFailure) {
    report("virtual machines")
    var count = 0
    let contents = try await properties.all("VirtualMachine", Self.machinePaths) { page in
      count += page.count
      report("virtual machines: \(count)")
    }
    for content in contents {
      let id = content.object.id
      let extra = ExtraConfig(content.properties["config.extraConfig"]?.children ?? [])
      guard case .object(var members) = Self.object(content, leavingOut: ["config.extraConfig", "runtime.host"]) else { continue }
      if let host = content.properties["runtime.host"]?.object { members.append(.init("host", .string(host.id))) }
      if let template = content.properties["config.template"] { members.append(.init("template", VimValue.of(template))) }
      members.append(.init("extraConfig", .object(extra.members)))
      if !extra.duplicates.isEmpty { members.append(.init("duplicateExtraConfig", .array(extra.duplicates.map { .string($0) }))) }
      if !content.properties.keys.contains(where: { $0.hasPrefix("config.") }) {
        let state = content.properties["runtime.connectionState"]?.text ?? "unknown"
        document.miss("vms[\(id)].config", "the server has no configuration of this machine; its connection is \(state)")
      }
      Self.note(content, as: "vms", &document)
      document.machines.append(.object(members))
    }
  }
}

/// The settings of a .vmx file that vim25 has no property for. Keys are unlike in case only by accident; the last value counts.
private struct ExtraConfig {
  var members: [FactValue.Member] = []
  var duplicates: [String] = []

  init(_ options: [SOAPElement]) {
    var places: [String: Int] = [:]
    for option in options {
      guard let key = option.text("key"), !Self.isOfTheGuest(key) else { continue }
      let value: FactValue = Self.isSecret(key) ? .string(LiveInventory.withheld) : .string(option.text("value") ?? "")
      if let place = places[key.lowercased()] {
        if !duplicates.contains(members[place].key) { duplicates.append(members[place].key) }
        members[place] = .init(members[place].key, value)
      } else {
        places[key.lowercased()] = members.count
        members.append(.init(key, value))
      }
    }
  }

  /// What the guest is told of itself (`guestinfo.userdata`, `guestinfo.ovfEnv`) holds first passwords and says nothing of the machine's boundary.
  private static func isOfTheGuest(_ key: String) -> Bool { key.lowercased().hasPrefix("guestinfo.") }

  private static func isSecret(_ key: String) -> Bool {
    let key = key.lowercased()
    return VimNames.isSecret(key) || key.hasPrefix("remotedisplay.vnc.key") || key.hasPrefix("encryption.")
  }
}
