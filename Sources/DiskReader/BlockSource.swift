#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The bytes of a whole disk as its guest sees them, read at any place.
public protocol BlockSource: AnyObject {
  /// Bytes. Never negative.
  var size: Int64 { get }

  /// Fills the whole of `buffer` from `offset`, which with the buffer's length lies inside the disk.
  ///
  /// - Returns: false where the bytes cannot be had.
  func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) -> Bool
}

extension BlockSource {
  /// `count` bytes from `offset`, fewer where the disk ends; nil where they cannot be had.
  public func bytes(at offset: Int64, count: Int) -> [UInt8]? {
    guard offset >= 0, offset < size, count > 0 else { return [] }
    let length = Int(min(Int64(count), size - offset))
    var bytes = [UInt8](repeating: 0, count: length)
    // SAFETY: the buffer is the array's own storage and lives for the call.
    let isRead = unsafe bytes.withUnsafeMutableBytes { unsafe read(at: offset, into: $0) }
    return isRead ? bytes : nil
  }
}

/// A raw image or a block device through its descriptor.
public final class FileSource: BlockSource {
  private let descriptor: Int32
  public let size: Int64

  /// Takes the descriptor over. nil for one that has no size, such as a pipe.
  public init?(descriptor: Int32) {
    let end = lseek(descriptor, 0, SEEK_END)
    guard end >= 0 else { return nil }
    self.descriptor = descriptor
    size = Int64(end)
  }

  deinit { _ = close(descriptor) }

  public func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) -> Bool {
    var done = 0
    while done < buffer.count {
      // SAFETY: pread(2) writes no more than the length given, which is what is left of the buffer.
      let count = unsafe pread(
        descriptor, buffer.baseAddress.unsafelyUnwrapped + done, buffer.count - done, off_t(offset) + off_t(done))
      if count < 0 && errno == EINTR { continue }
      // A file that became shorter meanwhile has no bytes there.
      guard count > 0 else { return false }
      done += count
    }
    return true
  }
}

/// Bytes in memory: what tests and fuzzing read.
public final class MemorySource: BlockSource {
  private let bytes: [UInt8]

  public init(_ bytes: [UInt8]) { self.bytes = bytes }

  public var size: Int64 { Int64(bytes.count) }

  public func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) -> Bool {
    guard offset >= 0, offset <= size, Int64(buffer.count) <= size - offset else { return false }
    unsafe buffer.copyBytes(from: bytes[Int(offset)..<Int(offset) + buffer.count])
    return true
  }
}
