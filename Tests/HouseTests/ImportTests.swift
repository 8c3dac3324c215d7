import Foundation
import Testing

/// The house of docs/architecture.md: a target imports only targets of a lower level, never a sibling.
@Suite("Imports") struct ImportTests {
  /// Level of each target. `Rego` knows nothing of Ringwall, so that it can be a library of its own; `Platforms` and `Judgement` meet
  /// in `Audit` only.
  static let levels: [String: Int] = [
    "CArchive": 0, "CNBD": 0, "CSeccomp": 0, "CTSK": 0, "CXML": 0, "CYara": 0, "CZlib": 0, "Domain": 0, "Rego": 0,
    "RegoBuiltins": 1, "QMP": 1, "Store": 1,
    "ContainerEngine": 2, "Judgement": 2, "Ledger": 2, "RegoHTTP": 2,
    "Platforms": 3, "VSphere": 3, "Introspection": 3, "Sensors": 3, "Segmentation": 3, "Channel": 3, "Sandbox": 3,
    "References": 3, "Waivers": 3,
    "Audit": 4, "Signatures": 4, "Detection": 4, "Trust": 4, "Drills": 4,
    "DecisionServer": 5, "Disks": 5, "History": 5, "Fleet": 5, "Console": 5,
    "DiskReader": 6, "ringwall": 6,
    "ringwall-disk-worker": 7,
  ]
  /// Lower, and still not to be known: the wall between facts and judgement.
  static let forbidden: [String: Set<String>] = [
    "Platforms": ["Judgement", "Rego", "RegoBuiltins", "RegoHTTP"], "Audit": ["CArchive", "Rego", "RegoHTTP", "VSphere"],
    "VSphere": ["CArchive", "CZlib", "Judgement", "Rego", "RegoBuiltins", "RegoHTTP"],
    "Judgement": ["CXML", "CZlib"],
  ]
  /// Level 0 to 4 stays free of Foundation; it brings a second String, a second Data and slow start-up. `RegoBuiltins` needs its Date, which
  /// the verifier of certificates takes.
  static let withoutFoundation: Set<String> = ["Domain", "Rego", "Judgement", "Platforms", "References", "Waivers", "Audit"]

  /// What speaks to sockets, and where it may be used.
  static let sockets = ["AsyncHTTPClient", "Hummingbird", "NIO"]
  static let withSockets: Set<String> = ["ContainerEngine", "RegoHTTP", "DecisionServer", "VSphere"]

  struct Import: CustomTestStringConvertible, Sendable {
    let file: String
    let line: Int
    let target: String
    let module: String
    var testDescription: String { "\(file):\(line): import \(module)" }
  }

  /// Every import of a source text: attributes, access levels, kinds (`import struct X.Y`) and several on a line included.
  static func imports(of file: SourceTree.File) -> [Import] {
    let pattern =
      /^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+(?:(?:struct|class|enum|protocol|typealias|func|let|var)\s+)?(\w+)/
    var found: [Import] = []
    for (index, line) in file.lines.enumerated() {
      for part in line.split(separator: ";") {
        guard let match = part.prefixMatch(of: pattern) else { continue }
        found.append(Import(file: file.path, line: index + 1, target: file.target, module: String(match.1)))
      }
    }
    return found
  }

  /// What is wrong with an import, or nil.
  static func problem(_ entry: Import) -> String? {
    guard let own = levels[entry.target] else { return "\(entry.file): the target \(entry.target) stands at no level; add it to the table" }
    if withoutFoundation.contains(entry.target), entry.module.hasPrefix("Foundation") {
      return "\(entry.testDescription): \(entry.target) does without Foundation"
    }
    if !withSockets.contains(entry.target), sockets.contains(where: entry.module.hasPrefix) {
      return "\(entry.testDescription): sockets belong to \(withSockets.sorted().joined(separator: " and "))"
    }
    guard let other = levels[entry.module] else { return nil }
    if entry.module.hasPrefix("C"), entry.module.dropFirst().first?.isUppercase == true {
      return forbidden[entry.target]?.contains(entry.module) == true || own == 0
        ? "\(entry.testDescription): C types stay in their wrapper" : nil
    }
    if other >= own { return "\(entry.testDescription): level \(own) imports level \(other); imports go only downward" }
    if forbidden[entry.target]?.contains(entry.module) == true {
      return "\(entry.testDescription): \(entry.target) must not know \(entry.module)"
    }
    return nil
  }

  @Test("every import goes downward")
  func downward() {
    for problem in SourceTree.sources.flatMap(Self.imports).compactMap(Self.problem) { Issue.record("\(problem)") }
  }

  @Test("the sources are found") func found() {
    #expect(SourceTree.sources.count > 20)
    #expect(SourceTree.sources.flatMap(Self.imports).contains { $0.target == "Judgement" && $0.module == "Domain" })
  }

  @Test(
    "an import upward, sideways or past the wall is reported",
    arguments: [
      ("Domain", "internal import Rego"), ("Platforms", "public import Audit"), ("Rego", "@_exported import Domain"),
      ("Platforms", "private import struct Judgement.Judge"), ("Audit", "import Console"), ("Domain", "  internal import Foundation"),
      ("Judgement", "internal import Domain; import Audit"), ("Nowhere", "import Domain"),
      ("Rego", "internal import NIOCore"), ("ringwall", "import Hummingbird"),
    ])
  func reported(_ target: String, _ text: String) {
    let imports = Self.imports(of: SourceTree.File(path: "Sources/\(target)/X.swift", text: text + "\n"))
    #expect(imports.contains { Self.problem($0) != nil })
  }
}
