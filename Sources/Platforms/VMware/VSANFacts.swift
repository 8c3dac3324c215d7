internal import Domain

/// The facts of one vSAN cluster, from vSAN's own management interface and its storage policies.
struct VSANFacts {
  private let cluster: InventoryEntity

  init(_ cluster: InventoryEntity) { self.cluster = cluster }

  func facts() -> [String: Fact] {
    var facts: [String: Fact] = [:]
    facts["encryption.rest"] = cluster.fact("config", "dataEncryptionConfig", "encryptionEnabled") { $0.switchState.map { .bool($0) } }
    facts["encryption.transit"] = cluster.fact("config", "dataInTransitEncryptionConfig", "enabled") { $0.switchState.map { .bool($0) } }
    facts["reserve.operations"] = cluster.fact("config", "capacityReservationInfo", "vsanOpSpaceReservation") { value in
      value.switchState.map { .bool($0) }
    }
    facts["iscsi.targets"] = cluster.list("iscsiTargets") { target in
      target["alias"]?.text.map { name in
        ["name": .string(name), "authentication": .string(target.at(["authSpec", "authType"])?.text ?? target["authType"]?.text ?? "")]
      }
    }
    facts["shares"] = cluster.list("fileShares") { share in
      guard let name = share.at(["config", "name"])?.text ?? share["name"]?.text else { return nil }
      let config = share["config"] ?? share
      return [
        "name": .string(name), "protocols": .array((config["protocols"]?.list ?? []).compactMap(\.text).map { .string($0) }),
        "clients": .array(
          (config["netPermissions"]?.list ?? []).map {
            ["from": .string($0["ips"]?.text ?? ""), "access": .string($0["permissions"]?.text ?? "")]
          }
        ),
      ]
    }
    facts["directory"] = cluster.fact("fileServiceDomain", "directoryServerConfig", missing: .isDefault) { config in
      config.isObject ? .string(config["activeDirectoryDomain"]?.text ?? config["domainName"]?.text ?? "") : nil
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
