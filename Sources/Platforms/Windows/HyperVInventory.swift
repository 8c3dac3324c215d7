internal import Domain

/// What is known of a Hyper-V host and its machines: the document `ringwall.hyperv/1` of the collector, or the JSON of one cmdlet.
///
/// Each section stands under its cmdlet's name with the properties as the cmdlet names them.
struct HyperVInventory: Sendable {
  /// What is known of a section.
  enum Section: Sendable {
    case read([PlacedJSON])
    /// The collector tried and failed.
    case failed
    /// Something of another form stands where objects are expected, or several where there is one: what the section would say is not known.
    case unusable(PlacedJSON, why: String)
    case notGiven

    var rows: [PlacedJSON] {
      if case .read(let rows) = self { return rows }
      return []
    }
  }

  static let schema = "ringwall.hyperv/1"

  let root: PlacedJSON
  let path: String
  private let places: PlaceIndex
  /// The document of the collector; false for what one cmdlet gave.
  let isDocument: Bool
  private let sections: [String: [PlacedJSON]]
  private let unusable: [String: (node: PlacedJSON, why: String)]
  private let failures: Set<String>
  /// "cmdlet!machine" of readings that failed for one machine.
  private let machineFailures: Set<String>

  struct Unknown: Error {}

  /// Members of the document that are no sections, or whose form their reader checks.
  private static let plain: Set<String> = [
    "schema", "collected", "computer", "elevated", "powershell", "errors", "Hyper-V", "Confirm-SecureBootUEFI",
  ]
  /// Sections that are one object.
  private static let single: Set<String> = [
    "Win32_OperatingSystem", "Win32_ComputerSystem", "Win32_DeviceGuard", "Get-Tpm", "WinInit-14", "Get-VMHost", "Get-VMReplicationServer",
    "hypervisorScheduler",
  ]
  /// Sections that every machine fills: one that holds nothing and is not among the errors was not read.
  private static let filled: Set<String> = [
    "Win32_OperatingSystem", "Win32_ComputerSystem", "Win32_Processor", "Win32_DeviceGuard", "Get-Tpm", "Confirm-SecureBootUEFI", "bcdedit",
    "Get-VMHost", "Get-VMHostSupportedVersion", "Hyper-V",
  ]

  init(_ root: PlacedJSON, places: PlaceIndex, path: String) throws(Unknown) {
    self.root = root
    self.places = places
    self.path = path
    if root["schema"]?.text == Self.schema {
      isDocument = true
      var sections: [String: [PlacedJSON]] = [:]
      for (key, value) in root.members ?? [] { sections[key] = value.items.filter { !$0.isNull } }
      var failures: Set<String> = []
      var machineFailures: Set<String> = []
      for failure in root["errors"]?.items ?? [] {
        // What failed is then not known, and what is missing might be that.
        guard let what = failure["what"]?.text else { throw Unknown() }
        if let machine = failure["vm"]?.text?.lowercased() { machineFailures.insert(what + "!" + machine) } else { failures.insert(what) }
      }
      self.sections = sections
      self.failures = failures
      self.machineFailures = machineFailures
    } else {
      isDocument = false
      failures = []
      machineFailures = []
      let rows = root.items.filter { !$0.isNull }
      guard let first = rows.first, let name = Self.cmdlet(of: first) else { throw Unknown() }
      sections = [name: rows]
    }
    unusable = sections.reduce(into: [:]) { result, section in
      let isEmpty = section.value.isEmpty && Self.filled.contains(section.key)
      result[section.key] = isEmpty ? (root[section.key] ?? root, "malformed") : Self.fault(section.key, section.value)
    }
  }

  /// The first row that makes a section unusable, and why.
  private static func fault(_ name: String, _ rows: [PlacedJSON]) -> (node: PlacedJSON, why: String)? {
    if plain.contains(name) { return nil }
    let isText = name == "bcdedit"
    if let row = rows.first(where: { isText ? $0.text == nil : !$0.isObject }) { return (row, "malformed") }
    guard single.contains(name), let first = rows.first, let other = rows.first(where: { $0.value != first.value }) else { return nil }
    return (other, "duplicate-key")
  }

  /// A reading that broke off gives rows too, and what it would have given besides is not known: it counts as failed.
  func section(_ name: String) -> Section {
    if failures.contains(name) { return .failed }
    if let fault = unusable[name] { return .unusable(fault.node, why: fault.why) }
    return sections[name].map { .read($0) } ?? .notGiven
  }

  /// Whatever rows a section has, complete or not.
  func rows(_ name: String) -> [PlacedJSON] { (sections[name] ?? []).filter(\.isObject) }

  /// The one object of a section; of one that is a value, the value.
  func object(_ name: String) -> PlacedJSON? { unusable[name] == nil ? sections[name]?.first : nil }

  /// Whether a reading failed for one machine.
  func failed(_ name: String, machine: String) -> Bool { machineFailures.contains(name + "!" + machine) }

  func source(_ node: PlacedJSON) -> FactSource {
    let place = places.place(of: node.offset)
    return .path(path, line: place.line, column: place.column)
  }

  func line(of node: PlacedJSON) -> Int { places.place(of: node.offset).line }

  /// A fact that is not there, with the reason: the section was read and holds none, could not be read, or was not given.
  func missing(_ section: String, _ property: String = "") -> Fact {
    let name = property.isEmpty ? section : "\(section).\(property)"
    switch self.section(section) {
    case .read: return .absent(.path(path))
    case .failed: return .unreadable("command-failed", .property(name))
    case .unusable(let node, let why): return .unreadable(why, source(node))
    case .notGiven: return .notCollected("not-given", .property(name))
    }
  }

  /// A property of an object as a fact; a value of another kind is unreadable, null and a missing property are absent.
  func fact(_ object: PlacedJSON?, _ section: String, _ property: String, _ read: (PlacedJSON) -> FactValue?) -> Fact {
    guard let object else { return missing(section, property) }
    guard let node = object[property], !node.isNull else {
      // A release of the module that does not have the property says nothing about it.
      return object[property] == nil ? .notCollected("not-given", .property("\(section).\(property)")) : .absent(source(object))
    }
    return read(node).map { .present($0, source(node)) } ?? .unreadable("malformed", source(node))
  }

  // MARK: - Exports of one cmdlet

  /// Properties that stand in the objects of one cmdlet and of no other.
  private static let marks: [(cmdlet: String, properties: [String])] = [
    ("Get-VMHost", ["VirtualMachineMigrationAuthenticationType"]), ("Get-VMFirmware", ["SecureBoot", "SecureBootTemplate"]),
    ("Get-VMSecurity", ["TpmEnabled", "Shielded"]), ("Get-VMProcessor", ["ExposeVirtualizationExtensions"]),
    ("Get-VMNetworkAdapter", ["MacAddressSpoofing"]), ("Get-VMNetworkAdapterVlan", ["OperationMode", "AccessVlanId"]),
    ("Get-VMComPort", ["DebuggerMode"]), ("Get-VMIntegrationService", ["Enabled", "PrimaryStatusDescription"]),
    ("Get-VMReplicationServer", ["AllowedAuthenticationType"]), ("Get-VM", ["Generation", "CheckpointType"]),
    ("Win32_DeviceGuard", ["VirtualizationBasedSecurityStatus"]), ("Get-BitLockerVolume", ["ProtectionStatus", "VolumeStatus"]),
    ("Get-Tpm", ["TpmPresent", "TpmReady"]), ("Get-VMSnapshot", ["SnapshotType", "ParentSnapshotId"]),
    ("Get-VMAssignableDevice", ["LocationPath", "VMId"]),
  ]

  static func cmdlet(of row: PlacedJSON) -> String? {
    marks.first { mark in mark.properties.allSatisfy { row[$0] != nil } }?.cmdlet
  }

  /// Whether a JSON text is one that this reads, by names in its first part: those of every mark, and the schema.
  static func isInventory(_ text: ArraySlice<UInt8>) -> Bool {
    func holds(_ name: String) -> Bool { ByteSearch.firstIndex(of: Array("\"\(name)\"".utf8), in: text) != nil }
    if ByteSearch.firstIndex(of: Array("\"ringwall.hyperv/".utf8), in: text) != nil { return true }
    return marks.contains { $0.properties.allSatisfy(holds) }
  }
}
