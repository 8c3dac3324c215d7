internal import Domain

/// Tables of functions through which the kernel reads directories, files and sockets (struct file_operations and its like): what a rootkit
/// replaces to hide files, processes and connections.
extension IntegrityReader {
  private static let superBlockLimit = 4096

  mutating func operations() -> IntegrityFacts.State {
    let layouts = OperationLayouts(guest.kernel.types)
    var rows: [FactValue] = []
    var met: Set<UInt64> = []
    for table in tables(layouts) where met.insert(table.address).inserted {
      if let row = row(table.name, table.address, table.layout) { rows.append(row) }
    }
    for found in superBlocks() + procEntries() + terminalDrivers() + netDevices() + registeredTables() + openFiles()
    where met.insert(found.address).inserted {
      if let layout = layouts[found.structure], let row = row(found.name, found.address, layout, found) { rows.append(row) }
    }
    for table in moduleTables(layouts) where met.insert(table.address).inserted {
      if let row = row(table.name, table.address, table.layout) { rows.append(row) }
    }
    if rows.isEmpty { return .unreadable("the kernel's types tell of none of its tables of operations") }
    return .present([
      "tables": .array(rows), "moduleUses": moduleUses(), "unjudged": .array(brokenFileSystems.sorted().map(FactValue.string)),
    ])
  }

  /// Which modules each module depends on, by name: functions of those may stand in its tables (module.target_list).
  mutating func moduleUses() -> FactValue {
    .object(usedModules().sorted { $0.key < $1.key }.map { .init($0.key, .array($0.value.sorted().map(FactValue.string))) })
  }

  private mutating func usedModules() -> [String: Set<String>] {
    let kernel = guest.kernel
    guard let head = guest.symbol("modules"), let link = kernel.offset("module", "list"), let name = kernel.offset("module", "name"),
      let uses = kernel.offset("module", "target_list"), let useLink = kernel.offset("module_use", "target_list"),
      let target = kernel.offset("module_use", "target")
    else { return [:] }
    var found: [String: Set<String>] = [:]
    for module in entries(guest.list(head: head, offset: link, structure: "modules", limit: Self.superBlockLimit)) {
      guard let own = guest.string(module &+ name, limit: 64) else { continue }
      let walk = guest.list(head: module &+ uses, offset: useLink, structure: "module.target_list", limit: Self.superBlockLimit)
      for use in entries(walk) {
        guard let other = guest.pointer(use &+ target), let otherName = guest.string(other &+ name, limit: 64) else { continue }
        found[own, default: []].insert(otherName)
      }
    }
    return found
  }

  struct Table {
    let name: String
    let address: UInt64
    let layout: OperationLayouts.Layout
  }

  /// Tables among the kernel's symbols: the suffix of a name says the structure, and the size up to the next symbol must be the
  /// structure's.
  private func tables(_ layouts: OperationLayouts) -> [Table] {
    let symbols = guest.kernel.symbols
    guard let end = guest.symbol("__init_begin") ?? guest.symbol("_end"), end >= code.text.upperBound else { return [] }
    var found: [Table] = []
    let indices = symbols.indices(in: code.text.upperBound..<end)
    for index in indices {
      let address = symbols.address(at: index)
      guard address & 7 == 0, let next = symbols.following(address) else { continue }
      let size = next - address
      // The shortest of them has four pointers, the longest some seventy.
      guard size >= 32, size <= 1024 else { continue }
      let name = symbols.symbol(at: index).name
      guard let layout = layouts.layout(ofSymbol: name), layout.size <= size, size - layout.size < 64 else { continue }
      found.append(Table(name: name, address: address, layout: layout))
    }
    return found
  }

  /// Functions by member: those of the kernel's code by name, all others with address and owner.
  ///
  /// - Parameter reached: how it was reached, where it was not found by its symbol.
  private func row(
    _ name: String, _ address: UInt64, _ layout: OperationLayouts.Layout, _ reached: ReachedTable? = nil
  ) -> FactValue? {
    var functions: [FactValue.Member] = []
    var foreign: [FactValue] = []
    for member in layout.functions {
      guard let target = guest.u64(address &+ member.offset) else { return nil }
      if target == 0 { continue }
      let owner = code.owner(of: target)
      if owner.kind == .kernel, owner.distance == 0 || owner.distance == 4 {
        functions.append(.init(member.name, .string(owner.name)))
      } else {
        var row: [FactValue.Member] = [
          .init("member", .string(member.name)), .init("address", addressValue(target)), .init("owner", owner.factValue),
        ]
        // Behind the last instruction of the image is room in a page that can be executed.
        if owner.kind == .data { row.append(.init("executable", .bool(guest.space.mapping(target)?.isExecutable ?? false))) }
        foreign.append(.object(row))
      }
    }
    // Of the many sockets only those are told that have anything to tell.
    if layout.name == OperationLayouts.endpoint, foreign.isEmpty { return nil }
    return [
      "name": .string(name), "structure": .string(layout.name), "address": addressValue(address),
      "owner": code.owner(of: address).factValue,
      "functions": .object(functions), "foreign": .array(foreign), "allocated": .bool(reached?.isAllocated ?? false),
      "fileSystem": reached?.fileSystem.map(FactValue.string) ?? .null,
    ]
  }

  struct ReachedTable {
    let name: String
    let address: UInt64
    let structure: String
    /// Whether it is reached by way of memory that comes and goes.
    var isAllocated = false
    /// Kind of the file system whose file has it.
    var fileSystem: String?
  }

  /// Tables that a file system may have beside that of its super block.
  private static let ofSuperBlocks = [
    ("s_export_op", "export_operations"), ("dq_op", "dquot_operations"), ("s_qcop", "quotactl_ops"), ("s_cop", "fscrypt_operations"),
    ("s_vop", "fsverity_operations"),
  ]

  /// Tables that mounted file systems use: of the super block, and of its root.
  private mutating func superBlocks() -> [ReachedTable] {
    let kernel = guest.kernel
    guard let head = guest.symbol("super_blocks"), let link = kernel.offset("super_block", "s_list"),
      let operations = kernel.offset("super_block", "s_op"), let root = kernel.offset("super_block", "s_root"),
      let type = kernel.offset("super_block", "s_type"), let typeName = kernel.offset("file_system_type", "name"),
      let inode = kernel.offset("dentry", "d_inode"), let inodeOperations = kernel.offset("inode", "i_op"),
      let fileOperations = kernel.offset("inode", "i_fop")
    else { return [] }
    var found: [ReachedTable] = []
    for block in entries(guest.list(head: head, offset: link, structure: "super_blocks", limit: Self.superBlockLimit)) {
      let kind = guest.pointer(block &+ type)
      let name = kind.flatMap { guest.pointer($0 &+ typeName) }.flatMap { guest.string($0, limit: 64) } ?? ""
      if let kind { found.append(ReachedTable(name: "\(name).s_type", address: kind, structure: "file_system_type")) }
      if let table = guest.pointer(block &+ operations) {
        found.append(ReachedTable(name: "\(name).s_op", address: table, structure: "super_operations"))
      }
      for (member, structure) in Self.ofSuperBlocks {
        if let table = kernel.offset("super_block", member).flatMap({ guest.pointer(block &+ $0) }) {
          found.append(ReachedTable(name: "\(name).\(member)", address: table, structure: structure))
        }
      }
      found += inodes(of: block, name)
      guard let node = guest.pointer(block &+ root).flatMap({ guest.pointer($0 &+ inode) }) else { continue }
      if let table = guest.pointer(node &+ inodeOperations) {
        found.append(ReachedTable(name: "\(name) root i_op", address: table, structure: "inode_operations"))
      }
      if let table = guest.pointer(node &+ fileOperations) {
        found.append(ReachedTable(name: "\(name) root i_fop", address: table, structure: "file_operations"))
      }
    }
    return found
  }

  // MARK: /proc

  private static let procLimit = 1 << 15

  /// Tables of the entries of /proc and of /proc/net in the first network namespace (struct proc_dir_entry, fs/proc/internal.h).
  private mutating func procEntries() -> [ReachedTable] {
    let kernel = guest.kernel
    guard let root = guest.symbol("proc_root"), let name = kernel.offset("proc_dir_entry", "name"),
      let mode = kernel.offset("proc_dir_entry", "mode"),
      let children = kernel.offset("proc_dir_entry", "subdir"), let node = kernel.offset("proc_dir_entry", "subdir_node"),
      let operations = kernel.offset("proc_dir_entry", "proc_ops"), let inodes = kernel.offset("proc_dir_entry", "proc_iops"),
      let sequence = kernel.offset("proc_dir_entry", "seq_ops")
    else { return [] }
    let sequences = Set(["proc_seq_ops", "proc_net_seq_ops"].compactMap { guest.symbol($0) })
    let singles = Set(["proc_single_ops", "proc_net_single_ops"].compactMap { guest.symbol($0) })
    let writer = kernel.offset("proc_dir_entry", "write")
    let names = kernel.offset("proc_dir_entry", "proc_dops")
    var pending: [(entry: UInt64, path: String)] = [(root, "/proc")]
    if let net = guest.symbol("init_net"), let offset = kernel.offset("net", "proc_net"), let entry = guest.pointer(net &+ offset) {
      pending.append((entry, "/proc/net"))
    }
    var met: Set<UInt64> = []
    var found: [ReachedTable] = []
    while let (entry, path) = pending.popLast() {
      guard met.count < Self.procLimit else {
        note(Inconsistency(structure: "proc_dir_entry.subdir", address: entry, reason: "/proc has more than \(Self.procLimit) entries"))
        break
      }
      guard met.insert(entry).inserted else { continue }
      // The folder of a network namespace has no mode of its own.
      let isFolder = guest.u16(entry &+ mode).map { $0 & 0xF000 == 0x4000 || $0 == 0 } ?? false
      if let table = guest.pointer(entry &+ inodes) {
        found.append(ReachedTable(name: path + " proc_iops", address: table, structure: "inode_operations"))
      }
      if let names, let table = guest.pointer(entry &+ names) {
        found.append(ReachedTable(name: path + " proc_dops", address: table, structure: "dentry_operations"))
      }
      if let table = guest.pointer(entry &+ operations) {
        // A folder has file_operations in the same place.
        found.append(
          ReachedTable(
            name: path + (isFolder ? " proc_dir_ops" : " proc_ops"), address: table, structure: isFolder ? "file_operations" : "proc_ops"))
        if sequences.contains(table), let next = guest.pointer(entry &+ sequence) {
          found.append(ReachedTable(name: path + " seq_ops", address: next, structure: "seq_operations"))
        }
        // One function instead of a table, in the same place, and one that answers writes.
        if singles.contains(table) {
          found.append(ReachedTable(name: path, address: entry &+ sequence, structure: OperationLayouts.single, isAllocated: true))
        }
        if let writer, sequences.contains(table) || singles.contains(table), guest.pointer(entry &+ writer) != nil {
          found.append(ReachedTable(name: path, address: entry &+ writer, structure: OperationLayouts.writer, isAllocated: true))
        }
      }
      guard isFolder else { continue }
      let walk = guest.tree(root: entry &+ children, offset: node, structure: "proc_dir_entry.subdir", limit: Self.procLimit)
      for child in entries(walk) {
        let text = guest.pointer(child &+ name).flatMap { guest.string($0, limit: 64) } ?? ""
        pending.append((child, path + "/" + text))
      }
    }
    return found
  }
}

/// Where the functions lie in each structure of operations.
struct OperationLayouts {
  struct Layout {
    let name: String
    /// Bytes.
    let size: UInt64
    let functions: [(name: String, offset: UInt64)]
  }

  /// Functions that an entry of /proc has without a table.
  static let single = "proc_dir_entry.single_show"
  static let writer = "proc_dir_entry.write"
  /// What a socket calls when something happens to it.
  static let endpoint = "sock"

  private var byName: [String: Layout] = [:]
  /// Structures of tables that are found by who uses them, and by no name.
  private static let reached = [
    "net_device_ops", "ethtool_ops", "header_ops", "block_device_operations", "blk_mq_ops", "file_system_type", "export_operations",
    "dquot_operations", "quotactl_ops", "fscrypt_operations", "fsverity_operations", "rtnl_link_ops", "l3mdev_ops", "ndisc_ops",
    "inet_connection_sock_af_ops",
  ]

  /// Endings of symbols, the longest first, and the structures that they are.
  private static let endings: [(ending: String, structure: String)] = [
    ("_dir_inode_operations", "inode_operations"), ("_inode_operations", "inode_operations"), ("_iops", "inode_operations"),
    ("_file_operations", "file_operations"), ("_dir_operations", "file_operations"), ("_file_ops", "file_operations"),
    ("_fops", "file_operations"),
    ("_operations", "file_operations"), ("_super_operations", "super_operations"), ("_super_ops", "super_operations"),
    ("_sops", "super_operations"),
    ("_seq_ops", "seq_operations"), ("_seqops", "seq_operations"), ("_seq_op", "seq_operations"), ("_op", "seq_operations"),
    ("_proc_ops", "proc_ops"), ("_dgram_ops", "proto_ops"), ("_stream_ops", "proto_ops"), ("_seqpacket_ops", "proto_ops"),
    ("_sockraw_ops", "proto_ops"), ("_prot", "proto"), ("_dentry_operations", "dentry_operations"), ("_ldisc_ops", "tty_ldisc_ops"),
    ("_tty_ops", "tty_operations"), ("_aops", "address_space_operations"),
  ].sorted { $0.0.utf8.count > $1.0.utf8.count }

  init(_ types: TypeIndex) {
    for structure in Set(Self.endings.map(\.structure) + Self.reached + [Self.endpoint]) {
      guard let id = types.structure(structure), let size = types.size(of: structure), size > 0 else { continue }
      var functions: [(name: String, offset: UInt64)] = []
      for member in types.members(of: id) where !member.name.isEmpty && member.bitSize == 0 {
        guard let pointer = types.resolved(member.type), types.kind(pointer) == .pointer,
          let target = types.resolved(types.reference(pointer)), types.kind(target) == .prototype
        else { continue }
        functions.append((member.name, UInt64(member.offset)))
      }
      if !functions.isEmpty { byName[structure] = Layout(name: structure, size: UInt64(size), functions: functions) }
    }
    for (structure, member) in [(Self.single, "single_show"), (Self.writer, "write")] {
      byName[structure] = Layout(name: structure, size: 8, functions: [(member, 0)])
    }
  }

  subscript(name: String) -> Layout? { byName[name] }

  func layout(ofSymbol name: String) -> Layout? {
    Self.endings.first { name.hasSuffix($0.ending) }.flatMap { byName[$0.structure] }
  }

  /// Endings that several structures have, which their sizes tell apart.
  private static let shared: [(ending: String, structure: String)] = [
    ("_fops", "block_device_operations"), ("_bdops", "block_device_operations"), ("_netdev_ops", "net_device_ops"),
    ("_ethtool_ops", "ethtool_ops"), ("_header_ops", "header_ops"),
  ]

  /// - Parameter size: of the symbol itself, which modules tell; bytes.
  func layout(ofSymbol name: String, size: UInt64) -> Layout? {
    (Self.endings + Self.shared).lazy.filter { name.hasSuffix($0.ending) }.compactMap { byName[$0.structure] }.first { $0.size == size }
  }
}
