internal import Domain

/// Disks, floppies and whatever carries raw SCSI commands.
extension DomainFacts {
  mutating func readDisks(_ devices: DomainDevices) {
    var disks: [Entry] = []
    var floppies: [Entry] = []
    var scsi: [Entry] = []
    var shared: [Entry] = []
    var errors: [Entry] = []
    var encryption: [Entry] = []
    for (index, disk) in devices["disk"].enumerated() {
      let target = disk.first("target")?["dev"] ?? "disk\(index)"
      let name = FactValue.Member("device", text: target)
      let device = disk.attribute("device")
      let kind = device?.value ?? "disk"
      let source = Self.source(of: disk)
      let driver = disk.first("driver")
      disks.append(entry(disk, target: target, kind: kind, source: source, driver: driver))
      if kind == "floppy" { floppies.append(Entry(value: .object([name, .init("kind", text: "disk")]), source: at(disk, device))) }
      let raw =
        kind == "lun"
        ? ("lun", device)
        : disk["rawio"] == "yes"
          ? ("rawio", disk.attribute("rawio")) : disk["sgio"] == "unfiltered" ? ("sgio", disk.attribute("sgio")) : nil
      if let raw { scsi.append(Entry(value: .object([name, .init("how", text: raw.0)]), source: at(disk, raw.1))) }
      if let shareable = disk.first("shareable") { shared.append(Entry(value: .object([name]), source: at(shareable))) }
      for which in ["error_policy", "rerror_policy"] {
        guard let policy = driver?.attribute(which) else { continue }
        errors.append(
          Entry(value: .object([name, .init("policy", text: policy.value), .init("which", text: which)]), source: at(policy)))
      }
      if source != nil, kind == "disk" || kind == "lun", disk.first("readonly") == nil {
        let element = disk.first("encryption") ?? disk.first("source", "encryption")
        encryption.append(
          Entry(
            value: .object(["device": .string(target), "format": element?["format"].map { .string($0) }]),
            source: element.map { at($0, $0.attribute("format")) } ?? at(disk)))
      }
    }
    for (index, controller) in devices["controller"].enumerated() where controller["type"] == "fdc" {
      floppies.append(
        Entry(
          value: .object([
            .init("device", text: controller.alias("fdc", Int(controller["index"] ?? "") ?? index)), .init("kind", text: "controller"),
          ]),
          source: at(controller, controller.attribute("type"))))
    }
    for (index, device) in devices["hostdev"].enumerated() {
      let name = FactValue.Member("device", text: device.alias("hostdev", index))
      if device["type"] == "scsi" {
        scsi.append(Entry(value: .object([name, .init("how", text: "hostdev")]), source: at(device, device.attribute("type"))))
      }
      if let shareable = device.first("shareable") { shared.append(Entry(value: .object([name]), source: at(shareable))) }
    }
    set("disks", disks)
    set("floppies", floppies)
    set("scsi", scsi)
    set("disks.shared", shared)
    set("disks.errors", errors)
    set("disks.encryption", encryption)
  }

  private func entry(_ disk: XMLElement, target: String, kind: String, source: String?, driver: XMLElement?) -> Entry {
    let format = driver?.attribute("type")
    let bus = disk.first("target")?["bus"] ?? DomainDefaults.diskBus(target: target, device: kind)
    return Entry(
      value: .object([
        "target": .string(target), "device": .string(kind), "bus": .string(bus), "type": .string(disk["type"] ?? "file"),
        // "aio" is Xen's old word for raw.
        "format": .string(format.map { $0.value == "aio" ? "raw" : $0.value } ?? "raw"),
        "cache": driver?["cache"].map { .string($0) }, "source": source.map { .string($0) },
        "readonly": .bool(disk.first("readonly") != nil || kind == "cdrom"), "given": .bool(format != nil),
      ]), source: at(disk.first("driver") ?? disk, format))
  }

  /// What a disk is backed by, in one text; nil for an empty drive.
  static func source(of disk: XMLElement) -> String? {
    guard let source = disk.first("source") else { return nil }
    func nonEmpty(_ text: String?) -> String? { text?.isEmpty == false ? text : nil }
    switch disk["type"] ?? "file" {
    case "block": return nonEmpty(source["dev"])
    case "dir": return nonEmpty(source["dir"])
    case "volume": return source["volume"].map { (source["pool"] ?? "") + "/" + $0 }
    case "network":
      let name = source["name"] ?? ""
      return source["protocol"].map { $0 + ":" + name }
    case "nvme": return "nvme:" + (source.first("address").map(HostAddress.pci) ?? "") + "/" + (source["namespace"] ?? "1")
    case "vhostuser": return nonEmpty(source["path"])
    case "vhostvdpa": return nonEmpty(source["dev"])
    default: return nonEmpty(source["file"])
    }
  }
}
