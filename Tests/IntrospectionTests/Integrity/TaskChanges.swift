import Introspection

/// Processes that hide, and credentials that are forged, each in a way of its own.
extension Change {
  static let hidden: [Change] = [
    Change("out of the table of pids", ["GST-060"], [.processes]) { try $0.unlinkFromTable(try $0.victim()) },
    Change("out of the parent's children", ["GST-060"], [.processes]) {
      try $0.unlink(try $0.victim().address &+ $0.offset("task_struct", "sibling"))
    },
    Change("out of the slots of the table of pids", ["GST-060"], [.processes]) { try $0.clearSlot(try $0.victim()) },
    Change("out of the list, with nothing left of its place", ["GST-060"], [.processes]) {
      let node = try $0.victim().address &+ $0.offset("task_struct", "tasks")
      try $0.unlink(node)
      for place in [node, node &+ 8] { try $0.write(place, node) }
    },
    Change("out of the list in one direction", ["GST-060", "GST-081"], [.processes]) {
      let node = try $0.victim().address &+ $0.offset("task_struct", "tasks")
      try $0.write(try $0.pointer(node &+ 8), try $0.pointer(node))
    },
    Change("out of list and children", ["GST-060"], [.processes]) {
      let victim = try $0.victim().address
      for member in ["tasks", "sibling"] { try $0.unlink(victim &+ $0.offset("task_struct", member)) }
    },
    Change("out of the slots and of the children", ["GST-060"], [.processes]) {
      try $0.unlink(try $0.victim().address &+ $0.offset("task_struct", "sibling"))
      try $0.clearSlot(try $0.victim())
    },
    Change("out of list and table", ["GST-060"], [.processes]) {
      let victim = try $0.victim()
      try $0.unlink(victim.address &+ $0.offset("task_struct", "tasks"))
      try $0.unlinkFromTable(victim)
    },
    Change("out of all three", ["GST-060"], [.processes]) {
      let victim = try $0.victim()
      for member in ["tasks", "sibling"] { try $0.unlink(victim.address &+ $0.offset("task_struct", member)) }
      try $0.unlinkFromTable(victim)
    },
    Change("out of all three and of its control group", ["GST-060"], [.processes]) {
      let victim = try $0.victim()
      for member in ["tasks", "sibling", "cg_list"] { try $0.unlink(victim.address &+ $0.offset("task_struct", member)) }
      try $0.unlinkFromTable(victim)
    },
    Change("out of all three, without a name", ["GST-060"], [.processes]) {
      let victim = try $0.victim()
      try $0.unlist(victim)
      try $0.write(victim.address &+ $0.offset("task_struct", "comm"), [UInt8](repeating: 0, count: 16))
    },
    Change("out of all three, with the id 0", ["GST-060"], [.processes]) {
      let victim = try $0.victim()
      try $0.unlist(victim)
      for member in ["pid", "tgid"] { try $0.write(task: victim.address, member, 0) }
    },
    Change("out of all three, with the id of another and its struct pid", ["GST-060"], [.processes]) {
      let victim = try $0.victim()
      let other = try $0.sleeper(user: 0)
      try $0.unlist(victim)
      for member in ["pid", "tgid"] { try $0.write(task: victim.address, member, UInt32(bitPattern: other.pid)) }
      let place = try $0.offset("task_struct", "thread_pid")
      try $0.write(victim.address &+ place, try $0.pointer(other.address &+ place))
    },
    Change("below another parent than the one that has it", ["GST-060"], [.processes]) {
      try $0.write(try $0.victim().address &+ $0.offset("task_struct", "real_parent"), try $0.symbol("init_task"))
    },
    Change("under another number", ["GST-060"], [.processes]) {
      let victim = try $0.victim().address
      for member in ["pid", "tgid"] { try $0.write(task: victim, member, 31_000) }
    },
    Change("marked as one that has ended", ["GST-060"], [.processes]) {
      try $0.write(task: try $0.victim().address, "exit_state", 0x20)
    },
    Change("marked as one that is ending", ["GST-060"], [.processes]) {
      let victim = try $0.victim().address
      let flags = try victim &+ $0.offset("task_struct", "flags")
      try $0.write(flags, ($0.guest.u32(flags) ?? 0) | 4)
    },
    Change("the mark of Diamorphine", ["GST-069"], [.processes]) {
      let victim = try $0.victim().address
      let flags = $0.guest.u32(victim &+ (try $0.offset("task_struct", "flags"))) ?? 0
      try $0.write(task: victim, "flags", flags | 0x1000_0000)
    },
  ]

  static let impersonated: [Change] = [
    Change("a process without memory as a thread of the kernel", ["GST-067"], [.processes]) {
      let victim = try $0.victim().address
      let flags = $0.guest.u32(victim &+ (try $0.offset("task_struct", "flags"))) ?? 0
      try $0.write(task: victim, "flags", flags | 0x0020_0000)
      try $0.write(victim &+ $0.offset("task_struct", "mm"), UInt64(0))
    },
    Change("a thread of the kernel as a process", ["GST-067"], [.processes]) {
      let thread = try $0.kernelThread().address
      let flags = $0.guest.u32(thread &+ (try $0.offset("task_struct", "flags"))) ?? 0
      try $0.write(task: thread, "flags", flags & ~0x0020_0000)
    },
    Change("a thread of the kernel with foreign code", ["GST-067"], [.processes]) {
      let own = try $0.pointer(try $0.kernelThread().address &+ $0.offset("task_struct", "worker_private"))
      try $0.write(own &+ $0.offset("kthread", "threadfn"), try $0.heap())
    },
    Change("the name of a thread that this kernel has", ["GST-065"], [.processes]) {
      try $0.write(try $0.victim().address &+ $0.offset("task_struct", "comm"), Array("oom_reaper\0".utf8))
    },
  ]

  /// Cases of a doubt, in the place of detections.
  static let doubted: [Change] = [
    Change("gid alone", ["realGroup"], [.processes]) { try $0.write(try $0.credentials() &+ $0.offset("cred", "gid"), UInt32(0)) },
    Change("sgid alone", ["savedGroup"], [.processes]) { try $0.write(try $0.credentials() &+ $0.offset("cred", "sgid"), UInt32(0)) },
    Change("the groups to act with", ["effectiveGroup"], [.processes]) {
      for member in ["egid", "sgid", "fsgid"] { try $0.write(try $0.credentials() &+ $0.offset("cred", member), UInt32(0)) }
    },
    Change("all groups, without a baseline", ["rootGroup"], [.processes]) {
      for member in ["gid", "egid", "sgid", "fsgid"] { try $0.write(try $0.credentials() &+ $0.offset("cred", member), UInt32(0)) }
    },
    Change("inheritable capabilities, without a baseline", ["inheritable"], [.processes]) {
      try $0.write(try $0.credentials() &+ $0.offset("cred", "cap_inheritable"), UInt64(1 << 21))
    },
    Change("one capability, without a baseline", ["capable"], [.processes]) {
      let cred = try $0.credentials()
      for member in ["cap_permitted", "cap_effective"] { try $0.write(cred &+ $0.offset("cred", member), UInt64(1 << 21)) }
    },
    Change("every user and account, and no capabilities", ["powerless"], [.processes]) { editor in
      guard let first = try editor.guest.processes().processes.first(where: { $0.pid == 1 })?.credentials else { return }
      let cred = try editor.credentials()
      for member in ["uid", "euid", "suid", "fsuid"] { try editor.write(cred &+ editor.offset("cred", member), UInt32(0)) }
      for member in ["user", "ucounts"] {
        let place = try editor.offset("cred", member)
        try editor.write(cred &+ place, try editor.pointer(first.address &+ place))
      }
    },
    Change("the users to act with, and no capabilities", ["powerless"], [.processes]) {
      for member in ["euid", "suid", "fsuid"] { try $0.write(try $0.credentials() &+ $0.offset("cred", member), UInt32(0)) }
    },
  ]

  static let forged: [Change] = [
    Change("fsuid alone", ["GST-061", "GST-066"], [.kernel, .processes]) {
      try $0.write(try $0.credentials() &+ $0.offset("cred", "fsuid"), UInt32(0))
    },
    Change("egid alone", ["GST-061", "GST-066"], [.kernel, .processes]) { try $0.write(try $0.credentials() &+ $0.offset("cred", "egid"), UInt32(0)) },
    Change("fsgid alone", ["GST-061"], [.kernel, .processes]) {
      try $0.write(try $0.credentials() &+ $0.offset("cred", "fsgid"), UInt32(0))
    },
    Change("suid alone", ["GST-061", "GST-066"], [.kernel, .processes]) {
      try $0.write(try $0.credentials() &+ $0.offset("cred", "suid"), UInt32(0))
    },
    Change("all groups", ["GST-066"], [.kernel, .processes]) {
      for member in ["gid", "egid", "sgid", "fsgid"] { try $0.write(try $0.credentials() &+ $0.offset("cred", member), UInt32(0)) }
    },
    Change("inheritable capabilities alone", ["GST-066"], [.kernel, .processes]) {
      try $0.write(try $0.credentials() &+ $0.offset("cred", "cap_inheritable"), UInt64(1 << 21))
    },
    Change("inheritable, permitted and ambient capabilities", ["GST-066"], [.kernel, .processes]) {
      let cred = try $0.credentials()
      for member in ["cap_inheritable", "cap_permitted", "cap_effective", "cap_ambient"] {
        try $0.write(cred &+ $0.offset("cred", member), UInt64(1 << 16))
      }
    },
    Change("inheritable capabilities that the kernel does not know", ["GST-061"], [.processes]) {
      try $0.write(try $0.credentials() &+ $0.offset("cred", "cap_inheritable"), UInt64(1) << 63)
    },
    Change("ambient and permitted capabilities", ["GST-061"], [.processes]) {
      let cred = try $0.credentials()
      for member in ["cap_permitted", "cap_ambient"] { try $0.write(cred &+ $0.offset("cred", member), UInt64(1 << 16)) }
    },
    Change("effective capabilities alone", ["GST-061"], [.processes]) {
      try $0.write(try $0.credentials() &+ $0.offset("cred", "cap_effective"), UInt64(1 << 21))
    },
    Change("ambient capabilities alone", ["GST-061"], [.processes]) {
      try $0.write(try $0.credentials() &+ $0.offset("cred", "cap_ambient"), UInt64(1 << 16))
    },
    Change("every bit of the capabilities", ["GST-061", "GST-066"], [.kernel, .processes]) {
      let cred = try $0.credentials()
      for member in ["cap_permitted", "cap_effective"] { try $0.write(cred &+ $0.offset("cred", member), UInt64.max) }
    },
    Change("every capability of an older kernel", ["GST-061", "GST-066"], [.kernel, .processes]) {
      let cred = try $0.credentials()
      for member in ["cap_permitted", "cap_effective"] { try $0.write(cred &+ $0.offset("cred", member), UInt64(0x3F_FFFF_FFFF)) }
    },
    Change("the security label of another", ["GST-062"], [.processes]) {
      guard let first = try $0.guest.processes().processes.first(where: { $0.pid == 1 })?.credentials else { return }
      let place = try $0.offset("cred", "security")
      try $0.write(try $0.credentials() &+ place, try $0.pointer(first.address &+ place))
    },
    Change("capabilities that could not be gained", ["GST-066"], [.kernel, .processes]) {
      try $0.write(try $0.credentials() &+ $0.offset("cred", "cap_bset"), UInt64.max)
    },
    Change("the first namespaces from a pid namespace of one's own", ["GST-061", "GST-082"], [.processes]) { editor in
      let processes = try editor.guest.processes().processes
      func own(_ process: Process) -> UInt32? { process.namespaces.first { $0.kind == .pid }?.inode }
      guard let first = processes.first(where: { $0.pid == 1 }).flatMap(own),
        let inner = processes.first(where: { process in own(process).map { $0 != first } ?? false })
      else { throw GuestEditor.Impossible(description: "no pid namespace") }
      try editor.write(inner.address &+ editor.offset("task_struct", "nsproxy"), try editor.symbol("init_nsproxy"))
    },
    Change("the root that threads of the kernel share", ["GST-061", "GST-082"], [.processes]) {
      try $0.write(try $0.victim().address &+ $0.offset("task_struct", "fs"), try $0.symbol("init_fs"))
    },
    Change("one capability", ["GST-066"], [.kernel, .processes]) {
      let cred = try $0.credentials()
      for member in ["cap_permitted", "cap_effective"] { try $0.write(cred &+ $0.offset("cred", member), UInt64(1 << 16)) }
    },
    Change("the credentials of another to act with", ["GST-062", "GST-066"], [.kernel, .processes]) {
      guard let first = try $0.guest.processes().processes.first(where: { $0.pid == 1 })?.credentials else { return }
      try $0.write(try $0.victim().address &+ $0.offset("task_struct", "cred"), first.address)
    },
    Change("credentials of one's own making", ["GST-062"], [.processes]) {
      guard let size = $0.guest.kernel.size("cred"), let copy = $0.guest.bytes(try $0.credentials(), count: Int(size)) else { return }
      try $0.write(try $0.heap(), copy)
      for member in ["cred", "real_cred"] { try $0.write(try $0.victim().address &+ $0.offset("task_struct", member), try $0.heap()) }
    },
    Change("another user namespace", ["GST-061"], [.processes]) {
      try $0.write(try $0.credentials() &+ $0.offset("cred", "user_ns"), try $0.heap())
    },
    Change("seccomp off, and its mark left", ["GST-068"], [.processes]) {
      let work = try $0.victim().address &+ $0.offset("task_struct", "thread_info") &+ $0.offset("thread_info", "syscall_work")
      try $0.write(work, try $0.pointer(work) | 1)
    },
    Change("seccomp off, and its filter left", ["GST-068"], [.processes]) {
      let own = try $0.victim().address &+ $0.offset("task_struct", "seccomp")
      try $0.write(own &+ $0.offset("seccomp", "filter"), try $0.heap())
    },
    Change("seccomp whose mark was taken away", ["GST-068"], [.processes]) {
      let own = try $0.victim().address &+ $0.offset("task_struct", "seccomp")
      try $0.write(own &+ $0.offset("seccomp", "mode"), UInt32(2))
      try $0.write(own &+ $0.offset("seccomp", "filter"), try $0.heap())
    },
  ]
}
