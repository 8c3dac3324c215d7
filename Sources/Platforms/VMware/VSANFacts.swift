internal import Domain

/// The facts of one vSAN cluster, from vSAN's own management interface and its storage policies.
struct VSANFacts {
  private let cluster: InventoryEntity

  init(_ cluster: InventoryEntity) { self.cluster = cluster }

  func facts() -> [String: Fact] {
    var facts: [String: Fact] = [:]
    facts["encryption.rest"] = cluster.fact("config", "dataEncryptionConfig", "encryptionEnabled") { $0.switchState.map { .bool($0) } }
    facts["encryption.transit"] = cluster.fact("config", "dataInTransitEncryptionConfig", "enabled") { $0.switchState.map { .bool($0) } }
    // VsanCapacityReservationState: disabled, reported or enforced.
    facts["reserve.operations"] = cluster.fact("config", "extendedConfig", "capacityReservationInfo", "vsanOpSpaceThreshold") { value in
      value.text.map { .string($0.lowercased()) }
    }
    facts["iscsi.enabled"] = cluster.fact("config", "iscsiConfig", "enabled", missing: .isDefault) { $0.switchState.map { .bool($0) } }
    facts["iscsi.targets"] = cluster.list("iscsiTargets") { target in
      target["alias"]?.text.map { name in
        ["name": .string(name), "authentication": .string(target.at(["authSpec", "authType"])?.text ?? "")]
      }
    }
    facts["shares"] = cluster.list("fileShares") { share in
      guard let config = share["config"], let name = config["name"]?.text else { return nil }
      return [
        "name": .string(name), "protocols": .array((config["protocols"]?.list ?? []).compactMap(\.text).map { .string($0.uppercased()) }),
        "clients": .array(
          (config["permission"]?.list ?? []).map {
            ["from": .string($0["ips"]?.text ?? ""), "access": .string($0["permissions"]?.text ?? "")]
          }),
        "encryption": config.at(["smbOptions", "encryption"])?.text.map { .string($0.lowercased()) } ?? .null,
      ]
    }
    facts["policies"] = cluster.list("storagePolicies") { policy in
      guard let name = policy["name"]?.text, let rules = policy["rules"] else { return nil }
      return [
        "name": .string(name), "forced": .bool(rules["VSAN.forceProvisioning"]?.switchState ?? false),
        "unchecked": .bool(rules["VSAN.checksumDisabled"]?.switchState ?? false),
      ]
    }
    return facts
  }
}
