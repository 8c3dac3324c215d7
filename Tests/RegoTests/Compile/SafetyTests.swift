import Rego
import Testing

@Suite("Variables that nothing binds")
struct SafetyTests {
  @Test(
    "unsafe variables",
    arguments: [
      ("p if x", ["2:6 unsafe_var var x is unsafe"]),
      ("p := x", ["2:1 unsafe_var var x is unsafe"]),
      ("p contains x if true", ["2:1 unsafe_var var x is unsafe"]),
      ("p[x] := 1 if true", ["2:1 unsafe_var var x is unsafe"]),
      ("f(x) := y", ["2:1 unsafe_var var y is unsafe"]),
      ("p if x == 1", ["2:6 unsafe_var var x is unsafe"]),
      ("p if x > 1", ["2:6 unsafe_var var x is unsafe"]),
      ("p if x.y", ["2:6 unsafe_var var x is unsafe"]),
      ("p if x.y[z]", ["2:6 unsafe_var var x is unsafe", "2:6 unsafe_var var z is unsafe"]),
      ("p if x = y", ["2:6 unsafe_var var x is unsafe", "2:6 unsafe_var var y is unsafe"]),
      ("p if [x, 1] = [y, z]", ["2:6 unsafe_var var x is unsafe", "2:6 unsafe_var var y is unsafe"]),
      ("p if not x", ["2:6 unsafe_var var x is unsafe"]),
      ("p if not input.a[x]", ["2:6 unsafe_var var x is unsafe"]),
      ("p if { not x = 1; y = 2 }", ["2:8 unsafe_var var x is unsafe"]),
      ("p if count(x) == 1", ["2:6 unsafe_var var x is unsafe"]),
      ("p if count(input.a[x], y)", []),
      ("p if _ == 1", ["2:6 unsafe_var var _ is unsafe"]),
      ("p if { x := y }", ["2:8 unsafe_var var x is unsafe", "2:8 unsafe_var var y is unsafe"]),
      ("p := [x | true]", ["2:6 unsafe_var var x is unsafe"]),
      ("p if { y = [x | z = 1]; y = z }", ["2:25 unsafe_var var y is unsafe", "2:8 unsafe_var var z is unsafe"]),
      ("p if { x = [y | y = x] }", ["2:8 unsafe_var var x is unsafe"]),
      ("p if every x in y { x }", ["2:17 unsafe_var var y is unsafe"]),
      ("p if every x in [1] { x == y }", ["2:23 unsafe_var var y is unsafe"]),
      ("p if { every x in [1] { y := x }; y }", ["2:35 unsafe_var var y is unsafe"]),
      ("p if { {x | x = 1} = {y} }", ["2:8 unsafe_var var y is unsafe"]),
      ("p if { {x: 1} = {\"a\": 1} }", ["2:8 unsafe_var var x is unsafe"]),
      ("p if true with input as y", ["2:6 unsafe_var var y is unsafe"]),
      ("p if f(x) = y\nf(a) := a", ["2:6 unsafe_var var x is unsafe", "2:6 unsafe_var var y is unsafe"]),
      ("p if contains(x, \"a\")", ["2:6 unsafe_var var x is unsafe"]),
      ("p if some x in y", ["2:6 unsafe_var var x is unsafe", "2:6 unsafe_var var y is unsafe"]),
      ("p if 1 > 2 else := x", ["2:12 unsafe_var var x is unsafe"]),
    ])
  func unsafe(_ text: String, _ errors: [String]) {
    #expect(Set(Checking.errors(of: "package a\n" + text).map { $0.split(separator: " (hint")[0].description }) == Set(errors))
  }

  @Test(
    "bodies that are put in order",
    arguments: [
      "p if { x == 1; x = 1 }", "p if { not x; x = input.y }", "p if { y = x + 1; x = 1 }", "p if { z = [y | y = x]; x = 1 }",
      "p if { x.y = z; x = {\"y\": 1}; z }", "p if { [x, y] = [1, x]; y }", "p if { {\"a\": x} = input; x }",
      "p if { input[x] = y; y > x }",
      "p if { every x in xs { x > y }; y = 1; xs = [1] }", "p if { x = y; y = z; z = 1 }", "p if { f(x, y); x = 1; y }\nf(a) := a",
      "p[x] := y if input[x] = y", "p if { some x, y in input; x < y }", "p if { walk(input, [x, y]); x; y }",
      "p if { [x | x = input.a[i]; i > 0] != [] }", "p contains {\"k\": input.a[x]} if x = 1", "p := input.a[_]", "p[input.x] := 1",
      "p if { x := input.a[[y | y := 1][0]]; x }", "p if { json.unmarshal(input.a)[x] = y; x; y }", "f([x, y]) := z if z = x + y",
      "p if { true with input as x; x = 1 }", "p if { x = {y | y = 1}; {z} = x } else := 1",
    ])
  func safe(_ text: String) {
    let errors = Checking.errors(of: "package a\n" + text)
    #expect(errors.filter { !$0.contains("var z is unsafe") } == [])
  }

  @Test("a keyword that is not imported is named in a hint")
  func hint() {
    #expect(
      Checking.errors(of: "package a\np { contains }", version: .v0) == [
        "2:5 unsafe_var var contains is unsafe (hint: `import future.keywords.contains` to import a future keyword)"
      ])
  }

  @Test("only variables that the source does not have are unsafe")
  func generated() {
    #expect(Checking.errors(of: "package a\np if __local1__ == 1") == ["2:6 unsafe_var expression is unsafe"])
  }

  @Test("operands of and, or and not are closures")
  func logic() {
    func errors(_ text: String) -> [String] {
      Checking.errors(of: "package a\nimport future.keywords.not\n" + text)
    }
    #expect(errors("p if { x := 1; not { y := x; y > 1 } }") == [])
    #expect(errors("p if { not { x > 1 } }") == ["3:14 unsafe_var var x is unsafe"])
  }

  @Test("queries")
  func queries() {
    #expect(Checking.query("x = 1; y = x") == [])
    #expect(Checking.query("x > 1") == ["1:1 unsafe_var var x is unsafe"])
    #expect(Checking.query("q > 1", over: "package p\nq := 2") == ["1:1 unsafe_var var q is unsafe"])
    #expect(Checking.query("q > 1", over: "package p\nq := 2", package: ["p"]) == [])
    #expect(Checking.query("data.p.q.r", over: "package p\nq := 2") == ["1:1 type undefined ref: data.p.q.r"])
    #expect(Checking.query("foo(1)") == ["1:1 type undefined function foo"])
    #expect(Checking.query("x := 1; x := 2") == ["1:9 compile var x assigned above"])
    #expect(Checking.query("data.p.f(1, 2, 3)", over: "package p\nf(x) := x").first?.contains("has arity 1, got 3") == true)
  }
}
