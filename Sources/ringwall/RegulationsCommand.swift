internal import ArgumentParser
internal import Audit
internal import Judgement
internal import References

struct RegulationsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "regulations",
    abstract: "Show what laws of China, the US and the EU ask of virtualized environments, with source, date and penalty tier.",
    discussion: """
        ringwall regulations --region cn --lang zh-CN
        ringwall regulations --cases                 what happened to others
        ringwall regulations --figures               every statistic that this program may state
        ringwall regulations --format json

      No legal advice: results of controls are evidence for a clause, and whether it is met is for an assessor to say.
      """)

  enum Form: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
  }

  /// A region as the command line names it.
  enum Area: String, ExpressibleByArgument, CaseIterable {
    case cn
    case us
    case eu
    case intl
  }

  @Option(help: ArgumentHelp("Only one region: cn, us, eu or intl.", valueName: "region"))
  var region: Area?

  @Flag(help: "The case library in the place of the table.")
  var cases = false

  @Flag(help: "The registry of figures in the place of the table.")
  var figures = false

  @Option(help: ArgumentHelp("Form of the list: table or json.", valueName: "format"))
  var format: Form = .table

  @OptionGroup var data: DataOptions

  func validate() throws {
    if cases && figures { throw ValidationError("give --cases or --figures, not both") }
    if region != nil && (cases || figures) { throw ValidationError("--region chooses laws, not cases or figures") }
  }

  func run() throws {
    let folder = try DataFolder(named: data.data)
    let texts = try Texts(data.language, from: folder)
    let registry = try Figures(from: folder)
    let regulations = try Regulations(from: folder, figures: registry)
    let library = try Cases(from: folder, figures: registry, regulations: regulations)
    let rows = regulations.rows.filter { region == nil || $0.region.rawValue == region?.rawValue }
    switch format {
    case .json:
      Console.print(
        RegulationsReport.json(
          rows: cases || figures ? [] : rows, cases: cases ? library.all : [], figures: figures ? registry.entries : []))
    case .table:
      let report = RegulationsReport(texts: texts, style: Console.style)
      Console.print(
        cases ? report.text(library.all, regulations: regulations) : figures ? report.text(registry.entries) : report.text(rows))
    }
  }
}
