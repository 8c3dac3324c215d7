internal import Domain
internal import Foundation
internal import NIOHTTP1

/// What only the appliance of a vCenter says, over its REST interface (vSphere Automation API, /api/appliance, 7.0 update 2 and later). Reads only.
struct Appliance: Sendable {
  /// Below /api/appliance.
  static let paths = [
    "access/ssh", "local-accounts/root", "logging/forwarding", "networking/firewall/inbound", "ntp", "recovery/backup/schedules",
    "system/security/global-fips", "timesync", "tls/profiles/global", "update",
  ]

  private static let header = "vmware-api-session-id"

  private let transport: ServiceTransport

  init(_ transport: ServiceTransport) { self.transport = transport }

  /// Answers by path, and what was refused; the path "" stands for all.
  struct Answers: Sendable {
    var members: [FactValue.Member] = []
    var errors: [(path: String, message: String)] = []
  }

  /// Opens a session of the REST interface, asks each path and closes the session.
  func answers(_ credentials: Credentials) async throws(ServiceFailure) -> Answers {
    let basic = Data("\(credentials.user):\(credentials.password)".utf8).base64EncodedString()
    // Not to be cut short: a session without its key could not be closed.
    let opened = try await Task { () -> Result<ServiceTransport.Answer, ServiceFailure> in
      do throws(ServiceFailure) {
        return .success(try await transport.send("/api/session", body: [], headers: [("Authorization", "Basic \(basic)")]))
      } catch { return .failure(error) }
    }.value.get()
    guard opened.status == 200 || opened.status == 201, let key = Self.json(opened.body)?.text,
      key.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else { return Answers(errors: [("", Self.reason(opened.status))]) }
    var answers = Answers()
    var failure: ServiceFailure?
    do throws(ServiceFailure) {
      for path in Self.paths {
        let answer = try await transport.send("/api/appliance/\(path)", body: nil, headers: [(Self.header, key)])
        if answer.status == 200, let value = Self.json(answer.body) {
          answers.members.append(.init(path, value))
        } else {
          answers.errors.append((path, Self.reason(answer.status)))
        }
      }
    } catch { failure = error }
    _ = await Task {
      try? await transport.send("/api/session", body: nil, headers: [(Self.header, key)], method: .DELETE, within: .seconds(10))
    }
    .value
    if let failure { throw failure }
    return answers
  }

  private static func reason(_ status: Int) -> String {
    switch status {
    case 200: "the answer is no JSON"
    case 401: "unauthorized: the account may not use the interface of the appliance"
    case 403: "permission denied: the account needs the role of an administrator of the appliance, or one that reads"
    case 404: "this version of the appliance has no such interface"
    default: "the appliance answers with HTTP status \(status)"
    }
  }

  /// A JSON text of at most 4 MiB as a value, without what is a secret.
  static func json(_ bytes: [UInt8]) -> FactValue? {
    guard bytes.count <= 4 << 20, let value = try? JSONDecoder().decode(Value.self, from: Data(bytes)) else { return nil }
    return value.value
  }

  private struct Value: Decodable {
    let value: FactValue

    private struct Key: CodingKey {
      let stringValue: String
      var intValue: Int? { nil }
      init?(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
      if let object = try? decoder.container(keyedBy: Key.self) {
        value = .object(
          try object.allKeys.sorted { $0.stringValue < $1.stringValue }.filter { !VimNames.isSecret($0.stringValue) }
            .map { .init($0.stringValue, try object.decode(Value.self, forKey: $0).value) })
      } else if var list = try? decoder.unkeyedContainer() {
        var elements: [FactValue] = []
        while !list.isAtEnd { elements.append(try list.decode(Value.self).value) }
        value = .array(elements)
      } else {
        let single = try decoder.singleValueContainer()
        if single.decodeNil() {
          value = .null
        } else if let flag = try? single.decode(Bool.self) {
          value = .bool(flag)
        } else if let number = try? single.decode(Int64.self) {
          value = .int(number)
        } else if let number = try? single.decode(Double.self) {
          value = .double(number)
        } else {
          value = .string(try single.decode(String.self))
        }
      }
    }
  }
}
