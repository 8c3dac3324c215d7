import Foundation
import Testing

/// OPA's recorded runs of `fmt` and `parse`, and what the commands do with files.
@Suite("fmt and parse")
struct FmtCommandTests {
  private static let record = Program.packageRoot.appendingPathComponent("../shared/oracle/opa/cli.json").standardized

  private struct Record: Decodable {
    struct Run: Decodable {
      var command: String
      var exit: Int32
      var stdout: String
      var stderr: String
    }

    var files: [String: String]
    var runs: [Run]
  }

  private static var isPresent: Bool { FileManager.default.fileExists(atPath: record.path) }

  private static let ugly = "package   ugly\nx:=[1,\n2] # why\n"
  private static let pretty = "package ugly\n\nx := [\n\t1, # why\n\t2,\n]\n"

  @Test("Recorded runs", .enabled(if: isPresent, "no ../shared/oracle/opa/cli.json beside the checkout"))
  func recorded() throws {
    let record = try JSONDecoder().decode(Record.self, from: try Data(contentsOf: Self.record))
    let scratch = try ScratchFolder()
    for (name, text) in record.files { try Data(text.utf8).write(to: scratch.url.appendingPathComponent(name)) }
    let runs = record.runs.filter { $0.command.hasPrefix("opa fmt ") || $0.command.hasPrefix("opa parse ") }
    #expect(runs.count == 5)
    for run in runs {
      let arguments = run.command.split(separator: " ").dropFirst().map(String.init)
      let result = try Program.run(arguments, in: scratch.url.path)
      #expect(result.code == run.exit, "\(run.command)")
      #expect(result.output == run.stdout, "\(run.command)")
      #expect(result.error == run.stderr, "\(run.command)")
    }
  }

  @Test("--write replaces what changes, keeps permissions and links, and is done after one run")
  func writing() throws {
    let scratch = try ScratchFolder()
    let file = scratch.url.appendingPathComponent("a.rego"), link = scratch.url.appendingPathComponent("b.rego")
    try Data(Self.ugly.utf8).write(to: file)
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file.path)
    try FileManager.default.createSymbolicLink(at: link, withDestinationURL: file)
    #expect(try Program.run(["fmt", "--list", "--fail", scratch.url.path]).code == 2)
    #expect(try Program.run(["fmt", "--fail", file.path]).error == "unexpected diff\n")
    let result = try Program.run(["fmt", "-w", link.path])
    #expect(result.code == 0)
    #expect(result.output.isEmpty)
    let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
    #expect(mode == 0o640)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == file.path)
    #expect(try Program.run(["fmt", "--list", "--fail", scratch.url.path]).code == 0)
  }

  @Test("A text that is not Rego is named with its row, and stays as it is")
  func wrong() throws {
    let scratch = try ScratchFolder()
    let file = scratch.url.appendingPathComponent("a.rego")
    try Data("package p\n\nx := ]\n".utf8).write(to: file)
    let result = try Program.run(["fmt", "-w", file.path])
    #expect(result.code == 2)
    #expect(result.error.contains("a.rego:3: rego_parse_error"))
    #expect(try String(contentsOf: file, encoding: .utf8) == "package p\n\nx := ]\n")
    #expect(try Program.run(["fmt", scratch.url.path + "/none"]).code == 1)
    let parsed = try Program.run(["parse", file.path])
    #expect(parsed.code == 1)
    #expect(parsed.error.contains("\"row\": 3"))
  }

  @Test("The tree as a list and as JSON with places")
  func parsing() throws {
    let scratch = try ScratchFolder()
    let file = scratch.url.appendingPathComponent("a.rego")
    try Data("package p\n\n# c\nx := 1 if not input.y\n".utf8).write(to: file)
    let list = try Program.run(["parse", file.path]).output
    #expect(
      list
        == "module\n package\n  ref\n   data\n   \"p\"\n rule\n  head\n   ref\n    x\n   1\n  body\n   expr negated index=0\n    ref\n     input\n"
        + "     \"y\"\n comment\n")
    let json = try Program.run(["parse", "--format", "json", "--json-include", "locations,-comments", file.path]).json()
    #expect(json["comments"] == nil)
    let rules = try #require(json["rules"] as? [[String: Any]])
    #expect((rules[0]["location"] as? [String: Any])?["row"] as? Int == 4)
  }

  @Test("The shipped policies hold nothing unused, and are formatted")
  func shipped() throws {
    let policies = Program.packageRoot.appendingPathComponent("policies").path
    let strict = try Program.run(["check", "--strict", policies])
    #expect(strict.code == 0, "\(strict.error)")
    let unformatted = try Program.run(["fmt", "--list", policies])
    #expect(unformatted.code == 0 && unformatted.output.isEmpty, "\(unformatted.output)")
  }
}
