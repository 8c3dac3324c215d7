internal import Domain

/// A part for each asset: what it is, how it stands, and what needs somebody, each with a link to its line among all results.
extension HTMLReport {
  /// Assets with a part of their own; those with the worst results where there are more.
  private static let mostAssets = 500
  /// Findings named in one part.
  private static let mostFindings = 40

  /// Of a single asset everything stands in the report itself.
  var hasAssetSections: Bool { outcome.assets.count > 1 && !outcome.results.isEmpty }

  func writeAssets<Failure: Error>(to output: ([UInt8]) throws(Failure) -> Void) throws(Failure) {
    guard hasAssetSections else { return }
    var groups = outcome.resultsByAsset
    let count = groups.count
    if count > Self.mostAssets {
      let worst = groups.enumerated().sorted { a, b in
        let (x, y) = (Self.failing(a.element.results), Self.failing(b.element.results))
        return x != y ? x > y : a.offset < b.offset
      }.prefix(Self.mostAssets).map(\.offset)
      groups = worst.sorted().map { groups[$0] }
    }
    var markup: Markup = """
      <section id="assets"><div class="hd"><h2>\(texts["html.nav.assets"])</h2>\
      <p>\(groups.count < count ? texts("html.assetsWorst", ["count": "\(groups.count)", "total": "\(count)"]) : "")</p></div>

      """
    for (number, group) in groups.enumerated() {
      markup += part(group.asset, group.results, number: number + 1, isOpen: groups.count <= 3)
      if number % 64 == 63 { try output(markup.take()) }
    }
    markup += "</section>\n"
    try output(markup.take())
  }

  private static func failing(_ results: [AuditResult]) -> Int {
    results.reduce(0) { $1.verdict == .fail ? $0 + LayerScore.weight($1.control.severity) : $0 }
  }

  private func part(_ asset: Asset, _ results: [AuditResult], number: Int, isOpen: Bool) -> Markup {
    var tally: [Verdict: Int] = [:]
    for result in results { tally[result.verdict, default: 0] += 1 }
    let findings = results.filter(\.verdict.needsAttention)
    var markup: Markup = """
      <details class="pg" id="asset-\(number)"\(raw: isOpen ? " open" : "")><summary>\(asset.name)<span>\(texts["kind.\(asset.kind.rawValue)"])</span>\
      <span>\(counts(Verdict.worstFirst) { tally[$0] ?? 0 })</span></summary>
      \(strip(results.count) { tally[$0] ?? 0 })\
      <dl class="facts"><dt>\(texts["html.assetID"])</dt><dd><code>\(breaking: asset.id)</code></dd>\
      <dt>\(texts["html.platform"])</dt><dd>\(asset.platform)</dd>
      """
    if let uuid = asset.uuid { markup += "<dt>UUID</dt><dd><code>\(uuid)</code></dd>" }
    markup += "</dl>\n"
    if !findings.isEmpty {
      markup += "<ul class=\"finds\">\n"
      for result in findings.prefix(Self.mostFindings) {
        markup += """
          <li>\(mark(result.verdict)) \(mark(result.control.severity)) <a class="id" href="#\(filters.rowID(result))">\(result.control.id)</a> \
          \(texts.message(result.finding))</li>

          """
      }
      if findings.count > Self.mostFindings { markup += "<li class=\"dim\">+\(findings.count - Self.mostFindings)</li>\n" }
      markup += "</ul>\n"
    }
    markup += "</details>\n"
    return markup
  }
}
