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
        ringwall test --format json policy.rego policy_test.rego

      A test is a rule whose name begins with test_; it passes where its value is true. Rules that begin with todo_test_ are skipped.
      Exit codes: 0 every test passed; 1 a policy cannot be used; 2 a test failed or ended in an error.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case pretty, json
  }

  @Argument(help: "Files or folders with policies, tests and data.", completion: .file(extensions: ["rego"]))
  var paths: [String]

  @Option(
    name: [.customShort("r"), .customLong("run")],
    help: ArgumentHelp("Run the tests whose name matches the regular expression.", valueName: "pattern"))
  var selection: String?

  @Flag(name: [.short, .long], help: "Name every test, also those that pass.")
  var verbose = false

  @Option(name: [.short, .long], help: ArgumentHelp("pretty or json.", valueName: "format"))
  var format: Format = .pretty

  @OptionGroup var compilation: RegoCompilation

  func run() throws {
    let pattern = try selection.map { try Self.pattern($0) }
    var results: [TestResult] = []
    do {
      let (modules, data) = try compilation.load(paths)
      let policy = try Policy(modules, data: Document(data), options: try compilation.policyOptions())
      for test in Self.tests(in: modules) where pattern?.matches(test.fullName) ?? true { results.append(try test.run(policy)) }
    } catch let error as RegoErrors {
      Console.complain(error.description, isWhole: true)
      throw ExitCode(1)
    } catch let error as DataError {
      Console.complain(error.message)
      throw ExitCode(1)
    }
    Console.print(format == .json ? TestReport.json(results) : TestReport.pretty(results, isVerbose: verbose))
    if results.contains(where: { $0.outcome == .failed || $0.outcome.isError }) { throw ExitCode(2) }
  }

  private static func pattern(_ text: String) throws -> RegularExpression {
    do throws(RegularExpressionError) { return try RegularExpression(text) } catch {
      throw ValidationError("--run \(text): \(error)")
    }
  }

  /// Every rule that is a test, once for all rules of one name, in the order of files and rows.
  private static func tests(in modules: [Module]) -> [PolicyTest] {
    var found: [PolicyTest] = []
    var seen: Set<String> = []
    for module in modules.sorted(by: { $0.file < $1.file }) {
      for rule in module.rules {
        guard rule.head.arguments == nil, let test = PolicyTest(rule, module), seen.insert(test.fullName).inserted else { continue }
        found.append(test)
      }
    }
    return found
  }
}

/// A rule that is a test.
struct PolicyTest {
  /// "data.authz_test"
  let package: String
  let name: String
  let file: String
  let location: Location
  let isSkipped: Bool

  var fullName: String { package + "." + name }

  init?(_ rule: Rule, _ module: Module) {
    guard case .variable(let name)? = rule.head.reference.first?.node else { return nil }
    isSkipped = name.hasPrefix("todo_test_")
    guard isSkipped || name.hasPrefix("test_") else { return nil }
    package = Self.text(module.package)
    self.name = name
    file = module.file
    location = rule.location
  }

  /// A path as a reference is written: parts that are no names stand in brackets.
  private static func text(_ path: [Term]) -> String {
    path.reduce(into: "") { text, term in
      switch term.node {
      case .variable(let name): text += name
      case .string(let part) where part.utf8.allSatisfy(isName): text += "." + part
      case .string(let part): text += "[" + OrderedJSON.compact(.string(part)) + "]"
      default: break
      }
    }
  }

  private static func isName(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
  }

  func run(_ policy: Policy) throws(RegoErrors) -> TestResult {
    if isSkipped { return TestResult(test: self, outcome: .skipped, duration: .zero) }
    let query = try policy.prepare("value = \(fullName)")
    let clock = ContinuousClock()
    let start = clock.now
    do throws(RegoError) {
      let value = try query.evaluate(options: EvaluationOptions(isStrict: false)).first?["value"]
      return TestResult(test: self, outcome: value == .boolean(true) ? .passed : .failed, duration: clock.now - start)
    } catch {
      return TestResult(test: self, outcome: .error(error.description), duration: clock.now - start)
    }
  }
}

/// What became of a test.
struct TestResult {
  enum Outcome: Equatable {
    case passed
    case failed
    case skipped
    case error(String)

    var isError: Bool {
      if case .error = self { return true }
      return false
    }

    var word: String {
      switch self {
      case .passed: "PASS"
      case .failed: "FAIL"
      case .skipped: "SKIPPED"
      case .error: "ERROR"
      }
    }
  }

  let test: PolicyTest
  let outcome: Outcome
  let duration: Duration

  var nanoseconds: Int64 { duration.components.seconds * 1_000_000_000 + duration.components.attoseconds / 1_000_000_000 }
}

/// Results of tests as OPA writes them.
enum TestReport {
  private static let rule = String(repeating: "-", count: 80)

  static func pretty(_ results: [TestResult], isVerbose: Bool) -> String {
    var lines: [String] = []
    let shown = isVerbose ? results : results.filter { $0.outcome != .passed }
    var file: String?
    for result in shown {
      if result.test.file != file {
        if file != nil { lines.append("") }
        lines.append(result.test.file + ":")
        file = result.test.file
      }
      let time = result.outcome == .skipped ? "" : " (\(duration(result)))"
      lines.append("\(result.test.fullName): \(result.outcome.word)\(time)")
      if case .error(let text) = result.outcome { lines.append("  " + text) }
    }
    if !shown.isEmpty { lines.append(rule) }
    for word in ["PASS", "FAIL", "SKIPPED", "ERROR"] {
      let count = results.count { $0.outcome.word == word }
      if count > 0 { lines.append("\(word): \(count)/\(results.count)") }
    }
    if results.isEmpty { lines.append("no tests were found: a test is a rule whose name begins with test_") }
    return lines.joined(separator: "\n")
  }

  private static func duration(_ result: TestResult) -> String {
    let microseconds = Double(result.nanoseconds) / 1000
    return microseconds < 1000 ? "\((microseconds * 10).rounded() / 10)µs" : "\((microseconds / 100).rounded() / 10)ms"
  }

  static func json(_ results: [TestResult]) -> String {
    OrderedJSON.text(
      .array(
        results.map { result in
          var members: [RegoValue.Member] = [
            .init(
              "location",
              .object([
                .init("file", .string(result.test.file)), .init("row", .integer(Int64(result.test.location.row))),
                .init("col", .integer(Int64(result.test.location.column))),
              ])),
            .init("package", .string(result.test.package)), .init("name", .string(result.test.name)),
          ]
          switch result.outcome {
          case .passed: break
          case .failed: members.append(.init("fail", .boolean(true)))
          case .skipped: members.append(.init("skip", .boolean(true)))
          case .error(let text): members.append(.init("error", .object([.init("message", .string(text))])))
          }
          members.append(.init("duration", .integer(result.nanoseconds)))
          return .object(members)
        }))
  }
}
