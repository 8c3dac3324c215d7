internal import ArgumentParser
internal import Judgement
internal import Rego

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check Rego policies for errors, as opa check does.",
    discussion: """
        ringwall check policies
        ringwall check --format json policy.rego

      Parses and compiles the files together: syntax, unsafe variables, recursion, conflicts, types. Data files are ignored.
      Exit codes: 0 no error; 1 errors, which are on standard error with file and row.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case pretty, json
  }

  @Argument(help: "Files or folders.", completion: .file(extensions: ["rego"]))
  var paths: [String]

  @Option(name: [.short, .long], help: ArgumentHelp("pretty or json.", valueName: "format"))
  var format: Format = .pretty

  @Flag(name: .customLong("v0-compatible"), help: "Read modules as Rego v0.")
  var isV0 = false

  func run() throws {
    do throws(RegoErrors) {
      _ = try Policy(try PolicyFiles.modules(at: paths, options: Parser.Options(version: isV0 ? .v0 : .v1)))
    } catch {
      Console.complain(format == .json ? ErrorText.json(error) : error.description, isWhole: true)
      throw ExitCode(1)
    }
  }
}

/// The `.rego` files that a command's arguments name; a path that cannot be read is an error among the others.
enum PolicyFiles {
  static func modules(at paths: [String], options: Parser.Options) throws(RegoErrors) -> [Module] {
    var modules: [Module] = []
    var errors: [RegoError] = []
    for path in paths {
      do throws(DataError) {
        for file in try DataFiles.files(at: path, suffixes: [".rego"]) {
          let bytes = try DataFiles.bytes(file)
          do throws(RegoErrors) { modules.append(try Parser.module(bytes, file: file, options: options)) } catch { errors += error.errors }
        }
      } catch {
        errors.append(RegoError(.parse, error.message))
      }
    }
    if !errors.isEmpty { throw RegoErrors(Array(errors.prefix(RegoErrors.limit))) }
    return modules
  }
}
