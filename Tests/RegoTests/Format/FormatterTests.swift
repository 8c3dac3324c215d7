import Rego
import Testing

@Suite("Formatter")
struct FormatterTests {
  /// The formatted text without its package clause, which is put in front.
  private func formatted(_ text: String, _ target: Rego.Formatter.Target = .v1, _ options: Rego.Formatter.Options? = nil) throws -> String {
    let options = options ?? Rego.Formatter.Options(target: target)
    let source = Array(("package p\n\n" + text).utf8)
    let once = try Rego.Formatter.format(source, file: "m.rego", options: options)
    var again = options
    again.parser.version = options.target == .v1 ? .v1 : .v0
    #expect(try Rego.Formatter.format(once, file: "m.rego", options: again) == once, "formatting twice is formatting once")
    return String(String(decoding: once, as: UTF8.self).dropFirst("package p\n\n".count))
  }

  private func errors(_ text: String, _ target: Rego.Formatter.Target = .v1) -> [String] {
    do throws(RegoErrors) {
      _ = try Rego.Formatter.format(Array(text.utf8), file: "m.rego", options: .init(target: target))
      return []
    } catch {
      return error.errors.map { "\($0.location.row) \($0.code.rawValue): \($0.message)" }
    }
  }

  @Test("bodies and collections keep their lines")
  func lines() throws {
    #expect(try formatted("allow if{ input.a==1;input.b==2 }") == "allow if {\n\tinput.a == 1\n\tinput.b == 2\n}\n")
    #expect(try formatted("allow if   input.a") == "allow if input.a\n")
    #expect(try formatted("x:=[1,2,\n3]") == "x := [\n\t1, 2,\n\t3,\n]\n")
    #expect(try formatted("x := {\"a\":1,\n\"b\":{\"c\":2}}") == "x := {\n\t\"a\": 1,\n\t\"b\": {\"c\": 2},\n}\n")
    #expect(try formatted("x := [\n  1, 2\n]") == "x := [1, 2]\n")
    #expect(
      try formatted("p if {\n  a := f(1,\n  2)\n\n\n  a\n}\nf(a, b) := a+b")
        == "p if {\n\ta := f(\n\t\t1,\n\t\t2,\n\t)\n\n\ta\n}\n\nf(a, b) := a + b\n")
    #expect(try formatted("x := {k: v | some k, v in input;\nv}") == "x := {k: v |\n\tsome k, v in input\n\tv\n}\n")
  }

  @Test("what was written stays as it was")
  func spelling() throws {
    #expect(try formatted("x := `a\tb`") == "x := `a\tb`\n")
    #expect(try formatted("x := \"\\u00e9\\/\"") == "x := \"\\u00e9\\/\"\n")
    #expect(try formatted("x := 1.50e3") == "x := 1.50e3\n")
    #expect(try formatted("x := $\"a {input.b+1} \\{\"") == "x := $\"a {input.b + 1} \\{\"\n")
    #expect(try formatted("x := input[\"a\"][\"b-c\"][_].d") == "x := input.a[\"b-c\"][_].d\n")
    #expect(try formatted("x := input[\"if\"].if") == "x := input[\"if\"].if\n")
    #expect(try formatted("x := ({1}|{2})&set()") == "x := ({1} | {2}) & set()\n")
  }

  @Test("parentheses stand where the meaning needs them")
  func parentheses() throws {
    #expect(try formatted("x := 1+2*3") == "x := 1 + (2 * 3)\n")
    #expect(try formatted("x := (1-(2-3))") == "x := 1 - (2 - 3)\n")
    #expect(try formatted("p if (input.a == 1) == true") == "p if input.a == 1 == true\n")
    #expect(try formatted("p if true == (input.a == 1)") == "p if true == (input.a == 1)\n")
    #expect(try formatted("p if 1 in (2 in [3])") == "p if 1 in (2 in [3])\n")
    #expect(try formatted("x := [y | y := ({1} | {2})[_]]") == "x := [y | y := ({1} | {2})[_]]\n")
  }

  @Test("comments stay with their lines")
  func comments() throws {
    #expect(try formatted("# a  \nx := 1 # b\n\n\n# c\n") == "# a\nx := 1 # b\n\n# c\n")
    #expect(try formatted("p if { # a\n  # b\n  q # c\n  # d\n}\n# e\nq := 1") == "p if { # a\n\t# b\n\tq # c\n\t# d\n}\n\n# e\nq := 1\n")
    #expect(try formatted("x := [ # a\n1, # b\n# c\n2]") == "x := [ # a\n1, # b\n# c\n2]\n")
    let text = "x := # a\n[ # b\n  1 # c\n  # d\n] if { # e\n  y # f\n} # g\ny := 1"
    let result = try formatted(text)
    for letter in "abcdefg" { #expect(result.components(of: "# \(letter)") == 1, "\(letter) in \(result)") }
  }

  @Test("imports are grouped and sorted")
  func imports() throws {
    let text = "import input.b # b\nimport data.a as x\n\nimport data.c\np := [b, x, c]"
    #expect(try formatted(text) == "import data.a as x\nimport input.b # b\n\nimport data.c\n\np := [b, x, c]\n")
  }

  @Test("else, default, contains, some, every, with")
  func forms() throws {
    #expect(
      try formatted("p := 1 if { a } else := 2 if { b } else := 3\na := 1\nb := 1")
        == "p := 1 if a\n\nelse := 2 if b\n\nelse := 3\n\na := 1\nb := 1\n")
    #expect(try formatted("default   p:=false\np contains   x if some x in [1]") == "default p := false\n\np contains x if some x in [1]\n")
    #expect(try formatted("p if { every k,v in input { k==v } }") == "p if every k, v in input { k == v }\n")
    #expect(
      try formatted("p if {\n  q with input as 1\n    with data.a as 2\n}\nq := 1")
        == "p if {\n\tq with input as 1\n\t\twith data.a as 2\n}\n\nq := 1\n")
    #expect(try formatted("f(x) := 1 if { x } { not x }") == "f(x) := 1 if x\n\nf(x) := 1 if not x\n")
  }

  @Test("editions")
  func editions() throws {
    #expect(try formatted("p[x] { x = 1 }", .v0) == "p[x] {\n\tx = 1\n}\n")
    #expect(
      try formatted("p[x] { x = 1 }\nq = 2 { true; input.a }", .v0AndV1)
        == "import rego.v1\n\np contains x if x = 1\n\nq := 2 if {\n\ttrue\n\tinput.a\n}\n")
    let dropping = Rego.Formatter.Options(dropsV0Imports: true)
    #expect(try formatted("import rego.v1\nimport data.a\np := a", .v1, dropping) == "import data.a\n\np := a\n")
    #expect(errors("package p\np { true }").first?.contains("rego_parse_error: `if` keyword is required") == true)
    #expect(errors("package p\nimport data.a\nimport input.a\np := a") == ["3 rego_compile_error: import must not shadow import data.a"])
    #expect(
      errors("package p\np { any([true]) }", .v0AndV1) == ["2 rego_type_error: deprecated built-in function calls in expression: any"])
  }

  @Test("deep nesting")
  func depth() throws {
    let deep = String(repeating: "[", count: 900) + String(repeating: "]", count: 900)
    #expect(try formatted("x := " + deep) == "x := \(deep)\n")
  }
}

extension String {
  fileprivate func components(of part: String) -> Int { ranges(of: part).count }
}
