internal import Domain

/// Evidence by clause: what passes and what fails under each clause of the frameworks asked for, and the clauses without evidence.
extension HTMLReport {
  /// Controls named in one cell.
  private static let mostControls = 8

  func clauses() -> Markup {
    guard !context.frameworks.isEmpty else { return "" }
    let heads = ["clause", "title", "results", "for", "against"].map { "<th>\(texts["clause.\($0)"])</th>" as Markup }
    var markup: Markup = """
      <section id="clauses"><div class="hd"><h2>\(texts["html.nav.clauses"])</h2><p>\(texts["clause.note"])</p></div>

      """
    for evidence in context.frameworks {
      markup += """
        <h3 id="f-\(evidence.framework.id)">\(texts.phrase(evidence.framework.name))</h3>\
        <p class="sub">\(texts.phrase(evidence.framework.version))</p>
        <div class="scroll"><table class="clause"><thead><tr>\(heads)</tr></thead>
        <tbody>

        """
      for clause in evidence.withEvidence { markup += row(clause) }
      markup += "</tbody></table></div>\n"
      for standing in [ClauseEvidence.Standing.noResult, .noControl] {
        let ids = evidence.clauses.filter { $0.standing == standing }.map { texts.name($0.clause) }
        guard !ids.isEmpty else { continue }
        markup +=
          "<p class=\"sub gap\">\(texts("clause.\(standing.rawValue)", ["clauses": ids.joined(separator: texts["list.items"])]))</p>\n"
      }
    }
    markup += "</section>\n"
    return markup
  }

  private func row(_ evidence: ClauseEvidence) -> Markup {
    let clause = evidence.clause
    let total = Verdict.allCases.reduce(0) { $0 + evidence.count($1) }
    let passing = evidence.controls.filter { entry in
      entry.count(.pass) > 0 && [.fail, .unknown, .waived].allSatisfy { entry.count($0) == 0 }
    }
    let against = evidence.controls.filter { entry in [.fail, .unknown, .waived].contains { entry.count($0) > 0 } }
    var marks: Markup = ""
    for mark in texts.marks(clause) {
      marks += clause.isRead ? "<span class=\"why\">\(mark)</span>" : "<span class=\"why k-unknown\">\(mark)</span>"
    }
    let levels = texts.levels(clause).joined(separator: texts["list.separator"])
    let numbers: Markup = levels.isEmpty ? "" : "<span class=\"why\">\(levels)</span>"
    return """
      <tr><td class="nw">\(clause.id)</td><td>\(clause.title(texts))\(marks)\(numbers)</td>\
      <td>\(strip(total) { evidence.count($0) })<span class="why">\(counts(Verdict.worstFirst) { evidence.count($0) })</span></td>\
      <td>\(ids(passing))</td><td>\(ids(against))</td></tr>

      """
  }

  /// Controls with a link to the first of their results; those that fit only in part say why.
  private func ids(_ controls: [ControlEvidence]) -> Markup {
    guard !controls.isEmpty else { return "-" }
    var markup: Markup = "<div class=\"ids\">"
    for entry in controls.prefix(Self.mostControls) {
      guard let first = entry.results.first else { continue }
      let weak: Markup = entry.weakness.map { "<span class=\"why\">\(texts.headed(texts["clause.weak"], texts.phrase($0)))</span>" } ?? ""
      markup +=
        "<span><a class=\"id\" href=\"#\(filters.rowID(first))\">\(entry.control.id)</a> <span class=\"small k-\(Self.name(first.verdict))\">\(texts["verdict.\(first.verdict.rawValue)"])</span>\(weak)</span>"
    }
    if controls.count > Self.mostControls { markup += "<span class=\"small dim\">+\(controls.count - Self.mostControls)</span>" }
    markup += "</div>"
    return markup
  }
}
