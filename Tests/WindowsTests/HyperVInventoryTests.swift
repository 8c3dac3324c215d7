internal import Foundation
internal import Testing

@testable internal import Domain
@testable internal import Platforms

/// The shapes that ConvertTo-Json gives, and what the collector's script writes.
@Suite("Hyper-V as JSON")
struct HyperVInventoryTests {
  private func collect(_ text: String) -> Collection {
    WindowsCollector().collect(inventory: Array(text.utf8), path: "x.json", target: "x.json")
  }

  private func node(_ text: String) throws -> PlacedJSON { try PlacedJSON.whole(Array(text.utf8)) }

  private static let id = "6B0A5F3E-8F0F-4C0A-9A51-0D9F6C1F7A21"

  @Test("one element stands alone, as a list, or wrapped with its count") func lists() throws {
    #expect(try node(#"{"a": 1}"#).items.count == 1)
    #expect(try node("[]").items.isEmpty)
    #expect(try node("null").items.isEmpty)
    #expect(try node("[1, 2]").items.count == 2)
    #expect(try node(#"{"value": [1, 2, 3], "Count": 3}"#).items.count == 3)
    #expect(try node("7").items.first?.integer == 7)
  }

  @Test("enumerations as numbers and as names") func enumerations() throws {
    #expect(try node("0").name(in: .onOff) == "On")
    #expect(try node("1").name(in: .onOff) == "Off")
    #expect(try node("\"on\"").name(in: .onOff) == "On")
    #expect(try node("true").name(in: .onOff) == "On")
    #expect(try node("\"1\"").name(in: .migrationAuthentication) == "Kerberos")
    #expect(try node("4").name(in: .checkpoint) == "ProductionOnly")
    #expect(try node("9").name(in: .checkpoint) == nil)
    #expect(try node("\"Future\"").name(in: .checkpoint) == "Future")
  }

  @Test(
    "dates of both shells",
    arguments: [
      (#""\/Date(1795575600000)\/""#, "2026-11-25T03:00:00Z"), (#""\/Date(-1000)\/""#, "1969-12-31T23:59:59Z"),
      (#""\/Date(1795575600000+0800)\/""#, "2026-11-25T03:00:00Z"), (#""2026-01-02T03:04:05.1234567+08:00""#, "2026-01-01T19:04:05Z"),
      (#""2024-02-29T00:00:00Z""#, "2024-02-29T00:00:00Z"), (#""2026-03-01T00:30:00-01:00""#, "2026-03-01T01:30:00Z"),
      (#"{"value": "\/Date(0)\/", "DisplayHint": 2}"#, "1970-01-01T00:00:00Z"),
    ])
  func dates(_ text: String, _ expected: String) throws { #expect(try node(text).powerShellDate == expected) }

  @Test(
    "no dates",
    arguments: [#""\/Date(x)\/""#, "\"yesterday\"", "12", #""2026-13-01T00:00:00Z""#, #""\/Date(99999999999999999)\/""#, "\"\""])
  func noDates(_ text: String) throws { #expect(try node(text).powerShellDate == nil) }

  @Test func versions() throws {
    #expect(try node(#"{"Major": 10, "Minor": 0, "Build": -1, "Revision": -1}"#).powerShellVersion == "10.0")
    #expect(try node(#"{"Major": 10, "Minor": 0, "Build": 20348, "Revision": 1}"#).powerShellVersion == "10.0.20348.1")
    #expect(try node("\"9.0\"").powerShellVersion == "9.0")
    #expect(try node("9").powerShellVersion == nil)
  }

  @Test("numbers and names give the same facts, with the line that they stand in") func bothShapes() {
    let numbers = "{\"Get-VM\":0}"
    #expect(FileKind.recognise(Array(numbers.utf8), path: "x.json") == .json)
    func adapters(_ on: String, _ off: String, _ none: String) -> String {
      "[{\"VMId\": \"\(Self.id)\", \"VMName\": \"web\", \"Name\": \"N\",\n\"MacAddressSpoofing\": \(off), \"DhcpGuard\": \(on),\n\"PortMirroringMode\": \(none)}]"
    }
    let first = collect(adapters("0", "1", "0")).assets
    let second = collect(adapters("\"On\"", "\"Off\"", "\"None\"")).assets
    #expect(first.count == 1 && first[0].facts["nics"]?.value == second[0].facts["nics"]?.value)
    #expect(first[0].facts["nics"]?.value?.elements?.first?["macSpoofing"] == "Off")
    #expect(first[0].asset.uuid == Self.id.lowercased() && first[0].asset.name == "web")
  }

  @Test("objects below a machine's row are read where they were written whole") func nested() {
    let text = """
      {"Id": "\(Self.id)", "Name": "web", "Generation": 2, "CheckpointType": 4, "ComPort1": {"Path": "", "DebuggerMode": 1, "Name": "COM 1"},
       "NetworkAdapters": [{"Name": "N", "MacAddressSpoofing": 0}]}
      """
    let facts = collect(text).assets[0].facts
    #expect(facts["nics"]?.value?.elements?.first?["macSpoofing"] == "On")
    #expect(facts["comPorts"]?.value?.elements?.count == 1)
    let short = collect(text.replacing("[{\"Name\": \"N\", \"MacAddressSpoofing\": 0}]", with: "[\"N\"]")).assets[0].facts
    #expect(short["nics"]?.state == .notCollected)
  }

  @Test("a reading that failed is unreadable, one that found nothing absent, one that was not made not collected") func states() {
    let text = """
      {"schema": "ringwall.hyperv/1", "computer": "HV", "Get-VM": [{"Id": "\(Self.id)", "Name": "web", "Generation": 2}],
       "Get-VMAssignableDevice": [], "Get-VMSecurity": [],
       "errors": [{"what": "Get-VMSecurity", "vm": "\(Self.id)", "message": "no"}, {"what": "Get-Tpm", "message": "no"}]}
      """
    let collection = collect(text)
    let machine = collection.assets.first { $0.asset.kind == .hyperVMachine }?.facts ?? [:]
    #expect(machine["security.tpm"]?.state == .unreadable)
    #expect(machine["assignedDevices"]?.state == .absent)
    #expect(machine["vlans"]?.state == .notCollected)
    let windows = collection.assets.first { $0.asset.kind == .windows }?.facts ?? [:]
    #expect(windows["tpm.present"]?.state == .unreadable && windows["secureBoot"]?.state == .notCollected)
    #expect(collection.assets.allSatisfy { $0.asset.kind != .hyperVHost })
  }

  @Test("a machine without a row that every machine has was not looked at", arguments: ["[]", "[null]", "null"])
  func rowThatIsMissing(_ rows: String) {
    func machine(_ generation: Int) -> [String: Fact] {
      let text = """
        {"schema": "ringwall.hyperv/1", "computer": "HV", "Get-VM": [{"Id": "\(Self.id)", "Name": "web", "Generation": \(generation)}],
         "Get-VMSecurity": \(rows), "Get-VMProcessor": \(rows), "Get-VMFirmware": \(rows)}
        """
      return collect(text).assets.first { $0.asset.kind == .hyperVMachine }?.facts ?? [:]
    }
    for name in ["security.tpm", "security.vbsOptOut", "processor.exposeExtensions", "firmware.secureBoot"] {
      #expect(machine(2)[name]?.state == .notCollected, "\(name)")
    }
    #expect(machine(1)["firmware.secureBoot"]?.state == .absent)
  }

  @Test("a list that broke off is unreadable, whatever it holds") func brokenOff() {
    let text = """
      {"schema": "ringwall.hyperv/1", "computer": "HV", "Get-VMHost": {"Name": "HV"},
       "hyperVAdministrators": [{"SID": "S-1-5-21-1", "Name": "HV/one"}], "errors": [{"what": "hyperVAdministrators", "message": "no"}]}
      """
    #expect(collect(text).assets.first?.facts["administrators"]?.state == .unreadable)
  }

  @Test("without elevation the document is refused in part") func elevation() {
    let collection = collect(#"{"schema": "ringwall.hyperv/1", "computer": "HV", "elevated": false}"#)
    #expect(collection.refusals.map(\.code) == ["permission"] && collection.assets.count == 1)
    let failed = collect(
      #"{"schema": "ringwall.hyperv/1", "computer": "HV", "Get-VM": [], "errors": [{"what": "Get-VM", "message": "no"}]}"#)
    #expect(failed.refusals.map(\.code) == ["io"])
  }

  @Test(
    "what is no document ends in one sentence",
    arguments: [
      #"{"schema": "ringwall.hyperv/1", "Get-VM": ["#, #"[{"a": 1}]"#, "[]", "{", String(repeating: "[", count: 100_000), "\"\\u12\"",
    ])
  func refused(_ text: String) {
    let collection = collect(text)
    #expect(collection.assets.isEmpty && collection.refusals.count == 1)
    #expect(collection.refusals.allSatisfy { !$0.message.contains("\n") })
  }

  @Test("values of a wrong kind are unreadable and not taken for the default") func wrongKinds() {
    let text = """
      {"schema": "ringwall.hyperv/1", "Get-VM": [{"Id": "\(Self.id)", "Name": "web", "Generation": "two", "CheckpointType": 77}],
       "Get-VMSecurity": [{"VMId": "\(Self.id)", "TpmEnabled": "maybe", "Shielded": null}]}
      """
    let facts = collect(text).assets.first { $0.asset.kind == .hyperVMachine }?.facts ?? [:]
    #expect(facts["vm.generation"]?.state == .unreadable && facts["vm.checkpointType"]?.state == .unreadable)
    #expect(facts["security.tpm"]?.state == .unreadable && facts["security.shielded"]?.state == .absent)
    #expect(facts["security.encryptTraffic"]?.state == .notCollected)
  }

  @Test("texts in UTF-16, as a redirection of PowerShell 5.1 writes them") func wide() {
    let text = "\r\n" + #"{"VirtualizationBasedSecurityStatus": 2, "SecurityServicesRunning": [1, 2]}"#
    let bytes = WindowsTextTests.wide(text)
    #expect(FileKind.recognise(bytes, path: "d.json") == .hyperV)
    let facts = WindowsCollector().collect(inventory: bytes, path: "d.json", target: "d.json").assets[0].facts
    #expect(facts["deviceGuard.servicesRunning"]?.value == [1, 2])
  }
}

/// The script that `ringwall collect hyperv` prints, as far as it can be checked without PowerShell.
@Suite("The collector's script")
struct CollectorScriptTests {
  private static let script = try? String(
    contentsOfFile: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../data/collectors/hyperv.ps1").path,
    encoding: .utf8)

  @Test("it reads every registry value that controls read") func registry() throws {
    let script = try #require(Self.script)
    for value in RegistryValue.windows + RegistryValue.host {
      #expect(script.contains("'\(value.name)'"), "\(value.path)")
      let last = value.key.split(separator: "\\").last ?? ""
      #expect(script.contains(last), "\(value.path)")
    }
  }

  @Test("it calls nothing that changes the machine") func readOnly() throws {
    let script = try #require(Self.script)
    let commands = Set(script.matches(of: /\b([A-Z][a-z]+-[A-Z][A-Za-z]+)\b/).map { String($0.1) })
    let verbs = Set(commands.map { String($0.prefix { $0 != "-" }) })
    #expect(
      verbs.isSubset(of: [
        "Get", "Select", "Read", "ConvertTo", "New", "Set", "Write", "Confirm", "Where", "ForEach", "Hyper", "Win", "Microsoft",
      ]), "\(verbs)")
    #expect(commands.filter { $0.hasPrefix("New-") } == ["New-Object"] && commands.filter { $0.hasPrefix("Set-") } == ["Set-StrictMode"])
    #expect(!script.contains("/set ") && !script.contains("Invoke-") && script.contains("/enum all"))
  }

  @Test("it is plain ASCII, so that PowerShell 5.1 reads it without a byte order mark") func ascii() throws {
    #expect(try #require(Self.script).utf8.allSatisfy { $0 < 0x80 })
  }

  @Test("its brackets match outside of texts and comments") func brackets() throws {
    var open: [Character] = []
    var quote: Character?
    let closing: [Character: Character] = [")": "(", "]": "[", "}": "{"]
    for line in try #require(Self.script).split(separator: "\n") where !line.drop(while: { $0 == " " }).hasPrefix("#") {
      for character in line {
        if let end = quote {
          if character == end { quote = nil }
        } else if character == "'" || character == "\"" {
          quote = character
        } else if "([{".contains(character) {
          open.append(character)
        } else if let begin = closing[character] {
          #expect(open.popLast() == begin, "\(line)")
        }
      }
      quote = nil
    }
    #expect(open.isEmpty)
  }
}
