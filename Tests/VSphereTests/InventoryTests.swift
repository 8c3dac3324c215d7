import Domain
import Foundation
import Testing

@testable import VSphere

@Suite("Inventory of a simulated vCenter", .enabled(if: Simulator.obstacle == nil, "\(Simulator.obstacle ?? "")"))
struct InventoryTests {
  @Test("the document holds hosts, machines, switches, port groups and options with their types")
  func document() async throws {
    let simulator = try Simulator()
    let document = try await simulator.inventory()
    #expect(document["schema"]?.text == "ringwall.vsphere/1")
    #expect(document["server"]?.text == "localhost:\(simulator.port)")
    #expect(document["about"]?["apiType"]?.text == "VirtualCenter")
    #expect(document["options"]?["event.maxAge"] == 30)

    let hosts = try #require(document["hosts"]?.elements)
    #expect(hosts.count == 4)
    for host in hosts {
      let services = try #require(host["config"]?["service"]?["service"]?.elements)
      #expect(services.count == 12)
      let shell = try #require(services.first { $0["key"]?.text == "TSM" })
      #expect(shell["running"]?.flag != nil && shell["policy"]?.text == "off")
      #expect(host["config"]?["lockdownMode"]?.text == "lockdownDisabled")
      #expect(host["config"]?["firewall"]?["defaultPolicy"]?["incomingBlocked"] == true)
      let rules = try #require(host["config"]?["firewall"]?["ruleset"]?.elements)
      #expect(rules.count == 42)
      #expect(rules.allSatisfy { $0["rule"]?.elements != nil && $0["enabled"]?.flag != nil })
      let vswitch = try #require(host["config"]?["network"]?["vswitch"]?.elements?.first)
      #expect(vswitch["spec"]?["policy"]?["security"]?["allowPromiscuous"] == false)
      #expect(vswitch["spec"]?["policy"]?["security"]?["macChanges"] == true)
      #expect(vswitch["numPorts"]?.integer != nil)
      #expect(host["config"]?["network"]?["portgroup"]?.elements?.first?["spec"]?["vlanId"]?.integer == 0)
      #expect(host["config"]?["dateTimeInfo"]?["ntpConfig"]?["server"] == ["ntp.example.net"])
      #expect(host["options"]?.members != nil)
      #expect(host["configManager"] == nil)
    }

    let machines = try #require(document["vms"]?.elements)
    #expect(machines.count == 4)
    for machine in machines {
      #expect(machine["config"]?["firmware"]?.text == "bios")
      #expect(machine["config"]?["template"] == false && machine["template"] == false)
      #expect(machine["host"]?.text?.hasPrefix("host-") == true)
      let devices = try #require(machine["config"]?["hardware"]?["device"]?.elements)
      #expect(devices.count == 13)
      #expect(devices.allSatisfy { $0["_type"]?.text?.isEmpty == false && $0["key"]?.integer != nil })
      #expect(devices.contains { $0["_type"]?.text == "VirtualMachineVMCIDevice" })
      #expect(machine["extraConfig"]?.members != nil)
    }
    #expect(document["switches"]?.elements?.count == 1)
    let groups = try #require(document["portgroups"]?.elements)
    let distributed = groups.filter { $0["dvs"] != nil }
    #expect(distributed.count == 2)
    #expect(distributed.contains { $0["defaultPortConfig"]?["securityPolicy"]?["allowPromiscuous"]?["value"] == false })
    #expect(groups.filter { $0["host"] != nil }.count == 8)
  }

  @Test("pages of one object give the same as one page")
  func pages() async throws {
    let simulator = try Simulator(machines: 3)
    var limits = ServiceLimits()
    limits.page = 1
    let paged = try await simulator.inventory(limits: limits)
    let whole = try await simulator.inventory()
    // Tasks and their times are those of the simulator's own start and stay the same.
    #expect(FactValue.differences(paged, whole) == [])
    #expect(paged["vms"]?.elements?.count == 6)
  }

  @Test("a host without a vCenter gives itself, its machines and no distributed switch")
  func host() async throws {
    let simulator = try Simulator(isHost: true)
    let document = try await simulator.inventory()
    #expect(document["about"]?["apiType"]?.text == "HostAgent")
    #expect(document["hosts"]?.elements?.count == 1)
    #expect(document["vms"]?.elements?.count == 2)
    #expect(document["switches"] == [])
  }

  @Test("an option that is changed over the API is all that differs, and is gone when it is restored")
  func option() async throws {
    let simulator = try Simulator()
    let before = try await simulator.inventory()
    let host = try #require(before["hosts"]?.elements?.first?["moid"]?.text)
    try await simulator.set("Security.AccountLockFailures", SOAPElement("value", "5", type: "long"), host: host)
    let seeded = try await simulator.inventory()
    #expect(FactValue.differences(before, seeded) == ["hosts[0].options.Security.AccountLockFailures"])
    #expect(seeded["hosts"]?.elements?[0]["options"]?["Security.AccountLockFailures"] == 5)
    try await simulator.set("Security.AccountLockFailures", SOAPElement("value", "0", type: "long"), host: host)
    let changed = try await simulator.inventory()
    #expect(FactValue.differences(seeded, changed) == ["hosts[0].options.Security.AccountLockFailures"])
    try await simulator.set("Security.AccountLockFailures", SOAPElement("value", "5", type: "long"), host: host)
    #expect(FactValue.differences(seeded, try await simulator.inventory()) == [])
  }

  @Test("a setting of a machine that a task changed is in the next document, the last value of two counts, and secrets are not")
  func machine() async throws {
    let simulator = try Simulator()
    let machine = try #require(try await simulator.inventory()["vms"]?.elements?.first?["moid"]?.text)
    try await simulator.reconfigure(
      machine,
      [
        SOAPElement("nestedHVEnabled", "true"), Simulator.extra("isolation.tools.copy.disable", "TRUE"),
        Simulator.extra("guestinfo.userdata", "first-secret"), Simulator.extra("RemoteDisplay.vnc.password", "second-secret"),
      ])
    try await simulator.reconfigure(machine, [Simulator.extra("isolation.tools.copy.disable", "FALSE")])
    let document = try await simulator.inventory()
    let found = try #require(document["vms"]?.elements?.first { $0["moid"]?.text == machine })
    #expect(found["config"]?["nestedHVEnabled"] == true)
    #expect(found["extraConfig"]?["isolation.tools.copy.disable"] == "FALSE")
    // The simulator appends where a server replaces (govmomi 0.24.2).
    #expect(found["duplicateExtraConfig"] == ["isolation.tools.copy.disable"])
    #expect(found["extraConfig"]?["guestinfo.userdata"] == nil)
    #expect(found["extraConfig"]?["RemoteDisplay.vnc.password"] == "(withheld)")
    let text = JSONText.string(document)
    #expect(!text.contains("secret") && !text.contains(Simulator.password))
  }
}
