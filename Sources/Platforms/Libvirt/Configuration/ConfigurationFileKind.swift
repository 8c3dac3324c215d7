/// What kind of libvirt configuration a file is, by its name and, where that says nothing, by the settings it holds.
public enum ConfigurationFileKind: Sendable, Hashable {
  /// libvirtd.conf or the file of a modular daemon.
  case daemon(name: String)
  /// qemu.conf.
  case driver
  /// A file of libvirt that no control judges; the text says which.
  case other(String)

  private static let others = [
    "libvirt.conf": "settings of libvirt's clients", "libvirt-admin.conf": "settings of libvirt's administration client",
    "virtlogd.conf": "settings of virtlogd", "virtlockd.conf": "settings of virtlockd", "lxc.conf": "settings of libvirt's LXC driver",
    "libxl.conf": "settings of libvirt's Xen driver", "bhyve.conf": "settings of libvirt's bhyve driver",
    "network.conf": "settings of libvirt's network driver", "qemu-lockd.conf": "settings of libvirt's lock manager",
    "qemu-sanlock.conf": "settings of libvirt's lock manager", "libxl-lockd.conf": "settings of libvirt's lock manager",
    "libxl-sanlock.conf": "settings of libvirt's lock manager",
  ]

  /// nil where neither name nor content is that of libvirt's configuration. Bounded by one pass over the first MiB.
  public static func recognise(_ bytes: [UInt8], path: String) -> ConfigurationFileKind? {
    let name = path.split(separator: "/").last.map { $0.lowercased() } ?? ""
    if let what = others[name] { return .other(what) }
    if name == "qemu.conf" { return .driver }
    for daemon in LibvirtDaemon.all where name == daemon.name + ".conf" { return .daemon(name: daemon.name) }
    let counts = settings(in: bytes.prefix(1 << 20))
    let hint = LibvirtDaemon.all.first { name.contains($0.name) }
    if counts.daemon > counts.driver { return .daemon(name: hint?.name ?? "libvirtd") }
    if counts.driver > counts.daemon { return .driver }
    // An empty file, or one of settings that libvirt does not know, is what its name says.
    if let hint { return .daemon(name: hint.name) }
    return name.contains("qemu") && name.contains(".conf") ? .driver : nil
  }

  /// How many lines set, or show in a comment, a setting that only the one or only the other reads.
  private static func settings(in bytes: ArraySlice<UInt8>) -> (daemon: Int, driver: Int) {
    var daemon = 0
    var driver = 0
    for line in bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
      var rest = line.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x23 }
      let name = rest.prefix { ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A || $0 >= 0x30 && $0 <= 0x39 || $0 == 0x5F }
      rest = rest.dropFirst(name.count).drop { $0 == 0x20 || $0 == 0x09 }
      guard rest.first == 0x3D, name.count <= 64 else { continue }
      let key = String(decoding: name, as: UTF8.self)
      let isDaemon = ConfigurationKeys.daemon.types[key] != nil
      let isDriver = ConfigurationKeys.driver.types[key] != nil
      if isDaemon && !isDriver { daemon += 1 }
      if isDriver && !isDaemon { driver += 1 }
    }
    return (daemon, driver)
  }
}
