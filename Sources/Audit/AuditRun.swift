public import Domain
public import Judgement

/// One audit, from the words of the command line to everything a report shows. Reads as its list of steps.
public struct AuditRun {
  public struct Request {
    /// Targets as the user named them; empty means this host.
    public var targets: [String]
    /// Folder with a saved copy of a system.
    public var root: String?
    /// Version of this program.
    public var version: String
    /// Seconds since 1970 that the report names as its time.
    public var now: Int64

    public init(targets: [String], root: String?, version: String, now: Int64) {
      self.targets = targets
      self.root = root
      self.version = version
      self.now = now
    }
  }

  private let request: Request
  private let judge: Judge
  private let baseline: Baseline
  private let claims: Claims
  private let progress: (String) -> Void

  /// - Parameter progress: told what is being done, before each target.
  public init(_ request: Request, judge: Judge, baseline: Baseline, claims: Claims, progress: @escaping (String) -> Void = { _ in }) {
    self.request = request
    self.judge = judge
    self.baseline = baseline
    self.claims = claims
    self.progress = progress
  }

  public func run() -> AuditOutcome {
    let clock = ContinuousClock()
    let start = clock.now
    let collected = Collected(at: Clock.text(request.now), by: "ringwall \(request.version)", uid: CurrentUser.id)

    let targets = TargetResolver().resolve(request.targets, root: request.root)
    var judged = Judged()
    for (index, target) in targets.enumerated() {
      progress("\(index + 1)/\(targets.count) \(target.name)")
      let outcome = FactCollection().collect(target)
      judge(outcome, of: target, collected: collected, into: &judged)
    }
    let results = results(of: judged)
    let scores = LayerScore.scores(of: results, floor: baseline.floor)

    let elapsed = clock.now - start
    return AuditOutcome(
      version: request.version, policyDigest: judge.policies.digest, collected: collected, baseline: baseline, targets: judged.targets,
      assets: judged.assets.map(\.asset), results: results, scores: scores, passedOver: judged.passedOver, roots: judged.roots,
      seconds: Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18)
  }

  /// What the steps hand on.
  private struct Judged {
    var targets: [TargetOutcome] = []
    var assets: [(asset: Asset, findings: [Finding])] = []
    var passedOver = 0
    var roots: [String: String] = [:]
  }

  private func judge(_ outcome: FactCollection.Outcome, of target: Target, collected: Collected, into judged: inout Judged) {
    if outcome.isPassedOver {
      judged.passedOver += 1
      return
    }
    for asset in outcome.collection.assets {
      let findings = judge.judge(asset, collected: collected) + claims.findings(for: asset)
      judged.assets.append((asset.asset, findings))
      if case .machine(_, let root?) = target { judged.roots[asset.asset.id] = root }
    }
    let refusals = outcome.collection.refusals
    let hasResult = !outcome.collection.assets.isEmpty
    judged.targets.append(
      TargetOutcome(target: target.name, status: refusals.isEmpty ? .judged : hasResult ? .partial : .refused, refusals: refusals))
  }

  private func results(of judged: Judged) -> [AuditResult] {
    judged.assets.flatMap { $0.findings.map(AuditResult.init) }.sorted(by: AuditResult.isWorse)
  }
}
