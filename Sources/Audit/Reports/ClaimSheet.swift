internal import Domain
internal import Judgement

/// One statement of the article for a person: what it says, whether it holds, what is true, and what this program does about it.
public enum ClaimSheet {
  public static func text(_ claim: Claims.Claim, texts: Texts, style: TerminalStyle) -> String {
    let rows = [
      ("says", texts.says(claim)), ("status", texts["claim.is.\(claim.status.rawValue)"]), ("real", texts.real(claim)),
      ("does", texts.does(claim)), ("controls", claim.controls.joined(separator: texts["list.items"])),
      ("source", "\(texts.phrase(claim.source))\(texts["list.separator"])\(claim.date)"),
    ].filter { !$0.1.isEmpty }
    let width = rows.reduce(0) { max($0, DisplayWidth.of(texts["claim.\($1.0)"])) }
    var lines = DisplayWidth.wrapped("\(claim.id)  \(texts.title(claim))", to: style.columns).map { style.paint($0, .bold) } + [""]
    for (name, text) in rows {
      for (i, part) in DisplayWidth.wrapped(text.printable, to: max(20, style.columns - width - 2)).enumerated() {
        lines.append(style.paint(DisplayWidth.padded(i == 0 ? texts["claim.\(name)"] : "", to: width), .dim) + "  " + part)
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
