public import Domain

/// What following tells.
public enum FollowEvent: Sendable {
  /// One control of one asset has another verdict.
  case verdict(VerdictChange)
  /// An asset that was not there before, with its verdicts counted; its open findings follow as changes from nil.
  case appeared(Asset, [Verdict: Int])
  case gone(Asset)
  /// A target, or a part of it, cannot be judged any more.
  case refused(Refusal)
  /// A target that was refused is judged again.
  case accepted(String)
  /// Everything is read anew, for the reason.
  case rescan(String)
  /// A source of changes has ended, and why; its targets are looked at every so often instead.
  case lost(String)
}

/// A verdict that is another one than before.
public struct VerdictChange: Sendable, Hashable {
  /// RFC 3339 in UTC.
  public let time: String
  /// nil where the control did not judge the asset before.
  public let before: Verdict?
  /// nil where it does not any more.
  public let after: Verdict?
  public let asset: Asset
  public let control: Control
  /// nil where there is no verdict any more.
  public let finding: Finding?
}
