internal import Foundation
internal import Rego

/// The operand of `http.send`, checked.
struct RequestForm {
  /// The request as JSON without the headers that caches pass over: two that are alike are the same request.
  let key: [UInt8]
  /// Without port and brackets.
  let host: String
  /// Not above zero for none.
  let timeout: Duration
  /// How often a request that got no answer is made again.
  let repetitions: Int
  let followsRedirects: Bool
  /// Whether the answer is kept for other evaluations.
  let isCached: Bool
  /// How long it is kept whatever the answer says; 0 where the answer decides.
  let forcedSeconds: Int64
  let isJSON: Bool
  let isYAML: Bool

  private let outgoing: OutgoingRequest

  private static let known: Set<String> = [
    "method", "url", "body", "raw_body", "headers", "enable_redirect", "force_json_decode", "force_yaml_decode", "tls_use_system_certs",
    "tls_ca_cert", "tls_ca_cert_file", "tls_ca_cert_env_variable", "tls_client_cert", "tls_client_cert_file",
    "tls_client_cert_env_variable", "tls_client_key", "tls_client_key_file", "tls_client_key_env_variable", "tls_insecure_skip_verify",
    "tls_server_name", "timeout", "cache", "force_cache", "force_cache_duration_seconds", "raise_error", "caching_mode",
    "max_retry_attempts", "cache_ignored_headers",
  ]
  private static let texts = [
    "method", "url", "raw_body", "tls_ca_cert", "tls_ca_cert_file", "tls_ca_cert_env_variable", "tls_client_cert", "tls_client_cert_file",
    "tls_client_cert_env_variable", "tls_client_key", "tls_client_key_file", "tls_client_key_env_variable", "tls_server_name",
  ]

  /// - Throws: in OPA's words what is unknown, missing or of the wrong type.
  init(_ request: RegoValue) throws(SendingError) {
    try Self.checkNames(request)
    for name in Self.texts where request[name] != nil {
      guard request[name]?.text != nil else { throw .failed("\"\(name)\" must be a string") }
    }
    key = try Self.key(of: request)
    timeout = try Self.timeout(request["timeout"])
    repetitions = try Self.count(request, "max_retry_attempts")
    followsRedirects = try Self.truth(request, "enable_redirect") ?? false
    isJSON = try Self.flag(request, "force_json_decode")
    isYAML = try Self.flag(request, "force_yaml_decode")
    let isForced = try Self.flag(request, "force_cache")
    isCached = try Self.flag(request, "cache") || isForced
    forcedSeconds = isForced ? try Self.forcedSeconds(request) : 0
    if let mode = request["caching_mode"] {
      guard let name = mode.text else { throw .failed("invalid value for \"caching_mode\" field") }
      guard name == "serialized" || name == "deserialized" else {
        throw .failed("invalid value specified for \"caching_mode\" field: \(name)")
      }
    }
    let address = try RequestAddress(Self.text(request, "url"))
    host = address.host
    var headers = try RequestHeaders(request["headers"])
    if let authorization = address.authorization { headers.add("Authorization", authorization) }
    outgoing = OutgoingRequest(
      method: try Self.method(request), url: address.url, socket: address.socket, headers: headers.lines, body: Self.body(request),
      security: try Self.security(request, host: headers.host))
  }

  /// The request, where its host is allowed.
  func request(_ network: NetworkAccess) throws(SendingError) -> OutgoingRequest {
    guard network.allows(host) else { throw .failed("unallowed host: \(host)") }
    return outgoing
  }

  /// Nanoseconds since 1970 until which an answer is fresh.
  func expiry(of response: IncomingResponse, now: Int64) throws(SendingError) -> Int64 {
    if forcedSeconds > 0 { return now + forcedSeconds * 1_000_000_000 }
    guard let age = try CacheControl(response.header("cache-control")).age else {
      return GoTime.httpDate(response.header("expires")) ?? 0
    }
    let date = response.header("date")
    guard !date.isEmpty else { throw .failed("no date header") }
    guard let created = GoTime.httpDate(date) else { throw .failed("parsing time \"\(date)\": no date of RFC 9110") }
    return created + age * 1_000_000_000
  }

  // MARK: - Reading the members

  private static func checkNames(_ request: RegoValue) throws(SendingError) {
    guard case .object(let members) = request else { throw .type("operand 1 must be object") }
    let names = members.compactMap(\.key.text)
    guard names.count == members.count else { throw .type("operand 1 invalid request parameters(s): keys must be strings") }
    let unknown = names.filter { !known.contains($0) }
    if !unknown.isEmpty { throw .type("operand 1 invalid request parameters(s): \(SigningConfiguration.set(unknown.sorted()))") }
    let missing = ["method", "url"].filter { request[$0] == nil }
    if !missing.isEmpty { throw .type("operand 1 missing required request parameters(s): \(SigningConfiguration.set(missing))") }
  }

  /// OPA takes quotes around a text away.
  private static func text(_ request: RegoValue, _ name: String) -> String {
    var text = (request[name]?.text ?? "")[...]
    while text.first == "\"" { text.removeFirst() }
    while text.last == "\"" { text.removeLast() }
    return String(text)
  }

  private static func method(_ request: RegoValue) throws(SendingError) -> String {
    let method = text(request, "method").uppercased()
    if method.isEmpty { return "GET" }
    guard method.utf8.allSatisfy(RequestHeaders.isToken) else { throw .failed("net/http: invalid method \"\(method)\"") }
    return method
  }

  private static func body(_ request: RegoValue) -> [UInt8] {
    if request["raw_body"] != nil { return Array(text(request, "raw_body").utf8) }
    return request["body"].map { Document($0).json() } ?? []
  }

  /// A member that must be true or false where it is there.
  private static func flag(_ request: RegoValue, _ name: String) throws(SendingError) -> Bool {
    guard let value = request[name] else { return false }
    guard case .boolean(let flag) = value else { throw .failed("invalid value for \"\(name)\" field") }
    return flag
  }

  /// As `flag`, with OPA's other words; nil where it is missing.
  private static func truth(_ request: RegoValue, _ name: String) throws(SendingError) -> Bool? {
    switch request[name] {
    case nil: return nil
    case .boolean(let flag)?: return flag
    case .integer(let number)? where number == 0 || number == 1: return number == 1
    case let value?: throw .failed("strconv.ParseBool: parsing \(String(decoding: Document(value).json(), as: UTF8.self)): invalid syntax")
    }
  }

  private static func count(_ request: RegoValue, _ name: String) throws(SendingError) -> Int {
    guard let value = request[name] else { return 0 }
    guard case .integer(let number) = value, number >= 0 else {
      throw .failed("invalid value \(String(decoding: Document(value).json(), as: UTF8.self)) for field \"\(name)\"")
    }
    return Int(number)
  }

  private static func forcedSeconds(_ request: RegoValue) throws(SendingError) -> Int64 {
    guard let value = request["force_cache_duration_seconds"] else {
      throw .failed("'force_cache' set but 'force_cache_duration_seconds' parameter is missing")
    }
    guard case .integer(let seconds) = value, let short = Int32(exactly: seconds) else {
      throw .failed("strconv.ParseInt: parsing \(String(decoding: Document(value).json(), as: UTF8.self)): invalid syntax")
    }
    return Int64(short)
  }

  /// Nanoseconds as a number or a text of digits, or a duration as Go writes it.
  private static func timeout(_ value: RegoValue?) throws(SendingError) -> Duration {
    switch value {
    case nil: return .seconds(5)
    case .integer(let number)?: return .nanoseconds(number)
    case .string(let text)?:
      guard let nanoseconds = Int64(text) ?? GoTime.duration(text) else {
        throw .failed("invalid timeout value \"\(text)\": time: invalid duration \"\(text)\"")
      }
      return .nanoseconds(nanoseconds)
    case .number(let text)?: throw .failed("invalid timeout number value \(text), must be int64")
    case .null?, .boolean?, .array?, .set?, .object?:
      throw .type("operand 1 'timeout' must be one of {string, number}")
    }
  }

  private static func security(_ request: RegoValue, host: String?) throws(SendingError) -> TransportSecurity {
    func value(_ name: String) -> String? {
      let text = text(request, name)
      return text.isEmpty ? nil : text
    }
    var security = TransportSecurity()
    security.isVerified = !(try truth(request, "tls_insecure_skip_verify") ?? false)
    security.usesSystemRoots = try truth(request, "tls_use_system_certs")
    if let certificate = value("tls_client_cert"), let key = value("tls_client_key") {
      security.identities.append(.texts(certificate: certificate, key: key))
    }
    if let certificate = value("tls_client_cert_file"), let key = value("tls_client_key_file") {
      security.identities.append(.files(certificate: certificate, key: key))
    }
    if let certificate = value("tls_client_cert_env_variable"), let key = value("tls_client_key_env_variable") {
      security.identities.append(.variables(certificate: certificate, key: key))
    }
    security.roots = value("tls_ca_cert")?.replacing("\\n", with: "\n")
    security.rootsFile = value("tls_ca_cert_file")
    security.rootsVariable = value("tls_ca_cert_env_variable")
    security.serverName = value("tls_server_name") ?? host
    return security
  }

  private static func key(of request: RegoValue) throws(SendingError) -> [UInt8] {
    var request = request
    if let ignored = request["cache_ignored_headers"], let headers = request["headers"] {
      guard case .array(let names) = ignored, names.allSatisfy({ $0.text != nil }) else {
        throw .failed("cache_ignored_headers must be an array of strings")
      }
      guard case .object(let members) = headers else { throw .failed("invalid type for headers key") }
      request = request.replacing("headers", with: .object(members.filter { !names.contains($0.key) }))
    }
    return Document(request.replacing("cache_ignored_headers", with: .null)).json()
  }
}

/// The URL of a request.
struct RequestAddress {
  /// Absolute, `http` or `https`.
  let url: String
  let host: String
  /// Of `unix://localhost/path?socket=%2Frun%2Fsocket`.
  let socket: String?
  /// Of a URL with a user's name: what a header of HTTP's basic authentication says.
  let authorization: String?

  init(_ text: String) throws(SendingError) {
    guard !text.utf8.contains(where: { $0 < 0x21 || $0 == 0x7F }) else {
      throw .failed("parse \"\(text)\": net/url: invalid control character in URL")
    }
    guard var parts = URLComponents(string: text) else { throw .failed("parse \"\(text)\": invalid URL") }
    var socket: String?
    if parts.scheme?.lowercased() == "unix", let items = parts.queryItems, !items.isEmpty {
      parts.scheme = "http"
      socket = items.first { $0.name == "socket" }?.value ?? ""
      let others = items.filter { $0.name != "socket" }
      parts.queryItems = others.isEmpty ? nil : others
      if parts.host?.isEmpty ?? true { parts.host = "localhost" }
    }
    guard let scheme = parts.scheme?.lowercased(), scheme == "http" || scheme == "https" else {
      throw .network("GET", text, "unsupported protocol scheme \"\(parts.scheme ?? "")\"")
    }
    authorization = parts.user.map { "Basic " + Data("\($0):\(parts.password ?? "")".utf8).base64EncodedString() }
    parts.user = nil
    parts.password = nil
    parts.fragment = nil
    guard let url = parts.url, let host = url.host, !host.isEmpty else { throw .network("GET", text, "no Host in request URL") }
    self.url = url.absoluteString
    self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
    self.socket = socket
  }
}

/// The headers of a request: names as HTTP's own headers are written, each once.
struct RequestHeaders {
  private(set) var lines: [(name: String, value: String)] = []

  var host: String? { lines.first { $0.name == "Host" }?.value }

  init(_ value: RegoValue?) throws(SendingError) {
    guard let value else { return }
    guard case .object(let members) = value else { throw .failed("invalid type for headers key") }
    for member in members {
      guard let text = member.value.text else {
        throw .failed("invalid type for headers value \"\(String(decoding: Document(member.value).json(), as: UTF8.self))\"")
      }
      let name = Self.canonical(member.key.text ?? String(decoding: Document(member.key).json(), as: UTF8.self))
      guard !name.isEmpty, name.utf8.allSatisfy(Self.isToken) else { throw .failed("net/http: invalid header field name \"\(name)\"") }
      guard !text.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) else {
        throw .failed("net/http: invalid header field value for \"\(name)\"")
      }
      lines.removeAll { $0.name == name }
      lines.append((name, text))
    }
  }

  /// Adds a header unless the policy has one of that name.
  mutating func add(_ name: String, _ value: String) {
    if !lines.contains(where: { $0.name == name }) { lines.append((name, value)) }
  }

  /// "content-type" as "Content-Type".
  private static func canonical(_ name: String) -> String {
    name.split(separator: "-", omittingEmptySubsequences: false).map { $0.prefix(1).uppercased() + $0.dropFirst().lowercased() }
      .joined(separator: "-")
  }

  /// A byte of a token (RFC 9110, 5.6.2).
  static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}
