internal import ArgumentParser
internal import Audit
internal import Domain
internal import Judgement

struct ControlsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "controls",
    abstract: "List the controls that this version judges.",
    discussion: """
        ringwall controls
        ringwall controls --baseline key-50      those of one baseline
        ringwall controls --format json > controls.json
      """)

  enum Form: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
    /// The module that policies/main.rego walks.
    case rego
  }

  @Option(help: ArgumentHelp("Only the controls that this baseline judges.", valueName: "name"))
  var baseline: String?

  @Option(help: ArgumentHelp("Form of the list: table, json, or rego (policies/catalog.rego, for OPA).", valueName: "format"))
  var format: Form = .table

  @Option(
    name: .customLong("policy"), help: ArgumentHelp("A file or folder with policies of your own, listed too.", valueName: "path"),
    completion: .file(extensions: ["rego"]))
  var policies: [String] = []

  @OptionGroup var data: DataOptions

  func run() throws {
    let folder = try DataFolder(named: data.data)
    let texts = try Texts(data.language, from: folder)
    let loaded = try Policies.load(from: folder, extra: policies)
    if let problem = loaded.controls.problems.first { throw DataError("\(problem); correct the METADATA of that rule") }
    var controls = loaded.controls.all
    if let baseline {
      let chosen = try Baseline.load(baseline, from: folder)
      controls = controls.filter(chosen.includes)
    }
    let output = try ResultOutput(path: nil)
    switch format {
    case .json:
      let frameworks = try Frameworks(from: folder)
      try output.write(CatalogReport.json(controls, baseline: baseline, frameworks: frameworks, texts: texts))
    case .rego: try output.write(Array(loaded.controls.catalogModule.utf8))
    case .table: try output.write(Array(CatalogReport.table(controls, texts: texts, style: Console.style).utf8))
    }
    try output.finish()
    if format == .table { Console.say(texts("controls.count", ["count": "\(controls.count)"])) }
  }
}
