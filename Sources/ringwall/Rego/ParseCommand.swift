internal import ArgumentParser
internal import Judgement
internal import Rego

struct ParseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "parse",
    abstract: "Print the syntax tree of a Rego file, as opa parse does.",
    discussion: """
        ringwall parse policy.rego
        ringwall parse --format json --json-include locations,-comments policy.rego

      Exit codes: 0 the file is Rego; 1 it is not, or cannot be read: the errors are on standard error as JSON.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case pretty, json
  }

  @Argument(help: "A .rego file.", completion: .file(extensions: ["rego"]))
  var path: String

  @Option(name: [.customShort("f", allowingJoined: true), .long], help: ArgumentHelp("pretty or json.", valueName: "format"))
  var format: Format = .pretty

  @Option(
    help: ArgumentHelp("Parts of the JSON, comma-separated: locations, comments; with - before the name without them.", valueName: "parts"))
  var jsonInclude = ""

  @Flag(name: .customLong("v0-compatible"), help: "Read Rego v0. Wins over --v1-compatible.")
  var isV0 = false

  @Flag(name: .customLong("v1-compatible"), help: "Read Rego v1, which is the default.")
  var isV1 = false

  func run() throws {
    do {
      let source = try DataFiles.bytes(path)
      let options = Parser.Options(version: isV0 ? .v0 : .v1, experimentalKeywords: true)
      let module = try Parser.module(source, file: path, options: options)
      switch format {
      case .json:
        var json = ModuleJSON.Options()
        for part in jsonInclude.split(separator: ",") {
          let isWanted = !part.hasPrefix("-")
          if part.hasSuffix("locations") { json.hasLocations = isWanted }
          if part.hasSuffix("comments") { json.hasComments = isWanted }
        }
        Console.print(String(decoding: ModuleJSON.encode(module, source: source, options: json), as: UTF8.self))
      case .pretty: Console.print(ModuleOutline.text(of: module))
      }
    } catch {
      guard let errors = OutputError.list(error) else { throw error }
      Console.complain(OrderedJSON.text(OutputError.document(errors)), isWhole: true)
      throw ExitCode(1)
    }
  }
}
