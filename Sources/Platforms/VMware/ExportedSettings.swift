internal import Domain

/// Advanced settings as `Get-AdvancedSetting | ConvertTo-Json` writes them: an array of {Name, Value, Entity, EntityId}, of any number of hosts
/// and vCenters. What an entity's other facts would be was not collected.
struct ExportedSettings {
  /// Groups of options that only hosts have.
  private static let hostGroups: Set<String> = [
    "Annotations", "Config", "DCUI", "Mem", "Misc", "Net", "ScratchConfig", "Security", "Syslog", "UserVars", "VMkernel",
  ]
  private static let centerGroups: Set<String> = ["VirtualCenter", "config", "etc", "event", "task", "vpxd"]
  /// vCenter and host settings of a large estate; far more than that is no export.
  private static let mostEntities = 20_000

  private struct Group {
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
      if groups[entity] == nil {
        guard groups.count < Self.mostEntities else {
          throw JSONFault(offset: entry.offset, what: "more than \(Self.mostEntities) entities")
        }
        order.append(entity)
      }
      let before = groups[entity, default: Group()].settings.updateValue(value, forKey: setting)
      if let before, before.value != value.value { groups[entity]?.ambiguous.insert(setting) }
      if groups[entity]?.kind == nil { groups[entity]?.kind = Self.kind(setting, entry["EntityId"]?.text ?? "") }
    }
  }

  private static func kind(_ setting: String, _ entity: String) -> Asset.Kind? {
    if entity.hasPrefix("HostSystem-") { return .vmwareESXi }
    if entity.hasPrefix("VirtualMachine-") { return nil }
    let group = String(setting.prefix { $0 != "." })
    return hostGroups.contains(group) ? .vmwareESXi : centerGroups.contains(group) ? .vmwareVCenter : nil
  }

  /// One asset for each entity that is a host or a vCenter, in the order in which they came.
  func assets(target: String) -> [AssetFacts] {
    order.compactMap { name in
      guard let group = groups[name], let kind = group.kind else { return nil }
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
}
