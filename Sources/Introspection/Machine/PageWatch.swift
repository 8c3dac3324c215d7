/// Which of some chosen pages were written since they were last looked at: by a keyed hash of each page.
///
/// It sees that a page's content is another one, not who wrote it, and not a page that was changed and put back in between. Reads of a page leave no
/// trace that can be seen from outside without the host's second-level page tables. The hash is SipHash under a key of this process
/// (`Swift.Hasher`), which a guest cannot know and so cannot collide with on purpose.
public struct PageWatch {
  public struct Sample: Sendable, Hashable {
    /// Guest-physical addresses of pages whose content is another one than in the sample before, ascending; none in the first.
    public let changed: [UInt64]
    /// Pages that the guest has never filled.
    public let holes: Int
    /// Pages that do not lie in its memory.
    public let outside: Int
  }

  /// Bytes of a page.
  public static let pageSize: UInt64 = 4096

  private let memory: PhysicalMemory
  /// Guest-physical addresses, ascending.
  public let pages: [UInt64]
  private var hashes: [Int?]
  private var isFirst = true

  /// - Parameter addresses: guest-physical addresses; each names the page that it lies in.
  public init(_ memory: PhysicalMemory, addresses: some Sequence<UInt64>) {
    self.memory = memory
    pages = Set(addresses.map { $0 & ~(Self.pageSize - 1) }).sorted()
    hashes = Array(repeating: nil, count: pages.count)
  }

  /// Watches each page of a range, at most `limit` of them spread evenly.
  public init(_ memory: PhysicalMemory, range: PhysicalRange, limit: Int = 1 << 20) {
    let first = range.start & ~(Self.pageSize - 1)
    let count = (range.end - first + Self.pageSize - 1) / Self.pageSize
    let step = max(1, (count + UInt64(max(limit, 1)) - 1) / UInt64(max(limit, 1)))
    self.init(memory, addresses: stride(from: first, to: range.end, by: Int(step * Self.pageSize)))
  }

  /// Looks at all pages once. A hole is not touched, and becoming one that is filled is a change.
  public mutating func sample() -> Sample {
    var changed: [UInt64] = []
    var holes = 0
    var outside = 0
    for (index, page) in pages.enumerated() {
      let hash = hash(page)
      if hash == nil {
        if memory.holds(page, count: Self.pageSize) { holes += 1 } else { outside += 1 }
      }
      if !isFirst, hash != hashes[index] { changed.append(page) }
      hashes[index] = hash
    }
    isFirst = false
    return Sample(changed: changed, holes: holes, outside: outside)
  }

  private func hash(_ page: UInt64) -> Int? {
    guard memory.isPopulated(page), let range = PhysicalRange(start: page, count: Self.pageSize) else { return nil }
    // SAFETY: the bytes are read once and inside the call only.
    return unsafe memory.withUnsafeBytes(of: range) { bytes in
      var hasher = Hasher()
      unsafe hasher.combine(bytes: bytes)
      return hasher.finalize()
    }
  }
}
