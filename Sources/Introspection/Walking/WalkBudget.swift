internal import Synchronization

/// Steps that one view may take over all of the guest's structures together.
///
/// Every walk has a limit of its own; but a guest can let a hundred thousand processes share one list of a hundred thousand entries. What is
/// left out when the steps are used up is told: the first structure at which that happened is an inconsistency of the view, also after later
/// readings.
final class WalkBudget: Sendable {
  /// Thirty times those that the busiest host takes; some ten seconds of reading.
  static let usual = 1 << 25

  /// Steps that it began with.
  let steps: Int
  private let left: Atomic<Int>
  private let first = Mutex<Inconsistency?>(nil)

  init(steps: Int = usual) {
    self.steps = steps
    left = Atomic(steps)
  }

  /// Where the steps ended; nil as long as there are any.
  var exhaustion: Inconsistency? { first.withLock { $0 } }

  /// Takes steps; false, and nothing more is to be read, when there are not as many left.
  @inline(__always)
  func spend(_ count: Int, _ structure: String, _ address: UInt64) -> Bool {
    if left.wrappingSubtract(count, ordering: .relaxed).newValue >= 0 { return true }
    end(structure, address)
    return false
  }

  private func end(_ structure: String, _ address: UInt64) {
    // Never again positive, however often it is asked.
    left.store(-1, ordering: .relaxed)
    first.withLock {
      if $0 == nil { $0 = Inconsistency(structure: structure, address: address, reason: Self.reason(steps)) }
    }
  }

  static func reason(_ steps: Int) -> String { "more than \(steps) steps for all that was asked for; the rest was not read" }
}

extension Guest {
  /// The guest with a budget for one view; one that has a budget keeps it, so that a view that asks another shares it.
  func bounded(steps: Int = WalkBudget.usual) -> Guest {
    guard budget == nil else { return self }
    var guest = self
    guest.budget = WalkBudget(steps: steps)
    return guest
  }

  /// Takes steps of the view's budget; true without one.
  @inline(__always)
  func spend(_ count: Int = 1, on structure: String, at address: UInt64) -> Bool {
    guard let budget else { return true }
    return budget.spend(count, structure, address)
  }

  /// Whether the steps of the view are used up: what would be read further is not.
  var isExhausted: Bool { budget?.exhaustion != nil }

  /// What a walk ends with that has no steps left.
  func exhausted(_ structure: String, _ address: UInt64) -> Inconsistency {
    budget?.exhaustion
      ?? Inconsistency(structure: structure, address: address, reason: WalkBudget.reason(budget?.steps ?? WalkBudget.usual))
  }

  /// Contradictions of a view, with the end of its budget before them where it came to that.
  func told(_ faults: [Inconsistency]) -> [Inconsistency] {
    guard let end = budget?.exhaustion else { return faults }
    return [end] + faults.filter { $0 != end }
  }
}
