import Domain
import Foundation
import Judgement
import Testing

@testable import References

@Suite("Laws, cases and figures")
struct ReferenceDataTests {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  private let folder: DataFolder
  private let figures: Figures

  init() throws {
    folder = try DataFolder(named: nil)
    figures = try Figures(from: folder)
  }

  @Test("Every row has its source, and each region its rows")
  func regulations() throws {
    let rows = try Regulations(from: folder, figures: figures).rows
    #expect(rows.count >= 25)
    for region in Regulations.Region.allCases { #expect(rows.contains { $0.region == region }) }
    #expect(rows.first { $0.id == "us-bod-26-04" }?.law["en"]?.contains("revokes BOD 22-01") == true)
    // Art. 32 belongs to the lower tier.
    let gdpr = try #require(rows.first { $0.id == "eu-gdpr-32" })
    #expect(Statistics.all(in: gdpr.penalty["en"] ?? "").prefix(2).map(\.shown) == ["10000000 EUR", "2 %"])
    for row in rows {
      let values = [row.law, row.asks, row.penalty].map { text in
        ["en", "zh"].map { Statistics.all(in: text[$0] ?? "").map(\.shown).sorted() }
      }
      for pair in values { #expect(pair[0] == pair[1], "\(row.id): the languages state different figures") }
    }
  }

  @Test("Cases carry sources, citations of the table and tiers of the table")
  func cases() throws {
    let regulations = try Regulations(from: folder, figures: figures)
    let cases = try Cases(from: folder, figures: figures, regulations: regulations).all
    let table = try CitationTable(from: folder)
    for id in ["esxiargs", "vmsa-2025-0004", "morsecorp"] { #expect(cases.contains { $0.id == id }) }
    for entry in cases {
      for citation in entry.citations {
        let mention = try #require(CitationScanner.mentions(in: Array(citation.unicodeScalars)).first, "\(citation)")
        #expect(mention.isWellFormed && (table.entry(mention) != nil || citation.hasPrefix("INTEL-SA")), "\(citation)")
      }
    }
  }

  @Test("A figure without a source is refused, in data as in text")
  func unsourced() throws {
    #expect(figures.unsourced(in: "a fine of 33 M EUR or 2 %").map(\.shown) == ["33000000 EUR"])
    #expect(throws: DataError.self) { try figures.check(["raises it by 61 %"], "x") }
    #expect(throws: DataError.self) { _ = try Figures([["id": "a", "values": ["5 %"], "date": "2020", "status": "sourced"]]) }
    #expect(throws: DataError.self) {
      _ = try Figures([["id": "a", "values": ["five"], "source": "s", "date": "2020", "status": "sourced"]])
    }
  }

  /// What the program can print and what is written about it: texts, data, policies, baselines and documents.
  static let texts: [String] = {
    let folders = ["data", "docs", "policies", "baselines", "examples"]
    let files = ["README.md", "README.zh-CN.md", "SECURITY.md", "CHANGELOG.md", "CONTRIBUTING.md"]
    var found = files.filter { FileManager.default.fileExists(atPath: root.appending(path: $0).path) }
    for folder in folders {
      let paths = FileManager.default.enumerator(atPath: root.appending(path: folder).path)?.compactMap { $0 as? String } ?? []
      let kept = paths.filter { path in [".md", ".yaml", ".rego", ".json", ".txt"].contains { path.hasSuffix($0) } }
      found += kept.map { folder + "/" + $0 }
    }
    return found.sorted()
  }()

  /// A file's text; of a policy its comments alone, with what is shown of its rules, each on its line.
  static func text(of file: String) throws -> String {
    let text = try String(contentsOf: root.appending(path: file), encoding: .utf8)
    guard file.hasSuffix(".rego") else { return text }
    return text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.hasPrefix("#") ? $0 : "" }.joined(separator: "\n")
  }

  /// Files whose shares are measurements of this program, repeatable by `make bench`, and none of the world.
  static let ownMeasurements: Set<String> = ["docs/performance.md", "docs/architecture.md", "CHANGELOG.md"]

  @Test("No text, data or document states a figure that the registry does not hold")
  func everyFigure() throws {
    #expect(Self.texts.count > 100)
    for file in Self.texts where file != Figures.file && !file.hasSuffix("_test.rego") && !Self.ownMeasurements.contains(file) {
      let text = try Self.text(of: file)
      for figure in figures.unsourced(in: text) {
        let line = text.utf8.prefix(figure.offset).count { $0 == 0x0A } + 1
        Issue.record("\(file):\(line): \(figure.shown) has no entry in \(Figures.file)")
      }
    }
  }

  @Test("A refuted figure stands only where it is refuted")
  func refuted() throws {
    let sourced = Set(figures.entries.filter { $0.status != .refuted }.flatMap(\.values))
    let refuted = Set(figures.entries.filter { $0.status == .refuted }.flatMap(\.values)).subtracting(sourced)
    let allowed = ["data/claims.yaml", "data/text/zh-CN/claims.yaml", "data/citations.yaml", "docs/guide/", Figures.file]
    for file in Self.texts
    where !allowed.contains(where: file.hasPrefix) && !file.hasSuffix("_test.rego") && !Self.ownMeasurements.contains(file) {
      let text = try Self.text(of: file)
      for figure in Statistics.all(in: text) where refuted.contains(figure) { Issue.record("\(file): \(figure.shown) is refuted") }
    }
  }
}
