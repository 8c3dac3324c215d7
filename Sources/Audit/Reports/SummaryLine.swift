internal import Domain

/// The last line of an audit: how many of each verdict, which layer is weakest, and why the exit code is what it is.
public enum SummaryLine {
  public static func text(_ outcome: AuditOutcome, exit: ExitStatus, texts: Texts) -> String {
    let verdicts = [Verdict.fail, .unknown, .waived, .pass, .notApplicable].filter { $0 != .waived || outcome.count($0) > 0 }
    let counts = verdicts.map { texts("count.\($0.rawValue)", ["count": "\(outcome.count($0))"]) }
    var sentences = [counts.joined(separator: texts["list.separator"]) + texts["sentence.end"]]
    if let weakest = outcome.scores.first, weakest.low < 100 {
      sentences.append(texts("table.weakest", ["layer": texts["layer.\(weakest.layer.rawValue)"]]))
    }
    if outcome.passedOver > 0 { sentences.append(texts("table.passedOver", ["count": "\(outcome.passedOver)"])) }
    let reasons = reasons(exit, texts)
    if !reasons.isEmpty {
      sentences.append(texts("exit.line", ["code": "\(exit.code)", "reasons": reasons.joined(separator: texts["list.separator"])]))
    }
    return sentences.joined(separator: texts["sentence.gap"])
  }

  static func reasons(_ exit: ExitStatus, _ texts: Texts) -> [String] {
    let severity = texts["severity.\(exit.failOn.rawValue)"]
    var reasons: [String] = []
    if exit.judged == 0 && exit.refused == 0 { reasons.append(texts["exit.nothing"]) }
    if exit.refused > 0 { reasons.append(texts("exit.refused", ["count": "\(exit.refused)"])) }
    if exit.unknown > 0 { reasons.append(texts("exit.unknown", ["count": "\(exit.unknown)", "severity": severity])) }
    if exit.failing > 0 { reasons.append(texts("exit.failing", ["count": "\(exit.failing)", "severity": severity])) }
    return reasons
  }
}
