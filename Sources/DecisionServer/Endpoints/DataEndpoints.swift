internal import Rego

/// `/v1/data`, `/v0/data` and `/`.
struct DataEndpoints {
  let store: PolicyStore
  let decisions: DecisionLog
  let settings: ServerSettings
  private var reader: BodyReader { BodyReader(settings: settings) }

  init(_ store: PolicyStore, _ decisions: DecisionLog) {
    self.store = store
    self.decisions = decisions
    settings = store.settings
  }

  // MARK: - Decisions

  func get(_ path: [String], _ request: APIRequest) throws(APIError) -> APIResponse {
    var input: Document?
    if let text = request.parameter("input") {
      input = try reader.document(Array(text.utf8), isYAML: false, "parameter contains malformed input document")
    }
    return try decide(path, input, request, warning: nil)
  }

  func post(_ path: [String], _ request: APIRequest) throws(APIError) -> APIResponse {
    let body = try reader.document(request)
    var input: Document?
    if let body, !body.isNull {
      guard body.isObject else {
        throw APIError(400, .invalidParameter, "body contains malformed input document: an object with the member input is expected")
      }
      input = body["input"]
      if input?.isNull ?? false { input = nil }
    }
    let warning: RegoValue? =
      input == nil
      ? .object([
        .init(.string("code"), .string("api_usage_warning")),
        .init(.string("message"), .string("'input' key missing from the request")),
      ]) : nil
    return try decide(path, input, request, warning: warning)
  }

  private func decide(
    _ path: [String], _ input: Document?, _ request: APIRequest, warning: RegoValue?
  ) throws(APIError) -> APIResponse {
    let state = store.state
    var evaluations = Evaluations(state, settings, request)
    let id = decisions.newID()
    let result: RegoValue?
    do throws(APIError) {
      result = try evaluations.value(at: path, input: input, isStrict: request.flag("strict-builtin-errors"))
    } catch {
      decisions.log(id, request, state, path: path, input: input, error: error)
      throw error
    }
    decisions.log(id, request, state, path: path, input: input, result: result)
    return APIResponse(
      members: [
        ("result", result), ("warning", warning), ("decision_id", id.map { .string($0) }), ("metrics", evaluations.shownMetrics),
        ("explanation", result == nil && request.explanation != .full ? nil : evaluations.explanation),
        ("provenance", request.flag("provenance") ? provenance(state) : nil),
      ], isIndented: request.isPretty)
  }

  /// The whole body is the input, and the value is the whole answer.
  ///
  /// - Parameter path: nil for the decision that is asked for by default, `data.system.main`.
  func postV0(_ path: [String]?, _ request: APIRequest) throws(APIError) -> APIResponse {
    let input = try reader.document(request) ?? Document(.null)
    let state = store.state
    var evaluations = Evaluations(state, settings, request)
    let place = path ?? ["system", "main"]
    let id = decisions.newID()
    let result: RegoValue?
    do throws(APIError) { result = try evaluations.value(at: place, input: input) } catch {
      decisions.log(id, request, state, path: place, input: input, error: error)
      throw error
    }
    decisions.log(id, request, state, path: place, input: input, result: result)
    guard let result else {
      let what = state.hasRule(at: place) ? "document undefined" : "document missing"
      throw APIError(404, .undefinedDocument, "\(what): \(Self.reference(place))")
    }
    return APIResponse(200, Document(result), isIndented: request.isPretty)
  }

  /// "data.a.b"
  private static func reference(_ path: [String]) -> String {
    path.reduce("data") { text, part in
      let isName = part.utf8.first.map { $0 == 0x5F || ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A } ?? false
      let isPlain = part.utf8.allSatisfy { $0 == 0x5F || ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A || $0 >= 0x30 && $0 <= 0x39 }
      return text + (isName && isPlain ? "." + part : "[\"\(part)\"]")
    }
  }

  private func provenance(_ state: StoreState) -> RegoValue {
    let bundles = state.contents.bundles.map { bundle in
      RegoValue.Member(.string(bundle.name), .object([.init(.string("revision"), .string(bundle.revision))]))
    }
    let texts = ["version": settings.version, "build_commit": "", "build_timestamp": "", "build_hostname": ""]
    return .object(
      texts.map { .init(.string($0.key), .string($0.value)) } + (bundles.isEmpty ? [] : [.init(.string("bundles"), .object(bundles))]))
  }

  // MARK: - Changes

  /// Nothing, or the metrics where they are asked for.
  private func changed(_ request: APIRequest) -> APIResponse {
    guard request.flag("metrics") else { return .noContent }
    var metrics = RequestMetrics()
    metrics.add("server_handler", .now - request.start)
    return APIResponse(members: [("metrics", metrics.json)], isIndented: false)
  }

  func put(_ path: [String], _ request: APIRequest) throws(APIError) -> APIResponse {
    guard let value = try reader.document(request)?.regoValue else { throw APIError(400, .invalidParameter, "EOF") }
    let place = DataPath(path)
    var isThere = false
    try store.change { state throws(APIError) in
      try Self.checkScope(path, state)
      if place.value(in: state.contents.data) != nil, request.header("if-none-match") == "*" {
        isThere = true
        return state
      }
      return try state.replacing(data: try place.put(value, in: state.contents.data))
    }
    return isThere ? APIResponse(304) : changed(request)
  }

  func delete(_ path: [String], _ request: APIRequest) throws(APIError) -> APIResponse {
    let place = DataPath(path)
    try store.change { state throws(APIError) in
      try Self.checkScope(path, state)
      return try state.replacing(data: try place.remove(in: state.contents.data))
    }
    return changed(request)
  }

  /// A list of changes, of which all or none are made.
  func patch(_ path: [String], _ request: APIRequest) throws(APIError) -> APIResponse {
    guard case .array(let changes)? = try reader.document(request)?.regoValue else {
      throw APIError(400, .invalidParameter, "a list of changes is expected: [{\"op\", \"path\", \"value\"}]")
    }
    try store.change { state throws(APIError) in
      var data = state.contents.data
      for change in changes {
        guard case .string(let operation)? = change["op"], case .string(let text)? = change["path"] else {
          throw APIError(400, .invalidParameter, "a change needs op and path")
        }
        let place = DataPath(path + (try Self.pointer(text)))
        try Self.checkScope(place.parts, state)
        switch operation {
        case "add": data = try place.add(change["value"] ?? .null, in: data)
        case "replace": data = try place.replace(change["value"] ?? .null, in: data)
        case "remove": data = try place.remove(in: data)
        default: throw APIError(400, .invalidParameter, "bad patch operation: \(operation)")
        }
      }
      return try state.replacing(data: data)
    }
    return changed(request)
  }

  /// A JSON pointer (RFC 6901), with or without its first slash.
  private static func pointer(_ text: String) throws(APIError) -> [String] {
    var parts: [String] = []
    for part in text.split(separator: "/") {
      var rest = part[...]
      while let tilde = rest.firstIndex(of: "~") {
        let next = rest[rest.index(after: tilde)...].first
        guard next == "0" || next == "1" else { throw APIError(400, .invalidParameter, "bad patch path: \(text)") }
        rest = rest[rest.index(after: tilde)...]
      }
      parts.append(String(part).replacing("~1", with: "/").replacing("~0", with: "~"))
    }
    return parts
  }

  /// Parts of a path that is written to: data are no deeper than documents that are received.
  private static let longestPath = 1000

  /// What belongs to a bundle is not changed by requests.
  static func checkScope(_ path: [String], _ state: StoreState) throws(APIError) {
    guard path.count <= longestPath else {
      throw APIError(400, .invalidParameter, "invalid path: more than \(longestPath) parts")
    }
    let bundles = state.contents.bundles
    if path.isEmpty, !bundles.isEmpty {
      throw APIError(400, .invalidParameter, "can't write to document root with bundle roots configured")
    }
    for bundle in bundles {
      for root in bundle.roots {
        if root.isEmpty { throw APIError(400, .invalidParameter, "all paths owned by bundle \"\(bundle.name)\"") }
        if zip(path, root.split(separator: "/").map(String.init)).allSatisfy({ $0 == $1 }) {
          throw APIError(400, .invalidParameter, "path \(path.joined(separator: "/")) is owned by bundle \"\(bundle.name)\"")
        }
      }
    }
  }
}
