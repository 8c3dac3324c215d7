import Domain
import Foundation
import TestSupport
import Testing

@testable import Audit

private let outcomes: [(name: String, outcome: @Sendable () throws -> AuditOutcome)] = [
  ("one of everything", { try Samples.full() }), ("nothing judged", { try Samples.outcome([]) }),
  ("hostile names", { try Forms.hostile("\"><script>alert(1)</script> ]]> \u{202E}\u{0}\u{1B}[2J é 客户机") }),
]

/// The readers of the formats' own projects, over every kind of outcome in both languages.
@Suite(
  "Readers of reports",
  .enabled(
    if: ReportReaders.problem == nil, "python3 with venv and PyPI are needed for compliance-trestle, py-ocsf-models and mitreattack-python")
)
struct ReportReaderTests {
  @Test(
    "OSCAL: compliance-trestle reads the assessment results, and writes them back the same", arguments: Language.allCases, outcomes.indices)
  func oscal(language: Language, index: Int) throws {
    let outcome = try outcomes[index].outcome()
    let script = """
      import sys, json, pathlib
      from trestle.oscal.assessment_results import AssessmentResults
      results = AssessmentResults.oscal_read(pathlib.Path(sys.argv[1]))
      again = json.loads(results.oscal_serialize_json().replace("+00:00", "Z"))
      print(again == json.load(open(sys.argv[1], encoding="utf-8")), len(results.results[0].observations or []))
      """
    let bytes = try Forms.oscal.bytes(outcome, language, frameworks: ["gdpr"])
    let output = try ReportReaders.withFile(bytes, "report.json") { try ReportReaders.python(script, [$0]) }
    #expect(output == "True \(outcome.results.count)\n")
  }

  @Test("trestle refuses a state that OSCAL does not know")
  func oscalRefusal() throws {
    let text = String(decoding: try Forms.oscal.bytes(try Samples.full()), as: UTF8.self).replacing("\"not-satisfied\"", with: "\"maybe\"")
    let script = """
      import sys, pathlib
      from trestle.oscal.assessment_results import AssessmentResults
      try: AssessmentResults.oscal_read(pathlib.Path(sys.argv[1])); print("read")
      except Exception: print("refused")
      """
    let output = try ReportReaders.withFile(Array(text.utf8), "report.json") { try ReportReaders.python(script, [$0]) }
    #expect(output.hasSuffix("refused\n"))
  }

  @Test(
    "OCSF: each event is a Compliance Finding of py-ocsf-models, none of its fields is unknown to the model", arguments: Language.allCases,
    outcomes.indices)
  func ocsf(language: Language, index: Int) throws {
    let outcome = try outcomes[index].outcome()
    // The model ignores what it does not know, and names compliance.status nowhere: fields are compared by hand.
    let script = """
      import sys, json
      from py_ocsf_models.events.findings.compliance_finding import ComplianceFinding
      events = json.load(open(sys.argv[1], encoding="utf-8"))
      for event in events:
        finding = ComplianceFinding.model_validate(event)
        assert finding.type_uid == finding.class_uid * 100 + finding.activity_id
        unknown = set(event) - set(ComplianceFinding.model_fields) | set(event["compliance"]) - set(type(finding.compliance).model_fields) - {"status"}
        unknown |= set(event["finding_info"]) - set(type(finding.finding_info).model_fields)
        assert not unknown, unknown
      print(len(events))
      """
    let bytes = try Forms.ocsf.bytes(outcome, language, frameworks: ["gdpr", "mlps"])
    let output = try ReportReaders.withFile(bytes, "report.json") { try ReportReaders.python(script, [$0]) }
    #expect(output == "\(outcome.results.count)\n")
  }

  @Test("Navigator: mitreattack-python reads the layer without a complaint", arguments: Language.allCases, outcomes.indices)
  func navigator(language: Language, index: Int) throws {
    // What it does not like it prints and reads on, unless it is strict.
    let script = """
      import sys
      from mitreattack.navlayers import Layer
      layer = Layer(strict=True)
      layer.from_file(sys.argv[1])
      print(layer.layer.domain, layer.layer.versions.attack, len(layer.layer.techniques))
      """
    let bytes = try Forms.navigator.bytes(try outcomes[index].outcome(), language)
    let output = try ReportReaders.withFile(bytes, "layer.json") { try ReportReaders.python(script, [$0]) }
    #expect(output == "enterprise-attack 18 62\n")
  }
}

@Suite("oscap reads XCCDF and ARF", .enabled(if: ReportReaders.hasOSCAP, "oscap is not installed (openscap-scanner)"))
struct OSCAPTests {
  @Test("xccdf validate", arguments: Language.allCases, outcomes.indices)
  func xccdf(language: Language, index: Int) throws {
    let bytes = try Forms.xccdf.bytes(try outcomes[index].outcome(), language)
    let (status, output) = try ReportReaders.withFile(bytes, "report.xml") {
      try HostProgram.run("oscap", ["xccdf", "validate", $0])
    }
    // Its schematron rules warn, all but one of them about what a person would miss; an empty benchmark has no groups to speak of.
    let warnings = output.split(separator: "\n").filter { $0.hasPrefix("Warning:") && !$0.contains("URI binding") }
    #expect(status == 0 && (warnings.isEmpty || index == 1), "\(outcomes[index].name): \(output)")
  }

  @Test("ds rds-validate", arguments: Language.allCases, outcomes.indices)
  func arf(language: Language, index: Int) throws {
    let bytes = try Forms.arf.bytes(try outcomes[index].outcome(), language)
    let (status, output) = try ReportReaders.withFile(bytes, "report.xml") {
      try HostProgram.run("oscap", ["ds", "rds-validate", $0])
    }
    #expect(status == 0, "\(outcomes[index].name): \(output)")
  }

  @Test("A result that XCCDF does not know is refused")
  func refusal() throws {
    let text = String(decoding: try Forms.xccdf.bytes(try Samples.full()), as: UTF8.self).replacing("<result>pass<", with: "<result>fine<")
    let status = try ReportReaders.withFile(Array(text.utf8), "report.xml") {
      try HostProgram.run("oscap", ["xccdf", "validate", $0]).status
    }
    #expect(status != 0)
  }
}

@Suite("JUnit's XML", .enabled(if: ReportReaders.hasXMLLint, "xmllint is not installed (libxml2-utils)"))
struct JUnitSchemaTests {
  private func validate(_ bytes: [UInt8]) throws -> (status: Int32, output: String) {
    let schema = Samples.fixtures.appendingPathComponent("junit.xsd").path
    return try ReportReaders.withFile(bytes, "report.xml") {
      try HostProgram.run("xmllint", ["--noout", "--nonet", "--schema", schema, $0])
    }
  }

  @Test("Valid by the elements and attributes that Jenkins documents", arguments: Language.allCases, outcomes.indices)
  func valid(language: Language, index: Int) throws {
    let (status, output) = try validate(try Forms.junit.bytes(try outcomes[index].outcome(), language))
    #expect(status == 0, "\(outcomes[index].name): \(output)")
  }

  @Test("The schema refuses what is not JUnit's")
  func refusal() throws {
    let text = String(decoding: try Forms.junit.bytes(try Samples.full()), as: UTF8.self).replacing("<failure ", with: "<failing ")
    #expect(try validate(Array(text.replacing("</failure>", with: "</failing>").utf8)).status != 0)
  }
}
