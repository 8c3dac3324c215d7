import Domain
import Judgement
import Testing

@testable import Audit

@Suite("Frameworks")
struct FrameworkTests {
  private let frameworks: Frameworks
  private let controls: [Control]

  init() throws {
    let folder = try DataFolder(named: nil)
    frameworks = try Frameworks(from: folder)
    controls = try Policies.load(from: folder, extra: []).controls.all
  }

  @Test("Every family in use gives evidence for a clause of at least five frameworks")
  func everyFamily() {
    for family in Set(controls.map(\.family)) {
      #expect(frameworks.clauses(family: family).count >= 5, "family \(family)")
    }
  }

  @Test("What a review called wrong is gone, what it called weak says so")
  func reviewed() throws {
    let nist = try #require(frameworks.clauses(family: "IOM").first { $0.framework == "nist80053" })
    #expect(!nist.clauses.contains { $0.id == "MP-7" })
    #expect(nist.clauses.contains { $0.id == "SC-41" })
    let confidential = try #require(frameworks.clauses(family: "CNF").first { $0.framework == "nist80053" })
    #expect(confidential.clauses.first { $0.id == "SC-28" }?.weakness != nil)
    #expect(confidential.clauses.contains { $0.id == "SC-39(1)" && $0.weakness == nil })
  }

  @Test("A family that no file names has no clauses")
  func unknownFamily() {
    #expect(frameworks.clauses(family: "XXX").isEmpty)
    #expect(frameworks.value(family: "XXX").elements?.isEmpty == true)
  }
}
