import Rego
import Testing

/// Policies that ask for more than anybody has: each ends in an error that names the rule and what it exceeded, and the next query is answered.
@Suite("Hostile policies", .serialized)
struct HostilePolicyTests {
  struct Attack: Sendable, CustomTestStringConvertible {
    let name: String
    let rules: String
    var testDescription: String { name }
  }

  private static let options = EvaluationOptions(isStrict: true, steps: 200_000, memory: 32 << 20, timeout: .seconds(60))

  private static func prepare(_ rules: String) throws -> PreparedQuery {
    try Policy([try Parser.module(Array(("package p\n" + rules).utf8), file: "m.rego")]).prepare("x = data.p.attack")
  }

  @Test("the budget ends what exceeds it, and says where", arguments: HostilePolicies.exceeding)
  func exceeding(attack: Attack) throws {
    let query = try Self.prepare(attack.rules)
    let error = #expect(throws: RegoError.self) { try query.evaluate(input: nil, options: Self.options) }
    #expect(error?.code == .cancel, "\(String(describing: error))")
    let message = error?.message ?? ""
    #expect(message.contains(" in p.") || message.contains("copying its result"), "\(message)")
    #expect(message.contains("200000 steps") || message.contains("33554432 bytes") || message.contains("60.0 seconds"), "\(message)")
    // The process goes on.
    #expect(try Self.prepare("attack := 1 + 1").evaluate(input: nil, options: Self.options).first?["x"] == .integer(2))
  }

  @Test("a function's own limit ends what it cannot hold", arguments: HostilePolicies.refused)
  func refused(attack: Attack) throws {
    let query = try Self.prepare(attack.rules)
    do throws(RegoError) {
      // What Go's formatting refuses stands in the text.
      let answer = try query.evaluate(input: nil, options: Self.options).first?["x"]
      #expect(attack.name == "sprintf width" && answer != nil)
    } catch {
      #expect((error.code == .builtin || error.code == .cancel) && !error.message.isEmpty)
    }
  }

  @Test("one evaluator answers again after it was stopped, and as before")
  func again() throws {
    let evaluator = Evaluator(
      try Self.prepare("attack := count([x | some x in numbers.range(1, input.n)])"), options: EvaluationOptions(steps: 10_000))
    for _ in 0..<3 {
      #expect(throws: RegoError.self) { try evaluator.evaluate(input: Document(.object([.init(.string("n"), .integer(1_000_000))]))) }
      #expect(try evaluator.evaluate(input: Document(.object([.init(.string("n"), .integer(9))]))).first?["x"] == .integer(9))
    }
  }

  @Test("a task that is cancelled stops inside of functions too")
  func cancellation() async throws {
    let query = try Self.prepare("attack := count([y | some i in numbers.range(1, 10000000); y := sum(numbers.range(1, 1000))])")
    let task = Task { try query.evaluate(input: nil) }
    task.cancel()
    await #expect(throws: RegoError.self) { try await task.value }
  }

  @Test("values of any depth are compared and put into sets; results are copied to a certain depth")
  func depth() throws {
    let count = 4_000
    let chain = (0..<count).map { "p\($0 + 1) := [p\($0)]" }.joined(separator: "\n")
    let rules = "p0 := [input]\n" + chain + "\nattack := "
    let last = "p\(count)"
    for (rule, answer) in [
      ("count([1 | walk(\(last), [_, v]); v == 1])", RegoValue.integer(1)), ("count({\(last), [1]})", .integer(2)),
      ("count(json.marshal(\(last)))", .integer(Int64(2 * count + 3))), ("\(last) == [[2]]", .boolean(false)),
    ] {
      #expect(try Self.prepare(rules + rule).evaluate(input: Document(.integer(1))).first?["x"] == answer)
    }
    let error = #expect(throws: RegoError.self) { try Self.prepare(rules + last).evaluate(input: Document(.integer(1))) }
    #expect(error?.message.contains("nested deeper than 2000 levels") == true)
  }

  @Test("values that share their parts are compared part by part, once")
  func sharing() throws {
    let rules = """
      n(i) := [i, i, i, i, i, i, i, i, i, i]
      a := n(n(n(n(n(n(n(n(n(n(n([1, input]))))))))))) 
      b := n(n(n(n(n(n(n(n(n(n(n([1, input + 0]))))))))))) 
      c := n(n(n(n(n(n(n(n(n(n(n([1, input + 1]))))))))))) 
      attack := [a == b, a == c, a < c, count({a, b, c})]
      """
    let answer = try Self.prepare(rules).evaluate(input: Document(.integer(2)))
    #expect(answer.first?["x"] == .array([.boolean(true), .boolean(false), .boolean(true), .integer(2)]))
  }
}
