import Introspection
import Testing

/// One thing that a rootkit does to a kernel, done to an image from outside, with the detections that must tell of it and no other.
struct Change: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let detections: Set<String>
  /// Detections that tell of it on one kernel and not on another.
  let possible: Set<String>
  /// What is read: reading everything for each of them would take minutes.
  let facts: Set<IntegrityFacts.Name>
  let apply: @Sendable (GuestEditor) throws -> Void

  init(
    _ description: String, _ detections: Set<String>, possible: Set<String> = [], _ facts: Set<IntegrityFacts.Name>,
    _ apply: @escaping @Sendable (GuestEditor) throws -> Void
  ) {
    testDescription = description
    self.detections = detections
    self.possible = possible
    self.facts = facts
    self.apply = apply
  }
}

extension GuestEditor {
  /// Address of the credentials of a sleeping process of an ordinary user.
  func credentials() throws -> UInt64 { try pointer(try victim().address &+ offset("task_struct", "cred")) }

  func write(task: UInt64, _ member: String, _ value: UInt32) throws { try write(task &+ offset("task_struct", member), value) }

  /// A sleeping thread of the kernel.
  func kernelThread() throws -> Process {
    guard let found = try guest.processes().processes.first(where: { $0.name.hasPrefix("kswapd") }) else {
      throw Impossible(description: "no kswapd")
    }
    return found
  }

  /// Empties the chain by which the table of pids leads to a process.
  func unlinkFromTable(_ process: Process) throws {
    let identity = try pointer(process.address &+ offset("task_struct", "thread_pid"))
    try write(identity &+ offset("pid", "tasks"), UInt64(0))
  }

  /// Takes a process out of the list, of the children and of the table of pids.
  func unlist(_ process: Process) throws {
    for member in ["tasks", "sibling"] { try unlink(process.address &+ offset("task_struct", member)) }
    try unlinkFromTable(process)
  }

  /// Empties the slot of the table of pids that leads to a process.
  func clearSlot(_ process: Process) throws {
    var place =
      try symbol("init_pid_ns") &+ offset("pid_namespace", "idr") &+ offset("idr", "idr_rt") &+ offset("xarray", "xa_head")
    for _ in 0..<8 {
      let entry = try pointer(place)
      guard entry & 3 == 2 else { break }
      guard let shift = guest.u8(entry &- 2 &+ (try offset("xa_node", "shift"))), shift < 32 else { break }
      place = try entry &- 2 &+ offset("xa_node", "slots") &+ 8 &* (UInt64(process.pid) >> UInt64(shift) & 63)
    }
    try write(place, UInt64(0))
  }

  /// Lets a process have begun so many milliseconds before the image.
  func makeYoung(_ process: Process, milliseconds: UInt64) throws {
    guard let clock = try guest.moments()?.clock else { throw Impossible(description: "no clock is known") }
    try write(process.address &+ offset("task_struct", "start_time"), clock - milliseconds * 1_000_000)
  }

  /// All page table entries on the way to an address, by their physical addresses, the top one first.
  func entries(of address: UInt64) throws -> [UInt64] {
    var found: [UInt64] = []
    var table = guest.space.root
    var shift: UInt64 = guest.space.levels == 5 ? 48 : 39
    while true {
      let place = table + (address >> shift & 511) * 8
      found.append(place)
      guard let entry = guest.memory.u64(place), entry & 1 == 1 else { throw Impossible(description: "it is not mapped") }
      if shift == 12 || (shift <= 30 && entry & 0x80 != 0) { return found }
      table = entry & 0x000F_FFFF_FFFF_F000
      shift -= 9
    }
  }

  /// Guest-physical address of so many bytes that the guest never touched, on a page.
  ///
  /// - Parameter isBehind: whether they lie behind the kernel's image.
  func hole(_ count: UInt64, isBehind: Bool = false) throws -> UInt64 {
    var start: UInt64 = 32 << 20
    if isBehind, let end = guest.physical(try symbol("_end") &- 8) { start = end & ~4095 + 4096 }
    var place = start
    while place + 4096 <= guest.memory.end {
      if guest.memory.isPopulated(place) { start = place + 4096 }
      place += 4096
      if place - start >= count { return start }
    }
    throw Impossible(description: "no \(count) bytes in a row are unused")
  }
}
