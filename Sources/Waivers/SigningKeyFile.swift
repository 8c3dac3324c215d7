public import Judgement

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The file of a private key: mode 0600, never replaced, never read when others may read it.
public enum SigningKeyFile {
  private static let limit = 4096

  /// Errors: a file that is there, a folder that is not.
  public static func write(_ key: SigningKey, to path: String) throws(DataError) {
    let descriptor = create(path)
    guard descriptor >= 0 else {
      if errno == EEXIST { throw DataError("\(path): stands there already, and a private key is never replaced; name another file") }
      throw DataError("cannot write \(path): \(reason(errno))")
    }
    var bytes = key.pem
    defer { for i in bytes.indices { bytes[i] = 0 } }
    var done = 0
    while done < bytes.count {
      // SAFETY: write(2) reads no more than the length given, which is what is left of the array.
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Glibc.write(descriptor, buffer.baseAddress.unsafelyUnwrapped + done, buffer.count - done)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        let code = errno
        _ = close(descriptor)
        _ = unsafe unlink(path)
        throw DataError("cannot write \(path): \(reason(code))")
      }
      done += count
    }
    let isSynced = fsync(descriptor) == 0
    guard close(descriptor) == 0, isSynced else { throw DataError("cannot write \(path): \(reason(errno))") }
  }

  /// Errors: no such file, one that others may read, one that holds no key of ours; none shows what the file holds.
  public static func read(_ path: String) throws(DataError) -> SigningKey {
    let descriptor = openReading(path)
    guard descriptor >= 0 else { throw DataError("cannot read \(path): \(reason(errno))") }
    defer { _ = close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw DataError("\(path): not a file with a private key")
    }
    guard status.st_mode & 0o077 == 0 else {
      throw DataError("\(path): others may read this private key; make another one, or chmod 600 \(path) where nobody has read it")
    }
    var bytes = [UInt8](repeating: 0, count: limit)
    defer { for i in bytes.indices { bytes[i] = 0 } }
    // SAFETY: the buffer is the array's own, and read(2) writes no more than its length.
    let count = unsafe bytes.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
    guard count > 0, count < limit else { throw DataError("\(path): not a file with a private key") }
    return try SigningKey(pem: Array(bytes.prefix(count)), file: path)
  }

  private static func create(_ path: String) -> Int32 { unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600) }

  private static func openReading(_ path: String) -> Int32 { unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }

  private static func reason(_ code: Int32) -> String {
    switch code {
    case ENOENT: "no such file or folder"
    case EACCES, EPERM: "permission denied"
    case ENOTDIR: "a part of the path is no folder"
    case ELOOP: "a symbolic link"
    case ENOSPC: "no space is left"
    default: "error \(code)"
    }
  }
}
