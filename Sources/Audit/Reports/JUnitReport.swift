internal import Domain
internal import Judgement

/// The result as JUnit's XML, which build servers show as tests: a suite for each asset, a case for each control.
///
/// A failing control is a failure, an unknown one an error, one that does not apply or is waived is skipped, with the reason. Targets that were
/// refused are a suite of errors: what was not judged is no success. There is no standard; the elements are those of Jenkins' schema.
public struct JUnitReport {
  private let outcome: AuditOutcome
  private let texts: Texts

  /// Hands the report over asset by asset.
  public static func write<Failure: Error>(
    _ outcome: AuditOutcome, texts: Texts, to output: ([UInt8]) throws(Failure) -> Void
  ) throws(Failure) {
    guard let xml = XMLWriter() else { return }
    let report = JUnitReport(outcome: outcome, texts: texts)
    let results = outcome.results
    let refusals = outcome.targets.flatMap(\.refusals)
    xml.open(
      "testsuites",
      [
        "name": "ringwall \(outcome.baseline.name) \(outcome.baseline.version)", "tests": "\(results.count + refusals.count)",
        "failures": "\(results.count { $0.verdict == .fail })",
        "errors": "\(results.count { $0.verdict == .unknown } + refusals.count)", "time": TableReport.tenths(outcome.seconds),
      ])
    for group in outcome.resultsByAsset {
      report.suite(group.asset, group.results, xml)
      try output(xml.take())
    }
    if !refusals.isEmpty { report.refused(refusals, xml) }
    xml.close()
    try output(xml.finish())
  }

  private func suite(_ asset: Asset, _ results: [AuditResult], _ xml: XMLWriter) {
    xml.open(
      "testsuite",
      [
        "name": asset.name.printable, "package": "ringwall.\(asset.kind.rawValue)", "tests": "\(results.count)",
        "failures": "\(results.count { $0.verdict == .fail })", "errors": "\(results.count { $0.verdict == .unknown })",
        "skipped": "\(results.count { $0.verdict == .notApplicable || $0.verdict == .waived })", "timestamp": timestamp,
      ])
    xml.open("properties")
    let properties = [
      ("asset", asset.id.printable), ("platform", asset.platform), ("policyDigest", outcome.policyDigest),
      ("baseline", "\(outcome.baseline.name) \(outcome.baseline.version)"),
    ]
    for (name, value) in properties { xml.element("property", ["name": name, "value": value]) }
    xml.close()
    for result in results { testCase(result, xml) }
    xml.close()
  }

  private func testCase(_ result: AuditResult, _ xml: XMLWriter) {
    let control = result.control
    let message = texts.message(result.finding).printable
    xml.open(
      "testcase",
      [
        "classname": "ringwall.\(result.finding.asset.kind.rawValue).\(control.layer.rawValue)",
        "name": "\(control.id) \(texts.title(control)) (\(result.finding.asset.name.printable))",
      ])
    switch result.verdict {
    case .fail: xml.element("failure", ["type": control.severity.rawValue, "message": message], details(result))
    case .unknown:
      xml.element(
        "error", ["type": result.finding.reason.isEmpty ? "unknown" : result.finding.reason, "message": message], details(result))
    case .waived: xml.element("skipped", ["message": texts.headed(texts["verdict.waived"], message)])
    case .notApplicable: xml.element("skipped", ["message": message])
    case .pass: break
    }
    xml.close()
  }

  /// What a person needs who sees nothing but this case.
  private func details(_ result: AuditResult) -> String {
    let words = texts.words(of: result.control)
    let rows = [
      (texts["field.where"], result.finding.place?.shown ?? ""), (texts["field.found"], result.found.map { texts.shown($0) } ?? ""),
      (texts["explain.safe"], words.safe.printable), (texts["explain.repair"], words.remediation.printable),
    ]
    // The last line is for programs, and the same in every language.
    return (rows.filter { !$0.1.isEmpty }.map { texts.headed($0.0, $0.1) } + ["ringwallFinding/v1: \(result.fingerprint)"])
      .joined(separator: "\n")
  }

  private func refused(_ refusals: [Refusal], _ xml: XMLWriter) {
    let count = "\(refusals.count)"
    xml.open(
      "testsuite",
      [
        "name": texts("table.refused", ["count": count]), "package": "ringwall.refused", "tests": count, "failures": "0", "errors": count,
        "skipped": "0", "timestamp": timestamp,
      ])
    for refusal in refusals {
      xml.open("testcase", ["classname": "ringwall.refused", "name": refusal.target.printable])
      xml.element("error", ["type": refusal.code, "message": texts.line(refusal)])
      xml.close()
    }
    xml.close()
  }

  /// Time of the run in UTC, in the form without a zone that readers of JUnit's XML know.
  private var timestamp: String { String(outcome.collected.at.prefix(19)) }
}
