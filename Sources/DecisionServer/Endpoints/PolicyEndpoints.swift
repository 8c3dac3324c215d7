internal import Rego

/// `/v1/policies`.
struct PolicyEndpoints {
  let store: PolicyStore

  func list(_ request: APIRequest) -> APIResponse {
    APIResponse(members: [("result", .array(store.state.contents.sources.map(Self.json)))], isIndented: request.isPretty)
  }

  func get(_ id: String, _ request: APIRequest) throws(APIError) -> APIResponse {
    guard let source = store.state.contents.sources.first(where: { $0.id == id }) else { throw Self.missing(id) }
    return APIResponse(members: [("result", Self.json(source))], isIndented: request.isPretty)
  }

  func put(_ id: String, _ request: APIRequest) throws(APIError) -> APIResponse {
    let text = try BodyReader(settings: store.settings).bytes(request)
    var metrics = RequestMetrics()
    let parseStart = ContinuousClock.now
    let module: Module
    do throws(RegoErrors) { module = try Parser.module(text, file: id, options: store.settings.parserOptions) } catch {
      // As OPA does, in one line.
      if text.allSatisfy({ $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }), let empty = error.errors.first {
        throw APIError(400, .invalidParameter, "\(id):0: \(empty.code.rawValue): \(empty.message)")
      }
      throw APIError(400, .invalidParameter, APIError.moduleText, error.errors)
    }
    metrics.add("rego_module_parse", .now - parseStart)
    let compileStart = ContinuousClock.now
    try store.change { state throws(APIError) in
      if let known = state.contents.sources.first(where: { $0.id == id }) {
        try Self.checkScope(of: known.module, state)
        if known.text == text { return state }
      }
      try Self.checkScope(of: module, state)
      let others = state.contents.sources.filter { $0.id != id }
      return try state.replacing(sources: others + [.init(id: id, text: text, module: module)])
    }
    metrics.add("rego_module_compile", .now - compileStart)
    return APIResponse(members: [("metrics", request.wantsMetrics ? metrics.json : nil)], isIndented: request.isPretty)
  }

  func delete(_ id: String, _ request: APIRequest) throws(APIError) -> APIResponse {
    var metrics = RequestMetrics()
    let compileStart = ContinuousClock.now
    try store.change { state throws(APIError) in
      guard let known = state.contents.sources.first(where: { $0.id == id }) else { throw Self.missing(id) }
      try Self.checkScope(of: known.module, state)
      do throws(APIError) {
        return try state.replacing(sources: state.contents.sources.filter { $0.id != id })
      } catch {
        throw APIError(400, .invalidOperation, error.message, error.errors)
      }
    }
    metrics.add("rego_module_compile", .now - compileStart)
    return APIResponse(members: [("metrics", request.wantsMetrics ? metrics.json : nil)], isIndented: request.isPretty)
  }

  private static func missing(_ id: String) -> APIError {
    APIError(404, .resourceNotFound, "storage_not_found_error: policy id \"\(id)\"")
  }

  private static func checkScope(of module: Module, _ state: StoreState) throws(APIError) {
    try DataEndpoints.checkScope(module.package.dropFirst().compactMap(\.name), state)
  }

  private static func json(_ source: ServerContents.Source) -> RegoValue {
    let tree = (try? Document(json: ModuleJSON.encode(source.module, source: source.text)))?.regoValue ?? .null
    return .object([
      .init(.string("id"), .string(source.id)), .init(.string("raw"), .string(String(decoding: source.text, as: UTF8.self))),
      .init(.string("ast"), tree),
    ])
  }
}
