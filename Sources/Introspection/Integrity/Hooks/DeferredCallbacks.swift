/// Callbacks that run later by themselves, and the handlers of settings.
extension CallbackSearch {
  /// Offsets of the processors' own areas.
  func processors() -> [UInt64] {
    guard let table = guest.symbol("__per_cpu_offset") else { return [] }
    let count = guest.symbol("nr_cpu_ids").flatMap { guest.u32($0) } ?? 1
    return (0..<UInt64(min(max(count, 1), 8192))).compactMap { guest.u64(table &+ 8 &* $0) }
  }

  /// timer_bases: two or three wheels for each processor, each with 576 chains (kernel/time/timer.c).
  mutating func timers() {
    guard let bases = guest.symbol("timer_bases"), let size = guest.kernel.size("timer_base"), size > 0,
      let vectors = guest.kernel.types.member("timer_base", "vectors"),
      let array = guest.kernel.types.resolved(vectors.type).flatMap(guest.kernel.types.array), array.count <= 1024,
      let link = offset("timer_list", "entry"), let function = offset("timer_list", "function"),
      let following = guest.kernel.symbols.following(bases)
    else { return }
    let wheels = min(4, max(1, (following - bases) / size))
    let delayed = guest.symbol("delayed_work_timer_fn")
    let outer = offset("delayed_work", "timer")
    let inner = offset("delayed_work", "work.func")
    for processor in processors() {
      for wheel in 0..<wheels {
        let base = bases &+ processor &+ wheel &* size &+ UInt64(vectors.offset)
        guard let heads = guest.bytes(base, count: array.count * 8) else { continue }
        for slot in 0..<array.count where heads[8 * slot..<8 * slot + 8].contains(where: { $0 != 0 }) {
          // A running guest takes timers out while they are read: a chain that breaks off is no contradiction.
          var before = base &+ 8 &* UInt64(slot)
          for timer in guest.chain(head: before, offset: link, structure: "timer_bases", limit: Self.limit).entries {
            let isHeld = guest.u64(timer &+ link &+ 8) == before
            before = timer &+ link
            add(.timer, "timer_list", timer, timer &+ function, isHeld: isHeld)
            if let delayed, let outer, let inner, guest.u64(timer &+ function) == delayed {
              add(.work, "delayed_work", timer &- outer, timer &- outer &+ inner, isHeld: isHeld)
            }
          }
        }
      }
    }
  }

  /// High-resolution timers: a tree for each clock of each processor (kernel/time/hrtimer.c).
  mutating func preciseTimers() {
    guard let bases = guest.symbol("hrtimer_bases"), let clocks = guest.kernel.types.member("hrtimer_cpu_base", "clock_base"),
      let array = guest.kernel.types.resolved(clocks.type).flatMap(guest.kernel.types.array),
      let size = guest.kernel.size("hrtimer_clock_base"), let active = offset("hrtimer_clock_base", "active"),
      let node = offset("hrtimer", "node"),
      let function = offset("hrtimer", "function")
    else { return }
    for processor in processors() {
      for clock in 0..<UInt64(min(array.count, 16)) {
        // Trees change under the eyes of whoever reads a running guest: one that breaks off is no contradiction.
        let root = bases &+ processor &+ UInt64(clocks.offset) &+ clock &* size &+ active
        for timer in guest.tree(root: root, offset: node, structure: "hrtimer_bases", limit: Self.limit).entries {
          add(.timer, "hrtimer", timer, timer &+ function)
        }
      }
    }
  }

  /// What is queued in each pool of workers, and what their workers do (kernel/workqueue.c).
  mutating func works() {
    guard let pools = guest.symbol("worker_pool_idr"), let list = offset("worker_pool", "worklist"),
      let link = offset("work_struct", "entry"),
      let function = offset("work_struct", "func"), let workers = offset("worker_pool", "workers"), let node = offset("worker", "node"),
      let current = offset("worker", "current_func")
    else { return }
    for pool in guest.idr(pools, structure: "worker_pool_idr", limit: Self.limit).entries {
      for work in guest.list(head: pool.entry &+ list, offset: link, structure: "worker_pool.worklist", limit: Self.limit).entries {
        let isHeld = guest.pointer(work &+ link &+ 8).flatMap { guest.u64($0) } == work &+ link
        add(.work, "work_struct", work, work &+ function, isHeld: isHeld)
      }
      for worker in guest.list(head: pool.entry &+ workers, offset: node, structure: "worker_pool.workers", limit: Self.limit).entries {
        add(.work, "worker", worker, worker &+ current)
      }
    }
  }

  // MARK: Settings

  /// Handlers of /proc/sys, by the tree of folders of the first network namespace and of all others' common one (fs/proc/proc_sysctl.c).
  mutating func settings() {
    guard let rootSet = offset("ctl_table_root", "default_set"), let folder = offset("ctl_table_set", "dir") else { return }
    var pending: [(folder: UInt64, path: String)] = []
    if let root = guest.symbol("sysctl_table_root") { pending.append((root &+ rootSet &+ folder, "")) }
    if let network = guest.symbol("init_net"), let own = offset("net", "sysctls") { pending.append((network &+ own &+ folder, "")) }
    guard let tree = offset("ctl_dir", "root"), let node = offset("ctl_node", "node"), let header = offset("ctl_node", "header"),
      let nodeSize = guest.kernel.size("ctl_node"), nodeSize > 0, let nodes = offset("ctl_table_header", "node"),
      let table = offset("ctl_table_header", "ctl_table"), let size = guest.kernel.size("ctl_table"),
      let name = offset("ctl_table", "procname"),
      let mode = offset("ctl_table", "mode"), let handler = offset("ctl_table", "proc_handler")
    else { return }
    var met: Set<UInt64> = []
    while let (directory, path) = pending.popLast() {
      guard met.count < Self.limit, met.insert(directory).inserted else { continue }
      for entry in entries(guest.tree(root: directory &+ tree, offset: node, structure: "ctl_dir.root", limit: Self.limit)) {
        guard let head = guest.pointer(entry &+ header), let first = guest.pointer(head &+ nodes), let start = guest.pointer(head &+ table),
          entry >= first, (entry - first) % nodeSize == 0, (entry - first) / nodeSize < 4096
        else { continue }
        let row = start &+ (entry - first) / nodeSize &* size
        let text = path + "/" + (guest.pointer(row &+ name).flatMap { guest.string($0, limit: 64) } ?? "")
        guard let bits = guest.u16(row &+ mode) else { continue }
        if bits & 0xF000 == 0x4000 {
          // The header of a folder is the folder's own first member.
          pending.append((head, text))
        } else {
          add(.setting, String(text.dropFirst()), row, row &+ handler)
        }
      }
    }
  }
}
