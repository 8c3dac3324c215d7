internal import Domain
internal import Judgement

/// Marks and bars: shape and word first, colour last. Every number that a shape stands for is printed beside it or in its label.
extension HTMLReport {
  /// Shapes that marks refer to, and the patterns of bars.
  static let shapes: Markup = """
    <svg class="defs" aria-hidden="true"><defs>
    <symbol id="critical" viewBox="0 0 16 16"><path fill-rule="evenodd" d="M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5zM7 3.6v5.2h2V3.6zm0 6.8v2h2v-2z"/></symbol>
    <symbol id="high" viewBox="0 0 16 16"><path d="M8 1.2 15.4 14.4H.6z"/></symbol>
    <symbol id="medium" viewBox="0 0 16 16"><path d="M8 1.4 14.6 8 8 14.6 1.4 8z"/></symbol>
    <symbol id="low" viewBox="0 0 16 16"><circle cx="8" cy="8" r="5" fill="none" stroke="currentColor" stroke-width="2.2"/></symbol>
    <symbol id="info" viewBox="0 0 16 16"><circle cx="8" cy="8" r="2.6"/></symbol>
    <symbol id="fail" viewBox="0 0 16 16"><path fill-rule="evenodd" d="M3 1h10a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H3a2 2 0 0 1-2-2V3a2 2 0 0 1 2-2zm1.6 4.9L6.7 8l-2.1 2.1 1.3 1.3L8 9.3l2.1 2.1 1.3-1.3L9.3 8l2.1-2.1-1.3-1.3L8 6.7 5.9 4.6z"/></symbol>
    <symbol id="pass" viewBox="0 0 16 16"><path d="m2.4 8.6 3.5 3.6 7.6-8.4" fill="none" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round"/></symbol>
    <symbol id="unknown" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6.6" fill="none" stroke="currentColor" stroke-width="1.7" stroke-dasharray="2.6 2"/><path d="M6.1 6.3a1.95 1.95 0 1 1 2.6 1.9c-.5.2-.7.5-.7 1.1" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round"/><circle cx="8" cy="11.5" r="1"/></symbol>
    <symbol id="waived" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6.4" fill="none" stroke="currentColor" stroke-width="1.7"/><path d="M8 4.4V8l2.6 1.8" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"/></symbol>
    <symbol id="na" viewBox="0 0 16 16"><path d="M3.4 8h9.2" stroke="currentColor" stroke-width="2" stroke-linecap="round"/></symbol>
    <symbol id="wall" viewBox="0 0 20 20"><g fill="none" stroke="currentColor" stroke-width="2.6"><path d="M10 1.9a8.1 8.1 0 0 1 6.6 3.4"/><path d="M17.8 7.9a8.1 8.1 0 0 1-1.6 7.4"/><path d="M14 17.1a8.1 8.1 0 0 1-7.4.3"/><path d="M4.3 15.8a8.1 8.1 0 0 1-2.2-7"/><path d="M3 6.1a8.1 8.1 0 0 1 4.1-3.7"/></g><circle cx="10" cy="10" r="2.7"/></symbol>
    <pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="1.9" height="5" class="f-unknown"/></pattern>
    <pattern id="dots" width="4" height="4" patternUnits="userSpaceOnUse"><circle cx="2" cy="2" r="1.2" class="f-waived"/></pattern>
    </defs></svg>

    """

  /// Class and shape of a verdict.
  static func name(_ verdict: Verdict) -> String { verdict == .notApplicable ? "na" : verdict.rawValue }

  func mark(_ verdict: Verdict) -> Markup {
    let name = Self.name(verdict)
    return "<span class=\"m \(name)\"><svg aria-hidden=\"true\"><use href=\"#\(name)\"/></svg>\(words(verdict))</span>"
  }

  func mark(_ severity: Severity) -> Markup {
    let name = severity.rawValue
    return "<span class=\"m \(name)\"><svg aria-hidden=\"true\"><use href=\"#\(name)\"/></svg>\(words(severity))</span>"
  }

  func words(_ verdict: Verdict) -> String { capitalised(texts["verdict.\(verdict.rawValue)"]) }
  func words(_ severity: Severity) -> String { capitalised(texts["severity.\(severity.rawValue)"]) }
  func words(_ layer: Layer) -> String { texts["layer.\(layer.rawValue)"] }

  private func capitalised(_ text: String) -> String { HTMLReport.capitalised(text) }

  /// The first letter, or all of an abbreviation such as n/a, in capitals.
  static func capitalised(_ text: String) -> String {
    text.contains("/") ? text.uppercased() : text.prefix(1).uppercased() + text.dropFirst()
  }

  /// All results as parts of one line, in the order fail, unknown, waived, pass, n/a.
  func strip() -> Markup { strip(outcome.tally.total) { outcome.count($0) } }

  /// The same of some of the results.
  func strip(_ total: Int, _ number: (Verdict) -> Int) -> Markup {
    let total = Double(max(total, 1))
    var markup: Markup = "<svg class=\"strip\" role=\"img\" aria-label=\"\(counts(Verdict.worstFirst, number))\">"
    var x = 0.0
    for verdict in Verdict.worstFirst {
      let count = number(verdict)
      guard count > 0 else { continue }
      let width = Double(count) * 100 / total
      let place = "x=\"\(Self.percent(x))\" width=\"\(Self.percent(max(width - 0.15, 0.1)))\""
      switch verdict {
      case .unknown:
        markup +=
          "<rect class=\"nofill s-unknown\" \(raw: place) y=\".5\" height=\"9\"/><rect fill=\"url(#hatch)\" \(raw: place) height=\"10\"/>"
      case .waived:
        markup +=
          "<rect class=\"nofill s-waived\" \(raw: place) y=\".5\" height=\"9\"/><rect fill=\"url(#dots)\" \(raw: place) height=\"10\"/>"
      default: markup += "<rect class=\"f-\(Self.name(verdict))\" \(raw: place) height=\"10\"/>"
      }
      x += width
    }
    markup += "</svg>\n"
    return markup
  }

  /// A range from `low` to `high` of 100: solid is proven, hatched is what the unknowns could add, the tick is the floor.
  func bar(_ score: LayerScore) -> Markup {
    let label = range(score)
    var markup: Markup = """
      <svg role="img" aria-label="\(label)"><rect class="f-track" x="0" y="1.5" width="100%" height="11" rx="2"/>\
      <rect class="\(score.low < score.floor ? "f-fail" : "f-ink")" x="0" y="1.5" width="\(score.low)%" height="11" rx="2"/>
      """
    if score.high > score.low {
      let place = "x=\"\(score.low)%\" width=\"\(score.high - score.low)%\""
      markup +=
        "<rect \(raw: place) y=\"1.5\" height=\"11\" fill=\"url(#hatch)\"/><rect class=\"nofill s-unknown\" \(raw: place) y=\"2\" height=\"10\"/>"
    }
    markup += "<line class=\"s-ink\" x1=\"\(score.floor)%\" x2=\"\(score.floor)%\" y1=\"-2\" y2=\"16\" stroke-width=\"1.4\"/></svg>"
    return markup
  }

  /// "61 to 74 of 100"
  func range(_ score: LayerScore) -> String {
    score.low == score.high
      ? texts("html.point", ["low": "\(score.low)"]) : texts("html.range", ["low": "\(score.low)", "high": "\(score.high)"])
  }

  /// The scale under the bars; a number too near to the floor's gives way.
  func axis() -> Markup {
    let floor = outcome.baseline.floor
    var markup: Markup = "<svg aria-hidden=\"true\">"
    for value in [0, 20, 40, 60, 80, 100] where abs(value - floor) > 12 || value == 0 && floor > 12 {
      let anchor = value == 0 ? "start" : value == 100 ? "end" : "middle"
      markup += "<text class=\"t-dim\" x=\"\(value)%\" y=\"10\" text-anchor=\"\(anchor)\">\(value)</text>"
    }
    let text = texts("table.floor", ["floor": "\(floor)"])
    let anchor = floor < 8 ? "start" : floor > 92 ? "end" : "middle"
    markup += "<text class=\"t-dim\" x=\"\(floor)%\" y=\"10\" text-anchor=\"\(anchor)\">\(text)</text></svg>"
    return markup
  }

  /// "26 fail, 9 unknown"
  func counts(_ verdicts: [Verdict], _ count: (Verdict) -> Int) -> String {
    let parts = verdicts.compactMap { verdict -> String? in
      let number = count(verdict)
      return number > 0 || verdict == .fail || verdict == .unknown ? texts("count.\(verdict.rawValue)", ["count": "\(number)"]) : nil
    }
    return parts.joined(separator: texts["list.separator"])
  }

  /// Two decimals and a percent sign.
  private static func percent(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)%"
  }
}

extension Verdict {
  /// The order in which they are told.
  static let worstFirst: [Verdict] = [.fail, .unknown, .waived, .pass, .notApplicable]
}
