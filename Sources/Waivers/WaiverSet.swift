public import Domain
public import Judgement

/// The waivers given to an audit, and what they do to its findings.
///
/// First `observe` every finding, then `decide`. Nothing is ever waived but a failing control on an asset that a waiver in force names with
/// the facts as they are now, while every compensating control passes.
public struct WaiverSet: Sendable {
  /// What became of one waiver.
  public struct Outcome: Sendable {
    public let signed: SignedWaiver
    /// Ids of its findings, each once, sorted.
    public let defects: [String]
    /// Failing controls that it waives.
    public let covers: Int
    public let daysLeft: Int
    /// False: it has no authority at all (not signed, not in its term, a compensating control not passing).
    public let isInForce: Bool
  }

  /// What a failing control is waived by.
  public struct Grant: Sendable, Hashable {
    public let waiver: Waiver
    public let file: String
    /// Whole days until the end.
    public let daysLeft: Int
  }

  /// Everything that an audit takes from its waivers.
  public struct Decision: Sendable {
    /// By control and asset.
    fileprivate(set) var grants: [Pair: Grant] = [:]
    public fileprivate(set) var findings: [Finding] = []
    public fileprivate(set) var outcomes: [Outcome] = []

    /// What waives the finding, if anything does.
    public func grant(_ finding: Finding) -> Grant? { grants[Pair(finding.control.id, finding.asset.id)] }
  }

  struct Pair: Hashable {
    let control: String
    let asset: String

    init(_ control: String, _ asset: String) {
      self.control = control
      self.asset = asset
    }
  }

  private let waivers: [SignedWaiver]
  private let check: WaiverCheck
  private let rules: WaiverRules
  private let now: Instant
  /// Controls that exist, with their severity.
  private let severities: [String: Severity]
  private let watched: Set<String>
  /// Files that are no waivers, with the reason.
  public let refusals: [Refusal]

  private var observed: [Pair: (verdict: Verdict, digest: String?)] = [:]
  private var assets: Set<String> = []

  /// - Parameters:
  ///   - paths: documents, and folders with documents.
  ///   - severities: every control of the catalogue.
  public init(
    paths: [String], keys: TrustedKeys, rules: WaiverRules, severities: [String: Severity], now: Instant
  ) throws(DataError) {
    var waivers: [SignedWaiver] = []
    var refusals: [Refusal] = []
    var ids: [String: String] = [:]
    for path in paths {
      for file in try SignedWaiver.files(at: path) {
        do throws(DataError) {
          if file != path, try Self.isOtherDocument(file) { continue }
          let signed = try SignedWaiver.load(file)
          if let other = ids.updateValue(file, forKey: signed.waiver.id) {
            throw DataError("\(file): /id is taken by \(other); two waivers cannot have one id")
          }
          waivers.append(signed)
        } catch {
          refusals.append(Refusal(target: file, code: "malformed", message: error.message))
        }
      }
    }
    self.init(waivers, refusals: refusals, keys: keys, rules: rules, severities: severities, now: now)
  }

  init(
    _ waivers: [SignedWaiver], refusals: [Refusal] = [], keys: TrustedKeys, rules: WaiverRules, severities: [String: Severity],
    now: Instant
  ) {
    self.waivers = waivers
    self.refusals = refusals
    self.rules = rules
    self.severities = severities
    self.now = now
    check = WaiverCheck(keys: keys, now: now)
    watched = Set(waivers.flatMap { $0.waiver.controls + $0.waiver.compensating.map(\.control) })
  }

  /// A document of ours of another kind that lies in the same folder, such as the trusted keys.
  private static func isOtherDocument(_ file: String) throws(DataError) -> Bool {
    let schema = try PolicyEngine.readJSON(try DataFiles.bytes(file, limit: WaiverReader.limit), file: file)["schema"]?.text
    return schema.map { $0.hasPrefix("ringwall.") && !$0.hasPrefix("ringwall.waiver/") } ?? false
  }

  /// Takes note of an asset that is judged.
  public mutating func observe(_ asset: Asset) { assets.insert(asset.id) }

  /// Whether findings of a control matter to a waiver.
  public func watches(_ control: String) -> Bool { watched.contains(control) }

  /// Takes note of a finding, as far as a waiver names its control.
  public mutating func observe(_ finding: Finding) {
    guard watched.contains(finding.control.id) else { return }
    observed[Pair(finding.control.id, finding.asset.id)] = (
      finding.verdict, finding.verdict == .fail ? FactDigest.of(finding) : nil
    )
  }

  /// What the waivers do, after everything was observed.
  public func decide() -> Decision {
    var decision = Decision()
    for signed in waivers { decide(signed, into: &decision) }
    return decision
  }

  private func decide(_ signed: SignedWaiver, into decision: inout Decision) {
    let waiver = signed.waiver
    var defects = check.defects(of: signed)
    // Where none of its assets was judged, nothing is known of what compensates on them, and nothing is waived either.
    if defects.isEmpty, waiver.assets.contains(where: assets.contains) { defects = compensationDefects(waiver) }
    let isInForce = defects.isEmpty
    let daysLeft = now.days(until: waiver.end)
    var covers = 0
    if isInForce {
      for control in waiver.controls where severities[control] == nil { defects.append(.unknownControl(control)) }
      for asset in waiver.assets where !assets.contains(asset) { defects.append(.unknownAsset(asset)) }
      let grant = Grant(waiver: waiver, file: signed.file, daysLeft: daysLeft)
      for control in waiver.controls {
        guard let severity = severities[control] else { continue }
        if let defect = rules.tooLong(waiver, control, severity) {
          defects.append(defect)
          continue
        }
        for asset in waiver.assets {
          let pair = Pair(control, asset)
          guard let seen = observed[pair] else { continue }
          if let defect = Self.defect(of: pair, seen.verdict, seen.digest, in: waiver) {
            defects.append(defect)
          } else if seen.verdict == .fail, let defect = uncompensated(asset, in: waiver) {
            if !defects.contains(defect) { defects.append(defect) }
          } else if seen.verdict == .fail {
            covers += 1
            // Of two waivers for one finding the one that runs longer counts.
            if decision.grants[pair].map({ $0.waiver.end < waiver.end }) ?? true { decision.grants[pair] = grant }
          }
        }
      }
    }
    decision.findings += defects.compactMap { rules.finding($0, of: signed) }
    decision.outcomes.append(
      Outcome(signed: signed, defects: Set(defects.map(\.id)).sorted(), covers: covers, daysLeft: daysLeft, isInForce: isInForce))
  }

  /// What keeps one pair from being waived; nil where nothing does or where there is nothing to say.
  private static func defect(of pair: Pair, _ verdict: Verdict, _ digest: String?, in waiver: Waiver) -> WaiverDefect? {
    let recorded = waiver.facts.first { $0.control == pair.control && $0.asset == pair.asset }
    switch verdict {
    case .fail:
      guard let recorded else { return .unrecordedFact(control: pair.control, asset: pair.asset) }
      return ConstantTime.equal(recorded.sha256, digest ?? "") ? nil : .changedFact(control: pair.control, asset: pair.asset)
    case .pass, .notApplicable:
      return recorded == nil ? nil : .needless(control: pair.control, asset: pair.asset)
    case .unknown, .waived: return nil
    }
  }

  /// What does not compensate on one asset: it must pass there, and not on another asset of the scope alone.
  private func uncompensated(_ asset: String, in waiver: Waiver) -> WaiverDefect? {
    for compensation in waiver.compensating where compensation.asset == nil {
      let verdict = observed[Pair(compensation.control, asset)]?.verdict
      if verdict != .pass { return .failingCompensation(control: compensation.control, asset: asset, verdict: verdict) }
    }
    return nil
  }

  private func compensationDefects(_ waiver: Waiver) -> [WaiverDefect] {
    var defects: [WaiverDefect] = []
    for compensation in waiver.compensating {
      let control = compensation.control
      if let asset = compensation.asset {
        let verdict = observed[Pair(control, asset)]?.verdict
        if verdict != .pass { defects.append(.failingCompensation(control: control, asset: asset, verdict: verdict)) }
        continue
      }
      let judged = waiver.assets.compactMap { asset in observed[Pair(control, asset)].map { (asset, $0.verdict) } }.filter {
        $0.1 != .notApplicable
      }
      if judged.isEmpty { defects.append(.failingCompensation(control: control, asset: nil, verdict: nil)) }
      for (asset, verdict) in judged where verdict != .pass {
        defects.append(.failingCompensation(control: control, asset: asset, verdict: verdict))
      }
    }
    return defects
  }
}
