import NIOHTTP1
import Rego
import Synchronization
import Testing

@Suite("Answers that http.send keeps") struct CacheTests {
  /// Sun, 06 Nov 1994 08:49:37 GMT
  static let now: Int64 = 784_111_777 * 1_000_000_000
  static let date = "Sun, 06 Nov 1994 08:49:37 GMT"
  static let second: Int64 = 1_000_000_000

  @Test("one evaluation asks once, and for another request again")
  func once() async throws {
    let server = try await LocalServer { .answer($0.uri == "/500" ? 500 : 200) }
    let caller = try Caller()
    let twice =
      #"[a | some i in [1, 2]; a := http.send({"method": "get", "url": input.url, "headers": {"i": sprintf("%v", [i * FACTOR])}})]"#
    _ = try caller.value(twice.replacing("FACTOR", with: "0"), ["url": server.url])
    #expect(server.requests.count == 1)
    _ = try caller.value(twice.replacing("FACTOR", with: "1"), ["url": server.url])
    #expect(server.requests.count == 3)
    let ignoring = twice.replacing("FACTOR", with: "1").replacing("\"headers\"", with: "\"cache_ignored_headers\": [\"i\"], \"headers\"")
    _ = try caller.value(ignoring, ["url": server.url])
    #expect(server.requests.count == 4)
    await server.stop()
  }

  @Test("the next evaluation asks again unless the policy wants the answer kept")
  func fresh() async throws {
    let server = try await LocalServer { _ in .answer(200, ["Cache-Control": "max-age=10", "Date": Self.date]) }
    let caller = try Caller()
    for _ in 0..<2 { _ = try caller.send(server.url, now: Self.now) }
    #expect(server.requests.count == 2)
    for seconds in [0, 5, 9] as [Int64] { _ = try caller.send(server.url, #""cache": true"#, now: Self.now + seconds * Self.second) }
    #expect(server.requests.count == 3)
    _ = try caller.send(server.url, #""cache": true"#, now: Self.now + 10 * Self.second)
    #expect(server.requests.count == 4)
    await server.stop()
  }

  @Test(
    "what an answer says decides",
    arguments: [
      (["Cache-Control": "no-store, max-age=100", "Date": date], "", 2), (["Cache-Control": "max-age=100"], "", 2),
      (["Expires": "Sun, 06 Nov 1994 08:50:37 GMT"], "", 1), (["Expires": "0"], "", 2), ([:], "", 2),
      ([:], #", "force_cache": true, "force_cache_duration_seconds": 60"#, 1),
      (["Cache-Control": "no-store"], #", "force_cache": true, "force_cache_duration_seconds": 60, "caching_mode": "deserialized""#, 1),
      (["Cache-Control": "max-age=nonsense", "Date": date], "", 2),
    ])
  func directives(_ headers: [String: String], _ members: String, _ count: Int) async throws {
    let server = try await LocalServer { _ in .answer(200, headers) }
    let caller = try Caller()
    for seconds in [0, 1] as [Int64] { _ = try caller.send(server.url, #""cache": true"# + members, now: Self.now + seconds * Self.second) }
    #expect(server.requests.count == count)
    await server.stop()
  }

  @Test("a stale answer is compared with the server's")
  func revalidation() async throws {
    let server = try await LocalServer { request in
      let headers = ["ETag": "\"v1\"", "Cache-Control": "max-age=1", "Date": Self.date, "X-Turn": "\(request.headers.count)"]
      return request.headers["If-None-Match"] == ["\"v1\""] ? .answer(304, headers) : .answer(200, headers, body: "whole")
    }
    let caller = try Caller()
    _ = try caller.send(server.url, #""cache": true"#, now: Self.now)
    let value = try caller.send(server.url, #""cache": true"#, now: Self.now + 5 * Self.second)
    #expect(value["raw_body"] == .string("whole"))
    #expect(value["status_code"] == .integer(200))
    #expect(server.requests.last?.headers["If-None-Match"] == ["\"v1\""])
    #expect(server.requests.count == 2)
    await server.stop()
  }

  @Test("a kept answer is not for those who may not ask the host, and errors are not kept between evaluations")
  func errors() async throws {
    let server = try await LocalServer { _ in .answer(500) }
    let caller = try Caller()
    for _ in 0..<2 { _ = try caller.send(server.url, #""force_cache": true, "force_cache_duration_seconds": 60"#, now: Self.now) }
    #expect(server.requests.count == 2)
    await server.stop()
    let kept = try await LocalServer { _ in .answer(200) }
    let members = #""force_cache": true, "force_cache_duration_seconds": 60"#
    _ = try caller.send(kept.url, members, now: Self.now)
    #expect(throws: RegoError.self) { try caller.send(kept.url, members, network: .none, now: Self.now) }
    await kept.stop()
  }
}
