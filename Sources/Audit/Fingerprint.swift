internal import Domain
internal import Judgement
internal import Waivers

/// Names a finding across runs: control, asset, subject and case, and nothing that moves when a line is added elsewhere.
enum Fingerprint {
  static func of(_ finding: Finding) -> String {
    // The number of an element moves when another is added before it; what the rule calls the device does not.
    let fact = finding.evidence.first?.fact ?? ""
    let subject = ["device", "key", "name"].lazy.compactMap { finding.arguments[$0]?.shown }.first ?? FactElement.parse(fact)?.list ?? fact
    let parts = [finding.control.id, finding.asset.id, subject, finding.messageCase]
    return String(Digest.sha256(Array(parts.joined(separator: "\u{0}").utf8)).prefix(32))
  }
}

extension AuditResult {
  /// The same result, accepted for a time. It keeps its fingerprint, being the same finding.
  func waived(by grant: WaiverSet.Grant) -> AuditResult {
    let finding = Finding(
      control: control, asset: finding.asset, verdict: .waived, reason: finding.reason, messageCase: finding.messageCase,
      arguments: finding.arguments, evidence: finding.evidence)
    var result = AuditResult(finding)
    result.waiver = grant
    return result
  }
}
