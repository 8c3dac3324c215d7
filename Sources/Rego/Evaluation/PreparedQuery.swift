internal import Synchronization

/// A query compiled against its modules and data. Evaluate it from any thread.
public final class PreparedQuery: @unchecked Sendable {
  // The program and the document are immutable; evaluators that wait for their next use stand in a lock.
  let program: Program
  let function: Int
  let names: [String]
  let data: Document
  /// Expressions of the query in their order; empty where it was not prepared from a text.
  public internal(set) var expressions: [Expression] = []

  /// One expression of a query.
  public struct Expression: Sendable, Hashable {
    public let text: String
    public let location: Location
    /// Which variable holds its value; nil where that is always true.
    let index: Int?
  }

  private let idle = Mutex<[Idle]>([])

  /// An evaluator that nobody uses: whoever takes it out of the list has it alone.
  private struct Idle: @unchecked Sendable {
    let evaluator: Evaluator
  }

  /// Evaluators kept for the next evaluation.
  private static let kept = 4

  init(program: Program, function: Int, names: [String], data: Document) {
    self.program = program
    self.function = function
    self.names = names
    self.data = data
  }

  /// Every solution. A query that does not hold has none.
  ///
  /// - Parameter input: nil leaves `input` undefined.
  public func evaluate(input: Document? = nil, options: EvaluationOptions = EvaluationOptions()) throws(RegoError) -> [Solution] {
    let evaluator = take(options)
    defer { give(evaluator) }
    return try evaluator.evaluate(input: input)
  }

  private func take(_ options: EvaluationOptions) -> Evaluator {
    let waiting = idle.withLock { list in list.popLast() }?.evaluator
    guard let waiting, waiting.options == options else { return Evaluator(self, options: options) }
    return waiting
  }

  private func give(_ evaluator: Evaluator) {
    evaluator.shrink()
    let waiting = Idle(evaluator: evaluator)
    idle.withLock { list in
      if list.count < Self.kept { list.append(waiting) }
    }
  }
}

/// What a caller decides about one evaluation.
///
/// An evaluation inside a task looks every few thousand steps whether the task was cancelled, and then ends with `eval_cancel_error`.
public struct EvaluationOptions: Sendable, Hashable {
  /// An error of a built-in function ends the evaluation instead of making the call undefined.
  public var isStrict = false
  /// Steps that the evaluation may take: calls, turns of loops, and work that built-in functions announce.
  public var steps = Int.max
  /// Bytes of values that it may make.
  public var memory = Int.max
  /// Nanoseconds since 1970 that the evaluation takes for now; nil asks the system's clock.
  public var now: Int64?
  /// Time on the clock that it may take, looked at every few thousand steps; nil for any.
  public var timeout: Duration?
  /// Hosts that functions like `http.send` may connect to: none, unless the caller says so.
  public var network = NetworkAccess.none
  /// What `opa.runtime()` answers: an object, by custom with `env`, `version` and `commit`. Empty, unless the caller says otherwise:
  /// a policy sees of the process what it is given.
  public var runtime = RegoValue.object([])

  public init(
    isStrict: Bool = false, steps: Int = .max, memory: Int = .max, now: Int64? = nil, timeout: Duration? = nil,
    network: NetworkAccess = .none, runtime: RegoValue = .object([])
  ) {
    self.isStrict = isStrict
    self.steps = steps
    self.memory = memory
    self.now = now
    self.timeout = timeout
    self.network = network
    self.runtime = runtime
  }
}

/// Evaluates one query again and again, keeping its memory. For one thread at a time.
public final class Evaluator {
  // Not the query itself, which keeps evaluators for its next evaluation: the two would keep each other for ever.
  private let function: Int
  private let names: [String]
  /// Which of the names are not made up by the compiler.
  private let named: [Int]
  private let expressions: [PreparedQuery.Expression]
  private let data: Document
  private var machine: Machine
  let options: EvaluationOptions

  public init(_ query: PreparedQuery, options: EvaluationOptions = EvaluationOptions()) {
    function = query.function
    names = query.names
    named = query.names.indices.filter { !query.names[$0].hasPrefix("$") }
    expressions = query.expressions
    data = query.data
    self.options = options
    machine = Machine(query.program, options: options)
  }

  private func begin(_ input: Document?) {
    input?.prefetch()
    machine.begin(input: input?.value ?? .undefined, data: data.value)
  }

  /// Every solution, its values copied.
  public func evaluate(input: Document?) throws(RegoError) -> [Solution] {
    begin(input)
    try machine.solve(function)
    var solutions: [Solution] = []
    solutions.reserveCapacity(machine.solutionCount)
    for first in stride(from: 0, to: machine.solutionCount * names.count, by: max(1, names.count)) {
      solutions.append(try solution(first))
    }
    // A query without variables has solutions without bindings.
    while solutions.count < machine.solutionCount { solutions.append(try solution(0)) }
    return solutions
  }

  /// - Parameter first: where its bindings begin.
  private func solution(_ first: Int) throws(RegoError) -> Solution {
    var bindings: [(name: String, value: RegoValue)] = []
    for index in named where machine.results[first + index].isDefined {
      bindings.append((names[index], try copy(machine.results[first + index])))
    }
    var values: [RegoValue] = []
    for expression in expressions {
      values.append(try expression.index.map { (index) throws(RegoError) in try copy(machine.results[first + index]) } ?? .boolean(true))
    }
    return Solution(bindings: bindings, values: values)
  }

  /// Counts a value of the result against the budgets: it may be far larger than in memory, where it shares parts.
  private func spend(_ value: Value) throws(RegoError) {
    do throws(BuiltinError) { try machine.builtinContext.spend(tree: value) } catch {
      throw machine.exhausted(in: function, copying: true)
    }
  }

  private func copy(_ value: Value) throws(RegoError) -> RegoValue {
    try spend(value)
    guard let copy = RegoValue(copying: value) else { throw Self.tooDeep }
    return copy
  }

  /// Gives back the memory of a large evaluation.
  fileprivate func shrink() { machine.heap.shrink() }

  /// Every solution, its values as JSON text over several lines: for large results that are only written.
  ///
  /// - Parameters:
  ///   - indent: spaces for each level of a value.
  ///   - bindingsLevel: level at which the values of variables stand in the text around them.
  ///   - valuesLevel: the same for the values of expressions.
  public func evaluateJSON(
    input: Document?, indent: Int = 2, bindingsLevel: Int = 0, valuesLevel: Int = 0
  ) throws(RegoError) -> [SolutionJSON] {
    begin(input)
    try machine.solve(function)
    let space = [UInt8](repeating: 0x20, count: max(0, indent))
    let styles = [bindingsLevel, valuesLevel].map { level in
      JSONWriter.Style(indent: space, prefix: [UInt8](repeating: 0x20, count: space.count * max(0, level)), levels: RegoValue.depthLimit)
    }
    var solutions: [SolutionJSON] = []
    for number in 0..<machine.solutionCount {
      let first = number * names.count
      var solution = SolutionJSON()
      for index in named where machine.results[first + index].isDefined {
        solution.bindings.append((names[index], try text(machine.results[first + index], styles[0])))
      }
      for expression in expressions {
        let value = expression.index.map { machine.results[first + $0] } ?? .boolean(true)
        solution.values.append(try text(value, styles[1]))
      }
      solutions.append(solution)
    }
    return solutions
  }

  private func text(_ value: Value, _ style: JSONWriter.Style) throws(RegoError) -> [UInt8] {
    try spend(value)
    var writer = JSONWriter(style)
    writer.write(value)
    if writer.isCut { throw Self.tooDeep }
    return writer.bytes
  }

  private static let tooDeep = RegoError(
    .cancel, "caller cancelled query execution: the result is nested deeper than \(RegoValue.depthLimit) levels")

  /// Evaluates to the last solution and copies none.
  public func run(input: Document?) throws(RegoError) {
    begin(input)
    try machine.solve(function)
  }

  /// Evaluates, and counts the elements of a variable's value in the first solution without copying them; 0 where there is none.
  public func count(input: Document?, variable: String) throws(RegoError) -> Int {
    begin(input)
    try machine.solve(function)
    guard let index = names.firstIndex(of: variable), machine.solutionCount > 0 else { return 0 }
    return machine.results[index].elementCount ?? 0
  }

  /// What `print` writes, one text a call; nil drops it.
  public var printed: ((String) -> Void)? {
    get { machine.builtinContext.printed }
    set { machine.builtinContext.printed = newValue }
  }

  /// Told the names of a case of a test when it begins, the outermost first; what names it is `internal.test_case`.
  public var testCaseBegan: (([RegoValue]) -> Void)? {
    get { machine.builtinContext.testCaseBegan }
    set { machine.builtinContext.testCaseBegan = newValue }
  }

  /// Errors of built-in functions that made a call undefined in the last evaluation, at most 100.
  public var builtinErrors: [RegoError] { machine.builtinErrors }
}
