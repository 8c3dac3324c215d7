internal import Rego
internal import Synchronization

/// Policies and data of a server. Requests read one state from beginning to end; a change makes a new one.
final class PolicyStore: Sendable {
  let settings: ServerSettings
  private let current: Mutex<StoreState>
  /// Held while a change is made.
  private let writing = Mutex(())

  // What throws comes before the locks exist: the release optimizer (Swift 6.3) fails on an initializer that gives them up.
  convenience init(_ contents: ServerContents, _ settings: ServerSettings) throws(RegoErrors) {
    self.init(try StoreState(contents, settings), settings)
  }

  private init(_ state: StoreState, _ settings: ServerSettings) {
    self.settings = settings
    current = Mutex(state)
  }

  var state: StoreState { current.withLock { $0 } }

  /// Makes one change after the other.
  func change(_ body: (StoreState) throws(APIError) -> StoreState) throws(APIError) {
    let result: Result<Void, APIError> = writing.withLock { _ in
      do throws(APIError) {
        let next = try body(current.withLock { $0 })
        current.withLock { $0 = next }
        return .success(())
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }
}

/// Policies and data at one time.
final class StoreState: Sendable {
  let contents: ServerContents
  let policy: Policy
  private let settings: ServerSettings
  private let queries = Mutex<[String: PreparedQuery]>([:])
  private let traced = Mutex<TracedPolicy?>(nil)

  /// Queries that are kept prepared.
  private static let kept = 200

  convenience init(_ contents: ServerContents, _ settings: ServerSettings) throws(RegoErrors) {
    let policy = try Policy(contents.sources.map(\.module), data: Document(contents.data), options: settings.policyOptions)
    self.init(contents, policy, settings)
  }

  private init(_ contents: ServerContents, _ policy: Policy, _ settings: ServerSettings) {
    self.contents = contents
    self.policy = policy
    self.settings = settings
  }

  /// The same policies over other data.
  func replacing(data: RegoValue) throws(APIError) -> StoreState {
    var contents = contents
    contents.data = data
    try Self.checkConflicts(contents)
    return StoreState(contents, policy.replacing(data: Document(data)), settings)
  }

  /// The same data under other policies.
  func replacing(sources: [ServerContents.Source]) throws(APIError) -> StoreState {
    var contents = contents
    contents.sources = sources
    do throws(RegoErrors) {
      let state = try StoreState(contents, settings)
      try? Self.checkConflicts(contents)
      return state
    } catch {
      throw APIError(400, .invalidParameter, APIError.moduleText, error.errors)
    }
  }

  /// A rule and a value of data may not stand at the same path.
  static func checkConflicts(_ contents: ServerContents) throws(APIError) {
    for source in contents.sources {
      let package = source.module.package.dropFirst().compactMap(\.name)
      for rule in source.module.rules {
        guard let name = rule.head.reference.first?.name, DataPath(package + [name]).value(in: contents.data) != nil else { continue }
        let error = RegoError(
          .compile, "conflicting rule for data path \((package + [name]).joined(separator: "/")) found", file: source.id,
          location: rule.location)
        throw APIError(400, .invalidParameter, "1 error occurred: \(error)")
      }
    }
  }

  /// Prepared once for all requests with the same text.
  func query(_ text: String, count: inout Int) throws(RegoErrors) -> PreparedQuery {
    if let known = queries.withLock({ $0[text] }) {
      count += 1
      return known
    }
    let query = try policy.prepare(text, options: settings.parserOptions)
    queries.withLock { queries in
      if queries.count >= Self.kept { queries.removeAll() }
      queries[text] = query
    }
    return query
  }

  func tracedQuery(_ text: String) throws(RegoErrors) -> TracedQuery {
    try tracedPolicy().prepare(text, options: settings.parserOptions)
  }

  /// The policies in the form that is followed step by step, made on first use.
  func tracedPolicy() throws(RegoErrors) -> TracedPolicy {
    let result: Result<TracedPolicy, RegoErrors> = traced.withLock { kept in
      if let kept { return .success(kept) }
      do throws(RegoErrors) {
        let made = try TracedPolicy(contents.sources.map(\.module), data: policy.data, options: settings.policyOptions)
        kept = made
        return .success(made)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// Whether a rule stands at, above or below a path.
  func hasRule(at path: [String]) -> Bool {
    contents.sources.contains { source in
      let package = source.module.package.dropFirst().compactMap(\.name)
      return source.module.rules.contains { rule in
        let full = package + rule.head.reference.compactMap(\.name)
        return zip(full, path).allSatisfy { $0 == $1 }
      }
    }
  }
}

extension Term {
  /// Of a variable or a string.
  var name: String? {
    switch node {
    case .variable(let name), .string(let name): name
    default: nil
    }
  }
}
