internal import ArgumentParser
internal import Judgement
internal import Rego

struct EvalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Evaluate a Rego query, as opa eval does.",
    discussion: """
        ringwall eval '1 + 1'
        ringwall eval -d policies -d baselines/kvm-host.yaml \\
          -i facts.json data.ringwall.audit.results
        ringwall eval -d p.rego -i in.json --format pretty data.example.allow
        ringwall eval --fail-defined -d p.rego -i in.json 'data.example.deny[_]'

      --data takes .rego, .json and .yaml files and folders of them; a.b:file.json places a data file below data.a.b.
      Exit codes: 0; 1 with --fail and no result, with --fail-defined and a result; 2 where the query, a policy or the input is wrong.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case json, pretty, values, bindings, raw, discard
  }

  @Argument(help: "The query.")
  var query: String?

  @OptionGroup var sources: RegoOptions

  @Option(name: [.short, .long], help: ArgumentHelp("The input document, JSON or YAML.", valueName: "file"), completion: .file())
  var input: String?

  @Flag(name: [.customShort("I"), .customLong("stdin-input")], help: "Read the input document from standard input.")
  var standardInput = false

  @Flag(name: .customLong("stdin"), help: "Read the query from standard input.")
  var standardQuery = false

  @Option(name: [.short, .long], help: ArgumentHelp("json, pretty, values, bindings, raw or discard.", valueName: "format"))
  var format: Format = .json

  @Option(help: ArgumentHelp("The package whose rules the query names directly.", valueName: "package"))
  var package: String?

  @Option(name: .customLong("import"), help: ArgumentHelp("An import that the query sees. May be repeated.", valueName: "path"))
  var imports: [String] = []

  @Flag(help: "Exit with 1 where the query has no result.")
  var fail = false

  @Flag(help: "Exit with 1 where the query has a result.")
  var failDefined = false

  @Flag(help: "An error of a built-in function ends the evaluation.")
  var strictBuiltinErrors = false

  @Option(help: ArgumentHelp("Steps that the evaluation may take.", valueName: "count"))
  var steps: Int?

  func validate() throws {
    if query == nil && !standardQuery { throw ValidationError("name a query, or --stdin to read it from standard input.") }
    if query != nil && standardQuery { throw ValidationError("a query and --stdin exclude each other.") }
    if standardInput && standardQuery { throw ValidationError("--stdin and --stdin-input both read standard input.") }
    if standardInput && input != nil { throw ValidationError("--input and --stdin-input exclude each other.") }
    if fail && failDefined { throw ValidationError("--fail and --fail-defined exclude each other.") }
  }

  func run() throws {
    let text: String
    if let query { text = query } else { text = String(decoding: try DataFiles.bytes("/dev/stdin"), as: UTF8.self) }
    do {
      let solutions = try evaluate(text)
      if format != .discard { Console.print(SolutionText.text(solutions, format)) }
      if fail && solutions.isEmpty || failDefined && !solutions.isEmpty { throw ExitCode(1) }
    } catch let error as RegoErrors {
      if format == .json { Console.print(ErrorText.json(error)) } else { Console.complain(error.description, isWhole: true) }
      throw ExitCode(2)
    }
  }

  private func evaluate(_ text: String) throws -> [EvaluatedSolution] {
    let (modules, data) = try sources.load()
    let policy = try Policy(modules, data: Document(data))
    let imports = try self.imports.map { try Self.imported($0) }
    let path = package?.split(separator: ".").map(String.init) ?? []
    let query = try policy.prepare(
      text, package: path.first == "data" ? Array(path.dropFirst()) : path, imports: imports, options: sources.parserOptions)
    var document: Document?
    if standardInput { document = Document(try RegoSources.document(try DataFiles.bytes("/dev/stdin"), file: "standard input")) }
    if let input { document = Document(try RegoSources.document(try DataFiles.bytes(input), file: input)) }
    var options = EvaluationOptions(isStrict: strictBuiltinErrors)
    if let steps { options.steps = steps }
    do throws(RegoError) {
      return try query.evaluate(input: document, options: options).map { EvaluatedSolution($0, of: query) }
    } catch {
      throw RegoErrors(error)
    }
  }

  /// "data.a.b" or "input.x as y".
  private static func imported(_ text: String) throws(RegoErrors) -> Import {
    let module = try Parser.module(Array("package query\nimport \(text)".utf8), file: "--import")
    guard let item = module.imports.first else { throw RegoErrors(RegoError(.parse, "--import \(text): no import")) }
    return item
  }
}

/// A solution with the expressions that gave it.
struct EvaluatedSolution {
  let bindings: [(name: String, value: RegoValue)]
  let expressions: [(expression: PreparedQuery.Expression, value: RegoValue)]

  init(_ solution: Solution, of query: PreparedQuery) {
    bindings = solution.bindings.sorted { $0.name < $1.name }
    expressions = zip(query.expressions, solution.values).map { ($0, $1) }
  }
}
