import Domain
import Foundation
import Testing

@testable import Audit
@testable import Judgement

@Suite("HTML report")
struct HTMLReportTests {
  private func report(_ outcome: AuditOutcome, _ language: Language = .english, _ context: ReportContext = ReportContext()) throws -> String
  {
    let exit = outcome.exitStatus(failOn: .high, toleratingUnknown: false)
    return String(decoding: HTMLReport.bytes(outcome, exit: exit, texts: try Samples.texts(language), context: context), as: UTF8.self)
  }

  /// Earlier scores, waivers near and past their end, and two frameworks.
  private func context(_ outcome: AuditOutcome, name: String = "build-03") throws -> ReportContext {
    let frameworks = try Frameworks(from: try DataFolder(named: Samples.packageRoot.path))
    func waiver(_ id: String, _ days: Int) -> WaiverNotice {
      WaiverNotice(
        id: id, control: "SMP-007", asset: "qemu:\(name)", reason: name, compensation: name, requester: name, approvers: [name, "b"],
        ends: "2026-11-27T00:00:00Z", daysLeft: days)
    }
    return ReportContext(
      frameworks: FrameworkEvidence.all(["gdpr", "mlps"].compactMap { frameworks[$0] }, outcome),
      earlier: [
        EarlierScores(time: "2026-09-01T00:00:00Z", scores: [.hardware: 40, .vmm: 90, .management: 0]),
        EarlierScores(time: "2026-10-01T00:00:00Z", scores: [.hardware: 70, .vmm: 60]),
      ], waivers: [waiver("W-0117", 11), waiver("W-0108", 2), waiver("W-0099", -3)])
  }

  @Test("Trend, assets, clauses and waivers have their parts, with numbers beside each shape", arguments: Language.allCases)
  func parts(language: Language) throws {
    let outcome = try Samples.full()
    let texts = try Samples.texts(language)
    let text = try report(outcome, language, try context(outcome))
    for id in ["trend", "assets", "clauses", "waivers"] {
      #expect(between(text, "<section id=\"\(id)\">", "</section>").count == 1, "\(id)")
      #expect(text.contains("<a href=\"#\(id)\">"))
    }
    let trend = try #require(between(text, "<section id=\"trend\">", "</section>").first)
    #expect(trend.contains(": 40, 70, ") && trend.contains("2026-09-01"))
    #expect(between(text, "<details class=\"pg\" ", "</details>").count == outcome.assets.count)
    let waivers = try #require(between(text, "<section id=\"waivers\">", "</section>").first)
    let order = ["W-0099", "W-0108", "W-0117"].compactMap { waivers.firstRange(of: $0)?.lowerBound }
    #expect(order == order.sorted() && order.count == 3)
    #expect(waivers.contains(texts("html.waiver.ended", ["count": "3"])) && waivers.contains(texts("html.waiver.days", ["count": "11"])))
    #expect(text.firstMatch(of: /html\.[a-z]|explain\.[a-z]|clause\.[a-z]{3}/) == nil, "a text is missing")
    let ids = Set(between(text, " id=\"", "\""))
    for link in between(text, "<a ", ">").compactMap({ between(String($0), "href=\"#", "\"").first }) {
      #expect(ids.contains(link), "\(link)")
    }
  }

  @Test("Without earlier runs, waivers or frameworks there is nothing of them")
  func noParts() throws {
    let text = try report(try Samples.full())
    for id in ["trend", "clauses", "waivers"] { #expect(!text.contains("<section id=\"\(id)\">") && !text.contains("href=\"#\(id)\"")) }
  }

  @Test("Names in waivers are escaped", arguments: hostile)
  func waiverNames(name: String) throws {
    let outcome = try Samples.full()
    let isSame =
      skeleton(try report(outcome, .english, try context(outcome, name: name)))
      == skeleton(try report(outcome, .english, try context(outcome)))
    #expect(isSame)
  }

  private func between(_ text: String, _ open: String, _ close: String) -> [Substring] {
    var found: [Substring] = []
    var rest = text[...]
    while let start = rest.firstRange(of: open), let end = rest[start.upperBound...].firstRange(of: close) {
      found.append(rest[start.upperBound..<end.lowerBound])
      rest = rest[end.upperBound...]
    }
    return found
  }

  @Test("One style and one script, each allowed by its digest, and nothing else", arguments: Language.allCases)
  func policy(language: Language) throws {
    let text = try report(try Samples.full(), language)
    let style = between(text, "<style>", "</style>")
    let script = between(text, "<script>", "</script>")
    #expect(style.count == 1 && script.count == 1)
    #expect(text.components(separatedBy: "<script").count == 2 && text.components(separatedBy: "<style").count == 2)
    let policy = try #require(between(text, "Content-Security-Policy\" content=\"", "\"").first)
    for (name, block) in [("style-src", style[0]), ("script-src", script[0])] {
      let digest = Data(Digest.sha256Bytes(Array(block.utf8))).base64EncodedString()
      #expect(policy.contains("\(name) 'sha256-\(digest)'"))
    }
    #expect(policy.contains("default-src 'none'") && policy.contains("base-uri 'none'") && policy.contains("form-action 'none'"))
    #expect(text.firstMatch(of: /<[^>]* (?:on[a-z]+|style|src)=/) == nil)
    #expect(text.firstMatch(of: /(?:href|url\()="?(?:https?:)?\/\//) == nil)
  }

  @Test("A report with one of everything shows each of them", arguments: Language.allCases)
  func everything(language: Language) throws {
    let outcome = try Samples.full()
    let texts = try Samples.texts(language)
    let text = try report(outcome, language)
    for id in ["layers", "worst", "all", "unjudged", "repair", "method"] {
      #expect(between(text, "<section id=\"\(id)\">", "</section>").count == 1)
    }
    #expect(between(text, "<tr class=\"x ", "</tr>").count == outcome.results.count)
    for score in outcome.scores {
      #expect(text.contains(score.low == score.high ? ">\(score.low)</span>" : ">\(score.low)–\(score.high)</span>"))
      for cost in score.costs {
        let sentence: Markup = "<li>\(texts.sentence(cost))</li>"
        #expect(text.contains(sentence.text))
      }
    }
    #expect(text.contains("broken.xml") && text.contains(texts["html.status.refused"]))
    #expect(text.firstMatch(of: /html\.[a-z]|explain\.[a-z]|why\.[a-z]|state\.[a-z]/) == nil, "a text is missing")
    #expect(text.contains("<html lang=\"\(language.rawValue)\">"))
  }

  @Test("A link leads to a row or an article that exists")
  func links() throws {
    let text = try report(try Samples.full())
    let ids = Set(between(text, " id=\"", "\""))
    let links = between(text, "<a ", ">").compactMap { between(String($0), "href=\"#", "\"").first.map(String.init) }
    #expect(!links.isEmpty)
    for link in links { #expect(ids.contains(Substring(link)), "\(link)") }
    #expect(between(text, " id=\"", "\"").count == ids.count, "an id stands twice")
  }

  /// What a machine may call itself, and what a value may hold.
  static let hostile = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'--></style><svg onload=alert(1)>", "</script><script>", "<!--", "]]>",
    "&lt;b&gt;", "\u{202E}lmx.tseug", "\u{2066}a\u{2069}", "a\u{0}b\u{1B}[31m\u{7F}\u{9B}", "zero\u{200B}width\u{FEFF}",
    "{{7*7}} ${7*7} \\u003c",
    "\r\n<td>", String(repeating: "<", count: 3000), "\u{2028}\u{2029}", "`", "javascript:alert(1)", "#r-1\" autofocus onfocus=\"x",
  ]

  private func outcome(named name: String) throws -> AuditOutcome {
    let asset = Asset(id: "domain:\(name)", kind: .domain, platform: "libvirt-domain", name: name)
    let control = Samples.control("LVX-001", .critical, .environment, messages: ["unsafe": "{found} in {device}"])
    let evidence = [
      Evidence(fact: "configured.\(name)", state: .present, value: .string(name), source: .path(name, line: 3)),
      Evidence(fact: name, state: .unreadable, value: nil, source: .command(name), why: "permission"),
    ]
    let unknown = Samples.control("LVX-002", .high, .environment)
    return try Samples.outcome(
      [
        Samples.finding(
          control, .fail, asset: asset, arguments: ["found": .string(name), "device": .object([.init(name, .string(name))])],
          evidence: evidence),
        Samples.finding(unknown, .unknown, asset: asset, messageCase: "unknown", arguments: ["fact": .string(name)], evidence: evidence),
        Samples.finding(
          Samples.control("LVX-003"), .unknown, asset: asset, reason: "parameterNotSet", messageCase: "parameter",
          arguments: ["parameter": .string(name)]),
        Samples.finding(control, .pass, asset: asset, messageCase: name, evidence: evidence),
      ],
      targets: [
        TargetOutcome(
          target: name, status: .partial, refusals: [Refusal(target: name, code: "malformed", message: "\(name): \(name)", line: 1)])
      ])
  }

  /// Tags with their attribute names, in order: the skeleton of a document.
  private func skeleton(_ text: String) -> [String] {
    text.matches(of: /<(\/?[a-zA-Z!][a-zA-Z0-9]*)((?:\s+[a-zA-Z-]+(?:="[^"]*")?)*)\s*\/?>/).filter { $0.1 != "wbr" }.map { match in
      "\(match.1) " + match.2.matches(of: /([a-zA-Z-]+)(?:="[^"]*")?/).map { String($0.1) }.joined(separator: " ")
    }
  }

  @Test("No name or value becomes markup or turns the direction of writing", arguments: hostile)
  func escaping(name: String) throws {
    let text = try report(try outcome(named: name))
    let isSame = skeleton(text) == skeleton(try report(try outcome(named: "web-01")))
    #expect(isSame)
    let forbidden = text.unicodeScalars.filter { scalar in
      (scalar.value < 0x20 && scalar != "\n") || (0x7F...0x9F).contains(scalar.value) || (0x202A...0x202E).contains(scalar.value)
        || (0x2066...0x2069).contains(scalar.value) || [0x200B, 0x2028, 0x2029, 0xFEFF].contains(scalar.value)
    }
    #expect(forbidden.isEmpty)
  }

  @Test("A name with marks of direction is told apart from one without")
  func visibleMarks() throws {
    let text = try report(try outcome(named: "\u{202E}db"))
    #expect(text.contains("‹U+202E›db"))
  }

  @Test("Ten thousand results stay usable")
  func large() throws {
    let control = Samples.control("LVX-001", .high, .environment, messages: ["unsafe": "{found} is shared"])
    let passing = Samples.control("LVX-002", .medium, .isolation, messages: ["safe": "fine"])
    var findings: [Finding] = []
    for i in 0..<5000 {
      let asset = Samples.asset("guest-\(i)", kind: .domain)
      findings.append(
        Samples.finding(
          control, .fail, asset: asset, arguments: ["found": .string("vd\(i)")], evidence: [Samples.evidence("/srv/\(i).xml")]))
      findings.append(Samples.finding(passing, .pass, asset: asset, messageCase: "safe", evidence: [Samples.evidence("/srv/\(i).xml")]))
    }
    let text = try report(try Samples.outcome(findings))
    #expect(text.components(separatedBy: "<tr class=\"x ").count == 10_001)
    #expect(text.utf8.count < 16 << 20, "\(text.utf8.count) bytes")
    // By kind instead of one radio and a set of rules for each of five thousand assets.
    #expect(text.components(separatedBy: "name=\"a\"").count < 10)
    if let path = ProcessInfo.processInfo.environment["RINGWALL_KEEP_REPORT"] {
      try text.write(toFile: path, atomically: true, encoding: .utf8)
    }
  }

  @Test("Nothing judged is said, and is no success")
  func empty() throws {
    let text = try report(try Samples.outcome([]))
    let nothing = try Samples.texts()["html.nothing"]
    #expect(text.contains(nothing))
    #expect(between(text, "<section id=\"layers\">", "</section>").isEmpty)
  }
}
