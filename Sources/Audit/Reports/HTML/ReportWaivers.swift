internal import Domain

/// Waivers, those that end first at the top. A waiver changes the verdict's word, never the score.
extension HTMLReport {
  func waivers() -> Markup {
    guard !context.waivers.isEmpty else { return "" }
    let names = Dictionary(outcome.assets.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
    let heads = ["id", "control", "asset", "reason", "compensation", "requester", "approvers", "ends", "left"].map {
      "<th>\(texts["html.waiver.\($0)"])</th>" as Markup
    }
    var markup: Markup = """
      <section id="waivers"><div class="hd"><h2>\(texts["html.nav.waivers"])</h2><p>\(texts["html.waiver.note"])</p></div>
      <div class="scroll">
      <table><thead><tr>\(heads)</tr></thead>
      <tbody>

      """
    for waiver in context.waivers.sorted(by: { ($0.daysLeft, $0.ends, $0.id) < ($1.daysLeft, $1.ends, $1.id) }) {
      let approvers = waiver.approvers.joined(separator: texts["list.items"])
      markup += """
        <tr><td class="id">\(waiver.id)</td><td class="id">\(waiver.control)</td><td>\(names[waiver.asset] ?? waiver.asset)</td>\
        <td>\(waiver.reason)</td><td>\(waiver.compensation.isEmpty ? "-" : waiver.compensation)</td><td>\(waiver.requester)</td>\
        <td>\(approvers)</td><td class="nw">\(String(waiver.ends.prefix(10)))</td><td class="nw">\(left(waiver))</td></tr>

        """
    }
    markup += "</tbody></table></div></section>\n"
    return markup
  }

  private func left(_ waiver: WaiverNotice) -> Markup {
    if waiver.daysLeft < 0 { return "<b class=\"k-fail\">\(texts("html.waiver.ended", ["count": "\(-waiver.daysLeft)"]))</b>" }
    let text = texts("html.waiver.days", ["count": "\(waiver.daysLeft)"])
    return waiver.daysLeft <= 7 ? "<b>\(text)</b>" : "\(text)"
  }
}
