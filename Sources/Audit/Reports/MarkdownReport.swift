internal import Domain
internal import Judgement

/// The result as Markdown (GitHub's), for summaries of jobs and comments on changes: counts, layers, findings worst first, clauses, what was refused.
public struct MarkdownReport {
  private let outcome: AuditOutcome
  private let exit: ExitStatus
  private let texts: Texts
  private let context: ReportContext
  private let showsAll: Bool

  /// Findings listed without `--all`: summaries of jobs are bounded at 1 MiB.
  private static let shortList = 200

  /// - Parameter showsAll: every result, passes included.
  public static func write<Failure: Error>(
    _ outcome: AuditOutcome, exit: ExitStatus, texts: Texts, context: ReportContext = ReportContext(), showsAll: Bool = false,
    to output: ([UInt8]) throws(Failure) -> Void
  ) throws(Failure) {
    let report = MarkdownReport(outcome: outcome, exit: exit, texts: texts, context: context, showsAll: showsAll)
    for part in [report.head(), report.layers(), report.refusals(), report.findings()] { try output(Array(part.utf8)) }
    for evidence in context.frameworks { try output(Array(report.clauses(evidence).utf8)) }
    try output(Array(report.foot().utf8))
  }

  private func head() -> String {
    let names = outcome.assets.prefix(8).map(\.name).joined(separator: texts["list.items"])
    let rest = outcome.assets.count > 8 ? " +\(outcome.assets.count - 8)" : ""
    let counts = Verdict.worstFirst.map { texts("count.\($0.rawValue)", ["count": "\(outcome.count($0))"]) }
    let baseline = "\(outcome.baseline.name) \(outcome.baseline.version)"
    var text = "# \(texts["html.title"])\n\n"
    text += "\(MarkdownText.plain(names.isEmpty ? "-" : names + rest))\n\n"
    let remark = texts.headed(texts["html.baseline"], MarkdownText.code(baseline)) + texts["list.separator"] + outcome.collected.at
    text += texts.aside("**\(counts.joined(separator: texts["list.separator"]))**", remark) + "\n\n"
    if let comparison = context.comparison { text += MarkdownText.plain(texts(comparison)) + "\n\n" }
    return text
  }

  private func layers() -> String {
    let rows = outcome.scores.map { score in
      [
        texts["layer.\(score.layer.rawValue)"], score.low == score.high ? "\(score.low)" : "\(score.low)–\(score.high)", "\(score.floor)",
        "\(score.counts[.fail] ?? 0)", "\(score.counts[.unknown] ?? 0)", "\(score.counts[.waived] ?? 0)", "\(score.counts[.pass] ?? 0)",
      ]
    }
    let heads =
      [
        HTMLReport.capitalised(texts["column.layer"].lowercased()), HTMLReport.capitalised(texts["column.score"].lowercased()),
        texts["markdown.floor"],
      ]
      + [Verdict.fail, .unknown, .waived, .pass].map { HTMLReport.capitalised(texts["verdict.\($0.rawValue)"]) }
    return rows.isEmpty ? "" : "## \(texts["html.layers"])\n\n" + MarkdownText.table(heads, rows) + "\n"
  }

  private func refusals() -> String {
    let all = outcome.targets.flatMap(\.refusals)
    guard !all.isEmpty else { return "" }
    let lines = all.map { "- \(MarkdownText.plain(texts.line($0)))\n" }
    return "## \(texts("table.refused", ["count": "\(all.count)"]))\n\n" + lines.joined() + "\n"
  }

  private func findings() -> String {
    let rows = outcome.results.filter { showsAll || $0.verdict.needsAttention }
    guard !rows.isEmpty else { return outcome.tally.total > 0 ? texts["markdown.nothing"] + "\n\n" : "" }
    let shown = showsAll ? rows[...] : rows.prefix(Self.shortList)
    let heads = ["severity", "verdict", "control", "asset", "finding", "found", "where"].map {
      HTMLReport.capitalised(texts["column.\($0)"].lowercased())
    }
    var text = "## \(texts["markdown.findings"])\n\n" + MarkdownText.table(heads, shown.map(row))
    if rows.count > shown.count { text += "\n" + texts("table.more", ["count": "\(rows.count - shown.count)"]) + "\n" }
    return text + "\n"
  }

  private func row(_ result: AuditResult) -> [String] {
    [
      texts["severity.\(result.control.severity.rawValue)"], texts["verdict.\(result.verdict.rawValue)"], result.control.id,
      MarkdownText.plain(result.finding.asset.name), MarkdownText.plain(texts.message(result.finding)),
      result.found.map { MarkdownText.code(texts.shown($0)) } ?? "", result.finding.place.map { MarkdownText.code($0.shown) } ?? "",
    ]
  }

  /// The clauses of one framework with what the results say of each; clauses without evidence by name.
  private func clauses(_ evidence: FrameworkEvidence) -> String {
    let framework = evidence.framework
    var text = "## \(texts("clause.head", ["framework": MarkdownText.plain(texts.phrase(framework.name))]))\n\n"
    text += MarkdownText.plain(texts.phrase(framework.version)) + texts["sentence.end"] + texts["sentence.gap"]
    text += texts["clause.note"] + "\n\n"
    let heads =
      [texts["clause.clause"], texts["clause.title"]]
      + [Verdict.fail, .unknown, .waived, .pass, .notApplicable].map { HTMLReport.capitalised(texts["verdict.\($0.rawValue)"]) }
      + [texts["clause.controls"]]
    let rows = evidence.withEvidence.map { clause in
      [MarkdownText.plain(clause.clause.id), MarkdownText.plain(texts.title(clause.clause, withLevels: true))]
        + [Verdict.fail, .unknown, .waived, .pass, .notApplicable].map { "\(clause.count($0))" } + [controls(clause)]
    }
    text += MarkdownText.table(heads, rows) + (rows.isEmpty ? "" : "\n")
    for standing in [ClauseEvidence.Standing.noResult, .noControl] {
      let ids = evidence.clauses.filter { $0.standing == standing }.map { texts.name($0.clause) }
      guard !ids.isEmpty else { continue }
      text += texts("clause.\(standing.rawValue)", ["clauses": MarkdownText.plain(ids.joined(separator: texts["list.items"]))]) + "\n\n"
    }
    return text
  }

  private func controls(_ clause: ClauseEvidence) -> String {
    clause.controls.map { entry in
      let verdict = entry.results.first.map { texts["verdict.\($0.verdict.rawValue)"] } ?? ""
      let words = "\(entry.control.id) \(verdict)"
      return entry.weakness.map { texts.aside(words, texts.headed(texts["clause.weak"], MarkdownText.plain(texts.phrase($0)))) } ?? words
    }.joined(separator: "<br>")
  }

  private func foot() -> String {
    let reasons = SummaryLine.reasons(exit, texts)
    let line =
      reasons.isEmpty
      ? texts["html.exitNone"]
      : texts("exit.line", ["code": "\(exit.code)", "reasons": reasons.joined(separator: texts["list.separator"])])
    return "\(line)\n\n\(texts["html.method.claims"])\n"
  }
}

extension Texts {
  /// What a comparison with an earlier run found, as a sentence.
  public func callAsFunction(_ comparison: Comparison) -> String {
    self(
      "comparison.line",
      ["source": comparison.source.printable, "new": "\(comparison.new)", "known": "\(comparison.known)", "gone": "\(comparison.gone)"])
  }

  /// The clause's title with what a reader has to know of it.
  ///
  /// - Parameter withLevels: also its numbers in other levels, of graded standards.
  func title(_ clause: Framework.Clause, withLevels: Bool = false) -> String {
    let marks = marks(clause) + (withLevels ? levels(clause) : [])
    let title = clause.title(self)
    return marks.isEmpty ? title : aside(title, marks.joined(separator: self["list.separator"]))
  }

  /// That its title is a paraphrase or was not read at the source, that it is revoked, or from and until which edition it stands.
  func marks(_ clause: Framework.Clause) -> [String] {
    [
      clause.isParaphrase ? self["clause.paraphrase"] : nil, clause.isRead ? nil : self["clause.known"],
      clause.status.isEmpty ? nil : phrase(clause.status), clause.from.map { self("clause.from", ["edition": "\($0)"]) },
      clause.until.map { self("clause.until", ["edition": "\($0)"]) },
    ].compactMap { $0 }
  }

  /// The number of the clause in each level that asks for it: "level 2: 7.1.2.1".
  func levels(_ clause: Framework.Clause) -> [String] {
    clause.levels.map { self("frameworks.level", ["level": "\($0.level)", "id": $0.id]) }
  }

  /// The clause by its id, and by its state where it is not in force.
  func name(_ clause: Framework.Clause) -> String { clause.status.isEmpty ? clause.id : aside(clause.id, phrase(clause.status)) }

  /// A text with a remark in the language's brackets.
  public func aside(_ text: String, _ remark: String) -> String { self("list.aside", ["text": text, "remark": remark]) }

  /// A text behind what it is about, with the language's colon.
  func headed(_ head: String, _ text: String) -> String { self("list.headed", ["head": head, "text": text]) }
}
