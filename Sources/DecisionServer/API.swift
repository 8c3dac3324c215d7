internal import Foundation
internal import Rego

/// OPA's REST API: which request is answered by what. Blocks while it evaluates.
struct API: Sendable {
  let store: PolicyStore
  let decisions: DecisionLog
  let statistics = ServerStatistics()
  let instance: String

  init(_ store: PolicyStore) {
    instance = UUID().uuidString.lowercased()
    self.store = store
    decisions = DecisionLog(store.settings, instance: instance)
  }

  /// - Parameter isDiagnostic: health and metrics alone are served.
  func answer(_ request: APIRequest, isDiagnostic: Bool) -> APIResponse {
    let handler = Self.handler(request.path)
    var response: APIResponse
    do throws(APIError) {
      try Authorizer(store: store).check(request)
      response = try isDiagnostic ? diagnose(request) : route(request)
    } catch {
      response = error.response
    }
    let (seconds, attoseconds) = (ContinuousClock.now - request.start).components
    statistics.add(
      handler: handler, method: request.method, code: response.status, seconds: Double(seconds) + Double(attoseconds) * 1e-18)
    if request.method == "HEAD" { response.body = [] }
    return response
  }

  /// The name of what answers, for statistics.
  private static func handler(_ path: [String]) -> String {
    switch path.first {
    case nil: return "index"
    case "health": return "health"
    case "v0", "v1":
      let second = path.dropFirst().first ?? ""
      return ["data", "policies", "query", "compile", "config", "status"].contains(second) ? "\(path[0])/\(second)" : "catchall"
    default: return "catchall"
    }
  }

  private var diagnostics: DiagnosticEndpoints { DiagnosticEndpoints(store: store, statistics: statistics, instance: instance) }

  private func diagnose(_ request: APIRequest) throws(APIError) -> APIResponse {
    let method = request.method == "HEAD" ? "GET" : request.method
    switch (method, request.path.first) {
    case ("GET", "health"?):
      let rest = Array(request.path.dropFirst())
      return rest.isEmpty ? diagnostics.health(request) : try diagnostics.health(rest, request)
    case ("GET", "metrics"?) where request.path.count == 1: return diagnostics.metrics()
    default: return Self.notFound
    }
  }

  private func route(_ request: APIRequest) throws(APIError) -> APIResponse {
    let path = request.path
    let method = request.method == "HEAD" ? "GET" : request.method
    switch (path.first, path.dropFirst().first) {
    case (nil, _):
      switch method {
      case "POST": return try data.postV0(nil, request)
      case "GET": return APIResponse(200, type: "text/plain; charset=utf-8", body: Array("Ringwall serves OPA's REST API here.\n".utf8))
      default: return Self.notAllowed
      }
    case ("health"?, _), ("metrics"?, nil): return try diagnose(request)
    case ("v0"?, "data"?): return method == "POST" ? try data.postV0(Array(path.dropFirst(2)), request) : Self.notAllowed
    case ("v1"?, "data"?): return try data(method, Array(path.dropFirst(2)), request)
    case ("v1"?, "policies"?): return try policies(method, path.dropFirst(2).joined(separator: "/"), request)
    case ("v1"?, "query"?) where path.count == 2:
      switch method {
      case "GET": return try QueryEndpoints(store, decisions).get(request)
      case "POST": return try QueryEndpoints(store, decisions).post(request)
      default: return Self.notAllowed
      }
    case ("v1"?, "compile"?) where path.count == 2:
      return method == "POST" ? try CompileEndpoints(store: store).post(request) : Self.notAllowed
    case ("v1"?, "config"?) where path.count == 2 && method == "GET": return diagnostics.config(request)
    case ("v1"?, "status"?) where path.count == 2 && method == "GET": return try diagnostics.status()
    default: return Self.notFound
    }
  }

  private var data: DataEndpoints { DataEndpoints(store, decisions) }

  private func data(_ method: String, _ path: [String], _ request: APIRequest) throws(APIError) -> APIResponse {
    switch method {
    case "GET": try data.get(path, request)
    case "POST": try data.post(path, request)
    case "PUT": try data.put(path, request)
    case "PATCH": try data.patch(path, request)
    case "DELETE" where !path.isEmpty: try data.delete(path, request)
    default: Self.notAllowed
    }
  }

  private func policies(_ method: String, _ id: String, _ request: APIRequest) throws(APIError) -> APIResponse {
    let policies = PolicyEndpoints(store: store)
    switch (method, id.isEmpty) {
    case ("GET", true): return policies.list(request)
    case ("GET", false): return try policies.get(id, request)
    case ("PUT", false): return try policies.put(id, request)
    case ("DELETE", false): return try policies.delete(id, request)
    default: return Self.notAllowed
    }
  }

  private static let notFound = APIResponse(404, type: "text/plain; charset=utf-8", body: Array("404 page not found\n".utf8))
  private static let notAllowed = APIResponse(405)
}
