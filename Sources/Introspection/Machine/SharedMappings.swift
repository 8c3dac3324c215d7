internal import Glibc

/// A part of a process's address space that is a file, shared with whoever else maps it: one or more lines of /proc/PID/maps.
public struct SharedMapping: Sendable, Hashable {
  /// Virtual addresses in the process.
  public let start: UInt64
  public let end: UInt64
  /// Offset in the file of the first byte.
  public let offset: UInt64
  public let inode: UInt64
  /// As the kernel tells it: "/memfd:NAME (deleted)", "/dev/shm/NAME", "/dev/zero (deleted)".
  public let path: String
  /// The lines of /proc/PID/maps that it was put together from, as START-END: names in /proc/PID/map_files.
  let lines: [String]

  public var count: UInt64 { end - start }

  /// What kind of file: "memfd", "hugetlbfs", "anonymous", "file".
  public var kind: String {
    if path.hasPrefix("/memfd:") { return "memfd" }
    if path.hasPrefix("/anon_hugepage") || path.contains("/hugepages") { return "hugetlbfs" }
    return path.hasPrefix("/dev/zero") ? "anonymous" : "file"
  }

  /// Below this size nothing is the RAM of a guest; bytes.
  static let smallest: UInt64 = 1 << 20

  /// Shared mappings of at least `smallest` bytes that can be written, in ascending order of addresses. What QEMU maps privately (`rw-p`) is
  /// left out, also where it is a file: what the guest writes there does not reach the file.
  static func all(in maps: String) -> [SharedMapping] {
    var found: [SharedMapping] = []
    for line in maps.split(separator: "\n") {
      guard let mapping = SharedMapping(line: line) else { continue }
      if let last = found.last, last.end == mapping.start, last.inode == mapping.inode, last.path == mapping.path,
        last.offset + last.count == mapping.offset
      {
        found[found.count - 1] = SharedMapping(
          start: last.start, end: mapping.end, offset: last.offset, inode: last.inode, path: last.path, lines: last.lines + mapping.lines)
      } else {
        found.append(mapping)
      }
    }
    return found.filter { $0.count >= smallest }
  }

  init(start: UInt64, end: UInt64, offset: UInt64, inode: UInt64, path: String, lines: [String]) {
    self.start = start
    self.end = end
    self.offset = offset
    self.inode = inode
    self.path = path
    self.lines = lines
  }

  /// One line (proc(5)): `address perms offset dev inode path`.
  private init?(line: Substring) {
    let fields = line.split(separator: " ", maxSplits: 5)
    guard fields.count == 6, fields[1].hasPrefix("rw"), fields[1].hasSuffix("s"), let dash = fields[0].firstIndex(of: "-"),
      let start = UInt64(fields[0][..<dash], radix: 16), let end = UInt64(fields[0][fields[0].index(after: dash)...], radix: 16),
      start < end,
      let offset = UInt64(fields[2], radix: 16), let inode = UInt64(fields[4])
    else { return nil }
    let path = fields[5].drop { $0 == " " }
    // Rings and queues of the kernel are no memory of a guest.
    guard path.hasPrefix("/"), !path.hasPrefix("/[") else { return nil }
    self.init(start: start, end: end, offset: offset, inode: inode, path: String(path), lines: [String(fields[0])])
  }
}

/// The files of a QEMU's shared mappings, as something that can be opened.
struct RAMFiles {
  let pid: Int32
  let mappings: [SharedMapping]
  /// Descriptors of QEMU that name a file: number and inode, ascending.
  private let descriptors: [(number: Int32, inode: UInt64)]

  init(pid: Int32) {
    self.pid = pid
    let files = ProcessFiles(pid: pid)
    mappings = SharedMapping.all(in: files.text("maps") ?? "")
    let wanted = Set(mappings.map(\.inode))
    descriptors = files.names("fd").compactMap { name in
      guard let number = Int32(name), let inode = Self.inode(files.path("fd/\(name)")), wanted.contains(inode) else { return nil }
      return (number, inode)
    }
  }

  private static func inode(_ path: String) -> UInt64? {
    var status = stat()
    guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return UInt64(status.st_ino)
  }

  /// In the order in which QEMU opened them: by descriptor, and those without one by falling address, which is the order of mmap(2).
  var inOrderOfCreation: [SharedMapping] {
    let first = Dictionary(descriptors.map { ($0.inode, $0.number) }) { min($0, $1) }
    return mappings.sorted { (first[$0.inode] ?? .max, ~$0.start) < (first[$1.inode] ?? .max, ~$1.start) }
  }

  /// Whether the file has holes that cannot be told from data, as on hugetlbfs: reading one takes a huge page from the guest, and ends the reader with
  /// SIGBUS where none is left.
  private static func hidesHoles(_ descriptor: Int32, _ status: stat) -> Bool {
    // SEEK_HOLE, which Glibc's module does not name.
    let seekHole: Int32 = 4
    return status.st_blksize >= 2 << 20 && off_t(status.st_blocks) * 512 < status.st_size
      && lseek(descriptor, 0, seekHole) == status.st_size
  }

  /// Opens a mapping's file for reading: through QEMU's own descriptor, else through the mapping, else by its path.
  ///
  /// - Returns: a descriptor that the caller closes.
  func open(_ mapping: SharedMapping) throws(MachineError) -> Int32 {
    let files = ProcessFiles(pid: pid)
    let own = descriptors.filter { $0.inode == mapping.inode }.map { files.path("fd/\($0.number)") }
    var code: Int32 = ENOENT
    for path in own + mapping.lines.prefix(1).map({ files.path("map_files/\($0)") }) + [files.path("root") + mapping.path] {
      let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
      if descriptor < 0 {
        if errno != ENOENT { code = errno }
        continue
      }
      var status = stat()
      if unsafe fstat(descriptor, &status) == 0, UInt64(status.st_ino) == mapping.inode,
        UInt64(clamping: status.st_size) >= mapping.offset + mapping.count
      {
        if Self.hidesHoles(descriptor, status) {
          _ = close(descriptor)
          throw .unreadableMemory(
            pid: pid, what: mapping.path,
            reason: "it lies in huge pages of which some were never filled, and reading would fill them; add prealloc=on")
        }
        return descriptor
      }
      _ = close(descriptor)
    }
    // SAFETY: strerror(3) returns a text that ends in NUL and stays until the next call on this thread.
    throw .unreadableMemory(pid: pid, what: mapping.path, reason: unsafe String(cString: strerror(code)))
  }
}
