/// Ends searches that take too long. A search of a large text with a large pattern is linear in both, and may still take hours.
package final class SearchWatch {
  /// Steps of searches between two looks at the clock and the task.
  private static let stepsBetweenLooks = 1 << 16
  /// Steps of searches that count as one of the evaluation, as a power of two.
  private static let shift = 8

  /// Steps of the evaluation that are left; below 0 where they ran out.
  private(set) var left = Int.max
  private(set) var isStopped = false
  private var deadline: ContinuousClock.Instant?
  private var unseen = 0

  package init() {}

  func begin(left: Int, deadline: ContinuousClock.Instant?) {
    self.left = left
    self.deadline = deadline
    unseen = 0
    isStopped = false
  }

  /// Counts steps of a search.
  ///
  /// - Returns: false where the search must end, and its result means nothing.
  func take(_ steps: Int) -> Bool {
    unseen &+= steps
    guard unseen >= Self.stepsBetweenLooks else { return !isStopped }
    left -= unseen >> Self.shift
    unseen = 0
    if left < 0 || DeepStack.isCancelled || deadline.map({ ContinuousClock.now >= $0 }) ?? false { isStopped = true }
    return !isStopped
  }
}
