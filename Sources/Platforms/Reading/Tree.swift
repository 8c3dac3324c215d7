public import Domain

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A file system as the audit sees it: the live one, or a saved copy below a folder (`--root DIR`).
///
/// Paths are absolute inside the tree ("/sys/module/kvm/parameters/nx_huge_pages") and are what facts cite.
/// Every read is bounded in size; nothing is ever written. A symbolic link that leads out of a saved tree is not followed.
public struct Tree: Sendable {
  /// "" for the live system, else the folder without a trailing slash.
  public let root: String
  /// True when the tree is this machine, now: then processes, commands and system calls may be asked too.
  public var isLive: Bool { root.isEmpty }

  /// - Parameter root: nil for the live system.
  public init(root: String? = nil) {
    var path = root ?? ""
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    self.root = path == "/" ? "" : path
    resolvedRoot = self.root.isEmpty ? nil : Self.resolved(self.root)
  }

  /// The root without links; nil for the live system, and where there is none.
  private let resolvedRoot: String?

  /// Why a path could not be read.
  public enum Failure: Error, Sendable, Hashable {
    /// Nothing of that name, and the folder it would lie in was looked at.
    case notFound
    /// The nearest existing ancestor lies outside of what a saved tree holds.
    case notGiven
    case permission
    /// Larger than the limit.
    case tooLarge
    /// Any other error: too many links, a folder in the place of a file, an input/output error.
    case io
  }

  /// The bytes of a file. A file that grows or lies about its size (procfs) is read to its end.
  ///
  /// - Parameter limit: bytes at most; one more is `tooLarge`.
  public func bytes(_ path: String, limit: Int = 16 << 20) throws(Failure) -> [UInt8] {
    try read(path) { count throws(Failure) in
      if count > limit { throw .tooLarge }
      return true
    }
  }

  /// The first bytes of a file: `count` of them and the rest of the last block read, or the whole where it is shorter.
  public func beginning(_ path: String, count: Int) throws(Failure) -> [UInt8] { try read(path) { $0 < count } }

  /// Bytes of a file from `offset` on: `count` at most, fewer at its end.
  public func bytes(_ path: String, at offset: Int64, count: Int) throws(Failure) -> [UInt8] {
    let descriptor = try open(path, O_RDONLY)
    defer { _ = close(descriptor) }
    guard lseek(descriptor, off_t(offset), SEEK_SET) == off_t(offset) else { throw Self.failure(errno) }
    var failure: Int32 = 0
    // SAFETY: read(2) writes no more than the capacity, and as many bytes are initialised as it says.
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, taken in
      let n = Self.awaiting(descriptor) { unsafe readFile(descriptor, buffer.baseAddress, buffer.count) }
      if n < 0 { failure = errno }
      taken = max(0, n)
    }
    if failure != 0 { throw Self.failure(failure) }
    return bytes
  }

  /// - Parameter goesOn: whether to read on after so many bytes.
  private func read(_ path: String, goesOn: (Int) throws(Failure) -> Bool) throws(Failure) -> [UInt8] {
    let descriptor = try open(path, O_RDONLY)
    defer { _ = close(descriptor) }
    var result: [UInt8] = []
    while true {
      var failure: Int32 = 0
      // SAFETY: read(2) writes no more than the capacity, and as many bytes are initialised as it says.
      let chunk = unsafe [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
        let n = Self.awaiting(descriptor) { unsafe readFile(descriptor, buffer.baseAddress, buffer.count) }
        if n < 0 { failure = errno }
        count = max(0, n)
      }
      if failure != 0 { throw Self.failure(failure) }
      if chunk.isEmpty { return result }
      let mayGoOn = try goesOn(result.count + chunk.count)
      if result.isEmpty { result = chunk } else { result.append(contentsOf: chunk) }
      if !mayGoOn { return result }
    }
  }

  /// The file as text without its last line end. Invalid UTF-8 is replaced, for values that are only shown or compared.
  public func line(_ path: String) throws(Failure) -> String {
    var text = String(decoding: try bytes(path, limit: 1 << 20), as: UTF8.self)
    while text.last?.isNewline == true { text.removeLast() }
    return text
  }

  /// Names in a folder, sorted, without "." and "..".
  public func names(in path: String) throws(Failure) -> [String] {
    let descriptor = try open(path, O_RDONLY | O_DIRECTORY)
    guard let stream = unsafe fdopendir(descriptor) else {
      _ = close(descriptor)
      throw .io
    }
    defer { _ = unsafe closedir(stream) }
    var names: [String] = []
    // SAFETY: readdir's entry is valid until the next call on the same stream, and its name is copied at once.
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
      if names.count > 100_000 { throw .tooLarge }
    }
    return names.sorted()
  }

  /// What stat(2) says; the last link is followed.
  public struct Attributes: Sendable, Hashable {
    /// Permission bits only (0o7777).
    public let mode: UInt32
    public let uid: UInt32
    public let gid: UInt32
    public let isDirectory: Bool
    public let isSymbolicLink: Bool
    /// A file with content of its own: no folder, pipe, socket or device.
    public let isRegular: Bool
    public let size: Int64
  }

  public func attributes(_ path: String, followingLinks: Bool = true) throws(Failure) -> Attributes {
    var status = stat()
    let full = root + path
    let result = followingLinks ? unsafe stat(full, &status) : unsafe lstat(full, &status)
    if result != 0 { throw missing(path, errno) }
    return Attributes(
      mode: status.st_mode & 0o7777, uid: status.st_uid, gid: status.st_gid,
      isDirectory: status.st_mode & S_IFMT == S_IFDIR, isSymbolicLink: status.st_mode & S_IFMT == S_IFLNK,
      isRegular: status.st_mode & S_IFMT == S_IFREG, size: Int64(status.st_size))
  }

  /// The text of a symbolic link.
  public func link(_ path: String) throws(Failure) -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let full = root + path
    // SAFETY: readlink(2) writes at most the length given, which is the array's.
    let n = unsafe buffer.withUnsafeMutableBytes { unsafe readlink(full, $0.baseAddress!, $0.count) }
    if n < 0 { throw missing(path, errno) }
    return String(decoding: buffer[0..<n], as: UTF8.self)
  }

  public func exists(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(root + path, &status) == 0
  }

  // MARK: -

  private func open(_ path: String, _ flags: Int32) throws(Failure) -> Int32 {
    let full = root + path
    if !isLive, leavesTree(path) { throw .io }
    let descriptor = Self.retrying { Int(openFile(full, flags | O_CLOEXEC | O_NONBLOCK)) }
    if descriptor < 0 { throw missing(path, errno) }
    return Int32(descriptor)
  }

  /// True when a link below a saved tree resolves outside of it.
  private func leavesTree(_ path: String) -> Bool {
    guard let base = resolvedRoot, let full = Self.resolved(root + path) else { return false }
    return !(full == base || full.hasPrefix(base + "/"))
  }

  /// The path without links, `.` and `..`; nil for what is not there.
  public static func resolved(_ path: String) -> String? {
    guard let pointer = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(pointer) }
    return unsafe String(cString: pointer)
  }

  /// In a saved tree a path is "not there" only when its folder was saved; otherwise nobody looked.
  private func missing(_ path: String, _ code: Int32) -> Failure {
    let failure = Self.failure(code)
    guard failure == .notFound, !isLive else { return failure }
    let first = path.split(separator: "/").first.map { "/" + $0 } ?? "/"
    return exists(first) ? .notFound : .notGiven
  }

  private static func failure(_ code: Int32) -> Failure {
    switch code {
    case ENOENT, ENOTDIR: .notFound
    case EACCES, EPERM: .permission
    case EFBIG: .tooLarge
    default: .io
    }
  }

  /// Milliseconds that a pipe may say nothing. What is named with <(virsh dumpxml web) comes when it is ready, and what never comes is given up.
  private static let patience = 60_000

  /// The same for what is opened so that it does not block: a pipe whose writer has nothing yet is waited for.
  private static func awaiting(_ descriptor: Int32, _ call: () -> Int) -> Int {
    while true {
      let result = retrying(call)
      if result >= 0 || errno != EAGAIN { return result }
      guard !ReadableDescriptors.wait([descriptor], milliseconds: patience).isEmpty else {
        errno = ETIMEDOUT
        return -1
      }
    }
  }

  private static func retrying(_ call: () -> Int) -> Int {
    for _ in 0..<16 {
      let result = call()
      if result >= 0 || errno != EINTR { return result }
    }
    return -1
  }
}

/// open(2) without its variadic form.
private func openFile(_ path: String, _ flags: Int32) -> Int32 {
  unsafe open(path, flags)
}

/// read(2), whose name the tree has for itself.
private func readFile(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  // SAFETY: the caller's buffer holds `count` bytes.
  unsafe read(descriptor, buffer, count)
}

extension Tree.Failure {
  /// The reason code that a fact carries.
  public var why: String {
    switch self {
    case .notFound: "not-found"
    case .notGiven: "not-given"
    case .permission: "permission"
    case .tooLarge: "too-large"
    case .io: "io"
    }
  }
}

extension Tree {
  /// A fact from one whole file: its trimmed text when it can be read, absent when it is not there.
  public func fact(_ path: String) -> Fact {
    do throws(Failure) {
      return .present(.string(try line(path)), .path(path, line: 1, column: 1))
    } catch {
      return fact(path, failed: error)
    }
  }

  /// The fact that a failed read leaves.
  public func fact(_ path: String, failed failure: Failure) -> Fact {
    switch failure {
    case .notFound: .absent(.path(path))
    case .notGiven: .notCollected(failure.why, .path(path))
    case .permission, .tooLarge, .io: .unreadable(failure.why, .path(path))
    }
  }
}
