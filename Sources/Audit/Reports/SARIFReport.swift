internal import Domain
internal import Waivers
internal import Judgement

/// The result as SARIF 2.1.0 (OASIS standard of 27 March 2020), for code scanning and editors.
///
/// A failing control is a result of kind `fail`; one that could not be judged is of kind `open` ("insufficient information to decide",
/// section 3.27.9), which the standard gives the level `none`; a waived one is a failing result with an accepted suppression. Passes
/// are written on demand only. Targets refused are notifications of the invocation, and make it unsuccessful.
/// Columns are those of the source in bytes.
public struct SARIFReport {
  /// Name of our fingerprint among `partialFingerprints`.
  static let fingerprintKey = "ringwallFinding/v1"

  private let outcome: AuditOutcome
  private let exit: ExitStatus
  private let texts: Texts
  private let locations: SARIFLocations
  private let results: [AuditResult]
  private let rules: [Control]
  private let ruleIndex: [String: Int]
  private let files: [String: String]

  /// Hands the report over piece by piece.
  ///
  /// - Parameter showsAll: results that pass or do not apply too.
  public static func write<Failure: Error>(
    _ outcome: AuditOutcome, exit: ExitStatus, texts: Texts, showsAll: Bool = false, to output: ([UInt8]) throws(Failure) -> Void
  ) throws(Failure) {
    let report = SARIFReport(outcome, exit, texts, showsAll: showsAll)
    func put(_ text: String) throws(Failure) { try output(Array(text.utf8)) }
    try put(
      """
      {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{

      """)
    for (name, value) in report.head { try put("    \"\(name)\": \(JSONText.string(value)),\n") }
    try put("    \"results\": [")
    for (i, result) in report.results.enumerated() {
      try output(Array((i == 0 ? "\n      " : ",\n      ").utf8) + JSONText.bytes(report.result(result)))
    }
    try put(report.results.isEmpty ? "]\n  }]\n}\n" : "\n    ]\n  }]\n}\n")
  }

  /// The whole report at once.
  public static func bytes(_ outcome: AuditOutcome, exit: ExitStatus, texts: Texts, showsAll: Bool = false) -> [UInt8] {
    var bytes: [UInt8] = []
    write(outcome, exit: exit, texts: texts, showsAll: showsAll) { bytes += $0 }
    return bytes
  }

  private init(_ outcome: AuditOutcome, _ exit: ExitStatus, _ texts: Texts, showsAll: Bool) {
    self.outcome = outcome
    self.exit = exit
    self.texts = texts
    locations = SARIFLocations(roots: outcome.roots, folder: WorkingFolder.path)
    files = outcome.filesByAsset
    results = outcome.results.filter { showsAll || $0.verdict.needsAttention }
    var byID: [String: Control] = [:]
    for result in outcome.results { byID[result.control.id] = result.control }
    rules = byID.values.sorted { $0.id < $1.id }
    ruleIndex = Dictionary(uniqueKeysWithValues: rules.enumerated().map { ($1.id, $0) })
  }

  // MARK: - The run

  private var head: [(String, FactValue)] {
    [
      ("tool", ["driver": driver]),
      ("language", .string(texts.language.rawValue)),
      ("columnKind", "unicodeCodePoints"),
      ("automationDetails", ["id": .string("ringwall/\(outcome.baseline.name)/")]),
      ("originalUriBaseIds", locations.bases),
      ("invocations", [invocation]),
      (
        "properties",
        [
          "baseline": .string("\(outcome.baseline.name) \(outcome.baseline.version)"), "policyDigest": .string(outcome.policyDigest),
          "summary": .object(Verdict.worstFirst.map { .init($0.rawValue, .int(Int64(outcome.count($0)))) }),
        ]
      ),
    ]
  }

  private var driver: FactValue {
    let codes = Set(outcome.targets.flatMap { $0.refusals.map(\.code) }).sorted()
    return [
      "name": "Ringwall", "version": .string(outcome.version), "semanticVersion": .string(outcome.version),
      "shortDescription": ["text": "Guards the boundary between virtual machines and their hosts."],
      "rules": .array(rules.map(rule)),
      "notifications": .array(codes.map { ["id": .string("refusal/\($0)"), "shortDescription": ["text": .string(refusalText($0))]] }),
    ]
  }

  private func refusalText(_ code: String) -> String { texts.has("refusal.\(code)") ? texts["refusal.\(code)"] : code }

  private func rule(_ control: Control) -> FactValue {
    let title = texts.title(control)
    let words = texts.words(of: control)
    let sections = [
      ("", words.description), (texts["explain.safe"], words.safe), (texts["explain.default"], words.defaultValue),
      (texts["explain.repair"], words.remediation), (texts["explain.restart"], words.restart),
      (texts["explain.source"], control.provenance),
    ].filter { !$0.1.isEmpty }
    let plain = sections.map { $0.0.isEmpty ? $0.1 : texts.headed($0.0, $0.1) }.joined(separator: "\n\n")
    let markdown = sections.map { $0.0.isEmpty ? Self.markdown($0.1) : texts.headed("**\($0.0)**", Self.markdown($0.1)) }
      .joined(separator: "\n\n")
    return .object([
      "id": .string(control.id), "name": .string(Self.name(control.title)), "shortDescription": ["text": .string(title)],
      "fullDescription": ["text": .string(words.description.isEmpty ? title : words.description)],
      "help": ["text": .string(plain.isEmpty ? title : plain), "markdown": .string(markdown.isEmpty ? title : markdown)],
      "defaultConfiguration": ["level": .string(Self.level(control.severity))],
      "properties": [
        "tags": ["security", .string("layer/\(control.layer.rawValue)"), .string("platform/\(control.platform)")], "precision": "very-high",
        "security-severity": .string(Self.securitySeverity(control.severity)), "severity": .string(control.severity.rawValue),
        "family": .string(control.family), "policy": .string(control.location.shown),
      ],
    ])
  }

  private var invocation: FactValue {
    let notifications = outcome.targets.flatMap(\.refusals).map { refusal -> FactValue in
      let location = locations.location(of: .path(refusal.target, line: refusal.line, column: refusal.column), asset: nil)
      return .object([
        "level": "error", "message": ["text": .string(Self.plain(texts.line(refusal)))],
        "descriptor": ["id": .string("refusal/\(refusal.code)")],
        "locations": [location],
      ])
    }
    return .object([
      "executionSuccessful": .bool(exit.refused == 0), "exitCode": .int(Int64(exit.code)), "endTimeUtc": .string(outcome.collected.at),
      "workingDirectory": locations.folder, "toolExecutionNotifications": .array(notifications),
    ])
  }

  // MARK: - Results

  private func result(_ result: AuditResult) -> FactValue {
    let finding = result.finding
    let places = finding.places
    let first = places.first
    let rest = places.dropFirst().prefix(15)
    var location = first.map { locations.location(of: $0.source, asset: finding.asset) } ?? locations.location(of: finding.asset)
    if first?.source.kind != .path, let file = locations.file(of: finding.asset) {
      location = file
    } else if first == nil, let file = files[finding.asset.id] {
      // Readers of code want a file: one that the asset was read from, without a line.
      location = locations.location(of: .path(file), asset: finding.asset)
    }
    let related = rest.enumerated().map { i, entry -> FactValue in
      guard case .object(let members) = locations.location(of: entry.source, asset: finding.asset) else { return .null }
      return .object([.init("id", .int(Int64(i + 1)))] + members + [.init("message", ["text": .string(entry.fact)])])
    }
    let kind = Self.kind(result.verdict)
    return .object([
      "ruleId": .string(result.control.id), "ruleIndex": ruleIndex[result.control.id].map { .int(Int64($0)) }, "kind": .string(kind),
      "level": .string(kind == "fail" ? Self.level(result.control.severity) : "none"), "message": ["text": .string(message(result))],
      "locations": [location], "relatedLocations": related.isEmpty ? nil : .array(Array(related)),
      "partialFingerprints": [Self.fingerprintKey: .string(result.fingerprint)],
      "suppressions": result.verdict == .waived ? [suppression(result)] : nil,
      "properties": .object([
        "asset": .string(finding.asset.id), "verdict": .string(result.verdict.rawValue),
        "reason": finding.reason.isEmpty ? nil : .string(finding.reason), "severity": .string(result.control.severity.rawValue),
        "layer": .string(result.control.layer.rawValue), "found": result.found, "safe": .string(result.control.safe),
      ]),
    ])
  }

  /// Why somebody accepted the finding, until when, and who (section 3.35).
  private func suppression(_ result: AuditResult) -> FactValue {
    .object([
      "kind": "external", "status": "accepted",
      "justification": result.waiver.map { .string(Self.plain(texts.aside($0.waiver.reason, texts.waived($0)))) },
    ])
  }

  /// The finding, the asset, and for an unknown the word that it is one.
  private func message(_ result: AuditResult) -> String {
    let words = texts.aside(texts.message(result.finding), result.finding.asset.name)
    return Self.plain(result.verdict == .unknown ? texts.headed(texts["verdict.unknown"], words) : words)
  }

  private static func kind(_ verdict: Verdict) -> String {
    switch verdict {
    case .fail, .waived: "fail"
    case .unknown: "open"
    case .pass: "pass"
    case .notApplicable: "notApplicable"
    }
  }

  private static func level(_ severity: Severity) -> String {
    switch severity {
    case .critical, .high: "error"
    case .medium: "warning"
    case .low, .info: "note"
    }
  }

  /// The number by which code scanning sorts: within the bands that it calls critical, high, medium and low.
  private static func securitySeverity(_ severity: Severity) -> String {
    switch severity {
    case .critical: "9.5"
    case .high: "8.0"
    case .medium: "5.5"
    case .low: "2.5"
    case .info: "0.0"
    }
  }

  /// One line in which nothing reads as a link: "[text](address)" of a message is a link in SARIF, and names come from the machines judged.
  private static func plain(_ text: String) -> String { text.printable.replacing("](", with: "] (") }

  /// Text of a control in Markdown: the characters that Markdown gives a meaning stand for themselves.
  private static func markdown(_ text: String) -> String {
    var result = ""
    for character in text {
      if "\\`*_{}[]<>#|~".contains(character) { result.append("\\") }
      result.append(character)
    }
    return result
  }

  /// "Nested virtualization off" as an identifier: NestedVirtualizationOff.
  private static func name(_ title: String) -> String {
    let words = title.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
    let name = words.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    return name.isEmpty ? "Control" : name
  }
}
