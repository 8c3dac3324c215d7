internal import Domain
public import References

/// What is wrong with the citations of files, one line each, or as `ringwall.citations/1`.
public enum CitationReport {
  public static let schema = "ringwall.citations/1"

  /// One file's findings.
  public struct File: Sendable {
    public let path: String
    public let findings: [CitationFinding]

    public init(path: String, findings: [CitationFinding]) {
      self.path = path
      self.findings = findings
    }
  }

  public static func text(_ files: [File], texts: Texts) -> String {
    files.flatMap { file in
      file.findings.map { finding in
        "\(file.path.printable):\(finding.line):\(finding.column): \(texts.sentence(finding).printable)\n"
      }
    }.joined()
  }

  public static func json(_ files: [File], texts: Texts) -> [UInt8] {
    let findings = files.flatMap { file in
      file.findings.map { finding -> FactValue in
        [
          "file": .string(file.path), "line": .int(Int64(finding.line)), "column": .int(Int64(finding.column)),
          "kind": .string(finding.kind.rawValue), "citation": .string(finding.citation), "message": .string(texts.sentence(finding)),
        ]
      }
    }
    return JSONText.bytes(["schema": .string(schema), "findings": .array(findings)], indent: 2) + [0x0A]
  }
}

extension Texts {
  /// The finding as a sentence.
  public func sentence(_ finding: CitationFinding) -> String {
    let arguments = finding.arguments
    let fact = arguments[language == .chinese ? "fact.zh" : "fact.en"] ?? ""
    let use = arguments["use"].flatMap { use in
      use.isEmpty ? nil : self("citation.use", ["use": use.replacing(", ", with: self["list.items"])])
    }
    return self(
      "citation.\(finding.kind.rawValue)",
      [
        "id": finding.citation, "title": arguments["title"] ?? "", "wanted": arguments["wanted"] ?? "",
        "subject": arguments["subject"] ?? "",
        "issuer": arguments["issuer"] ?? "", "status": phrase(arguments["status"] ?? ""), "fact": fact, "use": use ?? "",
      ])
  }
}
