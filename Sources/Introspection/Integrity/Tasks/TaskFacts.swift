internal import Domain

/// Who the processes are, and whether they are what they look like.
extension IntegrityReader {
  mutating func tasks() throws(IntrospectionError) -> IntegrityFacts.State {
    let list = try guest.processes()
    for fault in list.inconsistencies { note(fault) }
    let reader = TaskReader(guest, code)
    let rows = list.processes.map { reader.row($0) }
    let threads = list.processes.flatMap { reader.threads(of: $0) }
    var hidden = list.hidden.map { hidden -> FactValue in
      [
        "pid": .int(Int64(hidden.process.pid)), "name": .string(hidden.process.name), "task": addressValue(hidden.process.address),
        "missingIn": .array(hidden.missingIn.map { .string($0.rawValue) }), "foundIn": .array([]),
      ]
    }
    let traces = HiddenTasks(guest)
    hidden += traces?.unlisted() ?? []
    return .present(
      [
        "processes": .array(rows), "threads": .array(threads), "hidden": .array(hidden), "hiddenThreads": .array(traces?.threads() ?? []),
        "renumbered": .array(traces?.renumbered() ?? []), "misplaced": .array(traces?.misplaced() ?? []),
        "ungrouped": .array(traces?.ungrouped() ?? []), "overused": .array(traces?.overused() ?? []),
        "contradicting": .array(TaskContradictions(guest)?.facts() ?? []),
        "allCapabilities": reader.allCapabilities.map(addressValue) ?? .null,
        "userNamespace": reader.firstNamespace.map { .int(Int64($0)) } ?? .null,
        "initCred": guest.symbol("init_cred").map(addressValue) ?? .null,
      ])
  }
}

/// Members of a task that only integrity asks for.
private struct TaskReader {
  let guest: Guest
  private let realCred: UInt64?
  private let user: UInt64?
  private let userID: UInt64?
  private let executable: UInt64?
  private let fileInode: UInt64?
  private let mode: UInt64?
  private let owner: UInt64?
  private let groupList: UInt64?
  private let groupCount: UInt64?
  private let groupIDs: UInt64?
  private let memoryFlags: UInt64?
  /// What a process that gained rights is marked with (fs.suid_dumpable); nil for 1, which is what the others have.
  private let gainedMark: UInt64?
  private let code: CodeMap
  private let secure: UInt64?
  private let account: UInt64?
  private let accountUser: UInt64?
  private let accountNamespace: UInt64?
  private let namespace: UInt64?
  private let flags: UInt64?
  private let parent: UInt64?
  private let promises: UInt64?
  private let worker: UInt64?
  private let threadFunction: UInt64?
  private let mm: UInt64?
  private let sandbox: Sandbox?
  private let label: UInt64?
  private let proxy: UInt64?
  private let folders: UInt64?
  private let identity: UInt64?
  private let level: UInt64?
  private let cred: UInt64?
  private let pid: UInt64?
  private let view: ProcessView?
  /// The cache that all credentials but the first are allocated from.
  private let credentialCache: UInt64?

  init(_ guest: Guest, _ code: CodeMap) {
    self.guest = guest
    self.code = code
    secure = guest.kernel.offset("cred", "securebits")
    account = guest.kernel.offset("cred", "ucounts")
    accountUser = guest.kernel.offset("ucounts", "uid")
    accountNamespace = guest.kernel.offset("ucounts", "ns")
    namespace = guest.kernel.offset("cred", "user_ns")
    flags = guest.kernel.offset("task_struct", "flags")
    parent = guest.kernel.offset("task_struct", "real_parent")
    promises = guest.kernel.offset("task_struct", "atomic_flags")
    worker = guest.kernel.offset("task_struct", "worker_private")
    threadFunction = guest.kernel.offset("kthread", "threadfn")
    mm = guest.kernel.offset("task_struct", "mm")
    sandbox = Sandbox(guest)
    label = guest.kernel.offset("cred", "security")
    proxy = guest.kernel.offset("task_struct", "nsproxy")
    folders = guest.kernel.offset("task_struct", "fs")
    identity = guest.kernel.offset("task_struct", "thread_pid")
    level = guest.kernel.offset("pid", "level")
    cred = guest.kernel.offset("task_struct", "cred")
    pid = guest.kernel.offset("task_struct", "pid")
    view = try? ProcessView(guest)
    credentialCache = guest.symbol("cred_jar").flatMap { guest.pointer($0) }
    realCred = guest.kernel.offset("task_struct", "real_cred")
    user = guest.kernel.offset("cred", "user")
    userID = guest.kernel.offset("user_struct", "uid")
    executable = guest.kernel.offset("mm_struct", "exe_file")
    fileInode = guest.kernel.offset("file", "f_inode")
    mode = guest.kernel.offset("inode", "i_mode")
    owner = guest.kernel.offset("inode", "i_uid")
    groupList = guest.kernel.offset("cred", "group_info")
    groupCount = guest.kernel.offset("group_info", "ngroups")
    groupIDs = guest.kernel.offset("group_info", "gid")
    memoryFlags = guest.kernel.offset("mm_struct", "flags")
    gainedMark = guest.symbol("suid_dumpable").flatMap { guest.u32($0) }.flatMap { $0 == 1 ? nil : UInt64($0) }
  }

  /// The set that the kernel itself starts with: every capability that it knows.
  var allCapabilities: UInt64? {
    guard let cred = guest.symbol("init_cred"), let offset = guest.kernel.offset("cred", "cap_permitted") else { return nil }
    return guest.u64(cred &+ offset)
  }

  /// Inode of the first user namespace: in others every process may have all capabilities.
  var firstNamespace: UInt32? {
    guard let namespace = guest.symbol("init_user_ns"), let offset = guest.kernel.offset("user_namespace", "ns.inum") else { return nil }
    return guest.u32(namespace &+ offset)
  }

  private static let threadLimit = 1 << 12

  /// Threads of a process whose credentials are not those of its leader, which they share unless they change them themselves, and those without memory.
  func threads(of process: Process) -> [FactValue] {
    guard let view, let cred, let realCred, let pid else { return [] }
    return view.threads(of: process.address).lazy.filter { thread in
      mm.flatMap { guest.u64(thread &+ $0) } == 0 || [cred, realCred].contains { guest.u64(thread &+ $0) != guest.u64(process.address &+ $0) }
    }.prefix(Self.threadLimit).compactMap { thread in
      view.process(thread).map { row($0, thread: guest.i32(thread &+ pid)) }
    }
  }

  /// Whether a task of a running guest slept when it was listed, and ends now: who ends (PF_EXITING, include/linux/sched.h) runs, and gives its
  /// memory back.
  private func hasMovedOn(_ process: Process, _ bits: UInt32) -> Bool {
    guard guest.isRunning, bits & 0x4 != 0, let memory = mm,
      let state = guest.kernel.offset("task_struct", "__state") ?? guest.kernel.offset("task_struct", "state")
    else { return false }
    return guest.u32(process.address &+ state).map { $0 & 0xF == 0 } ?? true || guest.pointer(process.address &+ memory) != process.mm
  }

  /// - Parameter thread: id of a thread that is not its group's leader.
  func row(_ process: Process, thread: Int32? = nil) -> FactValue {
    let bits = flags.flatMap { guest.u32(process.address &+ $0) } ?? 0
    let state = hasMovedOn(process, bits) ? "R" : String(process.stateLetter)
    var members: [FactValue.Member] = [
      .init("pid", .int(Int64(thread ?? process.pid))), .init("group", .int(Int64(process.pid))),
      .init("ppid", process.parent.map { .int(Int64($0)) } ?? .null),
      .init("name", .string(process.name)),
      .init("task", addressValue(process.address)), .init("state", .string(state)),
      .init("kernelThread", .bool(process.isKernelThread)), .init("mm", process.mm.map(addressValue) ?? .null),
      .init("title", process.arguments?.first.map { .string(String($0.prefix(64))) } ?? .null),
    ]
    if let credentials = process.credentials {
      members += [
        .init("uid", .int(Int64(credentials.uid))), .init("euid", .int(Int64(credentials.euid))),
        .init("suid", .int(Int64(credentials.suid))), .init("fsuid", .int(Int64(credentials.fsuid))),
        .init("gid", .int(Int64(credentials.gid))), .init("egid", .int(Int64(credentials.egid))),
        .init("sgid", .int(Int64(credentials.sgid))), .init("fsgid", .int(Int64(credentials.fsgid))),
        .init("permitted", addressValue(credentials.permitted)), .init("cred", addressValue(credentials.address)),
        .init(
          "userUid",
          user.flatMap { guest.pointer(credentials.address &+ $0) }.flatMap { account in userID.flatMap { guest.u32(account &+ $0) } }
            .map { .int(Int64($0)) } ?? .null),
        .init("userNamespace", process.namespaces.first { $0.kind == .user }.map { .int(Int64($0.inode)) } ?? .null),
      ]
      members += rights(credentials)
    }
    let depth = identity.flatMap { guest.pointer(process.address &+ $0) }.flatMap { own in level.flatMap { guest.u32(own &+ $0) } }
    let namespaces = proxy.flatMap { guest.pointer(process.address &+ $0) }
    let places = folders.flatMap { guest.pointer(process.address &+ $0) }
    members += [
      // How deep its pid namespace lies below the first one, and whether its other namespaces are those that the kernel started with.
      .init("pidLevel", depth.map { .int(Int64($0)) } ?? .null),
      .init("firstNamespaces", namespaces.flatMap { own in guest.symbol("init_nsproxy").map { .bool($0 == own) } } ?? .null),
      // Whether its root and working folder are those that threads of the kernel share.
      .init("firstRoot", places.flatMap { own in guest.symbol("init_fs").map { .bool($0 == own) } } ?? .null),
    ]
    members += [
      .init("started", process.started.map { .string(String($0)) } ?? .null), .init("flags", addressValue(UInt64(bits))),
      // PF_EXITING, PF_MEMALLOC_PIN (include/linux/sched.h).
      .init("exiting", .bool(bits & 0x4 != 0)), .init("pinning", .bool(bits & 0x1000_0000 != 0)),
      // PF_FORKNOEXEC: it has begun no program since it was made.
      .init("forked", .bool(bits & 0x40 != 0)),
      // PFA_NO_NEW_PRIVS.
      .init("noNewPrivileges", promises.flatMap { guest.u64(process.address &+ $0) }.map { .bool($0 & 1 != 0) } ?? .null),
      .init("sandbox", sandbox?.fact(process.address) ?? .null),
    ]
    if process.isKernelThread, let worker {
      let own = guest.pointer(process.address &+ worker)
      let function = own.flatMap { own in threadFunction.flatMap { guest.pointer(own &+ $0) } }
      members += [
        .init("thread", own.map(addressValue) ?? .null), .init("function", function.map(code.fact) ?? .null),
        .init("givenName", own.flatMap { self.givenName($0, function) }.map(FactValue.string) ?? .null),
      ]
    }
    if let parent, let flags, let above = guest.pointer(process.address &+ parent), let bits = guest.u32(above &+ flags) {
      members.append(.init("parentKernelThread", .bool(bits & 0x0020_0000 != 0)))
    }
    members.append(.init("realCred", realCred.flatMap { guest.pointer(process.address &+ $0) }.map(addressValue) ?? .null))
    let program = process.mm.flatMap(program)
    members += [
      .init("setuidProgram", program.map { .bool($0.bits & 0o4000 != 0 && $0.owner == 0) } ?? .null),
      // Of whichever group: who runs it has another saved group than its real one.
      .init("setgidProgram", program.map { .bool($0.bits & 0o2000 != 0) } ?? .null),
      .init("gained", process.mm.flatMap(hasGained).map(FactValue.bool) ?? .null),
      // Whether the kernel knows which file it runs; null for what runs none.
      .init("file", process.mm.flatMap { mm in executable.flatMap { guest.u64(mm &+ $0) } }.map { .bool($0 != 0) } ?? .null),
    ]
    return .object(members)
  }

  /// The name that a thread has which each processor has one of (kernel/smpboot.c), by `struct kthread`; nil for others.
  private func givenName(_ own: UInt64, _ function: UInt64?) -> String? {
    let kernel = guest.kernel
    guard let function, function == guest.symbol("smpboot_thread_fn"), let data = kernel.offset("kthread", "data"),
      let number = kernel.offset("smpboot_thread_data", "cpu"), let table = kernel.offset("smpboot_thread_data", "ht"),
      let format = kernel.offset("smp_hotplug_thread", "thread_comm"), let thread = guest.pointer(own &+ data),
      let processor = guest.u32(thread &+ number), let kind = guest.pointer(thread &+ table),
      let text = guest.pointer(kind &+ format).flatMap({ guest.string($0, limit: 32) })
    else { return nil }
    // TASK_COMM_LEN.
    return String(text.replacing("%u", with: String(processor)).prefix(15))
  }

  /// What must agree within a struct cred: sets of capabilities, and the account that pays (`set_cred_ucounts`) with user and namespace.
  private func rights(_ credentials: Process.Credentials) -> [FactValue.Member] {
    let all = allCapabilities ?? .max
    func half(_ set: UInt64, _ shift: UInt64) -> FactValue { .int(Int64(set >> shift & 0xFFFF_FFFF)) }
    var members: [FactValue.Member] = [
      .init("label", label.flatMap { guest.pointer(credentials.address &+ $0) }.map(addressValue) ?? .null),
      .init("boundingLow", half(credentials.bounding, 0)), .init("boundingHigh", half(credentials.bounding, 32)),
      .init("effective", addressValue(credentials.effective)), .init("permittedLow", half(credentials.permitted, 0)),
      .init("permittedHigh", half(credentials.permitted, 32)),
      .init("holdsAll", .bool(allCapabilities.map { credentials.permitted & $0 == $0 } ?? false)),
      .init(
        "beyondLast",
        addressValue((credentials.permitted | credentials.effective | credentials.ambient | credentials.inheritable) & ~all)),
      .init("notPermitted", addressValue((credentials.effective | credentials.ambient) & ~credentials.permitted)),
      .init("notInheritable", addressValue(credentials.ambient & ~credentials.inheritable)),
      .init("notAmbient", addressValue(credentials.permitted & ~credentials.ambient)),
      .init("inheritableLow", half(credentials.inheritable, 0)), .init("inheritableHigh", half(credentials.inheritable, 32)),
      .init("ambientLow", half(credentials.ambient, 0)), .init("ambientHigh", half(credentials.ambient, 32)),
      // Nil where the kernel's caches are not known; the first credentials lie in the image.
      .init(
        "allocated",
        credentialCache.flatMap { cache in guest.slabCache(of: credentials.address).map { .bool($0 == cache) } } ?? .null),
      .init("securebits", secure.flatMap { guest.u32(credentials.address &+ $0) }.map { .int(Int64($0)) } ?? .null),
    ]
    if let groups = groups(credentials) {
      members += [.init("groups", .int(Int64(groups.count))), .init("inRootGroup", .bool(groups.contains(0)))]
    }
    if let account, let accountUser, let accountNamespace, let namespace, let paid = guest.pointer(credentials.address &+ account) {
      members += [
        .init("countedUid", guest.u32(paid &+ accountUser).map { .int(Int64($0)) } ?? .null),
        .init("countedNamespace", guest.u64(paid &+ accountNamespace).map(addressValue) ?? .null),
        .init("namespace", guest.u64(credentials.address &+ namespace).map(addressValue) ?? .null),
      ]
    }
    return members
  }

  /// NGROUPS_MAX.
  private static let groupLimit: UInt32 = 65536

  /// The further groups; nil where they cannot be read.
  private func groups(_ credentials: Process.Credentials) -> [UInt32]? {
    guard let groupList, let groupCount, let groupIDs, let list = guest.pointer(credentials.address &+ groupList),
      let count = guest.u32(list &+ groupCount), count <= Self.groupLimit,
      guest.spend(1 + Int(count) / 16, on: "cred.group_info", at: list), let bytes = guest.bytes(list &+ groupIDs, count: Int(count) * 4)
    else { return nil }
    return stride(from: 0, to: bytes.count, by: 4).map { UInt32(PatchTable.word(bytes, $0, 4)) }
  }

  /// Whether the kernel marked a process as one that changed its rights since its program began, or began with more (`commit_creds`); nil where the
  /// mark says nothing. Who wrote rights into a struct cred did not leave it.
  private func hasGained(_ mm: UInt64) -> Bool? {
    guard gainedMark != nil, let memoryFlags, let bits = guest.u64(mm &+ memoryFlags) else { return nil }
    // MMF_DUMPABLE_MASK; 1 is SUID_DUMP_USER (include/linux/sched/coredump.h).
    return bits & 3 != 1
  }

  /// Mode and owner of the program that runs; nil for what has none.
  private func program(_ mm: UInt64) -> (bits: UInt16, owner: UInt32)? {
    guard let executable, let fileInode, let mode, let owner, let file = guest.pointer(mm &+ executable),
      let inode = guest.pointer(file &+ fileInode), let bits = guest.u16(inode &+ mode), let user = guest.u32(inode &+ owner)
    else { return nil }
    return (bits, user)
  }
}

/// seccomp of a task (struct seccomp), and whether system calls take the slow path that asks it.
private struct Sandbox {
  let guest: Guest
  private let mode: UInt64
  private let filter: UInt64
  private let work: UInt64
  private let bit: UInt64

  init?(_ guest: Guest) {
    let kernel = guest.kernel
    guard let own = kernel.offset("task_struct", "seccomp"), let mode = kernel.offset("seccomp", "mode"),
      let filter = kernel.offset("seccomp", "filter"), let info = kernel.offset("task_struct", "thread_info"),
      let work = kernel.offset("thread_info", "syscall_work"),
      let bit = kernel.types.value("syscall_work_bit", "SYSCALL_WORK_BIT_SECCOMP"), (0..<32).contains(bit)
    else { return nil }
    self.guest = guest
    self.mode = own &+ mode
    self.filter = own &+ filter
    self.work = info &+ work
    self.bit = UInt64(bit)
  }

  func fact(_ task: UInt64) -> FactValue? {
    guard let mode = guest.u32(task &+ mode), let filter = guest.u64(task &+ filter), let work = guest.u64(task &+ work) else { return nil }
    return ["mode": .int(Int64(mode)), "filter": .bool(filter != 0), "asked": .bool(work >> bit & 1 == 1)]
  }
}
