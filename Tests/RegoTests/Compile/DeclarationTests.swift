import Rego
import Testing

@Suite("Declarations of variables and imports")
struct DeclarationTests {
  @Test(
    "what is declared wrongly",
    arguments: [
      ("p if { x := 1; x := 2 }", "3:16 compile var x assigned above"),
      ("p if { some x; some x; x = 1 }", "3:16 compile var x declared above"),
      ("p if { x = 1; x := 2 }", "3:15 compile var x referenced above"),
      ("p if { count(y) == 1; y := 2 }", "3:23 compile var y referenced above"),
      ("f(x) if { x := 1 }", "3:11 compile arg x redeclared"),
      ("f(x) if { some x; x = 1 }", "3:11 compile arg x redeclared"),
      ("p if { some x }", "3:8 compile declared var x unused"),
      ("p if { some x, y; y = 1 }", "3:8 compile declared var x unused"),
      ("p := [1 | some x; true]", "3:11 compile declared var x unused"),
      ("p if { not x := 1 }", "3:8 compile cannot assign vars inside negated expression"),
      ("p if { 1 := 1 }", "3:8 compile cannot assign to number"),
      ("p if { null := 1 }", "3:8 compile cannot assign to null"),
      ("p if { \"a\" := 1 }", "3:8 compile cannot assign to string"),
      ("p if { {1} := 1 }", "3:8 compile cannot assign to set"),
      ("p if { input.x := 1 }", "3:8 compile cannot assign to ref"),
      ("p if { count(1) := 1 }", "3:8 compile cannot assign to call"),
      ("p if { [y | y = 1] := 1 }", "3:8 compile cannot assign to arraycomprehension"),
      ("p if { [x, 1] := [1, 2] }", "3:12 compile cannot assign to number"),
      ("p if { {\"a\": x, \"b\": x} := {} }", "3:22 compile var x assigned above"),
      ("p if { every x, x in [1] { x } }", "3:8 compile var x declared above"),
      ("f(count(1)) := 1", "3:3 compile rule arguments cannot contain calls"),
      ("f(input) := 1", "3:1 compile args must not shadow input (use a different variable name)"),
      ("input := 1", "3:1 compile rules must not shadow input (use a different rule name)"),
      ("data.x if true", "3:1 compile rules must not shadow data (use a different rule name)"),
      ("p if { input := 1 }", "3:8 compile variables must not shadow input (use a different variable name)"),
      ("p if { count := 1; x := [count(\"a\")]; x }", "3:26 compile called function count shadowed"),
    ])
  func wrong(_ text: String, _ error: String) {
    #expect(Checking.errors(of: "package a\n\n" + text) == [error])
  }

  @Test(
    "what may be declared",
    arguments: [
      "p if { x := 1; y := [x | x := 2]; y == [x] }",
      "p if { some x in [1]; every x in [2] { x > 0 } }",
      "p if { _ := 1; _ := 2 }",
      "f(x, x) := x",
      "f([x, {\"a\": y}]) := x + y",
      "p if { some x; [x] = [1] }",
      "p if { some i, x in [1]; i == 0; x == 1 }",
      "p if { some x in [1]; true }",
      "p if { x := 1; some y in [x]; y == 1 } else if { x := 2; x == 2 }",
      "p := x if { x := 1 }",
      "p[x] := y if { some x, y in {\"a\": 1} }",
      "p contains x if some x in [1]",
    ])
  func right(_ text: String) {
    #expect(Checking.errors(of: "package a\n\n" + text) == [])
  }

  @Test("in the old edition the documents may be hidden")
  func hidden() {
    #expect(Checking.errors(of: "package a\ninput = 1 { true }\nq { input := 2; input = 2 }", version: .v0) == [])
    #expect(
      Checking.errors(of: "package a\ninput = 1 { true }", strict: true, version: .v0) == [
        "2:1 compile rules must not shadow input (use a different rule name)"
      ])
  }

  @Test("imports of one name")
  func imports() {
    let text = "package a\nimport data.x.y\nimport data.z as y\np := y"
    #expect(Checking.errors(of: text) == ["3:1 compile import must not shadow import data.x.y"])
    #expect(Checking.errors(of: text, version: .v0) == [])
    #expect(Checking.errors(of: text, strict: true, version: .v0) == ["3:1 compile import must not shadow import data.x.y"])
  }

  @Test(
    "what is strictly refused",
    arguments: [
      ("import data.x\np := 1", "2:1 compile import data.x unused"),
      ("import input.x as y\np := 1", "2:1 compile import input.x as y unused"),
      ("p if { x := 1 }", "2:8 compile assigned var x unused"),
      ("p if { y := [z | z := 1; x := 1]; y }", "2:26 compile assigned var x unused"),
      ("f(x) := 1", "2:1 compile unused argument x. (hint: use _ (wildcard variable) instead)"),
      ("p if any([true])", "2:6 type deprecated built-in function calls in expression: any"),
    ])
  func strict(_ text: String, _ error: String) {
    #expect(Checking.errors(of: "package a\n" + text, strict: true) == [error])
    let isDeprecation = error.contains("deprecated")
    #expect(Checking.errors(of: "package a\n" + text) == (isDeprecation ? [error] : []))
  }

  @Test(
    "what is strictly right",
    arguments: [
      "import data.x\np := x.y", "import rego.v1\np := 1", "p := x if { x := 1 }", "f(x) := x", "f(_) := 1", "f(x) := 1 if { x > 1 }",
      "f(x) := 1 if { 1 > 2 } else := x", "p if { x := 1; y := [x | true]; y }", "p contains x if x := 1", "p[x] := 1 if x := 2",
    ])
  func strictlyRight(_ text: String) {
    #expect(Checking.errors(of: "package a\n" + text, strict: true) == [])
  }
}
