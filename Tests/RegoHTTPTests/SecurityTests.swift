import Foundation
import NIOSSL
import NIOHTTP1
import Rego
import TestSupport
import Testing

@Suite("TLS of http.send") struct SecurityTests {
  private func call(_ server: LocalServer, _ members: String, _ input: [String: String], url: String? = nil) throws -> RegoValue {
    var input = input
    input["url"] = url ?? server.secureURL
    let request = #"{"method": "get", "url": input.url, "raise_error": false\#(members.isEmpty ? "" : ", " + members)}"#
    return try Caller().value("http.send(\(request))", input)
  }

  @Test("a certificate counts only from an authority that is trusted, for its name and in its time")
  func trust() async throws {
    let authority = try TestAuthority(), stranger = try TestAuthority()
    let good = try await LocalServer(security: authority.identity("localhost").server()) { _ in .answer(200) }
    let root = ["ca": authority.text]
    #expect(try call(good, #""tls_ca_cert": input.ca"#, root)["status_code"] == .integer(200))
    for members in ["", #""tls_use_system_certs": true"#] {
      let value = try call(good, members, root)
      #expect(value.errorCode == "eval_http_send_network_error")
      #expect(value.errorMessage.contains("failed to verify certificate"), "\(value.errorMessage)")
    }
    #expect(try call(good, #""tls_ca_cert": input.ca"#, ["ca": stranger.text]).errorCode == "eval_http_send_network_error")
    #expect(try call(good, #""tls_insecure_skip_verify": true"#, [:])["status_code"] == .integer(200))
    #expect(try call(good, #""tls_use_system_certs": true, "tls_ca_cert": input.ca"#, root)["status_code"] == .integer(200))
    // The certificate says localhost, not the address.
    let byAddress = "https://127.0.0.1:\(good.port)"
    #expect(try call(good, #""tls_ca_cert": input.ca"#, root, url: byAddress).errorCode == "eval_http_send_network_error")
    #expect(
      try call(good, #""tls_ca_cert": input.ca, "tls_server_name": "localhost""#, root, url: byAddress)["status_code"] == .integer(200))
    #expect(good.requests.last?.headers["Host"] == ["127.0.0.1:\(good.port)"])
    await good.stop()
    let old = try await LocalServer(security: authority.identity("localhost", validUntil: .now - 60).server()) { _ in .answer(200) }
    #expect(try call(old, #""tls_ca_cert": input.ca"#, root).errorMessage.contains("failed to verify certificate"))
    await old.stop()
    let other = try await LocalServer(security: authority.identity("example.org").server()) { _ in .answer(200) }
    #expect(try call(other, #""tls_ca_cert": input.ca"#, root).errorCode == "eval_http_send_network_error")
    #expect(try call(other, #""tls_ca_cert": input.ca, "tls_server_name": "example.org""#, root)["status_code"] == .integer(200))
    #expect(try call(other, #""tls_ca_cert": input.ca, "headers": {"host": "example.org"}"#, root)["status_code"] == .integer(200))
    #expect(other.requests.last?.headers["Host"] == ["example.org"])
    await other.stop()
  }

  @Test("a name for the certificate does not change which host is asked")
  func name() async throws {
    let server = try await LocalServer { _ in .answer(200) }
    for name in ["127.0.0.1:\(server.port)/", "evil/../", "a@b", "[::1]"] {
      #expect(try call(server, #""tls_server_name": input.n"#, ["n": name]).errorCode != nil)
    }
    #expect(server.requests.isEmpty)
    await server.stop()
  }

  @Test("a client shows its certificate, from texts, files and the environment")
  func mutual() async throws {
    let authority = try TestAuthority()
    let server = try await LocalServer(security: authority.identity("localhost").server(trusted: authority)) { _ in .answer(200) }
    let client = try authority.identity("client", for: .client)
    let input = ["ca": authority.text, "c": client.certificate, "k": client.key]
    #expect(try call(server, #""tls_ca_cert": input.ca"#, input).errorCode != nil)
    let texts = #""tls_client_cert": input.c, "tls_client_key": input.k"#
    #expect(try call(server, #""tls_ca_cert": input.ca, \#(texts)"#, input)["status_code"] == .integer(200))

    let folder = FileManager.default.temporaryDirectory.appending(path: "rego-\(UInt32.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var files: [String: String] = [:]
    for (name, text) in input {
      files[name] = folder.appending(path: name).path
      try Data(text.utf8).write(to: folder.appending(path: name))
    }
    let fromFiles = #""tls_ca_cert_file": input.ca, "tls_client_cert_file": input.c, "tls_client_key_file": input.k"#
    #expect(try call(server, fromFiles, files)["status_code"] == .integer(200))
    for (name, text) in input { _ = unsafe setenv("REGO_HTTP_TEST_\(name)", text, 1) }
    let fromEnvironment = ["ca_cert": "ca", "client_cert": "c", "client_key": "k"]
      .map { #""tls_\#($0.key)_env_variable": "REGO_HTTP_TEST_\#($0.value)""# }.joined(separator: ", ")
    #expect(try call(server, fromEnvironment, [:])["status_code"] == .integer(200))
    // A key that is none is named, and not shown.
    let wrong = try call(server, #""tls_client_cert": input.c, "tls_client_key": "secret""#, input)
    #expect(wrong.errorCode == "eval_http_send_internal_error")
    #expect(!wrong.errorMessage.contains("secret"))
    await server.stop()
  }
}
