import DecisionServer
import Foundation
import NIOHTTP1
import Rego
import Testing

/// What OPA's own server answered to the same requests in the same order, where its record lies beside the checkout.
@Suite("Requests against OPA's own answers") struct OracleTests {
  private static let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../shared/oracle/opa/rest.json")
  private static let isPresent = FileManager.default.fileExists(atPath: file.path)

  /// What of an answer is this server's own.
  private enum Own: String {
    case decoderWords = "the reason why a text is no JSON, or has another shape, in words of this program"
    case tree = "the syntax tree of the text, where OPA gives that of its compiler"
    case version = "the name of the process and the program's version"
    case page = "no page to ask queries with a browser"
    case signature = "the types of a function's operands are in the message and not once more in details"
    case errorOrder = "OPA gives these errors in any order"
    case firstError = "one error for one mistake, where OPA tries a text as several things"
  }

  /// By the exchange's position in the record.
  private static let exceptions: [Int: Own] = {
    var result: [Int: Own] = [4: .tree, 12: .signature, 83: .version, 88: .page, 119: .errorOrder, 136: .version]
    for index in [80, 101, 104] + Array(49...66) { result[index] = .decoderWords }
    for index in [120, 121] { result[index] = .firstError }
    return result
  }()

  /// An answer as far as both servers may be compared.
  private struct Comparable: Equatable {
    var status: Int64
    var type: String
    var body: RegoValue

    /// Without what is this server's own.
    func without(_ own: Own) -> Comparable {
      var result = self
      switch own {
      case .decoderWords: result.body = body.removing("message")
      case .tree: result.body = body.changing("result") { $0.removing("ast") }
      case .version:
        result.body = body.changing("result") { $0.removing("labels") }.changing("provenance") { $0.removing("version") }
      case .page:
        result.type = ""
        result.body = .null
      case .signature: result.body = body.changingErrors { errors in errors.map { $0.removing("details") } }
      case .errorOrder:
        result.body = body.changingErrors { errors in errors.sorted { "\($0)" < "\($1)" } }
      case .firstError: result.body = body.changingErrors { errors in Array(errors.prefix(1)) }
      }
      return result
    }
  }

  private static func text(_ value: RegoValue?) -> String { if case .string(let text)? = value { text } else { "" } }

  @Test("the same answers, but for what is listed", .enabled(if: isPresent, "no ../shared/oracle/opa/rest.json beside the checkout"))
  func recorded() async throws {
    guard case .array(let exchanges) = try Document(json: [UInt8](try Data(contentsOf: Self.file))).regoValue else {
      Issue.record("the record is no list")
      return
    }
    #expect(exchanges.count >= 144)
    let server = try await RunningServer()
    for (index, exchange) in exchanges.enumerated() {
      guard let request = exchange["request"], case .integer(let status)? = exchange["status"] else { continue }
      let body: String? =
        switch request["body"] {
        case nil, .null?: nil
        case .string(let text)?: text
        case let value?: String(decoding: Document(value).json(), as: UTF8.self)
        }
      var headers: [String: String] = [:]
      if case .object(let members)? = request["headers"] {
        for member in members { headers[Self.text(member.key)] = Self.text(member.value) }
      }
      let answer = try await server.send(Self.text(request["method"]), Self.text(request["path"]), body, headers: headers)
      let found = Comparable(
        status: Int64(answer.status), type: answer.headers["Content-Type"].first ?? "",
        body: (try? Document(json: answer.bytes).regoValue) ?? .string(answer.text))
      let wanted = Comparable(status: status, type: Self.text(exchange["contentType"]), body: exchange["body"] ?? .null)
      let place = "\(index): \(Self.text(request["method"])) \(Self.text(request["path"])): \(answer.text)"
      if let own = Self.exceptions[index] {
        #expect(found != wanted, "no exception any more: \(place)")
        #expect(found.without(own) == wanted.without(own), "\(place): more than \(own.rawValue)")
      } else {
        #expect(found == wanted, "\(place)")
      }
    }
    try await server.stop()
  }
}

extension RegoValue {
  fileprivate func removing(_ key: String) -> RegoValue {
    guard case .object(let members) = self else { return self }
    return .object(members.filter { $0.key != .string(key) })
  }

  fileprivate func changing(_ key: String, _ change: (RegoValue) -> RegoValue) -> RegoValue {
    guard case .object(let members) = self else { return self }
    return .object(members.map { $0.key == .string(key) ? Member($0.key, change($0.value)) : $0 })
  }

  fileprivate func changingErrors(_ change: ([RegoValue]) -> [RegoValue]) -> RegoValue {
    changing("errors") { errors in if case .array(let list) = errors { .array(change(list)) } else { errors } }
  }
}
