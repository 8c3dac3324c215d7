internal import Domain

/// Disks and firmware images, through the graph of block nodes that `-blockdev` and `-drive` describe.
struct Storage {
  private struct Node {
    let values: OptionValues
    let source: FactSource
  }

  /// What a drive leads to: the image's format and, below it, the storage.
  private struct Image {
    var format: String?
    var type = "file"
    var path: String?
    var cache: String?
    var isReadOnly = false
    var isEmpty = false
  }

  private let arguments: Arguments
  private let nodes: [String: Node]
  private let drives: [(values: OptionValues, option: Option)]

  init(_ arguments: Arguments) {
    self.arguments = arguments
    var nodes: [String: Node] = [:]
    for option in arguments.options.named("blockdev") {
      let values = OptionValues(option.text, implied: "driver")
      if let name = values["node-name"] { nodes[name] = Node(values: values, source: option.source) }
    }
    self.nodes = nodes
    drives = arguments.options.named("drive").map { (OptionValues($0.text, implied: "file"), $0) }
  }

  // MARK: - Disks

  /// argv.disks
  func disks(_ devices: Devices) -> Fact {
    var list = FactList()
    for device in devices.all where device.option == "-device" {
      if device.driver == "isa-fdc" {
        for key in ["driveA", "driveB"] {
          if let drive = device.values[key] { list.append(members(image(drive), "floppy", "fdc", target: key, wce: nil), device.source) }
        }
        continue
      }
      guard let (kind, bus) = DeviceModels.disk(device.driver) else { continue }
      var found = Image()
      if let drive = device.values["drive"] {
        found = image(drive)
      } else if DeviceModels.isVhostUser(device.driver) {
        found.type = "vhostuser"
        found.path = device.values["chardev"].flatMap { arguments.chardevs[$0]?.address }
      } else {
        found.isEmpty = true
      }
      if device.driver == "ide-drive" || device.driver == "scsi-disk", found.isEmpty { continue }
      list.append(members(found, kind, bus, target: device.id, wce: device.values.flag("write-cache")), device.source)
    }
    if let (drive, source) = arguments.global("isa-fdc", "driveA") {
      list.append(members(image(drive), "floppy", "fdc", target: "fda", wce: nil), source)
    }
    if let (drive, source) = arguments.global("isa-fdc", "driveB") {
      list.append(members(image(drive), "floppy", "fdc", target: "fdb", wce: nil), source)
    }
    for (values, option) in drives {
      let interface = values["if"]
      guard interface != "none", interface != "pflash", interface != "mtd" else { continue }
      let kind = values["media"] == "cdrom" ? "cdrom" : interface == "floppy" ? "floppy" : "disk"
      list.append(members(image(values), kind, interface ?? "default", target: values["id"], wce: nil), option.source)
    }
    for option in arguments.options.named("", "hda", "hdb", "hdc", "hdd", "cdrom", "fda", "fdb", "sd") {
      var found = Image()
      found.path = option.text
      let kind = option.name == "cdrom" ? "cdrom" : option.name.hasPrefix("fd") ? "floppy" : "disk"
      list.append(members(found, kind, "default", target: option.name.isEmpty ? nil : option.name, wce: nil), option.source)
    }
    return list.fact(emptyAt: arguments.line.source)
  }

  private func members(_ image: Image, _ kind: String, _ bus: String, target: String?, wce: Bool?) -> [FactValue.Member] {
    var members: [FactValue.Member] = []
    if let target { members.append(.init("target", .string(target))) }
    members += [.init("device", .string(kind)), .init("bus", .string(bus)), .init("type", .string(image.type))]
    if let format = image.format { members.append(.init("format", .string(format))) }
    if let cache = cache(image.cache, wce: wce) { members.append(.init("cache", .string(cache))) }
    if let path = image.path { members.append(.init("source", .string(Secrets.masked(path)))) }
    members.append(.init("readonly", .bool(image.isReadOnly)))
    return members
  }

  /// libvirt splits a cache mode over the node (direct, no-flush) and the device (write-cache).
  private func cache(_ mode: String?, wce: Bool?) -> String? {
    switch (mode, wce) {
    case ("none", false): "directsync"
    case ("writeback", false): "writethrough"
    case (nil, false): nil
    default: mode
    }
  }

  private func image(_ drive: String) -> Image {
    if nodes[drive] != nil { return image(node: drive, depth: 0) }
    if let (values, _) = drives.last(where: { $0.values["id"] == drive }) { return image(values) }
    return Image()
  }

  private func image(_ drive: OptionValues) -> Image {
    var image = Image()
    image.format = drive["format"]
    image.path = drive["file"] ?? drive["file.filename"]
    image.isEmpty = image.path == nil
    image.isReadOnly = drive.first("readonly", "read-only") == "on" || drive["media"] == "cdrom"
    image.cache = drive["cache"]
    if let path = image.path {
      image.type =
        path.hasPrefix("/dev/")
        ? "block" : path.contains("://") || Self.protocols.contains(where: { path.hasPrefix($0 + ":") }) ? "network" : "file"
    }
    return image
  }

  private func image(node name: String, depth: Int) -> Image {
    guard depth < 8, let node = nodes[name] else { return Image() }
    let driver = node.values["driver"] ?? ""
    if let below = node.values["file"], Self.isFormat(driver) || driver == "raw" {
      var image = image(node: below, depth: depth + 1)
      let isFilter = ["copy-on-read", "throttle", "blkdebug"].contains(driver)
      if !isFilter { image.format = driver }
      if let mode = Self.mode(node.values) { image.cache = mode }
      image.isReadOnly = node.values.flag("read-only") ?? image.isReadOnly
      return image
    }
    var image = Image()
    image.cache = Self.mode(node.values)
    image.isReadOnly = node.values.flag("read-only") ?? false
    switch driver {
    case "file":
      image.path = node.values["filename"]
    case "host_device", "host_cdrom":
      image.type = "block"
      image.path = node.values["filename"]
    case "nvme":
      image.type = "nvme"
      image.path = node.values["device"]
    case "vvfat":
      image.type = "dir"
      image.path = node.values["dir"]
    default:
      image.type = "network"
      image.path = "\(driver):\(Self.resource(driver, node.values))"
    }
    return image
  }

  /// What a network driver reads, in libvirt's form: POOL/IMAGE, TARGET/LUN, VOLUME/PATH, the path of a URL.
  private static func resource(_ driver: String, _ values: OptionValues) -> String {
    switch driver {
    case "rbd": return [values["pool"], values["image"]].compactMap { $0 }.joined(separator: "/")
    case "iscsi":
      let unit = values["lun"] ?? "0"
      return (values["target"] ?? "") + (unit == "0" ? "" : "/" + unit)
    case "gluster": return [values["volume"], values["path"]].compactMap { $0 }.joined(separator: "/")
    case "http", "https", "ftp", "ftps":
      guard let url = values["url"], let host = url.firstRange(of: "://"), let path = url[host.upperBound...].firstIndex(of: "/") else {
        return ""
      }
      return String(url[url.index(after: path)...])
    default: return values.first("path", "image", "filename", "export", "vdi", "vdisk-id") ?? ""
    }
  }

  /// The network resource that a drive leads to; nil for a file or device of this host.
  func networkPath(of drive: String) -> String? {
    let found = image(drive)
    return found.type == "network" ? found.path : nil
  }

  private static func mode(_ values: OptionValues) -> String? {
    guard values["cache.direct"] != nil || values["cache.no-flush"] != nil else { return nil }
    if values.flag("cache.no-flush") ?? false { return "unsafe" }
    return values.flag("cache.direct") ?? false ? "none" : "writeback"
  }

  private static let protocols = ["nbd", "rbd", "iscsi", "http", "https", "ftp", "ssh", "gluster", "nfs", "sheepdog", "fat"]

  private static func isFormat(_ driver: String) -> Bool {
    [
      "qcow2", "qcow", "qed", "vmdk", "vdi", "vpc", "vhdx", "luks", "dmg", "bochs", "cloop", "parallels", "copy-on-read", "throttle",
      "blkdebug",
    ].contains(driver)
  }

  // MARK: - Firmware

  /// argv.loader: the code image of the firmware; `secure` says that only code in system management mode may write its variables.
  var loader: Fact {
    let secure = arguments.global("cfi.pflash01", "secure")?.value == "on"
    func fact(_ image: Image, type: String, _ source: FactSource) -> Fact {
      var members: [FactValue.Member] = []
      if let path = image.path { members.append(.init("path", .string(path))) }
      members += [.init("type", .string(type)), .init("readonly", .bool(image.isReadOnly)), .init("secure", .bool(secure))]
      return .present(.object(members), source)
    }
    if let drive = arguments.machine["pflash0"] {
      return fact(image(drive), type: "pflash", nodes[drive]?.source ?? arguments.last("machine")?.source ?? arguments.line.source)
    }
    let flashes = drives.filter { $0.values["if"] == "pflash" }
    if let (values, option) = flashes.first(where: { $0.values["unit"] == "0" }) ?? flashes.first {
      return fact(image(values), type: "pflash", option.source)
    }
    for option in arguments.options.named("pflash") {
      var image = Image()
      image.path = option.text
      return fact(image, type: "pflash", option.source)
    }
    guard let option = arguments.last("bios") else { return .absent(arguments.line.source) }
    var image = Image()
    image.path = option.text
    return fact(image, type: "rom", option.source)
  }
}
