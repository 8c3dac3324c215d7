internal import Glibc

/// Bytes copied out of a guest once, so that what is parsed does not change any more. Every access is checked against the count.
///
/// Some MiB are allocated for each kernel; they come in huge pages where the system gives them (MADV_HUGEPAGE), since filling them up page
/// by page costs more than parsing them.
@safe final class ByteStore: @unchecked Sendable {
  let count: Int
  private let start: UnsafeMutableRawPointer
  private let mapping: UnsafeMutableRawPointer
  private let mapped: Int

  private static let hugePage = 2 << 20

  /// Calls `fill` with `count` bytes of zeros to fill.
  init(count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) {
    let isHuge = count >= Self.hugePage
    let alignment = isHuge ? Self.hugePage : 4096
    mapped = (max(count, 1) + alignment - 1) / alignment * alignment + (isHuge ? alignment : 0)
    // SAFETY: a fresh anonymous mapping that is unmapped in deinit; `start` and `count` lie within it.
    let place = unsafe mmap(nil, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let place = unsafe place, unsafe place != MAP_FAILED else { fatalError("no memory for \(count) bytes") }
    unsafe mapping = place
    let over = Int(bitPattern: place) % alignment
    unsafe start = over == 0 ? place : place + (alignment - over)
    // Only as far as whole ones are filled. Advice: a system without huge pages gives the usual ones.
    if isHuge { _ = unsafe madvise(start, count / Self.hugePage * Self.hugePage, Self.advice) }
    self.count = count
    unsafe fill(UnsafeMutableRawBufferPointer(start: start, count: count))
  }

  convenience init(_ bytes: some Swift.Collection<UInt8>) {
    unsafe self.init(count: bytes.count) { unsafe $0.copyBytes(from: bytes) }
  }

  deinit { _ = unsafe munmap(mapping, mapped) }

  /// MADV_HUGEPAGE of madvise(2), which Glibc's module does not name.
  private static let advice: CInt = 14

  @inline(__always)
  subscript(index: Int) -> UInt8 {
    precondition(index >= 0 && index < count)
    // SAFETY: checked above.
    return unsafe start.load(fromByteOffset: index, as: UInt8.self)
  }

  /// A little-endian word of 32 bits.
  @inline(__always)
  func word(_ index: Int) -> UInt32 {
    precondition(index >= 0 && index <= count - 4)
    // SAFETY: checked above.
    return UInt32(littleEndian: unsafe start.loadUnaligned(fromByteOffset: index, as: UInt32.self))
  }

  /// A little-endian word of 64 bits.
  @inline(__always)
  func longWord(_ index: Int) -> UInt64 {
    precondition(index >= 0 && index <= count - 8)
    // SAFETY: checked above.
    return UInt64(littleEndian: unsafe start.loadUnaligned(fromByteOffset: index, as: UInt64.self))
  }

  func array(_ range: Range<Int>) -> [UInt8] {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    // SAFETY: checked above.
    return unsafe Array(UnsafeRawBufferPointer(start: start + range.lowerBound, count: range.count))
  }

  /// The bytes up to a zero byte, at most `limit` and at most up to `end`.
  func text(_ index: Int, end: Int, limit: Int) -> [UInt8] {
    var place = index
    let last = min(end, count, index + limit)
    while place < last, self[place] != 0 { place += 1 }
    return index < place ? array(index..<place) : []
  }

  func isEqual(_ index: Int, _ text: [UInt8]) -> Bool {
    guard index >= 0, text.count <= count - index else { return false }
    // SAFETY: both ranges were checked or are an array's own.
    return unsafe text.withUnsafeBytes { unsafe memcmp(start + index, $0.baseAddress ?? UnsafeRawPointer(start), text.count) == 0 }
  }
}
