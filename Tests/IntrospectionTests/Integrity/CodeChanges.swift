import Introspection

/// Code of the kernel, changed in ways that each leave a mark of their own.
extension Change {
  private static let everything: Set<IntegrityFacts.Name> = [.kernel, .text, .kernelFile]

  static let code: [Change] = [
    Change("a security function that returns at once", ["GST-032", "GST-033", "GST-034"], everything) {
      // Behind the landing pad and the place of the tracer.
      try $0.write(try $0.begin("security_file_open") &+ 5, [0x31, 0xC0, 0xC3])
    },
    Change("a function that returns where no tracer is", ["GST-032", "GST-033", "GST-034"], everything) {
      try $0.write(try $0.begin($0.untraced), [0xC3])
    },
    Change("a jump through memory", ["GST-031", "GST-032", "GST-033"], everything) {
      try $0.write(try $0.begin($0.untraced), [0xFF, 0x25, 0, 0, 0, 0] + Change.bytes(try $0.heap()))
    },
    Change("a jump by a register", ["GST-031", "GST-032", "GST-033"], everything) {
      try $0.write(try $0.begin($0.untraced), [0x49, 0xBB] + Change.bytes(try $0.heap()) + [0x41, 0xFF, 0xE3])
    },
    Change("a return to what was pushed", ["GST-031", "GST-032", "GST-033"], everything) {
      try $0.write(try $0.begin($0.untraced), [0x48, 0xB8] + Change.bytes(try $0.heap()) + [0x50, 0xC3])
    },
    Change("a jump into data of the image", ["GST-031", "GST-032", "GST-033"], everything) {
      let start = try $0.begin($0.untraced)
      let distance = UInt32(truncatingIfNeeded: try $0.symbol("init_task") &- start &- 5)
      try $0.write(start, [0xE9] + (0..<4).map { UInt8(truncatingIfNeeded: distance >> ($0 * 8)) })
    },
    Change("a jump to a module", ["GST-031", "GST-032", "GST-033"], everything) {
      let start = try $0.begin($0.untraced)
      let distance = UInt32(truncatingIfNeeded: try $0.moduleText("virtio_blk") &+ 64 &- start &- 5)
      try $0.write(start, [0xE9] + (0..<4).map { UInt8(truncatingIfNeeded: distance >> ($0 * 8)) })
    },
    Change("a jump in the middle of a function", ["GST-032", "GST-033", "GST-036"], everything) {
      let place = try $0.call(in: "commit_creds")
      let distance = UInt32(truncatingIfNeeded: try $0.moduleText("virtio_blk") &+ 64 &- place &- 5)
      try $0.write(place, [0xE9] + (0..<4).map { UInt8(truncatingIfNeeded: distance >> ($0 * 8)) })
    },
    Change("a jump label turned against its key", ["GST-030"], everything) {
      try $0.write(try $0.jumpLabel(), [0x0F, 0x1F, 0x44, 0, 0])
    },
    Change("a jump label that the kernel is just turning", [], everything) {
      try $0.holdLock("jump_label_mutex")
      try $0.write(try $0.jumpLabel(), [0x0F, 0x1F, 0x44, 0, 0])
    },
    Change("a function whose tracer the kernel is just changing", [], everything) {
      try $0.holdLock("text_mutex")
      try $0.write(try $0.begin("commit_creds"), [0xCC])
    },
    Change("a breakpoint where a tracer would be, and nobody who puts it there", ["GST-030"], everything) {
      try $0.write(try $0.begin("commit_creds"), [0xCC])
    },
    Change("a static call that was blanked", ["GST-030"], everything) {
      try $0.write(try $0.staticCall(), [0x0F, 0x1F, 0x44, 0, 0])
    },
    Change("a static call that answers without being made", ["GST-030"], everything) {
      try $0.write(try $0.staticCall(), [0x2E, 0x2E, 0x2E, 0x31, 0xC0])
    },
    Change("a static call of another function of the kernel", ["GST-030"], everything) {
      let place = try $0.staticCall()
      let distance = UInt32(truncatingIfNeeded: try $0.symbol("__x64_sys_getppid") &- place &- 5)
      try $0.write(place &+ 1, distance)
    },
    Change("a trampoline of a static call that leads to another function", ["GST-030"], everything) {
      let place = try $0.symbol("__SCT__cond_resched")
      let distance = UInt32(truncatingIfNeeded: try $0.symbol("__x64_sys_getppid") &- place &- 5)
      try $0.write(place, [0xE9] + (0..<4).map { UInt8(truncatingIfNeeded: distance >> ($0 * 8)) })
    },
    Change("a traced function that calls another one of the kernel", ["GST-030", "GST-032"], everything) {
      let place = try $0.begin("commit_creds")
      let distance = UInt32(truncatingIfNeeded: try $0.symbol("__x64_sys_getppid") &- place &- 5)
      try $0.write(place, [0xE8] + (0..<4).map { UInt8(truncatingIfNeeded: distance >> ($0 * 8)) })
    },
    Change("a jump in the middle of a function through a pointer in the data", ["GST-032", "GST-033", "GST-036"], everything) {
      let place = try $0.call(in: "vfs_read")
      // Behind the text that is there.
      let holder = try $0.symbol("modprobe_path") &+ 128
      try $0.write(holder, try $0.heap())
      let distance = UInt32(truncatingIfNeeded: holder &- place &- 6)
      try $0.write(place, [0xFF, 0x25] + (0..<4).map { UInt8(truncatingIfNeeded: distance >> ($0 * 8)) })
    },
    Change("a call that leads to a module", ["GST-032", "GST-036"], possible: ["GST-033"], everything) {
      let place = try $0.call(in: "vfs_read")
      let distance = UInt32(truncatingIfNeeded: try $0.moduleText("virtio_blk") &+ 64 &- place &- 5)
      try $0.write(place, [0xE8] + (0..<4).map { UInt8(truncatingIfNeeded: distance >> ($0 * 8)) })
    },
    Change("a call that leads into an instruction", ["GST-032", "GST-036"], possible: ["GST-033"], everything) {
      let place = try $0.call(in: "vfs_read")
      let distance = UInt32(truncatingIfNeeded: try $0.symbol("commit_creds") &+ 1 &- place &- 5)
      try $0.write(place, [0xE8] + (0..<4).map { UInt8(truncatingIfNeeded: distance >> ($0 * 8)) })
    },
    Change("a jump by a register in the middle of a function", ["GST-032", "GST-033", "GST-036"], everything) {
      try $0.write(try $0.begin("vfs_read") &+ 0x43, [0x48, 0xB8] + Change.bytes(try $0.heap()) + [0xFF, 0xE0])
    },
    Change("a call that was blanked", ["GST-032", "GST-033", "GST-036"], everything) {
      try $0.write(try $0.call(in: "vfs_read"), [0x90, 0x90, 0x90, 0x90, 0x90])
    },
    Change("a return in the middle of a function", ["GST-032", "GST-033", "GST-036"], everything) {
      try $0.write(try $0.call(in: "vfs_read"), [0xC3, 0x90, 0x90, 0x90, 0x90])
    },
    Change("a breakpoint in the middle of a function", ["GST-032", "GST-033", "GST-036"], everything) {
      try $0.write(try $0.call(in: "vfs_read"), [0xCC, 0x90])
    },
    Change("a security function that returns at once, with a breakpoint behind it", ["GST-032", "GST-033", "GST-034"], everything) {
      try $0.write(try $0.begin("security_file_open") &+ 5, [0x31, 0xC0, 0xC3, 0xCC])
    },
    Change("a return in the middle of a function, with a breakpoint behind it", ["GST-032", "GST-033", "GST-036"], everything) {
      try $0.write(try $0.call(in: "vfs_read"), [0xC3, 0xCC, 0x90, 0x90, 0x90])
    },
    Change("a jump in the middle of a function to another one", ["GST-032", "GST-033", "GST-036"], everything) {
      let place = try $0.call(in: "vfs_read")
      let distance = UInt32(truncatingIfNeeded: try $0.symbol("__x64_sys_getppid") &- place &- 5)
      try $0.write(place, [0xE9] + (0..<4).map { UInt8(truncatingIfNeeded: distance >> ($0 * 8)) })
    },
    Change("a function that leaves for another one before it has begun", ["GST-032", "GST-033", "GST-036"], everything) {
      let place = try $0.begin("vfs_read") &+ 5
      let distance = UInt32(truncatingIfNeeded: try $0.symbol("__x64_sys_getppid") &- place &- 5)
      try $0.write(place, [0xE9] + (0..<4).map { UInt8(truncatingIfNeeded: distance >> ($0 * 8)) })
    },
    // What boot puts there is one of three alternatives, of which the first holds a return that is patched for itself.
    Change("a thunk of jumps that does something else", ["GST-032", "GST-033"], possible: ["GST-031", "GST-034", "GST-036"], everything) {
      try $0.write(try $0.symbol("__x86_indirect_thunk_rbx") &+ 6, [0xCD, 0x80, 0x90, 0x90])
    },
    // What tells everybody else where things are: the kernel's types, exported symbols, where faults lead to, and how deep its stack is.
    Change("a name among the kernel's own types", ["GST-033", "GST-035"], [.kernel, .readOnly, .kernelFile]) {
      try $0.flip(try $0.symbol("__stop_BTF") &- 24)
    },
    Change("where a fault leads to", ["GST-033", "GST-035"], [.kernel, .readOnly, .kernelFile]) {
      try $0.flip(try $0.symbol("__start___ex_table") &+ 4)
    },
    Change("an exported symbol", ["GST-033", "GST-035"], [.kernel, .readOnly, .kernelFile]) { try $0.flip(try $0.symbol("__start___ksymtab")) },
    Change("the place of an entry of the unwinder's table", ["GST-033"], [.kernel, .readOnly, .kernelFile]) {
      try $0.flip(try $0.symbol("__start_orc_unwind_ip") &+ 400)
    },
    Change("a word of the constants", ["GST-033", "GST-035"], [.kernel, .readOnly, .kernelFile]) {
      // Of /proc/version's format, so that it tells nothing of it.
      try $0.write(try $0.symbol("linux_proc_banner"), Array("%c".utf8))
    },
    Change(
      "an entry of a constant table", ["GST-001", "GST-003", "GST-033", "GST-035", "GST-037"], [.kernel, .systemCalls, .readOnly, .kernelFile]
    ) {
      try $0.write(try $0.symbol("sys_call_table") &+ 8 &* 78, try $0.heap())
    },
    // It is what the boot of another kernel needs, and holds code, of which any eight bytes may look like an address.
    Change("a word of the program that kexec carries", ["GST-035"], [.kernel, .readOnly]) {
      try $0.write(try $0.symbol("kexec_purgatory") &+ 0x100, try $0.heap())
    },
    Change("an entry of a constant table that no check knows", ["GST-037", "GST-035"], [.kernel, .readOnly]) {
      try $0.write(try $0.symbol("ipv4_specific") &+ 8, try $0.heap())
    },
    Change("a breakpoint without a probe", ["GST-031", "GST-032", "GST-033"], everything) {
      try $0.write(try $0.begin($0.untraced), [0xCC])
    },
  ]

  /// What only kernels can show whose functions have landing pads.
  static let landingPads: [Change] = [
    // The kernel takes pads away itself, so that the file proves nothing there.
    Change("a function that returns where its landing pad was", ["GST-032", "GST-036", "GST-033"], everything) {
      try $0.write(try $0.begin("vfs_read") &- 4, [0x31, 0xC0, 0xC3, 0xCC])
    },
  ]

  static let calls: [Change] = [
    Change("a system call that the kernel's switch leads past", ["GST-004"], [.systemCalls]) {
      try $0.redirect("x64_sys_call", from: "__x64_sys_kill", to: try $0.symbol("__x64_sys_getppid"))
    },
    Change("a system call that the kernel's switch leads to a module", ["GST-004"], [.systemCalls]) {
      try $0.redirect("x64_sys_call", from: "__x64_sys_kill", to: try $0.moduleText("virtio_blk") &+ 64)
    },
    Change("an entry of system calls that leads past the kernel's switch", ["GST-004"], [.systemCalls]) {
      try $0.redirect("do_syscall_64", from: "x64_sys_call", to: try $0.symbol("__x64_sys_getppid"))
    },
    Change("an entry of system calls that leads to another function", ["GST-004"], [.systemCalls]) {
      try $0.redirect("entry_SYSCALL_64_after_hwframe", from: "do_syscall_64", to: try $0.symbol("__x64_sys_getppid"))
    },
    Change("a 32-bit system call that the kernel's switch leads past", ["GST-004"], [.systemCalls]) {
      try $0.redirect("ia32_sys_call", from: "__ia32_sys_kill", to: try $0.symbol("__ia32_sys_getppid"))
    },
  ]

  /// What only kernels can show that have the x32 interface.
  static let x32: [Change] = [
    Change("an x32 system call that the kernel's switch leads past", ["GST-004"], [.systemCalls]) {
      try $0.redirect("x32_sys_call", from: "__x64_sys_kill", to: try $0.symbol("__x64_sys_getppid"))
    },
    Change("a system call of the x32 interface alone that the kernel's switch leads past", ["GST-004"], [.systemCalls]) {
      try $0.redirect("x32_sys_call", from: "__x64_compat_sys_execve", to: try $0.symbol("__x64_sys_getppid"))
    },
    Change("an entry of system calls that leads past the switch of the x32 interface", ["GST-004"], [.systemCalls]) {
      try $0.redirect("do_syscall_64", from: "x32_sys_call", to: try $0.symbol("__x64_sys_getppid"))
    },
  ]

  /// What only kernels can show that find system calls by their table.
  static let tables: [Change] = [
    Change("another table of system calls than the kernel's", ["GST-004"], [.systemCalls]) {
      let start = try $0.symbol("do_syscall_64")
      let table = UInt32(truncatingIfNeeded: try $0.symbol("sys_call_table"))
      var count = 0
      for place in start..<start + 1024 where $0.guest.u32(place) == table {
        try $0.write(place, table &+ 4096)
        count += 1
      }
      guard count > 0 else { throw GuestEditor.Impossible(description: "do_syscall_64 does not name the table") }
    },
  ]

  /// What lasts a moment in a guest that loads modules and starts processes.
  static let passing: [Change] = [
    Change("a module's code without a module", ["GST-051"], [.executable]) {
      try $0.unlink(try $0.module("virtio_blk") &+ $0.offset("module", "list"))
    },
    Change("a module in some lists", ["GST-070"], [.modules]) {
      try $0.unlink(try $0.module("virtio_blk") &+ $0.offset("module", "bug_list"))
    },
    Change("a process in some lists", ["GST-060"], [.processes]) {
      try $0.unlink(try $0.victim().address &+ $0.offset("task_struct", "tasks"))
    },
    Change("code that can be written", ["GST-050"], [.executable]) {
      let place = try $0.entry(of: try $0.symbol("commit_creds"))
      try $0.write(physical: place, [($0.guest.memory.u8(place) ?? 0) | 2])
    },
  ]

  /// Little-endian.
  static func bytes(_ value: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
}

extension GuestEditor {
  /// Lets a process hold a lock of the kernel, and wait for something.
  func holdLock(_ name: String) throws {
    let victim = try victim().address
    try write(task: victim, guest.kernel.offset("task_struct", "__state") == nil ? "state" : "__state", 2)
    try write(try symbol(name) &+ offset("mutex", "owner"), victim)
  }

  /// The first jump label that is a jump over five bytes.
  func jumpLabel() throws -> UInt64 {
    let table = try symbol("__start___jump_table")
    let text = try symbol("_stext")..<symbol("_etext")
    for index in UInt64(0)..<8192 {
      let entry = table &+ 16 &* index
      let code = entry &+ UInt64(bitPattern: Int64(guest.i32(entry) ?? 0))
      if text.contains(code), guest.u8(code) == 0xE9 { return code }
    }
    throw Impossible(description: "no jump label is a jump")
  }

  /// The first call with a distance in a function's code, as far as its bytes tell.
  func call(in name: String) throws -> UInt64 {
    let start = try begin(name) &+ 5
    guard let end = guest.kernel.symbols.following(start), let bytes = guest.bytes(start, count: Int(min(end - start, 1024))) else {
      throw Impossible(description: "\(name) is not mapped")
    }
    for place in 0..<bytes.count - 5 where bytes[place] == 0xE8 {
      let distance = Int32(truncatingIfNeeded: guest.u32(start &+ UInt64(place) &+ 1) ?? 0)
      let target = start &+ UInt64(place) &+ 5 &+ UInt64(bitPattern: Int64(distance))
      if guest.kernel.symbols.nearest(target)?.distance == 0 { return start &+ UInt64(place) }
    }
    throw Impossible(description: "\(name) calls nothing")
  }

  /// A place in the code that calls the function of its static call.
  func staticCall() throws -> UInt64 {
    let table = try symbol("__start_static_call_sites")
    let text = try symbol("_stext")..<symbol("_etext")
    for index in UInt64(0)..<8192 {
      let entry = table &+ 8 &* index
      let place = entry &+ UInt64(bitPattern: Int64(guest.i32(entry) ?? 0))
      if text.contains(place), guest.u8(place) == 0xE8 { return place }
    }
    throw Impossible(description: "no static call is made")
  }

  /// A word that may be zero.
  func pointer(_ address: UInt64, orZero: Bool) throws -> UInt64 {
    guard let value = guest.u64(address) else { throw Impossible(description: "0x\(String(address, radix: 16)) is not mapped") }
    return value
  }

  /// Start of a function, behind its landing pad where it has one.
  func begin(_ function: String) throws -> UInt64 { behindPad(try symbol(function)) }

  func behindPad(_ start: UInt64) -> UInt64 {
    // ENDBR64, or what it was replaced by.
    let pads: [[UInt8]] = [[0xF3, 0x0F, 0x1E, 0xFA], [0x66, 0x0F, 0x1F, 0x00], [0x0F, 0x1F, 0x40, 0xD6]]
    return guest.bytes(start, count: 4).map(pads.contains) ?? false ? start &+ 4 : start
  }

  /// Turns each jump of a function that leads to another one elsewhere.
  func redirect(_ function: String, from target: String, to place: UInt64) throws {
    let start = try symbol(function)
    let old = try symbol(target)
    guard let bytes = guest.bytes(start, count: 9200) else { throw Impossible(description: "\(function) is not mapped") }
    var count = 0
    // The displacement of a jump, conditional or not, or of a call.
    for offset in 2..<9196 where [0xE8, 0xE9].contains(bytes[offset - 1]) || bytes[offset - 1] & 0xF0 == 0x80 {
      let next = start &+ UInt64(offset) &+ 4
      let distance = bytes[offset..<offset + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      guard next &+ UInt64(bitPattern: Int64(Int32(bitPattern: distance))) == old else { continue }
      try write(next &- 4, UInt32(truncatingIfNeeded: place &- next))
      count += 1
    }
    guard count > 0 else { throw Impossible(description: "\(function) does not lead to \(target)") }
  }
}
