internal import ArgumentParser
internal import Audit
internal import Judgement

struct FrameworksCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "frameworks",
    abstract: "List the laws and standards by whose clauses evidence can be grouped.",
    discussion: """
        ringwall frameworks                      all, with version and counts
        ringwall frameworks gdpr                 the clauses of one
        ringwall audit --framework gdpr,mlps     evidence by their clauses

      Which controls give evidence for which clause is assigned by this project and not reviewed.
      """)

  enum Form: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
  }

  @Argument(help: "Ids of frameworks, as the list names them; their clauses are shown.")
  var ids: [String] = []

  @Option(help: ArgumentHelp("Form of the list: table or json.", valueName: "format"))
  var format: Form = .table

  @OptionGroup var data: DataOptions

  func run() throws {
    let folder = try DataFolder(named: data.data)
    let texts = try Texts(data.language, from: folder)
    let frameworks = try Frameworks(from: folder)
    let chosen = ids.isEmpty ? frameworks.all : try frameworks.chosen(ids, option: "frameworks")
    let controls = try Policies.load(from: folder).controls.all
    let output = try ResultOutput(path: nil)
    switch format {
    case .json: try output.write(FrameworksReport.json(chosen, controls: controls, texts: texts))
    case .table where ids.isEmpty:
      try output.write(Array(FrameworksReport.table(chosen, controls: controls, texts: texts, style: Console.style).utf8))
    case .table:
      let parts = chosen.map { FrameworksReport.clauses($0, controls: controls, texts: texts, style: Console.style) }
      try output.write(Array(parts.joined(separator: "\n").utf8))
    }
    try output.finish()
    if format == .table { Console.say(texts("frameworks.note", ["mapping": texts["frameworks.assignment"]])) }
  }
}

extension Frameworks {
  /// The frameworks named, comma-separated or one by one, each once.
  ///
  /// - Parameter option: how the user named them, for the error about one that does not exist.
  func chosen(_ names: [String], option: String) throws(DataError) -> [Framework] {
    var chosen: [Framework] = []
    for name in names.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }) {
      let id = name.filter { $0 != " " }.lowercased()
      guard let framework = self[id] else {
        throw DataError("\(option) \(name): no such framework. All of them: ringwall frameworks\(Suggestion.text(for: id, among: ids))")
      }
      if !chosen.contains(where: { $0.id == framework.id }) { chosen.append(framework) }
    }
    return chosen
  }
}
