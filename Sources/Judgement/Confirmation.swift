/// Signs of a running guest while it is read again and again: what is structure in passing is gone the next time, and a sign is told once every reading that
/// could judge has shown it.
public struct Confirmation: Sendable {
  /// What tells a sign apart in every reading, whatever else is in it.
  private struct Key: Hashable {
    let id: String
    let key: String
    init(_ hit: DetectionHit) {
      id = hit.detection.id
      key = hit.key
    }
  }

  private let first: DetectionReport
  private let known: Set<Key>
  /// Signs that no reading has refuted yet.
  public private(set) var open: [DetectionHit]
  private var seenAgain: Set<Key> = []

  /// - Parameters:
  ///   - first: what the first reading showed.
  ///   - known: signs that were found to stay already, and are not asked for again.
  public init(_ first: DetectionReport, knowing known: [DetectionHit] = []) {
    self.first = first
    let known = Set(known.map(Key.init))
    self.known = known
    open = first.hits.filter { !known.contains(Key($0)) }
  }

  /// Leaves the open signs that another reading shows too, or of which it says less than the first did: that refutes nothing.
  ///
  /// - Parameter concerned: signs that the reading was made for; the others stay as they are.
  public mutating func hold(to report: DetectionReport, _ concerned: (DetectionHit) -> Bool = { _ in true }) {
    let shown = Set(report.hits.map(Key.init))
    let silent = Set(Set(report.unjudged).subtracting(first.unjudged).map(\.detection))
    seenAgain.formUnion(shown)
    open = open.filter { !concerned($0) || shown.contains(Key($0)) || silent.contains($0.detection) }
  }

  /// The first reading's report with those signs that stayed. What was seen in it alone, since no later reading could judge, is in doubt.
  public var report: DetectionReport {
    let staying = Set(open.map(Key.init).filter(seenAgain.contains)).union(known)
    return first.doubting(
      Set(open.filter { !seenAgain.contains(Key($0)) }), why: "it was found once, and could not be judged when it was read again"
    ) { staying.contains(Key($0)) }
  }
}
