import Domain
import Testing

@testable import Audit

@Suite("Scores")
struct ScoreTests {
  private func scores(_ findings: [Finding]) throws -> [LayerScore] { try Samples.outcome(findings).scores }

  @Test("An unknown counts as failed at the low end and as passed at the high end")
  func range() throws {
    // Weights: high 5, medium 2, low 1.
    let score = try #require(
      scores([
        Samples.finding(Samples.control("A-1", .high), .pass), Samples.finding(Samples.control("A-2", .medium), .unknown),
        Samples.finding(Samples.control("A-3", .low), .fail),
      ]).first)
    #expect(score.low == 62)  // 5 of 8
    #expect(score.high == 87)  // 7 of 8
    #expect(score.weight == 8)
    #expect(score.costs.map(\.tenths) == [250, 125])
  }

  @Test("Not applicable counts nowhere, waived earns nothing, info weighs nothing")
  func weights() throws {
    let score = try #require(
      scores([
        Samples.finding(Samples.control("A-1", .critical), .pass), Samples.finding(Samples.control("A-2", .critical), .notApplicable),
        Samples.finding(Samples.control("A-3", .critical), .waived), Samples.finding(Samples.control("A-4", .info), .fail),
      ]).first)
    #expect((score.low, score.high) == (50, 50))
    #expect(score.counts == [.pass: 1, .notApplicable: 1, .waived: 1])
  }

  @Test("A layer without an applicable result has no score; the weakest comes first")
  func layers() throws {
    let scores = try scores([
      Samples.finding(Samples.control("A-1", .high, .network), .notApplicable),
      Samples.finding(Samples.control("A-2", .high, .hardware), .pass),
      Samples.finding(Samples.control("A-3", .high, .management), .fail),
    ])
    #expect(scores.map(\.layer) == [.management, .hardware])
    #expect(scores.map(\.low) == [0, 100])
  }

  @Test("Costs are sorted dearest first, and no unknown ever raises the low end")
  func properties() throws {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      let findings = (0..<Int.random(in: 1...30, using: &random)).map { i in
        Samples.finding(
          Samples.control("A-\(i)", Severity.allCases.randomElement(using: &random)!, Layer.allCases.randomElement(using: &random)!),
          Verdict.allCases.randomElement(using: &random)!)
      }
      for score in try scores(findings) {
        #expect(0...score.high ~= score.low && score.high <= 100)
        #expect(score.costs.map(\.tenths) == score.costs.map(\.tenths).sorted(by: >))
      }
      let known = findings.filter { $0.verdict != .unknown }
      for score in try scores(known) {
        let with = try scores(findings).first { $0.layer == score.layer }
        #expect(with.map { $0.low <= score.low && $0.high >= score.high } == true)
      }
    }
  }
}

@Suite("Exit code")
struct ExitStatusTests {
  private func code(_ findings: [Finding], refused: Bool = false, failOn: Severity = .high, tolerating: Bool = false) throws -> Int32 {
    let targets = [TargetOutcome(target: "t", status: refused ? .refused : .judged, refusals: [])]
    return try Samples.outcome(findings, targets: targets).exitCode(failOn: failOn, toleratingUnknown: tolerating)
  }
  private let fail = Samples.finding(Samples.control("A-1", .high), .fail)
  private let unknown = Samples.finding(Samples.control("A-2", .high), .unknown)
  private let pass = Samples.finding(Samples.control("A-3", .high), .pass)
  private let minor = Samples.finding(Samples.control("A-4", .medium), .fail)
  private let minorUnknown = Samples.finding(Samples.control("A-5", .medium), .unknown)

  @Test("0 when all is judged and nothing that counts fails or is unknown")
  func zero() throws {
    #expect(try code([pass]) == 0)
    #expect(try code([pass, minor, minorUnknown]) == 0)
  }

  @Test("2 when no control was judged")
  func nothing() throws { #expect(try code([]) == 2) }

  @Test("1 when something that counts fails")
  func one() throws {
    #expect(try code([pass, fail]) == 1)
    #expect(try code([minor], failOn: .medium) == 1)
    #expect(try code([fail], failOn: .critical) == 0)
  }

  @Test("2 when something that counts is unknown or a target is refused, and 2 wins")
  func two() throws {
    #expect(try code([pass, unknown]) == 2)
    #expect(try code([fail, unknown]) == 2)
    #expect(try code([fail], refused: true) == 2)
    #expect(try code([], refused: true) == 2)
  }

  @Test("--unknown ok lifts the unknown only")
  func tolerated() throws {
    #expect(try code([pass, unknown], tolerating: true) == 0)
    #expect(try code([fail, unknown], tolerating: true) == 1)
    #expect(try code([unknown], refused: true, tolerating: true) == 2)
  }

  @Test("A target judged in part counts as refused")
  func partial() throws {
    let targets = [TargetOutcome(target: "t", status: .partial, refusals: [])]
    #expect(try Samples.outcome([pass], targets: targets).exitCode(failOn: .high, toleratingUnknown: false) == 2)
  }
}
