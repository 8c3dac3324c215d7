import DecisionServer
import Foundation
import NIOHTTP1
import Rego
import Testing

@Suite("Hostile requests") struct HostileTests {
  /// Bytes over a connection of their own; what comes back until it ends, or until nothing comes for 10 seconds.
  private func talk(_ port: Int, _ parts: [[UInt8]]) async throws -> String {
    let connection = try RawConnection(port)
    for part in parts { await connection.send(part) }
    return await connection.rest()
  }

  @Test("documents that are too deep, broken, or no UTF-8 are refused, and the server goes on")
  func documents() async throws {
    let server = try await RunningServer(["p.rego": "package p\nx := input"])
    let deep = #"{"input": "# + String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000) + "}"
    for method in ["POST", "PUT"] {
      let answer = try await server.send(method, "/v1/data/p/y", deep)
      #expect(answer.status == 400 && answer.code == "invalid_parameter")
    }
    for text in ["{", "{\"input\": tru", "nonsense", "[1]", "\"x\"", "{\"input\": 1} trailing"] {
      let answer = try await server.send("POST", "/v1/data/p/x", text)
      #expect(answer.status == 400 && answer.code == "invalid_parameter", "\(text)")
    }
    let bytes = Array(#"{"input": ""#.utf8) + [0xFF, 0xC0, 0x80] + Array(#""}"#.utf8)
    let answer = try await server.send("POST", "/v1/data/p/x", bytes: bytes)
    #expect(answer.status == 400 || answer.status == 200)
    #expect(String(validating: answer.bytes, as: UTF8.self) != nil)
    let yaml = "input: &a [x, x, x, x, x, x, x, x]\n" + (0..<10).map { "b\($0): &b\($0) [*a, *a, *a, *a, *a, *a]\n" }.joined()
    _ = try await server.send("POST", "/v1/data/p/x", yaml, headers: ["Content-Type": "application/yaml"])
    for path in ["/v1/data/%FF%FE", "/v1/data/a%22b", "/v1/data/..%2F..", "/v1/data//p///x", "/v1/data/%zz", "/v1/query?q=%00"] {
      #expect(try await server.send("GET", path).status < 500, "\(path)")
    }
    let long = String(repeating: "/a", count: 20_000)
    #expect(try await server.send("PUT", "/v1/data" + long, "1").status == 400)
    #expect(try await server.send("PATCH", "/v1/data", "[{\"op\": \"add\", \"path\": \"\(long)\", \"value\": 1}]").status == 400)
    #expect(try await server.send("DELETE", "/v1/data" + long).status == 400)
    #expect(try await server.send("GET", "/v1/data" + long).status < 500)
    #expect(try await server.send("POST", "/v1/data/p/x", #"{"input": 1}"#).result == .integer(1))
    try await server.stop()
  }

  @Test("bodies over the limit, said or not, and heads without end")
  func sizes() async throws {
    let server = try await RunningServer { $0.bodyLimit = 10_000 }
    #expect(try await server.send("PUT", "/v1/data/x", "\"" + String(repeating: "a", count: 20_000) + "\"").status == 413)
    let chunk = Array("1000\r\n".utf8) + Array(repeating: 0x20, count: 4096) + Array("\r\n".utf8)
    let head = Array("PUT /v1/data/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
    #expect(try await talk(server.port, [head, chunk, chunk, chunk, chunk]).hasPrefix("HTTP/1.1 413"))
    let long = Array("GET / HTTP/1.1\r\nHost: x\r\nX: ".utf8) + Array(repeating: 0x61, count: 300_000)
    #expect(try await talk(server.port, [long, Array("\r\n\r\n".utf8)]).hasPrefix("HTTP/1.1 200") == false)
    let many = Array("GET / HTTP/1.1\r\nHost: x\r\n".utf8) + (0..<5000).flatMap { Array("X\($0): y\r\n".utf8) } + Array("\r\n".utf8)
    #expect(try await talk(server.port, [many]).hasPrefix("HTTP/1.1 200") == false)
    #expect(try await talk(server.port, [Array("\u{0}\u{1}nonsense\r\n\r\n".utf8)]).hasPrefix("HTTP/1.1 200") == false)
    #expect(try await server.send("GET", "/health").status == 200)
    try await server.stop()
  }

  @Test("a body that does not come is given up")
  func slowBody() async throws {
    let box = LineBox()
    let server = try await RunningServer {
      $0.bodyTimeout = .milliseconds(300)
      $0.idleTimeout = .seconds(600)
      $0.log = { box.add($0) }
    }
    let head = Array("POST /v1/data HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{".utf8)
    #expect(try await talk(server.port, [head]).hasPrefix("HTTP/1.1 408"))
    #expect(box.lines.contains { $0.contains("POST /v1/data: the body did not come within") })
    #expect(try await server.send("GET", "/health").status == 200)
    try await server.stop()
  }

  @Test("a connection that says nothing is given up")
  func silence() async throws {
    let server = try await RunningServer { $0.idleTimeout = .seconds(2) }
    #expect(try await talk(server.port, []).isEmpty)
    #expect(try await talk(server.port, [Array("GET / HT".utf8)]).hasPrefix("HTTP/1.1 200") == false)
    #expect(try await server.send("GET", "/health").status == 200)
    try await server.stop()
  }

  @Test("evaluations end at their bounds")
  func evaluations() async throws {
    let server = try await RunningServer {
      $0.evaluation.timeout = .milliseconds(200)
      $0.evaluation.memory = 64 << 20
    }
    let query = #"{"query": "x := [a | some a in numbers.range(1, 100000); some b in numbers.range(1, 100000); a + b == 0]"}"#
    let answer = try await server.send("POST", "/v1/query", query)
    #expect(answer.status == 500 && answer.text.contains("eval_cancel_error"))
    #expect(
      try await server.send("POST", "/v1/query", #"{"query": "http.send({\"method\": \"get\", \"url\": \"http://127.0.0.1\"})"}"#).status
        == 400)
    try await server.stop()
  }

  private static let endless = "package p\nx if { some a in numbers.range(1, 9000000); some b in numbers.range(1, 9000000); a + b == 0 }"

  @Test("a client that leaves ends its evaluation, whatever time it may take")
  func leaving() async throws {
    let server = try await RunningServer(["p.rego": Self.endless], data: #"{"a": 1}"#) {
      $0.concurrency = 1
      $0.evaluation.timeout = nil
    }
    for _ in 0..<3 {
      let connection = try RawConnection(server.port)
      await connection.send(Array("GET /v1/data/p/x HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
      // It has begun: the only thread is taken, and somebody else waits for it.
      try await Task.sleep(for: .milliseconds(100))
      connection.close()
      #expect(try await server.send("GET", "/v1/data/a").result == .integer(1))
    }
    try await server.stop()
  }

  @Test("a client that takes nothing of its answer is given up")
  func unread() async throws {
    let box = LineBox()
    let server = try await RunningServer(data: #"{"a": "\#(String(repeating: "x", count: 40_000_000))"}"#) {
      $0.answerTimeout = .milliseconds(200)
      $0.log = { box.add($0) }
    }
    let connection = try RawConnection(server.port)
    await connection.send(Array("GET /v1/data/a HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
    for _ in 0..<600 where box.lines.isEmpty { try await Task.sleep(for: .milliseconds(50)) }
    #expect(box.lines.first?.contains("took nothing of its answer") == true)
    #expect(try await server.send("GET", "/health").status == 200)
    try await server.stop()
  }

  @Test("connections over the limit wait for one that ends")
  func connections() async throws {
    let server = try await RunningServer(data: #"{"a": 1}"#) { $0.connectionLimit = 1 }
    let request = Array("GET /v1/data/a HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
    let first = try RawConnection(server.port)
    await first.send(request)
    #expect(String(decoding: await first.receive(), as: UTF8.self).hasPrefix("HTTP/1.1 200"))
    let second = try RawConnection(server.port, patience: 1)
    await second.send(request)
    #expect(await second.receive().isEmpty)
    first.close()
    var answer = await second.receive()
    for _ in 0..<20 where answer.isEmpty { answer = await second.receive() }
    #expect(String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 200"))
    second.close()
    try await server.stop()
  }

  @Test("bytes of one evaluation have a bound")
  func memory() async throws {
    let server = try await RunningServer { $0.evaluation.memory = 64 << 20 }
    let answer = try await server.send("POST", "/v1/query", #"{"query": "x := [a | some a in numbers.range(1, 60000000)]"}"#)
    #expect(answer.status == 500 && answer.text.contains("67108864 bytes of values"), "\(answer.text)")
    #expect(try await server.send("GET", "/health").status == 200)
    try await server.stop()
  }
}
