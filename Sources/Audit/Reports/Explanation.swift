public import Domain

/// What a control is, for a person: why it matters, what it looks at, how it is repaired and how it is switched off on purpose.
public struct Explanation {
  /// - Parameters:
  ///   - parameters: those that the control reads, with the value in use.
  ///   - rule: file and line of the rule, as the user can open it.
  public static func text(
    _ control: Control, parameters: [(name: String, value: FactValue?, description: String)], rule: String, texts: Texts,
    style: TerminalStyle
  ) -> String {
    var explanation = Explanation(texts: texts, style: style)
    explanation.head(control)
    explanation.body(control, parameters, rule)
    return explanation.lines.joined(separator: "\n") + "\n"
  }

  private let texts: Texts
  private let style: TerminalStyle
  private var lines: [String] = []
  private let labelWidth: Int

  private static let labels = [
    "facts", "parameter", "safe", "default", "repair", "disable", "restart", "rollback", "source", "rule",
  ]

  private init(texts: Texts, style: TerminalStyle) {
    self.texts = texts
    self.style = style
    labelWidth = Self.labels.reduce(0) { max($0, DisplayWidth.of(texts["explain.\($1)"])) }
  }

  private mutating func head(_ control: Control) {
    var marks = [texts["severity.\(control.severity.rawValue)"].uppercased(), texts["layer.\(control.layer.rawValue)"]]
    if let number = control.keyIndicator { marks.append(texts("explain.key", ["number": "\(number)"])) }
    let right = marks.joined(separator: texts["list.separator"])
    let left = "\(control.id)  \(texts.title(control))"
    let gap = style.columns - DisplayWidth.of(left) - DisplayWidth.of(right)
    if gap >= 2 {
      lines.append(style.paint(left, .bold) + String(repeating: " ", count: gap) + right)
    } else {
      lines += DisplayWidth.wrapped(left, to: style.columns).map { style.paint($0, .bold) }
      lines += DisplayWidth.wrapped(right, to: style.columns)
    }
    if texts.language != .english {
      lines += DisplayWidth.wrapped(texts["explain.original"], to: style.columns).map { style.paint($0, .dim) }
    }
    if !control.description.isEmpty { lines += DisplayWidth.wrapped(control.description, to: style.columns) }
    lines.append("")
  }

  private mutating func body(
    _ control: Control, _ parameters: [(name: String, value: FactValue?, description: String)], _ rule: String
  ) {
    row("facts", control.facts.joined(separator: texts["list.items"]))
    for parameter in parameters {
      let value =
        parameter.value.map { "\(parameter.name) = \(texts.shown($0))" } ?? texts("explain.parameterNotSet", ["name": parameter.name])
      row("parameter", parameter.description.isEmpty ? value : "\(value)\(texts["explain.gap"])\(parameter.description)")
    }
    row("safe", control.safe)
    row("default", control.defaultValue)
    row("repair", control.remediation)
    if let disable = control.disable {
      row("disable", disable.how)
      row("restart", disable.restart)
      row("rollback", disable.rollback)
    }
    row("source", control.provenance)
    row("rule", rule)
  }

  private mutating func row(_ label: String, _ text: String) {
    guard !text.isEmpty else { return }
    let parts = DisplayWidth.wrapped(text.printable, to: max(20, style.columns - labelWidth - 2))
    for (i, part) in parts.enumerated() {
      let head = DisplayWidth.padded(i == 0 ? texts["explain.\(label)"] : "", to: labelWidth)
      lines.append(style.paint(head, .dim) + "  " + part)
    }
  }
}
