internal import Domain
internal import Judgement

/// The result as XCCDF 1.2 (NIST IR 7275 Rev. 4): a benchmark with the controls as rules, and one TestResult for each asset.
///
/// Unknown is `unknown`, never a pass; a waived control stays a `fail` with a message that says that it is waived. Severities end at high there:
/// critical ones are high with the weight 10. The score is the flat model's, the same sum as the layers' lower ends.
public struct XCCDFReport {
  static let namespace = "http://checklists.nist.gov/xccdf/1.2"
  private static let scoring = "urn:xccdf:scoring:flat"
  private let outcome: AuditOutcome
  private let texts: Texts

  /// Hands the report over asset by asset.
  public static func write<Failure: Error>(
    _ outcome: AuditOutcome, texts: Texts, to output: ([UInt8]) throws(Failure) -> Void
  ) throws(Failure) {
    guard let xml = XMLWriter() else { return }
    let report = XCCDFReport(outcome: outcome, texts: texts)
    report.openBenchmark(xml)
    try output(xml.take())
    for (number, group) in outcome.resultsByAsset.enumerated() {
      report.testResult(group.asset, group.results, number: number + 1, isStandalone: false, xml)
      try output(xml.take())
    }
    xml.close()
    try output(xml.finish())
  }

  init(outcome: AuditOutcome, texts: Texts) {
    self.outcome = outcome
    self.texts = texts
  }

  /// Identifiers as XCCDF wants them: kind, a reversed domain and a name without spaces.
  static func id(_ kind: String, _ name: String) -> String {
    "xccdf_example.ringwall_\(kind)_\(String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "-.".contains($0)) ? $0 : "-" }))"
  }

  var benchmarkID: String { Self.id("benchmark", outcome.baseline.name) }

  // MARK: - Benchmark

  /// The benchmark with its rules, its element left open for results.
  func openBenchmark(_ xml: XMLWriter) {
    let baseline = outcome.baseline
    let language = texts.language.rawValue
    xml.open("Benchmark", ["xmlns": Self.namespace, "id": benchmarkID, "resolved": "1", "xml:lang": language])
    xml.element("status", ["date": String(outcome.collected.at.prefix(10))], "accepted")
    xml.element("title", [:], baseline.titles[texts.language == .english ? "en" : language] ?? baseline.name)
    xml.element("description", [:], texts["xccdf.description"])
    // As a URI: oscap 1.3 refuses the formatted string that XCCDF prefers.
    xml.element("platform", ["idref": "cpe:/o:linux:linux_kernel"])
    xml.element("version", ["time": outcome.collected.at], baseline.version)
    xml.open("metadata")
    for (name, value) in [("creator", "Ringwall"), ("publisher", "Ringwall \(outcome.version)"), ("identifier", outcome.policyDigest)] {
      xml.element("dc:\(name)", ["xmlns:dc": "http://purl.org/dc/elements/1.1/"], value)
    }
    xml.close()
    xml.element("model", ["system": Self.scoring])
    let controls = outcome.controls
    for layer in Layer.allCases {
      let members = controls.filter { $0.layer == layer }
      guard !members.isEmpty else { continue }
      xml.open("Group", ["id": Self.id("group", layer.rawValue)])
      xml.element("title", [:], texts["layer.\(layer.rawValue)"])
      for control in members { rule(control, xml) }
      xml.close()
    }
  }

  private func rule(_ control: Control, _ xml: XMLWriter) {
    let rule = Self.id("rule", control.id)
    xml.open("Rule", ["id": rule, "severity": Self.severity(control.severity), "weight": Self.weight(control), "selected": "true"])
    xml.element("title", [:], texts.title(control))
    if !control.description.isEmpty { xml.element("description", ["xml:lang": "en"], control.description) }
    if !control.provenance.isEmpty { xml.element("reference", [:], control.provenance) }
    if !control.safe.isEmpty { xml.element("rationale", ["xml:lang": "en"], "Safe: \(control.safe)") }
    xml.element("ident", ["system": "https://ringwall.example/controls"], control.id)
    if !control.remediation.isEmpty { xml.element("fixtext", ["xml:lang": "en"], control.remediation) }
    check(control, xml)
    xml.close()
  }

  /// The rule that judged, by the file of its policy.
  private func check(_ control: Control, _ xml: XMLWriter) {
    xml.open("check", ["system": "https://www.openpolicyagent.org/docs/policy-language"])
    xml.element("check-content-ref", ["href": control.location.name.printable, "name": control.rule.isEmpty ? nil : control.rule])
    xml.close()
  }

  // MARK: - Results

  /// - Parameters:
  ///   - number: of the asset, from 1: identifiers are unique by it.
  ///   - isStandalone: outside of its benchmark, which it then names.
  func testResult(_ asset: Asset, _ results: [AuditResult], number: Int, isStandalone: Bool, _ xml: XMLWriter) {
    let time = outcome.collected.at
    xml.open(
      "TestResult",
      [
        "xmlns": isStandalone ? Self.namespace : nil, "id": Self.id("testresult", "\(number)"), "start-time": time, "end-time": time,
        "test-system": "cpe:/a:ringwall:ringwall:\(outcome.version)", "version": outcome.baseline.version,
      ])
    if isStandalone { xml.element("benchmark", ["href": "#\(ARFReport.requestID)", "id": benchmarkID]) }
    xml.element("title", ["xml:lang": texts.language.rawValue], texts("xccdf.result", ["asset": asset.name.printable]))
    xml.element(
      "identity", ["authenticated": "false", "privileged": outcome.collected.uid == 0 ? "true" : "false"], "uid \(outcome.collected.uid)")
    xml.element("target", [:], asset.name.printable)
    xml.open("target-facts")
    let facts = [("asset", asset.id.printable), ("platform", asset.platform), ("kind", asset.kind.rawValue)]
    for (name, value) in facts { xml.element("fact", ["name": "urn:ringwall:fact:\(name)", "type": "string"], value) }
    xml.close()
    for result in results { ruleResult(result, xml) }
    score(results, xml)
    xml.close()
  }

  private func ruleResult(_ result: AuditResult, _ xml: XMLWriter) {
    let control = result.control
    xml.open(
      "rule-result",
      [
        "idref": Self.id("rule", control.id), "time": outcome.collected.at, "severity": Self.severity(control.severity),
        "weight": Self.weight(control),
      ])
    xml.element("result", [:], Self.result(result.verdict))
    xml.element("ident", ["system": "https://ringwall.example/controls"], control.id)
    let kind = result.verdict == .fail ? "error" : result.verdict == .pass || result.verdict == .notApplicable ? "info" : "warning"
    let word = result.verdict == .waived ? "\(texts["verdict.waived"]): " : ""
    xml.element("message", ["severity": kind], "\(word)\(texts.message(result.finding).printable)")
    if let place = result.finding.place?.shown {
      xml.element("message", ["severity": "info"], "\(texts["field.where"]): \(place)")
    }
    check(control, xml)
    xml.close()
  }

  private func score(_ results: [AuditResult], _ xml: XMLWriter) {
    func weight(_ verdicts: Set<Verdict>) -> Int {
      results.reduce(0) { verdicts.contains($1.verdict) ? $0 + LayerScore.weight($1.control.severity) : $0 }
    }
    let most = weight([.pass, .fail, .unknown, .waived])
    xml.element("score", ["system": Self.scoring, "maximum": "\(max(most, 1))"], "\(weight([.pass]))")
  }

  private static func weight(_ control: Control) -> String { "\(LayerScore.weight(control.severity))" }

  private static func severity(_ severity: Severity) -> String {
    switch severity {
    case .critical, .high: "high"
    case .medium: "medium"
    case .low: "low"
    case .info: "info"
    }
  }

  private static func result(_ verdict: Verdict) -> String {
    switch verdict {
    case .pass: "pass"
    case .fail, .waived: "fail"
    case .unknown: "unknown"
    case .notApplicable: "notapplicable"
    }
  }
}
