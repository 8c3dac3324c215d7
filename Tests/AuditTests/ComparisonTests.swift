import Domain
import Foundation
import Testing

@testable import Audit
@testable import Judgement

@Suite("Comparison of two runs") struct ComparisonTests {
  private func head(
    policies: String = "p1", rule: String = "r1", baseline: String = "b1", version: String = "2026.4", parameters: String = "x"
  ) -> RunRecord.Head {
    RunRecord.Head(
      time: "2026-11-01T00:00:00Z", version: "0.0.0", policyDigest: policies, baseline: "kvm-host", baselineVersion: version,
      baselineDigest: baseline, parametersDigest: parameters, rules: ["KVM-001": rule], counts: [:], scores: [], exitCode: 0)
  }

  private func entry(
    _ verdict: Verdict, control: String = "KVM-001", found: String? = "1", fact: String = "f1", fingerprint: String = "p",
    facts: [String: String]? = nil
  ) -> RunRecord.Entry {
    RunRecord.Entry(
      control: control, severity: .high, verdict: verdict, reason: "", found: found, fingerprint: fingerprint, facts: facts ?? ["a": fact])
  }

  private func record(_ head: RunRecord.Head, _ entries: [RunRecord.Entry], asset: String = "host:a") -> RunRecord {
    RunRecord(head: head, assets: [.init(id: asset, kind: "host", name: asset, entries: entries)])
  }

  @Test("Each change has its cause")
  func causes() {
    let before = record(head(), [entry(.fail)])
    for (after, expected) in [
      (record(head(), [entry(.pass, fact: "f2")]), [RunComparison.Cause.value]),
      (record(head(policies: "p2", rule: "r2"), [entry(.pass)]), [.rule]),
      // Other policies, but the rule of this control and its library are the same.
      (record(head(policies: "p2", baseline: "b2", version: "2027.1", parameters: "y"), [entry(.pass)]), [.baseline]),
      // Another baseline whose parameters are the same: the verdict is another one for what the facts say.
      (record(head(baseline: "b2"), [entry(.pass, facts: ["a[0]": "f2"])]), [.value]),
      (record(head(parameters: "y"), [entry(.pass)]), [.parameters]),
      (record(head(), [entry(.waived)]), [.waiver]),
      (record(head(policies: "p2", rule: "r2", baseline: "b2", parameters: "y"), [entry(.pass, fact: "f2")]), [.value, .rule, .baseline]),
      (record(head(), [entry(.pass)]), [.unknown]),
    ] {
      let comparison = RunComparison(from: before, to: after)
      #expect(comparison.closed.map(\.causes) == [expected])
      #expect(comparison.opened.isEmpty && comparison.stillOpen.isEmpty)
    }
  }

  @Test("Opened, closed, still open, changed and the same are told apart")
  func lists() {
    let before = record(
      head(),
      [
        entry(.pass, control: "A"), entry(.fail, control: "B"), entry(.fail, control: "C"), entry(.pass, control: "D"),
        entry(.pass, control: "E"), entry(.unknown, control: "F"),
      ])
    let after = record(
      head(),
      [
        entry(.fail, control: "A", fact: "2"), entry(.pass, control: "B", fact: "2"), entry(.fail, control: "C", found: "2", fact: "2"),
        entry(.notApplicable, control: "D", fact: "2"), entry(.pass, control: "E"), entry(.fail, control: "F", fact: "2"),
      ])
    let comparison = RunComparison(from: before, to: after)
    #expect(comparison.opened.map(\.control) == ["A"])
    #expect(comparison.closed.map(\.control) == ["B"])
    #expect(comparison.stillOpen.map(\.control) == ["C", "F"])
    #expect(comparison.stillOpen.map { $0.before?.verdict } == [.fail, .unknown])
    #expect(comparison.changed.map(\.control) == ["D"])
    #expect(comparison.unchanged == 1)
  }

  @Test("An asset that came or went takes its findings with it")
  func assets() {
    let comparison = RunComparison(
      from: record(head(), [entry(.fail)], asset: "host:a"), to: record(head(), [entry(.fail)], asset: "host:b"))
    #expect(comparison.appeared.map(\.id) == ["host:b"] && comparison.vanished.map(\.id) == ["host:a"])
    #expect(comparison.opened.map(\.causes) == [[.asset]] && comparison.closed.map(\.causes) == [[.asset]])
  }

  @Test("A control that only one run judged is no change of the asset")
  func selection() {
    let comparison = RunComparison(from: record(head(), []), to: record(head(), [entry(.fail)]))
    #expect(comparison.opened.map(\.causes) == [[.selection]])
  }

  @Test("Several findings of one control are matched by what they are")
  func several() {
    let before = record(head(), [entry(.fail, found: "x", fingerprint: "1"), entry(.fail, found: "y", fingerprint: "2")])
    let after = record(head(), [entry(.fail, found: "y", fingerprint: "2")])
    let comparison = RunComparison(from: before, to: after)
    #expect(comparison.closed.map { $0.before?.found } == ["x"])
    #expect(comparison.stillOpen.map { $0.after?.found } == ["y"])
  }

  @Test("A report that is read back is the run that it tells")
  func report() throws {
    let outcome = try Samples.full()
    let exit = outcome.exitStatus(failOn: .high, toleratingUnknown: false)
    let bytes = JSONReport.bytes(outcome, exit: exit, texts: try Samples.texts())
    let read = try RunRecord(report: bytes, file: "report.json")
    let kept = RunRecord(outcome, rules: [:], parameters: [], exitCode: Int(exit.code))
    #expect(read.assets == kept.assets)
    #expect(read.head.counts == kept.head.counts && read.head.exitCode == kept.head.exitCode)
    #expect(RunComparison(from: read, to: kept).changed.isEmpty && RunComparison(from: read, to: kept).opened.isEmpty)
  }

  @Test(
    "What is no report is refused in one sentence",
    arguments: ["", "[]", "{\"schema\": \"other/1\"}", "{\"schema\": \"ringwall.audit/1\"}"])
  func refused(text: String) {
    let error = #expect(throws: DataError.self) { try RunRecord(report: Array(text.utf8), file: "old.json") }
    #expect(error?.message.hasPrefix("old.json") == true)
  }

  @Test("A head comes back from the store as it was")
  func stored() throws {
    let head = RunRecord(try Samples.full(), rules: ["KVM-001": "r"], parameters: [.init("a", "b")], exitCode: 2).head
    #expect(try RunRecord.Head(stored: head.stored) == head)
  }

  @Test(
    "Dates as people write them",
    arguments: [
      ("1970-01-01", 0), ("2026-11-24", 1_795_478_400), ("2026-11-24T16:38:38Z", 1_795_538_318), ("2026-11-24 16:38", 1_795_538_280),
      ("2026-11-24T16:38:38.25+08:00", 1_795_509_518), ("2024-02-29", 1_709_164_800), ("2026-02-29", nil), ("2026-13-01", nil),
      ("2026-11-24T25:00Z", nil), ("yesterday", nil), ("2026-11-24Tx", nil), ("2026-11-24T16:38:38Zx", nil),
    ] as [(String, Int64?)])
  func dates(text: String, seconds: Int64?) {
    #expect(Clock.seconds(text) == seconds)
    if let seconds { #expect(Clock.seconds(Clock.text(seconds)) == seconds) }
  }

  @Test("A baseline warns after its last day, and 90 days after its review")
  func age() throws {
    let text = "name: x\nversion: \"1\"\nreviewed: \"2026-09-01\"\nexpires: \"2027-03-31\"\n"
    let baseline = try Baseline(Array(text.utf8), file: "x.yaml")
    func age(_ date: String) throws -> BaselineAge { BaselineAge(baseline, now: try #require(Clock.seconds(date))) }
    #expect(try age("2026-11-30") == .current)
    #expect(try age("2026-12-01") == .old(reviewed: "2026-09-01", days: 91))
    #expect(try age("2027-03-31") == .old(reviewed: "2026-09-01", days: 211))
    #expect(try age("2027-04-01") == .expired("2027-03-31"))
    #expect(throws: DataError.self) { try Baseline(Array("name: x\nversion: \"1\"\nexpires: soon\n".utf8), file: "x.yaml") }
  }

  @Test("Every shipped baseline says when it was reviewed and how long it is meant to be used")
  func shipped() throws {
    let folder = try DataFolder(named: Samples.packageRoot.path)
    let files = try folder.files(below: "baselines", suffixes: [".yaml"])
    #expect(files.count >= 3)
    for file in files {
      let baseline = try Baseline.load(String(file.dropFirst("baselines/".count).dropLast(".yaml".count)), from: folder)
      let reviewed = try #require(baseline.reviewed.flatMap(Clock.seconds), "\(file)")
      let expires = try #require(baseline.expires.flatMap(Clock.seconds), "\(file)")
      #expect(reviewed < expires, "\(file)")
    }
  }

  @Test("What is still open and another result all the same leads its list and is not cut")
  func movedFirst() throws {
    let same = (10..<50).map { entry(.fail, control: "A-\($0)") }
    let comparison = RunComparison(
      from: record(head(), same + [entry(.unknown, control: "Z-1", found: nil, fact: "f1")]),
      to: record(head(), same + [entry(.fail, control: "Z-1", found: "0", fact: "f2")]))
    let lines = ComparisonReport.text(
      comparison, texts: try Samples.texts(), style: TerminalStyle(isColoured: false, columns: 200), showsAll: false, control: { _ in nil }
    ).split(separator: "\n")
    let first = try #require(lines.firstIndex { $0.hasPrefix("Still open (41)") })
    #expect(lines[first + 1].contains("Z-1") && lines[first + 1].contains("unknown -> fail") && lines[first + 1].contains("the value"))
    #expect(lines[first + 2].contains("A-10") && lines.last == "  16 more: --all")
  }
}
