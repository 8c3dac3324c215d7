internal import Domain
internal import Judgement

/// Which layer is weak, and why: a range per layer and one sentence for each result that cost it something.
extension HTMLReport {
  func layers() -> Markup {
    guard !outcome.scores.isEmpty else { return "" }
    var markup: Markup = """
      <section id="layers"><div class="hd"><h2>\(texts["html.layers"])</h2></div>
      <div class="two">
      <div class="layers">

      """
    let weakest = outcome.scores.first.flatMap { $0.low < 100 ? $0.layer : nil }
    for layer in Layer.allCases {
      guard let score = outcome.scores.first(where: { $0.layer == layer }) else { continue }
      let range = score.low == score.high ? "\(score.low)" : "\(score.low)–\(score.high)"
      let applicable = [Verdict.pass, .fail, .unknown, .waived].reduce(0) { $0 + (score.counts[$1] ?? 0) }
      let counts = counts([.fail, .unknown, .waived]) { score.counts[$0] ?? 0 }
      markup += """
        <span class="name\(layer == weakest ? " weak" : "")">\(words(layer))</span><span class="bar-cell">\(bar(score))</span>\
        <span class="num">\(range)</span><span class="cnt">\(texts("html.of", ["counts": counts, "total": "\(applicable)"]))</span>

        """
    }
    markup += "<span class=\"axis\"></span><span class=\"axis bar-cell\">\(axis())</span><span></span><span></span></div><div>\(lead())"
    markup += "<p class=\"prose dim small gap\">\(texts["html.legend"])</p>\n</div></div>\n"
    for score in outcome.scores where !score.costs.isEmpty { markup += costs(score) }
    markup += "</section>\n"
    return markup
  }

  /// The weakest layer against the floor, and where the critical findings lie.
  private func lead() -> Markup {
    guard let weakest = outcome.scores.first else { return "" }
    var sentences: [String] = []
    if weakest.low < 100 {
      let key = weakest.high < weakest.floor ? "below" : weakest.low < weakest.floor ? "maybeBelow" : "above"
      sentences.append(texts("html.weakest.\(key)", ["range": range(weakest), "floor": "\(weakest.floor)"]))
    }
    let critical = failing.filter { $0.control.severity == .critical }
    if !critical.isEmpty {
      let layers = Layer.allCases.filter { layer in critical.contains { $0.control.layer == layer } }.map(words)
      sentences.append(texts("html.critical", ["count": "\(critical.count)", "layers": layers.joined(separator: texts["list.items"])]))
    }
    let head = weakest.low < 100 ? texts("html.weakest.head", ["layer": words(weakest.layer)]) : texts["html.weakest.none"]
    return "<p class=\"lead\"><b>\(head)</b> \(sentences.joined(separator: texts["sentence.gap"]))</p>\n"
  }

  private func costs(_ score: LayerScore) -> Markup {
    var markup: Markup = """
      <details class="costs"><summary>\(texts("table.costs", ["layer": words(score.layer)]))\
      <span>\(counts([.fail, .unknown, .waived]) { score.counts[$0] ?? 0 })</span></summary>
      <ul>

      """
    for cost in score.costs { markup += "<li>\(texts.sentence(cost))</li>\n" }
    markup += "</ul></details>\n"
    return markup
  }
}
