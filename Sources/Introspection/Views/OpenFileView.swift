extension Guest {
  /// Lists the open files of all processes, threads with a table of their own included.
  ///
  /// - Parameter pid: nil for all processes.
  /// - Throws: `missing` for a kernel without the members that a table is made of.
  public func openFiles(of pid: Int32? = nil) throws(IntrospectionError) -> OpenFileList {
    let guest = bounded()
    let view = try OpenFileView(guest)
    var reading = try view.descriptors(of: pid)
    var files: [OpenFile] = []
    for held in reading.descriptors {
      if guest.isExhausted, files.count >= Guest.walkLimit { break }
      if let file = view.file(held, &reading.inconsistencies) { files.append(file) }
    }
    return OpenFileList(
      files: files.sorted { ($0.pid, $0.descriptor, $0.address) < ($1.pid, $1.descriptor, $1.address) },
      inconsistencies: guest.told(reading.inconsistencies))
  }
}

/// Reads tables of descriptors by the offsets of one kernel.
struct OpenFileView {
  let guest: Guest
  private let table: UInt64
  private let count: UInt64
  private let slots: UInt64
  private let own: UInt64?
  private let files: UInt64
  private let inode: UInt64
  private let mode: UInt64
  private let number: UInt64

  init(_ guest: Guest) throws(IntrospectionError) {
    self.guest = guest
    files = try guest.required("task_struct", "files")
    table = try guest.required("files_struct", "fdt")
    count = try guest.required("fdtable", "max_fds")
    slots = try guest.required("fdtable", "fd")
    own = guest.kernel.offset("files_struct", "fd_array")
    inode = try guest.required("file", "f_inode")
    mode = try guest.required("inode", "i_mode")
    number = try guest.required("inode", "i_ino")
  }

  /// A slot of a table that is in use.
  struct Descriptor {
    let pid: Int32
    let process: String
    let number: Int
    let file: UInt64
  }

  struct Reading {
    var descriptors: [Descriptor] = []
    var inconsistencies: [Inconsistency] = []
    /// Slots that may still be read, over all processes.
    var left = Self.slotLimit

    /// Slots read at most: thirty times those that a busy host has.
    static let slotLimit = 1 << 24
  }

  /// NR_OPEN_DEFAULT: slots inside of the files_struct itself.
  private static let ownSlots: UInt32 = 64
  /// What a slot in use costs, which is kept until the end.
  private static let descriptorSteps = 4
  /// Slots of one table at most: 16 times what fs.nr_open allows as the kernel sets it.
  private static let tableLimit: UInt32 = 1 << 24

  // MARK: Tables

  func descriptors(of pid: Int32? = nil) throws(IntrospectionError) -> Reading {
    let view = try ProcessView(guest)
    var reading = Reading()
    let list = try guest.processes()
    // Who is missing there has files that nobody sees here.
    reading.inconsistencies = list.inconsistencies
    for process in list.processes where !guest.isExhausted && (pid == nil || process.pid == pid) {
      var tables: Set<UInt64> = []
      let first = reading.descriptors.count
      for task in [process.address] + view.threads(of: process.address) {
        guard let table = guest.pointer(task &+ files), tables.insert(table).inserted else { continue }
        read(table, process, &reading)
      }
      // A thread that has a table of its own began with a copy: what both hold is told once.
      guard tables.count > 1 else { continue }
      var met: Set<[UInt64]> = []
      let own = reading.descriptors[first...].filter { met.insert([UInt64($0.number), $0.file]).inserted }
      reading.descriptors.replaceSubrange(first..., with: own)
    }
    return reading
  }

  private func read(_ holder: UInt64, _ process: Process, _ reading: inout Reading) {
    func note(_ address: UInt64, _ reason: String) {
      guard reading.inconsistencies.count < 100 else { return }
      reading.inconsistencies.append(
        Inconsistency(structure: "fdtable", address: address, reason: "\(reason) (process \(process.pid))"))
    }
    guard let current = guest.pointer(holder &+ table), let first = guest.pointer(current &+ slots),
      var slotCount = guest.u32(current &+ count)
    else {
      return note(holder, "a table of descriptors is not mapped")
    }
    if let own, first == holder &+ own, slotCount > Self.ownSlots {
      note(current, "it tells of \(slotCount) slots, and its memory has \(Self.ownSlots)")
      slotCount = Self.ownSlots
    }
    if slotCount > Self.tableLimit {
      note(current, "it tells of \(slotCount) slots, more than a process can have")
      slotCount = Self.ownSlots
    }
    guard Int(slotCount) <= reading.left else {
      return note(current, "the tables of all processes have more than \(Reading.slotLimit) slots")
    }
    reading.left -= Int(slotCount)
    // A table lies in one piece of the direct map or of vmalloc: by pages, whose holes are seen at once.
    var slot = 0
    while slot < Int(slotCount) {
      let place = first &+ UInt64(slot) &* 8
      let run = min(Int(slotCount) - slot, max(1, Int(4096 - place & 4095) / 8))
      guard guest.spend(1 + run / 8, on: "fdtable", at: place) else { return }
      guard let bytes = guest.bytes(place, count: run * 8) else { return note(place, "the slots of a table end before their count") }
      for index in 0..<run {
        let file = Self.word(bytes, index * 8)
        guard file != 0 else { continue }
        guard guest.spend(Self.descriptorSteps, on: "fdtable", at: place) else { return }
        guard guest.physical(file) != nil, guest.pointer(file &+ inode) != nil else {
          note(place &+ UInt64(index) &* 8, "a slot leads to no file")
          continue
        }
        reading.descriptors.append(Descriptor(pid: process.pid, process: process.name, number: slot + index, file: file))
      }
      slot += run
    }
  }

  private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt64 {
    (0..<8).reversed().reduce(0) { $0 << 8 | UInt64(bytes[offset + $1]) }
  }

  // MARK: One file

  func kind(_ file: UInt64) -> OpenFile.Kind? {
    guest.pointer(file &+ inode).flatMap { guest.u16($0 &+ mode) }.flatMap { OpenFile.Kind(rawValue: $0 >> 12) }
  }

  func inodeNumber(_ file: UInt64) -> UInt64? { guest.pointer(file &+ inode).flatMap { guest.u64($0 &+ number) } }

  /// Nil for what is no file any more.
  func file(_ held: Descriptor, _ faults: inout [Inconsistency]) -> OpenFile? {
    let file = held.file
    _ = guest.spend(Self.descriptorSteps, on: "file", at: file)
    guard let node = guest.pointer(file &+ inode), let bits = guest.u16(node &+ mode), let kind = OpenFile.Kind(rawValue: bits >> 12),
      let identity = guest.u64(node &+ number)
    else { return nil }
    func signed(_ structure: String, _ member: String, _ address: UInt64) -> Int64 {
      guest.kernel.offset(structure, member).flatMap { guest.i64(address &+ $0) } ?? 0
    }
    let name = path(file, node, kind, identity, &faults)
    return OpenFile(
      pid: held.pid, process: held.process, descriptor: held.number, address: file, kind: kind, path: name.path, isDeleted: name.isDeleted,
      inode: identity, size: signed("inode", "i_size", node), position: signed("file", "f_pos", file),
      flags: guest.kernel.offset("file", "f_flags").flatMap { guest.u32(file &+ $0) } ?? 0)
  }

  /// Which kind of namespace a file of nsfs stands for: its operations name it, which the entry holds up to 6.8, then the inode's own
  /// struct ns_common.
  private func namespaceName(_ file: UInt64, _ node: UInt64) -> String? {
    func offset(_ structure: String, _ member: String) -> UInt64? { guest.kernel.offset(structure, member) }
    guard let name = offset("proc_ns_operations", "name") else { return nil }
    func text(_ operations: UInt64?) -> String? {
      operations.flatMap { guest.pointer($0 &+ name) }.flatMap { guest.string($0, limit: 32) }
    }
    let entry = (offset("file", "f_path") ?? offset("file", "__f_path")).flatMap { place in
      offset("path", "dentry").flatMap { guest.pointer(file &+ place &+ $0) }
    }
    if let found = text(entry.flatMap { entry in offset("dentry", "d_fsdata").flatMap { guest.pointer(entry &+ $0) } }) { return found }
    let own = offset("inode", "i_private").flatMap { guest.pointer(node &+ $0) }
    return text(own.flatMap { own in offset("ns_common", "ops").flatMap { guest.pointer(own &+ $0) } })
  }

  private func path(
    _ file: UInt64, _ node: UInt64, _ kind: OpenFile.Kind, _ identity: UInt64, _ faults: inout [Inconsistency]
  ) -> (path: String?, isDeleted: Bool) {
    func offset(_ structure: String, _ member: String) -> UInt64? { guest.kernel.offset(structure, member) }
    let system = offset("inode", "i_sb").flatMap { guest.pointer(node &+ $0) }.flatMap { block in
      offset("super_block", "s_type").flatMap { guest.pointer(block &+ $0) }
    }.flatMap { type in offset("file_system_type", "name").flatMap { guest.pointer(type &+ $0) } }.flatMap { guest.string($0, limit: 32) }
    if kind == .socket { return ("socket:[\(identity)]", false) }
    if kind == .pipe, system == "pipefs" { return ("pipe:[\(identity)]", false) }
    if system == "nsfs" { return (namespaceName(file, node).map { "\($0):[\(identity)]" }, false) }
    guard let place = offset("file", "f_path") ?? offset("file", "__f_path"), let dentry = offset("path", "dentry"),
      let mount = offset("path", "mnt"),
      let entry = guest.pointer(file &+ place &+ dentry)
    else { return (nil, false) }
    let found = guest.place(ofEntry: entry, mount: guest.pointer(file &+ place &+ mount))
    if let fault = found.inconsistency, !faults.contains(fault), faults.count < 100 { faults.append(fault) }
    if system == "anon_inodefs", let path = found.path { return ("anon_inode:" + path.dropFirst(), false) }
    let links = (offset("inode", "__i_nlink") ?? offset("inode", "i_nlink")).flatMap { guest.u32(node &+ $0) }
    return (found.path, found.isDeleted || (kind == .file && links == 0))
  }
}
