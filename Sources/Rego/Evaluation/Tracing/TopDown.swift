/// Follows a query through the checked bodies in the order in which OPA's evaluator does, and tells tracers of each step.
///
/// For explanations, coverage, profiles and the traces of tests, which speak of expressions as OPA's compiler leaves them; results come from the
/// machine. Runs on a deep stack: what follows an expression is called from inside it.
final class TopDown {
  typealias Next = () throws(RegoError) -> Flow

  let contents: TracedPolicy.Contents
  let heap: Heap
  private let memory: TraceMemory
  let context: BuiltinContext
  private let tracers: [any Tracer]
  private let wantsLocals: Bool
  private let wantsUnification: Bool
  private var steps: Int
  private let deadline: ContinuousClock.Instant?
  private let gauge = StackGauge(limit: DeepStack.limit - 4 << 20)

  var isIndexed = true
  var exitsEarly = true
  var input: Value
  var data: Value
  /// Paths that a `with` replaces, by `with`.
  var targets: [[[Value]]] = []
  var mocks: [[(name: String, value: Mock)]] = []
  /// Documents and calls whose value is known, by `with`. Undefined where a document has none.
  var known: [[[UInt8]: Value]] = [[:]]
  private var lastID = -1

  enum Mock {
    case value(Value)
    case function(CheckTerm)
    /// A document of a rule.
    case document([CheckTerm])
  }

  init(
    _ contents: TracedPolicy.Contents, input: Value, data: Value, heap: Heap, memory: TraceMemory, options: EvaluationOptions,
    tracers: [any Tracer]
  ) {
    self.memory = memory
    self.contents = contents
    self.input = input
    self.data = data
    self.heap = heap
    self.tracers = tracers
    wantsLocals = tracers.contains { $0.wantsLocals }
    wantsUnification = tracers.contains { $0.wantsUnification }
    steps = options.steps
    deadline = options.timeout.map { ContinuousClock.now + $0 }
    let now = options.now
    context = BuiltinContext(
      heap: heap, steps: options.steps, network: options.network, runtime: options.runtime,
      clock: { now ?? Machine.systemClock() })
    context.reset(steps: options.steps, deadline: deadline)
  }

  func nextID() -> Int {
    lastID += 1
    return lastID
  }

  func spend(_ search: Search) throws(RegoError) {
    try spend(
      at: search.body.expressions[min(search.index, search.body.expressions.count - 1)].location, file: contents.file(search.module))
  }

  func spend(at location: Location, file: String = "") throws(RegoError) {
    steps -= 1
    func stop(_ reason: String) -> RegoError { RegoError(.cancel, reason, file: file, location: location) }
    guard steps >= 0, !heap.isExhausted else { throw stop("caller cancelled query execution: following it needs more than its budget") }
    if steps & 1023 == 0, let reason = outerEnd { throw stop(reason) }
    guard gauge.allowsMore else { throw stop("the evaluation is nested too deeply to be followed") }
  }

  /// Why whoever asked ends the evaluation; nil where it may go on.
  private var outerEnd: String? {
    if DeepStack.isCancelled { return "caller cancelled query execution: the task that follows it was cancelled" }
    if let deadline, ContinuousClock.now >= deadline { return "context deadline exceeded" }
    return nil
  }

  /// The error of a built-in function that stopped since the evaluation may not go on.
  func exhausted(calling builtin: String, at location: Location, file: String) -> RegoError {
    let reason = outerEnd ?? "caller cancelled query execution: following it needs more than its budget"
    return RegoError(.cancel, "\(reason), calling \(builtin)", file: file, location: location)
  }

  // MARK: - Events

  func trace(
    _ operation: TraceEvent.Operation, _ node: TraceNode, _ search: Search, message: String = "", reference: [CheckTerm] = []
  ) throws(RegoError) {
    let location: Location =
      switch node {
      case .body(let body): body.expressions.first?.location ?? .generated
      case .rule(let rule): rule.location
      case .expression(let expression, _): expression.location
      case .none: search.expression.location
      }
    var locals: [(variable: Int, value: Value)] = []
    var places: [Int: Location] = [:]
    if wantsLocals, operation != .note {
      for item in search.bindings.order {
        guard let value = value(of: CheckTerm(.variable(item.variable), .generated), search.bindings) else { continue }
        locals.append((item.variable, value))
        places[item.variable] = item.location
      }
    }
    let event = TraceEvent(
      operation: operation, file: contents.file(search.module), location: location, queryID: search.id,
      parentID: search.parent?.id ?? 0, message: message, node: node, names: TraceNames(variables: search.bindings.variables),
      locals: locals, places: places, reference: reference, memory: memory)
    for tracer in tracers { try tracer.record(event) }
  }

  private func traceExit(_ node: TraceNode, _ search: Search) throws(RegoError) {
    try trace(.exit, node, search, message: search.needsOne ? "early" : "")
  }

  func exit(_ rule: CheckRule, _ search: Search) throws(RegoError) { try traceExit(.rule(rule), search) }

  func traceUnification(_ a: CheckTerm, _ b: CheckTerm, _ search: Search) throws(RegoError) {
    guard wantsUnification else { return }
    try trace(.unify, .expression(.equality(a, b, location: .generated), index: 0), search)
  }

  // MARK: - Bodies

  /// Follows a query to its last solution.
  func start(_ query: CheckRule, module: Int) throws(RegoError) {
    try run(Search(query.body, Bindings(query.variables), module: module, id: nextID(), parent: nil)) { (_) throws(RegoError) -> Flow in
      .more
    }
  }

  /// Each solution of a body of its own, as a function from variables to values.
  @_optimize(none)
  func solutions(_ body: CheckBody, _ variables: VariableTable, _ take: @escaping ((Int) -> Value?) -> Void) throws(RegoError) {
    let search = Search(body, Bindings(variables), module: contents.files.count, id: nextID(), parent: nil)
    _ = try evaluate(search) { () throws(RegoError) in
      take { self.value(of: CheckTerm(.variable($0), .generated), search.bindings) }
      return .more
    }
  }

  /// Evaluates a body as a query of its own.
  @_optimize(none)
  func run(_ search: Search, _ next: @escaping (Search) throws(RegoError) -> Flow) throws(RegoError) {
    try trace(.enter, .body(search.body), search)
    _ = try evaluate(search) { () throws(RegoError) in
      try self.traceExit(.body(search.body), search)
      let flow = try next(search)
      try self.trace(.redo, .body(search.body), search)
      return flow
    }
  }

  /// The expressions of a body from the current one on.
  @_optimize(none)
  func evaluate(_ search: Search, _ next: @escaping Next) throws(RegoError) -> Flow {
    guard search.index < search.body.expressions.count else {
      let flow = try next()
      if !flow.isMore { return search.needsOne ? .found(flow) : .deferred(flow) }
      return search.needsOne ? .found(.more) : .more
    }
    try spend(search)
    let expression = search.expression
    try trace(.eval, .expression(expression, index: search.index), search)
    if !expression.with.isEmpty { return try evaluateWith(search, next) }
    return try step(search) { () throws(RegoError) in try self.advance(search, next) }
  }

  @_optimize(none)
  func advance(_ search: Search, _ next: @escaping Next) throws(RegoError) -> Flow {
    search.index += 1
    defer { search.index -= 1 }
    return try evaluate(search, next)
  }

  @_optimize(none)
  func step(_ search: Search, _ next: @escaping Next) throws(RegoError) -> Flow {
    let expression = search.expression
    let index = search.index
    if expression.isNegated { return try evaluateNot(search, next) }
    var isDefined = false
    let found: Next = { () throws(RegoError) in
      isDefined = true
      let flow = try next()
      try self.trace(.redo, .expression(expression, index: index), search)
      return flow
    }
    let flow: Flow
    switch expression.kind {
    case .call(let terms):
      if let sides = expression.call(of: VariableTable.unify), sides.count == 3 {
        flow = try unify(sides[1], sides[2], search, found)
      } else {
        flow = try call(terms, search, found)
      }
    case .term(let term):
      flow = try values(of: term, search) { (value) throws(RegoError) in value.isFalse ? .more : try found() }
    case .every(let every): flow = try evaluateEvery(every, expression, search, found)
    case .logical(let bodies): flow = try holds(bodies, expression.connective, search) ? try found() : .more
    case .some, .someIn: flow = try found()
    }
    if !flow.isMore { return flow }
    if !isDefined { try trace(.fail, .expression(expression, index: index), search) }
    return .more
  }

  func closure(_ body: CheckBody, in search: Search, needsOne: Bool = false) -> Search {
    Search(body, search.bindings, module: search.module, id: nextID(), parent: search, needsOne: needsOne, rule: search.rule)
  }

  @_optimize(none)
  private func evaluateNot(_ search: Search, _ next: @escaping Next) throws(RegoError) -> Flow {
    let expression = search.expression
    let positive = CheckExpression(expression.kind, location: expression.location, isGenerated: expression.isGenerated)
    positive.connective = expression.connective
    if try holds(CheckBody([positive]), search) {
      try trace(.fail, .expression(expression, index: search.index), search)
      return .more
    }
    return try next()
  }

  private func holds(_ body: CheckBody, _ search: Search) throws(RegoError) -> Bool {
    let child = closure(body, in: search)
    try trace(.enter, .body(body), child)
    var isDefined = false
    _ = try evaluate(child) { () throws(RegoError) in
      try self.trace(.exit, .body(body), child)
      try self.trace(.redo, .body(body), child)
      isDefined = true
      return .more
    }
    return isDefined
  }

  private func holds(
    _ bodies: [CheckBody], _ connective: CheckExpression.Connective, _ search: Search
  ) throws(RegoError) -> Bool {
    for body in bodies {
      let isTrue = try holds(body, search)
      switch connective {
      case .not: return !isTrue
      case .and: if !isTrue { return false }
      case .or: if isTrue { return true }
      }
    }
    return connective == .and
  }

  @_optimize(none)
  private func evaluateEvery(
    _ every: CheckEvery, _ expression: CheckExpression, _ search: Search, _ next: @escaping Next
  ) throws(RegoError) -> Flow {
    let index = search.index
    guard let domain = value(of: every.domain, search.bindings), domain.isComposite else {
      try trace(.fail, .expression(expression, index: index), search)
      return .more
    }
    let key = every.key ?? CheckTerm(.null, every.domain.location)
    let generator = CheckBody([
      .equality(
        CheckTerm(.reference([every.domain, key]), every.domain.location), every.value, location: every.domain.location)
    ])
    let child = closure(generator, in: search)
    try trace(.enter, .expression(expression, index: index), child)
    var holdsForAll = true
    _ = try evaluate(child) { () throws(RegoError) in
      if !holdsForAll { return .more }
      let inner = self.closure(every.body, in: child, needsOne: true)
      try self.trace(.enter, .body(every.body), inner)
      var isDone = false
      let flow = try self.evaluate(inner) { () throws(RegoError) in
        try self.traceExit(.body(every.body), inner)
        try self.trace(.redo, .body(every.body), inner)
        isDone = true
        return .more
      }
      if !isDone { holdsForAll = false }
      try self.trace(.redo, .expression(expression, index: index), child)
      return flow.suppressed
    }
    if holdsForAll {
      let flow = try next()
      try trace(.exit, .expression(expression, index: index), child)
      return flow
    }
    try trace(.fail, .expression(expression, index: index), child)
    return .more
  }

  // MARK: - Values

  /// The value of a term whose variables are bound; nil where one is not, or where it has to be evaluated first.
  func value(of term: CheckTerm, _ bindings: Bindings) -> Value? {
    switch term.kind {
    case .null: return .null
    case .boolean(let value): return .boolean(value)
    case .number(let text): return Numbers.parse(Array(text.utf8), in: heap)
    case .string(let text): return .string(text, in: heap)
    case .variable(let variable):
      switch bindings[variable] {
      case .value(let value): return value
      case .term(let pattern): return value(of: pattern, bindings)
      case nil: return nil
      }
    case .array(let terms): return all(terms, bindings).map { .array($0, in: heap) }
    case .set(let terms): return all(terms, bindings).map { .set($0, in: heap) }
    case .object(let items):
      guard let keys = all(items.map(\.key), bindings), let values = all(items.map(\.value), bindings) else { return nil }
      return .object(zip(keys, values), in: heap)
    case .reference, .call, .comprehension, .template: return nil
    }
  }

  func all(_ terms: [CheckTerm], _ bindings: Bindings) -> [Value]? {
    var values: [Value] = []
    values.reserveCapacity(terms.count)
    for term in terms {
      guard let value = value(of: term, bindings) else { return nil }
      values.append(value)
    }
    return values
  }

  /// Each value that a term has.
  @_optimize(none)
  func values(
    of term: CheckTerm, _ search: Search, _ next: @escaping (Value) throws(RegoError) -> Flow
  ) throws(RegoError) -> Flow {
    switch term.kind {
    case .reference(let path): return try reference(path, search, next)
    case .comprehension(let comprehension): return try next(try value(of: comprehension, search))
    default:
      guard let value = value(of: term, search.bindings) else { return .more }
      return try next(value)
    }
  }

  private func value(of comprehension: CheckComprehension, _ search: Search) throws(RegoError) -> Value {
    let child = closure(comprehension.body, in: search)
    switch comprehension.shape {
    case .array, .set:
      var elements: [Value] = []
      try run(child) { (child) throws(RegoError) in
        if let value = self.value(of: comprehension.term, child.bindings) { elements.append(value) }
        return .more
      }
      return comprehension.shape == .array ? .array(elements, in: heap) : .set(elements, in: heap)
    case .object:
      let result = ObjectView.make(in: heap)
      try run(child) { (child) throws(RegoError) in
        guard let term = comprehension.key, let key = self.value(of: term, child.bindings),
          let value = self.value(of: comprehension.term, child.bindings)
        else { return .more }
        let held = result[key]
        guard held.isUndefined || held.equals(value) else {
          throw RegoError(
            .conflict, "object keys must be unique", file: self.contents.file(search.module), location: term.location)
        }
        result.set(key, value, in: self.heap)
        return .more
      }
      result.sort()
      return result.value
    }
  }
}
