import Domain
import Foundation
import Judgement
import Testing

@testable import Audit

@Suite("Comparison with an earlier report")
struct EarlierFindingsTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ringwall-comparison-\(UUID().uuidString)")

  private func written(_ bytes: [UInt8], _ name: String) throws -> String {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let file = folder.appendingPathComponent(name)
    try Data(bytes).write(to: file)
    return file.path
  }

  private func json(_ outcome: AuditOutcome) throws -> [UInt8] {
    JSONReport.bytes(outcome, exit: outcome.exitStatus(failOn: .high, toleratingUnknown: false), texts: try Samples.texts())
  }

  private func sarif(_ outcome: AuditOutcome, showsAll: Bool = false) throws -> [UInt8] {
    SARIFReport.bytes(
      outcome, exit: outcome.exitStatus(failOn: .high, toleratingUnknown: false), texts: try Samples.texts(), showsAll: showsAll)
  }

  @Test("A report that a program of Windows saved again is read with its mark, and UTF-16 is named as what it is")
  func marked() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let outcome = try Samples.full()
    let bytes = try json(outcome)
    let (rest, _) = outcome.onlyNew(against: try EarlierFindings(file: try written([0xEF, 0xBB, 0xBF] + bytes, "mark.json")))
    #expect(rest.results.isEmpty)
    let wide = try written([0xFF, 0xFE] + bytes.flatMap { [$0, 0] }, "wide.json")
    #expect { try EarlierFindings(file: wide) } throws: { ($0 as? DataError)?.message == "\(wide): UTF-16 text; save it as UTF-8" }
  }

  @Test("A report of the same run knows every finding, as JSON and as SARIF")
  func same() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let outcome = try Samples.full()
    for file in [
      try written(try json(outcome), "a.json"), try written(try sarif(outcome), "a.sarif"),
      try written(try sarif(outcome, showsAll: true), "all.sarif"),
    ] {
      let (rest, comparison) = outcome.onlyNew(against: try EarlierFindings(file: file))
      let findings = outcome.count(.fail) + outcome.count(.unknown)
      #expect(rest.results.isEmpty && comparison.new == 0 && comparison.known == findings && comparison.gone == 0, "\(file)")
      #expect(rest.exitCode(failOn: .high, toleratingUnknown: false) == 2, "a refused target is not made good by a comparison")
    }
  }

  @Test("What was not there is new, what is not there any more is gone; a pass that now fails is new")
  func changed() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let control = Samples.control("A-1", messages: ["unsafe": "open", "safe": "closed"])
    func run(_ verdicts: [(String, Verdict)]) throws -> AuditOutcome {
      try Samples.outcome(
        verdicts.map { name, verdict in
          Samples.finding(control, verdict, asset: Samples.asset(name), messageCase: verdict == .fail ? "unsafe" : "safe")
        })
    }
    let before = try run([("a", .fail), ("b", .pass), ("c", .fail)])
    let earlier = try EarlierFindings(file: try written(try json(before), "before.json"))
    let (rest, comparison) = try run([("a", .fail), ("b", .fail), ("c", .pass), ("d", .fail)]).onlyNew(against: earlier)
    #expect(rest.results.map(\.finding.asset.name) == ["b", "d"])
    #expect(comparison.new == 2 && comparison.known == 1 && comparison.gone == 1)
    #expect(rest.exitCode(failOn: .high, toleratingUnknown: false) == 1)
    #expect(try run([("a", .fail)]).onlyNew(against: earlier).outcome.exitCode(failOn: .high, toleratingUnknown: false) == 0)
  }

  @Test(
    "What is no report of ours is refused with its name",
    arguments: [
      "{}", "[]", "{\"schema\": \"ringwall.facts/1\"}", "{\"version\": \"2.1.0\", \"runs\": [{\"tool\": {\"driver\": {\"name\": \"x\"}}}]}",
      "{",
    ])
  func foreign(text: String) throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = try written(Array(text.utf8), "other.json")
    let error = #expect(throws: DataError.self) { try EarlierFindings(file: file) }
    #expect(error?.message.contains(file) == true)
  }

  @Test("A file that is not there is refused")
  func missing() throws {
    #expect(throws: DataError.self) { try EarlierFindings(file: folder.path + "/none.json") }
  }
}
