internal import Domain

/// Reads the two ends of a socket.
struct SocketEnds {
  let guest: Guest

  init(_ guest: Guest) { self.guest = guest }

  private func common(_ member: String) -> UInt64? { guest.kernel.offset("sock", "__sk_common." + member) }

  func local(_ address: UInt64, _ family: Socket.Family) -> Socket.Endpoint? {
    switch family {
    case .inet: end(address, "skc_rcv_saddr", 4, port: common("skc_num").flatMap { guest.u16(address &+ $0) })
    case .inet6: end(address, "skc_v6_rcv_saddr", 16, port: common("skc_num").flatMap { guest.u16(address &+ $0) })
    case .unix: name(address).map { Socket.Endpoint(address: $0, port: nil) }
    case .netlink: Socket.Endpoint(address: netlinkProtocol(address), port: portID(address))
    case .packet: packet(address)
    case .other: nil
    }
  }

  func remote(_ address: UInt64, _ family: Socket.Family) -> Socket.Endpoint? {
    switch family {
    case .inet, .inet6:
      guard let port = common("skc_dport").flatMap({ guest.u16(address &+ $0) })?.byteSwapped, port != 0 else { return nil }
      return family == .inet ? end(address, "skc_daddr", 4, port: port) : end(address, "skc_v6_daddr", 16, port: port)
    case .unix:
      guard let offset = guest.kernel.offset("unix_sock", "peer"), let peer = guest.pointer(address &+ offset) else { return nil }
      return Socket.Endpoint(address: name(peer) ?? "", port: nil)
    case .netlink, .packet, .other: return nil
    }
  }

  private func end(_ address: UInt64, _ member: String, _ count: Int, port: UInt16?) -> Socket.Endpoint? {
    guard let offset = common(member), let bytes = guest.bytes(address &+ offset, count: count) else { return nil }
    let text = count == 4 ? bytes.map(String.init).joined(separator: ".") : Self.text(bytes)
    return Socket.Endpoint(address: text, port: port.map(UInt32.init))
  }

  /// An IPv6 address as RFC 5952 has it: the longest run of at least two zero groups is left out, the first of several; an IPv4 address in it is
  /// written with dots.
  static func text(_ bytes: [UInt8]) -> String {
    if bytes.prefix(10).allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF {
      return "::ffff:" + bytes.suffix(4).map(String.init).joined(separator: ".")
    }
    let groups = (0..<8).map { UInt16(bytes[2 * $0]) << 8 | UInt16(bytes[2 * $0 + 1]) }
    var longest = 0..<0
    var start = 0
    while start < 8 {
      var end = start
      while end < 8, groups[end] == 0 { end += 1 }
      if end - start > max(1, longest.count) { longest = start..<end }
      start = max(end, start + 1)
    }
    func words(_ range: Range<Int>) -> String { groups[range].map { String($0, radix: 16) }.joined(separator: ":") }
    return longest.isEmpty ? words(0..<8) : words(0..<longest.lowerBound) + "::" + words(longest.upperBound..<8)
  }

  // MARK: Local sockets, netlink, packets

  /// The path of a local socket, or "@" and the name that is no path; nil for one without.
  private func name(_ address: UInt64) -> String? {
    guard let offset = guest.kernel.offset("unix_sock", "addr"), let bound = guest.pointer(address &+ offset),
      let lengthOffset = guest.kernel.offset("unix_address", "len"), let text = guest.kernel.offset("unix_address", "name"),
      // The family, then at most 108 bytes (unix(7)).
      let length = guest.i32(bound &+ lengthOffset), (3...110).contains(length),
      let bytes = guest.bytes(bound &+ text &+ 2, count: Int(length) - 2)
    else { return nil }
    let isPath = bytes.first != 0
    return isPath
      ? EscapedName.text(of: bytes.prefix { $0 != 0 })
      : "@" + EscapedName.text(of: bytes.dropFirst().map { $0 == 0 ? 0x40 : $0 })
  }

  private static let netlinkNames = [
    0: "route", 2: "usersock", 4: "sock_diag", 6: "xfrm", 7: "selinux", 8: "iscsi", 9: "audit", 10: "fib_lookup", 11: "connector",
    12: "netfilter",
    15: "kobject_uevent", 16: "generic", 18: "scsitransport", 19: "ecryptfs", 20: "rdma", 21: "crypto", 22: "smc",
  ]

  private func netlinkProtocol(_ address: UInt64) -> String {
    let number = Int(clamping: guest.value(address, "sock", "sk_protocol") ?? 0)
    return Self.netlinkNames[number] ?? String(number)
  }

  /// 0 for a netlink socket that is not bound, and for the kernel's own.
  func portID(_ address: UInt64) -> UInt32 { guest.kernel.offset("netlink_sock", "portid").flatMap { guest.u32(address &+ $0) } ?? 0 }

  /// The protocol of the frames that are seen, as in if_ether.h, and the number of the interface.
  private func packet(_ address: UInt64) -> Socket.Endpoint? {
    guard let offset = guest.kernel.offset("packet_sock", "num"), let number = guest.u16(address &+ offset) else { return nil }
    let interface = guest.kernel.offset("packet_sock", "ifindex").flatMap { guest.u32(address &+ $0) }
    return Socket.Endpoint(address: "0x" + String(number.byteSwapped, radix: 16), port: interface)
  }
}
