public import Domain

/// The 50 key indicators with the state of each, or as a form to be filled in by hand.
public struct ChecklistReport {
  public static let schema = "ringwall.checklist/1"
  /// How many indicators the list has.
  public static let count = 50
  /// Cells that a title has beside its id; with fewer the id stands under it.
  private static let narrowestTitle = 44

  /// One indicator: its control, and the results of the run. A number without a control is one that this version does not judge.
  struct Indicator {
    let number: Int
    let control: Control?
    /// Worst first; nil on a form.
    let results: [AuditResult]?

    /// The worst verdict; nil where nothing of its kind was judged, or on a form.
    var verdict: Verdict? { results?.first?.verdict }
  }

  private let indicators: [Indicator]
  private let texts: Texts

  /// - Parameters:
  ///   - controls: the catalogue.
  ///   - results: of a run, worst first; nil for a form.
  public init(_ controls: [Control], results: [AuditResult]?, texts: Texts) {
    let byID = results.map { Dictionary(grouping: $0, by: \.control.id) }
    indicators = (1...Self.count).flatMap { number -> [Indicator] in
      let members = controls.filter { $0.keyIndicator == number }
      guard !members.isEmpty else { return [Indicator(number: number, control: nil, results: results == nil ? nil : [])] }
      return members.map { control in Indicator(number: number, control: control, results: byID.map { $0[control.id] ?? [] }) }
    }
    self.texts = texts
  }

  /// Numbers for which this version has no control.
  public var missing: [Int] { indicators.filter { $0.control == nil }.map(\.number) }

  /// `counts` of indicators by state, in words: "12 pass, 3 fail, 2 unknown".
  public var summary: String {
    let verdicts = Verdict.worstFirst.compactMap { verdict -> String? in
      let count = indicators.count { $0.verdict == verdict }
      return count == 0 ? nil : texts("count.\(verdict.rawValue)", ["count": "\(count)"])
    }
    let rest = indicators.count { $0.control != nil && $0.results?.isEmpty == true }
    let parts = verdicts + (rest == 0 ? [] : [texts("checklist.count.notJudged", ["count": "\(rest)"])])
    return parts.joined(separator: texts["list.separator"])
  }

  // MARK: - Forms

  /// Number, severity, state and title; the id has a column of its own where there is room for it, else a line under the title.
  public func table(style: TerminalStyle) -> String {
    let heads = ["number", "severity", "state", "control"].map { texts["column.\($0)"] }
    let rows = indicators.map { indicator in
      [
        "\(indicator.number)", indicator.control.map { texts["severity.\($0.severity.rawValue)"] } ?? "-", state(indicator),
        indicator.control?.id ?? "-",
      ]
    }
    let widths = heads.indices.map { i in rows.reduce(DisplayWidth.of(heads[i])) { max($0, DisplayWidth.of($1[i])) } }
    let isWide = style.columns - widths.reduce(0) { $0 + $1 + 2 } >= Self.narrowestTitle
    let columns = isWide ? 4 : 3
    let indent = widths.prefix(columns).reduce(0) { $0 + $1 + 2 }
    func line(_ cells: [String], _ tone: TerminalStyle.Tone?, _ last: String) -> String {
      cells.prefix(columns).enumerated().map { i, cell in
        style.paint(cell, i == 2 ? tone : i == 3 ? .dim : nil) + String(repeating: " ", count: widths[i] - DisplayWidth.of(cell) + 2)
      }.joined() + last
    }
    let room = max(16, style.columns - indent)
    var lines = [line(heads, nil, texts["column.title"])]
    for (indicator, row) in zip(indicators, rows) {
      var parts = DisplayWidth.wrapped(title(indicator), to: room)
      if !isWide, let id = indicator.control?.id { parts += DisplayWidth.wrapped(id, to: room).map { style.paint($0, .dim) } }
      for result in attention(indicator).prefix(3) {
        parts += DisplayWidth.wrapped(sentence(result), to: room).map { style.paint($0, .dim) }
      }
      if attention(indicator).count > 3 { parts.append("+\(attention(indicator).count - 3)") }
      lines.append(line(row, tone(indicator.verdict), parts.first ?? ""))
      lines += parts.dropFirst().map { String(repeating: " ", count: indent) + $0 }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  public func markdown() -> String {
    let heads = ["number", "control", "severity", "state", "title"].map { HTMLReport.capitalised(texts["column.\($0)"].lowercased()) }
    let rows = indicators.map { indicator in
      let found = attention(indicator).prefix(5).map { "<br>" + MarkdownText.plain(sentence($0)) }
      return [
        "\(indicator.number)", indicator.control?.id ?? "-", indicator.control.map { texts["severity.\($0.severity.rawValue)"] } ?? "-",
        MarkdownText.plain(state(indicator)), MarkdownText.plain(title(indicator)) + found.joined(),
      ]
    }
    return "# \(texts["checklist.title"])\n\n\(texts["checklist.note"])\n\n" + MarkdownText.table(heads, rows)
  }

  public func json() -> [UInt8] {
    let values = indicators.map { indicator -> FactValue in
      .object([
        "number": .int(Int64(indicator.number)), "id": indicator.control.map { .string($0.id) } ?? .null,
        "title": .string(title(indicator)),
        "severity": indicator.control.map { .string($0.severity.rawValue) }, "layer": indicator.control.map { .string($0.layer.rawValue) },
        "platform": indicator.control.map { .string($0.platform) },
        "state": .string(indicator.results == nil ? "blank" : indicator.verdict?.rawValue ?? "notJudged"),
        "findings": indicator.results == nil
          ? nil
          : .array(
            attention(indicator).map { result in
              .object([
                "asset": .string(result.finding.asset.id), "verdict": .string(result.verdict.rawValue),
                "message": .string(texts.message(result.finding)),
                "source": result.finding.place.map { .string($0.shown) }, "fingerprint": .string(result.fingerprint),
              ])
            }),
      ])
    }
    return JSONText.bytes(["schema": .string(Self.schema), "indicators": .array(values)], indent: 2) + [0x0A]
  }

  // MARK: - Words

  private func title(_ indicator: Indicator) -> String { indicator.control.map(texts.title) ?? texts["checklist.missing"] }

  private func state(_ indicator: Indicator) -> String {
    guard indicator.results != nil else { return "[ ]" }
    return indicator.verdict.map { texts["verdict.\($0.rawValue)"] } ?? texts["checklist.notJudged"]
  }

  private func attention(_ indicator: Indicator) -> [AuditResult] { (indicator.results ?? []).filter(\.verdict.needsAttention) }

  private func sentence(_ result: AuditResult) -> String {
    let place = result.finding.place.map { "  \($0.shown)" } ?? ""
    return texts.headed(result.finding.asset.name.printable, texts.message(result.finding)) + place
  }

  private func tone(_ verdict: Verdict?) -> TerminalStyle.Tone? {
    switch verdict {
    case .fail: .red
    case .unknown: .magenta
    case .waived: .cyan
    case .pass: .green
    case .notApplicable, nil: .dim
    }
  }
}
