internal import Domain
internal import Judgement

/// Names a finding across runs: control, asset, subject and case, and nothing that moves when a line is added elsewhere.
enum Fingerprint {
  static func of(_ finding: Finding) -> String {
    let subject = ["device", "key", "name"].lazy.compactMap { finding.arguments[$0]?.shown }.first ?? finding.evidence.first?.fact ?? ""
    let parts = [finding.control.id, finding.asset.id, subject, finding.messageCase]
    return String(Digest.sha256(Array(parts.joined(separator: "\u{0}").utf8)).prefix(32))
  }
}

extension AuditResult {
  init(_ finding: Finding) {
    self.finding = finding
    found = finding.arguments["found"] ?? finding.evidence.first { $0.value != nil }?.value
    fingerprint = Fingerprint.of(finding)
  }
}
