internal import Domain
internal import Synchronization

/// One compiled engine for each kind of asset, made when the first asset of the kind is judged: an audit of guests does not wait for the policies
/// of hosts. Policies of the user's own may refer to any other, so that all are compiled together where there are some.
final class PolicyEngines: Sendable {
  private let policies: Policies
  private let data: FactValue
  private let made = Mutex<[Asset.Kind?: Result<PolicyEngine, DataError>]>([:])

  init(policies: Policies, data: FactValue) {
    self.policies = policies
    self.data = data
  }

  /// - Throws: every mistake in the modules, one a line; the same at every call.
  func engine(for kind: Asset.Kind) throws(DataError) -> PolicyEngine {
    let key = policies.holdsForeign ? nil : kind
    return try made.withLock { made -> Result<PolicyEngine, DataError> in
      if let known = made[key] { return known }
      let result = Result { () throws(DataError) in
        try PolicyEngine(parsed: key.map(policies.modules(judging:)) ?? policies.parsed, data: data)
      }
      made[key] = result
      return result
    }.get()
  }
}
