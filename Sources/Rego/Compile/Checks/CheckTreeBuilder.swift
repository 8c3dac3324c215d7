/// Makes the checks' tree of a module: names that rules or imports declare become references below data or input (OPA's ResolveRefs).
struct CheckTreeBuilder {
  /// What a name of the module stands for.
  final class Global {
    let root: Int
    let path: [String]
    var isUsed = false

    init(root: Int, path: [String]) {
      self.root = root
      self.path = path
    }
  }

  private let globals: [String: Global]
  private let module: Int
  private let package: [String]
  private let labels: LabelCounter?
  private var variables: VariableTable
  /// Names that the rule itself declares, by scope.
  private var declared: [Set<String>] = []
  private var resolvesNames = true
  private var sawTemplate = false
  private var sawPrint = false
  private(set) var faults: [CheckFault] = []

  /// - Parameter exports: first parts of the names of the package's rules, in any module.
  /// - Parameter labels: numbers the variables that stages make.
  init(module: Int, package: [String], exports: Set<String>, imports: [Import], labels: LabelCounter? = nil) {
    self.labels = labels
    variables = VariableTable(labels: labels)
    self.module = module
    self.package = package
    var globals: [String: Global] = [:]
    for name in exports { globals[name] = Global(root: VariableTable.data, path: package + [name]) }
    for item in imports {
      guard case .reference(let path) = item.path.node, case .variable(let root) = path[0].node else { continue }
      guard root == "input" || root == "data" else { continue }
      globals[item.name] = Global(
        root: root == "input" ? VariableTable.input : VariableTable.data, path: path.dropFirst().compactMap(\.stringValue))
    }
    self.globals = globals
  }

  /// Imports whose names no rule uses.
  func unused(_ imports: [Import]) -> [CheckFault] {
    imports.compactMap { item in
      guard let root = item.root, root == "input" || root == "data", globals[item.name]?.isUsed == false else { return nil }
      return CheckFault(.compile, "\(item.text) unused", module, item.location)
    }
  }

  // MARK: Rules and queries

  /// Nil where the parameters are wrong; the fault is noted.
  mutating func rule(_ rule: Rule) -> CheckRule? {
    variables = VariableTable(labels: labels)
    sawTemplate = false
    sawPrint = false
    var parameters: Set<String> = []
    for argument in rule.head.arguments ?? [] {
      if let root = Self.collectParameters(argument, into: &parameters) {
        faults.append(
          CheckFault(.compile, "args must not shadow \(root) (use a different variable name)", module, rule.location))
        return nil
      }
    }
    resolvesNames = false
    let arguments = (rule.head.arguments ?? []).map { term($0) }
    resolvesNames = true
    guard let first = rule.head.reference.first, case .variable(let name) = first.node else { return nil }
    declared = [parameters, Self.declaredNames(rule.body)]
    let value = rule.head.value ?? (rule.head.key == nil ? Term(.boolean(true), rule.head.location) : nil)
    let result = CheckRule(
      module: module, package: package, name: name, suffix: rule.head.reference.dropFirst().map { term($0) }, arguments: arguments,
      key: rule.head.key.map { term($0) }, value: value.map { term($0) }, body: body(rule.body, rule.location),
      isDefault: rule.isDefault, location: rule.location, headLocation: rule.head.location, variables: variables)
    result.isAssigned = rule.head.isAssignment
    var last = result
    for branch in rule.elses {
      declared = [parameters, Self.declaredNames(branch.body)]
      resolvesNames = false
      let arguments = (rule.head.arguments ?? []).map { term($0) }
      resolvesNames = true
      let next = CheckRule(
        module: module, package: package, name: name, suffix: rule.head.reference.dropFirst().map { term($0) }, arguments: arguments,
        key: nil, value: term(branch.value ?? Term(.boolean(true), branch.location)), body: body(branch.body, branch.location),
        isDefault: false, location: branch.location, headLocation: branch.location, variables: variables)
      last.next = next
      last = next
    }
    for branch in result.branches {
      branch.hasTemplates = sawTemplate
      branch.hasPrint = sawPrint
    }
    return result
  }

  /// A query as a rule that has no name.
  mutating func query(_ body: Body) -> CheckRule {
    variables = VariableTable(labels: labels)
    declared = [Self.declaredNames(body)]
    let result = CheckRule(
      module: module, package: package, name: "", suffix: [], arguments: [], key: nil, value: nil,
      body: self.body(body, body.first?.location ?? .generated), isDefault: false, location: .generated, headLocation: .generated,
      variables: variables)
    result.hasTemplates = sawTemplate
    result.hasPrint = sawPrint
    return result
  }

  private mutating func body(_ body: Body, _ location: Location) -> CheckBody {
    if body.isEmpty { return CheckBody([CheckExpression(.term(CheckTerm(.boolean(true), location)), location: location)]) }
    return CheckBody(body.map { expression($0) })
  }

  private mutating func closure(_ body: Body) -> CheckBody {
    declared.append(Self.declaredNames(body))
    defer { declared.removeLast() }
    return self.body(body, .generated)
  }

  private mutating func expression(_ expression: Expression) -> CheckExpression {
    let kind: CheckExpression.Kind
    switch expression.kind {
    case .term(let term):
      if case .call(let function, let operands) = term.node {
        kind = .call([callee(function)] + operands.map { self.term($0) })
      } else {
        kind = .term(self.term(term))
      }
    case .someVariables(let terms): kind = .some(terms.map { plain($0) })
    case .someIn(let key, let value, let collection):
      kind = .someIn(key: key.map { term($0) }, value: term(value), collection: term(collection))
    case .every(let key, let value, let domain, let body):
      var names: Set<String> = []
      key?.collectNames(into: &names)
      value.collectNames(into: &names)
      declared.append(names)
      kind = .every(
        CheckEvery(key: key.map { plain($0) }, value: plain(value), domain: term(domain), body: self.body(body, expression.location)))
      declared.removeLast()
    case .notBody(let body): kind = .logical([closure(body)])
    case .and(let bodies), .or(let bodies): kind = .logical(bodies.map { closure($0) })
    }
    var connective = CheckExpression.Connective.not
    if case .and = expression.kind { connective = .and }
    if case .or = expression.kind { connective = .or }
    let with = expression.with.map { CheckModifier(target: term($0.target), value: term($0.value), location: $0.location) }
    let result = CheckExpression(kind, isNegated: expression.isNegated, with: with, location: expression.location)
    result.connective = connective
    return result
  }

  // MARK: Terms

  private func global(_ name: String) -> Global? {
    guard resolvesNames, let global = globals[name], !declared.contains(where: { $0.contains(name) }) else { return nil }
    global.isUsed = true
    return global
  }

  private func reference(_ global: Global, _ location: Location) -> [CheckTerm] {
    [CheckTerm(.variable(global.root), location)] + global.path.map { CheckTerm(.string($0), location) }
  }

  /// A variable that is not resolved.
  private func plain(_ term: Term) -> CheckTerm {
    guard case .variable(let name) = term.node else { return CheckTerm(.null, term.location) }
    return CheckTerm(.variable(variables.number(of: name)), term.location)
  }

  private mutating func term(_ term: Term) -> CheckTerm {
    let location = term.location
    switch term.node {
    case .null: return CheckTerm(.null, location)
    case .boolean(let value): return CheckTerm(.boolean(value), location)
    case .number(let text): return CheckTerm(.number(text), location)
    case .string(let text): return CheckTerm(.string(text), location)
    case .variable(let name):
      if let global = global(name) { return CheckTerm(.reference(reference(global, location)), location) }
      return CheckTerm(.variable(variables.number(of: name)), location)
    case .reference(let path): return CheckTerm(.reference(self.path(path)), location)
    case .call(let function, let operands): return CheckTerm(.call([callee(function)] + operands.map { self.term($0) }), location)
    case .array(let terms): return CheckTerm(.array(terms.map { self.term($0) }), location)
    case .set(let terms): return CheckTerm(.set(terms.map { self.term($0) }), location)
    case .object(let items):
      return CheckTerm(.object(items.map { CheckItem(key: self.term($0.key), value: self.term($0.value)) }), location)
    case .arrayComprehension(let head, let body): return comprehension(.array, nil, head, body, location)
    case .setComprehension(let head, let body): return comprehension(.set, nil, head, body, location)
    case .objectComprehension(let key, let value, let body): return comprehension(.object, key, value, body, location)
    case .template(let parts):
      sawTemplate = true
      return CheckTerm(
        .template(
          parts.map { part in
            switch part {
            case .text(let text): .text(text)
            case .expression(let expression): .expression(self.expression(expression))
            }
          }), location)
    }
  }

  private mutating func comprehension(
    _ shape: CheckComprehension.Shape, _ key: Term?, _ head: Term, _ body: Body, _ location: Location
  ) -> CheckTerm {
    declared.append(Self.declaredNames(body))
    defer { declared.removeLast() }
    let key = key.map { term($0) }
    let head = term(head)
    return CheckTerm(.comprehension(CheckComprehension(shape, key: key, term: head, body: self.body(body, location))), location)
  }

  private mutating func path(_ path: [Term]) -> [CheckTerm] {
    var result: [CheckTerm]
    if case .variable(let name) = path[0].node {
      if let global = global(name) {
        result = reference(global, path[0].location)
      } else {
        result = [CheckTerm(.variable(variables.number(of: name)), path[0].location)]
      }
    } else {
      result = [term(path[0])]
    }
    for part in path.dropFirst() { result.append(term(part)) }
    return result
  }

  private mutating func callee(_ function: Term) -> CheckTerm {
    let path: [Term]
    switch function.node {
    case .reference(let terms): path = terms
    default: path = [function]
    }
    let result = self.path(path)
    if result.count == 1, case .variable(VariableTable.print) = result[0].kind { sawPrint = true }
    return CheckTerm(.reference(result), function.location)
  }

  // MARK: Names that a rule declares

  /// Names in a parameter. Answers "input" or "data" where the parameter is that document.
  private static func collectParameters(_ term: Term, into names: inout Set<String>) -> String? {
    switch term.node {
    case .variable(let name): names.insert(name)
    case .reference(let path):
      if path.count == 1, case .variable(let name) = path[0].node, name == "input" || name == "data" { return name }
      for part in path { if let root = collectParameters(part, into: &names) { return root } }
    case .array(let terms): for term in terms { if let root = collectParameters(term, into: &names) { return root } }
    case .object(let items):
      for item in items {
        if let root = collectParameters(item.key, into: &names) ?? collectParameters(item.value, into: &names) { return root }
      }
    default: break
    }
    return nil
  }

  /// Names that `:=` and `some` declare in a body, those of `every` bodies included.
  private static func declaredNames(_ body: Body) -> Set<String> {
    var names: Set<String> = []
    for expression in body { collectDeclared(expression, into: &names) }
    return names
  }

  private static func collectDeclared(_ expression: Expression, into names: inout Set<String>) {
    switch expression.kind {
    case .term(let term):
      if case .call(let function, let operands) = term.node, operands.count == 2, function.isAssignmentName {
        operands[0].collectNames(into: &names)
      }
    case .someVariables(let terms): for term in terms { term.collectNames(into: &names) }
    case .someIn(let key, let value, _):
      key?.collectNames(into: &names)
      value.collectNames(into: &names)
    case .every(_, _, _, let body): for inner in body { collectDeclared(inner, into: &names) }
    case .notBody, .and, .or: break
    }
  }
}

extension Term {
  fileprivate var isAssignmentName: Bool {
    switch node {
    case .variable("assign"): true
    case .reference(let path): path.count == 1 && path[0].isAssignmentName
    default: false
    }
  }

  /// Every variable's name, heads of references and bodies of comprehensions included.
  func collectNames(into names: inout Set<String>) {
    switch node {
    case .null, .boolean, .number, .string: break
    case .variable(let name): names.insert(name)
    case .reference(let terms), .array(let terms), .set(let terms): for term in terms { term.collectNames(into: &names) }
    case .call(let function, let operands): for term in [function] + operands { term.collectNames(into: &names) }
    case .object(let items):
      for item in items {
        item.key.collectNames(into: &names)
        item.value.collectNames(into: &names)
      }
    case .arrayComprehension(let head, let body), .setComprehension(let head, let body):
      head.collectNames(into: &names)
      for expression in body { expression.collectNames(into: &names) }
    case .objectComprehension(let key, let value, let body):
      key.collectNames(into: &names)
      value.collectNames(into: &names)
      for expression in body { expression.collectNames(into: &names) }
    case .template(let parts): for case .expression(let expression) in parts { expression.collectNames(into: &names) }
    }
  }
}

extension Expression {
  fileprivate func collectNames(into names: inout Set<String>) {
    func all(_ bodies: [Body]) { for body in bodies { for expression in body { expression.collectNames(into: &names) } } }
    switch kind {
    case .term(let term): term.collectNames(into: &names)
    case .someVariables(let terms): for term in terms { term.collectNames(into: &names) }
    case .someIn(let key, let value, let collection):
      for term in [key, value, collection] { term?.collectNames(into: &names) }
    case .every(let key, let value, let domain, let body):
      for term in [key, value, domain] { term?.collectNames(into: &names) }
      all([body])
    case .notBody(let body): all([body])
    case .and(let bodies), .or(let bodies): all(bodies)
    }
    for modifier in with {
      modifier.target.collectNames(into: &names)
      modifier.value.collectNames(into: &names)
    }
  }
}

extension Import {
  /// "data", "input", "future" or "rego".
  var root: String? {
    guard case .reference(let path) = path.node, case .variable(let root) = path[0].node else { return nil }
    return root
  }

  /// The name the import declares.
  var name: String {
    if let alias { return alias }
    guard case .reference(let path) = path.node, let last = path.last else { return "" }
    return path.count == 1 ? root ?? "" : last.stringValue ?? ""
  }

  /// As written.
  var text: String { "import \(path.sourceText)" + (alias.map { " as \($0)" } ?? "") }
}

/// An error of a check before its module's name is known.
struct CheckFault {
  var code: RegoError.Code
  var message: String
  var module: Int
  var location: Location
  var details: [String] = []
  /// A type could not be told: another error is the likely cause.
  var isOfUnknownType = false

  init(_ code: RegoError.Code, _ message: String, _ module: Int, _ location: Location, details: [String] = []) {
    self.code = code
    self.message = message
    self.module = module
    self.location = location
    self.details = details
  }
}
