#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A point of the monotonic clock, which no change of the date moves.
public struct Deadline: Sendable, Hashable {
  /// Nanoseconds of CLOCK_MONOTONIC.
  private let nanoseconds: UInt64

  /// Nanoseconds of that clock.
  public static var now: UInt64 {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  public init(milliseconds: Int) { nanoseconds = Self.now + UInt64(max(milliseconds, 0)) * 1_000_000 }

  public var isAhead: Bool { Self.now < nanoseconds }

  /// Milliseconds that are left, rounded up; 0 once it has passed.
  var left: Int32 {
    let now = Self.now
    return now >= nanoseconds ? 0 : Int32(clamping: (nanoseconds - now + 999_999) / 1_000_000)
  }
}

/// A stream socket of the Unix domain that is read line by line. Every wait ends at a deadline; a line has a longest length.
final class LocalSocket {
  enum Failure: Error {
    case system(Int32)
    case timeout
    case closed
    /// More than `lineLimit` bytes without an end of line.
    case lineTooLong
  }

  let descriptor: Int32
  private let lineLimit: Int
  /// What was read and not yet taken starts at `taken`; no end of line lies before `searched`.
  private var buffer: [UInt8] = []
  private var taken = 0
  private var searched = 0
  private var chunk = [UInt8](repeating: 0, count: 64 << 10)

  init(path: String, lineLimit: Int, until deadline: Deadline) throws(Failure) {
    self.lineLimit = lineLimit
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { throw .system(errno) }
    self.descriptor = descriptor
    do throws(Failure) { try Self.connect(descriptor, to: path, until: deadline) } catch {
      _ = close(descriptor)
      throw error
    }
  }

  deinit { _ = close(descriptor) }

  /// SO_PEERCRED of unix(7): pid, uid and gid of whoever called listen(2).
  var peer: Int32? {
    var credentials: [UInt32] = [0, 0, 0]
    var length = socklen_t(12)
    guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0, length == 12 else { return nil }
    return credentials[0] > 0 ? Int32(bitPattern: credentials[0]) : nil
  }

  /// A path longer than an address can hold goes through an open folder.
  private static func connect(_ descriptor: Int32, to path: String, until deadline: Deadline) throws(Failure) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let room = MemoryLayout.size(ofValue: address.sun_path) - 1
    var folder: Int32 = -1
    defer { if folder >= 0 { _ = close(folder) } }
    var name = path
    if path.utf8.count > room {
      let slash = path.lastIndex(of: "/") ?? path.startIndex
      folder = unsafe open(String(path[..<slash]), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard folder >= 0 else { throw .system(errno) }
      name = "/proc/self/fd/\(folder)" + path[slash...]
    }
    guard name.utf8.count <= room, !name.utf8.contains(0) else { throw .system(ENAMETOOLONG) }
    // SAFETY: sun_path holds `room` bytes and an ending NUL, which it already is.
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name.utf8) }
    let length = socklen_t(MemoryLayout<sockaddr_un>.size)
    while true {
      // SAFETY: a sockaddr_un is what an address of AF_UNIX is, and `length` is its size.
      let result = unsafe withUnsafePointer(to: &address) {
        unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe Glibc.connect(descriptor, $0, length) }
      }
      if result == 0 || errno == EISCONN { return }
      // A socket of the Unix domain is connected at once or has a full queue.
      guard errno == EAGAIN || errno == EINTR else { throw .system(errno) }
      guard deadline.left > 0 else { throw .timeout }
      _ = usleep(1000)
    }
  }

  /// Sends all bytes. A peer that has gone is an error and no signal.
  func send(_ bytes: [UInt8], until deadline: Deadline) throws(Failure) {
    var done = 0
    while done < bytes.count {
      // SAFETY: send(2) reads no more than the length given, which is what is left of the array.
      let count = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.send(descriptor, $0.baseAddress! + done, $0.count - done, Int32(MSG_NOSIGNAL))
      }
      if count >= 0 {
        done += count
      } else if errno == EAGAIN {
        try wait(for: POLLOUT, until: deadline)
      } else if errno == EPIPE || errno == ECONNRESET {
        throw .closed
      } else if errno != EINTR {
        throw .system(errno)
      }
    }
  }

  /// Sends a copy of a descriptor along with the first byte of a message (unix(7), SCM_RIGHTS).
  func send(_ byte: UInt8, passing passed: Int32, until deadline: Deadline) throws(Failure) {
    // A cmsghdr of length, level and type, then the descriptor, filled up to the size of a word.
    var control: [UInt64] = [20, UInt64(UInt32(SOL_SOCKET)) | 1 << 32, UInt64(UInt32(bitPattern: passed))]
    var byte = byte
    while true {
      // SAFETY: all pointers lead to variables that live for the call; `control` has the layout of CMSG_SPACE(4) on 64-bit Linux.
      let count = unsafe withUnsafeMutableBytes(of: &byte) { data in
        unsafe control.withUnsafeMutableBytes { control in
          var part = unsafe iovec(iov_base: data.baseAddress, iov_len: 1)
          return unsafe withUnsafeMutablePointer(to: &part) { part in
            var message = unsafe msghdr()
            unsafe message.msg_iov = part
            unsafe message.msg_iovlen = 1
            unsafe message.msg_control = control.baseAddress
            unsafe message.msg_controllen = control.count
            return unsafe sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL))
          }
        }
      }
      if count == 1 { return }
      switch errno {
      case EAGAIN: try wait(for: POLLOUT, until: deadline)
      case EPIPE, ECONNRESET: throw .closed
      case EINTR: continue
      default: throw .system(errno)
      }
    }
  }

  /// The next line without its end; CR LF ends one too.
  func line(until deadline: Deadline) throws(Failure) -> ArraySlice<UInt8> {
    while true {
      if let end = buffer[searched...].firstIndex(of: 0x0A) {
        let line = buffer[taken..<end]
        taken = end + 1
        searched = taken
        return line.last == 0x0D ? line.dropLast() : line
      }
      if taken > 0 {
        buffer.removeSubrange(..<taken)
        taken = 0
      }
      searched = buffer.count
      guard buffer.count <= lineLimit else { throw .lineTooLong }
      try fill(until: deadline)
    }
  }

  private func fill(until deadline: Deadline) throws(Failure) {
    while true {
      let capacity = chunk.count
      // SAFETY: recv(2) writes at most the length given, which is the array's.
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, capacity, 0) }
      if count > 0 {
        buffer.append(contentsOf: chunk[..<count])
        return
      }
      if count == 0 || errno == ECONNRESET { throw .closed }
      if errno == EAGAIN { try wait(for: POLLIN, until: deadline) } else if errno != EINTR { throw .system(errno) }
    }
  }

  private func wait(for events: Int32, until deadline: Deadline) throws(Failure) {
    let left = deadline.left
    guard left > 0 else { throw .timeout }
    var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    let ready = unsafe poll(&entry, 1, left)
    if ready < 0, errno != EINTR { throw .system(errno) }
  }
}
