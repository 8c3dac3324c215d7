internal import Glibc
internal import QMP

/// What the guard does in its own process (`PauseGuard`).
public struct PauseGuardProcess {
  static let ready = UInt8(ascii: "R")
  static let arm = UInt8(ascii: "A")
  static let disarm = UInt8(ascii: "D")

  private let pid: Int32
  private let startTime: UInt64
  /// The guard's own connection.
  private let own: Monitor?
  /// The owner's connection, -1 where there is none.
  private let inherited: Int32
  private let line: Int32

  /// - Parameters:
  ///   - pid: of QEMU; with `startTime` it names the process, so that no other is ever signalled.
  ///   - monitor: path of a monitor that the guard may hold.
  ///   - isInherited: whether descriptor 4 is the owner's connection to a monitor. Descriptor 3 is the line to the owner.
  public init(pid: Int32, startTime: UInt64, monitor: String?, isInherited: Bool) {
    self.pid = pid
    self.startTime = startTime
    own = monitor.flatMap { try? Monitor(path: $0, within: 1000) }
    inherited = isInherited ? 4 : -1
    line = 3
  }

  /// Watches until the owner is gone.
  public func run() {
    // The guard ends with its owner and by nothing that is meant for it.
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT] { _ = Glibc.signal(signal, SIG_IGN) }
    var byte = Self.ready
    guard unsafe send(line, &byte, 1, Int32(MSG_NOSIGNAL)) == 1 else { return }
    var deadline: UInt64?
    var pending: [UInt8] = []
    while true {
      let now = Deadline.now
      if let end = deadline, now >= end {
        release(isOwnerAlive: true)
        deadline = nil
      }
      let wait = deadline.map { Int32(clamping: ($0 - now + 999_999) / 1_000_000) } ?? -1
      var entry = pollfd(fd: line, events: Int16(POLLIN), revents: 0)
      let ready = unsafe poll(&entry, 1, wait)
      if ready < 0, errno != EINTR { break }
      guard ready > 0 else { continue }
      var chunk = [UInt8](repeating: 0, count: 64)
      let capacity = chunk.count
      // SAFETY: recv(2) writes at most the length given, which is the array's.
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe recv(line, $0.baseAddress, capacity, 0) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      pending.append(contentsOf: chunk[..<count])
      while pending.count >= 5 {
        let lease = pending[1..<5].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        deadline = pending[0] == Self.arm ? Deadline.now + lease * 1_000_000 : nil
        pending.removeFirst(5)
      }
    }
    if deadline != nil { release(isOwnerAlive: false) }
  }

  /// Continues the guest, and takes back what `Priority` gave to QEMU's threads.
  private func release(isOwnerAlive: Bool) {
    let files = ProcessFiles(pid: pid)
    guard files.startTime == startTime else { return }
    ProcessStop.resume(pid)
    if let own {
      let status = try? own.execute("query-status", within: 5000)
      // Any other state is not one into which `stop` leads.
      if status?["status"]?.text == "paused" { _ = try? own.execute("cont", within: 5000) }
    } else if inherited >= 0 {
      continueOverInherited(isOwnerAlive)
    }
    Priority.reset(pid)
  }

  /// The owner may have died within a command: a byte that no UTF-8 has makes QEMU's parser begin anew. Its answer is waited for, since QEMU
  /// forgets what it has read of a connection that closes; a living owner reads it itself and skips it by its id.
  private func continueOverInherited(_ isOwnerAlive: Bool) {
    let command: [UInt8] = [0xFF, 0x0A] + Array(#"{"execute":"cont","id":"guard"}"#.utf8) + [0x0A]
    let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
    let text = isOwnerAlive ? Array(command.dropFirst(2)) : command
    _ = unsafe text.withUnsafeBytes { unsafe send(inherited, $0.baseAddress, $0.count, flags) }
    guard !isOwnerAlive else { return }
    let end = Deadline.now + 2_000_000_000
    var answer: [UInt8] = []
    while Deadline.now < end, answer.count < 1 << 20 {
      var entry = pollfd(fd: inherited, events: Int16(POLLIN), revents: 0)
      guard unsafe poll(&entry, 1, 100) > 0 else { continue }
      var chunk = [UInt8](repeating: 0, count: 4096)
      // SAFETY: recv(2) writes at most the 4096 bytes of the array.
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe recv(inherited, $0.baseAddress, 4096, 0) }
      if count < 0, errno == EAGAIN || errno == EINTR { continue }
      guard count > 0 else { return }
      answer.append(contentsOf: chunk[..<count])
      if String(decoding: answer, as: UTF8.self).contains(#""guard""#) { return }
    }
  }
}
