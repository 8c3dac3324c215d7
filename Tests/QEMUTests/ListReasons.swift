import Domain

/// Why an element of the XML looks different on the command line, or stands on one side alone.
enum ListReasons {
  /// nil for a difference that nobody explained.
  static func reason(_ fact: String, _ xml: FactValue?, _ argv: FactValue?, among all: [FactValue]) -> String? {
    switch fact {
    case "graphics": graphics(xml, argv)
    case "nics": networkCard(xml, argv)
    case "video": xml?["model"] == "none" && argv == nil ? "no video device is written as no argument" : nil
    case "tpm":
      xml?["backend"] == "external" && argv?["backend"] == "emulator"
        ? "an emulator that somebody else started is an emulator to QEMU" : nil
    case "chardevs": characterDevice(xml, argv)
    case "hostdevs": hostDevice(xml, argv)
    case "disks": disk(xml, argv)
    default: nil
    }
  }

  private static func graphics(_ xml: FactValue?, _ argv: FactValue?) -> String? {
    guard let xml, let argv, xml["type"] == argv["type"] else { return nil }
    if argv["kind"] == "none", xml["type"] == "spice" { return "no port is allocated in a test, so SPICE opens none" }
    if argv["kind"] == "socket" {
      return xml["type"] == "dbus"
        ? "the bus has an address without listening" : "libvirt chooses the path of the socket, or qemu.conf asks for one"
    }
    if xml["kind"] == "socket", xml["path"]?.text?.contains("/domain-") == true {
      return "a path that libvirt made up in an earlier run is dropped"
    }
    if xml["kind"] == "network" { return "libvirt looks up the network's address" }
    if xml["address"] == argv["address"], xml["port"] == nil || xml["tlsPort"] == nil { return "libvirt allocates the port" }
    return nil
  }

  private static func networkCard(_ xml: FactValue?, _ argv: FactValue?) -> String? {
    guard let xml else { return nil }
    guard let argv else { return xml["type"] == "hostdev" ? "a network function of the host is a host device to QEMU" : nil }
    guard xml["mac"] == argv["mac"] else { return nil }
    if xml["model"] != argv["model"] { return xml["given"] == false ? "libvirt fills in another model for this type" : nil }
    if argv["type"] == "tap" { return "a tap serves types network, bridge, ethernet and direct alike" }
    return nil
  }

  private static func characterDevice(_ xml: FactValue?, _ argv: FactValue?) -> String? {
    guard let xml else { return nil }
    guard let argv else { return xml["use"] == "channel" ? "a forwarded channel belongs to the network's back end" : nil }
    if xml["type"] == "unix", argv["type"] == "fd", xml["use"] == argv["use"] { return "libvirt opens the socket and hands it over" }
    if argv["address"]?.text?.hasPrefix("/dev/fdset/") == true, xml["type"] == argv["type"] {
      return "libvirt opens the file and hands it over"
    }
    if xml["use"] == "serial", argv["use"] == "console", xml["type"] == argv["type"] {
      return "a serial device of s390 is a console to QEMU"
    }
    if xml["type"] == argv["type"], xml["address"] == argv["address"], argv["tls"] == true {
      return "qemu.conf asks for TLS on character devices"
    }
    return nil
  }

  private static func hostDevice(_ xml: FactValue?, _ argv: FactValue?) -> String? {
    guard let xml else { return nil }
    guard let argv else {
      return xml["type"] == "pci" ? "a device that is not assigned to the guest is only detached from its driver" : nil
    }
    return xml["type"] == "scsi" && argv["type"] == "scsi" && argv["address"] == nil
      ? "a node of the SCSI driver does not name its address" : nil
  }

  private static func disk(_ xml: FactValue?, _ argv: FactValue?) -> String? {
    guard let xml else { return argv?["bus"] == "default" || argv?["source"] == nil ? "an argument handed past libvirt" : nil }
    guard let argv else { return "libvirt attaches the disk after the start" }
    if xml["type"] == "volume" { return "libvirt looks up what the volume is" }
    if xml["device"] != argv["device"] { return "the device model does not say that the medium is a CD-ROM or a logical unit" }
    if xml["type"] == "dir" { return "a folder shown as a file system is raw to QEMU" }
    if argv["format"] == "luks" { return "an encrypted raw image has the format luks to QEMU" }
    if xml["cache"] == nil, argv["cache"] == "none" { return "libvirt switches the cache of a shared disk off" }
    if xml["type"] == argv["type"], argv["type"] == "network" { return "libvirt splits the name into server, path and query" }
    if xml["source"] == nil, argv["source"] == nil { return "an empty drive has no cache" }
    return nil
  }
}
