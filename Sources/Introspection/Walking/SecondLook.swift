internal import Glibc

/// Looks at what differs again, as long as somebody is found who was only on the way from one structure into another.
///
/// The first looks follow at once: most changes take the guest some microseconds. Later ones wait, since a processor of the guest can be taken from
/// it by the host in the middle of a change, and since some changes last until every processor has passed a quiet state (RCU). Waits are of
/// uneven lengths, so that they do not fall in step with what a guest does again and again.
struct SecondLook {
  private static let immediate = 3
  /// Milliseconds; 1.3 s in all.
  private static let waits: [UInt32] = [7, 13, 29, 61, 113, 197, 331, 547]
  private let limit: Int
  private var count = 0

  /// - Parameter guest: one that stands still, or is saved, is not waited for.
  init(_ guest: Guest) { limit = Self.immediate + (guest.isRunning ? Self.waits.count : 0) }

  /// Whether to look again; returns when it is time to.
  mutating func again() -> Bool {
    guard count < limit else { return false }
    if count >= Self.immediate { Self.wait(milliseconds: Self.waits[count - Self.immediate]) }
    count += 1
    return true
  }

  static func wait(milliseconds: UInt32) { _ = usleep(milliseconds * 1000) }
}
