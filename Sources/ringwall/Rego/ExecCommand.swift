internal import ArgumentParser
internal import Judgement
internal import Rego

struct ExecCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exec",
    abstract: "Decide about files with a policy, as opa exec does.",
    discussion: """
        ringwall exec --decision example/allow -b bundle requests
        ringwall exec --decision example/deny -d p.rego --fail-non-empty in.json

      Each file, and each .json and .yaml file of a folder, is the input of one decision; the results are one JSON document.
      Exit codes: 0; 1 where a policy or a file cannot be used, and as the --fail flags say.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case json
  }

  @Argument(help: "Files and folders to decide about.", completion: .file())
  var paths: [String] = []

  @OptionGroup var sources: RegoOptions

  @OptionGroup var network: NetworkOptions

  @Option(help: ArgumentHelp("The decision below data, with slashes: example/allow.", valueName: "path"))
  var decision: String = "system/main"

  @Flag(name: [.customShort("I"), .customLong("stdin-input")], help: "Decide about standard input instead of files.")
  var standardInput = false

  @Flag(help: "Exit with 1 where a decision is undefined or ends in an error.")
  var fail = false

  @Flag(help: "Exit with 1 where a decision is defined or ends in an error.")
  var failDefined = false

  @Flag(help: "Exit with 1 where a decision is not an empty collection, or ends in an error.")
  var failNonEmpty = false

  @Option(name: [.customShort("f", allowingJoined: true), .long], help: ArgumentHelp("json is the only one.", valueName: "format"))
  var format: Format = .json

  @OptionGroup var budget: BudgetOptions

  func validate() throws {
    if [fail, failDefined, failNonEmpty].count(where: { $0 }) > 1 {
      throw ValidationError("specify only one of --fail, --fail-defined and --fail-non-empty")
    }
    if standardInput != paths.isEmpty { throw ValidationError("specify files to decide about, or --stdin-input") }
  }

  func run() throws {
    var results: [RegoValue] = []
    var isFailed = false
    do {
      let (modules, data) = try sources.load()
      let policy = try Policy(modules, data: data, options: try sources.policyOptions())
      let parts = decision.split(separator: "/").map { "[" + OrderedJSON.compact(.string(String($0))) + "]" }
      let query = try policy.prepare("data" + parts.joined())
      var files: [String] = []
      for path in paths {
        files += try DataFiles.files(at: path, suffixes: [".json", ".yaml", ".yml"], ignoring: sources.compilation.ignored)
      }
      var options = EvaluationOptions(network: try network.access(sources.compilation), runtime: RuntimeDocument.local)
      budget.apply(to: &options)
      for file in standardInput ? ["/dev/stdin"] : files {
        let input = try RegoSources.input(try DataFiles.bytes(file, limit: DataFiles.documentLimit), file: file)
        let name = RegoValue.Member("path", .string(standardInput ? "--stdin-input" : file))
        do throws(RegoError) {
          guard let value = try query.evaluate(input: input, options: options).first?.values.first else {
            isFailed = isFailed || fail
            let message = "/\(decision) decision was undefined"
            results.append(
              .object([
                name, .init("error", .object([.init("code", .string("opa_undefined_error")), .init("message", .string(message))])),
              ]))
            continue
          }
          isFailed = isFailed || failDefined || (failNonEmpty && !Self.isEmpty(value))
          results.append(.object([name, .init("result", value)]))
        } catch {
          isFailed = isFailed || fail || failDefined || failNonEmpty
          results.append(.object([name, .init("error", OutputError(error).json)]))
        }
      }
    } catch {
      guard let errors = OutputError.list(error) else { throw error }
      Console.complain(OutputError.text(errors), isWhole: true)
      throw ExitCode(1)
    }
    Console.print(OrderedJSON.text(.object([.init("result", .array(results))])))
    if isFailed { throw ExitCode(1) }
  }

  private static func isEmpty(_ value: RegoValue) -> Bool {
    switch value {
    case .array(let elements), .set(let elements): elements.isEmpty
    case .object(let members): members.isEmpty
    default: false
    }
  }
}
