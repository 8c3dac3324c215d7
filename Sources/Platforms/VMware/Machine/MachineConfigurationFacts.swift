internal import Domain

/// Facts of a virtual machine from its .vmx. Names and shapes: docs/facts/vmware_vm.md.
struct MachineConfigurationFacts {
  private let text: DictionaryText
  private let devices: ConfigurationDevices
  private let path: String

  init(_ text: DictionaryText, path: String) {
    self.text = text
    self.path = path
    devices = ConfigurationDevices(text)
  }

  func facts() -> [String: Fact] {
    var facts: [String: Fact] = [:]
    facts.reserveCapacity(MachineNames.properties.count + MachineNames.settings.count + 16)
    for property in MachineNames.properties {
      facts[property.fact] = fact(property.key) { MachineNames.value($0, as: property.form) }
    }
    for key in MachineNames.settings { facts[MachineNames.setting(key)] = fact(key) { .string($0) } }
    facts["nics"] = nics()
    facts["filters"] = filters()
    facts["disks"] = disks()
    facts["cdroms"] = cdroms()
    facts["floppies"] = floppies()
    facts["parallelPorts"] = ports("parallel")
    facts["serialPorts"] = ports("serial")
    facts["usbControllers"] = usbControllers()
    facts["sounds"] = sounds()
    facts["sataControllers"] = sataControllers()
    facts["passthrough"] = passthrough()
    facts["vtpm"] = list(devices.of("vtpm").filter(\.isPresent)) { ["device": .string($0.name)] }
    facts["vmci"] = vmci()
    facts["sharedFolders"] = sharedFolders()
    facts["duplicates"] = duplicates()
    return facts
  }

  // MARK: Keys

  private func fact(_ key: String, _ value: (String) -> FactValue) -> Fact {
    guard let entry = text[key] else { return .absent(.path(path)) }
    return .present(value(entry.value), place(entry))
  }

  private func place(_ entry: DictionaryText.Entry) -> FactSource { .path(path, line: entry.line, column: entry.column) }

  private func duplicates() -> Fact {
    var list = MachineList()
    for duplicate in text.duplicates {
      list.add(
        ["key": .string(duplicate.key), "lines": .array(duplicate.lines.map { .int(Int64($0)) })], .path(path, line: duplicate.lines.last))
    }
    return list.fact(.path(path))
  }

  // MARK: Devices

  /// The list fact of devices; cited where the device is said to be present.
  private func list(
    _ devices: [ConfigurationDevices.Device], citing key: String = "present",
    _ members: (ConfigurationDevices.Device) -> KeyValuePairs<String, FactValue?>
  ) -> Fact {
    var list = MachineList()
    for device in devices { list.add(members(device), place(device, key)) }
    return list.fact(.path(path))
  }

  private func place(_ device: ConfigurationDevices.Device, _ keys: String...) -> FactSource {
    for key in keys + ["present"] {
      if let entry = device[key] { return place(entry) }
    }
    return .path(path)
  }

  private func nics() -> Fact {
    list(devices.of("ethernet").filter(\.isPresent), citing: "virtualdev") { device in
      [
        "device": .string(device.name), "model": .string((device.text("virtualdev") ?? "").lowercased()),
        "given": .bool(device["virtualdev"] != nil), "network": device.text("networkname").map { .string($0) },
        "startConnected": .bool(device.flag("startconnected") ?? true),
      ]
    }
  }

  private func filters() -> Fact {
    var list = MachineList()
    for entry in text.entries where !entry.value.isEmpty && MachineNames.isFilter(entry.key.lowercased()) {
      list.add(["device": .string(String(entry.key.dropLast(5))), "name": .string(entry.value)], place(entry))
    }
    return list.fact(.path(path))
  }

  /// Units on a bus: `scsi0:1`, not the controller `scsi0`.
  private var units: [ConfigurationDevices.Device] {
    devices.of("ide", "sata", "scsi", "nvme").filter { $0.numbers.count == 2 && $0.isPresent }
  }

  private static func isCDROM(_ device: ConfigurationDevices.Device) -> Bool {
    (device.text("devicetype") ?? "").lowercased().contains("cdrom")
  }

  private static func isDisk(_ device: ConfigurationDevices.Device) -> Bool {
    !isCDROM(device) && (device.text("devicetype") ?? "").lowercased() != "scsi-passthru"
  }

  private func disks() -> Fact {
    list(units.filter(Self.isDisk), citing: "mode") { device in
      [
        "device": .string(device.name), "mode": .string((device.text("mode") ?? "persistent").lowercased()),
        "given": .bool(device["mode"] != nil), "file": device.text("filename").map { .string($0) },
      ]
    }
  }

  private func cdroms() -> Fact {
    list(units.filter(Self.isCDROM), citing: "startconnected") { device in
      [
        "device": .string(device.name), "connected": .bool(device.flag("startconnected") ?? true),
        "given": .bool(device["startconnected"] != nil), "backing": .string(device.text("devicetype") ?? ""),
      ]
    }
  }

  /// Without `floppy0.present` releases differ in whether they add a drive: then nobody knows.
  private func floppies() -> Fact {
    let drives = devices.of("floppy").filter(\.isPresent)
    if drives.isEmpty, text["floppy0.present"] == nil { return .unreadable("default-varies", .path(path)) }
    return list(drives) { ["device": .string($0.name), "startConnected": .bool($0.flag("startconnected") ?? true)] }
  }

  private func ports(_ family: String) -> Fact {
    list(devices.of(family).filter(\.isPresent)) { device in
      ["device": .string(device.name), "backing": .string((device.text("filetype") ?? "device").lowercased())]
    }
  }

  private func usbControllers() -> Fact {
    // usb:0 and the like are devices behind the controller.
    list(devices.of("usb", "ehci", "usb_xhci").filter { $0.isPresent && $0.numbers.isEmpty }) { device in
      ["device": .string(device.name), "type": .string(["usb": "UHCI", "ehci": "EHCI"][device.family] ?? "xHCI")]
    }
  }

  private func sounds() -> Fact {
    list(devices.of("sound").filter(\.isPresent)) { ["device": .string($0.name), "model": .string($0.text("virtualdev") ?? "es1371")] }
  }

  private func sataControllers() -> Fact {
    let used = Set(units.filter(Self.isDisk).filter { $0.family == "sata" }.map { $0.numbers[0] })
    return list(devices.of("sata").filter { $0.numbers.count == 1 && $0.isPresent }) { device in
      ["device": .string(device.name), "hasDisk": .bool(used.contains(device.numbers[0]))]
    }
  }

  private func passthrough() -> Fact {
    list(devices.of("pcipassthru").filter(\.isPresent), citing: "id") { device in
      [
        "device": .string(device.name), "kind": .string(device["vgpu"] != nil ? "vgpu" : device["pfid"] != nil ? "sriov" : "pci"),
        "id": device.text("id").map { .string($0) },
      ]
    }
  }

  /// The device is there from virtual hardware 7 on, whatever `vmci0.present` says.
  private func vmci() -> Fact {
    guard let entry = text["vmci0.present"] else { return .absent(.path(path)) }
    return .present(.array([.object(["device": "vmci0", "present": MachineNames.value(entry.value, as: .flag)])]), place(entry))
  }

  private func sharedFolders() -> Fact {
    list(devices.of("sharedfolder").filter { $0.isPresent && $0.flag("enabled") != false }, citing: "enabled") { device in
      [
        "device": .string(device.name), "path": .string(device.text("hostpath") ?? ""),
        "writable": .bool(device.flag("writeaccess") ?? false),
      ]
    }
  }
}
