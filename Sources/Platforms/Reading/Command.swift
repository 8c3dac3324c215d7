public import Domain

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Runs a program of the system and takes its standard output: no shell, a fixed search path, bounded in time and size.
///
/// The program gets an empty standard input, an environment of PATH and LC_ALL=C, and its own process group, so that whatever it started
/// ends with it when time is up.
public enum Command {
  /// Where programs are looked for, in this order. Never the caller's PATH.
  public static let searchPath = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]

  public enum Failure: Error, Sendable, Hashable {
    /// No such program in the search path.
    case missing
    /// It did not end within the time given.
    case timeout
    /// It wrote more than the limit.
    case tooLarge
    /// It ended with this status (128 + signal when a signal ended it).
    case status(Int32)
    /// The system refused to start it.
    case io

    /// The reason code that a fact carries.
    public var why: String {
      switch self {
      case .missing: "command-missing"
      case .timeout, .status, .io: "command-failed"
      case .tooLarge: "too-large"
      }
    }
  }

  /// The full path of a program, or nil when the search path holds none.
  public static func path(of program: String) -> String? {
    searchPath.lazy.map { $0 + "/" + program }.first { unsafe access($0, X_OK) == 0 }
  }

  /// Standard output of `program arguments...`.
  ///
  /// - Parameters:
  ///   - seconds: time after which the process group is killed.
  ///   - limit: bytes of output at most.
  public static func output(
    _ program: String, _ arguments: [String], seconds: Int = 5, limit: Int = 1 << 20
  ) throws(Failure) -> [UInt8] {
    guard let path = path(of: program) else { throw .missing }
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { throw .io }
    // Neither end may stay open in a program that somebody else starts.
    for end in ends { setCloseOnExec(end) }
    defer { _ = close(ends[0]) }
    let process = start(path, [program] + arguments, output: ends[1])
    _ = close(ends[1])
    guard let process else { throw .io }

    let end = ContinuousClock.now + .seconds(seconds)
    do throws(Failure) {
      let text = try drain(ends[0], until: end, limit: limit)
      let status = try wait(process, until: end)
      guard status == 0 else { throw Failure.status(status) }
      return text
    } catch {
      if case .status = error { throw error }
      _ = kill(-process, SIGKILL)
      var status: Int32 = 0
      while unsafe waitpid(process, &status, 0) < 0 && errno == EINTR {}
      throw error
    }
  }

  /// Starts a program in a process group of its own, with no signal held back. nil where the system refuses.
  static func start(_ path: String, _ arguments: [String], output: Int32) -> pid_t? {
    var actions = unsafe posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    guard unsafe posix_spawn_file_actions_init(&actions) == 0, unsafe posix_spawnattr_init(&attributes) == 0 else { return nil }
    defer {
      _ = unsafe posix_spawn_file_actions_destroy(&actions)
      _ = unsafe posix_spawnattr_destroy(&attributes)
    }
    _ = unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    _ = unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
    _ = unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    _ = unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
    var signals = sigset_t()
    _ = unsafe sigemptyset(&signals)
    _ = unsafe posix_spawnattr_setsigmask(&attributes, &signals)
    _ = unsafe posix_spawnattr_setpgroup(&attributes, 0)

    let environment = ["PATH=" + searchPath.joined(separator: ":"), "LC_ALL=C"]
    // SAFETY: both vectors are copies that live until they are freed below, after posix_spawn has returned, and end in nil.
    var argv: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) } + [nil]
    var envp: [UnsafeMutablePointer<CChar>?] = unsafe environment.map { unsafe strdup($0) } + [nil]
    defer { unsafe (argv + envp).forEach { unsafe free($0) } }
    var process = pid_t(0)
    return unsafe posix_spawn(&process, path, &actions, &attributes, &argv, &envp) == 0 ? process : nil
  }

  private static func drain(_ descriptor: Int32, until end: ContinuousClock.Instant, limit: Int) throws(Failure) -> [UInt8] {
    var text: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    while true {
      let left = (end - ContinuousClock.now).components
      let wait = left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000
      guard wait > 0 else { throw .timeout }
      var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let ready = Self.poll(&poll, Int32(clamping: wait))
      if ready < 0 && errno != EINTR { throw .io }
      if ready <= 0 { continue }
      let capacity = chunk.count
      // SAFETY: read(2) writes at most the length given, which is the array's.
      let n = unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, capacity) }
      if n < 0 {
        if errno == EINTR { continue }
        throw .io
      }
      if n == 0 { return text }
      guard text.count + n <= limit else { throw .tooLarge }
      text.append(contentsOf: chunk[0..<n])
    }
  }

  private static func poll(_ descriptor: inout pollfd, _ milliseconds: Int32) -> Int32 {
    unsafe Glibc.poll(&descriptor, 1, milliseconds)
  }

  /// The status of a program whose output has ended. One that closed its output and lives on is given the rest of the time.
  private static func wait(_ process: pid_t, until end: ContinuousClock.Instant) throws(Failure) -> Int32 {
    var status: Int32 = 0
    while true {
      let result = unsafe waitpid(process, &status, WNOHANG)
      if result < 0 && errno != EINTR { throw .io }
      if result == process { break }
      guard ContinuousClock.now < end else { throw .timeout }
      _ = usleep(1000)
    }
    let signal = status & 0x7F
    return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
  }
}

/// fcntl(2) without its variadic form.
private func setCloseOnExec(_ descriptor: Int32) {
  _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
}

/// Text that a command gave, or that a saved tree holds as its recorded output.
public struct CommandOutput: Sendable, Hashable {
  public let text: String
  /// Cited as the command on a live system, as the recording's file in a saved tree.
  public let source: FactSource

  /// The source of one line of it, from 1.
  public func source(line: Int) -> FactSource {
    source.kind == .path ? .path(source.name, line: line) : source
  }
}

extension Tree {
  /// The folder of a saved tree that holds what plain copies cannot: recorded command outputs and a listing of modes.
  public static let recordings = "/.ringwall"

  public enum OutputFailure: Error, Sendable, Hashable {
    case command(Command.Failure, FactSource)
    case recording(Failure, FactSource)

    /// The fact that is left: a command or recording that is not there was not asked; one that failed is unreadable.
    public var fact: Fact {
      switch self {
      case .command(.missing, let source): .notCollected(Command.Failure.missing.why, source)
      case .command(let failure, let source): .unreadable(failure.why, source)
      case .recording(.notFound, let source), .recording(.notGiven, let source): .notCollected("not-given", source)
      case .recording(let failure, let source): .unreadable(failure.why, source)
      }
    }
  }

  /// Output of a command: run on the live system, read from `/.ringwall/PROGRAM.txt` in a saved tree, where nothing is ever run.
  public func output(of program: String, _ arguments: [String]) throws(OutputFailure) -> CommandOutput {
    if isLive {
      let line = ([program] + arguments).joined(separator: " ")
      do throws(Command.Failure) {
        return CommandOutput(text: String(decoding: try Command.output(program, arguments), as: UTF8.self), source: .command(line))
      } catch {
        throw .command(error, .command(line))
      }
    }
    let path = "\(Self.recordings)/\(program).txt"
    do throws(Failure) {
      return CommandOutput(text: String(decoding: try bytes(path, limit: 1 << 20), as: UTF8.self), source: .path(path))
    } catch {
      throw .recording(error, .path(path))
    }
  }
}
