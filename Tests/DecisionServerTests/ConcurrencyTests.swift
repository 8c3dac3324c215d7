import DecisionServer
import NIOHTTP1
import Rego
import Testing

/// What requests share. Run under the thread sanitizer too (`make sanitize`).
@Suite("Requests at the same time") struct ServerConcurrencyTests {
  @Test("documents, policies and queries change and are asked for by many, and each answer is of one state")
  func store() async throws {
    let server = try await RunningServer(
      ["p.rego": "package p\npair := [data.v.a, data.v.b]\nprint_it if print(\"x\", data.v.a)"], data: #"{"v": {"a": 0, "b": 0}}"#
    ) {
      $0.concurrency = 4
      $0.printed = { _ in }
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 1...2 {
        group.addTask { () async throws -> Void in
          for turn in 1...15 {
            let number = task * 1000 + turn
            #expect(try await server.send("PUT", "/v1/data/v", "{\"a\": \(number), \"b\": \(number)}").status == 204)
            #expect(try await server.send("PUT", "/v1/data/w\(task)/x", "\(turn)").status == 204)
            let change = "[{\"op\": \"add\", \"path\": \"/y\", \"value\": \(turn)}]"
            #expect(try await server.send("PATCH", "/v1/data/w\(task)", change).status == 204)
          }
        }
        group.addTask { () async throws -> Void in
          for turn in 1...10 {
            let module = "package q\(task)\nnumber := \(turn)\npair := data.p.pair"
            #expect(try await server.send("PUT", "/v1/policies/q\(task)", module).status == 200)
            #expect(try await server.send("GET", "/v1/data/q\(task)/number").result == .integer(Int64(turn)))
            #expect(try await server.send("GET", "/v1/policies/q\(task)").status == 200)
          }
        }
        group.addTask { () async throws -> Void in
          for turn in 1...20 {
            let answer = try await server.send("POST", "/v1/data/p/pair", #"{"input": {}}"#)
            guard case .array(let pair)? = answer.result else {
              Issue.record("no pair: \(answer.text)")
              return
            }
            #expect(pair[0] == pair[1])
            let body = "{\"query\": \"data.p.pair = [x, x]; data.p.print_it; y := \(turn)\"}"
            #expect(try await server.send("POST", "/v1/query", body).result != nil)
            #expect(try await server.send("POST", "/v1/data/p/pair?explain=full&metrics", #"{"input": {}}"#).status == 200)
            let compile = #"{"query": "data.p.pair = [input.x, input.y]", "unknowns": ["input"]}"#
            #expect(try await server.send("POST", "/v1/compile", compile).status == 200)
            #expect(try await server.send("GET", "/metrics").status == 200)
          }
        }
      }
      try await group.waitForAll()
    }
    try await server.stop()
  }
}
