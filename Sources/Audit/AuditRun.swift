public import Domain
public import Judgement
public import Waivers

/// One audit, from the words of the command line to everything a report shows. Reads as its list of steps.
public struct AuditRun {
  public struct Request: Sendable {
    /// Which results the outcome holds; all are counted either way.
    public enum Keeping: Sendable, Hashable {
      case everything
      /// What fails, is unknown or is waived. Bounds the memory of a run over thousands of files.
      case attention
    }

    /// Targets as the user named them; empty means this host.
    public var targets: [String]
    /// Folder with a saved copy of a system.
    public var root: String?
    /// Version of this program.
    public var version: String
    /// Seconds since 1970 that the report names as its time.
    public var now: Int64
    public var keeping: Keeping
    /// Gives the inventories of servers among the targets.
    public var inventories: FactCollection.Inventories?
    /// Which controls and recognised settings are judged, by id.
    public var isIncluded: @Sendable (String) -> Bool

    public init(
      targets: [String], root: String?, version: String, now: Int64, keeping: Keeping = .everything,
      inventories: FactCollection.Inventories? = nil, isIncluded: @escaping @Sendable (String) -> Bool = { _ in true }
    ) {
      self.targets = targets
      self.root = root
      self.version = version
      self.now = now
      self.keeping = keeping
      self.inventories = inventories
      self.isIncluded = isIncluded
    }
  }

  private let request: Request
  private let judge: Judge
  private let baseline: Baseline
  private let claims: Claims
  private let waivers: WaiverSet?
  private let progress: (String) -> Void
  private let warn: (Warning) -> Void

  /// - Parameters:
  ///   - waivers: documents that may waive failing controls; nil for none.
  ///   - progress: told what is being done, before each target.
  ///   - warn: told what was judged and may have been meant otherwise.
  public init(
    _ request: Request, judge: Judge, baseline: Baseline, claims: Claims, waivers: WaiverSet? = nil,
    progress: @escaping (String) -> Void = { _ in }, warn: @escaping (Warning) -> Void = { _ in }
  ) {
    self.request = request
    self.judge = judge
    self.baseline = baseline
    self.claims = claims
    self.waivers = waivers
    self.progress = progress
    self.warn = warn
  }

  public func run() -> AuditOutcome {
    let clock = ContinuousClock()
    let start = clock.now
    let collected = Collected(at: Clock.text(request.now), by: "ringwall \(request.version)", uid: CurrentUser.id)

    let targets = TargetResolver().resolve(request.targets, root: request.root)
    var judged = Judged(waivers: waivers, shares: EstateShares(claims))
    for (index, target) in targets.enumerated() {
      progress("\(index + 1)/\(targets.count) \(target.name)")
      let outcome = FactCollection(inventories: request.inventories).collect(target)
      judge(outcome, of: target, collected: collected, into: &judged)
    }
    refuseEmptyFolders(&judged)
    let decided = judged.applyWaivers(isIncluded: request.isIncluded)
    let results = AuditResult.worstFirst(judged.results)
    let scores = LayerScore.scores(of: judged.tally, results: results, floor: baseline.floor)

    let elapsed = clock.now - start
    return AuditOutcome(
      version: request.version, policyDigest: judge.policies.digest, collected: collected, baseline: baseline, targets: judged.targets,
      assets: judged.assets, results: results, tally: judged.tally, scores: scores, passedOver: judged.passedOver, roots: judged.roots,
      seconds: Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18, shares: judged.shares.answers,
      waivers: decided)
  }

  /// What the steps hand on.
  private struct Judged {
    var targets: [TargetOutcome] = []
    var assets: [Asset] = []
    var results: [AuditResult] = []
    var tally = Tally()
    var passedOver = 0
    var roots: [String: String] = [:]
    var included: [ObjectIdentifier: Bool] = [:]
    private var compiled: Set<Asset.Kind> = []
    private var naming = AssetNaming()
    private var waivers: WaiverSet?
    private(set) var shares: EstateShares

    init(waivers: WaiverSet?, shares: EstateShares) {
      self.waivers = waivers
      self.shares = shares
    }

    mutating func observe(_ asset: Asset) { waivers?.observe(asset) }

    mutating func observe(_ finding: Finding) { waivers?.observe(finding) }

    /// Whether a waiver asks about findings of the control.
    func watches(_ control: Control) -> Bool { waivers?.watches(control.id) == true }

    mutating func count(_ control: Control, _ verdict: Verdict) {
      tally.add(control, verdict)
      shares.add(control, verdict)
    }

    /// Waives what valid waivers cover, and adds a finding for each thing that keeps one from waiving.
    mutating func applyWaivers(isIncluded: (String) -> Bool) -> [WaiverSet.Outcome] {
      guard let waivers else { return [] }
      let decision = waivers.decide()
      for i in results.indices where results[i].verdict == .fail {
        guard let grant = decision.grant(results[i].finding) else { continue }
        tally.remove(results[i].finding)
        results[i] = results[i].waived(by: grant)
        tally.add(results[i].finding)
      }
      for finding in decision.findings where isIncluded(finding.control.id) {
        if !assets.contains(finding.asset) { assets.append(finding.asset) }
        tally.add(finding)
        results.append(AuditResult(finding))
      }
      for refusal in waivers.refusals {
        targets.append(TargetOutcome(target: refusal.target, status: .refused, refusals: [refusal]))
      }
      return decision.outcomes
    }

    /// Policies that cannot be compiled, each said once.
    mutating func brokenPolicies(of collection: Collection, judge: Judge) -> [Refusal] {
      var found: [Refusal] = []
      for asset in collection.assets where compiled.insert(asset.asset.kind).inserted {
        if let failure = judge.failure(for: asset.asset.kind) {
          found.append(Refusal(target: "policies", code: "malformed", message: failure.message.replacing("\n", with: "; ")))
        }
      }
      return found
    }

    /// The asset under an id that no other has.
    mutating func named(_ facts: AssetFacts, of target: Target) -> AssetFacts {
      var facts = facts
      facts.asset = facts.asset.identified(naming.id(of: facts.asset.id, target: target, named: facts.target))
      return facts
    }
  }

  private func judge(_ outcome: FactCollection.Outcome, of target: Target, collected: Collected, into judged: inout Judged) {
    if outcome.isPassedOver {
      judged.passedOver += 1
      return
    }
    for found in outcome.collection.assets {
      let asset = judged.named(found, of: target)
      judged.assets.append(asset.asset)
      judged.observe(asset.asset)
      for judgement in judge.judgements(of: asset, collected: collected) where isIncluded(judgement.control, &judged) {
        judged.count(judgement.control, judgement.verdict)
        guard keeps(judgement.verdict) || judged.watches(judgement.control) else { continue }
        let finding = judge.finding(judgement, of: asset)
        judged.observe(finding)
        if keeps(judgement.verdict) { judged.results.append(AuditResult(finding)) }
      }
      for finding in claims.findings(for: asset) where request.isIncluded(finding.control.id) {
        judged.count(finding.control, finding.verdict)
        judged.observe(finding)
        if keeps(finding.verdict) { judged.results.append(AuditResult(finding)) }
      }
      if case .machine(_, let root?) = target { judged.roots[asset.asset.id] = root }
    }
    for warning in outcome.collection.warnings { warn(warning) }
    let refusals = outcome.collection.refusals + judged.brokenPolicies(of: outcome.collection, judge: judge)
    let hasResult = !outcome.collection.assets.isEmpty
    judged.targets.append(
      TargetOutcome(target: target.name, status: refusals.isEmpty ? .judged : hasResult ? .partial : .refused, refusals: refusals))
  }

  private func keeps(_ verdict: Verdict) -> Bool { request.keeping == .everything || verdict.needsAttention }

  /// Asks the request once for each control of the policies, however many assets it judges.
  private func isIncluded(_ control: Control, _ judged: inout Judged) -> Bool {
    if let known = judged.included[ObjectIdentifier(control)] { return known }
    let answer = request.isIncluded(control.id)
    judged.included[ObjectIdentifier(control)] = answer
    return answer
  }

  /// A named folder in which nothing could be judged is refused: no finding there would say nothing.
  private func refuseEmptyFolders(_ judged: inout Judged) {
    guard judged.passedOver > 0 else { return }
    for name in request.targets {
      var folder = name
      while folder.utf8.count > 1, folder.hasSuffix("/") { folder.removeLast() }
      let inside = folder == "/" ? "/" : folder + "/"
      if judged.targets.contains(where: { $0.target == name || $0.target == folder || $0.target.hasPrefix(inside) }) { continue }
      let refusal = Refusal(
        target: name, code: "unknown-kind",
        message: "\(name): nothing in it can be judged. What can be judged is listed by ringwall audit --help")
      judged.targets.append(TargetOutcome(target: name, status: .refused, refusals: [refusal]))
    }
  }
}
