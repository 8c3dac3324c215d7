/// Code of modules that is on its way out of memory. It can be executed for some milliseconds more and is in no list: `free_module` waits until nobody
/// reads the lists, and what a module ran at its start is given back by a worker (kernel/module/main.c).
struct PassingModules {
  private let guest: Guest

  /// Memory of modules begins here (MODULES_VADDR).
  private static let area: UInt64 = 0xFFFF_FFFF_C000_0000
  /// Bytes of a task's stack (THREAD_SIZE).
  private static let stackSize = 16384
  /// MODULE_STATE_UNFORMED (include/linux/module.h).
  private static let unformed: UInt32 = 3
  /// Parts of modules that wait to be given back, and workers, that are looked at.
  private static let limit = 256

  init(_ guest: Guest) { self.guest = guest }

  /// Where such code begins.
  var starts: Set<UInt64> { Set(unloaded() + started()) }

  /// Of modules that whoever holds module_mutex is freeing: he has their address on his stack, and they are marked so.
  private func unloaded() -> [UInt64] {
    let kernel = guest.kernel
    guard let lock = guest.symbol("module_mutex"), let owner = kernel.offset("mutex", "owner") ?? kernel.offset("mutex", "rtmutex.owner"),
      let state = kernel.offset("module", "state"), let holder = guest.pointer(lock &+ owner),
      let cache = guest.symbol("task_struct_cachep").flatMap({ guest.pointer($0) }), guest.slabCache(of: holder & ~7) == cache
    else { return [] }
    let first = kernel.offset("module", "mem").flatMap { place in kernel.offset("module_memory", "base").map { place &+ $0 } }
    guard let base = kernel.offset("module", "core_layout.base") ?? first else { return [] }
    return words(ofTask: holder & ~7).compactMap { word in
      guard word >= Self.area, word & 7 == 0, guest.u32(word &+ state) == Self.unformed else { return nil }
      return guest.pointer(word &+ base)
    }
  }

  /// Of modules that have started: a chain of what is to be given back, or what a worker has taken from there.
  private func started() -> [UInt64] {
    let kernel = guest.kernel
    guard let place = kernel.offset("mod_initfree", "init_text") ?? kernel.offset("mod_initfree", "module_init"),
      let list = guest.symbol("init_free_list"), let function = guest.symbol("do_free_init"),
      let end = kernel.symbols.following(function)
    else { return [] }
    var nodes = [guest.pointer(list)].compactMap(\.self)
    let threads = (try? guest.processes().processes.filter { $0.isKernelThread && $0.name.hasPrefix("kworker") }) ?? []
    for thread in threads.prefix(Self.limit) {
      let words = words(ofTask: thread.address)
      guard words.contains(where: { (function..<end).contains($0) }) else { continue }
      nodes += words.filter { $0 &- kernel.directMap < guest.memory.end && $0 & 7 == 0 }
    }
    var found: [UInt64] = []
    for node in nodes {
      var next: UInt64? = node
      for _ in 0..<Self.limit {
        guard let here = next, let start = guest.u64(here &+ place), start >= Self.area, start & 4095 == 0 else { break }
        found.append(start)
        next = guest.pointer(here)
      }
    }
    return found
  }

  private func words(ofTask task: UInt64) -> [UInt64] {
    guard let offset = guest.kernel.offset("task_struct", "stack"), let stack = guest.pointer(task &+ offset),
      guest.spend(Self.stackSize / 8, on: "task_struct.stack", at: task), let bytes = guest.bytes(stack, count: Self.stackSize)
    else { return [] }
    return stride(from: 0, to: Self.stackSize, by: 8).map { place in
      bytes[place..<place + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
  }
}
