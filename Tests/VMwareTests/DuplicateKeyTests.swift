import Domain
import Platforms
import Testing

/// Keys, settings and rows that stand twice: no value of them is taken for the one that counts.
@Suite("Duplicates in vSphere inventories")
struct DuplicateKeyTests {
  private func collect(_ rest: String) -> Collection {
    let text = "{\"schema\": \"ringwall.vsphere/1\",\n\(rest)}"
    return InventoryCollector().collect(inventory: Array(text.utf8), path: "e.json", target: "e.json")
  }

  private func fact(_ collection: Collection, _ name: String) throws -> Fact {
    try #require(collection.assets.lazy.compactMap { $0.facts[name] }.first, "\(collection)")
  }

  @Test("a key with two values is told with both places, and what rests on it is unreadable")
  func key() throws {
    let found = collect(
      """
      "hosts": [{"name": "a", "config": {"lockdownMode": "lockdownDisabled", "lockdownMode": "lockdownStrict",
        "product": {"version": "8.0.3", "build": "1"}}}]
      """)
    #expect(
      found.warnings.map(\.message) == [
        "e.json:2:73: hosts[a].config.lockdownMode stands also at 2:37 with another value; what rests on it is unknown"
      ])
    #expect(try fact(found, "lockdown.mode").why == "duplicate-key")
    #expect(try fact(found, "product").state == .present, "what stands beside it is what it is")
  }

  @Test("a list one of whose elements holds such a key is unreadable; the same value twice is told and counts")
  func nested() throws {
    let found = collect(
      """
      "hosts": [{"name": "a", "config": {"firewall": {"ruleset": [{"key": "ssh", "enabled": true,
        "allowedHosts": {"allIp": true, "allIp": false, "ipAddress": ["10.0.0.1"]}}]}, "lockdownMode": "x", "lockdownMode": "x"}}]
      """)
    #expect(try fact(found, "firewall.rulesets").why == "duplicate-key")
    #expect(try fact(found, "lockdown.mode").value == "x")
    #expect(found.warnings.count == 2 && found.warnings.contains { $0.message.contains("with the same value") })
  }

  @Test("an object whose property stands twice is not one without it")
  func missing() throws {
    let found = collect(
      #""hosts": [{"name": "a", "options": {"DCUI.Access": "root", "DCUI.Access": "root,ops"}}]"#)
    #expect(try fact(found, "option.DCUI.Access").why == "duplicate-key")
  }

  @Test("settings, rows and services that are listed twice with different values")
  func rows() throws {
    let found = collect(
      """
      "hosts": [{"name": "a", "options": [{"key": "DCUI.Access", "value": "root"}, {"key": "DCUI.Access", "value": "ops"},
        {"key": "Mem.MemEagerZero", "value": 1}, {"key": "Mem.MemEagerZero", "value": 1}],
        "esxcli": {"system account list": [{"UserID": "dcui", "ShellAccess": true}, {"UserID": "dcui", "ShellAccess": false}]},
        "config": {"service": {"service": [{"key": "TSM", "running": true, "policy": "on"}, {"key": "TSM", "running": false, "policy": "off"}]}}}]
      """)
    #expect(try fact(found, "option.DCUI.Access").why == "duplicate-key" && fact(found, "option.Mem.MemEagerZero").value == 1)
    #expect(try fact(found, "account.dcui").why == "duplicate-key" && fact(found, "service.TSM").why == "duplicate-key")
  }

  @Test("rows without what tells them apart are no proof that the one looked for is not there")
  func unnamed() throws {
    let found = collect(
      """
      "hosts": [{"name": "a", "esxcli": {"system account list": [{"ShellAccess": true}]},
        "config": {"service": {"service": ["TSM"]}}}]
      """)
    #expect(try fact(found, "account.dcui").why == "malformed" && fact(found, "service.TSM").why == "malformed")
  }

  @Test("extraConfig knows no capitals: a key in two spellings is one, with the machine named in the warning")
  func extraConfig() throws {
    let object = collect(
      #""vms": [{"name": "w", "extraConfig": {"isolation.tools.copy.disable": "false", "ISOLATION.tools.copy.disable": "true"}}]"#)
    let list = collect(
      #""vms": [{"name": "w", "config": {"extraConfig": [{"key": "isolation.tools.copy.disable", "value": "false"}, {"key": "isolation.tools.copy.disable", "value": "true"}]}}]"#
    )
    for found in [object, list] {
      #expect(try fact(found, "setting.isolation.tools.copy.disable").why == "duplicate-key", "\(found.assets[0].facts.keys.sorted())")
      #expect(found.warnings.contains { $0.message.contains("w: extraConfig holds") && $0.message.contains("different values") })
    }
    let broken = collect(#""vms": [{"name": "w", "extraConfig": {"isolation.tools.copy.disable": {"a": 1}}}]"#)
    #expect(try fact(broken, "setting.isolation.tools.copy.disable").why == "malformed")
  }

  @Test("a section that stands twice ends the reading: one of the two would go unseen")
  func section() {
    let found = collect(#""hosts": [{"name": "a"}], "hosts": []"#)
    #expect(found.assets.isEmpty)
    #expect(
      found.refusals.map(\.message) == [
        "e.json:2:28: hosts stands a second time, and only one of the two could be read; export the inventory again"
      ])
  }

  @Test("advanced settings of PowerCLI: an entry of the same name and entity with another value")
  func settings() throws {
    let text =
      #"[{"Name": "DCUI.Access", "Value": "root", "Entity": "a"}, {"Name": "DCUI.Access", "Value": "x", "Entity": "a"}, {"Name": "Mem.MemEagerZero", "Value": 0, "Value": 1, "Entity": "a"}]"#
    let found = InventoryCollector().collect(settings: Array(text.utf8), path: "s.json", target: "s.json")
    #expect(try fact(found, "option.DCUI.Access").why == "duplicate-key" && fact(found, "option.Mem.MemEagerZero").why == "duplicate-key")
    #expect(
      found.warnings.map(\.message) == ["s.json:1:155: [2].Value stands also at 1:143 with another value; what rests on it is unknown"])
  }

  @Test("thousands of keys that stand twice cost no more than reading them, and leave nothing known")
  func many() throws {
    let keys = (0..<20_000).map { "\"k\($0 / 2)\": \($0)" }.joined(separator: ",")
    let found = collect(#""hosts": [{"name": "a", "other": {\#(keys)}, "config": {"lockdownMode": "lockdownStrict"}}]"#)
    #expect(found.warnings.count == 101 && found.warnings.last?.message == "e.json: 9900 more keys stand more than once")
    #expect(try fact(found, "lockdown.mode").why == "duplicate-key")
  }
}
