import DecisionServer
import NIOHTTP1
import Rego
import Testing

@Suite("Decisions and data over HTTP") struct DataTests {
  static let policy = """
    package example
    allow if input.user == "root"
    greeting := sprintf("hello, %v", [input.name])
    broken := 1 / input.zero
    twice contains x if some x in data.numbers
    """

  @Test("GET and POST ask for a document, with and without an input")
  func decisions() async throws {
    let server = try await RunningServer(["e.rego": Self.policy], data: #"{"numbers": [1, 2], "a": {"b c": "d", "e": [7]}}"#)
    var answer = try await server.send("POST", "/v1/data/example/allow", #"{"input": {"user": "root"}}"#)
    #expect(answer.status == 200 && answer.text == "{\"result\":true}\n")
    #expect(answer.headers["Content-Type"] == ["application/json"])
    answer = try await server.send("POST", "/v1/data/example/allow", "{}")
    #expect(answer.result == nil && answer.json["warning"]?["code"] == .string("api_usage_warning"))
    answer = try await server.send("GET", "/v1/data/example/greeting?input=%7B%22name%22%3A%22x%22%7D")
    #expect(answer.result == .string("hello, x"))
    #expect(try await server.send("GET", "/v1/data/a/b%20c").result == .string("d"))
    #expect(try await server.send("GET", "/v1/data/a/e/0").result == .integer(7))
    #expect(try await server.send("GET", "/v1/data/example/twice").result == .array([.integer(1), .integer(2)]))
    #expect(try await server.send("GET", "/v1/data/nothing").text == "{}\n")
    #expect(try await server.send("GET", "/v1/data?pretty=true").text.contains("\n    \"a\": {"))
    answer = try await server.send(
      "POST", "/v1/data/example/greeting", "input:\n  name: ann\n", headers: ["Content-Type": "application/yaml"])
    #expect(answer.result == .string("hello, ann"))
    try await server.stop()
  }

  @Test("parameters: metrics, explanations, provenance, strict errors")
  func parameters() async throws {
    let server = try await RunningServer(["e.rego": Self.policy]) { $0.version = "9.9" }
    var answer = try await server.send("POST", "/v1/data/example/allow?metrics", #"{"input": {"user": "root"}}"#)
    #expect(answer.json["metrics"]?["timer_rego_query_eval_ns"] != nil)
    #expect(answer.json["metrics"]?["timer_server_handler_ns"] != nil)
    answer = try await server.send("POST", "/v1/data/example/allow?explain=full", #"{"input": {"user": "root"}}"#)
    guard case .array(let events)? = answer.json["explanation"] else {
      Issue.record("no explanation: \(answer.text)")
      return
    }
    #expect(events.first?["op"] != nil)
    answer = try await server.send("POST", "/v1/data/example/allow?explain=full&pretty", #"{"input": {"user": "root"}}"#)
    guard case .array(let lines)? = answer.json["explanation"], case .string? = lines.first else {
      Issue.record("no lines: \(answer.text)")
      return
    }
    #expect(try await server.send("GET", "/v1/data/example/allow?provenance").json["provenance"]?["version"] == .string("9.9"))
    #expect(try await server.send("POST", "/v1/data/example/broken", #"{"input": {"zero": 0}}"#).text == "{}\n")
    answer = try await server.send("POST", "/v1/data/example/broken?strict-builtin-errors", #"{"input": {"zero": 0}}"#)
    #expect(answer.status == 500 && answer.code == "internal_error")
    guard case .array(let errors)? = answer.json["errors"] else {
      Issue.record("no errors")
      return
    }
    #expect(errors.first?["code"] == .string("eval_builtin_error"))
    #expect(errors.first?["location"]?["file"] == .string("e.rego"))
    try await server.stop()
  }

  @Test("v0: the body is the input, the value the answer; the default decision at /")
  func older() async throws {
    let main = "package system\nmain := {\"you\": input}"
    let server = try await RunningServer(["e.rego": Self.policy, "m.rego": main])
    #expect(try await server.send("POST", "/v0/data/example/allow", #"{"user": "root"}"#).text == "true\n")
    var answer = try await server.send("POST", "/v0/data/example/allow", "{}")
    #expect(answer.status == 404 && answer.code == "undefined_document")
    #expect(answer.json["message"] == .string("document undefined: data.example.allow"))
    answer = try await server.send("POST", "/v0/data/none", "{}")
    #expect(answer.json["message"] == .string("document missing: data.none"))
    #expect(try await server.send("POST", "/", "[1]").text == "{\"you\":[1]}\n")
    try await server.stop()
  }

  @Test("PUT, PATCH and DELETE change data; all of a list of changes or none")
  func changes() async throws {
    let server = try await RunningServer(["e.rego": Self.policy])
    #expect(try await server.send("PUT", "/v1/data/x/y", #"{"z": [1]}"#).status == 204)
    #expect(try await server.send("GET", "/v1/data/x/y/z").result == .array([.integer(1)]))
    #expect(try await server.send("PUT", "/v1/data/x/y", "1", headers: ["If-None-Match": "*"]).status == 304)
    let patch =
      #"[{"op": "add", "path": "/z/-", "value": 2}, {"op": "replace", "path": "z/0", "value": 0}, {"op": "add", "path": "/a~1b", "value": 3}]"#
    #expect(try await server.send("PATCH", "/v1/data/x/y", patch).status == 204)
    #expect(try await server.send("GET", "/v1/data/x/y/z").result == .array([.integer(0), .integer(2)]))
    #expect(try await server.send("GET", "/v1/data/x/y/a%2Fb").result == .integer(3))
    let half = #"[{"op": "remove", "path": "/z/0"}, {"op": "remove", "path": "/nothing"}]"#
    var answer = try await server.send("PATCH", "/v1/data/x/y", half)
    #expect(answer.status == 404 && answer.code == "resource_not_found")
    #expect(try await server.send("GET", "/v1/data/x/y/z/0").result == .integer(0))
    #expect(
      try await server.send("PATCH", "/v1/data", #"[{"op": "test", "path": "/x"}]"#).json["message"] == .string("bad patch operation: test")
    )
    answer = try await server.send("PUT", "/v1/data/x/y/a%2Fb/c", "1")
    #expect(answer.status == 404 && answer.code == "resource_conflict")
    #expect(try await server.send("DELETE", "/v1/data/x/y").status == 204)
    #expect(try await server.send("DELETE", "/v1/data/x/y").status == 404)
    for (method, body) in [("PUT", "{}"), ("PATCH", #"[{"op": "add", "path": "/z", "value": 1}]"#), ("DELETE", "")] {
      answer = try await server.send(method, "/v1/data/x/y?metrics", body)
      #expect(answer.status == 200 && answer.json["metrics"]?["timer_server_handler_ns"] != nil, "\(method)")
    }
    answer = try await server.send("PUT", "/v1/data/example/allow", "true")
    #expect(answer.status == 400 && answer.text.contains("conflicting rule for data path example/allow"))
    #expect(try await server.send("PUT", "/v1/data", "[]").status == 400)
    #expect(try await server.send("PUT", "/v1/data/numbers", "[5]").status == 204)
    #expect(try await server.send("GET", "/v1/data/example/twice").result == .array([.integer(5)]))
    try await server.stop()
  }

  @Test("what belongs to a bundle is not changed")
  func bundles() async throws {
    let scope = ServerContents.BundleScope(name: "b", revision: "r1", roots: ["a/b"])
    let server = try await RunningServer(data: #"{"a": {"b": 1}}"#, bundles: [scope])
    for path in ["/v1/data/a", "/v1/data/a/b/c", "/v1/data"] {
      let answer = try await server.send("PUT", path, "{}")
      #expect(answer.status == 400 && answer.code == "invalid_parameter", "\(path)")
    }
    #expect(try await server.send("PUT", "/v1/data/a/c", "2").status == 204)
    #expect(try await server.send("PUT", "/v1/policies/p", "package a.b.c\nx := 1").status == 400)
    let provenance = try await server.send("GET", "/v1/data/a?provenance").json["provenance"]
    #expect(provenance?["bundles"]?["b"]?["revision"] == .string("r1"))
    try await server.stop()
  }
}
