internal import ArgumentParser
internal import Judgement
internal import Rego

struct DepsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deps",
    abstract: "List the documents that a Rego query needs, as opa deps does.",
    discussion: """
        ringwall deps -d policies data.ringwall.audit.results
        ringwall deps -d p.rego --format json data.example.allow

      Base documents are data and parts of the input, virtual documents are those of rules. Nothing is evaluated.
      Exit codes: 0; 1 where the query or a policy is wrong, and after wrong use.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case pretty, json
  }

  @Argument(help: "The query.")
  var query: String

  @OptionGroup var sources: RegoOptions

  @Option(name: [.customShort("f", allowingJoined: true), .long], help: ArgumentHelp("pretty or json.", valueName: "format"))
  var format: Format = .pretty

  func run() throws {
    do {
      let (modules, _) = try sources.load()
      let policy = try TracedPolicy(modules, options: try sources.policyOptions())
      let found = try policy.dependencies(of: query, options: sources.compilation.parserOptions)
      show(found)
    } catch {
      guard let errors = OutputError.list(error) else { throw error }
      Console.complain(OutputError.text(errors), isWhole: true)
      throw ExitCode(1)
    }
  }

  private func show(_ found: Dependencies) {
    let columns = [("Base", "base", found.base), ("Virtual", "virtual", found.virtual)].filter { !$0.2.isEmpty }
    switch format {
    case .json:
      Console.print(OrderedJSON.text(.object(columns.map { .init($0.1, .array($0.2.map(\.json))) })))
    case .pretty:
      let count = columns.map { $0.2.count }.max() ?? 0
      guard count > 0 else { return }
      let rows = (0..<count).map { row in columns.map { row < $0.2.count ? $0.2[row].text : "" } }
      Console.print(TextTable.text(columns.map { "\($0.0) Documents".uppercased() }, rows))
    }
  }
}
