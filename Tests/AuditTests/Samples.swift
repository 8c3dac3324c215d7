import Domain
import Foundation

@testable import Audit
@testable import Judgement

/// Hand-made results for the parts behind judging: scores, order, reports.
enum Samples {
  static let packageRoot = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")

  static func texts(_ language: Language = .english) throws -> Texts {
    try Texts(language, from: try DataFolder(named: packageRoot.path))
  }

  static func control(
    _ id: String, _ severity: Severity = .high, _ layer: Layer = .vmm, family: String = "KRN", title: String = "A title",
    messages: [String: String] = [:]
  ) -> Control {
    Control(
      id: id, rule: "data.ringwall.controls.host.x.\(id)", kind: .host, platform: "linux-kvm", family: family, layer: layer,
      severity: severity,
      title: title, description: "Why it matters.", facts: ["a.fact"], safe: "on", defaultValue: "off", remediation: "switch it on",
      disable: nil,
      messages: messages, provenance: "kernel-parameters.txt", always: false, keyIndicator: nil,
      location: .path("policies/host/x.rego", line: 3))
  }

  static func asset(_ name: String = "kvm-07", kind: Asset.Kind = .host) -> Asset {
    Asset(id: "\(kind.rawValue):\(name)", kind: kind, platform: "linux-kvm", name: name)
  }

  static func finding(
    _ control: Control, _ verdict: Verdict, asset: Asset = asset(), reason: String = "", messageCase: String = "unsafe",
    arguments: [String: FactValue] = [:], evidence: [Evidence] = []
  ) -> Finding {
    Finding(
      control: control, asset: asset, verdict: verdict, reason: verdict == .unknown && reason.isEmpty ? "unreadable" : reason,
      messageCase: messageCase, arguments: arguments, evidence: evidence)
  }

  static func evidence(_ path: String, line: Int? = 1, value: FactValue? = "N", state: Fact.State = .present, why: String? = nil)
    -> Evidence
  {
    Evidence(fact: "a.fact", state: state, value: value, source: .path(path, line: line), why: why)
  }

  static let baseline = """
    name: kvm-host
    version: "2026.4"
    floor: 80
    """

  static func outcome(_ findings: [Finding], targets: [TargetOutcome]? = nil, passedOver: Int = 0) throws -> AuditOutcome {
    var tally = Tally()
    for finding in findings { tally.add(finding) }
    let results = AuditResult.worstFirst(findings.map(AuditResult.init))
    let baseline = try Baseline(Array(baseline.utf8), file: "baseline.yaml")
    var assets: [Asset] = []
    for finding in findings where !assets.contains(finding.asset) { assets.append(finding.asset) }
    return AuditOutcome(
      version: "0.0.0", policyDigest: String(repeating: "a", count: 64),
      collected: Collected(at: "2026-11-24T16:38:38Z", by: "ringwall 0.0.0", uid: 0), baseline: baseline,
      targets: targets ?? [TargetOutcome(target: "this host", status: .judged, refusals: [])], assets: assets, results: results,
      tally: tally,
      scores: LayerScore.scores(of: tally, results: results, floor: baseline.floor), passedOver: passedOver, roots: [:], seconds: 1.94)
  }

  /// One of everything that a report has to show.
  static func full() throws -> AuditOutcome {
    let guest = asset("build-03", kind: .qemu)
    let findings = [
      finding(
        control("SMP-007", .critical, .management, messages: ["unsafe": "QMP listens on {found}"]), .fail, asset: guest,
        arguments: ["found": "tcp:0.0.0.0:4444"],
        evidence: [Evidence(fact: "argv.monitors", state: .present, value: "tcp:0.0.0.0:4444", source: .command("pid 48213 argv[61]"))]),
      finding(
        control("SMP-072", .critical, .isolation, messages: ["unsafe": "{name} runs unconfined"]), .fail,
        arguments: ["found": "unconfined", "name": "build-03"], evidence: [evidence("/proc/48213/attr/current", value: "unconfined")]),
      finding(
        control("SMP-062", .high, .environment), .unknown, reason: "unreadable", messageCase: "unknown", arguments: ["fact": "a.fact"],
        evidence: [evidence("/sys/firmware/efi/efivars", line: nil, value: nil, state: .unreadable, why: "permission")]),
      finding(
        control(
          "SMP-031", .medium, .vmm,
          messages: [
            "unsafe": "the kernel merges equal pages of guests that distrust each other, which tells one what another holds ({found})"
          ]),
        .fail, asset: asset("a-host-with-a-name-that-is-rather-long.lab.example"), arguments: ["found": "1"],
        evidence: [evidence("/sys/kernel/mm/ksm/run", value: "1")]),
      finding(
        control("SMP-099", .low, .vmm, messages: ["safe": "on"]), .unknown, reason: "parameterNotSet", messageCase: "parameter",
        arguments: ["parameter": "allowed_networks"]),
      finding(
        control("SMP-001", .high, .hardware, messages: ["safe": "EPT is on"]), .pass, messageCase: "safe", evidence: [evidence("/sys/a")]),
      finding(control("SMP-002", .high, .hardware, messages: ["none": "no AMD module"]), .notApplicable, messageCase: "none"),
      finding(control("SMP-003", .medium, .vmm, messages: ["safe": "fine"]), .pass, messageCase: "safe"),
    ]
    let refusal = Refusal(
      target: "broken.xml", code: "malformed", message: "broken.xml:3:7: the element ends too early; correct the file", line: 3, column: 7)
    return try outcome(
      findings,
      targets: [
        TargetOutcome(target: "this host", status: .judged, refusals: []),
        TargetOutcome(target: "broken.xml", status: .refused, refusals: [refusal]),
      ], passedOver: 2)
  }
}
