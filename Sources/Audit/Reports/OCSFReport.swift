internal import Domain
internal import Judgement

/// The result as an array of OCSF 1.5.0 events of class 2003, Compliance Finding, one for each result.
///
/// Pass is 1, fail 3 and unknown 0 in `compliance.status_id`; a waived result fails there and is suppressed as a finding; one that does not apply is
/// 99, other.
public struct OCSFReport {
  private static let schemaVersion = "1.5.0"
  private let outcome: AuditOutcome
  private let texts: Texts
  private let context: ReportContext
  /// Milliseconds since 1970.
  private let time: Int64

  /// Hands the report over event by event.
  ///
  /// - Parameter context: with frameworks, `standards` and `requirements` name theirs.
  public static func write<Failure: Error>(
    _ outcome: AuditOutcome, texts: Texts, context: ReportContext = ReportContext(), to output: ([UInt8]) throws(Failure) -> Void
  ) throws(Failure) {
    let report = OCSFReport(outcome: outcome, texts: texts, context: context, time: milliseconds(outcome.collected.at))
    try output(Array("[".utf8))
    for (i, result) in outcome.results.enumerated() {
      try output(Array((i == 0 ? "\n  " : ",\n  ").utf8) + JSONText.bytes(report.event(result)))
    }
    try output(Array(outcome.results.isEmpty ? "]\n".utf8 : "\n]\n".utf8))
  }

  private func event(_ result: AuditResult) -> FactValue {
    let (finding, control) = (result.finding, result.control)
    let message = texts.message(finding).printable
    let words = texts.words(of: control)
    let (severityID, severity) = Self.severity(control.severity)
    let isSuppressed = result.verdict == .waived
    let clauses = context.frameworks.map { ($0.framework, $0.framework.clauses(control: control)) }.filter { !$0.1.isEmpty }
    return .object([
      "activity_id": 1, "activity_name": "Create", "category_name": "Findings", "category_uid": 2, "class_name": "Compliance Finding",
      "class_uid": 2003, "type_uid": 200301, "type_name": "Compliance Finding: Create", "time": .int(time), "severity_id": .int(severityID),
      "severity": .string(severity), "status_id": .int(isSuppressed ? 3 : 1), "status": isSuppressed ? "Suppressed" : "New",
      "status_detail": finding.reason.isEmpty ? nil : .string(finding.reason), "message": .string(message),
      "metadata": [
        "version": .string(Self.schemaVersion), "event_code": .string(control.id),
        "product": [
          "name": "Ringwall", "vendor_name": "Ringwall", "version": .string(outcome.version), "lang": .string(texts.language.rawValue),
        ],
      ],
      "finding_info": [
        "uid": .string(result.fingerprint), "title": .string(texts.title(control)), "desc": .string(message), "created_time": .int(time),
        "types": [.string(control.layer.rawValue)], "data_sources": .array(finding.places.prefix(16).map { .string($0.source.shown) }),
      ],
      "compliance": .object([
        "control": .string(control.id), "desc": .string(words.description.isEmpty ? texts.title(control) : words.description),
        "standards": clauses.isEmpty ? nil : .array(clauses.map { .string($0.0.id) }),
        "requirements": clauses.isEmpty
          ? nil : .array(clauses.flatMap { framework, clauses in clauses.map { .string("\(framework.id) \($0.id)") } }),
        "status_id": .int(Self.status(result.verdict).0), "status": .string(Self.status(result.verdict).1),
      ]),
      "remediation": words.remediation.isEmpty ? nil : ["desc": .string(words.remediation)],
      "resources": [
        [
          "uid": .string(finding.asset.id.printable), "name": .string(finding.asset.name.printable),
          "type": .string(finding.asset.kind.rawValue),
        ]
      ],
      "unmapped": .object([
        "verdict": .string(result.verdict.rawValue), "found": result.found, "safe": .string(control.safe),
        "baseline": .string("\(outcome.baseline.name) \(outcome.baseline.version)"), "policy_digest": .string(outcome.policyDigest),
      ]),
    ])
  }

  /// Milliseconds since 1970 of a time as the clock of a run writes it ("2026-11-24T16:38:38Z"); 0 for any other text.
  static func milliseconds(_ time: String) -> Int64 {
    let numbers = time.split { !$0.isASCII || !$0.isNumber }.compactMap { Int64($0) }
    guard numbers.count == 6, time.utf8.count == 20, (1...12).contains(numbers[1]), (1...9999).contains(numbers[0]) else { return 0 }
    // Days since 1970 of a civil date (H. Hinnant's algorithm): years that begin on 1 March.
    let year = numbers[1] <= 2 ? numbers[0] - 1 : numbers[0]
    let yearOfEra = year % 400
    let dayOfYear = (153 * (numbers[1] > 2 ? numbers[1] - 3 : numbers[1] + 9) + 2) / 5 + numbers[2] - 1
    let days = year / 400 * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    return (days * 86_400 + numbers[3] * 3600 + numbers[4] * 60 + numbers[5]) * 1000
  }

  private static func severity(_ severity: Severity) -> (Int64, String) {
    switch severity {
    case .info: (1, "Informational")
    case .low: (2, "Low")
    case .medium: (3, "Medium")
    case .high: (4, "High")
    case .critical: (5, "Critical")
    }
  }

  private static func status(_ verdict: Verdict) -> (Int64, String) {
    switch verdict {
    case .pass: (1, "Pass")
    case .fail, .waived: (3, "Fail")
    case .unknown: (0, "Unknown")
    case .notApplicable: (99, "Other")
    }
  }
}
