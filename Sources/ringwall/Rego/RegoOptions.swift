internal import ArgumentParser
internal import Judgement
internal import Rego

/// Where the Rego commands find policies and data.
struct RegoOptions: ParsableArguments {
  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Policies and data: a file or folder. May be repeated.", valueName: "path"), completion: .file())
  var data: [String] = []

  @Flag(name: .customLong("v0-compatible"), help: "Read modules as Rego v0.")
  var isV0 = false

  @Flag(name: .customLong("v1-compatible"), help: "Read modules as Rego v1, which is the default.")
  var isV1 = false

  var parserOptions: Parser.Options { Parser.Options(version: isV0 ? .v0 : .v1) }

  func validate() throws {
    if isV0 && isV1 { throw ValidationError("--v0-compatible and --v1-compatible exclude each other.") }
  }

  func load() throws -> (modules: [Module], data: RegoValue) { try Self.load(data, parserOptions) }

  static func load(_ paths: [String], _ options: Parser.Options) throws -> (modules: [Module], data: RegoValue) {
    do throws(RegoSources.Failure) {
      let sources = try RegoSources(paths, options: options)
      return (sources.modules, sources.data)
    } catch {
      switch error {
      case .unreadable(let error): throw error
      case .errors(let errors): throw errors
      }
    }
  }
}
