internal import Domain
internal import Judgement

/// The result as one self-contained HTML file: it loads nothing, and works without its script but for the text filter.
///
/// Its own content security policy allows exactly its one style sheet and its one script, by their SHA-256. Everything that comes from
/// the machines judged goes through `Markup`, which escapes it.
public struct HTMLReport {
  let outcome: AuditOutcome
  let exit: ExitStatus
  let texts: Texts
  let context: ReportContext
  let filters: Filters

  /// Hands the report over section by section, so that a run over thousands of files is never held twice.
  public static func write<Failure: Error>(
    _ outcome: AuditOutcome, exit: ExitStatus, texts: Texts, context: ReportContext = ReportContext(),
    to output: ([UInt8]) throws(Failure) -> Void
  ) throws(Failure) {
    let report = HTMLReport(outcome: outcome, exit: exit, texts: texts, context: context)
    func put(_ markup: Markup) throws(Failure) { try output(Array(markup.text.utf8)) }
    try put(report.head())
    try put(report.top())
    try put(report.layers())
    try put(report.trend())
    try put(report.worst())
    try put(report.resultsHead())
    for layer in report.groups { try report.write(layer, to: output) }
    try put("</section>\n")
    try report.writeAssets(to: output)
    try put(report.clauses())
    try put(report.waivers())
    try put(report.unjudged())
    try put(report.repair())
    try put(report.method())
    try put(report.foot())
  }

  /// The whole report at once.
  public static func bytes(_ outcome: AuditOutcome, exit: ExitStatus, texts: Texts, context: ReportContext = ReportContext()) -> [UInt8] {
    var bytes: [UInt8] = []
    write(outcome, exit: exit, texts: texts, context: context) { bytes += $0 }
    return bytes
  }

  private init(outcome: AuditOutcome, exit: ExitStatus, texts: Texts, context: ReportContext) {
    self.outcome = outcome
    self.exit = exit
    self.texts = texts
    self.context = context
    filters = Filters(outcome, texts)
  }

  // MARK: - Frame

  private func head() -> Markup {
    let style = Self.style + "\n" + filters.rules
    let policy =
      "default-src 'none'; style-src 'sha256-\(Self.hash(style))'; script-src 'sha256-\(Self.hash(Self.script))'; base-uri 'none'; form-action 'none'"
    let date = String(outcome.collected.at.prefix(10))
    return """
      <!doctype html>
      <html lang="\(texts.language.rawValue)">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta http-equiv="Content-Security-Policy" content="\(raw: policy)">
      <meta name="referrer" content="no-referrer">
      <title>\(texts["html.title"]) · \(heading) · \(date) · Ringwall</title>
      <style>\(raw: style)</style>
      </head>
      <body>
      <a class="skip" href="#all">\(texts["html.skip"])</a>
      \(Self.shapes)\
      <header class="bar"><div class="bar-in"><span class="brand"><svg aria-hidden="true"><use href="#wall"/></svg>Ringwall</span>
      <nav class="nav" aria-label="\(texts["html.title"])">\(navigation())</nav>
      <div class="tools"><fieldset class="seg"><legend class="sr">\(texts["html.theme.name"])</legend>\
      <label><input type="radio" name="theme" id="theme-auto" checked>\(texts["html.theme.auto"])</label>\
      <label><input type="radio" name="theme" id="theme-light">\(texts["html.theme.light"])</label>\
      <label><input type="radio" name="theme" id="theme-dark">\(texts["html.theme.dark"])</label></fieldset></div></div></header>
      <main class="page">

      """
  }

  private func navigation() -> [Markup] {
    var places = ["layers", "trend", "worst", "all", "assets", "clauses", "waivers", "unjudged", "repair", "method"]
    if context.earlier.isEmpty { places.removeAll { $0 == "trend" } }
    if context.frameworks.isEmpty { places.removeAll { $0 == "clauses" } }
    if context.waivers.isEmpty { places.removeAll { $0 == "waivers" } }
    if !hasAssetSections { places.removeAll { $0 == "assets" } }
    if failing.isEmpty { places.removeAll { $0 == "worst" || $0 == "repair" } }
    if outcome.scores.isEmpty { places.removeAll { $0 == "layers" } }
    return places.map { "<a href=\"#\($0)\">\(texts["html.nav.\($0)"])</a>" }
  }

  private func foot() -> Markup {
    """
    </main>
    <footer class="foot"><span>\(texts["html.foot"])</span></footer>
    <script>\(raw: Self.script)</script>
    </body>
    </html>

    """
  }

  // MARK: - What was judged

  /// The host where there is one, the asset where there is one, else how many.
  private var heading: String {
    let hosts = outcome.assets.filter { $0.kind == .host }
    if hosts.count == 1, let host = hosts.first { return host.name }
    if outcome.assets.count == 1, let asset = outcome.assets.first { return asset.name }
    return texts("html.assetCount", ["count": "\(outcome.assets.count)"])
  }

  private func top() -> Markup {
    let kinds = Asset.Kind.allCases.compactMap { kind -> String? in
      let count = outcome.assets.count { $0.kind == kind }
      return count == 0 ? nil : texts("html.kindCount", ["count": "\(count)", "kind": texts["kind.\(kind.rawValue)"]])
    }
    let names = outcome.assets.prefix(8).map(\.name).joined(separator: texts["list.items"])
    let rest = outcome.assets.count > 8 ? " +\(outcome.assets.count - 8)" : ""
    let separator = texts["list.items"]
    let controls = Set(outcome.results.map(\.control.id)).count
    let expires = outcome.baseline.expires.map { texts("html.expires", ["date": $0]) } ?? ""
    let parameters = outcome.baseline.parameters.map { "\($0.key) = \(texts.shown($0.value))" }.joined(separator: separator)
    let seconds = TableReport.tenths(outcome.seconds)
    var markup: Markup = """
      <div class="top"><div><p class="eyebrow">\(texts["html.title"])</p>
      <h1>\(heading)</h1><p class="sub">\(kinds.joined(separator: separator))</p>
      </div>
      <dl class="facts">
      <dt>\(texts["html.assets"])</dt><dd>\(names.isEmpty ? "-" : names)\(rest)</dd>
      <dt>\(texts["html.baseline"])</dt><dd><code>\(outcome.baseline.name) \(outcome.baseline.version)</code>\(expires)</dd>
      <dt>\(texts["html.parameters"])</dt><dd>\(parameters.isEmpty ? "-" : parameters)</dd>
      <dt>\(texts["html.time"])</dt><dd>\(texts("html.timeValue", ["time": outcome.collected.at, "seconds": seconds]))</dd>
      <dt>\(texts["html.by"])</dt><dd>\(texts("html.byValue", ["version": outcome.version, "uid": "\(outcome.collected.uid)"])) <code>\(outcome.policyDigest.prefix(16).description)</code></dd>
      <dt>\(texts["html.exit"])</dt><dd>\(exitText)</dd></dl>
      </div>
      <div class="tally">
      """
    for verdict in Verdict.worstFirst where verdict != .waived || outcome.count(.waived) > 0 {
      let name = Self.name(verdict)
      markup += """
        <a href="#all" class="k-\(name)"><svg class="ico" aria-hidden="true"><use href="#\(name)"/></svg><b>\(outcome.count(verdict))</b>\
        <span class="small">\(words(verdict))</span></a>
        """
    }
    let total = texts(
      "html.total", ["results": "\(outcome.tally.total)", "controls": "\(controls)", "assets": "\(outcome.assets.count)"])
    markup += "<span class=\"dim small\">\(total)</span></div>\n\(strip())"
    if let comparison = context.comparison { markup += "<p class=\"note\">\(texts(comparison))</p>\n" }
    let refusals = outcome.targets.flatMap(\.refusals)
    if !refusals.isEmpty {
      let text = texts("html.refusedNote", ["count": "\(refusals.count)"])
      markup += "<p class=\"note fail\">\(text) <a href=\"#unjudged\">\(texts["html.nav.unjudged"])</a></p>\n"
    }
    if outcome.tally.total == 0 { markup += "<p class=\"note unknown\">\(texts["html.nothing"])</p>\n" }
    return markup
  }

  private var exitText: String {
    let reasons = SummaryLine.reasons(exit, texts)
    if reasons.isEmpty { return texts["html.exitNone"] }
    return texts("exit.line", ["code": "\(exit.code)", "reasons": reasons.joined(separator: texts["list.separator"])])
  }

  /// Base64 of the SHA-256, as a content security policy names a text.
  private static func hash(_ text: String) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    let bytes = Digest.sha256Bytes(Array(text.utf8))
    var result: [UInt8] = []
    for i in stride(from: 0, to: bytes.count, by: 3) {
      let group = (0..<3).map { i + $0 < bytes.count ? UInt32(bytes[i + $0]) : 0 }
      let bits = group[0] << 16 | group[1] << 8 | group[2]
      for shift in [18, 12, 6, 0] as [UInt32] { result.append(alphabet[Int(bits >> shift & 63)]) }
    }
    let padding = (3 - bytes.count % 3) % 3
    result.removeLast(padding)
    return String(decoding: result + Array(repeating: UInt8(ascii: "="), count: padding), as: UTF8.self)
  }
}
