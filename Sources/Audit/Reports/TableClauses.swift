internal import Domain

/// Evidence by clause for a terminal: each clause with its counts, what fails or is unknown under it, and the controls that pass.
extension TableReport {
  /// Findings shown under one clause without `--all`: the same finding stands under many.
  private static let shortClause = 3

  mutating func clauses(_ evidence: FrameworkEvidence) {
    let framework = evidence.framework
    lines += DisplayWidth.wrapped("\(framework.id)  \(texts.phrase(framework.name))", to: style.columns).map { style.paint($0, .bold) }
    lines += wrapped(texts.phrase(framework.version), indent: 2)
    lines += wrapped(texts["clause.note"], indent: 2) + [""]
    for clause in evidence.withEvidence { self.clause(clause) }
    for standing in [ClauseEvidence.Standing.noResult, .noControl] {
      let ids = evidence.clauses.filter { $0.standing == standing }.map { texts.name($0.clause) }
      guard !ids.isEmpty else { continue }
      lines += wrapped(texts("clause.\(standing.rawValue)", ["clauses": ids.joined(separator: texts["list.items"])]), indent: 0)
    }
    lines.append("")
  }

  private mutating func clause(_ evidence: ClauseEvidence) {
    let title = texts.title(evidence.clause)
    let head = DisplayWidth.wrapped(title.isEmpty ? evidence.clause.id : "\(evidence.clause.id)  \(title)", to: style.columns)
    lines += head.map { style.paint($0, .bold) }
    let levels = texts.levels(evidence.clause)
    if !levels.isEmpty { lines += wrapped(levels.joined(separator: texts["list.separator"]), indent: 2) }
    let counts = Verdict.worstFirst.filter { evidence.count($0) > 0 }.map {
      texts("count.\($0.rawValue)", ["count": "\(evidence.count($0))"])
    }
    lines += wrapped(
      texts("clause.counts", ["counts": counts.joined(separator: texts["list.separator"]), "controls": "\(evidence.controls.count)"]),
      indent: 2)
    let findings = evidence.controls.filter { $0.weakness == nil }.flatMap(\.results).filter(\.verdict.needsAttention)
    let shown = showsAll ? findings[...] : findings.prefix(Self.shortClause)
    for result in shown { finding(result) }
    if findings.count > shown.count { lines.append("    " + texts("table.more", ["count": "\(findings.count - shown.count)"])) }
    // A control whose every result passes speaks for the clause; one that applies nowhere says nothing.
    let passing = evidence.controls.filter { entry in
      entry.weakness == nil && entry.count(.pass) > 0 && [.fail, .unknown, .waived].allSatisfy { entry.count($0) == 0 }
    }
    if !passing.isEmpty {
      lines += wrapped(texts.headed(texts["clause.for"], passing.map(\.control.id).joined(separator: texts["list.items"])), indent: 4)
    }
    weak(evidence.controls.filter { $0.weakness != nil })
    lines.append("")
  }

  /// Controls that fit only in part, by the reason why.
  private mutating func weak(_ controls: [ControlEvidence]) {
    var reasons: [String] = []
    for control in controls { if let reason = control.weakness, !reasons.contains(reason) { reasons.append(reason) } }
    for reason in reasons {
      let ids = controls.filter { $0.weakness == reason }.map {
        "\($0.control.id) \($0.results.first.map { texts["verdict.\($0.verdict.rawValue)"] } ?? "")"
      }
      let head = texts.aside(texts["clause.weak"], texts.phrase(reason))
      lines += wrapped(texts.headed(head, ids.joined(separator: texts["list.items"])), indent: 4)
    }
  }

  private mutating func finding(_ result: AuditResult) {
    let verdict = style.paint(upper(texts["verdict.\(result.verdict.rawValue)"]), tone(result.verdict))
    let words = "\(result.control.id)  \(texts.aside(texts.message(result.finding), result.finding.asset.name.printable))"
    let place = result.finding.place.map { "  \($0.shown)" } ?? ""
    let width = DisplayWidth.of(upper(texts["verdict.\(result.verdict.rawValue)"]))
    let parts = DisplayWidth.wrapped(words + place, to: max(16, style.columns - width - 6))
    for (i, part) in parts.enumerated() {
      lines.append("    " + (i == 0 ? verdict : String(repeating: " ", count: width)) + "  " + part)
    }
  }
}
