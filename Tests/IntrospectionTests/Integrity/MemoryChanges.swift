import Introspection

/// Page tables that show the kernel something else than lies there, and memory of processes that is not what it seems.
extension Change {
  static let mappings: [Change] = [
    Change("a mapping out of the list", ["GST-078"], [.executable]) { try $0.unlistStack(of: try $0.victim()) },
    Change("a mapping out of the list while it is being changed", [], [.executable]) {
      let victim = try $0.victim()
      try $0.unlistStack(of: victim)
      try $0.holdMappings(of: victim)
    },
    Change("a mapping that is counted alone", ["GST-078"], [.executable]) {
      guard let mm = try $0.victim().mm else { return }
      let place = try mm &+ $0.offset("mm_struct", "map_count")
      try $0.write(place, ($0.guest.u32(place) ?? 0) + 1)
    },
    Change("shared code that leads out of itself", ["GST-079"], [.executable]) {
      let (data, start) = try $0.sharedFunction()
      try $0.write(data &+ start, [0x48, 0xB8] + Change.bytes(0x7FFF_1234_5000) + [0xFF, 0xE0])
    },
    Change("a process with shared code of its own", ["GST-079"], [.executable]) {
      try $0.giveSharedCode(to: try $0.victim(), [0x48, 0x31, 0xC0, 0xC3])
    },
    Change("shared code that leads out of itself, whose table of symbols says that it is empty", ["GST-079"], [.executable]) {
      let (data, start) = try $0.sharedFunction()
      try $0.write(data &+ start, [0x48, 0xB8] + Change.bytes(0x7FFF_1234_5000) + [0xFF, 0xE0])
      try $0.emptySharedSymbols()
    },
    Change("a process with shared code of its own that it seems to have elsewhere", ["GST-079"], [.executable]) {
      let victim = try $0.victim()
      try $0.giveSharedCode(to: victim, [0x48, 0x31, 0xC0, 0xC3])
      guard let mm = victim.mm else { return }
      try $0.write(mm &+ $0.offset("mm_struct", "context.vdso"), UInt64(0x1000))
    },
    Change("a process with shared code of its own, of an image that is none of the kernel's", ["GST-079"], [.executable]) {
      let victim = try $0.victim()
      try $0.giveSharedCode(to: victim, [0x48, 0x31, 0xC0, 0xC3])
      guard let mm = victim.mm else { return }
      try $0.write(mm &+ $0.offset("mm_struct", "context.vdso_image"), try $0.heap())
    },
    Change("a process with a breakpoint in the shared code", [], [.executable]) { try $0.giveSharedCode(to: try $0.victim(), [0xCC]) },
    Change("a process with a copy of the shared code", [], [.executable]) { try $0.giveSharedCode(to: try $0.victim(), []) },
  ]

  /// Cases of a doubt.
  static let traced: [Change] = [
    Change("a traced process with shared code of its own", ["traced"], [.executable]) {
      try $0.giveSharedCode(to: try $0.victim(), [0x48, 0x31, 0xC0, 0xC3])
      try $0.write(task: try $0.victim().address, "ptrace", 1)
    }
  ]

  static let memory: [Change] = [
    // The page can be written in the direct map still, which is GST-054.
    Change("breakpoints that the kernel keeps for modules to come", [], possible: ["GST-054"], [.executable]) {
      try $0.plantPage([UInt8](repeating: 0xCC, count: 4096))
    },
    Change("breakpoints with code among them", ["GST-051"], possible: ["GST-054"], [.executable]) {
      try $0.plantPage([UInt8](repeating: 0xCC, count: 2048) + [0x31, 0xC0, 0xC3] + [UInt8](repeating: 0xCC, count: 2045))
    },
    Change("code exchanged through the page tables", ["GST-052"], [.executable]) {
      let first = try $0.entry(of: try $0.symbol("commit_creds"))
      // The next two pages of code take each other's place.
      guard let one = $0.guest.memory.u64(first), let other = $0.guest.memory.u64(first + 8) else { return }
      try $0.write(physical: first, (0..<8).map { UInt8(truncatingIfNeeded: other >> ($0 * 8)) })
      try $0.write(physical: first + 8, (0..<8).map { UInt8(truncatingIfNeeded: one >> ($0 * 8)) })
    },
    Change("the interrupt table exchanged through the page tables", ["GST-052"], [.executable]) {
      let place = try $0.entry(of: 0xFFFF_FE00_0000_0000)
      guard let heap = $0.guest.physical(try $0.heap()), let entry = $0.guest.memory.u64(place) else { return }
      try $0.write(physical: place, Change.bytes(entry & 0xFFF0_0000_0000_0FFF | heap))
    },
    Change("data of the kernel that can be executed", ["GST-051", "GST-054"], [.executable]) {
      for place in try $0.entries(of: try $0.symbol("init_task")) {
        try $0.write(physical: place + 7, [($0.guest.memory.u8(place + 7) ?? 0) & 0x7F])
      }
      let last = try $0.entry(of: try $0.symbol("init_task"))
      try $0.write(physical: last, [($0.guest.memory.u8(last) ?? 0) & ~2])
    },
    Change("data of the kernel open to user programs", ["GST-053"], [.executable]) {
      for place in try $0.entries(of: try $0.symbol("init_task")) {
        try $0.write(physical: place, [($0.guest.memory.u8(place) ?? 0) | 4])
      }
    },
    Change("code that can be written in the direct map", ["GST-054"], [.executable]) {
      guard let code = $0.guest.physical(try $0.symbol("commit_creds")) else { return }
      let place = try $0.entry(of: $0.guest.kernel.directMap &+ code)
      try $0.write(physical: place, [($0.guest.memory.u8(place) ?? 0) | 2])
    },
    Change("constants that can be written", ["GST-038"], [.executable]) {
      for place in try $0.entries(of: try $0.symbol("sys_call_table")) {
        try $0.write(physical: place, [($0.guest.memory.u8(place) ?? 0) | 2])
      }
    },
    Change("a program's page with the kernel's rights", ["GST-059"], [.executable]) {
      let place = try $0.userEntry(of: try $0.victim())
      try $0.write(physical: place, [($0.guest.memory.u8(place) ?? 0) & ~4])
    },
    Change("a program that can write the kernel's data", ["GST-059"], [.executable]) {
      guard let data = $0.guest.physical(try $0.symbol("init_task")) else { return }
      try $0.write(physical: try $0.userEntry(of: try $0.victim()), Change.bytes(data & ~4095 | 0x8000_0000_0000_0067))
    },
    // In the place of its stack, which holds no code.
    Change("a program that sees the kernel's code", ["GST-059", "GST-078"], [.executable]) {
      guard let code = $0.guest.physical(try $0.symbol("commit_creds")) else { return }
      try $0.write(physical: try $0.userEntry(of: try $0.victim()), Change.bytes(code & ~4095 | 0x25))
    },
    Change("a process that sees other memory of the kernel", ["GST-058"], [.executable]) {
      let place = try $0.topEntry(of: try $0.victim(), leadingTo: $0.guest.kernel.directMap)
      // What leads to the image leads to the direct map too.
      let other = try $0.topEntry(of: try $0.victim(), leadingTo: try $0.symbol("_stext"))
      guard let bytes = $0.guest.memory.bytes(other, count: 8) else { return }
      try $0.write(physical: place, bytes)
    },
  ]
}

extension GuestEditor {
  /// Takes the mapping of a process's stack out of its tree of mappings.
  func unlistStack(of process: Process) throws {
    guard let mm = process.mm else { throw Impossible(description: "the process has no memory") }
    let stack = try pointer(mm &+ offset("mm_struct", "start_stack"))
    var nodes = [try pointer(mm &+ offset("mm_struct", "mm_mt") &+ offset("maple_tree", "ma_root"))]
    while let node = nodes.popLast() {
      // A leaf of ranges, ranges, ranges with gaps (lib/maple_tree.c).
      let kind = node >> 3 & 15
      let slots = try (node & ~255) &+ offset(kind == 3 ? "maple_arange_64" : "maple_range_64", "slot")
      for slot in UInt64(0)..<(kind == 3 ? 10 : 16) {
        guard let entry = guest.u64(slots &+ 8 &* slot), entry > 1 << 63 else { continue }
        guard kind == 1 else {
          nodes.append(entry)
          continue
        }
        guard let first = guest.u64(entry &+ (try offset("vm_area_struct", "vm_start"))),
          let last = guest.u64(entry &+ (try offset("vm_area_struct", "vm_end"))), first <= stack, stack < last
        else { continue }
        return try write(slots &+ 8 &* slot, UInt64(0))
      }
    }
    throw Impossible(description: "its stack is no mapping")
  }

  /// Address of the kernel's vdso for programs of 64 bits, and where in it a function begins.
  func sharedFunction() throws -> (data: UInt64, function: UInt64) {
    let image = try symbol("vdso_image_64")
    let data = try pointer(image &+ offset("vdso_image", "data"))
    let count = try pointer(image &+ offset("vdso_image", "size"))
    for entry in stride(from: data, to: data &+ count &- 24, by: 8) {
      // Global or weak, and a function (Elf64_Sym).
      guard [0x12, 0x22].contains(guest.u8(entry &+ 4)), guest.u8(entry &+ 5) == 0, let value = guest.u64(entry &+ 8),
        let size = guest.u64(entry &+ 16), (0x200..<count).contains(value), (16...4096).contains(size)
      else { continue }
      return (data, value)
    }
    throw Impossible(description: "the vdso has no functions")
  }

  /// Lets the vdso's table of symbols (DT_HASH) say that it has none.
  func emptySharedSymbols() throws {
    let data = try sharedFunction().data
    let headers = try pointer(data &+ 32)
    for index in UInt64(0)..<16 where guest.u32(data &+ headers &+ 56 &* index) == 2 {
      let dynamic = try data &+ pointer(data &+ headers &+ 56 &* index &+ 8)
      for tag in UInt64(0)..<32 where guest.u64(dynamic &+ 16 &* tag) == 4 {
        return try write(data &+ pointer(dynamic &+ 16 &* tag &+ 8) &+ 4, UInt32(0))
      }
    }
    throw Impossible(description: "the vdso has no DT_HASH")
  }

  /// Maps a page that can be executed behind a module.
  func plantPage(_ bytes: [UInt8]) throws {
    let code = try entry(of: try moduleText("virtio_blk"))
    guard let flags = guest.memory.u64(code) else { throw Impossible(description: "it is not mapped") }
    var place = code
    while guest.memory.u64(place) != 0 {
      place += 8
      if place & 4095 == 0 { throw Impossible(description: "the table is full") }
    }
    let page = try hole(4096)
    try write(physical: page, bytes)
    try write(physical: place, Change.bytes(flags & 0xFFF0_0000_0000_0FFF | page))
  }

  /// Gives a process a page of its own in the place of the vdso, with bytes at the start of a function.
  func giveSharedCode(to process: Process, _ bytes: [UInt8]) throws {
    let (data, function) = try sharedFunction()
    guard let mm = process.mm, var page = guest.bytes(data &+ function & ~4095, count: 4096) else { return }
    page.replaceSubrange(Int(function & 4095)..<Int(function & 4095) + bytes.count, with: bytes)
    let place = try hole(4096)
    try write(physical: place, page)
    let address = try pointer(mm &+ offset("mm_struct", "context.vdso")) &+ function & ~4095
    try write(physical: try userEntry(of: process, at: address), Change.bytes(place | 0x25))
  }

  /// Guest-physical address of the last entry on the way to an address of a process, else to its stack, by its own page tables.
  func userEntry(of process: Process, at place: UInt64? = nil) throws -> UInt64 {
    guard let mm = process.mm, let space = guest.space(ofProcess: mm) else { throw Impossible(description: "the process has no memory") }
    let address = try place ?? pointer(mm &+ offset("mm_struct", "start_stack"))
    var table = space.root
    for shift in stride(from: UInt64(space.levels == 5 ? 48 : 39), through: 12, by: -9) {
      let place = table + (address >> shift & 511) * 8
      if shift == 12 { return place }
      guard let entry = guest.memory.u64(place), entry & 1 == 1 else { throw Impossible(description: "it is not there") }
      table = entry & 0x000F_FFFF_FFFF_F000
    }
    throw Impossible(description: "its page tables have no end")
  }

  /// Guest-physical address of the entry of a process's top page table on the way to an address.
  func topEntry(of process: Process, leadingTo address: UInt64) throws -> UInt64 {
    guard let mm = process.mm, let space = guest.space(ofProcess: mm) else { throw Impossible(description: "the process has no memory") }
    return space.root &+ (address >> (space.levels == 5 ? 48 : 39) & 511) &* 8
  }
}
