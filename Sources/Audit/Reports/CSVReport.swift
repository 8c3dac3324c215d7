internal import Domain

/// The result as CSV (RFC 4180) in UTF-8, one line per result, with a head: for spreadsheets and databases.
///
/// A cell that a spreadsheet would take for a formula begins with an apostrophe: names and values come from the machines judged.
public struct CSVReport {
  private static let columns = [
    "control", "title", "severity", "layer", "verdict", "reason", "asset", "asset_name", "platform", "message", "found", "safe", "source",
    "line",
    "column", "fingerprint", "clauses",
  ]

  /// - Parameter context: with frameworks, `clauses` names theirs ("gdpr 32(1)(b)"), else it is empty.
  public static func write<Failure: Error>(
    _ outcome: AuditOutcome, texts: Texts, context: ReportContext = ReportContext(), to output: ([UInt8]) throws(Failure) -> Void
  ) throws(Failure) {
    try output(Array(line(columns).utf8))
    let clauses = clauses(context.frameworks, outcome.controls)
    for result in outcome.results {
      let finding = result.finding
      let place = finding.place
      let cells = [
        result.control.id, texts.title(result.control), result.control.severity.rawValue, result.control.layer.rawValue,
        result.verdict.rawValue,
        finding.reason, finding.asset.id, finding.asset.name, finding.asset.platform, texts.message(finding), result.found?.shown ?? "",
        texts.words(of: result.control).safe, place?.name ?? "", place?.line.map { "\($0)" } ?? "",
        place?.column.map { "\($0)" } ?? "", result.fingerprint, clauses[result.control.id] ?? "",
      ]
      try output(Array(line(cells).utf8))
    }
  }

  /// Clauses by control, those that fit only in part with a question mark.
  private static func clauses(_ frameworks: [FrameworkEvidence], _ controls: [Control]) -> [String: String] {
    guard !frameworks.isEmpty else { return [:] }
    var byControl: [String: String] = [:]
    for control in controls {
      let clauses = frameworks.flatMap { evidence in
        evidence.framework.clauses(control: control).map { "\(evidence.framework.id) \($0.id)\($0.weakness == nil ? "" : "?")" }
      }
      byControl[control.id] = clauses.joined(separator: "; ")
    }
    return byControl
  }

  private static func line(_ cells: [String]) -> String { cells.map(cell).joined(separator: ",") + "\r\n" }

  static func cell(_ value: String) -> String {
    var text = value.printable
    if let first = text.first, "=+-@\t\r".contains(first), text != "-" { text = "'" + text }
    guard text.contains(where: { ",\"\n\r".contains($0) }) || text.hasPrefix(" ") || text.hasSuffix(" ") else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}
