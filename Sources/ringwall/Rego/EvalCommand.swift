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
        ringwall eval -d p.rego -i in.json --explain fails -f pretty \\
          data.example.allow
        ringwall eval --fail-defined -d p.rego -i in.json 'data.example.deny[_]'
        ringwall eval --partial -f source -u input.user -d p.rego \\
          'data.example.allow == true'

      --data takes .rego, .json and .yaml files and folders of them; a.b:file.json places a data file below data.a.b.
      Exit codes: 0; 1 with --fail and no result, with --fail-defined and a result, and after wrong use; 2 where the query, a policy or \
      the input is wrong.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case json, pretty, values, bindings, raw, discard, source
  }

  @OptionGroup var question: QueryOptions

  @OptionGroup var sources: RegoOptions

  @OptionGroup var network: NetworkOptions

  @OptionGroup var rest: PartialFlags

  @Option(
    name: [.customShort("f", allowingJoined: true), .long],
    help: ArgumentHelp("json, pretty, values, bindings, raw or discard; with --partial source.", valueName: "format")
  )
  var format: Format = .json

  @Flag(help: "Exit with 1 where the query has no result.")
  var fail = false

  @Flag(help: "Exit with 1 where the query has a result.")
  var failDefined = false

  @Flag(name: [.customShort("S"), .long], help: "Refuse unused variables, arguments and imports too.")
  var strict = false

  @Flag(help: "An error of a built-in function ends the evaluation.")
  var strictBuiltinErrors = false

  @Flag(help: "Report every error of a built-in function beside the result.")
  var showBuiltinErrors = false

  @OptionGroup var budget: BudgetOptions

  @Option(help: ArgumentHelp("Evaluate several times; figures are then statistics.", valueName: "count"))
  var count = 1

  @Flag(help: "Report how long reading, compiling and evaluating took.")
  var metrics = false

  @Flag(help: "As --metrics, with the evaluation's own figures where there are any.")
  var instrument = false

  @Option(help: ArgumentHelp("Follow the evaluation: full, notes, fails or debug; off does not.", valueName: "mode"))
  var explain: ExplainMode = .off

  @Flag(help: "In an explanation, show the values of variables.")
  var varValues = false

  @Flag(help: "Follow rules whose bodies cannot hold too.")
  var disableIndexing = false

  @Flag(help: "Follow rules after one has decided too.")
  var disableEarlyExit = false

  @Flag(help: "Report which rows of the policies the evaluation reached.")
  var coverage = false

  @Flag(help: "Report how often each row was evaluated and how long that took.")
  var profile = false

  @Option(
    help: ArgumentHelp(
      "Order of the profile: \(Profile.Criterion.allCases.map(\.rawValue).joined(separator: ", ")). May be repeated.", valueName: "name"))
  var profileSort: [ProfileCriterion] = []

  @Option(help: ArgumentHelp("Rows of the profile; 0 for all.", valueName: "count"))
  var profileLimit: Int?

  @Option(
    name: [.customShort("O", allowingJoined: true), .long],
    help: ArgumentHelp("Accepted for scripts: every evaluation is optimized, and the result is the same.", valueName: "level"))
  var optimize = 0

  @Option(
    name: [.customShort("e", allowingJoined: true), .long],
    help: ArgumentHelp("Accepted for scripts: the query says what is asked.", valueName: "path"))
  var entrypoint: [String] = []

  @Flag(help: "Accepted for scripts: data are always stored for reading.")
  var optimizeStoreForReadSpeed = false

  @Option(help: ArgumentHelp("Bytes after which a cell of a table is cut; 0 for none.", valueName: "count"))
  var prettyLimit = 80

  func validate() throws {
    if fail && failDefined { throw ValidationError("specify --fail or --fail-defined but not both") }
    if format == .source && !rest.partial { throw ValidationError("invalid output format for evaluation") }
    if rest.partial && ![.json, .pretty, .source].contains(format) {
      throw ValidationError("invalid output format for partial evaluation")
    }
    guard count >= 1, count <= 1_000_000 else { throw ValidationError("--count takes 1 to 1000000") }
  }

  func run() throws {
    if showBuiltinErrors && strictBuiltinErrors {
      // OPA takes this for a failure of the evaluation, not for wrong use.
      throw DataError("--strict-builtin-errors ends at the first error of a built-in function: leave out --show-builtin-errors")
    }
    let text = try question.text()
    let input = try question.document()
    if rest.partial { return try showRest(text, input) }
    var outputs: [EvalOutput] = []
    for _ in 0..<count { outputs.append(evaluate(text, input)) }
    let output = aggregated(outputs)
    show(output)
    // Errors of built-in functions alone leave the result as it is.
    if output.errors.contains(where: { !$0.isOfBuiltin }) || (strictBuiltinErrors && !output.errors.isEmpty) { throw ExitCode(2) }
    if fail && !output.hasSolutions || failDefined && output.hasSolutions { throw ExitCode(1) }
  }

  /// Evaluates what is known and shows what is left.
  private func showRest(_ text: String, _ input: Document?) throws {
    do {
      let (modules, data) = try sources.load()
      let policy = try TracedPolicy(
        modules, data: data, options: try sources.policyOptions(isStrict: strict))
      let result = try policy.partially(
        text, package: question.packagePath, imports: try question.parsedImports(), input: input, partial: rest.options,
        options: sources.compilation.parserOptions, evaluation: try evaluationOptions)
      switch format {
      case .pretty: Console.print(result.table)
      case .source: Console.print(result.source)
      default: Console.print(OrderedJSON.bytes(.object([.init("partial", try Document(json: result.json, name: "partial").regoValue)])))
      }
      if fail && result.queries.isEmpty || failDefined && !result.queries.isEmpty { throw ExitCode(1) }
    } catch let code as ExitCode {
      throw code
    } catch {
      var output = EvalOutput()
      output.errors = OutputError.list(error) ?? []
      show(output)
      throw ExitCode(2)
    }
  }

  private func show(_ output: EvalOutput) {
    switch format {
    case .json: Console.print(pieces: OrderedJSON.pieces(output.tree))
    case .discard: Console.print(OrderedJSON.text(output.discarded))
    case .pretty:
      let text = output.pretty(limit: prettyLimit, showsVariables: varValues)
      if !text.isEmpty { Console.print(text) }
      if !output.errors.isEmpty { Console.complain(OutputError.text(output.errors), isWhole: true) }
    case .values, .bindings, .raw, .source:
      if !output.errors.isEmpty {
        Console.complain(OutputError.text(output.errors), isWhole: true)
        return
      }
      if output.solutions.isEmpty { return }
      switch format {
      case .values: Console.print(SolutionText.values(output.solutions))
      case .bindings: Console.print(SolutionText.bindings(output.solutions))
      default: Console.print(SolutionText.raw(output.solutions))
      }
    }
  }

  // MARK: - One evaluation

  private func evaluate(_ text: String, _ input: Document?) -> EvalOutput {
    var output = EvalOutput()
    var times = Metrics()
    do {
      if text.isEmpty { throw DataError("cannot evaluate empty query") }
      let loaded = try times.time(sources.timer) { try sources.compilation.sources(sources.data, bundles: sources.bundle) }
      let modules = loaded.modules
      if loaded.parsing > .zero { times.add("module_parse", loaded.parsing.wholeNanoseconds) }
      let options = try sources.policyOptions(isStrict: strict)
      let policy = try times.time(modules.isEmpty ? nil : "module_compile") {
        try Policy(modules, data: loaded.data, options: options)
      }
      let imports = try question.parsedImports()
      if metrics || instrument || isProfiled {
        // Timed by itself: preparing parses too, but does not tell.
        _ = try? times.time("query_parse") { try Parser.query(Array(text.utf8), options: sources.compilation.parserOptions) }
        if sources.timer != nil { times.add("external_resolve", 0) }
      }
      let query = try times.time("query_compile") {
        try policy.prepare(text, package: question.packagePath, imports: imports, options: sources.compilation.parserOptions)
      }
      let followed = Followed(self)
      defer { followed.add(to: &output, modules) }
      if followed.isWanted {
        let traced = try TracedPolicy(modules, data: policy.data, options: options)
          .prepare(text, package: question.packagePath, imports: imports, options: sources.compilation.parserOptions)
        try traced.run(
          input: input, options: try evaluationOptions, tracers: followed.tracers, isIndexed: !disableIndexing,
          exitsEarly: !disableEarlyExit)
      }
      let evaluator = Evaluator(query, options: try evaluationOptions)
      evaluator.printed = { Console.complain($0, isWhole: true) }
      try times.time("query_eval") {
        if format == .json {
          let solutions = try evaluator.evaluateJSON(
            input: input, bindingsLevel: SolutionText.bindingsLevel, valuesLevel: SolutionText.valuesLevel)
          if !solutions.isEmpty { output.resultText = SolutionText.tree(solutions, of: query) }
        } else {
          output.solutions = try evaluator.evaluate(input: input).map { EvaluatedSolution($0, of: query) }
        }
      }
      if showBuiltinErrors { output.errors = evaluator.builtinErrors.map { OutputError($0) } }
    } catch {
      output.errors = OutputError.list(error) ?? []
    }
    if metrics || instrument || isProfiled { output.metrics = times }
    return output
  }

  /// Whatever follows the evaluation.
  private struct Followed {
    private let recorder: TraceRecorder?
    private let coverage: Coverage?
    private let profile: Profile?
    private let limit: Int
    private let order: [Profile.Criterion]

    init(_ command: EvalCommand) {
      recorder = command.explain.recorder
      coverage = command.coverage ? Coverage() : nil
      profile = command.isProfiled ? Profile() : nil
      limit = command.profileLimit ?? 10
      order = command.profileSort.map(\.criterion)
    }

    var tracers: [any Tracer] {
      let all: [(any Tracer)?] = [recorder, coverage, profile]
      return all.compactMap { $0 }
    }
    var isWanted: Bool { !tracers.isEmpty }

    func add(to output: inout EvalOutput, _ modules: [Module]) {
      output.explanation = recorder?.events ?? []
      output.coverage = coverage?.report(modules)
      output.profile = profile?.report(limit: limit, order: order) ?? []
    }
  }

  private var isProfiled: Bool { profile || profileLimit != nil || !profileSort.isEmpty }

  private var evaluationOptions: EvaluationOptions {
    get throws(DataError) {
      var options = EvaluationOptions(
        isStrict: strictBuiltinErrors, network: try network.access(sources.compilation), runtime: RuntimeDocument.local)
      budget.apply(to: &options)
      return options
    }
  }

  /// The first run, with statistics over all where there are several.
  private func aggregated(_ outputs: [EvalOutput]) -> EvalOutput {
    var output = outputs[0]
    guard outputs.count > 1 else { return output }
    if let first = output.metrics {
      output.metrics = nil
      output.aggregatedMetrics = first.values.map { item in
        let values = outputs.compactMap { $0.metrics?.values.first { $0.name == item.name }?.nanoseconds }
        return (item.name, Statistics(values))
      }
    }
    let profiles = outputs.map(\.profile)
    output.profile = []
    output.aggregatedProfile = profiles[0].map { row in
      let times = profiles.compactMap { rows in
        rows.first { $0.file == row.file && $0.location.row == row.location.row }?.nanoseconds
      }
      return (row, Statistics(times))
    }
    return output
  }
}

/// `--profile-sort`
struct ProfileCriterion: ExpressibleByArgument {
  let criterion: Profile.Criterion

  init?(argument: String) {
    guard let criterion = Profile.Criterion(rawValue: argument) else { return nil }
    self.criterion = criterion
  }
}
