public import Domain

/// Results counted by layer, severity and verdict: all that scores and summaries need of results that are not kept.
public struct Tally: Sendable, Hashable {
  /// By layer, severity and verdict, in the order of `index`.
  private var counts = [Int](repeating: 0, count: 6 * 5 * 5)

  public init() {}

  mutating func add(_ finding: Finding) { add(finding.control, finding.verdict) }

  /// What is wrong with a waiver weighs nothing: the control that it does not waive fails, and costs its layer by itself.
  mutating func add(_ control: Control, _ verdict: Verdict, count: Int = 1) {
    counts[Self.index(control.layer, LayerScore.weighs(control) ? control.severity : .info, verdict)] += count
  }

  /// Takes back what was added, where a verdict has become another one.
  mutating func remove(_ finding: Finding) { add(finding.control, finding.verdict, count: -1) }

  private static func index(_ layer: Layer, _ severity: Severity, _ verdict: Verdict) -> Int {
    let layer =
      switch layer {
      case .hardware: 0
      case .vmm: 1
      case .environment: 2
      case .isolation: 3
      case .management: 4
      case .network: 5
      }
    let verdict =
      switch verdict {
      case .pass: 0
      case .fail: 1
      case .notApplicable: 2
      case .unknown: 3
      case .waived: 4
      }
    return (layer * 5 + severity.rank) * 5 + verdict
  }

  /// Results of all layers and severities.
  public var total: Int { counts.reduce(0, +) }

  public func count(_ verdict: Verdict) -> Int {
    Layer.allCases.reduce(0) { sum, layer in Severity.allCases.reduce(sum) { $0 + counts[Self.index(layer, $1, verdict)] } }
  }

  /// Results of a layer that carry weight.
  func count(_ verdict: Verdict, in layer: Layer) -> Int {
    Severity.allCases.reduce(0) { $1 > .info ? $0 + counts[Self.index(layer, $1, verdict)] : $0 }
  }

  /// Sum of the weights of a layer's results with one of the verdicts.
  func weight(of verdicts: Set<Verdict>, in layer: Layer) -> Int {
    verdicts.reduce(0) { sum, verdict in
      Severity.allCases.reduce(sum) { $0 + counts[Self.index(layer, $1, verdict)] * LayerScore.weight($1) }
    }
  }
}

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
  /// Results by verdict; verdicts without a result are missing.
  public let counts: [Verdict: Int]
  /// Sum of the weights of all applicable results.
  public let weight: Int
  /// What cost the layer something, dearest first.
  public let costs: [Cost]

  /// One result that took weight from its layer.
  public struct Cost: Sendable, Hashable {
    public let result: AuditResult
    /// Points of 100 that it costs, in tenths, rounded down.
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

  /// Whether results of the control count in a score.
  static func weighs(_ control: Control) -> Bool { control.severity > .info && control.kind != .waiver }

  /// Scores of the layers that have applicable results, weakest first.
  ///
  /// - Parameters:
  ///   - tally: every result of the run.
  ///   - results: at least those that cost something, worst first.
  static func scores(of tally: Tally, results: [AuditResult], floor: Int) -> [LayerScore] {
    let costing = results.filter { ($0.verdict.needsAttention || $0.verdict == .waived) && weighs($0.control) }
    let byLayer = Dictionary(grouping: costing, by: \.control.layer)
    let scores = Layer.allCases.compactMap { LayerScore($0, tally, costing: byLayer[$0] ?? [], floor: floor) }
    return scores.sorted { a, b in a.low != b.low ? a.low < b.low : a.high < b.high }
  }

  /// What a result of the severity costs its layer, in tenths of a point, rounded down.
  private static func tenths(_ severity: Severity, of total: Int) -> Int { weight(severity) * 1000 / total }

  private init?(_ layer: Layer, _ tally: Tally, costing: [AuditResult], floor: Int) {
    let total = tally.weight(of: [.pass, .fail, .unknown, .waived], in: layer)
    guard total > 0 else { return nil }
    self.layer = layer
    self.floor = floor
    weight = total
    low = tally.weight(of: [.pass], in: layer) * 100 / total
    high = tally.weight(of: [.pass, .unknown], in: layer) * 100 / total
    var counts: [Verdict: Int] = [:]
    for verdict in Verdict.allCases {
      let count = tally.count(verdict, in: layer)
      if count > 0 { counts[verdict] = count }
    }
    self.counts = counts
    // Dearest first, each cost in the order of its results: severities of different weight may cost the same in a large estate.
    costs = Set(Severity.allCases.map { Self.tenths($0, of: total) }).sorted(by: >).flatMap { tenths in
      costing.lazy.filter { Self.tenths($0.control.severity, of: total) == tenths }.map { Cost(result: $0, tenths: tenths) }
    }
  }
}
