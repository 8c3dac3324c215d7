/// How long a guest stood still, each time: counts in buckets that grow by about 3 %, so that any percentile is right within that.
///
/// Each power of two is cut into 32 buckets of one width, as HdrHistogram does; 2 KiB of counters hold from 1 ns to 5 h.
public struct PauseHistogram: Sendable, Hashable {
  private static let bits = 5
  private static let powers = 40

  private var counts = [UInt64](repeating: 0, count: PauseHistogram.powers << PauseHistogram.bits)
  public private(set) var count: UInt64 = 0
  /// Sum of all values, nanoseconds.
  public private(set) var sum: UInt64 = 0
  /// Nanoseconds; 0 while nothing was recorded.
  public private(set) var smallest: UInt64 = 0
  public private(set) var largest: UInt64 = 0

  public init() {}

  public mutating func record(nanoseconds value: UInt64) {
    counts[Self.index(value)] += 1
    smallest = count == 0 ? value : min(smallest, value)
    largest = max(largest, value)
    count += 1
    sum &+= value
  }

  /// The value below or at which `share` (0 to 1) of all lie, nanoseconds; the upper end of its bucket, and never more than the largest. 0 while
  /// nothing was recorded.
  public func percentile(_ share: Double) -> UInt64 {
    guard count > 0 else { return 0 }
    let rank = max(1, UInt64((min(max(share, 0), 1) * Double(count)).rounded(.up)))
    var seen: UInt64 = 0
    for (index, number) in counts.enumerated() {
      seen += number
      // The last bucket has no upper end.
      if seen >= rank { return index + 1 == counts.count ? largest : min(max(Self.upperEnd(index), smallest), largest) }
    }
    return largest
  }

  /// How many values lie in buckets that end at or below the limit.
  public func count(upTo nanoseconds: UInt64) -> UInt64 {
    var seen: UInt64 = 0
    for (index, number) in counts.enumerated() where number > 0 && Self.upperEnd(index) <= nanoseconds { seen += number }
    return seen
  }

  private static func index(_ value: UInt64) -> Int {
    let value = min(value, (1 << UInt64(powers + bits - 1)) - 1)
    let shift = max(0, 64 - value.leadingZeroBitCount - bits - 1)
    return shift << bits + Int(value >> UInt64(shift))
  }

  /// The largest value that belongs to a bucket.
  private static func upperEnd(_ index: Int) -> UInt64 {
    let within = 1 << bits
    guard index >= 2 * within else { return UInt64(index) }
    let shift = index / within - 1
    return (UInt64(index % within + within) + 1) << UInt64(shift) - 1
  }
}
