internal import Testing

@testable internal import Domain
@testable internal import Platforms

/// Keys and rows that stand twice in JSON of Hyper-V and Windows.
@Suite("Duplicates in JSON of Hyper-V")
struct DuplicateKeyTests {
  private func collect(_ rest: String) -> Collection {
    let text = "{\"schema\": \"ringwall.hyperv/1\", \"computer\": \"h\",\n\(rest)}"
    return WindowsCollector().collect(inventory: Array(text.utf8), path: "h.json", target: "h.json")
  }

  @Test("a property with two values") func property() throws {
    let found = collect(#""Get-VMHost": {"UseAnyNetworkForMigration": true, "UseAnyNetworkForMigration": false, "IovSupport": true}"#)
    let host = try #require(found.assets.first { $0.asset.kind == .hyperVHost })
    #expect(host.facts["migration.anyNetwork"]?.why == "duplicate-key" && host.facts["host.iovSupport"]?.value == true)
    #expect(
      found.warnings.map(\.message) == [
        "h.json:2:52: Get-VMHost.UseAnyNetworkForMigration stands also at 2:17 with another value; what rests on it is unknown"
      ])
  }

  @Test("a section that stands twice is refused") func section() {
    let found = collect(#""Get-VM": [{"Id": "a"}], "Get-VM": []"#)
    #expect(found.assets.isEmpty)
    #expect(
      found.refusals.map(\.message) == [
        "h.json:2:27: Get-VM stands a second time, and only one of the two could be read; write the file again"
      ])
  }

  @Test("two rows of one machine, of one registry value, and two objects where there is one") func rows() throws {
    let found = collect(
      """
      "Get-VM": [{"Id": "a", "Name": "w", "Generation": 2}],
      "Get-VMSecurity": [{"VMId": "a", "Shielded": true, "TpmEnabled": true}, {"VMId": "a", "Shielded": false, "TpmEnabled": true}],
      "Win32_DeviceGuard": [{"VirtualizationBasedSecurityStatus": 2}, {"VirtualizationBasedSecurityStatus": 0}],
      "registry": [{"key": "HKLM\\\\SYSTEM\\\\CurrentControlSet\\\\Control\\\\Lsa", "name": "RunAsPPL", "state": "present", "type": "DWord", "data": 1},
        {"key": "HKLM\\\\system\\\\CurrentControlSet\\\\Control\\\\Lsa", "name": "RunAsPPL", "state": "present", "type": "DWord", "data": 0}]
      """)
    let machine = try #require(found.assets.first { $0.asset.kind == .hyperVMachine })
    #expect(machine.facts["security.shielded"]?.why == "duplicate-key" && machine.facts["security.tpm"]?.value == true)
    let windows = try #require(found.assets.first { $0.asset.kind == .windows })
    #expect(windows.facts["deviceGuard.status"]?.why == "duplicate-key" && windows.facts["reg.lsa.RunAsPPL"]?.why == "duplicate-key")
  }
}
