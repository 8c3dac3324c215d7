import Introspection

/// Code of the kernel and of its modules, changed in ways that each leave a mark of their own.
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

  /// Bytes in the middle of a module's function.
  static let moduleFunctions: [Change] = [
    Change("a return in the middle of a module's function", ["GST-073", "GST-077"], [.kernel, .moduleCode]) {
      try $0.write(try $0.moduleCall(), [0xC3, 0x90, 0x90, 0x90, 0x90])
    },
    Change("a return in the middle of a module's function, with a breakpoint behind it", ["GST-073", "GST-077"], [.kernel, .moduleCode]) {
      try $0.write(try $0.moduleCall(), [0xC3, 0xCC, 0x90, 0x90, 0x90])
    },
    Change("a breakpoint in the middle of a module's function", ["GST-073", "GST-077"], [.kernel, .moduleCode]) {
      try $0.write(try $0.moduleCall(), [0xCC, 0x90, 0x90, 0x90, 0x90])
    },
    Change("a call of a module's that was blanked", ["GST-073", "GST-077"], [.kernel, .moduleCode]) {
      try $0.write(try $0.moduleCall(), [0x90, 0x90, 0x90, 0x90, 0x90])
    },
    Change("a call of a module's that leads to data", ["GST-073", "GST-077"], [.kernel, .moduleCode]) {
      let place = try $0.moduleCall()
      try $0.write(place &+ 1, UInt32(truncatingIfNeeded: try $0.symbol("modprobe_path") &- place &- 5))
    },
    Change("a call of a module's that leads into a function of the kernel", ["GST-073", "GST-077"], [.kernel, .moduleCode]) {
      let place = try $0.moduleCall()
      try $0.write(place &+ 1, UInt32(truncatingIfNeeded: try $0.symbol("commit_creds") &+ 0x31 &- place &- 5))
    },
    Change("a module's function that leaves for one of the kernel with its stack as it is", ["GST-073", "GST-077"], [.kernel, .moduleCode]) {
      let place = try $0.moduleCall()
      let distance = UInt32(truncatingIfNeeded: try $0.symbol("__x64_sys_getppid") &- place &- 5)
      try $0.write(place, [0xE9] + (0..<4).map { UInt8(truncatingIfNeeded: distance >> ($0 * 8)) })
    },
  ]

  /// What only kernels can show that have two modules of which none uses the other.
  static let otherModules: [Change] = [
    Change("a call of a module's that leads to a module which it does not use", ["GST-073", "GST-077"], [.kernel, .moduleCode]) {
      let place = try $0.moduleCall()
      try $0.write(place &+ 1, UInt32(truncatingIfNeeded: try $0.moduleText("virtio_pci") &+ 64 &- place &- 5))
    },
  ]

  static let modules: [Change] = [
    Change("a byte of a module", ["GST-073"], possible: ["GST-077"], [.kernel, .moduleCode]) {
      let text = try $0.moduleText("virtio_blk")
      guard let bytes = $0.guest.bytes(text, count: 2048) else { return }
      // Away from calls, jumps and no operations, which are places that the kernel rewrites.
      let special: Set<UInt8> = [0x0F, 0x1F, 0xE8, 0xE9, 0xEB, 0x66, 0x90, 0xC3, 0xCC, 0xF3]
      guard let place = (64..<2000).first(where: { place in !bytes[place - 8..<place + 8].contains(where: special.contains) }) else {
        throw GuestEditor.Impossible(description: "no such place")
      }
      try $0.write(text &+ UInt64(place), [bytes[place] ^ 1])
    },
    // The former is what a module was called for that is gone.
    Change("a trampoline in a module that leads to no memory", ["GST-073"], possible: ["GST-077"], [.kernel, .moduleCode]) {
      try $0.plantTrampoline { guest, start in
        stride(from: start &+ 1 << 28, to: start &+ 1 << 30, by: 1 << 20).first { guest.space.translate($0) == nil } ?? 0
      }
    },
    Change("a trampoline in a module that leads to memory of nobody", ["GST-072", "GST-073"], possible: ["GST-077"], [.kernel, .moduleCode]) {
      let data = try $0.symbol("modprobe_path")
      try $0.plantTrampoline { _, _ in data }
    },
    Change("a module's function that leads to nobody", ["GST-072", "GST-073"], [.kernel, .moduleCode]) {
      try $0.write(try $0.moduleExit("virtio_blk"), [0x48, 0xB8] + Change.bytes(try $0.heap()) + [0xFF, 0xE0])
    },
    Change("a module's function that returns at once", ["GST-072", "GST-073"], [.kernel, .moduleCode]) {
      try $0.write(try $0.moduleExit("virtio_blk"), [0xC3])
    },
    Change("a module that ends by foreign code", ["GST-072"], [.kernel, .moduleCode]) {
      try $0.write(try $0.module("virtio_blk") &+ $0.offset("module", "exit"), try $0.heap())
    },
    Change("a module whose end was taken away", ["GST-072"], [.kernel, .moduleCode]) {
      try $0.write(try $0.module("virtio_blk") &+ $0.offset("module", "exit"), UInt64(0))
    },
    Change("a module without symbols", ["GST-070"], [.modules]) {
      try $0.write(try $0.module("virtio_blk") &+ $0.offset("module", "kallsyms"), UInt64(0))
    },
    Change("a module with no symbol but the first", ["GST-070"], [.modules]) {
      let own = try $0.pointer(try $0.module("virtio_blk") &+ $0.offset("module", "kallsyms"))
      try $0.write(own &+ $0.offset("mod_kallsyms", "num_symtab"), UInt32(1))
    },
    Change("constants of a module that can be executed", ["GST-051"], [.executable]) {
      let table = try $0.moduleObject("virtio_blk", "virtblk_fops")
      for place in try $0.entries(of: table) { try $0.write(physical: place + 7, [($0.guest.memory.u8(place + 7) ?? 0) & 0x7F]) }
    },
    Change("a module that says that it has no code", ["GST-051"], [.executable]) {
      let size =
        try $0.guest.kernel.offset("module", "core_layout.text_size")
        ?? ($0.offset("module", "mem") &+ $0.offset("module_memory", "size"))
      try $0.write(try $0.module("virtio_blk") &+ size, UInt32(0))
    },
    Change("a module that says that its code is as long as no code is", ["GST-051", "GST-081"], [.moduleCode, .executable]) {
      let size =
        try $0.guest.kernel.offset("module", "core_layout.text_size")
        ?? ($0.offset("module", "mem") &+ $0.offset("module_memory", "size"))
      try $0.write(try $0.module("virtio_blk") &+ size, UInt32(65 << 20))
    },
    Change("a module marked as not formed", ["GST-070"], [.modules]) { try $0.mark(module: "virtio_blk", 3) },
    Change("a module marked as one that is being unloaded", ["GST-070"], [.modules]) { try $0.mark(module: "virtio_blk", 2) },
    Change("a module marked as one that is being loaded", ["GST-070"], [.modules]) { try $0.mark(module: "virtio_blk", 1) },
    Change("a module out of the list and of its folder, marked as not formed", ["GST-070"], [.modules]) {
      let module = try $0.module("virtio_blk")
      try $0.unlink(module &+ $0.offset("module", "mkobj") &+ $0.offset("module_kobject", "kobj") &+ $0.offset("kobject", "entry"))
      try $0.mark(module: "virtio_blk", 3)
      try $0.unlink(module &+ $0.offset("module", "list"))
    },
    Change("a module under another name", ["GST-070"], [.modules]) {
      try $0.write(try $0.module("virtio_blk") &+ $0.offset("module", "name"), Array("snd\0".utf8))
    },
    Change("a module in the list of warnings alone", ["GST-070"], [.modules]) {
      let module = try $0.module("virtio_blk")
      try $0.unlink(module &+ $0.offset("module", "list"))
      try $0.unlink(module &+ $0.offset("module", "mkobj") &+ $0.offset("module_kobject", "kobj") &+ $0.offset("kobject", "entry"))
      let roots = try $0.symbol("mod_tree") &+ $0.offset("latch_tree_root", "tree")
      for copy in UInt64(0)..<2 { try $0.write(roots &+ 8 &* copy, UInt64(0)) }
    },
    Change("a module in none of its lists", ["GST-051"], [.modules, .executable]) {
      let module = try $0.module("virtio_blk")
      for link in try [$0.offset("module", "list"), $0.offset("module", "bug_list")] { try $0.unlink(module &+ link) }
      try $0.unlink(module &+ $0.offset("module", "mkobj") &+ $0.offset("module_kobject", "kobj") &+ $0.offset("kobject", "entry"))
      try $0.eraseFromTree(module)
    },
    Change("a module out of the tree alone", ["GST-070"], [.modules]) { try $0.eraseFromTree(try $0.module("virtio_blk")) },
    Change("a module from elsewhere", ["GST-071"], [.modules]) {
      for place in [try $0.module("virtio_blk") &+ $0.offset("module", "taints"), try $0.symbol("tainted_mask")] {
        try $0.write(place, try $0.pointer(place &- 0, orZero: true) | 1 << 12)
      }
    },
    Change("a taint that was wiped", ["GST-071", "GST-074"], [.modules]) {
      let place = try $0.module("virtio_blk") &+ $0.offset("module", "taints")
      try $0.write(place, try $0.pointer(place, orZero: true) | 1 << 13)
    },
    Change("a taint of nobody", ["GST-074"], [.modules]) {
      let place = try $0.symbol("tainted_mask")
      try $0.write(place, try $0.pointer(place, orZero: true) | 1 << 13)
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

  /// Writes the trampoline of a static call into the code of a module.
  func plantTrampoline(_ target: (Guest, UInt64) throws -> UInt64) throws {
    let place = (try moduleText("virtio_blk") & ~15) &+ 0x108
    let distance = UInt32(truncatingIfNeeded: try target(guest, place) &- place &- 5)
    try write(place, [0xE9] + (0..<4).map { UInt8(truncatingIfNeeded: distance >> ($0 * 8)) } + [0x0F, 0xB9, 0xCC])
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

  /// `enum module_state`: 1 coming, 2 going, 3 unformed.
  func mark(module name: String, _ state: UInt32) throws { try write(try module(name) &+ offset("module", "state"), state) }

  /// A word that may be zero.
  func pointer(_ address: UInt64, orZero: Bool) throws -> UInt64 {
    guard let value = guest.u64(address) else { throw Impossible(description: "0x\(String(address, radix: 16)) is not mapped") }
    return value
  }

  /// Start of a function, behind its landing pad where it has one.
  func begin(_ function: String) throws -> UInt64 { behindPad(try symbol(function)) }

  private func behindPad(_ start: UInt64) -> UInt64 {
    // ENDBR64, or what it was replaced by.
    let pads: [[UInt8]] = [[0xF3, 0x0F, 0x1E, 0xFA], [0x66, 0x0F, 0x1F, 0x00], [0x0F, 0x1F, 0x40, 0xD6]]
    return guest.bytes(start, count: 4).map(pads.contains) ?? false ? start &+ 4 : start
  }

  /// Takes all nodes of a module out of both copies of the tree of addresses, where they have no children or one; else leads past them to
  /// none.
  func eraseFromTree(_ module: UInt64) throws {
    let roots = try symbol("mod_tree") &+ offset("latch_tree_root", "tree")
    let node = try offset("mod_tree_node", "node")
    let owner = try offset("mod_tree_node", "mod")
    for copy in UInt64(0)..<2 {
      let offset = node &+ copy &* 24
      let root = roots &+ 8 &* copy
      let walk = guest.tree(root: root, offset: offset, structure: "mod_tree")
      for entry in walk.entries where guest.u64(entry &+ owner) == module {
        let place = entry &+ offset
        let parent = try pointer(place, orZero: true) & ~3
        let (right, left) = (try pointer(place &+ 8, orZero: true), try pointer(place &+ 16, orZero: true))
        // The left child takes its place, and the right one hangs below the left one's last.
        var top = left
        if left == 0 {
          top = right
        } else if right != 0 {
          var last = left
          while try pointer(last &+ 8, orZero: true) != 0 { last = try pointer(last &+ 8) }
          try write(last &+ 8, right)
          try write(right, last | (pointer(right, orZero: true) & 3))
        }
        if top != 0 { try write(top, parent | (pointer(top, orZero: true) & 3)) }
        let slot = try parent == 0 ? root : (pointer(parent &+ 8, orZero: true) == place ? parent &+ 8 : parent &+ 16)
        try write(slot, top)
      }
    }
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

  func moduleText(_ name: String) throws -> UInt64 {
    let base = try guest.kernel.offset("module", "core_layout.base") ?? (offset("module", "mem") &+ offset("module_memory", "base"))
    return try pointer(try module(name) &+ base)
  }

  /// Start and length of a module's function, by the module's own symbols.
  func moduleFunction(_ name: String, of module: String) throws -> (start: UInt64, count: Int) {
    let symbols = try pointer(try self.module(module) &+ offset("module", "kallsyms"))
    let table = try pointer(symbols &+ offset("mod_kallsyms", "symtab"))
    let names = try pointer(symbols &+ offset("mod_kallsyms", "strtab"))
    for index in UInt64(0)..<UInt64(guest.u32(symbols &+ (try offset("mod_kallsyms", "num_symtab"))) ?? 0) {
      let entry = table &+ 24 &* index
      guard guest.string(names &+ UInt64(guest.u32(entry) ?? 0), limit: 64) == name else { continue }
      return (try pointer(entry &+ 8), Int(try pointer(entry &+ 16)))
    }
    throw Impossible(description: "\(module) has no function \(name)")
  }

  /// The first call of a function of the kernel in a function of virtio_blk.
  func moduleCall() throws -> UInt64 {
    let function = try moduleFunction("virtio_queue_rq", of: "virtio_blk")
    guard let bytes = guest.bytes(function.start, count: function.count) else { throw Impossible(description: "it is not mapped") }
    for place in 16..<bytes.count - 5 where bytes[place] == 0xE8 {
      let address = function.start &+ UInt64(place)
      let target = address &+ 5 &+ UInt64(bitPattern: Int64(guest.i32(address &+ 1) ?? 0))
      if guest.kernel.image.contains(target), guest.kernel.symbols.nearest(target)?.distance == 0 { return address }
    }
    throw Impossible(description: "it calls nothing")
  }

  /// The function by which a module ends, which no tracer has a place in.
  func moduleExit(_ name: String) throws -> UInt64 { behindPad(try pointer(try module(name) &+ offset("module", "exit"))) }
}
