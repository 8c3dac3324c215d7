/// Memory cut into pieces that threads take one after the other.
///
/// A piece shows libyara some bytes before and behind those that it is responsible for, so that a match across a cut is found, and found
/// once. Where regions follow one another in physical memory and not in the mapping, as below and above a device's window, a copy of the
/// bytes on both sides is a piece of its own. Between regions that do not follow one another lies a hole, which nobody reads.
struct ScanPlan {
  /// SAFETY: `block` leads into a region or into `copy`, and a piece keeps the latter.
  @safe struct Piece: @unchecked Sendable {
    let block: Block
    /// Where matches begin that belong to this piece.
    let owned: Range<UInt64>
    /// Matches that belong to this piece end above the lower and at or below the upper of these addresses.
    let ends: ClosedRange<UInt64>
    let copy: SeamBytes?

    func owns(_ match: FoundString) -> Bool {
      let end = match.address + UInt64(match.length)
      return owned.contains(match.address) && end > ends.lowerBound && end <= ends.upperBound
    }
  }

  /// Bytes shown before a piece and kept from the end of a region that goes on elsewhere: what a regular expression looks at beside a
  /// match, a word's border in two-byte characters at most.
  static let lead: UInt64 = 64
  static let size = 16 << 20

  private(set) var pieces: [Piece] = []
  /// All regions, ascending, each as long as the mapping goes on.
  private(set) var regions: [Block] = []
  private(set) var bytes: UInt64 = 0

  /// - Parameters:
  ///   - regions: in any order; where two of them tell of the same address, the one that begins first counts.
  ///   - margin: how far a match may reach.
  ///   - size: bytes of a piece.
  init(_ regions: [MemoryRegion], margin: Int, size: Int = Self.size) {
    self.regions = Self.joined(regions)
    bytes = self.regions.reduce(0) { $0 + UInt64($1.count) }
    let margin = UInt64(margin)
    for (index, region) in self.regions.enumerated() {
      let follows = index > 0 && self.regions[index - 1].end == region.start
      if follows { pieces.append(seam(before: index, margin: margin)) }
      let goesOn = index + 1 < self.regions.count && self.regions[index + 1].start == region.end
      // The seams answer for what begins or ends so near to a border that a look beyond it may decide.
      let ends = 0...(goesOn ? region.end - min(Self.lead, UInt64(region.count)) : .max)
      var start = follows ? min(region.start + Self.lead, region.end) : region.start
      while start < region.end {
        let end = min(start + UInt64(size), region.end)
        let first = max(region.start, start >= Self.lead ? start - Self.lead : 0)
        let last = min(region.end, end + margin)
        pieces.append(Piece(block: region.part(first..<last), owned: start..<end, ends: ends, copy: nil))
        start = end
      }
    }
  }

  private func seam(before index: Int, margin: UInt64) -> Piece {
    let left = regions[index - 1]
    let border = left.end
    let first = border - min(UInt64(left.count), margin + 2 * Self.lead)
    let last = border + margin + Self.lead
    var parts = [left.part(first..<border)]
    var end = border
    for region in regions[index...] where region.start == end && end < last {
      parts.append(region.part(region.start..<min(region.end, last)))
      end = min(region.end, last)
    }
    let copy = SeamBytes(parts)
    return Piece(
      block: copy.block(start: first),
      owned: border - min(UInt64(left.count), margin + Self.lead)..<min(regions[index].end, border + Self.lead),
      ends: border - min(UInt64(left.count), Self.lead)...(.max), copy: copy)
  }

  /// Ascending, without empty regions and overlaps; neighbours in the mapping as one.
  private static func joined(_ regions: [MemoryRegion]) -> [Block] {
    var blocks: [Block] = []
    for region in regions.map(\.block).sorted(by: { $0.start < $1.start })
    where region.count > 0 && region.start <= UInt64.max - UInt64(region.count) {
      guard let last = blocks.last else {
        blocks.append(region)
        continue
      }
      if region.end <= last.end { continue }
      let rest = region.part(max(region.start, last.end)..<region.end)
      if last.end == rest.start, let joined = last.joined(with: rest) {
        blocks[blocks.count - 1] = joined
      } else {
        blocks.append(rest)
      }
    }
    return blocks
  }
}

/// Bytes of both sides of a border, side by side.
///
/// SAFETY: allocated here, written once in `init`, freed in deinit; pieces that lead into it hold on to it.
@safe final class SeamBytes: @unchecked Sendable {
  private let bytes: UnsafeMutableRawBufferPointer

  init(_ parts: [Block]) {
    unsafe bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: parts.reduce(0) { $0 + $1.count }, alignment: 16)
    var offset = 0
    for part in parts {
      unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[offset..<offset + part.count]).copyMemory(from: part.bytes)
      offset += part.count
    }
  }

  deinit { unsafe bytes.deallocate() }

  func block(start: UInt64) -> Block { unsafe Block(bytes: UnsafeRawBufferPointer(bytes), start: start) }
}

extension Block {
  /// The bytes at these addresses, which must lie in this block.
  func part(_ addresses: Range<UInt64>) -> Block {
    let range = Int(addresses.lowerBound - start)..<Int(addresses.upperBound - start)
    // SAFETY: slicing checks the bounds.
    return unsafe Block(bytes: UnsafeRawBufferPointer(rebasing: bytes[range]), start: addresses.lowerBound)
  }

  /// Both as one where the other's bytes lie right behind; nil where they do not.
  func joined(with next: Block) -> Block? {
    // SAFETY: only addresses are compared; one buffer over both covers the bytes of both and nothing else.
    guard let own = unsafe bytes.baseAddress, let other = unsafe next.bytes.baseAddress, unsafe own + count == other else { return nil }
    return unsafe Block(bytes: UnsafeRawBufferPointer(start: own, count: count + next.count), start: start)
  }
}
