internal import Domain

/// Advanced settings as `Get-AdvancedSetting | ConvertTo-Json` writes them: an array of {Name, Value, Entity, EntityId}, of any number of
/// hosts, vCenters and virtual machines. What an entity's other facts would be was not collected.
struct ExportedSettings {
  /// Groups of options that only hosts have.
  private static let hostGroups: Set<String> = [
    "Annotations", "Config", "DCUI", "Mem", "Misc", "Net", "ScratchConfig", "Security", "Syslog", "UserVars", "VMkernel",
  ]
  private static let centerGroups: Set<String> = ["VirtualCenter", "config", "etc", "event", "task", "vpxd"]
  private static let machineSettings = Set((MachineNames.settings + MachineNames.properties.map(\.key)).map { $0.lowercased() })
  private static let machinePrefix = "VirtualMachine-"
  /// Entities of a large estate; far more than that is no export.
  private static let mostEntities = 20_000

  private struct Group {
    /// As `Entity` names it.
    let name: String
    /// Managed object id, as in "VirtualMachine-vm-12"; empty where it was left out.
    let id: String
    var kind: Asset.Kind?
    var settings: [String: PlacedJSON] = [:]
    /// Settings that stand in several entries with values that differ.
    var ambiguous: Set<String> = []
  }

  /// Keys that stand twice in one entry.
  let duplicates: JSONDuplicates
  private let document: InventoryDocument
  private var groups: [String: Group] = [:]
  private var order: [String] = []

  /// By its first element; nil for JSON of another kind.
  static func isExport(_ head: ArraySlice<UInt8>) -> Bool {
    ["\"Name\"", "\"Value\"", "\"Entity\""].allSatisfy { ByteSearch.firstIndex(of: Array($0.utf8), in: head) != nil }
  }

  init(_ bytes: [UInt8], name: String) throws(JSONFault) {
    document = InventoryDocument(settings: bytes, name: name)
    let all = try PlacedJSON.whole(bytes)
    var duplicates = JSONDuplicates(places: document.places)
    duplicates.add(all.tree)
    self.duplicates = duplicates
    for entry in all.list {
      guard let setting = entry["Name"]?.text, let value = entry["Value"] else { continue }
      let owner = entry["Entity"]
      guard let entity = owner?.text ?? owner?["Name"]?.text, !entity.isEmpty else { continue }
      let id = entry["EntityId"]?.text ?? ""
      // Machines of one name may stand in several folders.
      let group = id.hasPrefix(Self.machinePrefix) ? id : entity
      if groups[group] == nil {
        guard groups.count < Self.mostEntities else {
          throw JSONFault(offset: entry.offset, what: "more than \(Self.mostEntities) entities")
        }
        order.append(group)
        groups[group] = Group(name: entity, id: id)
      }
      if groups[group]?.kind == nil { groups[group]?.kind = Self.kind(setting, entry, id) }
      let key = groups[group]?.kind == .vmwareVM ? setting.lowercased() : setting
      let before = groups[group]?.settings.updateValue(value, forKey: key)
      if let before, before.value != value.value { groups[group]?.ambiguous.insert(key) }
    }
  }

  private static func kind(_ setting: String, _ entry: PlacedJSON, _ entity: String) -> Asset.Kind? {
    if entity.hasPrefix("HostSystem-") { return .vmwareESXi }
    if entity.hasPrefix(machinePrefix) || entry["Type"]?.text == "VM" || machineSettings.contains(setting.lowercased()) { return .vmwareVM }
    let group = String(setting.prefix { $0 != "." })
    return hostGroups.contains(group) ? .vmwareESXi : centerGroups.contains(group) ? .vmwareVCenter : nil
  }

  /// One asset for each entity that is a host, a vCenter or a machine, in the order in which they came.
  func assets(target: String) -> [AssetFacts] {
    order.compactMap { key in
      guard let group = groups[key], let kind = group.kind else { return nil }
      if kind == .vmwareVM { return machine(group, target: target) }
      let name = group.name
      let place = "\(kind == .vmwareESXi ? "hosts" : "server")[\(name)]"
      var facts = kind == .vmwareESXi ? ESXiFacts(InventoryEntity(document, nil, place: place)).facts() : VCenterFacts(document).facts()
      for (setting, value) in group.settings where facts["option.\(setting)"] != nil {
        let source = document.source(value, "\(place).options.\(setting)")
        facts["option.\(setting)"] =
          group.ambiguous.contains(setting) ? .unreadable("duplicate-key", source) : OptionFacts.fact(value, source)
      }
      return AssetFacts(
        asset: Asset(id: "\(kind.rawValue):\(name)", kind: kind, platform: kind.rawValue, name: name), target: target, facts: facts)
    }
  }

  /// The settings that were exported; a machine's others may be set all the same.
  private func machine(_ group: Group, target: String) -> AssetFacts {
    let moid = group.id.hasPrefix(Self.machinePrefix) ? String(group.id.dropFirst(Self.machinePrefix.count)) : group.name
    let place = "vms[\(moid)]"
    var facts = MachineNames.all(as: .notCollected("not-given", document.source(missing: place)))
    func add(_ fact: String, _ key: String, _ read: (String) -> FactValue) {
      guard let value = group.settings[key.lowercased()], !value.isNull else { return }
      let source = document.source(value, "\(place).extraConfig.\(key)")
      if group.ambiguous.contains(key.lowercased()) {
        facts[fact] = .unreadable("duplicate-key", source)
      } else {
        facts[fact] = value.scalar.map { .present(read($0), source) } ?? .unreadable("malformed", source)
      }
    }
    for property in MachineNames.properties { add(property.fact, property.key) { MachineNames.value($0, as: property.form) } }
    for key in MachineNames.settings { add(MachineNames.setting(key), key) { .string($0) } }
    return VirtualMachineCollector.asset(name: group.name, uuid: nil, fallback: moid, target: target, facts)
  }
}
