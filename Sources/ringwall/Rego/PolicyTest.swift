internal import Rego

/// A rule that is a test.
struct PolicyTest {
  /// "data.authz_test"
  let package: String
  let name: String
  let file: String
  let location: Location
  let isSkipped: Bool
  /// The rule names its cases: what it gives is an object of them.
  let hasCases: Bool

  var fullName: String { package + "." + name }

  /// As a query names it.
  var reference: String { package + (name.utf8.allSatisfy(Self.isName) ? "." + name : "[" + OrderedJSON.compact(.string(name)) + "]") }

  init?(_ rule: Rule, _ module: Module) {
    guard rule.head.arguments == nil, let name = rule.testName else { return nil }
    isSkipped = name.hasPrefix("todo_test_")
    hasCases = rule.head.reference.count > 1
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

  // MARK: - Finding

  /// Every rule that is a test, in the order of files and rows. Rules that share a name are told apart as OPA does: `test_a#01`. Rules
  /// that name their cases tell of each when it begins.
  static func find(in modules: [Module]) -> (tests: [PolicyTest], modules: [Module]) {
    var tests: [PolicyTest] = []
    var counts: [String: Int] = [:]
    var result: [Module] = []
    for module in modules.sorted(by: { $0.file.utf8.lexicographicallyPrecedes($1.file.utf8) }) {
      var module = module
      for index in module.rules.indices {
        guard let test = PolicyTest(module.rules[index], module) else { continue }
        let count = counts[test.fullName, default: 0]
        counts[test.fullName] = count + 1
        if count > 0, !test.hasCases { module.rules[index].rename(test.name + (count < 10 ? "#0\(count)" : "#\(count)")) }
        if test.hasCases { module.rules[index].announceCase() }
        if count > 0, test.hasCases { continue }
        if let test = PolicyTest(module.rules[index], module) { tests.append(test) }
      }
      result.append(module)
    }
    return (tests, result)
  }

  // MARK: - Running

  /// What is wanted of a run beside its outcome.
  struct Watch {
    var timeout: Duration
    var network = NetworkAccess.none
    /// For traces and coverage; nil where nobody follows.
    var traced: TracedPolicy?
    var mode: TraceMode?
    /// The trace of tests that pass is wanted too.
    var tracesAll = false
    var coverage: Coverage?
  }

  func run(_ policy: Policy, _ watch: Watch) throws(RegoErrors) -> TestResult {
    if isSkipped { return TestResult(test: self, outcome: .skipped, duration: .zero) }
    let query = try policy.prepare(reference)
    let options = EvaluationOptions(timeout: watch.timeout, network: watch.network, runtime: RuntimeDocument.local)
    let evaluator = Evaluator(query, options: options)
    var output = ""
    var begun: [[RegoValue]] = []
    evaluator.printed = { if output.utf8.count < 1 << 20 { output += $0 + "\n" } }
    evaluator.testCaseBegan = { if begun.count < 100_000 { begun.append($0) } }
    let start = ContinuousClock.now
    var result: TestResult
    do throws(RegoError) {
      let value = try evaluator.evaluate(input: nil).first?.values.first
      let duration = ContinuousClock.now - start
      result = TestResult(test: self, outcome: value == .boolean(true) ? .passed : .failed, duration: duration)
      if hasCases {
        result.cases = TestCaseResult.list(begun, value)
        let isPassed = !result.cases.isEmpty && result.cases.allSatisfy { !$0.isFailed }
        result = TestResult(test: self, outcome: isPassed ? .passed : .failed, duration: duration, cases: result.cases)
      }
    } catch {
      result = TestResult(test: self, outcome: .error(error), duration: ContinuousClock.now - start)
    }
    result.output = output
    guard let traced = watch.traced else { return result }
    let isTraced = watch.mode != nil && (watch.tracesAll || result.outcome == .failed)
    guard isTraced || watch.coverage != nil else { return result }
    let recorder = isTraced ? watch.mode.map { TraceRecorder($0) } : nil
    let tracers: [(any Tracer)?] = [recorder, watch.coverage]
    let followed = try traced.prepare(reference)
    do throws(RegoError) {
      try followed.run(options: options, tracers: tracers.compactMap { $0 })
    } catch {
      if case .error = result.outcome {} else { throw RegoErrors(error) }
    }
    result.trace = recorder?.events ?? []
    return result
  }
}

extension Rule {
  /// The name, where it is one of a test.
  fileprivate var testName: String? {
    guard case .variable(let name)? = head.reference.first?.node else { return nil }
    return name.hasPrefix("test_") || name.hasPrefix("todo_test_") ? name : nil
  }

  fileprivate mutating func rename(_ name: String) { head.reference[0].node = .variable(name) }

  /// Says which case begins as soon as what names it is bound.
  fileprivate mutating func announceCase() {
    let names = Array(head.reference.dropFirst())
    var missing: Set<String> = []
    for term in names { if case .variable(let name) = term.node { missing.insert(name) } }
    guard names.count > 0 else { return }
    var position = 0
    for (index, expression) in body.enumerated() where !missing.isEmpty {
      let before = missing.count
      missing.subtract(expression.boundNames)
      if missing.count < before { position = index + 1 }
    }
    guard missing.isEmpty else { return }
    let callee = Term(.reference([Term(.variable("internal")), Term(.string("test_case"))]), location)
    let call = Expression(.term(Term(.call(callee, [Term(.array(names), location)]), location)), location: location)
    body.insert(call, at: position)
  }
}

extension Expression {
  /// Names that the expression can bind.
  fileprivate var boundNames: Set<String> {
    var names: Set<String> = []
    switch kind {
    case .term(let term): term.collectVariableNames(into: &names)
    case .someIn(let key, let value, let collection):
      for term in [key, value, collection] { term?.collectVariableNames(into: &names) }
    case .someVariables, .every, .notBody, .and, .or: break
    }
    return isNegated ? [] : names
  }
}

extension Term {
  fileprivate func collectVariableNames(into names: inout Set<String>) {
    switch node {
    case .variable(let name): names.insert(name)
    case .reference(let terms), .array(let terms), .set(let terms): for term in terms { term.collectVariableNames(into: &names) }
    case .call(_, let operands): for term in operands { term.collectVariableNames(into: &names) }
    case .object(let items): for item in items { item.value.collectVariableNames(into: &names) }
    default: break
    }
  }
}

/// What became of a test.
struct TestResult {
  enum Outcome: Equatable {
    case passed
    case failed
    case skipped
    case error(RegoError)

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
  /// Of a test that names its cases.
  var cases: [TestCaseResult] = []
  /// What the policy printed.
  var output = ""
  var trace: [TraceEvent] = []

  /// "data.p.test_a: FAIL (1.5ms)"
  var line: String { "\(test.fullName): \(outcome.word)" + (outcome == .skipped ? "" : " (\(duration.goText))") }
}

/// What became of one case of a test, or of the cases below its name.
struct TestCaseResult {
  let name: String
  let isFailed: Bool
  let cases: [TestCaseResult]

  /// Results by name, in the order of first mention.
  ///
  /// - Parameters:
  ///   - begun: names of the cases that began, from the outermost in.
  ///   - value: an object with what held.
  static func list(_ begun: [[RegoValue]], _ value: RegoValue?) -> [TestCaseResult] {
    var order: [RegoValue] = []
    var groups: [RegoValue: [[RegoValue]]] = [:]
    for path in begun {
      guard let first = path.first else { continue }
      if groups[first] == nil { order.append(first) }
      groups[first, default: []].append(Array(path.dropFirst()))
    }
    return order.map { key in
      var held: RegoValue?
      if case .object(let members)? = value { held = members.first { $0.key == key }?.value }
      let below = (groups[key] ?? []).filter { !$0.isEmpty }
      let inner = below.isEmpty ? [] : list(below, held)
      let text = if case .string(let text) = key { text } else { OrderedJSON.compact(key) }
      return TestCaseResult(name: text, isFailed: inner.isEmpty ? held != .boolean(true) : inner.contains(where: \.isFailed), cases: inner)
    }
  }

  var line: String { "\(name): \(isFailed ? "FAIL" : "PASS")" }

  /// Cases without cases below them.
  var leaves: [TestCaseResult] { cases.isEmpty ? [self] : cases.flatMap(\.leaves) }
}
