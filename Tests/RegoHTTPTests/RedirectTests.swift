import NIOHTTP1
import Rego
import Testing

@Suite("Redirects of http.send") struct RedirectTests {
  @Test("are followed only where the policy says so, and change the method as Go does")
  func followed() async throws {
    let server = try await LocalServer { request in
      switch request.uri {
      case "/303": .answer(303, ["Location": "/end"])
      case "/307": .answer(307, ["Location": "end"])
      case "/nowhere": .answer(301)
      default: .answer(200, body: request.method + request.body)
      }
    }
    let caller = try Caller()
    #expect(try caller.send(server.url + "/303")["status_code"] == .integer(303))
    let body = #""enable_redirect": true, "raw_body": "b""#
    #expect(try caller.send(server.url + "/303", body, method: "post")["raw_body"] == .string("GET"))
    #expect(try caller.send(server.url + "/307", body, method: "post")["raw_body"] == .string("POSTb"))
    #expect(try caller.send(server.url + "/nowhere", body)["status_code"] == .integer(301))
    await server.stop()
  }

  @Test("lead to no host that is not allowed, and tell another host no secrets")
  func elsewhere() async throws {
    let other = try await LocalServer { _ in .answer(200) }
    let port = other.port
    let server = try await LocalServer { request in
      request.uri == "/scheme" ? .answer(302, ["Location": "file:///etc/passwd"]) : .answer(302, ["Location": "http://localhost:\(port)/x"])
    }
    let caller = try Caller()
    let members = #""enable_redirect": true, "raise_error": false, "headers": {"Authorization": "s", "Cookie": "c", "X": "y"}"#
    let refused = try caller.send(server.url, members, network: .hosts(["127.0.0.1"]))
    #expect(refused.errorCode == "eval_http_send_network_error")
    #expect(refused.errorMessage.contains("unallowed host: localhost"))
    #expect(other.requests.isEmpty)
    #expect(try caller.send(server.url + "/scheme", members).errorMessage.contains("unsupported protocol scheme"))
    #expect(try caller.send(server.url, members)["status_code"] == .integer(200))
    let request = try #require(other.requests.first)
    #expect(request.headers["Authorization"].isEmpty && request.headers["Cookie"].isEmpty)
    #expect(request.headers["X"] == ["y"])
    #expect(request.headers["Host"] == ["localhost:\(port)"])
    await server.stop()
    await other.stop()
  }

  @Test("in a circle end")
  func circle() async throws {
    let server = try await LocalServer { _ in .answer(302, ["Location": "/"]) }
    let value = try Caller().send(server.url, #""enable_redirect": true, "raise_error": false"#)
    #expect(value.errorMessage.contains("stopped after 10 redirects"))
    await server.stop()
  }
}
