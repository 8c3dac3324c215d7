import Testing

@testable import Rego

/// What the passes over plans do to a plan, and that they change no answer.
@Suite("Plans done once")
struct OptimizationTests {
  private static func plan(_ module: String, data: String = "{}") throws -> [String] {
    let output = try Compiler.compile([try Parser.module(Array(module.utf8), file: "m.rego")])
    let document = try Document(json: Array(data.utf8))
    let planner = Planner(heap: Heap(), tree: output.tree, builtins: output.builtins)
    planner.planRules()
    planner.optimize(data: document.value)
    return PlanText.text(planner).split(separator: "\n").map { $0.drop { $0 == " " } }.map(String.init)
  }

  private static func answer(_ module: String, input: String, data: String, isOptimized: Bool) throws -> String {
    var options = Policy.Options()
    options.isOptimized = isOptimized
    let policy = try Policy(
      [try Parser.module(Array(module.utf8), file: "m.rego")], data: try Document(json: Array(data.utf8)), options: options)
    do {
      let solutions = try policy.prepare("x = data.p").evaluate(input: try Document(json: Array(input.utf8)))
      return solutions.map { String(decoding: Document($0["x"] ?? .null).json(), as: UTF8.self) }.joined(separator: " ")
    } catch let error as RegoError {
      return "\(error.code)"
    }
  }

  @Test("bodies over one collection are one loop, and tests of one value one selection")
  func sharedLoop() throws {
    let lines = try Self.plan(
      """
      package p
      deny contains m.id if { some m in input.ms; m.kind == "a"; m.x > 1 }
      deny contains m.id if { some m in input.ms; m.kind == "b"; m.y > 1 }
      deny contains m.id if { some m in input.ms; m.kind == "c"; m.x > 2 }
      """)
    #expect(lines.filter { $0.hasPrefix("scan") }.count == 1)
    #expect(lines.filter { $0.hasPrefix("select") }.count == 1)
    #expect(lines.filter { $0.contains(#"["kind"]"#) }.count == 1)
  }

  @Test("data is read when the plan is made, unless something replaces it")
  func constantData() throws {
    let rule = "package p\nx if input.n > data.limits.most\ny if data.limits.none\n"
    let lines = try Self.plan(rule, data: #"{"limits": {"most": 7}}"#)
    #expect(lines.contains { $0.hasPrefix("gt ") && $0.hasSuffix(" 7") })
    #expect(!lines.contains { $0.contains("data") && $0.contains("=") })
    let changed = try Self.plan(rule + "z if x with data.limits.most as 1\n", data: #"{"limits": {"most": 7}}"#)
    #expect(!changed.contains { $0.hasSuffix(" 7") })
  }

  @Test(
    "answers are those of the rules as they are written",
    arguments: [
      #"s contains i if { some i in input.a; i > 1 }  s contains i if { some i in input.a; i == 1 }  s contains "n" if not input.no"#,
      #"c := 1 if input.k == "x"  c := 2 if input.k == "y"  c := 3 if input.k == "z"  c := 4 if { input.k == "x"; input.a[0] == 9 }"#,
      #"c := 1 if input.k == "x"  c := 2 if input.k == "x""#,
      #"d := v if { v := input.n; input.k == 1.0 }  d := 5 if input.k == 1  d := 6 if input.k == 2  default d := 0"#,
      #"e := 1 if input.a[0] == 2 else := 2 if input.a[0] == 1 else := 3"#,
      #"f(v) := "s" if v == "x"  f(v) := "t" if v == "y"  f(v) := "u" if v == "w"  g := [f(q) | some q in ["x", "y", "z"]]"#,
      #"w := y if y := data.limits.most with data.limits.most as 3  v := data.limits.most  u := data.limits"#,
      #"h if input.k == "x"  i := y if y := h with input.k as "x"  j := [h | true with input.k as "q"]"#,
      #"o[k] := v if some k, v in input.o  o.z := 1 if input.k == "x"  o[k] := v if { some k, v in input.o; v > 0 }"#,
      #"o[k] := 1 if some k, _ in input.o  o[k] := v if some k, v in input.o"#,
      #"a if every i in input.a { i < 9 }  b if every i in input.a { i < 2 }  n if not input.a[3]  m if not input.a[0] == 1"#,
      #"k contains x if { x := count([1 | some i in input.a; i > 0]) }  k contains x if { x := count([1 | some i in input.a; i > 0]) + 1 }"#,
      #"in1 if input.k in ["x", "y"]  in2 if not input.k in {"x"}  in3 if "x" in input.o  in4 if 1 in data.limits  in5 if input.k in {}"#,
      #"m := y if y := count(input.a) with count as 7  l contains count(input.a) if count(input.a) > 1  l contains 1 if input.a[_] == 2"#,
      #"q := upper(input.k) if upper(input.k) != "Q"  r := [x, y] if { x := input.a[_]; y := input.a[_]; x > y }"#,
      #"t := $"{input.k} and {input.none}"  tt contains $"{input.k}" if input.a[0]  tt contains "u" if input.a[0]"#,
    ])
  func sameAnswers(rules: String) throws {
    let module = "package p\n" + rules.replacing("  ", with: "\n")
    for input in [#"{"a": [1, 2, 3], "k": "x", "n": 1, "o": {"b": 1, "c": 2}}"#, #"{"a": [], "k": "y"}"#, #"{"k": 1, "n": 5}"#, "{}", "3"] {
      let data = #"{"limits": {"most": 7, "least": 1}}"#
      #expect(
        try Self.answer(module, input: input, data: data, isOptimized: true)
          == Self.answer(module, input: input, data: data, isOptimized: false), "\(input)")
    }
  }

  @Test("documents read one after the other have the tables of equal forms in common")
  func sharedTables() throws {
    let a = try Document(json: Array(#"{"shared-one": 1, "shared-two": {"shared-three": 2}}"#.utf8))
    let b = try Document(json: Array(#"{"shared-two": {"shared-three": 4}, "shared-one": 3}"#.utf8))
    let c = Document(.object([.init(.string("shared-one"), .null), .init(.string("shared-two"), .boolean(true))]))
    #expect(a.value.objectView.table.identity == b.value.objectView.table.identity)
    #expect(a.value.objectView.table.identity == c.value.objectView.table.identity)
    #expect(String(decoding: b.json(), as: UTF8.self) == #"{"shared-one":3,"shared-two":{"shared-three":4}}"#)
  }
}
