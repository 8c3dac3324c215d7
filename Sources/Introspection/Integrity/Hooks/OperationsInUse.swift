/// Tables of operations that files in use have: what a rootkit that replaces the table of one file alone leaves as it was everywhere else.
extension IntegrityReader {
  private static let descriptorLimit: UInt64 = 4096
  private static let tableLimit = 4096

  /// Tables of the open files of all processes, each once: of the file, of its inode, and of a socket and its protocol. Files of debugfs may
  /// have tables that were made for them, so that the kind of the file system is told.
  mutating func openFiles() -> [ReachedTable] {
    let kernel = guest.kernel
    guard let files = kernel.offset("task_struct", "files"), let table = kernel.offset("files_struct", "fdt"),
      let array = kernel.offset("fdtable", "fd"),
      let count = kernel.offset("fdtable", "max_fds"), let operations = kernel.offset("file", "f_op"),
      let inode = kernel.offset("file", "f_inode"), let inodeOperations = kernel.offset("inode", "i_op"),
      let fileOperations = kernel.offset("inode", "i_fop"), let processes = try? guest.processes()
    else { return [] }
    let sockets = SocketOperations(guest)
    let entry = kernel.offset("file", "f_path.dentry") ?? kernel.offset("file", "__f_path.dentry")
    let names = kernel.offset("dentry", "d_op")
    var met: Set<UInt64> = []
    var found: [ReachedTable] = []
    func add(_ name: String, _ address: UInt64?, _ structure: String, _ inode: UInt64? = nil) {
      guard let address, found.count < Self.tableLimit, met.insert(address).inserted else { return }
      let kind = inode.flatMap { fileSystem(of: $0) }
      found.append(ReachedTable(name: name, address: address, structure: structure, isAllocated: true, fileSystem: kind))
    }
    for process in processes.processes where !process.isKernelThread {
      guard let own = guest.pointer(process.address &+ files), let open = guest.pointer(own &+ table),
        let first = guest.pointer(open &+ array), let number = guest.u32(open &+ count)
      else { continue }
      for descriptor in 0..<min(UInt64(number), Self.descriptorLimit) {
        guard let file = guest.pointer(first &+ 8 &* descriptor) else { continue }
        let place = "open file \(descriptor) of process \(process.pid)"
        let own = guest.pointer(file &+ operations)
        add("\(place) f_op", own, "file_operations", guest.pointer(file &+ inode))
        if let node = guest.pointer(file &+ inode) {
          add("\(place) i_op", guest.pointer(node &+ inodeOperations), "inode_operations")
          add("\(place) i_fop", guest.pointer(node &+ fileOperations), "file_operations")
        }
        if let entry, let names, let node = guest.pointer(file &+ entry) {
          add("\(place) d_op", guest.pointer(node &+ names), "dentry_operations")
        }
        if let sockets, own == sockets.table {
          add("\(place) socket.ops", sockets.operations(file), "proto_ops")
          add("\(place) sk_prot", sockets.protocolTable(file), "proto")
          add("\(place) icsk_af_ops", sockets.family(file), "inet_connection_sock_af_ops")
          add("\(place) sock", sockets.endpoint(file), OperationLayouts.endpoint)
        }
      }
    }
    return found
  }

  /// Kind of the file system that an inode belongs to.
  private func fileSystem(of inode: UInt64) -> String? {
    let kernel = guest.kernel
    guard let block = kernel.offset("inode", "i_sb"), let type = kernel.offset("super_block", "s_type"),
      let name = kernel.offset("file_system_type", "name")
    else { return nil }
    return guest.pointer(inode &+ block).flatMap { guest.pointer($0 &+ type) }.flatMap { guest.pointer($0 &+ name) }
      .flatMap { guest.string($0, limit: 64) }
  }

  /// Tables of the drivers of terminals.
  mutating func terminalDrivers() -> [ReachedTable] {
    let kernel = guest.kernel
    guard let head = guest.symbol("tty_drivers"), let link = kernel.offset("tty_driver", "tty_drivers"),
      let operations = kernel.offset("tty_driver", "ops"), let name = kernel.offset("tty_driver", "name")
    else { return [] }
    return entries(guest.list(head: head, offset: link, structure: "tty_drivers", limit: 1024)).flatMap { driver -> [ReachedTable] in
      let text = guest.pointer(driver &+ name).flatMap { guest.string($0, limit: 32) } ?? ""
      let own = guest.pointer(driver &+ operations).map {
        ReachedTable(name: "terminal driver \(text) ops", address: $0, structure: "tty_operations")
      }
      return (own.map { [$0] } ?? []) + terminals(of: driver, text)
    }
  }

  private static let terminalLimit: UInt64 = 1024

  /// Tables that single terminals use: of their driver, and of what is made of their lines (struct tty_ldisc).
  private func terminals(of driver: UInt64, _ name: String) -> [ReachedTable] {
    let kernel = guest.kernel
    guard let array = kernel.offset("tty_driver", "ttys"), let count = kernel.offset("tty_driver", "num"),
      let operations = kernel.offset("tty_struct", "ops"), let line = kernel.offset("tty_struct", "ldisc"),
      let discipline = kernel.offset("tty_ldisc", "ops"), let first = guest.pointer(driver &+ array),
      let number = guest.u32(driver &+ count)
    else { return [] }
    return (0..<min(UInt64(number), Self.terminalLimit)).flatMap { index -> [ReachedTable] in
      guard let terminal = guest.pointer(first &+ 8 &* index) else { return [] }
      let tables: [(String, UInt64?, String)] = [
        ("ops", guest.pointer(terminal &+ operations), "tty_operations"),
        ("ldisc.ops", guest.pointer(terminal &+ line).flatMap { guest.pointer($0 &+ discipline) }, "tty_ldisc_ops"),
      ]
      return tables.compactMap { member, address, structure in
        address.map { ReachedTable(name: "terminal \(name)\(index) \(member)", address: $0, structure: structure) }
      }
    }
  }

  // MARK: Inodes and devices

  private static let inodeLimit = 1 << 15

  /// Tables of every inode that a mounted file system keeps, and of the character devices among them; those of entries of directories. Each
  /// table once.
  mutating func inodes(of block: UInt64, _ name: String) -> [ReachedTable] {
    let kernel = guest.kernel
    guard let list = kernel.offset("super_block", "s_inodes"), let link = kernel.offset("inode", "i_sb_list"),
      let operations = kernel.offset("inode", "i_op"), let files = kernel.offset("inode", "i_fop"),
      let mode = kernel.offset("inode", "i_mode")
    else { return [] }
    let walk = guest.list(head: block &+ list, offset: link, structure: "super_block.s_inodes", limit: Self.inodeLimit)
    // Inodes come and go by the second, so that a break in their list accuses nobody, and of very many the first stand for all.
    var met: Set<UInt64> = []
    var found: [ReachedTable] = []
    func add(_ member: String, _ table: UInt64?, _ structure: String, _ isAllocated: Bool) {
      guard let table, met.insert(table).inserted else { return }
      let place = "inode of \(name) \(member)"
      found.append(ReachedTable(name: place, address: table, structure: structure, isAllocated: isAllocated, fileSystem: name))
    }
    // An image whose list does not hold together holds inodes that are given away already: nothing is told of them.
    let isTorn = !guest.isRunning && walk.inconsistency != nil
    if isTorn { brokenFileSystems.append(name) }
    // In the place of its file operations an inode that goes has the function that will free it (destroy_inode, fs/inode.c).
    let freeing = kernel.offset("super_block", "s_op").flatMap { guest.pointer(block &+ $0) }.flatMap { table in
      kernel.offset("super_operations", "free_inode").flatMap { guest.pointer(table &+ $0) }
    }
    let mapping = kernel.offset("inode", "i_mapping")
    let pages = kernel.offset("address_space", "a_ops")
    for inode in isTorn ? [] : walk.entries {
      guard let bits = guest.u16(inode &+ mode), bits & 0xF000 != 0 else { continue }
      add("i_op", guest.pointer(inode &+ operations), "inode_operations", guest.isRunning)
      let own = guest.pointer(inode &+ files)
      if own != freeing { add("i_fop", own, "file_operations", guest.isRunning) }
      if let mapping, let pages, let space = guest.pointer(inode &+ mapping) {
        add("a_ops", guest.pointer(space &+ pages), "address_space_operations", guest.isRunning)
      }
      for place in nameTables(of: inode) { add("d_op", guest.pointer(place), "dentry_operations", guest.isRunning) }
      if name == "bdev" { for disk in diskTables(of: inode) { add(disk.member, disk.table, disk.structure, true) } }
      if bits & 0xF000 == 0x2000, let device = kernel.offset("inode", "i_cdev"), let own = kernel.offset("cdev", "ops") {
        add("i_cdev.ops", guest.pointer(inode &+ device).flatMap { guest.pointer($0 &+ own) }, "file_operations", true)
      }
    }
    if let place = kernel.offset("super_block", "s_d_op") ?? kernel.offset("super_block", "__s_d_op") {
      add("s_d_op", guest.pointer(block &+ place), "dentry_operations", false)
    }
    return found
  }

  /// Where the entries of directories that name an inode have their table.
  private func nameTables(of inode: UInt64) -> [UInt64] {
    let kernel = guest.kernel
    guard let head = kernel.offset("inode", "i_dentry"),
      let link = kernel.offset("dentry", "d_u.d_alias") ?? kernel.offset("dentry", "d_alias"),
      let names = kernel.offset("dentry", "d_op"), guest.pointer(inode &+ head) != nil
    else { return [] }
    return guest.chain(head: inode &+ head, offset: link, structure: "inode.i_dentry", limit: 64).entries.map { $0 &+ names }
  }

  /// Tables of the disk that an inode of the file system of block devices stands for (struct bdev_inode, block/bdev.c).
  private func diskTables(of inode: UInt64) -> [(member: String, table: UInt64, structure: String)] {
    let kernel = guest.kernel
    guard let outer = kernel.offset("bdev_inode", "vfs_inode"), let device = kernel.offset("bdev_inode", "bdev"),
      let disk = kernel.offset("block_device", "bd_disk"), let own = guest.pointer(inode &- outer &+ device &+ disk)
    else { return [] }
    var found: [(member: String, table: UInt64, structure: String)] = []
    if let place = kernel.offset("gendisk", "fops"), let table = guest.pointer(own &+ place) {
      found.append(("disk fops", table, "block_device_operations"))
    }
    if let queue = kernel.offset("gendisk", "queue").flatMap({ guest.pointer(own &+ $0) }),
      let table = kernel.offset("request_queue", "mq_ops").flatMap({ guest.pointer(queue &+ $0) })
    {
      found.append(("disk mq_ops", table, "blk_mq_ops"))
    }
    return found
  }

  /// Devices without a number of their own (misc_list), and kinds of sockets (inetsw).
  mutating func registeredTables() -> [ReachedTable] {
    let kernel = guest.kernel
    var found: [ReachedTable] = []
    if let head = guest.symbol("misc_list"), let link = kernel.offset("miscdevice", "list"),
      let files = kernel.offset("miscdevice", "fops"), let name = kernel.offset("miscdevice", "name")
    {
      for device in entries(guest.list(head: head, offset: link, structure: "misc_list", limit: 1024)) {
        let text = guest.pointer(device &+ name).flatMap { guest.string($0, limit: 32) } ?? ""
        guard let table = guest.pointer(device &+ files) else { continue }
        found.append(ReachedTable(name: "device \(text) fops", address: table, structure: "file_operations", isAllocated: true))
      }
    }
    guard let link = kernel.offset("inet_protosw", "list"), let own = kernel.offset("inet_protosw", "prot"),
      let operations = kernel.offset("inet_protosw", "ops")
    else { return found }
    for symbol in ["inetsw", "inetsw6"] {
      guard let table = guest.symbol(symbol) else { continue }
      // SOCK_MAX of them.
      for number in UInt64(0)..<11 {
        for entry in entries(guest.list(head: table &+ 16 &* number, offset: link, structure: symbol, limit: 256)) {
          if let place = guest.pointer(entry &+ own) {
            found.append(ReachedTable(name: "\(symbol)[\(number)].prot", address: place, structure: "proto"))
          }
          if let place = guest.pointer(entry &+ operations) {
            found.append(ReachedTable(name: "\(symbol)[\(number)].ops", address: place, structure: "proto_ops"))
          }
        }
      }
    }
    return found
  }
}

/// From a file to its socket's tables.
private struct SocketOperations {
  let guest: Guest
  /// By which a file is known to be a socket.
  let table: UInt64
  private let socket: UInt64
  private let own: UInt64
  private let sock: UInt64
  private let proto: UInt64
  private let connectionProtocol: UInt64?

  init?(_ guest: Guest) {
    let kernel = guest.kernel
    guard let table = guest.symbol("socket_file_ops"), let socket = kernel.offset("file", "private_data"),
      let own = kernel.offset("socket", "ops"), let sock = kernel.offset("socket", "sk"),
      let proto = kernel.offset("sock", "__sk_common.skc_prot")
    else { return nil }
    self.guest = guest
    self.table = table
    self.socket = socket
    self.own = own
    self.sock = sock
    self.proto = proto
    connectionProtocol = kernel.offset("inet_connection_sock", "icsk_af_ops")
  }

  func operations(_ file: UInt64) -> UInt64? { guest.pointer(file &+ socket).flatMap { guest.pointer($0 &+ own) } }

  func protocolTable(_ file: UInt64) -> UInt64? { endpoint(file).flatMap { guest.pointer($0 &+ proto) } }

  /// How a connection of TCP over IPv4 or IPv6 does what these differ in (struct inet_connection_sock): of a full socket whose protocol is
  /// one of the kernel's own.
  func family(_ file: UInt64) -> UInt64? {
    guard let place = connectionProtocol, let table = protocolTable(file),
      ["tcp_prot", "tcpv6_prot"].contains(where: { guest.symbol($0) == table })
    else { return nil }
    return endpoint(file).flatMap { guest.pointer($0 &+ place) }
  }

  /// struct sock.
  func endpoint(_ file: UInt64) -> UInt64? { guest.pointer(file &+ socket).flatMap { guest.pointer($0 &+ sock) } }
}
