internal import Glibc

/// Real-time priority for the short time in which a guest stands still, where the system permits it (CAP_SYS_NICE): without, the processors'
/// other work decides how long that is.
///
/// QEMU's threads get SCHED_FIFO 7, its main loop 8, the calling thread 9, none of which children inherit. Threads that have another policy than
/// SCHED_OTHER already are left as they are, and `reset` takes back exactly these priorities.
struct Priority {
  private static let processors: Int32 = 7
  private static let mainLoop: Int32 = 8
  private static let caller: Int32 = 9
  /// SCHED_RESET_ON_FORK (sched(7)), which Glibc's module does not name.
  private static let resetOnFork: Int32 = 0x4000_0000

  private let threads: [pid_t]
  private let isCallerRaised: Bool

  /// Whether the system permits any of it to this process.
  static var isPermitted: Bool {
    guard sched_getscheduler(0) == SCHED_OTHER else { return false }
    guard set(0, SCHED_FIFO | resetOnFork, caller) else { return false }
    return set(0, SCHED_OTHER, 0)
  }

  /// The threads of a process that may be raised; to be listed before they are, since listing takes its time.
  static func raisable(_ pid: Int32) -> [pid_t] {
    ProcessFiles(pid: pid).names("task").compactMap { pid_t($0) }.filter { sched_getscheduler($0) == SCHED_OTHER }
  }

  /// Raises the calling thread and the ones given, which `lower` takes back.
  init(raising threads: [pid_t], of pid: Int32) {
    isCallerRaised = sched_getscheduler(0) == SCHED_OTHER && Self.set(0, SCHED_FIFO | Self.resetOnFork, Self.caller)
    self.threads =
      isCallerRaised ? threads.filter { Self.set($0, SCHED_FIFO | Self.resetOnFork, $0 == pid ? Self.mainLoop : Self.processors) } : []
  }

  func lower() {
    for thread in threads { _ = Self.set(thread, SCHED_OTHER, 0) }
    if isCallerRaised { _ = Self.set(0, SCHED_OTHER, 0) }
  }

  /// Takes back what a process that has died gave to the threads of another.
  static func reset(_ pid: Int32) {
    for thread in ProcessFiles(pid: pid).names("task").compactMap({ pid_t($0) }) {
      var parameters = sched_param()
      guard sched_getscheduler(thread) & ~resetOnFork == SCHED_FIFO, unsafe sched_getparam(thread, &parameters) == 0 else { continue }
      if [processors, mainLoop].contains(parameters.sched_priority) { _ = set(thread, SCHED_OTHER, 0) }
    }
  }

  private static func set(_ thread: pid_t, _ policy: Int32, _ priority: Int32) -> Bool {
    var parameters = sched_param()
    parameters.sched_priority = priority
    return unsafe sched_setscheduler(thread, policy, &parameters) == 0
  }
}
