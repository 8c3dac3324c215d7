extension Guest {
  /// Lists the sockets of all network namespaces: those in the protocols' tables, and those that processes hold.
  ///
  /// A socket in a table that no process holds is told as hidden where it has a file and is not on its way through a local socket. One that a process
  /// holds and that its protocol's table lacks is told where a table is due: an unconnected TCP socket, an unbound UDP or netlink socket has none.
  ///
  /// - Throws: `missing` for a kernel without the members that a socket is made of.
  public func sockets() throws(IntrospectionError) -> SocketList {
    let guest = bounded()
    let view = try SocketView(guest)
    var holders: [UInt64: [DescriptorHolder]] = [:]
    var failure: IntrospectionError?
    let sightings = Sightings<SocketList.Source>.settled(guest) {
      do throws(IntrospectionError) {
        let reading = try view.read()
        holders = reading.holders
        return reading.sightings
      } catch {
        failure = error
        return Sightings()
      }
    } isExpected: { socket, source in
      source == .tables ? !view.isDueInTable(socket) : !view.isDueAtProcess(socket)
    }
    if let failure { throw failure }
    let found = Dictionary(
      sightings.entries.prefix(guest.isExhausted ? Guest.walkLimit : .max).compactMap { address in
        view.socket(address, holders[address] ?? []).map { (address, $0) }
      }
    ) { first, _ in first }
    func isBefore(_ one: Socket, _ other: Socket) -> Bool {
      (one.family.rawValue, one.protocolName, one.local?.description ?? "", one.address)
        < (other.family.rawValue, other.protocolName, other.local?.description ?? "", other.address)
    }
    let hidden = sightings.differences.compactMap { address, missing in
      found[address].map { SocketList.Hidden(socket: $0, missingIn: missing) }
    }
    return SocketList(
      sockets: found.values.sorted(by: isBefore), hidden: hidden.sorted { isBefore($0.socket, $1.socket) },
      inconsistencies: guest.told(sightings.inconsistencies))
  }
}

/// Reads sockets by the offsets of one kernel.
struct SocketView {
  let guest: Guest
  private let family: UInt64
  private let state: UInt64
  private let number: UInt64
  private let net: UInt64
  private let socket: UInt64
  private let file: UInt64
  private let sock: UInt64
  private let content: UInt64
  private let ends: SocketEnds

  init(_ guest: Guest) throws(IntrospectionError) {
    self.guest = guest
    family = try guest.required("sock", "__sk_common.skc_family")
    state = try guest.required("sock", "__sk_common.skc_state")
    number = try guest.required("sock", "__sk_common.skc_num")
    net = try guest.required("sock", "__sk_common.skc_net.net")
    socket = try guest.required("sock", "sk_socket")
    file = try guest.required("socket", "file")
    sock = try guest.required("socket", "sk")
    content = try guest.required("file", "private_data")
    ends = SocketEnds(guest)
  }

  // MARK: Structures

  func read() throws(IntrospectionError) -> (sightings: Sightings<SocketList.Source>, holders: [UInt64: [DescriptorHolder]]) {
    let files = try OpenFileView(guest)
    let reading = try files.descriptors()
    var holders: [UInt64: [DescriptorHolder]] = [:]
    for held in reading.descriptors where files.kind(held.file) == .socket {
      guard let end = guest.pointer(held.file &+ content), guest.pointer(end &+ file) == held.file, let address = guest.pointer(end &+ sock)
      else { continue }
      holders[address, default: []].append(DescriptorHolder(pid: held.pid, process: held.process, descriptor: held.number))
    }
    var tables = try SocketTables(guest)
    let namespaces = namespaces()
    tables.walk(namespaces.entries)
    var sightings = Sightings<SocketList.Source>()
    sightings.add(holders.keys, in: .descriptors)
    sightings.note(namespaces.inconsistency)
    for fault in reading.inconsistencies { sightings.note(fault) }
    sightings.add(tables.sockets, in: .tables)
    for fault in tables.faults { sightings.note(fault) }
    return (sightings, holders)
  }

  /// All network namespaces.
  private func namespaces() -> Walk {
    guard let head = guest.symbol("net_namespace_list"), let link = guest.kernel.offset("net", "list") else {
      return Walk(entries: guest.symbol("init_net").map { [$0] } ?? [], inconsistency: nil)
    }
    return guest.list(head: head, offset: link, structure: "net_namespace_list")
  }

  // MARK: Where a socket must be

  /// Whether the table of its protocol has to have it.
  func isDueInTable(_ address: UInt64) -> Bool {
    guard let kind = guest.u16(address &+ family).flatMap(Socket.Family.init), let port = guest.u16(address &+ number) else { return false }
    let identity = guest.value(address, "sock", "sk_protocol")
    switch kind {
    case .inet, .inet6:
      switch (type(address), identity) {
      case (1, 6):
        let now = guest.u8(address &+ state)
        if now == Socket.State.listening.rawValue { return guest.kernel.offset("inet_listen_hashbucket", "nulls_head") != nil }
        return now != Socket.State.closed.rawValue
      case (2, 17), (2, 136): return port != 0
      case (3, _): return port != 0 && guest.symbol(kind == .inet ? "raw_v4_hashinfo" : "raw_v6_hashinfo") != nil
      default: return false
      }
    case .unix: return guest.kernel.offset("net", "unx.table.buckets") != nil || guest.symbol("unix_socket_table") != nil
    case .netlink: return ends.portID(address) != 0 && guest.kernel.offset("netlink_sock", "node") != nil
    case .packet: return guest.kernel.offset("net", "packet.sklist") != nil
    case .other: return false
    }
  }

  /// Whether a process has to hold it.
  func isDueAtProcess(_ address: UInt64) -> Bool {
    guard inode(address) != nil else { return false }
    guard guest.u16(address &+ family) == Socket.Family.unix.rawValue else { return true }
    // A descriptor of it was sent and not received yet.
    let flying = guest.kernel.offset("unix_sock", "inflight").flatMap { guest.u64(address &+ $0) } ?? 0
    return flying == 0
  }

  // MARK: One socket

  private func isWhole(_ address: UInt64) -> Bool {
    // What waits after its end (TIME-WAIT) and what has not become one yet (NEW-SYN-RECV) is shorter.
    let now = guest.u8(address &+ state)
    return now != Socket.State.timeWait.rawValue && now != Socket.State.newSynReceived.rawValue
  }

  private func type(_ address: UInt64) -> UInt64? { isWhole(address) ? guest.value(address, "sock", "sk_type") : 1 }

  /// Of the socket's file; nil where it has none.
  private func inode(_ address: UInt64) -> UInt64? {
    guard isWhole(address), let end = guest.pointer(address &+ socket), guest.pointer(end &+ sock) == address,
      let file = guest.pointer(end &+ file),
      let node = guest.kernel.offset("file", "f_inode"), let number = guest.kernel.offset("inode", "i_ino")
    else { return nil }
    return guest.pointer(file &+ node).flatMap { guest.u64($0 &+ number) }
  }

  private static let types: [UInt64: String] = [1: "stream", 2: "dgram", 3: "raw", 4: "rdm", 5: "seqpacket", 10: "packet"]
  private static let protocols: [UInt64: String] = [1: "icmp", 6: "tcp", 17: "udp", 58: "icmp6", 132: "sctp", 136: "udplite", 262: "mptcp"]

  /// Nil for what is no socket any more.
  func socket(_ address: UInt64, _ holders: [DescriptorHolder]) -> Socket? {
    guard let code = guest.u16(address &+ family) else { return nil }
    let kind = Socket.Family(rawValue: code) ?? .other
    let type = type(address) ?? 0
    let identity = isWhole(address) ? guest.value(address, "sock", "sk_protocol") ?? 0 : 6
    let name: String
    switch kind {
    case .inet, .inet6: name = type == 3 ? "raw" : Self.protocols[identity] ?? String(identity)
    case .unix, .netlink, .packet: name = kind.word
    case .other: name = "family \(code)"
    }
    let state = guest.u8(address &+ state).flatMap(Socket.State.init)
    let space = guest.pointer(address &+ net)
    let inum = guest.kernel.offset("net", "ns.inum")
    return Socket(
      address: address, family: kind, protocolName: name, type: Self.types[type] ?? String(type),
      state: kind == .netlink || kind == .packet || kind == .other ? nil : state, local: ends.local(address, kind),
      remote: ends.remote(address, kind), inode: inode(address), namespace: space.flatMap { net in inum.flatMap { guest.u32(net &+ $0) } },
      holders: holders)
  }
}
