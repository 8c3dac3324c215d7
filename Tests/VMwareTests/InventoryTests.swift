import Domain
import Foundation
import Platforms
import Testing

/// Inventory documents: what they are split into, where their facts point, and what is refused.
@Suite("vSphere inventories")
struct InventoryTests {
  static let estate = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/estate.json")

  static func text() throws -> String { try String(contentsOf: estate, encoding: .utf8) }

  private func collect(_ text: String, isLive: Bool = false) -> Collection {
    InventoryCollector().collect(inventory: Array(text.utf8), path: "estate.json", target: "estate.json", isLive: isLive)
  }

  private func document(_ rest: String) -> String { "{\"schema\": \"ringwall.vsphere/1\", \(rest)}" }

  private func asset(_ text: String, _ kind: Asset.Kind) throws -> AssetFacts {
    try #require(collect(text).assets.first { $0.asset.kind == kind })
  }

  @Test("one asset for the server, each host and each vSAN cluster; ids are those of the hardware and the instance")
  func assets() throws {
    let collection = collect(try Self.text())
    #expect(collection.refusals.isEmpty)
    #expect(
      collection.assets.map(\.asset.id) == [
        "vmware-vcenter:2f0a4c8e-5b1d-4e57-9a3e-7c1d2b3a4f50", "vmware-esxi:4c4c4544-0043-3010-8052-b4c04f4a4d31",
        "vmware-vsan:52e4d9a1-0c1b-4c0e-8b7d-6d1e2f3a4b5c",
      ])
    for asset in collection.assets {
      for (name, fact) in asset.facts { #expect(fact.state == .present || name == "domain" || name == "vami.policy", "\(name): \(fact)") }
    }
  }

  @Test("a fact stands where its value does; a live inventory cites the property instead")
  func places() throws {
    let text = try Self.text()
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let host = try asset(text, .vmwareESXi)
    let source = try #require(host.facts["option.Security.AccountLockFailures"]?.source.first)
    #expect(lines[try #require(source.line) - 1].contains("\"Security.AccountLockFailures\": 5"))
    #expect(lines[try #require(source.line) - 1].dropFirst(try #require(source.column) - 1).first == "5")
    let live = try #require(collect(text, isLive: true).assets.first { $0.asset.kind == .vmwareESXi })
    #expect(live.facts["lockdown.mode"]?.source == [.property("estate.json hosts[host-12].config.lockdownMode")])
  }

  @Test("what could not be read is unreadable, with everything below it; what is not in the document was not collected")
  func failures() throws {
    let text = document(
      """
      "hosts": [{"moid": "host-1", "name": "a", "config": {"lockdownMode": "lockdownNormal"}}, {"moid": "host-10", "name": "b"}],
      "errors": [{"what": "hosts[host-1].options", "message": "NoPermission"}, {"what": "hosts[host-1].config.service", "message": "timeout"}]
      """)
    let hosts = collect(text).assets
    #expect(hosts[0].facts["option.DCUI.Access"]?.state == .unreadable && hosts[0].facts["option.DCUI.Access"]?.why == "permission")
    #expect(hosts[0].facts["service.TSM"]?.state == .unreadable && hosts[0].facts["service.TSM"]?.why == "io")
    #expect(hosts[0].facts["lockdown.mode"]?.value == "lockdownNormal")
    #expect(hosts[1].facts["option.DCUI.Access"]?.state == .notCollected)
  }

  @Test("lists of one as PowerShell writes them, spellings of esxcli's columns")
  func shapes() throws {
    let host = try asset(
      document(
        """
        "hosts": {"name": "a", "options": [{"Name": "DCUI.Access", "Value": "root,ops"}, {"key": "Mem.MemEagerZero", "value": 1}],
          "esxcli": {"system account list": {"UserID": "dcui", "Shellaccess": "False"}},
          "config": {"lockdownMode": "lockdownStrict",
            "service": {"service": {"key": "TSM", "running": "true", "policy": "on"}}}}
        """), .vmwareESXi)
    #expect(host.facts["option.DCUI.Access"]?.value == "root,ops" && host.facts["option.Mem.MemEagerZero"]?.value == 1)
    #expect(host.facts["option.Config.Etc.issue"]?.state == .notCollected, "single settings are no whole list")
    #expect(host.facts["account.dcui"]?.value == ["shell": false])
    #expect(host.facts["lockdown.mode"]?.value == "lockdownStrict")
    #expect(host.facts["service.TSM"]?.value == ["running": true, "policy": "on"] && host.facts["service.ntpd"]?.state == .absent)
  }

  @Test(
    "sections of another form are no empty ones",
    arguments: [
      (#""hosts": "x""#, "hosts is expected to be a list of objects"), (#""vms": 5"#, "vms is expected to be a list of objects"),
      (#""errors": "x""#, "an element of errors does not say what failed"),
      (#""errors": [{"message": "no"}]"#, "an element of errors does not say what failed"),
      (#""vsan": []"#, "vsan is expected to be an object"), (#""sso": "x""#, "sso is expected to be an object"),
      (#""vsan": {"clusters": ["x"]}"#, "an element of clusters is expected to be an object"),
    ])
  func forms(_ section: String, _ what: String) {
    let other = section.contains("hosts") ? #""vms": [{"name": "v"}]"# : #""hosts": [{"name": "h"}]"#
    let found = collect(document("\(other), \(section)"))
    #expect(found.assets.isEmpty && found.refusals.count == 1 && found.refusals[0].message.contains(what), "\(found.refusals)")
    #expect(collect(document(#""hosts": null, "vms": [{"name": "v"}], "errors": null, "vsan": null"#)).refusals.isEmpty)
  }

  @Test("secrets of iSCSI adapters stay in the document")
  func secrets() throws {
    let text = try Self.text().replacingOccurrences(of: "\"chapName\": \"esx\"", with: "\"chapSecret\": \"hunter2\", \"chapName\": \"esx\"")
    #expect(text.contains("hunter2"))
    for fact in try asset(text, .vmwareESXi).facts.values { #expect(!"\(fact)".contains("hunter2")) }
  }

  @Test(
    "a document that is none ends in one sentence with its place",
    arguments: [
      ("{\"schema\": \"ringwall.vsphere/1\", \"hosts\": [{\"name\": \"a\"", "ends in the middle", 1),
      ("{\"schema\": \"ringwall.vsphere/1\",\n \"hosts\": [{\"name\": \"a}]}", "ends in the middle", 2),
      ("{\"schema\": \"ringwall.vsphere/2\", \"hosts\": []}", "schema is \"ringwall.vsphere/2\"", 1),
      ("{\"schema\": \"ringwall.vsphere/1\",\n\"hosts\": [1]}", "expected to be an object", 2),
      ("{\"schema\": \"ringwall.vsphere/1\",\n\"hosts\": [{}]}", "neither a name nor a moid", 2),
      ("{\"schema\": \"ringwall.vsphere/1\"} {}", "behind the end", 1),
      ("{\"schema\": \"ringwall.vsphere/1\", \"vms\": nul}", "no value", 1),
    ])
  func refused(_ text: String, _ words: String, _ line: Int) throws {
    let collection = collect(text)
    #expect(collection.assets.isEmpty && collection.refusals.count == 1)
    let refusal = try #require(collection.refusals.first)
    #expect(refusal.message.contains(words) && refusal.line == line && refusal.message.hasPrefix("estate.json:\(line):"), "\(refusal)")
  }

  @Test("depth is bounded wherever it stands")
  func depth() {
    for key in ["unknown", "options", "hosts"] {
      let deep = String(repeating: "[", count: 100_000)
      let collection = collect(document("\"\(key)\": \(key == "hosts" ? "[{\"name\": \"a\", \"config\": " : "")\(deep)"))
      #expect(collection.refusals.first?.message.contains("nested deeper than 96 levels") == true, "\(key): \(collection.refusals)")
    }
  }

  @Test("every prefix of a document is refused or read, and never read as something else")
  func truncated() throws {
    let bytes = Array(try Self.text().utf8)
    for end in stride(from: 0, to: bytes.count - 2, by: 61) {
      let collection = InventoryCollector().collect(inventory: Array(bytes[..<end]), path: "a", target: "a")
      #expect(collection.assets.isEmpty && collection.refusals.count == 1, "cut at \(end)")
    }
  }

  @Test("columns count code points, also on a line that is the whole document")
  func columns() throws {
    let filler = String(repeating: "é", count: 1000)
    let host = try asset(
      document("\"note\": \"\(filler)\", \"hosts\": [{\"name\": \"ü\", \"config\": {\"lockdownMode\": \"x\"}}]"), .vmwareESXi)
    let before = document("\"note\": \"\(filler)\", \"hosts\": [{\"name\": \"ü\", \"config\": {\"lockdownMode\": \"").dropLast()
    #expect(host.facts["lockdown.mode"]?.source == [.path("estate.json", line: 1, column: before.unicodeScalars.count + 1)])
  }

  @Test("escapes are undone, halves of pairs replaced")
  func escapes() throws {
    let host = try asset(document(#""hosts": [{"name": "\u00fc\ud83d\ude00\n\ud83d\/", "moid": "h"}]"#), .vmwareESXi)
    #expect(host.asset.name == "ü😀\n\u{FFFD}/")
  }

  @Test("inventories are recognised by their schema, and facts stay facts")
  func recognition() throws {
    #expect(FileKind.recognise(Array(try Self.text().utf8), path: "x") == .inventory)
    #expect(FileKind.recognise(Array("{\"hosts\": [], \"schema\": \"ringwall.vsphere/1\"}".utf8), path: "x") == .inventory)
    #expect(FileKind.recognise(Array("{\"schema\": \"ringwall.facts/1\", \"n\": \"ringwall.vsphere/1\"}".utf8), path: "x") == .facts)
    #expect(FileKind.recognise(Array("{\"a\": 1}".utf8), path: "x") == .json)
  }

  @Test("settings that PowerCLI exported are grouped by what they belong to; the rest was not collected")
  func settings() throws {
    let text = """
      [{"Name": "DCUI.Access", "Value": "root", "Type": "VMHost", "Entity": {"Name": "esx01"}, "EntityId": "HostSystem-host-12"},
       {"Name": "config.log.level", "Value": "info", "Entity": "vc01"},
       {"Name": "isolation.tools.copy.disable", "Value": "true", "Entity": {"Name": "db"}, "EntityId": "VirtualMachine-vm-3"}]
      """
    #expect(FileKind.recognise(Array(text.utf8), path: "settings.json") == .vmwareSettings)
    let collection = InventoryCollector().collect(settings: Array(text.utf8), path: "settings.json", target: "settings.json")
    let ids = ["vmware-esxi:esx01", "vmware-vcenter:vc01", "vmware-vm:vm-3"]
    #expect(collection.refusals.isEmpty && collection.assets.map(\.asset.id) == ids)
    let host = try #require(collection.assets.first)
    #expect(host.facts["option.DCUI.Access"] == .present("root", .path("settings.json", line: 1, column: 36)))
    #expect(host.facts["option.Mem.MemEagerZero"]?.state == .notCollected && host.facts["lockdown.mode"]?.state == .notCollected)
    let others = "[{\"Name\": \"a\", \"Value\": 1, \"Entity\": \"db\", \"EntityId\": \"Datastore-datastore-3\"}]"
    let none = InventoryCollector().collect(settings: Array(others.utf8), path: "m.json", target: "m.json")
    #expect(none.assets.isEmpty && none.refusals.first?.code == "unknown-kind")
  }

  @Test("settings of machines that PowerCLI exported are told apart by their ids, in any case, and say nothing of others")
  func machineSettings() throws {
    let text = """
      [{"Name": "ISOLATION.tools.copy.disable", "Value": "FALSE", "Type": "VM", "Entity": "db", "EntityId": "VirtualMachine-vm-3"},
       {"Name": "vhv.enable", "Value": true, "Type": "VM", "Entity": {"Name": "db"}, "EntityId": "VirtualMachine-vm-4"},
       {"Name": "RemoteDisplay.maxConnections", "Value": 1, "Entity": "web"},
       {"Name": "remotedisplay.maxconnections", "Value": 2, "Entity": "web"},
       {"Name": "a", "Value": {}, "Type": "VM", "Entity": "c"}, {"Name": "mks.enable3d", "Value": {}, "Entity": "c"},
       {"Name": "log.keepOld", "Value": null, "Entity": "c"}]
      """
    let collection = InventoryCollector().collect(settings: Array(text.utf8), path: "s.json", target: "s.json")
    #expect(collection.assets.map(\.asset.id) == ["vmware-vm:vm-3", "vmware-vm:vm-4", "vmware-vm:web", "vmware-vm:c"])
    #expect(collection.assets.map(\.asset.name) == ["db", "db", "web", "c"])
    let facts = collection.assets.map(\.facts)
    #expect(facts[0]["setting.isolation.tools.copy.disable"] == .present("FALSE", .path("s.json", line: 1, column: 53)))
    #expect(facts[0]["setting.isolation.tools.paste.disable"]?.state == .notCollected && facts[0]["nics"]?.state == .notCollected)
    #expect(facts[1]["nestedVirtualization"]?.value == true && facts[1]["firmware"]?.state == .notCollected)
    #expect(facts[2]["setting.RemoteDisplay.maxConnections"]?.why == "duplicate-key")
    #expect(facts[3]["setting.mks.enable3d"]?.why == "malformed" && facts[3]["setting.log.keepOld"]?.state == .notCollected)
  }

  @Test("a list that is not whole is unreadable, not shorter")
  func lists() throws {
    func state(_ rest: String, _ kind: Asset.Kind, _ fact: String) throws -> Fact.State? {
      try asset(document(rest), kind).facts[fact]?.state
    }
    let center = "\"about\": {\"apiType\": \"VirtualCenter\"}"
    #expect(try state("\(center), \"switches\": [{\"name\": \"a\"}]", .vmwareVCenter, "dvs") == .unreadable)
    #expect(
      try state(
        "\(center), \"switches\": [{\"name\": \"a\", \"config\": {}}], \"errors\": [{\"what\": \"switches[dvs-1].config\", \"message\": \"x\"}]",
        .vmwareVCenter, "dvs") == .unreadable)
    #expect(
      try state("\"hosts\": [{\"name\": \"a\", \"config\": {\"network\": {\"vswitch\": [{}]}}}]", .vmwareESXi, "vswitches") == .unreadable)
    #expect(
      try state("\"hosts\": [{\"name\": \"a\", \"config\": {\"network\": {\"vswitch\": []}}}]", .vmwareESXi, "vswitches") == .present)
  }
}
