#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Why policies or data cannot be used. One line that says what was tried, on what, why it failed and what to do.
public struct DataError: Error, Sendable, Hashable, CustomStringConvertible {
  public let message: String
  /// The path where nothing was found, when that is the error.
  public let missing: String?

  public init(_ message: String, missing: String? = nil) {
    self.message = message
    self.missing = missing
  }

  public var description: String { message }
}

/// Reads the program's own files: policies, baselines, data, and those that the user adds. Bounded in size and depth.
public enum DataFiles {
  /// Largest policy, baseline or data file.
  public static let limit = 16 << 20
  /// Largest document: data and input of Rego's commands.
  public static let documentLimit = Int(Int32.max)
  private static let deepest = 24
  private static let most = 20_000

  /// The bytes of one file.
  ///
  /// - Parameter limit: largest file that is read, in bytes.
  public static func bytes(_ path: String, limit: Int = limit) throws(DataError) -> [UInt8] {
    let descriptor = openReading(path)
    guard descriptor >= 0 else { throw Self.unreadable(path, errno) }
    defer { _ = close(descriptor) }
    // A pipe that nobody writes to did not block the opening; one whose writer has nothing yet is waited for.
    _ = fcntl(descriptor, F_SETFL, 0)
    var status = stat()
    // A file that is one has its size, and its bytes are read to where they stay.
    let size = unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? min(Int(status.st_size), limit) : 0
    var result = try bytes(of: descriptor, size + 1, path)
    while result.count > size || size == 0 {
      guard result.count <= limit else { throw DataError("cannot read \(path): larger than \(bound(limit))") }
      let more = try bytes(of: descriptor, 64 << 10, path)
      if more.isEmpty { break }
      result += more
    }
    return result
  }

  /// A bound in the unit in which it is a whole number.
  private static func bound(_ bytes: Int) -> String {
    bytes >= 1 << 20 ? "\(bytes >> 20) MiB" : bytes >= 1 << 10 ? "\(bytes >> 10) KiB" : "\(bytes) bytes"
  }

  /// Up to `most` bytes; fewer at the end of the file alone.
  private static func bytes(of descriptor: Int32, _ most: Int, _ path: String) throws(DataError) -> [UInt8] {
    var failure: Int32 = 0
    // SAFETY: read(2) writes no more than the rest of the buffer, and as many bytes are initialised as it says.
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: most) { buffer, count in
      unsafe advise(buffer)
      while count < most {
        let taken = unsafe read(descriptor, buffer.baseAddress.unsafelyUnwrapped + count, most - count)
        if taken < 0, errno == EINTR { continue }
        if taken < 0 { failure = errno }
        if taken <= 0 { return }
        count += taken
      }
    }
    if failure != 0 { throw DataError("cannot read \(path): \(reason(failure))") }
    return bytes
  }

  /// A large file lies on pages of 2 MiB where the kernel grants them: five hundred faults less for each.
  private static func advise(_ buffer: UnsafeMutableBufferPointer<UInt8>) {
    let page = 2 << 20
    guard buffer.count >= 2 * page, let base = buffer.baseAddress else { return }
    let start = UInt(bitPattern: base)
    let skipped = Int((start + UInt(page) - 1) / UInt(page) * UInt(page) - start)
    // SAFETY: advice about whole pages within memory that was just allocated; where it is not taken nothing changes.
    unsafe _ = madvise(base + skipped, (buffer.count - skipped) / page * page, Int32(MADV_HUGEPAGE))
  }

  /// Files at or below `path` whose name ends in one of `suffixes`, sorted by path. Links to folders are not followed.
  ///
  /// - Parameter ignored: patterns of fnmatch(3); a file or folder below `path` whose name one of them matches is passed over.
  public static func files(at path: String, suffixes: [String], ignoring ignored: [String] = []) throws(DataError) -> [String] {
    guard let status = Status(path) else { throw Self.unreadable(path, errno) }
    guard status.isFolder else { return [path] }
    var found: [String] = []
    try walk(path, depth: 0, suffixes: suffixes, ignored: ignored, into: &found)
    return found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private static func walk(
    _ folder: String, depth: Int, suffixes: [String], ignored: [String], into found: inout [String]
  ) throws(DataError) {
    guard depth < deepest else { throw DataError("cannot read \(folder): folders nested deeper than \(deepest)") }
    for name in try names(folder) where !name.hasPrefix(".") && !ignored.contains(where: { matches(name, $0) }) {
      let path = folder.hasSuffix("/") ? folder + name : folder + "/" + name
      guard let status = Status(path, followingLinks: false) else { continue }
      if status.isFolder {
        try walk(path, depth: depth + 1, suffixes: suffixes, ignored: ignored, into: &found)
      } else if suffixes.contains(where: name.hasSuffix) {
        found.append(path)
        guard found.count <= most else { throw DataError("cannot read \(folder): more than \(most) files") }
      }
    }
  }

  static func matches(_ name: String, _ pattern: String) -> Bool { unsafe fnmatch(pattern, name, 0) == 0 }

  private static func names(_ folder: String) throws(DataError) -> [String] {
    guard let stream = unsafe opendir(folder) else { throw DataError("cannot read \(folder): \(reason(errno))") }
    defer { _ = unsafe closedir(stream) }
    var names: [String] = []
    // SAFETY: readdir's entry is valid until the next call on the same stream, and its name is copied at once.
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }

  /// Folders above a path, from the root down, links resolved; empty where there is nothing at the path.
  static func ancestors(of path: String) -> [String] {
    guard let pointer = unsafe realpath(path, nil) else { return [] }
    defer { unsafe free(pointer) }
    let parts = unsafe String(cString: pointer).split(separator: "/").dropLast()
    return parts.indices.map { "/" + parts[...$0].joined(separator: "/") }
  }

  public static func exists(_ path: String) -> Bool { Status(path) != nil }

  public static func isFolder(_ path: String) -> Bool { Status(path)?.isFolder ?? false }

  /// The running program's file, links resolved; nil where /proc is missing.
  public static func executable() -> String? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    // SAFETY: readlink(2) writes at most the length given, which is the array's.
    let count = unsafe buffer.withUnsafeMutableBytes { bytes in
      unsafe readlink("/proc/self/exe", bytes.baseAddress.unsafelyUnwrapped, bytes.count)
    }
    return count > 0 ? String(decoding: buffer[0..<count], as: UTF8.self) : nil
  }

  static func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }

  /// What stat(2) says of a path.
  struct Status {
    let isFolder: Bool
    /// Anybody may write here, and no sticky bit keeps others' entries.
    let isOpenToAll: Bool

    /// nil when there is nothing, with errno set.
    init?(_ path: String, followingLinks: Bool = true) {
      var status = stat()
      let result = followingLinks ? unsafe stat(path, &status) : unsafe lstat(path, &status)
      guard result == 0 else { return nil }
      isFolder = status.st_mode & S_IFMT == S_IFDIR
      let isLink = status.st_mode & S_IFMT == S_IFLNK
      isOpenToAll = !isLink && status.st_mode & 0o002 != 0 && (status.st_mode & S_ISVTX == 0 || !isFolder)
    }
  }

  /// Whether anybody may write to the file or folder; false where there is none.
  public static func isOpenToAll(_ path: String) -> Bool { Status(path)?.isOpenToAll ?? false }

  private static func unreadable(_ path: String, _ code: Int32) -> DataError {
    DataError("cannot read \(path): \(reason(code))", missing: code == ENOENT ? path : nil)
  }

  private static func reason(_ code: Int32) -> String {
    switch code {
    case ENOENT: "no such file"
    case EACCES, EPERM: "permission denied"
    case ENOTDIR: "not a folder"
    case EISDIR: "a folder, not a file"
    case ELOOP: "too many symbolic links"
    default: "error \(code)"
    }
  }
}

/// open(2) without its variadic form.
private func openReading(_ path: String) -> Int32 {
  unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
}
