internal import Rego

/// `/health`, `/metrics`, `/v1/config` and `/v1/status`.
struct DiagnosticEndpoints {
  let store: PolicyStore
  let statistics: ServerStatistics
  let instance: String

  /// The server answers: whatever was to be loaded was loaded before it listened.
  func health(_ request: APIRequest) -> APIResponse {
    do throws(APIError) {
      var evaluations = Evaluations(store.state, store.settings, request)
      guard try evaluations.solutions("x = 1", input: nil).1.first?["x"] == .integer(1) else {
        return Self.ill("unable to perform evaluation")
      }
      return APIResponse(members: [], isIndented: false)
    } catch {
      return Self.ill("unable to perform evaluation")
    }
  }

  /// A policy below `data.system.health` decides.
  func health(_ path: [String], _ request: APIRequest) throws(APIError) -> APIResponse {
    let place = ["system", "health"] + path
    let input = Document(.object([.init(.string("plugin_state"), .object([])), .init(.string("plugins_ready"), .boolean(true))]))
    let name = try Evaluations.name(place)
    do throws(APIError) {
      var evaluations = Evaluations(store.state, store.settings, request)
      switch try evaluations.value(at: place, input: input) {
      case .boolean(true)?: return APIResponse(members: [], isIndented: false)
      case nil: return Self.ill("health check (\(name)) was undefined")
      default: return Self.ill("health check (\(name)) returned unexpected value")
      }
    } catch {
      return Self.ill(error.errors.first.map { "\($0)" } ?? error.message)
    }
  }

  private static func ill(_ reason: String) -> APIResponse {
    APIResponse(500, members: [("error", .string(reason))], isIndented: false)
  }

  func metrics() -> APIResponse {
    APIResponse(200, type: "text/plain; version=0.0.4; charset=utf-8", body: Array(statistics.text.utf8))
  }

  func config(_ request: APIRequest) -> APIResponse {
    let labels: [RegoValue.Member] = [
      .init(.string("id"), .string(instance)), .init(.string("version"), .string(store.settings.version)),
    ]
    let result: [RegoValue.Member] = [
      .init(.string("default_authorization_decision"), .string("/system/authz/allow")),
      .init(.string("default_decision"), .string("/system/main")), .init(.string("labels"), .object(labels)),
    ]
    return APIResponse(members: [("result", .object(result))], isIndented: request.isPretty)
  }

  func status() throws(APIError) -> APIResponse { throw APIError(500, .internal, "status plugin not enabled") }
}
