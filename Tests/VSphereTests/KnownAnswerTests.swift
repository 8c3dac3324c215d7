import Domain
import Foundation
import TestSupport
import Testing

@testable import VSphere

/// What is changed through the API is what the next audit says, and nothing else.
@Suite("Known answers of a live audit", .enabled(if: Simulator.obstacle == nil, "\(Simulator.obstacle ?? "")"))
struct KnownAnswerTests {
  /// Audits a simulator over its API by every control of VMware that there is.
  private struct Auditor {
    let simulator: Simulator
    let scratch: Scratch
    let controls: String

    init(_ simulator: Simulator) async throws {
      self.simulator = simulator
      scratch = try Scratch()
      try scratch.file("authority.pem", simulator.authority.text)
      let catalog = try await Program.run(["controls", "--format", "json"])
      let all = try #require(try JSONSerialization.jsonObject(with: Data(catalog.output.utf8)) as? [String: Any])
      let ids = (all["controls"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? String }
      controls = ids.filter { $0.hasPrefix("VMX-") || $0.hasPrefix("SCG-") }.joined(separator: ",")
      try #require(!controls.isEmpty)
    }

    /// Verdicts by control and asset. What audits say of machines that run as long as another is the same, so that two can be compared.
    func verdicts() async throws -> [String: String] {
      let result = try await Program.run(
        [
          "audit", "vsphere://localhost:\(simulator.port)", "--user", Simulator.user, "--ca", scratch.path("authority.pem"), "--format",
          "json",
          "--only", controls,
        ], environment: ["RINGWALL_PASSWORD": Simulator.password])
      return try result.verdicts()
    }

    /// What two audits say differently: "ID: before → after".
    static func changes(_ before: [String: String], _ after: [String: String]) -> [String] {
      Set(before.keys).union(after.keys).sorted().compactMap { key in
        before[key] == after[key]
          ? nil : "\(key.prefix { $0 != " " }): \(before[key] ?? "none") → \(after[key] ?? "none")"
      }
    }
  }

  @Test(
    "a setting of one machine",
    arguments: [
      ("isolation.tools.copy.disable", "TRUE", "FALSE", ["SCG-vm-8.deactivate-console-copy: pass → fail"]),
      ("isolation.device.connectable.disable", "TRUE", "FALSE", ["SCG-vm-8.isolation-device-connectable-deactivate: pass → fail"]),
      ("mks.enable3d", "FALSE", "TRUE", ["SCG-vm-8.deactivate-non-essential-3d-features: pass → fail"]),
    ] as [(String, String, String, [String])])
  func setting(_ key: String, _ safe: String, _ unsafe: String, _ expected: [String]) async throws {
    let simulator = try Simulator(machines: 1)
    let auditor = try await Auditor(simulator)
    let machine = try #require(try await simulator.inventory()["vms"]?.elements?.first?["moid"]?.text)
    try await simulator.reconfigure(machine, [Simulator.extra(key, safe)])
    let seeded = try await auditor.verdicts()
    try await simulator.reconfigure(machine, [Simulator.extra(key, unsafe)])
    #expect(Auditor.changes(seeded, try await auditor.verdicts()) == expected)
    try await simulator.reconfigure(machine, [Simulator.extra(key, safe)])
    #expect(Auditor.changes(seeded, try await auditor.verdicts()) == [])
  }

  @Test("a property of one machine: nested virtualization")
  func property() async throws {
    let simulator = try Simulator(machines: 1)
    let auditor = try await Auditor(simulator)
    let machine = try #require(try await simulator.inventory()["vms"]?.elements?.first?["moid"]?.text)
    try await simulator.reconfigure(machine, [SOAPElement("nestedHVEnabled", "false")])
    let seeded = try await auditor.verdicts()
    try await simulator.reconfigure(machine, [SOAPElement("nestedHVEnabled", "true")])
    #expect(Auditor.changes(seeded, try await auditor.verdicts()) == ["VMX-001: pass → fail"])
    try await simulator.reconfigure(machine, [SOAPElement("nestedHVEnabled", "false")])
    #expect(Auditor.changes(seeded, try await auditor.verdicts()) == [])
  }

  @Test("an option of one host, and one of the vCenter")
  func options() async throws {
    let simulator = try Simulator(machines: 1)
    let auditor = try await Auditor(simulator)
    let host = try #require(try await simulator.inventory()["hosts"]?.elements?.last?["moid"]?.text)
    try await simulator.set("Security.AccountLockFailures", SOAPElement("value", "5", type: "long"), host: host)
    try await simulator.set("config.log.level", SOAPElement("value", "info", type: "string"))
    let seeded = try await auditor.verdicts()
    try await simulator.set("Security.AccountLockFailures", SOAPElement("value", "50", type: "long"), host: host)
    #expect(Auditor.changes(seeded, try await auditor.verdicts()) == ["SCG-esxi-8.account-lockout: pass → fail"])
    try await simulator.set("Security.AccountLockFailures", SOAPElement("value", "5", type: "long"), host: host)
    #expect(Auditor.changes(seeded, try await auditor.verdicts()) == [])
    try await simulator.set("config.log.level", SOAPElement("value", "trivia", type: "string"))
    #expect(Auditor.changes(seeded, try await auditor.verdicts()) == ["SCG-vcenter-8.logs-level-global: pass → fail"])
    try await simulator.set("config.log.level", SOAPElement("value", "info", type: "string"))
    #expect(Auditor.changes(seeded, try await auditor.verdicts()) == [])
  }
}
