internal import CProcessor
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// Reads and writes of the heap's records by address.
///
/// The only place where addresses become pointers. Addresses come from `Heap.allocate` alone, are stored in `Value.body` and in records,
/// and live as long as the heap they came from; whoever holds a `Value` holds its heap (`Document`, `Evaluation`). Offsets and counts
/// are the records' own and are checked where an index comes from outside (`ArrayView`, `ObjectView`).
enum Memory {
  typealias Address = UInt

  @inline(__always)
  static func pointer(_ address: Address) -> UnsafeMutableRawPointer {
    // SAFETY: an address is never 0 here: it was returned by Heap.allocate.
    unsafe UnsafeMutableRawPointer(bitPattern: address).unsafelyUnwrapped
  }
  @inline(__always)
  static func load<T: BitwiseCopyable>(_ address: Address, _ offset: Int, as type: T.Type = T.self) -> T {
    // SAFETY: offset lies inside the record, and T is trivial and aligned.
    unsafe pointer(address).load(fromByteOffset: offset, as: T.self)
  }
  @inline(__always)
  static func store<T: BitwiseCopyable>(_ address: Address, _ offset: Int, _ value: T) {
    // SAFETY: as load.
    unsafe pointer(address).storeBytes(of: value, toByteOffset: offset, as: T.self)
  }
  /// A word that several threads may write, all of them the same value.
  @inline(__always)
  static func loadShared(_ address: Address, _ offset: Int) -> UInt64 {
    // SAFETY: as load; an atomic word has the layout of its value.
    unsafe (pointer(address) + offset).assumingMemoryBound(to: Atomic<UInt64>.self).pointee.load(ordering: .relaxed)
  }
  @inline(__always)
  static func storeShared(_ address: Address, _ offset: Int, _ value: UInt64) {
    // SAFETY: as loadShared.
    unsafe (pointer(address) + offset).assumingMemoryBound(to: Atomic<UInt64>.self).pointee.store(value, ordering: .relaxed)
  }
  @inline(__always)
  static func value(_ address: Address, at index: Int) -> Value {
    // SAFETY: the callers check index against the record's count.
    unsafe pointer(address).load(fromByteOffset: index &* 16, as: Value.self)
  }
  @inline(__always)
  static func setValue(_ address: Address, at index: Int, _ value: Value) {
    unsafe pointer(address).storeBytes(of: value, toByteOffset: index &* 16, as: Value.self)
  }
  /// The value at an offset in bytes.
  @inline(__always)
  static func value(_ address: Address, offset: Int) -> Value { load(address, offset) }
  @inline(__always)
  static func setValue(_ address: Address, offset: Int, _ value: Value) { store(address, offset, value) }
  @inline(__always)
  static func copy(from: Address, to: Address, bytes: Int) {
    // SAFETY: both ranges were allocated with at least this size, and new ranges do not overlap old ones.
    if bytes > 0 { unsafe pointer(to).copyMemory(from: UnsafeRawPointer(pointer(from)), byteCount: bytes) }
  }
  /// Fills with zero bytes.
  static func clear(_ address: Address, bytes: Int) {
    // SAFETY: the range was allocated with at least this size.
    unsafe pointer(address).initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
  }
  @inline(__always)
  static func buffer(_ address: Address, count: Int) -> UnsafeBufferPointer<UInt8> {
    unsafe UnsafeBufferPointer(start: pointer(address).assumingMemoryBound(to: UInt8.self), count: count)
  }
  /// The largest part of a range that starts and ends with pages of 2 MiB, so that giving it back splits none; nil where there is none.
  static func wholePages(from start: Address, to end: Address) -> Range<Address>? {
    let unit: Address = 2 << 20
    let first = (start &+ (unit &- 1)) & ~(unit &- 1), last = end & ~(unit &- 1)
    return first < last ? first..<last : nil
  }
  /// Gives whole pages back to the system: what they held is gone, and their addresses stay valid. They must be of memory that one owner
  /// allocated and nobody reads any more.
  static func discard(_ pages: Range<Address>) {
    // SAFETY: see above. Where the advice is not taken the pages stay as they are, on which nobody relies.
    unsafe _ = madvise(pointer(pages.lowerBound), Int(pages.upperBound &- pages.lowerBound), Int32(MADV_DONTNEED))
  }
  /// Order of two byte strings: negative, 0 or positive.
  @inline(__always)
  static func compareBytes(_ a: Address, _ countA: Int, _ b: Address, _ countB: Int) -> Int {
    let n = min(countA, countB)
    if n > 0 {
      var i = 0
      while i &+ 8 <= n {
        let x: UInt64 = loadUnaligned(a, i), y: UInt64 = loadUnaligned(b, i)
        if x != y { return x.byteSwapped < y.byteSwapped ? -1 : 1 }
        i &+= 8
      }
      while i < n {
        let x: UInt8 = load(a, i), y: UInt8 = load(b, i)
        if x != y { return x < y ? -1 : 1 }
        i &+= 1
      }
    }
    return countA - countB
  }
  @inline(__always)
  static func loadUnaligned<T: BitwiseCopyable>(_ address: Address, _ offset: Int, as type: T.Type = T.self) -> T {
    unsafe pointer(address).loadUnaligned(fromByteOffset: offset, as: T.self)
  }
  /// Asks for the lines of a range before they are read one after the other: those that are not at hand are then waited for together. The
  /// range may lie anywhere.
  @inline(__always)
  static func prefetch(from start: Address, to end: Address) {
    var line = start & ~63
    while line < end {
      prefetch_line(line)
      line &+= 64
    }
  }
  @inline(__always)
  static func equalBytes(_ a: Address, _ b: Address, _ count: Int) -> Bool {
    compareBytes(a, count, b, count) == 0
  }
}

/// Memory for values: bump allocation in chunks that never move, freed together.
///
/// Not thread-safe while it is written. A frozen heap may be read from several threads.
final class Heap: @unchecked Sendable {
  private var chunks: [(start: Memory.Address, size: Int)] = []
  /// The chunk that allocations come from; those behind it are free.
  private var current = -1
  /// Bytes in chunks that `reset` keeps.
  private static let kept = 64 << 20
  private var cursor: Memory.Address = 0
  private var limit: Memory.Address = 0
  /// Bytes handed out in full chunks before the current one.
  private var filled = 0
  /// Bytes that may be allocated in all; more is an error of the evaluation that asked (see `isExhausted`).
  let budget: Int
  /// Set once the budget was exceeded. Allocation goes on so that no caller has to handle failure; the machine checks this at loops and calls.
  private(set) var isExhausted = false

  init(budget: Int = .max) { self.budget = budget }

  deinit { release(keeping: 0) }

  /// Room for `bytes`, aligned to 16. The content is not initialised.
  @inline(__always)
  func allocate(_ bytes: Int) -> Memory.Address {
    let size = UInt(bitPattern: (bytes &+ 15) & ~15)
    let start = cursor
    if size <= limit &- start {
      cursor = start &+ size
      return start
    }
    return allocateSlow(Int(size))
  }

  /// Takes back what the last allocation does not need: from `start` (rounded up) to its end. Nothing happens where it was not the last.
  func giveBack(from start: Memory.Address, end: Memory.Address) {
    if cursor == (end &+ 15) & ~15 { cursor = (start &+ 15) & ~15 }
  }

  @inline(never)
  private func allocateSlow(_ size: Int) -> Memory.Address {
    if current >= 0 { filled += Int(cursor &- chunks[current].start) }
    if filled &+ size > budget { isExhausted = true }
    var next = current + 1
    while next < chunks.count, chunks[next].size < size { next += 1 }
    if next < chunks.count {
      // Those passed over stand behind it and are used later.
      chunks.swapAt(current + 1, next)
    } else {
      let doubled = chunks.isEmpty ? 4 << 10 : min((chunks.map(\.size).max() ?? 0) * 2, 4 << 20)
      let chunkSize = max(size, doubled)
      chunks.insert((Self.chunk(of: chunkSize), chunkSize), at: current + 1)
    }
    current += 1
    let start = chunks[current].start
    cursor = start &+ UInt(size)
    limit = start &+ UInt(chunks[current].size)
    return start
  }

  /// Large chunks lie on pages of 2 MiB where the kernel grants them: a thousand faults less for each.
  private static func chunk(of size: Int) -> Memory.Address {
    let isLarge = size >= 4 << 20
    let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: isLarge ? 2 << 20 : 16)
    // SAFETY: advice about whole pages of memory that was just allocated; where it is not taken nothing changes.
    if isLarge { unsafe _ = madvise(memory, size & ~4095, Int32(MADV_HUGEPAGE)) }
    return UInt(bitPattern: memory)
  }

  /// What was allocated last, up to 4 KiB: all of a small document.
  var newest: (start: Memory.Address, end: Memory.Address) {
    let start = current < 0 ? cursor : chunks[current].start
    return (cursor &- start > 4 << 10 ? cursor &- 4 << 10 : start, cursor)
  }

  /// Ends what uses the heap as if more than the budget had been allocated.
  func exhaust() { isExhausted = true }

  /// Bytes in use.
  var used: Int { current < 0 ? 0 : filled + Int(cursor &- chunks[current].start) }

  /// Where values of the heap may lie.
  var ranges: [(start: Memory.Address, end: Memory.Address)] {
    current < 0 ? [] : chunks[...current].map { (start: $0.start, end: $0.start &+ UInt($0.size)) }
  }

  /// Forgets every value where they take more than the next evaluation may keep: whoever waits for it does not hold them.
  func shrink() { if used > Self.kept { reset() } }

  /// Forgets every value; chunks are kept for the next evaluation, up to a bound.
  func reset() {
    filled = 0
    isExhausted = false
    guard let first = chunks.first else { return }
    if current > 0 {
      var total = 0
      var kept = 0
      while kept < chunks.count, total + chunks[kept].size <= Self.kept || kept == 0 {
        total += chunks[kept].size
        kept += 1
      }
      if kept < chunks.count { release(keeping: kept) }
    }
    current = 0
    cursor = first.start
    limit = first.start &+ UInt(first.size)
  }

  private func release(keeping kept: Int) {
    for chunk in chunks.dropFirst(kept) {
      // SAFETY: allocated in allocateSlow, freed once, and no value outlives its heap.
      unsafe Memory.pointer(chunk.start).deallocate()
    }
    chunks.removeSubrange(kept...)
  }
}
