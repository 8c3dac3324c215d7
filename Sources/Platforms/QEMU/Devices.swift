internal import Domain

/// Devices that a command line gives to its guest.
struct Devices {
  private let arguments: Arguments
  /// Every device, those that shorter options create among them.
  let all: [Arguments.Device]

  init(_ arguments: Arguments) {
    self.arguments = arguments
    var all = arguments.devices
    for option in arguments.options.all {
      func add(_ driver: String) {
        all.append(Arguments.Device(driver: driver, values: OptionValues(pairs: []), option: "-" + option.name, source: option.source))
      }
      switch option.name {
      case "vga": if option.text != "none" { add(DeviceModels.device(ofVGA: option.text)) }
      case "net", "nic":
        let values = OptionValues(option.text, implied: "type")
        if let model = values["model"], option.name == "nic" || values["type"] == "nic" {
          add(model == "virtio" ? "virtio-net-pci" : model)
        }
      case "soundhw": option.text.split(separator: ",").forEach { add($0 == "sb16" ? "sb16" : String($0)) }
      case "audio":
        if let model = OptionValues(option.text, implied: "driver")["model"] { add(model) }
      case "fda", "fdb": add("floppy")
      case "drive": if OptionValues(option.text, implied: "file")["if"] == "floppy" { add("floppy") }
      case "debugcon": add("isa-debugcon")
      case "watchdog": add(option.text)
      default: break
      }
    }
    if let drive = arguments.global("isa-fdc", "driveA") ?? arguments.global("isa-fdc", "driveB") {
      all.append(Arguments.Device(driver: "isa-fdc", values: OptionValues(pairs: []), option: "-global", source: drive.source))
    }
    self.all = all
  }

  private var place: FactSource { arguments.line.source }

  /// argv.devices
  var facts: Fact {
    var list = FactList()
    for device in all {
      list.append(members(device.id, [.init("driver", .string(device.driver)), .init("option", .string(device.option))]), device.source)
    }
    return list.fact(emptyAt: place)
  }

  /// argv.shmem: regions of memory shared with other guests or processes.
  var sharedMemory: Fact {
    var list = FactList()
    for device in all where device.driver == "ivshmem" || device.driver.hasPrefix("ivshmem-") {
      list.append(members(device.id, [.init("model", .string(device.driver))]), device.source)
    }
    return list.fact(emptyAt: place)
  }

  /// argv.vhostUser: parts of the guest's devices that run in other processes and need its memory.
  var vhostUser: Fact {
    var list = FactList()
    for device in all where DeviceModels.isVhostUser(device.driver) {
      list.append(members(device.id, [.init("driver", .string(device.driver))]), device.source)
    }
    for (backend, source) in networkBackends where backend["type"] == "vhost-user" {
      list.append(members(backend["id"], [.init("driver", "vhost-user")]), source)
    }
    for object in arguments.objects where DeviceModels.isVhostUser(object.type) || object.type == "cryptodev-vhost-user" {
      list.append(members(object.values["id"], [.init("driver", .string(object.type))]), object.source)
    }
    return list.fact(emptyAt: place)
  }

  // MARK: - Network

  private var networkBackends: [(values: OptionValues, source: FactSource)] {
    arguments.options.named("netdev", "net", "nic").map { (OptionValues($0.text, implied: "type"), $0.source) }
  }

  /// argv.nics
  var networkCards: Fact {
    var list = FactList()
    let backends = networkBackends
    // A model that no table knows is a network card when it names a network.
    for device in all where device.option == "-device" && (device.values["netdev"] != nil || DeviceModels.isNetworkCard(device.driver)) {
      let backend = device.values["netdev"].flatMap { id in backends.last { $0.values["id"] == id }?.values }
      let type = backend.flatMap(Self.type(ofBackend:)) ?? "none"
      append(type, mac: device.values["mac"], driver: device.driver, id: device.id, device.source, to: &list)
    }
    for option in arguments.options.named("net", "nic") {
      let values = OptionValues(option.text, implied: "type")
      guard let type = values["type"], type != "none", option.name == "nic" || type == "nic" else { continue }
      append(
        type == "nic" ? "vlan" : Self.type(ofBackend: values) ?? type, mac: values.first("mac", "macaddr"), driver: values["model"],
        id: values["id"],
        option.source, to: &list)
    }
    return list.fact(emptyAt: place)
  }

  private func append(_ type: String, mac: String?, driver: String?, id: String?, _ source: FactSource, to list: inout FactList) {
    var found: [FactValue.Member] = [.init("type", .string(type))]
    if let mac { found.append(.init("mac", .string(mac))) }
    if let driver { found.append(.init("model", .string(DeviceModels.networkModel(driver)))) }
    list.append(members(id, found), source)
  }

  /// libvirt's word where it has one; a tap serves its types network, bridge, ethernet and direct alike.
  private static func type(ofBackend values: OptionValues) -> String? {
    switch values["type"] {
    case "vhost-user": "vhostuser"
    case "vhost-vdpa": "vdpa"
    case "socket":
      values["listen"] != nil
        ? "server" : values["connect"] != nil ? "client" : values["mcast"] != nil ? "mcast" : values["udp"] != nil ? "udp" : "socket"
    case let type: type
    }
  }

  // MARK: - Video, TPM

  /// argv.video
  var video: Fact {
    var list = FactList()
    for device in all where device.option == "-device" {
      guard let model = DeviceModels.videoModel(device.driver) else { continue }
      list.append(members(device.id, [.init("model", .string(model))]), device.source)
    }
    for option in arguments.options.named("vga") {
      list.append([.init("model", .string(DeviceModels.videoModel(option.text) ?? option.text))], option.source)
    }
    return list.fact(emptyAt: place)
  }

  /// argv.tpm
  var tpm: Fact {
    var list = FactList()
    let backends = arguments.options.named("tpmdev").map { OptionValues($0.text, implied: "type") }
    for device in all where device.driver.hasPrefix("tpm-") || device.driver == "spapr-tpm-proxy" {
      let backend = device.values["tpmdev"].flatMap { id in backends.last { $0["id"] == id }?["type"] }
      list.append(
        members(
          device.id,
          [
            .init("model", .string(DeviceModels.tpmModel(device.driver))),
            .init("backend", .string(backend ?? (device.driver == "spapr-tpm-proxy" ? "passthrough" : "none"))),
          ]), device.source)
    }
    return list.fact(emptyAt: place)
  }

  // MARK: - Host devices

  /// argv.hostdevs
  func hostDevices(_ storage: Storage) -> Fact {
    var list = FactList()
    for device in all {
      guard let (type, address) = hostDevice(device, storage) else { continue }
      var found: [FactValue.Member] = [.init("type", .string(type))]
      if let address { found.append(.init("address", .string(address))) }
      list.append(members(device.id, found), device.source)
    }
    for option in arguments.options.named("usbdevice") where option.text.hasPrefix("host:") {
      list.append([.init("type", "usb"), .init("address", .string(String(option.text.dropFirst(5))))], option.source)
    }
    return list.fact(emptyAt: place)
  }

  private func hostDevice(_ device: Arguments.Device, _ storage: Storage) -> (type: String, address: String?)? {
    let values = device.values
    switch device.driver {
    case "vfio-pci", "vfio-pci-nohotplug", "pci-assign", "kvm-pci-assign", "xen-pci-passthrough":
      if let path = values["sysfsdev"] {
        let name = CommandLine.baseName(path)
        return path.contains("/mdev") || name.utf8.count == 36 ? ("mdev", name.lowercased()) : ("pci", name)
      }
      return ("pci", values.first("host", "hostaddr").map(Self.fullPCIAddress))
    case "vfio-ccw", "vfio-ap":
      return ("mdev", values["sysfsdev"].map { CommandLine.baseName($0).lowercased() })
    case "vfio-platform", "vfio-amd-xgbe": return ("platform", values.first("host", "sysfsdev"))
    case "usb-host":
      if let vendor = values["vendorid"], let product = values["productid"] {
        return ("usb", Self.hexadecimal(vendor) + ":" + Self.hexadecimal(product))
      }
      if let path = values["hostdevice"] {
        let parts = path.split(separator: "/").suffix(2).compactMap { Int($0) }
        return ("usb", parts.count == 2 ? "\(parts[0]).\(parts[1])" : path)
      }
      if let bus = values["hostbus"], let address = values.first("hostaddr", "hostport") { return ("usb", "\(bus).\(address)") }
      return ("usb", nil)
    case "scsi-generic":
      // A node of the host's SCSI driver (/dev/sgN) says nothing of the address behind it.
      return ("scsi", device.values["drive"].flatMap(storage.networkPath(of:)))
    default:
      guard DeviceModels.withoutBus(device.driver).hasPrefix("vhost-scsi") else { return nil }
      return ("scsi_host", values["wwpn"])
    }
  }

  /// With the domain that a short address leaves out.
  private static func fullPCIAddress(_ address: String) -> String {
    address.utf8.filter { $0 == UInt8(ascii: ":") }.count == 1 ? "0000:" + address : address
  }

  /// Four lower-case digits of a number written with or without 0x.
  private static func hexadecimal(_ text: String) -> String {
    let digits = text.lowercased().hasPrefix("0x") ? String(text.dropFirst(2)) : text
    return String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits.lowercased()
  }

  // MARK: - Character devices

  /// argv.chardevs: far ends of serial ports, consoles, channels and the like. Monitors have a fact of their own.
  var characterDevices: Fact {
    var list = FactList()
    func append(_ device: CharacterDevice, use: String, id: String?, _ source: FactSource) {
      list.append(members(id, [.init("use", .string(use))] + device.members), source)
    }
    for device in all where device.option == "-device" {
      guard let use = DeviceModels.use(ofCharacterDevice: device.driver), let id = device.values["chardev"] else { continue }
      let end = arguments.chardevs[id]
      append(
        end ?? CharacterDevice(type: "unresolved", address: id, source: device.source), use: use, id: device.id,
        end?.source ?? device.source)
    }
    for object in arguments.objects {
      guard let use = DeviceModels.use(ofCharacterDevice: object.type), let id = object.values["chardev"] else { continue }
      let end = arguments.chardevs[id]
      append(
        end ?? CharacterDevice(type: "unresolved", address: id, source: object.source), use: use, id: object.values["id"],
        end?.source ?? object.source)
    }
    for option in arguments.options.named("serial", "parallel", "virtioconsole", "debugcon") {
      let text = option.text.hasPrefix("mon:") ? String(option.text.dropFirst(4)) : option.text
      let end = CharacterDevice(compat: text, among: arguments.chardevs, source: option.source)
      guard end.type != "none" else { continue }
      append(end, use: option.name == "parallel" ? "parallel" : option.name == "virtioconsole" ? "console" : "serial", id: nil, end.source)
    }
    return list.fact(emptyAt: place)
  }

  private func members(_ id: String?, _ rest: [FactValue.Member]) -> [FactValue.Member] {
    id.map { [.init("device", .string($0))] + rest } ?? rest
  }
}
