import Testing

@testable import Rego

@Suite("Types")
struct TypeTests {
  @Test(
    "what no value can satisfy",
    arguments: [
      "null = true", "true = null", "1 = null", "\"hello\" = null", "[1, 2, 3] = null", "[1, 2, 3] = [1, 2, \"3\"]", "[1, 2] = [1, 2, 3]",
      "[true | true] = [x | a = [1, \"foo\"]; x = a[_]]", "{\"a\": 1, \"b\": 2} = null", "{\"a\": 1, \"b\": \"2\"} = {\"a\": 1, \"b\": 2}",
      "{\"a\": 1} = {\"a\": 1, \"b\": \"2\"}", "{1, 2, 3} = null", "x = [\"str\", 1]; x[_] = null", "count([1]) == \"1\"", "1 == \"a\"",
      "x := 1; x == {}", "{x | x := 1} == {\"a\"}", "{\"a\": x | x := 1} == {\"a\": \"b\"}", "is_string(1) == \"true\"",
      "data.a.number == \"a\"", "data.a.set == [1]", "[data.a.number] = [true]", "split(\"a\", \"b\") == {\"a\"}",
    ])
  func mismatches(_ query: String) {
    let errors = Self.errors(of: query)
    #expect(errors.count == 1)
    #expect(errors.first?.hasSuffix("type match error") == true, "\(errors)")
  }

  @Test(
    "operands that do not fit",
    arguments: [
      "plus(true, 1, x)", "x = [null]; plus(x[0], 1, y)", "sum([null | true], x)", "sum([1, 2, \"3\", 4], x)", "contains([1, 2, 3], \"x\")",
      "sum({\"a\": 1, \"b\": 2}, x)", "sum({1, 2, \"3\", 4}, x)", "plus(data.a.text, data.coffee, 0)", "count(null)",
      "upper(data.a.number)",
      "concat(\",\", [1])", "concat(\",\", {x | x := 1})", "to_number([])", "time.date([1, 2])", "io.jwt.decode(\"a\", [1, 2])",
      "object.get([], 1, 2)", "x := data.a.set; x + 1 > 2", "json.patch({}, [{\"op\": 1, \"path\": \"a\"}])", "net.cidr_merge({1})",
      "every x in [1] { x > 0 }; 1 - \"a\" == 0",
    ])
  func operands(_ query: String) {
    let errors = Self.errors(of: query)
    #expect(errors.count == 1)
    #expect(errors.first?.hasSuffix(": invalid argument(s)") == true, "\(errors)")
  }

  @Test(
    "references to what there is not",
    arguments: [
      ("arr = [[1, 2], [3, 4]]; arr[1][0].deadbeef", "arr[1][0].deadbeef", "         ^^^^^^^^^"),
      ("x = 1; data.a[x]", "data.a[x]", "have (type): number"), ("arr = [1]; data.a.object[arr[0]]", "data.a.object[_]", "want (one of):"),
      ("x = 1; data.a.object[x]", "data.a.object[x]", "want (one of): [\"bar\" \"foo\"]"),
      ("arr = [[1, 2], [3], [4]]; arr[0].dead.beef = x", "arr[0].dead.beef", "want (type): number"),
      ("s = {{1, 2}, {3, 4}}; x = {1, 2}; s[x].deadbeef", "s[x].deadbeef", "want (type): number"),
      ("arr = [{\"a\": 1, \"c\": 3}, {\"b\": 2}]; arr[0].b", "arr[0].b", "want (one of): [\"a\" \"c\"]"),
      ("data.a[1]", "data.a[1]", "want (one of):"), ("data[1]", "data[1]", "want (one of): [\"a\"]"),
      ("data.a.number.x", "data.a.number.x", "have: number"),
      ("data.a.object.quux", "data.a.object.quux", "want (one of): [\"bar\" \"foo\"]"),
      ("data.a.f", "data.a.f", "have: (any) => "), ("x := data.a.f; x", "data.a.f", "have: (any) => "),
      ("count([1]).x", "", "have: number"), ("data.a.set.x", "data.a.set.x", "want (type): number"),
      ("x := {\"a\": 1}; x.b", "x.b", "want (one of): [\"a\"]"),
    ])
  func references(_ query: String, _ reference: String, _ detail: String) {
    let errors = Self.errors(of: query, details: true)
    #expect(errors.count == 1, "\(errors)")
    #expect(errors.first?.contains("type undefined ref: ") == true, "\(errors)")
    let wanted = detail.contains("^") ? String(repeating: "^", count: "arr[1][0]".count) : detail
    #expect(errors.first?.contains(wanted) == true, "\(errors)")
    if !reference.isEmpty, !reference.contains("_") {
      #expect(errors.first?.contains("undefined ref: \(reference)\n") == true, "\(errors)")
    }
  }

  @Test(
    "what may be right",
    arguments: [
      "input.x == 1; input.x.y == \"a\"", "data.b.c.d == 1", "data.a.partial.x == 1", "data.a.partial[input.x] == \"a\"",
      "x := input; x.y[z]; z == \"a\"; count(x) == 1", "[x, y] = input; x == y", "x := [1, \"a\"]; x[_] == 1; x[_] == \"a\"",
      "{\"a\": 1}[k] == 1; k == \"a\"", "data.a.number == data.a.mixed", "data.a.mixed == \"a\"", "[] == []", "[] == [x | x := 1]",
      "{} == {\"a\": 1}", "x := {k: v | some k, v in input}; x.a == 1", "object.get({}, \"a\", 1) == \"b\"", "sum([]) == 0",
      "data.a.set[1]", "data.a.set[x]; x == 1", "every x in [1] { x == \"a\" }", "array.concat([1], [\"a\"])[0] == {}",
      "data.a.f(1) == 1", "data.a.f(\"a\") == \"a\"", "minus({1}, {2}) == {3}", "1 - 2 == 3", "x := data.a; x.number == 1; x.none == 2",
      "count({}) == 1; count(set()) == 1; count(\"\") == 1", "walk({}, [p, v]); p[0] == 1; v == 2", "set() == {1}", "{input.x} == {1}",
    ])
  func right(_ query: String) {
    #expect(Self.errors(of: query) == [])
  }

  private static let module = """
    package a
    number := 1
    text := "foo"
    mixed := 1 if input.x
    mixed := "a" if input.y
    object := {"foo": 1, "bar": 2}
    set contains x if some x in [1, 2]
    partial[x] := y if some x, y in {"k": 1}
    partial[x] := y if some x, y in {"k": "s"}
    f(x) := x
    f(x) := 1 if x == 2
    """

  /// Errors of a rule with this body, in a package of its own.
  private static func errors(of body: String, details: Bool = false) -> [String] {
    Checking.errors(of: ["a.rego": module, "b.rego": "package b\nrule if {\n" + body + "\n}"], details: details)
  }

  @Test("in queries == compares anything")
  func queries() {
    #expect(Checking.query("1 == \"a\"") == [])
    #expect(Checking.query("1 = \"a\"", details: true) == ["1:1 type match error\nleft  : number\nright : string"])
  }

  @Test("a wrong rule is reported once, whoever uses it")
  func once() {
    #expect(
      Checking.errors(of: "package a\np := 1 + \"a\"\nq if p == {}\nr := count(p)") == ["2:6 type plus: invalid argument(s)"])
    #expect(
      Checking.errors(of: "package a\np := count(1)\nq := [x | x := count(2)]") == [
        "2:6 type count: invalid argument(s)", "3:16 type count: invalid argument(s)",
      ])
  }

  @Test("functions get the types of their bodies")
  func functions() {
    #expect(Checking.errors(of: "package a\nf(x) := upper(x)\np := f(1)") == ["3:6 type data.a.f: invalid argument(s)"])
    #expect(
      Checking.errors(of: "package a\nf(x) := upper(x)\np if f(1) == 2", details: true) == [
        "3:6 type data.a.f: invalid argument(s)\nhave: (number, ???)\nwant: (string, string)"
      ])
    #expect(Checking.errors(of: "package a\nf(x) := count(x)\np if f(1)") == ["3:6 type data.a.f: invalid argument(s)"])
    #expect(Checking.errors(of: "package a\nf([x, y]) := x + y\np if f(1) == 2") == ["3:6 type data.a.f: invalid argument(s)"])
    #expect(Checking.errors(of: "package a\nf(x) := upper(x)\nf(x) := abs(x)\np := f(1)\nq := f(\"a\")") == [])
  }

  @Test("signatures are all read")
  func signatures() {
    #expect(BuiltinNames.all.isSubset(of: Set(Signature.all.keys)))
    #expect(Signature.all["time.format"]?.result?.name == "formatted timestamp")
    #expect(
      Signature.all["json.match_schema"]?.result.map { StaticType?.some($0.type).text }
        == "array<boolean, array[object<desc: string, error: string, field: string, type: string>]>")
    #expect(Signature.all["print"]?.variadic != nil)
    #expect(Signature.all["print"]?.result == nil)
  }
}
