internal import Synchronization

/// Compiled modules with the data they read. Queries against them are prepared once and evaluated any number of times, on any thread.
///
///     let module = try Parser.module(Array("package p\nallow if input.user == \"root\"".utf8), file: "p.rego")
///     let policy = try Policy([module])
///     let query = try policy.prepare("data.p.allow")
///     let answer = try query.evaluate(input: Document(json: Array(#"{"user": "root"}"#.utf8)))
public final class Policy: Sendable {
  let shared: SharedOutput
  public let data: Document
  private let isOptimized: Bool

  /// The compiler's output, which preparing a query writes into.
  struct Compiled: @unchecked Sendable {
    let output: Compiler.Output
  }

  /// The compiler's output in one place for all policies that differ in their data alone.
  final class SharedOutput: Sendable {
    let output: Mutex<Compiled>
    init(_ output: consuming Compiled) { self.output = Mutex(output) }
  }

  /// What is asked of modules beyond the language.
  public struct Options: Sendable {
    /// Refuses what `opa check --strict` refuses, in queries too.
    public var isStrict = false
    /// Built-in functions that may be called; nil for all of the engine.
    public var builtins: Set<String>?
    /// Errors after which no more are looked for; 0 for all.
    public var errorLimit = RegoErrors.limit
    /// JSON schemas of `input` and `data` that types are checked against. Nil: METADATA blocks that name schemas are passed over; those that
    /// hold one count.
    public var schemas: SchemaSet?
    /// Functions besides the engine's own, or in their place.
    public var functions: [BuiltinFunction] = []
    /// False runs every rule and every expression as it is written: for whoever watches the evaluation.
    public var isOptimized = true

    public init(
      isStrict: Bool = false, builtins: Set<String>? = nil, errorLimit: Int = RegoErrors.limit, schemas: SchemaSet? = nil,
      functions: [BuiltinFunction] = []
    ) {
      self.schemas = schemas
      self.isStrict = isStrict
      self.builtins = builtins
      self.errorLimit = errorLimit
      self.functions = functions
    }
  }

  /// - Throws: every error of the first stage of the compilation that finds one.
  public init(_ modules: [Module], data: Document = .empty, options: Options = Options()) throws(RegoErrors) {
    isOptimized = options.isOptimized
    shared = SharedOutput(Compiled(output: try Compiler.compile(modules, options: Compiler.Options(options))))
    self.data = data
  }

  private init(_ shared: SharedOutput, data: Document, isOptimized: Bool) {
    self.shared = shared
    self.data = data
    self.isOptimized = isOptimized
  }

  /// The same modules over other data. Queries are prepared anew; nothing is compiled twice.
  public func replacing(data: Document) -> Policy { Policy(shared, data: data, isOptimized: isOptimized) }

  /// Prepares a query in the edition's text.
  ///
  /// - Parameters:
  ///   - package: dotted path below data of the package whose rules the query may name directly.
  ///   - imports: as in a module: `data.a.b`, `input.x`.
  public func prepare(
    _ text: String, package: [String] = [], imports: [Import] = [], options: Parser.Options = Parser.Options()
  ) throws(RegoErrors) -> PreparedQuery {
    let source = Array(text.utf8)
    let body = try Parser.query(source, options: options)
    let (functions, builtins) = shared.output.withLock { ($0.output.functions, $0.output.builtins) }
    let capture = QueryCapture(body) { Self.arity(of: $0, functions, builtins, package: package) }
    let query = try prepare(capture.body, package, imports)
    query.expressions = Self.expressions(body, capture, source, query.names)
    return query
  }

  /// Prepares a query that is evaluated again and again while single places of its documents change.
  ///
  /// - Parameters:
  ///   - input: as it is now; nil leaves `input` undefined.
  ///   - data: as it is now; nil for the policy's own.
  /// - Throws: as `prepare` does. Errors of the evaluation are thrown by `LiveQuery.solutions`.
  public func live(
    _ text: String, package: [String] = [], imports: [Import] = [], input: Document? = nil, data: Document? = nil,
    options: EvaluationOptions = EvaluationOptions()
  ) throws(RegoErrors) -> LiveQuery {
    let source = Array(text.utf8)
    let body = try Parser.query(source)
    let data = data ?? self.data
    let result = shared.output.withLock { compiled in
      Result { () throws(RegoErrors) in
        let output = compiled.output
        let capture = QueryCapture(body) { Self.arity(of: $0, output.functions, output.builtins, package: package) }
        let errors = output.checks.query(capture.body, package: package.isEmpty ? nil : package, imports: imports)
        if !errors.isEmpty { throw RegoErrors(errors) }
        let plan = try LivePlan.make(
          output, query: capture.body, package: package, imports: imports, input: input?.value ?? .undefined, data: data.value)
        return Planned(plan: plan, expressions: Self.expressions(body, capture, source, plan.names))
      }
    }
    let planned = try result.get()
    return LiveQuery(planned.plan, expressions: planned.expressions, input: input, data: data, options: options)
  }

  /// What a lock hands out: nobody else has it.
  private struct Planned: @unchecked Sendable {
    let plan: LivePlan
    let expressions: [PreparedQuery.Expression]
  }

  private static func expressions(_ body: Body, _ capture: QueryCapture, _ source: [UInt8], _ names: [String]) -> [PreparedQuery.Expression]
  {
    zip(body, capture.variables).map { expression, variable in
      let start = min(Int(expression.location.offset), source.count)
      let end = min(max(Int(expression.location.end), start), source.count)
      return PreparedQuery.Expression(
        text: String(decoding: source[start..<end], as: UTF8.self), location: expression.location,
        index: variable.flatMap { names.firstIndex(of: $0) })
    }
  }

  public func prepare(_ body: Body, package: [String] = [], imports: [Import] = []) throws(RegoErrors) -> PreparedQuery {
    try prepare(body, package, imports)
  }

  private func prepare(_ body: Body, _ package: [String], _ imports: [Import]) throws(RegoErrors) -> PreparedQuery {
    let result = shared.output.withLock { compiled in
      Result { () throws(RegoErrors) in
        let errors = compiled.output.checks.query(body, package: package.isEmpty ? nil : package, imports: imports)
        if !errors.isEmpty { throw RegoErrors(errors) }
        let (program, function, names) = try compiled.output.program(
          query: body, package: package, imports: imports, data: data.value, isOptimized: isOptimized)
        return PreparedQuery(program: program, function: function, names: names, data: data)
      }
    }
    return try result.get()
  }

  private static func arity(
    of callee: Term, _ functions: [[String]: Int], _ builtins: [String: Builtin], package: [String]
  ) -> Int? {
    let terms = if case .reference(let parts) = callee.node { parts } else { [callee] }
    let name = terms.compactMap { term in
      switch term.node {
      case .variable(let part), .string(let part): part
      default: nil
      }
    }
    if name.first == "data" { return functions[Array(name.dropFirst())] }
    return functions[package + name] ?? builtins[name.joined(separator: ".")]?.arity
  }

  /// The value of a term without variables.
  static func constant(_ text: String) throws(RegoErrors) -> RegoValue {
    var body = try Parser.query(Array(text.utf8))
    guard body.count == 1, case .term(let term) = body[0].kind else {
      throw RegoErrors(RegoError(.parse, "expected exactly one term"))
    }
    body[0].kind = .term(
      Term(.call(Term(.reference([Term(.variable("eq"))])), [Term(.variable("value")), term]), term.location))
    let query = try Policy([]).prepare(body)
    var value: RegoValue?
    do throws(RegoError) { value = try query.evaluate(input: nil).first?["value"] } catch { throw RegoErrors(error) }
    guard let value else { throw RegoErrors(RegoError(.parse, "the term has no value")) }
    return value
  }
}

/// One way in which a query holds: values of its variables by name, in the order of first mention.
public struct Solution: Sendable, Hashable {
  public let bindings: [(name: String, value: RegoValue)]
  /// Values of the query's expressions, where it was prepared from a text; an equation that holds is true.
  public let values: [RegoValue]

  public subscript(name: String) -> RegoValue? { bindings.first { $0.name == name }?.value }

  public static func == (a: Solution, b: Solution) -> Bool {
    a.bindings.count == b.bindings.count && zip(a.bindings, b.bindings).allSatisfy { $0.name == $1.name && $0.value == $1.value }
  }

  public func hash(into hasher: inout Hasher) {
    for binding in bindings {
      hasher.combine(binding.name)
      hasher.combine(binding.value)
    }
  }
}

/// A solution whose values are JSON texts.
public struct SolutionJSON: Sendable {
  public internal(set) var bindings: [(name: String, text: [UInt8])] = []
  /// Values of the query's expressions; an equation that holds is true.
  public internal(set) var values: [[UInt8]] = []
}
