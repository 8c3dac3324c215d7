import Domain
import Foundation
import Judgement

@testable import Waivers

/// Three people with keys, one host, and a waiver that is in order.
struct Samples {
  let now = Instant("2026-11-26T12:00:00Z")!
  let requester = try! SigningKey()
  let approvers = [try! SigningKey(), try! SigningKey()]
  var keys = TrustedKeys()
  let rules: WaiverRules
  let host = Asset(id: "host:kvm-07", kind: .host, platform: "linux-kvm", name: "kvm-07")
  let nested = Self.control("KVM-004", .medium)
  let guardian = Self.control("KVM-001", .high)

  init() throws {
    rules = try WaiverRules(from: try DataFolder(named: nil))
    try keys.add(requester.verificationKey, owner: "requester", roles: [.request], at: now)
    try keys.add(approvers[0].verificationKey, owner: "approver A", roles: [.approve], at: now)
    try keys.add(approvers[1].verificationKey, owner: "approver B", roles: [.approve], at: now)
  }

  static func control(_ id: String, _ severity: Severity) -> Control {
    Control(
      id: id, rule: "", kind: .host, platform: "linux-kvm", family: "CPU", layer: .hardware, severity: severity, title: id,
      description: "", facts: ["a.fact"], safe: "", defaultValue: "", remediation: "", disable: nil, messages: [:], provenance: "",
      always: false, keyIndicator: nil, location: .path("x.rego"))
  }

  func finding(_ control: Control, _ verdict: Verdict, value: FactValue = "Y", line: Int = 1) -> Finding {
    Finding(
      control: control, asset: host, verdict: verdict, reason: "", messageCase: "unsafe", arguments: [:],
      evidence: [Evidence(fact: "a.fact", state: .present, value: value, source: .path("/sys/x", line: line))])
  }

  func signer(_ index: Int) -> Waiver.Signer {
    let key = ([requester] + approvers)[index]
    return Waiver.Signer(name: ["requester", "approver A", "approver B"][index], key: key.verificationKey.id)
  }

  func waiver(
    requester: Waiver.Signer? = nil, approvers: [Waiver.Signer]? = nil, start: String = "2026-11-01T00:00:00Z",
    end: String = "2026-12-31T00:00:00Z", controls: [String] = ["KVM-004"], assets: [String] = ["host:kvm-07"], facts: FactValue = "Y",
    also: [Waiver.RecordedFacts] = [],
    compensating: [Waiver.Compensation] = [.init(control: "KVM-001", asset: nil)]
  ) -> Waiver {
    let digest = FactDigest.of(finding(nested, .fail, value: facts))
    return Waiver(
      id: "W-1", reason: "nested lab until the move", requester: requester ?? signer(0), approvers: approvers ?? [signer(1), signer(2)],
      start: Instant(start)!, end: Instant(end)!, controls: controls, assets: assets,
      facts: controls.contains("KVM-004") && assets.contains(host.id)
        ? [.init(control: "KVM-004", asset: host.id, sha256: digest)] + also : [],
      compensating: compensating)
  }

  /// With the signatures of those that sign it here.
  func signed(_ waiver: Waiver, by signing: [SigningKey]? = nil) throws -> SignedWaiver {
    var signatures: [String: [UInt8]] = [:]
    for key in signing ?? [requester] + approvers { signatures[key.verificationKey.id] = try key.signature(over: waiver.signedBytes) }
    return SignedWaiver(file: "W-1.json", waiver: waiver, signatures: signatures)
  }

  func defects(_ signed: SignedWaiver, keys: TrustedKeys? = nil, now: Instant? = nil) -> [String] {
    WaiverCheck(keys: keys ?? self.keys, now: now ?? self.now).defects(of: signed).map(\.messageCase)
  }

  /// What an audit with these findings gets from the waiver.
  func decision(_ signed: SignedWaiver, nested: Finding? = nil, guardian: Verdict? = .pass) throws -> (WaiverSet.Decision, Finding) {
    let nested = nested ?? finding(self.nested, .fail)
    var set = WaiverSet([signed], keys: keys, rules: rules, severities: ["KVM-004": .medium, "KVM-001": .high], now: now)
    set.observe(host)
    set.observe(nested)
    if let guardian { set.observe(finding(self.guardian, guardian)) }
    return (set.decide(), nested)
  }
}
