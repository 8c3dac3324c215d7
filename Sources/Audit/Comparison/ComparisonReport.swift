public import Domain
internal import Judgement

/// What changed between two runs, for a terminal and for other programs (schema `ringwall.changes/1`).
public struct ComparisonReport {
  public static let schema = "ringwall.changes/1"
  /// Findings of one list that are shown without `--all`.
  private static let shortList = 25

  private let comparison: RunComparison
  private let texts: Texts
  private let style: TerminalStyle
  private let showsAll: Bool
  /// The control of an id, where this version knows it.
  private let control: (String) -> Control?
  private var lines: [String] = []

  /// - Parameter control: looks a control up for its title; nil leaves the title out.
  public static func text(
    _ comparison: RunComparison, texts: Texts, style: TerminalStyle, showsAll: Bool, control: @escaping (String) -> Control?
  ) -> String {
    var report = ComparisonReport(comparison: comparison, texts: texts, style: style, showsAll: showsAll, control: control)
    report.head()
    report.list("changes.opened", comparison.opened)
    report.list("changes.closed", comparison.closed)
    report.list("changes.changed", comparison.changed)
    // What stayed open and is another result all the same, as an unknown that fails now, is what changed: it leads and is never cut.
    let moved = comparison.stillOpen.filter { !$0.causes.isEmpty }
    report.list("changes.stillOpen", moved + comparison.stillOpen.filter(\.causes.isEmpty), always: moved.count)
    report.assets("changes.appeared", comparison.appeared)
    report.assets("changes.vanished", comparison.vanished)
    if comparison.isEmpty { report.lines.append(texts["changes.nothing"]) }
    while report.lines.last == "" { report.lines.removeLast() }
    return report.lines.joined(separator: "\n") + "\n"
  }

  private init(
    comparison: RunComparison, texts: Texts, style: TerminalStyle, showsAll: Bool, control: @escaping (String) -> Control?
  ) {
    self.comparison = comparison
    self.texts = texts
    self.style = style
    self.showsAll = showsAll
    self.control = control
  }

  private mutating func head() {
    let (before, after) = (comparison.before, comparison.after)
    lines.append("\(before.time) -> \(after.time)   \(after.baseline) \(after.baselineVersion)".printable)
    if before.baseline != after.baseline || before.baselineDigest != after.baselineDigest {
      lines += wrapped(
        texts(
          "changes.baseline",
          [
            "before": "\(before.baseline) \(before.baselineVersion)".printable,
            "after": "\(after.baseline) \(after.baselineVersion)".printable,
          ]), indent: 0)
    }
    if before.policyDigest != after.policyDigest {
      lines += wrapped(
        texts(
          "changes.policies",
          ["before": String(before.policyDigest.prefix(12)).printable, "after": String(after.policyDigest.prefix(12)).printable]), indent: 0
      )
    }
    lines.append("")
  }

  /// - Parameter always: how many of the first are shown in any case.
  private mutating func list(_ key: String, _ changes: [RunComparison.Change], always: Int = 0) {
    guard !changes.isEmpty else { return }
    lines.append(style.paint(texts(key, ["count": "\(changes.count)"]), .bold))
    let shown = showsAll ? changes[...] : changes.prefix(max(always, Self.shortList))
    for change in shown { lines += wrapped(sentence(change), indent: 2) }
    if changes.count > shown.count { lines.append("  " + texts("table.more", ["count": "\(changes.count - shown.count)"])) }
    lines.append("")
  }

  private mutating func assets(_ key: String, _ assets: [RunComparison.Asset]) {
    guard !assets.isEmpty else { return }
    let names = assets.prefix(showsAll ? assets.count : 8).map(\.name.printable)
    let rest = assets.count > names.count ? " +\(assets.count - names.count)" : ""
    lines += wrapped(
      texts(key, ["count": "\(assets.count)", "names": names.joined(separator: texts["list.items"]) + rest]), indent: 0)
  }

  /// "HIGH KVM-001 web-07: pass -> fail. Nested off. Found 1, was 0. Cause: value"
  private func sentence(_ change: RunComparison.Change) -> String {
    func word(_ side: RunComparison.Side?) -> String { side.map { texts["verdict.\($0.verdict.rawValue)"] } ?? texts["changes.none"] }
    let verdicts =
      change.before?.verdict == change.after?.verdict ? word(change.after) : "\(word(change.before)) -> \(word(change.after))"
    let severity = texts["severity.\(change.severity.rawValue)"].uppercased()
    var parts = ["\(severity) \(change.control.printable)  \(change.asset.name.printable)  \(verdicts)"]
    if let control = control(change.control) { parts.append(texts.title(control)) }
    let (old, new) = (change.before?.found?.printable, change.after?.found?.printable)
    if let old, let new, old != new {
      parts.append(texts("changes.was", ["found": new, "before": old]))
    } else if let found = new ?? old {
      parts.append(texts("changes.found", ["found": found]))
    }
    if !change.causes.isEmpty {
      let causes = change.causes.map { texts["cause.\($0.rawValue)"] }.joined(separator: texts["list.separator"])
      parts.append(texts("changes.cause", ["causes": causes]))
    }
    if let since = change.since { parts.append(texts("changes.since", ["time": since])) }
    return parts.joined(separator: texts["list.parts"])
  }

  private func wrapped(_ text: String, indent: Int) -> [String] {
    DisplayWidth.wrapped(text, to: max(20, style.columns - indent - 2)).enumerated().map { i, line in
      String(repeating: " ", count: i == 0 ? indent : indent + 2) + line
    }
  }
}

extension RunComparison {
  /// Nothing opened, closed or changed, and the assets are the same.
  public var isEmpty: Bool {
    opened.isEmpty && closed.isEmpty && changed.isEmpty && stillOpen.isEmpty && appeared.isEmpty && vanished.isEmpty
  }
}

extension ComparisonReport {
  /// The comparison as JSON, schema `ringwall.changes/1`: one finding a line.
  public static func json(_ comparison: RunComparison) -> [UInt8] {
    var bytes = Array("{\n  \"schema\": \"\(schema)\"".utf8)
    func put(_ name: String, _ value: FactValue) { bytes += Array(",\n  \"\(name)\": ".utf8) + JSONText.bytes(value) }
    func put(_ name: String, _ values: [FactValue]) {
      bytes += Array(",\n  \"\(name)\": [".utf8)
      for (index, value) in values.enumerated() { bytes += Array(index == 0 ? "\n    ".utf8 : ",\n    ".utf8) + JSONText.bytes(value) }
      bytes += Array(values.isEmpty ? "]".utf8 : "\n  ]".utf8)
    }
    put("before", head(comparison.before))
    put("after", head(comparison.after))
    put("opened", comparison.opened.map(change))
    put("closed", comparison.closed.map(change))
    put("changed", comparison.changed.map(change))
    put("stillOpen", comparison.stillOpen.map(change))
    put("appeared", comparison.appeared.map(asset))
    put("vanished", comparison.vanished.map(asset))
    put("unchanged", .int(Int64(comparison.unchanged)))
    return bytes + Array("\n}\n".utf8)
  }

  private static func head(_ head: RunRecord.Head) -> FactValue {
    [
      "time": .string(head.time), "version": .string(head.version), "policyDigest": .string(head.policyDigest),
      "baseline": [
        "name": .string(head.baseline), "version": .string(head.baselineVersion), "digest": .string(head.baselineDigest),
      ],
    ]
  }

  private static func asset(_ asset: RunComparison.Asset) -> FactValue {
    ["id": .string(asset.id), "kind": .string(asset.kind), "name": .string(asset.name)]
  }

  private static func change(_ change: RunComparison.Change) -> FactValue {
    .object([
      "id": .string(change.control), "asset": .string(change.asset.id), "name": .string(change.asset.name),
      "severity": .string(change.severity.rawValue), "before": change.before.map(side) ?? .null, "after": change.after.map(side) ?? .null,
      "cause": change.causes.first.map { .string($0.rawValue) },
      "causes": .array(change.causes.map { .string($0.rawValue) }), "since": change.since.map { .string($0) },
    ])
  }

  private static func side(_ side: RunComparison.Side) -> FactValue {
    ["verdict": .string(side.verdict.rawValue), "reason": .string(side.reason), "found": side.found.map { .string($0) } ?? .null]
  }
}
