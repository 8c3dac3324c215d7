internal import Glibc

/// Files with rules, as they are named on a command line: read within bounds, and never out of the folders that were named.
struct RuleFiles {
  struct File {
    /// Resolved, without links.
    let path: String
    /// What people are told.
    let shown: String
    let namespace: String
    /// The folder that its includes must lie in, resolved; nil for a text that may include nothing.
    let root: String?
  }

  /// Largest single file, bytes.
  static let largest = 8 << 20
  /// Bytes of all files and includes together.
  static let largestTotal = 64 << 20
  /// Most files in all folders.
  static let most = 20_000
  static let deepest = 16
  static let suffixes = [".yar", ".yara"]

  private(set) var files: [File] = []
  private var namespaces: Set<String> = []

  /// - Parameter paths: files, or folders whose `.yar` and `.yara` files are taken in order of their paths.
  init(_ paths: [String]) throws(RuleError) {
    for path in paths {
      guard let resolved = Self.resolve(path) else { throw Self.failure(path, "cannot be opened: \(Self.reason(errno))") }
      if Self.isFolder(resolved) {
        let before = files.count
        try walk(resolved, shown: path, root: resolved, prefix: "", depth: 0)
        if files.count == before { throw Self.failure(path, "holds no file that ends in .yar or .yara") }
      } else {
        let parts = resolved.split(separator: "/", omittingEmptySubsequences: true)
        try add(
          File(
            path: resolved, shown: path, namespace: Self.stem(String(parts.last ?? "")),
            root: "/" + parts.dropLast().joined(separator: "/")))
      }
    }
  }

  private mutating func walk(_ folder: String, shown: String, root: String, prefix: String, depth: Int) throws(RuleError) {
    guard depth < Self.deepest else { throw Self.failure(shown, "folders are nested more than \(Self.deepest) deep") }
    for name in try Self.entries(folder, shown: shown).sorted() {
      let place = "\(shown.hasSuffix("/") ? String(shown.dropLast()) : shown)/\(name)"
      let isRule = Self.suffixes.contains { name.hasSuffix($0) }
      guard let path = Self.resolve("\(folder)/\(name)") else {
        if isRule { throw Self.failure(place, "cannot be opened: \(Self.reason(errno))") }
        continue
      }
      if Self.isFolder(path) {
        // A link to a folder may lead in a circle and is left alone.
        if path == "\(folder)/\(name)" { try walk(path, shown: place, root: root, prefix: "\(prefix)\(name)/", depth: depth + 1) }
      } else if isRule {
        guard Self.isInside(path, root) else { throw Self.failure(place, "leads out of the folder that was named") }
        try add(File(path: path, shown: place, namespace: prefix + Self.stem(name), root: root))
      }
    }
  }

  private mutating func add(_ file: File) throws(RuleError) {
    guard files.count < Self.most else { throw Self.failure(file.shown, "is one of more than \(Self.most) files") }
    let isTaken = !namespaces.insert(file.namespace).inserted
    let namespace = isTaken ? file.path : file.namespace
    namespaces.insert(namespace)
    files.append(File(path: file.path, shown: file.shown, namespace: namespace, root: file.root))
  }

  static func isInside(_ path: String, _ root: String) -> Bool { root == "/" || path.hasPrefix(root + "/") }

  private static func stem(_ name: String) -> String {
    for suffix in suffixes where name.hasSuffix(suffix) && name.utf8.count > suffix.utf8.count {
      return String(name.dropLast(suffix.count))
    }
    return name
  }

  static func failure(_ file: String, _ message: String) -> RuleError { RuleError([RuleProblem(file: file, message: message)]) }
}

extension RuleFiles {
  /// The path without links; nil with `errno` where there is none.
  static func resolve(_ path: String) -> String? {
    // SAFETY: realpath allocates what it returns, and nobody else holds it.
    guard let buffer = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(buffer) }
    return unsafe String(cString: buffer)
  }

  static func isFolder(_ path: String) -> Bool {
    var status = stat()
    // SAFETY: stat fills the one structure that it is given.
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  private static func entries(_ folder: String, shown: String) throws(RuleError) -> [String] {
    // SAFETY: the stream is closed on the way out, and an entry is read before the next call replaces it.
    guard let stream = unsafe opendir(folder) else { throw failure(shown, "cannot be listed: \(reason(errno))") }
    defer { unsafe _ = closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name.hasPrefix(".") { continue }
      names.append(name)
      guard names.count <= most else { throw failure(shown, "holds more than \(most) files") }
    }
    return names
  }

  /// A whole regular file of at most `largest` bytes.
  static func bytes(_ path: String, shown: String) throws(RuleError) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw failure(shown, "cannot be opened: \(reason(errno))") }
    defer { close(descriptor) }
    var status = stat()
    // SAFETY: fstat fills the one structure that it is given.
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw failure(shown, "is no regular file") }
    guard status.st_size <= largest else { throw failure(shown, "has more than \(largest >> 20) MiB") }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size) + 1)
    var filled = 0
    while filled < bytes.count {
      // SAFETY: read writes no more than what is left of the array.
      let count = unsafe bytes.withUnsafeMutableBytes {
        unsafe read(descriptor, $0.baseAddress.unsafelyUnwrapped + filled, $0.count - filled)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw failure(shown, "cannot be read: \(reason(errno))")
      }
      if count == 0 { break }
      filled += count
    }
    guard filled < bytes.count else { throw failure(shown, "grew while it was read") }
    bytes.removeSubrange(filled...)
    if let zero = bytes.firstIndex(of: 0) {
      let line = bytes[..<zero].count { $0 == 0x0A } + 1
      throw RuleError([RuleProblem(file: shown, line: line, message: "holds a NUL byte; compiled rules are not read, only their text")])
    }
    return bytes
  }

  static func reason(_ code: Int32) -> String {
    // SAFETY: strerror returns a text of the C library that stays until the next call.
    unsafe String(cString: strerror(code))
  }
}
