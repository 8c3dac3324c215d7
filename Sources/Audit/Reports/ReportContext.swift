public import Domain

/// What a report shows beside the outcome of its own run. Everything may be missing.
public struct ReportContext: Sendable {
  /// Frameworks by whose clauses the evidence is grouped, in the order asked for.
  public var frameworks: [FrameworkEvidence]
  /// Scores of earlier runs over the same targets, oldest first.
  public var earlier: [EarlierScores]
  /// Waivers in force or ended, in any order.
  public var waivers: [WaiverNotice]
  /// What the results were compared with, where only new ones are shown.
  public var comparison: Comparison?

  public init(
    frameworks: [FrameworkEvidence] = [], earlier: [EarlierScores] = [], waivers: [WaiverNotice] = [], comparison: Comparison? = nil
  ) {
    self.frameworks = frameworks
    self.earlier = earlier
    self.waivers = waivers
    self.comparison = comparison
  }
}

/// The scores of one earlier run.
public struct EarlierScores: Sendable, Hashable {
  /// RFC 3339 in UTC.
  public let time: String
  /// The low end of each layer's range, 0 to 100.
  public let scores: [Layer: Int]

  public init(time: String, scores: [Layer: Int]) {
    self.time = time
    self.scores = scores
  }
}

/// One waiver as a report tells of it.
public struct WaiverNotice: Sendable, Hashable {
  public let id: String
  public let control: String
  /// The asset's id.
  public let asset: String
  public let reason: String
  /// Controls that must pass in its place, in words.
  public let compensation: String
  public let requester: String
  public let approvers: [String]
  /// RFC 3339 in UTC.
  public let ends: String
  /// Whole days until its end, rounded down; negative once it has ended.
  public let daysLeft: Int

  public init(
    id: String, control: String, asset: String, reason: String, compensation: String, requester: String, approvers: [String], ends: String,
    daysLeft: Int
  ) {
    self.id = id
    self.control = control
    self.asset = asset
    self.reason = reason
    self.compensation = compensation
    self.requester = requester
    self.approvers = approvers
    self.ends = ends
    self.daysLeft = daysLeft
  }
}
