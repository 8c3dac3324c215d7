import Introspection
import Testing

/// What a rootkit does to a kernel, done to an image from outside, with the detections that must tell of it.
enum Tampering: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case unlinkedProcess, systemCallToHeap, systemCallToModule, systemCallToAnother, systemCallInside
  case gateToHeap, gateSwapped, gateForUsers
  case functionByte, jumpAtTracedFunction, jumpAtFunction, jumpLabelElsewhere
  case moduleOutOfList, moduleOutOfListAndFolder
  case forgedUser, forgedEffectiveUser, forgedCapabilities, initialCredentials, borrowedCredentials, rootBelowUser
  case threadOfTheKernel, nameOfTheKernel
  case procDirectory, procEntry, connections, superBlock, tracer, probe, securityHook
  case writableCode

  var testDescription: String { rawValue }

  /// Detections that must tell of it, and no other.
  var detections: Set<String> {
    switch self {
    case .unlinkedProcess: ["GST-060"]
    case .systemCallToHeap, .systemCallToModule: ["GST-001"]
    case .systemCallToAnother, .systemCallInside: ["GST-002"]
    case .gateToHeap: ["GST-010"]
    case .gateSwapped: ["GST-011"]
    case .gateForUsers: ["GST-013"]
    case .functionByte: ["GST-032", "GST-033"]
    // The file knows nothing of what the kernel patches while it runs.
    case .jumpAtTracedFunction, .jumpLabelElsewhere: ["GST-030", "GST-032"]
    case .jumpAtFunction: ["GST-031", "GST-032", "GST-033"]
    case .moduleOutOfList, .moduleOutOfListAndFolder: ["GST-070"]
    case .forgedUser, .forgedEffectiveUser, .forgedCapabilities: ["GST-061", "GST-066"]
    case .initialCredentials, .borrowedCredentials: ["GST-062", "GST-066"]
    case .rootBelowUser: ["GST-063"]
    case .threadOfTheKernel: ["GST-064"]
    case .nameOfTheKernel: ["GST-065"]
    case .procDirectory, .connections: ["GST-043", "GST-044"]
    case .superBlock, .procEntry: ["GST-043"]
    case .tracer: ["GST-040"]
    case .probe: ["GST-041"]
    case .securityHook: ["GST-042"]
    case .writableCode: ["GST-050"]
    }
  }

  /// What is read: reading everything for each of them would take minutes.
  var facts: Set<IntegrityFacts.Name> {
    switch self {
    case .systemCallToHeap, .systemCallToModule, .systemCallToAnother, .systemCallInside: [.systemCalls]
    case .gateToHeap, .gateSwapped, .gateForUsers: [.interrupts]
    case .functionByte, .jumpAtTracedFunction, .jumpAtFunction, .jumpLabelElsewhere: [.kernel, .text, .kernelFile]
    case .moduleOutOfList, .moduleOutOfListAndFolder: [.modules]
    case .unlinkedProcess, .forgedUser, .forgedEffectiveUser, .forgedCapabilities, .initialCredentials, .borrowedCredentials,
      .rootBelowUser, .threadOfTheKernel, .nameOfTheKernel:
      [.kernel, .processes]
    case .procDirectory, .procEntry, .connections, .superBlock: [.kernel, .operations]
    case .tracer: [.tracing]
    case .probe: [.probes]
    case .securityHook: [.securityHooks]
    case .writableCode: [.executable]
    }
  }

  func apply(to editor: GuestEditor) throws {
    let guest = editor.guest
    switch self {
    case .unlinkedProcess: try editor.unlink(try editor.victim().address &+ editor.offset("task_struct", "tasks"))
    case .systemCallToHeap: try systemCall(62, try editor.heap(), editor)
    case .systemCallToModule:
      let module = try editor.module("virtio_blk")
      let base =
        try guest.kernel.offset("module", "core_layout.base") ?? (editor.offset("module", "mem") &+ editor.offset("module_memory", "base"))
      try systemCall(62, try editor.pointer(module &+ base) &+ 64, editor)
    case .systemCallToAnother: try systemCall(62, try editor.symbol("__x64_sys_getppid"), editor)
    case .systemCallInside: try systemCall(62, try editor.symbol("__x64_sys_kill") &+ 16, editor)
    case .gateToHeap: try gate(14, try editor.heap(), editor)
    case .gateSwapped: try gate(14, try editor.symbol("asm_exc_int3"), editor)
    case .gateForUsers:
      let place = try editor.symbol("idt_table") &+ 16 &* 14 &+ 5
      try editor.write(place, [(guest.u8(place) ?? 0) | 0x60])
    case .functionByte:
      let place = try editor.symbol("commit_creds") &+ 0x2E
      try editor.write(place, [(guest.u8(place) ?? 0) ^ 0x01])
    case .jumpAtTracedFunction: try jump(try editor.symbol("commit_creds"), try editor.heap(), editor)
    case .jumpAtFunction: try jump(try editor.symbol(editor.untraced), try editor.heap(), editor)
    case .jumpLabelElsewhere:
      // The first entry whose code is still there.
      let table = try editor.symbol("__start___jump_table")
      let text = try editor.symbol("_stext")..<editor.symbol("_etext")
      for index in UInt64(0)..<4096 {
        let entry = table &+ 16 &* index
        let code = entry &+ UInt64(bitPattern: Int64(guest.i32(entry) ?? 0))
        guard text.contains(code), [0x0F, 0xE9].contains(guest.u8(code)) else { continue }
        try editor.write(code, [0xE9, 0, 0, 0, 0])
        return
      }
    case .moduleOutOfList: try editor.unlink(try editor.module("virtio_blk") &+ editor.offset("module", "list"))
    case .moduleOutOfListAndFolder:
      let module = try editor.module("virtio_blk")
      try editor.unlink(module &+ editor.offset("module", "list"))
      try editor.unlink(
        module &+ editor.offset("module", "mkobj") &+ editor.offset("module_kobject", "kobj") &+ editor.offset("kobject", "entry"))
    case .forgedUser:
      let cred = try editor.pointer(try editor.victim().address &+ editor.offset("task_struct", "cred"))
      for member in ["uid", "euid", "suid", "fsuid"] { try editor.write(cred &+ editor.offset("cred", member), UInt32(0)) }
    case .forgedEffectiveUser:
      let cred = try editor.pointer(try editor.victim().address &+ editor.offset("task_struct", "cred"))
      try editor.write(cred &+ editor.offset("cred", "euid"), UInt32(0))
    case .forgedCapabilities:
      let cred = try editor.pointer(try editor.victim().address &+ editor.offset("task_struct", "cred"))
      let all = try editor.pointer(try editor.symbol("init_cred") &+ editor.offset("cred", "cap_permitted"))
      for member in ["cap_permitted", "cap_effective"] { try editor.write(cred &+ editor.offset("cred", member), all) }
    case .initialCredentials: try credentials(try editor.victim(), try editor.symbol("init_cred"), editor)
    case .borrowedCredentials:
      guard let first = try guest.processes().processes.first(where: { $0.pid == 1 })?.credentials else {
        throw GuestEditor.Impossible(description: "no process 1")
      }
      try credentials(try editor.victim(), first.address, editor)
    case .rootBelowUser:
      // Its parent becomes an ordinary user in every part, as a shell is that an exploit was started from.
      let victim = try editor.victim()
      let other = try editor.sleeper(user: 0)
      for member in ["real_parent", "parent"] { try editor.write(other.address &+ editor.offset("task_struct", member), victim.address) }
      let node = try other.address &+ editor.offset("task_struct", "sibling")
      let children = try victim.address &+ editor.offset("task_struct", "children")
      try editor.unlink(node)
      for place in [node, node &+ 8] { try editor.write(place, children) }
      for place in [children, children &+ 8] { try editor.write(place, node) }
    case .threadOfTheKernel:
      let flags = try editor.victim().address &+ editor.offset("task_struct", "flags")
      try editor.write(flags, (guest.u32(flags) ?? 0) | 0x0020_0000)
    case .nameOfTheKernel:
      try editor.write(try editor.victim().address &+ editor.offset("task_struct", "comm"), Array("kworker/0:1\0".utf8))
    case .procDirectory:
      try editor.write(try editor.symbol("proc_root_operations") &+ editor.offset("file_operations", "iterate_shared"), try editor.heap())
    case .connections: try editor.write(try editor.symbol("tcp4_seq_ops") &+ editor.offset("seq_operations", "show"), try editor.heap())
    case .procEntry:
      // /proc/net/tcp answers through a copy of its table in memory of the rootkit, which leaves the table itself as it was.
      let table = try editor.symbol("tcp4_seq_ops")
      guard let copy = guest.bytes(table, count: 32) else { return }
      try editor.write(try editor.heap(), copy)
      try editor.write(try editor.procNetEntry("tcp") &+ editor.offset("proc_dir_entry", "seq_ops"), try editor.heap())
    case .superBlock:
      // The root folder of /proc gets a copy of its table in memory of the rootkit.
      let table = try editor.symbol("proc_root_operations")
      guard let size = guest.kernel.size("file_operations"), let copy = guest.bytes(table, count: Int(size)) else { return }
      try editor.write(try editor.heap(), copy)
      try editor.write(try editor.rootInode("proc") &+ editor.offset("inode", "i_fop"), try editor.heap())
    case .tracer:
      let heap = try editor.heap()
      let head = try editor.symbol("ftrace_ops_list")
      try editor.write(heap &+ editor.offset("ftrace_ops", "func"), heap &+ 512)
      try editor.write(heap &+ editor.offset("ftrace_ops", "next"), try editor.pointer(head))
      try editor.write(head, heap)
    case .probe:
      let heap = try editor.heap()
      let bucket = try editor.symbol("kprobe_table") &+ 8 &* 5
      try editor.write(heap &+ editor.offset("kprobe", "hlist"), try editor.pointer(bucket))
      try editor.write(heap &+ editor.offset("kprobe", "addr"), try editor.symbol("commit_creds"))
      try editor.write(heap &+ editor.offset("kprobe", "pre_handler"), heap &+ 1024)
      try editor.write(bucket, heap &+ editor.offset("kprobe", "hlist"))
    case .securityHook: try securityHook(editor)
    case .writableCode:
      let place = try editor.entry(of: try editor.symbol("commit_creds"))
      try editor.write(physical: place, [(guest.memory.u8(place) ?? 0) | 2])
    }
  }

  private func systemCall(_ number: UInt64, _ target: UInt64, _ editor: GuestEditor) throws {
    try editor.write(try editor.symbol("sys_call_table") &+ 8 &* number, target)
  }

  private func gate(_ vector: UInt64, _ target: UInt64, _ editor: GuestEditor) throws {
    let place = try editor.symbol("idt_table") &+ 16 &* vector
    let low = try editor.pointer(place)
    try editor.write(place, low & 0x0000_FFFF_FFFF_0000 | target & 0xFFFF | (target & 0xFFFF_0000) << 32)
    try editor.write(place &+ 8, target >> 32)
  }

  /// At the function's start, behind its landing pad where it has one.
  private func jump(_ start: UInt64, _ target: UInt64, _ editor: GuestEditor) throws {
    let function = editor.guest.bytes(start, count: 4) == [0xF3, 0x0F, 0x1E, 0xFA] ? start &+ 4 : start
    let displacement = UInt32(truncatingIfNeeded: target &- function &- 5)
    try editor.write(function, [0xE9] + (0..<4).map { UInt8(truncatingIfNeeded: displacement >> ($0 * 8)) })
  }

  private func credentials(_ process: Process, _ cred: UInt64, _ editor: GuestEditor) throws {
    for member in ["cred", "real_cred"] { try editor.write(process.address &+ editor.offset("task_struct", member), cred) }
  }

  private func securityHook(_ editor: GuestEditor) throws {
    let heap = try editor.heap()
    try editor.write(heap &+ editor.offset("security_hook_list", "hook"), heap &+ 2048)
    if let heads = editor.guest.symbol("security_hook_heads") {
      let head = try heads &+ editor.offset("security_hook_heads", "file_open")
      try editor.write(heap &+ editor.offset("security_hook_list", "list"), try editor.pointer(head))
      try editor.write(head, heap &+ editor.offset("security_hook_list", "list"))
    } else {
      let call = try editor.symbol("static_calls_table") &+ editor.offset("lsm_static_calls_table", "file_open")
      try editor.write(call &+ editor.offset("lsm_static_call", "hl"), heap)
    }
  }
}

extension GuestEditor {
  /// A listed module.
  func module(_ name: String) throws -> UInt64 {
    let walk = guest.list(head: try symbol("modules"), offset: try offset("module", "list"), structure: "modules")
    for module in walk.entries where guest.string(module &+ (try offset("module", "name")), limit: 64) == name { return module }
    throw Impossible(description: "no module \(name)")
  }

  /// An entry of /proc/net in the first network namespace.
  func procNetEntry(_ name: String) throws -> UInt64 {
    let folder = try pointer(try symbol("init_net") &+ offset("net", "proc_net"))
    let walk = guest.tree(
      root: folder &+ (try offset("proc_dir_entry", "subdir")), offset: try offset("proc_dir_entry", "subdir_node"), structure: "subdir")
    for entry in walk.entries where guest.string(try pointer(entry &+ offset("proc_dir_entry", "name")), limit: 32) == name { return entry }
    throw Impossible(description: "no /proc/net/\(name)")
  }

  /// The inode of the root of a mounted file system.
  func rootInode(_ type: String) throws -> UInt64 {
    let walk = guest.list(head: try symbol("super_blocks"), offset: try offset("super_block", "s_list"), structure: "super_blocks")
    for block in walk.entries {
      let kind = try pointer(block &+ offset("super_block", "s_type"))
      guard guest.string(try pointer(kind &+ offset("file_system_type", "name")), limit: 32) == type else { continue }
      return try pointer(try pointer(block &+ offset("super_block", "s_root")) &+ offset("dentry", "d_inode"))
    }
    throw Impossible(description: "no file system \(type)")
  }
}
