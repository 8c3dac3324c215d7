internal import Domain

/// Types of variables that Volatility looks at. BTF tells those of variables that each processor has, and of no others: they stand here by their
/// declarations in the kernel's sources. A type that this kernel's BTF lacks is left out.
struct SymbolTypes {
  private let guest: Guest
  private let types: TypeIndex

  init(_ guest: Guest) {
    self.guest = guest
    types = guest.kernel.types
  }

  private static let structures = [
    "init_task": "task_struct", "init_pid_ns": "pid_namespace", "init_mm": "mm_struct", "init_files": "files_struct",
    "init_nsproxy": "nsproxy", "init_uts_ns": "uts_namespace", "init_user_ns": "user_namespace", "init_fs": "fs_struct",
    "init_cred": "cred", "file_systems": "file_system_type", "tcp_hashinfo": "inet_hashinfo", "udp_table": "udp_table",
    "iomem_resource": "resource", "ioport_resource": "resource", "prog_idr": "idr", "map_idr": "idr", "link_idr": "idr", "init_net": "net",
    "boot_cpu_data": "cpuinfo_x86", "keyboard_notifier_list": "atomic_notifier_head", "mod_tree": "mod_tree_root",
    "ftrace_list_end": "ftrace_ops", "bpf_tree": "latch_tree_root", "socket_file_ops": "file_operations",
    "sockfs_dentry_operations": "dentry_operations", "pipefifo_fops": "file_operations", "tcp4_seq_afinfo": "tcp_seq_afinfo",
    "tcp6_seq_afinfo": "tcp_seq_afinfo", "udp4_seq_afinfo": "udp_seq_afinfo", "udp6_seq_afinfo": "udp_seq_afinfo",
    "udplite4_seq_afinfo": "udp_seq_afinfo", "udplite6_seq_afinfo": "udp_seq_afinfo",
  ]
  private static let lists: Set = [
    "modules", "net_namespace_list", "super_blocks", "tty_drivers", "ftrace_mod_maps", "ftrace_ops_trampoline_list", "bpf_kallsyms",
    "ptype_all", "vmap_area_list", "all_bdevs", "slab_caches",
  ]
  private static let sequences: Set = [
    "raw_seq_ops", "raw6_seq_ops", "udp_seq_ops", "udp6_seq_ops", "tcp_seq_ops", "tcp4_seq_ops", "tcp6_seq_ops", "arp_seq_ops",
    "unix_seq_ops", "packet_seq_ops",
  ]
  private static let pointers = [
    "module_kset": "kset", "prb": "printk_ringbuffer", "ftrace_ops_list": "ftrace_ops", "mem_map": "page",
  ]
  private static let numbers = [
    "page_offset_base": "long unsigned int", "vmemmap_base": "long unsigned int", "vmalloc_base": "long unsigned int",
    "phys_base": "long unsigned int", "jiffies": "long unsigned int", "jiffies_64": "long unsigned int",
    "kallsyms_relative_base": "long unsigned int", "vmcoreinfo_size": "long unsigned int", "kallsyms_num_syms": "unsigned int",
    "nr_cpu_ids": "unsigned int", "log_buf_len": "unsigned int", "cap_last_cap": "int", "num_registered_fb": "int",
  ]
  private static let texts: Set = ["log_buf", "saved_command_line", "vmcoreinfo_data"]
  /// Places without a size.
  private static let marks: Set = ["_text", "_stext", "_etext", "_sdata", "_edata", "_end", "__init_begin", "__init_end"]
  private static let structuresInRows = ["idt_table": ("gate_struct", 256), "ptype_base": ("list_head", 16), "inetsw": ("list_head", 11)]
  /// Rows of numbers that end where the next symbol begins.
  private static let rows = [
    "__per_cpu_offset": "long unsigned int", "kallsyms_markers": "unsigned int", "kallsyms_offsets": "int",
    "kallsyms_names": "unsigned char",
    "kallsyms_token_table": "char", "kallsyms_token_index": "short unsigned int",
  ]

  // MARK: Forms

  private static func structure(_ name: String) -> FactValue { ["kind": "struct", "name": .string(name)] }
  private static func base(_ name: String) -> FactValue { ["kind": "base", "name": .string(name)] }
  private static func pointer(_ to: FactValue) -> FactValue { ["kind": "pointer", "subtype": to] }
  private static func array(_ count: Int, _ of: FactValue) -> FactValue {
    ["kind": "array", "count": .int(Int64(count)), "subtype": of]
  }

  private func has(_ name: String) -> Bool { types.structure(name) != nil }

  /// Type of a symbol, as ISF writes it; nil for one that is not known here.
  subscript(symbol: String) -> FactValue? {
    if let name = Self.structures[symbol] { return has(name) ? Self.structure(name) : nil }
    if Self.lists.contains(symbol) { return has("list_head") ? Self.structure("list_head") : nil }
    if Self.sequences.contains(symbol) { return has("seq_operations") ? Self.structure("seq_operations") : nil }
    if let name = Self.pointers[symbol] { return has(name) ? Self.pointer(Self.structure(name)) : nil }
    if let name = Self.numbers[symbol] { return Self.base(name) }
    if Self.texts.contains(symbol) { return Self.pointer(Self.base("char")) }
    if Self.marks.contains(symbol) { return Self.array(0, Self.base("char")) }
    if let (name, count) = Self.structuresInRows[symbol] { return has(name) ? Self.array(count, Self.structure(name)) : nil }
    if let name = Self.rows[symbol] { return Self.array(room(symbol) / (Self.sizes[name] ?? 8), Self.base(name)) }
    switch symbol {
    case "sys_call_table": return Self.array(0, Self.pointer(Self.base("void")))
    case "registered_fb": return has("fb_info") ? Self.array(room(symbol) / 8, Self.pointer(Self.structure("fb_info"))) : nil
    case "taint_flags": return taintFlags
    case "tk_core": return timekeeper
    case "__start___tracepoints_ptrs": return tracepoints
    default: return nil
    }
  }

  private static let sizes = ["char": 1, "unsigned char": 1, "short unsigned int": 2, "int": 4, "unsigned int": 4, "long unsigned int": 8]

  /// Bytes up to the next symbol, at most 64 MiB; 0 behind the last.
  private func room(_ symbol: String) -> Int {
    guard let address = guest.symbol(symbol), let next = guest.kernel.symbols.following(address) else { return 0 }
    return Int(clamping: min(next &- address, 64 << 20))
  }

  /// TAINT_FLAGS_COUNT is no symbol: a flag has a letter, and what fills the room up to the next symbol has none.
  private var taintFlags: FactValue? {
    guard let address = guest.symbol("taint_flags"), let size = guest.kernel.size("taint_flag"), size > 0,
      let letter = guest.kernel.offset("taint_flag", "c_true")
    else { return nil }
    var count: UInt64 = 0
    while count < min(64, UInt64(room("taint_flags")) / size), let byte = guest.u8(address &+ count &* size &+ letter), byte > 0x20 {
      count += 1
    }
    return Self.array(Int(count), Self.structure("taint_flag"))
  }

  /// A structure without a name up to Linux 6.12, then `tk_data` (kernel/time/timekeeping.c).
  private var timekeeper: FactValue? {
    if has("tk_data") { return Self.structure("tk_data") }
    return guest.kernel.timekeeperHolder.map { Self.structure(SymbolFile.name($0, types)) }
  }

  /// Offsets of 32 bits, since x86 has HAVE_ARCH_PREL32_RELOCATIONS.
  private var tracepoints: FactValue? {
    guard let start = guest.symbol("__start___tracepoints_ptrs"), let end = guest.symbol("__stop___tracepoints_ptrs"), end >= start,
      end - start < 1 << 24
    else { return nil }
    return Self.array(Int((end - start) / 4), Self.base("int"))
  }
}
