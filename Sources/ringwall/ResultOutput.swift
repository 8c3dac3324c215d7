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
  /// Nil until something is written, and for what is written to as it stands.
  private var file: UnfinishedFile?
  private let isReplaced: Bool
  private var descriptor: Int32
  private var buffer: [UInt8] = []
  private(set) var byteCount = 0

  /// Opens nothing yet, but refuses at once what could not be written later.
  ///
  /// - Parameters:
  ///   - path: nil and "-" are standard output.
  ///   - inputs: files that are read for it, of which none may be replaced by what is read from them; names of other things are passed
  ///     over.
  init(path: String?, inputs: [String] = []) throws(DataError) {
    guard let path, path != "-" else {
      self.path = nil
      isReplaced = false
      descriptor = Console.output
      return
    }
    self.path = path
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let parent = folder.isEmpty ? "/" : folder
    var status = stat()
    let exists = unsafe stat(path, &status) == 0
    let kind = status.st_mode & S_IFMT
    if exists { try Self.check(path, status, differsFrom: inputs) }
    if exists && kind == S_IFDIR { throw DataError("--output \(path): a folder; name a file in it") }
    if exists && kind != S_IFREG {
      // A device or a pipe cannot be replaced: it is written to as it stands.
      isReplaced = false
      descriptor = openWriting(path)
      guard descriptor >= 0 else { throw Self.failure(path, errno) }
      return
    }
    guard unsafe access(parent, W_OK | X_OK) == 0 else { throw Self.failure(path, errno) }
    isReplaced = true
    descriptor = -1
  }

  func write(_ bytes: [UInt8]) throws(DataError) {
    buffer += bytes
    if buffer.count >= 1 << 16 { try flush() }
  }

  /// Makes the file appear under its name.
  func finish() throws(DataError) {
    try flush()
    guard let path, isReplaced else { return }
    try openFile()
    do throws(UnfinishedFile.Failure) { try file?.appear(as: path, replacing: true) } catch { throw Self.failure(path, error.code) }
    file = nil
    descriptor = -1
  }

  private func flush() throws(DataError) {
    guard !buffer.isEmpty else { return }
    try openFile()
    let code = Console.put(buffer, to: descriptor)
    guard code == 0 else { throw Self.failure(path ?? "standard output", code) }
    byteCount += buffer.count
    buffer.removeAll(keepingCapacity: true)
  }

  private func openFile() throws(DataError) {
    guard let path, isReplaced, descriptor < 0 else { return }
    do throws(UnfinishedFile.Failure) {
      let file = try UnfinishedFile(for: path, mode: 0o666)
      self.file = file
      descriptor = file.descriptor
    } catch { throw Self.failure(path, error.code) }
    // A file that is replaced keeps who may read it.
    var status = stat()
    if unsafe stat(path, &status) == 0 { _ = fchmod(descriptor, status.st_mode & 0o777) }
  }

  /// - Throws: where a file that exists is one of those that are read.
  static func check(_ path: String, _ status: stat, differsFrom inputs: [String]) throws(DataError) {
    guard status.st_mode & S_IFMT == S_IFREG || status.st_mode & S_IFMT == S_IFBLK else { return }
    for input in inputs {
      var other = stat()
      if unsafe stat(input, &other) == 0, other.st_dev == status.st_dev, other.st_ino == status.st_ino {
        throw DataError("\(path): is what is read; name another file")
      }
    }
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
      case ENAMETOOLONG: "the name is too long; name a shorter one"
      case EFBIG: "the file would be larger than the system allows; raise the limit or name a file elsewhere"
      case EPIPE: "nobody reads it any more"
      default: "error \(code)"
      }
    return DataError("cannot write \(path): \(reason)")
  }
}

/// open(2) of what exists.
private func openWriting(_ path: String) -> Int32 { unsafe open(path, O_WRONLY | O_CLOEXEC) }
