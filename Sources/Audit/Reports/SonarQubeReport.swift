internal import Domain

/// The findings as external issues of SonarQube (`sonar.externalIssuesReportPaths`): in the format of version 10.3 and later, with rules and their
/// impacts, or in the one before, in which each issue carries its own type and severity.
///
/// SonarQube shows issues on files of the scanned project and leaves out those on others, which its scanner names: paths are relative to the working
/// folder where they lie below it. Only what fails or is unknown is an issue; waived findings are none.
public struct SonarQubeReport {
  public enum Form: Sendable, Hashable {
    case current
    /// Before 10.3.
    case old
  }

  private static let engine = "ringwall"
  private let texts: Texts
  private let form: Form
  private let files: [String: String]

  public static func write<Failure: Error>(
    _ outcome: AuditOutcome, texts: Texts, form: Form, to output: ([UInt8]) throws(Failure) -> Void
  ) throws(Failure) {
    let report = SonarQubeReport(texts: texts, form: form, files: outcome.filesByAsset)
    let results = outcome.results.filter { $0.verdict == .fail || $0.verdict == .unknown }
    try output(Array("{".utf8))
    if form == .current {
      try list("rules", outcome.controls, to: output, report.rule)
      try output(Array(",".utf8))
    }
    try list("issues", results, to: output, report.issue)
    try output(Array("\n}\n".utf8))
  }

  private static func list<Element, Failure: Error>(
    _ name: String, _ elements: [Element], to output: ([UInt8]) throws(Failure) -> Void, _ value: (Element) -> FactValue
  ) throws(Failure) {
    try output(Array("\n  \"\(name)\": [".utf8))
    for (i, element) in elements.enumerated() { try output(Array((i == 0 ? "\n    " : ",\n    ").utf8) + JSONText.bytes(value(element))) }
    try output(Array(elements.isEmpty ? "]".utf8 : "\n  ]".utf8))
  }

  /// Severity of impacts has three steps in 10.3; type and severity stand there for instances that do not use impacts.
  private func rule(_ control: Control) -> FactValue {
    let words = texts.words(of: control)
    let parts = [words.description, words.remediation.isEmpty ? "" : texts.headed(texts["explain.repair"], words.remediation)].filter {
      !$0.isEmpty
    }
    return [
      "id": .string(control.id), "name": .string(texts.title(control)),
      "description": .string(parts.isEmpty ? texts.title(control) : parts.joined(separator: texts["sentence.gap"])),
      "engineId": .string(Self.engine),
      "cleanCodeAttribute": "TRUSTWORTHY", "type": "VULNERABILITY", "severity": .string(Self.severity(control.severity)),
      "impacts": [["softwareQuality": "SECURITY", "severity": .string(Self.impact(control.severity))]],
    ]
  }

  private func issue(_ result: AuditResult) -> FactValue {
    let finding = result.finding
    let places = finding.places.map(\.source)
    let words = texts.aside(texts.message(finding), finding.asset.name)
    let message = (result.verdict == .unknown ? texts.headed(texts["verdict.unknown"], words) : words).printable
    let place = places.first { $0.kind == .path }
    let rest = places.filter { $0.kind == .path && $0 != place }.prefix(10).map {
      location($0.name, $0.line, texts.title(result.control))
    }
    let path = place?.name ?? files[finding.asset.id] ?? places.first?.name ?? finding.asset.id
    return .object([
      "engineId": form == .old ? .string(Self.engine) : nil, "ruleId": .string(result.control.id),
      "severity": form == .old ? .string(Self.severity(result.control.severity)) : nil, "type": form == .old ? "VULNERABILITY" : nil,
      // Before 10.3 a primary location has a range in every case.
      "primaryLocation": location(path, place?.line ?? (form == .old ? 1 : nil), message), "effortMinutes": 0,
      "secondaryLocations": rest.isEmpty ? nil : .array(Array(rest)),
    ])
  }

  private func location(_ path: String, _ line: Int?, _ message: String) -> FactValue {
    .object([
      "message": .string(message), "filePath": .string(Self.relative(path).printable),
      "textRange": line.map { ["startLine": .int(Int64(max(1, $0)))] },
    ])
  }

  /// Below the working folder, where the scanner runs, relative to it.
  private static func relative(_ path: String) -> String {
    let folder = WorkingFolder.path
    if path.hasPrefix("./") { return String(path.dropFirst(2)) }
    return folder != "/" && path.hasPrefix(folder + "/") ? String(path.dropFirst(folder.utf8.count + 1)) : path
  }

  private static func severity(_ severity: Severity) -> String {
    switch severity {
    case .critical: "BLOCKER"
    case .high: "CRITICAL"
    case .medium: "MAJOR"
    case .low: "MINOR"
    case .info: "INFO"
    }
  }

  private static func impact(_ severity: Severity) -> String {
    switch severity {
    case .critical, .high: "HIGH"
    case .medium: "MEDIUM"
    case .low, .info: "LOW"
    }
  }
}
