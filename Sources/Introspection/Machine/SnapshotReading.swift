extension PauseWindow {
  /// Most times that a snapshot is taken again, since the guest went on to memory that the reading before had not needed.
  private static let snapshots = 6

  /// Reads what belongs together as it was at one moment. The guest stands still only while the pages that the reading needs are copied, not while
  /// they are read.
  ///
  /// The reading runs at least twice: first to list its pages. It must not be one that searches all of memory, and what it reads must not depend on
  /// anything but the guest it is given.
  ///
  /// - Returns: nil where no snapshot was whole: the guest always needed other pages, or more than `MemorySnapshot.limit`.
  /// - Throws: what `paused` throws, and what the body does.
  public func snapshot<Value>(of guest: Guest, _ body: (Guest) throws -> Value) throws -> Value? {
    let snapshot = try MemorySnapshot(of: guest.memory)
    let frozen = guest.reading(snapshot)
    _ = try body(frozen)
    for _ in 0..<Self.snapshots where !snapshot.isFull {
      // Once before, so that no page has to be mapped first during the pause.
      snapshot.take()
      guard try paused({ snapshot.take() }).agreement == .paused else { continue }
      let value = try body(frozen)
      if snapshot.isWhole { return value }
    }
    return nil
  }
}
