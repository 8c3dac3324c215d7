import Foundation
import Testing

@testable import Rego

@Suite("Following evaluations")
struct TraceTests {
  private func policy(_ text: String, data: String = "{}") throws -> TracedPolicy {
    let module = try Parser.module(Array(("package p\n" + text).utf8), file: "p.rego")
    return try TracedPolicy([module], data: try Document(json: Array(data.utf8)))
  }

  private func lines(_ text: String, _ query: String, input: String? = nil, mode: TraceMode = .full) throws -> [String] {
    let recorder = TraceRecorder(mode)
    let document = try input.map { try Document(json: Array($0.utf8)) }
    try policy(text).prepare(query).run(input: document, tracers: [recorder])
    return TraceLines.lines(recorder.events).map { line in
      line.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }
  }

  @Test("rules are entered, left and redone in OPA's order, and the first that decides ends it")
  func order() throws {
    let found = try lines("q if input.x == 1\nq if input.y == 2\n", "data.p.q", input: #"{"x": 1, "y": 2}"#)
    #expect(
      found == [
        "query:1 Enter data.p.q = _", "query:1 | Eval data.p.q = _", "query:1 | Index data.p.q (matched 2 rules, early exit)",
        "p.rego:2 | Enter data.p.q", "p.rego:2 | | Eval input.x = 1", "p.rego:2 | | Exit data.p.q early", "query:1 | Exit data.p.q = _",
        "query:1 Redo data.p.q = _", "query:1 | Redo data.p.q = _", "p.rego:2 | Redo data.p.q", "p.rego:2 | | Redo input.x = 1",
      ])
  }

  @Test("what the index rules out is not entered")
  func index() throws {
    let found = try lines("q := 1 if input.x == 1\nq := 2 if input.x == 2\n", "data.p.q", input: #"{"x": 2}"#)
    #expect(found.contains("query:1 | Index data.p.q (matched 1 rule, early exit)"))
    #expect(!found.contains { $0.hasPrefix("p.rego:2") })
  }

  @Test("failures and notes come with what led to them")
  func lineage() throws {
    let text = "q if { trace(\"seen\"); input.x > 3 }\n"
    #expect(
      try lines(text, "data.p.q", input: #"{"x": 1}"#, mode: .fails) == [
        "query:1 Enter data.p.q = _", "p.rego:2 | Enter data.p.q", "p.rego:2 | | Fail gt(__local0__, 3)", "query:1 | Fail data.p.q = _",
      ])
    #expect(
      try lines(text, "data.p.q", input: #"{"x": 1}"#, mode: .notes) == [
        "query:1 Enter data.p.q = _", "p.rego:2 | Enter data.p.q", "p.rego:2 | | Note \"seen\"",
      ])
    #expect(try lines("q if true", "data.p.q", mode: .notes).isEmpty)
  }

  @Test("matched terms are events of the debug mode alone")
  func unification() throws {
    #expect(try lines("q := 1", "data.p.q", mode: .debug).contains { $0.contains("Unify") })
    #expect(try !lines("q := 1", "data.p.q", mode: .full).contains { $0.contains("Unify") })
  }

  @Test("a partial rule that gives a value twice is told")
  func duplicates() throws {
    let found = try lines("q contains x if { some y in [1, 2]; x := 1 }", "data.p.q[1]")
    #expect(found.contains("p.rego:2 | Duplicate data.p.q") || found.contains("p.rego:2 | | Duplicate data.p.q"))
  }

  @Test("an event as OPA's JSON")
  func json() throws {
    let recorder = TraceRecorder(.full)
    try policy("q := x if { some x in [7] }").prepare("data.p.q").run(tracers: [recorder])
    let exit = try #require(recorder.events.first { $0.operation == .exit && $0.file == "p.rego" }).json
    #expect(exit["Op"] == .string("Exit") && exit["QueryID"] == .integer(1) && exit["ParentID"] == .integer(0))
    guard case .array(let locals)? = exit["Locals"] else {
      Issue.record("no locals")
      return
    }
    #expect(locals.contains { $0["type"] == .string("number") && $0["value"] == .integer(7) })
    guard case .object(let names)? = exit["LocalMetadata"] else {
      Issue.record("no metadata")
      return
    }
    #expect(names.contains { $0.value["name"] == .string("x") })
  }

  @Test("a trace that grows too large, steps and time end with an error that names the place")
  func budgets() throws {
    let query = try policy("q if { some i in numbers.range(1, 3000); some j in numbers.range(1, 3000); i * j == -1 }").prepare("data.p.q")
    let coverage = Coverage()
    #expect(throws: RegoError.self) { try query.run(options: EvaluationOptions(steps: 1000), tracers: [coverage]) }
    do {
      try query.run(options: EvaluationOptions(timeout: .milliseconds(50)), tracers: [coverage])
      Issue.record("not stopped")
    } catch {
      #expect(error.code == .cancel && error.file == "p.rego" && error.location.row == 2)
    }
  }

  /// Ends too where nobody looks at the task.
  private static let bounded = EvaluationOptions(timeout: .seconds(60))

  @Test("an evaluation that is followed, and one of what is known, end with the task that waits for them")
  func cancellation() async throws {
    let policy = try policy("q if { some i in numbers.range(1, 90000); some j in numbers.range(1, 90000); i * j == -1 }")
    let query = try policy.prepare("data.p.q")
    let follow = Task { () -> String? in
      do throws(RegoError) { try query.run(options: Self.bounded, tracers: []) } catch { return error.message }
      return nil
    }
    let known = Task { () -> String? in
      do throws(RegoErrors) {
        _ = try policy.partially("data.p.q", evaluation: Self.bounded)
      } catch { return error.errors.first?.message }
      return nil
    }
    // From a thread of its own: the tasks may hold all that tasks have.
    Thread.detachNewThread {
      Thread.sleep(forTimeInterval: 0.1)
      follow.cancel()
      known.cancel()
    }
    let a = await follow.value
    #expect(a?.contains("was cancelled") == true)
    let b = await known.value
    #expect(b?.contains("was cancelled") == true)
  }

  @Test("events outlive the policy they came from")
  func lifetime() throws {
    func events() throws -> [TraceEvent] {
      let recorder = TraceRecorder(.full)
      let input = try Document(json: Array(#"{"name": "a text that is too long to lie in a value itself"}"#.utf8))
      try policy("q := input.name").prepare("data.p.q").run(input: input, tracers: [recorder])
      return recorder.events
    }
    let kept = try events()
    #expect(kept.contains { $0.bindings.contains { $0.value == .string("a text that is too long to lie in a value itself") } })
    #expect(TraceLines.lines(kept, showsVariables: true).contains { $0.contains("a text that is too long") })
  }

  @Test("coverage counts rows that were reached and those that were not")
  func coverage() throws {
    let text = "package p\n\nq if {\n  input.x\n  input.y\n}\n\nr := [x | some x in input.l; x > 1] if input.l\nelse := 2 if true\n"
    let module = try Parser.module(Array(text.utf8), file: "p.rego")
    let coverage = Coverage()
    try TracedPolicy([module]).prepare("data.p.q").run(input: try Document(json: Array(#"{"x": 1}"#.utf8)), tracers: [coverage])
    let report = coverage.report([module])
    #expect(report.files.map(\.name) == ["p.rego"])
    #expect(report.coveredRows + report.missedRows > 0)
    #expect(report.files[0].missed.contains { $0.contains(8) } && report.files[0].missed.contains { $0.contains(9) })
  }

  @Test("a profile counts evaluations and returns")
  func profile() throws {
    let profile = Profile()
    try policy("q if {\n  some i in [1, 2, 3]\n  i == 3\n}").prepare("data.p.q").run(tracers: [profile])
    let rows = profile.report(limit: 0, order: [.evaluations])
    let last = try #require(rows.first { $0.file == "p.rego" && $0.location.row == 4 })
    #expect(last.evaluations == 3 && last.redos == 1)
    #expect(profile.report(limit: 1).count == 1)
  }

  @Test(
    "documents that a query needs",
    arguments: [
      ("q if { some r in data.roles[input.user]; r == data.top }", "data.p.q", ["data.roles", "data.top", "input.user"], ["data.p.q"]),
      ("q := f(input.a)\nf(x) := y if y := x + data.b", "data.p.q", ["data.b", "input.a"], ["data.p.f", "data.p.q"]),
      ("q if r\nelse := 2 if input.e\nr if input.x.y", "data.p.q", ["input.e", "input.x.y"], ["data.p.q", "data.p.r"]),
      ("q contains x if x := data.l[_].name", "x = data.p.q", ["data.l"], ["data.p.q"]),
      ("q := 1", "1 + 1", [], []),
    ] as [(String, String, [String], [String])])
  func dependencies(text: String, query: String, base: [String], virtual: [String]) throws {
    let found = try policy(text).dependencies(of: query)
    #expect(found.base.map(\.text) == base)
    #expect(found.virtual.map(\.text) == virtual)
  }
}
