internal import Domain

extension InventoryCollector {
  /// One machine of `vms`: its element with `config`, `extraConfig` and `guest` gives the virtual machine, and the guest in it where the
  /// document says something of its VMware Tools.
  ///
  /// - Parameter products: fact `product` of each host, by managed object id.
  func machine(_ entity: InventoryEntity, _ name: String, products: [String: Fact], target: String) -> [AssetFacts] {
    let uuid = MachineNames.uuid(entity.at(["config", "uuid"])?.text ?? entity.at(["summary", "config", "uuid"])?.text)
    let server = entity.document.server.map { $0 + "/" } ?? ""
    let fallback = server + (entity.at(["moid"])?.text ?? name)
    var facts = InventoryMachineFacts(entity).facts()
    facts.merge(Self.hostFacts(entity, products)) { $1 }
    let machine = VirtualMachineCollector.asset(name: name, uuid: uuid, fallback: fallback, target: target, facts)
    guard entity.at(["guest"]) != nil else { return [machine] }
    let kind = Asset.Kind.vmwareGuest
    let guest = Asset(id: "\(kind.rawValue):\(uuid ?? fallback)", kind: kind, platform: "vmware-guest", name: name, uuid: uuid)
    return [machine, AssetFacts(asset: guest, target: target, facts: InventoryMachineFacts(entity).guestFacts(machine: facts))]
  }

  /// Release and build of the ESXi host that the machine runs on.
  private static func hostFacts(_ entity: InventoryEntity, _ products: [String: Fact]) -> [String: Fact] {
    guard let moid = entity.at(["host"])?.text, let product = products[moid] else { return [:] }
    var facts: [String: Fact] = [:]
    for (name, key) in [("host.version", "version"), ("host.build", "build")] {
      if product.state == .present {
        facts[name] =
          product.value?[key].map { .present($0, sources: product.source) } ?? .notCollected("not-given", sources: product.source)
      } else {
        facts[name] = product
      }
    }
    return facts
  }
}

/// Facts of a virtual machine from its properties in vSphere's API, of the same names and shapes as those of a .vmx.
struct InventoryMachineFacts {
  private static let devicePath = ["config", "hardware", "device"]

  private let entity: InventoryEntity
  private let devices: [PlacedJSON]
  /// Present where every device was read with its type, without which it cannot be told from another.
  private let allDevices: Fact

  init(_ entity: InventoryEntity) {
    self.entity = entity
    let found = entity.at(Self.devicePath)
    devices = found?.list ?? []
    let read = entity.list("config", "hardware", "device") { $0["_type"]?.text.map { _ in FactValue.null } }
    allDevices = read.state == .present ? .present(.null, sources: Array(read.source.prefix(1))) : read
  }

  func facts() -> [String: Fact] {
    var facts = MachineNames.all(as: .notCollected("not-given", entity.document.source(missing: entity.place)))
    let settings = self.settings()
    for property in MachineNames.properties { facts[property.fact] = fact(property, settings) }
    for key in MachineNames.settings { facts[MachineNames.setting(key)] = settings.fact(key, entity) }
    facts["filters"] = filters(settings)
    facts["duplicates"] = duplicates(settings)
    facts.merge(deviceFacts()) { $1 }
    // A host of Workstation is no part of an inventory.
    facts["sharedFolders"] = settings.whole.state == .present ? .absent(sources: settings.whole.source) : settings.whole
    return facts
  }

  // MARK: - Properties

  /// Properties that are not set are left out by the API. Where that property is not known, the key of a .vmx may stand in extraConfig.
  private func fact(_ property: MachineNames.Property, _ settings: Settings) -> Fact {
    let way = ["config"] + property.path.split(separator: ".").map(String.init)
    let found = entity.fact(at: way) { value in value.scalar.map { MachineNames.value($0, as: property.form) } }
    guard found.state == .notCollected else { return found }
    if let value = settings.values[property.key.lowercased()], !value.isNull {
      return settings.fact(property.key, value, entity) { MachineNames.value($0, as: property.form) }
    }
    guard let config = entity.at(["config"]), config.isObject else { return found }
    return .absent(entity.document.source(config, entity.path(way)))
  }

  // MARK: - extraConfig

  /// Keys of extraConfig in lower case.
  private struct Settings {
    /// Present where the list was read.
    let whole: Fact
    var values: [String: PlacedJSON] = [:]
    /// Keys that stand more than once, as they are written last.
    var repeated: [String: String] = [:]
    /// Of those, the ones whose values differ, in lower case.
    var ambiguous: Set<String> = []

    mutating func add(_ key: String, _ value: PlacedJSON) {
      guard let before = values.updateValue(value, forKey: key.lowercased()) else { return }
      repeated[key.lowercased()] = key
      if before.value != value.value { ambiguous.insert(key.lowercased()) }
    }

    func fact(_ key: String, _ entity: InventoryEntity) -> Fact {
      guard whole.state == .present else { return whole }
      guard let value = values[key.lowercased()], !value.isNull else { return .absent(sources: whole.source) }
      return fact(key, value, entity) { .string($0) }
    }

    /// Of a key that is there.
    func fact(_ key: String, _ value: PlacedJSON, _ entity: InventoryEntity, _ read: (String) -> FactValue) -> Fact {
      let source = entity.document.source(value, entity.path(["extraConfig", key]))
      if ambiguous.contains(key.lowercased()) { return .unreadable("duplicate-key", source) }
      return value.scalar.map { .present(read($0), source) } ?? .unreadable("malformed", source)
    }
  }

  /// An object of key and value, or the API's list of {key, value}; beside config, or in it as the API has it.
  private func settings() -> Settings {
    let way = entity.at(["extraConfig"]) != nil ? ["extraConfig"] : ["config", "extraConfig"]
    let whole = entity.fact(at: way) { $0.isObject || $0.isArray ? Optional.some(FactValue.null) : Optional.none }
    guard let found = entity.at(way), whole.state == .present else { return Settings(whole: whole) }
    var settings = Settings(whole: whole)
    for (key, value) in found.members ?? [] { settings.add(key, value) }
    for option in found.elements ?? [] {
      // What has no key might be the setting that is looked for.
      guard let key = (option["key"] ?? option["Key"])?.text, let value = option["value"] ?? option["Value"] else {
        return Settings(whole: .unreadable("malformed", entity.document.source(option, entity.path(way))))
      }
      settings.add(key, value)
    }
    return settings
  }

  private func filters(_ settings: Settings) -> Fact {
    guard settings.whole.state == .present else { return settings.whole }
    var list = MachineList()
    for (key, value) in settings.values.sorted(by: { $0.key < $1.key }) where MachineNames.isFilter(key) {
      guard let name = value.scalar, !name.isEmpty else { continue }
      list.add(
        ["device": .string(String(key.dropLast(5))), "name": .string(name)],
        entity.document.source(value, entity.path(["extraConfig", key])))
    }
    return list.sources.isEmpty ? .absent(sources: settings.whole.source) : .present(.array(list.values), sources: list.sources)
  }

  /// Keys that the API listed more than once, or that stand so in the document.
  private func duplicates(_ settings: Settings) -> Fact {
    guard settings.repeated.isEmpty else {
      let keys = settings.repeated.sorted { $0.key < $1.key }
      return .present(
        .array(keys.map { ["key": .string($0.value), "lines": [], "differs": .bool(settings.ambiguous.contains($0.key))] }),
        sources: settings.whole.source)
    }
    let found = entity.list("duplicateExtraConfig") { key in key.text.map { ["key": .string($0), "lines": []] } }
    if case .array(let keys)? = found.value, keys.isEmpty { return .absent(sources: found.source) }
    return found
  }

  // MARK: - Devices

  private func deviceFacts() -> [String: Fact] {
    [
      "nics": list { type, device in
        Self.adapters[type].map { model in
          [
            "model": .string(model), "given": true,
            "startConnected": .bool(device.at(["connectable", "startConnected"])?.switchState ?? true),
          ]
        }
      },
      "disks": list { type, device in
        type == "VirtualDisk"
          ? ["mode": .string((device.at(["backing", "diskMode"])?.text ?? "persistent").lowercased()), "given": true] : nil
      },
      "floppies": list { type, _ in type == "VirtualFloppy" ? [:] : nil },
      "cdroms": list { type, device in
        guard type == "VirtualCdrom" else { return nil }
        let connectable = device["connectable"]
        let isConnected = connectable?["connected"]?.switchState == true || connectable?["startConnected"]?.switchState == true
        return ["connected": .bool(isConnected), "given": true, "backing": .string(device.at(["backing", "_type"])?.text ?? "")]
      },
      "serialPorts": list { type, device in
        type == "VirtualSerialPort" ? ["backing": .string(device.at(["backing", "_type"])?.text ?? "")] : nil
      },
      "parallelPorts": list { type, device in
        type == "VirtualParallelPort" ? ["backing": .string(device.at(["backing", "_type"])?.text ?? "")] : nil
      },
      "usbControllers": list { type, _ in
        switch type {
        case "VirtualUSBController": ["type": "EHCI"]
        case "VirtualUSBXHCIController": ["type": "xHCI"]
        default: nil
        }
      },
      "sounds": list { type, _ in
        ["VirtualHdAudioCard", "VirtualEnsoniq1371", "VirtualSoundBlaster16"].contains(type)
          ? ["model": .string(String(type.dropFirst(7)))] : nil
      },
      "sataControllers": sataControllers(),
      "passthrough": list { type, device in
        guard type == "VirtualPCIPassthrough" || type == "VirtualSriovEthernetCard" else { return nil }
        let backing = device.at(["backing", "_type"])?.text ?? ""
        let kind = type == "VirtualSriovEthernetCard" ? "sriov" : backing.contains("Vmiop") ? "vgpu" : "pci"
        return ["kind": .string(kind), "id": device.at(["backing", "id"])?.text.map { .string($0) }]
      },
      "vtpm": list { type, _ in type == "VirtualTPM" ? [:] : nil },
      "vmci": list { type, _ in type == "VirtualMachineVMCIDevice" ? ["present": true] : nil },
    ]
  }

  private static let adapters = [
    "VirtualE1000": "e1000", "VirtualE1000e": "e1000e", "VirtualPCNet32": "vlance", "VirtualVmxnet": "vmxnet", "VirtualVmxnet2": "vmxnet2",
    "VirtualVmxnet3": "vmxnet3", "VirtualVmxnet3Vrdma": "vmxnet3vrdma", "VirtualSriovEthernetCard": "sriov",
  ]

  private func sataControllers() -> Fact {
    let used = Set(devices.filter { $0["_type"]?.text == "VirtualDisk" }.compactMap { $0["controllerKey"]?.integer })
    return list { type, device in
      type == "VirtualAHCIController" ? ["hasDisk": .bool(device["key"]?.integer.map { used.contains($0) } ?? false)] : nil
    }
  }

  /// The list fact of devices that `members` gives something for. Absent where the devices were read and none is of the kind.
  private func list(_ members: (_ type: String, _ device: PlacedJSON) -> KeyValuePairs<String, FactValue?>?) -> Fact {
    guard allDevices.state == .present else { return allDevices }
    var list = MachineList()
    for device in devices {
      guard let type = device["_type"]?.text, let rest = members(type, device) else { continue }
      let label = device.at(["deviceInfo", "label"])?.text ?? "\(type) \(device["key"]?.integer ?? 0)"
      list.add(device: label, rest, entity.document.source(device, entity.path(Self.devicePath)))
    }
    return list.sources.isEmpty ? .absent(sources: allDevices.source) : .present(.array(list.values), sources: list.sources)
  }

  // MARK: - The guest

  /// What the API says of VMware Tools and of what the guest stands on. Its tools.conf is known to the guest alone.
  func guestFacts(machine: [String: Fact]) -> [String: Fact] {
    var facts = GuestToolsCollector.all(as: .notCollected("not-given", entity.document.source(missing: entity.path(["guest"]))))
    facts["secureBoot"] = machine["secureBoot"]
    facts["hardwareVersion"] = machine["hardwareVersion"]
    facts["tools.version"] = entity.fact("guest", "toolsVersion") { $0.scalar.map { .string(Self.version($0)) } }
    facts["tools.versionStatus"] = entity.fact("guest", "toolsVersionStatus2") { $0.text.map { .string($0) } }
    return facts
  }

  /// The API's number is major * 1024 + minor * 32 + revision: 12389 is 12.3.5. Another text stays as it is.
  static func version(_ text: String) -> String {
    guard let number = Int(text), number > 0 else { return text }
    return "\(number / 1024).\(number % 1024 / 32).\(number % 32)"
  }
}
