import Domain
import Foundation
import Platforms
import Testing

/// VMware Tools inside guests, and lists of snapshots.
@Suite("VMware Tools and snapshots") struct GuestToolsTests {
  private static func collect(_ text: String, _ path: String = "tools.conf") -> Collection {
    GuestToolsCollector(tree: Tree()).collect(configuration: Array(text.utf8), path: path, target: path)
  }

  @Test("groups, comments, escapes, and keys that stand twice")
  func configuration() throws {
    let collection = Self.collect("# x\n[appinfo]\ndisabled = true\n[logging]\nvmsvc.handler=file\n#log=false\nvmsvc.handler=sys\\slog\n")
    let facts = try #require(collection.assets.first).facts
    #expect(facts["tools.appinfo.disabled"]?.value == "true" && facts["tools.appinfo.disabled"]?.source.first?.line == 3)
    #expect(facts["tools.logging.vmsvc.handler"]?.value == "sys log" && facts["tools.logging.log"]?.state == .absent)
    #expect(facts["tools.version"]?.state == .notCollected)
    #expect(collection.warnings.map(\.line) == [7])
  }

  @Test("a file that VMware Tools would ignore is refused", arguments: ["disabled=true\n", "[appinfo]\ndisabled\n", "[appinfo]\n=true\n"])
  func mistakes(_ text: String) {
    let collection = Self.collect(text)
    #expect(collection.assets.isEmpty && collection.refusals.map(\.code) == ["malformed"])
  }

  @Test("what the command-line tool printed is told from other text")
  func output() throws {
    let text = "12.4.0.49511 (build-23259341)\r\n[appinfo] disabled = true\n[logging] log UNSET\n"
    #expect(FileKind.recognise(Array("[appinfo] disabled UNSET\n".utf8), path: "x.txt") == .guestTools)
    #expect(FileKind.recognise(Array("12.4.0.49511 (build-23259341)\n".utf8), path: "x.txt") == .guestTools)
    #expect(FileKind.recognise(Array("[section]\nkey=value\n".utf8), path: "x.txt") != .guestTools)
    let facts = try #require(Self.collect(text, "out.txt").assets.first).facts
    #expect(facts["tools.version"]?.value == "12.4.0" && facts["tools.logging.log"]?.state == .absent)
    #expect(facts["tools.appinfo.disabled"]?.value == "true" && facts["tools.globalconf.enabled"]?.state == .notCollected)
  }

  @Test("a .vmsd beside the .vmx gives its snapshots")
  func snapshots() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "ringwall-vmsd-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let list = """
      .encoding = "UTF-8"
      snapshot.lastUID = "4"
      snapshot.current = "4"
      snapshot0.uid = "1"
      snapshot0.filename = "a-Snapshot1.vmsn"
      snapshot0.displayName = "before update"
      snapshot0.createTimeHigh = "388745"
      snapshot0.createTimeLow = "1991180826"
      snapshot0.numDisks = "1"
      snapshot.numSnapshots = "2"
      snapshot2.uid = "4"
      snapshot2.createTimeLow = "-5"

      """
    try Data(list.utf8).write(to: folder.appending(path: "a.vmsd"))
    let path = folder.path + "/a.vmx"
    let facts = try #require(DictionaryTests.collect("config.version = \"8\"\n", path: path).assets.first).facts
    let found = try #require(facts["snapshots"])
    guard case .array(let elements)? = found.value else {
      Issue.record("no list: \(found)")
      return
    }
    #expect(
      elements.count == 2 && elements[0]["name"] == "before update"
        && elements[0]["created"] == .int((388_745 << 32 | 1_991_180_826) / 1_000_000))
    #expect(elements[1]["name"] == "4" && elements[1]["current"] == true && elements[1]["created"] == nil)
    #expect(found.source.map(\.line) == [6, 11])
    let alone = try #require(DictionaryTests.collect("config.version = \"8\"\n", path: folder.path + "/b.vmx").assets.first).facts
    #expect(alone["snapshots"]?.state == .absent)
  }
}
