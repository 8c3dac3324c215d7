/// Tells processes that are on their way into the kernel's structures or out of them.
struct PassingTasks {
  private let guest: Guest
  private let clock: UInt64
  /// The scheduler's clock.
  private let queue: UInt64
  private let head: UInt64
  private let link: UInt64

  /// A process that began so long ago is in all structures; nanoseconds. An image takes its time to be copied.
  private static let youth: UInt64 = 1_000_000_000
  /// One that has slept so long is neither beginning nor ending, in an image whose clocks agree to within `MemoryMoments.tolerance`; nanoseconds.
  private static let rest: UInt64 = 60_000_000

  /// - Parameters:
  ///   - clock: the kernel's time since boot, nanoseconds.
  ///   - queue: the scheduler's, of the processor whose clock was advanced last.
  init(_ guest: Guest, clock: UInt64, queue: UInt64) {
    self.guest = guest
    self.clock = clock
    self.queue = queue
    link = guest.kernel.offset("task_struct", "tasks") ?? 0
    head = (guest.symbol("init_task") ?? 0) &+ link
  }

  /// Name of a task's state, whose values fit in 32 bits: a long up to 5.13.
  private var state: String { guest.kernel.offset("task_struct", "__state") == nil ? "state" : "__state" }

  func contains(_ task: UInt64) -> Bool {
    func word(_ member: String) -> UInt32 { guest.kernel.offset("task_struct", member).flatMap { guest.u32(task &+ $0) } ?? 0 }
    // PF_EXITING; EXIT_DEAD and EXIT_ZOMBIE; TASK_DEAD and TASK_NEW (include/linux/sched.h).
    if word("flags") & 0x4 != 0 || word("exit_state") & 0x30 != 0 || word(state) & 0x880 != 0 { return true }
    guard let start = guest.kernel.offset("task_struct", "start_time").flatMap({ guest.u64(task &+ $0) }) else { return false }
    guard start > clock || clock - start < Self.youth else { return false }
    return !isResting(task)
  }

  /// Whether a process sleeps and did so for a while.
  private func isResting(_ task: UInt64) -> Bool {
    func offset(_ member: String) -> UInt64? { guest.kernel.offset("task_struct", member) }
    // TASK_INTERRUPTIBLE, TASK_UNINTERRUPTIBLE, stopped and traced (include/linux/sched.h).
    guard let now = offset(state).flatMap({ guest.u32(task &+ $0) }), now & 0xF != 0,
      // An int up to 7.1, then a byte.
      let queued = guest.value(task, "task_struct", "on_rq"), queued == 0,
      let ran = offset("se.exec_start").flatMap({ guest.u64(task &+ $0) }), ran <= queue
    else { return false }
    return queue - ran > Self.rest
  }

  /// Whether the list of tasks breaks at an entry as it does between two moments: beside such a process, or where the neighbour that the entry names does
  /// not know the entry either. Who takes a process out of the list leaves it pointing to its neighbours.
  func isBetween(_ entry: UInt64) -> Bool { isBetween(entry, link) { $0 != head } }

  /// The same of a list of children, whose head is a part of their parent.
  ///
  /// - Parameter known: addresses of processes that other structures have.
  func isBetweenSiblings(_ entry: UInt64, _ known: Set<UInt64>) -> Bool {
    let kernel = guest.kernel
    guard let sibling = kernel.offset("task_struct", "sibling"), let children = kernel.offset("task_struct", "children"),
      let parent = kernel.offset("task_struct", "real_parent")
    else { return false }
    let task = entry &- sibling
    let isHead = !known.contains(task)
    let head = isHead ? entry : guest.pointer(task &+ parent).map { $0 &+ children }
    return isBetween(entry, sibling) { $0 != head }
  }

  private func isBetween(_ entry: UInt64, _ link: UInt64, _ isTask: (UInt64) -> Bool) -> Bool {
    let said = guest.u64(entry &+ 8)
    if let said, let next = guest.u64(said), next != entry { return true }
    return [entry, said ?? entry].contains { isTask($0) && contains($0 &- link) }
  }
}
