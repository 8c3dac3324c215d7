internal import ArgumentParser
internal import Audit
internal import Judgement
internal import References

struct CitationsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "citations",
    abstract: "Check that texts cite standards, advisories and CVEs by ids that exist, with their own titles and subjects.",
    discussion: """
        ringwall citations report.md docs
        ringwall citations --format json policy.md

      Looked at are NIST SP, FIPS, NIST IR, ISO, RFC, GB/T, VMSA, XSA, INTEL-SA, AMD-SB, GHSA, CVE, BOD and ED ids, and what the sentence says of \
      them. Files of a folder are those that end in .md, .txt, .yaml, .yml, .html, .rst and .adoc. Exit code 1: a citation is wrong. 2: one \
      is not in the table of this version (--unknown ok lifts this), or a file cannot be read. 2 wins over 1.
      """)

  enum Form: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
  }

  enum UnknownRule: String, ExpressibleByArgument, CaseIterable {
    case refuse
    case ok
  }

  @Argument(help: "Files or folders.", completion: .file())
  var files: [String]

  @Option(help: ArgumentHelp("Form of the result: text or json.", valueName: "format"))
  var format: Form = .text

  @Option(help: ArgumentHelp("With ok, ids that the table does not hold are not reported.", valueName: "ok"))
  var unknown: UnknownRule = .refuse

  @OptionGroup var data: DataOptions

  private static let suffixes = [".md", ".txt", ".yaml", ".yml", ".html", ".rst", ".adoc"]
  /// Largest text, in bytes.
  private static let limit = 4 << 20

  func run() throws {
    let folder = try DataFolder(named: data.data)
    let texts = try Texts(data.language, from: folder)
    let check = CitationCheck(table: try CitationTable(from: folder))
    var results: [CitationReport.File] = []
    for path in files {
      let found = try DataFiles.files(at: path, suffixes: Self.suffixes)
      if found.isEmpty {
        throw DataError("\(path): holds no file whose name ends in \(Self.suffixes.joined(separator: ", ")); name the files themselves")
      }
      for file in found {
        let bytes = try DataFiles.bytes(file, limit: Self.limit)
        let findings = check.findings(in: String(decoding: bytes, as: UTF8.self)).filter { unknown == .refuse || $0.kind != .unknown }
        results.append(.init(path: file, findings: findings))
      }
    }
    switch format {
    case .json: Console.print(CitationReport.json(results, texts: texts))
    case .text:
      let text = CitationReport.text(results, texts: texts)
      if !text.isEmpty { Console.print(text) }
    }
    let findings = results.flatMap(\.findings)
    let missing = findings.count { $0.kind == .unknown }
    Console.say(
      texts("citation.summary", ["count": "\(results.count)", "wrong": "\(findings.count - missing)", "unknown": "\(missing)"]))
    throw ExitCode(missing > 0 ? 2 : findings.isEmpty ? 0 : 1)
  }
}
