import Domain
import Foundation
import Judgement
import Testing

@testable import Audit

/// The forms that other programs read, from one outcome with one of everything.
enum Forms: String, CaseIterable, Sendable {
  case junit = "junit.xml"
  case markdown = "md"
  case csv
  case sonarqube = "sonarqube.json"
  case sonarqubeOld = "sonarqube-old.json"
  case oscal = "oscal.json"
  case xccdf = "xccdf.xml"
  case arf = "arf.xml"
  case ocsf = "ocsf.json"
  case navigator = "navigator.json"

  func bytes(_ outcome: AuditOutcome, _ language: Language = .english, frameworks ids: [String] = []) throws -> [UInt8] {
    let texts = try Samples.texts(language)
    let exit = outcome.exitStatus(failOn: .high, toleratingUnknown: false)
    let frameworks = try Frameworks(from: try DataFolder(named: Samples.packageRoot.path))
    let context = ReportContext(frameworks: FrameworkEvidence.all(ids.compactMap { frameworks[$0] }, outcome))
    var bytes: [UInt8] = []
    func put(_ piece: [UInt8]) { bytes += piece }
    switch self {
    case .junit: JUnitReport.write(outcome, texts: texts, to: put)
    case .markdown: MarkdownReport.write(outcome, exit: exit, texts: texts, context: context, to: put)
    case .csv: CSVReport.write(outcome, texts: texts, context: context, to: put)
    case .sonarqube: SonarQubeReport.write(outcome, texts: texts, form: .current, to: put)
    case .sonarqubeOld: SonarQubeReport.write(outcome, texts: texts, form: .old, to: put)
    case .oscal: OSCALReport.write(outcome, texts: texts, context: context, to: put)
    case .xccdf: XCCDFReport.write(outcome, texts: texts, to: put)
    case .arf: ARFReport.write(outcome, texts: texts, to: put)
    case .ocsf: OCSFReport.write(outcome, texts: texts, context: context, to: put)
    case .navigator: bytes = NavigatorReport.bytes(outcome, attack: try #require(frameworks["attack"]), texts: texts)
    }
    return bytes
  }

  var isXML: Bool { rawValue.hasSuffix(".xml") }
  var isJSON: Bool { rawValue.hasSuffix(".json") }

  /// An asset, a control and a value whose names try to break out of whatever they stand in.
  static func hostile(_ name: String) throws -> AuditOutcome {
    let asset = Asset(id: "domain:\(name)", kind: .domain, platform: "libvirt-domain", name: name)
    let control = Samples.control("LVX-001", .critical, .environment, messages: ["unsafe": "{found} in {name}", "safe": "fine"])
    let evidence = [Evidence(fact: name, state: .present, value: .string(name), source: .path(name, line: 3))]
    return try Samples.outcome(
      [
        Samples.finding(control, .fail, asset: asset, arguments: ["found": .string(name), "name": .string(name)], evidence: evidence),
        Samples.finding(
          Samples.control("LVX-002"), .unknown, asset: asset, messageCase: "unknown", arguments: ["fact": .string(name)], evidence: evidence
        ),
        Samples.finding(Samples.control("LVX-003"), .waived, asset: asset, messageCase: name),
      ],
      targets: [
        TargetOutcome(target: name, status: .refused, refusals: [Refusal(target: name, code: "malformed", message: "\(name): \(name)")])
      ])
  }
}

@Suite("Report formats")
struct FormatReportTests {
  @Test("Golden files", arguments: Forms.allCases, Language.allCases)
  func golden(form: Forms, language: Language) throws {
    let bytes = try form.bytes(try Samples.full(), language, frameworks: ["gdpr"])
    let name = "report.\(language.rawValue).\(form.rawValue)"
    let file = Samples.fixtures.appendingPathComponent(name)
    if ProcessInfo.processInfo.environment["RINGWALL_WRITE_GOLDEN"] != nil { try Data(bytes).write(to: file) }
    let isSame = try Data(contentsOf: file) == Data(bytes)
    #expect(isSame, "\(name); RINGWALL_WRITE_GOLDEN=1 writes it anew")
  }

  @Test("The same outcome gives the same bytes, and no text is missing", arguments: Forms.allCases, Language.allCases)
  func stable(form: Forms, language: Language) throws {
    let bytes = try form.bytes(try Samples.full(), language, frameworks: ["mlps"])
    #expect(try form.bytes(try Samples.full(), language, frameworks: ["mlps"]) == bytes)
    let text = String(decoding: bytes, as: UTF8.self)
    let keys = /\b(?:html|explain|clause|markdown|xccdf|oscal|navigator|verdict|severity|column|field|table)\.[a-z]{3,}/
    #expect(text.firstMatch(of: keys) == nil, "\(text.firstMatch(of: keys).map { String($0.0) } ?? "")")
    #expect(!text.lowercased().contains("compliant"))
  }

  @Test("Nothing judged is still a whole document", arguments: Forms.allCases)
  func empty(form: Forms) throws {
    let bytes = try form.bytes(try Samples.outcome([]))
    #expect(!bytes.isEmpty)
    if form.isJSON { _ = try PolicyEngine.readJSON(bytes, file: form.rawValue) }
  }

  @Test(
    "No name becomes markup, a formula, a command or a broken document", arguments: Forms.allCases,
    HTMLReportTests.hostile + ["=1+1", "a|b", "`x`` `"])
  func hostile(form: Forms, name: String) throws {
    let bytes = try form.bytes(try Forms.hostile(name))
    let text = String(decoding: bytes, as: UTF8.self)
    let forbidden = text.unicodeScalars.filter { scalar in
      (scalar.value < 0x20 && !["\n", "\t", "\r"].contains(scalar)) || (0x7F...0x9F).contains(scalar.value)
        || (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
    }
    #expect(forbidden.isEmpty)
    if form.isJSON { _ = try PolicyEngine.readJSON(bytes, file: form.rawValue) }
    if form.isXML { #expect(text.firstMatch(of: /<(?:script|img|svg)/) == nil) }
  }
}

@Suite("Contents of report formats")
struct ReportContentTests {
  private func json(_ form: Forms, _ outcome: AuditOutcome, frameworks: [String] = []) throws -> FactValue {
    try PolicyEngine.readJSON(try form.bytes(outcome, frameworks: frameworks), file: form.rawValue)
  }

  @Test("JUnit: fails are failures, unknowns and refused targets errors, the rest is skipped or a success")
  func junit() throws {
    let outcome = try Samples.full()
    let text = String(decoding: try Forms.junit.bytes(outcome), as: UTF8.self)
    func count(_ word: String) -> Int { text.components(separatedBy: word).count - 1 }
    #expect(count("<failure ") == outcome.count(.fail))
    #expect(count("<error ") == outcome.count(.unknown) + 1)
    #expect(count("<skipped ") == outcome.count(.notApplicable))
    #expect(count("<testcase ") == outcome.results.count + 1)
    #expect(text.contains("failures=\"\(outcome.count(.fail))\" errors=\"\(outcome.count(.unknown) + 1)\""))
  }

  private func cell(_ text: String) -> String {
    var bytes: [UInt8] = []
    CSVReport.append(text, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test("CSV: every line has all columns, quotes are doubled, and a formula is none")
  func csv() throws {
    #expect(cell("a,\"b\"") == "\"a,\"\"b\"\"\"")
    for formula in ["=1", "+1", "-1", "@x"] { #expect(cell(formula).hasPrefix("'")) }
    #expect(cell("-") == "-" && cell("") == "" && cell(" a") == "\" a\"" && cell("é, b") == "\"é, b\"")
    #expect(cell("=\u{301}1").hasPrefix("'"), "a mark that combines with the sign hides it")
    let lines = String(decoding: try Forms.csv.bytes(try Samples.full(), frameworks: ["gdpr"]), as: UTF8.self).components(
      separatedBy: "\r\n")
    #expect(lines.count == (try Samples.full()).results.count + 2 && lines.last == "")
    #expect(lines[1].contains("gdpr 32(1)(b)"))
  }

  @Test("SonarQube: fields and values of the documentation, in both formats")
  func sonarqube() throws {
    let outcome = try Samples.full()
    for form in [Forms.sonarqube, .sonarqubeOld] {
      let document = try json(form, outcome)
      let issues = try #require(document["issues"]?.elements)
      #expect(issues.count == outcome.count(.fail) + outcome.count(.unknown))
      let rules = document["rules"]?.elements ?? []
      #expect(rules.isEmpty == (form == .sonarqubeOld))
      for rule in rules {
        for key in ["id", "name", "description", "engineId"] { #expect(rule[key]?.text?.isEmpty == false) }
        #expect(
          [
            "FORMATTED", "CONVENTIONAL", "IDENTIFIABLE", "CLEAR", "LOGICAL", "COMPLETE", "EFFICIENT", "FOCUSED", "DISTINCT", "MODULAR",
            "TESTED", "LAWFUL", "TRUSTWORTHY", "RESPECTFUL",
          ].contains(rule["cleanCodeAttribute"]?.text))
        let impacts = try #require(rule["impacts"]?.elements)
        for impact in impacts {
          #expect(impact["softwareQuality"]?.text == "SECURITY" && ["LOW", "MEDIUM", "HIGH"].contains(impact["severity"]?.text))
        }
      }
      for issue in issues {
        #expect(
          issue["primaryLocation"]?["message"]?.text?.isEmpty == false && issue["primaryLocation"]?["filePath"]?.text?.isEmpty == false)
        if let range = issue["primaryLocation"]?["textRange"] { #expect(range["startLine"]?.integer ?? 0 >= 1) }
        if form == .sonarqubeOld {
          #expect(["BUG", "VULNERABILITY", "CODE_SMELL"].contains(issue["type"]?.text) && issue["engineId"]?.text == "ringwall")
          #expect(["BLOCKER", "CRITICAL", "MAJOR", "MINOR", "INFO"].contains(issue["severity"]?.text))
        } else {
          #expect(rules.contains { $0["id"] == issue["ruleId"] } && issue["type"] == nil && issue["severity"] == nil)
        }
      }
    }
  }

  @Test("OCSF: unknown and waived are no passes, and clauses are requirements")
  func ocsf() throws {
    let control = Samples.control("A-1", family: "MEM", messages: ["unsafe": "x", "safe": "y"])
    let outcome = try Samples.outcome(
      Verdict.allCases.enumerated().map { Samples.finding(control, $1, asset: Samples.asset("a\($0)"), messageCase: "safe") })
    let events = try #require(try json(.ocsf, outcome, frameworks: ["gdpr"]).elements)
    for event in events {
      let status = event["compliance"]?["status_id"]
      switch event["unmapped"]?["verdict"]?.text {
      case "pass": #expect(status == .int(1))
      case "fail": #expect(status == .int(3))
      case "waived": #expect(status == .int(3) && event["status_id"] == .int(3))
      case "unknown": #expect(status == .int(0))
      default: #expect(status == .int(99))
      }
      #expect(event["compliance"]?["requirements"]?.elements?.contains("gdpr 32(1)(a)") == true)
      #expect(event["time"] == .int(1_796_142_218_000 - 600_000_000) || event["time"]?.integer ?? 0 > 1_700_000_000_000)
    }
    #expect(OCSFReport.milliseconds("1970-01-01T00:00:00Z") == 0)
    #expect(OCSFReport.milliseconds("2026-11-24T16:38:38Z") == 1_795_538_318_000)
    #expect(OCSFReport.milliseconds("2024-02-29T23:59:59Z") == 1_709_251_199_000)
    #expect(OCSFReport.milliseconds("yesterday") == 0)
  }

  @Test("OSCAL: a control with anything but passes is not satisfied; a control that applies nowhere has no finding")
  func oscal() throws {
    let document = try json(.oscal, try Samples.full())["assessment-results"]
    let result = try #require(document?["results"]?.elements?.first)
    let findings = try #require(result["findings"]?.elements)
    let states = Dictionary(
      uniqueKeysWithValues: findings.map { ($0["target"]?["target-id"]?.text ?? "", $0["target"]?["status"]?["state"]?.text ?? "") })
    #expect(states["SMP-001"] == "satisfied" && states["SMP-007"] == "not-satisfied" && states["SMP-062"] == "not-satisfied")
    #expect(states["SMP-002"] == nil)
    let observations = Set(result["observations"]?.elements?.compactMap { $0["uuid"]?.text } ?? [])
    #expect(observations.count == (try Samples.full()).results.count)
    for finding in findings {
      for related in finding["related-observations"]?.elements ?? [] {
        #expect(observations.contains(related["observation-uuid"]?.text ?? ""))
      }
    }
  }

  @Test("UUIDs of version 5, by RFC 9562: the example of its appendix A.4")
  func uuid() {
    #expect(NamedUUID.text("a") == NamedUUID.text("a") && NamedUUID.text("a", "b") != NamedUUID.text("ab"))
    #expect(NamedUUID.text("x").firstMatch(of: /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/) != nil)
  }

  @Test("XCCDF and ARF: an unknown is unknown and a waived control stays failed")
  func xccdf() throws {
    let control = Samples.control("A-1", messages: ["unsafe": "x", "safe": "y"])
    let outcome = try Samples.outcome(
      Verdict.allCases.enumerated().map { Samples.finding(control, $1, asset: Samples.asset("a\($0)"), messageCase: "safe") })
    for form in [Forms.xccdf, .arf] {
      let text = String(decoding: try form.bytes(outcome), as: UTF8.self)
      let results = text.matches(of: /<result>([a-z]+)<\/result>/).map { String($0.1) }
      #expect(results.sorted() == ["fail", "fail", "notapplicable", "pass", "unknown"])
    }
  }

  @Test("Navigator: techniques of the layer's own ATT&CK version, with the share that passes")
  func navigator() throws {
    let fail = Samples.control("A-1", .critical, family: "NST", messages: ["unsafe": "x"])
    let pass = Samples.control("A-2", .high, family: "NST", messages: ["safe": "y"])
    let layer = try json(
      .navigator, try Samples.outcome([Samples.finding(fail, .fail), Samples.finding(pass, .pass, messageCase: "safe")]))
    #expect(layer["versions"]?["attack"] == "18" && layer["domain"] == "enterprise-attack")
    let techniques = try #require(layer["techniques"]?.elements)
    #expect(techniques.first { $0["techniqueID"]?.text == "T1564.006" }?["score"] == .int(33))
    #expect(techniques.first { $0["techniqueID"]?.text == "T1021.005" }?["score"] == nil)
    let ids = Set(techniques.compactMap { $0["techniqueID"]?.text })
    #expect(ids.contains("T1562.001") && !ids.contains("T1685"))
  }
}
