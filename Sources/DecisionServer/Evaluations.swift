internal import Rego

/// One question of a request, with what is told about the answer.
struct Evaluations {
  let state: StoreState
  let settings: ServerSettings
  let request: APIRequest
  var metrics = RequestMetrics()
  private(set) var explanation: RegoValue?

  init(_ state: StoreState, _ settings: ServerSettings, _ request: APIRequest) {
    self.state = state
    self.settings = settings
    self.request = request
  }

  /// "data" with a path, as a query. Parts that are whole numbers are positions.
  static func query(_ path: [String]) throws(APIError) -> String {
    var text = "data"
    for part in path {
      guard !part.contains("\"") else { throw APIError(400, .invalidParameter, "invalid path: invalid ref term '\(part)'") }
      text += Int(part).map { "[\($0)]" } ?? "[" + String(decoding: Document(.string(part)).json(), as: UTF8.self) + "]"
    }
    return text
  }

  /// The same document as people write it: with dots where names allow them.
  static func name(_ path: [String]) throws(APIError) -> String {
    var text = "data"
    for part in path {
      let isName =
        part.utf8.first.map { $0 == 0x5F || (0x41...0x5A).contains($0 & 0xDF) } ?? false
        && part.utf8.allSatisfy { $0 == 0x5F || (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF) }
      text += isName ? "." + part : String(try query([part]).dropFirst(4))
    }
    return text
  }

  /// - Parameter isStrict: an error of a built-in function ends the evaluation.
  mutating func solutions(_ text: String, input: Document?, isStrict: Bool = false) throws(APIError) -> (PreparedQuery, [Solution]) {
    var options = settings.evaluation
    options.isStrict = isStrict
    let query: PreparedQuery
    var hits = 0
    let prepareStart = ContinuousClock.now
    do throws(RegoErrors) { query = try state.query(text, count: &hits) } catch {
      let isParse = error.errors.first?.code == .parse
      throw APIError(400, .invalidParameter, isParse ? APIError.queryParseText : APIError.queryText, error.errors)
    }
    metrics.add("rego_query_compile", .now - prepareStart)
    metrics.count("server_query_cache_hit", hits)
    if let mode = request.explanation { try explain(text, input, options, mode) }
    let start = ContinuousClock.now
    defer { metrics.add("rego_query_eval", .now - start) }
    do throws(RegoError) {
      guard let printed = settings.printed else { return (query, try query.evaluate(input: input, options: options)) }
      let evaluator = Evaluator(query, options: options)
      evaluator.printed = { printed($0) }
      return (query, try evaluator.evaluate(input: input))
    } catch {
      throw APIError(error)
    }
  }

  /// The value of a document; nil where it is undefined.
  mutating func value(at path: [String], input: Document?, isStrict: Bool = false) throws(APIError) -> RegoValue? {
    try solutions(try Self.query(path), input: input, isStrict: isStrict).1.first?.values.first
  }

  private mutating func explain(_ text: String, _ input: Document?, _ options: EvaluationOptions, _ mode: TraceMode) throws(APIError) {
    let recorder = TraceRecorder(mode)
    do {
      try state.tracedQuery(text).run(input: input, options: options, tracers: [recorder])
    } catch let error as RegoErrors {
      throw APIError(400, .invalidParameter, APIError.queryText, error.errors)
    } catch let error as RegoError {
      throw APIError(error)
    } catch {
      throw APIError(500, .internal, "\(error)")
    }
    explanation =
      request.isPretty
      ? .array(TraceLines.lines(recorder.events).map { .string($0) }) : .array(recorder.events.map(\.apiJSON))
  }

  /// The metrics of the answer; nil where none are wanted.
  var shownMetrics: RegoValue? {
    guard request.wantsMetrics else { return nil }
    var metrics = metrics
    metrics.add("server_handler", .now - request.start)
    return metrics.json
  }
}

/// Times and counts of one request by OPA's names.
struct RequestMetrics {
  private var values: [String: Int64] = [:]

  mutating func add(_ name: String, _ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    values["timer_\(name)_ns", default: 0] += seconds * 1_000_000_000 + attoseconds / 1_000_000_000
  }

  mutating func count(_ name: String, _ count: Int) { values["counter_\(name)", default: 0] += Int64(count) }

  var json: RegoValue {
    .object(values.sorted { $0.key < $1.key }.map { .init(.string($0.key), .integer($0.value)) })
  }
}
