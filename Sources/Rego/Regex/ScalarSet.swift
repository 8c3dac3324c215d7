/// A set of Unicode code points as sorted, disjoint, non-adjacent ranges.
///
/// `insert` may leave the ranges out of order; `normalize` restores the invariant and must run before any of the readers.
struct ScalarSet: Hashable, Sendable {
  struct Range: Hashable, Sendable {
    var low: UInt32
    var high: UInt32
  }

  static let last: UInt32 = 0x10FFFF

  private(set) var ranges: [Range] = []

  init() {}

  init(_ low: UInt32, _ high: UInt32) {
    ranges = [Range(low: low, high: high)]
  }

  /// - Parameter pairs: Inclusive ranges in any order.
  init(_ pairs: [(UInt32, UInt32)]) {
    for (low, high) in pairs { insert(low, high) }
    normalize()
  }

  static let all = ScalarSet(0, last)
  static let allButNewline = ScalarSet([(0, 9), (11, last)])

  var isEmpty: Bool { ranges.isEmpty }

  /// The only member, or nil.
  var single: UInt32? {
    ranges.count == 1 && ranges[0].low == ranges[0].high ? ranges[0].low : nil
  }

  /// Adds `low ... high`; grows the last range in place when the two touch, which is how tables and literals arrive.
  mutating func insert(_ low: UInt32, _ high: UInt32) {
    if let end = ranges.indices.last, low <= ranges[end].high &+ 1, ranges[end].low <= high &+ 1 {
      ranges[end].low = min(ranges[end].low, low)
      ranges[end].high = max(ranges[end].high, high)
    } else {
      ranges.append(Range(low: low, high: high))
    }
  }

  mutating func formUnion(_ other: ScalarSet) {
    for range in other.ranges { insert(range.low, range.high) }
  }

  mutating func normalize() {
    var isSorted = true
    for index in ranges.indices.dropFirst() where ranges[index].low <= ranges[index - 1].high &+ 1 {
      isSorted = false
      break
    }
    guard !isSorted else { return }
    ranges.sort { ($0.low, $0.high) < ($1.low, $1.high) }
    var merged: [Range] = []
    merged.reserveCapacity(ranges.count)
    for range in ranges {
      if let end = merged.indices.last, range.low <= merged[end].high &+ 1 {
        merged[end].high = max(merged[end].high, range.high)
      } else {
        merged.append(range)
      }
    }
    ranges = merged
  }

  /// Everything else in U+0000 ... U+10FFFF.
  func complement() -> ScalarSet {
    var result = ScalarSet()
    var next: UInt32 = 0
    for range in ranges {
      if range.low > next { result.ranges.append(Range(low: next, high: range.low - 1)) }
      next = range.high + 1
    }
    if next <= ScalarSet.last { result.ranges.append(Range(low: next, high: ScalarSet.last)) }
    return result
  }

  /// With every code point that simple case folding equates with a member.
  func folded() -> ScalarSet {
    var result = self
    for range in ranges { UnicodeTables.insertFoldings(of: range.low, range.high, into: &result) }
    result.normalize()
    return result
  }

  func contains(_ scalar: UInt32) -> Bool {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) >> 1
      if ranges[middle].high < scalar { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].low <= scalar
  }
}
