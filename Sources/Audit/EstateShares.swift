internal import Domain

/// In how many places of this estate a control passes: its own percentage, where an article states one without a source.
public struct EstateShares: Sendable {
  /// One control's results.
  public struct Share: Sendable, Hashable {
    public let control: String
    public let pass: Int
    /// Results that neither pass nor fail for want of facts.
    public let unknown: Int
    /// All results but those that do not apply.
    public let judged: Int

    /// Percent, rounded down: each unknown counted as failed.
    public var low: Int { judged == 0 ? 0 : pass * 100 / judged }
    /// Percent, rounded down: each unknown counted as passed.
    public var high: Int { judged == 0 ? 0 : (pass + unknown) * 100 / judged }
  }

  /// The shares that answer one claim.
  public struct Answer: Sendable {
    public let claim: String
    /// The article's figure.
    public let quoted: String
    /// Controls with at least one result, by id.
    public let shares: [Share]
    /// All of them together.
    public let total: Share
  }

  private let claims: [Claims.Claim]
  private let watched: Set<String>
  private var counts: [String: [Verdict: Int]] = [:]

  init(_ claims: Claims) {
    self.claims = claims.all.filter { $0.share != nil }
    watched = Set(self.claims.flatMap { $0.share?.of ?? [] })
  }

  /// Takes note of a verdict on a control, or a family, that a claim names.
  mutating func add(_ control: Control, _ verdict: Verdict) {
    // Recognised settings and waivers have no rule, and no share; their controls do not outlive a finding.
    guard verdict != .notApplicable, !control.rule.isEmpty, isWatched(control) else { return }
    counts[control.id, default: [:]][verdict, default: 0] += 1
    families[control.id] = control.family
  }

  private mutating func isWatched(_ control: Control) -> Bool {
    if let known = known[ObjectIdentifier(control)] { return known }
    let answer = watched.contains(control.id) || watched.contains(control.family)
    known[ObjectIdentifier(control)] = answer
    return answer
  }

  private var families: [String: String] = [:]
  private var known: [ObjectIdentifier: Bool] = [:]

  /// Claims for which something was judged, in the order of the article.
  public var answers: [Answer] {
    claims.compactMap { claim in
      guard let share = claim.share else { return nil }
      let ids = counts.keys.filter { share.of.contains($0) || share.of.contains(families[$0] ?? "") }.sorted()
      guard !ids.isEmpty else { return nil }
      let shares = ids.map { id in
        let count = counts[id] ?? [:]
        return Share(
          control: id, pass: count[.pass] ?? 0, unknown: count[.unknown] ?? 0, judged: count.values.reduce(0, +))
      }
      let total = Share(
        control: "", pass: shares.reduce(0) { $0 + $1.pass }, unknown: shares.reduce(0) { $0 + $1.unknown },
        judged: shares.reduce(0) { $0 + $1.judged })
      return Answer(claim: claim.id, quoted: share.quoted, shares: shares, total: total)
    }
  }
}
