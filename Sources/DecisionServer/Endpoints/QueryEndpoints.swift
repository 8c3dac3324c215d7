internal import Rego

/// `/v1/query`.
struct QueryEndpoints {
  let store: PolicyStore
  let decisions: DecisionLog
  private var reader: BodyReader { BodyReader(settings: store.settings) }

  init(_ store: PolicyStore, _ decisions: DecisionLog) {
    self.store = store
    self.decisions = decisions
  }

  func get(_ request: APIRequest) throws(APIError) -> APIResponse {
    guard let text = request.parameter("q") else { throw APIError(400, .invalidParameter, "missing parameter 'q'") }
    return try answer(text, nil, request)
  }

  func post(_ request: APIRequest) throws(APIError) -> APIResponse {
    guard let body = try reader.document(request), body.isObject else {
      throw APIError(400, .invalidParameter, "error(s) occurred while decoding request: an object with the member query is expected")
    }
    guard let query = body["query"] else { throw APIError(500, .internal, "cannot evaluate empty query") }
    guard case .string(let text) = query.regoValue else {
      throw APIError(400, .invalidParameter, "error(s) occurred while decoding request: query must be a string")
    }
    return try answer(text, body["input"], request)
  }

  private func answer(_ text: String, _ input: Document?, _ request: APIRequest) throws(APIError) -> APIResponse {
    try checkCalls(text)
    let state = store.state
    var evaluations = Evaluations(state, store.settings, request)
    let id = decisions.newID()
    let solutions: [Solution]
    do throws(APIError) { solutions = try evaluations.solutions(text, input: input).1 } catch {
      decisions.log(id, request, state, query: text, input: input, error: error)
      throw error
    }
    let result = RegoValue.array(
      solutions.map { solution in .object(solution.bindings.map { .init(.string($0.name), $0.value) }) })
    decisions.log(id, request, state, query: text, input: input, result: result)
    return APIResponse(
      members: [
        ("result", solutions.isEmpty ? nil : result), ("metrics", evaluations.shownMetrics), ("explanation", evaluations.explanation),
      ], isIndented: request.isPretty)
  }

  /// A query of a request makes no requests of its own; policies may.
  private func checkCalls(_ text: String) throws(APIError) {
    let body: Body
    do throws(RegoErrors) { body = try Parser.query(Array(text.utf8), options: store.settings.parserOptions) } catch {
      throw APIError(400, .invalidParameter, APIError.queryParseText, error.errors)
    }
    guard !body.isEmpty, text.contains("http") else { return }
    var options = store.settings.policyOptions
    options.functions.removeAll { $0.name == "http.send" }
    do throws(RegoErrors) { _ = try Policy([], options: options).prepare(text, options: store.settings.parserOptions) } catch {
      guard let found = error.errors.first(where: { $0.message.contains("undefined function http.send") }) else { return }
      let refused = RegoError(.type, "unsafe built-in function calls in expression: http.send", location: found.location)
      throw APIError(400, .invalidParameter, APIError.queryText, [refused])
    }
  }
}
