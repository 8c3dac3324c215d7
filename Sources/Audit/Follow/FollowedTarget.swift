internal import Domain

/// What is kept of one target between two changes: its verdicts, and of machines the facts.
struct FollowedTarget {
  var assets: [FollowedAsset] = []
  var refusals: [Refusal] = []
  var isPassedOver = false
}

struct FollowedAsset {
  /// As it was collected; its id may be shared.
  let collected: Asset
  /// The target as the asset names it.
  let target: String
  /// Under the id that no other has.
  var asset: Asset
  /// By control id.
  var results: [FollowedResult]
  /// Kept of a machine's assets, so that those that are the same are not judged again; nil of a file's.
  var facts: AssetFacts?
}

/// One verdict with what tells whether its finding is the same.
struct FollowedResult: Hashable {
  let control: Control
  let verdict: Verdict
  let messageCase: String
  /// Of what needs somebody: a hash of the finding's arguments and evidence; else 0.
  let detail: Int

  static func ordered(_ results: [FollowedResult]) -> [FollowedResult] {
    results.sorted { a, b in
      if a.control.id != b.control.id { return a.control.id < b.control.id }
      return (a.verdict.rawValue, a.messageCase, a.detail) < (b.verdict.rawValue, b.messageCase, b.detail)
    }
  }
}
