internal import Foundation
internal import Rego

/// A request whose body has come.
struct APIRequest: Sendable {
  let method: String
  /// Parts of the path, with what was escaped as it was meant; "/v1/data/a%2Fb" is v1, data, a/b.
  let path: [String]
  /// Path and query as they came.
  let target: String
  let parameters: [(name: String, value: String)]
  /// Names in small letters.
  let headers: [(name: String, value: String)]
  let remote: String
  /// As the settings' authentication finds it; nil where there is none.
  let identity: String?
  /// As it came.
  var body: [UInt8]
  /// When its head had come.
  let start = ContinuousClock.now

  init(
    method: String, target: String, headers: [(name: String, value: String)], body: [UInt8] = [], remote: String = "",
    identity: String? = nil
  ) {
    self.method = method
    self.target = target
    self.headers = headers
    self.body = body
    self.remote = remote
    self.identity = identity
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    path = (parts.first ?? "").split(separator: "/").map { $0.removingPercentEncoding ?? String($0) }
    parameters =
      parts.count < 2
      ? []
      : parts[1].split(separator: "&").map { pair in
        let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
          let text = String($0).replacing("+", with: " ")
          return text.removingPercentEncoding ?? text
        }
        return (sides[0], sides.count > 1 ? sides[1] : "")
      }
  }

  func header(_ name: String) -> String { headers.first { $0.name == name }?.value ?? "" }

  /// The last value of a parameter; nil where it is missing.
  func parameter(_ name: String) -> String? { parameters.last { $0.name == name }?.value }

  /// "?pretty", "?pretty=" and "?pretty=true".
  func flag(_ name: String) -> Bool {
    let values = parameters.filter { $0.name == name }.map(\.value)
    return values == [""] || values.contains { $0.lowercased() == "true" }
  }

  var isPretty: Bool { flag("pretty") }
  var wantsMetrics: Bool { flag("metrics") || flag("instrument") }
  var isYAML: Bool { header("content-type").contains("yaml") }
  var takesGzip: Bool { header("accept-encoding").contains("gzip") }
  var isGzip: Bool { header("content-encoding").contains("gzip") }
  var explanation: TraceMode? { parameters.lazy.filter { $0.name == "explain" }.compactMap { TraceMode(rawValue: $0.value) }.first }
}

/// Reads documents of requests within bounds.
struct BodyReader {
  let settings: ServerSettings

  /// The body, unpacked.
  func bytes(_ request: APIRequest) throws(APIError) -> [UInt8] {
    guard request.isGzip else { return request.body }
    do throws(Gzip.Failure) { return try Gzip.unpack(request.body, limit: settings.unpackedLimit) } catch {
      switch error {
      case .damaged: throw APIError(400, .invalidParameter, "could not decompress the body")
      case .tooLong: throw APIError(413, .invalidParameter, "compressed request body too large")
      }
    }
  }

  /// The body as a document; nil where it is empty.
  func document(_ request: APIRequest) throws(APIError) -> Document? {
    let bytes = try bytes(request)
    if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }) { return nil }
    return try document(bytes, isYAML: request.isYAML, "body contains malformed input document")
  }

  func document(_ bytes: [UInt8], isYAML: Bool, _ what: String) throws(APIError) -> Document {
    guard isYAML || Self.depth(of: bytes) <= settings.depthLimit else {
      throw APIError(400, .invalidParameter, "\(what): nested more than \(settings.depthLimit) levels deep")
    }
    let document: Document
    do throws(RegoError) { document = isYAML ? try Document(yaml: bytes) : try Document(json: bytes) } catch {
      let place = isYAML ? "" : " (line \(error.location.row), column \(error.location.column))"
      throw APIError(400, .invalidParameter, "\(what): \(error.message)\(place)")
    }
    guard !isYAML || Self.depth(of: document.json()) <= settings.depthLimit else {
      throw APIError(400, .invalidParameter, "\(what): nested more than \(settings.depthLimit) levels deep")
    }
    return document
  }

  /// How deep arrays and objects of a JSON text lie in each other.
  static func depth(of bytes: [UInt8]) -> Int {
    var depth = 0, deepest = 0
    var isInString = false, isEscaped = false
    for byte in bytes {
      if isInString {
        if isEscaped { isEscaped = false } else if byte == 0x5C { isEscaped = true } else if byte == 0x22 { isInString = false }
        continue
      }
      switch byte {
      case 0x22: isInString = true
      case 0x5B, 0x7B:
        depth += 1
        deepest = max(deepest, depth)
      case 0x5D, 0x7D: depth -= 1
      default: break
      }
    }
    return deepest
  }
}
