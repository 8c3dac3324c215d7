internal import Domain

/// Addresses of devices of the host, in the form that the host's own tools print.
enum HostAddress {
  /// "0000:06:02.0" of an element with domain, bus, slot and function.
  static func pci(_ address: XMLElement) -> String {
    func part(_ name: String, _ digits: Int) -> String {
      let text = String(number(address[name]) ?? 0, radix: 16)
      return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
    return part("domain", 4) + ":" + part("bus", 2) + ":" + part("slot", 2) + "." + part("function", 1)
  }

  /// A number as libvirt reads it: decimal, 0x hexadecimal or 0 octal.
  static func number(_ text: String?) -> UInt64? {
    guard let text, !text.isEmpty else { return nil }
    if text.hasPrefix("0x") || text.hasPrefix("0X") { return UInt64(text.dropFirst(2), radix: 16) }
    if text.hasPrefix("0"), text.utf8.count > 1 { return UInt64(text.dropFirst(), radix: 8) }
    return UInt64(text)
  }

  /// "0951:1625", or "14.6" (bus and device) where the device is named by its place.
  static func usb(_ source: XMLElement) -> String? {
    if let vendor = number(source.first("vendor")?["id"]), let product = number(source.first("product")?["id"]) {
      return four(vendor) + ":" + four(product)
    }
    guard let address = source.first("address"), let bus = address["bus"], let device = address["device"] else { return nil }
    return bus + "." + device
  }

  private static func four(_ number: UInt64) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: max(0, 4 - text.utf8.count)) + text
  }
}

/// DomainDevices of the host that the guest gets whole.
extension DomainFacts {
  mutating func readHostDevices(_ devices: DomainDevices) {
    var entries: [Entry] = []
    for (index, device) in devices["hostdev"].enumerated() {
      let type = device.attribute("type")
      let source = device.first("source")
      entries.append(
        Entry(
          value: hostDevice(
            device.alias("hostdev", index), type?.value ?? "", source.flatMap { Self.address($0, type?.value) }, via: "hostdev",
            managed: device["managed"]), source: at(device, type)))
    }
    for (index, interface) in devices["interface"].enumerated() {
      // SR-IOV functions: an interface of type hostdev, or a network that gave one to the running guest.
      let actual = interface.first("actual")
      let owner = actual ?? interface
      guard let type = owner.attribute("type"), type.value == "hostdev" else { continue }
      let address = owner.first("source", "address")
      let kind = address?["type"] ?? "pci"
      entries.append(
        Entry(
          value: hostDevice(
            interface.alias("net", index), kind,
            address.map { kind == "usb" ? ($0["bus"] ?? "") + "." + ($0["device"] ?? "") : HostAddress.pci($0) },
            via: "interface", managed: owner["managed"]), source: at(type)))
    }
    set("hostdevs", entries)
  }

  private func hostDevice(_ device: String, _ type: String, _ address: String?, via: String, managed: String?) -> FactValue {
    .object([
      "device": .string(device), "type": .string(type), "address": address.map { .string($0) }, "via": .string(via),
      "managed": managed.map { .bool($0 == "yes") },
    ])
  }

  private static func address(_ source: XMLElement, _ type: String?) -> String? {
    switch type {
    case "pci": return source.first("address").map(HostAddress.pci)
    case "usb": return HostAddress.usb(source)
    case "mdev": return source.first("address")?["uuid"]?.lowercased()
    case "scsi":
      if let name = source["protocol"] { return name + ":" + (source["name"] ?? "") }
      guard let address = source.first("address") else { return nil }
      return [source.first("adapter")?["name"] ?? "", address["bus"] ?? "0", address["target"] ?? "0", address["unit"] ?? "0"]
        .joined(separator: ":")
    case "scsi_host": return source["wwpn"]
    case "storage": return source.text("block")
    case "misc": return source.text("char")
    case "net": return source.text("interface")
    default: return nil
    }
  }
}
