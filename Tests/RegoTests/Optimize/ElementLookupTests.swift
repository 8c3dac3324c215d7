import Testing

@testable import Rego

/// Loops that look elements up, and documents that are asked for single keys: answers are those of rules that do neither.
@Suite("Elements and keys that are looked up")
struct ElementLookupTests {
  private static func answer(_ module: String, input: String, data: String = "{}", isOptimized: Bool) throws -> String {
    var options = Policy.Options()
    options.isOptimized = isOptimized
    let policy = try Policy(
      [try Parser.module(Array(module.utf8), file: "m.rego")], data: try Document(json: Array(data.utf8)), options: options)
    do {
      let solutions = try policy.prepare("data.p.x").evaluate(input: try Document(json: Array(input.utf8)))
      return solutions.map { String(decoding: Document($0.values[0]).json(), as: UTF8.self) }.joined(separator: " ")
    } catch let error as RegoError {
      return error.code.rawValue
    }
  }

  private static func plan(_ module: String) throws -> [String] {
    let output = try Compiler.compile([try Parser.module(Array(module.utf8), file: "m.rego")])
    let planner = Planner(heap: Heap(), tree: output.tree, builtins: output.builtins)
    planner.plansKeys = true
    planner.planRules()
    planner.optimize(data: .undefined)
    return PlanText.text(planner).split(separator: "\n").map { $0.drop { $0 == " " } }.map(String.init)
  }

  @Test("a loop in a loop, or in a function, seeks what it compares with")
  func sought() throws {
    let join = try Self.plan("package p\nx contains [a, b] if { some a in input.xs; some b in input.ys; b.k.id == a.id; b.ok }")
    #expect(join.filter { $0.hasPrefix("sought") }.count == 1)
    let function = try Self.plan("package p\nf(k) := b if { some b in input.bs; b.id == k }\nx := f(1)")
    #expect(function.contains { $0.hasPrefix("sought") })
    let single = try Self.plan(
      "package p\nx contains b if { some b in input.bs; b.id == input.id }\ny contains b if { some b in input.bs; b.id == 7 }")
    #expect(!single.contains { $0.hasPrefix("sought") })
  }

  /// Values that are equal without being written alike, and others.
  private static let values = [
    "1", "1.0", "2", "\"1\"", "\"a text of more than fourteen bytes\"", "null", "true", "[1]", "[1.0]", "{\"a\": 1}", "[]", "\"\"", "0",
    "-0",
  ]

  private static func elements(_ count: Int, _ random: inout SystemRandomNumberGenerator) -> String {
    let elements = (0..<count).map { index in
      let value = values.randomElement(using: &random)!
      switch Int.random(in: 0..<5, using: &random) {
      case 0: return "{\"n\": \(index)}"
      case 1: return "{\"n\": \(index), \"k\": {\"id\": \(value)}}"
      case 2: return value
      default: return "{\"n\": \(index), \"k\": {\"id\": \(value)}, \"id\": \(values.randomElement(using: &random)!)}"
      }
    }
    return "[" + elements.joined(separator: ", ") + "]"
  }

  @Test(
    "joins give the same pairs in the same order",
    arguments: [
      "x := [[a.n, b.n] | some a in input.a; some b in input.b; b.k.id == a.id]",
      "x := [[a, j] | some a in input.a; some j, b in input.b; a == b]",
      "x := [n | some a in input.a; n := f(a.id)]\nf(k) := [b.n | some b in input.b; b.n > 3; k == b.k.id]",
      "x := {a.n: s | some a in input.a; s := {b.n | some b in o; b.k.id = a.id}}\no := {format_int(i, 10): b | some i, b in input.b}",
      "x := [[a.n, b] | some a in input.a; some b in s; b.id == a.k.id]\ns := {b | some b in input.b}",
      "x := [a.n | some a in input.a; every b in input.b { not same(a, b) }]\nsame(a, b) if { some c in input.b; c.k.id == a.id; c.id == b.id }",
      "x := count([1 | some a in input.a; some i, b in input.b; some j, c in input.b; c.id == b.id; i < j; c.k.id == a.id])",
    ])
  func joins(_ rule: String) throws {
    var random = SystemRandomNumberGenerator()
    for count in [0, 3, 9, 40] {
      let input = "{\"a\": \(Self.elements(30, &random)), \"b\": \(Self.elements(count, &random))}"
      let expected = try Self.answer("package p\n\(rule)", input: input, isOptimized: false)
      #expect(try Self.answer("package p\n\(rule)", input: input, isOptimized: true) == expected, "\(input)")
    }
  }

  private static let members =
    "{\"m\": {" + (0..<60).map { "\"u\($0)\": [\($0 % 7), \($0 % 5)]" }.joined(separator: ", ") + "}, \"n\": {\"u1\": 5, \"u2\": 6}, "
    + "\"o\": {\"w1\": 5, \"w2\": 6}}"

  @Test(
    "documents that are asked for keys hold what they hold as a whole", arguments: [1, 2, 5, 14, 15, 16, 17, 40, 60],
    [
      "p[u] contains g if { some u, gs in data.m; some g in gs }\nx := {k: p[k] | some k in input.ks}",
      "p[u] contains g if { some u, gs in data.m; some g in gs }\nx := [count(p[k]) | some k in input.ks; not p[k][3]]",
      "p[u] := gs[0] if some u, gs in data.m\np[u] := n if some u, n in data.o\nx := [p[k] | some k in input.ks]",
      "p[u].a[g] := i if { some u, gs in data.m; some i, g in gs }\np[u].b := 1 if some u, _ in data.n\nx := {k: p[k] | some k in input.ks}",
      "p contains u if { some u, gs in data.m; 4 in gs }\nx := [k | some k in input.ks; p[k]]",
      "p[u] := data.m[u]\nq[u] contains v if { some u, vs in p; some v in vs; v > 2 }\nx := [q[k] | some k in input.ks]",
      """
      p[u] contains g if { some u, gs in data.m; some g in gs }
      x := [[a, b, c] |
        some k in input.ks
        a := count(p[k])
        b := count(p[k]) with data.m as {k: [1, 2, 3]}
        c := p[k] with data.p.p as {k: 7}
      ]
      """,
    ])
  func keys(_ count: Int, _ rules: String) throws {
    let input = "{\"ks\": [" + (0..<count).map { "\"u\($0)\"" }.joined(separator: ", ") + ", \"none\", \"w1\"]}"
    let expected = try Self.answer("package p\n\(rules)", input: input, data: Self.members, isOptimized: false)
    #expect(try Self.answer("package p\n\(rules)", input: input, data: Self.members, isOptimized: true) == expected)
  }

  @Test("two values under the key that is asked for are a conflict")
  func conflict() throws {
    let rules = "package p\np[u] := 1 if some u, _ in data.m\np[u] := 2 if { some u, _ in data.m; u == \"u7\" }\n"
    #expect(try Self.answer(rules + "x := p.u7", input: "{}", data: Self.members, isOptimized: true) == "eval_conflict_error")
    #expect(try Self.answer(rules + "x := p.u8", input: "{}", data: Self.members, isOptimized: true) == "1")
  }

  @Test("a single key of many is not more work than the key")
  func workOfOneKey() throws {
    let data = "{\"m\": {" + (0..<5000).map { "\"u\($0)\": [\($0)]" }.joined(separator: ", ") + "}}"
    let policy = try Policy(
      [
        try Parser.module(
          Array("package p\np[u] contains g if { some u, gs in data.m; some g in gs }\nx if p[input.u][7]".utf8), file: "m.rego")
      ],
      data: try Document(json: Array(data.utf8)))
    var options = EvaluationOptions()
    options.steps = 200
    let answer = try policy.prepare("data.p.x").evaluate(input: try Document(json: Array(#"{"u": "u7"}"#.utf8)), options: options)
    #expect(answer.first?.values == [.boolean(true)])
  }
}
