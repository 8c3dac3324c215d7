internal import Domain

/// Who the processes are, and whether they are what they look like.
extension IntegrityReader {
  mutating func tasks() throws(IntrospectionError) -> IntegrityFacts.State {
    let list = try guest.processes()
    for fault in list.inconsistencies { note(fault) }
    let reader = TaskReader(guest)
    let rows = list.processes.map { reader.row($0) }
    let hidden = list.hidden.map { hidden -> FactValue in
      [
        "pid": .int(Int64(hidden.process.pid)), "name": .string(hidden.process.name), "task": addressValue(hidden.process.address),
        "missingIn": .array(hidden.missingIn.map { .string($0.rawValue) }),
      ]
    }
    return .present(
      [
        "processes": .array(rows), "hidden": .array(hidden), "allCapabilities": reader.allCapabilities.map(addressValue) ?? .null,
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

  init(_ guest: Guest) {
    self.guest = guest
    realCred = guest.kernel.offset("task_struct", "real_cred")
    user = guest.kernel.offset("cred", "user")
    userID = guest.kernel.offset("user_struct", "uid")
    executable = guest.kernel.offset("mm_struct", "exe_file")
    fileInode = guest.kernel.offset("file", "f_inode")
    mode = guest.kernel.offset("inode", "i_mode")
    owner = guest.kernel.offset("inode", "i_uid")
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

  func row(_ process: Process) -> FactValue {
    var members: [FactValue.Member] = [
      .init("pid", .int(Int64(process.pid))), .init("ppid", process.parent.map { .int(Int64($0)) } ?? .null),
      .init("name", .string(process.name)),
      .init("task", addressValue(process.address)), .init("state", .string(String(process.stateLetter))),
      .init("kernelThread", .bool(process.isKernelThread)), .init("mm", process.mm.map(addressValue) ?? .null),
      .init("title", process.arguments?.first.map { .string(String($0.prefix(64))) } ?? .null),
    ]
    if let credentials = process.credentials {
      members += [
        .init("uid", .int(Int64(credentials.uid))), .init("euid", .int(Int64(credentials.euid))),
        .init("suid", .int(Int64(credentials.suid))),
        .init("permitted", addressValue(credentials.permitted)), .init("cred", addressValue(credentials.address)),
        .init(
          "userUid",
          user.flatMap { guest.pointer(credentials.address &+ $0) }.flatMap { account in userID.flatMap { guest.u32(account &+ $0) } }
            .map { .int(Int64($0)) } ?? .null),
        .init("userNamespace", process.namespaces.first { $0.kind == .user }.map { .int(Int64($0.inode)) } ?? .null),
      ]
    }
    members.append(.init("realCred", realCred.flatMap { guest.pointer(process.address &+ $0) }.map(addressValue) ?? .null))
    members.append(.init("setuidProgram", process.mm.flatMap(isSetUserID).map(FactValue.bool) ?? .null))
    return .object(members)
  }

  /// Whether the program that runs has S_ISUID and belongs to root; nil for what has none.
  private func isSetUserID(_ mm: UInt64) -> Bool? {
    guard let executable, let fileInode, let mode, let owner, let file = guest.pointer(mm &+ executable),
      let inode = guest.pointer(file &+ fileInode), let bits = guest.u16(inode &+ mode), let user = guest.u32(inode &+ owner)
    else { return nil }
    return bits & 0o4000 != 0 && user == 0
  }
}
