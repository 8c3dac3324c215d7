internal import CLinux

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// SIGINT and SIGTERM as something that can be waited for, so that work ends between two steps and not inside one.
///
/// Threads that are started later inherit that the signals are held back; programs that are started do not (`LibvirtEvents`).
public final class StopSignals {
  /// Readable once one of the signals came; -1 where the system has no such descriptor.
  public let descriptor: Int32

  public init() {
    var signals = sigset_t()
    _ = unsafe sigemptyset(&signals)
    _ = unsafe sigaddset(&signals, SIGINT)
    _ = unsafe sigaddset(&signals, SIGTERM)
    _ = unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    descriptor = unsafe signalfd(-1, &signals, Int32(SFD_NONBLOCK) | Int32(SFD_CLOEXEC))
  }

  deinit { if descriptor >= 0 { _ = close(descriptor) } }
}

/// poll(2) on what is read from.
public enum ReadableDescriptors {
  /// Which of the descriptors can be read, or have ended, within the time; none when it is up or a signal came in between.
  ///
  /// - Parameter milliseconds: -1 for any time.
  public static func wait(_ descriptors: [Int32], milliseconds: Int) -> Set<Int32> {
    var entries = descriptors.filter { $0 >= 0 }.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    guard unsafe poll(&entries, nfds_t(entries.count), Int32(clamping: milliseconds)) > 0 else { return [] }
    return Set(entries.filter { $0.revents != 0 }.map(\.fd))
  }
}
