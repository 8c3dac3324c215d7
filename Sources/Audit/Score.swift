public import Domain

/// How well a layer is protected, as a range: whoever does not know cannot claim.
///
/// Weight of the passes divided by the weight of all applicable results, in percent, rounded down. At the low end each unknown counts
/// as failed, at the high end as passed. A waived control earns nothing; one that is not applicable counts nowhere.
public struct LayerScore: Sendable, Hashable {
  public let layer: Layer
  /// 0 to 100.
  public let low: Int
  /// `low` to 100.
  public let high: Int
  /// The baseline's floor.
  public let floor: Int
  /// Results by verdict.
  public let counts: [Verdict: Int]
  /// Sum of the weights of all applicable results.
  public let weight: Int
  /// What cost the layer something, dearest first.
  public let costs: [Cost]

  /// One result that took weight from its layer.
  public struct Cost: Sendable, Hashable {
    public let result: AuditResult
    /// Points of 100 that it costs, in tenths.
    public let tenths: Int
  }

  /// Points that a control of this severity carries.
  public static func weight(_ severity: Severity) -> Int {
    switch severity {
    case .critical: 10
    case .high: 5
    case .medium: 2
    case .low: 1
    case .info: 0
    }
  }

  /// Scores of the layers that have applicable results, weakest first.
  static func scores(of results: [AuditResult], floor: Int) -> [LayerScore] {
    let byLayer = Dictionary(grouping: results.filter { $0.control.severity > .info }, by: \.control.layer)
    let scores = Layer.allCases.compactMap { layer in byLayer[layer].flatMap { LayerScore(layer, $0, floor: floor) } }
    return scores.sorted { a, b in a.low != b.low ? a.low < b.low : a.high < b.high }
  }

  private init?(_ layer: Layer, _ results: [AuditResult], floor: Int) {
    func sum(_ verdicts: Verdict...) -> Int {
      results.reduce(0) { verdicts.contains($1.verdict) ? $0 + Self.weight($1.control.severity) : $0 }
    }
    let total = sum(.pass, .fail, .unknown, .waived)
    guard total > 0 else { return nil }
    self.layer = layer
    self.floor = floor
    weight = total
    low = sum(.pass) * 100 / total
    high = sum(.pass, .unknown) * 100 / total
    counts = results.reduce(into: [:]) { $0[$1.verdict, default: 0] += 1 }
    costs = results.filter { [.fail, .unknown, .waived].contains($0.verdict) }.map {
      Cost(result: $0, tenths: Self.weight($0.control.severity) * 1000 / total)
    }
  }
}
