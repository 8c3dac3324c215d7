internal import Rego

/// `/v1/compile`: what is left of a query when the rest is known.
struct CompileEndpoints {
  let store: PolicyStore

  func post(_ request: APIRequest) throws(APIError) -> APIResponse {
    let body = try BodyReader(settings: store.settings).document(request)
    guard let body, body.isObject else { throw Self.wrong("an object with the member query is expected") }
    guard case .string(let query)? = body["query"]?.regoValue, !query.isEmpty else {
      throw APIError(400, .invalidParameter, "missing required 'query' value")
    }
    var options = PartialOptions()
    if let unknowns = try Self.texts(body["unknowns"], "unknowns") { options.unknowns = unknowns }
    let chosen = body["options"]
    options.disableInlining = try Self.texts(chosen?["disableInlining"], "options.disableInlining") ?? []
    options.nondeterministicBuiltins = chosen?["nondeterministicBuiltins"]?.regoValue == .boolean(true)
    var metrics = RequestMetrics()
    let start = ContinuousClock.now
    let result: PartialResult
    do throws(RegoErrors) {
      result = try store.state.tracedPolicy().partially(
        query, input: body["input"], partial: options, options: store.settings.parserOptions, evaluation: store.settings.evaluation)
    } catch {
      switch error.errors.first?.code {
      case .parse?: throw APIError(400, .invalidParameter, APIError.queryParseText, error.errors)
      case let code? where code.rawValue.hasPrefix("eval_"):
        throw APIError(500, .internal, "error(s) occurred while evaluating query", error.errors)
      default: throw APIError(400, .invalidParameter, APIError.moduleText, error.errors)
      }
    }
    metrics.add("rego_partial_eval", .now - start)
    metrics.add("server_handler", .now - request.start)
    let rest = (try? Document(json: result.json))?.regoValue
    return APIResponse(
      members: [("result", rest), ("metrics", request.wantsMetrics ? metrics.json : nil)], isIndented: request.isPretty)
  }

  private static func wrong(_ reason: String) -> APIError {
    APIError(400, .invalidParameter, "error(s) occurred while decoding request: \(reason)")
  }

  /// Nil where the member is missing or null.
  private static func texts(_ value: Document?, _ name: String) throws(APIError) -> [String]? {
    guard let value, !value.isNull else { return nil }
    guard case .array(let elements) = value.regoValue else { throw wrong("\(name) must be a list of strings") }
    var texts: [String] = []
    for element in elements {
      guard case .string(let text) = element else { throw wrong("\(name) must be a list of strings") }
      texts.append(text)
    }
    return texts
  }
}
