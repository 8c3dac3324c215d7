internal import Domain

/// Windows itself, an asset of kind `windows`: virtualization-based security and what it rests on. The facts are described in
/// docs/facts/windows.md.
enum WindowsMachine {
  /// Facts that every asset of the kind has, with the place they come from; what no source gave is not collected.
  static let places: [String: String] = [
    "deviceGuard.status": "Win32_DeviceGuard.VirtualizationBasedSecurityStatus",
    "deviceGuard.servicesRunning": "Win32_DeviceGuard.SecurityServicesRunning",
    "deviceGuard.servicesConfigured": "Win32_DeviceGuard.SecurityServicesConfigured",
    "bcd.hypervisorlaunchtype": "bcdedit /enum all", "bcd.vsmlaunchtype": "bcdedit /enum all", "bcd.testsigning": "bcdedit /enum all",
    "bcd.nointegritychecks": "bcdedit /enum all", "bcd.debug": "bcdedit /enum all", "bcd.loadoptions": "bcdedit /enum all",
    "bcd.optOut": "bcdedit /enum all", "secureBoot": "Confirm-SecureBootUEFI", "tpm.present": "Get-Tpm.TpmPresent",
    "tpm.ready": "Get-Tpm.TpmReady", "windows.build": "Win32_OperatingSystem.BuildNumber",
    "windows.productType": "Win32_OperatingSystem.ProductType", "windows.domainRole": "Win32_ComputerSystem.DomainRole",
    "credentialGuard.event": "event 14 of Microsoft-Windows-Wininit", "role.hyperV": "feature Hyper-V",
  ]

  static let bootElements = ["hypervisorlaunchtype", "vsmlaunchtype", "testsigning", "nointegritychecks", "debug", "loadoptions"]

  /// Facts with those that nobody collected.
  static func completed(_ facts: [String: Fact]) -> [String: Fact] {
    var all = facts
    for (name, place) in places where all[name] == nil { all[name] = .notCollected("not-given", .property(place)) }
    for value in RegistryValue.windows where all[value.fact] == nil { all[value.fact] = .notCollected("not-given", .property(value.path)) }
    return all
  }

  static func asset(id: String, name: String, facts: [String: Fact], target: String) -> AssetFacts {
    AssetFacts(
      asset: Asset(id: "windows:" + id, kind: .windows, platform: "windows-vbs", name: name), target: target, facts: completed(facts))
  }

  static func bootFacts(_ read: (String) -> Fact) -> [String: Fact] {
    Dictionary(uniqueKeysWithValues: bootElements.map { ("bcd." + $0, read($0)) })
  }

  static func build(_ inventory: HyperVInventory) -> Fact {
    inventory.fact(inventory.object("Win32_OperatingSystem"), "Win32_OperatingSystem", "BuildNumber") {
      $0.powerShellInteger.map { .int($0) }
    }
  }

  static func productType(_ inventory: HyperVInventory) -> Fact {
    inventory.fact(inventory.object("Win32_OperatingSystem"), "Win32_OperatingSystem", "ProductType") {
      $0.powerShellInteger.map { .int($0) }
    }
  }

  /// What an inventory says of Windows; empty where it says nothing.
  static func facts(_ inventory: HyperVInventory) -> [String: Fact] {
    var facts: [String: Fact] = [:]
    func numbers(_ node: PlacedJSON) -> FactValue? {
      let numbers = node.items.map(\.powerShellInteger)
      return numbers.contains(nil) ? nil : .array(numbers.compactMap { $0 }.filter { $0 != 0 }.map { .int($0) })
    }
    func integer(_ node: PlacedJSON) -> FactValue? { node.powerShellInteger.map { .int($0) } }
    let guardState = inventory.object("Win32_DeviceGuard")
    facts["deviceGuard.status"] = inventory.fact(guardState, "Win32_DeviceGuard", "VirtualizationBasedSecurityStatus", integer)
    facts["deviceGuard.servicesRunning"] = inventory.fact(guardState, "Win32_DeviceGuard", "SecurityServicesRunning", numbers)
    facts["deviceGuard.servicesConfigured"] = inventory.fact(guardState, "Win32_DeviceGuard", "SecurityServicesConfigured", numbers)
    facts["tpm.present"] = inventory.fact(inventory.object("Get-Tpm"), "Get-Tpm", "TpmPresent") { $0.powerShellFlag.map { .bool($0) } }
    facts["tpm.ready"] = inventory.fact(inventory.object("Get-Tpm"), "Get-Tpm", "TpmReady") { $0.powerShellFlag.map { .bool($0) } }
    facts["windows.build"] = build(inventory)
    facts["windows.productType"] = productType(inventory)
    let system = inventory.object("Win32_ComputerSystem")
    facts["windows.domainRole"] = inventory.fact(system, "Win32_ComputerSystem", "DomainRole", integer)
    facts["secureBoot"] = secureBoot(inventory)
    facts["credentialGuard.event"] = credentialGuardEvent(inventory)
    facts["role.hyperV"] = role(inventory)
    return facts
  }

  private static func secureBoot(_ inventory: HyperVInventory) -> Fact {
    guard let node = inventory.object("Confirm-SecureBootUEFI"), !node.isNull else { return inventory.missing("Confirm-SecureBootUEFI") }
    let source = inventory.source(node)
    if let flag = node.powerShellFlag { return .present(flag ? "on" : "off", source) }
    guard let text = node.text, ["on", "off", "unsupported"].contains(text) else { return .unreadable("malformed", source) }
    return .present(.string(text), source)
  }

  /// The first datum of the newest event: 0x0 not configured, 0x1 with UEFI lock, 0x2 without. Absent where no such event is in the log.
  private static func credentialGuardEvent(_ inventory: HyperVInventory) -> Fact {
    guard let node = inventory.object("WinInit-14"), !node.isNull else { return inventory.missing("WinInit-14") }
    guard let datum = node["data"]?.items.first else { return .absent(inventory.source(node)) }
    let text = datum.text?.lowercased() ?? datum.integer.map(String.init) ?? ""
    let number = text.hasPrefix("0x") ? Int64(text.dropFirst(2), radix: 16) : Int64(text)
    return number.map { .present(.int($0), inventory.source(datum)) } ?? .unreadable("malformed", inventory.source(datum))
  }

  /// Whether the Hyper-V role is installed: InstallState of a server's feature, State of a client's.
  private static func role(_ inventory: HyperVInventory) -> Fact {
    guard let node = inventory.object("Hyper-V") else { return inventory.missing("Hyper-V") }
    switch node.text?.lowercased() {
    case "installed", "enabled", "enablepending": return .present(true, inventory.source(node))
    case "available", "removed", "disabled", "disabledwithpayloadremoved", "disablepending", "uninstallpending":
      return .present(false, inventory.source(node))
    default: return .unreadable("malformed", inventory.source(node))
    }
  }

  /// A registry value that the collector read.
  static func registry(_ inventory: HyperVInventory) -> (RegistryValue) -> Fact {
    if case .unusable = inventory.section("registry") { return { _ in inventory.missing("registry") } }
    var rows: [String: PlacedJSON] = [:]
    var ambiguous: Set<String> = []
    for row in inventory.section("registry").rows {
      guard let key = row["key"]?.text, let name = row["name"]?.text else { continue }
      let machineKey = key.lowercased().hasPrefix("hklm\\") ? String(key.dropFirst(5)) : key
      let lookup = (machineKey + "!" + name).lowercased()
      if let before = rows.updateValue(row, forKey: lookup),
        ["state", "type", "data"].contains(where: { before[$0]?.value != row[$0]?.value })
      {
        ambiguous.insert(lookup)
      }
    }
    return { value in
      guard let row = rows[value.lookup] else { return .notCollected("not-given", .property(value.path)) }
      if ambiguous.contains(value.lookup) { return .unreadable("duplicate-key", inventory.source(row)) }
      let source = inventory.source(row)
      switch row["state"]?.text {
      case "absent": return .absent(source)
      case "present":
        return data(row).map { .present($0.factValue, inventory.source(row["data"] ?? row)) } ?? .unreadable("malformed", source)
      default: return .unreadable("permission", source)
      }
    }
  }

  private static func data(_ row: PlacedJSON) -> RegistryData? {
    guard let data = row["data"] else { return nil }
    switch row["type"]?.text {
    case "DWord":
      // .NET hands a DWORD out as a signed number.
      return data.integer.map { .number($0 < 0 ? $0 + 4_294_967_296 : $0) }
    case "QWord": return data.integer.map { .number($0) }
    case "Binary": return data.text.flatMap(hexadecimal).map { .binary($0) }
    case "MultiString": return .texts(data.items.compactMap(\.text))
    default: return data.text.map { .text($0) } ?? data.integer.map { .number($0) }
    }
  }

  private static func hexadecimal(_ text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    for i in stride(from: 0, to: digits.count, by: 2) {
      guard let byte = UInt8(String(decoding: digits[i..<(i + 2)], as: UTF8.self), radix: 16) else { return nil }
      bytes.append(byte)
    }
    return bytes
  }
}
