import Rego
import Testing

@Suite("Evaluation")
struct EvaluationTests {
  static func answer(
    _ module: String, _ query: String, input: String? = nil, data: String = "{}", options: EvaluationOptions = EvaluationOptions()
  ) throws -> [String] {
    let policy = try Policy([try Parser.module(Array(module.utf8), file: "m.rego")], data: try Document(json: Array(data.utf8)))
    let solutions = try policy.prepare(query).evaluate(
      input: try input.map { try Document(json: Array($0.utf8)) }, options: options)
    return solutions.map { solution in
      solution.values.map { String(decoding: Document($0).json(), as: UTF8.self) }.joined(separator: " ")
    }
  }

  @Test(
    "rules and what a query makes of them",
    arguments: [
      ("x := 1 if input.a", "data.p.x", #"{"a": true}"#, ["1"]), ("x := 1 if input.a", "data.p.x", #"{"a": false}"#, []),
      ("x contains i if some i in input.a", "data.p.x", #"{"a": [3, 1, 3]}"#, ["[1,3]"]),
      ("x[k] := v if some k, v in input.a", "data.p.x", #"{"a": {"q": 1}}"#, [#"{"q":1}"#]),
      ("f(a) := 1 if a > 2 else := 2", "data.p.f(input.a)", #"{"a": 2}"#, ["2"]),
      ("default x := 7\nx := 1 if input.b", "data.p.x", "{}", ["7"]),
      ("x := 1 if not input.b", "data.p.x", "{}", ["1"]), ("x if every i in input.a { i > 0 }", "data.p.x", #"{"a": [1, 0]}"#, []),
      ("x if every i in input.a { i > 0 }", "data.p.x", #"{"a": []}"#, ["true"]),
      ("x := {i: j | some i; j := input.a[i]}", "data.p.x", #"{"a": ["m", "n"]}"#, [#"{"0":"m","1":"n"}"#]),
      ("a.b.c := 1\na.b.d := 2", "data.p.a", "{}", [#"{"b":{"c":1,"d":2}}"#]),
      ("x := y if y := input.a with input.a as 5", "data.p.x", #"{"a": 1}"#, ["5"]),
      ("y := input.a\nx := y + input.a if { y } \n", "data.p.x", #"{"a": 2}"#, ["4"]),
      ("y := input.a\nx := [y, z] if { z := y with input.a as 9 }", "data.p.x", #"{"a": 2}"#, ["[2,9]"]),
      ("f(_) := 1\ng(_) := 2\nx := y if y := f(0) with f as g", "data.p.x", "{}", ["2"]),
      ("x := true", "false", "{}", ["false"]), ("x := true", "1 == 2", "{}", ["false"]), ("x := true", "true; false", "{}", []),
      ("x := true", "[1, 2][_] == 2", "{}", ["true"]),
    ])
  func rules(_ module: String, _ query: String, _ input: String, _ want: [String]) throws {
    #expect(try Self.answer("package p\n" + module, query, input: input) == want)
  }

  @Test("texts of one form are read as often as a query is asked, and answers stay when the next one is asked")
  func repeatedForms() throws {
    let module = "package p\nx := [d | some t in input; d := json.unmarshal(t)]\ny := json.marshal(x)"
    let policy = try Policy([try Parser.module(Array(module.utf8), file: "m.rego")], data: Document(.object([])))
    let query = try policy.prepare("x := data.p.x; y := data.p.y")
    var kept: [(answer: RegoValue?, want: String)] = []
    for turn in 0..<6 {
      let texts = (0..<40).map { #"{"name":"n\#($0)","turn":\#(turn % 2 == 0 ? turn : -turn),"of":{"name":[\#($0)],"k\#($0 % 3)":null}}"# }
      let solution = try #require(try query.evaluate(input: Document(.array(texts.map { .string($0) }))).first)
      #expect(solution["y"] == .string("[" + texts.map(Self.sorted).joined(separator: ",") + "]"))
      kept.append((solution["x"], "[" + texts.map(Self.sorted).joined(separator: ",") + "]"))
    }
    for (answer, want) in kept { #expect(String(decoding: Document(try #require(answer)).json(), as: UTF8.self) == want) }
  }

  /// The members of the texts above in the order of their keys.
  private static func sorted(_ text: String) -> String {
    guard let value = try? Document(json: Array(text.utf8)).regoValue else { return "" }
    return String(decoding: Document(value).json(), as: UTF8.self)
  }

  @Test("base data wins over rules of the same place, key by key")
  func baseAndRules() throws {
    #expect(try Self.answer("package p\nx := 1\ny := 2", "data.p", data: #"{"p": {"z": 3, "y": 4}}"#) == [#"{"x":1,"y":4,"z":3}"#])
  }

  @Test(
    "different values for one document end the evaluation",
    arguments: [
      ("x := 1\nx := 2", "data.p.x", "complete rules must not produce multiple outputs"),
      ("f(_) := 1\nf(_) := 2", "data.p.f(1)", "functions must not produce multiple outputs for same inputs"),
      ("x[k] := i if { some i in [1, 2]; k := input.a }", "data.p.x", "object keys must be unique"),
    ])
  func conflicts(_ module: String, _ query: String, _ message: String) throws {
    let error = #expect(throws: RegoError.self) { try Self.answer("package p\n" + module, query, input: #"{"a": 1}"#) }
    #expect(error?.code == .conflict)
    #expect(error?.message == message)
    #expect(error?.file == "m.rego")
  }

  @Test("an error of a built-in function makes the call undefined, or ends a strict evaluation")
  func builtinErrors() throws {
    #expect(try Self.answer("package p\nx := 1 / input.a\ny if not x", "data.p.y", input: #"{"a": 0}"#) == ["true"])
    let error = #expect(throws: RegoError.self) {
      try Self.answer("package p\nx := 1 / input.a", "data.p.x", input: #"{"a": 0}"#, options: EvaluationOptions(isStrict: true))
    }
    #expect(error?.description == "m.rego:2: eval_builtin_error: div: divide by zero")
  }

  @Test("a budget of steps or memory names the rule that exceeds it")
  func budgets() throws {
    let module =
      "package p\nxs := [1, 2, 3, 4, 5, 6, 7, 8, 9]\nx := count({[a, b, c, d, e, f, g, h] | some a, b, c, d, e, f, g, h; xs[a]; xs[b]; xs[c]; xs[d]; xs[e]; xs[f]; xs[g]; xs[h]})"
    for options in [EvaluationOptions(steps: 100_000), EvaluationOptions(memory: 1 << 20)] {
      let error = #expect(throws: RegoError.self) { try Self.answer(module, "data.p.x", options: options) }
      #expect(error?.code == .cancel)
      #expect(error?.message.contains("p.x") == true)
    }
  }

  @Test("a function that would exceed the budget is named with its rule; the same query goes on afterwards")
  func budgetsOfFunctions() throws {
    let text = "package p\nx := count(numbers.range(1, input.n))"
    let query = try Policy([try Parser.module(Array(text.utf8), file: "m.rego")]).prepare("data.p.x")
    let options = EvaluationOptions(steps: 100_000)
    let error = #expect(throws: RegoError.self) {
      try query.evaluate(input: try Document(json: Array(#"{"n": 10000000}"#.utf8)), options: options)
    }
    #expect(error?.code == .cancel)
    #expect(error?.message.contains("100000 steps in p.x, calling numbers.range") == true)
    #expect(try query.evaluate(input: try Document(json: Array(#"{"n": 7}"#.utf8)), options: options).first?.values == [.integer(7)])
  }

  @Test("a chain of many rules needs no stack of the thread")
  func chain() throws {
    let rules = (1...20_000).map { "r\($0) := r\($0 - 1) + 1" }.joined(separator: "\n")
    #expect(try Self.answer("package p\nr0 := 0\n" + rules, "data.p.r20000") == ["20000"])
  }

  @Test("evaluations after each other and beside each other do not see each other")
  func reuse() async throws {
    let policy = try Policy([try Parser.module(Array("package p\nx := [y | some y in input.a; y > 1]".utf8), file: "m.rego")])
    let query = try policy.prepare("data.p.x")
    let answers = try await withThrowingTaskGroup(of: Bool.self) { group in
      for task in 0..<4 {
        group.addTask {
          for round in 0..<200 {
            let input = try Document(json: Array("{\"a\": [1, \(task + 2), \(round + 2)]}".utf8))
            guard try query.evaluate(input: input).first?.values == [.array([.integer(Int64(task + 2)), .integer(Int64(round + 2))])] else {
              return false
            }
          }
          return true
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(answers == [true, true, true, true])
  }

  @Test("a query that nobody holds is gone, evaluators kept for it too")
  func lifetime() throws {
    weak var query: PreparedQuery?
    do {
      let prepared = try Policy([]).prepare("1 + 1")
      _ = try prepared.evaluate()
      query = prepared
    }
    #expect(query == nil)
  }

  @Test("parts of a document keep its memory, whatever the key's length")
  func parts() throws {
    let key = "a key of more than fourteen bytes"
    var parts: [Document] = []
    do {
      let whole = try Document(json: Array("{\"\(key)\": [{\"\(key)\": [\"\(key)\"]}]}".utf8))
      parts = whole.elements(at: key).flatMap { $0.wrapped(as: "x").wrapped(as: key).elements(at: "y") + $0.elements(at: key) }
    }
    #expect(parts.map(\.regoValue) == [.string(key)])
  }

  @Test("terms are read with sets and keys of any kind")
  func terms() throws {
    #expect(
      String(decoding: try Document(term: "{1: {3, 2}, \"a\": [null, set()]}").json(), as: UTF8.self) == #"{"1":[2,3],"a":[null,[]]}"#)
    #expect(throws: RegoErrors.self) { try Document(term: "[x") }
  }

  @Test("policies see of the process what the caller gives them")
  func runtime() throws {
    let query = try Policy([]).prepare("x := opa.runtime()")
    func answer(_ options: EvaluationOptions) throws -> RegoValue? { try query.evaluate(options: options).first?["x"] }
    #expect(try answer(EvaluationOptions()) == .object([]))
    let given = RegoValue.object([.init(.string("env"), .object([.init(.string("REGION"), .string("north"))]))])
    #expect(try answer(EvaluationOptions(runtime: given)) == given)
  }
}
