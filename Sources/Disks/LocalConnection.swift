#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Sockets of this host by their paths.
enum LocalConnection {
  /// A socket connected to the one at a path of at most 107 bytes.
  static func connect(_ path: String) throws(DiskError) -> Int32 {
    func failure(_ reason: String) -> DiskError { DiskError("cannot connect to \(path): \(reason)") }
    guard var address = address(path) else { throw failure("the path is too long for a socket") }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw failure(SystemText.reason(errno)) }
    // SAFETY: sockaddr_un is laid out as a sockaddr is at its start, and the length is its size.
    let result = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0 else {
      let error = failure(SystemText.reason(errno))
      _ = close(descriptor)
      throw error
    }
    return descriptor
  }

  /// nil for a path that does not fit.
  static func address(_ path: String) -> sockaddr_un? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path), !bytes.contains(0) else { return nil }
    // SAFETY: the path is shorter than sun_path, which is zero behind it.
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    return address
  }
}
