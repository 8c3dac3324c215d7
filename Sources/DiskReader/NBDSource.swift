internal import CNBD
public import Disks

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A disk that another process of ours, or a guest's QEMU, serves over the NBD protocol, by libnbd. No path and no privilege is needed: only a
/// socket that is connected already.
@safe public final class NBDSource: BlockSource {
  /// Bytes of one request at most, of a server of our own: QEMU's refuse more than 32 MiB.
  private static let largestRequest = 4 << 20
  /// The same, of a guest's QEMU. An answer of this size fits into a socket's buffer (net.core.wmem_default is 212992), so that QEMU never waits for a
  /// reader that is stopped: whatever lets its drives come to rest, such as a pause or a snapshot, would wait with it, and the guest stand still.
  private static let largestOfGuest = 128 << 10
  /// Requests smaller than this come from a line of the cache.
  private static let line = 256 << 10
  private static let lines = 64

  private let handle: OpaquePointer
  public let size: Int64
  private let mostBytes: Int
  private var cache: [Int64: (bytes: [UInt8], age: UInt64)] = [:]
  private var clock: UInt64 = 0

  /// Takes the descriptor of a connected socket over and asks for the export of that name.
  ///
  /// - Parameter isGuest: whether the server is a guest's QEMU, which must never wait for its client.
  public init(socket: Int32, export: String, isGuest: Bool = false) throws(DiskError) {
    mostBytes = isGuest ? Self.largestOfGuest : Self.largestRequest
    guard let handle = unsafe nbd_create() else {
      _ = close(socket)
      throw Self.failure("no client could be made")
    }
    guard unsafe nbd_set_export_name(handle, export) == 0, unsafe nbd_connect_socket(handle, socket) == 0 else {
      let error = Self.failure("the server was not reached")
      unsafe nbd_close(handle)
      throw error
    }
    let size = unsafe nbd_get_size(handle)
    guard size >= 0 else {
      let error = Self.failure("the size was not told")
      unsafe nbd_close(handle)
      throw error
    }
    unsafe self.handle = handle
    self.size = size
  }

  deinit {
    _ = unsafe nbd_shutdown(handle, 0)
    unsafe nbd_close(handle)
  }

  public func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) -> Bool {
    guard offset >= 0, offset <= size, Int64(buffer.count) <= size - offset else { return false }
    if buffer.count >= Self.line { return unsafe ask(at: offset, into: buffer) }
    var done = 0
    while done < buffer.count {
      let place = offset + Int64(done)
      let start = place - place % Int64(Self.line)
      guard let line = line(at: start) else { return false }
      let skipped = Int(place - start)
      let count = min(buffer.count - done, line.count - skipped)
      guard count > 0 else { return false }
      // SAFETY: the slice holds `count` bytes, and the buffer at least as many from `done` on.
      unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done..<done + count]).copyBytes(from: line[skipped..<skipped + count])
      done += count
    }
    return true
  }

  private func line(at start: Int64) -> [UInt8]? {
    clock += 1
    if let known = cache[start]?.bytes {
      cache[start]?.age = clock
      return known
    }
    if cache.count >= Self.lines, let oldest = cache.min(by: { $0.value.age < $1.value.age }) { cache[oldest.key] = nil }
    var bytes = [UInt8](repeating: 0, count: Int(min(Int64(Self.line), size - start)))
    // SAFETY: the buffer is the array's own storage and lives for the call.
    guard unsafe bytes.withUnsafeMutableBytes({ unsafe ask(at: start, into: $0) }) else { return nil }
    cache[start] = (bytes, clock)
    return bytes
  }

  private func ask(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) -> Bool {
    var done = 0
    while done < buffer.count {
      let count = min(buffer.count - done, mostBytes)
      // SAFETY: nbd_pread fills exactly `count` bytes, which the buffer has from `done` on.
      guard
        unsafe nbd_pread(handle, buffer.baseAddress.unsafelyUnwrapped + done, count, UInt64(offset) + UInt64(done), 0) == 0
      else { return false }
      done += count
    }
    return true
  }

  private static func failure(_ what: String) -> DiskError {
    // SAFETY: nbd_get_error returns text of the calling thread's last error, valid until its next call.
    let reason = unsafe nbd_get_error().map { unsafe String(cString: $0) } ?? "no reason given"
    return DiskError("cannot read the disk over NBD: \(what): \(reason)")
  }
}
