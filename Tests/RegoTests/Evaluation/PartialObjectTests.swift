import Rego
import Testing

/// Objects that several rules build, and what they are built of.
@Suite("Partial objects")
struct PartialObjectTests {
  /// The solution's bindings as JSON, or the error's message.
  private static func answer(_ rules: String, _ query: String, isTraced: Bool = false) throws -> String {
    let text = "package p\nk := \"a\"\nq[x] := y if { some x, y in {\"c\": 2, \"d\": 3} }\n" + rules
    do {
      let policy = try Policy([try Parser.module(Array(text.utf8), file: "p.rego")])
      let solutions = try policy.prepare("x = \(query)").evaluate(input: nil)
      return solutions.map { String(decoding: Document($0["x"] ?? .null).json(), as: UTF8.self) }.joined()
    } catch let error as RegoError {
      return error.message
    }
  }

  private static let conflict = "object keys must be unique"

  @Test("a rule's value does not grow by way of another document")
  func alias() throws {
    let rules = "p[x] := q if x := k\np[x].b := 1 if x := k"
    #expect(try Self.answer(rules, "data.p.p") == Self.conflict)
    #expect(try Self.answer(rules + "\nr contains 1 if not data.p.p.z", "[data.p.r, data.p.q]") == Self.conflict)
    #expect(try Self.answer("p[x] := q if x := k\np[x].c := 2 if x := k", "data.p.p") == Self.conflict)
  }

  @Test(
    "values of every origin are left alone",
    arguments: [
      #"p[x] := {"c": 2} if x := k"#, #"p[x] := o if { x := k; o := {z: y | some z, y in {"u": {"v": 1}}} }"#,
      #"p[x] := json.unmarshal("{\"u\": {}}") if x := k"#, #"p[x] := object.union({"u": {}}, {"v": 1}) if x := k"#, "p[x] := 1 if x := k",
      "p[x] := data.p.r if x := k",
    ])
  func origins(rule: String) throws {
    let other = "\nr[x].b := 1 if x := k\n"
    #expect(try Self.answer(rule + other + "p[x].b := 1 if x := k", "data.p.p") == Self.conflict)
    #expect(try Self.answer(rule + other + "p[x].u.w := 1 if x := k", "data.p.p") == Self.conflict)
  }

  @Test("a value that equals what was built is no conflict, until more is built")
  func equal() throws {
    #expect(try Self.answer("p[x].u := 1 if x := k\np[x] := {\"u\": 1} if x := k", "data.p.p") == #"{"a":{"u":1}}"#)
    #expect(
      try Self.answer("p[x].u := 1 if x := k\np[x] := {\"u\": 1} if x := k\np[x].v := 1 if x := k", "data.p.p") == Self.conflict)
    #expect(try Self.answer("p[x].u := 1 if x := k\np[x] := {\"u\": 2} if x := k", "data.p.p") == Self.conflict)
  }

  @Test("parts of one document that is a value of another")
  func parts() throws {
    let rules = "p[x].u.v := 1 if x := k\nr[x] := p[k] if x := k\ns[x] := r if x := k"
    #expect(try Self.answer(rules, "[data.p.s, data.p.p]") == #"[{"a":{"a":{"u":{"v":1}}}},{"a":{"u":{"v":1}}}]"#)
    #expect(try Self.answer(rules + "\nr[x].u.w := 1 if x := k", "data.p.s") == Self.conflict)
  }

  @Test("sets in objects")
  func sets() throws {
    #expect(
      try Self.answer("p[x].u contains y if { x := k; some y in [3, 1, 3] }\np[x].v contains 1 if x := k", "data.p.p")
        == #"{"a":{"u":[1,3],"v":[1]}}"#)
    #expect(
      try Self.answer("p[x].u contains y if { x := k; some y in [3, 1] }\nr[x] := p[x].u if x := k", "[data.p.r, data.p.p]")
        == #"[{"a":[1,3]},{"a":{"u":[1,3]}}]"#)
  }

  @Test("different values at one key")
  func values() throws {
    #expect(try Self.answer("p[1] := 1 if true\np[1] := 2 if true", "data.p.p") == Self.conflict)
    #expect(try Self.answer("p := {1: x | x := [1, 2][_]}", "data.p.p") == Self.conflict)
    #expect(try Self.answer("p := 1 if true\np := 2 if k", "data.p.p") == "complete rules must not produce multiple outputs")
    #expect(try Self.answer("f(_) := 1 if k\nf(_) := 2 if k\np := f(1)", "data.p.p").hasPrefix("functions must not produce"))
  }
}
