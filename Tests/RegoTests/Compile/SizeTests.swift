import Testing

@testable import Rego

/// Hostile and large modules end in an answer, on any stack and in time that grows with the module.
@Suite("Large modules")
struct SizeTests {
  private static func nested(_ open: String, _ close: String, _ count: Int, _ inside: String) -> String {
    String(repeating: open, count: count) + inside + String(repeating: close, count: count)
  }

  @Test("nested terms")
  func nesting() {
    let depth = 480
    for text in [
      "p := " + Self.nested("[", "]", depth, "1"), "p := " + Self.nested("{\"a\": ", "}", depth, "1"),
      "p := " + Self.nested("[x | x := ", "]", depth, "1"), "p := " + Self.nested("{y | y := ", "}", depth, "[1]"),
      "p := " + Self.nested("lower(", ")", depth, "\"a\""), "p := " + Self.nested("input[", "]", depth, "1"),
      "p if " + Self.nested("every _ in [1] { ", " }", depth, "true"), "p := " + Self.nested("(", ")", depth, "1 + 1"),
      "p := [" + Self.nested("[y | y := ", "]", depth, "z") + " | some z in [1]]",
    ] {
      let errors = Checking.errors(of: "package a\n" + text)
      #expect(errors == [], "\(text.prefix(40))")
    }
  }

  @Test("types that double do not grow without end")
  func doubling() {
    let lines = ["p if {", "x0 := [1, \"a\"]"] + (1...60).map { "x\($0) := [x\($0 - 1), x\($0 - 1)]" } + ["x60 == x59", "x60 == 1", "}"]
    _ = Checking.errors(of: "package a\n" + lines.joined(separator: "\n"))
  }

  @Test("long bodies in the wrong order")
  func reversed() {
    let count = 3000
    let lines = (0..<count).map { "x\(count - $0) = x\(count - $0 - 1) + 1" } + ["x0 = 1"]
    let text = "package a\np if {\n" + lines.joined(separator: "\n") + "\n}"
    #expect(Checking.errors(of: text) == [])
    #expect(throws: Never.self) { try Compiler.compile([Parser.module(Array(text.utf8), file: "m.rego")]) }
  }

  @Test("many rules that need one another")
  func chain() {
    let count = 3000
    let lines = (0..<count).map { "p\($0) := p\($0 + 1) + 1" } + ["p\(count) := 1"]
    #expect(Checking.errors(of: "package a\n" + lines.joined(separator: "\n")) == [])
    let ring = (0..<count).map { "p\($0) := p\(($0 + 1) % count) + 1" }
    #expect(Checking.errors(of: "package a\n" + ring.joined(separator: "\n")).count == 11)
    let wide = (0..<count).map { "p\($0) if data[input.x][\"y\"]" }
    #expect(Checking.errors(of: "package a\n" + wide.joined(separator: "\n")) == [])
  }

  @Test("large constants")
  func constants() {
    let items = (0..<5000).map { "{\"id\": \($0), \"k\($0)\": \"v\"}" }
    let module = "package a\nxs := [\(items.joined(separator: ", "))]\np if { some x in xs; x.id == 3 }\nq if xs[_].id == \"a\""
    #expect(Checking.errors(of: module).count <= 1)
  }
}
