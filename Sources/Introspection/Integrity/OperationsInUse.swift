/// Tables of operations that files in use have: what a rootkit that replaces the table of one file alone leaves as it was everywhere else.
extension IntegrityReader {
  private static let descriptorLimit: UInt64 = 4096
  private static let tableLimit = 4096

  /// Tables of the open files of all processes, each once: of the file, of its inode, and of a socket and its protocol. Files may have tables that were
  /// made for them (debugfs), so that it is no sign where a table lies, only what it holds.
  mutating func openFiles() -> [ReachedTable] {
    let kernel = guest.kernel
    guard let files = kernel.offset("task_struct", "files"), let table = kernel.offset("files_struct", "fdt"),
      let array = kernel.offset("fdtable", "fd"),
      let count = kernel.offset("fdtable", "max_fds"), let operations = kernel.offset("file", "f_op"),
      let inode = kernel.offset("file", "f_inode"), let inodeOperations = kernel.offset("inode", "i_op"),
      let fileOperations = kernel.offset("inode", "i_fop"), let processes = try? guest.processes()
    else { return [] }
    let sockets = SocketOperations(guest)
    var met: Set<UInt64> = []
    var found: [ReachedTable] = []
    func add(_ name: String, _ address: UInt64?, _ structure: String) {
      guard let address, found.count < Self.tableLimit, met.insert(address).inserted else { return }
      found.append(ReachedTable(name: name, address: address, structure: structure, isAllocated: true))
    }
    for process in processes.processes where !process.isKernelThread {
      guard let own = guest.pointer(process.address &+ files), let open = guest.pointer(own &+ table),
        let first = guest.pointer(open &+ array), let number = guest.u32(open &+ count)
      else { continue }
      for descriptor in 0..<min(UInt64(number), Self.descriptorLimit) {
        guard let file = guest.pointer(first &+ 8 &* descriptor) else { continue }
        let place = "open file \(descriptor) of process \(process.pid)"
        let own = guest.pointer(file &+ operations)
        add("\(place) f_op", own, "file_operations")
        if let node = guest.pointer(file &+ inode) {
          add("\(place) i_op", guest.pointer(node &+ inodeOperations), "inode_operations")
          add("\(place) i_fop", guest.pointer(node &+ fileOperations), "file_operations")
        }
        if let sockets, own == sockets.table {
          add("\(place) socket.ops", sockets.operations(file), "proto_ops")
          add("\(place) sk_prot", sockets.protocolTable(file), "proto")
        }
      }
    }
    return found
  }

  /// Tables of the drivers of terminals.
  mutating func terminalDrivers() -> [ReachedTable] {
    let kernel = guest.kernel
    guard let head = guest.symbol("tty_drivers"), let link = kernel.offset("tty_driver", "tty_drivers"),
      let operations = kernel.offset("tty_driver", "ops"), let name = kernel.offset("tty_driver", "name")
    else { return [] }
    return entries(guest.list(head: head, offset: link, structure: "tty_drivers", limit: 1024)).compactMap { driver in
      let text = guest.pointer(driver &+ name).flatMap { guest.string($0, limit: 32) } ?? ""
      return guest.pointer(driver &+ operations).map {
        ReachedTable(name: "terminal driver \(text) ops", address: $0, structure: "tty_operations")
      }
    }
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
  }

  func operations(_ file: UInt64) -> UInt64? { guest.pointer(file &+ socket).flatMap { guest.pointer($0 &+ own) } }

  func protocolTable(_ file: UInt64) -> UInt64? {
    guest.pointer(file &+ socket).flatMap { guest.pointer($0 &+ sock) }.flatMap { guest.pointer($0 &+ proto) }
  }
}
