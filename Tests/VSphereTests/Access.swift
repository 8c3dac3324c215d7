import Domain
import TestSupport

@testable import VSphere

/// How tests ask a simulator: as `ringwall collect vsphere` does, and with calls that change it.
extension Simulator {
  func trust() throws -> ServerTrust { try ServerTrust(authorities: (Array(authority.text.utf8), "authority.pem")) }

  static func credentials(password: String = password) throws -> Credentials { try Credentials(user: user, password: password) }

  func with<Value: Sendable>(
    port: Int? = nil, limits: ServiceLimits = ServiceLimits(), _ body: (ServiceSession) async throws(ServiceFailure) -> Value
  ) async throws -> Value {
    try await ServiceSession.with(
      try ServiceAddress("localhost:\(port ?? self.port)"), trust: try trust(), credentials: try Self.credentials(), limits: limits, body)
  }

  /// The inventory, with the time left out, so that two can be compared.
  func inventory(port: Int? = nil, limits: ServiceLimits = ServiceLimits()) async throws -> FactValue {
    try await with(port: port, limits: limits) { session throws(ServiceFailure) in
      try await LiveInventory(session).document(collected: "2026-11-26T00:00:00Z")
    }
  }

  /// Sessions of the server but for the one that asks.
  func otherSessions() async throws -> Int {
    try await with { session throws(ServiceFailure) in
      guard let manager = session.manager("sessionManager") else { return -1 }
      let content = try await PropertyCollector(session).of([manager], ["sessionList"]).first
      return (content?.properties["sessionList"]?.children.count ?? 0) - 1
    }
  }

  /// Sets an advanced option of the server, or of one of its hosts.
  func set(_ key: String, _ value: SOAPElement, host: String? = nil) async throws {
    try await with { session throws(ServiceFailure) in
      var manager = session.manager("setting")
      if let host {
        let content = try await PropertyCollector(session).of([ManagedObject("HostSystem", host)], ["configManager.advancedOption"]).first
        manager = content?.properties["configManager.advancedOption"]?.object
      }
      guard let manager else { throw ServiceFailure(.foreign, "no option manager") }
      let option = SOAPElement("changedValue", type: "OptionValue", children: [SOAPElement("key", key), value])
      try await session.call("UpdateOptions", on: manager, [option])
    }
  }

  /// Reconfigures a machine and waits for the task.
  func reconfigure(_ machine: String, _ changes: [SOAPElement]) async throws {
    try await with { session throws(ServiceFailure) in
      let answer = try await session.call(
        "ReconfigVM_Task", on: ManagedObject("VirtualMachine", machine), [SOAPElement("spec", children: changes)])
      guard let task = answer.first("returnval")?.object else { throw ServiceFailure(.foreign, "no task") }
      for _ in 0..<100 {
        let info = try await PropertyCollector(session).of([task], ["info.state", "info.error"]).first
        switch info?.properties["info.state"]?.text {
        case "success"?: return
        case "error"?: throw ServiceFailure(.fault, info?.properties["info.error"]?.text("localizedMessage") ?? "the task failed")
        default: try? await Task.sleep(for: .milliseconds(20))
        }
      }
      throw ServiceFailure(.unreachable, "the task does not end")
    }
  }

  /// One setting of a machine that has no property of its own.
  static func extra(_ key: String, _ value: String) -> SOAPElement {
    SOAPElement(
      "extraConfig", type: "OptionValue", children: [SOAPElement("key", key), SOAPElement("value", value, type: "string")])
  }
}

extension FactValue {
  /// What two documents say differently, as paths.
  static func differences(_ a: FactValue, _ b: FactValue, at path: String = "") -> [String] {
    switch (a, b) {
    case (.object(let left), .object(let right)):
      var found: [String] = []
      for member in left {
        let here = path.isEmpty ? member.key : "\(path).\(member.key)"
        if let other = b[member.key] { found += differences(member.value, other, at: here) } else { found.append(here) }
      }
      for member in right where a[member.key] == nil { found.append(path.isEmpty ? member.key : "\(path).\(member.key)") }
      return found
    case (.array(let left), .array(let right)) where left.count == right.count:
      return zip(left, right).enumerated().flatMap { differences($1.0, $1.1, at: "\(path)[\($0)]") }
    default: return a == b ? [] : [path]
    }
  }
}
