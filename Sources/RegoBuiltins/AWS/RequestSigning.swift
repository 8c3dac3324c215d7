internal import Crypto
internal import Rego

extension StandardFunctions {
  /// OPA's `providers.aws.sign_req`: AWS Signature Version 4 (docs.aws.amazon.com, "Signature Version 4 signing process").
  static let requestSigning: [BuiltinFunction] = [
    BuiltinFunction("providers.aws.sign_req", arity: 3) { call throws(BuiltinError) in
      let request = call[0].copy
      let settings = call[1].copy
      let configuration = try SigningConfiguration(settings)
      guard let instant = call[2].integer, instant >= 0 else {
        throw .type("operand 3 could not convert time_ns value into a unix timestamp")
      }
      try checkRequest(request)
      return try signed(request, configuration, seconds: instant / 1_000_000_000)
    }
  ]

  private static func checkRequest(_ request: RegoValue) throws(BuiltinError) {
    let required = ["method", "url"]
    let missing = required.filter { request[$0] == nil }
    if !missing.isEmpty { throw .type("operand 1 missing required request parameters(s): \(SigningConfiguration.set(missing))") }
    let invalid = required.filter { request[$0]?.text == nil }
    if !invalid.isEmpty { throw .type("operand 1 invalid values for required request parameters(s): \(SigningConfiguration.set(invalid))") }
  }

  private static func signed(_ request: RegoValue, _ configuration: SigningConfiguration, seconds: Int64) throws(BuiltinError) -> RegoValue
  {
    let location = try RequestLocation(request["url"]?.text ?? "")
    let body: [UInt8]
    if let raw = request["raw_body"] {
      body = Array((raw.text ?? "").utf8)
    } else {
      body = request["body"].map { Document($0).json() } ?? []
    }
    // As in OPA, a name or value that is no text is an empty one.
    var headers: [(name: String, value: String)] = []
    if let given = request["headers"] {
      guard case .object(let members) = given else { throw .type("operand 1 invalid value for 'headers': must be an object") }
      headers = members.map { ($0.key.text ?? "", $0.value.text ?? "") }
    }
    let (date, time) = SigningDate.texts(seconds)
    let digest = configuration.isPayloadSigned ? Hexadecimal.text(SHA256.hash(data: body)) : "UNSIGNED-PAYLOAD"
    var added: [(String, String)] = [("host", location.host), ("x-amz-date", time)]
    if configuration.hasContentDigest { added.append(("x-amz-content-sha256", digest)) }
    if let token = configuration.sessionToken { added.append(("x-amz-security-token", token)) }

    // A header of the request is signed in place of one that is added under the same name.
    var all = Dictionary(added, uniquingKeysWith: { $1 })
    for header in headers where !unsigned.contains(header.name.lowercased()) { all[header.name.lowercased()] = header.value }
    let sorted = all.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    let signedNames = sorted.map(\.key).joined(separator: ";")
    let canonical =
      [request["method"]?.text ?? "", location.path, location.query]
      + sorted.map { "\($0.key):\($0.value)" } + ["", signedNames, digest]
    let scope = "\(date)/\(configuration.region)/\(configuration.service)/aws4_request"
    let text = ["AWS4-HMAC-SHA256", time, scope, Hexadecimal.text(SHA256.hash(data: Array(canonical.joined(separator: "\n").utf8)))]
      .joined(separator: "\n")
    let signature = configuration.signature(of: text, date: date)
    let authorization =
      "AWS4-HMAC-SHA256 Credential=\(configuration.accessKey)/\(scope),SignedHeaders=\(signedNames),Signature=\(signature)"

    var result = Dictionary(headers.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    result["Authorization"] = authorization
    for (name, value) in added { result[name] = value }
    return request.replacing("headers", with: .record(result.map { ($0.key, .string($0.value)) }))
  }

  /// Headers that a proxy may change on the way.
  private static let unsigned: Set<String> = ["authorization", "user-agent", "x-amzn-trace-id"]
}

/// The second operand of `providers.aws.sign_req`. No text made here shows a key.
struct SigningConfiguration {
  let accessKey: String
  let region: String
  let service: String
  let sessionToken: String?
  let isPayloadSigned: Bool
  private let secretKey: String

  init(_ settings: RegoValue) throws(BuiltinError) {
    let required = ["aws_access_key", "aws_region", "aws_secret_access_key", "aws_service"]
    let missing = required.filter { settings[$0] == nil }
    if !missing.isEmpty { throw .type("operand 2 missing required AWS config parameters(s): \(Self.set(missing))") }
    let invalid = required.filter { settings[$0]?.text == nil }
    if !invalid.isEmpty { throw .type("operand 2 invalid values for required AWS config parameters(s): \(Self.set(invalid))") }
    accessKey = settings["aws_access_key"]?.text ?? ""
    region = settings["aws_region"]?.text ?? ""
    secretKey = settings["aws_secret_access_key"]?.text ?? ""
    service = settings["aws_service"]?.text ?? ""
    let token = settings["aws_session_token"]?.text ?? ""
    sessionToken = token.isEmpty ? nil : token
    switch settings["disable_payload_signing"] {
    case nil: isPayloadSigned = true
    case .boolean(let isDisabled)?: isPayloadSigned = !isDisabled
    default: throw .type("operand 2 invalid value for 'disable_payload_signing' in AWS config")
    }
  }

  /// Storage asks for the digest of the body in a header of its own, and so does an unsigned body.
  var hasContentDigest: Bool { service == "s3" || service == "glacier" || !isPayloadSigned }

  func signature(of text: String, date: String) -> String {
    func code(_ text: String, _ key: [UInt8]) -> [UInt8] {
      Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: SymmetricKey(data: key)))
    }
    var key = code(date, Array("AWS4\(secretKey)".utf8))
    for part in [region, service, "aws4_request"] { key = code(part, key) }
    return Hexadecimal.text(code(text, key))
  }

  /// A set of texts as OPA writes it.
  static func set(_ names: [String]) -> String { "{" + names.map { "\"\($0)\"" }.joined(separator: ", ") + "}" }
}

/// The parts of a URL that are signed, as OPA signs them: method, path and query as they are written.
struct RequestLocation {
  let host: String
  /// "" where there is none.
  let path: String
  let query: String

  init(_ url: String) throws(BuiltinError) {
    guard let separator = url.firstRange(of: "://"), separator.lowerBound != url.startIndex else {
      throw .type("operand 1 invalid value for 'url': not an absolute URL")
    }
    var rest = url[separator.upperBound...]
    if let fragment = rest.firstIndex(of: "#") { rest = rest[..<fragment] }
    var query = Substring("")
    if let mark = rest.firstIndex(of: "?") { (rest, query) = (rest[..<mark], rest[rest.index(after: mark)...]) }
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    let place = rest[..<slash]
    host = String(place[(place.lastIndex(of: "@").map { place.index(after: $0) } ?? place.startIndex)...])
    path = String(rest[slash...])
    self.query = String(query)
  }
}

/// "20151228" and "20151228T140825Z" of seconds since 1970.
enum SigningDate {
  static func texts(_ seconds: Int64) -> (date: String, time: String) {
    func two(_ number: Int64) -> String { (number < 10 ? "0" : "") + "\(number)" }
    let second = seconds % 86_400
    // Days to a date of the Gregorian calendar, with years that begin in March.
    let days = seconds / 86_400 + 719_468
    let era = days / 146_097
    let dayOfEra = days % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthOfYear = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthOfYear + 2) / 5 + 1
    let month = monthOfYear < 10 ? monthOfYear + 3 : monthOfYear - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let date = "\(year)\(two(month))\(two(day))"
    return (date, "\(date)T\(two(second / 3600))\(two(second / 60 % 60))\(two(second % 60))Z")
  }
}

extension RegoValue {
  /// The text of a string; nil for other kinds.
  var text: String? { if case .string(let text) = self { text } else { nil } }

  /// The object with one member more, or another value under its key.
  func replacing(_ name: String, with value: RegoValue) -> RegoValue {
    guard case .object(let members) = self else { return self }
    return .object(members.filter { $0.key != .string(name) } + [Member(.string(name), value)])
  }
}
