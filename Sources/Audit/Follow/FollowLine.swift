internal import Domain
internal import Judgement

/// One event of following as one line: for people, or as JSON (schema `ringwall.follow/1`, one object a line).
public enum FollowLine {
  public static let schema = "ringwall.follow/1"

  /// - Parameter style: of the terminal that it is written to.
  public static func text(_ event: FollowEvent, texts: Texts, style: TerminalStyle) -> String {
    switch event {
    case .verdict(let change): verdict(change, texts, style)
    case .appeared(let asset, let counts):
      texts("follow.appeared", ["asset": asset.name.printable, "counts": shown(counts, texts)])
    case .gone(let asset): texts("follow.gone", ["asset": asset.name.printable])
    case .refused(let refusal): texts("follow.refused", ["message": texts.line(refusal)])
    case .accepted(let target): texts("follow.accepted", ["target": target.printable])
    case .rescan: texts["follow.rescan"]
    case .lost(let reason): texts("follow.lost", ["reason": (texts.sentence(reason) ?? reason).printable])
    }
  }

  /// "2026-11-26T03:00:00Z  HIGH  pass -> fail  KVM-001  web-07: nesting is on (/etc/modprobe.d/kvm.conf:3)"
  private static func verdict(_ change: VerdictChange, _ texts: Texts, _ style: TerminalStyle) -> String {
    func word(_ verdict: Verdict?) -> String { verdict.map { texts["verdict.\($0.rawValue)"] } ?? texts["changes.none"] }
    let severity = texts["severity.\(change.control.severity.rawValue)"].uppercased()
    let verdicts = "\(word(change.before)) -> \(word(change.after))"
    var line =
      "\(change.time)  \(severity)  \(style.paint(verdicts, tone(change.after)))  \(change.control.id)  \(change.asset.name.printable)"
    if let finding = change.finding {
      line += ": " + texts.message(finding)
      if let place = finding.place?.shown { line += " (\(place.printable))" }
    }
    return line.replacing("\n", with: " ")
  }

  private static func tone(_ verdict: Verdict?) -> TerminalStyle.Tone? {
    switch verdict {
    case .fail: .red
    case .unknown: .magenta
    case .pass: .green
    case .waived: .cyan
    case .notApplicable, nil: .dim
    }
  }

  private static func shown(_ counts: [Verdict: Int], _ texts: Texts) -> String {
    [Verdict.fail, .unknown, .waived, .pass, .notApplicable].compactMap { verdict in
      counts[verdict].map { texts("count.\(verdict.rawValue)", ["count": "\($0)"]) }
    }.joined(separator: texts["list.separator"])
  }

  public static func json(_ event: FollowEvent, time: String, texts: Texts) -> String {
    let value: FactValue =
      switch event {
      case .verdict(let change): verdict(change, texts)
      case .appeared(let asset, let counts):
        .object([
          "event": "appeared", "time": .string(time), "asset": .string(asset.id), "name": .string(asset.name),
          "summary": .object(Verdict.allCases.map { .init($0.rawValue, .int(Int64(counts[$0] ?? 0))) }),
        ])
      case .gone(let asset):
        .object(["event": "gone", "time": .string(time), "asset": .string(asset.id), "name": .string(asset.name)])
      case .refused(let refusal):
        .object([
          "event": "refused", "time": .string(time), "target": .string(refusal.target), "code": .string(refusal.code),
          "message": .string(texts.line(refusal)), "line": refusal.line.map { .int(Int64($0)) },
          "column": refusal.column.map { .int(Int64($0)) },
        ])
      case .accepted(let target): .object(["event": "accepted", "time": .string(time), "target": .string(target)])
      case .rescan(let reason): .object(["event": "rescan", "time": .string(time), "reason": .string(reason)])
      case .lost(let reason): .object(["event": "lost", "time": .string(time), "reason": .string(texts.sentence(reason) ?? reason)])
      }
    return JSONText.string(value)
  }

  private static func verdict(_ change: VerdictChange, _ texts: Texts) -> FactValue {
    .object([
      "event": "verdict", "time": .string(change.time), "id": .string(change.control.id), "asset": .string(change.asset.id),
      "name": .string(change.asset.name), "severity": .string(change.control.severity.rawValue),
      "from": change.before.map { .string($0.rawValue) } ?? .null, "to": change.after.map { .string($0.rawValue) } ?? .null,
      "message": change.finding.map { .string(texts.message($0)) },
      "found": change.finding.flatMap { finding in finding.arguments["found"] ?? finding.evidence.first { $0.value != nil }?.value },
      "source": change.finding?.place.map { .string($0.name) }, "line": change.finding?.place?.line.map { .int(Int64($0)) },
      "column": change.finding?.place?.column.map { .int(Int64($0)) },
    ])
  }
}
