internal import Domain

extension Guest {
  /// Lists the processes.
  ///
  /// A process that starts or ends while a running guest is read is in one structure and not in another for a moment: differences are read
  /// again, and only what differs each time is told as hidden.
  ///
  /// - Throws: `missing` for a kernel without the members that a process is made of.
  public func processes() throws(IntrospectionError) -> ProcessList {
    let guest = bounded()
    let view = try ProcessView(guest)
    var reading = view.read()
    let isCut = guest.isExhausted
    var looks = SecondLook(guest)
    while !guest.isExhausted, !reading.differences.isEmpty || !reading.inconsistencies.isEmpty, looks.again() {
      let again = view.read()
      if guest.isExhausted { break }
      reading = again.keeping(reading)
    }
    // A structure that was not read to its end lacks many, and hides none.
    let hidden = (isCut ? [:] : reading.differences).compactMap { task, missing in
      view.process(task).map { ProcessList.Hidden(process: $0, missingIn: missing) }
    }.sorted { ($0.process.pid, $0.process.address) < ($1.process.pid, $1.process.address) }
    let processes = reading.tasks.compactMap(view.process).sorted { ($0.pid, $0.address) < ($1.pid, $1.address) }
    return ProcessList(processes: processes, hidden: hidden, inconsistencies: guest.told(reading.inconsistencies))
  }
}

/// Reads processes by the offsets of one kernel.
struct ProcessView {
  let guest: Guest
  private let initTask: UInt64
  private let tasks: UInt64
  private let pid: UInt64
  private let tgid: UInt64
  private let comm: UInt64
  private let flags: UInt64
  private let mm: UInt64
  private let cred: UInt64
  private let parent: UInt64

  init(_ guest: Guest) throws(IntrospectionError) {
    self.guest = guest
    initTask = try guest.required("init_task")
    tasks = try guest.required("task_struct", "tasks")
    pid = try guest.required("task_struct", "pid")
    tgid = try guest.required("task_struct", "tgid")
    comm = try guest.required("task_struct", "comm")
    flags = try guest.required("task_struct", "flags")
    mm = try guest.required("task_struct", "mm")
    cred = try guest.required("task_struct", "cred")
    parent = try guest.required("task_struct", "real_parent")
  }

  // MARK: Structures

  /// Leaders of thread groups, by the structures that hold them.
  struct Reading {
    /// A task_struct with the id that it had when it was met: memory of one that ended is soon another's.
    struct Task: Hashable {
      let address: UInt64
      let pid: Int32
    }

    var sources: [Task: Set<ProcessList.Source>] = [:]
    /// Structures that could be read at all.
    var readable: Set<ProcessList.Source> = []
    var inconsistencies: [Inconsistency] = []
    /// Differences that are left when earlier readings are taken into account.
    var settled: [Task: [ProcessList.Source]]?

    var tasks: [Task] { Array(sources.keys) }

    var differences: [Task: [ProcessList.Source]] {
      if let settled { return settled }
      return sources.compactMapValues { found in
        let missing = ProcessList.Source.allCases.filter { readable.contains($0) && !found.contains($0) }
        return missing.isEmpty ? nil : missing
      }
    }

    /// Only what differs here and in an earlier reading alike.
    func keeping(_ earlier: Reading) -> Reading {
      let before = earlier.differences
      var kept = self
      kept.settled = differences.filter { before[$0.key] == $0.value }
      kept.inconsistencies = inconsistencies.filter { now in
        earlier.inconsistencies.contains { $0.structure == now.structure && $0.address == now.address }
      }
      return kept
    }
  }

  func read() -> Reading {
    var reading = Reading()
    func add(_ task: UInt64, _ source: ProcessList.Source) {
      guard let id = guest.i32(task &+ tgid) else { return }
      reading.sources[Reading.Task(address: task, pid: id), default: []].insert(source)
    }

    let list = guest.list(head: initTask &+ tasks, offset: tasks, structure: "init_task.tasks")
    reading.readable.insert(.list)
    if let fault = list.inconsistency { reading.inconsistencies.append(fault) }
    for task in list.entries { add(task, .list) }

    if let table = pidTable() {
      reading.readable.insert(.table)
      if let fault = table.inconsistency { reading.inconsistencies.append(fault) }
      for task in table.entries { add(task, .table) }
    }
    if let children = children() {
      reading.readable.insert(.children)
      if let fault = children.inconsistency { reading.inconsistencies.append(fault) }
      for task in children.entries { add(task, .children) }
    }
    // The idle task is the head of the list and has no entry in the table.
    reading.sources[Reading.Task(address: initTask, pid: 0)] = reading.readable
    return reading
  }

  /// Leaders by init_pid_ns.idr: each entry is a struct pid, whose first chain links the task of that id.
  private func pidTable() -> Walk? {
    guard let namespace = guest.symbol("init_pid_ns"), let idr = guest.kernel.offset("pid_namespace", "idr"),
      let chains = guest.kernel.offset("pid", "tasks"), let links = guest.kernel.offset("task_struct", "pid_links")
    else { return nil }
    let walk = guest.idr(namespace &+ idr, structure: "init_pid_ns.idr")
    var leaders: [UInt64] = []
    for entry in walk.entries {
      guard let first = guest.pointer(entry.entry &+ chains) else { continue }
      let task = first &- links
      if let id = guest.i32(task &+ pid), id == guest.i32(task &+ tgid) { leaders.append(task) }
    }
    return Walk(entries: leaders, inconsistency: walk.inconsistency)
  }

  /// All that descends from init_task.
  private func children() -> Walk? {
    guard let children = guest.kernel.offset("task_struct", "children"), let sibling = guest.kernel.offset("task_struct", "sibling") else {
      return nil
    }
    var met: Set<UInt64> = [initTask]
    var pending = [initTask]
    var entries: [UInt64] = []
    var fault: Inconsistency?
    while !guest.isExhausted, let task = pending.popLast() {
      let walk = guest.list(head: task &+ children, offset: sibling, structure: "task_struct.children")
      if fault == nil { fault = walk.inconsistency }
      for child in walk.entries {
        guard met.insert(child).inserted else {
          if fault == nil {
            fault = Inconsistency(structure: "task_struct.children", address: child, reason: "a process is the child of two")
          }
          continue
        }
        guard met.count <= Guest.walkLimit else {
          return Walk(
            entries: entries,
            inconsistency: fault
              ?? Inconsistency(structure: "task_struct.children", address: child, reason: "more than \(Guest.walkLimit) entries"))
        }
        entries.append(child)
        pending.append(child)
      }
      // Children of a thread hang on the thread that made them.
      guard let threads = threadWalk(of: task) else { continue }
      if fault == nil { fault = threads.inconsistency }
      for thread in threads.entries where thread != task && met.insert(thread).inserted { pending.append(thread) }
    }
    return Walk(entries: entries, inconsistency: fault)
  }

  /// Threads of a group but its leader; those whose links are broken are left out.
  func threads(of task: UInt64) -> [UInt64] { threadWalk(of: task)?.entries.filter { $0 != task } ?? [] }

  /// Whether the first thread of a group is in the group's list itself; nil where that is broken.
  func isInOwnList(_ task: UInt64) -> Bool? {
    guard let walk = threadWalk(of: task), walk.inconsistency == nil else { return nil }
    return walk.entries.contains(task)
  }

  private func threadWalk(of task: UInt64) -> Walk? {
    guard let signal = guest.kernel.offset("task_struct", "signal"), let head = guest.kernel.offset("signal_struct", "thread_head"),
      let node = guest.kernel.offset("task_struct", "thread_node"), let shared = guest.pointer(task &+ signal)
    else { return nil }
    return guest.list(head: shared &+ head, offset: node, structure: "signal_struct.thread_head")
  }

  // MARK: One process

  /// Nil for what is not the task any more that was met.
  func process(_ task: Reading.Task) -> Process? { process(task.address).flatMap { $0.pid == task.pid ? $0 : nil } }

  /// Nil for what is no task: its members cannot be read.
  func process(_ task: UInt64) -> Process? {
    guard let id = guest.i32(task &+ tgid), let bits = guest.u32(task &+ flags), let name = guest.string(task &+ comm, limit: 16) else {
      return nil
    }
    let space = guest.pointer(task &+ mm)
    let credentials = guest.pointer(task &+ cred).flatMap(credentials)
    return Process(
      address: task, pid: id, parent: guest.pointer(task &+ parent).flatMap { guest.i32($0 &+ tgid) }, name: name, state: state(task),
      isKernelThread: bits & 0x0020_0000 != 0, mm: space, threads: threadCount(task), started: started(task), credentials: credentials,
      namespaces: namespaces(task), arguments: space.flatMap(arguments))
  }

  private func state(_ task: UInt64) -> UInt32 {
    let state = guest.kernel.offset("task_struct", "__state") ?? guest.kernel.offset("task_struct", "state")
    let exit = guest.kernel.offset("task_struct", "exit_state")
    return (state.flatMap { guest.u32(task &+ $0) } ?? 0) | (exit.flatMap { guest.u32(task &+ $0) } ?? 0)
  }

  private func threadCount(_ task: UInt64) -> Int32? {
    guard let signal = guest.kernel.offset("task_struct", "signal"), let count = guest.kernel.offset("signal_struct", "nr_threads"),
      let shared = guest.pointer(task &+ signal)
    else { return nil }
    return guest.i32(shared &+ count)
  }

  private func started(_ task: UInt64) -> UInt64? {
    let offset = guest.kernel.offset("task_struct", "start_boottime") ?? guest.kernel.offset("task_struct", "real_start_time")
    return offset.flatMap { guest.u64(task &+ $0) }
  }

  func credentials(_ address: UInt64) -> Process.Credentials? {
    func id(_ member: String) -> UInt32? { guest.kernel.offset("cred", member).flatMap { guest.u32(address &+ $0) } }
    func capabilities(_ member: String) -> UInt64? { guest.kernel.offset("cred", member).flatMap { guest.u64(address &+ $0) } }
    guard let uid = id("uid"), let gid = id("gid"), let euid = id("euid"), let egid = id("egid"), let suid = id("suid"),
      let sgid = id("sgid"),
      let fsuid = id("fsuid"), let fsgid = id("fsgid"), let permitted = capabilities("cap_permitted"),
      let effective = capabilities("cap_effective"),
      let inheritable = capabilities("cap_inheritable"), let bounding = capabilities("cap_bset")
    else { return nil }
    return Process.Credentials(
      address: address, uid: uid, gid: gid, euid: euid, egid: egid, suid: suid, sgid: sgid, fsuid: fsuid, fsgid: fsgid,
      permitted: permitted,
      effective: effective, inheritable: inheritable, bounding: bounding, ambient: capabilities("cap_ambient") ?? 0)
  }

  // MARK: Namespaces

  private static let ofProxy: [(Process.Namespace.Kind, member: String, structure: String)] = [
    (.cgroup, "cgroup_ns", "cgroup_namespace"), (.ipc, "ipc_ns", "ipc_namespace"), (.mnt, "mnt_ns", "mnt_namespace"),
    (.net, "net_ns", "net"),
    (.time, "time_ns", "time_namespace"), (.uts, "uts_ns", "uts_namespace"),
  ]

  private func namespaces(_ task: UInt64) -> [Process.Namespace] {
    var found: [Process.Namespace] = []
    func add(_ kind: Process.Namespace.Kind, _ structure: String, _ address: UInt64?) {
      guard let address, let offset = guest.kernel.offset(structure, "ns.inum"), let inode = guest.u32(address &+ offset) else { return }
      found.append(Process.Namespace(kind: kind, inode: inode, address: address))
    }
    if let offset = guest.kernel.offset("task_struct", "nsproxy"), let proxy = guest.pointer(task &+ offset) {
      for (kind, member, structure) in Self.ofProxy {
        add(kind, structure, guest.kernel.offset("nsproxy", member).flatMap { guest.pointer(proxy &+ $0) })
      }
    }
    add(.pid, "pid_namespace", pidNamespace(task))
    if let offset = guest.kernel.offset("cred", "user_ns"), let cred = guest.pointer(task &+ cred) {
      add(.user, "user_namespace", guest.pointer(cred &+ offset))
    }
    return found.sorted { $0.kind.rawValue < $1.kind.rawValue }
  }

  /// The namespace of the innermost of a task's ids: thread_pid->numbers[level].ns.
  private func pidNamespace(_ task: UInt64) -> UInt64? {
    guard let offset = guest.kernel.offset("task_struct", "thread_pid"), let identity = guest.pointer(task &+ offset),
      let levelOffset = guest.kernel.offset("pid", "level"), let level = guest.u32(identity &+ levelOffset), level <= 32,
      let numbers = guest.kernel.offset("pid", "numbers"), let size = guest.kernel.size("upid"), let ns = guest.kernel.offset("upid", "ns")
    else { return nil }
    return guest.pointer(identity &+ numbers &+ UInt64(level) &* size &+ ns)
  }

  // MARK: Arguments

  /// Bytes of arguments that are read at most; the kernel allows far more.
  private static let argumentsLimit: UInt64 = 32768

  /// The texts between arg_start and arg_end, through the process's own page tables.
  private func arguments(_ mm: UInt64) -> [String]? {
    guard let startOffset = guest.kernel.offset("mm_struct", "arg_start"), let endOffset = guest.kernel.offset("mm_struct", "arg_end"),
      let start = guest.u64(mm &+ startOffset), let end = guest.u64(mm &+ endOffset), start < end, let space = guest.space(ofProcess: mm),
      // Each byte may be an argument of its own.
      guest.spend(Int(min(end - start, Self.argumentsLimit)), on: "mm_struct.arg_start", at: mm),
      let bytes = guest.bytes(start, count: Int(min(end - start, Self.argumentsLimit)), in: space)
    else { return nil }
    var texts = bytes.split(separator: 0, omittingEmptySubsequences: false)
    if texts.last?.isEmpty == true { texts.removeLast() }
    return texts.map { EscapedName.text(of: $0) }
  }
}
