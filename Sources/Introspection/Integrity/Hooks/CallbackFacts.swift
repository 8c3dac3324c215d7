internal import Domain

/// Functions that others left with the kernel to be called later: hooks of netfilter, notifiers, handlers of packets, interrupts and
/// settings, timers, probes at tracepoints. What a rootkit registers, or replaces, to be run.
extension IntegrityReader {
  mutating func callbacks() -> IntegrityFacts.State {
    var search = CallbackSearch(guest)
    search.run()
    for fault in search.inconsistencies { note(fault) }
    let rows = search.found.map { found -> FactValue in
      [
        "family": .string(found.family.rawValue), "name": .string(found.name), "entry": addressValue(found.entry),
        "holder": code.owner(of: found.entry).factValue, "function": code.fact(found.function),
      ]
    }
    if rows.isEmpty { return .unreadable("the kernel's symbols name none of its lists of callbacks") }
    return .present(["callbacks": .array(rows), "moduleUses": moduleUses()])
  }
}

/// One function that was left with the kernel, by the list that holds it.
struct Callback {
  enum Family: String {
    case netfilter, notifier, packet, protocolHandler = "protocol", binary, terminal, setting, timer, work, tracepoint, interrupt
    case softInterrupt = "softirq"
    case paravirtual
    /// Options of sockets that netfilter's users answer.
    case option
    case input, network, memory, platform, performance, console, tasklet, staticCall, graph, breakpoint
    case fileSystem = "filesystem"
  }

  let family: Family
  let name: String
  /// Of the structure that holds the pointer; guest-virtual.
  let entry: UInt64
  let function: UInt64
}

struct CallbackSearch {
  let guest: Guest
  private(set) var found: [Callback] = []
  private(set) var inconsistencies: [Inconsistency] = []

  /// Of one list; more is a lie.
  static let limit = 1 << 14

  init(_ guest: Guest) { self.guest = guest }

  mutating func run() {
    notifiers()
    netfilter()
    devices()
    packets()
    protocols()
    binaries()
    terminals()
    settings()
    timers()
    preciseTimers()
    works()
    tracepoints()
    interrupts()
    clockEvents()
    softInterrupts()
    paravirtual()
    registered()
  }

  func offset(_ structure: String, _ member: String) -> UInt64? { guest.kernel.offset(structure, member) }

  mutating func note(_ fault: Inconsistency) { inconsistencies.append(fault) }

  mutating func entries(_ walk: Walk) -> [UInt64] {
    if let fault = walk.inconsistency { note(fault) }
    return walk.entries
  }

  /// Keeps a callback that is set.
  ///
  /// - Parameter isHeld: whether its structure leads back to the one that led to it.
  mutating func add(_ family: Callback.Family, _ name: String, _ entry: UInt64, _ place: UInt64, isHeld: Bool = true) {
    guard let function = guest.u64(place), function != 0 else { return }
    // Timers and work come and go while they are read. What cannot be executed is no function then, but memory that is used anew; in memory
    // that stands still so is what does not lead back, or leads to no memory of the kernel's.
    if family == .timer || family == .work {
      let page = guest.space.mapping(function)
      guard page?.isExecutable == true || (!guest.isRunning && isHeld && page != nil && function >> 63 == 1) else { return }
    }
    found.append(Callback(family: family, name: name, entry: entry, function: function))
  }

  // MARK: Notifiers

  /// Chains by the kind of their head, which says where it points to the first block (include/linux/notifier.h).
  private static let chains: [(head: String, symbols: [String])] = [
    (
      "atomic_notifier_head",
      [
        "die_chain", "panic_notifier_list", "keyboard_notifier_list", "vt_notifier_list", "restart_handler_list", "inet6addr_chain",
        "netevent_notif_chain",
      ]
    ),
    (
      "blocking_notifier_head",
      [
        "module_notify_list", "reboot_notifier_list", "inetaddr_chain", "inetaddr_validator_chain", "inet6addr_validator_chain",
        "netlink_chain", "crypto_chain", "blocking_lsm_notifier_chain", "pm_chain_head", "oom_notify_list", "fb_notifier_list",
        "acpi_chain_head", "memory_chain", "tracepoint_notify_list", "usb_notifier_list", "x86_mce_decoder_chain", "acpi_bus_notify_list",
        "cpufreq_policy_notifier_list",
      ]
    ),
    ("srcu_notifier_head", ["cpufreq_transition_notifier_list"]),
    ("raw_notifier_head", ["netdev_chain"]),
  ]

  private mutating func notifiers() {
    guard let call = offset("notifier_block", "notifier_call"), let next = offset("notifier_block", "next") else { return }
    for (kind, symbols) in Self.chains {
      guard let head = offset(kind, "head") else { continue }
      for symbol in symbols {
        guard let chain = guest.symbol(symbol) else { continue }
        follow(symbol, chain &+ head, next) { $0.add(.notifier, symbol, $1, $1 &+ call) }
      }
    }
  }

  /// Follows pointers from one entry to the next up to NULL.
  mutating func follow(_ structure: String, _ head: UInt64, _ next: UInt64, _ body: (inout CallbackSearch, UInt64) -> Void) {
    var met: Set<UInt64> = []
    var place = guest.pointer(head)
    while let entry = place {
      guard met.insert(entry).inserted, met.count <= Self.limit, guest.u64(entry &+ next) != nil else {
        inconsistencies.append(Inconsistency(structure: structure, address: entry, reason: "the chain has no end or is not mapped"))
        return
      }
      body(&self, entry)
      place = guest.pointer(entry &+ next)
    }
  }

  // MARK: Network

  /// Network namespaces.
  private mutating func networks() -> [UInt64] {
    guard let head = guest.symbol("net_namespace_list"), let link = offset("net", "list") else { return [] }
    return entries(guest.list(head: head, offset: link, structure: "net_namespace_list", limit: Self.limit))
  }

  /// struct nf_hook_entries of each place at which a packet passes (include/linux/netfilter.h).
  private mutating func netfilter() {
    guard let own = offset("net", "nf") else { return }
    for network in networks() {
      for family in ["hooks_ipv4", "hooks_ipv6", "hooks_arp", "hooks_bridge"] {
        guard let member = guest.kernel.types.member("netns_nf", family),
          let array = guest.kernel.types.resolved(member.type).flatMap(guest.kernel.types.array)
        else { continue }
        for place in 0..<UInt64(min(array.count, 16)) {
          guard let table = guest.pointer(network &+ own &+ UInt64(member.offset) &+ 8 &* place) else { continue }
          hookEntries(table, "\(family)[\(place)]")
        }
      }
    }
  }

  /// The functions of one place, in the order in which they are called.
  mutating func hookEntries(_ table: UInt64, _ name: String) {
    guard let count = offset("nf_hook_entries", "num_hook_entries"), let hooks = offset("nf_hook_entries", "hooks"),
      let hook = offset("nf_hook_entry", "hook"), let size = guest.kernel.size("nf_hook_entry")
    else { return }
    guard let number = guest.u16(table &+ count), number <= 1024 else {
      note(Inconsistency(structure: "nf_hook_entries", address: table, reason: "it lies of its length or is not mapped"))
      return
    }
    for index in 0..<UInt64(number) {
      let entry = table &+ hooks &+ index &* size
      add(.netfilter, name, entry, entry &+ hook)
    }
  }

  /// packet_type: who sees packets, by protocol or all of them (net/core/dev.c).
  private mutating func packets() {
    guard let link = offset("packet_type", "list"), let function = offset("packet_type", "func") else { return }
    var heads: [(UInt64, String)] = []
    if let all = guest.symbol("ptype_all") { heads.append((all, "ptype_all")) }
    if let base = guest.symbol("ptype_base") { heads += (UInt64(0)..<16).map { (base &+ 16 &* $0, "ptype_base") } }
    for (head, name) in heads {
      for entry in entries(guest.list(head: head, offset: link, structure: name, limit: Self.limit)) {
        add(.packet, name, entry, entry &+ function)
      }
    }
  }

  /// Handlers by the number of the protocol (net/ipv4/protocol.c).
  private mutating func protocols() {
    for (symbol, structure) in [("inet_protos", "net_protocol"), ("inet6_protos", "inet6_protocol")] {
      guard let table = guest.symbol(symbol), let handler = offset(structure, "handler"), let errors = offset(structure, "err_handler")
      else {
        continue
      }
      for number in UInt64(0)..<256 {
        guard let entry = guest.pointer(table &+ 8 &* number) else { continue }
        add(.protocolHandler, "\(symbol)[\(number)].handler", entry, entry &+ handler)
        add(.protocolHandler, "\(symbol)[\(number)].err_handler", entry, entry &+ errors)
      }
    }
  }

  // MARK: Programs and terminals

  private mutating func binaries() {
    guard let head = guest.symbol("formats", namedBy: "__register_binfmt"), let link = offset("linux_binfmt", "lh") else { return }
    for entry in entries(guest.list(head: head, offset: link, structure: "formats", limit: 256)) {
      for member in ["load_binary", "load_shlib", "core_dump"] {
        if let place = offset("linux_binfmt", member) { add(.binary, "formats.\(member)", entry, entry &+ place) }
      }
    }
  }

  private mutating func terminals() {
    guard let table = guest.symbol("tty_ldiscs"), let type = guest.kernel.types.structure("tty_ldisc_ops") else { return }
    let members = guest.kernel.types.members(of: type).filter { isFunction($0.type) }
    for number in UInt64(0)..<31 {
      guard let entry = guest.pointer(table &+ 8 &* number) else { continue }
      for member in members { add(.terminal, "tty_ldiscs[\(number)].\(member.name)", entry, entry &+ UInt64(member.offset)) }
    }
  }

  /// Whether a type is a pointer to a function.
  func isFunction(_ type: Int) -> Bool {
    let types = guest.kernel.types
    guard let pointer = types.resolved(type), types.kind(pointer) == .pointer else { return false }
    return types.resolved(types.reference(pointer)).map { types.kind($0) == .prototype } ?? false
  }

  // MARK: Interrupts

  private mutating func softInterrupts() {
    guard let table = guest.symbol("softirq_vec"), let action = offset("softirq_action", "action"),
      let size = guest.kernel.size("softirq_action")
    else { return }
    for number in UInt64(0)..<10 {
      add(.softInterrupt, "softirq_vec[\(number)]", table &+ number &* size, table &+ number &* size &+ action)
    }
  }

  /// pv_ops: how the kernel does what a hypervisor may do for it, as writing CR3 and page tables.
  private mutating func paravirtual() {
    guard let table = guest.symbol("pv_ops"), let size = guest.kernel.size("paravirt_patch_template"), size <= 4096 else { return }
    for place in stride(from: UInt64(0), to: size, by: 8) {
      guard let value = guest.u64(table &+ place), value >= 0xFF00_0000_0000_0000 else { continue }
      found.append(Callback(family: .paravirtual, name: "pv_ops+0x\(String(place, radix: 16))", entry: table &+ place, function: value))
    }
  }

  // MARK: Tracepoints

  /// Probes at tracepoints, by the table of those: 32 bits each, relative to themselves (include/linux/tracepoint-defs.h).
  private mutating func tracepoints() {
    guard let first = guest.symbol("__start___tracepoints_ptrs"), let last = guest.symbol("__stop___tracepoints_ptrs"), first < last,
      last - first <= 1 << 18, let name = offset("tracepoint", "name"), let functions = offset("tracepoint", "funcs"),
      let function = offset("tracepoint_func", "func"), let size = guest.kernel.size("tracepoint_func")
    else { return }
    let iterator = offset("tracepoint", "iterator")
    for place in stride(from: first, to: last, by: 4) {
      guard let distance = guest.i32(place) else { continue }
      let point = place &+ UInt64(bitPattern: Int64(distance))
      let text = guest.pointer(point &+ name).flatMap { guest.string($0, limit: 64) } ?? ""
      // What calls the probes where there are several, which is made for this point alone.
      if let iterator, let own = guest.u64(point &+ iterator), own != guest.symbol("__traceiter_" + text) {
        add(.tracepoint, text + ".iterator", point, point &+ iterator)
      }
      guard let table = guest.pointer(point &+ functions) else { continue }
      for index in UInt64(0)..<64 {
        let entry = table &+ index &* size
        guard let target = guest.u64(entry &+ function), target != 0 else { break }
        found.append(Callback(family: .tracepoint, name: text, entry: entry, function: target))
      }
    }
  }
}
