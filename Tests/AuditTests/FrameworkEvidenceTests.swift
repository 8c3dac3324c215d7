import Domain
import Judgement
import Testing

@testable import Audit

@Suite("Evidence by clause")
struct FrameworkEvidenceTests {
  private let frameworks: Frameworks

  init() throws { frameworks = try Frameworks(from: try DataFolder(named: nil)) }

  private func framework(_ id: String) throws -> Framework { try #require(frameworks[id]) }

  /// A control of a family, which decides the clauses.
  private func control(_ id: String, family: String, _ severity: Severity = .high) -> Control {
    Samples.control(id, severity, family: family, messages: ["unsafe": "\(id) is open", "safe": "\(id) is closed"])
  }

  @Test("Each clause has exactly the controls of its families, worst first, and counts their results")
  func grouping() throws {
    let a = Samples.asset("a")
    let outcome = try Samples.outcome([
      Samples.finding(control("M-1", family: "MEM"), .pass, asset: a, messageCase: "safe"),
      Samples.finding(control("M-1", family: "MEM"), .fail, asset: Samples.asset("b")),
      Samples.finding(control("G-1", family: "MIG", .critical), .unknown, asset: a, messageCase: "unknown"),
      Samples.finding(control("N-1", family: "NET"), .fail, asset: a),
    ])
    let evidence = FrameworkEvidence(try framework("gdpr"), outcome)
    let encryption = try #require(evidence.clauses.first { $0.clause.id == "32(1)(a)" })
    #expect(encryption.controls.map(\.control.id) == ["G-1", "M-1"])
    #expect(encryption.count(.pass) == 1 && encryption.count(.fail) == 1 && encryption.count(.unknown) == 1)
    #expect(evidence.clauses.map(\.clause.id) == evidence.framework.clauses.map(\.id))
    for clause in evidence.clauses {
      let ids = Set(clause.controls.map(\.control.family))
      #expect(ids.isSubset(of: Set(clause.clause.families)))
    }
  }

  @Test("A clause without a family has no automatic evidence, one without results none of this run")
  func without() throws {
    let outcome = try Samples.outcome([Samples.finding(control("M-1", family: "MEM"), .pass, messageCase: "safe")])
    let evidence = FrameworkEvidence(try framework("gdpr"), outcome)
    let standings = Dictionary(uniqueKeysWithValues: evidence.clauses.map { ($0.clause.id, $0.standing) })
    #expect(standings["83(5)"] == .noControl && standings["33"] == .noResult && standings["32(1)(a)"] == .evidence)
    #expect(Set(evidence.withEvidence.map(\.clause.id)) == Set(standings.filter { $0.value == .evidence }.keys))
  }

  @Test("What fits only in part stands behind the rest, with the reason")
  func weak() throws {
    let outcome = try Samples.outcome([
      Samples.finding(control("L-1", family: "LOG", .critical), .fail), Samples.finding(control("M-1", family: "MEM", .low), .fail),
    ])
    let evidence = FrameworkEvidence(try framework("gdpr"), outcome)
    let testing = try #require(evidence.clauses.first { $0.clause.id == "32(1)(d)" })
    #expect(testing.controls.map(\.control.id) == ["M-1", "L-1"])
    #expect(testing.controls[0].weakness == nil && testing.controls[1].weakness?.contains("Art. 33") == true)
  }

  @Test("Every clause says whether it was read at its source; titles are there, Chinese ones where the standard is Chinese")
  func marks() throws {
    #expect(frameworks.all.count >= 14 && frameworks.all.reduce(0) { $0 + $1.clauses.count } > 420)
    #expect(frameworks.all.contains { framework in framework.clauses.contains { !$0.isRead } })
    for framework in frameworks.all {
      for clause in framework.clauses { #expect(!clause.title.isEmpty, "\(framework.id) \(clause.id)") }
      #expect(Set(framework.clauses.map(\.id)).count == framework.clauses.count, "\(framework.id) names a clause twice")
    }
    let isolation = try #require(try framework("mlps").clauses.first { $0.id == "8.2.4.3a" })
    #expect(isolation.title(try Samples.texts(.chinese)) == "入侵防范 a")
    #expect(isolation.title(try Samples.texts(.english)).hasPrefix("Detect failure of resource isolation"))
  }

  @Test("A clause that is revoked, or that one edition alone has, says so in every form, and a graded one its number in each level")
  func state() throws {
    let outcome = try Samples.outcome([Samples.finding(control("L-1", family: "LOG"), .fail)])
    for language in Language.allCases {
      let texts = try Samples.texts(language)
      let context = ReportContext(frameworks: FrameworkEvidence.all(try ["cisa-bod", "attack", "mlps"].map(framework), outcome))
      let exit = outcome.exitStatus(failOn: .high, toleratingUnknown: false)
      let style = TerminalStyle(isColoured: false, columns: 400)
      var markdown: [UInt8] = []
      MarkdownReport.write(outcome, exit: exit, texts: texts, context: context) { markdown += $0 }
      let html = HTMLReport.bytes(outcome, exit: exit, texts: texts, context: context)
      let table = TableReport.text(outcome, texts: texts, style: style, showsAll: false, context: context)
      let listed = try ["cisa-bod", "attack", "mlps"].map { id in
        FrameworksReport.clauses(try framework(id), controls: [control("L-1", family: "LOG")], texts: texts, style: style)
      }.joined()
      let revoked = language == .english ? "revoked 2026-06-10, replaced by BOD 26-04" : "已于 2026-06-10 撤销，由 BOD 26-04 取代"
      for text in [table, listed, String(decoding: markdown, as: UTF8.self), String(decoding: html, as: UTF8.self)] {
        let plain = text.replacing("\\", with: "")
        for words in [revoked, texts("clause.until", ["edition": "19"]), texts("clause.from", ["edition": "19"]), "7.1.4.3", "9.1.4.3"] {
          #expect(plain.contains(words), "\(words)")
        }
        if language == .chinese { #expect(!plain.contains(#/[\u{4E00}-\u{9FFF}][:.] /#), "A colon or a full stop of English behind Chinese") }
      }
    }
    var json: [UInt8] = []
    let context = ReportContext(frameworks: FrameworkEvidence.all(try ["cisa-bod", "attack", "mlps"].map(framework), outcome))
    JSONReport.write(
      outcome, exit: outcome.exitStatus(failOn: .high, toleratingUnknown: false), texts: try Samples.texts(.english), context: context
    ) { json += $0 }
    let frameworks = try #require(try YAMLDocument.read(json, file: "report.json")["frameworks"]?.elements)
    func clause(_ index: Int, _ id: String) throws -> FactValue {
      try #require(frameworks[index]["clauses"]?.elements?.first { $0["id"]?.text == id })
    }
    #expect(try clause(0, "BOD 22-01")["status"]?.text == "revoked 2026-06-10, replaced by BOD 26-04")
    #expect(try clause(1, "T1562.001")["until"] == 19 && clause(1, "T1685")["from"] == 19)
    #expect(try clause(2, "8.1.4.3")["levels"]?["2"]?.text == "7.1.4.3")
  }

  @Test("The table, Markdown and JSON show every clause, weak ones as weak, and never say that one is met", arguments: Language.allCases)
  func shown(language: Language) throws {
    let outcome = try Samples.outcome([
      Samples.finding(control("L-1", family: "LOG"), .fail, evidence: [Samples.evidence("/etc/x", line: 7)]),
      Samples.finding(control("M-1", family: "MEM"), .pass, messageCase: "safe"),
    ])
    let texts = try Samples.texts(language)
    let context = ReportContext(frameworks: FrameworkEvidence.all(try ["gdpr", "mlps"].map(framework), outcome))
    let exit = outcome.exitStatus(failOn: .high, toleratingUnknown: false)
    let style = TerminalStyle(isColoured: false, columns: 100)
    var markdown: [UInt8] = []
    MarkdownReport.write(outcome, exit: exit, texts: texts, context: context) { markdown += $0 }
    let table = TableReport.text(outcome, texts: texts, style: style, showsAll: false, context: context)
    for line in table.split(separator: "\n") { #expect(DisplayWidth.of(String(line)) <= 100, "\(line)") }
    let html = HTMLReport.bytes(outcome, exit: exit, texts: texts, context: context)
    for text in [table, String(decoding: markdown, as: UTF8.self), String(decoding: html, as: UTF8.self)] {
      // Lines are broken anywhere in Chinese.
      func bare(_ text: String) -> String { text.filter { !$0.isWhitespace && $0 != "\\" } }
      let words = bare(text)
      for clause in context.frameworks.flatMap(\.clauses) { #expect(words.contains(bare(clause.clause.id)), "\(clause.clause.id)") }
      #expect(words.contains(bare(texts["clause.weak"])) && words.contains(bare(texts["clause.known"])))
      #expect(!words.lowercased().contains("compliant") && !words.contains("合规"))
    }
    var json: [UInt8] = []
    JSONReport.write(outcome, exit: exit, texts: texts, context: context) { json += $0 }
    let document = try YAMLDocument.read(json, file: "report.json")
    let clauses = try #require(document["frameworks"]?.elements?.first?["clauses"]?.elements)
    #expect(clauses.count == context.frameworks[0].clauses.count)
    #expect(clauses.first { $0["id"]?.text == "83(4)" }?["evidence"]?.text == "noControl")
    #expect(clauses.first { $0["id"]?.text == "5(1)(f)" }?["verified"]?.text == "known")
    let testing = clauses.first { $0["id"]?.text == "32(1)(d)" }?["controls"]?.elements
    #expect(testing?.first { $0["id"]?.text == "L-1" }?["weak"]?.text != nil)
  }
}
