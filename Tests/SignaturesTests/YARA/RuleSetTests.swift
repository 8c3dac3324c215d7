import Foundation
import Signatures
import Testing

/// A folder that is gone after the test.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "ringwall-rules-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ name: String, _ text: String) throws {
    let file = "\(path)/\(name)"
    try FileManager.default.createDirectory(atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(filePath: file))
  }
}

@Suite("Rule sets") struct RuleSetTests {
  static let plain = #"rule plain { strings: $a = "needle" condition: $a }"#

  /// What compiling refuses to take.
  static func problems(_ paths: [String]) -> [RuleProblem] {
    do {
      _ = try RuleSet(paths: paths)
      return []
    } catch let error as RuleError {
      return error.problems
    } catch {
      Issue.record("\(error)")
      return []
    }
  }

  @Test("a rule tells its name, file, tags and meta") func told() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      "kits/one.yar",
      #"""
      private rule base { condition: true }
      rule shown : tag other { meta: author = "Ringwall" score = 70 is_old = false author = "twice" strings: $a = "x1y2" condition: base and $a }
      """#)
    let rules = try RuleSet(paths: [folder.path]).rules
    #expect(rules.map(\.name) == ["base", "shown"])
    #expect(rules[1].namespace == "kits/one")
    #expect(rules[1].tags == ["tag", "other"])
    #expect(rules[0].tags.isEmpty && rules[0].meta.isEmpty)
    #expect(rules[1].meta.map(\.name) == ["author", "score", "is_old", "author"])
    #expect(rules[1].meta.map(\.value) == [.text("Ringwall"), .integer(70), .boolean(false), .text("twice")])
    #expect(rules[1].text("author") == "Ringwall")
  }

  @Test("an error names its file and line") func place() throws {
    let folder = try TemporaryFolder()
    try folder.write("good.yar", Self.plain)
    try folder.write("bad/two.yara", "rule a {\n strings: $x = \"abcd\"\n condition: $y\n}\nrule b { condition: nobody }\n")
    let problems = Self.problems([folder.path])
    #expect(problems.map(\.file) == ["\(folder.path)/bad/two.yara", "\(folder.path)/bad/two.yara"])
    #expect(problems.map(\.line) == [4, 5])
    #expect(problems.first?.message.contains("$y") == true)
  }

  @Test("a text that ends too early is told with its last line", arguments: ["", "\n"]) func cutShort(_ end: String) throws {
    let folder = try TemporaryFolder()
    try folder.write("cut.yar", "rule a {\n strings: $x = \"abcd\"\n condition: $x\(end)")
    let problem = try #require(Self.problems(["\(folder.path)/cut.yar"]).first)
    #expect(problem.line == 3 && problem.message == "syntax error at the end of the file")
  }

  @Test("rules of one name in two files stand beside each other") func sameName() throws {
    let folder = try TemporaryFolder()
    try folder.write("a.yar", Self.plain)
    try folder.write("b.yar", Self.plain)
    try folder.write("c.txt", "not a rule")
    #expect(try RuleSet(paths: [folder.path]).rules.map(\.namespace) == ["a", "b"])
    // The same folder twice is the same rules twice, each in a namespace of its own.
    #expect(Set(try RuleSet(paths: [folder.path, folder.path + "/a.yar"]).rules.map(\.namespace)).count == 3)
  }

  @Test("includes of includes are relative to the file that they stand in") func nestedIncludes() throws {
    let folder = try TemporaryFolder()
    try folder.write("top.yar", "include \"deep/middle.yar.inc\"\nrule top { condition: inner }")
    try folder.write("deep/middle.yar.inc", "include \"leaf.inc\"\ninclude \"../side.inc\"\n")
    try folder.write("deep/leaf.inc", "rule inner { condition: true }")
    try folder.write("side.inc", "rule side { condition: true }")
    #expect(try RuleSet(paths: [folder.path + "/top.yar"]).rules.map(\.name) == ["inner", "side", "top"])
    try folder.write("side.inc", "\nrule side { condition: nobody }")
    let problem = try #require(Self.problems([folder.path + "/top.yar"]).first)
    #expect(problem.file == folder.path + "/side.inc" && problem.line == 2)
  }

  @Test(
    "nothing outside of the folder is included",
    arguments: ["/etc/hostname", "../outside.yar", "sub/../../outside.yar", "link.yar", "missing.yar"])
  func outside(_ name: String) throws {
    let folder = try TemporaryFolder()
    try folder.write("outside.yar", Self.plain)
    try folder.write("rules/sub/empty", "")
    try folder.write("rules/top.yar", "include \"\(name)\"\nrule top { condition: true }")
    try FileManager.default.createSymbolicLink(atPath: folder.path + "/rules/link.yar", withDestinationPath: folder.path + "/outside.yar")
    let problems = Self.problems([folder.path + "/rules/top.yar"])
    #expect(problems.count == 1)
    #expect(problems.first?.message.contains(name) == true)
    #expect(problems.first?.file == folder.path + "/rules/top.yar")
  }

  @Test("a link out of the folder is refused as a file too") func linkedFile() throws {
    let folder = try TemporaryFolder()
    try folder.write("outside.yar", Self.plain)
    try folder.write("rules/top.yar", Self.plain)
    try FileManager.default.createSymbolicLink(atPath: folder.path + "/rules/link.yar", withDestinationPath: folder.path + "/outside.yar")
    #expect(Self.problems([folder.path + "/rules"]).first?.file == folder.path + "/rules/link.yar")
  }

  @Test("circles of includes, endless includes and compiled rules are refused") func refused() throws {
    let folder = try TemporaryFolder()
    try folder.write("circle.yar", "include \"other.inc\"")
    try folder.write("other.inc", "include \"circle.yar\"")
    #expect(!Self.problems([folder.path + "/circle.yar"]).isEmpty)
    try folder.write("binary.yar", "YARA\u{0}\u{1}")
    #expect(Self.problems([folder.path + "/binary.yar"]).first?.message.contains("NUL") == true)
    #expect(!Self.problems([folder.path + "/absent.yar"]).isEmpty)
    try FileManager.default.createDirectory(atPath: folder.path + "/empty", withIntermediateDirectories: true)
    #expect(Self.problems([folder.path + "/empty"]).first?.message.contains(".yar") == true)
    // Each level includes the next one twice: 2 to the power of the depth.
    for level in 0..<14 { try folder.write("twice/\(level).inc", "include \"\(level + 1).inc\"\ninclude \"\(level + 1).inc\"\n") }
    try folder.write("twice/14.inc", "rule leaf { condition: true }")
    try folder.write("twice/top.yar", "include \"0.inc\"")
    #expect(!Self.problems([folder.path + "/twice/top.yar"]).isEmpty)
  }

  @Test("a text may include nothing, and warnings name their line") func texts() throws {
    #expect(throws: RuleError.self) { try RuleSet(text: "include \"/etc/hostname\"") }
    let rules = try RuleSet(text: "rule slow {\n strings:\n $a = /.{3}x/\n condition: $a }", name: "mine")
    #expect(rules.warnings.first?.file == "mine")
  }
}
