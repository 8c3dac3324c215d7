internal import Domain

/// Distributed switches and their port groups, as vCenter configures them for all hosts.
struct DistributedSwitchFacts {
  private let center: InventoryEntity

  init(_ center: InventoryEntity) { self.center = center }

  func facts() -> [String: Fact] {
    [
      "dvs": center.list("switches") { Self.distributedSwitch($0) },
      "dvportgroups": center.list("portgroups", where: { $0["host"] == nil || $0["dvs"] != nil }) { Self.portgroup($0) },
    ]
  }

  /// VMwareDVSConfigInfo.
  private static func distributedSwitch(_ part: PlacedJSON) -> FactValue? {
    guard let name = part["name"]?.text, let config = part["config"] else { return nil }
    return .object(
      [
        .init("name", .string(name)),
        .init("discovery", config.at(["linkDiscoveryProtocolConfig", "operation"])?.text.map { .string($0) } ?? .null),
        .init("collector", .string(config.at(["ipfixConfig", "collectorIpAddress"])?.text ?? "")),
        .init("mirrors", .array((config["vspanSession"]?.list ?? []).map { .string($0["name"]?.text ?? $0["key"]?.scalar ?? "?") })),
      ] + security(config["defaultPortConfig"]))
  }

  /// DVPortgroupConfigInfo. Port groups of standard switches belong to their host.
  private static func portgroup(_ part: PlacedJSON) -> FactValue? {
    guard let name = part["name"]?.text else { return nil }
    let config = part["config"] ?? part
    let ports = config["defaultPortConfig"]
    let policy = config["policy"]
    return .object(
      [
        .init("name", .string(name)), .init("uplink", .bool(config["uplink"]?.switchState ?? part["uplink"]?.switchState ?? false)),
        .init("macLearning", ports?.at(["macManagementPolicy", "macLearningPolicy", "enabled"])?.switchState.map { .bool($0) } ?? .null),
        .init("netflow", inherited(ports?["ipfixEnabled"])), .init("vlan", vlan(ports?["vlan"])),
        .init("reset", policy?["portConfigResetAtDisconnect"]?.switchState.map { .bool($0) } ?? .null),
        .init("block", policy?["blockOverrideAllowed"]?.switchState.map { .bool($0) } ?? .null),
        .init("overrides", overrides(policy)),
      ] + security(ports))
  }

  private static func security(_ ports: PlacedJSON?) -> [FactValue.Member] {
    let policy = ports?["securityPolicy"] ?? ports?.at(["macManagementPolicy"])
    return ["allowPromiscuous", "forgedTransmits", "macChanges"].map { .init($0, inherited(policy?[$0])) }
  }

  /// BoolPolicy {inherited, value}: null where the value is that of what lies above, and not given.
  private static func inherited(_ policy: PlacedJSON?) -> FactValue {
    ((policy?.isObject ?? false) ? policy?["value"] : policy)?.switchState.map { .bool($0) } ?? .null
  }

  /// "trunk 0-4094", "id 10", "private 200"; "" where the port group has no VLAN of its own.
  private static func vlan(_ spec: PlacedJSON?) -> FactValue {
    guard let spec else { return .null }
    if let number = spec["pvlanId"]?.integer { return .string("private \(number)") }
    guard let id = spec["vlanId"] else { return "" }
    if let number = id.integer { return .string("id \(number)") }
    let ranges = id.list.map { "\($0["start"]?.scalar ?? "?")-\($0["end"]?.scalar ?? "?")" }
    return .string("trunk \(ranges.joined(separator: ","))")
  }

  /// Names of what a single port may override, other than being blocked; null where the policy is not given.
  private static func overrides(_ policy: PlacedJSON?) -> FactValue {
    guard let members = policy?.members else { return .null }
    return .array(
      members.filter { $0.key.hasSuffix("OverrideAllowed") && $0.key != "blockOverrideAllowed" && $0.value.switchState == true }
        .map { .string(String($0.key.dropLast("OverrideAllowed".count))) })
  }
}
