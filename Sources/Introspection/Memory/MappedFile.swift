internal import CLinux
internal import Glibc
internal import Synchronization

/// A file mapped read-only, and which of its pages hold data.
///
/// A page in a hole is never read through the mapping: on tmpfs and memfd that would allocate it in the guest's memory. Extents are listed
/// by SEEK_DATA and SEEK_HOLE (lseek(2)) when the file is opened; a page that was a hole then is asked for again, since a running guest
/// fills its memory up. A file system that knows no holes gives one extent.
@safe public final class MappedFile: @unchecked Sendable {
  /// Bytes; holes are listed and asked for page by page.
  static let pageSize: UInt64 = 4096

  public let path: String
  /// Length of the mapping, bytes.
  public let count: UInt64
  private let base: UnsafeRawPointer
  private let descriptor: CInt
  /// One bit for each page that is known to hold data.
  private let populated: UnsafeMutablePointer<Atomic<UInt64>>
  private let words: Int
  /// Where the mapping is watched for a file that was cut short.
  private let watch: Int32

  /// Installs the handler once.
  private static let watching: Bool = watch_faults() == 0

  private static let wording = Mutex<@Sendable (String) -> String>({ $0 })

  /// Sets how the program says that it ends because a file was cut short: from an error's own words a line without its end. For files that are
  /// mapped from now on.
  public static func tellFaults(by words: @escaping @Sendable (String) -> String) { wording.withLock { $0 = words } }

  /// The file's end may come nearer while it is read. There is no answer to give then: the reading program says why, and ends with 2.
  private static func watch(_ base: UnsafeRawPointer, _ count: Int, _ path: String) -> Int32 {
    guard watching else { return -1 }
    let error = IntrospectionError.unreadable(path: path, reason: "it was cut short while it was read; read it once it is whole")
    let sentence = Array((wording.withLock { $0(error.description) } + "\n").utf8)
    // SAFETY: the bytes are copied before the call returns.
    return unsafe sentence.withUnsafeBytes { unsafe watch_mapping(base, count, $0.baseAddress, $0.count) }
  }

  /// Maps the whole file.
  public convenience init(path: String) throws(IntrospectionError) {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
    guard descriptor >= 0 else { throw .unreadable(path: path, reason: Self.reason(errno)) }
    defer { _ = close(descriptor) }
    try self.init(descriptor: descriptor, path: path)
  }

  /// Maps the whole of an open file, which may be closed afterwards: a duplicate is kept.
  ///
  /// - Parameter path: what errors name.
  public init(descriptor given: CInt, path: String) throws(IntrospectionError) {
    var status = stat()
    guard unsafe fstat(given, &status) == 0 else { throw .unreadable(path: path, reason: Self.reason(errno)) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .unreadable(path: path, reason: "it is not a regular file") }
    guard status.st_size > 0 else { throw .unreadable(path: path, reason: "it is empty") }
    let descriptor = fcntl(given, F_DUPFD_CLOEXEC, 3)
    guard descriptor >= 0 else { throw .unreadable(path: path, reason: Self.reason(errno)) }
    let count = Int(status.st_size)
    // SAFETY: a fresh read-only mapping at an address that the kernel chooses; it lives until deinit.
    let start = unsafe mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0)
    guard let base = unsafe start, unsafe base != MAP_FAILED else {
      let error = errno
      _ = close(descriptor)
      throw .unreadable(path: path, reason: "mapping it failed: \(Self.reason(error))")
    }
    self.path = path
    self.count = UInt64(count)
    unsafe self.base = UnsafeRawPointer(base)
    self.descriptor = descriptor
    words = (count / Int(Self.pageSize) + 64) / 64
    // SAFETY: calloc gives zeroed memory, which is what an Atomic<UInt64> of zero is; it is freed in deinit.
    guard let bits = unsafe calloc(words, 8) else { fatalError("no memory for \(words) words") }
    unsafe populated = bits.bindMemory(to: Atomic<UInt64>.self, capacity: words)
    watch = unsafe Self.watch(base, count, path)
    listExtents()
  }

  deinit {
    unwatch_mapping(watch)
    // SAFETY: `base` is the mapping made in init, and nothing outlives this object that points into it.
    _ = unsafe munmap(UnsafeMutableRawPointer(mutating: base), Int(count))
    unsafe free(populated)
    _ = close(descriptor)
  }

  // Numbers of lseek(2) on Linux; Glibc's header hides them behind _GNU_SOURCE.
  private static let seekData: CInt = 3
  private static let seekHole: CInt = 4

  static func reason(_ error: CInt) -> String { unsafe String(cString: strerror(error)) }

  private func listExtents() {
    var position: UInt64 = 0
    while position < count {
      guard let extent = extent(from: position) else { return }
      mark(extent)
      position = extent.upperBound
    }
  }

  /// The next run of data at or after `position`, in whole pages; nil where only a hole follows.
  private func extent(from position: UInt64) -> Range<UInt64>? {
    let data = lseek(descriptor, off_t(position), Self.seekData)
    if data < 0 { return errno == ENXIO ? nil : position..<count }
    let hole = lseek(descriptor, data, Self.seekHole)
    let start = max(position, UInt64(data) & ~(Self.pageSize - 1))
    let end = hole < 0 ? count : min(count, (UInt64(hole) + Self.pageSize - 1) & ~(Self.pageSize - 1))
    return start < end ? start..<end : nil
  }

  private func mark(_ extent: Range<UInt64>) {
    var page = extent.lowerBound / Self.pageSize
    let last = (extent.upperBound - 1) / Self.pageSize
    while page <= last {
      let bit = page % 64
      let run = min(64 - bit, last - page + 1)
      let mask = (run == 64 ? ~0 : (UInt64(1) << run) - 1) << bit
      // SAFETY: `last` lies within the file, so that its word lies within `words`.
      unsafe populated[Int(page / 64)].bitwiseOr(mask, ordering: .relaxed)
      page += run
    }
  }

  /// Whether the page that holds the byte at `offset` has data; false beyond the end.
  @inline(__always)
  func isPopulated(at offset: UInt64) -> Bool {
    guard offset < count else { return false }
    let page = offset / Self.pageSize
    // SAFETY: the offset lies within the file, so that its word lies within `words`.
    if unsafe populated[Int(page / 64)].load(ordering: .relaxed) & (1 << (page % 64)) != 0 { return true }
    return asked(page)
  }

  /// Asks again for a page that was a hole.
  private func asked(_ page: UInt64) -> Bool {
    let start = page * Self.pageSize
    let data = lseek(descriptor, off_t(start), Self.seekData)
    guard data >= 0, UInt64(data) < start + Self.pageSize else { return false }
    mark(start..<min(start + Self.pageSize, count))
    return true
  }

  /// Runs of pages with data within `range`, ascending; bytes, cut to the range.
  func extents(in range: Range<UInt64>) -> [Range<UInt64>] {
    var found: [Range<UInt64>] = []
    var start: UInt64?
    let upper = min(range.upperBound, count)
    var offset = range.lowerBound
    while offset < upper {
      let page = offset / Self.pageSize
      // SAFETY: the offset lies within the file, so that its word lies within `words`.
      let word = unsafe populated[Int(page / 64)].load(ordering: .relaxed)
      let next: UInt64
      let isSet: Bool
      if page % 64 == 0, word == 0 || word == ~0 {
        next = (page + 64) * Self.pageSize
        isSet = word != 0
      } else {
        next = (page + 1) * Self.pageSize
        isSet = word & (1 << (page % 64)) != 0
      }
      if isSet, start == nil { start = offset }
      if !isSet, let first = start {
        found.append(first..<offset)
        start = nil
      }
      offset = next
    }
    if let first = start { found.append(first..<upper) }
    return found
  }

  /// The mapping from `offset` on; the caller holds this object, stays within `count`, and asks `isPopulated` before it touches a page.
  @inline(__always)
  func address(of offset: UInt64) -> UnsafeRawPointer { unsafe base.advanced(by: Int(offset)) }

  /// Lists the extents again: what a running guest filled since then is found without asking page by page.
  public func refresh() { listExtents() }
}
