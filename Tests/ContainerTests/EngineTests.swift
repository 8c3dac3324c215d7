internal import Audit
internal import Domain
internal import Foundation
internal import Judgement
internal import TestSupport
internal import Testing

/// A real engine: podman's Docker-compatible service, with storage of its own.
@Suite(.serialized, .enabled(if: Podman.obstacle == nil, Comment(rawValue: Podman.obstacle ?? "")))
struct EngineTests {
  private static let source = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .path
  private static let judge = Result {
    let folder = try DataFolder(named: source)
    return try Judge(policies: Policies.load(from: folder), parameters: Baseline.load("containers", from: folder).parameters)
  }

  /// Ids of failing controls by the name of the asset.
  private func failing(_ podman: Podman) throws -> [String: Set<String>] {
    let found = FactCollection().collect(.engine(podman.socket, name: "docker://" + podman.socket)).collection
    #expect(found.refusals.isEmpty, "\(found.refusals)")
    let collected = Collected(at: "2026-01-01T00:00:00Z", by: "test", uid: 0)
    var failing: [String: Set<String>] = [:]
    for asset in found.assets {
      let findings = try Self.judge.get().judge(asset, collected: collected)
      #expect(!findings.contains { $0.reason == "policyError" })
      failing[asset.asset.name] = Set(findings.filter { $0.verdict == .fail }.map(\.control.id))
      for finding in findings where finding.verdict == .fail && asset.asset.kind == .container {
        #expect(finding.evidence.contains { $0.source?.name.hasPrefix("docker://\(podman.socket) /") == true }, "\(finding.control.id)")
      }
    }
    return failing
  }

  /// Options that leave nothing to find.
  private static let safe = [
    "--read-only", "--user", "10001:10001", "--security-opt", "no-new-privileges", "--memory", "64m", "--cpus", "0.5", "--pids-limit", "50",
    "--health-cmd", "/bin/busybox true",
  ]

  private func create(_ podman: Podman, _ name: String, _ options: [String]) throws {
    try podman.run(["create", "--name", name] + Self.safe + options + [Podman.image, "/bin/busybox", "sleep", "1"])
  }

  @Test func riskyOptionsAreFoundExactly() throws {
    let podman = try Podman.start()
    defer { podman.stop() }
    try podman.importImage()
    try create(podman, "quiet", [])
    let risks: [(options: [String], ids: Set<String>)] = [
      (["--privileged"], ["DKR-001", "DKR-004", "DKR-007", "DKR-016"]),
      (["--security-opt", "seccomp=unconfined"], ["DKR-004"]),
      (["--security-opt", "label=disable"], ["DKR-006"]),
      (["--cap-add", "SYS_ADMIN"], ["DKR-007"]),
      (["--volume", "\(podman.socket):/run/podman.sock"], ["DKR-008"]),
      (["--volume", "/etc:/host/etc:ro"], ["DKR-009"]),
      (["--volume", "/usr:/host/usr:rshared"], ["DKR-009", "DKR-021"]),
      (["--read-only=false"], ["DKR-010"]), (["--pid", "host"], ["DKR-011"]),
      (["--network", "host"], ["DKR-013"]), (["--uts", "host"], ["DKR-014"]),
      (["--device", "/dev/fuse"], ["DKR-016"]), (["--memory", "0"], ["DKR-017"]), (["--cpus", "0"], ["DKR-018"]),
      (["--pids-limit", "-1"], ["DKR-019"]), (["--restart", "always"], ["DKR-020"]), (["--user", "0:0"], ["DKR-022"]),
      (["--publish", "10.9.8.7:443:8443"], ["DKR-023"]), (["--publish", "8443:8443"], ["DKR-024"]),
      (["--health-cmd", "none"], ["DKR-025"]),
    ]
    for (number, risk) in risks.enumerated() { try create(podman, "risky\(number)", risk.options) }

    let before = try failing(podman)
    #expect(before["quiet"] == [])
    // What podman does not tell (see InspectFacts) is unknown and never a pass.
    for (number, risk) in risks.enumerated() { #expect(before["risky\(number)"] == risk.ids, "\(risk.options)") }
    #expect(before[Podman.image] == ["DKR-022", "DKR-025"])

    for number in risks.indices { try podman.run("rm", "risky\(number)") }
    let after = try failing(podman)
    #expect(after.keys.filter { $0.hasPrefix("risky") }.isEmpty)
    #expect(after["quiet"] == [])
  }

  @Test func theEngineSaysWhatItIs() throws {
    let podman = try Podman.start()
    defer { podman.stop() }
    let found = FactCollection().collect(.engine(podman.socket, name: "docker://" + podman.socket)).collection
    let engine = try #require(found.assets.first { $0.asset.kind == .docker })
    #expect(engine.facts["engine"]?.value == "podman")
    #expect(engine.facts["daemon.seccomp-profile"]?.value == "default")
    #expect(engine.facts["socket.docker"]?.value?["user"] == "root")
    #expect(!found.assets.contains { $0.asset.kind == .gvisor })
  }
}
