internal import Audit
internal import Judgement

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The file that a store lies in: where it is by default, and that nobody but its owner reads it.
enum StoreFile {
  /// `/var/lib/ringwall/history.db` for root, else below `$XDG_STATE_HOME` or `~/.local/state`.
  static func defaultPath() throws(DataError) -> String {
    if CurrentUser.id == 0 { return "/var/lib/ringwall/history.db" }
    // XDG Base Directory Specification 0.8: a relative path is ignored.
    if let state = Environment.value("XDG_STATE_HOME"), state.hasPrefix("/") { return state + "/ringwall/history.db" }
    guard let home = Environment.value("HOME"), home.hasPrefix("/") else {
      throw DataError("--store: neither XDG_STATE_HOME nor HOME says where results are kept; name a file, as in --history FILE")
    }
    return home + "/.local/state/ringwall/history.db"
  }

  /// Makes the folder (0700) and the file (0600) where they are missing, and refuses one that is not the user's own.
  static func prepare(_ path: String, creating: Bool) throws(DataError) {
    if creating { try makeFolder(of: path) }
    let flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | (creating ? O_CREAT : 0)
    let descriptor = openPrivate(path, flags)
    guard descriptor >= 0 else { throw failure(path, errno) }
    defer { _ = close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw failure(path, errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw DataError("\(path): no file that results could be kept in; name another") }
    guard status.st_uid == geteuid() else {
      throw DataError("\(path): belongs to another user, who could have put anything there; name a file of your own, as in --history FILE")
    }
    try refuseForeign(descriptor, path)
    if status.st_mode & 0o077 != 0 { _ = fchmod(descriptor, 0o600) }
  }

  /// Marks a SQLite file as a store of results (`PRAGMA application_id`): "RWHS".
  static let mark: UInt32 = 0x5257_4853

  /// Refuses what is no store before SQLite opens it, which would already change a database of another program.
  ///
  /// The first page of a database (SQLite, Database File Format, section 1.3) begins with its name, says at 18 whether it has a write-ahead
  /// log, and at 68 whose it is. A store that was cut off while it was made has the log and not yet the mark.
  private static func refuseForeign(_ descriptor: Int32, _ path: String) throws(DataError) {
    // SAFETY: pread(2) writes no more than the capacity, and as many bytes are initialised as it says.
    let head = unsafe [UInt8](unsafeUninitializedCapacity: 72) { buffer, count in
      count = unsafe max(0, pread(descriptor, buffer.baseAddress, buffer.count, 0))
    }
    if head.isEmpty { return }
    guard head.count == 72, head.starts(with: Array("SQLite format 3\0".utf8)) else {
      throw DataError("\(path): no store of results; name another file, as in --history FILE")
    }
    let owner = head[68..<72].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    guard owner == mark || (owner == 0 && head[18] == 2) else {
      throw DataError("\(path): a database of another program; name another file, as in --history FILE")
    }
  }

  private static func makeFolder(of path: String) throws(DataError) {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
    let folder = String(path[..<slash])
    var status = stat()
    if unsafe stat(folder, &status) == 0 { return }
    try makeFolder(of: folder)
    if unsafe mkdir(folder, 0o700) != 0 && errno != EEXIST { throw failure(folder, errno) }
  }

  private static func failure(_ path: String, _ code: Int32) -> DataError {
    let reason =
      switch code {
      case ENOENT: "there is no store yet; keep a run with ringwall audit --store"
      case EACCES, EPERM: "permission denied; name a file of your own, as in --history FILE"
      case ELOOP: "a symbolic link; name the file itself"
      case EISDIR: "a folder; name a file in it"
      case EROFS: "the file system is read-only; name a file elsewhere, as in --history FILE"
      case ENOSPC, EDQUOT: "no space is left; make room or name a file elsewhere"
      case ENOTDIR: "a part of the path is no folder"
      default: "error \(code)"
      }
    return DataError("cannot open the store \(path): \(reason)")
  }
}

/// open(2) with the mode of a new file.
private func openPrivate(_ path: String, _ flags: Int32) -> Int32 { unsafe open(path, flags, 0o600) }
