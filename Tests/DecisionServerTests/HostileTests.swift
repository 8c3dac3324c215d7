import DecisionServer
import Foundation
import NIOHTTP1
import Rego
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

@Suite("Hostile requests") struct HostileTests {
  /// Bytes over a connection of their own; what comes back until it ends, or until nothing comes for 10 seconds.
  private func talk(_ port: Int, _ parts: [[UInt8]]) throws -> String {
    let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var limit = timeval(tv_sec: 10, tv_usec: 0)
    _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let connected = unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(connected == 0)
    for part in parts {
      var done = 0
      while done < part.count {
        let count = unsafe part.withUnsafeBytes {
          unsafe send(descriptor, $0.baseAddress.unsafelyUnwrapped + done, $0.count - done, Int32(MSG_NOSIGNAL))
        }
        if count <= 0 { break }
        done += count
      }
    }
    var result: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
      if count <= 0 { break }
      result += buffer[..<count]
    }
    return String(decoding: result, as: UTF8.self)
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
    #expect(try await server.send("POST", "/v1/data/p/x", #"{"input": 1}"#).result == .integer(1))
    try await server.stop()
  }

  @Test("bodies over the limit, said or not, and heads without end")
  func sizes() async throws {
    let server = try await RunningServer { $0.bodyLimit = 10_000 }
    #expect(try await server.send("PUT", "/v1/data/x", "\"" + String(repeating: "a", count: 20_000) + "\"").status == 413)
    let chunk = Array("1000\r\n".utf8) + Array(repeating: 0x20, count: 4096) + Array("\r\n".utf8)
    let head = Array("PUT /v1/data/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
    #expect(try talk(server.port, [head, chunk, chunk, chunk, chunk]).hasPrefix("HTTP/1.1 413"))
    let long = Array("GET / HTTP/1.1\r\nHost: x\r\nX: ".utf8) + Array(repeating: 0x61, count: 300_000)
    #expect(try talk(server.port, [long, Array("\r\n\r\n".utf8)]).hasPrefix("HTTP/1.1 200") == false)
    let many = Array("GET / HTTP/1.1\r\nHost: x\r\n".utf8) + (0..<5000).flatMap { Array("X\($0): y\r\n".utf8) } + Array("\r\n".utf8)
    #expect(try talk(server.port, [many]).hasPrefix("HTTP/1.1 200") == false)
    #expect(try talk(server.port, [Array("\u{0}\u{1}nonsense\r\n\r\n".utf8)]).hasPrefix("HTTP/1.1 200") == false)
    #expect(try await server.send("GET", "/health").status == 200)
    try await server.stop()
  }

  @Test("a body that does not come, and a connection that says nothing, are given up")
  func slowness() async throws {
    let server = try await RunningServer {
      $0.bodyTimeout = .milliseconds(300)
      $0.idleTimeout = .seconds(2)
    }
    let start = ContinuousClock.now
    let head = Array("POST /v1/data HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{".utf8)
    #expect(try talk(server.port, [head]).hasPrefix("HTTP/1.1 200") == false)
    #expect(try talk(server.port, []).isEmpty)
    #expect(try talk(server.port, [Array("GET / HT".utf8)]).hasPrefix("HTTP/1.1 200") == false)
    #expect(ContinuousClock.now - start < .seconds(25))
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
}
