#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Events of a libvirt daemon, as `virsh event` prints them: each one says that something of the machine is another.
///
/// virsh runs in a process group of its own and ends with this object.
public final class LibvirtEvents: ChangeSource {
  public let descriptor: Int32
  private let process: pid_t
  private var rest: [UInt8] = []
  private var hasEnded = false

  /// Longest line that is waited for, in bytes.
  private static let longestLine = 64 << 10

  /// nil where virsh is not installed or cannot be started.
  ///
  /// - Parameter uri: of the connection; nil for virsh's own default.
  public init?(uri: String?) {
    guard let path = Command.path(of: "virsh") else { return nil }
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { return nil }
    // Neither end may stay open in a program that somebody else starts.
    for end in ends { setCloseOnExec(end) }
    setNonBlocking(ends[0])
    let arguments = ["virsh"] + (uri.map { ["-c", $0] } ?? []) + ["event", "--all", "--loop", "--timestamp"]
    let started = Command.start(path, arguments, output: ends[1])
    _ = close(ends[1])
    guard let started else {
      _ = close(ends[0])
      return nil
    }
    process = started
    descriptor = ends[0]
  }

  deinit {
    _ = kill(-process, SIGKILL)
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0 && errno == EINTR {}
    _ = close(descriptor)
  }

  public func changes() -> [SourceChange] {
    guard !hasEnded else { return [] }
    var isTold = false
    while true {
      var failure: Int32 = 0
      // SAFETY: read(2) writes no more than the capacity, and as many bytes are initialised as it says.
      let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 16 << 10) { buffer, count in
        let n = unsafe read(descriptor, buffer.baseAddress, buffer.count)
        if n < 0 { failure = errno }
        count = max(0, n)
      }
      if failure == EINTR { continue }
      if failure == EAGAIN || failure == EWOULDBLOCK { break }
      if failure != 0 || bytes.isEmpty {
        hasEnded = true
        break
      }
      rest += bytes
      while let end = rest.firstIndex(of: 0x0A) {
        // "2026-11-24 16:38:38.123+0000: event 'lifecycle' for domain 'web-07': Started Booted"
        if Self.isEvent(rest[..<end]) { isTold = true }
        rest.removeSubrange(...end)
      }
      if rest.count > Self.longestLine { rest = [] }
    }
    var changes: [SourceChange] = isTold ? [.machine] : []
    if hasEnded { changes.append(.ended("virsh event ended: libvirt's daemon was stopped, or may not be asked by this user")) }
    return changes
  }

  static func isEvent(_ line: ArraySlice<UInt8>) -> Bool {
    String(decoding: line, as: UTF8.self).contains("event '")
  }
}

/// fcntl(2) without its variadic form.
private func setCloseOnExec(_ descriptor: Int32) { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
private func setNonBlocking(_ descriptor: Int32) { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
