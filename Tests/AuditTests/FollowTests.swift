import Domain
import Foundation
import Platforms
import TestSupport
import Testing

@testable import Audit
@testable import Judgement

/// Following a folder of domain XML, against full audits of the same folder.
@Suite("Following") struct FollowTests {
  static let judge = Result {
    try Judge(
      policies: try Policies.load(from: try DataFolder(named: Samples.packageRoot.path)), parameters: [.init("tenants", "untrusted")])
  }

  /// A folder that is followed without waiting: what the watcher told is applied at once.
  final class Followed {
    let folder = NSTemporaryDirectory() + "ringwall-follow-\(UUID().uuidString)"
    let watcher: FolderWatcher
    let estate: FollowedEstate
    let request: AuditRun.Request

    init() throws {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      request = AuditRun.Request(targets: [folder], root: nil, version: "0.0.0", now: 1_800_000_000)
      let watcher = try FolderWatcher()
      self.watcher = watcher
      let claims = try Claims(from: try DataFolder(named: Samples.packageRoot.path))
      estate = FollowedEstate(request, judge: try FollowTests.judge.get(), claims: claims) { try? watcher.watch($0) }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func begin() {
      _ = estate.rescan(now: request.now)
      sync()
    }

    /// Takes everything that is told until nothing more is.
    @discardableResult
    func follow() -> [FollowEvent] {
      var events: [FollowEvent] = []
      while !ReadableDescriptors.wait([watcher.descriptor], milliseconds: 0).isEmpty {
        let told = watcher.read()
        if told.isOverflowed { events += estate.rescan(now: request.now) }
        events += estate.apply(told.events, now: request.now)
        sync()
      }
      return events
    }

    private func sync() {
      for folder in watcher.watched.subtracting(estate.folders) { watcher.unwatch(folder) }
      for folder in estate.folders.subtracting(watcher.watched) { try? watcher.watch(folder) }
    }

    func write(_ name: String, _ text: String) throws {
      try text.write(toFile: folder + "/" + name, atomically: false, encoding: .utf8)
    }

    /// Every verdict, refusal and count, as lines.
    func state() -> [String] {
      let snapshot = estate.snapshot
      return Self.lines(
        snapshot.assets.flatMap { asset in
          asset.results.map { "\(asset.asset.id) \($0.control.id) \($0.verdict.rawValue) \($0.messageCase) \($0.detail)" }
        }, snapshot.refusals, snapshot.passedOver)
    }

    func audited() throws -> [String] {
      let claims = try Claims(from: try DataFolder(named: Samples.packageRoot.path))
      let baseline = try Baseline(Array(Samples.baseline.utf8), file: "baseline.yaml")
      let outcome = AuditRun(request, judge: try FollowTests.judge.get(), baseline: baseline, claims: claims).run()
      return Self.lines(
        outcome.results.map { result in
          let detail = result.verdict.needsAttention ? FollowedEstate.detail(result.finding) : 0
          return
            "\(result.finding.asset.id) \(result.control.id) \(result.verdict.rawValue) \(result.finding.messageCase) \(detail)"
        }, outcome.targets.flatMap(\.refusals).filter { $0.target != folder || $0.code != "unknown-kind" }, outcome.passedOver)
    }

    private static func lines(_ results: [String], _ refusals: [Refusal], _ passedOver: Int) -> [String] {
      results.sorted() + refusals.map { "refused \($0.target) \($0.code) \($0.line ?? 0)" }.sorted() + ["passed over \(passedOver)"]
    }
  }

  static func guest(_ number: Int, listen: String = "127.0.0.1", model: String = "virtio") -> String {
    """
    <domain type='kvm'>
      <name>guest-\(number)</name>
      <uuid>5f0a8e54-6d2b-4a57-9d3e-\(String(format: "%012d", number))</uuid>
      <memory unit='MiB'>1024</memory>
      <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>
      <devices>
        <emulator>/usr/bin/qemu-system-x86_64</emulator>
        <graphics type='vnc' port='5901' autoport='no' listen='\(listen)'/>
        <interface type='bridge'><source bridge='br0'/><model type='\(model)'/></interface>
      </devices>
    </domain>

    """
  }

  @Test("A changed setting is told as exactly the verdicts that it changes, and closed again when it is restored")
  func knownAnswer() throws {
    let followed = try Followed()
    try followed.write("a.xml", Self.guest(1))
    try followed.write("b.xml", Self.guest(2))
    followed.begin()
    #expect(followed.follow().isEmpty)
    try followed.write("a.xml", Self.guest(1, listen: "0.0.0.0"))
    let opened = verdicts(followed.follow())
    #expect(!opened.isEmpty)
    #expect(opened.allSatisfy { $0.asset.name == "guest-1" && $0.before == .pass && $0.after == .fail })
    #expect(opened.allSatisfy { $0.finding?.place?.name == followed.folder + "/a.xml" })
    try followed.write("a.xml", Self.guest(1))
    let closed = verdicts(followed.follow())
    #expect(closed.map(\.control.id) == opened.map(\.control.id))
    #expect(closed.allSatisfy { $0.before == .fail && $0.after == .pass })
    #expect(try followed.state() == followed.audited())
  }

  @Test("A file that breaks is refused, with its asset gone, and judged again when it is mended")
  func broken() throws {
    let followed = try Followed()
    try followed.write("a.xml", Self.guest(1))
    followed.begin()
    try followed.write("a.xml", "<domain><name>")
    let events = followed.follow()
    #expect(names(events) == ["refused", "gone"])
    try followed.write("a.xml", Self.guest(1))
    #expect(names(followed.follow()).filter { $0 != "verdict" } == ["appeared", "accepted"])
    #expect(try followed.state() == followed.audited())
  }

  @Test("A file that is renamed neither goes nor comes")
  func renamed() throws {
    let followed = try Followed()
    try followed.write("a.xml", Self.guest(1))
    followed.begin()
    try FileManager.default.moveItem(atPath: followed.folder + "/a.xml", toPath: followed.folder + "/z.xml")
    #expect(followed.follow().isEmpty)
    #expect(try followed.state() == followed.audited())
  }

  @Test("A folder that is deleted and made again is followed again, and so is the one that was named")
  func folders() throws {
    let followed = try Followed()
    try FileManager.default.createDirectory(atPath: followed.folder + "/rack", withIntermediateDirectories: true)
    try followed.write("rack/a.xml", Self.guest(1))
    followed.begin()
    for path in [followed.folder + "/rack", followed.folder] {
      try FileManager.default.removeItem(atPath: path)
      #expect(names(followed.follow()).contains("gone"))
      try FileManager.default.createDirectory(atPath: followed.folder + "/rack", withIntermediateDirectories: true)
      followed.follow()
      try followed.write("rack/a.xml", Self.guest(1))
      #expect(names(followed.follow()).contains("appeared"))
      #expect(try followed.state() == followed.audited())
    }
  }

  @Test("What lies beside a guest and is read with it counts as the guest")
  func beside() throws {
    let followed = try Followed()
    try followed.write("a.vmx", "config.version = \"8\"\nvirtualHW.version = \"19\"\ndisplayName = \"a\"\n")
    followed.begin()
    for text in ["snapshot.numSnapshots = \"2\"\nsnapshot0.uid = \"1\"\nsnapshot0.displayName = \"old\"\n", "broken"] {
      try followed.write("a.vmsd", text)
      followed.follow()
      #expect(try followed.state() == followed.audited())
    }
    try FileManager.default.removeItem(atPath: followed.folder + "/a.vmsd")
    followed.follow()
    #expect(try followed.state() == followed.audited())
  }

  @Test("A watcher is read piece by piece, however much waits, and nothing is lost")
  func pieces() throws {
    let scratch = NSTemporaryDirectory() + "ringwall-pieces-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    let watcher = try FolderWatcher()
    try watcher.watch(scratch)
    let names = (0..<3000).map { "guest-\($0).xml" }
    for name in names { try Data().write(to: URL(fileURLWithPath: scratch + "/" + name)) }
    var created: [String] = []
    var readings = 0
    while !ReadableDescriptors.wait([watcher.descriptor], milliseconds: 0).isEmpty {
      let told = watcher.read()
      #expect(!told.isOverflowed && told.events.count <= 2048)
      created += told.events.filter { $0.kind == .created }.map(\.name)
      readings += 1
    }
    #expect(created == names && readings > 1)
  }

  @Test("After 1,000 random changes the followed state is the one of a full audit", arguments: [(UInt64(1), 1000), (2, 500)])
  func randomChanges(seed: UInt64, changes: Int) throws {
    let followed = try Followed()
    var random = SplitMix(seed)
    for number in 0..<6 { try followed.write("g\(number).xml", Self.guest(number)) }
    followed.begin()
    for step in 0..<changes {
      try change(followed, &random)
      // Several changes may wait together.
      if random.next() % 4 != 0 { followed.follow() }
      guard step % 50 == 49 else { continue }
      followed.follow()
      let (state, audited) = (followed.state(), try followed.audited())
      let isSame = state == audited
      #expect(isSame, "step \(step): \(Set(state).symmetricDifference(audited).sorted().prefix(6))")
      if !isSame { return }
    }
    #expect(followed.estate.targetCount > 0)
  }

  private func change(_ followed: Followed, _ random: inout SplitMix) throws {
    let manager = FileManager.default
    let folders = ["", "rack-1/", "rack-2/", "rack-1/deep/"].filter { manager.fileExists(atPath: followed.folder + "/" + $0) }
    func path(_ random: inout SplitMix) -> String { (folders.randomElement(using: &random) ?? "") + "g\(random.next() % 9).xml" }
    let (one, other) = (path(&random), path(&random))
    let full = followed.folder + "/" + one
    let guest = Self.guest(
      Int(random.next() % 7), listen: random.next() % 2 == 0 ? "0.0.0.0" : "127.0.0.1", model: random.next() % 2 == 0 ? "e1000" : "virtio")
    switch random.next() % 13 {
    // A link that leads nowhere may stand in the way.
    case 0, 1, 2: try? followed.write(one, guest)
    case 3:
      // As editors do it: another name, then renamed over the old one.
      try? followed.write(one + ".new~", guest)
      _ = unsafe rename(full + ".new~", full)
    case 4:
      try? followed.write(
        one, ["<domain", "", "not XML", "<domain type='xen'><name>x</name></domain>"].randomElement(using: &random) ?? "")
    case 5: try? manager.removeItem(atPath: full)
    case 6: _ = unsafe rename(full, followed.folder + "/" + other)
    case 7: try? manager.copyItem(atPath: full, toPath: followed.folder + "/" + other)
    case 8:
      let folder = ["rack-1", "rack-2", "rack-1/deep"].randomElement(using: &random) ?? "rack-1"
      try? manager.createDirectory(atPath: followed.folder + "/" + folder, withIntermediateDirectories: true)
      try? followed.write(folder + "/g3.xml", guest)
    case 9: try? manager.removeItem(atPath: followed.folder + "/" + (["rack-1", "rack-2"].randomElement(using: &random) ?? "rack-1"))
    case 10: _ = unsafe rename(followed.folder + "/rack-1", followed.folder + "/rack-2")
    case 11: try? manager.createSymbolicLink(atPath: full, withDestinationPath: followed.folder + "/" + other)
    default:
      try? followed.write(one + ".swp", "b0VIM")
      try? manager.removeItem(atPath: followed.folder + "/" + one + ".swp")
    }
  }

  private func verdicts(_ events: [FollowEvent]) -> [VerdictChange] {
    events.compactMap { if case .verdict(let change) = $0 { change } else { nil } }
  }

  private func names(_ events: [FollowEvent]) -> [String] {
    events.map { event in
      switch event {
      case .verdict: "verdict"
      case .appeared: "appeared"
      case .gone: "gone"
      case .refused: "refused"
      case .accepted: "accepted"
      case .rescan: "rescan"
      case .lost: "lost"
      }
    }
  }
}
