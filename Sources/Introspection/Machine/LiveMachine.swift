internal import Glibc
public import QMP

/// A running QEMU whose guest's RAM is mapped read-only, with the monitor that tells of the rest where it has one.
public final class LiveMachine {
  /// What told where the RAM lies.
  public enum LayoutSource: String, Sendable, Hashable {
    /// QEMU's own map.
    case monitor
    /// The command line and the rules of the machine's type.
    case commandLine
  }

  public let process: QEMUProcess
  public let memory: PhysicalMemory
  public let map: MachineMap
  public let layoutSource: LayoutSource
  /// The first QMP monitor that answered, connected; nil where none did.
  public let monitor: Monitor?
  /// Path of another one, which was not tried.
  public let secondMonitor: String?
  /// Why monitors could not be used, one sentence each.
  public let monitorFailures: [String]
  /// Files that hold the RAM, by back end.
  public let files: [String: SharedMapping]

  /// Opens the guest of a QEMU process.
  public convenience init(pid: Int32) throws(MachineError) {
    guard let process = QEMUProcess(pid: pid) else { throw .noEmulator(pid: pid) }
    try self.init(process)
  }

  /// Opens the guest behind a QMP socket. QEMU is who listens there, or who has the socket among its monitors.
  public convenience init(socket path: String) throws(MachineError) {
    let monitor: Monitor
    do throws(QMPError) { monitor = try Monitor(path: path) } catch { throw .monitor(error) }
    guard let process = QEMUProcess.behind(monitor) else { throw .noEmulatorBehind(socket: path) }
    try self.init(process, monitor: monitor)
  }

  /// - Parameter monitor: a connection that there is already; nil to try those of the command line.
  public init(_ process: QEMUProcess, monitor given: Monitor? = nil) throws(MachineError) {
    let found =
      given.map { given in (given, process.monitors.first { $0.speaksQMP && $0.path != given.path }?.path, []) } ?? process.connect()
    let monitor = found.monitor
    let backends = try RAMBackends(process, monitor: monitor)
    let sources = try backends.sources()
    defer { for descriptor in Set(sources.map(\.descriptor)) { _ = close(descriptor) } }
    do throws(IntrospectionError) {
      memory = try PhysicalMemory(segments: sources, path: "pid \(process.pid)", isRunning: true)
    } catch { throw .unknownLayout(pid: process.pid, reason: error.description) }
    self.process = process
    self.monitor = monitor
    monitorFailures = found.failures
    layoutSource = monitor == nil ? .commandLine : .monitor
    map = backends.map
    files = backends.mappings
    secondMonitor = found.second
  }

  /// A window in which the guest is read; by the monitor where there is one, else by signals.
  public func pauseWindow(_ method: PauseWindow.Method? = nil, settings: PauseWindow.Settings = PauseWindow.Settings())
    throws(MachineError) -> PauseWindow
  {
    let method = method ?? (monitor == nil ? .signal : .monitor)
    if method == .monitor, monitor == nil { throw .noMonitor(pid: process.pid, reasons: monitorFailures) }
    return try PauseWindow(process, monitor: monitor, second: secondMonitor, method: method, settings: settings)
  }

  /// The method whose pauses are the shortest: signals, but for a QEMU that is the foreground job of a terminal, whose shell would take such a pause for
  /// one of its own, where there is a monitor.
  public var briefMethod: PauseWindow.Method { monitor != nil && ProcessFiles(pid: process.pid).isForeground ? .monitor : .signal }

  /// Whether the guest stands still: somebody has paused it, or stopped QEMU. Without a monitor only the latter is known.
  public var isStanding: Bool {
    ProcessStop.isStopped(process.pid) || (try? monitor?.execute("query-status"))?["running"]?.bool == false
  }

  /// CR3 of each virtual processor, as it is now; none without a monitor.
  public func roots() -> [UInt64] {
    guard let text = try? monitor?.human("info registers -a") else { return [] }
    return VirtualProcessor.all(in: text).map(\.cr3)
  }
}

extension QEMUProcess {
  /// The process at the other end of a connection: who listens there, or who has the socket among its monitors, since one that libvirt handed
  /// over was made by libvirt.
  public static func behind(_ monitor: Monitor) -> QEMUProcess? {
    monitor.peer.flatMap { QEMUProcess(pid: $0) } ?? all().first { $0.monitors.contains { $0.path == monitor.path } }
  }

  /// Connects to the first QMP monitor that answers.
  ///
  /// - Returns: the connection, the path of another QMP monitor that was not tried, and why those before did not answer.
  public func connect() -> (monitor: Monitor?, second: String?, failures: [String]) {
    var failures: [String] = []
    let places = monitors.filter(\.speaksQMP).map(\.path)
    for (index, path) in places.enumerated() {
      do throws(QMPError) { return (try Monitor(path: path, within: 1000), places.dropFirst(index + 1).first, failures) } catch {
        failures.append(error.description)
      }
    }
    return (nil, nil, failures)
  }

  /// Whether others can read the guest's RAM, as far as /proc tells it without asking the monitor.
  public enum RAMAccess: Sendable, Hashable {
    /// Bytes of shared mappings that cover the guest's RAM, and the kinds of file they are.
    case shared(bytes: UInt64, kinds: [String])
    case `private`
    /// /proc/PID/maps cannot be read by this user.
    case notPermitted
  }

  public var access: RAMAccess {
    guard let maps = ProcessFiles(pid: pid).text("maps"), !maps.isEmpty else { return .notPermitted }
    let mappings = SharedMapping.all(in: maps)
    let bytes = mappings.reduce(0) { $0 + $1.count }
    guard bytes >= memory else { return .private }
    var kinds: [String] = []
    for mapping in mappings where !kinds.contains(mapping.kind) { kinds.append(mapping.kind) }
    return .shared(bytes: bytes, kinds: kinds)
  }
}
