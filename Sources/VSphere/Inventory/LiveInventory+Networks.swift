internal import Domain

extension LiveInventory {
  /// Distributed switches and their port groups, which only a vCenter has (vim25, DVSConfigInfo and DVPortgroupConfigInfo).
  func networks(_ document: inout InventoryDocument) async throws(ServiceFailure) {
    guard isVirtualCenter else { return }
    report("distributed switches")
    for content in try await properties.all("DistributedVirtualSwitch", ["name", "uuid", "config"]) {
      document.switches.append(Self.object(content))
      Self.note(content, as: "switches", &document)
    }
    report("distributed port groups")
    let paths = [
      "name", "config.defaultPortConfig", "config.description", "config.distributedVirtualSwitch", "config.numPorts", "config.policy",
      "config.type", "config.uplink",
    ]
    for content in try await properties.all("DistributedVirtualPortgroup", paths) {
      var members: [FactValue.Member] = [.init("moid", .string(content.object.id))]
      if let name = content.properties["name"] { members.append(.init("name", .string(name.text))) }
      if let owner = content.properties["config.distributedVirtualSwitch"]?.object { members.append(.init("dvs", .string(owner.id))) }
      for name in ["type", "uplink", "numPorts", "description", "policy", "defaultPortConfig"] {
        if let value = content.properties["config.\(name)"] { members.append(.init(name, VimValue.of(value, name: name))) }
      }
      document.portgroups.append(.object(members))
      for (path, message) in content.missing.sorted(by: { $0.key < $1.key }) {
        let name = path.hasPrefix("config.") ? String(path.dropFirst("config.".count)) : path
        document.miss("portgroups[\(content.object.id)].\(name)", message)
      }
    }
  }
}
