internal import Judgement

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Where a result goes: standard output, or a file that appears, or is replaced, only when the result is complete.
final class ResultOutput {
  /// nil for standard output.
  let path: String?
  private let temporary: String?
  private var descriptor: Int32
  private var buffer: [UInt8] = []
  private(set) var byteCount = 0

  /// Opens nothing yet, but refuses at once what could not be written later.
  ///
  /// - Parameter path: nil and "-" are standard output.
  init(path: String?) throws(DataError) {
    guard let path, path != "-" else {
      self.path = nil
      temporary = nil
      descriptor = Console.output
      return
    }
    self.path = path
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let parent = folder.isEmpty ? "/" : folder
    var status = stat()
    let exists = unsafe stat(path, &status) == 0
    let kind = status.st_mode & S_IFMT
    if exists && kind == S_IFDIR { throw DataError("--output \(path): a folder; name a file in it") }
    if exists && kind != S_IFREG {
      // A device or a pipe cannot be replaced: it is written to as it stands.
      temporary = nil
      descriptor = openWriting(path)
      guard descriptor >= 0 else { throw Self.failure(path, errno) }
      return
    }
    guard unsafe access(parent, W_OK | X_OK) == 0 else { throw Self.failure(path, errno) }
    temporary = "\(parent == "/" ? "" : parent)/.\(path.split(separator: "/").last ?? "result").\(getpid())"
    descriptor = -1
  }

  deinit {
    guard let temporary, descriptor >= 0 else { return }
    _ = close(descriptor)
    _ = unsafe unlink(temporary)
  }

  func write(_ bytes: [UInt8]) throws(DataError) {
    buffer += bytes
    if buffer.count >= 1 << 16 { try flush() }
  }

  /// Makes the file appear under its name.
  func finish() throws(DataError) {
    try flush()
    guard let path, let temporary else { return }
    try openTemporary()
    guard fsync(descriptor) == 0, close(descriptor) == 0 else { throw Self.failure(path, errno) }
    descriptor = -1
    guard unsafe rename(temporary, path) == 0 else {
      let code = errno
      _ = unsafe unlink(temporary)
      throw Self.failure(path, code)
    }
  }

  private func flush() throws(DataError) {
    guard !buffer.isEmpty else { return }
    try openTemporary()
    let code = Console.put(buffer, to: descriptor)
    guard code == 0 else { throw Self.failure(path ?? "standard output", code) }
    byteCount += buffer.count
    buffer.removeAll(keepingCapacity: true)
  }

  private func openTemporary() throws(DataError) {
    guard let path, let temporary, descriptor < 0 else { return }
    descriptor = createNew(temporary)
    guard descriptor >= 0 else { throw Self.failure(path, errno) }
    // A file that is replaced keeps who may read it.
    var status = stat()
    if unsafe stat(path, &status) == 0 { _ = fchmod(descriptor, status.st_mode & 0o777) }
  }

  /// What to tell the user about a write that failed, by errno.
  static func failure(_ path: String, _ code: Int32) -> DataError {
    let reason =
      switch code {
      case ENOENT: "the folder does not exist; make it first"
      case EACCES, EPERM: "permission denied; name a file in a folder that you may write to"
      case EROFS: "the file system is read-only; name a file elsewhere"
      case ENOSPC, EDQUOT: "no space is left; make room or name a file elsewhere"
      case EEXIST: "an unfinished file of an earlier run is in the way; remove it"
      case ENOTDIR: "a part of the path is no folder"
      case EPIPE: "nobody reads it any more"
      default: "error \(code)"
      }
    return DataError("cannot write \(path): \(reason)")
  }
}

/// open(2) of what exists.
private func openWriting(_ path: String) -> Int32 { unsafe open(path, O_WRONLY | O_CLOEXEC) }

/// open(2) of a file that must not exist yet.
private func createNew(_ path: String) -> Int32 { unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o666) }
