import Foundation
import Testing

@Suite("Queries line by line")
struct ShellTests {
  /// The answers to lines that come through a pipe.
  private func answers(_ lines: [String], _ arguments: [String] = []) throws -> String {
    let folder = try ScratchFolder()
    try folder.file("data.json", #"{"roles": {"ann": ["admin"]}}"#)
    let script = try folder.file("lines", lines.joined(separator: "\n") + "\n")
    return try Program.run(["run", "data.json"] + arguments, in: folder.path, input: script).output
  }

  @Test("rules are defined, asked, replaced, shown and taken away")
  func rules() throws {
    let text = try answers(["x := 1", "x + 1", "x := 5", "x", "f(a) := a * 2", "f(4)", "show", "unset x", "x"])
    #expect(text.contains("Rule 'x' defined in package repl"))
    #expect(text.contains("Rule 'x' re-defined in package repl"))
    #expect(text.contains("\n2\n") && text.contains("\n5\n") && text.contains("\n8\n"))
    #expect(text.contains("package repl\n\nx := 5\n\nf(a) := a * 2"))
    #expect(text.contains("var x is unsafe"))
  }

  @Test("a statement goes on until it is complete, or until an empty line")
  func pending() throws {
    let text = try answers(["allow if {", "  data.roles.ann[_] == \"admin\"", "}", "", "allow", "1 +", "", "[1,", "2]"])
    #expect(text.contains("Rule 'allow' defined") && text.contains("\ntrue\n"))
    #expect(text.contains("rego_parse_error"))
    #expect(text.hasSuffix("[\n  1,\n  2\n]\n"))
  }

  @Test("input, imports, formats and traces")
  func session() throws {
    let text = try answers([
      "input := {\"n\": 1}", "input.n", "import data.roles as r", "r.ann[0]", "json", "input.n", "pretty", "trace full",
      "data.roles.ann[0]",
      "trace off", "package other", "y := 2", "data.other.y", "exit", "not reached",
    ])
    #expect(text.contains("Input defined") && text.contains("\"admin\"\n"))
    #expect(text.contains("\"expressions\""))
    #expect(text.contains("query:1") && text.contains("Enter data.roles.ann[0] = _"))
    #expect(text.hasSuffix("Rule 'y' defined in package other. Type 'show' to see rules.\n2\n"))
  }

  @Test("errors leave the session as it was, with rows as they were typed")
  func errors() throws {
    let text = try answers(["a := 1", "q if {", "  nothing", "}", "", "a", "data.roles[", ""])
    #expect(text.contains("2: rego_unsafe_var_error: var nothing is unsafe"))
    #expect(text.contains("\n1\n"))
    #expect(text.contains("rego_parse_error"))
  }
}
