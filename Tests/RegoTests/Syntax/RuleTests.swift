import Rego
import Testing

@Suite("Modules and rules")
struct RuleTests {
  @Test(
    "rules of the v1 edition",
    arguments: [
      ("x := 1", "x := 1"), ("x = 1", "x := 1"), ("x if y", "x if y"), ("x if { y; z }", "x if y; z"), ("x := 1 if y", "x := 1 if y"),
      ("x contains y", "x contains y"), ("x contains y if z", "x contains y if z"), ("x.y contains z if w", "ref(x, 'y') contains z if w"),
      ("p[x] if y", "ref(p, x) if y"), ("p[x] := y if z", "ref(p, x) := y if z"), ("p.a[x].b := 1 if y", "ref(p, 'a', x, 'b') := 1 if y"),
      ("p.a := 1", "ref(p, 'a') := 1"), ("p[1] := 2", "ref(p, 1) := 2"), ("f(x) := x", "f(x) := x"), ("f(x)", "f(x)"),
      ("f() := 1", "f() := 1"), ("x if {}", "x if {}"),
      ("a.f(x, 1) := y if x", "ref(a, 'f')(x, 1) := y if x"), ("default x := {}", "default x := {}"),
      ("default f(_) := 1", "default f(_) := 1"),
      ("x if y else := 2 if z else := 3", "x if y else := 2 if z else := 3"), ("x if { y } else if { z }", "x if y else if z"),
      ("x if { {1} == y }", "x if equal(set{1}, y)"), ("x if {y}", "x if y"), ("x if {y: z}", "x if {y: z}"),
      ("x if { y | z }", "x if set{y | z}"),
      ("x if set()", "x if set{}"), ("with.x := 1", "ref(with, 'x') := 1"), ("default.x if y", "ref(default, 'x') if y"),
      ("import.x := 1", "ref(import, 'x') := 1"), ("package.x contains 1", "ref(package, 'x') contains 1"),
      ("x if every y in z { y }", "x if every y in z {y}"), ("x if some y in z", "x if some y in z"),
      ("x if not y with input as z", "x if not y with input as z"),
      ("x := y in z", "x := internal.member_2(y, z)"), ("x := 1, 2 in z", "x := internal.member_3(1, 2, z)"),
    ])
  func rules(_ text: String, _ tree: String?) { #expect((try? Reading.rules(text)) == tree.map { [$0] }) }

  @Test(
    "rules of the v0 edition",
    arguments: [
      ("x { y }", "x if y"), ("p[x] { y }", "p contains x if y"), ("p[x] = 1 { y }", "ref(p, x) := 1 if y"),
      ("p.a { y }", "p contains 'a' if y"),
      ("p.a.b { y }", "ref(p, 'a', 'b') if y"), ("p.a[x] { y }", "ref(p, 'a', x) if y"), ("p[1]", "p contains 1"),
      ("p.a = 1", "ref(p, 'a') := 1"),
      ("f(x) = 1 { x } else = 2 { y }", "f(x) := 1 if x else := 2 if y"), ("default x = 1", "default x := 1"), ("in := 1", "in := 1"),
      ("contains(x) { x }", "contains(x) if x"), ("import future.keywords.if\nx if y", "x if y"),
      ("import future.keywords\np contains x if x in y", "p contains x if internal.member_2(x, y)"),
      ("import future.keywords.every\nx { every y in z { y } }", "x if every y in z {y}"),
    ])
  func oldRules(_ text: String, _ tree: String) throws { #expect(try Reading.rules(text, Reading.old) == [tree]) }

  @Test("further bodies are further rules")
  func bodies() throws {
    #expect(try Reading.rules("f(_) := 1 if { a } { b }\nx if c") == ["f(_) := 1 if a", "f(_) := 1 if b", "x if c"])
    #expect(try Reading.rules("x { a } { b }", Reading.old) == ["x if a", "x if b"])
    #expect(Reading.errors(of: "package p\nx if { a } else if { b } { c }") == ["2:26 expected else keyword"])
    // What stands behind `if` is passed over like a brace, and mistakes behind it come first.
    #expect(Reading.errors(of: "package p\nx if if {\n\ta = 1\n}\n") == ["3:4 unexpected eq token: non-terminated set"])
    #expect(Reading.errors(of: "package p\nx if \"{\n\ta = 1\n}\n") == ["2:6 non-terminated string"])
    #expect(Reading.errors(of: "package p\nx if ) a }") == ["2:6 unexpected ) token"])
  }

  @Test(
    "what a rule may not be",
    arguments: [
      ("x { y }", ["2:1 `if` keyword is required before rule body"]), ("f(x) { y }", ["2:1 `if` keyword is required before function body"]),
      ("p[x] { y }", ["2:1 `if` keyword is required before rule body", "2:1 `contains` keyword is required for partial set rules"]),
      ("p[1]", ["2:1 `contains` keyword is required for partial set rules"]),
      ("p.a.b", ["2:1 rule must have value assignment and/or body declaration"]),
      ("x", ["2:1 var cannot be used for rule name"]), ("1", ["2:1 number cannot be used for rule name"]),
      ("x; y", ["2:1 multiple expressions cannot be used for rule head"]),
      ("not x", ["2:1 negated expressions cannot be used for rule head"]),
      ("x := 1 with y as 2", ["2:1 expressions using with keyword cannot be used for rule head"]),
      ("some x", ["2:1 'some' declarations cannot be used for rule head"]),
      ("count(x)", ["2:1 rule name conflicts with built-in function"]),
      ("x == 1", ["2:1 rule name conflicts with built-in function"]),
      ("contains := 1", ["2:1 contains keyword cannot be used for rule name"]),
      ("default x := y", ["2:1 illegal default rule (value cannot contain var)"]),
      (
        "default x := [input.a, f(1)]",
        ["2:1 illegal default rule (value cannot contain ref)", "2:1 illegal default rule (value cannot contain call)"]
      ),
      ("default f(x, x) := 1", ["2:1 illegal default rule (arguments cannot be repeated x)"]),
      ("default f(1) := 1", ["2:1 illegal default rule (arguments cannot contain number)"]),
      ("p[x] if y else := 1", ["2:11 else keyword cannot be used on rules with variables in head"]),
      ("p contains x if y else := 1", ["2:19 else keyword cannot be used on multi-value rules"]),
      ("x contains y { }", ["2:16 found empty body"]), ("x if { y [0] }", ["2:10 unexpected [ token: expected \\n or ; or }"]),
      ("x if", ["2:4 unexpected eof token"]),
      (
        "f(x) contains y",
        [
          "2:6 unexpected contains keyword: the contains keyword can only be used with multi-value rule definitions (e.g., f contains <VALUE> { ... })"
        ]
      ),
      ("package q", ["2:1 unexpected package"]), ("x if { y z }", ["2:10 unexpected identifier token: expected \\n or ; or }"]),
    ])
  func wrongRules(_ text: String, _ messages: [String]) { #expect(Reading.errors(of: "package p\n" + text) == messages) }

  @Test("package and imports")
  func packageAndImports() throws {
    let module = try Reading.module(
      "package a.b[\"c d\"].in\n\nimport data.x.y\nimport input.z as w\nimport rego.v1\nimport future.keywords.in\n\nr := y")
    #expect(TreeText.of(Term(.reference(module.package))) == "ref(data, 'a', 'b', 'c d', 'in')")
    #expect(
      module.imports.map { TreeText.of($0.path) } == [
        "ref(data, 'x', 'y')", "ref(input, 'z')", "ref(rego, 'v1')", "ref(future, 'keywords', 'in')",
      ])
    #expect(module.imports.map(\.alias) == [nil, "w", nil, nil])
    #expect(module.version == .v1)
    #expect(try Reading.module("package p\nimport rego.v1\nx if y", Reading.old).version == .v1)
    #expect(try Reading.module("package p\nx { y }", Reading.old).version == .v0)
  }

  @Test(
    "wrong packages and imports",
    arguments: [
      ("", "0:0 empty module"), ("x := 1", "1:1 package expected"), ("package", "1:7 unexpected eof token"),
      ("package 1", "1:9 unexpected number token"),
      ("package a[b]", "1:11 unexpected var token: expecting string"),
      (
        "package p\nimport foo",
        "2:8 unexpected import path, must begin with one of: {data, future, input, rego}, got: foo (hint: if this is unexpected, try updating OPA)"
      ),
      (
        "package p\nimport data.in",
        "2:13 unexpected import path, must not end with a keyword, got: in (hint: import a different path or use an alias)"
      ),
      ("package p\nimport rego.v2", "2:8 invalid import `rego.v2`, must be `rego.v1`"),
      ("package p\nimport future.x", "2:8 invalid import, must be `future.keywords`"),
      ("package p\nimport future.keywords.and", "2:8 unexpected keyword, must be one of [contains every if in not]"),
      ("package p\nimport future.keywords as x", "2:8 `future` imports cannot be aliased"),
      ("package p\nimport data.x as 1", "2:18 unexpected number token: expected var"),
      ("package p\nimport data[x]", "2:13 unexpected var token: expecting string"),
    ])
  func wrongImports(_ text: String, _ message: String) { #expect(Reading.errors(of: text).first == message) }

  @Test("a keyword that is not imported is named in a hint")
  func hints() {
    #expect(
      Reading.errors(of: "package p\nx { some a in b }", Reading.old).first?.hasSuffix(
        "(hint: `import future.keywords.in` for `some x in xs` expressions)") == true)
    #expect(
      Reading.errors(of: "package p\nx { every a in b { a } }", Reading.old).first?.hasSuffix(
        "(hint: `import future.keywords.every` for `every x in xs { ... }` expressions)") == true)
  }
}
