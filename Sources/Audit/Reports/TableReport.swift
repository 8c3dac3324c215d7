public import Domain
internal import Judgement

/// The result for a terminal: worst first, then the layers. ASCII and words only, padded by display width.
///
/// From 110 cells on, the value found and its place stand beside the finding; from 60 the place stands under it; below that each
/// field has a line of its own.
public struct TableReport {
  private let outcome: AuditOutcome
  let texts: Texts
  let style: TerminalStyle
  private let context: ReportContext
  let showsAll: Bool
  var lines: [String] = []

  /// Rows shown without `--all`.
  private static let shortList = 25
  /// Ids longer than this leave no room for a table of 80 columns.
  private static let shortID = 12
  private static let barCells = 20

  /// - Parameters:
  ///   - showsAll: every result, passes included, and every sentence of the layers.
  ///   - context: with frameworks, results stand under their clauses.
  public static func text(
    _ outcome: AuditOutcome, texts: Texts, style: TerminalStyle, showsAll: Bool, context: ReportContext = ReportContext()
  ) -> String {
    var report = TableReport(outcome: outcome, texts: texts, style: style, context: context, showsAll: showsAll)
    report.head()
    report.refusals()
    if context.frameworks.isEmpty { report.results() }
    for evidence in context.frameworks { report.clauses(evidence) }
    report.unreadable()
    report.layers()
    report.shares()
    while report.lines.last == "" { report.lines.removeLast() }
    return report.lines.joined(separator: "\n") + "\n"
  }

  private init(outcome: AuditOutcome, texts: Texts, style: TerminalStyle, context: ReportContext, showsAll: Bool) {
    self.outcome = outcome
    self.texts = texts
    self.style = style
    self.context = context
    self.showsAll = showsAll
  }

  private mutating func head() {
    let names = outcome.assets.prefix(5).map(\.name.printable)
    let shown = names.prefix(4).joined(separator: texts["list.items"]) + (outcome.assets.count > 4 ? " +\(outcome.assets.count - 4)" : "")
    let count = texts("table.results", ["count": "\(outcome.tally.total)", "seconds": Self.tenths(outcome.seconds)])
    let head = "\(shown.isEmpty ? "-" : shown)   \(outcome.baseline.name) \(outcome.baseline.version)   \(count)"
    lines += DisplayWidth.wrapped(head, to: style.columns) + [""]
    if let comparison = context.comparison { lines += wrapped(texts(comparison), indent: 0) + [""] }
  }

  private mutating func refusals() {
    let all = outcome.targets.flatMap(\.refusals)
    guard !all.isEmpty else { return }
    lines.append(style.paint(texts("table.refused", ["count": "\(all.count)"]), .bold))
    for refusal in all.prefix(showsAll ? all.count : 10) {
      lines += wrapped(texts.line(refusal), indent: 2)
    }
    if !showsAll && all.count > 10 { lines.append("  " + texts("table.more", ["count": "\(all.count - 10)"])) }
    lines.append("")
  }

  // MARK: - Results

  private mutating func results() {
    let rows = outcome.results.filter { showsAll || $0.verdict.needsAttention && ($0.control.severity > .info || $0.verdict == .fail) }
    let shown = showsAll ? rows[...] : rows.prefix(Self.shortList)
    guard !shown.isEmpty else {
      let nothing = context.comparison.map { texts("comparison.nothing", ["source": $0.source.printable]) } ?? texts["table.nothing"]
      if outcome.tally.total > 0 { lines += wrapped(nothing, indent: 0) + [""] }
      return
    }
    // Ids of other catalogues are too long to stand in a column beside a finding.
    let isNarrow = style.columns < 60 || style.columns < 110 && shown.contains { $0.control.id.count > Self.shortID }
    if isNarrow {
      for row in shown { fields(row) }
    } else {
      table(Array(shown))
    }
    if rows.count > shown.count {
      let example = shown.first?.control.id ?? "KVM-001"
      lines += wrapped(texts("table.others", ["count": "\(rows.count - shown.count)", "id": example]), indent: 0)
    }
    lines.append("")
  }

  private mutating func fields(_ row: AuditResult) {
    lines.append(
      "\(style.paint(upper(texts["severity.\(row.control.severity.rawValue)"]), tone(row.control.severity))) "
        + "\(style.paint(upper(texts["verdict.\(row.verdict.rawValue)"]), tone(row.verdict))) \(row.control.id)")
    let fields = [
      ("asset", row.finding.asset.name.printable), ("finding", texts.message(row)), ("found", row.found.map { texts.shown($0) }),
      ("where", row.finding.place?.shown),
    ]
    let width = fields.reduce(0) { max($0, DisplayWidth.of(texts["field.\($1.0)"])) }
    for (name, text) in fields {
      guard let text else { continue }
      let parts = DisplayWidth.wrapped(text, to: max(12, style.columns - width - 4))
      for (i, part) in parts.enumerated() {
        let label = i == 0 ? texts["field.\(name)"] : ""
        lines.append("  \(DisplayWidth.padded(label, to: width))  \(style.paint(part, name == "where" ? .dim : nil))")
      }
    }
  }

  private struct Column {
    let title: String
    var width: Int
  }

  private mutating func table(_ rows: [AuditResult]) {
    let isWide = style.columns >= 110
    func widest(_ title: String, _ cells: [String], _ most: Int) -> Int {
      min(most, cells.reduce(DisplayWidth.of(title)) { max($0, DisplayWidth.of($1)) })
    }
    let severity = Severity.allCases.map { upper(texts["severity.\($0.rawValue)"]) }
    let verdicts = Verdict.allCases.map { upper(texts["verdict.\($0.rawValue)"]) }
    var columns = [
      Column(title: texts["column.severity"], width: widest(texts["column.severity"], severity, 12)),
      Column(title: texts["column.verdict"], width: widest(texts["column.verdict"], verdicts, 14)),
      Column(title: texts["column.control"], width: max(7, widest(texts["column.control"], rows.map(\.control.id), 30))),
      Column(
        title: texts["column.asset"], width: widest(texts["column.asset"], rows.map(\.finding.asset.name.printable), isWide ? 24 : 14)),
    ]
    let used = columns.reduce(0) { $0 + $1.width + 2 }
    let rest = max(20, style.columns - used)
    if isWide {
      let finding = rest * 45 / 100
      let found = (rest - finding - 4) * 4 / 10
      columns += [
        Column(title: texts["column.finding"], width: finding), Column(title: texts["column.found"], width: found),
        Column(title: texts["column.where"], width: rest - finding - found - 4),
      ]
    } else {
      columns.append(Column(title: texts["column.finding"], width: rest))
    }
    lines.append(columns.map { DisplayWidth.padded($0.title, to: $0.width) }.joined(separator: "  ").trimmedEnd)
    for row in rows { self.row(row, columns, isWide: isWide) }
  }

  private mutating func row(_ row: AuditResult, _ columns: [Column], isWide: Bool) {
    let message = texts.message(row)
    let place = row.finding.place?.shown ?? "-"
    var cells = [
      ([upper(texts["severity.\(row.control.severity.rawValue)"])], tone(row.control.severity)),
      ([upper(texts["verdict.\(row.verdict.rawValue)"])], tone(row.verdict)),
      (DisplayWidth.wrapped(row.control.id, to: columns[2].width), nil),
      ([DisplayWidth.cut(row.finding.asset.name.printable, to: columns[3].width)], nil),
    ]
    if isWide {
      cells.append((DisplayWidth.wrapped(message, to: columns[4].width), nil))
      cells.append(([DisplayWidth.cut(row.found.map { texts.shown($0) } ?? texts["found.none"], to: columns[5].width)], nil))
      cells.append((DisplayWidth.wrapped(place, to: columns[6].width), .dim))
    } else {
      cells.append((DisplayWidth.wrapped(message, to: columns[4].width), nil))
    }
    for i in 0..<(cells.map(\.0.count).max() ?? 0) {
      let parts = zip(cells, columns).map { cell, column in
        let text = i < cell.0.count ? cell.0[i] : ""
        return style.paint(text, cell.1) + String(repeating: " ", count: max(0, column.width - DisplayWidth.of(text)))
      }
      lines.append(parts.joined(separator: "  ").trimmedEnd)
    }
    if !isWide && place != "-" {
      let indent = columns.dropLast().reduce(0) { $0 + $1.width + 2 }
      for part in DisplayWidth.wrapped(place, to: columns[4].width) {
        lines.append(String(repeating: " ", count: indent) + style.paint(part, .dim))
      }
    }
  }

  /// Sources that the user may not read: what is unknown for want of a permission, and how to know it.
  private mutating func unreadable() {
    var places: [String] = []
    var seen: Set<String> = []
    for result in outcome.results where result.verdict == .unknown {
      for evidence in result.finding.evidence where evidence.why == "permission" {
        guard let name = evidence.source?.name.printable, seen.insert(name).inserted else { continue }
        places.append(name)
      }
    }
    guard !places.isEmpty else { return }
    let shown = showsAll ? places[...] : places.prefix(3)
    let list = shown.joined(separator: texts["list.items"]) + (places.count > shown.count ? " +\(places.count - shown.count)" : "")
    lines += wrapped(texts("table.permission", ["count": "\(places.count)", "places": list]), indent: 0) + [""]
  }

  // MARK: - Layers

  private mutating func layers() {
    guard !outcome.scores.isEmpty else { return }
    let names = outcome.scores.map { texts["layer.\($0.layer.rawValue)"] }
    let name = names.reduce(DisplayWidth.of(texts["column.layer"])) { max($0, DisplayWidth.of($1)) }
    let isNarrow = style.columns < 60
    let scoreWidth = max(6, DisplayWidth.of(texts["column.score"]))
    let legend =
      isNarrow
      ? texts("table.floor", ["floor": "\(outcome.baseline.floor)"]) : texts("table.legend", ["floor": "\(outcome.baseline.floor)"])
    lines.append(
      DisplayWidth.padded(texts["column.layer"], to: name) + "  " + DisplayWidth.padded(texts["column.score"], to: scoreWidth) + "  "
        + legend)
    for score in outcome.scores {
      let counts = [Verdict.fail, .unknown, .waived].compactMap { verdict in
        score.counts[verdict].map { texts("count.\(verdict.rawValue)", ["count": "\($0)"]) }
      }
      let range = DisplayWidth.padded(score.low == score.high ? "\(score.low)" : "\(score.low)-\(score.high)", to: scoreWidth)
      let row =
        DisplayWidth.padded(texts["layer.\(score.layer.rawValue)"], to: name) + "  "
        + style.paint(range, score.low < score.floor ? .red : nil)
        + (isNarrow ? "" : "  " + Self.bar(score))
      if isNarrow {
        lines.append(row.trimmedEnd)
        if !counts.isEmpty { lines += wrapped(counts.joined(separator: texts["list.separator"]), indent: 2) }
      } else {
        lines.append((row + "  " + counts.joined(separator: texts["list.separator"])).trimmedEnd)
      }
    }
    lines.append("")
    for score in outcome.scores where !score.costs.isEmpty { costs(score) }
  }

  private mutating func costs(_ score: LayerScore) {
    lines.append(style.paint(texts("table.costs", ["layer": texts["layer.\(score.layer.rawValue)"]]), .bold))
    let shown = showsAll ? score.costs[...] : score.costs.prefix(3)
    for cost in shown { lines += wrapped(texts.sentence(cost), indent: 2) }
    if score.costs.count > shown.count { lines.append("  " + texts("table.more", ["count": "\(score.costs.count - shown.count)"])) }
  }

  /// This estate's own percentages, with `--all`.
  private mutating func shares() {
    guard showsAll else { return }
    for answer in outcome.shares { lines += wrapped(texts.sentence(answer), indent: 0) }
    if !outcome.shares.isEmpty { lines.append("") }
  }

  /// "############???.|....": proven, what unknowns could add, the floor.
  private static func bar(_ score: LayerScore) -> String {
    var cells: [Character] = (0..<barCells).map { i in
      let percent = (2 * i + 1) * 100 / (2 * barCells)
      return percent < score.low ? "#" : percent < score.high ? "?" : "."
    }
    cells.insert("|", at: min(barCells, score.floor * barCells / 100))
    return String(cells)
  }

  // MARK: -

  func wrapped(_ text: String, indent: Int) -> [String] {
    DisplayWidth.wrapped(text, to: style.columns - indent - 2).enumerated().map { i, line in
      String(repeating: " ", count: i == 0 ? indent : indent + 2) + line
    }
  }

  func upper(_ text: String) -> String { text.uppercased() }

  func tone(_ severity: Severity) -> TerminalStyle.Tone? {
    switch severity {
    case .critical: .red
    case .high: .yellow
    default: nil
    }
  }

  func tone(_ verdict: Verdict) -> TerminalStyle.Tone? {
    switch verdict {
    case .fail: .red
    case .unknown: .magenta
    case .waived: .cyan
    case .pass: .green
    case .notApplicable: .dim
    }
  }

  static func tenths(_ seconds: Double) -> String {
    let tenths = Int((min(max(seconds, 0), 1e9) * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}

extension Texts {
  /// A refusal in one line, with its place.
  public func line(_ refusal: Refusal) -> String {
    let message = refusal.message.contains(refusal.target) ? refusal.message : "\(refusal.target): \(refusal.message)"
    guard language != .english, has("refusal.\(refusal.code)") else { return message.printable }
    if let told = sentence(message) { return told.printable }
    let place = [refusal.line, refusal.column].compactMap { $0.map { ":\($0)" } }.joined()
    return self("refusal.line", ["target": refusal.target + place, "reason": self["refusal.\(refusal.code)"]]).printable
  }

  /// A warning in one line.
  public func line(_ warning: Warning) -> String {
    (language == .english ? warning.message : sentence(warning.message) ?? warning.message).printable
  }

  /// This estate's own percentage in the place of one without a source.
  func sentence(_ answer: EstateShares.Answer) -> String {
    func percent(_ share: EstateShares.Share) -> String { share.low == share.high ? "\(share.low) %" : "\(share.low)-\(share.high) %" }
    let parts = answer.shares.map { "\($0.control) \(percent($0))" }.joined(separator: self["list.items"])
    return self(
      "table.share",
      [
        "claim": answer.claim, "percent": percent(answer.total), "pass": "\(answer.total.pass)", "judged": "\(answer.total.judged)",
        "controls": parts, "quoted": answer.quoted,
      ])
  }

  /// What one result took from its layer, as a sentence.
  func sentence(_ cost: LayerScore.Cost) -> String {
    let points = cost.tenths % 10 == 0 ? "\(cost.tenths / 10)" : "\(cost.tenths / 10).\(cost.tenths % 10)"
    return self(
      "cost.\(cost.result.verdict.rawValue)",
      [
        "id": cost.result.control.id, "points": cost.tenths == 0 ? "<0.1" : points, "message": message(cost.result.finding),
        "asset": cost.result.finding.asset.name.printable,
      ])
  }
}

extension String {
  fileprivate var trimmedEnd: String {
    var text = self[...]
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
