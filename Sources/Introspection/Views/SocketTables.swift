/// Walks the tables by which protocols find their sockets.
struct SocketTables {
  let guest: Guest
  private(set) var sockets: [UInt64] = []
  private(set) var faults: [Inconsistency] = []
  private var met: Set<UInt64> = []
  /// Chains that may still be looked at, in all tables.
  private var chainsLeft = 1 << 25
  private let node: UInt64
  private let nullsNode: UInt64

  init(_ guest: Guest) throws(IntrospectionError) {
    self.guest = guest
    node = try guest.required("sock", "__sk_common.skc_node")
    nullsNode = try guest.required("sock", "__sk_common.skc_nulls_node")
  }

  /// - Parameter namespaces: addresses of `struct net`.
  mutating func walk(_ namespaces: [UInt64]) {
    tcp(namespaces)
    udp(namespaces)
    for name in ["raw_v4_hashinfo", "raw_v6_hashinfo"] { raw(name) }
    local()
    for namespace in namespaces where !guest.isExhausted { perNamespace(namespace) }
    netlink()
  }

  private func offset(_ structure: String, _ member: String) -> UInt64? { guest.kernel.offset(structure, member) }

  private mutating func note(_ structure: String, _ address: UInt64, _ reason: String) {
    if faults.count < 100 { faults.append(Inconsistency(structure: structure, address: address, reason: reason)) }
  }

  private mutating func take(_ walk: Walk) {
    if let fault = walk.inconsistency, faults.count < 100 { faults.append(fault) }
    for socket in walk.entries where met.insert(socket).inserted { sockets.append(socket) }
  }

  /// The chains of a table.
  ///
  /// - Parameters:
  ///   - base: address of the first chain's head; `stride` bytes further lies the next.
  ///   - link: offset of what the chain links in a socket.
  private mutating func chains(base: UInt64, count: UInt64, stride: UInt64, link: UInt64, isBitLocked: Bool = false, structure: String) {
    guard count <= 1 << 24, count <= UInt64(chainsLeft) else {
      return note(structure, base, "it tells of \(count) chains, more than a kernel makes")
    }
    chainsLeft -= Int(count)
    for index in 0..<count {
      let head = base &+ index &* stride
      guard !guest.isExhausted, index & 7 != 0 || guest.spend(on: structure, at: head) else { return }
      guard let first = guest.u64(head) else { return note(structure, head, "the chains end before their count") }
      if first == 0 || first & 1 != 0 && !isBitLocked { continue }
      let walk = guest.chain(head: head, offset: link, isBitLocked: isBitLocked, structure: structure)
      // A socket has one node: when it is met again, chains run into each other.
      if let again = walk.entries.first(where: met.contains) { return note(structure, again, "a socket lies in two chains") }
      take(walk)
      guard met.count <= Guest.walkLimit else { return note(structure, head, "more than \(Guest.walkLimit) sockets") }
    }
  }

  // MARK: Tables

  /// Tables of the kernel's own names, and those that namespaces have for themselves; none twice.
  private func tables(_ symbols: [String], _ member: String, _ namespaces: [UInt64]) -> [UInt64] {
    var tables = symbols.compactMap(guest.symbol)
    guard let place = offset("net", member) else { return tables }
    var met = Set(tables)
    for namespace in namespaces {
      if let table = guest.pointer(namespace &+ place), met.insert(table).inserted { tables.append(table) }
    }
    return tables
  }

  /// inet_hashinfo: connections in `ehash`, listeners in `lhash2`. A namespace may have one of its own since Linux 6.1.
  private mutating func tcp(_ namespaces: [UInt64]) {
    let tables = tables(["tcp_hashinfo"], "ipv4.tcp_death_row.hashinfo", namespaces)
    guard let connections = offset("inet_hashinfo", "ehash"), let mask = offset("inet_hashinfo", "ehash_mask"),
      let size = guest.kernel.size("inet_ehash_bucket"), let listeners = offset("inet_hashinfo", "lhash2"),
      let listenersMask = offset("inet_hashinfo", "lhash2_mask"), let listenersSize = guest.kernel.size("inet_listen_hashbucket")
    else { return }
    for table in tables where !guest.isExhausted {
      guard let base = guest.pointer(table &+ connections), let last = guest.u32(table &+ mask),
        let listening = guest.pointer(table &+ listeners),
        let lastListening = guest.u32(table &+ listenersMask)
      else {
        note("tcp_hashinfo", table, "the table is not mapped")
        continue
      }
      chains(base: base, count: UInt64(last) + 1, stride: size, link: nullsNode, structure: "tcp_hashinfo.ehash")
      guard let head = offset("inet_listen_hashbucket", "nulls_head") else { continue }
      // Up to Linux 5.18 listeners lie in a table of their own, and lhash2 links them by another node.
      if let own = guest.kernel.types.member("inet_hashinfo", "listening_hash"),
        let array = guest.kernel.types.resolved(own.type).flatMap(guest.kernel.types.array)
      {
        let base = table &+ UInt64(own.offset) &+ head
        chains(base: base, count: UInt64(array.count), stride: listenersSize, link: nullsNode, structure: "tcp_hashinfo.listening_hash")
      } else {
        chains(
          base: listening &+ head, count: UInt64(lastListening) + 1, stride: listenersSize, link: nullsNode,
          structure: "tcp_hashinfo.lhash2")
      }
    }
  }

  /// udp_table, of which a namespace may have one of its own since Linux 6.2.
  private mutating func udp(_ namespaces: [UInt64]) {
    let tables = tables(["udp_table", "udplite_table"], "ipv4.udp_table", namespaces)
    guard let slots = offset("udp_table", "hash"), let mask = offset("udp_table", "mask"), let head = offset("udp_hslot", "head"),
      let size = guest.kernel.size("udp_hslot")
    else { return }
    for table in tables where !guest.isExhausted {
      // UDP-Lite's is only filled once it is used.
      guard let base = guest.pointer(table &+ slots), let last = guest.u32(table &+ mask) else { continue }
      chains(base: base &+ head, count: UInt64(last) + 1, stride: size, link: node, structure: "udp_table")
    }
  }

  private mutating func raw(_ name: String) {
    guard let table = guest.symbol(name), let chains = guest.kernel.types.member("raw_hashinfo", "ht"),
      let array = guest.kernel.types.resolved(chains.type).flatMap(guest.kernel.types.array)
    else { return }
    self.chains(base: table &+ UInt64(chains.offset), count: UInt64(array.count), stride: 8, link: node, structure: name)
  }

  /// Chains of local sockets in a table: UNIX_HASH_SIZE, before 6.0 twice that (include/net/af_unix.h).
  private static let localChains: UInt64 = 512

  /// Local sockets of all namespaces, as up to Linux 5.19.
  private mutating func local() {
    guard offset("net", "unx.table.buckets") == nil, let base = guest.symbol("unix_socket_table") else { return }
    chains(base: base, count: Self.localChains, stride: 8, link: node, structure: "unix_socket_table")
  }

  /// Local sockets, whose table each namespace has since Linux 6.0, and those that see packets.
  private mutating func perNamespace(_ namespace: UInt64) {
    if let place = offset("net", "unx.table.buckets"), let base = guest.pointer(namespace &+ place) {
      chains(base: base, count: Self.localChains, stride: 8, link: node, structure: "net.unx.table")
    }
    if let place = offset("net", "packet.sklist") {
      take(guest.chain(head: namespace &+ place, offset: node, structure: "net.packet.sklist"))
    }
  }

  /// nl_table: one resizable hash table for each of MAX_LINKS protocols.
  private mutating func netlink() {
    guard let symbol = guest.symbol("nl_table"), let first = guest.pointer(symbol), let size = guest.kernel.size("netlink_table"),
      let table = offset("netlink_table", "hash.tbl"), let count = offset("bucket_table", "size"),
      let nest = offset("bucket_table", "nest"),
      let buckets = offset("bucket_table", "buckets"), let link = offset("netlink_sock", "node")
    else { return }
    for index in 0..<UInt64(32) {
      guard let current = guest.pointer(first &+ index &* size &+ table), let slots = guest.u32(current &+ count),
        // A nested table exists for a moment only, when memory was short.
        guest.u32(current &+ nest) == 0
      else { continue }
      chains(base: current &+ buckets, count: UInt64(slots), stride: 8, link: link, isBitLocked: true, structure: "nl_table")
    }
  }
}
