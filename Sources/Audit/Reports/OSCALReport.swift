internal import Domain
internal import Judgement

/// The result as OSCAL assessment results (NIST, version 1.1.3, JSON): an inventory item for each asset, an observation for each result, a finding for
/// each control that judged something.
///
/// A finding is about this project's control and its objective, never about a clause of a law: the clauses that a control gives evidence for stand in
/// its properties. It is satisfied where every result of the control passes; failing, unknown and waived ones make it not-satisfied. Identifiers
/// are derived from what they name.
public struct OSCALReport {
  private static let version = "1.1.3"
  private static let namespace = "https://ringwall.example/ns/oscal"
  private let outcome: AuditOutcome
  private let texts: Texts
  /// Framework and clause by family of controls.
  private let clauses: [String: [String]]
  /// Tells the documents of different runs apart, and those of one run not.
  private let run: String

  /// Hands the report over piece by piece.
  public static func write<Failure: Error>(
    _ outcome: AuditOutcome, texts: Texts, context: ReportContext = ReportContext(), to output: ([UInt8]) throws(Failure) -> Void
  ) throws(Failure) {
    let report = OSCALReport(outcome, texts, context)
    func put(_ text: String) throws(Failure) { try output(Array(text.utf8)) }
    try put("{\"assessment-results\": {\n")
    for (name, value) in report.head { try put("  \"\(name)\": \(JSONText.string(value)),\n") }
    try put("  \"results\": [{\n")
    for (i, member) in report.result.enumerated() { try put("\(i == 0 ? "" : ",\n")    \"\(member.0)\": \(JSONText.string(member.1))") }
    if !outcome.results.isEmpty {
      try put(",\n    \"observations\": [")
      for (i, result) in outcome.results.enumerated() {
        try output(Array((i == 0 ? "\n      " : ",\n      ").utf8) + JSONText.bytes(report.observation(result)))
      }
      try put("\n    ]")
    }
    let findings = ControlEvidence.groups(of: outcome.results).filter { $0.results.contains { $0.verdict != .notApplicable } }
    if !findings.isEmpty {
      try put(",\n    \"findings\": [")
      for (i, control) in findings.enumerated() {
        try output(Array((i == 0 ? "\n      " : ",\n      ").utf8) + JSONText.bytes(report.finding(control)))
      }
      try put("\n    ]")
    }
    try put("\n  }],\n  \"back-matter\": \(JSONText.string(report.backMatter))\n}}\n")
  }

  private init(_ outcome: AuditOutcome, _ texts: Texts, _ context: ReportContext) {
    self.outcome = outcome
    self.texts = texts
    var clauses: [String: [String]] = [:]
    for control in context.frameworks.isEmpty ? [] : outcome.controls {
      clauses[control.id] = context.frameworks.flatMap { evidence in
        evidence.framework.clauses(control: control).map { "\(evidence.framework.id) \($0.id)" }
      }
    }
    self.clauses = clauses
    run = NamedUUID.text(
      "run", outcome.collected.at, outcome.policyDigest, outcome.baseline.digest, outcome.assets.map(\.id).joined(separator: "\u{1}"))
  }

  // MARK: - Frame

  private var plan: String { NamedUUID.text("plan", outcome.baseline.digest) }

  private var head: [(String, FactValue)] {
    [
      ("uuid", .string(run)),
      (
        "metadata",
        [
          "title": .string(texts.headed(texts["html.title"], "\(outcome.baseline.name) \(outcome.baseline.version)")),
          "last-modified": .string(outcome.collected.at), "version": .string(outcome.baseline.version),
          "oscal-version": .string(Self.version),
          "props": [property("tool-version", outcome.version), property("policy-digest", outcome.policyDigest)],
        ]
      ),
      // There is no assessment plan as a document: the baseline says what was assessed.
      ("import-ap", ["href": .string("#\(plan)")]),
    ]
  }

  private var backMatter: FactValue {
    [
      "resources": [
        [
          "uuid": .string(plan), "title": .string("\(outcome.baseline.name) \(outcome.baseline.version)"),
          "description": .string(texts["oscal.plan"]),
          "props": [property("baseline-digest", outcome.baseline.digest)],
        ]
      ]
    ]
  }

  private var result: [(String, FactValue)] {
    let summary = Verdict.worstFirst.map { texts("count.\($0.rawValue)", ["count": "\(outcome.count($0))"]) }
    let refusals = outcome.targets.flatMap(\.refusals).map { texts.line($0) }
    let items = outcome.assets.map { asset -> FactValue in
      .object([
        "uuid": .string(Self.uuid(asset)), "description": .string(Self.text(asset.name)),
        "props": .array(
          [("asset-id", asset.id), ("kind", asset.kind.rawValue), ("platform", asset.platform)].map { property($0.0, $0.1) }),
      ])
    }
    let selection: [FactValue] = outcome.controls.map { ["control-id": .string($0.id)] }
    var members: [(String, FactValue)] = [
      ("uuid", .string(NamedUUID.text("result", run))), ("title", .string("\(outcome.baseline.name) \(outcome.collected.at)")),
      ("description", .string(summary.joined(separator: texts["list.separator"]) + texts["sentence.end"])),
      ("start", .string(outcome.collected.at)),
      ("end", .string(outcome.collected.at)),
    ]
    if !items.isEmpty { members.append(("local-definitions", ["inventory-items": .array(items)])) }
    let controls: FactValue = selection.isEmpty ? ["include-all": .object([FactValue.Member]())] : ["include-controls": .array(selection)]
    members.append(("reviewed-controls", ["control-selections": [controls]]))
    if !refusals.isEmpty {
      let head = texts("table.refused", ["count": "\(refusals.count)"])
      members.append(("remarks", .string(texts.headed(head, refusals.joined(separator: "; ")))))
    }
    return members
  }

  // MARK: - Results

  private func observation(_ result: AuditResult) -> FactValue {
    let finding = result.finding
    let evidence = finding.evidence.prefix(16).map { evidence -> FactValue in
      let value = evidence.value.map { texts.shown($0) } ?? texts["state.\(evidence.state.rawValue)"]
      let place = evidence.source.map { "\($0.shown): " } ?? ""
      return ["description": .string(Self.text("\(place)\(evidence.fact) = \(value)"))]
    }
    return .object([
      "uuid": .string(uuid(result)), "title": .string(Self.text("\(result.control.id) \(finding.asset.name)")),
      "description": .string(Self.text(texts.message(finding))),
      "props": .array(
        [
          ("verdict", result.verdict.rawValue), ("severity", result.control.severity.rawValue), ("fingerprint", result.fingerprint),
          ("reason", finding.reason),
        ].filter { !$0.1.isEmpty }.map { property($0.0, $0.1) }),
      "methods": ["TEST"], "types": ["finding"],
      "subjects": [
        ["subject-uuid": .string(Self.uuid(finding.asset)), "type": "inventory-item", "title": .string(Self.text(finding.asset.name))]
      ],
      "relevant-evidence": evidence.isEmpty ? nil : .array(Array(evidence)), "collected": .string(outcome.collected.at),
    ])
  }

  private func finding(_ evidence: ControlEvidence) -> FactValue {
    let control = evidence.control
    let isSatisfied = evidence.results.allSatisfy { $0.verdict == .pass || $0.verdict == .notApplicable }
    let counts = Verdict.worstFirst.filter { evidence.count($0) > 0 }.map {
      texts("count.\($0.rawValue)", ["count": "\(evidence.count($0))"])
    }
    let properties =
      [property("severity", control.severity.rawValue), property("layer", control.layer.rawValue)]
      + (clauses[control.id] ?? []).map { property("evidence-for", $0) }
    // Of a control that nowhere fails: what is unknown or waived is told apart from what fails.
    let reason = isSatisfied ? "pass" : evidence.count(.fail) > 0 ? "fail" : "other"
    return .object([
      "uuid": .string(NamedUUID.text("finding", run, control.id)), "title": .string(Self.text("\(control.id) \(texts.title(control))")),
      "description": .string(counts.joined(separator: texts["list.separator"])), "props": .array(properties),
      "target": [
        "type": "objective-id", "target-id": .string(control.id),
        "status": ["state": isSatisfied ? "satisfied" : "not-satisfied", "reason": .string(reason)],
      ],
      "related-observations": .array(evidence.results.map { ["observation-uuid": .string(uuid($0))] }),
    ])
  }

  private func uuid(_ result: AuditResult) -> String {
    NamedUUID.text("observation", run, result.finding.asset.id, result.fingerprint, result.finding.place?.shown ?? "")
  }

  private static func uuid(_ asset: Asset) -> String { NamedUUID.text("asset", asset.id) }

  private func property(_ name: String, _ value: String) -> FactValue {
    ["name": .string(name), "ns": .string(Self.namespace), "value": .string(Self.text(value))]
  }

  /// One line without space at its ends, as OSCAL's titles and properties are; never empty.
  private static func text(_ value: String) -> String {
    let words = value.printable.split(separator: " ").joined(separator: " ")
    return words.isEmpty ? "-" : words
  }
}
