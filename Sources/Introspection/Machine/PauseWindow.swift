internal import Glibc
public import QMP

/// The time in which a guest is read consistently: without a pause as long as two readings agree, else with the shortest one.
///
/// Every pause is covered by a guard (`PauseGuard`), and only a guest that was running is stopped and continued: one that somebody else has
/// stopped is read as it stands and stays stopped. QEMU does not count who stopped a guest: what somebody else stops while it is held here
/// runs again afterwards.
public final class PauseWindow {
  /// How the guest is brought to stand still.
  public enum Method: String, Sendable, Hashable, CaseIterable {
    /// `stop` and `cont` of the monitor: processors stop, then disks are drained and flushed.
    case monitor
    /// SIGSTOP and SIGCONT for the whole of QEMU: nothing is flushed, and its monitor and displays stand still too.
    case signal
  }

  public struct Settings: Sendable, Hashable {
    /// The guard continues the guest after this time; milliseconds.
    public var lease = 500
    /// Double readings before the guest is paused.
    public var attempts = 3
    /// Whether threads get real-time priority during a pause, where that is permitted.
    public var raisesPriority = true
    public var guardProgram = PauseGuard.Program.ringwall

    public init() {}
  }

  /// A value, and what makes it one of a single moment.
  public struct Reading<Value> {
    public enum Agreement: Sendable, Hashable {
      /// Two readings in a row were equal; how many double readings it took.
      case agreed(attempts: Int)
      /// The guest stood still.
      case paused
      /// The guest ran on, since its pause was ended by the guard or by somebody else.
      case interrupted
      /// No two readings agreed and the guest could not be paused.
      case disagreed
    }
    public let value: Value
    public let agreement: Agreement
  }

  public let process: QEMUProcess
  public let method: Method
  public let settings: Settings
  /// From before `stop` was sent until `cont` was answered, or from before SIGSTOP until SIGCONT was sent: an upper bound of each pause that
  /// lasted until it was ended here.
  public private(set) var roundTrips = PauseHistogram()
  /// Between the events STOP and RESUME, as QEMU stamps them, in whole microseconds: a lower bound. Empty for signals.
  public private(set) var stamps = PauseHistogram()
  /// Pauses that did not last until they were ended here. How long the guest stood in them is not known, and no histogram has them.
  public private(set) var interruptions = 0
  /// Whether priority is raised; false where it was not asked for or is not permitted.
  public let isPriorityRaised: Bool

  private let monitor: Monitor?
  private let second: String?
  private var guardProcess: PauseGuard?
  private var isHolding = false

  /// - Parameters:
  ///   - monitor: needed for the method `monitor`.
  ///   - second: path of another monitor, for the guard; without one it shares `monitor`.
  public init(_ process: QEMUProcess, monitor: Monitor?, second: String? = nil, method: Method = .monitor, settings: Settings = Settings())
    throws(MachineError)
  {
    if method == .monitor, monitor == nil { throw .noMonitor(pid: process.pid, reasons: []) }
    self.process = process
    self.monitor = monitor
    self.second = method == .monitor ? second : nil
    self.method = method
    self.settings = settings
    isPriorityRaised = settings.raisesPriority && Priority.isPermitted
  }

  /// Reads twice, and again while both differ; pauses the guest after `attempts`. Equal readings are no proof that structures which were read at
  /// different times belong together, so that whoever follows pointers reads them all within `body`.
  public func read<Value: Equatable>(_ body: () throws -> Value) throws -> Reading<Value> {
    var last = try body()
    for attempt in 1...max(1, settings.attempts) {
      let next = try body()
      if next == last { return Reading(value: next, agreement: .agreed(attempts: attempt)) }
      last = next
    }
    do { return try paused(body) } catch is MachineError { return Reading(value: last, agreement: .disagreed) }
  }

  /// Runs a body while the guest stands still. The guest is continued on every way out. Within another pause of this window it is that one which
  /// holds the guest. Under the method `signal` the body must not ask the monitor, which stands still too.
  public func paused<Value>(_ body: () throws -> Value) throws -> Reading<Value> {
    if isHolding { return Reading(value: try body(), agreement: .paused) }
    if guardProcess == nil {
      guardProcess = try PauseGuard(settings.guardProgram, process: process, monitor: method == .monitor ? monitor : nil, second: second)
    }
    let threads = isPriorityRaised ? Priority.raisable(process.pid) : []
    let armed = Deadline.now
    try guardProcess?.arm(milliseconds: settings.lease)
    let hold: Hold
    do {
      hold = try method == .monitor ? stopByMonitor(threads) : stopBySignal(threads)
    } catch {
      try? guardProcess?.disarm()
      throw error
    }
    guard hold.isOurs else {
      try guardProcess?.disarm()
      return Reading(value: try body(), agreement: .paused)
    }
    isHolding = true
    let result = Result { try body() }
    isHolding = false
    let isWhole = release(hold, armed: armed)
    if !isWhole { interruptions += 1 }
    return Reading(value: try result.get(), agreement: isWhole ? .paused : .interrupted)
  }

  /// A pause that is under way.
  private struct Hold {
    /// False for a guest that somebody else had stopped.
    let isOurs: Bool
    let begin: UInt64
    let priority: Priority?
  }

  private func stopByMonitor(_ threads: [pid_t]) throws(MachineError) -> Hold {
    guard let monitor else { throw .noMonitor(pid: process.pid, reasons: []) }
    let status: JSONValue
    do throws(QMPError) { status = try monitor.execute("query-status") } catch { throw .monitor(error) }
    guard status["running"]?.bool == true else {
      let state = status["status"]?.text ?? "unknown"
      if ["inmigrate", "shutdown", "internal-error", "io-error", "unknown"].contains(state) {
        throw .notRunning(pid: process.pid, state: state)
      }
      return Hold(isOurs: false, begin: 0, priority: nil)
    }
    _ = monitor.takeEvents()
    let priority = isPriorityRaised ? Priority(raising: threads, of: process.pid) : nil
    let begin = Deadline.now
    do throws(QMPError) { try monitor.execute("stop") } catch {
      // It may have come through all the same. A guard that is let go while armed continues the guest.
      if (try? monitor.execute("cont")) == nil { guardProcess = nil }
      priority?.lower()
      throw .monitor(error)
    }
    return Hold(isOurs: true, begin: begin, priority: priority)
  }

  private func stopBySignal(_ threads: [pid_t]) throws(MachineError) -> Hold {
    if ProcessStop.isStopped(process.pid) { return Hold(isOurs: false, begin: 0, priority: nil) }
    guard ProcessFiles(pid: process.pid).startTime == process.startTime else { throw .noEmulator(pid: process.pid) }
    let priority = isPriorityRaised ? Priority(raising: threads, of: process.pid) : nil
    let begin = Deadline.now
    guard ProcessStop.stop(process.pid, milliseconds: settings.lease) else {
      priority?.lower()
      throw .notRunning(pid: process.pid, state: "one whose threads do not stop")
    }
    return Hold(isOurs: true, begin: begin, priority: priority)
  }

  /// Continues the guest and measures how long it stood.
  ///
  /// - Parameter armed: when the lease began. The guard counts from later on, so that a pause which it ended is longer than the lease.
  /// - Returns: whether it stood still all the time.
  private func release(_ hold: Hold, armed: UInt64) -> Bool {
    var isWhole = true
    switch method {
    case .monitor:
      // A monitor that fails here leaves the guest to the guard, which is still armed and continues it when this process lets it go.
      do throws(QMPError) { try monitor?.execute("cont") } catch {
        hold.priority?.lower()
        guardProcess = nil
        return false
      }
    case .signal:
      isWhole = ProcessStop.isHeld(process.pid)
      ProcessStop.resume(process.pid)
    }
    let end = Deadline.now
    hold.priority?.lower()
    try? guardProcess?.disarm()
    var stamped: UInt64?
    if method == .monitor {
      let events = monitor?.takeEvents().filter { ["STOP", "RESUME"].contains($0.name) } ?? []
      // A pause that was ended early shows further events.
      isWhole = events.map(\.name) == ["STOP", "RESUME"]
      if isWhole, events[1].microseconds >= events[0].microseconds {
        stamped = UInt64(events[1].microseconds - events[0].microseconds) * 1000
      }
    }
    guard isWhole, end - armed < UInt64(settings.lease) * 1_000_000 else { return false }
    // The guest of one that was ended early stood for an unknown part of this time.
    roundTrips.record(nanoseconds: end - hold.begin)
    if let stamped { stamps.record(nanoseconds: stamped) }
    return true
  }
}
