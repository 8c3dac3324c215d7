internal import Domain

/// The worst findings at length, and how to repair what fails.
extension HTMLReport {
  /// Failing results, worst first.
  var failing: [AuditResult] { outcome.results.filter { $0.verdict == .fail } }

  private static let worstCount = 5

  /// The worst controls, each with its first asset: five guests with the same fault are one thing to know.
  func worst() -> Markup {
    var rows: [AuditResult] = []
    var assets: [String: Int] = [:]
    for row in failing where row.control.severity > .info {
      assets[row.control.id, default: 0] += 1
      if assets[row.control.id] == 1, rows.count < Self.worstCount { rows.append(row) }
    }
    guard !rows.isEmpty else { return "" }
    var markup: Markup = """
      <section id="worst"><div class="hd"><h2>\(texts["html.worst"])</h2><p>\(texts["html.worstOrder"])</p>
      </div>
      <ol class="worst card">
      """
    for (index, row) in rows.enumerated() { markup += item(index + 1, row, others: (assets[row.control.id] ?? 1) - 1) }
    markup += "</ol></section>\n"
    return markup
  }

  private func item(_ rank: Int, _ row: AuditResult, others: Int) -> Markup {
    let control = row.control
    let more: Markup = others == 0 ? "" : " <a href=\"#c-\(control.id)\">\(texts("html.otherResults", ["count": "\(others)"]))</a>"
    let said = texts.words(of: control)
    let foreign: Markup = said.isTranslated ? "" : " lang=\"en\""
    var markup: Markup = """
      <li><span class="rank">\(rank)</span><div><h3>\(texts.message(row.finding))</h3><p class="meta">\(mark(control.severity))\
      <a class="id" href="#\(filters.rowID(row))">\(control.id)</a><span>\(texts.title(control))</span><span>\(words(control.layer))</span>\
      <span class="name">\(row.finding.asset.name)</span>\(more)</p>

      """
    if !said.description.isEmpty { markup += "<p class=\"sub\"\(foreign)>\(said.description)</p>\n" }
    if !said.remediation.isEmpty {
      markup += "<p class=\"sub fix\"><b>\(texts["explain.repair"])</b> <span\(foreign)>\(said.remediation)</span></p>\n"
    }
    markup += """
      </div>
      <dl class="ev">
      <dt>\(texts["field.where"])</dt><dd>\(places(row))</dd>
      <dt>\(texts["field.found"])</dt><dd class="bad"><code>\(breaking: found(row))</code></dd>
      <dt>\(texts["explain.safe"])</dt><dd class="good"><code>\(said.safe.isEmpty ? "-" : said.safe)</code></dd>
      \(evidence(row, limit: 6))</dl>
      </li>

      """
    return markup
  }

  func found(_ row: AuditResult) -> String { row.found.map { texts.shown($0) } ?? texts["found.none"] }

  /// Each place that the verdict rests on, once.
  func places(_ row: AuditResult) -> Markup {
    var seen: Set<FactSource> = []
    var shown: [Markup] = []
    for source in row.finding.evidence.lazy.compactMap(\.source) where seen.insert(source).inserted {
      if shown.count < 3 { shown.append("<code>\(breaking: Self.place(source))</code>") }
    }
    guard let first = shown.first else { return "-" }
    var markup = shown.dropFirst().reduce(into: first) { $0 += "<br>\($1)" }
    if seen.count > shown.count { markup += " <span class=\"dim\">+\(seen.count - shown.count)</span>" }
    return markup
  }

  static func place(_ source: FactSource) -> String { source.line.map { "\(source.name):\($0)" } ?? source.name }

  /// The facts of a result with their values: configured, running and command line side by side where they can differ.
  func evidence(_ row: AuditResult, limit: Int) -> Markup {
    var seen: Set<String> = []
    var markup: Markup = ""
    for evidence in row.finding.evidence where seen.insert(evidence.fact).inserted && seen.count <= limit {
      let side = ["configured", "running", "argv"].first { evidence.fact.hasPrefix($0 + ".") }
      let label = side.map { texts("html.side.\($0)", ["fact": String(evidence.fact.dropFirst($0.utf8.count + 1))]) } ?? evidence.fact
      markup += "<dt>\(label)</dt><dd>"
      if let value = evidence.value {
        markup += "<code>\(breaking: Self.cut(value.shown))</code>"
      } else {
        let why = evidence.why.map { texts["list.separator"] + texts["why.\($0)"] } ?? ""
        markup += "<span class=\"dim\">\(texts["state.\(evidence.state.rawValue)"])\(why)</span>"
      }
      markup += "</dd>\n"
    }
    return markup
  }

  /// A value of any size in at most 600 characters.
  private static func cut(_ text: String) -> String {
    guard text.utf8.count > 600 else { return text }
    return text.prefix(600) + " … (\(text.utf8.count))"
  }

  /// Each control that fails, once: why it matters, what is safe, how to repair it and what has to restart.
  func repair() -> Markup {
    var order: [Control] = []
    var rows: [String: [AuditResult]] = [:]
    for row in failing {
      if rows[row.control.id] == nil { order.append(row.control) }
      rows[row.control.id, default: []].append(row)
    }
    guard !order.isEmpty else { return "" }
    let original = order.allSatisfy { texts.words(of: $0).isTranslated } ? "" : texts["explain.original"]
    var markup: Markup = """
      <section id="repair"><div class="hd"><h2>\(texts["html.repair"])</h2><p>\(original)</p></div>
      <div class="repair">

      """
    for control in order { markup += repair(control, rows[control.id] ?? []) }
    markup += "</div></section>\n"
    return markup
  }

  private func repair(_ control: Control, _ rows: [AuditResult]) -> Markup {
    let said = texts.words(of: control)
    let foreign: Markup = said.isTranslated ? "" : " lang=\"en\""
    let links: [Markup] = rows.prefix(12).map { "<a class=\"a\" href=\"#\(filters.rowID($0))\">\($0.finding.asset.name)</a> " }
    let more: Markup = rows.count > 12 ? "<span class=\"dim\">+\(rows.count - 12)</span>" : ""
    var markup: Markup = """
      <article id="c-\(control.id)"><h3>\(mark(control.severity))<span class="id">\(control.id)</span>\(texts.title(control))</h3>
      <dl class="facts"><dt>\(texts["html.assets"])</dt><dd>\(links)\(more)</dd>

      """
    let entries = [
      ("html.why", said.description), ("explain.safe", said.safe), ("explain.default", said.defaultValue),
      ("explain.repair", said.remediation), ("explain.restart", said.restart), ("explain.source", control.provenance),
    ]
    for (key, text) in entries where !text.isEmpty { markup += "<dt>\(texts[key])</dt><dd\(foreign)>\(text)</dd>\n" }
    markup += "</dl></article>\n"
    return markup
  }
}
