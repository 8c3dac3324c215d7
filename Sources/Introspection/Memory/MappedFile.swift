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
  /// -1 for a copy.
  private let descriptor: CInt
  /// What pages are copied from when they are read for the first time; nil for a mapping of the file itself.
  private let source: MappedFile?
  /// One bit for each page that is known to hold data; in a copy, for each page that was copied.
  private let populated: UnsafeMutablePointer<Atomic<UInt64>>
  private let words: Int
  private let copies = Atomic<Int>(0)
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
    source = nil
    unsafe (populated, words) = Self.bits(count)
    watch = unsafe Self.watch(base, count, path)
    listExtents()
  }

  /// A copy of those pages of a mapping that are read through it, each as it was when it was read for the first time or when `copyAgain` was called last.
  ///
  /// - Parameter source: a mapping of a file, which is kept as long as this one.
  /// - Throws: `unreadable` where there are no addresses left for as many bytes as the file has; memory is used for the pages that are copied.
  init(copying source: MappedFile) throws(IntrospectionError) {
    let count = Int(source.count)
    // SAFETY: a fresh anonymous mapping; it lives until deinit.
    let start = unsafe mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let base = unsafe start, unsafe base != MAP_FAILED else {
      throw .unreadable(path: source.path, reason: "no room for a copy of it: \(Self.reason(errno))")
    }
    path = source.path
    self.count = source.count
    unsafe self.base = UnsafeRawPointer(base)
    descriptor = -1
    self.source = source
    unsafe (populated, words) = Self.bits(count)
    watch = -1
  }

  /// Bits for the pages of so many bytes, none of them set, and in how many words; freed in deinit.
  private static func bits(_ count: Int) -> (UnsafeMutablePointer<Atomic<UInt64>>, Int) {
    let words = (count / Int(pageSize) + 64) / 64
    // SAFETY: calloc gives zeroed memory, which is what an Atomic<UInt64> of zero is.
    guard let bits = unsafe calloc(words, 8) else { fatalError("no memory for \(words) words") }
    return unsafe (bits.bindMemory(to: Atomic<UInt64>.self, capacity: words), words)
  }

  deinit {
    unwatch_mapping(watch)
    // SAFETY: `base` is the mapping made in init, and nothing outlives this object that points into it.
    _ = unsafe munmap(UnsafeMutableRawPointer(mutating: base), Int(count))
    unsafe free(populated)
    if descriptor >= 0 { _ = close(descriptor) }
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

  /// Asks again for a page that was a hole; copies one that was not copied yet.
  private func asked(_ page: UInt64) -> Bool {
    let start = page * Self.pageSize
    if let source {
      guard copies.load(ordering: .relaxed) < Self.copyLimit, source.isPopulated(at: start) else { return false }
      copy(page, from: source)
      mark(start..<min(start + Self.pageSize, count))
      copies.add(1, ordering: .relaxed)
      return true
    }
    let data = lseek(descriptor, off_t(start), Self.seekData)
    guard data >= 0, UInt64(data) < start + Self.pageSize else { return false }
    mark(start..<min(start + Self.pageSize, count))
    return true
  }

  /// Runs of pages with data within `range`, ascending; bytes, cut to the range. Those of a copy are its source's.
  func extents(in range: Range<UInt64>) -> [Range<UInt64>] {
    if let source { return source.extents(in: range) }
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
  public func refresh() { if let source { source.refresh() } else { listExtents() } }

  // MARK: Copies

  /// Most pages that a copy takes, so that a guest whose structures lead everywhere does not fill the host's memory: 64 MiB. The others read as holes.
  static let copyLimit = 16_384

  /// Pages that were copied; 0 for a mapping of a file.
  var copyCount: Int { copies.load(ordering: .relaxed) }

  /// Copies all pages again that were copied before.
  func copyAgain() {
    guard let source else { return }
    for word in 0..<words {
      // SAFETY: `word` lies within `words`.
      var left = unsafe populated[word].load(ordering: .relaxed)
      while left != 0 {
        copy(UInt64(word * 64 + left.trailingZeroBitCount), from: source)
        left &= left - 1
      }
    }
  }

  private func copy(_ page: UInt64, from source: MappedFile) {
    let start = page * Self.pageSize
    // SAFETY: the page was asked for within the file, which both mappings cover; this one is written here alone.
    unsafe memcpy(UnsafeMutableRawPointer(mutating: address(of: start)), source.address(of: start), Int(min(Self.pageSize, count - start)))
  }
}
