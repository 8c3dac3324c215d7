internal import Domain

/// How the layers' scores moved over earlier runs: one small line per layer, with its numbers beside it.
extension HTMLReport {
  /// Runs drawn, this one included: the latest.
  private static let longest = 60

  func trend() -> Markup {
    guard !context.earlier.isEmpty, !outcome.scores.isEmpty else { return "" }
    let earlier = context.earlier.suffix(Self.longest - 1)
    var markup: Markup = """
      <section id="trend"><div class="hd"><h2>\(texts["html.nav.trend"])</h2>\
      <p>\(texts("html.trendNote", ["count": "\(earlier.count + 1)", "from": earlier.first.map { String($0.time.prefix(10)) } ?? "-"]))</p></div>
      <div class="trend">

      """
    for layer in Layer.allCases {
      guard let now = outcome.scores.first(where: { $0.layer == layer }) else { continue }
      let values = earlier.compactMap { $0.scores[layer] } + [now.low]
      let change = now.low - (values.first ?? now.low)
      let sign = change > 0 ? "+\(change)" : change < 0 ? "−\(-change)" : "±0"
      markup += """
        <span class="name">\(words(layer))</span>\(line(values, floor: now.floor, label: words(layer)))\
        <span class="num">\(now.low)</span><span class="cnt\(change < 0 ? " k-fail" : "")">\(sign)</span>

        """
    }
    markup += "</div></section>\n"
    return markup
  }

  /// Scores from left to right; the dashed line is the floor.
  private func line(_ values: [Int], floor: Int, label: String) -> Markup {
    let step = values.count > 1 ? 1000 / (values.count - 1) : 0
    let points = values.enumerated().map { i, value in "\(values.count > 1 ? i * step : 1000),\(100 - min(max(value, 0), 100))" }
    let numbers = values.map(String.init).joined(separator: ", ")
    return """
      <svg viewBox="0 0 1000 100" preserveAspectRatio="none" role="img" aria-label="\(label): \(numbers)">\
      <line class="s-edge dash" x1="0" x2="1000" y1="\(100 - floor)" y2="\(100 - floor)"/>\
      <polyline class="nofill s-ink" points="\(raw: points.joined(separator: " "))"/></svg>
      """
  }
}
