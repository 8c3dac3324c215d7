internal import Rego

/// What one run of a query gave, with whatever was asked for besides.
struct EvalOutput {
  var solutions: [EvaluatedSolution] = []
  /// Instead of them where they are only written: what stands under `result`.
  var resultText: OutputTree?
  var errors: [OutputError] = []
  var metrics: Metrics?
  /// Of several runs, by name.
  var aggregatedMetrics: [(name: String, statistics: Statistics)] = []
  var explanation: [TraceEvent] = []
  var profile: [Profile.Row] = []
  /// Of several runs.
  var aggregatedProfile: [(row: Profile.Row, times: Statistics)] = []
  var coverage: Coverage.Report?

  var hasSolutions: Bool { !solutions.isEmpty || resultText != nil }

  /// As `--format json` writes it; what is empty is left out.
  var tree: OutputTree {
    var members: [(key: String, value: OutputTree)] = []
    if !errors.isEmpty { members.append(("errors", .value(.array(errors.map(\.json))))) }
    if let resultText {
      members.append(("result", resultText))
    } else if !solutions.isEmpty {
      members.append(("result", .value(SolutionText.json(solutions))))
    }
    for member in reports {
      guard case .string(let key) = member.key else { continue }
      members.append((key, .value(member.value)))
    }
    return .object(members)
  }

  /// The same where no result is text.
  var document: RegoValue {
    var members: [RegoValue.Member] = []
    if !errors.isEmpty { members.append(.init("errors", .array(errors.map(\.json)))) }
    if !solutions.isEmpty { members.append(.init("result", SolutionText.json(solutions))) }
    return .object(members + reports)
  }

  /// What was asked for besides.
  private var reports: [RegoValue.Member] {
    var members: [RegoValue.Member] = []
    if let metrics { members.append(.init("metrics", metrics.json)) }
    if !aggregatedMetrics.isEmpty {
      members.append(.init("aggregated_metrics", .object(aggregatedMetrics.map { .init($0.name, $0.statistics.json) })))
    }
    if !explanation.isEmpty { members.append(.init("explanation", .array(explanation.map(\.json)))) }
    if !profile.isEmpty { members.append(.init("profile", ProfileReport.json(profile))) }
    if !aggregatedProfile.isEmpty { members.append(.init("aggregated_profile", ProfileReport.aggregatedJSON(aggregatedProfile))) }
    if let coverage { members.append(.init("coverage", coverage.json)) }
    return members
  }

  /// As `--format discard` writes it.
  var discarded: RegoValue {
    guard case .object(let members) = document else { return document }
    return .object(members.map { $0.key == .string("result") ? .init("result", .string("discarded")) : $0 })
  }

  /// As `--format pretty` writes it, without errors.
  ///
  /// - Parameter showsVariables: lines of the explanation end with the values of their variables.
  func pretty(limit: Int, showsVariables: Bool) -> String {
    var parts: [String] = []
    if !explanation.isEmpty { parts.append(TraceLines.lines(explanation, showsVariables: showsVariables).joined(separator: "\n")) }
    if errors.isEmpty { parts.append(SolutionText.pretty(solutions, limit: limit)) }
    if let metrics { parts.append(metrics.table) }
    parts.append(ProfileReport.table(profile))
    if !aggregatedMetrics.isEmpty {
      parts.append(
        TextTable.text(
          ["Metric"] + Statistics.heads, aggregatedMetrics.map { [$0.name] + $0.statistics.cells }))
    }
    parts.append(ProfileReport.aggregatedTable(aggregatedProfile))
    if let coverage { parts.append(coverage.table) }
    return parts.filter { !$0.isEmpty }.joined(separator: "\n")
  }
}

/// Times of a run by OPA's names, in nanoseconds.
struct Metrics {
  private(set) var values: [(name: String, nanoseconds: Int64)] = []

  /// Runs `body` and keeps how long it took, also where it throws.
  ///
  /// - Parameter name: OPA's, without "timer_rego_" and "_ns"; nil keeps nothing.
  mutating func time<Result>(_ name: String?, _ body: () throws -> Result) rethrows -> Result {
    guard let name else { return try body() }
    let start = ContinuousClock.now
    defer { add(name, (ContinuousClock.now - start).wholeNanoseconds) }
    return try body()
  }

  mutating func add(_ name: String, _ nanoseconds: Int64) {
    let name = "timer_rego_\(name)_ns"
    if let index = values.firstIndex(where: { $0.name == name }) {
      values[index].nanoseconds += nanoseconds
    } else {
      values.append((name, nanoseconds))
      values.sort { $0.name < $1.name }
    }
  }

  var json: RegoValue { .object(values.map { .init($0.name, .integer($0.nanoseconds)) }) }

  var table: String { TextTable.text(["Metric", "Value"], values.map { [$0.name, "\($0.nanoseconds)"] }) }
}

/// Of one measure over several runs.
struct Statistics {
  let sorted: [Int64]

  init(_ values: [Int64]) { sorted = values.sorted() }

  var minimum: Int64 { sorted.first ?? 0 }
  var maximum: Int64 { sorted.last ?? 0 }
  var mean: Double { sorted.isEmpty ? 0 : sorted.reduce(0.0) { $0 + Double($1) } / Double(sorted.count) }
  var deviation: Double {
    guard sorted.count > 0 else { return 0 }
    let mean = mean
    return (sorted.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(sorted.count)).squareRoot()
  }

  /// Linear between the two nearest values, as Go's metrics library computes it.
  func percentile(_ share: Double) -> Double {
    guard !sorted.isEmpty else { return 0 }
    let position = share * Double(sorted.count + 1)
    if position < 1 { return Double(sorted[0]) }
    if position >= Double(sorted.count) { return Double(sorted[sorted.count - 1]) }
    let lower = Double(sorted[Int(position) - 1]), upper = Double(sorted[Int(position)])
    return lower + (position - position.rounded(.down)) * (upper - lower)
  }

  static let heads = ["Min", "Max", "Mean", "90%", "99%"]

  private var shown: [(name: String, value: RegoValue)] {
    [
      ("min", .integer(minimum)), ("max", .integer(maximum)), ("mean", JSONShape.double(mean)), ("90%", JSONShape.double(percentile(0.9))),
      ("99%", JSONShape.double(percentile(0.99))),
    ]
  }

  var json: RegoValue { .object(shown.map { .init($0.name, $0.value) }) }
  var cells: [String] { shown.map { OrderedJSON.compact($0.value) } }
}
