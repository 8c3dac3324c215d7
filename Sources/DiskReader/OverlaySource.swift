#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// A disk of which some bytes come from a sparse file: those that the file holds, at the same places from an offset on.
final class OverlaySource: BlockSource {
  private let base: any BlockSource
  private let file: Int32
  /// Places on the disk, in order, apart from each other.
  private let extents: [Range<Int64>]
  private let offset: Int64

  var size: Int64 { base.size }

  /// - Parameters:
  ///   - file: stays the caller's.
  ///   - offset: place on the disk of the file's first byte.
  init(_ base: any BlockSource, file: Int32, offset: Int64) {
    self.base = base
    self.file = file
    self.offset = offset
    extents = Self.extents(of: file).map { $0.lowerBound + offset..<$0.upperBound + offset }
  }

  /// SEEK_DATA and SEEK_HOLE, which the C library shows only with its own extensions (Linux, include/uapi/linux/fs.h).
  private static let seekData: Int32 = 3
  private static let seekHole: Int32 = 4

  /// What a sparse file holds.
  static func extents(of file: Int32) -> [Range<Int64>] {
    var extents: [Range<Int64>] = []
    var at = lseek(file, 0, seekData)
    while at >= 0 {
      let end = lseek(file, at, seekHole)
      guard end > at else { break }
      extents.append(Int64(at)..<Int64(end))
      at = lseek(file, end, seekData)
    }
    return extents
  }

  func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) -> Bool {
    var done = 0
    var index = firstExtent(endingBehind: offset)
    while done < buffer.count {
      let place = offset + Int64(done)
      while index < extents.count, extents[index].upperBound <= place { index += 1 }
      let extent = index < extents.count ? extents[index] : Int64.max - 1..<Int64.max
      let isOwn = extent.contains(place)
      let count = Int(min(Int64(buffer.count - done), (isOwn ? extent.upperBound : extent.lowerBound) - place))
      // SAFETY: the piece lies inside the buffer, which slicing checks.
      let piece = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[done..<done + count])
      if isOwn {
        // SAFETY: pread(2) writes no more than the piece has.
        guard unsafe pread(file, piece.baseAddress, count, off_t(place - self.offset)) == count else { return false }
      } else {
        guard unsafe base.read(at: place, into: piece) else { return false }
      }
      done += count
    }
    return true
  }

  private func firstExtent(endingBehind place: Int64) -> Int {
    var low = 0
    var high = extents.count
    while low < high {
      let middle = (low + high) / 2
      if extents[middle].upperBound <= place { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
