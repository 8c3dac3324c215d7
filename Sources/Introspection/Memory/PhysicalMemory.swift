internal import Glibc

/// A guest's physical memory: ranges of guest-physical addresses, each lying in a mapped file from some offset on.
///
/// Everything read is the guest's and may be hostile, and may change between two reads of a running guest. An address outside of all ranges
/// gives nil; a hole of the file, which the guest never touched, reads as zeros and is not touched here either.
public final class PhysicalMemory: Sendable {
  /// One range of guest-physical addresses and where it lies.
  public struct Segment: Sendable {
    public let range: PhysicalRange
    let file: MappedFile
    /// Offset in the file of the range's first byte.
    public let fileOffset: UInt64

    /// Path of the file.
    public var path: String { file.path }
  }

  /// What a source of memory hands over: an open file, the offset in it, and the range of guest-physical addresses that begins there.
  public typealias Source = (descriptor: CInt, fileOffset: UInt64, range: PhysicalRange)

  /// Ascending, without overlap.
  public let segments: [Segment]
  /// What errors and reports name.
  public let path: String
  /// One past the highest address.
  public let end: UInt64
  /// Whether it belongs to a guest that runs while it is read.
  public let isRunning: Bool

  /// Memory that lies in open files, as a running QEMU's does. The descriptors may be closed afterwards.
  ///
  /// - Parameters:
  ///   - path: what errors name.
  ///   - isRunning: whether its guest runs.
  public convenience init(segments sources: [Source], path: String, isRunning: Bool = false) throws(IntrospectionError) {
    var files: [CInt: MappedFile] = [:]
    var segments: [Segment] = []
    for source in sources {
      let file: MappedFile
      if let known = files[source.descriptor] {
        file = known
      } else {
        file = try MappedFile(descriptor: source.descriptor, path: path)
        files[source.descriptor] = file
      }
      segments.append(Segment(range: source.range, file: file, fileOffset: source.fileOffset))
    }
    try self.init(segments: segments, path: path, isRunning: isRunning)
  }

  /// - Throws: `malformed` for no segment, for two that overlap, and for one that reaches beyond the end of its file.
  init(segments given: [Segment], path: String, isRunning: Bool = false) throws(IntrospectionError) {
    let segments = given.sorted { $0.range.start < $1.range.start }
    guard let last = segments.last else { throw .malformed(path: path, offset: 0, reason: "it holds no range of memory") }
    var end: UInt64 = 0
    for segment in segments {
      guard segment.range.start >= end else {
        throw .malformed(
          path: path, offset: segment.fileOffset,
          reason: "two ranges of memory overlap at physical 0x\(String(segment.range.start, radix: 16))")
      }
      guard segment.fileOffset <= segment.file.count, segment.range.count <= segment.file.count - segment.fileOffset else {
        throw .malformed(
          path: path, offset: segment.fileOffset,
          reason: "a range of \(segment.range.count) bytes from here reaches beyond the end of the file, which has \(segment.file.count)")
      }
      end = segment.range.end
    }
    self.segments = segments
    self.path = path
    self.isRunning = isRunning
    self.end = last.range.end
  }

  /// Bytes in all ranges.
  public var count: UInt64 { segments.reduce(0) { $0 + $1.range.count } }

  /// The ranges that hold data, ascending, cut at the ends of segments; holes are left out.
  public var populated: [PhysicalRange] {
    segments.flatMap { segment in
      segment.file.extents(in: segment.fileOffset..<segment.fileOffset + segment.range.count).compactMap {
        PhysicalRange(start: segment.range.start + ($0.lowerBound - segment.fileOffset), count: $0.upperBound - $0.lowerBound)
      }
    }
  }

  /// Lists the extents of all files again, so that `populated` holds what a running guest has filled since.
  public func refresh() {
    for segment in segments { segment.file.refresh() }
  }

  /// Whether `count` bytes from `address` lie in one range.
  public func holds(_ address: UInt64, count: UInt64 = 1) -> Bool { segment(of: address, count: count) != nil }

  /// Whether the guest has ever filled the page of `address`; false outside of all ranges.
  public func isPopulated(_ address: UInt64) -> Bool {
    guard let segment = segment(of: address, count: 1) else { return false }
    return segment.file.isPopulated(at: segment.fileOffset + (address - segment.range.start))
  }

  @inline(__always)
  func segment(of address: UInt64, count: UInt64) -> Segment? {
    var low = 0
    var high = segments.count
    while low < high {
      let middle = (low + high) / 2
      if segments[middle].range.end <= address { low = middle + 1 } else { high = middle }
    }
    guard low < segments.count, segments[low].range.holds(address, count: count) else { return nil }
    return segments[low]
  }

  // MARK: Reading

  /// A little-endian integer; nil where its bytes are not all in memory.
  @inline(__always)
  func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, at address: UInt64) -> T? {
    let size = UInt64(MemoryLayout<T>.size)
    guard let segment = segment(of: address, count: size) else { return nil }
    let offset = segment.fileOffset &+ (address &- segment.range.start)
    // Whole within one page of the file, which is what a hole is made of.
    if offset & (MappedFile.pageSize - 1) <= MappedFile.pageSize - size {
      guard segment.file.isPopulated(at: offset) else { return 0 }
      // SAFETY: the segment lies within its file, and the bytes within the segment.
      return T(littleEndian: unsafe segment.file.address(of: offset).loadUnaligned(as: T.self))
    }
    var value: T = 0
    for index in (0..<size).reversed() {
      guard let byte = load(UInt8.self, at: address + index) else { return nil }
      value = value << 8 | T(truncatingIfNeeded: byte)
    }
    return value
  }

  public func u8(_ address: UInt64) -> UInt8? { load(UInt8.self, at: address) }
  public func u16(_ address: UInt64) -> UInt16? { load(UInt16.self, at: address) }
  public func u32(_ address: UInt64) -> UInt32? { load(UInt32.self, at: address) }
  public func u64(_ address: UInt64) -> UInt64? { load(UInt64.self, at: address) }

  /// `count` bytes from `address`, which must lie in one range; holes are zeros.
  public func bytes(_ address: UInt64, count: Int) -> [UInt8]? {
    guard count >= 0, let segment = segment(of: address, count: UInt64(count)) else { return nil }
    let offset = segment.fileOffset + (address - segment.range.start)
    // SAFETY: `copy` fills exactly `count` bytes.
    return unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      unsafe Self.copy(
        segment.file, from: offset, into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]))
      filled = count
    }
  }

  /// The same in a store of its own, for what is parsed and kept.
  func store(_ address: UInt64, count: Int) -> ByteStore? {
    guard count >= 0, let segment = segment(of: address, count: UInt64(count)) else { return nil }
    let offset = segment.fileOffset + (address - segment.range.start)
    return unsafe ByteStore(count: count) { unsafe Self.copy(segment.file, from: offset, into: $0) }
  }

  /// Adds `count` bytes from `address`, which must lie in one range, to `result`; false, and nothing added, where they do not.
  func append(_ address: UInt64, count: Int, to result: inout [UInt8]) -> Bool {
    guard let more = bytes(address, count: count) else { return false }
    if result.isEmpty { result = more } else { result.append(contentsOf: more) }
    return true
  }

  /// Copies page by page: holes are filled with zeros. The caller has checked that the bytes lie in the file.
  private static func copy(_ file: MappedFile, from start: UInt64, into buffer: UnsafeMutableRawBufferPointer) {
    var done = 0
    while done < buffer.count {
      let offset = start + UInt64(done)
      var run = min(Int(MappedFile.pageSize - offset % MappedFile.pageSize), buffer.count - done)
      // SAFETY: `done + run` stays within the buffer, and the same bytes within the file.
      let target = unsafe buffer.baseAddress!.advanced(by: done)
      if file.isPopulated(at: offset) {
        while done + run < buffer.count, file.isPopulated(at: offset + UInt64(run)) {
          run = min(run + Int(MappedFile.pageSize), buffer.count - done)
        }
        unsafe memcpy(target, file.address(of: offset), run)
      } else {
        unsafe memset(target, 0, run)
      }
      done += run
    }
  }

  /// Calls `body` with the bytes of `range` in place, without a copy. The range must lie in one of `populated`; nil where it does not.
  ///
  /// The bytes of a running guest change while they are read: whoever parses them copies first or reads each byte once.
  public func withUnsafeBytes<R>(of range: PhysicalRange, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R? {
    guard let segment = segment(of: range.start, count: range.count) else { return nil }
    let offset = segment.fileOffset + (range.start - segment.range.start)
    var page = offset
    while page < offset + range.count {
      guard segment.file.isPopulated(at: page) else { return nil }
      page = (page / MappedFile.pageSize + 1) * MappedFile.pageSize
    }
    // SAFETY: the range lies within the file, every page of it has data, and `segment` holds the mapping for the call.
    return try unsafe body(UnsafeRawBufferPointer(start: segment.file.address(of: offset), count: Int(range.count)))
  }
}
