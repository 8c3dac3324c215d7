import Domain
import Judgement
import Platforms
import Testing

/// Every control of the catalogue against raw input in each of its verdicts.
@Suite("Controls")
struct ControlTableTests {
  static let judge = Result { try FixtureJudge() }

  @Test("every control has fixtures, every fixture a control")
  func completeness() throws {
    let controls = try Self.judge.get().policies.controls
    #expect(controls.problems == [])
    let fixtures = Dictionary(try ControlFixture.all().map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    for control in controls.all {
      guard let fixture = fixtures[control.id] else {
        Issue.record("\(control.id) has no fixture")
        continue
      }
      #expect(fixture.package == Controls.package(of: control.kind), "\(control.id): the fixture lies in the wrong folder")
      for state in ControlFixture.State.allCases {
        let isNeeded = state != .notApplicable || !control.always
        #expect((fixture.cases[state] != nil) == isNeeded, "\(control.id): \(state.rawValue) is \(isNeeded ? "missing" : "not possible")")
      }
    }
    for id in fixtures.keys.sorted() { #expect(controls[id] != nil, "fixture \(id) has no control") }
  }

  @Test("verdict, case, reason and place of every case", arguments: ControlFixture.State.allCases)
  func table(_ state: ControlFixture.State) throws {
    let judge = try Self.judge.get()
    for fixture in try ControlFixture.all() {
      let main = fixture.cases[state].map { [(name: state.rawValue, state: state, item: $0)] } ?? []
      for (title, _, item) in main + fixture.variants.filter({ $0.state == state }) {
        try check(item, of: fixture, state, name: "\(fixture.id) \(title)", judge)
      }
    }
  }

  private func check(
    _ item: ControlFixture.Case, of fixture: ControlFixture, _ state: ControlFixture.State, name: String, _ judge: FixtureJudge
  ) throws {
    let findings = try judge.findings(fixture.id, package: fixture.package, item.input, parameters: item.parameters)
      .filter { item.asset == nil || $0.asset.name == item.asset || $0.asset.id == item.asset }
    guard findings.count == 1, let finding = findings.first else {
      Issue.record("\(name): \(findings.count) findings where one is expected")
      return
    }
    #expect(finding.verdict.rawValue == state.rawValue, "\(name): \(Self.shown(finding))")
    if let expected = item.messageCase { #expect(finding.messageCase == expected, "\(name): \(Self.shown(finding))") }
    if let reason = item.reason { #expect(finding.reason == reason, "\(name): \(Self.shown(finding))") }
    if let cites = item.cites {
      let places = finding.evidence.compactMap(\.source)
      #expect(places.contains { Self.place($0) == cites || $0.name == cites }, "\(name): cites \(places.map(Self.place)), not \(cites)")
    } else if state == .pass || state == .fail {
      #expect(finding.evidence.contains { $0.source != nil }, "\(name): cites nothing")
    }
  }

  @Test("changing the value of each pass fixture changes the verdict")
  func flips() throws {
    let judge = try Self.judge.get()
    for fixture in try ControlFixture.all() {
      if fixture.cases[.pass]?.flip == nil { Issue.record("\(fixture.id): the pass case has no flip") }
      let cases = (fixture.cases[.pass].map { [$0] } ?? []) + fixture.variants.map(\.item)
      for item in cases where item.flip != nil {
        guard let flipped = item.flipped() else {
          Issue.record("\(fixture.id): the flip from \(item.flip?.from ?? "") does not fit exactly one file")
          continue
        }
        let verdicts = try judge.findings(fixture.id, package: fixture.package, flipped, parameters: item.parameters)
          .filter { item.asset == nil || $0.asset.name == item.asset || $0.asset.id == item.asset }.map(\.verdict)
        #expect(!verdicts.contains(.pass), "\(fixture.id): still passes after \(item.flip?.from ?? "") became \(item.flip?.to ?? "")")
      }
    }
  }

  private static func place(_ source: FactSource) -> String { source.name + (source.line.map { ":\($0)" } ?? "") }

  private static func shown(_ finding: Finding) -> String {
    "\(finding.verdict.rawValue) \(finding.reason) \(finding.messageCase) \(finding.arguments.mapValues { JSONText.string($0) })"
  }
}
