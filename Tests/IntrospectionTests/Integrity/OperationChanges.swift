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
    Change("a security hook that is gone", ["GST-057"], [.kernel, .securityHooks]) {
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

extension GuestEditor {
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
        let table = guest.pointer(files &+ (try offset("files_struct", "fdt"))), let first = guest.pointer(table &+ (try offset("fdtable", "fd")))
      else { continue }
      for descriptor in UInt64(0)..<16 {
        guard let file = guest.pointer(first &+ 8 &* descriptor), guest.pointer(file &+ (try offset("file", "f_op"))) == operations,
          let socket = guest.pointer(file &+ (try offset("file", "private_data"))), let sock = guest.pointer(socket &+ (try offset("socket", "sk")))
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
