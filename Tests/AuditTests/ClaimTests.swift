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

  @Test("every setting that can be found has an entry, and every entry is found")
  func completeness() throws {
    let claims = try Claims(from: try DataFolder(named: Self.source))
    #expect(claims.ids == InventedSettings.ids)
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
    }
    #expect(chinese.members?.map(\.key).sorted() == claims.ids)
  }
}
