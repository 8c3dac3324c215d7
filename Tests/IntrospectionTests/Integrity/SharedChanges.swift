import Introspection

/// What tasks are given of strangers, what they lose, and which program they seem to run.
extension Change {
  /// Structures of others, by the pointer alone: nobody counted it.
  static let strangers: [Change] = [
    Change("the open files of another", ["GST-082"], [.processes]) { try $0.give("files", of: try $0.sleeper(user: 0), to: try $0.victim()) },
    Change("the memory of another", ["GST-082"], [.processes]) { try $0.give("mm", of: try $0.sleeper(user: 0), to: try $0.victim()) },
    Change("the folders of another", ["GST-082"], [.processes]) { try $0.give("fs", of: try $0.sleeper(user: 0), to: try $0.victim()) },
    Change("the handlers of another", ["GST-082"], [.processes]) {
      try $0.give("sighand", of: try $0.sleeper(user: 0), to: try $0.victim())
    },
    Change("the open files of the first process", ["GST-082"], [.processes]) { editor in
      guard let first = try editor.guest.processes().processes.first(where: { $0.pid == 1 }) else { return }
      try editor.give("files", of: first, to: try editor.victim())
    },
    Change("the namespaces of a container", ["GST-082"], [.processes]) { editor in
      let place = try editor.offset("task_struct", "nsproxy")
      let usual = try editor.symbol("init_nsproxy")
      let inner = try editor.guest.processes().processes.first {
        editor.guest.pointer($0.address &+ place).map { $0 != usual } ?? false
      }
      guard let inner else { throw GuestEditor.Impossible(description: "no namespaces of its own") }
      try editor.give("nsproxy", of: inner, to: try editor.victim())
    },
    Change("the first namespaces, for a container", ["GST-082"], [.processes]) { editor in
      let place = try editor.offset("task_struct", "nsproxy")
      let processes = try editor.guest.processes().processes
      // Of the first pid namespace, unlike the one that GST-061 tells of.
      guard let inner = processes.first(where: { $0.arguments == ["sleep", "100003"] }) else {
        throw GuestEditor.Impossible(description: "no namespaces of its own")
      }
      try editor.write(inner.address &+ place, try editor.symbol("init_nsproxy"))
    },
  ]

  /// A root in the mounts of a container, as `chroot /proc/PID/root` leaves it too.
  static let rooted: [Change] = [
    Change("the root of a container", ["rootFolder"], [.processes]) { editor in
      guard let inner = try editor.guest.processes().processes.first(where: { $0.arguments == ["sleep", "100003"] }) else {
        throw GuestEditor.Impossible(description: "no namespaces of its own")
      }
      let folders = try editor.offset("task_struct", "fs")
      let root = try editor.offset("fs_struct", "root.mnt")
      let other = try editor.pointer(editor.pointer(inner.address &+ folders) &+ root)
      try editor.write(editor.pointer(editor.victim().address &+ folders) &+ root, other)
    }
  ]

  static let ungrouped: [Change] = [
    Change("out of its control group alone", ["GST-060"], [.processes]) {
      try $0.unlink(try $0.victim().address &+ $0.offset("task_struct", "cg_list"))
    },
    Change("out of its control group, with nothing left of its place", ["GST-060"], [.processes]) {
      let node = try $0.victim().address &+ $0.offset("task_struct", "cg_list")
      try $0.unlink(node)
      for place in [node, node &+ 8] { try $0.write(place, node) }
    },
    Change("a thread of the kernel out of its control group", ["GST-060"], [.processes]) {
      try $0.unlink(try $0.kernelThread().address &+ $0.offset("task_struct", "cg_list"))
    },
  ]

  static let stripped: [Change] = [
    Change("a process whose memory was taken away", ["GST-067"], [.processes]) {
      try $0.write(try $0.victim().address &+ $0.offset("task_struct", "mm"), UInt64(0))
    },
    Change("a program without its file", ["GST-083"], [.processes]) {
      guard let mm = try $0.victim().mm else { return }
      try $0.write(mm &+ $0.offset("mm_struct", "exe_file"), UInt64(0))
    },
    Change("a thread of the kernel under the name of a program", ["GST-067"], [.processes]) {
      try $0.write(try $0.kernelThread().address &+ $0.offset("task_struct", "comm"), Array("sshd\0".utf8))
    },
    Change("the first worker of the kernel, which helps out from 6.9 on, under the name of a program", ["GST-067"], [.processes]) {
      try $0.write(try $0.kernelThread("kworker/").address &+ $0.offset("task_struct", "comm"), Array("sshd\0".utf8))
    },
    Change("a worker of the kernel under the name of a program", ["GST-067"], [.processes]) {
      try $0.write(try $0.kernelThread("kworker/0:").address &+ $0.offset("task_struct", "comm"), Array("sshd\0".utf8))
    },
    Change("a processor's own thread under the name of a worker", ["GST-067"], [.processes]) {
      try $0.write(try $0.kernelThread("ksoftirqd/").address &+ $0.offset("task_struct", "comm"), Array("kworker/0:7\0".utf8))
    },
  ]

  /// With threads, and with a program of its own.
  static let threaded: [Change] = [
    Change("a thread whose memory was taken away", ["GST-067"], [.processes]) {
      try $0.write(try $0.secondThread() &+ $0.offset("task_struct", "mm"), UInt64(0))
    },
    Change("a thread with the open files of another process", ["GST-082"], [.processes]) {
      let place = try $0.offset("task_struct", "files")
      try $0.write(try $0.secondThread() &+ place, try $0.pointer(try $0.victim().address &+ place))
    },
    Change("a thread out of its control group", ["GST-060"], [.processes]) {
      try $0.unlink(try $0.secondThread() &+ $0.offset("task_struct", "cg_list"))
    },
  ]

  /// Cases of a doubt.
  static let masked: [Change] = [
    Change("the program of another", ["other"], [.executable]) { editor in
      guard let mm = try editor.victim().mm,
        let other = try editor.guest.processes().processes.first(where: { $0.name == "hold" })?.mm
      else { throw GuestEditor.Impossible(description: "nobody holds") }
      let place = try editor.offset("mm_struct", "exe_file")
      try editor.write(mm &+ place, try editor.pointer(other &+ place))
    }
  ]

  static let workers: [Change] = [
    Change("a thread of a module under the name of a worker", ["worker"], [.processes]) {
      let thread = try $0.kernelThread().address
      let own = try $0.pointer(thread &+ $0.offset("task_struct", "worker_private"))
      try $0.write(own &+ $0.offset("kthread", "threadfn"), try $0.moduleText("virtio_blk"))
      try $0.write(thread &+ $0.offset("task_struct", "comm"), Array("kworker/0:9\0".utf8))
    }
  ]

  /// Pages that allow more than their mapping.
  static let opened: [Change] = [
    Change("a stack that can be executed", ["GST-078"], [.executable]) {
      let place = try $0.userEntry(of: try $0.victim()) + 7
      try $0.write(physical: place, [($0.guest.memory.u8(place) ?? 0) & 0x7F])
    },
    Change("code of a program that can be written", ["GST-078"], [.executable]) {
      let place = try $0.codeEntry(of: try $0.victim())
      try $0.write(physical: place, [($0.guest.memory.u8(place) ?? 0) | 2])
    },
  ]
}

extension GuestEditor {
  /// Lets a task point to a structure of another one.
  func give(_ member: String, of owner: Process, to task: Process) throws {
    let place = try offset("task_struct", member)
    try write(task.address &+ place, try pointer(owner.address &+ place))
  }

  /// A thread of the kernel whose name begins so.
  func kernelThread(_ name: String) throws -> Process {
    guard let found = try guest.processes().processes.first(where: { $0.isKernelThread && $0.name.hasPrefix(name) }) else {
      throw Impossible(description: "no \(name)")
    }
    return found
  }

  /// Guest-physical address of the page table entry of a page of a program's code that is there.
  func codeEntry(of process: Process) throws -> UInt64 {
    guard let mm = process.mm else { throw Impossible(description: "the process has no memory") }
    let start = try pointer(mm &+ offset("mm_struct", "start_code")) & ~4095
    for page in UInt64(0)..<256 {
      let place = try userEntry(of: process, at: start &+ page &* 4096)
      if let entry = guest.memory.u64(place), entry & 1 == 1, entry >> 63 == 0 { return place }
    }
    throw Impossible(description: "none of its code is there")
  }
}
