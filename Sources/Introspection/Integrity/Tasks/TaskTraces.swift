internal import Synchronization

extension Guest {
  /// The cache that an object in the direct map belongs to, by the first page of its slab: 0 for memory of no slab; nil for what is not in
  /// the direct map, and for a kernel whose types do not tell.
  func slabCache(of address: UInt64) -> UInt64? {
    let place = address &- kernel.directMap
    guard place < memory.end, let owner = slabCacheOffset, let own = pageStructure(place) else { return nil }
    let page = firstPage(own)
    return isSlab(page) ? u64(page &+ owner) : 0
  }

  /// Where a slab names its cache: struct slab lies over struct page, and before 5.17 it was a part of it.
  var slabCacheOffset: UInt64? { kernel.offset("slab", "slab_cache") ?? kernel.offset("page", "slab_cache") }

  /// Whether a page is one of a slab: PG_slab up to 6.11, then a type of its own.
  func isSlab(_ page: UInt64) -> Bool {
    if let type = kernel.types.value("pagetype", "PGTY_slab"), let offset = kernel.offset("page", "page_type") {
      return u32(page &+ offset).map { Int64($0 >> 24) == type } ?? false
    }
    if let bit = kernel.types.value("pageflags", "PG_slab"), (0..<64).contains(bit) {
      return u64(page).map { $0 >> UInt64(bit) & 1 == 1 } ?? false
    }
    return false
  }
}

/// Processes by what the kernel keeps of them apart from the three structures that are held against each other: the sets of control groups
/// that each task is in, and the slabs that every task_struct is allocated from. A process that was taken out of all three still runs, and
/// still has both.
struct TaskTraces {
  enum Source: String, CaseIterable {
    case cgroup = "css_set.tasks"
    case slab = "task_struct_cachep"
  }

  /// A task with the id that it had when it was met.
  struct Task: Hashable {
    let address: UInt64
    let pid: Int32
    let group: Int32
  }

  let guest: Guest
  private let link: UInt64
  private let usage: UInt64
  private let pid: UInt64
  private let tgid: UInt64
  private let comm: UInt64
  private let exitState: UInt64
  private let state: UInt64
  private let identity: UInt64
  private let numbers: UInt64
  private let signal: UInt64

  /// Pages of memory that are looked at; 64 GiB.
  private static let pageLimit: UInt64 = 1 << 24

  /// Nil for a kernel whose types do not tell enough of its tasks.
  init?(_ guest: Guest) {
    func offset(_ member: String) -> UInt64? { guest.kernel.offset("task_struct", member) }
    guard let link = offset("cg_list"), let usage = offset("usage"), let pid = offset("pid"), let tgid = offset("tgid"),
      let comm = offset("comm"),
      let exitState = offset("exit_state"), let state = offset("__state") ?? offset("state"), let identity = offset("thread_pid"),
      let numbers = guest.kernel.offset("pid", "numbers"), let signal = offset("signal")
    else { return nil }
    self.guest = guest
    self.link = link
    self.usage = usage
    self.pid = pid
    self.tgid = tgid
    self.comm = comm
    self.exitState = exitState
    self.state = state
    self.identity = identity
    self.numbers = numbers
    self.signal = signal
  }

  /// Tasks that live and are none of `listed`, with where they were met.
  ///
  /// - Parameter listed: addresses of all tasks that one of the three structures holds, threads included, with their ids.
  func unlisted(_ listed: [UInt64: Int32]) -> [Task: Set<Source>] {
    let ids = Set(listed.values)
    let idle = idleTasks()
    var found: [Task: Set<Source>] = [:]
    for (source, tasks) in [(Source.cgroup, grouped().tasks), (.slab, allocated())] {
      for address in tasks where listed[address] == nil && !idle.contains(address) {
        guard let task = living(address, ids) else { continue }
        found[task, default: []].insert(source)
      }
    }
    return found
  }

  /// The task at an address, if it has neither ended nor is still being made, and is not known by its id.
  ///
  /// - Parameter ids: of all tasks that are listed.
  private func living(_ address: UInt64, _ ids: Set<Int32>) -> Task? {
    // TASK_DEAD, and TASK_NEW (include/linux/sched.h): not woken for the first time yet.
    guard let count = guest.i32(address &+ usage), count > 0, guest.u32(address &+ exitState) == 0,
      let state = guest.u32(address &+ state), state & 0x880 == 0, let id = guest.i32(address &+ pid),
      let group = guest.i32(address &+ tgid),
      let own = guest.pointer(address &+ identity), let number = guest.i32(own &+ numbers),
      guest.pointer(address &+ signal).flatMap({ guest.physical($0) }) != nil,
      let name = guest.bytes(address &+ comm, count: 16), name.contains(0)
    else { return nil }
    // A process that is being made has the id of its parent, in a copy of the parent's task; the parent ran when it was copied. Another id
    // than that of its own struct pid is one that was forged.
    let isCopy = number == id && ids.contains(id) && state & Self.asleep == 0
    return isCopy ? nil : Task(address: address, pid: id, group: group)
  }

  /// TASK_INTERRUPTIBLE, TASK_UNINTERRUPTIBLE, stopped and traced (include/linux/sched.h).
  private static let asleep: UInt32 = 0xF

  /// Tasks that processors run when they have nothing to do: they are in no list, and have the id 0.
  func idleTasks() -> Set<UInt64> {
    guard let table = guest.symbol("__per_cpu_offset") else { return [] }
    let queued = guest.symbol("runqueues").flatMap { queues in guest.kernel.offset("rq", "idle").map { queues &+ $0 } }
    let places = [guest.symbol("idle_threads"), queued].compactMap(\.self)
    let count = guest.symbol("nr_cpu_ids").flatMap { guest.u32($0) } ?? 1
    return Set(
      (0..<UInt64(min(max(count, 1), 8192))).compactMap { guest.u64(table &+ 8 &* $0) }.flatMap { area in
        places.compactMap { guest.pointer(area &+ $0) }
      })
  }

  // MARK: Control groups

  /// css_set_table: 128 chains of sets, each with the tasks in it (kernel/cgroup/cgroup.c); and whether all of them hold together.
  func grouped() -> (tasks: [UInt64], isWhole: Bool) {
    guard let table = guest.symbol("css_set_table"), let hash = guest.kernel.offset("css_set", "hlist") else { return ([], true) }
    let lists = ["tasks", "mg_tasks"].compactMap { guest.kernel.offset("css_set", $0) }
    var found: [UInt64] = []
    var isWhole = true
    for bucket in UInt64(0)..<128 {
      let sets = guest.chain(head: table &+ 8 &* bucket, offset: hash, structure: "css_set_table", limit: 1 << 14)
      if sets.inconsistency != nil { isWhole = false }
      for set in sets.entries {
        for list in lists {
          let tasks = guest.list(head: set &+ list, offset: link, structure: "css_set.tasks")
          if tasks.inconsistency != nil { isWhole = false }
          found += tasks.entries
        }
      }
    }
    return (found, isWhole)
  }

  // MARK: Slabs

  /// Every place for a task_struct, by the pages that their cache has (struct slab lies over struct page; mm/slab.h).
  private func allocated() -> [UInt64] {
    let kernel = guest.kernel
    guard let cache = guest.symbol("task_struct_cachep").flatMap({ guest.pointer($0) }), let owner = guest.slabCacheOffset,
      let sizeOffset = kernel.offset("kmem_cache", "size"), let size = guest.u32(cache &+ sizeOffset), (1024...65536).contains(size),
      let orderOffset = kernel.offset("kmem_cache", "oo"), let order = guest.u32(cache &+ orderOffset),
      let base = guest.symbol("vmemmap_base").flatMap({ guest.pointer($0) }), let step = kernel.size("page"), (32...256).contains(step)
    else { return [] }
    // oo_objects: the low 16 bits; the order of pages above them.
    let count = UInt64(order & 0xFFFF)
    guard (1...512).contains(count) else { return [] }
    var found: [UInt64] = []
    for frame in frames(of: cache, base: base, step: step, owner: owner) {
      guard guest.spend(Int(count) * 8, on: Source.slab.rawValue, at: base &+ frame &* step) else { break }
      let first = kernel.directMap &+ frame << 12
      for object in 0..<count { found.append(first &+ object &* UInt64(size)) }
    }
    return found
  }

  /// First pages of the slabs of a cache, ascending; in a snapshot those of the slabs found before that still are some.
  ///
  /// - Parameters:
  ///   - base: the array of struct page.
  ///   - step: bytes of each.
  ///   - owner: offset of the cache in it.
  private func frames(of cache: UInt64, base: UInt64, step: UInt64, owner: UInt64) -> [UInt64] {
    if guest.isSnapshot {
      return guest.taskSlabs.frames.filter { frame in
        let place = base &+ frame &* step
        return guest.u64(place &+ owner) == cache && guest.isSlab(place)
      }
    }
    var found: [UInt64] = []
    for range in guest.memory.populated {
      var frame = range.start >> 12
      let last = min(range.end >> 12, Self.pageLimit)
      while frame < last {
        // One page of the array of struct page at a time.
        let place = base &+ frame &* step
        let run = min(last - frame, max(1, (4096 - place & 4095) / step))
        defer { frame += run }
        guard let page = guest.physical(place) else { continue }
        for index in 0..<run where guest.memory.u64(page &+ index &* step &+ owner) == cache && guest.isSlab(place &+ index &* step) {
          guard guest.spend(8, on: Source.slab.rawValue, at: place) else { return found }
          found.append(frame + index)
        }
      }
    }
    guest.taskSlabs.frames = found
    return found
  }
}

/// Slabs that were found by searching all of a guest's memory, kept for readings that do not have all of it.
final class TaskSlabs: Sendable {
  private let found = Mutex<[UInt64]>([])

  /// Numbers of their first pages, guest-physical.
  var frames: [UInt64] {
    get { found.withLock { $0 } }
    set { found.withLock { $0 = newValue } }
  }
}
