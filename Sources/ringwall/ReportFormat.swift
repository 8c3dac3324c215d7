internal import ArgumentParser
internal import Audit
internal import Judgement

/// Forms in which an audit's result can be written.
enum ReportFormat: String, CaseIterable {
  case table
  case json
  case sarif
  case html

  static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

  @Sendable static func named(_ name: String) throws -> ReportFormat {
    guard let format = ReportFormat(rawValue: name.lowercased()) else {
      let planned = ["sonarqube", "junit", "oscal", "markdown", "csv", "xccdf", "ocsf", "navigator"].contains(name.lowercased())
      throw ValidationError("\(planned ? "not in this version; " : "")there are \(names)")
    }
    return format
  }

  func write(_ outcome: AuditOutcome, exit: ExitStatus, setup: JudgingSetup, showsAll: Bool, to output: ResultOutput) throws(DataError) {
    switch self {
    case .table:
      let style = output.path == nil ? Console.style : TerminalStyle(isColoured: false, columns: Console.style.columns)
      try output.write(Array(TableReport.text(outcome, texts: setup.texts, style: style, showsAll: showsAll).utf8))
    case .json:
      try JSONReport.write(outcome, exit: exit, texts: setup.texts) { bytes throws(DataError) in try output.write(bytes) }
    case .sarif:
      try SARIFReport.write(outcome, exit: exit, texts: setup.texts, showsAll: showsAll) { bytes throws(DataError) in
        try output.write(bytes)
      }
    case .html:
      try HTMLReport.write(outcome, exit: exit, texts: setup.texts) { bytes throws(DataError) in try output.write(bytes) }
    }
  }
}
