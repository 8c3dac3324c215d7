/// Compiles modules: resolves names, puts every body in an order in which its variables are bound, and gathers the rules in one tree.
///
/// The stages are OPA's (v1/ast/compile.go); the first that finds errors ends the compilation with all of its errors.
struct Compiler {
  struct Options: Sendable {
    /// Built-in functions that policies may call, by name.
    var builtins: [String: Builtin] = Builtins.all
    /// Refuses what `opa check --strict` refuses.
    var isStrict = false
    /// Errors after which no more are looked for; 0 for all.
    var errorLimit = RegoErrors.limit
    /// What is known of `input` and `data`; nil: blocks that name schemas are passed over.
    var schemas: SchemaSet?

    init() {}

    init(_ options: Policy.Options) {
      for function in options.functions { builtins[function.name] = function.builtin }
      if let names = options.builtins { builtins = builtins.filter { names.contains($0.key) } }
      isStrict = options.isStrict
      errorLimit = options.errorLimit
      schemas = options.schemas
    }
  }

  private let modules: [Module]
  private let options: Options
  private let heap = Heap()
  /// Names of rules by package.
  private var ruleNames: [[String]: Set<String>] = [:]
  private var functions: [[String]: Int] = [:]

  /// Modules compiled together. Immutable once made.
  struct Output {
    let heap: Heap
    let tree: RuleTree
    let ruleNames: [[String]: Set<String>]
    let functions: [[String]: Int]
    let builtins: [String: Builtin]
    let checks: Checks
  }

  static func compile(_ modules: [Module], options: Options = Options()) throws(RegoErrors) -> Output {
    let checks = Checks(
      modules,
      options: Checks.Options(
        isStrict: options.isStrict, signatures: Signature.table(for: options.builtins), errorLimit: options.errorLimit,
        schemas: options.schemas))
    if !checks.errors.isEmpty { throw RegoErrors(checks.errors) }
    return try DeepStack.result { () throws(RegoErrors) in
      var compiler = Compiler(modules: modules, options: options)
      return try compiler.run(checks)
    }
  }

  private init(modules: [Module], options: Options) {
    self.modules = modules
    self.options = options
  }

  private mutating func run(_ checks: Checks) throws(RegoErrors) -> Output {
    declare()
    var errors: [RegoError] = []
    var resolved: [ResolvedRule] = []
    let metadata = RuleMetadata(modules)
    for module in modules {
      var resolver = Resolver(
        heap: heap, names: names(of: module), file: module.file, functions: functions, builtins: options.builtins, metadata: metadata)
      for rule in module.rules { resolved.append(resolver.rule(rule)) }
      errors += resolver.errors
    }
    try Self.check(errors)
    for rule in resolved {
      var safety = Safety(names: rule.names, file: rule.file)
      safety.check(rule)
      errors += safety.errors
    }
    try Self.check(errors)
    let tree = RuleTree(name: "", path: [])
    for module in modules { _ = tree.insert(Self.path(module)) }
    for rule in resolved { tree.insert(rule.path).rules.append(rule) }
    return Output(heap: heap, tree: tree, ruleNames: ruleNames, functions: functions, builtins: options.builtins, checks: checks)
  }

  private static func check(_ errors: [RegoError]) throws(RegoErrors) {
    if !errors.isEmpty { throw RegoErrors(Array(errors.prefix(RegoErrors.limit))) }
  }

  /// Path of a module's package below data.
  static func path(_ module: Module) -> [String] {
    module.package.dropFirst().compactMap { term in
      if case .string(let part) = term.node { return part }
      return nil
    }
  }

  private mutating func declare() {
    for module in modules {
      let package = Self.path(module)
      for rule in module.rules {
        guard case .variable(let name)? = rule.head.reference.first?.node else { continue }
        ruleNames[package, default: []].insert(name)
        if let arguments = rule.head.arguments {
          var path = package
          for (index, term) in rule.head.reference.enumerated() {
            switch term.node {
            case .variable(let part) where index == 0: path.append(part)
            case .string(let part): path.append(part)
            default: break
            }
          }
          functions[path] = arguments.count
        }
      }
    }
  }

  private func names(of module: Module) -> Resolver.Names {
    let package = Self.path(module)
    return Resolver.Names(package: package, rules: ruleNames[package] ?? [], imports: Self.imports(module.imports))
  }

  /// What imports of documents are called, and where they lead. Imports of the language's own features name nothing.
  static func imports(_ imports: [Import]) -> [String: (root: String, path: [Term])] {
    var result: [String: (root: String, path: [Term])] = [:]
    for item in imports {
      let terms: [Term]
      switch item.path.node {
      case .variable: terms = [item.path]
      case .reference(let parts): terms = parts
      default: continue
      }
      guard case .variable(let root) = terms[0].node, root == "data" || root == "input" else { continue }
      var name = item.alias
      if name == nil {
        if case .string(let last)? = terms.last?.node { name = last }
        if terms.count == 1 { name = root }
      }
      if let name, name != root || terms.count > 1 { result[name] = (root, Array(terms.dropFirst())) }
    }
    return result
  }
}

extension Compiler.Output {
  /// A query against the modules: its program, its function there, and the names of the variables it binds.
  ///
  /// - Parameters:
  ///   - package: the package whose rules the query names directly; empty for none.
  ///   - imports: imports that the query sees.
  ///   - data: base data of every evaluation, frozen, which the caller keeps; undefined where it is not known yet.
  ///   - isOptimized: false leaves every rule as it is written.
  func program(
    query body: Body, package: [String] = [], imports: [Import] = [], data: Value = .undefined, isOptimized: Bool = true
  ) throws(RegoErrors) -> (program: Program, function: Int, names: [String]) {
    try DeepStack.result { () throws(RegoErrors) in
      try plan(query: body, package: package, imports: imports, data: data, isOptimized: isOptimized)
    }
  }

  private func plan(
    query body: Body, package: [String], imports: [Import], data: Value, isOptimized: Bool
  ) throws(RegoErrors) -> (program: Program, function: Int, names: [String]) {
    let (planner, function, names) = try planned(query: body, package: package, imports: imports, plansKeys: isOptimized)
    if isOptimized { planner.optimize(data: data) }
    return (try Self.assembled(planner, keeping: heap), function, names)
  }

  /// The code of what is planned, verified.
  static func assembled(_ planner: Planner, keeping heap: Heap) throws(RegoErrors) -> Program {
    do throws(RegoError) {
      return try Assembler.assemble(planner, keeping: heap)
    } catch {
      throw RegoErrors(error)
    }
  }

  /// The rules and a query as they are written.
  func planned(
    query body: Body, package: [String], imports: [Import], plansKeys: Bool = false
  ) throws(RegoErrors) -> (planner: Planner, function: Int, names: [String]) {
    // A heap of its own: other queries of the same modules may be running.
    let queryHeap = Heap()
    let names = Resolver.Names(
      package: package, rules: package.isEmpty ? [] : ruleNames[package] ?? [], imports: Compiler.imports(imports))
    var resolver = Resolver(heap: queryHeap, names: names, file: "", functions: functions, builtins: builtins)
    let query = resolver.query(body)
    if !resolver.errors.isEmpty { throw RegoErrors(Array(resolver.errors.prefix(RegoErrors.limit))) }
    var safety = Safety(names: query.names, file: "")
    let bound = safety.checkQuery(query.body)
    if !safety.errors.isEmpty { throw RegoErrors(Array(safety.errors.prefix(RegoErrors.limit))) }
    let variables = query.names.indices.filter { bound.contains($0) }
    let planner = Planner(heap: queryHeap, tree: tree, builtins: builtins)
    planner.plansKeys = plansKeys
    planner.planRules()
    let function = planner.planQuery(query.body, variables: variables, count: query.names.count)
    if let error = planner.error { throw RegoErrors(error) }
    return (planner, function, variables.map { query.names[$0] })
  }
}
