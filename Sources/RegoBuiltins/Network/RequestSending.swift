internal import Rego

extension StandardFunctions {
  /// OPA's `http.send` (v1/topdown/http.go). Only to hosts that the evaluation allows.
  ///
  /// - Parameter transport: nil makes no requests: an allowed host is refused too, with a text that says so.
  static func requestSending(_ transport: (any RequestTransport)?) -> [BuiltinFunction] {
    let sender = RequestSender(transport: transport)
    return [
      BuiltinFunction("http.send", arity: 1, isNondeterministic: true) { call throws(BuiltinError) in try sender.answer(call) }
    ]
  }
}

/// The function behind `http.send`, with the answers that outlive an evaluation.
struct RequestSender: Sendable {
  /// The longest that one call waits, whatever its request says.
  static let longest = Duration.seconds(600)
  /// Redirects that are followed for one request.
  static let redirects = 10

  let transport: (any RequestTransport)?
  let cache = ResponseCache()

  func answer(_ call: borrowing BuiltinCall) throws(BuiltinError) -> RegoValue {
    let members = call[0].copy
    guard case .object = members else { throw call.wrongType(0, "object") }
    var raises = true
    if let value = members["raise_error"] {
      guard case .boolean(let flag) = value else { throw .failed("invalid value for raise_error field") }
      raises = flag
    }
    do throws(SendingError) {
      return try respond(to: members, call)
    } catch {
      if case .cancelled(let reason) = error {
        throw .fatal(RegoError(.cancel, "http.send: timed out (\(reason))"))
      }
      if raises { throw error.builtinError }
      return error.result
    }
  }

  private func respond(to members: RegoValue, _ call: borrowing BuiltinCall) throws(SendingError) -> RegoValue {
    let form = try RequestForm(members)
    let place = Array("http.send ".utf8) + form.key
    if let known = call.remembered(place) {
      if let error = SendingError(remembered: known) { throw error }
      if case .array(let parts) = known, parts.count == 1 { return parts[0] }
    }
    do throws(SendingError) {
      let (value, isKept) = try obtain(form, call)
      if isKept { call.remember(.array([value]), for: place) }
      return value
    } catch {
      if let kept = error.kept { call.remember(kept, for: place) }
      throw error
    }
  }

  /// - Returns: the answer, and whether later calls of the same evaluation get the same.
  private func obtain(_ form: RequestForm, _ call: borrowing BuiltinCall) throws(SendingError) -> (RegoValue, isKept: Bool) {
    let now = call.now
    guard form.isCached else {
      let response = try exchange(form, form.request(call.network), call)
      return (response.value(form), ResponseCache.cacheable.contains(response.status))
    }
    if var entry = cache[form.key] {
      var request = try form.request(call.network)
      if now < entry.expiry { return (entry.response.value(form), true) }
      cache.remove(form.key)
      if try revalidating(&request, entry.response) {
        let response = try exchange(form, request, call)
        switch response.status {
        case 304:
          entry.response.update(with: response)
          entry.expiry = try form.expiry(of: response, now: now)
          cache.insert(entry, for: form.key)
          return (entry.response.value(form), true)
        case 200:
          try store(response, form, now)
          return (response.value(form), true)
        default: break
        }
      }
    }
    let response = try exchange(form, form.request(call.network), call)
    // Where an answer cannot be kept for other evaluations, this one has it all the same.
    try? store(response, form, now)
    return (response.value(form), true)
  }

  /// Adds what a server needs to say that nothing has changed; false where the kept answer has nothing to compare.
  private func revalidating(_ request: inout OutgoingRequest, _ kept: IncomingResponse) throws(SendingError) -> Bool {
    let tag = kept.header("etag"), date = kept.header("last-modified")
    if !tag.isEmpty { request.set("If-None-Match", tag) }
    if !date.isEmpty { request.set("If-Modified-Since", date) }
    return !tag.isEmpty || !date.isEmpty
  }

  private func store(_ response: IncomingResponse, _ form: RequestForm, _ now: Int64) throws(SendingError) {
    guard form.forcedSeconds > 0 || CacheControl(response.header("cache-control"))["no-store"] == nil else { return }
    guard ResponseCache.cacheable.contains(response.status) else { return }
    cache.insert(ResponseCache.Entry(response: response, expiry: try form.expiry(of: response, now: now)), for: form.key)
  }

  // MARK: - One request with its redirects and repetitions

  private func exchange(
    _ form: RequestForm, _ request: OutgoingRequest, _ call: borrowing BuiltinCall
  ) throws(SendingError) -> IncomingResponse {
    let start = ContinuousClock.now
    let last = min(start + Self.longest, call.deadline ?? start + Self.longest)
    var attempt = 0
    while true {
      do throws(SendingError) {
        let deadline = form.timeout > .zero ? min(last, .now + form.timeout) : last
        return try follow(form, request, call.network, until: deadline)
      } catch {
        if Task.isCancelled { throw .cancelled("context canceled") }
        if let end = call.deadline, ContinuousClock.now >= end { throw .cancelled("context deadline exceeded") }
        guard error.isOfNetwork, attempt < form.repetitions, ContinuousClock.now < last else { throw error }
        try pause(Self.delay(before: attempt), until: last)
        attempt += 1
      }
    }
  }

  private func follow(
    _ form: RequestForm, _ first: OutgoingRequest, _ network: NetworkAccess, until deadline: ContinuousClock.Instant
  ) throws(SendingError) -> IncomingResponse {
    guard let transport else {
      throw .failed("cannot reach \(form.host): this program makes no requests")
    }
    var request = first
    for _ in 0...Self.redirects {
      let response: IncomingResponse
      do throws(TransportError) {
        response = try transport.send(request, until: deadline) { Task.isCancelled }
      } catch {
        throw SendingError(error, request)
      }
      guard form.followsRedirects, let next = try request.redirected(by: response, first: first, network) else { return response }
      request = next
    }
    throw .network(request.method, request.url, "stopped after \(Self.redirects) redirects")
  }

  /// Doubling from 100 ms to 60 s.
  private static func delay(before attempt: Int) -> Duration { min(.milliseconds(100) * (1 << min(attempt, 10)), .seconds(60)) }

  /// Waits in small parts, so that a cancelled task does not wait to the end.
  private func pause(_ duration: Duration, until last: ContinuousClock.Instant) throws(SendingError) {
    let end = min(last, .now + duration)
    while ContinuousClock.now < end {
      if Task.isCancelled { throw .cancelled("context canceled") }
      Waiting.sleep(min(end - .now, .milliseconds(10)))
    }
  }
}
