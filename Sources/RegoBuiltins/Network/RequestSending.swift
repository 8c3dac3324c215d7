internal import Rego

extension StandardFunctions {
  /// OPA's `http.send` (v1/topdown/http.go). Only to hosts that the evaluation allows; this version carries no client, so that an allowed
  /// host is refused too, with a text that says so.
  static let requestSending: [BuiltinFunction] = [
    BuiltinFunction("http.send", arity: 1, isNondeterministic: true) { call throws(BuiltinError) in
      let request = try OutgoingRequest(call)
      guard call.network.allows(request.hostName) else {
        throw .failed("unallowed host: \(request.hostName)")
      }
      throw .failed("cannot reach \(request.hostName): this program makes no requests")
    }
  ]
}

/// The operand of `http.send`, checked.
struct OutgoingRequest {
  let method: String
  let location: RequestLocation

  /// Without its port.
  var hostName: String {
    if location.host.hasPrefix("["), let end = location.host.firstIndex(of: "]") {
      return String(location.host[location.host.index(after: location.host.startIndex)..<end])
    }
    return location.host.split(separator: ":", omittingEmptySubsequences: false).first.map(String.init) ?? ""
  }

  private static let known: Set<String> = [
    "method", "url", "body", "raw_body", "headers", "enable_redirect", "force_json_decode", "force_yaml_decode", "tls_use_system_certs",
    "tls_ca_cert", "tls_ca_cert_file", "tls_ca_cert_env_variable", "tls_client_cert", "tls_client_cert_file",
    "tls_client_cert_env_variable", "tls_client_key", "tls_client_key_file", "tls_client_key_env_variable", "tls_insecure_skip_verify",
    "tls_server_name", "timeout", "cache", "force_cache", "force_cache_duration_seconds", "raise_error", "caching_mode",
    "max_retry_attempts", "cache_ignored_headers",
  ]

  /// - Throws: in OPA's words what is unknown, missing or of the wrong type.
  init(_ call: borrowing BuiltinCall) throws(BuiltinError) {
    let request = call[0].copy
    guard case .object(let members) = request else { throw call.wrongType(0, "object") }
    let names = members.compactMap(\.key.text)
    guard names.count == members.count else { throw .type("operand 1 invalid request parameters(s): keys must be strings") }
    let unknown = names.filter { !Self.known.contains($0) }
    if !unknown.isEmpty { throw .type("operand 1 invalid request parameters(s): \(SigningConfiguration.set(unknown.sorted()))") }
    let missing = ["method", "url"].filter { request[$0] == nil }
    if !missing.isEmpty { throw .type("operand 1 missing required request parameters(s): \(SigningConfiguration.set(missing))") }
    for name in ["method", "url"] {
      guard request[name]?.text != nil else { throw .type("operand 1 \"\(name)\" must be a string") }
    }
    method = (request["method"]?.text ?? "").uppercased()
    location = try RequestLocation(request["url"]?.text ?? "")
  }
}
