/// Turns a module's syntax into the resolved tree: references to rules and imports become paths below data, local variables become
/// numbers, operators become calls. What `Checks` refuses is not looked for again; unknown functions are.
struct Resolver {
  /// Names of a module: package rules and imports.
  struct Names {
    /// Path of the package below data.
    var package: [String]
    /// Names of the package's rules, in any module.
    var rules: Set<String>
    /// Alias to (root, path).
    var imports: [String: (root: String, path: [Term])]
  }

  let heap: Heap
  let names: Names
  let file: String
  /// Paths of functions, with the number of parameters.
  let functions: [[String]: Int]
  let builtins: [String: Builtin]
  /// What calls of `rego.metadata` in rules become; nil for queries.
  private let metadata: RuleMetadata?
  private(set) var errors: [RegoError] = []
  /// The rule that is being resolved.
  private var current: Rule?
  private var isElse = false

  private var frames: [[String: Int]] = []
  private var undeclared: [String: Int] = [:]
  private var variableNames: [String] = []

  init(
    heap: Heap, names: Names, file: String, functions: [[String]: Int], builtins: [String: Builtin], metadata: RuleMetadata? = nil
  ) {
    self.metadata = metadata
    self.heap = heap
    self.names = names
    self.file = file
    self.functions = functions
    self.builtins = builtins
  }

  mutating func report(_ code: RegoError.Code, _ message: String, _ location: Location) {
    errors.append(RegoError(code, message, file: file, location: location))
  }

  // MARK: - Rules and queries

  mutating func rule(_ rule: Rule) -> ResolvedRule {
    reset()
    current = rule
    isElse = false
    push()
    var parameters: [ResolvedTerm]?
    var computed: [(variable: Int, term: ResolvedTerm, location: Location)] = []
    // Without parameters a function is a document that may be called.
    if let arguments = rule.head.arguments, !arguments.isEmpty {
      for argument in arguments {
        declareVariables(of: argument, keeping: true)
      }
      parameters = arguments.map { argument in
        let node = node(argument)
        guard case .template = node else { return node }
        // Its variables may be bound in the body only: compared there.
        let variable = newVariable("$argument")
        computed.append((variable, node, argument.location))
        return .variable(variable)
      }
    }
    var path = names.package
    var suffix: [Term] = []
    for (index, term) in rule.head.reference.enumerated() {
      switch term.node {
      case .variable(let name) where index == 0: path.append(name)
      case .string(let name) where suffix.isEmpty: path.append(name)
      default: suffix.append(term)
      }
    }
    var branches: [ResolvedRule.Branch] = []
    var resolvedSuffix: [ResolvedTerm] = []
    var key: ResolvedTerm?
    push()
    let body = self.body(rule.body)
    resolvedSuffix = suffix.map { node($0) }
    key = rule.head.key.map { node($0) }
    let value = rule.head.key == nil ? rule.head.value.map { node($0) } ?? .constant(.true) : nil
    branches.append(.init(body: body, value: value, location: rule.location))
    pop()
    isElse = true
    for branch in rule.elses {
      push()
      let body = self.body(branch.body)
      let value = branch.value.map { node($0) } ?? .constant(.true)
      branches.append(.init(body: body, value: value, location: branch.location))
      pop()
    }
    pop()
    for branch in branches {
      branch.body.statements += computed.map {
        ResolvedStatement(kind: .unify(.variable($0.variable), $0.term), with: [], location: $0.location)
      }
    }
    return ResolvedRule(
      path: path, suffix: resolvedSuffix, parameters: parameters, key: key, branches: branches, isDefault: rule.isDefault,
      location: rule.location, file: file, variableCount: variableNames.count, names: variableNames)
  }

  /// A query: its body and the variables whose values it returns.
  mutating func query(_ body: Body) -> (body: ResolvedBody, names: [String]) {
    reset()
    push()
    let resolved = self.body(body)
    let names = variableNames
    pop()
    return (resolved, names)
  }

  private mutating func reset() {
    frames = []
    undeclared = [:]
    variableNames = []
  }

  // MARK: - Scopes

  private mutating func push() { frames.append([:]) }

  private mutating func pop() { frames.removeLast() }

  private mutating func newVariable(_ name: String) -> Int {
    variableNames.append(name)
    return variableNames.count - 1
  }

  private func lookup(_ name: String) -> Int? {
    for frame in frames.reversed() { if let id = frame[name] { return id } }
    return nil
  }

  /// A variable of its own for the name, from here on in the innermost scope.
  @discardableResult
  private mutating func declare(_ name: String) -> Int {
    let id = newVariable(name)
    frames[frames.count - 1][name] = id
    return id
  }

  /// Declares the variables of a pattern in the innermost scope.
  /// - Parameters:
  ///   - keeping: a name that is declared there already stands for the same variable.
  ///   - known: names that the pattern uses and does not declare.
  private mutating func declareVariables(of term: Term, keeping: Bool = false, known: Set<String> = []) {
    switch term.node {
    case .variable(let name):
      if known.contains(name) || (keeping && frames[frames.count - 1][name] != nil) { return }
      declare(name)
    case .reference(let terms):
      // `input := 1`, which the old edition allows.
      if terms.count == 1, !keeping { declareVariables(of: terms[0], known: known) }
    case .array(let items): for item in items { declareVariables(of: item, keeping: keeping, known: known) }
    case .object(let items): for item in items { declareVariables(of: item.value, keeping: keeping, known: known) }
    default: break
    }
  }

  // MARK: - Bodies

  private mutating func body(_ body: Body) -> ResolvedBody {
    var statements: [ResolvedStatement] = []
    for expression in body { statement(expression, into: &statements) }
    return ResolvedBody(statements)
  }

  private mutating func closure(_ body: Body, heads: [Term]) -> (ResolvedBody, [ResolvedTerm]) {
    push()
    let resolved = self.body(body)
    let nodes = heads.map { node($0) }
    pop()
    return (resolved, nodes)
  }

  private mutating func statement(_ expression: Expression, into statements: inout [ResolvedStatement]) {
    let with = expression.with.compactMap { resolve($0) }
    let location = expression.location
    func add(_ kind: ResolvedStatement.Kind) {
      if expression.isNegated {
        let inner = ResolvedStatement(kind: kind, with: with, location: location)
        statements.append(ResolvedStatement(kind: .not(ResolvedBody([inner]), isClosure: false), with: [], location: location))
      } else {
        statements.append(ResolvedStatement(kind: kind, with: with, location: location))
      }
    }
    switch expression.kind {
    case .term(let term):
      if case .call(let callee, let arguments) = term.node, arguments.count == 2, case .variable(let name) = Self.simplified(callee) {
        if name == "eq" {
          add(.unify(node(arguments[0]), node(arguments[1])))
          return
        }
        if name == "assign" {
          let right = node(arguments[1])
          declareVariables(of: arguments[0])
          add(.unify(node(arguments[0]), right))
          return
        }
      }
      let resolved = node(term)
      if case .call(.builtin("eq"), let sides, _) = resolved, sides.count == 2 {
        add(.unify(sides[0], sides[1]))
      } else {
        add(.term(resolved))
      }
    case .someVariables(let terms):
      for term in terms { declareVariables(of: term) }
    case .someIn(let key, let value, let collection):
      let domain = node(collection)
      // A name that the collection uses is no new variable.
      var known: Set<String> = []
      collection.collectNames(into: &known)
      if let key { declareVariables(of: key, known: known) }
      declareVariables(of: value, known: known)
      let keyNode = key.map { node($0) } ?? .variable(newVariable("$some"))
      let reference: ResolvedTerm
      switch domain {
      case .reference(let head, let path): reference = .reference(head, path + [keyNode])
      default: reference = .reference(domain, [keyNode])
      }
      add(.unify(reference, node(value)))
    case .every(let key, let value, let domain, let inner):
      let domainNode = node(domain)
      push()
      var keyID: Int?
      if let key, case .variable(let name) = key.node { keyID = declare(name) }
      var valueID = 0
      if case .variable(let name) = value.node { valueID = declare(name) } else { valueID = newVariable("$every") }
      push()
      let resolved = self.body(inner)
      pop()
      pop()
      add(.every(key: keyID, value: valueID, domain: domainNode, body: resolved))
    case .notBody(let inner):
      statements.append(ResolvedStatement(kind: .not(closure(inner, heads: []).0, isClosure: true), with: with, location: location))
    case .and(let bodies): add(.and(bodies.map { closure($0, heads: []).0 }))
    case .or(let bodies): add(.or(bodies.map { closure($0, heads: []).0 }))
    }
  }

  private mutating func resolve(_ with: With) -> ResolvedWith? {
    var root = ""
    var path: [Term] = []
    switch with.target.node {
    case .variable(let name): root = name
    case .reference(let terms):
      if case .variable(let name) = terms[0].node { root = name }
      path = Array(terms.dropFirst())
    default: break
    }
    if lookup(root) == nil {
      if let imported = names.imports[root] {
        root = imported.root
        path = imported.path + path
      } else if names.rules.contains(root), builtins[root] == nil || functions[names.package + [root]] != nil {
        path = (names.package + [root]).map { Term(.string($0), with.location) } + path
        root = "data"
      }
    }
    switch root {
    case "input":
      return ResolvedWith(target: .input(path.map { node($0) }), value: node(with.value), replacement: nil)
    case "data":
      if let constant = constantPath(path), functions[constant] != nil {
        return function(.rule(constant), with)
      }
      return ResolvedWith(target: .data(path.map { node($0) }), value: node(with.value), replacement: nil)
    default:
      let name = ([root] + (constantPath(path) ?? [])).joined(separator: ".")
      if builtins[name] != nil { return function(.builtin(name), with) }
      report(.type, "with keyword target must reference existing input, data, or a function", with.location)
      return nil
    }
  }

  /// A `with` that replaces a function by a function or by a value.
  private mutating func function(_ callee: Callee, _ with: With) -> ResolvedWith {
    if let terms = Self.referenceTerms(with.value), let replacement = self.callee(terms) {
      return ResolvedWith(target: .function(callee), value: .constant(.null), replacement: replacement)
    }
    return ResolvedWith(target: .function(callee), value: node(with.value), replacement: nil)
  }

  private func constantPath(_ terms: [Term]) -> [String]? {
    var path: [String] = []
    for term in terms {
      guard case .string(let part) = term.node else { return nil }
      path.append(part)
    }
    return path
  }

  // MARK: - Terms

  private static func simplified(_ callee: Term) -> Term.Node {
    if case .reference(let terms) = callee.node, terms.count == 1 { return terms[0].node }
    return callee.node
  }

  private static func referenceTerms(_ term: Term) -> [Term]? {
    switch term.node {
    case .variable: [term]
    case .reference(let terms): terms
    default: nil
    }
  }

  /// What a call names; nil when there is no such function.
  private func callee(_ terms: [Term]) -> Callee? {
    guard case .variable(let first) = terms[0].node, let rest = constantPath(Array(terms.dropFirst())) else { return nil }
    if first == "data" { return functions[rest] != nil ? .rule(rest) : nil }
    if let imported = names.imports[first], imported.root == "data", let path = constantPath(imported.path), functions[path + rest] != nil {
      return .rule(path + rest)
    }
    if names.rules.contains(first), functions[names.package + [first] + rest] != nil { return .rule(names.package + [first] + rest) }
    let name = ([first] + rest).joined(separator: ".")
    return builtins[name] != nil ? .builtin(name) : nil
  }

  mutating func node(_ term: Term) -> ResolvedTerm {
    switch term.node {
    case .null: return .constant(.null)
    case .boolean(let value): return .constant(.boolean(value))
    case .number(let literal):
      let bytes = Array(literal.utf8)
      return .constant(unsafe bytes.withUnsafeBufferPointer { unsafe Numbers.parse($0, in: heap) })
    case .string(let text): return .constant(.string(text, in: heap))
    case .variable(let name): return variable(name, term.location)
    case .reference(let terms): return reference(terms)
    case .array(let items):
      let nodes = items.map { node($0) }
      if let values = Self.constants(nodes) { return .constant(.array(values, in: heap)) }
      return .array(nodes)
    case .set(let items):
      let nodes = items.map { node($0) }
      if let values = Self.constants(nodes) { return .constant(.set(values, in: heap)) }
      return .set(nodes)
    case .object(let items):
      let nodes = items.map { (key: node($0.key), value: node($0.value)) }
      if let keys = Self.constants(nodes.map(\.key)), let values = Self.constants(nodes.map(\.value)),
        Set(keys.map(\.hash)).count == keys.count
      {
        return .constant(.object(zip(keys, values), in: heap))
      }
      return .object(nodes)
    case .arrayComprehension(let head, let body):
      let (resolved, heads) = closure(body, heads: [head])
      return .arrayComprehension(heads[0], resolved)
    case .setComprehension(let head, let body):
      let (resolved, heads) = closure(body, heads: [head])
      return .setComprehension(heads[0], resolved)
    case .objectComprehension(let key, let value, let body):
      let (resolved, heads) = closure(body, heads: [key, value])
      return .objectComprehension(key: heads[0], value: heads[1], resolved)
    case .call(let callee, let arguments): return call(callee, arguments, term.location)
    case .template(let parts):
      return .template(
        parts.map { part in
          switch part {
          case .text(let text): return .text(.string(text, in: heap))
          case .expression(let expression):
            guard case .term(let inner) = expression.kind else { return .text(.string("", in: heap)) }
            let with = expression.with.compactMap { resolve($0) }
            return .value(node(inner), with: with)
          }
        })
    }
  }

  private static func constants(_ nodes: [ResolvedTerm]) -> [Value]? {
    var values: [Value] = []
    values.reserveCapacity(nodes.count)
    for node in nodes {
      guard case .constant(let value) = node else { return nil }
      values.append(value)
    }
    return values
  }

  private mutating func variable(_ name: String, _ location: Location) -> ResolvedTerm {
    if let id = lookup(name) { return .variable(id) }
    switch name {
    case "input": return .input
    case "data": return .data
    default: break
    }
    if name.hasPrefix("$") {
      let id = undeclared[name] ?? newVariable(name)
      undeclared[name] = id
      return .variable(id)
    }
    if let imported = names.imports[name] { return rooted(imported.root, imported.path.map { node($0) }) }
    if names.rules.contains(name) { return .reference(.data, (names.package + [name]).map { .constant(.string($0, in: heap)) }) }
    if let id = undeclared[name] { return .variable(id) }
    let id = newVariable(name)
    undeclared[name] = id
    return .variable(id)
  }

  private func rooted(_ root: String, _ path: [ResolvedTerm]) -> ResolvedTerm {
    let head: ResolvedTerm = root == "input" ? .input : .data
    return path.isEmpty ? head : .reference(head, path)
  }

  private mutating func reference(_ terms: [Term]) -> ResolvedTerm {
    let head = node(terms[0])
    let path = terms.dropFirst().map { node($0) }
    if path.isEmpty { return head }
    if case .reference(let inner, let prefix) = head { return .reference(inner, prefix + path) }
    return .reference(head, path)
  }

  private mutating func call(_ callee: Term, _ arguments: [Term], _ location: Location) -> ResolvedTerm {
    let terms = Self.referenceTerms(callee) ?? []
    var nodes = arguments.map { node($0) }
    guard !terms.isEmpty, let resolved = self.callee(terms) else {
      report(.type, "undefined function \(Self.text(terms))", location)
      return .constant(.null)
    }
    let arity: Int
    switch resolved {
    case .rule(let path): arity = functions[path] ?? 0
    case .builtin(let name): arity = name == "internal.print" || name == "print" ? nodes.count : builtins[name]?.arity ?? 0
    }
    if case .builtin("print") = resolved {
      var pieces: [TemplatePiece] = []
      for (index, node) in nodes.enumerated() {
        if index > 0 { pieces.append(.text(.short(" "))) }
        pieces.append(.value(node, with: []))
      }
      return .call(.builtin("internal.print"), [.template(pieces)], location)
    }
    if nodes.count != arity, nodes.count != arity + 1 {
      report(.type, "\(Self.text(terms)): arity mismatch", location)
      return .constant(.null)
    }
    if nodes.count == arity + 1 {
      // The last operand is the result: f(x, y) is f(x) = y. It is unified where the call stands as an expression of its own.
      let output = nodes.removeLast()
      return .call(.builtin("eq"), [constant(of: resolved) ?? .call(resolved, nodes, location), output], location)
    }
    return constant(of: resolved) ?? .call(resolved, nodes, location)
  }

  /// What a call of `rego.metadata` stands for in a rule.
  private func constant(of callee: Callee) -> ResolvedTerm? {
    guard case .builtin(let name) = callee, name.hasPrefix("rego.metadata."), let metadata, let current else { return nil }
    return .constant(
      name == "rego.metadata.rule"
        ? metadata.rule(current, isElse: isElse, in: heap)
        : metadata.chain(current, package: names.package, isElse: isElse, in: heap))
  }

  /// A name as written: "a.b.c".
  static func text(_ terms: [Term]) -> String {
    var result = ""
    for term in terms {
      switch term.node {
      case .variable(let name): result += name
      case .string(let part): result += (result.isEmpty ? "" : ".") + part
      default: result += "[...]"
      }
    }
    return result
  }
}
