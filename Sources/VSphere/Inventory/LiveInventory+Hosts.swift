internal import Domain

extension LiveInventory {
  /// What is read of each host (vim25, HostSystem), beside what its managers are asked for.
  static let hostPaths = [
    "name", "capability", "config.adminDisabled", "config.authenticationManagerInfo", "config.dateTimeInfo", "config.firewall",
    "config.hyperThread", "config.lockdownMode", "config.network.dnsConfig", "config.network.portgroup", "config.network.proxySwitch",
    "config.network.vnic", "config.network.vswitch", "config.pciPassthruInfo", "config.product", "config.service",
    "config.storageDevice.hostBusAdapter", "config.virtualNicManagerInfo", "config.vsanHostConfig", "configManager", "hardware.biosInfo",
    "runtime.bootTime", "runtime.connectionState", "runtime.cryptoState", "runtime.inMaintenanceMode", "runtime.powerState",
    "summary.hardware", "summary.managementServerIp", "summary.rebootRequired", "summary.tpmAttestation",
  ]

  private static let acceptance = "software acceptance get"
  /// HostImageAcceptanceLevel as esxcli spells it.
  private static let acceptanceLevels = [
    "vmware_certified": "VMwareCertified", "vmware_accepted": "VMwareAccepted", "partner": "PartnerSupported",
    "community": "CommunitySupported",
  ]

  /// Hosts whose managers are asked at the same time.
  private static let atOnce = 4

  func hosts(_ document: inout InventoryDocument) async throws(ServiceFailure) {
    report("hosts")
    let contents = try await properties.all("HostSystem", Self.hostPaths)
    var extras: [Int: HostManagers] = [:]
    var next = 0
    while next < contents.count {
      report("host \(next + 1)/\(contents.count)")
      let batch = Array(contents[next..<min(next + Self.atOnce, contents.count)].enumerated())
      let start = next
      let found = await withTaskGroup(of: (Int, Result<HostManagers, ServiceFailure>).self) { group in
        for (offset, content) in batch {
          group.addTask {
            do throws(ServiceFailure) { return (start + offset, .success(try await managers(of: content))) } catch {
              return (start + offset, .failure(error))
            }
          }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      for (index, result) in found { extras[index] = try result.get() }
      next += batch.count
    }
    for (index, content) in contents.enumerated() {
      guard case .object(var members) = Self.object(content, leavingOut: ["configManager"]) else { continue }
      let id = content.object.id
      if let extra = extras[index] {
        members += extra.members
        for (what, message) in extra.errors { document.miss("hosts[\(id)].\(what)", message) }
      }
      if !content.properties.keys.contains(where: { $0.hasPrefix("config.") }) {
        let state = content.properties["runtime.connectionState"]?.text ?? "unknown"
        document.miss("hosts[\(id)].config", "the server has no configuration of this host; its connection is \(state)")
      }
      Self.note(content, as: "hosts", &document)
      document.hosts.append(.object(members))
      for group in content.properties["config.network.portgroup"]?.children ?? [] {
        document.portgroups.append(Self.standardGroup(group, host: content.object))
      }
    }
  }

  /// A port group of a standard switch, by its host.
  private static func standardGroup(_ group: SOAPElement, host: ManagedObject) -> FactValue {
    var members: [FactValue.Member] = []
    if let key = group.text("key") { members.append(.init("moid", .string(key))) }
    if let name = group.first("spec")?.text("name") { members.append(.init("name", .string(name))) }
    members.append(.init("host", .string(host.id)))
    if let spec = group.first("spec") {
      for name in ["vlanId", "vswitchName", "policy"] {
        if let value = spec.first(name) { members.append(.init(name, VimValue.of(value))) }
      }
    }
    if let policy = group.first("computedPolicy") { members.append(.init("computedPolicy", VimValue.of(policy))) }
    return .object(members)
  }

  /// What a host's managers say, and what they refused.
  private struct HostManagers: Sendable {
    var members: [FactValue.Member] = []
    var errors: [(String, String)] = []
  }

  private func managers(of content: ObjectContent) async throws(ServiceFailure) -> HostManagers {
    var result = HostManagers()
    guard let managers = content.properties["configManager"] else { return result }
    if let manager = managers.first("advancedOption")?.object {
      try await ask("options", &result) { () throws(ServiceFailure) in
        do throws(ServiceFailure) {
          return Self.options(try await session.call("QueryOptions", on: manager).all("returnval"))
        } catch {
          if error.fault == "InvalidName" { return .object([]) }
          throw error
        }
      }
    }
    if let manager = managers.first("hostAccessManager")?.object {
      try await ask("lockdownExceptions", &result) { () throws(ServiceFailure) in
        .array(try await session.call("QueryLockdownExceptions", on: manager).all("returnval").map { .string($0.text) })
      }
    }
    let commands = try await HostCommands(session).answers(of: content.object)
    var printed = commands.members
    var refused = commands.errors
    // The acceptance level is the one answer that a manager gives too.
    if let i = refused.firstIndex(where: { $0.command == Self.acceptance }), let manager = managers.first("imageConfigManager")?.object,
      let level = try? await session.call("HostImageConfigGetAcceptance", on: manager).text("returnval")
    {
      printed.append(.init(Self.acceptance, .string(Self.acceptanceLevels[level] ?? level)))
      refused.remove(at: i)
    }
    result.members.append(.init("esxcli", .object(printed)))
    result.errors += refused.map { ("esxcli.\($0.command)", $0.message) }
    return result
  }

  /// One question to a manager; its refusal is noted, a lost connection is thrown.
  private func ask(
    _ name: String, _ result: inout HostManagers, _ question: () async throws(ServiceFailure) -> FactValue
  ) async throws(ServiceFailure) {
    do throws(ServiceFailure) { result.members.append(.init(name, try await question())) } catch {
      guard error.isOfOneObject else { throw error }
      result.errors.append((name, error.message))
    }
  }
}
