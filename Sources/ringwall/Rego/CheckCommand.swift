internal import ArgumentParser
internal import Judgement
internal import Rego

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check Rego policies for errors, as opa check does.",
    discussion: """
        ringwall check policies
        ringwall check --strict --format json policy.rego

      Parses and compiles the files together: syntax, unsafe variables, recursion, conflicts, types. Data files are ignored.
      Exit codes: 0 no error; 1 errors, which are on standard error with file and row, and wrong use.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case pretty, json
  }

  @Argument(help: "Files or folders.", completion: .file(extensions: ["rego"]))
  var paths: [String]

  @OptionGroup var compilation: RegoCompilation

  @OptionGroup var schemas: SchemaOptions

  @Option(name: [.customShort("f", allowingJoined: true), .long], help: ArgumentHelp("pretty or json.", valueName: "format"))
  var format: Format = .pretty

  @Flag(name: [.customShort("S"), .long], help: "Refuse unused variables, arguments and imports too.")
  var strict = false

  @Flag(name: [.short, .long], help: "The folders are bundles: data files in them count as well.")
  var bundle = false

  @Option(
    name: [.customShort("m", allowingJoined: true), .long],
    help: ArgumentHelp("Errors after which no more are looked for; 0 for all.", valueName: "count"))
  var maxErrors = RegoErrors.limit

  @Flag(name: [.customLong("v0-v1"), .customLong("rego-v1")], help: "Refuse what is not both Rego v0 and v1.")
  var isBoth = false

  func run() throws {
    do {
      var modules = try PolicyFiles.modules(
        at: paths, options: compilation.parserOptions, ignoring: compilation.ignored, limit: maxErrors)
      if isBoth {
        modules = try PolicyFiles.modules(
          at: paths, options: Parser.Options(version: .v0), ignoring: compilation.ignored, limit: maxErrors)
        _ = try PolicyFiles.modules(at: paths, options: Parser.Options(version: .v1), ignoring: compilation.ignored, limit: maxErrors)
      }
      if bundle { _ = try compilation.load([], bundles: paths) }
      _ = try Policy(
        modules, options: try compilation.policyOptions(schema: schemas.schema, isStrict: strict || isBoth, errorLimit: maxErrors))
    } catch {
      guard let errors = OutputError.list(error) else { throw error }
      Console.complain(format == .json ? OrderedJSON.text(OutputError.document(errors)) : OutputError.text(errors), isWhole: true)
      throw ExitCode(1)
    }
  }
}

/// The `.rego` files that a command's arguments name.
enum PolicyFiles {
  /// - Parameter limit: errors after which no more are reported; 0 for all.
  /// - Throws: `RegoErrors` of all files, `DataError` for the first path that cannot be read.
  static func modules(at paths: [String], options: Parser.Options, ignoring ignored: [String] = [], limit: Int = 0) throws -> [Module] {
    var modules: [Module] = []
    var errors: [RegoError] = []
    for path in paths {
      for file in try DataFiles.files(at: path, suffixes: [".rego"], ignoring: ignored) {
        let bytes = try DataFiles.bytes(file)
        do throws(RegoErrors) { modules.append(try Parser.module(bytes, file: file, options: options)) } catch { errors += error.errors }
      }
    }
    if !errors.isEmpty { throw RegoErrors(limit > 0 ? Array(errors.prefix(limit)) : errors) }
    return modules
  }
}
