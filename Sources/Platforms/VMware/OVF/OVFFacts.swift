internal import Domain

/// Facts of a virtual machine as an OVF descriptor describes it: what a host will be asked to make of it.
struct OVFFacts {
  /// ResourceType of CIM_ResourceAllocationSettingData (DSP1041).
  private enum Resource {
    static let ethernet = 10
    static let floppy = 14
    static let opticalDrives = [15, 16]
    static let disk = 17
    static let otherStorage = 20
    static let serial = 21
    static let parallel = 22
    static let usb = 23
    static let other = 1
    static let sound = 35
  }

  private let system: OVFDescriptor.System
  private let path: String

  init(_ system: OVFDescriptor.System, path: String) {
    self.system = system
    self.path = path
  }

  func facts() -> [String: Fact] {
    var facts: [String: Fact] = [:]
    for property in MachineNames.properties { facts[property.fact] = fact(property) }
    for key in MachineNames.settings {
      facts[MachineNames.setting(key)] = setting(key).map { .present(.string($0.value), place($0)) } ?? .absent(whole)
    }
    facts["nics"] = items([Resource.ethernet]) { ["model": .string($0.subtype.lowercased()), "given": .bool(!$0.subtype.isEmpty)] }
    facts["disks"] = items([Resource.disk]) { item in
      [
        "mode": .string((item.settings["backing.diskMode"]?.value ?? "persistent").lowercased()),
        "given": .bool(item.settings["backing.diskMode"] != nil),
      ]
    }
    facts["floppies"] = items([Resource.floppy]) { ["startConnected": .bool($0.isConnected)] }
    facts["cdroms"] = items(Resource.opticalDrives) { ["connected": .bool($0.isConnected), "given": true, "backing": .string($0.subtype)] }
    facts["serialPorts"] = items([Resource.serial]) { ["backing": .string($0.subtype)] }
    facts["parallelPorts"] = items([Resource.parallel]) { ["backing": .string($0.subtype)] }
    facts["usbControllers"] = items([Resource.usb]) { ["type": .string($0.subtype)] }
    facts["sounds"] = items([Resource.sound, Resource.other]) { item in
      item.type == Resource.sound || item.subtype.lowercased().hasPrefix("vmware.soundcard") ? ["model": .string(item.subtype)] : nil
    }
    facts["sataControllers"] = sataControllers()
    facts["passthrough"] = items([Resource.other]) { item in
      item.subtype.lowercased().contains("passthrough") || item.subtype.lowercased().contains("sriov")
        ? ["kind": .string(item.subtype)] : nil
    }
    facts["vtpm"] = items([Resource.other]) { $0.subtype.lowercased().contains("tpm") ? [:] : nil }
    facts["vmci"] = items([Resource.other]) { $0.subtype.lowercased() == "vmware.vmci" ? ["present": true] : nil }
    facts["filters"] = filters()
    // Folders of a Workstation host cannot be described in OVF.
    facts["sharedFolders"] = .absent(whole)
    facts["duplicates"] = duplicates()
    return facts
  }

  private var whole: FactSource { .path(path, line: system.element.line, column: system.element.column) }

  private func place(_ attribute: XMLAttribute) -> FactSource { .path(path, line: attribute.line, column: attribute.column) }

  // MARK: Settings

  private func setting(_ key: String) -> XMLAttribute? { system.extra[key.lowercased()] }

  /// VMware's configuration first, then the key of a .vmx among the extra ones.
  private func fact(_ property: MachineNames.Property) -> Fact {
    if let attribute = system.settings[property.path] ?? setting(property.key) {
      return .present(MachineNames.value(attribute.value, as: property.form), place(attribute))
    }
    if property.form == .hardwareVersion, let type = system.hardware, !type.text.isEmpty {
      // Several are listed where any of them will do; the first is the wanted one.
      let first = type.text.split(separator: " ").first.map(String.init) ?? type.text
      return .present(MachineNames.value(first, as: .hardwareVersion), .path(path, line: type.line, column: type.column))
    }
    if property.fact == "guestOS", let type = system.osType { return .present(.string(type.value), place(type)) }
    return .absent(whole)
  }

  private func filters() -> Fact {
    var list = MachineList()
    for (key, value) in system.extra.sorted(by: { $0.key < $1.key }) where !value.value.isEmpty {
      guard MachineNames.isFilter(key) else { continue }
      list.add(["device": .string(String(key.dropLast(5))), "name": .string(value.value)], place(value))
    }
    return list.fact(whole)
  }

  private func duplicates() -> Fact {
    var list = MachineList()
    for (key, lines) in system.duplicates {
      list.add(["key": .string(key), "lines": .array(lines.map { .int(Int64($0)) })], .path(path, line: lines.last))
    }
    return list.fact(whole)
  }

  // MARK: Hardware

  /// The list fact of items of these types; an item that `members` gives nil for is none of them.
  private func items(_ types: [Int], _ members: (OVFDescriptor.Item) -> KeyValuePairs<String, FactValue?>?) -> Fact {
    var list = MachineList()
    for item in system.items where types.contains(item.type) {
      guard let members = members(item) else { continue }
      list.add(device: item.name.isEmpty ? "item \(item.instance)" : item.name, members, place(item))
    }
    return list.fact(whole)
  }

  private func place(_ item: OVFDescriptor.Item) -> FactSource { .path(path, line: item.typePlace.line, column: item.typePlace.column) }

  private func sataControllers() -> Fact {
    let used = Set(system.items.filter { $0.type == Resource.disk }.map(\.parent))
    return items([Resource.otherStorage]) { item in
      item.subtype.lowercased().contains("sata") || item.subtype.lowercased().contains("ahci")
        ? ["hasDisk": .bool(used.contains(item.instance))] : nil
    }
  }
}
