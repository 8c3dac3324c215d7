#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Who is connected to a socket that a guest's QEMU listens on, as the kernel lists it (proc(5), /proc/net/unix).
///
/// QEMU 7.2 with the mend of CVE-2024-7409 never comes back from `nbd-server-stop` while it still greets a client: it waits for that client's
/// end in a loop that does not listen to it, and the guest stands still for good.
enum ServedSocket {
  /// What the kernel lists under a path.
  struct State: Hashable {
    /// Whether the listening socket is listed. It is not where QEMU lives in another network namespace.
    var isListening = false
    /// Connections that the server has not closed, those it has not accepted yet among them.
    var connections = 0
  }

  /// SO_ACCEPTCON of the flags: the socket listens.
  private static let listens: UInt32 = 1 << 16

  /// Waits until the server has closed every connection.
  ///
  /// - Returns: false where one is still there when the time is over.
  static func isLeft(_ path: String, until end: ContinuousClock.Instant) -> Bool {
    while true {
      guard let state = state(of: path) else { break }
      if state.isListening, state.connections == 0 { return true }
      guard state.isListening else { break }
      guard ContinuousClock.now < end else { return false }
      _ = usleep(5000)
    }
    // Nothing can be known; a client of ours that has died is noticed at the next turn of QEMU's loop.
    _ = usleep(1_000_000)
    return true
  }

  /// nil where the list cannot be read.
  private static func state(of path: String) -> State? {
    guard let table = contents("/proc/net/unix") else { return nil }
    return state(of: path, in: table)
  }

  /// Lines hold number, references, protocol, flags, type, state, inode and path, the numbers in hexadecimal.
  static func state(of path: String, in table: String) -> State {
    var result = State()
    for line in table.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 7, omittingEmptySubsequences: true)
      guard words.count == 8, words[7] == path, let flags = UInt32(words[3], radix: 16) else { continue }
      if flags & listens != 0 { result.isListening = true } else { result.connections += 1 }
    }
    return result
  }

  private static func contents(_ path: String) -> String? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { _ = close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count < 64 << 20 {
      // SAFETY: read(2) writes no more than the array has.
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return count == 0 ? String(decoding: bytes, as: UTF8.self) : nil }
      bytes += chunk[0..<count]
    }
    return nil
  }
}
