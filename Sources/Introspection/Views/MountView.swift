extension Guest {
  /// Lists what is mounted in every mount namespace that a process is in, or that holds a mount of any file system.
  ///
  /// - Throws: `missing` for a kernel without the members that a mount is made of.
  public func mounts() throws(IntrospectionError) -> MountList {
    let guest = bounded()
    let view = try MountView(guest)
    let list = try guest.processes()
    var processes = list.processes
    var isFirst = true
    let sightings = Sightings<MountList.Source>.settled(guest) {
      // A namespace that was made since is known by its processes.
      if !isFirst { processes = (try? guest.processes())?.processes ?? processes }
      isFirst = false
      return view.read(processes)
    }
    // Who is missing among the processes may have a namespace that nobody sees here.
    var faults = list.inconsistencies + sightings.inconsistencies
    let mounts = sightings.entries.compactMap { view.mount($0, &faults) }
    var members: [UInt64: [Mount]] = [:]
    for mount in mounts { members[view.namespace(of: mount.address) ?? 0, default: []].append(mount) }
    var users: [UInt64: [Int32]] = [:]
    for process in processes {
      for namespace in process.namespaces where namespace.kind == .mnt { users[namespace.address, default: []].append(process.pid) }
    }
    let namespaces = members.compactMap { address, mounts -> MountNamespace? in
      guard let inode = view.inode(ofNamespace: address) else { return nil }
      return MountNamespace(
        address: address, inode: inode, processes: users[address] ?? [], mounts: mounts.sorted { ($0.id, $0.address) < ($1.id, $1.address) }
      )
    }
    let byAddress = Dictionary(mounts.map { ($0.address, $0) }) { first, _ in first }
    let hidden = sightings.differences.compactMap { address, missing in
      byAddress[address].map { MountList.Hidden(mount: $0, missingIn: missing) }
    }
    return MountList(
      namespaces: namespaces.sorted { ($0.inode, $0.address) < ($1.inode, $1.address) },
      hidden: hidden.sorted { ($0.mount.id, $0.mount.address) < ($1.mount.id, $1.mount.address) }, inconsistencies: guest.told(faults))
  }
}

/// Reads mounts by the offsets of one kernel.
struct MountView {
  let guest: Guest
  private let inner: UInt64
  private let parent: UInt64
  private let owner: UInt64
  private let link: UInt64
  private let content: UInt64
  private let top: UInt64
  private let rootEntry: UInt64
  private let block: UInt64
  private let flags: UInt64
  /// The tree of a namespace since Linux 6.8; before it is a list.
  private let isTree: Bool

  init(_ guest: Guest) throws(IntrospectionError) {
    self.guest = guest
    inner = try guest.required("mount", "mnt")
    parent = try guest.required("mount", "mnt_parent")
    owner = try guest.required("mount", "mnt_ns")
    let types = guest.kernel.types
    // Up to 6.7 `mounts` is a number.
    isTree = types.member("mnt_namespace", "mounts").flatMap { types.resolved($0.type) }.map { types.kind($0) == .structure } ?? false
    link = try guest.required("mount", isTree ? "mnt_node" : "mnt_list")
    content = try guest.required("mnt_namespace", isTree ? "mounts" : "list")
    top = try guest.required("mnt_namespace", "root")
    rootEntry = try guest.required("vfsmount", "mnt_root")
    block = try guest.required("vfsmount", "mnt_sb")
    flags = try guest.required("vfsmount", "mnt_flags")
  }

  // MARK: Structures

  func read(_ processes: [Process]) -> Sightings<MountList.Source> {
    var sightings = Sightings<MountList.Source>()
    var namespaces = Set(processes.flatMap(\.namespaces).filter { $0.kind == .mnt }.map(\.address))
    let found = fileSystems()
    if let found {
      for mount in found.entries {
        if let namespace = namespace(of: mount), isNamespace(namespace) { namespaces.insert(namespace) }
      }
    }
    for namespace in namespaces.sorted() where !guest.isExhausted {
      let structure = isTree ? "mnt_namespace.mounts" : "mnt_namespace.list"
      let walk =
        isTree
        ? guest.tree(root: namespace &+ content, offset: link, structure: structure)
        : guest.list(head: namespace &+ content, offset: link, structure: structure)
      sightings.add(Walk(entries: walk.entries.filter { !isCursor($0) }, inconsistency: walk.inconsistency), in: .namespace)
      if let walk = children(namespace) { sightings.add(walk, in: .children) }
    }
    if let found {
      let members = found.entries.filter { namespace(of: $0).map(namespaces.contains) ?? false }
      sightings.add(Walk(entries: members, inconsistency: found.inconsistency), in: .fileSystems)
    }
    return sightings
  }

  /// A reader of /proc/self/mounts leaves a mark in the list up to Linux 6.7: MNT_CURSOR (include/linux/mount.h).
  private func isCursor(_ mount: UInt64) -> Bool { guest.u32(mount &+ inner &+ flags).map { $0 & 0x1000_0000 != 0 } ?? false }

  /// The root of a namespace and all below.
  private func children(_ namespace: UInt64) -> Walk? {
    guard let list = guest.kernel.offset("mount", "mnt_mounts"), let link = guest.kernel.offset("mount", "mnt_child"),
      let root = guest.pointer(namespace &+ top)
    else { return nil }
    var entries = [root]
    var met: Set<UInt64> = [root]
    var fault: Inconsistency?
    var next = 0
    while next < entries.count, !guest.isExhausted {
      let walk = guest.list(head: entries[next] &+ list, offset: link, structure: "mount.mnt_mounts")
      if fault == nil { fault = walk.inconsistency }
      for child in walk.entries {
        guard met.insert(child).inserted else {
          if fault == nil { fault = Inconsistency(structure: "mount.mnt_mounts", address: child, reason: "a mount lies in two") }
          continue
        }
        guard met.count <= Guest.walkLimit else {
          return Walk(
            entries: entries,
            inconsistency: Inconsistency(structure: "mount.mnt_mounts", address: child, reason: "more than \(Guest.walkLimit) mounts"))
        }
        entries.append(child)
      }
      next += 1
    }
    return Walk(entries: entries, inconsistency: fault)
  }

  /// The mounts of all file systems, those of the kernel's own use included.
  private func fileSystems() -> Walk? {
    guard let head = guest.symbol("super_blocks"), let link = guest.kernel.offset("super_block", "s_list")
    else { return nil }
    let blocks = guest.list(head: head, offset: link, structure: "super_blocks")
    var entries: [UInt64] = []
    var fault = blocks.inconsistency
    for block in blocks.entries where !guest.isExhausted {
      guard let walk = guest.mounts(ofSuperBlock: block) else { return nil }
      entries.append(contentsOf: walk.entries)
      if fault == nil { fault = walk.inconsistency }
      guard entries.count <= Guest.walkLimit else {
        return Walk(
          entries: entries,
          inconsistency: Inconsistency(structure: "super_block.s_mounts", address: block, reason: "more than \(Guest.walkLimit) mounts"))
      }
    }
    return Walk(entries: entries, inconsistency: fault)
  }

  /// A namespace whose root belongs to it.
  private func isNamespace(_ address: UInt64) -> Bool {
    guard let root = guest.pointer(address &+ top) else { return false }
    return namespace(of: root) == address
  }

  // MARK: One mount

  /// Nil for a mount of the kernel's own use, whose namespace is an error number, and for one that is being taken away.
  func namespace(of mount: UInt64) -> UInt64? { guest.pointer(mount &+ owner).flatMap { $0 > UInt64.max - 4095 ? nil : $0 } }

  func inode(ofNamespace address: UInt64) -> UInt32? {
    guest.kernel.offset("mnt_namespace", "ns.inum").flatMap { guest.u32(address &+ $0) }
  }

  private static let flagNames: [(bit: UInt32, name: String)] = [
    (0x40, "ro"), (1, "nosuid"), (2, "nodev"), (4, "noexec"), (8, "noatime"), (0x10, "nodiratime"), (0x20, "relatime"),
    (0x80, "nosymfollow"),
  ]

  /// Nil for what is no mount: its members cannot be read.
  func mount(_ address: UInt64, _ faults: inout [Inconsistency]) -> Mount? {
    let visible = address &+ inner
    guard let entry = guest.pointer(visible &+ rootEntry), let block = guest.pointer(visible &+ block),
      let bits = guest.u32(visible &+ flags)
    else {
      return nil
    }
    func member(_ structure: String, _ name: String) -> UInt64? { guest.kernel.offset(structure, name) }
    let point = guest.place(ofEntry: entry, mount: visible)
    let root = guest.place(ofEntry: entry, mount: nil)
    for fault in [point.inconsistency, root.inconsistency] {
      if let fault, !faults.contains(fault), faults.count < 100 { faults.append(fault) }
    }
    let source = member("mount", "mnt_devname").flatMap { guest.pointer(address &+ $0) }.flatMap { guest.string($0, limit: 256) }
    let type = member("super_block", "s_type").flatMap { guest.pointer(block &+ $0) }.flatMap { kind in
      member("file_system_type", "name").flatMap { guest.pointer(kind &+ $0) }.flatMap { guest.string($0, limit: 64) }
    }
    let device = member("super_block", "s_dev").flatMap { guest.u32(block &+ $0) } ?? 0
    var names = Self.flagNames.filter { bits & $0.bit != 0 }.map(\.name)
    // SB_RDONLY: the file system as a whole.
    if bits & 0x40 == 0, let whole = member("super_block", "s_flags").flatMap({ guest.u64(block &+ $0) }), whole & 1 != 0 {
      names.insert("ro", at: 0)
    }
    return Mount(
      address: address, id: member("mount", "mnt_id").flatMap { guest.i32(address &+ $0) } ?? 0, source: source ?? "", point: point.path,
      root: root.path, type: type ?? "", device: Mount.Device(major: device >> 20, minor: device & 0xF_FFFF), flags: names,
      namespace: namespace(of: address).flatMap(inode))
  }
}
