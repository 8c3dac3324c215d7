internal import Testing

@testable internal import Domain
@testable internal import Platforms

/// Something else where a list of objects is expected: it is not a list without elements.
@Suite("Malformed lists in JSON of Hyper-V")
struct MalformedListTests {
  private func collect(_ rest: String) -> Collection {
    let text = "{\"schema\": \"ringwall.hyperv/1\", \"computer\": \"h\", \(rest)}"
    return WindowsCollector().collect(inventory: Array(text.utf8), path: "h.json", target: "h.json")
  }

  private func facts(_ collection: Collection, _ kind: Asset.Kind) throws -> [String: Fact] {
    try #require(collection.assets.first { $0.asset.kind == kind }).facts
  }

  private static let machine = #""Get-VM": [{"Id": "a", "Name": "w", "Generation": 2}]"#

  /// What each section of machines decides.
  private static let lists: [(String, [String])] = [
    ("Get-VMNetworkAdapter", ["nics"]), ("Get-VMComPort", ["comPorts"]), ("Get-VMNetworkAdapterVlan", ["vlans"]),
    ("Get-VMAssignableDevice", ["assignedDevices"]), ("Get-VMSnapshot", ["snapshots"]), ("Get-VMFirmware", ["firmware.secureBoot"]),
    ("Get-VMSecurity", ["security.tpm", "security.shielded"]), ("Get-VMProcessor", ["processor.exposeExtensions"]),
    ("Get-VMIntegrationService", ["integration.fileCopy", "integration.timeSynchronization"]),
  ]

  @Test(
    "a text, a number, a switch, or one of them among objects",
    arguments: [#""x""#, "0", "5", "true", #"["x"]"#, "[[]]", #"[{"VMId": "a"}, "x"]"#])
  func machines(_ rows: String) throws {
    for (section, names) in Self.lists {
      let found = try facts(collect("\(Self.machine), \"\(section)\": \(rows)"), .hyperVMachine)
      for name in names { #expect(found[name]?.state == .unreadable && found[name]?.why == "malformed", "\(section) \(rows): \(name)") }
    }
  }

  @Test("a row that names no machine might be of any", arguments: [#"[{"Name": "x"}]"#, #"[{"VMId": 7}]"#])
  func unattributed(_ rows: String) throws {
    for (section, names) in Self.lists {
      let found = try facts(collect("\(Self.machine), \"\(section)\": \(rows)"), .hyperVMachine)
      for name in names { #expect(found[name]?.why == "malformed", "\(section) \(rows): \(name)") }
    }
  }

  @Test("nothing where every machine has something", arguments: ["null", "[]", "[null]"])
  func empty(_ nothing: String) throws {
    let sections = ["bcdedit", "Get-Tpm", "Win32_DeviceGuard", "Confirm-SecureBootUEFI", "Hyper-V", "Get-VMHost", "Get-VMHostSupportedVersion"]
    let found = collect(sections.map { "\"\($0)\": \(nothing)" }.joined(separator: ", "))
    let windows = try facts(found, .windows)
    for name in ["bcd.testsigning", "bcd.vsmlaunchtype", "tpm.present", "deviceGuard.status", "secureBoot", "role.hyperV"] {
      #expect(windows[name]?.why == "malformed", "\(name): \(String(describing: windows[name]))")
    }
  }

  @Test("sections of the host and of Windows")
  func host() throws {
    let found = collect(
      """
      "Get-VMHost": {"Name": "h", "IovSupportReasons": [1], "VirtualMachinePath": 5}, "Get-VMMigrationNetwork": [{"Subnet": 1}],
      "hyperVAdministrators": "none", "Get-BitLockerVolume": 0, "Get-Acl": "x", "Get-VMHostSupportedVersion": [{"Version": []}],
      "Win32_DeviceGuard": "x", "Get-Tpm": [1], "registry": "x", "WinInit-14": 3, "bcdedit": [{"a": 1}]
      """)
    let host = try facts(found, .hyperVHost)
    for name in ["host.iovReasons", "storage.paths", "migration.networks", "administrators", "storage.volumes", "storage.access"] {
      #expect(host[name]?.why == "malformed", "\(name): \(String(describing: host[name]))")
    }
    let windows = try facts(found, .windows)
    for name in ["deviceGuard.status", "tpm.present", "reg.lsa.RunAsPPL", "credentialGuard.event", "bcd.testsigning", "bcd.optOut"] {
      #expect(windows[name]?.why == "malformed", "\(name): \(String(describing: windows[name]))")
    }
  }

  @Test("a host that is no object is a host of which nothing is known") func noHost() throws {
    #expect(try facts(collect(#""Get-VMHost": "x""#), .hyperVHost)["migration.enabled"]?.why == "malformed")
  }

  @Test(
    "machines that are none are told, and the others judged",
    arguments: [#"[{"Id": "a", "Name": "w"}, {"Generation": 2}]"#, #"[{"Id": "a"}, "x"]"#])
  func gaps(_ rows: String) {
    let found = collect("\"Get-VM\": \(rows)")
    #expect(found.assets.contains { $0.asset.kind == .hyperVMachine })
    #expect(
      found.refusals.map(\.message) == ["h.json:1: no machine with an Id or a name, where Get-VM lists machines; write the file again"])
  }

  @Test("errors that name nothing leave open what failed", arguments: [#""x""#, "[5]", #"[{"message": "no"}]"#])
  func errors(_ errors: String) {
    let found = collect("\(Self.machine), \"errors\": \(errors)")
    #expect(found.assets.isEmpty && found.refusals.count == 1)
  }

  @Test("ports and adapters of a machine's own row that were not written whole") func nested() throws {
    let row = #""Get-VM": [{"Id": "a", "ComPort1": {"Path": "", "DebuggerMode": 1}, "ComPort2": "VMComPort"}]"#
    #expect(try facts(collect(row), .hyperVMachine)["comPorts"]?.state == .notCollected)
  }
}
