internal import ArgumentParser
internal import Audit
internal import Judgement

/// Forms in which an audit's result can be written.
enum ReportFormat: String, CaseIterable {
  case table
  case json
  case sarif
  case html
  case junit
  case markdown
  case csv
  case sonarqube
  case sonarqubeOld = "sonarqube-old"
  case oscal
  case xccdf
  case arf
  case ocsf
  case navigator

  static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

  @Sendable static func named(_ name: String) throws -> ReportFormat {
    guard let format = ReportFormat(rawValue: name.lowercased()) else { throw ValidationError("there are \(names)") }
    return format
  }

  /// Whether the form has a place for clauses of laws and standards.
  var showsClauses: Bool {
    switch self {
    case .table, .json, .html, .markdown, .csv, .oscal, .ocsf: true
    case .sarif, .junit, .sonarqube, .sonarqubeOld, .xccdf, .arf, .navigator: false
    }
  }

  func write(
    _ outcome: AuditOutcome, exit: ExitStatus, setup: JudgingSetup, context: ReportContext, showsAll: Bool, to output: ResultOutput
  ) throws(DataError) {
    let texts = setup.texts
    func put(_ bytes: [UInt8]) throws(DataError) { try output.write(bytes) }
    switch self {
    case .table:
      let style = output.path == nil ? Console.style : TerminalStyle(isColoured: false, columns: Console.style.columns)
      try put(Array(TableReport.text(outcome, texts: texts, style: style, showsAll: showsAll, context: context).utf8))
    case .json: try JSONReport.write(outcome, exit: exit, texts: texts, context: context, to: put)
    case .sarif: try SARIFReport.write(outcome, exit: exit, texts: texts, showsAll: showsAll, to: put)
    case .html: try HTMLReport.write(outcome, exit: exit, texts: texts, context: context, to: put)
    case .junit: try JUnitReport.write(outcome, texts: texts, to: put)
    case .markdown: try MarkdownReport.write(outcome, exit: exit, texts: texts, context: context, showsAll: showsAll, to: put)
    case .csv: try CSVReport.write(outcome, texts: texts, context: context, to: put)
    case .sonarqube: try SonarQubeReport.write(outcome, texts: texts, form: .current, to: put)
    case .sonarqubeOld: try SonarQubeReport.write(outcome, texts: texts, form: .old, to: put)
    case .oscal: try OSCALReport.write(outcome, texts: texts, context: context, to: put)
    case .xccdf: try XCCDFReport.write(outcome, texts: texts, to: put)
    case .arf: try ARFReport.write(outcome, texts: texts, to: put)
    case .ocsf: try OCSFReport.write(outcome, texts: texts, context: context, to: put)
    case .navigator: try put(try navigator(outcome, setup))
    }
  }

  private func navigator(_ outcome: AuditOutcome, _ setup: JudgingSetup) throws(DataError) -> [UInt8] {
    guard let attack = try Frameworks(from: setup.folder)["attack"], attack.edition != nil else {
      throw DataError("--format navigator: data/frameworks/attack.yaml is missing or names no edition; install the program's data again")
    }
    return NavigatorReport.bytes(outcome, attack: attack, texts: setup.texts)
  }
}
