internal import Domain
internal import Judgement

/// What the report does not say: targets refused, results unknown, and the limits of the method.
extension HTMLReport {
  func unjudged() -> Markup {
    let unknown = outcome.results.filter { $0.verdict == .unknown }
    var markup: Markup = "<section id=\"unjudged\"><div class=\"hd\"><h2>\(texts["html.unjudged"])</h2>"
    let summary = unknown.isEmpty ? texts["html.unknownNone"] : texts("html.unknownSome", ["count": "\(unknown.count)"])
    markup += "<p>\(summary)</p></div>\n\(refused())\(gaps(unknown))"
    if outcome.passedOver > 0 {
      markup += "<p class=\"sub gap\">\(texts("table.passedOver", ["count": "\(outcome.passedOver)"]))</p>\n"
    }
    markup += "</section>\n"
    return markup
  }

  private func refused() -> Markup {
    let targets = outcome.targets.filter { !$0.refusals.isEmpty }
    guard !targets.isEmpty else { return "" }
    var markup: Markup = """
      <h3>\(texts("table.refused", ["count": "\(targets.reduce(0) { $0 + $1.refusals.count })"]))</h3>
      <div class="scroll">
      <table><thead><tr><th>\(texts["html.target"])</th><th>\(texts["html.where"])</th><th>\(texts["html.reason"])</th></tr></thead>
      <tbody>

      """
    for target in targets {
      for refusal in target.refusals {
        let place = refusal.line.map { line in "\(line)" + (refusal.column.map { ":\($0)" } ?? "") } ?? "-"
        markup += """
          <tr><td><code>\(breaking: refusal.target)</code></td><td>\(place)</td><td>\(texts.line(refusal)) \
          <span class="dim">\(texts["html.status.\(target.status.rawValue)"])</span></td></tr>

          """
      }
    }
    markup += "</tbody></table></div>\n"
    return markup
  }

  /// One thing that could not be had, with every result that is unknown for want of it.
  private struct Gap: Hashable {
    let place: String
    let reason: String
    let why: String
    let remedy: String
  }

  private func gaps(_ unknown: [AuditResult]) -> Markup {
    var order: [Gap] = []
    var rows: [Gap: [AuditResult]] = [:]
    for row in unknown {
      let gap = gap(row)
      if rows[gap] == nil { order.append(gap) }
      rows[gap, default: []].append(row)
    }
    guard !order.isEmpty else { return "" }
    let heads = ["html.tried", "html.reason", "html.whyUnknown", "html.results", "html.remedy"].map { texts[$0] }
    var markup: Markup = """
      <div class="scroll gap">
      <table><thead><tr>\(heads.map { "<th>\($0)</th>" as Markup })</tr></thead>
      <tbody>

      """
    for gap in order {
      let results = rows[gap] ?? []
      let links: [Markup] = results.prefix(10).map { "<a class=\"id\" href=\"#\(filters.rowID($0))\">\($0.control.id)</a> " }
      let more: Markup = results.count > 10 ? "<span class=\"dim\">+\(results.count - 10)</span>" : ""
      markup += """
        <tr><td><code>\(breaking: gap.place)</code></td><td><span class="k-unknown">\(texts["reason.\(gap.reason)"])</span></td><td>\(gap.why)</td>\
        <td><div class="ids">\(links)\(more)</div></td><td>\(gap.remedy)</td></tr>

        """
    }
    markup += "</tbody></table></div>\n"
    return markup
  }

  private func gap(_ row: AuditResult) -> Gap {
    let finding = row.finding
    let name = finding.arguments["fact"]?.text
    let evidence = finding.evidence.first { $0.fact == name } ?? finding.evidence.first { $0.value == nil } ?? finding.evidence.first
    switch finding.reason {
    case "parameterNotSet":
      let parameter = finding.arguments["parameter"].map { texts.shown($0) } ?? "-"
      return Gap(
        place: "data.ringwall.parameters.\(parameter)", reason: finding.reason, why: texts.message(finding),
        remedy: texts("html.remedyFor.parameterNotSet", ["parameter": parameter]))
    case "policyError", "missing":
      return Gap(
        place: evidence?.source.map(Self.place) ?? row.control.rule, reason: finding.reason, why: texts.message(finding),
        remedy: texts["html.remedyFor.\(finding.reason)"])
    default:
      let why = evidence?.why ?? "none"
      let key = "html.remedyFor.\(why)"
      return Gap(
        place: evidence?.source?.name ?? evidence?.fact ?? "-", reason: finding.reason, why: texts["why.\(why)"],
        remedy: texts.has(key) ? texts[key] : texts["html.remedyFor.other"])
    }
  }

  func method() -> Markup {
    let arguments: KeyValuePairs = [
      "digest": outcome.policyDigest, "baseline": outcome.baseline.name, "baselineDigest": outcome.baseline.digest,
      "floor": "\(outcome.baseline.floor)",
    ]
    let items: [Markup] = ["read", "rules", "score", "languages", "scope", "claims"].map {
      "<li>\(texts("html.method.\($0)", arguments))</li>\n"
    }
    return """
      <section id="method"><div class="hd"><h2>\(texts["html.nav.method"])</h2></div>
      <ul class="limits">\(items)</ul></section>

      """
  }
}
