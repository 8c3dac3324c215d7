internal import Domain

/// Which keys and properties give which fact of a virtual machine: one table for .vmx files, OVF descriptors and inventories.
enum MachineNames {
  enum Form: Sendable {
    case flag
    case text
    /// "vmx-21" and "21" are 21.
    case hardwareVersion
  }

  /// A fact that the API holds as a property and a .vmx as a key.
  struct Property: Sendable {
    let fact: String
    /// Key of a .vmx.
    let key: String
    /// Path below VirtualMachineConfigInfo; OVF's vmw:Config names it likewise.
    let path: String
    let form: Form
  }

  static let properties: [Property] = [
    Property(fact: "firmware", key: "firmware", path: "firmware", form: .text),
    Property(fact: "secureBoot", key: "uefi.secureBoot.enabled", path: "bootOptions.efiSecureBootEnabled", form: .flag),
    Property(fact: "nestedVirtualization", key: "vhv.enable", path: "nestedHVEnabled", form: .flag),
    Property(fact: "viommu", key: "vvtd.enable", path: "flags.vvtdEnabled", form: .flag),
    Property(fact: "vbs", key: "windows.vbs.enabled", path: "flags.vbsEnabled", form: .flag),
    Property(fact: "execution", key: "monitor.virtual_exec", path: "flags.virtualExecUsage", form: .text),
    Property(fact: "mmu", key: "monitor.virtual_mmu", path: "flags.virtualMmuUsage", form: .text),
    Property(fact: "logging", key: "logging", path: "flags.enableLogging", form: .flag),
    Property(fact: "migrateEncryption", key: "migrate.encryptionMode", path: "migrateEncryption", form: .text),
    Property(fact: "ftEncryption", key: "ftcpt.ftEncryptionMode", path: "ftEncryptionMode", form: .text),
    Property(fact: "sev", key: "sev.enable", path: "sevEnabled", form: .flag),
    Property(fact: "hardwareVersion", key: "virtualHW.version", path: "version", form: .hardwareVersion),
    Property(fact: "guestOS", key: "guestOS", path: "guestId", form: .text),
  ]

  /// Keys that a .vmx holds and an inventory lists in extraConfig; the fact is "setting." and the key.
  static let settings: [String] = [
    "RemoteDisplay.maxConnections", "RemoteDisplay.vnc.enabled", "bios.bootDeviceClasses", "devices.hotplug",
    "isolation.device.connectable.disable", "isolation.ghi.host.shellAction.disable", "isolation.tools.copy.disable",
    "isolation.tools.diskShrink.disable", "isolation.tools.diskWiper.disable", "isolation.tools.dnd.disable",
    "isolation.tools.ghi.autologon.disable", "isolation.tools.hgfs.disable", "isolation.tools.hgfsServerSet.disable",
    "isolation.tools.paste.disable", "isolation.tools.unity.disable", "log.keepOld", "log.rotateSize", "mks.enable3d",
    "sched.mem.pshare.salt", "svga.vgaOnly", "tools.guest.desktop.autolock", "tools.guestlib.enableHostInfo", "tools.setInfo.sizeLimit",
    "ulm.disableMitigations", "vmci0.unrestricted",
  ]

  static func setting(_ key: String) -> String { "setting." + key }

  /// Facts that list devices. Absent where the machine has none.
  static let lists = [
    "nics", "disks", "floppies", "cdroms", "parallelPorts", "serialPorts", "usbControllers", "sounds", "sataControllers", "passthrough",
    "vtpm", "vmci", "filters", "sharedFolders",
  ]

  /// Facts of the ESXi host that the machine stands on: only an inventory knows them.
  static let host = ["host.version", "host.build"]

  /// Every fact of the kind, as one that nobody could read.
  static func all(as fact: Fact) -> [String: Fact] {
    var facts: [String: Fact] = [:]
    for property in properties { facts[property.fact] = fact }
    for key in settings { facts[setting(key)] = fact }
    for name in lists + host + ["snapshots"] { facts[name] = fact }
    return facts
  }

  /// Every fact of the kind before a file is read, which says nothing of the host.
  static func unread(_ source: FactSource) -> [String: Fact] {
    var facts = all(as: .notCollected("not-given", source))
    for name in host { facts[name] = .notCollected("not-given", .property(name)) }
    return facts
  }

  /// A value in the form of its fact. A flag that is neither true nor false, and a version that is no number, stay text.
  static func value(_ text: String, as form: Form) -> FactValue {
    switch form {
    case .text: .string(text)
    case .flag: flag(text).map { .bool($0) } ?? .string(text)
    case .hardwareVersion: number(text).map { .int($0) } ?? .string(text)
    }
  }

  /// VMware's words for a boolean, in any case; nil for any other.
  static func flag(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "true", "t", "yes", "y", "on", "1": true
    case "false", "f", "no", "n", "off", "0": false
    default: nil
    }
  }

  /// "ethernet0.filter4.name", in lower case: a network filter that sees the traffic of the adapter.
  static func isFilter(_ key: String) -> Bool {
    let parts = key.split(separator: ".")
    func isNumbered(_ part: Substring, _ name: String) -> Bool {
      part.hasPrefix(name) && part.count > name.count && part.dropFirst(name.count).allSatisfy(\.isNumber)
    }
    return parts.count == 3 && isNumbered(parts[0], "ethernet") && isNumbered(parts[1], "filter") && parts[2] == "name"
  }

  private static func number(_ text: String) -> Int64? {
    Int64(text.lowercased().hasPrefix("vmx-") ? String(text.dropFirst(4)) : text)
  }

  /// VMware writes "56 4d 9e 3a 2d 6f 4c 8f-b8 9a ..."; the canonical form has hyphens elsewhere.
  static func uuid(_ text: String?) -> String? { text.flatMap(Identity.canonical) }
}

/// Elements of a fact that is a list, each with its place.
struct MachineList {
  private(set) var values: [FactValue] = []
  private(set) var sources: [FactSource] = []

  mutating func add(_ members: KeyValuePairs<String, FactValue?>, _ source: FactSource) {
    values.append(.object(members))
    sources.append(source)
  }

  mutating func add(device: String, _ members: KeyValuePairs<String, FactValue?>, _ source: FactSource) {
    guard case .object(let rest) = FactValue.object(members) else { return }
    values.append(.object([.init("device", .string(device))] + rest))
    sources.append(source)
  }

  /// Absent where there is no element.
  func fact(_ whole: FactSource) -> Fact { values.isEmpty ? .absent(whole) : .present(.array(values), sources: sources) }
}
