import Introspection

/// Tables of operations of single files and drivers, and security hooks that were taken away.
extension Change {
  static let operations: [Change] = [
    Change("an entry of /proc that one function answers", ["GST-043"], [.operations]) {
      try $0.write(try $0.procEntry("loadavg") &+ $0.offset("proc_dir_entry", "single_show"), try $0.heap())
    },
    Change("the table of one open file", ["GST-043"], [.operations]) {
      let place = try $0.openFile(of: try $0.victim()) &+ $0.offset("file", "f_op")
      guard let size = $0.guest.kernel.size("file_operations"), let copy = $0.guest.bytes(try $0.pointer(place), count: Int(size)) else {
        return
      }
      try $0.write(try $0.heap(), copy)
      try $0.write(try $0.heap() &+ $0.offset("file_operations", "read"), try $0.heap() &+ 2048)
      try $0.write(place, try $0.heap())
    },
    Change("the table of a driver of terminals", ["GST-043"], [.operations]) {
      let link = try $0.pointer(try $0.symbol("tty_drivers"))
      let place = try link &- $0.offset("tty_driver", "tty_drivers") &+ $0.offset("tty_driver", "ops")
      guard let size = $0.guest.kernel.size("tty_operations"), let copy = $0.guest.bytes(try $0.pointer(place), count: Int(size)) else {
        return
      }
      try $0.write(try $0.heap(), copy)
      try $0.write(place, try $0.heap())
    },
    Change("what one terminal makes of its lines", ["GST-043"], [.operations]) {
      let line = try $0.pointer(try $0.terminal() &+ $0.offset("tty_struct", "ldisc"))
      try $0.copyTable(at: line &+ $0.offset("tty_ldisc", "ops"), "tty_ldisc_ops", replacing: "receive_buf")
    },
    Change("the operations of one terminal", ["GST-043"], [.operations]) {
      try $0.copyTable(at: try $0.terminal() &+ $0.offset("tty_struct", "ops"), "tty_operations", replacing: "write")
    },
    Change("the directory operations of one inode", ["GST-043"], [.operations]) {
      try $0.copyTable(at: try $0.directory() &+ $0.offset("inode", "i_fop"), "file_operations", replacing: "iterate_shared")
    },
    Change("a device's operations", ["GST-043"], [.operations]) {
      let device = try $0.pointer(try $0.symbol("misc_list")) &- $0.offset("miscdevice", "list")
      try $0.copyTable(at: device &+ $0.offset("miscdevice", "fops"), "file_operations", replacing: "open")
    },
    Change("what a socket calls for its data", ["GST-043"], [.operations]) {
      try $0.write(try $0.openSocket() &+ $0.offset("sock", "sk_data_ready"), try $0.heap())
    },
    Change("a network device's way to send", ["GST-043"], [.operations]) {
      let place = try $0.networkDevice("lo") &+ $0.offset("net_device", "netdev_ops")
      guard let size = $0.guest.kernel.size("net_device_ops"), let copy = $0.guest.bytes(try $0.pointer(place), count: Int(size)) else {
        return
      }
      try $0.write(try $0.heap(), copy)
      try $0.write(try $0.heap() &+ $0.offset("net_device_ops", "ndo_start_xmit"), try $0.heap() &+ 2048)
      try $0.write(place, try $0.heap())
    },
    Change("a table of a module that nothing uses yet", ["GST-043"], [.operations]) {
      let table = try $0.moduleObject("virtio_blk", "virtblk_fops")
      try $0.write(table &+ $0.offset("block_device_operations", "getgeo"), try $0.heap())
    },
    // Where the code ends with a page nothing behind it can be executed.
    Change("a table that leads behind the last function of the kernel", ["GST-044"], possible: ["GST-043"], [.kernel, .operations]) {
      try $0.write(try $0.symbol("tcp4_seq_ops") &+ $0.offset("seq_operations", "show"), (try $0.symbol("_etext") &+ 16) & ~15)
    },
    Change("how the pages of one inode are read", ["GST-043"], [.operations]) {
      let space = try $0.pointer(try $0.directory() &+ $0.offset("inode", "i_mapping"))
      try $0.copyTable(at: space &+ $0.offset("address_space", "a_ops"), "address_space_operations", replacing: "dirty_folio")
    },
    Change("how one open file's name is looked up", ["GST-043"], [.operations]) {
      let heap = try $0.heap()
      let entry = try $0.pointer(try $0.openFile(of: try $0.victim()) &+ $0.offset("file", "f_path") &+ $0.offset("path", "dentry"))
      try $0.write(heap &+ $0.offset("dentry_operations", "d_revalidate"), heap &+ 2048)
      try $0.write(entry &+ $0.offset("dentry", "d_op"), heap)
    },
    Change("how the name of an entry of /proc is looked up", ["GST-043"], [.operations]) {
      let place = try $0.procEntry("loadavg") &+ $0.offset("proc_dir_entry", "proc_dops")
      try $0.copyTable(at: place, "dentry_operations", replacing: "d_revalidate")
    },
    Change("the operations of one disk", ["GST-043"], [.operations]) {
      try $0.copyTable(at: try $0.disk() &+ $0.offset("gendisk", "fops"), "block_device_operations", replacing: "open")
    },
    Change("how one disk is read and written", ["GST-043"], [.operations]) {
      let queue = try $0.pointer(try $0.disk() &+ $0.offset("gendisk", "queue"))
      try $0.copyTable(at: queue &+ $0.offset("request_queue", "mq_ops"), "blk_mq_ops", replacing: "queue_rq")
    },
    Change("every hook of a security module that is gone", ["GST-042", "GST-057"], [.kernel, .securityHooks]) {
      for entry in try $0.hooks("yama_hooks") { try $0.release(hook: entry) }
    },
    Change("a security hook that is gone", ["GST-042", "GST-057"], [.kernel, .securityHooks]) {
      if let heads = $0.guest.symbol("security_hook_heads") {
        let head = try heads &+ $0.offset("security_hook_heads", "file_open")
        try $0.write(head, try $0.pointer(try $0.pointer(head), orZero: true))
      } else {
        let call = try $0.symbol("static_calls_table") &+ $0.offset("lsm_static_calls_table", "file_open")
        guard let size = $0.guest.kernel.size("lsm_static_call") else { return }
        for index in UInt64(0)..<16 {
          let place = try call &+ index &* size &+ $0.offset("lsm_static_call", "hl")
          guard try $0.pointer(place, orZero: true) != 0 else { continue }
          return try $0.write(place, UInt64(0))
        }
      }
    },
  ]
}

extension Change {
  /// What is in one table and not in another that must have it.
  static let views: [Change] = [
    Change("a socket out of its table", ["GST-075"], [.views]) {
      guard let socket = try $0.guest.sockets().sockets.first(where: { $0.local?.port == 8080 && $0.state == .listening }) else {
        throw GuestEditor.Impossible(description: "nobody listens")
      }
      let node = try socket.address &+ $0.offset("sock", "__sk_common.skc_nulls_node")
      let next = try $0.pointer(node)
      try $0.write(try $0.pointer(node &+ 8), next)
      if next & 1 == 0 { try $0.write(next &+ 8, try $0.pointer(node &+ 8)) }
    },
    Change("a mount out of its file system", ["GST-075"], [.views]) {
      guard let mount = try $0.guest.mounts().namespaces.flatMap(\.mounts).first(where: { $0.point == "/dev/shm" }) else {
        throw GuestEditor.Impossible(description: "/dev/shm is not mounted")
      }
      try $0.unlink(mount.address &+ $0.offset("mount", "mnt_instance"))
    },
  ]

  /// What only kernels can show whose hooks are static calls.
  static let calledHooks: [Change] = [
    Change("a security hook whose branch is off", ["GST-042"], [.kernel, .securityHooks]) {
      try $0.write(try $0.pointer(try $0.hookCall("file_open") &+ $0.offset("lsm_static_call", "active")), UInt32(0))
    },
    Change("a security hook that calls another function", ["GST-042", "GST-057"], [.kernel, .securityHooks]) {
      let key = try $0.pointer(try $0.hookCall("file_open") &+ $0.offset("lsm_static_call", "key"))
      try $0.write(key &+ $0.offset("static_call_key", "func"), try $0.symbol("yama_ptrace_traceme"))
    },
  ]

  /// What is seen where a compiler could make the program for it.
  static let held: [Change] = [
    Change("a program of BPF out of its table", ["GST-075"], [.views]) {
      guard let program = try $0.guest.bpf().programs.first(where: { $0.name == "held_prog" }) else {
        throw GuestEditor.Impossible(description: "no program is held")
      }
      let head = try $0.symbol("prog_idr") &+ $0.offset("idr", "idr_rt") &+ $0.offset("xarray", "xa_head")
      let node = try $0.pointer(head) & ~3
      try $0.write(node &+ $0.offset("xa_node", "slots") &+ 8 &* UInt64(program.id), UInt64(0))
    },
    Change("a process that left the list of its own threads", ["GST-060"], [.processes]) {
      guard let process = try $0.guest.processes().processes.first(where: { $0.name == "hold" }) else {
        throw GuestEditor.Impossible(description: "nobody holds")
      }
      try $0.unlink(process.address &+ $0.offset("task_struct", "thread_node"))
    },
    Change("a thread with the credentials that the kernel started with", ["GST-062"], [.processes]) {
      let thread = try $0.secondThread()
      for member in ["cred", "real_cred"] { try $0.write(thread &+ $0.offset("task_struct", member), try $0.symbol("init_cred")) }
    },
    Change("a thread with the credentials of another process", ["GST-062"], [.processes]) {
      guard let first = try $0.guest.processes().processes.first(where: { $0.pid == 1 })?.credentials else { return }
      let thread = try $0.secondThread()
      for member in ["cred", "real_cred"] { try $0.write(thread &+ $0.offset("task_struct", member), first.address) }
    },
  ]
}

extension GuestEditor {
  /// The thread of the program that holds things open, beside its first.
  func secondThread() throws -> UInt64 {
    guard let process = try guest.processes().processes.first(where: { $0.name == "hold" }) else {
      throw Impossible(description: "nobody holds")
    }
    let signal = try pointer(process.address &+ offset("task_struct", "signal"))
    let walk = guest.list(
      head: signal &+ (try offset("signal_struct", "thread_head")), offset: try offset("task_struct", "thread_node"),
      structure: "thread_head")
    guard let thread = walk.entries.first(where: { $0 != process.address }) else { throw Impossible(description: "it has one thread") }
    return thread
  }

  /// Entries of a security module's own array (struct security_hook_list).
  func hooks(_ name: String) throws -> [UInt64] {
    let start = try symbol(name)
    guard let size = guest.kernel.size("security_hook_list"), let end = guest.kernel.symbols.following(start) else {
      throw Impossible(description: "no array \(name)")
    }
    return stride(from: start, through: end &- size, by: Int(size)).filter { guest.pointer($0 &+ size &- 8) != nil }
  }

  /// The static call in use of a question.
  func hookCall(_ question: String) throws -> UInt64 {
    let first = try symbol("static_calls_table") &+ offset("lsm_static_calls_table", question)
    guard let size = guest.kernel.size("lsm_static_call") else { throw Impossible(description: "no lsm_static_call") }
    for index in UInt64(0)..<16 {
      let call = first &+ index &* size
      if try pointer(call &+ offset("lsm_static_call", "hl"), orZero: true) != 0 { return call }
    }
    throw Impossible(description: "nobody answers \(question)")
  }

  /// Takes a security hook out of what leads to it: its list, or its static call.
  func release(hook entry: UInt64) throws {
    if guest.symbol("security_hook_heads") != nil {
      let node = try entry &+ offset("security_hook_list", "list")
      let next = try pointer(node, orZero: true)
      let previous = try pointer(node &+ 8)
      try write(previous, next)
      if next != 0 { try write(next &+ 8, previous) }
      return
    }
    guard let size = guest.kernel.size("lsm_static_call") else { throw Impossible(description: "no lsm_static_call") }
    let calls = try pointer(entry &+ offset("security_hook_list", "scalls"))
    for index in UInt64(0)..<16 {
      let place = try calls &+ index &* size &+ offset("lsm_static_call", "hl")
      if try pointer(place, orZero: true) == entry { return try write(place, UInt64(0)) }
    }
    throw Impossible(description: "nothing leads to the hook")
  }

  /// Lets a pointer lead to a copy of its table in memory that nobody lists, with one function replaced.
  func copyTable(at place: UInt64, _ structure: String, replacing member: String) throws {
    guard let size = guest.kernel.size(structure), let copy = guest.bytes(try pointer(place), count: Int(size)) else {
      throw Impossible(description: "no \(structure)")
    }
    let heap = try heap()
    try write(heap, copy)
    try write(heap &+ offset(structure, member), heap &+ 2048)
    try write(place, heap)
  }

  /// The serial console.
  func terminal() throws -> UInt64 {
    let walk = guest.list(head: try symbol("tty_drivers"), offset: try offset("tty_driver", "tty_drivers"), structure: "tty_drivers")
    for driver in walk.entries where guest.string(try pointer(driver &+ offset("tty_driver", "name")), limit: 16) == "ttyS" {
      let first = try pointer(driver &+ offset("tty_driver", "ttys"))
      for index in UInt64(0)..<4 {
        let terminal = try pointer(first &+ 8 &* index, orZero: true)
        if terminal != 0 { return terminal }
      }
    }
    throw Impossible(description: "no serial terminal is open")
  }

  /// The first disk (struct gendisk), by the inode of its device.
  func disk() throws -> UInt64 {
    let place = try offset("bdev_inode", "bdev") &+ offset("block_device", "bd_disk") &- offset("bdev_inode", "vfs_inode")
    let walk = guest.list(head: try symbol("super_blocks"), offset: try offset("super_block", "s_list"), structure: "super_blocks")
    for block in walk.entries {
      let kind = try pointer(block &+ offset("super_block", "s_type"))
      guard guest.string(try pointer(kind &+ offset("file_system_type", "name")), limit: 32) == "bdev" else { continue }
      let inodes = guest.list(
        head: block &+ (try offset("super_block", "s_inodes")), offset: try offset("inode", "i_sb_list"), structure: "s_inodes")
      let name = try offset("gendisk", "disk_name")
      for inode in inodes.entries {
        if let disk = guest.pointer(inode &+ place), guest.string(disk &+ name, limit: 32) == "vda" { return disk }
      }
    }
    throw Impossible(description: "no disk vda")
  }

  /// A directory of a file system that is not its root.
  func directory() throws -> UInt64 {
    let walk = guest.list(head: try symbol("super_blocks"), offset: try offset("super_block", "s_list"), structure: "super_blocks")
    for block in walk.entries {
      let top = try pointer(block &+ offset("super_block", "s_root"), orZero: true)
      let root = top == 0 ? 0 : try pointer(top &+ offset("dentry", "d_inode"))
      let inodes = guest.list(
        head: block &+ (try offset("super_block", "s_inodes")), offset: try offset("inode", "i_sb_list"), structure: "s_inodes")
      let mode = try offset("inode", "i_mode")
      for inode in inodes.entries where inode != root && (guest.u16(inode &+ mode) ?? 0) & 0xF000 == 0x4000 { return inode }
    }
    throw Impossible(description: "no directory")
  }

  /// A socket that a process has open.
  func openSocket() throws -> UInt64 {
    let operations = try symbol("socket_file_ops")
    for process in try guest.processes().processes where !process.isKernelThread {
      guard let files = guest.pointer(process.address &+ (try offset("task_struct", "files"))),
        let table = guest.pointer(files &+ (try offset("files_struct", "fdt"))),
        let first = guest.pointer(table &+ (try offset("fdtable", "fd")))
      else { continue }
      for descriptor in UInt64(0)..<16 {
        guard let file = guest.pointer(first &+ 8 &* descriptor), guest.pointer(file &+ (try offset("file", "f_op"))) == operations,
          let socket = guest.pointer(file &+ (try offset("file", "private_data"))),
          let sock = guest.pointer(socket &+ (try offset("socket", "sk")))
        else { continue }
        return sock
      }
    }
    throw Impossible(description: "no process has a socket")
  }

  /// An entry of /proc itself.
  func procEntry(_ name: String) throws -> UInt64 {
    let folder = try symbol("proc_root")
    let walk = guest.tree(
      root: folder &+ (try offset("proc_dir_entry", "subdir")), offset: try offset("proc_dir_entry", "subdir_node"), structure: "subdir")
    for entry in walk.entries where guest.string(try pointer(entry &+ offset("proc_dir_entry", "name")), limit: 32) == name { return entry }
    throw Impossible(description: "no /proc/\(name)")
  }

  /// A network device of the first namespace.
  func networkDevice(_ name: String) throws -> UInt64 {
    let head = try symbol("init_net") &+ offset("net", "dev_base_head")
    let walk = guest.list(head: head, offset: try offset("net_device", "dev_list"), structure: "dev_base_head")
    for device in walk.entries where guest.string(device &+ (try offset("net_device", "name")), limit: 16) == name { return device }
    throw Impossible(description: "no network device \(name)")
  }

  /// An object among a module's own symbols (Elf64_Sym).
  func moduleObject(_ module: String, _ name: String) throws -> UInt64 {
    let own = try pointer(try self.module(module) &+ offset("module", "kallsyms"))
    let table = try pointer(own &+ offset("mod_kallsyms", "symtab"))
    let texts = try pointer(own &+ offset("mod_kallsyms", "strtab"))
    for index in UInt64(0)..<UInt64(guest.u32(own &+ (try offset("mod_kallsyms", "num_symtab"))) ?? 0) {
      let entry = table &+ 24 &* index
      guard let text = guest.u32(entry), guest.string(texts &+ UInt64(text), limit: 64) == name else { continue }
      return try pointer(entry &+ 8)
    }
    throw Impossible(description: "no symbol \(name) in \(module)")
  }

  /// The first open file of a process.
  func openFile(of process: Process) throws -> UInt64 {
    let table = try pointer(try pointer(process.address &+ offset("task_struct", "files")) &+ offset("files_struct", "fdt"))
    let first = try pointer(table &+ offset("fdtable", "fd"))
    for descriptor in UInt64(0)..<8 {
      let file = try pointer(first &+ 8 &* descriptor, orZero: true)
      if file != 0 { return file }
    }
    throw Impossible(description: "process \(process.pid) has no open file")
  }
}
