import Introspection

/// Page tables that show the kernel something else than lies there.
extension Change {
  static let memory: [Change] = [
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
    Change("a program that sees the kernel's code", ["GST-059"], [.executable]) {
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
  /// Guest-physical address of the last entry on the way to a page of a process's stack, by its own page tables.
  func userEntry(of process: Process) throws -> UInt64 {
    guard let mm = process.mm, let space = guest.space(ofProcess: mm) else { throw Impossible(description: "the process has no memory") }
    let address = try pointer(mm &+ offset("mm_struct", "start_stack"))
    var table = space.root
    for shift in stride(from: UInt64(space.levels == 5 ? 48 : 39), through: 12, by: -9) {
      let place = table + (address >> shift & 511) * 8
      guard let entry = guest.memory.u64(place), entry & 1 == 1 else { throw Impossible(description: "its stack is not there") }
      if shift == 12 { return place }
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
