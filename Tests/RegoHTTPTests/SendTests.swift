import Foundation
import NIOHTTP1
import Rego
import RegoBuiltins
import RegoHTTP
import Synchronization
import Testing

/// Calls `http.send` the way a policy does.
struct Caller {
  let policy: Policy

  init(bodyLimit: Int = 1 << 20) throws {
    policy = try Policy([], options: .init(functions: StandardFunctions.all(sending: HTTPTransport(bodyLimit: bodyLimit))))
  }

  /// - Parameter request: members besides `method`, as Rego.
  func send(
    _ url: String, _ members: String = "", method: String = "get", network: NetworkAccess = .hosts(["127.0.0.1", "localhost"]),
    timeout: Duration? = nil, now: Int64? = nil
  ) throws -> RegoValue {
    let request = #"{"method": "\#(method)", "url": input.url\#(members.isEmpty ? "" : ", " + members)}"#
    return try value("http.send(\(request))", ["url": url], network: network, timeout: timeout, now: now)
  }

  func value(
    _ expression: String, _ input: [String: String], network: NetworkAccess = .hosts(["127.0.0.1", "localhost"]), timeout: Duration? = nil,
    now: Int64? = nil
  ) throws -> RegoValue {
    let query = try policy.prepare("x = \(expression)")
    let document = Document(.object(input.map { .init(.string($0.key), .string($0.value)) }))
    let options = EvaluationOptions(isStrict: true, now: now, timeout: timeout, network: network)
    return try #require(try query.evaluate(input: document, options: options).first?["x"])
  }
}

extension RegoValue {
  var string: String? { if case .string(let text) = self { text } else { nil } }
  /// Of an answer that `raise_error` keeps from ending the evaluation.
  var errorCode: String? { self["error"]?["code"]?.string }
  var errorMessage: String { self["error"]?["message"]?.string ?? "" }
}

@Suite("http.send") struct SendTests {
  @Test("status, headers and a decoded body")
  func answers() async throws {
    let server = try await LocalServer { _ in .answer(200, ["Content-Type": "application/json", "X-One": "1"], body: #"{"a": [1, 2]}"#) }
    let value = try Caller().send(server.url + "/p?q=1", #""headers": {"x-me": "é", "User-Agent": "u"}"#)
    #expect(value["status_code"] == .integer(200))
    #expect(value["status"] == .string("200 OK"))
    #expect(value["body"]?["a"] == .array([.integer(1), .integer(2)]))
    #expect(value["raw_body"] == .string(#"{"a": [1, 2]}"#))
    #expect(value["headers"]?["x-one"] == .array([.string("1")]))
    #expect(value["error"] == nil)
    let request = try #require(server.requests.first)
    #expect(request.method == "GET")
    #expect(request.uri == "/p?q=1")
    #expect(request.headers["X-Me"] == ["é"])
    #expect(request.headers["User-Agent"] == ["u"])
    #expect(request.headers["Host"] == ["127.0.0.1:\(server.port)"])
    await server.stop()
  }

  @Test("body as JSON, raw_body as it is")
  func bodies() async throws {
    let server = try await LocalServer { .answer(201, body: $0.body) }
    let caller = try Caller()
    #expect(try caller.send(server.url, #""body": {"b": {1}, "a": null}"#, method: "post")["raw_body"] == .string(#"{"a":null,"b":[1]}"#))
    #expect(try caller.send(server.url, #""raw_body": "a\nb", "body": 1"#, method: "Put")["raw_body"] == .string("a\nb"))
    #expect(server.requests.map(\.method) == ["POST", "PUT"])
    #expect(try caller.send(server.url, method: "post")["body"] == .null)
    await server.stop()
  }

  @Test(
    "how bodies are decoded",
    arguments: [
      ("text/plain", "", #"{"a": 1}"#, "null"), ("text/plain", #""force_json_decode": true"#, #"{"a": 1}"#, #"{"a":1}"#),
      ("application/vnd.x+json; charset=utf-8", "", "[1]", "[1]"), ("application/json", "", "{nonsense", "null"),
      ("application/yaml", "", "a: [b, 2]", #"{"a":["b",2]}"#), ("application/x-yaml", "", "a: 1", #"{"a":1}"#),
      ("text/plain", #""force_yaml_decode": true"#, "- x", #"["x"]"#), ("application/yaml", "", "a: [", "null"),
    ])
  func decoding(_ type: String, _ members: String, _ body: String, _ expected: String) async throws {
    let server = try await LocalServer { _ in .answer(200, ["Content-Type": type], body: body) }
    let value = try Caller().send(server.url, members)
    #expect(String(decoding: Document(try #require(value["body"])).json(), as: UTF8.self) == expected)
    await server.stop()
  }

  @Test("no host that is not allowed is connected to")
  func allowed() async throws {
    let server = try await LocalServer { _ in .answer(200) }
    let caller = try Caller()
    for network in [NetworkAccess.none, .hosts(["localhost"])] {
      let error = #expect(throws: RegoError.self) { try caller.send(server.url, network: network) }
      #expect(error?.message == "http.send: unallowed host: 127.0.0.1")
    }
    #expect(try caller.send(server.url, #""raise_error": false"#, network: .none).errorCode == "eval_http_send_internal_error")
    // The host counts, not what looks like one.
    for url in ["http://localhost@127.0.0.1:\(server.port)/", "http://127.0.0.1:\(server.port)/#@localhost"] {
      #expect(throws: RegoError.self) { try caller.send(url, network: .hosts(["localhost"])) }
    }
    #expect(server.requests.isEmpty)
    #expect(try caller.send(server.url, network: .all)["status_code"] == .integer(200))
    await server.stop()
  }

  @Test("without a transport no request is made, and the text says so")
  func silent() throws {
    let policy = try Policy([], options: .init(functions: StandardFunctions.all))
    let query = try policy.prepare(#"http.send({"method": "get", "url": "http://127.0.0.1:1/"})"#)
    let error = #expect(throws: RegoError.self) { try query.evaluate(options: .init(isStrict: true, network: .all)) }
    #expect(error?.message.contains("this program makes no requests") == true)
  }

  @Test(
    "wrong requests are named in OPA's words",
    arguments: [
      (#"{"method": "get"}"#, #"operand 1 missing required request parameters(s): {"url"}"#),
      (#"{"method": "get", "url": "http://127.0.0.1/", "x": 1}"#, #"operand 1 invalid request parameters(s): {"x"}"#),
      (#"{"method": 1, "url": "http://127.0.0.1/"}"#, #""method" must be a string"#),
      (#"{"method": "g t", "url": "http://127.0.0.1/"}"#, "invalid method"),
      (#"{"method": "get", "url": "http://127.0.0.1/", "headers": {"a": 1}}"#, "invalid type for headers value"),
      (#"{"method": "get", "url": "http://127.0.0.1/", "headers": {"a": "b\r\nc: d"}}"#, "invalid header field value"),
      (#"{"method": "get", "url": "http://127.0.0.1/", "headers": {"a b": "c"}}"#, "invalid header field name"),
      (#"{"method": "get", "url": "http://127.0.0.1/\r\nX: y"}"#, "invalid control character in URL"),
      (#"{"method": "get", "url": "ftp://127.0.0.1/"}"#, "unsupported protocol scheme"),
      (#"{"method": "get", "url": "http://127.0.0.1/", "timeout": "5 parsecs"}"#, "invalid timeout value"),
      (#"{"method": "get", "url": "http://127.0.0.1/", "timeout": true}"#, "'timeout' must be one of {string, number}"),
      (#"{"method": "get", "url": "http://127.0.0.1/", "force_cache": true}"#, "'force_cache_duration_seconds' parameter is missing"),
      (#"{"method": "get", "url": "http://127.0.0.1/", "caching_mode": "x"}"#, "invalid value specified"),
      (#"{"method": "get", "url": "http://127.0.0.1/", "max_retry_attempts": -1}"#, "invalid value -1 for field"),
      (#"{"method": "get", "url": "https://127.0.0.1/", "tls_ca_cert": "x"}"#, "could not append certificates"),
      (#"{"method": "get", "url": "https://127.0.0.1/", "tls_ca_cert_file": "/dev/zero"}"#, "no regular file"),
    ])
  func wrong(_ request: String, _ reason: String) throws {
    let error = #expect(throws: RegoError.self) { try Caller().value("http.send(input.r)", request: request) }
    #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
  }

  @Test("a host that does not answer is an error of the network")
  func refused() async throws {
    let server = try await LocalServer { _ in .answer(200) }
    let url = server.url
    await server.stop()
    let value = try Caller().send(url, #""raise_error": false"#)
    #expect(value["status_code"] == .integer(0))
    #expect(value.errorCode == "eval_http_send_network_error")
    #expect(value.errorMessage.contains("connection refused"))
    let error = #expect(throws: RegoError.self) { try Caller().send(url) }
    #expect(error?.code == .builtin)
    #expect(error?.message.hasPrefix("http.send: Get \"\(url)\": dial tcp") == true)
  }

  @Test("a connection that ends too early, a body that is too long")
  func broken() async throws {
    let cut = try await LocalServer { _ in .cut }
    #expect(try Caller().send(cut.url, #""raise_error": false"#).errorCode != nil)
    await cut.stop()
    let flood = try await LocalServer { $0.uri == "/said" ? .answer(200, body: String(repeating: "x", count: 4097)) : .flood }
    for path in ["/said", "/unsaid"] {
      let value = try Caller(bodyLimit: 4096).send(flood.url + path, #""raise_error": false"#)
      #expect(value.errorMessage.contains("more than 4096 bytes"))
      #expect(value.errorCode == "eval_http_send_internal_error")
    }
    await flood.stop()
  }

  @Test("times: of the request, of the query, and a task that is cancelled")
  func times() async throws {
    let server = try await LocalServer { $0.uri == "/slow" ? .trickle : .silence }
    let caller = try Caller()
    for (path, code) in [("/never", "network"), ("/slow", "internal")] {
      let value = try caller.send(server.url + path, #""timeout": "100ms", "raise_error": false"#)
      #expect(value.errorCode == "eval_http_send_\(code)_error")
      #expect(value.errorMessage.contains("context deadline exceeded"))
    }
    let late = #expect(throws: RegoError.self) { try caller.send(server.url, #""timeout": 100000000"#) }
    #expect(late?.message == "http.send: Get \(server.url): request timed out")
    let over = #expect(throws: RegoError.self) {
      try caller.send(server.url, #""timeout": 0, "raise_error": false"#, timeout: .milliseconds(100))
    }
    #expect(over?.code == .cancel)
    let url = server.url
    let task = Task.detached { try caller.send(url, #""timeout": 0"#) }
    try await Task.sleep(for: .milliseconds(100))
    task.cancel()
    await #expect(throws: RegoError.self) { try await task.value }
    await server.stop()
  }

  @Test("requests are repeated as often as the policy says")
  func repetitions() async throws {
    let server = try await LocalServer { _ in .silence }
    _ = try Caller().send(server.url, #""timeout": "50ms", "max_retry_attempts": 2, "raise_error": false"#)
    #expect(server.requests.count == 3)
    await server.stop()
  }

  @Test("a local socket")
  func socket() async throws {
    let path = NSTemporaryDirectory() + "rego-\(UInt32.random(in: 0 ... .max)).sock"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let server = try await LocalServer(socket: path) { .answer(200, body: $0.uri) }
    let escaped = path.replacingOccurrences(of: "/", with: "%2F")
    #expect(try Caller().send("unix://localhost/end/point?socket=\(escaped)&x=1")["raw_body"] == .string("/end/point?x=1"))
    #expect(server.requests.first?.headers["Host"] == ["localhost"])
    #expect(throws: RegoError.self) { try Caller().send("unix://localhost/?socket=\(escaped)", network: .hosts(["127.0.0.1"])) }
    await server.stop()
  }
}

extension Caller {
  func value(_ expression: String, request: String) throws -> RegoValue {
    let query = try policy.prepare("x = \(expression)")
    let input = try Document(json: Array(#"{"r": \#(request)}"#.utf8))
    let options = EvaluationOptions(isStrict: true, network: .hosts(["127.0.0.1"]))
    return try #require(try query.evaluate(input: input, options: options).first?["x"])
  }
}
