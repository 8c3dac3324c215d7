public import Domain

/// Clocks of a guest's kernel that stand on different pages. In memory of one moment they tell the same time to within some ticks; an image
/// that was copied while the guest ran has pages of different moments, and two structures in it may contradict each other without anybody
/// having hidden anything.
public struct MemoryMoments: Sendable, Hashable {
  /// The kernel's own time when it was last advanced (tk_core); nanoseconds since boot.
  public let clock: UInt64
  /// How far another clock is from it at least; nanoseconds.
  public let spread: UInt64
  /// A process has an id that the table of ids has not given out yet.
  public let isAheadOfTable: Bool
  /// Addresses of processes that differ between structures and that were beginning or ending in that moment, and of code of modules that was
  /// just being given back.
  public let passing: [UInt64]
  /// Structures that contradict themselves at such a process, as inconsistencies name them.
  public let passed: [String]

  /// Places that contradict each other as they do not in memory of one moment, however much a guest does.
  public let contradictions: Int
  /// What the image itself says of the time in which it was copied.
  public let mark: CopyMark?

  /// Three ticks of the slowest kernels (HZ=100): the clocks are advanced one after the other.
  public static let tolerance: UInt64 = 30_000_000

  /// Contradictions that an image of one moment may have: a processor was in the middle of a change.
  public static let contradictionLimit = 1

  /// Whether pages are of different moments: what the image says of itself settles it, else what is in it.
  public var isTorn: Bool {
    switch mark {
    case .still: false
    case .running: true
    case nil: spread > Self.tolerance || isAheadOfTable || contradictions > Self.contradictionLimit
    }
  }

  /// clockNanoseconds, spreadNanoseconds, contradictions, copied (as the image says it: still, running; else null), torn, and as `passing` what
  /// may be between two structures for a moment: tasks and structures.
  public var factValue: FactValue {
    [
      "clockNanoseconds": .int(Int64(clamping: clock)), "spreadNanoseconds": .int(Int64(clamping: spread)),
      "contradictions": .int(Int64(contradictions)), "copied": copied, "torn": .bool(isTorn),
      "passing": .array(passing.map(addressValue) + passed.map(FactValue.string)),
    ]
  }

  private var copied: FactValue {
    switch mark {
    case .still: "still"
    case .running: "running"
    case nil: .null
    }
  }
}

extension Guest {
  /// Compares the clocks; nil for a kernel whose clocks are not known. A spread of 0 proves nothing: the pages of clocks may be of one
  /// moment, and others of another.
  ///
  /// - Parameter suspects: tasks that hide, as `IntegrityFacts.suspects` has them; nil to seek them here.
  /// - Throws: `missing` for a kernel whose processes cannot be told.
  public func moments(suspects: Set<UInt64>? = nil) throws(IntrospectionError) -> MemoryMoments? {
    let guest = bounded()
    guard let clock = guest.clock else { return nil }
    var spread: UInt64 = 0
    // Some processor has just advanced the clock: its next tick, or the moment at which it became idle again, is near.
    let distances = guest.processorTimes("tick_cpu_sched", "tick_sched", ["idle_entrytime", "sched_timer.node.expires"]).map {
      $0 > clock ? $0 - clock : clock - $0
    }
    if let nearest = distances.min() { spread = nearest }
    // No process begins in the future, and none runs later than every processor's queue knows of.
    let times = guest.taskTimes()
    if times.started > clock { spread = max(spread, times.started - clock) }
    let queue = guest.processorTimes("runqueues", "rq", ["clock"]).max()
    if let queue, times.ran > queue { spread = max(spread, times.ran - queue) }
    let list = try guest.processes()
    let passing = PassingTasks(guest, clock: clock, queue: queue ?? 0)
    let tasks = list.hidden.map(\.process.address).filter(passing.contains)
    // Those that every structure lacks, and threads, are no structure's fault.
    let further = (suspects ?? HiddenTasks(guest)?.suspects ?? []).filter(passing.contains).sorted()
    let known = Set(list.processes.map(\.address))
    let structures = list.inconsistencies.filter { fault in
      switch fault.structure {
      case "init_task.tasks": passing.isBetween(fault.address)
      case "task_struct.children": !tasks.isEmpty || passing.isBetweenSiblings(fault.address, known)
      default: !tasks.isEmpty
      }
    }
    return MemoryMoments(
      clock: clock, spread: spread, isAheadOfTable: guest.isAheadOfTable(list.processes),
      passing: tasks + further.filter { !tasks.contains($0) } + PassingModules(guest).starts.sorted(),
      // Descriptors are opened and closed all the time, and hide nothing where they lead nowhere.
      passed: Set(structures.map(\.structure) + ["fdtable"]).sorted(), contradictions: guest.contradictions(), mark: mark)
  }

  /// Whether the newest process has an id at or beyond the one that is given out next. Ids that began anew at 300 are far below older ones.
  private func isAheadOfTable(_ processes: [Process]) -> Bool {
    guard let namespace = symbol("init_pid_ns"), let table = kernel.offset("pid_namespace", "idr"),
      let cursor = kernel.offset("idr", "idr_next"), let next = u32(namespace &+ table &+ cursor),
      let newest = processes.max(by: { ($0.started ?? 0) < ($1.started ?? 0) }), newest.pid > 0
    else { return false }
    let distance = Int64(newest.pid) - Int64(next)
    return distance >= 0 && distance < 4096
  }

  /// CLOCK_MONOTONIC as of the last tick (kernel/time/timekeeping.c, `ktime_get`). From 6.17 on there are several timekeepers, of which it
  /// is the first.
  private var clock: UInt64? {
    guard let core = symbol("tk_core") ?? symbol("timekeeper_data"), let place = kernel.timekeeperOffset,
      let base = kernel.offset("timekeeper", "tkr_mono.base"),
      let fraction = kernel.offset("timekeeper", "tkr_mono.xtime_nsec"), let shift = kernel.offset("timekeeper", "tkr_mono.shift"),
      let whole = u64(core &+ place &+ base), let part = u64(core &+ place &+ fraction), let bits = u32(core &+ place &+ shift), bits < 64
    else { return nil }
    return whole &+ part >> UInt64(bits)
  }

  /// Times, nanoseconds, in a structure that each processor has.
  private func processorTimes(_ variable: String, _ structure: String, _ members: [String]) -> [UInt64] {
    guard let place = symbol(variable) else { return [] }
    return processorAreas.flatMap { base -> [UInt64] in
      guard spend(on: variable, at: base) else { return [] }
      return members.compactMap { kernel.offset(structure, $0) }.compactMap { u64(base &+ place &+ $0) }
    }
  }

  /// The latest start (CLOCK_MONOTONIC) and the latest run (the scheduler's clock) of the processes in the list.
  private func taskTimes() -> (started: UInt64, ran: UInt64) {
    guard let head = symbol("init_task"), let link = kernel.offset("task_struct", "tasks") else { return (0, 0) }
    let start = kernel.offset("task_struct", "start_time")
    let run = kernel.offset("task_struct", "se.exec_start")
    var latest: (started: UInt64, ran: UInt64) = (0, 0)
    for task in list(head: head &+ link, offset: link, structure: "init_task.tasks").entries {
      if let start, let value = u64(task &+ start) { latest.started = max(latest.started, value) }
      if let run, let value = u64(task &+ run) { latest.ran = max(latest.ran, value) }
    }
    return latest
  }
}
