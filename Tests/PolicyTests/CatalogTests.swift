import Foundation
import Judgement
import Testing

@Suite("Catalogue")
struct CatalogTests {
  @Test("policies/catalog.rego is what the rules' METADATA says; make catalog writes it anew")
  func isCurrent() throws {
    let judge = try FixtureJudge()
    let file = URL(filePath: FixtureJudge.source).appending(path: "policies/catalog.rego")
    #expect(try String(contentsOf: file, encoding: .utf8) == judge.policies.controls.catalogModule)
  }
}
