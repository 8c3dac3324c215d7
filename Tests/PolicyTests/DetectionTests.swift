import Domain
import Foundation
import Judgement
import Testing

@Suite("Detections over a guest's facts")
struct DetectionTests {
  private static let detections = Result { try Detections.load(from: try DataFolder(named: FixtureJudge.source)) }

  /// Facts that collectors have (IntegrityFacts.Name).
  private static let facts: Set<String> = [
    "kernel", "systemCalls", "interrupts", "processors", "text", "kernelFile", "moduleCode", "tracing", "probes", "securityHooks", "operations",
    "callbacks", "executable", "processes", "modules", "programs", "readOnly", "settings", "views",
  ]

  @Test("each has facts that exist, techniques of ATT&CK, and texts in both languages with the same cases and placeholders")
  func texts() throws {
    let chinese = try ControlTextTests.chinese()
    let all = try Self.detections.get().all
    #expect(all.count >= 25)
    for detection in all {
      for name in detection.facts {
        #expect(Self.facts.contains(name.hasPrefix("baseline.") ? String(name.dropFirst(9)) : name), "\(detection.id): \(name)")
      }
      #expect(
        !detection.techniques.isEmpty && detection.techniques.allSatisfy { $0.wholeMatch(of: /T[0-9]{4}(\.[0-9]{3})?/) != nil },
        "\(detection.id)")
      guard let text = chinese[detection.id] else {
        Issue.record("\(detection.id) has no Chinese text")
        continue
      }
      #expect(!text.title.isEmpty && Set(text.messages.keys) == Set(detection.messages.keys), "\(detection.id)")
      for (name, message) in detection.messages {
        #expect(
          ControlTextTests.placeholders(text.messages[name] ?? "") == ControlTextTests.placeholders(message), "\(detection.id) \(name)")
      }
    }
    let known = Set(all.map(\.id))
    for id in chinese.keys where id.hasPrefix("GST-") { #expect(known.contains(id), "\(id) is no detection") }
  }

  @Test("a baseline of another kernel or another boot is named, and compares nothing by addresses") func otherBoot() throws {
    let detections = try Self.detections.get()
    func document(_ slide: FactValue, _ build: FactValue = "aa") -> FactValue {
      [
        "schema": "ringwall.guest.facts/1",
        "facts": [
          "kernel": ["state": "present", "value": ["buildId": build, "slide": slide, "directMap": "0x1"]],
          "text": ["state": "present", "value": ["slide": slide, "build": build, "pages": []]],
          "settings": ["state": "present", "value": [:]],
        ], "inconsistencies": [],
      ]
    }
    func told(_ baseline: FactValue) throws -> [String: String] {
      let unjudged = try detections.judge(document("0x0"), baseline: baseline).unjudged.filter { $0.why.hasPrefix("the baseline is of") }
      return Dictionary(unjudged.map { ($0.fact, $0.state) }, uniquingKeysWith: { first, _ in first })
    }
    #expect(try told(document("0x0")).isEmpty)
    #expect(try told(document("0x200000")) == ["baseline.text": "unreadable"])
    #expect(try told(document("0x0", "bb")) == ["baseline.text": "unreadable"])
  }

  @Test("they are no controls of an audit") func apart() throws {
    let policies = try Policies.load(from: try DataFolder(named: FixtureJudge.source))
    #expect(policies.controls["GST-001"] == nil && policies.controls.problems.isEmpty)
    #expect(!policies.modules.contains { $0.file.hasPrefix("policies/detections/") })
  }

  @Test("a fact that could not be had leaves its detections unjudged, and another document is refused") func unjudged() throws {
    let detections = try Self.detections.get()
    let document: FactValue = [
      "schema": "ringwall.guest.facts/1", "target": "x",
      "facts": ["probes": ["state": "absent", "why": "the kernel was built without kprobes"]],
      "inconsistencies": [],
    ]
    let report = try detections.judge(document)
    #expect(report.hits.isEmpty)
    #expect(report.unjudged.first { $0.detection.id == "GST-041" }?.state == "absent")
    #expect(report.unjudged.first { $0.detection.id == "GST-001" }?.state == "unreadable")
    #expect(report.unjudged.first { $0.detection.id == "GST-003" }?.fact == "systemCalls")
    #expect(!report.unjudged.contains { $0.detection.id == "GST-081" })
    for wrong in [
      ["schema": "ringwall.facts/1"], ["schema": "ringwall.guest.facts/1"], "text",
      ["schema": "ringwall.guest.facts/1", "facts": ["text": 1]],
    ]
      as [FactValue]
    {
      #expect(throws: DataError.self) { try detections.judge(wrong) }
    }
  }

  @Test("what proves nothing in a kernel is told as judged in part, and is no sign") func partial() throws {
    let detections = try Self.detections.get()
    func report(_ kinds: FactValue, _ systems: FactValue) throws -> DetectionReport {
      try detections.judge([
        "schema": "ringwall.guest.facts/1",
        "facts": [
          "text": ["state": "present", "value": ["patched": [], "redirected": [], "returning": [], "swept": ["odd": [], "unjudged": kinds]]],
          "operations": ["state": "present", "value": ["tables": [], "moduleUses": [:], "unjudged": systems]],
        ], "inconsistencies": [],
      ])
    }
    let found = try report(["cut"], ["tmpfs", "proc"])
    #expect(found.hits.isEmpty)
    let partly = found.unjudged.filter { $0.state == "partial" }
    #expect(partly.map(\.detection.id) == ["GST-036", "GST-043"])
    #expect(partly.map(\.fact) == ["text", "operations"])
    #expect(partly.map(\.why) == ["left out is what proves nothing here: cut", "left out is what proves nothing here: tmpfs, proc"])
    for whole in [([], []), (7, "x"), (nil, nil)] as [(FactValue, FactValue)] {
      #expect(!(try report(whole.0, whole.1)).unjudged.contains { $0.state == "partial" })
    }
    for detection in detections.all {
      for path in detection.partial + detection.needs + detection.unknown { #expect(detection.facts.contains { path.hasPrefix($0 + ".") }, "\(detection.id)") }
    }
  }

  @Test("what a detection judges by and could not be had is no pass of it") func needs() throws {
    let detections = try Self.detections.get()
    func report(_ entries: FactValue, _ protections: FactValue) throws -> DetectionReport {
      try detections.judge([
        "schema": "ringwall.guest.facts/1",
        "facts": [
          "processors": [
            "state": "present",
            "value": ["processors": [], "unknown": ["entries": entries, "protections": protections], "unread": []],
          ]
        ], "inconsistencies": [],
      ])
    }
    let lacking = try report(["LSTAR"], ["EFER"])
    let told = lacking.unjudged.filter { ["GST-020", "GST-021"].contains($0.detection.id) }
    #expect(told.map(\.state) == ["notCollected", "partial"])
    #expect(told.map(\.why) == ["what it judges by is not known: LSTAR", "left out is what proves nothing here: EFER"])
    #expect(!(try report([], [])).unjudged.contains { ["GST-020", "GST-021"].contains($0.detection.id) })
  }

  @Test("what a sign may hide in is no pass, and what else proves nothing is told beside it") func unknown() throws {
    let detections = try Self.detections.get()
    let report = try detections.judge([
      "schema": "ringwall.guest.facts/1",
      "facts": [
        "executable": [
          "state": "present", "value": ["areas": [], "moved": [], "open": [], "aliases": [], "locked": ["sh (9)"], "unjudged": ["cat (7)"]],
        ]
      ],
      "inconsistencies": [],
    ])
    #expect(report.hits.isEmpty)
    let told = report.unjudged.filter { $0.detection.id == "GST-078" }
    #expect(told.map(\.state) == ["unreadable", "partial"])
    #expect(told.map(\.why) == ["a sign may be in what could not be judged: sh (9)", "left out is what proves nothing here: cat (7)"])
  }

  @Test("what may be lawful is told as a doubt, and is no sign") func doubts() throws {
    let detections = try Self.detections.get()
    func report(_ group: FactValue) throws -> DetectionReport {
      let process: FactValue = [
        "pid": 9, "name": "sh", "task": "0x9", "kernelThread": false, "mm": "0x1", "title": nil, "uid": 1000, "euid": 1000, "suid": 1000,
        "userUid": 1000, "state": "S", "userNamespace": 7, "gid": group, "egid": 1000, "sgid": 1000,
      ]
      return try detections.judge([
        "schema": "ringwall.guest.facts/1",
        "facts": ["processes": ["state": "present", "value": ["processes": [process], "hidden": [], "initCred": nil, "userNamespace": 7]]],
        "inconsistencies": [],
      ])
    }
    let found = try report(0)
    #expect(found.hits.isEmpty)
    let doubts = found.unjudged.filter { $0.state == "doubt" }
    #expect(doubts.map(\.detection.id) == ["GST-061"] && doubts.map(\.fact) == ["processes"])
    #expect(doubts.first?.doubt?.messageCase == "realGroup" && doubts.first?.doubt?.arguments["pid"] == .int(9))
    #expect(!(try report(1000)).unjudged.contains { $0.state == "doubt" })
  }

  @Test("hits come in order of severity, and values of the wrong kind in the facts end nothing") func hostile() throws {
    let detections = try Self.detections.get()
    let processes: FactValue = [
      "processes": [
        [
          "pid": 9, "name": "kworker/0:1", "task": "0x9", "kernelThread": false, "mm": "0x1", "title": 7, "uid": 0, "userUid": 1000,
          "state": "S",
        ], 5, nil,
      ],
      "hidden": "all", "initCred": nil,
    ]
    let document: FactValue = [
      "schema": "ringwall.guest.facts/1",
      "facts": ["processes": ["state": "present", "value": processes], "text": ["state": "present", "value": [["patched": "x"]]]],
    ]
    let report = try detections.judge(document)
    #expect(report.hits.map(\.detection.id) == ["GST-061", "GST-065"])
  }
}
