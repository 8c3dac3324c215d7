import Introspection

/// Callbacks that a rootkit registers or replaces, and settings.
extension Change {
  /// Trampolines of the probes that `IntegrityScene` sets.
  static let trampolines: [Change] = [
    Change("a byte of a tracer's trampoline", ["GST-039"], [.tracing]) {
      let place = try $0.trampoline() &+ 24
      try $0.write(place, [($0.guest.u8(place) ?? 0) ^ 1])
    },
    Change("a tracer's trampoline that calls nobody's code", ["GST-039"], [.tracing]) {
      let start = try $0.trampoline()
      let place = try start &+ ($0.symbol("ftrace_regs_call") &- $0.symbol("ftrace_regs_caller"))
      try $0.write(place &+ 1, UInt32(truncatingIfNeeded: try $0.heap() &- place &- 5))
    },
    Change("a tracer's trampoline of another owner", ["GST-039"], [.tracing]) {
      let size = try $0.pointer(try $0.tracer() &+ $0.offset("ftrace_ops", "trampoline_size"))
      try $0.write(try $0.trampoline() &+ size &- 8, try $0.heap())
    },
    Change("the code that a probe's jump leads to", ["GST-039"], [.tracing]) {
      let place = try $0.slot() &+ 2
      try $0.write(place, [($0.guest.u8(place) ?? 0) ^ 1])
    },
    Change("the code of a probe's jump that calls nobody's code", ["GST-039"], [.tracing]) {
      let place = try $0.slot() &+ ($0.symbol("optprobe_template_call") &- $0.symbol("optprobe_template_entry"))
      try $0.write(place &+ 1, UInt32(truncatingIfNeeded: try $0.heap() &- place &- 5))
    },
  ]

  static let hooks: [Change] = [
    Change("a hook of netfilter", ["GST-045"], [.callbacks]) {
      let heap = try $0.heap()
      try $0.write(heap &+ $0.offset("nf_hook_entries", "num_hook_entries"), UInt32(1))
      try $0.write(heap &+ $0.offset("nf_hook_entries", "hooks"), heap &+ 1024)
      try $0.write(try $0.symbol("init_net") &+ $0.offset("net", "nf") &+ $0.offset("netns_nf", "hooks_ipv4"), heap)
    },
    Change("a hook of netfilter at one device", ["GST-045"], [.callbacks]) {
      let heap = try $0.heap()
      try $0.write(heap &+ $0.offset("nf_hook_entries", "num_hook_entries"), UInt32(1))
      try $0.write(heap &+ $0.offset("nf_hook_entries", "hooks"), heap &+ 1024)
      try $0.write(try $0.networkDevice("lo") &+ $0.offset("net_device", "nf_hooks_ingress"), heap)
    },
    Change("who takes a device's packets", ["GST-049"], [.callbacks]) {
      try $0.write(try $0.networkDevice("lo") &+ $0.offset("net_device", "rx_handler"), try $0.heap())
    },
    Change("a listener to the keyboard", ["GST-046"], [.callbacks]) {
      let head = try $0.symbol("keyboard_notifier_list") &+ $0.offset("atomic_notifier_head", "head")
      try $0.write(try $0.heap() &+ $0.offset("notifier_block", "next"), try $0.pointer(head, orZero: true))
      try $0.write(try $0.heap() &+ $0.offset("notifier_block", "notifier_call"), try $0.heap() &+ 512)
      try $0.write(head, try $0.heap())
    },
    Change("a listener to modules inside of a function", ["GST-046"], [.callbacks]) {
      let head = try $0.symbol("module_notify_list") &+ $0.offset("blocking_notifier_head", "head")
      try $0.write(try $0.pointer(head) &+ $0.offset("notifier_block", "notifier_call"), try $0.symbol("commit_creds") &+ 32)
    },
    Change("a setting's handler", ["GST-047"], [.callbacks]) {
      let table = try $0.guest.symbol("vm_table") ?? $0.symbol("kern_panic_table")
      try $0.write(table &+ $0.offset("ctl_table", "proc_handler"), try $0.heap())
    },
    Change("a timer", ["GST-048"], [.callbacks]) {
      let base = try $0.symbol("timer_bases") &+ $0.pointer(try $0.symbol("__per_cpu_offset"), orZero: true)
      let slot = try base &+ $0.offset("timer_base", "vectors") &+ 8 &* 500
      try $0.write(try $0.heap() &+ $0.offset("timer_list", "entry"), try $0.pointer(slot, orZero: true))
      try $0.write(try $0.heap() &+ $0.offset("timer_list", "function"), try $0.heap() &+ 512)
      try $0.write(slot, try $0.heap())
      // XD, the highest bit of each entry on the way.
      for place in try $0.entries(of: try $0.heap()) { try $0.write(physical: place + 7, [($0.guest.memory.u8(place + 7) ?? 0) & 0x7F]) }
    },
    Change("a timer whose function lies among data", ["GST-048"], [.callbacks]) {
      try $0.write(try $0.timer() &+ $0.offset("timer_list", "function"), try $0.heap())
    },
    Change("a timer whose memory was used anew", [], [.callbacks]) {
      let base = try $0.symbol("timer_bases") &+ $0.pointer(try $0.symbol("__per_cpu_offset"), orZero: true)
      let slot = try base &+ $0.offset("timer_base", "vectors") &+ 8 &* 500
      try $0.write(try $0.heap() &+ $0.offset("timer_list", "entry"), try $0.pointer(slot, orZero: true))
      try $0.write(try $0.heap() &+ $0.offset("timer_list", "function"), UInt64(0x2001))
      try $0.write(slot, try $0.heap())
    },
    Change("a call gate", ["GST-014"], [.interrupts]) { try $0.plantGate(at: 12) },
    Change("a call gate behind the kernel's own segments", ["GST-014"], [.interrupts]) { try $0.plantGate(at: 20) },
    Change("a call gate in a table that seems to be no processor's", ["GST-014"], [.interrupts]) {
      try $0.plantGate(at: 12)
      try $0.write(try $0.segments() &+ 16, UInt64(0))
    },
    Change("a stack of exceptions elsewhere", ["GST-014"], [.interrupts]) {
      let area = try $0.pointer(try $0.symbol("__per_cpu_offset"), orZero: true)
      let state = try $0.symbol("cpu_tss_rw") &+ area &+ $0.offset("tss_struct", "x86_tss") &+ $0.offset("x86_hw_tss", "ist")
      try $0.write(state, try $0.heap())
    },
    Change("a reader of packets", ["GST-049"], [.callbacks]) {
      let head = try $0.symbol("ptype_base") &+ 16 &* 3
      let link = try $0.heap() &+ $0.offset("packet_type", "list")
      let next = try $0.pointer(head)
      try $0.write(link, next)
      try $0.write(link &+ 8, head)
      try $0.write(next &+ 8, link)
      try $0.write(head, link)
      try $0.write(try $0.heap() &+ $0.offset("packet_type", "func"), try $0.heap() &+ 512)
    },
    Change("a protocol's handler", ["GST-049"], [.callbacks]) {
      try $0.write(try $0.pointer(try $0.symbol("inet_protos") &+ 8 &* 6) &+ $0.offset("net_protocol", "handler"), try $0.heap())
    },
    Change("a format of programs", ["GST-049"], [.callbacks]) {
      try $0.write(try $0.symbol("elf_format") &+ $0.offset("linux_binfmt", "load_binary"), try $0.heap())
    },
    Change("a terminal's line", ["GST-049"], [.callbacks]) {
      try $0.write(try $0.pointer(try $0.symbol("tty_ldiscs")) &+ $0.offset("tty_ldisc_ops", "receive_buf"), try $0.heap())
    },
    Change("a probe at every system call", ["GST-049"], [.callbacks]) {
      try $0.write(try $0.heap() &+ $0.offset("tracepoint_func", "func"), try $0.heap() &+ 512)
      try $0.write(try $0.symbol("__tracepoint_sys_enter") &+ $0.offset("tracepoint", "funcs"), try $0.heap())
    },
    Change("what calls the probes of a place", ["GST-049"], [.callbacks]) {
      try $0.write(try $0.symbol("__tracepoint_sys_enter") &+ $0.offset("tracepoint", "iterator"), try $0.heap())
    },
    Change("the flow of an interrupt", ["GST-049"], [.callbacks]) {
      try $0.write(try $0.interrupt() &+ $0.offset("irq_desc", "handle_irq"), try $0.heap())
    },
    Change("a chip of interrupts", ["GST-049"], [.callbacks]) {
      let data = try $0.interrupt() &+ $0.offset("irq_desc", "irq_data")
      try $0.copyTable(at: data &+ $0.offset("irq_data", "chip"), "irq_chip", replacing: "irq_ack")
    },
    Change("the clock of a processor", ["GST-049"], [.callbacks]) {
      let processor = try $0.pointer(try $0.symbol("__per_cpu_offset"))
      let clock = try $0.pointer(try $0.symbol("tick_cpu_device") &+ processor &+ $0.offset("tick_device", "evtdev"))
      try $0.write(clock &+ $0.offset("clock_event_device", "event_handler"), try $0.heap())
    },
    Change("an answer to who asks for devices", ["GST-049"], [.callbacks]) {
      // RTM_GETLINK of every family.
      let kinds = try $0.pointer(try $0.symbol("rtnl_msg_handlers"))
      try $0.write(try $0.pointer(kinds &+ 8 &* 2) &+ $0.offset("rtnl_link", "doit"), try $0.heap())
    },
    Change("an answer to who asks for sockets", ["GST-049"], [.callbacks]) {
      let heap = try $0.heap()
      try $0.write(heap &+ $0.offset("sock_diag_handler", "dump"), heap &+ 2048)
      try $0.write(try $0.symbol("sock_diag_handlers") &+ 8 &* 2, heap)
    },
    Change("who puts segments together", ["GST-049"], [.callbacks]) {
      let heap = try $0.heap()
      try $0.write(heap &+ $0.offset("net_offload", "callbacks") &+ $0.offset("offload_callbacks", "gro_receive"), heap &+ 2048)
      try $0.write(try $0.symbol("inet_offloads") &+ 8 &* 253, heap)
    },
    Change("a probe in a program", ["GST-049"], [.callbacks]) {
      let heap = try $0.heap()
      let user = heap &+ 1024
      let consumers = try heap &+ $0.offset("uprobe", "consumers")
      if let link = $0.guest.kernel.offset("uprobe_consumer", "cons_node") {
        for place in [consumers, consumers &+ 8] { try $0.write(place, user &+ link) }
        for place in [user &+ link, user &+ link &+ 8] { try $0.write(place, consumers) }
      } else {
        try $0.write(consumers, user)
      }
      try $0.write(user &+ $0.offset("uprobe_consumer", "handler"), heap &+ 2048)
      try $0.write(try $0.symbol("uprobes_tree"), heap &+ $0.offset("uprobe", "rb_node"))
    },
    Change("a tracer whose trampoline alone is left", ["GST-040"], [.tracing]) {
      try $0.trampoline(function: try $0.heap() &+ 512)
    },
    Change("a tracer whose trampoline alone is left, with a function of the kernel", ["GST-040"], [.tracing]) {
      try $0.trampoline(function: try $0.symbol("commit_creds"))
    },
    Change("a tracer behind the one that sorts out processes", ["GST-040"], [.tracing]) {
      let heap = try $0.heap()
      let head = try $0.symbol("ftrace_ops_list")
      try $0.write(heap &+ $0.offset("ftrace_ops", "func"), try $0.symbol("ftrace_stub"))
      try $0.write(heap &+ $0.offset("ftrace_ops", "saved_func"), heap &+ 512)
      try $0.write(heap &+ $0.offset("ftrace_ops", "next"), try $0.pointer(head))
      try $0.write(head, heap)
    },
    Change("an interrupt table for processors that start", ["GST-012"], [.interrupts]) {
      try $0.write(try $0.symbol("idt_descr") &+ 2, try $0.heap())
    },
    Change("a soft interrupt", ["GST-049"], [.callbacks]) { try $0.write(try $0.symbol("softirq_vec") &+ 8 &* 3, try $0.heap()) },
    Change("a reader of one device's packets", ["GST-049"], [.callbacks]) {
      let heap = try $0.heap()
      let head = try $0.networkDevice("lo") &+ $0.offset("net_device", "ptype_all")
      try $0.write(heap &+ $0.offset("packet_type", "func"), heap &+ 2048)
      try $0.write(heap &+ $0.offset("packet_type", "list"), head)
      try $0.write(heap &+ $0.offset("packet_type", "list") &+ 8, head)
      try $0.write(head, heap &+ $0.offset("packet_type", "list"))
      try $0.write(head &+ 8, heap &+ $0.offset("packet_type", "list"))
    },
    Change("a kind of sockets", ["GST-049"], [.callbacks]) {
      let family = try $0.pointer(try $0.symbol("net_families") &+ 8)
      try $0.write(family &+ $0.offset("net_proto_family", "create"), try $0.heap())
    },
    Change("an option of sockets", ["GST-049"], [.callbacks]) {
      let heap = try $0.heap()
      let head = try $0.symbol("nf_sockopts")
      let link = try heap &+ $0.offset("nf_sockopt_ops", "list")
      let (first, last) = (try $0.pointer(head), try $0.pointer(head &+ 8))
      try $0.write(heap &+ $0.offset("nf_sockopt_ops", "get"), heap &+ 2048)
      try $0.write(link, first)
      try $0.write(link &+ 8, head)
      try $0.write(first &+ 8, link)
      try $0.write(head, link)
      if last == head { try $0.write(head &+ 8, link) }
    },
    Change("a way to mount", ["GST-049"], [.callbacks]) {
      // The first kind, or from 7.2 on its link.
      let first = try $0.pointer(try $0.symbol("file_systems")) &- ($0.guest.kernel.offset("file_system_type", "list") ?? 0)
      try $0.write(first &+ $0.offset("file_system_type", "init_fs_context"), try $0.heap())
    },
    Change("a listener to every input", ["GST-049"], [.callbacks]) {
      let heap = try $0.heap()
      let head = try $0.symbol("input_handler_list")
      let link = try heap &+ $0.offset("input_handler", "node")
      let (first, last) = (try $0.pointer(head), try $0.pointer(head &+ 8))
      try $0.write(heap &+ $0.offset("input_handler", "event"), heap &+ 2048)
      try $0.write(link, first)
      try $0.write(link &+ 8, head)
      try $0.write(first &+ 8, link)
      try $0.write(head, link)
      if last == head { try $0.write(head &+ 8, link) }
    },
    Change("a tasklet", ["GST-049"], [.callbacks]) {
      let heap = try $0.heap()
      let processor = try $0.pointer(try $0.symbol("__per_cpu_offset"))
      try $0.write(heap &+ $0.offset("tasklet_struct", "func"), heap &+ 2048)
      try $0.write(heap &+ $0.offset("tasklet_struct", "next"), UInt64(0))
      try $0.write(try $0.symbol("tasklet_vec") &+ processor, heap)
    },
    Change("a key of the console", ["GST-049"], [.callbacks]) { editor in
      let table = try editor.symbol("sysrq_key_table")
      let heap = try editor.heap()
      try editor.write(heap &+ editor.offset("sysrq_key_op", "handler"), heap &+ 2048)
      try editor.write(table &+ 8 &* 20, heap)
    },
    Change("a handler of the interrupt that nothing holds back", ["GST-049"], [.callbacks]) {
      let heap = try $0.heap()
      let head = try $0.symbol("nmi_desc") &+ $0.offset("nmi_desc", "head")
      let first = try $0.pointer(head)
      try $0.write(heap &+ $0.offset("nmiaction", "handler"), heap &+ 2048)
      try $0.write(heap &+ $0.offset("nmiaction", "list"), first)
      try $0.write(heap &+ $0.offset("nmiaction", "list") &+ 8, head)
      try $0.write(first &+ 8, heap &+ $0.offset("nmiaction", "list"))
      try $0.write(head, heap &+ $0.offset("nmiaction", "list"))
    },
    Change("a static call", ["GST-049"], [.callbacks]) {
      try $0.write(try $0.symbol("__SCK__cond_resched"), try $0.heap())
    },
    Change("how the machine ends", ["GST-049"], [.callbacks]) {
      try $0.write(try $0.symbol("machine_ops") &+ $0.offset("machine_ops", "restart"), try $0.heap())
    },
    Change("what is done when a processor comes", ["GST-049"], [.callbacks]) {
      guard let size = $0.guest.kernel.size("cpuhp_step") else { return }
      try $0.write(try $0.symbol("cpuhp_hp_states") &+ 40 &* size &+ $0.offset("cpuhp_step", "startup"), try $0.heap())
    },
    Change("a hook by a debug register", ["GST-049"], [.callbacks]) {
      let heap = try $0.heap()
      let processor = try $0.pointer(try $0.symbol("__per_cpu_offset"))
      try $0.write(heap &+ $0.offset("perf_event", "overflow_handler"), heap &+ 2048)
      try $0.write(try $0.symbol("bp_per_reg") &+ processor, heap)
    },
    Change("a probe at a function's return", ["GST-041"], [.probes]) {
      let heap = try $0.heap()
      let bucket = try $0.symbol("kprobe_table") &+ 8 &* 5
      try $0.write(heap &+ $0.offset("kprobe", "hlist"), try $0.pointer(bucket, orZero: true))
      try $0.write(heap &+ $0.offset("kprobe", "addr"), try $0.symbol("commit_creds"))
      try $0.write(heap &+ $0.offset("kprobe", "pre_handler"), try $0.symbol("pre_handler_kretprobe"))
      try $0.write(heap &+ $0.offset("kretprobe", "handler"), heap &+ 2048)
      try $0.write(bucket, heap &+ $0.offset("kprobe", "hlist"))
    },
    Change("a paravirtual operation", ["GST-049"], [.callbacks]) { editor in
      let table = try editor.symbol("pv_ops")
      let text = try editor.symbol("_stext")..<editor.symbol("_etext")
      guard let place = (UInt64(0)..<64).first(where: { editor.guest.u64(table &+ 8 &* $0).map(text.contains) ?? false }) else { return }
      try editor.write(table &+ 8 &* place, try editor.heap())
    },
  ]

  /// What only kernels can show that have fprobes.
  static let entryProbes: [Change] = [
    Change("a probe at functions by the kernel's own tracer", ["GST-040"], [.tracing]) {
      let heap = try $0.heap()
      let head = try $0.symbol("ftrace_ops_list")
      let operations = try heap &+ $0.offset("fprobe", "ops")
      try $0.write(operations &+ $0.offset("ftrace_ops", "func"), try $0.symbol("fprobe_handler"))
      try $0.write(heap &+ $0.offset("fprobe", "entry_handler"), heap &+ 2048)
      try $0.write(operations &+ $0.offset("ftrace_ops", "next"), try $0.pointer(head))
      try $0.write(head, operations)
    },
  ]

  static let settings: [Change] = [
    Change("modprobe_path", ["GST-090", "GST-092"], [.kernel, .settings]) {
      try $0.write(try $0.symbol("modprobe_path"), Array("/tmp/x\0".utf8))
    },
    Change("core_pattern", ["GST-090", "GST-092"], [.kernel, .settings]) {
      try $0.write(try $0.symbol("core_pattern"), Array("|/dev/shm/x %p\0".utf8))
    },
    Change("poweroff_cmd", ["GST-090", "GST-092"], [.kernel, .settings]) {
      try $0.write(try $0.symbol("poweroff_cmd"), Array("/home/a/x\0".utf8))
    },
    Change("core_pattern to a shell", ["GST-090", "GST-092"], [.kernel, .settings]) {
      try $0.write(try $0.symbol("core_pattern"), Array("|/bin/sh /usr/lib/x\0".utf8))
    },
    Change("audit that was on", ["GST-091"], [.kernel, .settings]) {
      try $0.write(try $0.symbol("audit_ever_enabled"), [1])
      try $0.write(try $0.symbol("audit_enabled"), UInt32(0))
    },
    Change("a secure boot without lockdown", ["GST-091"], [.kernel, .settings]) {
      try $0.write(try $0.symbol("boot_params") &+ $0.offset("boot_params", "secure_boot"), [3])
    },
    Change("a lockdown that the boot asked for", ["GST-091"], [.kernel, .settings]) {
      try $0.write(try $0.pointer(try $0.symbol("saved_command_line")), Array("lockdown=integrity module.sig_enforce ".utf8))
    },
    Change("mmap_min_addr", ["GST-091", "GST-092"], [.kernel, .settings]) { try $0.write(try $0.symbol("mmap_min_addr"), UInt64(0)) },
    Change("dmesg_restrict", ["GST-092"], [.kernel, .settings]) { try $0.write(try $0.symbol("dmesg_restrict"), UInt32(0)) },
    Change("SELinux that does not enforce", ["GST-091"], [.kernel, .settings]) { editor in
      let state = try editor.symbol("selinux_state")
      try editor.write(state &+ editor.offset("selinux_state", "initialized"), [1])
    },
    Change("pinned bits of the processor", ["GST-091"], [.kernel, .settings]) { try $0.write(try $0.symbol("cr4_pinned_bits"), UInt64(0)) },
    Change("what the kernel last wrote to CR4", ["GST-091"], [.kernel, .settings]) {
      let area = try $0.pointer(try $0.symbol("__per_cpu_offset"), orZero: true)
      let place = try $0.symbol("cpu_tlbstate") &+ area &+ $0.offset("tlb_state", "cr4")
      try $0.write(place, try $0.pointer(place) & ~(1 << 20))
    },
  ]
}

extension GuestEditor {
  /// The first processor's table of segments.
  func segments() throws -> UInt64 { try symbol("gdt_page") &+ pointer(symbol("__per_cpu_offset"), orZero: true) }

  /// Lets programs enter the kernel at a place of one's own, in the kernel's code segment.
  func plantGate(at index: UInt64) throws {
    let target = try heap()
    try write(try segments() &+ 8 &* index, target & 0xFFFF | 0x10 << 16 | 0xEC << 40 | (target & 0xFFFF_0000) << 32)
    try write(try segments() &+ 8 &* index &+ 8, target >> 32)
  }

  /// A timer that waits on the first processor.
  func timer() throws -> UInt64 {
    let processor = try pointer(try symbol("__per_cpu_offset"), orZero: true)
    let base = try symbol("timer_bases") &+ processor &+ offset("timer_base", "vectors")
    let link = try offset("timer_list", "entry")
    for slot in UInt64(0)..<576 {
      if let found = guest.chain(head: base &+ 8 &* slot, offset: link, structure: "timer_bases").entries.first { return found }
    }
    throw Impossible(description: "no timer waits")
  }

  /// The descriptor of an interrupt that has a handler.
  func interrupt() throws -> UInt64 {
    let descriptors: [UInt64]
    if let tree = guest.symbol("sparse_irqs") {
      descriptors = guest.mapleTree(tree, structure: "sparse_irqs").entries.map(\.entry)
    } else {
      descriptors = guest.xarray(try symbol("irq_desc_tree"), structure: "irq_desc_tree").entries.map(\.entry)
    }
    let action = try offset("irq_desc", "action")
    guard let found = descriptors.first(where: { guest.pointer($0 &+ action) != nil }) else {
      throw Impossible(description: "no interrupt has a handler")
    }
    return found
  }

  /// Operations of ftrace in memory that nobody lists, of which nothing but the list of trampolines knows.
  func trampoline(function: UInt64) throws {
    let heap = try heap()
    let head = try symbol("ftrace_ops_trampoline_list")
    let link = try heap &+ offset("ftrace_ops", "list")
    let next = try pointer(head)
    try write(heap &+ offset("ftrace_ops", "func"), function)
    try write(link, next)
    try write(link &+ 8, head)
    try write(next &+ 8, link)
    try write(head, link)
  }
}

extension GuestEditor {
  /// The first tracer with a trampoline.
  func tracer() throws -> UInt64 {
    let walk = guest.list(
      head: try symbol("ftrace_ops_trampoline_list"), offset: try offset("ftrace_ops", "list"), structure: "ftrace_ops_trampoline_list")
    guard let entry = walk.entries.first else { throw Impossible(description: "no tracer has a trampoline") }
    return entry
  }

  func trampoline() throws -> UInt64 { try pointer(try tracer() &+ offset("ftrace_ops", "trampoline")) }

  /// What the jump of the first probe leads to that became one.
  func slot() throws -> UInt64 {
    let common = try symbol("aggr_pre_handler")
    for bucket in UInt64(0)..<64 {
      let walk = guest.chain(
        head: try symbol("kprobe_table") &+ 8 &* bucket, offset: try offset("kprobe", "hlist"), structure: "kprobe_table")
      for entry in walk.entries where guest.u64(entry &+ (try offset("kprobe", "pre_handler"))) == common {
        let holder = try entry &- offset("optimized_kprobe", "kp")
        if let slot = guest.u64(holder &+ (try offset("optimized_kprobe", "optinsn.insn"))), slot != 0 { return slot }
      }
    }
    throw Impossible(description: "no probe became a jump")
  }
}
