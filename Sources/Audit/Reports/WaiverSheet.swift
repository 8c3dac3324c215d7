public import Domain
public import Waivers

/// A waiver as a person reads it before signing.
public enum WaiverSheet {
  public static func text(_ signed: SignedWaiver, now: Instant, texts: Texts, style: TerminalStyle) -> String {
    let waiver = signed.waiver
    let left = texts.daysLeft(now.days(until: waiver.end))
    var rows: [(String, String)] = [
      ("reason", waiver.reason), ("reference", waiver.reference),
      ("term", texts("waiver.termValue", ["start": waiver.start.text, "end": waiver.end.text, "left": left])),
    ]
    for (role, signer) in waiver.signers {
      let state = texts[signed.signatures[signer.key] == nil ? "waiver.notSigned" : "waiver.signed"]
      let person = texts("waiver.person", ["name": signer.name, "key": signer.key])
      rows.append((role == .request ? "requester" : "approver", "\(person)\(texts["list.items"])\(state)"))
    }
    rows += waiver.controls.map { ("control", $0) } + waiver.assets.map { ("asset", $0) }
    rows += waiver.facts.map { ("facts", "\(texts("waiver.onAsset", ["control": $0.control, "asset": $0.asset])) \($0.sha256)") }
    rows += waiver.compensating.map { compensation in
      guard let asset = compensation.asset else { return ("compensating", texts("waiver.onScope", ["control": compensation.control])) }
      return ("compensating", texts("waiver.onAsset", ["control": compensation.control, "asset": asset]))
    }
    rows.removeAll { $0.1.isEmpty }
    let width = rows.reduce(0) { max($0, DisplayWidth.of(texts["waiver.\($1.0)"])) }
    var lines = [style.paint(waiver.id.printable, .bold)]
    for (name, text) in rows {
      for (i, part) in DisplayWidth.wrapped(text.printable, to: max(20, style.columns - width - 2)).enumerated() {
        lines.append(style.paint(DisplayWidth.padded(i == 0 ? texts["waiver.\(name)"] : "", to: width), .dim) + "  " + part)
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
