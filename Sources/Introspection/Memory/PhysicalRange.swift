/// Guest-physical addresses from `start` up to, and without, `end`; bytes. Never empty, never beyond 2^52 - 1 (Intel SDM volume 3A, section
/// 4.1.4: MAXPHYADDR is at most 52).
public struct PhysicalRange: Sendable, Hashable {
  public let start: UInt64
  public let end: UInt64

  /// One past the highest address that x86-64 can have.
  public static let limit: UInt64 = 1 << 52

  /// Nil for an empty range, and for one that ends beyond `limit`.
  public init?(start: UInt64, count: UInt64) {
    guard count > 0, start < Self.limit, count <= Self.limit - start else { return nil }
    self.start = start
    end = start + count
  }

  public var count: UInt64 { end - start }

  /// Whether `count` bytes from `address` lie inside; false for a sum that overflows.
  public func holds(_ address: UInt64, count: UInt64) -> Bool {
    address >= start && address < end && count <= end - address
  }
}
