import Foundation
import Rego
import Testing

/// Single calls of built-in functions that would take hours: each ends when the evaluation's time is over or its task is cancelled, though
/// nobody gave it a number of steps.
@Suite("Hostile calls", .serialized)
struct HostileFunctionTests {
  struct Call: Sendable, CustomTestStringConvertible {
    let function: String
    let rules: String
    var testDescription: String { function + ": " + rules.prefix(60) }
  }

  /// Texts of many bytes, on which patterns have no luck.
  private static let input = Document(
    .object([
      .init(.string("ab"), .string(alternating(4_000_000))), .init(.string("a"), .string(String(repeating: "a", count: 1_000_000))),
      .init(.string("big"), .number(String(repeating: "7", count: 30_000))),
    ]))

  /// Of a and b in no order.
  private static func alternating(_ count: Int) -> String {
    var state: UInt64 = 88_172_645_463_325_252
    let bytes = (0..<count).map { _ -> UInt8 in
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state & 1 == 0 ? 0x61 : 0x62
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Prepared with rules whose values stand for more parts than memory could hold.
  private static let shared = """
    n(i) := [i, i, i, i, i, i, i, i, i, i]
    deep := n(n(n(n(n(n(n(n(n(n(n(n([1, 2]))))))))))))
    o(i) := {"a": i, "b": i, "c": i, "d": i, "e": i, "f": i, "g": i, "h": i}

    """

  private static let calls = [
    ("regex.match", "attack := regex.match(`(a|b)*a(a|b){300}c`, input.ab)"),
    ("regex.match", "attack := regex.match(`[ab]*(aba|bab){1,300}[ab]{600}c`, input.ab)"),
    ("regex.find_n", "attack := count(regex.find_n(`a.*z|a`, input.a, -1))"),
    ("regex.find_n", "attack := count(regex.find_n(`(a|b)*a(a|b){300}c`, input.ab, -1))"),
    ("regex.split", "attack := count(regex.split(`a.*z|a`, input.a))"),
    ("regex.replace", "attack := count(regex.replace(input.a, `a.*z|a`, `x`))"),
    ("regex.find_all_string_submatch_n", "attack := count(regex.find_all_string_submatch_n(`a(.*)z|a`, input.a, -1))"),
    ("regex.template_match", "attack := regex.template_match(`{(a|b)*a(a|b){300}c}`, input.ab, `{`, `}`)"),
    (
      "regex.globs_match",
      "attack := regex.globs_match(replace(substring(input.a, 0, 20000), `a`, `a*`), concat(``, [replace(substring(input.a, 0, 20000), `a`, `a*`), `b`]))"
    ),
    ("glob.match", "attack := glob.match(concat(``, [`*a`, replace(substring(input.a, 0, 300), `a`, `?`), `c`]), [], input.ab)"),
    ("json.match_schema", #"attack := json.match_schema({"x": input.ab}, {"properties": {"x": {"pattern": "(a|b)*a(a|b){300}c"}}})"#),
    ("json.match_schema", #"attack := json.match_schema({input.ab: 1}, {"patternProperties": {"(a|b)*a(a|b){300}c": {}}})"#),
    ("sum", "attack := sum([x | some i in numbers.range(1, 20000); x := input.big]) > 0"),
    ("graph.reachable_paths", "attack := count(graph.reachable_paths({i: numbers.range(1, 14) | some i in numbers.range(1, 14)}, {1}))"),
    (
      "strings.replace_n",
      "attack := count(strings.replace_n({concat(``, [substring(input.a, 0, i), `c`]): `` | some i in numbers.range(500, 4000)}, input.a))"
    ),
    (
      "strings.render_template",
      "attack := strings.render_template(`{{range .a}}{{range $.a}}{{range $.a}}{{range $.a}}{{end}}{{end}}{{end}}{{end}}`, {`a`: numbers.range(1, 1000)})"
    ),
    ("json.marshal", "attack := count(json.marshal(deep))"), ("yaml.marshal", "attack := count(yaml.marshal(deep))"),
    ("json.marshal_with_options", "attack := count(json.marshal_with_options(deep, {`pretty`: true}))"),
    ("sprintf", "attack := count(sprintf(`%v`, [deep]))"), ("internal.template_string", "attack := count($`{deep}`)"),
    ("object.union", "attack := object.union(o(o(o(o(o(o(o(o(o(o(o({`x`: 1}))))))))))), o(o(o(o(o(o(o(o(o(o(o({`y`: 1}))))))))))))"),
    (
      "net.cidr_contains_matches",
      "attack := count(net.cidr_contains_matches(c, c))\nc := [x | some a in numbers.range(0, 255); some b in numbers.range(0, 255); x := sprintf(`%d.%d.0.0/30`, [a, b])]"
    ),
    (
      "json.remove",
      "attack := json.remove(o(o(o(o(o(o(o(o(o(o({`x`: 1})))))))))), p)\np := [concat(`/`, [a, b, c, d, e, f]) | some a in k; some b in k; some c in k; some d in k; some e in k; some f in k]\nk := [`a`, `b`, `c`, `d`, `e`, `f`, `g`, `h`]"
    ),
    ("walk", "attack := count([1 | walk(deep, [_, 3])])"),
  ].map { Call(function: $0.0, rules: $0.1) }

  private static func prepare(_ call: Call) throws -> PreparedQuery {
    try Policy([try Parser.module(Array(("package p\n" + shared + call.rules).utf8), file: "m.rego")]).prepare("x = data.p.attack")
  }

  @Test("time ends a call, which is named with its rule", arguments: calls)
  func time(call: Call) throws {
    let query = try Self.prepare(call)
    let options = EvaluationOptions(memory: 2 << 30, timeout: .milliseconds(500))
    let error = #expect(throws: RegoError.self) { try query.evaluate(input: Self.input, options: options) }
    #expect(error?.code == .cancel, "\(String(describing: error))")
    #expect(error?.message.contains("0.5 seconds in p.") == true, "\(String(describing: error))")
    // The same query is answered again.
    #expect(throws: RegoError.self) { try query.evaluate(input: Self.input, options: EvaluationOptions(steps: 1)) }
  }

  @Test("a task that is cancelled ends a call", arguments: calls)
  func cancellation(call: Call) async throws {
    let query = try Self.prepare(call)
    let task = Task { () -> RegoError? in
      do throws(RegoError) {
        _ = try query.evaluate(input: Self.input, options: EvaluationOptions(memory: 2 << 30, timeout: .seconds(60)))
      } catch { return error }
      return nil
    }
    // From a thread of its own: tasks may hold all that tasks have.
    Thread.detachNewThread {
      Thread.sleep(forTimeInterval: 0.2)
      task.cancel()
    }
    let error = await task.value
    #expect(error?.code == .cancel)
    #expect(error?.message.contains("was cancelled in p.") == true, "\(String(describing: error))")
  }
}
