public import Domain

/// What changed between two runs, and why.
public struct RunComparison: Sendable {
  /// Why a result is another one. Where several things changed, the first in this order is named and the others stand beside it.
  public enum Cause: String, Sendable, Hashable, CaseIterable {
    /// A fact has another value or state.
    case value
    /// A waiver was given, or ended.
    case waiver
    /// The rule or the library behind it reads otherwise.
    case rule
    /// The baseline has another name, version or content, and with it other parameters.
    case baseline
    /// Parameters were given otherwise.
    case parameters
    /// One of the runs did not judge the control.
    case selection
    /// One of the runs does not have the asset.
    case asset
    /// Nothing that was kept is different: a fact beyond the evidence.
    case unknown
  }

  /// A result in both runs.
  public struct Change: Sendable, Hashable {
    public let asset: Asset
    public let control: String
    public let severity: Severity
    /// nil where the first run has no such result.
    public let before: Side?
    /// nil where the second run has none.
    public let after: Side?
    /// In the order of `Cause`; empty where nothing changed.
    public let causes: [Cause]
    /// RFC 3339: the run since which the finding is open without a break; nil where it is not known.
    public var since: String?
  }

  public struct Asset: Sendable, Hashable {
    public let id: String
    public let name: String
    public let kind: String
  }

  public struct Side: Sendable, Hashable {
    public let verdict: Verdict
    public let reason: String
    public let found: String?
  }

  public let before: RunRecord.Head
  public let after: RunRecord.Head
  public let appeared: [Asset]
  public let vanished: [Asset]
  /// Open in the second run and not in the first, worst first.
  public let opened: [Change]
  /// Open in the first run and not in the second.
  public let closed: [Change]
  /// Open in both.
  public var stillOpen: [Change]
  /// Every other change of verdict.
  public let changed: [Change]
  /// Results that are the same, open ones left out.
  public let unchanged: Int

  public init(from before: RunRecord, to after: RunRecord) {
    self.before = before.head
    self.after = after.head
    let old = Dictionary(before.assets.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    let new = Dictionary(after.assets.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    appeared = after.assets.filter { old[$0.id] == nil }.map(Asset.init)
    vanished = before.assets.filter { new[$0.id] == nil }.map(Asset.init)

    let judgedBefore = Set(before.assets.flatMap { $0.entries.map(\.control) })
    let judgedAfter = Set(after.assets.flatMap { $0.entries.map(\.control) })
    var opened: [Change] = []
    var closed: [Change] = []
    var still: [Change] = []
    var changed: [Change] = []
    var unchanged = 0
    for id in Set(old.keys).union(new.keys) {
      for pair in Self.pairs(old[id]?.entries ?? [], new[id]?.entries ?? []) {
        guard let asset = (new[id] ?? old[id]).map(Asset.init), let entry = pair.after ?? pair.before else { continue }
        var causes: [Cause] = []
        if old[id] == nil || new[id] == nil {
          causes = [.asset]
        } else if pair.before == nil || pair.after == nil {
          causes = [.selection]
          if pair.before == nil ? judgedBefore.contains(entry.control) : judgedAfter.contains(entry.control) { causes = [.value] }
        } else if let x = pair.before, let y = pair.after, !Self.isSame(x, y) {
          causes = Self.causes(x, y, before.head, after.head)
        }
        let change = Change(
          asset: asset, control: entry.control, severity: entry.severity, before: pair.before.map(Side.init),
          after: pair.after.map(Side.init),
          causes: causes)
        switch (pair.before?.isOpen ?? false, pair.after?.isOpen ?? false) {
        case (false, true): opened.append(change)
        case (true, false): closed.append(change)
        case (true, true): still.append(change)
        case (false, false):
          if pair.before != nil, pair.after != nil, change.before?.verdict != change.after?.verdict {
            changed.append(change)
          } else if pair.before != nil, pair.after != nil {
            unchanged += 1
          }
        }
      }
    }
    self.opened = opened.sorted(by: Self.isWorse)
    self.closed = closed.sorted(by: Self.isWorse)
    stillOpen = still.sorted(by: Self.isWorse)
    self.changed = changed.sorted(by: Self.isWorse)
    self.unchanged = unchanged
  }

  /// Results of one asset in both runs: those of one control by fingerprint, and what is left in their order.
  private static func pairs(
    _ before: [RunRecord.Entry], _ after: [RunRecord.Entry]
  ) -> [(before: RunRecord.Entry?, after: RunRecord.Entry?)] {
    let old = Dictionary(grouping: before, by: \.control)
    let new = Dictionary(grouping: after, by: \.control)
    var pairs: [(before: RunRecord.Entry?, after: RunRecord.Entry?)] = []
    for control in Set(old.keys).union(new.keys) {
      var left = old[control] ?? []
      var right: [RunRecord.Entry] = []
      for entry in new[control] ?? [] {
        if let index = left.firstIndex(where: { $0.fingerprint == entry.fingerprint }) {
          pairs.append((left.remove(at: index), entry))
        } else {
          right.append(entry)
        }
      }
      for index in 0..<max(left.count, right.count) {
        pairs.append((index < left.count ? left[index] : nil, index < right.count ? right[index] : nil))
      }
    }
    return pairs
  }

  private static func isSame(_ a: RunRecord.Entry, _ b: RunRecord.Entry) -> Bool {
    a.verdict == b.verdict && a.reason == b.reason && a.found == b.found
  }

  /// What is different between two results of one control for one asset that are not the same.
  private static func causes(
    _ a: RunRecord.Entry, _ b: RunRecord.Entry, _ before: RunRecord.Head, _ after: RunRecord.Head
  ) -> [Cause] {
    var causes: Set<Cause> = []
    // A fact that only one of the two rests on says nothing by itself: another rule names other facts.
    if a.facts.contains(where: { b.facts[$0.key].map { [value = $0.value] in $0 != value } ?? false }) { causes.insert(.value) }
    if a.verdict == .waived || b.verdict == .waived { causes.insert(.waiver) }
    let isOtherRule =
      if let x = before.rules[a.control], let y = after.rules[b.control] { x != y } else { before.policyDigest != after.policyDigest }
    if isOtherRule { causes.insert(.rule) }
    // A baseline changes the verdict of a control that it judges by its parameters alone.
    let isKnown = !before.parametersDigest.isEmpty && !after.parametersDigest.isEmpty
    if !isKnown || before.parametersDigest != after.parametersDigest {
      if before.baseline != after.baseline || before.baselineDigest != after.baselineDigest {
        causes.insert(.baseline)
      } else if isKnown {
        causes.insert(.parameters)
      }
    }
    if causes.isEmpty { causes = [a.facts != b.facts ? .value : .unknown] }
    return Cause.allCases.filter(causes.contains)
  }

  /// Severity, then control, then asset.
  private static func isWorse(_ a: Change, _ b: Change) -> Bool {
    if a.severity != b.severity { return a.severity > b.severity }
    if a.control != b.control { return a.control < b.control }
    return (a.asset.name, a.asset.id, a.after?.found ?? "", a.before?.found ?? "") < (
      b.asset.name, b.asset.id, b.after?.found ?? "", b.before?.found ?? ""
    )
  }
}

extension RunComparison.Asset {
  init(_ record: RunRecord.AssetRecord) { self.init(id: record.id, name: record.name, kind: record.kind) }
}

extension RunComparison.Side {
  init(_ entry: RunRecord.Entry) { self.init(verdict: entry.verdict, reason: entry.reason, found: entry.found) }
}
