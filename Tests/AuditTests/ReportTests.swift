import Domain
import Foundation
import Testing

@testable import Audit
@testable import Judgement

@Suite("Table report")
struct TableReportTests {
  @Test(
    "Golden files in both languages at three widths",
    arguments: Language.allCases.flatMap { language in [50, 80, 120].map { (language, $0) } })
  func golden(language: Language, columns: Int) throws {
    let outcome = try Samples.full()
    let texts = try Samples.texts(language)
    let style = TerminalStyle(isColoured: false, columns: columns)
    let exit = outcome.exitStatus(failOn: .high, toleratingUnknown: false)
    let text =
      TableReport.text(outcome, texts: texts, style: style, showsAll: false) + "\n" + SummaryLine.text(outcome, exit: exit, texts: texts)
      + "\n"
    try compare(text, "table-\(columns).\(language.rawValue).txt")
    for line in text.split(separator: "\n").dropLast() { #expect(DisplayWidth.of(String(line)) <= columns, "\(line)") }
  }

  @Test("--all shows passes and every sentence")
  func all() throws {
    let style = TerminalStyle(isColoured: false, columns: 120)
    try compare(TableReport.text(try Samples.full(), texts: try Samples.texts(), style: style, showsAll: true), "table-all.en.txt")
  }

  @Test("Colour repeats a word and changes no other character")
  func colour() throws {
    let outcome = try Samples.full()
    let texts = try Samples.texts()
    let plain = TableReport.text(outcome, texts: texts, style: TerminalStyle(isColoured: false, columns: 80), showsAll: false)
    let coloured = TableReport.text(outcome, texts: texts, style: TerminalStyle(isColoured: true, columns: 80), showsAll: false)
    #expect(coloured != plain)
    let stripped = coloured.replacing(/\u{1B}\[[0-9;]*m/, with: "")
    #expect(
      stripped.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        == plain.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) })
  }

  @Test("Names from the machine cannot command the terminal")
  func hostileNames() throws {
    let asset = Samples.asset("evil\u{1B}[2J\nname")
    let control = Samples.control("A-1", messages: ["unsafe": "{found}"])
    let outcome = try Samples.outcome([
      Samples.finding(control, .fail, asset: asset, arguments: ["found": "\u{1B}]0;x\u{07}"], evidence: [Samples.evidence("/a\u{1B}[31m")])
    ])
    for columns in [50, 80, 120] {
      let text = TableReport.text(
        outcome, texts: try Samples.texts(), style: TerminalStyle(isColoured: false, columns: columns), showsAll: true)
      #expect(!text.unicodeScalars.contains("\u{1B}") && !text.unicodeScalars.contains("\u{07}"))
    }
  }

  private func compare(_ text: String, _ name: String) throws {
    let file = Samples.fixtures.appendingPathComponent(name)
    if ProcessInfo.processInfo.environment["RINGWALL_WRITE_GOLDEN"] != nil {
      try text.write(to: file, atomically: true, encoding: .utf8)
    }
    #expect(try String(contentsOf: file, encoding: .utf8) == text, "\(name); RINGWALL_WRITE_GOLDEN=1 writes it anew")
  }
}

@Suite("JSON report")
struct JSONReportTests {
  @Test("The contract's fields in the contract's order")
  func contract() throws {
    let outcome = try Samples.full()
    let exit = outcome.exitStatus(failOn: .high, toleratingUnknown: false)
    let bytes = JSONReport.bytes(outcome, exit: exit, texts: try Samples.texts())
    #expect(bytes == JSONReport.bytes(outcome, exit: exit, texts: try Samples.texts()))
    let value = try YAMLDocument.read(bytes, file: "report.json")
    func keys(_ value: FactValue?) -> [String] { value?.members?.map(\.key) ?? [] }
    #expect(keys(value) == ["schema", "tool", "time", "baseline", "targets", "assets", "results", "summary", "scores", "exit"])
    #expect(value["schema"]?.text == "ringwall.audit/1")
    #expect(keys(value["tool"]) == ["version", "policyDigest"])
    #expect(keys(value["baseline"]) == ["name", "version", "digest"])
    #expect(keys(value["targets"]?.elements?.first) == ["target", "status"])
    #expect(keys(value["targets"]?.elements?.last) == ["target", "status", "error", "refusals"])
    #expect(keys(value["summary"]) == ["pass", "fail", "notApplicable", "unknown", "waived"])
    let results = try #require(value["results"]?.elements)
    #expect(results.count == outcome.results.count)
    for result in results {
      #expect(
        keys(result) == [
          "id", "asset", "verdict", "reason", "severity", "layer", "title", "message", "found", "safe", "fingerprint", "evidence",
        ])
      for evidence in result["evidence"]?.elements ?? [] {
        #expect(keys(evidence).starts(with: ["source", "line", "column", "pointer", "value"]))
      }
    }
    #expect(keys(value["scores"]?["vmm"]) == ["low", "high", "floor"])
    #expect(value["exit"]?["code"] == .int(2))
  }

  @Test("Verdicts, ids and values do not depend on the language; texts do")
  func languages() throws {
    let outcome = try Samples.full()
    let exit = outcome.exitStatus(failOn: .high, toleratingUnknown: false)
    let reports = try Language.allCases.map { language in
      try YAMLDocument.read(JSONReport.bytes(outcome, exit: exit, texts: try Samples.texts(language)), file: "report.json")
    }
    let results = reports.map { $0["results"]?.elements ?? [] }
    for (a, b) in zip(results[0], results[1]) {
      for key in ["id", "asset", "verdict", "reason", "severity", "layer", "found", "fingerprint", "evidence"] { #expect(a[key] == b[key]) }
    }
    #expect(results[0].compactMap { $0["message"]?.text } != results[1].compactMap { $0["message"]?.text })
  }

  @Test("An element of a list has its own pointer, and special characters are escaped")
  func pointers() throws {
    let evidence = ["configured.nics[1]", "sysctl.a/b~c"].map { Evidence(fact: $0, state: .present, value: "x", source: nil) }
    let outcome = try Samples.outcome([Samples.finding(Samples.control("A-1"), .fail, evidence: evidence)])
    let bytes = JSONReport.bytes(outcome, exit: outcome.exitStatus(failOn: .high, toleratingUnknown: false), texts: try Samples.texts())
    let found = try YAMLDocument.read(bytes, file: "report.json")["results"]?.elements?.first?["evidence"]?.elements?.compactMap {
      $0["pointer"]?.text
    }
    #expect(found == ["/facts/configured.nics/value/1", "/facts/sysctl.a~1b~0c"])
  }
}

@Suite("Facts report")
struct FactsReportTests {
  private func assets(_ count: Int) -> [AssetFacts] {
    (0..<count).map { i in
      AssetFacts(
        asset: Samples.asset("kvm-\(i)"), target: "t",
        facts: [
          "a.b": .present(["x": 1, "y": [true, nil, .double(1.5)]], .path("/sys/a", line: 3, column: 4)), "a.c": .absent(.path("/sys/b")),
          "a.d": .unreadable("permission", .command("id")), "a.e": .notCollected("not-given"),
        ],
        inventedSettings: [InventedSetting(id: "CLM-01", text: "pt=on", source: .path("/etc/x", line: 2))])
    }
  }

  @Test("None is an empty array, one an object, several an array; each reads back as it was", arguments: [0, 1, 2, 3])
  func forms(count: Int) throws {
    var report = FactsReport(collected: Collected(at: "2026-11-24T16:38:38Z", by: "ringwall 0.0.0", uid: 0))
    var bytes: [UInt8] = []
    for asset in assets(count) { bytes += report.add(asset) }
    bytes += report.finish()
    let value = try PolicyEngine.readJSON(bytes, file: "facts.json")
    let documents = count == 1 ? [value] : try #require(value.elements)
    #expect(try documents.map { try FactsDocument.asset($0, target: "t") } == assets(count))
  }
}
