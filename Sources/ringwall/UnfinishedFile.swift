internal import Judgement
internal import Platforms

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A file that gets its name only when it is whole. Until then it has none (O_TMPFILE), so that nothing is left of it however the program ends; where
/// the file system knows no such files it has a hidden name beside its place.
final class UnfinishedFile {
  private(set) var descriptor: Int32
  private let temporary: String
  private var isNamed: Bool

  /// - Parameters:
  ///   - path: where it will appear.
  ///   - mode: of a new file, less the umask.
  /// - Throws: errno.
  init(for path: String, mode: mode_t) throws(Failure) {
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let parent = folder.isEmpty ? "/" : folder
    // Of its own and short: the name of the result may be as long as the file system lets names be.
    temporary = "\(parent == "/" ? "" : parent)/.ringwall-\(getpid())-\(String(UInt32.random(in: 0...UInt32.max), radix: 16))"
    descriptor = openUnnamed(parent, mode)
    isNamed = false
    // It is named through /proc, which need not be mounted.
    if descriptor >= 0, unsafe access("/proc/self/fd/\(descriptor)", F_OK) != 0 {
      _ = close(descriptor)
      descriptor = -1
    }
    if descriptor < 0 {
      Interrupts.remove(temporary)
      descriptor = openNew(temporary, mode)
      guard descriptor >= 0 else { throw Failure(code: errno) }
      isNamed = true
    }
  }

  struct Failure: Error {
    /// errno.
    let code: Int32
  }

  deinit {
    if descriptor >= 0 { _ = close(descriptor) }
    if isNamed { _ = unsafe unlink(temporary) }
    Interrupts.remove(nil)
  }

  /// Writes it through to the disk and gives it its name.
  ///
  /// - Parameter replacing: whether a file of that name may be there; else EEXIST.
  func appear(as path: String, replacing: Bool) throws(Failure) {
    guard fsync(descriptor) == 0 else { throw Failure(code: errno) }
    let content = "/proc/self/fd/\(descriptor)"
    // AT_SYMLINK_FOLLOW: the descriptor's name leads to the file.
    if !isNamed {
      if replacing { Interrupts.remove(temporary) }
      guard unsafe linkat(AT_FDCWD, content, AT_FDCWD, replacing ? temporary : path, Self.follow) == 0 else { throw Failure(code: errno) }
      isNamed = replacing
    } else if !replacing {
      guard unsafe link(temporary, path) == 0 else { throw Failure(code: errno) }
    }
    if replacing {
      guard unsafe rename(temporary, path) == 0 else { throw Failure(code: errno) }
      isNamed = false
    }
    let last = descriptor
    descriptor = -1
    guard close(last) == 0 else { throw Failure(code: errno) }
  }

  private static let follow: Int32 = 0x400
}

/// open(2) of a file without a name in a folder. O_TMPFILE, which Glibc's module does not name, is a bit of its own and O_DIRECTORY.
private func openUnnamed(_ folder: String, _ mode: mode_t) -> Int32 { unsafe open(folder, 0x40_0000 | O_DIRECTORY | O_RDWR | O_CLOEXEC, mode) }

/// open(2) of a file that must not exist yet.
private func openNew(_ path: String, _ mode: mode_t) -> Int32 { unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode) }
