import DecisionServer
import NIOHTTP1
import Rego
import Testing

@Suite("Policies and queries over HTTP") struct PolicyTests {
  @Test("policies are written, listed, read and deleted")
  func policies() async throws {
    let server = try await RunningServer()
    #expect(try await server.send("GET", "/v1/policies").text == "{\"result\":[]}\n")
    var answer = try await server.send("PUT", "/v1/policies/a/b.rego", "package p\n\nx := data.q.y")
    #expect(answer.status == 200 && answer.text == "{}\n")
    #expect(try await server.send("PUT", "/v1/policies/q", "package q\n\ny := 5").status == 200)
    #expect(try await server.send("GET", "/v1/data/p/x").result == .integer(5))
    answer = try await server.send("GET", "/v1/policies/a/b.rego")
    #expect(answer.result?["id"] == .string("a/b.rego"))
    #expect(answer.result?["raw"] == .string("package p\n\nx := data.q.y"))
    #expect(answer.result?["ast"]?["package"] != nil)
    #expect(try await server.send("DELETE", "/v1/policies/q").status == 200)
    #expect(try await server.send("GET", "/v1/data/p/x").result == nil)
    for (method, path) in [("GET", "/v1/policies/q"), ("DELETE", "/v1/policies/q")] {
      answer = try await server.send(method, path)
      #expect(answer.status == 404 && answer.code == "resource_not_found")
      #expect(answer.json["message"] == .string("storage_not_found_error: policy id \"q\""))
    }
    try await server.stop()
  }

  @Test("a policy that is wrong is refused with its places, and nothing changes")
  func wrong() async throws {
    let server = try await RunningServer(["p.rego": "package p\nf(x) := x"])
    for text in ["package", "package q\nx := y", "package q\nx := data.p.f(1, 2)"] {
      let answer = try await server.send("PUT", "/v1/policies/q", text)
      #expect(answer.status == 400 && answer.code == "invalid_parameter", "\(text)")
      #expect(answer.json["message"] == .string("error(s) occurred while compiling module(s)"))
      guard case .array(let errors)? = answer.json["errors"] else {
        Issue.record("no errors: \(answer.text)")
        continue
      }
      #expect(errors.first?["code"] != nil)
    }
    let empty = try await server.send("PUT", "/v1/policies/q", "")
    #expect(empty.status == 400 && empty.json["message"] == .string("q:0: rego_parse_error: empty module"))
    #expect(try await server.send("GET", "/v1/policies/q").status == 404)
    try await server.stop()
  }

  @Test("what is left of a query when the rest is known")
  func compile() async throws {
    let server = try await RunningServer(
      ["p.rego": "package p\nallow if { input.user == data.owner; input.level > 3 }"], data: #"{"owner": "ann"}"#)
    var answer = try await server.send(
      "POST", "/v1/compile?metrics", #"{"query": "data.p.allow == true", "input": {"user": "ann"}, "unknowns": ["input.level"]}"#)
    guard case .array(let queries)? = answer.result?["queries"] else {
      Issue.record("no queries: \(answer.text)")
      return
    }
    #expect(queries.count == 1 && answer.json["metrics"] != nil)
    answer = try await server.send(
      "POST", "/v1/compile", #"{"query": "data.p.allow == true", "input": {"user": "bob"}, "unknowns": ["input.level"]}"#)
    #expect(answer.status == 200 && answer.result?["queries"] == nil)
    for body in ["", "[]", "{}", #"{"query": "x :="}"#, #"{"query": "x", "unknowns": [1]}"#] {
      #expect(try await server.send("POST", "/v1/compile", body).status == 400, "\(body)")
    }
    try await server.stop()
  }

  @Test("queries: solutions by their variables, errors by their kind")
  func queries() async throws {
    let server = try await RunningServer(["p.rego": "package p\nx contains i if some i in input"], data: #"{"n": [1, 2]}"#)
    var answer = try await server.send("GET", "/v1/query?q=x%20%3D%20data.n%5Bi%5D")
    guard case .array(let solutions)? = answer.result else {
      Issue.record("no solutions: \(answer.text)")
      return
    }
    #expect(
      solutions == [
        .object([.init(.string("i"), .integer(0)), .init(.string("x"), .integer(1))]),
        .object([.init(.string("i"), .integer(1)), .init(.string("x"), .integer(2))]),
      ])
    answer = try await server.send("POST", "/v1/query?metrics", #"{"query": "data.p.x[y]", "input": ["a"]}"#)
    #expect(answer.result == .array([.object([.init(.string("y"), .string("a"))])]))
    #expect(answer.json["metrics"] != nil)
    #expect(try await server.send("GET", "/v1/query?q=1%20%3D%202").text == "{}\n")
    #expect(try await server.send("GET", "/v1/query").json["message"] == .string("missing parameter 'q'"))
    answer = try await server.send("GET", "/v1/query?q=a%20%3D")
    #expect(answer.status == 400 && answer.json["message"] == .string("error(s) occurred while parsing query"))
    answer = try await server.send("POST", "/v1/query", #"{"query": "x := y"}"#)
    #expect(answer.status == 400 && answer.json["message"] == .string("error(s) occurred while compiling query"))
    for body in ["", "[]", "1", #"{"query": 1}"#, "{"] {
      #expect(try await server.send("POST", "/v1/query", body).status == 400, "\(body)")
    }
    try await server.stop()
  }
}
