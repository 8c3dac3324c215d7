/// QEMU's device models by what they are to a guest, and libvirt's words for them.
enum DeviceModels {
  /// The model without its bus: virtio-net-pci, virtio-net-ccw and virtio-net-device are one.
  /// A transitional or non-transitional form keeps that suffix.
  static func withoutBus(_ driver: String) -> String {
    var name = driver
    var suffix = ""
    for ending in ["-non-transitional", "-transitional"] where name.hasSuffix(ending) {
      suffix = ending
      name.removeLast(ending.utf8.count)
    }
    for ending in ["-pci", "-ccw", "-device"] where name.hasSuffix(ending) { name.removeLast(ending.utf8.count) }
    return name + suffix
  }

  // MARK: - Network

  private static let networkCards: Set<String> = [
    "e1000", "e1000-82540em", "e1000-82544gc", "e1000-82545em", "e1000e", "i82550", "i82551", "i82557a", "i82557b", "i82557c", "i82558a",
    "i82558b",
    "i82559a", "i82559b", "i82559c", "i82559er", "i82562", "i82801", "igb", "lan9118", "lance", "ne2k_isa", "ne2k_pci", "netfront", "pcnet",
    "rocker",
    "rtl8139", "smc91c111", "spapr-vlan", "sunhme", "sungem", "tulip", "usb-net", "virtio-net", "virtio-net-transitional",
    "virtio-net-non-transitional", "vmxnet3", "xen-net-device",
  ]

  static func isNetworkCard(_ driver: String) -> Bool { networkCards.contains(driver) || networkCards.contains(withoutBus(driver)) }

  static func networkModel(_ driver: String) -> String {
    let name = withoutBus(driver).lowercased()
    return name.hasPrefix("virtio-net") ? "virtio" + name.dropFirst(10) : name
  }

  // MARK: - Video

  private static let video: [String: String] = [
    "VGA": "vga", "secondary-vga": "vga", "isa-vga": "vga", "std": "vga", "cirrus-vga": "cirrus", "isa-cirrus-vga": "cirrus",
    "cirrus": "cirrus", "qxl": "qxl",
    "qxl-vga": "qxl", "vmware-svga": "vmvga", "vmware": "vmvga", "bochs-display": "bochs", "ramfb": "ramfb", "virtio-gpu": "virtio",
    "virtio-gpu-gl": "virtio", "virtio-vga": "virtio", "virtio-vga-gl": "virtio", "vhost-user-gpu": "virtio", "vhost-user-vga": "virtio",
    "virtio": "virtio",
    "ati-vga": "ati-vga", "sm501": "sm501", "xenfb": "xen", "tcx": "tcx", "cg3": "cg3", "none": "none", "virtio-gpu-rutabaga": "virtio",
    "virtio-vga-rutabaga": "virtio",
  ]

  static func videoModel(_ driver: String) -> String? { video[driver] ?? video[withoutBus(driver)] }

  /// The device that `-vga NAME` creates.
  static func device(ofVGA name: String) -> String {
    switch name {
    case "cirrus": "cirrus-vga"
    case "vmware": "vmware-svga"
    case "std": "VGA"
    case "qxl": "qxl-vga"
    case "virtio": "virtio-vga"
    default: name
    }
  }

  // MARK: - Others

  private static let tpm = ["tpm-tis-device": "tpm-tis", "tpm-tis-i2c": "tpm-tis-i2c"]

  static func tpmModel(_ driver: String) -> String { tpm[driver] ?? driver }

  /// What a character device is for, by the device that uses it.
  static func use(ofCharacterDevice driver: String) -> String? {
    switch driver {
    case "isa-serial", "pci-serial", "pci-serial-2x", "pci-serial-4x", "usb-serial", "spapr-vty", "isa-debugcon": "serial"
    case "isa-parallel": "parallel"
    case "virtconsole", "sclpconsole", "sclplmconsole": "console"
    case "virtserialport": "channel"
    case "ccid-card-passthru": "smartcard"
    case "usb-redir": "redirdev"
    case "rng-egd": "rng"
    default: nil
    }
  }

  /// Devices that take a drive, and what they are to the guest: disk, cdrom, floppy or lun, and the bus.
  static func disk(_ driver: String) -> (device: String, bus: String)? {
    switch driver {
    case "ide-hd", "ide-drive": ("disk", "ide")
    case "ide-cd": ("cdrom", "ide")
    case "scsi-hd", "scsi-disk": ("disk", "scsi")
    case "scsi-cd": ("cdrom", "scsi")
    case "scsi-block": ("lun", "scsi")
    case "usb-storage": ("disk", "usb")
    case "floppy": ("floppy", "fdc")
    case "nvme", "nvme-ns": ("disk", "nvme")
    case "sd-card": ("disk", "sd")
    case "xen-disk": ("disk", "xen")
    default:
      [
        "virtio-blk", "virtio-blk-transitional", "virtio-blk-non-transitional", "vhost-user-blk", "vhost-user-blk-transitional",
        "vhost-user-blk-non-transitional",
      ].contains(
        withoutBus(driver)) ? ("disk", "virtio") : nil
    }
  }

  /// Devices whose back end is another process that maps the guest's memory.
  static func isVhostUser(_ driver: String) -> Bool {
    driver.hasPrefix("vhost-user-") || driver == "x-vfio-user-server" || driver == "x-remote-object"
  }
}
