internal import Foundation
internal import Rego
internal import Synchronization

/// Decisions as lines of JSON, in the form of OPA's console logger.
final class DecisionLog: Sendable {
  private let settings: ServerSettings
  private let instance: String
  private let count = Mutex(0)

  init(_ settings: ServerSettings, instance: String) {
    self.settings = settings
    self.instance = instance
  }

  /// Nil where decisions are not logged.
  func newID() -> String? { settings.logsDecisions ? UUID().uuidString.lowercased() : nil }

  /// - Parameters:
  ///   - path: of the document that was asked for.
  ///   - query: the text of a query, in place of a path.
  func log(
    _ id: String?, _ request: APIRequest, _ state: StoreState, path: [String]? = nil, query: String? = nil, input: Document?,
    result: RegoValue? = nil, error: APIError? = nil
  ) {
    guard let id, let log = settings.log else { return }
    let number = count.withLock { count in
      count += 1
      return count
    }
    let now = Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    let bundles = state.contents.bundles.map { bundle in
      RegoValue.Member(.string(bundle.name), .object([.init(.string("revision"), .string(bundle.revision))]))
    }
    var members: [(String, RegoValue?)] = [
      ("decision_id", .string(id)), ("level", .string("info")), ("msg", .string("Decision Log")),
      ("type", .string("openpolicyagent.org/decision_logs")), ("path", path.map { .string($0.joined(separator: "/")) }),
      ("query", query.map { .string($0) }), ("req_id", .integer(Int64(number))), ("requested_by", .string(request.remote)),
      ("result", result), ("time", .string(now)), ("timestamp", .string(now)),
      (
        "labels",
        .object([.init(.string("id"), .string(instance)), .init(.string("version"), .string(settings.version))])
      ),
      ("bundles", bundles.isEmpty ? nil : .object(bundles)),
    ]
    if let input { members.append(("input", input.regoValue)) }
    if let error {
      members.append(
        ("error", .object([.init(.string("code"), .string(error.code.rawValue)), .init(.string("message"), .string(error.message))])))
    }
    let line = Document(.object(members.compactMap { name, value in value.map { .init(.string(name), $0) } })).json()
    log(String(decoding: line, as: UTF8.self))
  }
}
