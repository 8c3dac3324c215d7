/// The parts of a block that are not long runs of zero bytes. Memory that was given back and cleared is such a run, and most of an idle
/// guest's populated memory is.
struct ZeroRuns {
  private static let page = 4096

  /// Cuts runs out of a block.
  ///
  /// - Parameters:
  ///   - block: any bytes.
  ///   - margin: zeros kept on both sides of what is left. A run that is not longer than both of them together stays.
  /// - Returns: ascending parts with gaps between them; empty where all is zero.
  static func cut(from block: Block, margin: Int) -> [Block] {
    var parts: [Block] = []
    var begin: Int?
    // End of the last page that held anything.
    var end = 0
    var offset = 0
    while offset < block.count {
      let next = min(offset + page, block.count)
      if !isZero(block, offset..<next) {
        if let first = begin, offset - end > 2 * margin {
          parts.append(part(block, first, min(end + margin, block.count)))
          begin = offset - margin
        } else if begin == nil {
          begin = max(offset - margin, 0)
        }
        end = next
      }
      offset = next
    }
    if let begin { parts.append(part(block, begin, min(end + margin, block.count))) }
    return parts
  }

  private static func part(_ block: Block, _ first: Int, _ last: Int) -> Block {
    block.part(block.start + UInt64(first)..<block.start + UInt64(last))
  }

  private static func isZero(_ block: Block, _ range: Range<Int>) -> Bool {
    // SAFETY: offsets lie within the block; loads need no alignment.
    let bytes = unsafe block.bytes
    var offset = range.lowerBound
    let whole = range.upperBound - 63
    while offset < whole {
      var word: UInt64 = 0
      for step in 0..<8 { word |= unsafe bytes.loadUnaligned(fromByteOffset: offset + step &* 8, as: UInt64.self) }
      if word != 0 { return false }
      offset &+= 64
    }
    while offset < range.upperBound {
      if unsafe bytes[offset] != 0 { return false }
      offset &+= 1
    }
    return true
  }
}
