internal import Domain
internal import Judgement

/// Every result, by layer, worst first, with filters that need no script.
extension HTMLReport {
  /// Layers that have results.
  var groups: [Layer] { Layer.allCases.filter { layer in outcome.results.contains { $0.control.layer == layer } } }

  func resultsHead() -> Markup {
    """
    <section id="all"><div class="hd"><h2>\(texts["html.nav.all"])</h2></div>
    \(filters.controls(texts) { outcome.count($0) })
    """
  }

  func write<Failure: Error>(_ layer: Layer, to output: ([UInt8]) throws(Failure) -> Void) throws(Failure) {
    let rows = outcome.results.enumerated().filter { $0.element.control.layer == layer }
    var tally: [Verdict: Int] = [:]
    for row in rows { tally[row.element.verdict, default: 0] += 1 }
    let columns = ["column.verdict", "column.severity", "column.control", "column.asset", "column.found", "explain.safe", "column.where"]
    let classes = ["w-v", "w-s", "", "w-a", "w-f", "w-x", "w-w"]
    let heads: [Markup] = zip(columns, classes).map { "<th class=\"\($1)\">\(heading($0))</th>" }
    var markup: Markup = """
      <details class="grp" open><summary>\(words(layer))<span>\(counts(Verdict.worstFirst) { tally[$0] ?? 0 })</span></summary>
      <table><thead><tr>\(heads)</tr></thead>
      <tbody>

      """
    for (written, row) in rows.enumerated() {
      markup += tableRow(row.element, number: row.offset)
      if written % 256 == 255 { try output(markup.take()) }
    }
    markup += "</tbody></table></details>\n"
    try output(markup.take())
  }

  /// Table heads of the terminal are in capitals, where a language has them.
  private func heading(_ key: String) -> String {
    Self.capitalised(texts[key].lowercased())
  }

  private func tableRow(_ row: AuditResult, number: Int) -> Markup {
    let control = row.control
    let isHigh = control.severity >= .high
    var markup: Markup = """
      <tr class="x v-\(Self.name(row.verdict)) \(filters.assetClass(row))\(isHigh ? " hi" : "")" id="r-\(number)"><td>\(mark(row.verdict))</td>\
      <td>\(mark(control.severity))</td><td>
      """
    let message = texts.message(row)
    if row.verdict.needsAttention {
      // The finding leads; the control's title is its label.
      markup += "\(message)<span class=\"why\">\(id(row)) \(texts.title(control))</span>"
      let details = evidence(row, limit: 24)
      if !details.isEmpty {
        markup += "<details class=\"more\"><summary>\(texts["html.evidence"])</summary><dl class=\"ev\">\(details)</dl></details>"
      }
    } else {
      markup += "\(id(row)) \(texts.title(control))"
      if row.verdict == .notApplicable { markup += "<span class=\"why\">\(message)</span>" }
    }
    let reason = row.verdict == .unknown && row.found == nil ? texts["reason.\(row.finding.reason)"] : nil
    let found: Markup = reason.map { "<span class=\"k-unknown\">\($0)</span>" } ?? "<code>\(breaking: found(row))</code>"
    let safe = texts.words(of: control).safe
    markup += """
      </td><td class="a">\(row.finding.asset.name)</td><td>\(found)</td><td><code>\(safe.isEmpty ? "-" : safe)</code></td>\
      <td>\(places(row))</td></tr>

      """
    return markup
  }

  /// The control's id; of a failing one it leads to the repair.
  private func id(_ row: AuditResult) -> Markup {
    row.verdict == .fail
      ? "<a class=\"id\" href=\"#c-\(row.control.id)\">\(row.control.id)</a>" : "<span class=\"id\">\(row.control.id)</span>"
  }
}

/// Radios and the rules that hide rows: by verdict, by asset (by kind of asset where there are many), by severity.
struct Filters {
  private enum Choice {
    case asset
    case kind
  }
  /// Beyond this many assets the filter goes by kind.
  private static let mostAssets = 10
  private static let verdicts = ["attn", "all", "fail", "unknown", "waived", "pass", "na"]

  private let choice: Choice
  private let names: [String]
  private let classByAsset: [String: Int]
  private let rowByFinding: [FindingKey: Int]

  private struct FindingKey: Hashable {
    let fingerprint: String
    let asset: String
  }

  init(_ outcome: AuditOutcome, _ texts: Texts) {
    var classes: [String: Int] = [:]
    let assets = outcome.assets
    if assets.count <= Self.mostAssets {
      choice = .asset
      for (i, asset) in assets.enumerated() { classes[asset.id] = i + 1 }
      // A guest's definition and its process have one name.
      var count: [String: Int] = [:]
      for asset in assets { count[asset.name, default: 0] += 1 }
      names = assets.map { asset in
        let name = asset.name.count > 28 ? asset.name.prefix(27) + "…" : asset.name
        return count[asset.name] == 1 ? name : "\(name) (\(texts["kind.\(asset.kind.rawValue)"]))"
      }
    } else {
      choice = .kind
      let kinds = Asset.Kind.allCases.filter { kind in assets.contains { $0.kind == kind } }
      for asset in assets { classes[asset.id] = (kinds.firstIndex(of: asset.kind) ?? 0) + 1 }
      names = kinds.map { texts["kind.\($0.rawValue)"] }
    }
    classByAsset = classes
    var rows: [FindingKey: Int] = [:]
    rows.reserveCapacity(outcome.results.count)
    for (i, result) in outcome.results.enumerated() {
      let key = FindingKey(fingerprint: result.fingerprint, asset: result.finding.asset.id)
      if rows[key] == nil { rows[key] = i }
    }
    rowByFinding = rows
  }

  /// The id of the result's row: "r-17", counted from the worst.
  func rowID(_ row: AuditResult) -> String {
    "r-\(rowByFinding[FindingKey(fingerprint: row.fingerprint, asset: row.finding.asset.id)] ?? 0)"
  }

  func assetClass(_ row: AuditResult) -> String { "a-\(classByAsset[row.finding.asset.id] ?? 0)" }

  func controls(_ texts: Texts, _ count: (Verdict) -> Int) -> Markup {
    func radio(_ group: String, _ id: String, _ text: String, _ number: Int?, isChecked: Bool) -> Markup {
      let shown: Markup = number.map { "<b>\($0)</b>" } ?? ""
      return "<label><input type=\"radio\" name=\"\(group)\" id=\"\(id)\"\(raw: isChecked ? " checked" : "")>\(text)\(shown)</label>"
    }
    let total = Verdict.allCases.reduce(0) { $0 + count($1) }
    let attention = count(.fail) + count(.unknown) + count(.waived)
    var verdicts = [
      radio("v", "v-attn", texts["html.filter.attention"], attention, isChecked: true),
      radio("v", "v-all", texts["html.filter.all"], total, isChecked: false),
    ]
    for verdict in Verdict.worstFirst {
      let text = texts["verdict.\(verdict.rawValue)"]
      verdicts.append(radio("v", "v-\(HTMLReport.name(verdict))", HTMLReport.capitalised(text), count(verdict), isChecked: false))
    }
    var assets = [radio("a", "a-0", texts["html.filter.all"], nil, isChecked: true)]
    for (i, name) in names.enumerated() { assets.append(radio("a", "a-\(i + 1)", name, nil, isChecked: false)) }
    let severities = [
      radio("s", "s-any", texts["html.filter.anySeverity"], nil, isChecked: true),
      radio("s", "s-hi", texts["html.filter.high"], nil, isChecked: false),
    ]
    let search = texts["html.filter.search"]
    return """
      <div class="fil noprint">
      <fieldset class="seg"><legend class="sr">\(texts["html.filter.verdict"])</legend>\(verdicts)</fieldset>
      <fieldset class="seg"><legend class="sr">\(texts["html.filter.asset"])</legend>\(assets)</fieldset>
      <fieldset class="seg"><legend class="sr">\(texts["html.filter.severity"])</legend>\(severities)</fieldset>
      <input type="search" id="q" hidden aria-label="\(search)" placeholder="\(search)"></div>

      """
  }

  /// One rule hides rows; one selector for each combination of filters hides a group in which nothing is left.
  var rules: String {
    var hidden = ["body:has(#v-attn:checked) :is(tr.v-pass, tr.v-na)"]
    for verdict in Self.verdicts.dropFirst(2) { hidden.append("body:has(#v-\(verdict):checked) tr.x:not(.v-\(verdict))") }
    for i in names.indices { hidden.append("body:has(#a-\(i + 1):checked) tr.x:not(.a-\(i + 1))") }
    hidden.append("body:has(#s-hi:checked) tr.x:not(.hi)")
    var groups: [String] = []
    for verdict in Self.verdicts {
      let left = verdict == "attn" ? ":is(.v-fail, .v-unknown, .v-waived)" : verdict == "all" ? "" : ".v-\(verdict)"
      for i in 0...names.count {
        for severity in ["s-any", "s-hi"] {
          let row = "tr.x" + left + (i == 0 ? "" : ".a-\(i)") + (severity == "s-hi" ? ".hi" : "")
          groups.append("body:has(#v-\(verdict):checked):has(#a-\(i):checked):has(#\(severity):checked) .grp:not(:has(\(row)))")
        }
      }
    }
    return "@media screen {\n" + hidden.joined(separator: ",\n") + " { display: none; }\n" + groups.joined(separator: ",\n")
      + " { display: none; }\n}\n"
  }
}
