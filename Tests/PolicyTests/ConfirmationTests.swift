import Domain
import Foundation
import Judgement
import Testing

@Suite("Signs of a guest that is read again") struct ConfirmationTests {
  private static let detections = Result { try Detections.load(from: try DataFolder(named: FixtureJudge.source)) }

  /// A reading in which these processes are hidden; nil for one in which processes could not be read.
  private static func reading(_ hidden: [Int64]?) throws -> DetectionReport {
    let rows = hidden?.map { pid -> FactValue in
      ["pid": .int(pid), "name": "x", "task": .string("0x\(pid)"), "missingIn": ["list"], "foundIn": []]
    }
    let fact: FactValue =
      if let rows {
        ["state": "present", "value": ["processes": [], "hidden": .array(rows), "initCred": nil, "userNamespace": 7]]
      } else {
        ["state": "unreadable", "why": "no table"]
      }
    return try detections.get().judge(["schema": "ringwall.guest.facts/1", "facts": ["processes": fact], "inconsistencies": []])
  }

  private static func pids(_ hits: [DetectionHit]) -> [FactValue?] {
    hits.filter { $0.detection.id == "GST-060" }.map { $0.arguments["pid"] }
  }

  @Test("what every reading shows is told, what one lacks is not, and new ones are not asked for") func refuted() throws {
    var signs = Confirmation(try Self.reading([7, 8]))
    #expect(Self.pids(signs.open) == [7, 8])
    signs.hold(to: try Self.reading([8, 9]))
    #expect(Self.pids(signs.open) == [8])
    signs.hold(to: try Self.reading([7, 8]))
    #expect(Self.pids(signs.report.hits) == [8] && !signs.report.unjudged.contains { $0.state == "torn" })
    signs.hold(to: try Self.reading([]))
    #expect(signs.open.isEmpty && signs.report.hits.isEmpty)
  }

  @Test("a reading that could not judge refutes nothing, and a sign of one reading alone is in doubt") func silent() throws {
    var signs = Confirmation(try Self.reading([7]))
    for _ in 0..<8 { signs.hold(to: try Self.reading(nil)) }
    #expect(Self.pids(signs.open) == [7] && signs.report.hits.isEmpty)
    let doubts = signs.report.unjudged.filter { $0.state == "torn" }
    #expect(doubts.map(\.detection.id) == ["GST-060"] && doubts.map(\.fact) == ["processes"])
    signs.hold(to: try Self.reading([7]))
    #expect(Self.pids(signs.report.hits) == [7] && !signs.report.unjudged.contains { $0.state == "torn" })
    signs.hold(to: try Self.reading([]))
    #expect(signs.report.hits.isEmpty)
  }

  @Test("signs that are known stay, and others than those a reading was made for") func apart() throws {
    let first = try Self.reading([7, 8])
    var signs = Confirmation(first, knowing: first.hits.filter { $0.arguments["pid"] == 7 })
    #expect(Self.pids(signs.open) == [8])
    signs.hold(to: try Self.reading([])) { $0.arguments["pid"] == 9 }
    #expect(Self.pids(signs.open) == [8])
    signs.hold(to: try Self.reading([]))
    #expect(Self.pids(signs.report.hits) == [7])
  }
}
