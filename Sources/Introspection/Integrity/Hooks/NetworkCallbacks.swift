/// Functions that answer programs which ask for connections, devices and routes, and that take packets in bulk.
extension CallbackSearch {
  mutating func networkAnswers() {
    messages()
    offloads()
  }

  /// Kinds of messages that every kernel of this decade knows (RTM_MAX of 5.10 less RTM_BASE); kinds that came since stand behind them.
  private static let messageKinds: UInt64 = 100
  /// RTNL_FAMILY_MAX and some.
  private static let families: UInt64 = 160

  /// rtnl_msg_handlers: for each family of addresses a table of what answers messages of rtnetlink (net/core/rtnetlink.c).
  private mutating func messages() {
    guard let table = guest.symbol("rtnl_msg_handlers"), let next = guest.kernel.symbols.following(table) else { return }
    for family in 0..<min((next - table) / 8, Self.families) {
      guard let kinds = guest.pointer(table &+ 8 &* family) else { continue }
      for kind in 0..<Self.messageKinds {
        guard let link = guest.pointer(kinds &+ 8 &* kind), guest.u64(link) != nil else { continue }
        functions(.network, "rtnl_msg_handlers[\(family)][\(kind)]", "rtnl_link", at: link)
      }
    }
  }

  /// Who puts segments of packets together and cuts them, by protocol (struct net_offload) and by kind of packet (struct packet_offload).
  private mutating func offloads() {
    guard offset("offload_callbacks", "gro_receive") != nil else { return }
    if let inner = offset("net_offload", "callbacks") {
      for symbol in ["inet_offloads", "inet6_offloads"] {
        guard let table = guest.symbol(symbol) else { continue }
        for number in UInt64(0)..<256 {
          guard let entry = guest.pointer(table &+ 8 &* number), guest.u64(entry) != nil else { continue }
          functions(.network, "\(symbol)[\(number)]", "offload_callbacks", at: entry &+ inner)
        }
      }
    }
    // From 6.10 on its head is a part of net_hotdata.
    let common = guest.symbol("net_hotdata").flatMap { data in offset("net_hotdata", "offload_base").map { data &+ $0 } }
    if let head = guest.symbol("offload_base") ?? common, let link = offset("packet_offload", "list"),
      let inner = offset("packet_offload", "callbacks") {
      for entry in entries(guest.list(head: head, offset: link, structure: "offload_base", limit: Self.limit)) {
        functions(.network, "offload_base", "offload_callbacks", at: entry &+ inner)
      }
    }
  }
}
