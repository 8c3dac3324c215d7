internal import Domain
internal import Judgement
internal import Waivers

/// Names a finding across runs: control, asset, subject and case, and nothing that moves when a line is added elsewhere.
enum Fingerprint {
  /// What a rule calls the thing that it judged, the first of these counting.
  private static let subjects = ["device", "key", "name"]

  static func of(_ finding: Finding) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(160)
    text += finding.control.id.utf8
    for part in [finding.asset.id, subject(finding), finding.messageCase] {
      text.append(0)
      text += part.utf8
    }
    return Digest.sha256(text, digits: 32)
  }

  /// The number of an element moves when another is added before it; what the rule calls the device does not.
  private static func subject(_ finding: Finding) -> String {
    // A finding has few arguments: to compare their names is cheaper than to look three up.
    for name in subjects {
      for (key, value) in finding.arguments where key == name { return value.shown }
    }
    let fact = finding.evidence.first?.fact ?? ""
    return FactElement.parse(fact)?.list ?? fact
  }
}

extension AuditResult {
  /// The same result, accepted for a time. It keeps its fingerprint, being the same finding.
  func waived(by grant: WaiverSet.Grant) -> AuditResult {
    let finding = Finding(
      control: control, asset: finding.asset, verdict: .waived, reason: finding.reason, messageCase: finding.messageCase,
      arguments: finding.arguments, evidence: finding.evidence)
    return AuditResult(finding, waiver: grant)
  }
}
