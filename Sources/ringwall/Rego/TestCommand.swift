internal import ArgumentParser
internal import Judgement
internal import Rego

struct TestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test",
    abstract: "Run the tests of Rego policies, as opa test does.",
    discussion: """
        ringwall test policies
        ringwall test --run host.cpu -v policies
        ringwall test --coverage --threshold 80 policies
        ringwall test --format json policy.rego policy_test.rego

      A test is a rule whose name begins with test_; it passes where its value is true. Rules that begin with todo_test_ are skipped.
      Exit codes: 0 every test passed; 1 a policy cannot be used, a failure with --coverage, wrong use; 2 a test failed, was skipped \
      without -z or ended in an error, or less is covered than --threshold asks.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case pretty, json, gobench
  }

  @Argument(help: "Files or folders with policies, tests and data.", completion: .file(extensions: ["rego"]))
  var paths: [String]

  @Option(
    name: [.customShort("r", allowingJoined: true), .customLong("run")],
    help: ArgumentHelp("Run the tests whose name matches the regular expression.", valueName: "pattern"))
  var selection: String?

  @Flag(name: [.short, .long], help: "Name every test, also those that pass, and show where failures came from.")
  var verbose = false

  @Option(
    name: [.customShort("f", allowingJoined: true), .long],
    help: ArgumentHelp("pretty, json or, with --bench, gobench.", valueName: "format"))
  var format: Format = .pretty

  @OptionGroup var compilation: RegoCompilation

  @OptionGroup var schemas: SchemaOptions

  @OptionGroup var network: NetworkOptions

  @Flag(name: [.short, .long], help: "The paths are bundles.")
  var bundle = false

  @Flag(name: [.short, .long], help: "Report which rows of the policies the tests reached, as JSON.")
  var coverage = false

  @Option(help: ArgumentHelp("Percent of the rows that have to be reached. Implies --coverage.", valueName: "percent"))
  var threshold: Double?

  @Option(help: ArgumentHelp("Time that one test may take.", valueName: "duration"))
  var timeout: CommandDuration?

  @Option(help: ArgumentHelp("Run the tests several times, until one fails.", valueName: "count"))
  var count = 1

  @Option(help: ArgumentHelp("What of the trace of a failure is shown: fails, full, notes or debug. Implies -v.", valueName: "mode"))
  var explain: ExplainMode?

  @Flag(help: "Show the values of variables where tests failed.")
  var varValues = false

  @Flag(help: "Measure the tests that pass.")
  var bench = false

  @Flag(inversion: .prefixedNo, help: "Accepted for scripts: memory is not counted.")
  var benchmem = true

  @Flag(help: "Exit with 1 where no test was found.")
  var failOnEmpty = false

  @Flag(name: [.customShort("z"), .long], help: "Skipped tests leave the exit code at 0.")
  var exitZeroOnSkipped = false

  @Option(
    name: [.customShort("p", allowingJoined: true), .long],
    help: ArgumentHelp("Accepted for scripts; tests run one after the other.", valueName: "count"))
  var parallel: Int?

  @Option(
    name: [.customShort("m", allowingJoined: true), .long],
    help: ArgumentHelp("Errors after which no more are looked for; 0 for all.", valueName: "count"))
  var maxErrors = RegoErrors.limit

  private var isCovering: Bool { coverage || (threshold ?? 0) > 0 }
  private var isVerbose: Bool { verbose || explain != nil }

  func validate() throws {
    if bench && isCovering { throw ValidationError("coverage reporting is not supported when benchmarking tests") }
    if let threshold, !(0...100).contains(threshold) { throw ValidationError("Code coverage threshold must be between 0 and 100") }
    guard count >= 1 else { throw ValidationError("--count takes 1 and more") }
    if let parallel, parallel < 0 { throw ValidationError("--parallel takes 0 and more") }
  }

  func run() throws {
    if format == .gobench && !bench {
      // As in OPA no error: nothing is run.
      return Console.complain("--format gobench needs --bench")
    }
    let pattern = try selection.map { try Self.pattern($0) }
    do {
      let (read, document) = try bundle ? compilation.load([], bundles: paths) : compilation.load(paths)
      let (all, modules) = PolicyTest.find(in: read)
      let tests = all.filter { pattern?.matches($0.fullName) ?? true }
      let options = try compilation.policyOptions(schema: schemas.schema, errorLimit: maxErrors)
      let policy = try Policy(modules, data: document, options: options)
      var watch = PolicyTest.Watch(timeout: timeout.map(\.duration) ?? .seconds(bench ? 30 : 5), network: try network.access(compilation))
      if isVerbose || varValues || isCovering { watch.traced = try TracedPolicy(modules, data: document, options: options) }
      if isVerbose || varValues { watch.mode = mode }
      watch.tracesAll = isVerbose && format == .json
      for _ in 0..<count {
        if bench {
          try measure(tests, policy, watch)
          continue
        }
        if isCovering { watch.coverage = Coverage() }
        var results: [TestResult] = []
        for test in tests { results.append(try test.run(policy, watch)) }
        if let coverage = watch.coverage {
          try report(coverage.report(read), results)
        } else {
          report(results)
        }
        if results.isEmpty && failOnEmpty { throw ExitCode(1) }
        let isFailed = results.contains { $0.outcome == .failed || $0.outcome.isError || ($0.outcome == .skipped && !exitZeroOnSkipped) }
        if isFailed { throw ExitCode(2) }
      }
    } catch {
      guard let errors = OutputError.list(error) else { throw error }
      Console.complain(OutputError.text(errors), isWhole: true)
      throw ExitCode(1)
    }
  }

  private var mode: TraceMode { explain.flatMap { TraceMode(rawValue: $0.rawValue) } ?? .failures }

  private static func pattern(_ text: String) throws -> RegularExpression {
    do throws(RegularExpressionError) { return try RegularExpression(text) } catch {
      throw ValidationError("--run \(text): \(error)")
    }
  }

  // MARK: - Reports

  private func report(_ results: [TestResult]) {
    let text =
      format == .json ? TestReport.json(results) : TestReport.pretty(results, isVerbose: isVerbose, showsVariables: varValues)
    if !text.isEmpty { Console.print(text) }
    if results.isEmpty { Console.complain("no tests were found: a test is a rule whose name begins with test_") }
  }

  private func report(_ report: Coverage.Report, _ results: [TestResult]) throws {
    if let result = results.first(where: { $0.outcome.isError }), case .error(let error) = result.outcome {
      Console.complain(error.description, isWhole: true)
      throw ExitCode(1)
    }
    if let failure = results.first(where: { $0.outcome == .failed }) {
      if isVerbose { self.report(results) }
      Console.complain(failure.line + "\n", isWhole: true)
      throw ExitCode(1)
    }
    if let threshold, report.share < threshold {
      var lines = [
        "Code coverage threshold not met: got \(Coverage.Report.percent(report.share)) instead of \(Coverage.Report.percent(threshold))"
      ]
      if isVerbose {
        lines.append("Lines not covered:")
        for file in report.files {
          for rows in file.missed {
            lines.append("\t\(file.name):\(rows.lowerBound)" + (rows.count > 1 ? "-\(rows.upperBound)" : ""))
          }
        }
      }
      Console.complain(lines.joined(separator: "\n"), isWhole: true)
      throw ExitCode(2)
    }
    Console.print(OrderedJSON.text(report.json))
  }

  // MARK: - Measuring

  private func measure(_ tests: [PolicyTest], _ policy: Policy, _ watch: PolicyTest.Watch) throws {
    var failed: [TestResult] = []
    var measured: [RegoValue] = []
    for test in tests {
      let result = try test.run(policy, watch)
      guard result.outcome == .passed else {
        failed.append(result)
        continue
      }
      let evaluator = Evaluator(
        try policy.prepare(test.reference),
        options: EvaluationOptions(timeout: watch.timeout, network: watch.network, runtime: RuntimeDocument.local))
      let benchmark = try Benchmark { () throws(RegoError) in _ = try evaluator.evaluate(input: nil) }
      switch format {
      case .json:
        measured.append(
          .object([
            .init("location", JSONShape.place(test.file, test.location)), .init("package", .string(test.package)),
            .init("name", .string(test.name)), .init("duration", .integer(result.duration.wholeNanoseconds)),
            .init("benchmark_result", BenchCommand.json(benchmark)),
          ]))
      case .gobench: Console.print("Benchmark\(Self.camelCase(test.fullName))\t\(benchmark.line)")
      case .pretty: Console.print("\(test.fullName)\t\(benchmark.line)")
      }
    }
    if format == .json { Console.print(OrderedJSON.text(.array(measured))) }
    if !failed.isEmpty && format != .json { Console.print(TestReport.pretty(failed, isVerbose: false)) }
    if failed.contains(where: { $0.outcome != .skipped || !exitZeroOnSkipped }) { throw ExitCode(2) }
  }

  private static func camelCase(_ name: String) -> String {
    name.split { $0 == "_" || $0 == "." }.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }
}
