import Testing

@Suite("Conflicts between rules, and rules that need themselves")
struct ConflictTests {
  @Test(
    "conflicts in one module",
    arguments: [
      ("p := 1\np contains 2", "3:1 type conflicting rules data.a.p found"),
      ("p := 1\np(x) := x", "3:1 type conflicting rules data.a.p found"),
      ("p(x) := x\np(x, y) := x", "3:1 type conflicting rules data.a.p found"),
      ("p(x) := x\ndefault p := 1", "3:1 type conflicting rules data.a.p found"),
      ("p.q.r := 1\np.q := 2", "4:1 type rule data.a.p.q conflicts with [data.a.p.q.r]"),
      ("p.q.r := 1\np.q[\"s t\"] := 1\np := 2", "5:1 type rule data.a.p conflicts with [data.a.p.q.r data.a.p.q[\"s t\"]]"),
      ("p.q := 1\np.q[x] := 2 if x := \"a\"", "3:1 type conflicting rules data.a.p.q[x] found"),
      ("p.q contains 1\np.q[x] := 2 if x := \"a\"", "3:1 type conflicting rules data.a.p.q[x] found"),
      ("default p := 1\ndefault p := 2", "1:1 type multiple default rules data.a.p found at m.rego:3, m.rego:4"),
    ])
  func conflicts(_ text: String, _ error: String) {
    #expect(Checking.errors(of: "package a\n\n" + text) == [error])
  }

  @Test(
    "rules that stand side by side",
    arguments: [
      "p := 1\np := 1", "p contains 1\np contains 2", "p.q := 1\np.r := 2", "p[x] := 1 if x := \"a\"\np.b := 2", "default p := 1\np := 2",
      "default f(_) := 1\nf(x) := x", "p[x][y] := 1 if { x := 1; y := 2 }\np.q.r := 2", "p.q contains 1\np.r contains 2",
    ])
  func right(_ text: String) {
    #expect(Checking.errors(of: "package a\n\n" + text) == [])
  }

  @Test("a rule where a package is")
  func packages() {
    #expect(
      Checking.errors(of: ["1.rego": "package a\nb := 1", "2.rego": "package a.b\nc := 1"]) == [
        "1.rego:2:1 type rule data.a.b conflicts with [data.a.b.c]",
        "1.rego:1:1 type package a.b conflicts with rule b defined at 1.rego:2",
      ])
    #expect(
      Checking.errors(of: ["1.rego": "package a\n\nb.c := 1", "2.rego": "package a.b.c"]) == [
        "1.rego:1:1 type package a.b.c conflicts with rule b.c defined at 1.rego:3"
      ])
    #expect(Checking.errors(of: ["1.rego": "package a\nb.c := 1", "2.rego": "package a.b\nd := 1"]) == [])
    #expect(
      Checking.errors(of: ["1.rego": "package a\np := 1", "2.rego": "package a\np contains 1"]) == [
        "1.rego:2:1 type conflicting rules data.a.p found"
      ])
  }

  @Test("rules that need themselves")
  func recursion() {
    #expect(Checking.errors(of: "package a\np if p") == ["2:1 recursion rule data.a.p is recursive: data.a.p -> data.a.p"])
    #expect(
      Checking.errors(of: "package a\np if q\nq if r\nr if p\ns if p") == [
        "2:1 recursion rule data.a.p is recursive: data.a.p -> data.a.q -> data.a.r -> data.a.p",
        "3:1 recursion rule data.a.q is recursive: data.a.q -> data.a.r -> data.a.p -> data.a.q",
        "4:1 recursion rule data.a.r is recursive: data.a.r -> data.a.p -> data.a.q -> data.a.r",
      ])
    #expect(
      Checking.errors(of: "package a\nf(x) := f(x - 1)") == ["2:1 recursion rule data.a.f is recursive: data.a.f -> data.a.f"])
    // By a variable, from inside a comprehension, in a head and behind else.
    #expect(Checking.errors(of: "package a\np if data.a[x]\nq := 1").first?.contains("p is recursive") == true)
    #expect(Checking.errors(of: "package a\np := [1 | data[_][_]]").first?.contains("p is recursive") == true)
    #expect(Checking.errors(of: "package a\np := count(data.a)").first?.contains("p is recursive") == true)
    #expect(
      Checking.errors(of: "package a\np := 1 if { false } else := p") == [
        "2:21 recursion rule data.a.p is recursive: data.a.p -> data.a.p"
      ])
    #expect(Checking.errors(of: "package a\np.q := 1\np.r := p.q") == [])
    #expect(
      Checking.errors(of: "package a\np[x] := 1 if x := \"a\"\np.r := p.q").first
        == "3:1 recursion rule data.a.p.r is recursive: data.a.p.r -> data.a.p[x] -> data.a.p.r"
        || Checking.errors(of: "package a\np[x] := 1 if x := \"a\"\np.r := p.q") == [])
  }

  @Test("at most ten errors are given, and then it is said that there are more")
  func limit() {
    let text = "package a\n" + (0..<30).map { "p\($0) if x\($0)" }.joined(separator: "\n")
    let errors = Checking.errors(of: text)
    #expect(errors.count == 11)
    #expect(errors.last == "0:0 compile error limit reached")
    let nine = "package a\n" + (0..<9).map { "p\($0) if x\($0)" }.joined(separator: "\n")
    #expect(Checking.errors(of: nine).count == 9)
  }

  @Test("the first stage that finds an error is the last")
  func stages() {
    let text = """
      package a
      p if x
      q if foo(1)
      r if r
      s if 1 == "a"
      """
    #expect(Checking.errors(of: text) == ["3:6 type undefined function foo"])
    #expect(Checking.errors(of: text.replacing("foo", with: "count")) == ["2:6 unsafe_var var x is unsafe"])
    #expect(
      Checking.errors(of: text.replacing("foo(1)", with: "true").replacing("if x", with: "if 1")).first?.contains("recursive") == true)
  }
}
