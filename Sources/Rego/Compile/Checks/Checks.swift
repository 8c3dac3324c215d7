/// Everything OPA refuses in modules that can be read: names, declarations, conflicts, functions, safety, recursion and types.
///
/// The stages run over all modules one after the other, in OPA's order (v1/ast/compile.go), and the first that finds an error is the last
/// that runs, so that the same errors appear:
///
/// 1. names: parameters called `input` or `data`; with `isStrict` unused imports
/// 2. rules, parameters and variables that hide `input` or `data` (v1 modules; all with `isStrict`)
/// 3. imports of the same name (v1 modules; all with `isStrict`)
/// 4. declarations: declared, assigned or used twice, never used; with `isStrict` unused assignments and parameters
/// 5. unbound variables in interpolated strings; 6. `print` as a value; 7. unbound variables in `print`
/// 8. `with` targets; 9. conflicting rules and packages; 10. unknown functions and numbers of operands
/// 11. unsafe variables of rule heads; 12. of bodies; 13. recursion; 14. types
/// 15. deprecated built-in functions (v1 modules; all with `isStrict`)
///
/// At most ten errors are given, followed by one that says so.
///
/// Queries only read what the modules left, each with terms of its own: any number may be checked at the same time.
final class Checks: @unchecked Sendable {
  struct Options {
    /// What `opa check --strict` adds.
    var isStrict = false
    /// The functions there are besides those of rules.
    var signatures = Signature.all
    /// Errors after which no more are looked for; 0 for all.
    var errorLimit = RegoErrors.limit
    /// Bodies are kept as the last stage left them, with OPA's names of variables, for whoever follows an evaluation through them.
    var keepsBodies = false
    /// What is known of `input` and `data`; nil: blocks that name schemas are passed over.
    var schemas: SchemaSet?

    init(
      isStrict: Bool = false, signatures: [String: Signature] = Signature.all, errorLimit: Int = RegoErrors.limit,
      keepsBodies: Bool = false, schemas: SchemaSet? = nil
    ) {
      self.schemas = schemas
      self.keepsBodies = keepsBodies
      self.isStrict = isStrict
      self.signatures = signatures
      self.errorLimit = errorLimit > 0 ? errorLimit : .max
    }
  }

  let modules: [Module]
  private let options: Options
  let tree = CheckRuleTree()
  private let types = TypeTree()
  private let documents: DocumentTypes
  private var exports: [[String]: Set<String>] = [:]
  /// Of the modules; empty where all is well.
  private(set) var errors: [RegoError] = []

  /// Checks the modules in the order of their file names.
  init(_ modules: [Module], options: Options = Options()) {
    self.modules = modules.sorted { $0.file.utf8.lexicographicallyPrecedes($1.file.utf8) }
    self.options = options
    documents = DocumentTypes(options.schemas)
    var faults: [CheckFault] = []
    let ran = DeepStack.run {
      faults = checkModules()
      if options.keepsBodies { return }
      // Deep terms are freed here, where the stack is deep too.
      tree.walk { node in
        for rule in node.rules { rule.release() }
        return false
      }
    }
    errors = ran ? finish(faults, file: "") : [RegoError(.compile, "no memory for a thread to check the modules on")]
  }

  static func run(_ modules: [Module], options: Options = Options()) -> [RegoError] { Checks(modules, options: options).errors }

  /// Errors of a query over the modules, which must have none themselves.
  /// - Parameters:
  ///   - package: path below data of the package whose rules the query may name; nil for none.
  ///   - file: names the query in errors.
  func query(_ body: Body, package: [String]? = nil, imports: [Import] = [], file: String = "") -> [RegoError] {
    var faults: [CheckFault] = []
    let ran = DeepStack.run { faults = checkQuery(body, package, imports) }
    return ran ? finish(faults, file: file) : [RegoError(.compile, "no memory for a thread to check the query on")]
  }

  /// A query as the last stage leaves it, with OPA's names of variables.
  func compiled(_ body: Body, package: [String]? = nil, imports: [Import] = []) throws(RegoErrors) -> CheckRule {
    var faults: [CheckFault] = []
    var result: CheckRule?
    let ran = DeepStack.run { faults = checkQuery(body, package, imports, labels: LabelCounter(infix: "q")) { result = $0 } }
    guard ran else { throw RegoErrors(RegoError(.compile, "no memory for a thread to check the query on")) }
    guard faults.isEmpty, let result else { throw RegoErrors(finish(faults, file: "")) }
    return result
  }

  private func finish(_ faults: [CheckFault], file: String) -> [RegoError] {
    var result = faults.prefix(options.errorLimit).map { fault in
      RegoError(
        fault.code, fault.message, file: fault.module < modules.count ? modules[fault.module].file : file, location: fault.location,
        details: fault.details)
    }
    if faults.count >= options.errorLimit { result.append(RegoError(.compile, "error limit reached")) }
    return result
  }

  // MARK: Modules

  private func checkModules() -> [CheckFault] {
    for module in modules {
      let package = Self.path(module)
      for rule in module.rules {
        guard case .variable(let name) = rule.head.reference.first?.node else { continue }
        exports[package, default: []].insert(name)
      }
    }
    var faults: [CheckFault] = []
    var rules: [CheckRule] = []
    let notes = SchemaNotes(modules)
    let labels = options.keepsBodies ? LabelCounter() : nil
    for (index, module) in modules.enumerated() {
      let package = Self.path(module)
      var builder = CheckTreeBuilder(
        module: index, package: package, exports: exports[package] ?? [], imports: module.imports, labels: labels)
      for rule in module.rules {
        guard let checked = builder.rule(rule) else { continue }
        let found = notes.notes(of: rule, package: package)
        for branch in checked.branches { branch.schemas = found.shared }
        checked.schemas += found.own
        rules.append(checked)
      }
      faults += builder.faults
      if options.isStrict { faults += builder.unused(module.imports) }
      if module.rules.isEmpty { _ = tree.insert(package.map { .string($0) }) }
    }
    if !faults.isEmpty { return faults }
    let branches = rules.flatMap(\.branches)
    let calls = CallChecks(tree: tree, signatures: options.signatures)

    for rule in rules { CallExpansion(variables: rule.variables).name(rule) }
    faults = rules.flatMap { isModern($0) ? hiddenDocuments($0) : [] }
    if !faults.isEmpty { return faults }
    faults = modules.enumerated().flatMap { options.isStrict || $1.version == .v1 ? duplicateImports($1, $0) : [] }
    if !faults.isEmpty { return faults }
    for rule in rules { tree.add(rule) }

    faults = rules.flatMap { rule in
      var locals = LocalVariables(module: rule.module, variables: rule.variables, isStrict: options.isStrict)
      locals.rule(rule)
      return locals.faults
    }
    if !faults.isEmpty { return faults }
    faults = expand(branches, calls)
    if !faults.isEmpty { return faults }

    let packages = modules.map { RuleConflicts.PackagePlace(path: Self.path($0), location: $0.packageLocation) }
    var conflicts = RuleConflicts(tree: tree, packages: packages) { [modules] in "\(modules[$0].file):\($1.row)" }
    conflicts.check()
    if !conflicts.faults.isEmpty { return conflicts.faults }
    faults = branches.flatMap { calls.undefined($0) }
    if !faults.isEmpty { return faults }
    faults = branches.flatMap { safety($0, calls).heads($0) }
    if !faults.isEmpty { return faults }
    faults = branches.flatMap { safety($0, calls).body($0) }
    if !faults.isEmpty { return faults }

    for rule in branches {
      let expansion = CallExpansion(variables: rule.variables)
      expansion.equalities(rule)
      expansion.dynamicTerms(rule.body)
    }
    let graph = RuleGraph(rules: branches, tree: tree)
    faults = graph.recursion(limit: options.errorLimit)
    if !faults.isEmpty { return faults }
    if let fault = documents.inputFault { return [fault] }
    var checker = TypeChecker(globals: types, signatures: options.signatures, documents: documents)
    for rule in graph.sorted { checker.check(rule) }
    if !checker.faults.isEmpty {
      return checker.faults.sorted {
        ($0.module, $0.location.row, $0.location.column, $0.message) < ($1.module, $1.location.row, $1.location.column, $1.message)
      }
    }
    return branches.flatMap { isModern($0) ? calls.deprecated($0) : [] }
  }

  private static func path(_ module: Module) -> [String] { module.package.dropFirst().compactMap(\.stringValue) }

  /// The v1 edition's rules apply.
  private func isModern(_ rule: CheckRule) -> Bool { options.isStrict || modules[rule.module].version == .v1 }

  private func safety(_ rule: CheckRule, _ calls: CallChecks) -> BodySafety {
    BodySafety(module: rule.module, variables: rule.variables, outputs: calls.outputs(rule.variables))
  }

  /// From templates to `with`: calls become expressions of their own, what needs evaluation moves into bodies.
  private func expand(_ rules: [CheckRule], _ calls: CallChecks) -> [CheckFault] {
    func expansions(_ rule: CheckRule) -> TemplateExpansion {
      TemplateExpansion(module: rule.module, variables: rule.variables, outputs: calls.outputs(rule.variables))
    }
    var faults: [CheckFault] = []
    for rule in rules where rule.hasTemplates {
      var expansion = expansions(rule)
      expansion.templates(rule)
      faults += expansion.faults
    }
    if !faults.isEmpty { return faults }
    faults = rules.flatMap { $0.hasPrint ? calls.void($0) : [] }
    if !faults.isEmpty { return faults }
    for rule in rules where rule.hasPrint {
      var expansion = expansions(rule)
      expansion.prints(rule)
      faults += expansion.faults
    }
    if !faults.isEmpty { return faults }
    for rule in rules {
      let expansion = CallExpansion(variables: rule.variables)
      expansion.rule(rule)
      expansion.comprehensionHeads(rule)
      expansion.head(rule)
      rule.forEachBody { body in if let fault = calls.modifiers(body, rule) { faults.append(fault) } }
    }
    return faults
  }

  private func hiddenDocuments(_ rule: CheckRule) -> [CheckFault] {
    func name(_ term: CheckTerm) -> String? {
      guard case .reference(let path) = term.kind, path.count == 1, case .variable(let root) = path[0].kind else { return nil }
      return root == VariableTable.input ? "input" : root == VariableTable.data ? "data" : nil
    }
    var faults: [CheckFault] = []
    if rule.name == "input" || rule.name == "data" {
      faults.append(
        CheckFault(.compile, "rules must not shadow \(rule.name) (use a different rule name)", rule.module, rule.location))
    }
    for branch in rule.branches {
      branch.walkExpressions { expression in
        if let terms = expression.call(of: VariableTable.assign), terms.count > 1, let hidden = name(terms[1]) {
          faults.append(
            CheckFault(
              .compile, "variables must not shadow \(hidden) (use a different variable name)", rule.module, expression.location))
        }
        return false
      }
    }
    return faults
  }

  private func duplicateImports(_ module: Module, _ index: Int) -> [CheckFault] {
    var known: [String: Import] = [:]
    var faults: [CheckFault] = []
    for item in module.imports {
      if let first = known[item.name] {
        faults.append(CheckFault(.compile, "import must not shadow \(first.text)", index, item.location))
      } else {
        known[item.name] = item
      }
    }
    return faults
  }

  // MARK: Queries

  private func checkQuery(
    _ body: Body, _ package: [String]?, _ imports: [Import], labels: LabelCounter? = nil, keep: (CheckRule) -> Void = { _ in }
  ) -> [CheckFault] {
    var builder = CheckTreeBuilder(
      module: modules.count, package: package ?? [], exports: package.flatMap { exports[$0] } ?? [], imports: imports,
      labels: labels)
    let rule = builder.query(body)
    let calls = CallChecks(tree: tree, signatures: options.signatures)
    if options.isStrict {
      let faults = hiddenDocuments(rule)
      if !faults.isEmpty { return faults }
    }
    var locals = LocalVariables(module: rule.module, variables: rule.variables, isStrict: options.isStrict)
    locals.query(rule)
    if !locals.faults.isEmpty { return locals.faults }
    var faults = expand([rule], calls)
    if !faults.isEmpty { return faults }
    faults = calls.undefined(rule)
    if !faults.isEmpty { return faults }
    faults = safety(rule, calls).body(rule)
    if !faults.isEmpty { return faults }
    CallExpansion(variables: rule.variables).dynamicTerms(rule.body)
    keep(rule)
    faults = TypeChecker(globals: types, signatures: options.signatures, documents: documents).query(rule)
    if !faults.isEmpty { return faults }
    return options.isStrict ? calls.deprecated(rule) : []
  }
}
