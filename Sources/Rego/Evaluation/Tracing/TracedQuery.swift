/// Modules compiled so that an evaluation can be followed: for explanations, coverage and profiles.
///
///     let policy = try TracedPolicy([module])
///     let recorder = TraceRecorder(.fails)
///     try policy.prepare("data.p.allow").run(input: input, tracers: [recorder])
///     for line in TraceLines.lines(recorder.events) { print(line) }
///
/// Following an evaluation takes far longer than evaluating, so results come from a `Policy`.
public final class TracedPolicy: @unchecked Sendable {
  // What is compiled is not changed any more, but for a memo that the lock of each evaluation's own contents guards.
  let checks: Checks
  private let builtins: [String: Builtin]
  private let data: Document

  /// What an evaluation reads. For one evaluation at a time.
  final class Contents {
    let tree: CheckRuleTree
    let builtins: [String: Builtin]
    let files: [String]
    let isStrict: Bool
    /// Bindings of a body without variables of its own.
    let nothing: Bindings
    var conditions: [ObjectIdentifier: [RuleCondition]] = [:]
    private let modules: [Module]
    private lazy var blocks = RuleMetadata(modules)

    init(tree: CheckRuleTree, builtins: [String: Builtin], modules: [Module], isStrict: Bool) {
      self.modules = modules
      self.tree = tree
      self.builtins = builtins
      files = modules.map(\.file)
      self.isStrict = isStrict
      nothing = Bindings(VariableTable())
    }

    /// "" for the query.
    func file(_ module: Int) -> String { module < files.count ? files[module] : "" }

    /// What `rego.metadata.rule` and `rego.metadata.chain` give in a rule.
    func metadata(_ name: String, _ rule: CheckRule, _ heap: Heap) -> Value? {
      guard rule.module < modules.count else { return nil }
      let module = modules[rule.module]
      var isElse = false
      let written = module.rules.first { written in
        if written.location == rule.location { return true }
        isElse = written.elses.contains { $0.location == rule.location }
        return isElse
      }
      guard let written else { return nil }
      return name == "rego.metadata.rule"
        ? blocks.rule(written, isElse: isElse, in: heap) : blocks.chain(written, package: rule.package, isElse: isElse, in: heap)
    }

    /// A name as written: "data.p.f", "count".
    func name(of term: CheckTerm, _ variables: VariableTable) -> String {
      let path: [CheckTerm]
      switch term.kind {
      case .reference(let terms): path = terms
      case .variable: path = [term]
      default: return ""
      }
      return path.map { part in
        switch part.kind {
        case .variable(let variable): variables.names[variable]
        case .string(let text): text
        default: ""
        }
      }.joined(separator: ".")
    }

    func rules(of term: CheckTerm) -> CheckRuleTree? {
      guard case .reference(let path) = term.kind, case .variable(VariableTable.data) = path[0].kind,
        let node = tree.find(path.dropFirst()), !node.rules.isEmpty
      else { return nil }
      return node
    }

    /// A function of rules or of the engine.
    func isFunction(_ term: CheckTerm, _ variables: VariableTable) -> Bool {
      if let node = rules(of: term) { return node.rules.contains { $0.arity > 0 } }
      return term.isVariable || { if case .reference = term.kind { true } else { false } }()
        ? builtins[name(of: term, variables)] != nil : false
    }

    func term(_ value: Value) -> CheckTerm {
      let kind: CheckTerm.Kind =
        switch value.tag {
        case .boolean: .boolean(value.isTrue)
        case .integer, .number: .number(String(decoding: Numbers.text(value), as: UTF8.self))
        case .shortString, .longString: .string(value.string)
        case .array: .array(value.elements.map { term($0) })
        case .set: .set(value.elements.map { term($0) })
        case .object: .object(Members(value.objectView).map { CheckItem(key: term($0.key), value: term($0.value)) })
        case .undefined, .null: .null
        }
      return CheckTerm(kind, .generated)
    }
  }

  /// - Throws: every error of the first stage of the compilation that finds one.
  public init(_ modules: [Module], data: Document = .empty, options: Policy.Options = Policy.Options()) throws(RegoErrors) {
    let compiler = Compiler.Options(options)
    builtins = compiler.builtins
    checks = Checks(
      modules,
      options: Checks.Options(
        isStrict: options.isStrict, signatures: Signature.table(for: compiler.builtins), errorLimit: options.errorLimit, keepsBodies: true,
        schemas: options.schemas))
    self.data = data
    if !checks.errors.isEmpty { throw RegoErrors(checks.errors) }
  }

  deinit {
    // Deep terms are freed where the stack is deep too.
    let tree = checks.tree
    _ = DeepStack.run {
      tree.walk { node in
        for rule in node.rules { for branch in rule.branches.reversed() { branch.release() } }
        return false
      }
    }
  }

  /// As `Policy.prepare`.
  public func prepare(
    _ text: String, package: [String] = [], imports: [Import] = [], options: Parser.Options = Parser.Options()
  ) throws(RegoErrors) -> TracedQuery {
    let body = try Parser.query(Array(text.utf8), options: options)
    let capture = QueryCapture(body) { arity(of: $0, package) }
    return TracedQuery(
      policy: self, query: try checks.compiled(capture.body, package: package.isEmpty ? nil : package, imports: imports))
  }

  /// Evaluates what is known of a query and leaves the rest.
  ///
  /// - Parameters:
  ///   - input: what is known of the input.
  ///   - partial: what is unknown, and which rules stay rules.
  /// - Throws: errors of the query and of `partial.unknowns`, and those of the evaluation.
  public func partially(
    _ text: String, package: [String] = [], imports: [Import] = [], input: Document? = nil, partial: PartialOptions = PartialOptions(),
    options: Parser.Options = Parser.Options(), evaluation: EvaluationOptions = EvaluationOptions()
  ) throws(RegoErrors) -> PartialResult {
    let body = try Parser.query(Array(text.utf8), options: options).map { Self.equation($0) }
    let query = try checks.compiled(body, package: package.isEmpty ? nil : package, imports: imports)
    let unknowns = try partial.unknowns.map { text throws(RegoErrors) in try Self.path(text) }
    let kept = try partial.disableInlining.map { text throws(RegoErrors) in
      try Self.path(text).enumerated().map { index, part in
        if case .string(let name) = part.kind { return name }
        return index == 0 ? "data" : ""
      }
    }
    let heap = Heap(budget: evaluation.memory)
    let memory = TraceMemory(heap: heap, input: input, policy: self)
    do throws(RegoError) {
      return try DeepStack.result { () throws(RegoError) in
        let contents = self.contents(isStrict: evaluation.isStrict)
        let known = TopDown(
          contents, input: input?.value ?? .undefined, data: data.value, heap: heap, memory: memory, options: evaluation, tracers: [])
        let rest = PartialEvaluation(
          contents, known: known,
          options: PartialEvaluation.Options(
            unknowns: unknowns, kept: kept, isShallow: partial.shallowInlining,
            callsNondeterministic: partial.nondeterministicBuiltins, namespace: partial.namespace, isMoved: partial.isMoved,
            label: partial.label))
        return try rest.result(query)
      }
    } catch {
      throw RegoErrors(error)
    }
  }

  /// A comparison for equality as an equation, which leaves its sides whole.
  private static func equation(_ expression: Expression) -> Expression {
    guard case .term(let term) = expression.kind, term.infixName == "equal", case .call(_, let sides) = term.node, sides.count == 2 else {
      return expression
    }
    var copy = expression
    copy.kind = .term(Term(.call(Term(.reference([Term(.variable("eq"))])), sides), term.location))
    return copy
  }

  /// A reference to a document, as "input.user" or "data.roles".
  private static func path(_ text: String) throws(RegoErrors) -> [CheckTerm] {
    let body = try Parser.query(Array(text.utf8))
    func refuse() -> RegoErrors {
      RegoErrors(RegoError(.parse, "\(text): not a reference to input or data, such as input.user", location: .generated))
    }
    guard body.count == 1, case .term(let term) = body[0].kind, case .reference(let path) = term.node,
      case .variable(let head) = path[0].node,
      head == "input" || head == "data"
    else { throw refuse() }
    var result = [CheckTerm(.variable(head == "input" ? VariableTable.input : VariableTable.data), .generated)]
    for part in path.dropFirst() {
      switch part.node {
      case .string(let text): result.append(CheckTerm(.string(text), .generated))
      case .number(let text): result.append(CheckTerm(.number(text), .generated))
      case .boolean(let value): result.append(CheckTerm(.boolean(value), .generated))
      case .variable: result.append(CheckTerm(.variable(Int.max), .generated))
      default: throw refuse()
      }
    }
    return result
  }

  /// Documents that a query needs.
  public func dependencies(
    of text: String, package: [String] = [], imports: [Import] = [], options: Parser.Options = Parser.Options()
  ) throws(RegoErrors) -> Dependencies {
    let body = try Parser.query(Array(text.utf8), options: options)
    let query = try checks.compiled(body, package: package.isEmpty ? nil : package, imports: imports)
    return DependencyWalk.run(query, checks.tree)
  }

  private func arity(of callee: Term, _ package: [String]) -> Int? {
    let terms = if case .reference(let parts) = callee.node { parts } else { [callee] }
    let name = terms.compactMap { term in
      switch term.node {
      case .variable(let part), .string(let part): part
      default: nil
      }
    }
    func arity(_ path: [String]) -> Int? {
      checks.tree.find(path.map { CheckTerm(.string($0), .generated) })?.rules.first?.arity
    }
    if name.first == "data" { return arity(Array(name.dropFirst())) }
    return arity(package + name) ?? builtins[name.joined(separator: ".")]?.arity
  }

  fileprivate func contents(isStrict: Bool) -> Contents {
    Contents(tree: checks.tree, builtins: builtins, modules: checks.modules, isStrict: isStrict)
  }

  fileprivate func run(
    _ query: CheckRule, input: Document?, options: EvaluationOptions, tracers: [any Tracer], configure: (TopDown) -> Void
  ) throws(RegoError) {
    let heap = Heap(budget: options.memory)
    let memory = TraceMemory(heap: heap, input: input, policy: self)
    let data = self.data
    try DeepStack.result { () throws(RegoError) in
      let search = TopDown(
        contents(isStrict: options.isStrict), input: input?.value ?? .undefined, data: data.value, heap: heap, memory: memory,
        options: options, tracers: tracers)
      configure(search)
      try search.start(query, module: checks.modules.count)
    }
  }
}

/// Keeps what events speak of: the rules, and what values lie in.
final class TraceMemory: @unchecked Sendable {
  // Nothing is read through it.
  private let heap: Heap
  private let input: Document?
  private let policy: TracedPolicy

  init(heap: Heap, input: Document?, policy: TracedPolicy) {
    self.heap = heap
    self.input = input
    self.policy = policy
  }
}

/// A query whose evaluation can be followed.
public final class TracedQuery: @unchecked Sendable {
  // The compiled query is not changed any more.
  private let policy: TracedPolicy
  private let query: CheckRule

  fileprivate init(policy: TracedPolicy, query: CheckRule) {
    self.policy = policy
    self.query = query
  }

  /// Evaluates to the last solution and tells the tracers of each step.
  ///
  /// - Parameters:
  ///   - isIndexed: rules whose bodies cannot hold are passed over.
  ///   - exitsEarly: the first of rules that give the same constant decides.
  public func run(
    input: Document? = nil, options: EvaluationOptions = EvaluationOptions(), tracers: [any Tracer], isIndexed: Bool = true,
    exitsEarly: Bool = true
  ) throws(RegoError) {
    try policy.run(query, input: input, options: options, tracers: tracers) { search in
      search.isIndexed = isIndexed
      search.exitsEarly = exitsEarly
    }
  }
}
