#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A process that we start and always end: it has the descriptors given, an environment of its own, and a process group.
final class ChildProcess {
  let id: Int32
  private var status: Int32?

  /// - Parameters:
  ///   - descriptors: become 0, 1, 2 and so on, in order; a negative one is /dev/null.
  init(_ path: String, _ arguments: [String], descriptors: [Int32]) throws(DiskError) {
    var actions = unsafe posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    guard unsafe posix_spawn_file_actions_init(&actions) == 0, unsafe posix_spawnattr_init(&attributes) == 0 else {
      throw DiskError("cannot start \(path): no memory")
    }
    defer {
      _ = unsafe posix_spawn_file_actions_destroy(&actions)
      _ = unsafe posix_spawnattr_destroy(&attributes)
    }
    // Two steps, so that no descriptor is overwritten before it was put to its place.
    var copies: [Int32] = []
    defer { for copy in copies { _ = close(copy) } }
    for descriptor in descriptors {
      let source = descriptor >= 0 ? descriptor : unsafe open("/dev/null", O_RDWR | O_CLOEXEC)
      let copy = fcntl(source, F_DUPFD_CLOEXEC, 64)
      if descriptor < 0 { _ = close(source) }
      guard copy >= 0 else { throw DiskError("cannot start \(path): too many open files") }
      copies.append(copy)
    }
    for (place, copy) in copies.enumerated() { _ = unsafe posix_spawn_file_actions_adddup2(&actions, copy, Int32(place)) }
    _ = unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var signals = sigset_t()
    _ = unsafe sigemptyset(&signals)
    _ = unsafe posix_spawnattr_setsigmask(&attributes, &signals)
    _ = unsafe sigfillset(&signals)
    _ = unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
    _ = unsafe posix_spawnattr_setpgroup(&attributes, 0)
    // FAT keeps local time, which then comes out as it stands.
    let environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "TZ=UTC0", "SWIFT_BACKTRACE=enable=no"]
    // SAFETY: both vectors are copies that live until they are freed below, after posix_spawn has returned, and end in nil.
    var argv: [UnsafeMutablePointer<CChar>?] = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
    var envp: [UnsafeMutablePointer<CChar>?] = unsafe environment.map { unsafe strdup($0) } + [nil]
    defer { unsafe (argv + envp).forEach { unsafe free($0) } }
    var process = pid_t(0)
    let code = unsafe posix_spawn(&process, path, &actions, &attributes, &argv, &envp)
    guard code == 0 else { throw DiskError("cannot start \(path): \(SystemText.reason(code))") }
    id = process
  }

  deinit { end() }

  /// Kills it and everything of its group, and waits for it. Harmless where it has ended.
  func end() {
    guard status == nil else { return }
    _ = kill(-id, SIGKILL)
    _ = kill(id, SIGKILL)
    _ = wait()
  }

  /// Its exit status, 128 and the signal where one ended it. Waits.
  func wait() -> Int32 {
    if let status { return status }
    var raw: Int32 = 0
    while unsafe waitpid(id, &raw, 0) < 0 && errno == EINTR {}
    let signal = raw & 0x7F
    let result = signal == 0 ? (raw >> 8) & 0xFF : 128 + signal
    status = result
    return result
  }

  /// The same, where it has ended within the time; nil where not.
  func wait(milliseconds: Int) -> Int32? {
    if let status { return status }
    let end = ContinuousClock.now + .milliseconds(milliseconds)
    while true {
      var raw: Int32 = 0
      let result = unsafe waitpid(id, &raw, WNOHANG)
      if result == id {
        let signal = raw & 0x7F
        status = signal == 0 ? (raw >> 8) & 0xFF : 128 + signal
        return status
      }
      guard result == 0 || errno == EINTR, ContinuousClock.now < end else { return nil }
      _ = usleep(1000)
    }
  }
}

package enum SystemText {
  /// The system's own words for an errno.
  package static func reason(_ code: Int32) -> String {
    // SAFETY: strerror(3) returns a text of the C library that ends with a zero.
    unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
  }
}
