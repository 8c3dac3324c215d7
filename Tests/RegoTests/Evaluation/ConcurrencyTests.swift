import Rego
import Testing

/// What threads share: policies, prepared queries, documents. Run under the thread sanitizer too (`make sanitize`).
@Suite("Concurrency")
struct ConcurrencyTests {
  static func policy(_ text: String, data: String = "{}", functions: [BuiltinFunction] = []) throws -> Policy {
    try Policy(
      [try Parser.module(Array(text.utf8), file: "p.rego")], data: try Document(json: Array(data.utf8)),
      options: .init(functions: functions))
  }

  @Test("one prepared query, many tasks, each with its own input")
  func preparedQuery() async throws {
    let policy = try Self.policy(
      """
      package p
      total := sum([m | some n in numbers.range(1, input.n); m := n * data.factor])
      names contains sprintf("%s-%d", [input.name, n]) if some n in numbers.range(1, input.n)
      hits := {m | some m in names; regex.match(`-[0-9]$`, m)}
      """, data: #"{"factor": 3}"#)
    let query = try policy.prepare("total := data.p.total; count(data.p.names, names); count(data.p.hits, hits)")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 1...8 {
        group.addTask {
          for turn in 1...20 {
            let n = Int64(task * 3 + turn % 5)
            let input = Document(.object([.init(.string("n"), .integer(n)), .init(.string("name"), .string("task \(task)"))]))
            let solution = try #require(try query.evaluate(input: input).first)
            #expect(solution["total"] == .integer(3 * n * (n + 1) / 2))
            #expect(solution["names"] == .integer(n))
            #expect(solution["hits"] == .integer(min(n, 9)))
          }
        }
      }
      try await group.waitForAll()
    }
  }

  @Test("queries are prepared by several tasks while others are evaluated, over one document")
  func preparing() async throws {
    let policy = try Self.policy("package p\nf(x) := x + data.a[_].n\nv contains f(input[_])", data: #"{"a": [{"n": 1}]}"#)
    let input = try Document(json: Array("[1, 2, 3]".utf8))
    let texts = try await withThrowingTaskGroup(of: String.self) { group in
      for task in 1...8 {
        group.addTask {
          let query = try policy.prepare("x := data.p.v; y := data.p.f(\(task))")
          let solution = try #require(try query.evaluate(input: input).first)
          #expect(solution["y"] == .integer(Int64(task + 1)))
          return String(decoding: Document(try #require(solution["x"])).json(), as: UTF8.self)
        }
      }
      return try await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(texts == ["[2,3,4]"])
  }

  @Test("a function of the caller's is called from several tasks")
  func functions() async throws {
    let double = BuiltinFunction("numbers.double", [.number], result: .number) { call throws(BuiltinError) in
      guard let number = call[0].integer else { throw call.wrongType(0, "number") }
      return .integer(number * 2)
    }
    let query = try Self.policy("package p\nv := numbers.double(input)", functions: [double]).prepare("v := data.p.v")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 1...8 {
        group.addTask {
          let solution = try query.evaluate(input: Document(.integer(Int64(task)))).first
          #expect(solution?["v"] == .integer(Int64(task * 2)))
        }
      }
      try await group.waitForAll()
    }
  }

  static let endless = "package p\nv if { some a in numbers.range(1, 100000); some b in numbers.range(1, 100000); a * b == input }"

  @Test("a task that is cancelled ends its evaluation, and the query serves the next")
  func cancellation() async throws {
    let query = try Self.policy(Self.endless).prepare("data.p.v")
    // Ends too where nobody looks at the task.
    let options = EvaluationOptions(steps: 20_000_000)
    let task = Task { () -> RegoError? in
      do throws(RegoError) { _ = try query.evaluate(input: Document(.integer(-1)), options: options) } catch { return error }
      return nil
    }
    task.cancel()
    let error = await task.value
    #expect(error?.code == .cancel)
    #expect(error?.message.contains("was cancelled") == true)
    #expect(try query.evaluate(input: Document(.integer(1)), options: options).count == 1)
  }

  @Test("a budget that ends one evaluation does not touch those beside it")
  func budgets() async throws {
    let query = try Self.policy(Self.endless).prepare("data.p.v")
    await withTaskGroup(of: Void.self) { group in
      for task in 1...6 {
        group.addTask {
          let isSmall = task.isMultiple(of: 2)
          let options = EvaluationOptions(steps: isSmall ? 1_000 : 10_000_000)
          var solutions: [Solution] = []
          do throws(RegoError) {
            solutions = try query.evaluate(input: Document(.integer(isSmall ? -1 : 1)), options: options)
          } catch {
            #expect(isSmall && error.code == .cancel, "\(error)")
          }
          #expect(solutions.count == (isSmall ? 0 : 1))
        }
      }
    }
  }

  @Test("queries that are kept while documents change, several over one policy")
  func live() async throws {
    let policy = try Self.policy(
      "package p\ndeny contains [name, m.size] if { some name, m in input.machines; m.size > data.limit }", data: #"{"limit": 5}"#)
    let machines = (0..<50).map { "\"m\($0)\": {\"size\": \($0 % 5)}" }.joined(separator: ", ")
    let input = try Document(json: Array("{\"machines\": {\(machines)}}".utf8))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 1...6 {
        group.addTask {
          let query = try policy.live("data.p.deny", input: input)
          #expect(try query.solutions().first?.values == [.set([])])
          for turn in 0..<20 {
            let size = Int64(6 + task + turn)
            let change = try query.apply([DocumentEdit(.replace(.integer(size)), at: "/machines/m\(turn)/size")])
            #expect(change.added == [.array([.string("m\(turn)"), .integer(size)])] && change.removed.isEmpty)
          }
        }
      }
      try await group.waitForAll()
    }
  }

  @Test("policies of one compilation over other data, replaced while others ask")
  func replacing() async throws {
    let policy = try Self.policy("package p\nx := data.n + input", data: #"{"n": 0}"#)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 1...6 {
        group.addTask {
          for turn in 1...15 {
            let number = Int64(task * turn)
            let other = policy.replacing(data: Document(.object([.init(.string("n"), .integer(number))])))
            let (changed, first) = (try other.prepare("data.p.x"), try policy.prepare("data.p.x"))
            #expect(try changed.evaluate(input: Document(.integer(1))).first?.values == [.integer(number + 1)])
            #expect(try first.evaluate(input: Document(.integer(1))).first?.values == [.integer(1)])
          }
        }
      }
      try await group.waitForAll()
    }
  }
}
