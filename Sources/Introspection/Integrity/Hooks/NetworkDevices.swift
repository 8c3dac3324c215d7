/// Network devices of all namespaces: the functions that see their packets first, and the tables of their drivers.
extension IntegrityReader {
  /// Tables of the devices' operations. A few drivers make them while they run.
  mutating func netDevices() -> [ReachedTable] {
    let devices = NetworkDevices(guest)
    let members = [
      "netdev_ops": "net_device_ops", "ethtool_ops": "ethtool_ops", "header_ops": "header_ops", "rtnl_link_ops": "rtnl_link_ops",
      "l3mdev_ops": "l3mdev_ops", "ndisc_ops": "ndisc_ops",
    ].sorted { $0.key < $1.key }
    let found = devices.all { note($0) }
    return found.flatMap { device in
      members.compactMap { member, structure in
        guest.kernel.offset("net_device", member).flatMap { guest.pointer(device.address &+ $0) }.map {
          ReachedTable(name: "network device \(device.name) \(member)", address: $0, structure: structure, isAllocated: true)
        }
      }
    }
  }
}

/// The list of devices that each network namespace has (net.dev_base_head).
struct NetworkDevices {
  private let guest: Guest
  private static let limit = 1 << 14

  init(_ guest: Guest) { self.guest = guest }

  /// Addresses of `struct net_device` with the names that the devices have.
  func all(_ note: (Inconsistency) -> Void) -> [(address: UInt64, name: String)] {
    let kernel = guest.kernel
    guard let head = guest.symbol("net_namespace_list"), let link = kernel.offset("net", "list"),
      let own = kernel.offset("net", "dev_base_head"),
      let deviceLink = kernel.offset("net_device", "dev_list"), let name = kernel.offset("net_device", "name")
    else { return [] }
    func entries(_ walk: Walk) -> [UInt64] {
      if let fault = walk.inconsistency { note(fault) }
      return walk.entries
    }
    return entries(guest.list(head: head, offset: link, structure: "net_namespace_list", limit: Self.limit)).flatMap { network in
      entries(guest.list(head: network &+ own, offset: deviceLink, structure: "net.dev_base_head", limit: Self.limit)).map {
        ($0, guest.string($0 &+ name, limit: 16) ?? "")
      }
    }
  }
}

extension CallbackSearch {
  /// Hooks of netfilter at one device, for packets that come (ingress) and that go (egress), who sees the packets of this device alone, and the handler
  /// that takes packets from the device for another one (include/linux/netdevice.h).
  mutating func devices() {
    var faults: [Inconsistency] = []
    let devices = NetworkDevices(guest).all { faults.append($0) }
    for fault in faults { note(fault) }
    for device in devices {
      for member in ["nf_hooks_ingress", "nf_hooks_egress"] {
        guard let place = offset("net_device", member), let table = guest.pointer(device.address &+ place) else { continue }
        hookEntries(table, "\(device.name) \(member)")
      }
      for member in ["ptype_all", "ptype_specific"] {
        guard let place = offset("net_device", member), let link = offset("packet_type", "list"),
          let function = offset("packet_type", "func")
        else { continue }
        let list = guest.list(head: device.address &+ place, offset: link, structure: "net_device.\(member)", limit: Self.limit)
        for entry in entries(list) { add(.packet, "\(device.name) \(member)", entry, entry &+ function) }
      }
      if let place = offset("net_device", "rx_handler") {
        add(.packet, "\(device.name) rx_handler", device.address, device.address &+ place)
      }
    }
  }
}
