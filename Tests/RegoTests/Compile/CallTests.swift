import Testing

@Suite("Calls and with")
struct CallTests {
  @Test(
    "calls of nothing and wrong numbers of operands",
    arguments: [
      ("p if foo(1)", "2:6 type undefined function foo"),
      ("p if foo.bar[\"with\"](1)", "2:6 type undefined function foo.bar[\"with\"]"),
      ("p if data.x.y(1)", "2:6 type undefined function data.x.y"),
      ("p if input.f(1)", "2:6 type undefined function input.f"),
      ("p if { x := 1 + foo(1); x }", "2:17 type undefined function foo"),
      ("p if q(1)\nq := 2", "2:6 type undefined function data.a.q"),
      ("p if f(1, 2, 3)\nf(x) := x", "2:6 type function data.a.f has arity 1, got 3 arguments"),
      ("p if f()\nf(x, y) := x + y", "2:6 type function data.a.f has arity 2, got 0 arguments"),
      ("p := f(1)\nf(x, y) := x + y", "2:6 type function data.a.f has arity 2, got 1 argument"),
      ("p := [f | f := count([1], 2, 3)]", "2:16 type count: arity mismatch"),
      ("p := abs(1, 2)", "2:6 type abs: arity mismatch"),
      ("p := time.now_ns(1)", "2:6 type time.now_ns: arity mismatch"),
      ("p := f()\nf() := 1", "2:6 type undefined function data.a.f"),
      ("p := print(1)", "2:6 type print(1) used as value"),
      ("p if { x := [print(\"a\", y) | y := 1]; x }", "2:14 type print(\"a\", y) used as value"),
      ("p if print(x)", "2:12 compile var x is undeclared"),
      ("p if print([1 | print(x)])", "2:23 compile var x is undeclared"),
      ("p := $\"{x}\"", "2:9 compile var x is undeclared"),
      ("p := $\"{walk(1)}\"", "2:9 compile illegal call to relation built-in 'walk' that may cause multiple outputs"),
    ])
  func wrong(_ text: String, _ error: String) {
    #expect(Checking.errors(of: "package a\n" + text).first == error)
  }

  @Test(
    "right calls",
    arguments: [
      "p if count([1], 1)", "p if f(1, 1)\nf(x) := x", "p := x if count([1], x)", "p := f(1, 2)\nf(x, y) := x + y",
      "p if f(1, 2)\nf(x) := x",
      "p := data.a.f(1)\nf(x) := x", "p if print(\"a\", input.x, [y | y := 1])", "p if { x := 1; print(x) }",
      "p := $\"{input.x} and {count([1])}\"", "p := [$\"{x}\" | some x in [1]]", "p := [[$\"{x}\"] | some x in [1]]",
      "p if { every x in [1] { print(x) } }", "p if walk(input, [path, value])", "p := regex.match(\"a\", \"b\")",
      "p if { walk(input, [[\"a\"], v]); v }",
    ])
  func right(_ text: String) {
    #expect(Checking.errors(of: "package a\n" + text) == [])
  }

  @Test("what a built-in function has and wants")
  func details() {
    #expect(
      Checking.errors(of: "package a\np if count(1, 2, 3)", details: true) == [
        "2:6 type count: arity mismatch\nhave: (number, number, number)\n"
          + "want: (collection: any<string, array[any], object[any: any], set[any]>)"
      ])
    #expect(
      Checking.errors(of: "package a\np := x if { x := abs(input.a, 2) }", details: true) == [
        "2:18 type abs: arity mismatch\nhave: (any, number, ???)\nwant: (x: number)"
      ])
    #expect(
      Checking.errors(of: "package a\np if count(1)", details: true) == [
        "2:6 type count: invalid argument(s)\nhave: (number)\n"
          + "want: (collection: any<string, array[any], object[any: any], set[any]>, n: number)"
      ])
    #expect(
      Checking.errors(of: "package a\np if 1 + \"a\" == 2", details: true) == [
        "2:6 type plus: invalid argument(s)\nhave: (number, string, ???)\nwant: (x: number, y: number, z: number)"
      ])
  }

  @Test(
    "with",
    arguments: [
      ("p if true with foo as 1", "2:16 type with keyword target must reference existing input, data, or a function"),
      ("p if { x := {}; true with x.y as 1 }", "2:27 type with keyword target must reference existing input, data, or a function"),
      ("p if q with data.a.q.r as 1\nq := {}", "2:13 compile with keyword cannot partially replace virtual document(s)"),
      ("p if true with walk as 1", "2:16 compile with keyword replacing built-in function: target must not be a relation"),
      ("p if true with print as 1", "2:16 compile with keyword replacing built-in function: target must not be a void function"),
      ("p if true with eq as 1", "2:16 compile with keyword replacing built-in function: replacement of \"eq\" invalid"),
      (
        "p if true with rego.metadata.rule as 1",
        "2:16 compile with keyword replacing built-in function: replacement of \"rego.metadata.rule\" invalid"
      ),
      (
        "p if true with internal.member_2 as 1",
        "2:16 compile with keyword replacing built-in function: replacement of internal function \"internal.member_2\" invalid"
      ),
      ("p if true with count as f\nf(x, y) := x + y", "2:11 type count: arity mismatch"),
      ("p if true with input as x", "2:6 unsafe_var var x is unsafe"),
    ])
  func modifiers(_ text: String, _ error: String) {
    #expect(Checking.errors(of: "package a\n" + text) == [error])
  }

  @Test(
    "right uses of with",
    arguments: [
      "p if true with input as {}", "p if true with input.x[\"y\"] as input.z", "p if true with data.x.y as 1",
      "p if q with q as 1\nq := 2",
      "p if f(1) with f as g\nf(x) := x\ng(x) := x", "p if f(1) with f as 7\nf(x) := x", "p if count([1]) == 7 with count as f\nf(_) := 7",
      "p if count([1]) == 7 with count as 7", "p if time.now_ns() == 1 with time.now_ns as 1",
      "p if true with data.a.q as count([1])\nq := 2",
      "p if { input := 1; true with input as input } ",
    ])
  func rightModifiers(_ text: String) {
    #expect(Checking.errors(of: "package a\n" + text).filter { !$0.contains("shadow input") } == [])
  }
}
