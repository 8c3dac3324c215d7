import Audit
import Domain
import Foundation
import Judgement
import Platforms
import Testing

/// Made-up settings from the text of a file to a finding with what is real.
@Suite("Claims")
struct ClaimTests {
  static let source = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  @Test("the article has 50 statements, and every setting that can be found is one of them")
  func completeness() throws {
    let claims = try Claims(from: try DataFolder(named: Self.source))
    #expect(claims.ids == (1...50).map { $0 < 10 ? "CLM-0\($0)" : "CLM-\($0)" })
    #expect(claims.ids == claims.all.map(\.id))
    #expect(Set(InventedSettings.ids).isSubset(of: claims.ids))
  }

  @Test("every control that a statement or a case names exists")
  func controls() throws {
    let folder = try DataFolder(named: Self.source)
    let controls = try Policies.load(from: folder, extra: []).controls
    let known = Set(controls.all.map(\.id))
    for claim in try Claims(from: folder).all { #expect(known.isSuperset(of: claim.controls), "\(claim.id)") }
    let cases = try YAMLDocument.read(try folder.bytes("data/cases.yaml"), file: "cases.yaml").elements ?? []
    for entry in cases {
      for id in entry["controls"]?.elements?.compactMap(\.text) ?? [] { #expect(known.contains(id), "\(id)") }
    }
  }

  @Test("each term leads to its statement, and both chapters of the guide answer every one")
  func terms() throws {
    let claims = try Claims(from: try DataFolder(named: Self.source))
    for claim in claims.all {
      #expect(!claim.terms.isEmpty && !claim.does.isEmpty && !claim.date.isEmpty, "\(claim.id)")
      for term in claim.terms { #expect(claims.matching(term).contains { $0.id == claim.id }, "\(term)") }
    }
    #expect(claims.matching("vmciuse").map(\.id) == ["CLM-18"] && claims.matching("zzz").isEmpty)
    for chapter in ["article.md", "article.zh-CN.md"] {
      let text = try String(contentsOfFile: "\(Self.source)/docs/guide/\(chapter)", encoding: .utf8)
      for id in claims.ids { #expect(text.contains(id), "\(chapter): \(id)") }
    }
  }

  @Test("each entry says what is real, in both languages")
  func texts() throws {
    let folder = try DataFolder(named: Self.source)
    let claims = try Claims(from: folder)
    let chinese = try YAMLDocument.read(try folder.bytes("data/text/zh-CN/claims.yaml"), file: "claims.yaml")
    for id in claims.ids {
      let control = try #require(claims.control(id))
      #expect(
        control.severity == .info && !control.title.isEmpty && control.messages["invented"]?.isEmpty == false && !control.provenance.isEmpty
      )
      #expect(chinese[id]?["title"]?.text?.isEmpty == false && chinese[id]?["messages"]?["invented"]?.text?.isEmpty == false, "\(id)")
      #expect(chinese[id]?["says"]?.text?.isEmpty == false && chinese[id]?["does"]?.text?.isEmpty == false, "\(id)")
    }
    #expect(chinese.members?.map(\.key).sorted() == claims.ids)
  }
}
