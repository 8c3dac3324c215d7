public import Domain
internal import Judgement

/// What an audit leaves for later comparison: its verdicts and what they rest on, without texts.
///
/// Values of evidence are kept as digests only; what was found is kept as a report shows it, cut at 160 characters.
public struct RunRecord: Sendable, Hashable {
  /// What the whole run has in common.
  public struct Head: Sendable, Hashable {
    /// RFC 3339 in UTC.
    public var time: String
    public var version: String
    public var policyDigest: String
    public var baseline: String
    public var baselineVersion: String
    public var baselineDigest: String
    /// Digest of the parameters in use; "" where it is not known.
    public var parametersDigest: String
    /// Digest of each control's rule with the library behind it, by control id; empty where it is not known.
    public var rules: [String: String]
    public var counts: [Verdict: Int]
    public var scores: [LayerTrend]
    public var exitCode: Int
  }

  /// A layer's score at one point in time.
  public struct LayerTrend: Sendable, Hashable {
    public let layer: Layer
    public let low: Int
    public let high: Int
  }

  /// One asset with its results.
  public struct AssetRecord: Sendable, Hashable {
    public let id: String
    public let kind: String
    public let name: String
    /// By control id, then in the order of the audit.
    public let entries: [Entry]
  }

  /// One result.
  public struct Entry: Sendable, Hashable {
    public let control: String
    public let severity: Severity
    public let verdict: Verdict
    /// Of an unknown; else empty.
    public let reason: String
    /// As a report shows it; nil where there is none.
    public let found: String?
    public let fingerprint: String
    /// Digest of the state and value of each fact that the verdict rests on, by name of the fact.
    public let facts: [String: String]

    /// Fails or is unknown: somebody has to look.
    public var isOpen: Bool { verdict == .fail || verdict == .unknown }
  }

  public let head: Head
  /// Sorted by id.
  public let assets: [AssetRecord]

  public init(head: Head, assets: [AssetRecord]) {
    self.head = head
    self.assets = assets.sorted { $0.id < $1.id }
  }
}

extension RunRecord {
  /// - Parameters:
  ///   - outcome: of a run that kept everything.
  ///   - rules: digests of rules by control id.
  ///   - parameters: those in use.
  public init(_ outcome: AuditOutcome, rules: [String: String], parameters: [FactValue.Member], exitCode: Int) {
    self.init(
      head: Head(outcome, rules: rules, parameters: parameters, exitCode: exitCode), assets: Array(Self.assets(of: outcome)))
  }

  /// The assets of an outcome one by one, in its order: all of them at once are as large as the outcome itself.
  public static func assets(of outcome: AuditOutcome) -> some Sequence<AssetRecord> {
    var places: [String: [Int]] = [:]
    for (index, result) in outcome.results.enumerated() { places[result.finding.asset.id, default: []].append(index) }
    return outcome.assets.lazy.map { asset in
      AssetRecord(
        id: asset.id, kind: asset.kind.rawValue, name: asset.name,
        entries: ordered((places[asset.id] ?? []).map { Entry(outcome.results[$0]) }))
    }
  }

  /// Digest of the parameters in use: equal for equal values in whatever order they were given.
  public static func digest(of parameters: [FactValue.Member]) -> String {
    Digest.sha256(JSONText.bytes(.object(parameters.sorted { $0.key < $1.key })))
  }

  static func ordered(_ entries: [Entry]) -> [Entry] {
    entries.sorted { a, b in a.control != b.control ? a.control < b.control : a.fingerprint < b.fingerprint }
  }

  /// Digest of what was known of a fact: 15 hexadecimal digits, which a text holds in itself.
  static func digest(state: String, value: FactValue?) -> String {
    String(Digest.sha256(Array(state.utf8) + [0] + (value.map { JSONText.bytes(canonical($0)) } ?? [])).prefix(15))
  }

  /// The value with its keys sorted: a report that is read back has lost their order.
  private static func canonical(_ value: FactValue) -> FactValue {
    switch value {
    case .array(let elements): .array(elements.map(canonical))
    case .object(let members): .object(members.sorted { $0.key < $1.key }.map { .init($0.key, canonical($0.value)) })
    case .null, .bool, .int, .double, .string: value
    }
  }

  static func cut(_ text: String) -> String { text.utf8.count > 160 && text.count > 160 ? text.prefix(158) + ".." : text }
}

extension RunRecord.Entry {
  init(_ result: AuditResult) {
    var facts: [String: String] = [:]
    for evidence in result.finding.evidence where facts[evidence.fact] == nil {
      facts[evidence.fact] = RunRecord.digest(state: evidence.state.rawValue, value: evidence.value)
    }
    self.init(
      control: result.control.id, severity: result.control.severity, verdict: result.verdict, reason: result.finding.reason,
      found: result.found.map { RunRecord.cut($0.shown) }, fingerprint: result.fingerprint, facts: facts)
  }
}

extension RunRecord.Head {
  public init(_ outcome: AuditOutcome, rules: [String: String], parameters: [FactValue.Member], exitCode: Int) {
    let counts = Verdict.allCases.map { ($0, outcome.count($0)) }
    self.init(
      time: outcome.collected.at, version: outcome.version, policyDigest: outcome.policyDigest, baseline: outcome.baseline.name,
      baselineVersion: outcome.baseline.version, baselineDigest: outcome.baseline.digest,
      parametersDigest: RunRecord.digest(of: parameters), rules: rules, counts: Dictionary(uniqueKeysWithValues: counts),
      scores: outcome.scores.map { RunRecord.LayerTrend(layer: $0.layer, low: $0.low, high: $0.high) }, exitCode: exitCode)
  }
}
