public import Domain

/// The catalogue of controls as a table or as `ringwall.controls/1`.
public struct CatalogReport {
  public static let schema = "ringwall.controls/1"

  /// One object per control and line, keys always in the same order.
  public static func json(_ controls: [Control], baseline: String?, frameworks: Frameworks, texts: Texts) -> [UInt8] {
    var text = "{\n  \"schema\": \"\(schema)\",\n  \"frameworkMapping\": \(JSONText.string(.string(Frameworks.assignment)))"
    if let baseline { text += ",\n  \"baseline\": \(JSONText.string(.string(baseline)))" }
    text += ",\n  \"controls\": ["
    text += controls.enumerated().map { i, control in (i == 0 ? "\n    " : ",\n    ") + JSONText.string(value(control, frameworks, texts)) }
      .joined()
    return Array((text + (controls.isEmpty ? "]\n}\n" : "\n  ]\n}\n")).utf8)
  }

  private static func value(_ control: Control, _ frameworks: Frameworks, _ texts: Texts) -> FactValue {
    let disable = control.disable.map { disable -> FactValue in
      ["how": .string(disable.how), "restart": .string(disable.restart), "rollback": .string(disable.rollback)]
    }
    return .object([
      "id": .string(control.id), "title": .string(texts.title(control)), "severity": .string(control.severity.rawValue),
      "family": .string(control.family), "layer": .string(control.layer.rawValue), "platform": .string(control.platform),
      "key50": control.keyIndicator.map { .int(Int64($0)) }, "disable": disable, "frameworks": frameworks.value(control: control),
      "kind": .string(control.kind.rawValue), "safe": .string(control.safe), "default": .string(control.defaultValue),
      "description": .string(control.description), "remediation": .string(control.remediation),
      "facts": .array(control.facts.map { .string($0) }), "rule": .string(control.rule), "source": .string(control.provenance),
    ])
  }

  /// Widest id that has the rest of its control beside it; a wider one, as of guides that name controls in words, has a line of its own.
  private static let widestID = 16

  /// Id, severity, layer, platform and title; titles are wrapped to the width of the terminal.
  public static func table(_ controls: [Control], texts: Texts, style: TerminalStyle) -> String {
    let rows = controls.map { control in
      [
        control.id, texts["severity.\(control.severity.rawValue)"], texts["layer.\(control.layer.rawValue)"], control.platform,
      ]
    }
    let heads = ["control", "severity", "layer", "platform"].map { texts["column.\($0)"] }
    let widths = heads.indices.map { i in
      rows.map { DisplayWidth.of($0[i]) }.filter { i > 0 || $0 <= widestID }.reduce(DisplayWidth.of(heads[i]), max)
    }
    let used = widths.reduce(0) { $0 + $1 + 2 }
    // Below 80 cells the layer and the platform are left out before the title is squeezed.
    let columns = style.columns - used >= 24 ? [0, 1, 2, 3] : style.columns >= 50 ? [0, 1] : [0]
    let indent = columns.reduce(0) { $0 + widths[$1] + 2 }
    var lines = [line(columns.map { (heads[$0], widths[$0], nil) }, texts["column.title"])]
    for (control, row) in zip(controls, rows) {
      let parts = DisplayWidth.wrapped(texts.title(control), to: max(16, style.columns - indent))
      let isBeside = DisplayWidth.of(row[0]) <= widths[0]
      if !isBeside { lines.append(style.paint(row[0], .dim)) }
      let cells = columns.map { i in
        let text = i > 0 || isBeside ? row[i] : ""
        let shown = i == 0 ? style.paint(text, .dim) : i == 1 ? style.paint(text, tone(control.severity)) : text
        return (shown, widths[i], DisplayWidth.of(text))
      }
      lines.append(line(cells.map { ($0.0, $0.1, $0.2) }, parts[0]))
      for part in parts.dropFirst() { lines.append(String(repeating: " ", count: indent) + part) }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func line(_ cells: [(text: String, width: Int, shown: Int?)], _ last: String) -> String {
    cells.map { $0.text + String(repeating: " ", count: max(0, $0.width - ($0.shown ?? DisplayWidth.of($0.text)))) + "  " }.joined() + last
  }

  private static func tone(_ severity: Severity) -> TerminalStyle.Tone? {
    switch severity {
    case .critical: .red
    case .high: .yellow
    default: nil
    }
  }
}
