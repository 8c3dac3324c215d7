import Domain
import Foundation
import Judgement
import Testing

@testable import Audit

@Suite("Checklist")
struct ChecklistReportTests {
  private let controls: [Control]

  init() throws { controls = try Policies.load(from: try DataFolder(named: Samples.packageRoot.path)).controls.all }

  @Test("A form has every number once, in order, at every width", arguments: Language.allCases, [40, 80, 160])
  func form(language: Language, columns: Int) throws {
    let report = ChecklistReport(controls, results: nil, texts: try Samples.texts(language))
    let text = report.table(style: TerminalStyle(isColoured: false, columns: columns))
    let numbers = text.split(separator: "\n").compactMap { line in
      line.contains("[ ]") ? line.prefix { $0 != " " }.description : nil
    }
    #expect(numbers == (1...ChecklistReport.count).map { "\($0)" })
    for line in text.split(separator: "\n") { #expect(DisplayWidth.of(String(line)) <= columns || columns < 60, "\(line)") }
    for control in controls where control.keyIndicator != nil { #expect(text.filter { !$0.isWhitespace }.contains(control.id)) }
  }

  @Test("The state is the worst verdict; what has no result is not judged, and no pass")
  func states() throws {
    let keys = controls.filter { $0.keyIndicator != nil }.sorted { ($0.keyIndicator ?? 0) < ($1.keyIndicator ?? 0) }
    try #require(keys.count >= 2)
    let results = [
      Samples.finding(keys[0], .fail, asset: Samples.asset("b"), messageCase: "none"), Samples.finding(keys[0], .pass, messageCase: "none"),
    ].map(AuditResult.init)
    let report = ChecklistReport(controls, results: results, texts: try Samples.texts())
    let indicators = try #require(try PolicyEngine.readJSON(report.json(), file: "checklist.json")["indicators"]?.elements)
    #expect(indicators.first { $0["id"]?.text == keys[0].id }?["state"]?.text == "fail")
    #expect(indicators.first { $0["id"]?.text == keys[0].id }?["findings"]?.elements?.count == 1)
    #expect(indicators.first { $0["id"]?.text == keys[1].id }?["state"]?.text == "notJudged")
    #expect(report.summary.hasPrefix("1 fail") && report.missing.count == indicators.count { $0["id"] == .null })
  }
}
