@testable import Introspection

/// Tables that were moved to memory of nobody, functions in structures of another owner, names of modules that were changed in every place,
/// and switches and settings that contradict others.
extension Change {
  /// Each holds what it held before, or nothing: only where it lies is wrong.
  static let places: [Change] = [
    Change("the table of one open file, in other memory", ["GST-043"], [.operations]) {
      try $0.move(at: try $0.openFile(of: try $0.victim()) &+ $0.offset("file", "f_op"), "file_operations")
    },
    Change("the table of one open file, emptied", ["GST-043"], [.operations]) {
      try $0.write(try $0.openFile(of: try $0.victim()) &+ $0.offset("file", "f_op"), try $0.heap())
    },
    Change("the operations of one inode, in other memory", ["GST-043"], [.operations]) {
      try $0.move(at: try $0.directory() &+ $0.offset("inode", "i_op"), "inode_operations")
    },
    Change("the file operations of one inode, in other memory", ["GST-043"], [.operations]) {
      try $0.move(at: try $0.directory() &+ $0.offset("inode", "i_fop"), "file_operations")
    },
    Change("how the pages of one inode are read, in other memory", ["GST-043"], [.operations]) {
      let space = try $0.pointer(try $0.directory() &+ $0.offset("inode", "i_mapping"))
      try $0.move(at: space &+ $0.offset("address_space", "a_ops"), "address_space_operations")
    },
    Change("how one open file's name is looked up, emptied", ["GST-043"], [.operations]) {
      let entry = try $0.pointer(try $0.openFile(of: try $0.victim()) &+ $0.offset("file", "f_path") &+ $0.offset("path", "dentry"))
      try $0.write(entry &+ $0.offset("dentry", "d_op"), try $0.heap())
    },
    Change("how the name of a directory is looked up, emptied", ["GST-043"], [.operations]) {
      let link = try $0.guest.kernel.offset("dentry", "d_u.d_alias") ?? $0.offset("dentry", "d_alias")
      let entry = try $0.pointer(try $0.namedDirectory() &+ $0.offset("inode", "i_dentry")) &- link
      try $0.write(entry &+ $0.offset("dentry", "d_op"), try $0.heap())
    },
    Change("the operations of a mounted file system, in other memory", ["GST-043"], [.operations]) {
      let block = try $0.pointer(try $0.directory() &+ $0.offset("inode", "i_sb"))
      try $0.move(at: block &+ $0.offset("super_block", "s_op"), "super_operations")
    },
    Change("the kind of a mounted file system, in other memory", ["GST-043"], [.operations]) {
      let block = try $0.pointer(try $0.directory() &+ $0.offset("inode", "i_sb"))
      try $0.move(at: block &+ $0.offset("super_block", "s_type"), "file_system_type")
    },
    Change("a network device's operations, in other memory", ["GST-043"], [.operations]) {
      try $0.move(at: try $0.networkDevice("lo") &+ $0.offset("net_device", "netdev_ops"), "net_device_ops")
    },
    Change("a device's operations, in other memory", ["GST-043"], [.operations]) {
      let device = try $0.pointer(try $0.symbol("misc_list")) &- $0.offset("miscdevice", "list")
      try $0.move(at: device &+ $0.offset("miscdevice", "fops"), "file_operations")
    },
    Change("the operations of one terminal, in other memory", ["GST-043"], [.operations]) {
      try $0.move(at: try $0.terminal() &+ $0.offset("tty_struct", "ops"), "tty_operations")
    },
    Change("the protocol of one socket, in other memory", ["GST-043"], [.operations]) {
      try $0.move(at: try $0.openSocket() &+ $0.offset("sock", "__sk_common.skc_prot"), "proto")
    },
    Change("the operations of one socket, in other memory", ["GST-043"], [.operations]) {
      let socket = try $0.pointer(try $0.openSocket() &+ $0.offset("sock", "sk_socket"))
      try $0.move(at: socket &+ $0.offset("socket", "ops"), "proto_ops")
    },
  ]

  /// What a driver might have made.
  static let made: [Change] = [
    Change("a disk's operations, in other memory", ["made"], [.operations]) {
      try $0.move(at: try $0.disk() &+ $0.offset("gendisk", "fops"), "block_device_operations")
    }
  ]

  /// Functions of listed modules in structures of the kernel, or of a module that has nothing to do with theirs.
  static let holders: [Change] = [
    Change("a setting of the kernel that a module answers", ["GST-047"], [.callbacks]) {
      let table = try $0.guest.symbol("vm_table") ?? $0.symbol("kern_panic_table")
      try $0.write(table &+ $0.offset("ctl_table", "proc_handler"), try $0.moduleFunction())
    },
    Change("a format of programs that a module answers", ["GST-049"], [.callbacks]) {
      try $0.write(try $0.symbol("elf_format") &+ $0.offset("linux_binfmt", "load_binary"), try $0.moduleFunction())
    },
    Change("a listener of the kernel's to modules with a module's function", ["GST-046"], [.callbacks]) {
      let head = try $0.symbol("module_notify_list") &+ $0.offset("blocking_notifier_head", "head")
      try $0.write(try $0.pointer(head) &+ $0.offset("notifier_block", "notifier_call"), try $0.moduleFunction())
    },
    Change("a protocol of the kernel's that a module answers", ["GST-049"], [.callbacks]) {
      let entry = try $0.pointer(try $0.symbol("inet_protos") &+ 8 &* 6)
      try $0.write(entry &+ $0.offset("net_protocol", "handler"), try $0.moduleFunction())
    },
    Change("a terminal's line that a module takes", ["GST-049"], [.callbacks]) {
      let line = try $0.pointer(try $0.symbol("tty_ldiscs"))
      try $0.write(line &+ $0.offset("tty_ldisc_ops", "receive_buf"), try $0.moduleFunction())
    },
    Change("a soft interrupt that a module answers", ["GST-049"], [.callbacks]) {
      guard let size = $0.guest.kernel.size("softirq_action") else { return }
      try $0.write(try $0.symbol("softirq_vec") &+ 2 &* size &+ $0.offset("softirq_action", "action"), try $0.moduleFunction())
    },
    Change("a network device's table of the kernel with a module's function", ["GST-043"], [.operations]) {
      let table = try $0.pointer(try $0.networkDevice("lo") &+ $0.offset("net_device", "netdev_ops"))
      try $0.write(table &+ $0.offset("net_device_ops", "ndo_start_xmit"), try $0.moduleFunction())
    },
  ]

  /// A module that is called something else in one place more each time, and one that seems to be used by nobody.
  static let names: [Change] = [
    Change("a module with another name and folder", ["GST-070"], [.modules]) { try $0.rename(inSysfs: false) },
    Change("a module with another name, folder and entry of sysfs", ["GST-070"], [.modules]) { try $0.rename(inSysfs: true) },
    Change("a module with another name in every place and the hash of it", ["GST-070"], [.modules]) {
      try $0.rename(inSysfs: true)
      let node = try $0.folderNode("ringwall")
      guard let name = $0.guest.string(try $0.pointer(node &+ $0.offset("kernfs_node", "name")), limit: 64) else { return }
      try $0.write(node &+ $0.offset("kernfs_node", "hash"), ModuleFolders.hash(name))
    },
  ]

  /// What needs modules that use others.
  static let related: [Change] = [
    Change("a module that others use and nobody holds", ["GST-070"], [.modules]) {
      try $0.write(try $0.module("virtio_ring") &+ $0.offset("module", "refcnt"), UInt32(1))
    },
    Change("a listener in a module with the function of one that it does not use", ["GST-046"], [.callbacks]) {
      try $0.listen(in: "virtio_blk", try $0.moduleObject("virtio_pci", "virtio_pci_probe"))
    },
    Change("a listener in a module with the function of one that it uses", [], [.callbacks]) {
      try $0.listen(in: "virtio_blk", try $0.moduleObject("virtio_ring", "virtqueue_add_sgs"))
    },
  ]

  /// Switches of the security modules.
  static let switches: [Change] = [
    Change("AppArmor that was started and says that it was not", ["GST-091"], [.kernel, .settings]) {
      try $0.write(try $0.symbol("apparmor_initialized"), UInt32(0))
    },
    Change("AppArmor that is off in both of its switches", ["GST-091", "GST-092"], [.kernel, .settings]) {
      try $0.write(try $0.symbol("apparmor_initialized"), UInt32(0))
      try $0.write(try $0.symbol("apparmor_enabled"), UInt32(0))
    },
    Change("Landlock that was started and says that it was not", ["GST-091"], [.kernel, .settings]) {
      try $0.write(try $0.symbol("landlock_initialized"), [0])
    },
    Change("audit that takes no records", ["GST-091"], [.kernel, .settings]) {
      try $0.write(try $0.symbol("audit_initialized"), UInt32(0))
    },
    Change("audit that the boot asked for", ["GST-091"], [.kernel, .settings]) {
      try $0.write(try $0.pointer(try $0.symbol("saved_command_line")), Array("audit=1 ".utf8))
    },
    Change("SELinux with a policy that it says it has not", ["GST-091"], [.kernel, .settings]) {
      try $0.write(try $0.symbol("selinux_state") &+ $0.offset("selinux_state", "policy"), try $0.heap())
    },
    Change("rules of IMA that its switch leaves out", ["GST-091"], [.kernel, .settings]) {
      let heap = try $0.heap()
      let link = try heap &+ $0.offset("ima_rule_entry", "list")
      let head = try $0.pointer(try $0.symbol("ima_rules"))
      for place in [head, head &+ 8] { try $0.write(place, link) }
      for place in [link, link &+ 8] { try $0.write(place, head) }
      try $0.write(heap &+ $0.offset("ima_rule_entry", "action"), UInt32(1))
    },
  ]

  /// Members of a table of settings in the kernel's data.
  static let settingTables: [Change] = [
    Change("what a setting writes", ["GST-033"], [.kernelFile]) {
      try $0.write(try $0.settingTable() &+ $0.offset("ctl_table", "data"), try $0.symbol("kptr_restrict"))
    },
    Change("who may write a setting", ["GST-033"], [.kernelFile]) {
      try $0.write(try $0.settingTable() &+ $0.offset("ctl_table", "mode"), [0xFF, 0x81])
    },
    Change("a setting's handler of the kernel's own", ["GST-033"], [.kernelFile]) {
      try $0.write(try $0.settingTable() &+ $0.offset("ctl_table", "proc_handler"), try $0.symbol("proc_dostring"))
    },
  ]
}

extension Change {
  /// Pointers to functions in the kernel's writable data that no table which is looked at by name has.
  static let pointers: [Change] = [
    Change("a pointer of the kernel's data to nobody's memory", ["GST-033"], [.kernelFile]) {
      try $0.write(try $0.symbol("arp_tbl") &+ $0.offset("neigh_table", "constructor"), try $0.heap() &+ 16)
    },
    Change("work of the kernel's that leads to nobody's memory", ["GST-033"], [.kernelFile]) {
      try $0.write(try $0.symbol("poweroff_work") &+ $0.offset("work_struct", "func"), try $0.heap() &+ 32)
    },
    Change("a pointer of the kernel's data into the middle of a function", ["GST-033"], [.kernelFile]) {
      try $0.write(try $0.symbol("key_type_user") &+ $0.offset("key_type", "read"), try $0.symbol("commit_creds") &+ 0x31)
    },
  ]

  /// Others that lead where a driver or the boot could have turned them.
  static let turnedPointers: [Change] = [
    Change("a pointer of the kernel's data to a module", ["lent"], [.kernelFile]) {
      try $0.write(try $0.symbol("arp_tbl") &+ $0.offset("neigh_table", "constructor"), try $0.moduleText("virtio_blk") &+ 64)
    },
    Change("a pointer of a protocol to another function of the kernel", ["exchanged"], [.kernelFile]) {
      try $0.write(try $0.symbol("tcp_prot") &+ $0.offset("proto", "connect"), try $0.symbol("ip4_datagram_connect"))
    },
  ]
}

extension GuestEditor {
  /// Lets a pointer lead to a copy of its table in memory that nobody lists.
  func move(at place: UInt64, _ structure: String) throws {
    guard let size = guest.kernel.size(structure), let copy = guest.bytes(try pointer(place), count: Int(size)) else {
      throw Impossible(description: "no \(structure)")
    }
    try write(try heap(), copy)
    try write(place, try heap())
  }

  /// A function of a listed module that no other module uses.
  func moduleFunction() throws -> UInt64 { try moduleObject("virtio_blk", "virtblk_getgeo") }

  /// Puts a listener to modules in the place of a module's table.
  func listen(in module: String, _ function: UInt64) throws {
    let head = try symbol("module_notify_list") &+ offset("blocking_notifier_head", "head")
    let place = try moduleObject(module, "virtblk_fops")
    try write(place &+ offset("notifier_block", "next"), try pointer(head))
    try write(place &+ offset("notifier_block", "notifier_call"), function)
    try write(head, place)
  }

  /// The first setting of a table in the kernel's data.
  func settingTable() throws -> UInt64 { try guest.symbol("vm_table") ?? symbol("kern_panic_table") }

  /// An inode of a directory that an entry names.
  func namedDirectory() throws -> UInt64 {
    let block = try pointer(try directory() &+ offset("inode", "i_sb"))
    return try pointer(try pointer(block &+ offset("super_block", "s_root")) &+ offset("dentry", "d_inode"))
  }

  /// struct kernfs_node of a module's folder.
  func folderNode(_ module: String) throws -> UInt64 {
    try pointer(try self.module(module) &+ offset("module", "mkobj") &+ offset("module_kobject", "kobj") &+ offset("kobject", "sd"))
  }

  /// Gives a module another name in its structure and its folder's object, and in what sysfs shows.
  func rename(inSysfs: Bool) throws {
    let module = try module("virtio_blk")
    let object = try module &+ offset("module", "mkobj") &+ offset("module_kobject", "kobj")
    let node = try pointer(object &+ offset("kobject", "sd"))
    let name = Array("ringwall\0".utf8)
    try write(module &+ offset("module", "name"), name)
    try write(try pointer(object &+ offset("kobject", "name")), name)
    if inSysfs { try write(try pointer(node &+ offset("kernfs_node", "name")), name) }
  }
}
