import Foundation
import Testing

/// What keeps the tree readable, where a formatter does not reach.
@Suite("House style") struct StyleTests {
  static let everything = SourceTree.files(
    ["Sources", "Tests", "policies", "baselines", "data", "docs", "examples", "scripts", "packaging", "Benchmarks", "Fuzz", ".ci", "Package.swift",
      "Makefile", "README.md", "README.zh-CN.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"],
    suffixes: [".swift", ".rego", ".yaml", ".md", ".json", ".txt", "Makefile", ".conf", ".xml", ".args", "run", "prerequisites"])

  /// Files longer than 600 lines that are data or one long table, with the reason.
  static let longOnPurpose: [String: String] = [
    "Sources/Rego/Regex/UnicodeTableData.swift": "generated tables of the Unicode character database"
  ]

  @Test("a source file has one reason to exist, in at most 600 lines", arguments: SourceTree.sources + SourceTree.tests)
  func length(_ file: SourceTree.File) {
    guard Self.longOnPurpose[file.path] == nil else { return }
    #expect(file.lines.count <= 600, "\(file.path) has \(file.lines.count) lines")
  }

  @Test("no banners, no leftovers", arguments: SourceTree.sources + SourceTree.tests)
  func comments(_ file: SourceTree.File) {
    // Assembled from parts so that this file does not hold what it looks for.
    let leftovers = ["TO" + "DO", "FIX" + "ME", "XX" + "X:", "HA" + "CK:"]
    for (index, line) in file.lines.enumerated() {
      guard let comment = Self.comment(of: line) else { continue }
      let rule = comment.drop { $0 == " " || $0 == "/" }
      #expect(rule.prefixMatch(of: /[-=*#_~]{5,}/) == nil, "\(file.path):\(index + 1): a banner comment")
      for word in leftovers { #expect(!comment.contains(word), "\(file.path):\(index + 1): \(word)") }
    }
  }

  /// The comment that is the whole of a line; text inside literals is none.
  private static func comment(of line: Substring) -> Substring? {
    let text = line.drop { $0 == " " }
    return text.hasPrefix("//") ? text.dropFirst(2) : nil
  }

  @Test("no path of somebody's machine", arguments: everything)
  func machinePaths(_ file: SourceTree.File) {
    let paths = ["/wo" + "rk/", "/tmp/" + "rw", "/opt/" + "swift", "/home/" + "user"]
    for (index, line) in file.lines.enumerated() {
      for path in paths { #expect(!line.contains(path), "\(file.path):\(index + 1): \(path)") }
    }
  }

  @Test("names say what a thing is", arguments: SourceTree.sources)
  func names(_ file: SourceTree.File) {
    let name = file.path.split(separator: "/").last.map(String.init) ?? ""
    for word in ["Utils", "Util", "Helpers", "Helper", "Manager", "Common", "Misc"] {
      #expect(!name.contains(word), "\(file.path): named after nothing")
    }
  }

  @Test("every unsafe block says why it is safe", arguments: SourceTree.sources)
  func unsafeReasons(_ file: SourceTree.File) {
    #expect(!file.text.contains("unsafeBitCast") || file.text.contains("// SAFETY:"), "\(file.path): unsafeBitCast without a SAFETY comment")
  }

  @Test("folders of text are found") func found() {
    #expect(Self.everything.contains { $0.path.hasPrefix("policies/") && $0.path.hasSuffix(".rego") })
    #expect(Self.everything.contains { $0.path == "Package.swift" })
  }
}
