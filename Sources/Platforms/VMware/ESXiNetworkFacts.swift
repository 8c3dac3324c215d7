internal import Domain

/// Standard switches, their port groups and the interfaces of the kernel of one host.
struct ESXiNetworkFacts {
  private let host: InventoryEntity

  init(_ host: InventoryEntity) { self.host = host }

  func facts() -> [String: Fact] {
    [
      "vswitches": host.list("config", "network", "vswitch") { part in
        part["name"]?.text.map { .object([.init("name", .string($0))] + Self.security(part.at(["spec", "policy", "security"]))) }
      },
      "portgroups": host.list("config", "network", "portgroup") { part in
        guard let name = part.at(["spec", "name"])?.text else { return nil }
        return .object(
          [
            .init("name", .string(name)), .init("switch", .string(part.at(["spec", "vswitchName"])?.text ?? "")),
            .init("vlan", part.at(["spec", "vlanId"])?.integer.map { .int($0) } ?? .null),
          ] + Self.security(part.at(["spec", "policy", "security"])))
      },
      "vmkernel": interfaces(),
    ]
  }

  /// HostNetworkSecurityPolicy: true accepts, false rejects, null is inherited.
  private static func security(_ policy: PlacedJSON?) -> [FactValue.Member] {
    ["allowPromiscuous", "forgedTransmits", "macChanges"].map { name in .init(name, policy?[name]?.switchState.map { .bool($0) } ?? .null) }
  }

  /// Each interface with the kinds of traffic that it is selected for (HostVirtualNicManagerInfo.netConfig).
  private func interfaces() -> Fact {
    let uses = host.at(["config", "virtualNicManagerInfo", "netConfig"])?.list ?? []
    var kinds: [String: [String]] = [:]
    for use in uses {
      guard let kind = use["nicType"]?.text else { continue }
      for selected in use["selectedVnic"]?.list ?? [] {
        // The key ends in the device: "management.key-vim.host.VirtualNic-vmk0".
        guard let device = selected.text?.split(whereSeparator: { $0 == "-" || $0 == "." }).last.map(String.init) else { continue }
        kinds[device, default: []].append(kind)
      }
    }
    let netConfig = host.fact("config", "virtualNicManagerInfo", "netConfig") { $0.isArray || $0.isObject ? .null : nil }
    guard netConfig.state == .present else { return netConfig }
    return host.list("config", "network", "vnic") { part in
      guard let device = part["device"]?.text else { return nil }
      return [
        "device": .string(device), "address": .string(part.at(["spec", "ip", "ipAddress"])?.text ?? ""),
        "portgroup": .string(part["portgroup"]?.text ?? ""), "uses": .array((kinds[device] ?? []).sorted().map { .string($0) }),
      ]
    }
  }
}
