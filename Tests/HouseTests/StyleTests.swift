import Foundation
import Testing

/// What keeps the tree readable, where a formatter does not reach.
@Suite("House style") struct StyleTests {
  static let everything = SourceTree.files(
    [
      "Sources", "Tests", "policies", "baselines", "data", "docs", "examples", "scripts", "packaging", "Benchmarks", "Fuzz", ".ci",
      "Package.swift",
      "Makefile", "README.md", "README.zh-CN.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md",
    ],
    suffixes: [".swift", ".rego", ".yaml", ".md", ".json", ".txt", "Makefile", ".conf", ".xml", ".args", "run", "prerequisites"])

  /// Files longer than 600 lines that are data or one long table, with the reason.
  static let longOnPurpose: [String: String] = [
    "Sources/Rego/Regex/UnicodeTableData.swift": "generated tables of the Unicode character database"
  ]

  static let code = SourceTree.sources + SourceTree.tests

  @Test("a source file has one reason to exist, in at most 600 lines")
  func length() {
    for file in Self.code where Self.longOnPurpose[file.path] == nil {
      let lines = file.lines.count
      #expect(lines <= 600, "\(file.path) has \(lines) lines")
    }
  }

  @Test("no banners, no leftovers")
  func comments() {
    // Assembled from parts so that this file does not hold what it looks for.
    let leftovers = ["TO" + "DO", "FIX" + "ME", "XX" + "X:", "HA" + "CK:"]
    for file in Self.code {
      for (index, line) in file.lines.enumerated() {
        guard let comment = Self.comment(of: line) else { continue }
        let text = comment.drop { $0 == " " || $0 == "/" }
        let isBanner = text.utf8.prefix { "-=*#_~".utf8.contains($0) }.count >= 5
        #expect(!isBanner, "\(file.path):\(index + 1): a banner comment")
        let leftover = leftovers.first { comment.contains($0) }
        #expect(leftover == nil, "\(file.path):\(index + 1)")
      }
    }
  }

  /// The comment that is the whole of a line; text inside literals is none.
  private static func comment(of line: Substring) -> Substring? {
    let text = line.drop { $0 == " " }
    return text.hasPrefix("//") ? text.dropFirst(2) : nil
  }

  @Test("no path of somebody's machine")
  func machinePaths() {
    let paths = ["/wo" + "rk/", "/tmp/" + "rw", "/opt/" + "swift", "/home/" + "user"]
    for file in Self.everything where paths.contains(where: file.text.contains) {
      for (index, line) in file.lines.enumerated() {
        let found = paths.first { line.contains($0) }
        #expect(found == nil, "\(file.path):\(index + 1)")
      }
    }
  }

  @Test("names say what a thing is")
  func names() {
    for file in SourceTree.sources {
      let name = file.path.split(separator: "/").last.map(String.init) ?? ""
      let word = ["Util", "Helper", "Manager", "Common", "Misc"].first { name.contains($0) }
      #expect(word == nil, "\(file.path): named after nothing")
    }
  }

  @Test("folders of text are found") func found() {
    #expect(Self.everything.contains { $0.path.hasPrefix("policies/") && $0.path.hasSuffix(".rego") })
    #expect(Self.everything.contains { $0.path == "Package.swift" })
  }
}
