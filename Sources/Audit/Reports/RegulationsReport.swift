internal import Domain
public import References

/// Laws with their penalty tiers, cases, and figures, for a terminal or as `ringwall.regulations/1`.
///
/// Not legal advice, as each form says; a row that was not read at its source says so too.
public struct RegulationsReport {
  public static let schema = "ringwall.regulations/1"

  private let texts: Texts
  private let style: TerminalStyle

  public init(texts: Texts, style: TerminalStyle) {
    self.texts = texts
    self.style = style
  }

  // MARK: - JSON

  public static func json(rows: [Regulations.Row], cases: [Cases.Case], figures: [Figures.Entry]) -> [UInt8] {
    var members: [FactValue.Member] = [.init("schema", .string(schema))]
    if !rows.isEmpty { members.append(.init("regulations", .array(rows.map(value)))) }
    if !cases.isEmpty { members.append(.init("cases", .array(cases.map(value)))) }
    if !figures.isEmpty { members.append(.init("figures", .array(figures.map(value)))) }
    return JSONText.bytes(.object(members), indent: 2) + [0x0A]
  }

  private static func localized(_ texts: [String: String]) -> FactValue {
    .object(texts.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) })
  }

  private static func list(_ texts: [String]) -> FactValue { .array(texts.map { .string($0) }) }

  private static func value(_ row: Regulations.Row) -> FactValue {
    [
      "id": .string(row.id), "region": .string(row.region.rawValue), "law": localized(row.law), "asks": localized(row.asks),
      "penalty": localized(row.penalty), "families": list(row.families), "date": .string(row.date), "source": .string(row.source),
      "verified": .string(row.isRead ? "read" : "known"), "check": .string(row.check),
    ]
  }

  private static func value(_ entry: Cases.Case) -> FactValue {
    [
      "id": .string(entry.id), "title": localized(entry.title), "happened": localized(entry.happened), "lesson": localized(entry.lesson),
      "citations": list(entry.citations), "controls": list(entry.controls), "regulation": .string(entry.regulation),
      "date": .string(entry.date), "source": .string(entry.source), "verified": .string(entry.isRead ? "read" : "known"),
    ]
  }

  private static func value(_ entry: Figures.Entry) -> FactValue {
    [
      "id": .string(entry.id), "values": list(entry.values.map(\.shown)), "says": localized(entry.says), "source": .string(entry.source),
      "date": .string(entry.date), "status": .string(entry.status.rawValue),
    ]
  }

  // MARK: - Text

  /// Rows by region.
  public func text(_ rows: [Regulations.Row]) -> String {
    var lines: [String] = []
    for region in Regulations.Region.allCases {
      let own = rows.filter { $0.region == region }
      guard !own.isEmpty else { continue }
      lines += [style.paint(texts["regulation.region.\(region.rawValue)"], .bold), ""]
      for row in own {
        lines += DisplayWidth.wrapped(chosen(row.law), to: style.columns).map { style.paint($0, .bold) }
        lines += fields([
          ("asks", chosen(row.asks)), ("evidence", evidence(row.families)), ("penalty", chosen(row.penalty)),
          ("since", row.date), ("source", texts.phrase(row.source)), ("check", check(row)),
        ])
        lines.append("")
      }
    }
    lines += DisplayWidth.wrapped(texts["regulation.advice"], to: style.columns)
    return lines.joined(separator: "\n") + "\n"
  }

  /// Cases in the order of the data, each with the penalty of the law that bears on it.
  public func text(_ cases: [Cases.Case], regulations: Regulations) -> String {
    var lines: [String] = []
    for entry in cases {
      let law = regulations.rows.first { $0.id == entry.regulation }
      lines += DisplayWidth.wrapped(chosen(entry.title), to: style.columns).map { style.paint($0, .bold) }
      lines += fields([
        ("date", entry.date), ("happened", chosen(entry.happened)), ("lesson", chosen(entry.lesson)),
        ("citations", entry.citations.joined(separator: texts["list.items"])),
        ("controls", entry.controls.joined(separator: texts["list.items"])),
        ("law", law.map { chosen($0.law) } ?? ""), ("penalty", law.map { chosen($0.penalty) } ?? ""),
        ("source", texts.phrase(entry.source)),
        ("check", entry.isRead ? "" : texts("regulation.known", ["check": ""])),
      ])
      lines.append("")
    }
    lines += DisplayWidth.wrapped(texts["regulation.advice"], to: style.columns)
    return lines.joined(separator: "\n") + "\n"
  }

  /// The registry: every statistic that may be stated.
  public func text(_ figures: [Figures.Entry]) -> String {
    var lines: [String] = []
    for entry in figures {
      lines += DisplayWidth.wrapped(entry.values.map(\.shown).joined(separator: texts["list.items"]), to: style.columns).map {
        style.paint($0, .bold)
      }
      lines += fields([
        ("says", chosen(entry.says)), ("status", texts["regulation.figure.\(entry.status.rawValue)"]), ("date", entry.date),
        ("source", texts.phrase(entry.source)),
      ])
      lines.append("")
    }
    return lines.joined(separator: "\n")
  }

  private func check(_ row: Regulations.Row) -> String {
    let check = row.check.isEmpty ? "" : texts.phrase(row.check)
    return row.isRead ? check : texts("regulation.known", ["check": check])
  }

  private func chosen(_ localized: [String: String]) -> String { localized[texts.language == .chinese ? "zh" : "en"] ?? "" }

  private func evidence(_ families: [String]) -> String {
    if families == ["all"] { return texts["regulation.allFamilies"] }
    return families.isEmpty ? texts["regulation.attest"] : families.joined(separator: texts["list.items"])
  }

  private func fields(_ rows: [(String, String)]) -> [String] {
    let rows = rows.filter { !$0.1.isEmpty }
    let width = rows.reduce(0) { max($0, DisplayWidth.of(texts["regulation.\($1.0)"])) }
    return rows.flatMap { name, text in
      DisplayWidth.wrapped(text.printable, to: max(20, style.columns - width - 4)).enumerated().map { i, part in
        "  " + style.paint(DisplayWidth.padded(i == 0 ? texts["regulation.\(name)"] : "", to: width), .dim) + "  " + part
      }
    }
  }
}
