import Domain
import Foundation
import GRDB
import Judgement
import Testing

@testable import Audit
@testable import History

@Suite("The store of results")
struct ResultStoreTests {
  /// A folder that is removed with its last user.
  final class Folder {
    let path = NSTemporaryDirectory() + "ringwall-history-\(UUID().uuidString)"
    var store: String { path + "/kept/history.db" }
    deinit { try? FileManager.default.removeItem(atPath: path) }
  }

  static func head(_ time: String, policies: String = "p1", baseline: String = "b1", rules: [String: String] = [:]) -> RunRecord.Head {
    RunRecord.Head(
      time: time, version: "0.0.0", policyDigest: policies, baseline: "kvm-host", baselineVersion: "2026.4", baselineDigest: baseline,
      parametersDigest: "x", rules: rules, counts: [.fail: 1, .pass: 2], scores: [.init(layer: .vmm, low: 40, high: 60)], exitCode: 1)
  }

  static func entry(
    _ control: String, _ verdict: Verdict, found: String? = "1", fact: String = "a", reason: String = "", fingerprint: String = "f"
  ) -> RunRecord.Entry {
    RunRecord.Entry(
      control: control, severity: .high, verdict: verdict, reason: reason, found: found, fingerprint: fingerprint, facts: ["x": fact])
  }

  static func record(_ head: RunRecord.Head, _ assets: [String: [RunRecord.Entry]]) -> RunRecord {
    RunRecord(head: head, assets: assets.map { .init(id: $0, kind: "domain", name: $0, entries: $1) })
  }

  @Test("A run comes back as it was kept")
  func roundTrip() throws {
    let folder = Folder()
    let store = try ResultStore(path: folder.store, creating: true)
    let record = Self.record(
      Self.head("2026-11-01T00:00:00Z", rules: ["KVM-001": "r"]),
      ["domain:b": [Self.entry("KVM-001", .fail), Self.entry("KVM-002", .unknown, found: nil, reason: "missing")], "domain:a\"'; --": []])
    let id = try store.add(record, scope: "this host")
    let again = try ResultStore(path: folder.store, creating: false)
    let run = try #require(try again.run(id))
    #expect(run.scope == "this host" && run.assets == 2)
    #expect(try again.record(run) == record)
  }

  @Test("The file is its owner's alone, and so is the folder that was made for it")
  func permissions() throws {
    let folder = Folder()
    let store = try ResultStore(path: folder.store, creating: true)
    _ = try store.add(Self.record(Self.head("2026-11-01T00:00:00Z"), ["a": [Self.entry("KVM-001", .fail)]]), scope: "s")
    for name in ["history.db", "history.db-wal", "history.db-shm"] {
      let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + "/kept/" + name)
      #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
    }
    #expect(try FileManager.default.attributesOfItem(atPath: folder.path + "/kept")[.posixPermissions] as? Int == 0o700)
  }

  @Test("Equal results of an asset are kept once")
  func sharing() throws {
    let folder = Folder()
    let store = try ResultStore(path: folder.store, creating: true)
    let assets = Dictionary(uniqueKeysWithValues: (0..<200).map { ("domain:\($0)", [Self.entry("KVM-001", .pass, found: "\($0 % 7)")]) })
    var sizes: [Int] = []
    for day in 1...9 {
      try store.add(Self.record(Self.head("2026-11-0\(day)T00:00:00Z"), assets), scope: "s")
      sizes.append(try store.count(of: "bodies"))
    }
    #expect(Set(sizes) == [7])
  }

  @Test("What is no store is named and stays as it is", arguments: ["text", "database"])
  func foreign(kind: String) throws {
    let folder = Folder()
    try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
    let path = folder.path + "/guest.xml"
    if kind == "text" {
      try String(repeating: "<domain/>\n", count: 500).write(toFile: path, atomically: false, encoding: .utf8)
    } else {
      let database = try DatabaseQueue(path: path)
      try database.write { try $0.execute(sql: "CREATE TABLE theirs (x)") }
      try database.close()
    }
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    let error = #expect(throws: DataError.self) { try ResultStore(path: path, creating: true) }
    #expect(error?.message.contains(path) == true && error?.message.contains("--history FILE") == true)
    let isSame = try Data(contentsOf: URL(fileURLWithPath: path)) == before
    #expect(isSame)
  }

  @Test("A store that is missing, a link or a folder is one sentence")
  func refused() throws {
    let folder = Folder()
    #expect(throws: DataError.self) { try ResultStore(path: folder.store, creating: false) }
    try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: folder.path + "/link", withDestinationPath: "/etc/passwd")
    #expect(throws: DataError.self) { try ResultStore(path: folder.path + "/link", creating: true) }
    #expect(throws: DataError.self) { try ResultStore(path: folder.path, creating: true) }
  }

  @Test("A run that was cut off leaves nothing")
  func interruption() throws {
    let folder = Folder()
    let store = try ResultStore(path: folder.store, creating: true)
    try store.add(Self.record(Self.head("2026-11-01T00:00:00Z"), ["a": [Self.entry("KVM-001", .fail)]]), scope: "s")
    // The same asset twice breaks the transaction in its middle.
    let broken = RunRecord(
      head: Self.head("2026-11-02T00:00:00Z"), assets: ["a", "b", "a"].map { .init(id: $0, kind: "domain", name: $0, entries: []) })
    #expect(throws: DataError.self) { try store.add(broken, scope: "s") }
    #expect(try store.runs().count == 1)
    #expect(try store.count(of: "bodies") == 1)
  }

  @Test("Runs are found by time within their scope")
  func byTime() throws {
    let folder = Folder()
    let store = try ResultStore(path: folder.store, creating: true)
    for day in [3, 5, 7] {
      try store.add(Self.record(Self.head("2026-11-0\(day)T12:00:00Z"), ["a": []]), scope: day == 5 ? "other" : "s")
    }
    #expect(try store.run(scope: "s", at: "2026-11-06T00:00:00Z")?.id == 1)
    #expect(try store.run(scope: "s", at: "2026-11-08T00:00:00Z")?.id == 3)
    #expect(try store.run(scope: "s", at: "2026-11-01T00:00:00Z")?.id == 1)
    #expect(try store.run(scope: "none", at: "2026-11-08T00:00:00Z") == nil)
  }

  @Test("Pruning keeps the latest of each scope, and only the bodies that are used")
  func prune() throws {
    let folder = Folder()
    let store = try ResultStore(path: folder.store, creating: true)
    for day in 1...6 {
      let assets = ["a": [Self.entry("KVM-001", .fail, found: "\(day)")]]
      try store.add(Self.record(Self.head("2026-11-0\(day)T00:00:00Z"), assets), scope: day % 2 == 0 ? "even" : "odd")
    }
    #expect(try store.prune(keeping: 2, before: nil) == 2)
    #expect(try store.runs().map(\.id) == [6, 5, 4, 3])
    #expect(try store.prune(keeping: nil, before: "2027-01-01T00:00:00Z") == 2)
    #expect(try store.runs().map(\.id) == [6, 5])
    #expect(try store.count(of: "bodies") == 2)
    try store.add(Self.record(Self.head("2026-11-07T00:00:00Z"), ["a": []]), scope: "odd")
    #expect(try store.runs().first?.id == 7)
  }

  @Test("A finding is dated by the first run since which it was open without a break")
  func since() throws {
    let folder = Folder()
    let store = try ResultStore(path: folder.store, creating: true)
    let verdicts: [Verdict] = [.fail, .pass, .unknown, .fail, .fail]
    for (index, verdict) in verdicts.enumerated() {
      let assets = ["a": [Self.entry("KVM-001", verdict), Self.entry("KVM-002", .fail)]]
      try store.add(Self.record(Self.head("2026-11-0\(index + 1)T00:00:00Z"), assets), scope: "s")
    }
    let last = try #require(try store.run(5))
    let record = try store.record(last)
    let dated = try store.dated(RunComparison(from: record, to: record).stillOpen, from: last)
    #expect(dated.map { "\($0.control) \($0.since ?? "-")" } == ["KVM-001 2026-11-03T00:00:00Z", "KVM-002 2026-11-01T00:00:00Z"])
  }
}
