import Testing

/// The libraries' public declarations need no Foundation: who uses them may do without it.
@Suite("Public signatures") struct FoundationTests {
  static let libraries: Set<String> = ["Rego", "RegoBuiltins"]
  static let foundation: Set<String> = [
    "AttributedString", "Bundle", "Calendar", "CharacterSet", "Data", "DataProtocol", "Date", "DateComponents", "DateFormatter", "Decimal",
    "FileHandle", "FileManager", "Foundation", "IndexPath", "IndexSet", "JSONDecoder", "JSONEncoder", "JSONSerialization", "Locale",
    "LocalizedError", "Measurement", "Notification", "OperationQueue", "Process", "ProcessInfo", "Scanner", "TimeInterval", "TimeZone",
    "Timer", "URL", "URLComponents", "URLRequest", "URLSession", "UUID",
  ]

  /// Public declarations without their bodies, and cases of enumerations, whose access is that of their type.
  static func signatures(_ text: String) -> [(line: Int, text: Substring)] {
    var found: [(Int, Substring)] = []
    for start in text.indices where start == text.startIndex || text[text.index(before: start)] == "\n" {
      let line = text[start...].prefix { $0 != "\n" }
      let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
      guard !line.drop(while: { $0 == " " }).hasPrefix("//"), words.contains("public") || words.first == "case" else { continue }
      var depth = 0
      let end =
        text[start...].firstIndex { character in
          if "([".contains(character) { depth += 1 }
          if ")]".contains(character) { depth -= 1 }
          return depth <= 0 && "{=\n".contains(character)
        } ?? text.endIndex
      found.append((text[..<start].utf8.count { $0 == 0x0A } + 1, text[start..<end]))
    }
    return found
  }

  /// Types that the libraries declare under a name that Foundation has too.
  static func own(_ files: [SourceTree.File]) -> Set<String> {
    Set(
      files.flatMap(\.lines).compactMap { line in
        let words = line.split(separator: " ")
        guard let kind = words.firstIndex(where: { ["struct", "enum", "class"].contains($0) }), kind + 1 < words.count else { return nil }
        return String(words[kind + 1].prefix { $0.isLetter || $0.isNumber })
      }
    ).intersection(foundation)
  }

  static func problems(_ file: SourceTree.File, own: Set<String> = []) -> [String] {
    signatures(file.text).compactMap { signature in
      let words = signature.text.split { !($0.isLetter || $0.isNumber || $0 == "_") }
      let alien = words.first {
        (foundation.contains(String($0)) && !own.contains(String($0)))
          || ($0.hasPrefix("NS") && $0.count > 4 && $0.contains { $0.isLowercase })
      }
      return alien.map { "\(file.path):\(signature.line): \($0) in a public declaration" }
    }
  }

  @Test("none mentions Foundation")
  func signatures() {
    let files = SourceTree.sources.filter { Self.libraries.contains($0.target) }
    #expect(files.count > 100)
    #expect(files.contains { !Self.signatures($0.text).isEmpty })
    let own = Self.own(files)
    for problem in files.flatMap({ Self.problems($0, own: own) }) { Issue.record("\(problem)") }
  }

  @Test(
    "one that does is reported",
    arguments: [
      "public import Foundation", "public func read(_ data: Data) -> Int {", "  public var date: Foundation.Date?",
      "public init(\n  _ a: Int,\n  at url: URL\n) {", "  case instant(Date)", "public struct Failure: LocalizedError {",
    ])
  func reported(_ text: String) {
    #expect(!Self.problems(SourceTree.File(path: "Sources/Rego/X.swift", text: text + "\n")).isEmpty)
  }

  @Test("bodies and private parts may", arguments: ["public func f() -> Int { Data().count }", "private let date: Date", "// public Date"])
  func passed(_ text: String) {
    #expect(Self.problems(SourceTree.File(path: "Sources/Rego/X.swift", text: text + "\n")).isEmpty)
  }
}
