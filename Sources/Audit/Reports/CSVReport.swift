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
    var head: [UInt8] = []
    append(columns, to: &head)
    try output(head)
    let clauses = clauses(context.frameworks, outcome.controls)
    // What is safe, in the report's language, is looked up once for each control.
    var safe: [String: String] = [:]
    for control in outcome.controls { safe[control.id] = texts.words(of: control).safe }
    for result in outcome.results {
      let finding = result.finding
      let place = finding.place
      let cells = [
        result.control.id, texts.title(result.control), result.control.severity.rawValue, result.control.layer.rawValue,
        result.verdict.rawValue,
        finding.reason, finding.asset.id, finding.asset.name, finding.asset.platform, texts.message(finding), result.found?.shown ?? "",
        safe[result.control.id] ?? "", place?.name ?? "", place?.line.map { "\($0)" } ?? "",
        place?.column.map { "\($0)" } ?? "", result.fingerprint, clauses[result.control.id] ?? "",
      ]
      var line: [UInt8] = []
      line.reserveCapacity(512)
      append(cells, to: &line)
      try output(line)
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

  private static func append(_ cells: [String], to line: inout [UInt8]) {
    for (i, cell) in cells.enumerated() {
      if i > 0 { line.append(UInt8(ascii: ",")) }
      append(cell, to: &line)
    }
    line += [0x0D, 0x0A]
  }

  static func append(_ value: String, to line: inout [UInt8]) {
    let start = line.count
    line += value.printable.utf8
    guard let last = line.last, start < line.count else { return }
    let first = line[start]
    // Bytes are compared: a mark that combines with the sign does not hide it from a spreadsheet.
    let isFormula = "=+-@".utf8.contains(first) && value != "-"
    var (isQuoted, quotes) = (first == 0x20 || last == 0x20, 0)
    for index in start..<line.count {
      if line[index] == 0x22 { quotes += 1 }
      if line[index] == 0x2C { isQuoted = true }
    }
    if quotes > 0 {
      let doubled = line[start...].flatMap { $0 == 0x22 ? [0x22, 0x22] : [$0] }
      line.replaceSubrange(start..., with: doubled)
    }
    if isFormula { line.insert(UInt8(ascii: "'"), at: start) }
    if isQuoted || quotes > 0 {
      line.insert(0x22, at: start)
      line.append(0x22)
    }
  }
}
