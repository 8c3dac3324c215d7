public import Domain
public import Judgement
public import Waivers

/// What became of one target.
public struct TargetOutcome: Sendable, Hashable {
  public enum Status: String, Sendable, Hashable {
    case judged
    /// Some of it was judged, some refused.
    case partial
    case refused
  }

  /// As the user named it; for a file met in a folder, its path.
  public let target: String
  public let status: Status
  public let refusals: [Refusal]

  public init(target: String, status: Status, refusals: [Refusal]) {
    self.target = target
    self.status = status
    self.refusals = refusals
  }
}

/// One line of the result: a finding with what identifies it between two runs.
public struct AuditResult: Sendable, Hashable {
  public var finding: Finding { held.finding }
  /// The value that was judged; nil where there is none.
  public var found: FactValue? { held.found }
  /// What a waived result is waived by; nil for any other verdict.
  public var waiver: WaiverSet.Grant? { held.waiver }

  public var verdict: Verdict { held.finding.verdict }
  public var control: Control { held.finding.control }

  /// Stable between runs and independent of line numbers: 32 hexadecimal digits. Made when it is asked for, which most forms of the report
  /// do not.
  public var fingerprint: String { Fingerprint.of(finding) }

  init(_ finding: Finding) { self.init(finding, waiver: nil) }

  init(_ finding: Finding, waiver: WaiverSet.Grant?) {
    held = Held(finding, found: finding.arguments["found"] ?? finding.evidence.first { $0.value != nil }?.value, waiver: waiver)
  }

  private let held: Held

  /// Shared by the copies of a result: reports sort and group hundreds of thousands.
  private final class Held: Sendable, Hashable {
    let finding: Finding
    let found: FactValue?
    let waiver: WaiverSet.Grant?

    init(_ finding: Finding, found: FactValue?, waiver: WaiverSet.Grant?) {
      self.finding = finding
      self.found = found
      self.waiver = waiver
    }

    static func == (a: Held, b: Held) -> Bool { a === b || (a.finding == b.finding && a.found == b.found && a.waiver == b.waiver) }
    func hash(into hasher: inout Hasher) {
      hasher.combine(finding)
      hasher.combine(found)
    }
  }
}

/// Everything that a report shows.
public struct AuditOutcome: Sendable {
  public let version: String
  public let policyDigest: String
  public let collected: Collected
  public let baseline: Baseline
  public let targets: [TargetOutcome]
  public let assets: [Asset]
  /// Worst first. Without the results that need nobody's attention where the run was asked not to keep them.
  public let results: [AuditResult]
  /// Every result, kept or not.
  public let tally: Tally
  public let scores: [LayerScore]
  /// Files below a named folder whose kind is none that could be judged, and which nobody named.
  public let passedOver: Int
  /// Roots of the saved trees that assets were read from, by asset id; live assets and single files have none.
  public let roots: [String: String]
  public let seconds: Double
  /// This estate's own percentages where an article states one.
  public var shares: [EstateShares.Answer] = []
  /// Every waiver document that was given, in the order of its file.
  public var waivers: [WaiverSet.Outcome] = []

  public func count(_ verdict: Verdict) -> Int { tally.count(verdict) }

  /// Assets in the order in which they were judged, each with its results, worst first; without those that have none.
  var resultsByAsset: [(asset: Asset, results: [AuditResult])] {
    let groups = Dictionary(grouping: results, by: \.finding.asset.id)
    return assets.compactMap { asset in groups[asset.id].map { (asset, $0) } }
  }

  /// By asset id, a file that the asset was read from: where a result without a place of its own can be shown. What the kernel shows of itself is
  /// none.
  var filesByAsset: [String: String] {
    var files: [String: String] = [:]
    for result in results {
      for source in result.finding.evidence.lazy.compactMap(\.source) where source.kind == .path {
        guard !source.name.hasPrefix("/proc/"), !source.name.hasPrefix("/sys/") else { continue }
        let id = result.finding.asset.id
        files[id] = min(files[id] ?? source.name, source.name)
      }
    }
    return files
  }

  /// Controls that have results, by id.
  var controls: [Control] {
    var seen: Set<ObjectIdentifier> = []
    var byID: [String: Control] = [:]
    for result in results where seen.insert(ObjectIdentifier(result.control)).inserted { byID[result.control.id] = result.control }
    return byID.values.sorted { $0.id < $1.id }
  }

  /// What the process exits with, and why.
  ///
  /// - Parameter toleratingUnknown: `--unknown ok`; a refused target still gives 2.
  public func exitStatus(failOn: Severity, toleratingUnknown: Bool) -> ExitStatus {
    var (unknown, failing) = (0, 0)
    for result in results {
      let verdict = result.verdict
      guard verdict == .unknown || verdict == .fail, result.control.severity >= failOn else { continue }
      if verdict == .fail { failing += 1 } else { unknown += 1 }
    }
    return ExitStatus(
      failOn: failOn, judged: tally.total, refused: targets.count { $0.status != .judged }, unknown: toleratingUnknown ? 0 : unknown,
      failing: failing)
  }

  /// 0, 1 or 2 by the contract of the command line.
  public func exitCode(failOn: Severity, toleratingUnknown: Bool) -> Int32 {
    exitStatus(failOn: failOn, toleratingUnknown: toleratingUnknown).code
  }
}

/// The exit code of an audit with its reasons.
public struct ExitStatus: Sendable, Hashable {
  /// The severity from which results count.
  public let failOn: Severity
  /// Results of whatever verdict: an audit that judged nothing has no answer.
  public let judged: Int
  /// Targets refused, wholly or in part.
  public let refused: Int
  /// Counting results that are unknown; 0 where unknown is tolerated.
  public let unknown: Int
  /// Counting results that fail.
  public let failing: Int

  /// 2 where something, or all, could not be judged, which wins over 1, where something fails; else 0.
  public var code: Int32 { judged == 0 || refused > 0 || unknown > 0 ? 2 : failing > 0 ? 1 : 0 }
}

extension AuditResult {
  /// Worst first: severity, then fail before unknown before the rest, then control and asset.
  static func worstFirst(_ results: [AuditResult]) -> [AuditResult] {
    // What decides most comparisons is one number: tens of thousands of results are sorted without looking into them.
    var controls: [ObjectIdentifier: String] = [:]
    for result in results where controls[ObjectIdentifier(result.control)] == nil {
      controls[ObjectIdentifier(result.control)] = result.control.id
    }
    let ids = Set(controls.values).sorted()
    let byID = Dictionary(ids.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let places = controls.mapValues { byID[$0] ?? 0 }
    let assets = ranks(of: results)
    var keys = results.enumerated().map { index, result in
      let place = places[ObjectIdentifier(result.control)] ?? 0
      return (rank: result.order * ids.count + place, asset: assets[index], index: index)
    }
    keys.sort { a, b in
      if a.rank != b.rank { return a.rank < b.rank }
      if a.asset != b.asset { return a.asset < b.asset }
      let (x, y) = (results[a.index].fingerprint, results[b.index].fingerprint)
      return x != y ? x < y : a.index < b.index
    }
    return keys.map { results[$0.index] }
  }

  /// For each result the place of its asset among all, by name and then by id.
  private static func ranks(of results: [AuditResult]) -> [Int] {
    var numbers: [String: Int] = [:]
    var assets: [Asset] = []
    var last = 0
    // Results of one asset follow each other.
    let found = results.map { result in
      let asset = result.finding.asset
      if last < assets.count, assets[last].id == asset.id, assets[last].name == asset.name { return last }
      let key = asset.name + "\u{0}" + asset.id
      if let known = numbers[key] {
        last = known
      } else {
        last = assets.count
        numbers[key] = last
        assets.append(asset)
      }
      return last
    }
    var ranks = [Int](repeating: 0, count: assets.count)
    let sorted = assets.indices.sorted { a, b in
      assets[a].name != assets[b].name ? assets[a].name < assets[b].name : assets[a].id < assets[b].id
    }
    for (rank, index) in sorted.enumerated() { ranks[index] = rank }
    return found.map { ranks[$0] }
  }

  private var order: Int {
    let rank =
      switch finding.verdict {
      case .fail: 0
      case .unknown: 1
      case .waived: 2
      case .pass: 3
      case .notApplicable: 4
      }
    // Passes stay quiet: what needs a person comes first, whatever its severity.
    return rank <= 1 ? (4 - control.severity.rank) * 2 + rank : 100 + rank * 10 + (4 - control.severity.rank)
  }
}
