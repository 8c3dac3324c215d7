import DecisionServer
import Foundation
import NIOHTTP1
import NIOSSL
import Rego
import Synchronization
import TestSupport
import Testing

@Suite("Operation of a server") struct OperationTests {
  @Test("health, metrics, configuration and what is not there")
  func diagnostics() async throws {
    let health = "package system.health\nlive := true\nready if input.plugins_ready\nill := false"
    let server = try await RunningServer(["h.rego": health])
    for path in ["/health", "/health?bundles&plugins", "/health/live", "/health/ready"] {
      #expect(try await server.send("GET", path).text == "{}\n", "\(path)")
    }
    for path in ["/health/ill", "/health/none"] {
      let answer = try await server.send("GET", path)
      #expect(answer.status == 500 && answer.json["error"] != nil, "\(path)")
    }
    let metrics = try await server.send("GET", "/metrics").text
    #expect(metrics.contains("http_request_duration_seconds_count{code=\"200\",handler=\"health\",method=\"get\"} 4\n"))
    #expect(metrics.contains("# TYPE http_request_duration_seconds histogram\n"))
    #expect(try await server.send("GET", "/v1/config").result?["default_decision"] == .string("/system/main"))
    #expect(try await server.send("GET", "/v1/status").json["message"] == .string("status plugin not enabled"))
    #expect(try await server.send("GET", "/").status == 200)
    #expect(try await server.send("GET", "/nothing").status == 404)
    #expect(try await server.send("POST", "/v1/policies/x").status == 405)
    #expect(try await server.send("DELETE", "/v1/query").status == 405)
    try await server.stop()
  }

  @Test("bodies packed as gzip go in and come out; bombs do not go in")
  func gzip() async throws {
    let server = try await RunningServer(["p.rego": "package p\nx := input"]) { $0.unpackedLimit = 100_000 }
    let text = "{\"input\": \"\(String(repeating: "a", count: 5000))\"}"
    // gzip -9 of 1,000,000 spaces.
    let bomb = try packed(Array(repeating: 0x20, count: 1_000_000))
    let answer = try await server.send(
      "POST", "/v1/data/p/x", bytes: try packed(Array(text.utf8)), headers: ["Content-Encoding": "gzip", "Accept-Encoding": "gzip"])
    #expect(answer.status == 200)
    #expect(answer.headers["Content-Encoding"] == ["gzip"])
    #expect(answer.bytes.count < 200 && answer.bytes.starts(with: [0x1F, 0x8B]))
    #expect(try await server.send("POST", "/v1/data/p/x", text).result == .string(String(repeating: "a", count: 5000)))
    #expect(try await server.send("POST", "/v1/data/p/x", bytes: bomb, headers: ["Content-Encoding": "gzip"]).status == 413)
    #expect(try await server.send("POST", "/v1/data/p/x", "no gzip", headers: ["Content-Encoding": "gzip"]).status == 400)
    try await server.stop()
  }

  /// By the system's gzip.
  private func packed(_ bytes: [UInt8]) throws -> [UInt8] {
    let file = FileManager.default.temporaryDirectory.appending(path: "pack-\(UInt32.random(in: 0 ... .max))")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(bytes).write(to: file)
    let process = Process()
    process.executableURL = URL(filePath: "/bin/gzip")
    process.arguments = ["-9", "-c", file.path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let result = Array(pipe.fileHandleForReading.readDataToEndOfFile())
    process.waitUntilExit()
    return result
  }

  @Test("a policy authorizes requests by what they are and who asks")
  func authorization() async throws {
    let policy = """
      package system.authz
      default allow := {"allowed": false, "reason": "not you"}
      allow := true if input.identity == "secret"
      allow := true if { input.method == "POST"; input.path == ["v1", "data", "open"]; input.body.input.ok }
      allow := true if input.params.key == ["k"]
      """
    let server = try await RunningServer(["a.rego": policy], data: #"{"open": 1}"#) {
      $0.authorization = .basic
      $0.authentication = .token
    }
    let refused = try await server.send("GET", "/v1/data/open")
    #expect(refused.status == 401 && refused.code == "unauthorized" && refused.json["message"] == .string("not you"))
    #expect(try await server.send("GET", "/v1/data/open", headers: ["Authorization": "Bearer secret"]).result == .integer(1))
    #expect(try await server.send("GET", "/v1/data/open", headers: ["Authorization": "Bearer other"]).status == 401)
    #expect(try await server.send("POST", "/v1/data/open", #"{"input": {"ok": true}}"#).result == .integer(1))
    #expect(try await server.send("GET", "/v1/data/open?key=k").status == 200)
    #expect(try await server.send("PUT", "/v1/policies/a.rego", "package system.authz\nallow := true").status == 401)
    try await server.stop()
    let none = try await RunningServer { $0.authorization = .basic }
    #expect(try await none.send("GET", "/v1/data").status == 500)
    try await none.stop()
  }

  @Test("decisions are logged with what they were asked and answered")
  func decisionLog() async throws {
    let box = LineBox()
    let server = try await RunningServer(["p.rego": "package p\nx := input.y"]) {
      $0.logsDecisions = true
      $0.log = { box.add($0) }
    }
    let answer = try await server.send("POST", "/v1/data/p/x", #"{"input": {"y": 7}}"#)
    let line = try #require(box.lines.first)
    let entry = try Document(json: Array(line.utf8)).regoValue
    #expect(entry["decision_id"] == answer.json["decision_id"] && entry["decision_id"] != nil)
    #expect(entry["path"] == .string("p/x") && entry["result"] == .integer(7))
    #expect(entry["input"]?["y"] == .integer(7))
    try await server.stop()
  }

  @Test("a local socket; another one in its place is taken away at the beginning")
  func socket() async throws {
    let path = "/tmp/ringwall-\(UInt32.random(in: 0 ... .max)).sock"
    for _ in 0..<2 {
      let server = try await RunningServer(data: #"{"a": 1}"#, address: ServerAddress(.socket(path: path)))
      #expect(try await server.send("GET", "/v1/data/a").result == .integer(1))
      try await server.stop()
    }
    try? FileManager.default.removeItem(atPath: path)
  }

  @Test("clients show certificates, whose names the policy sees")
  func certificates() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "ringwall-\(UInt32.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let authority = try TestAuthority()
    let own = try authority.identity("localhost"), client = try authority.identity("client", for: .client)
    var files: [String: String] = [:]
    for (name, text) in ["cert": own.certificate, "key": own.key, "ca": authority.text] {
      files[name] = folder.appending(path: name).path
      try Data(text.utf8).write(to: folder.appending(path: name))
    }
    let paths = files
    let policy = "package system.authz\ndefault allow := false\nallow if input.identity == \"CN=client\""
    func run(_ identity: TestAuthority.Identity?) async throws -> RunningServer {
      var security = TLSConfiguration.makeClientConfiguration()
      security.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(authority.text.utf8)))
      if let identity {
        security.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(identity.certificate.utf8)).map { .certificate($0) }
        security.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(identity.key.utf8), format: .pem))
      }
      return try await RunningServer(
        ["a.rego": policy], data: #"{"a": 1}"#, security: security, address: ServerAddress(.host("localhost", port: 0), isSecure: true)
      ) {
        $0.security = .init(certificateFile: paths["cert"] ?? "", keyFile: paths["key"] ?? "", authoritiesFile: paths["ca"])
        $0.authentication = .tls
        $0.authorization = .basic
      }
    }
    let server = try await run(client)
    #expect(try await server.send("GET", "/v1/data/a").result == .integer(1))
    try await server.stop()
    let other = try await run(try authority.identity("other", for: .client))
    #expect(try await other.send("GET", "/v1/data/a").status == 401)
    try await other.stop()
    let without = try await run(nil)
    await #expect(throws: (any Error).self) { try await without.send("GET", "/v1/data/a") }
    try await without.stop()
  }

  @Test(
    "addresses",
    arguments: [
      ("localhost:8181", "http://localhost:8181"), (":80", "http://0.0.0.0:80"), ("https://[::1]:1", "https://[::1]:1"),
      ("unix:///run/x", "unix:///run/x"), ("localhost", nil), ("ftp://x:1", nil), ("a:b:1", nil), ("x:99999", nil), ("unix://", nil),
    ] as [(String, String?)])
  func addresses(_ text: String, _ expected: String?) {
    #expect(ServerAddress(text, hasSecurity: false)?.text == expected)
  }
}
