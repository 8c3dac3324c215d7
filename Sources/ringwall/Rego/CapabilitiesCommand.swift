internal import ArgumentParser
internal import Judgement
internal import Rego
internal import RegoBuiltins

struct CapabilitiesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "capabilities",
    abstract: "List what the Rego engine offers policies, as opa capabilities does.",
    discussion: """
        ringwall capabilities --current > capabilities.json
        ringwall check --capabilities capabilities.json policies

      The list is JSON. Take built-in functions out of it, and policies that call them are refused.
      """)

  @Flag(help: "The capabilities of this program, which is what is listed in any case.")
  var current = false

  @Option(help: ArgumentHelp("Lists those of a file.", valueName: "file"), completion: .file(extensions: ["json"]))
  var file: String?

  func validate() throws {
    if current && file != nil { throw ValidationError("--current and --file exclude each other.") }
  }

  func run() throws {
    guard let file else {
      Console.print(OrderedJSON.text(Capabilities.json(with: StandardFunctions.all)))
      return
    }
    do throws(DataError) {
      _ = try CapabilitiesFile.builtins(file)
      Console.print(OrderedJSON.text(try RegoSources.document(try DataFiles.bytes(file), file: file)))
    } catch {
      Console.complain(error.message)
      throw ExitCode(1)
    }
  }
}
