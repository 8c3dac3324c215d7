import Testing

@testable import Rego

/// Loops that end with their first hit, and members that are tested one by one.
@Suite("First hits")
struct FirstHitTests {
  private static func plan(_ rules: String) throws -> [String] {
    let output = try Compiler.compile([try Parser.module(Array(("package p\n" + rules).utf8), file: "m.rego")])
    let planner = Planner(heap: Heap(), tree: output.tree, builtins: output.builtins)
    planner.planRules()
    planner.optimize(data: try Document(json: Array("{}".utf8)).value)
    return PlanText.text(planner).split(separator: "\n").map { $0.drop { $0 == " " } }.map(String.init)
  }

  private static func answer(_ rules: String, input: String, isOptimized: Bool) throws -> String {
    var options = Policy.Options()
    options.isOptimized = isOptimized
    let policy = try Policy([try Parser.module(Array(("package p\n" + rules).utf8), file: "m.rego")], options: options)
    do {
      let solutions = try policy.prepare("x = data.p").evaluate(input: try Document(json: Array(input.utf8)))
      return solutions.map { String(decoding: Document($0["x"] ?? .null).json(), as: UTF8.self) }.joined(separator: " ")
    } catch let error as RegoError {
      return "\(error.code)"
    }
  }

  @Test("a head that names no loop variable is made behind the loop")
  func behindTheLoop() throws {
    let lines = try Self.plan(#"deny contains upper(input.k) if { some n in input.a; n > 1 }"#)
    let scan = try #require(lines.firstIndex { $0.hasPrefix("scan") })
    let hit = try #require(lines.firstIndex(of: "succeed"))
    let call = try #require(lines.firstIndex { $0.contains("upper") })
    #expect(scan < hit && hit < call)
  }

  @Test("a head that names one stays inside, as do elements of arrays")
  func inside() throws {
    for rule in ["s contains n if { some n in input.a; n > 1 }", "l := [upper(input.k) | some n in input.a; n > 1]"] {
      #expect(!(try Self.plan(rule)).contains("succeed"))
    }
  }

  @Test("membership of a literal makes no collection")
  func members() throws {
    let lines = try Self.plan("t if { some n in input.a; 2 in [n.x, n.y] }\nu if input.k in {input.l, input.m}")
    #expect(!lines.contains { $0.contains("= array") || $0.hasSuffix("= set()") })
  }

  @Test(
    "answers are those of the rules as they are written",
    arguments: [
      #"s contains "x" if { some i in input.a; i > 1 }  s contains "y" if { some i in input.a; i > 2 }  s contains i if { some i in input.a; i < 2 }"#,
      #"s contains upper(input.k) if { some i in input.a; some j in input.a; i + j == 5 }  t := [input.k | some i in input.a; i > 1]"#,
      #"s contains input.k if { some i in input.a; some j in input.b; i == j }  s contains input.n if { some i in input.a; some j in input.b; i != j }"#,
      #"c := input.k if { some i in input.a; i > 1 }  c := input.n if { some i in input.a; i > 2 }"#,
      #"o[k] := input.n if { k := input.k; some i in input.a; i > 1 }  o.z := v if { some v in input.b; v > 1 }"#,
      #"f(x) := input.n if { some i in input.a; i == x }  r := [f(1), f(2)]  n if not f(9)"#,
      #"e if { not g }  g if { some i in input.a; some k, v in input.o; v == i; input.n > 0 }  h := count([1 | g])"#,
      #"m if 1 in [input.n, input.k]  p1 if input.k in {input.n, "x"}  q if not input.none in [input.n]  w if 9 in []"#,
      #"a if every i in input.a { some j in input.b; j >= i }  b if { some i in input.a; x := i; x == 2; y := input.n; y == 1 }"#,
      #"v contains input.k if { some i in input.a; i > 0 with input.k as "w" }  u := input.k if { some i in input.a; i > 1 } else := 7"#,
      #"s contains x if { x := [i | some i in input.a]; some j in input.b; j > 1 }  d := {input.k: 1 | some i in input.a; i > 1}"#,
    ])
  func sameAnswers(rules: String) throws {
    let rules = rules.replacing("  ", with: "\n")
    let inputs = [
      #"{"a": [1, 2, 3], "b": [2, 3, 4], "k": "x", "n": 1, "o": {"b": 1, "c": 2}}"#, #"{"a": [], "b": [1], "k": "y", "n": 2}"#,
      #"{"a": {"q": 2, "r": 3}, "b": [3], "k": 1, "n": 5, "o": {"b": 3}}"#, "{}", "3",
    ]
    for input in inputs {
      #expect(
        try Self.answer(rules, input: input, isOptimized: true) == Self.answer(rules, input: input, isOptimized: false), "\(input)")
    }
  }
}
