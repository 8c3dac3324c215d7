/// What a fact contributed to a verdict.
public struct Evidence: Sendable, Hashable {
  /// Name of the fact.
  public let fact: String
  public let state: Fact.State
  public let value: FactValue?
  public let source: FactSource?
  /// Reason code of a fact that could not be had, as in `Fact.why`.
  public let why: String?

  public init(fact: String, state: Fact.State, value: FactValue?, source: FactSource?, why: String? = nil) {
    self.fact = fact
    self.state = state
    self.value = value
    self.source = source
    self.why = why
  }
}

/// The judged outcome of one control for one asset, with what it rests on.
public struct Finding: Sendable, Hashable {
  public let control: Control
  public let asset: Asset
  public let verdict: Verdict
  /// Of an unknown: "missing", "unreadable", "notCollected", "parameterNotSet", "policyError"; else empty.
  public let reason: String
  /// Key into the control's messages, and into those of each language.
  public let messageCase: String
  /// Arguments of the message by name.
  public let arguments: [String: FactValue]
  public let evidence: [Evidence]

  public init(
    control: Control, asset: Asset, verdict: Verdict, reason: String, messageCase: String,
    arguments: [String: FactValue], evidence: [Evidence]
  ) {
    self.control = control
    self.asset = asset
    self.verdict = verdict
    self.reason = reason
    self.messageCase = messageCase
    self.arguments = arguments
    self.evidence = evidence
  }
}
