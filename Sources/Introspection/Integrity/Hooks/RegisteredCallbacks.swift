/// Functions in lists and tables that parts of the kernel and drivers register themselves in, and operations of the platform.
extension CallbackSearch {
  mutating func registered() {
    registrations()
    platform()
    pointers()
    fileSystems()
    hotplug()
    nonMaskable()
    tasklets()
    staticCalls()
    functionGraph()
    breakpoints()
    userProbes()
    networkAnswers()
  }

  /// Adds every function that a structure holds, by the kernel's own types.
  mutating func functions(_ family: Callback.Family, _ name: String, _ structure: String, at address: UInt64) {
    guard let type = guest.kernel.types.structure(structure) else { return }
    for member in guest.kernel.types.members(of: type) where member.bitSize == 0 && isFunction(member.type) {
      add(family, "\(name).\(member.name)", address, address &+ UInt64(member.offset))
    }
  }

  // MARK: Lists

  /// Heads of lists, the structures in them, and the members that link those.
  private static let lists: [(head: String, structure: String, link: String, family: Callback.Family)] = [
    ("nf_sockopts", "nf_sockopt_ops", "list", .option), ("input_handler_list", "input_handler", "node", .input),
    ("input_dev_list", "input_dev", "node", .input), ("pernet_list", "pernet_operations", "list", .network),
    ("tcp_cong_list", "tcp_congestion_ops", "list", .network), ("shrinker_list", "shrinker", "list", .memory),
    ("clocksource_list", "clocksource", "list", .platform), ("pmus", "pmu", "entry", .performance),
    ("tcp_ulp_list", "tcp_ulp_ops", "list", .network),
  ]

  private mutating func registrations() {
    for (symbol, structure, member, family) in Self.lists {
      guard let head = guest.symbol(symbol), let link = offset(structure, member) else { continue }
      for entry in entries(guest.list(head: head, offset: link, structure: symbol, limit: Self.limit)) {
        functions(family, symbol, structure, at: entry)
      }
    }
  }

  // MARK: Tables

  /// Structures of functions that the platform's code is reached by, in the image or behind a pointer there.
  private mutating func platform() {
    for (symbol, structure) in [("x86_platform", "x86_platform_ops"), ("machine_ops", "machine_ops"), ("smp_ops", "smp_ops")] {
      if let table = guest.symbol(symbol) { functions(.platform, symbol, structure, at: table) }
    }
    for (symbol, structure) in [("apic", "apic"), ("legacy_pic", "legacy_pic")] {
      if let table = guest.symbol(symbol).flatMap({ guest.pointer($0) }) { functions(.platform, symbol, structure, at: table) }
    }
    if let place = guest.symbol("pm_power_off") { add(.platform, "pm_power_off", place, place) }
  }

  /// Tables of pointers to structures: families of sockets, and keys of the console that the kernel itself answers.
  private mutating func pointers() {
    for (symbol, structure, family) in [
      ("net_families", "net_proto_family", Callback.Family.network), ("sysrq_key_table", "sysrq_key_op", .console),
      ("sock_diag_handlers", "sock_diag_handler", .network),
    ] {
      guard let table = guest.symbol(symbol), let next = guest.kernel.symbols.following(table) else { continue }
      for number in 0..<min((next - table) / 8, 128) {
        guard let entry = guest.pointer(table &+ 8 &* number), guest.u64(entry) != nil else { continue }
        functions(family, "\(symbol)[\(number)]", structure, at: entry)
      }
    }
  }

  /// Kinds of file systems, each with the way to mount one (fs/filesystems.c).
  private mutating func fileSystems() {
    guard let head = guest.symbol("file_systems") else { return }
    // From 7.2 on a list as others.
    if let link = offset("file_system_type", "list") {
      for type in entries(guest.chain(head: head, offset: link, structure: "file_systems", limit: 1 << 12)) {
        functions(.fileSystem, "file_systems", "file_system_type", at: type)
      }
      return
    }
    guard let next = offset("file_system_type", "next") else { return }
    follow("file_systems", head, next) { $0.functions(.fileSystem, "file_systems", "file_system_type", at: $1) }
  }

  /// What is done when a processor comes and goes (kernel/cpu.c).
  private mutating func hotplug() {
    guard let table = guest.symbol("cpuhp_hp_states"), let size = guest.kernel.size("cpuhp_step"), size > 0,
      let next = guest.kernel.symbols.following(table), let startup = offset("cpuhp_step", "startup"),
      let teardown = offset("cpuhp_step", "teardown")
    else { return }
    for number in 0..<min((next - table) / size, 1024) {
      let step = table &+ number &* size
      add(.platform, "cpuhp_hp_states[\(number)].startup", step, step &+ startup)
      add(.platform, "cpuhp_hp_states[\(number)].teardown", step, step &+ teardown)
    }
  }

  /// Handlers of the interrupt that nothing holds back, by its causes (arch/x86/kernel/nmi.c).
  private mutating func nonMaskable() {
    guard let table = guest.symbol("nmi_desc"), let size = guest.kernel.size("nmi_desc"), size > 0, let head = offset("nmi_desc", "head"),
      let link = offset("nmiaction", "list"), let handler = offset("nmiaction", "handler")
    else { return }
    for number in UInt64(0)..<4 {
      let list = guest.list(head: table &+ number &* size &+ head, offset: link, structure: "nmi_desc", limit: Self.limit)
      for entry in entries(list) { add(.interrupt, "nmi_desc[\(number)]", entry, entry &+ handler) }
    }
  }

  // MARK: What runs later

  /// Tasklets that wait for their soft interrupt, of every processor (kernel/softirq.c).
  private mutating func tasklets() {
    guard let head = offset("tasklet_head", "head"), let next = offset("tasklet_struct", "next"),
      let function = offset("tasklet_struct", "func")
    else { return }
    for symbol in ["tasklet_vec", "tasklet_hi_vec"] {
      guard let place = guest.symbol(symbol) else { continue }
      for processor in processors() {
        var entry = guest.pointer(place &+ processor &+ head)
        var met: Set<UInt64> = []
        // A running guest takes them out while they are read.
        while let tasklet = entry, met.count < Self.limit, met.insert(tasklet).inserted, guest.u64(tasklet) != nil {
          add(.tasklet, symbol, tasklet, tasklet &+ function)
          entry = guest.pointer(tasklet &+ next)
        }
      }
    }
  }

  /// Functions that static calls lead to, by the keys that the table of their places names (include/linux/static_call_types.h).
  private mutating func staticCalls() {
    guard let first = guest.symbol("__start_static_call_sites"), let last = guest.symbol("__stop_static_call_sites"), first < last,
      last - first <= 16 << 20, let function = offset("static_call_key", "func")
    else { return }
    var met: Set<UInt64> = []
    for place in stride(from: first &+ 4, to: last, by: 8) {
      guard let distance = guest.i32(place) else { continue }
      // The lowest bits say whether it is a jump, and whether it lies in code of the boot.
      let key = (place &+ UInt64(bitPattern: Int64(distance))) & ~3
      guard guest.kernel.image.contains(key), met.insert(key).inserted else { continue }
      add(.staticCall, guest.kernel.symbols.nearest(key)?.symbol.name ?? "static_call_key", key, key &+ function)
    }
  }

  // MARK: Tracing and debugging

  /// Functions that are called when a traced one begins and ends (kernel/trace/fgraph.c).
  private mutating func functionGraph() {
    for symbol in ["ftrace_graph_entry", "ftrace_graph_return"] {
      if let place = guest.symbol(symbol) { add(.graph, symbol, place, place) }
    }
    guard let table = guest.symbol("fgraph_array") else { return }
    for number in UInt64(0)..<16 {
      guard let operations = guest.pointer(table &+ 8 &* number), guest.u64(operations) != nil else { continue }
      for member in ["entryfunc", "retfunc"] {
        if let place = offset("fgraph_ops", member) { add(.graph, "fgraph_array[\(number)].\(member)", operations, operations &+ place) }
      }
    }
  }

  /// Who is told when a program comes to a place in its file (kernel/events/uprobes.c): a chain, from 6.13 on a list.
  private mutating func userProbes() {
    guard let tree = guest.symbol("uprobes_tree"), let node = offset("uprobe", "rb_node"), let users = offset("uprobe", "consumers")
    else { return }
    for probe in entries(guest.tree(root: tree, offset: node, structure: "uprobes_tree", limit: Self.limit)) {
      if let next = offset("uprobe_consumer", "next") {
        follow("uprobe.consumers", probe &+ users, next) { $0.functions(.breakpoint, "uprobe", "uprobe_consumer", at: $1) }
      } else if let link = offset("uprobe_consumer", "cons_node") {
        for user in entries(guest.list(head: probe &+ users, offset: link, structure: "uprobe.consumers", limit: Self.limit)) {
          functions(.breakpoint, "uprobe", "uprobe_consumer", at: user)
        }
      }
    }
  }

  /// Who is told when a processor's debug register hits (arch/x86/kernel/hw_breakpoint.c).
  private mutating func breakpoints() {
    guard let table = guest.symbol("bp_per_reg"), let handler = offset("perf_event", "overflow_handler") else { return }
    for processor in processors() {
      for number in UInt64(0)..<4 {
        guard let event = guest.pointer(table &+ processor &+ 8 &* number) else { continue }
        add(.breakpoint, "bp_per_reg[\(number)]", event, event &+ handler)
      }
    }
  }
}
