internal import ArgumentParser
internal import Rego

/// What of an evaluation's trace is shown.
enum ExplainMode: String, ExpressibleByArgument, CaseIterable {
  case off, full, notes, fails, debug

  /// nil for off.
  var recorder: TraceRecorder? { TraceMode(rawValue: rawValue).map { TraceRecorder($0) } }
}

extension Coverage.Report {
  /// As OPA writes it: files with ranges of rows, and sums.
  var json: RegoValue {
    .object([
      .init(
        "files",
        .object(
          files.map { file in
            var members: [RegoValue.Member] = []
            if !file.covered.isEmpty { members.append(.init("covered", Self.ranges(file.covered))) }
            if !file.missed.isEmpty { members.append(.init("not_covered", Self.ranges(file.missed))) }
            if file.coveredRows > 0 { members.append(.init("covered_lines", .integer(Int64(file.coveredRows)))) }
            if file.missedRows > 0 { members.append(.init("not_covered_lines", .integer(Int64(file.missedRows)))) }
            if file.share > 0 { members.append(.init("coverage", JSONShape.double(file.share))) }
            return .init(file.name, .object(members))
          })),
      .init("covered_lines", .integer(Int64(coveredRows))), .init("not_covered_lines", .integer(Int64(missedRows))),
      .init("coverage", JSONShape.double(share)),
    ])
  }

  private static func ranges(_ ranges: [Coverage.Rows]) -> RegoValue {
    .array(
      ranges.map { rows in
        .object([
          .init("start", .object([.init("row", .integer(Int64(rows.lowerBound)))])),
          .init("end", .object([.init("row", .integer(Int64(rows.upperBound)))])),
        ])
      })
  }

  /// "50.00"
  static func percent(_ share: Double) -> String {
    let hundredths = Int((share * 100).rounded())
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
  }

  var table: String { TextTable.text(nil, [["Overall Coverage", Self.percent(share)]]) }
}

/// Rows of a profile in OPA's shapes.
enum ProfileReport {
  static func json(_ rows: [Profile.Row]) -> RegoValue {
    .array(
      rows.map { row in
        .object([.init("total_time_ns", .integer(row.nanoseconds))] + counts(row))
      })
  }

  private static func counts(_ row: Profile.Row) -> [RegoValue.Member] {
    [
      .init("num_eval", .integer(Int64(row.evaluations))), .init("num_redo", .integer(Int64(row.redos))),
      .init("num_gen_expr", .integer(Int64(row.expressions))), .init("location", JSONShape.place(row.file, row.location)),
    ]
  }

  private static func cells(_ row: Profile.Row) -> [String] {
    ["\(row.evaluations)", "\(row.redos)", "\(row.expressions)", "\(row.file.isEmpty ? "query" : row.file):\(row.location.row)"]
  }

  static func table(_ rows: [Profile.Row]) -> String {
    guard !rows.isEmpty else { return "" }
    return TextTable.text(
      ["Time", "Num Eval", "Num Redo", "Num Gen Expr", "Location"],
      rows.map { [Duration.nanoseconds($0.nanoseconds).goText] + cells($0) })
  }

  /// Times of the same rows in several runs.
  static func aggregatedJSON(_ rows: [(row: Profile.Row, times: Statistics)]) -> RegoValue {
    .array(rows.map { item in .object([.init("total_time_ns_stats", item.times.json)] + counts(item.row)) })
  }

  static func aggregatedTable(_ rows: [(row: Profile.Row, times: Statistics)]) -> String {
    guard !rows.isEmpty else { return "" }
    return TextTable.text(
      Statistics.heads + ["Num Eval", "Num Redo", "Num Gen Expr", "Location"],
      rows.map { item in
        [
          item.times.minimum, item.times.maximum, Int64(item.times.mean), Int64(item.times.percentile(0.9)),
          Int64(item.times.percentile(0.99)),
        ].map { Duration.nanoseconds($0).goText } + cells(item.row)
      })
  }
}
