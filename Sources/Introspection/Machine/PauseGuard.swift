internal import Glibc
internal import QMP

/// A process of its own that continues a guest which this process has stopped, whatever becomes of this process.
///
/// The two are joined by a socket. The owner says how long it means to hold the guest before it stops it (`arm`), and that it has continued it
/// (`disarm`). When the time is up, or when the socket closes while armed because the owner was killed, the guard continues the guest:
/// over a monitor of its own where there is a second one, else over the owner's connection, which it inherits, else by SIGCONT. A guest
/// that is not armed is never touched.
public final class PauseGuard {
  /// How the guard is started: a program and arguments that lead to `PauseGuardProcess.run`.
  public struct Program: Sendable, Hashable {
    public let path: String
    public let arguments: [String]

    public init(path: String, arguments: [String]) {
      self.path = path
      self.arguments = arguments
    }

    /// This program itself, with the hidden command `guest guard`.
    public static let ringwall = Program(path: "/proc/self/exe", arguments: ["guest", "guard"])
  }

  private let line: Int32
  private let child: pid_t

  /// Starts the guard and waits until it is ready, at most 3 s.
  ///
  /// - Parameters:
  ///   - process: the QEMU whose guest is paused.
  ///   - monitor: the owner's monitor, whose connection the guard inherits; nil for a guest that is paused by signals.
  ///   - second: path of a monitor that the guard may hold for itself.
  init(_ program: Program, process: QEMUProcess, monitor: Monitor?, second: String?) throws(MachineError) {
    var ends: [Int32] = [-1, -1]
    guard unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw .noGuard(reason: Self.reason(errno))
    }
    var arguments = [program.path] + program.arguments + ["--pid", "\(process.pid)", "--started", "\(process.startTime)"]
    if let second { arguments += ["--monitor", second] }
    if monitor != nil { arguments.append("--inherited") }
    let started = Self.start(program.path, arguments, line: ends[1], monitor: monitor?.descriptor)
    _ = close(ends[1])
    guard let child = started.process else {
      _ = close(ends[0])
      throw .noGuard(reason: "\(program.path): \(Self.reason(started.code))")
    }
    line = ends[0]
    self.child = child
    var answer: UInt8 = 0
    var entry = pollfd(fd: line, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&entry, 1, 3000) == 1, unsafe recv(line, &answer, 1, 0) == 1, answer == PauseGuardProcess.ready else {
      throw .noGuard(reason: "\(program.path) did not say within 3 s that it is ready")
    }
  }

  /// Ends the guard, which continues the guest first if it is still armed.
  deinit {
    _ = close(line)
    var status: Int32 = 0
    for _ in 0..<300 {
      if unsafe waitpid(child, &status, WNOHANG) != 0 { return }
      _ = usleep(10_000)
    }
    _ = kill(child, SIGKILL)
    _ = unsafe waitpid(child, &status, 0)
  }

  /// To be called before the guest is stopped.
  func arm(milliseconds: Int) throws(MachineError) {
    let lease = UInt32(clamping: milliseconds)
    try send([PauseGuardProcess.arm] + (0..<4).map { UInt8(truncatingIfNeeded: lease >> (8 * $0)) })
  }

  /// To be called once the guest has been continued.
  func disarm() throws(MachineError) { try send([PauseGuardProcess.disarm, 0, 0, 0, 0]) }

  private func send(_ message: [UInt8]) throws(MachineError) {
    let count = unsafe message.withUnsafeBytes { unsafe Glibc.send(line, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    guard count == message.count else { throw .noGuard(reason: "it has ended: \(Self.reason(errno))") }
  }

  /// In a process group of its own, so that an interrupt from the terminal reaches the owner alone; descriptors 3 and 4 are what the guard needs.
  private static func start(_ path: String, _ arguments: [String], line: Int32, monitor: Int32?) -> (process: pid_t?, code: Int32) {
    var actions = unsafe posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    guard unsafe posix_spawn_file_actions_init(&actions) == 0, unsafe posix_spawnattr_init(&attributes) == 0 else { return (nil, ENOMEM) }
    defer {
      _ = unsafe posix_spawn_file_actions_destroy(&actions)
      _ = unsafe posix_spawnattr_destroy(&attributes)
    }
    // Neither may be 3 or 4 itself: a descriptor that is copied onto itself would keep its close-on-exec flag.
    let high = fcntl(line, F_DUPFD_CLOEXEC, 10)
    let highMonitor = monitor.map { fcntl($0, F_DUPFD_CLOEXEC, 10) }
    defer { for descriptor in [high, highMonitor ?? -1] where descriptor >= 0 { _ = close(descriptor) } }
    _ = unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    _ = unsafe posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    _ = unsafe posix_spawn_file_actions_adddup2(&actions, high, 3)
    if let highMonitor { _ = unsafe posix_spawn_file_actions_adddup2(&actions, highMonitor, 4) }
    _ = unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
    var signals = sigset_t()
    _ = unsafe sigemptyset(&signals)
    _ = unsafe posix_spawnattr_setsigmask(&attributes, &signals)
    _ = unsafe posix_spawnattr_setpgroup(&attributes, 0)
    // SAFETY: the vector is of copies that live until they are freed below, after posix_spawn has returned, and ends in nil.
    var argv: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) } + [nil]
    defer { unsafe argv.forEach { unsafe free($0) } }
    var process = pid_t(0)
    let code = unsafe posix_spawn(&process, path, &actions, &attributes, &argv, environ)
    return code == 0 ? (process, 0) : (nil, code)
  }

  // SAFETY: strerror(3) returns a text that ends in NUL and stays until the next call on this thread.
  static func reason(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
}
