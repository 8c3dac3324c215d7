internal import Foundation
internal import Rego

/// `data.system.authz.allow`, which decides about requests where authorization is basic.
struct Authorizer {
  let store: PolicyStore

  /// - Throws: 401 where the policy refuses, 500 where there is none.
  func check(_ request: APIRequest) throws(APIError) {
    let settings = store.settings
    guard settings.authorization == .basic else { return }
    var evaluations = Evaluations(store.state, settings, request)
    let decision = try evaluations.value(at: ["system", "authz", "allow"], input: Document(try input(request)))
    switch decision {
    case nil: throw APIError(500, .internal, "authorization policy missing or undefined")
    case .boolean(true)?: return
    case .object?:
      guard let allowed = decision?["allowed"] else { throw APIError(500, .internal, "document missing or undefined") }
      if allowed == .boolean(true) { return }
      if case .string(let reason)? = decision?["reason"] { throw APIError(401, .unauthorized, reason) }
    default: break
    }
    throw APIError(401, .unauthorized, "request rejected by administrative policy")
  }

  private func input(_ request: APIRequest) throws(APIError) -> RegoValue {
    var members: [RegoValue.Member] = [
      .init(.string("path"), .array(pathParts(request).map { .string($0) })), .init(.string("method"), .string(request.method)),
      .init(.string("params"), Self.lists(request.parameters)),
      .init(.string("headers"), Self.lists(request.headers.map { (Self.canonical($0.name), $0.value) })),
    ]
    if let identity = request.identity { members.append(.init(.string("identity"), .string(identity))) }
    let isDecision = request.path.isEmpty || (["v0", "v1"].contains(request.path[0]) && request.path.dropFirst().first == "data")
    if request.method == "POST", isDecision, let body = try BodyReader(settings: store.settings).document(request) {
      members.append(.init(.string("body"), body.regoValue))
    }
    return .object(members)
  }

  /// As OPA splits it: an empty part stays.
  private func pathParts(_ request: APIRequest) -> [String] {
    let path = request.target.prefix { $0 != "?" }
    return path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { $0.removingPercentEncoding ?? String($0) }
  }

  private static func lists(_ pairs: [(name: String, value: String)]) -> RegoValue {
    var lists: [String: [RegoValue]] = [:]
    for pair in pairs { lists[pair.name, default: []].append(.string(pair.value)) }
    return .object(lists.map { .init(.string($0.key), .array($0.value)) })
  }

  /// "x-request-id" as "X-Request-Id".
  private static func canonical(_ name: String) -> String {
    name.split(separator: "-", omittingEmptySubsequences: false).map { $0.prefix(1).uppercased() + $0.dropFirst().lowercased() }
      .joined(separator: "-")
  }
}
