internal import Domain

/// What became of targets in one update, as events in the order in which they were met.
///
/// An asset that leaves one target and stands in another, as a file that is renamed has it, neither went nor came.
struct FollowChanges {
  let time: String
  private var told: [FollowEvent] = []
  private var gone: [String: FollowedAsset] = [:]
  private var order: [String] = []
  private var refusedBefore: Set<Refusal> = []
  private var acceptedTargets: [String] = []

  private let isSilent: Bool

  /// - Parameter isSilent: tells of refusals alone.
  init(time: String, isSilent: Bool) {
    self.time = time
    self.isSilent = isSilent
  }

  /// Assets that came, with what is needed to tell of them.
  private struct Arrival {
    let asset: Asset
    let results: [FollowedResult]
    let findings: (Control) -> [Finding]
  }
  private var arrivals: [Arrival] = []

  mutating func remove(_ state: FollowedTarget?, of target: Target) {
    for asset in state?.assets ?? [] { leave(asset) }
    refusedBefore.formUnion(state?.refusals ?? [])
  }

  private mutating func leave(_ asset: FollowedAsset) {
    if isSilent { return }
    if gone.updateValue(asset, forKey: asset.asset.id) == nil { order.append(asset.asset.id) }
  }

  /// - Parameter findings: the findings of a control, made when they are asked for.
  mutating func replace(
    _ before: FollowedAsset?, by asset: Asset, _ results: [FollowedResult], findings: @escaping (Control) -> [Finding]
  ) {
    if isSilent { return }
    if let before {
      tell(before.results, results, of: asset, findings)
    } else {
      arrivals.append(Arrival(asset: asset, results: results, findings: findings))
    }
  }

  mutating func replace(_ before: FollowedTarget?, by state: FollowedTarget, of target: Target) {
    let ids = Set(state.assets.map(\.asset.id))
    for asset in before?.assets ?? [] where !ids.contains(asset.asset.id) { leave(asset) }
    let known = Set(before?.refusals ?? [])
    for refusal in state.refusals where !known.contains(refusal) { told.append(.refused(refusal)) }
    if !known.isEmpty, state.refusals.isEmpty, !state.isPassedOver { acceptedTargets.append(target.name) }
  }

  /// Everything that happened, arrivals and departures matched.
  var events: [FollowEvent] {
    var rest = self
    for arrival in arrivals {
      if let before = rest.gone.removeValue(forKey: arrival.asset.id) {
        rest.tell(before.results, arrival.results, of: arrival.asset, arrival.findings)
        continue
      }
      var counts: [Verdict: Int] = [:]
      for result in arrival.results { counts[result.verdict, default: 0] += 1 }
      rest.told.append(.appeared(arrival.asset, counts))
      rest.tell([], arrival.results.filter(\.verdict.needsAttention), of: arrival.asset, arrival.findings)
    }
    for id in order {
      if let asset = rest.gone[id] { rest.told.append(.gone(asset.asset)) }
    }
    return rest.told.filter { event in
      // The refusal of a target that was renamed was told before.
      if case .refused(let refusal) = event { return !refusedBefore.contains(refusal) }
      return true
    } + acceptedTargets.map { .accepted($0) }
  }

  /// One event for each control whose verdict is another one; several results of one control are compared in their order.
  private mutating func tell(
    _ before: [FollowedResult], _ after: [FollowedResult], of asset: Asset, _ findings: (Control) -> [Finding]
  ) {
    var (i, j) = (0, 0)
    while i < before.count || j < after.count {
      if j == after.count || (i < before.count && before[i].control.id < after[j].control.id) {
        told.append(
          .verdict(
            VerdictChange(time: time, before: before[i].verdict, after: nil, asset: asset, control: before[i].control, finding: nil)))
        i += 1
      } else if i == before.count || after[j].control.id < before[i].control.id {
        tell(nil, after[j], of: asset, findings)
        j += 1
      } else {
        if before[i].verdict != after[j].verdict { tell(before[i].verdict, after[j], of: asset, findings) }
        i += 1
        j += 1
      }
    }
  }

  private mutating func tell(_ before: Verdict?, _ result: FollowedResult, of asset: Asset, _ findings: (Control) -> [Finding]) {
    told.append(
      .verdict(
        VerdictChange(
          time: time, before: before, after: result.verdict, asset: asset, control: result.control,
          finding: findings(result.control).first { $0.verdict == result.verdict && $0.messageCase == result.messageCase })))
  }
}
