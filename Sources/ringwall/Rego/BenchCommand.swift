internal import ArgumentParser
internal import Judgement
internal import Rego

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure how long a Rego query takes, as opa bench does.",
    discussion: """
        ringwall bench -d p.rego -i in.json data.example.allow
        ringwall bench -d p.rego -i in.json --count 3 --format json data.example.allow

      The query is prepared once and evaluated for a second of its own time.
      Exit codes: 0; 1 where the query, a policy or the input is wrong, or the query has no result and --no-fail is not given.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case pretty, json, gobench
  }

  @OptionGroup var question: QueryOptions

  @OptionGroup var sources: RegoOptions

  @OptionGroup var network: NetworkOptions

  @Option(name: [.customShort("f", allowingJoined: true), .long], help: ArgumentHelp("pretty, json or gobench.", valueName: "format"))
  var format: Format = .pretty

  @Option(help: ArgumentHelp("Benchmarks, one after the other.", valueName: "count"))
  var count = 1

  @Flag(inversion: .prefixedNo, help: "A query without a result is an error.")
  var fail = true

  @Flag(inversion: .prefixedNo, help: "Report how the time of single evaluations is distributed.")
  var metrics = true

  @Flag(inversion: .prefixedNo, help: "Accepted for scripts: memory is not counted.")
  var benchmem = true

  func validate() throws {
    guard count >= 1 else { throw ValidationError("--count takes 1 and more") }
  }

  func run() throws {
    do {
      let input = try question.document()
      let (modules, data) = try sources.load()
      let policy = try Policy(modules, data: data, options: try sources.policyOptions())
      let query = try policy.prepare(
        try question.text(), package: question.packagePath, imports: try question.parsedImports(),
        options: sources.compilation.parserOptions)
      let evaluator = Evaluator(
        query, options: EvaluationOptions(network: try network.access(sources.compilation), runtime: RuntimeDocument.local))
      if fail, try evaluator.evaluate(input: input).isEmpty { throw DataError("undefined result") }
      for _ in 0..<count {
        show(try Benchmark { () throws(RegoError) in try evaluator.run(input: input) })
      }
    } catch {
      guard let errors = OutputError.list(error) else { throw error }
      if format == .json {
        Console.print(OrderedJSON.text(OutputError.document(errors)))
      } else {
        Console.complain(OutputError.text(errors), isWhole: true)
      }
      throw ExitCode(1)
    }
  }

  private func show(_ benchmark: Benchmark) {
    switch format {
    case .json: Console.print(OrderedJSON.text(Self.json(benchmark, histogram: metrics)))
    case .gobench: Console.print("BenchmarkOPAEval\t\(benchmark.line)")
    case .pretty:
      var rows = [["samples", "\(benchmark.count)"], ["ns/op", "\(benchmark.nanosecondsPerRun)"]]
      if metrics { rows += benchmark.histogram.map { [$0.name, OrderedJSON.compact($0.value)] } }
      Console.print(TextTable.text(nil, rows))
    }
  }

  /// Runs, their time in nanoseconds, and the distribution.
  static func json(_ benchmark: Benchmark, histogram: Bool = true) -> RegoValue {
    var members: [RegoValue.Member] = [
      .init("N", .integer(Int64(benchmark.count))), .init("T", .integer(benchmark.total.wholeNanoseconds)),
    ]
    if histogram { members.append(.init("Extra", .object(benchmark.histogram.map { .init($0.name, $0.value) }))) }
    return .object(members)
  }
}
