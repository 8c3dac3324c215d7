/// What the v1 edition refuses in a module before it is formatted for it.
enum FormatChecks {
  static func refusals(of module: Module) -> [RegoError] {
    var errors: [RegoError] = []
    func refuse(_ code: RegoError.Code, _ message: String, _ location: Location) {
      errors.append(RegoError(code, message, file: module.file, location: location))
    }
    var known: [String: Import] = [:]
    for item in module.imports {
      if let first = known[item.name] {
        refuse(.compile, "import must not shadow \(importText(first))", item.location)
      } else {
        known[item.name] = item
      }
    }
    let walk = SyntaxWalk()
    for rule in module.rules {
      if let name = rule.head.reference.first, case .variable(let root) = name.node {
        if isRoot(root) { refuse(.compile, "rules must not shadow \(root) (use a different rule name)", rule.location) }
        if Keywords.isReserved(root, in: .v1), rule.head.reference.count == 1 {
          refuse(.parse, "\(root) keyword cannot be used for rule name", rule.location)
        }
      }
      for argument in rule.head.arguments ?? [] {
        if let root = rootName(argument) { refuse(.compile, "args must not shadow \(root) (use a different variable name)", rule.location) }
      }
    }
    walk.expression = { expression in
      guard case .term(let term) = expression.kind, case .call(let function, let operands) = term.node else { return }
      let name = TermSpelling.text(function)
      if name == "assign", let left = operands.first, let root = rootName(left) {
        refuse(.compile, "variables must not shadow \(root) (use a different variable name)", expression.location)
      }
    }
    walk.call = { function, location in
      let name = TermSpelling.text(function)
      if Signature.all[name]?.isDeprecated == true {
        refuse(.type, "deprecated built-in function calls in expression: \(name)", location)
      }
    }
    walk.visit(module)
    return Array(errors.prefix(RegoErrors.limit))
  }

  private static func isRoot(_ name: String) -> Bool { name == "input" || name == "data" }

  private static func rootName(_ term: Term) -> String? {
    switch term.node {
    case .variable(let name) where isRoot(name): return name
    case .reference(let path):
      guard path.count == 1, case .variable(let name) = path[0].node, isRoot(name) else { return nil }
      return name
    default: return nil
    }
  }

  private static func importText(_ item: Import) -> String {
    "import \(TermSpelling.text(item.path))" + (item.alias.map { " as \($0)" } ?? "")
  }

  /// The words of `future.keywords` that the module uses, in their order.
  static func futureKeywords(in module: Module) -> [String] {
    var words: Set<String> = []
    let walk = SyntaxWalk()
    walk.expression = { expression in
      switch expression.kind {
      case .every: words.insert("every")
      case .notBody: words.insert("not")
      case .and: words.insert("and")
      case .or: words.insert("or")
      case .term(let term):
        if case .call(let function, _) = term.node, Infix.isMembership(TermSpelling.text(function)) { words.insert("in") }
      default: break
      }
    }
    walk.visit(module)
    return words.sorted()
  }
}

/// Goes through every expression and call of a module.
final class SyntaxWalk {
  var expression: (Expression) -> Void = { _ in }
  /// The function and the place of the call.
  var call: (Term, Location) -> Void = { _, _ in }

  func visit(_ module: Module) {
    for rule in module.rules {
      for term in rule.head.reference + (rule.head.arguments ?? []) { visit(term) }
      for term in [rule.head.key, rule.head.value] + rule.elses.map(\.value) { if let term { visit(term) } }
      visit(rule.body)
      for branch in rule.elses { visit(branch.body) }
    }
  }

  private func visit(_ body: Body) { for expression in body { visit(expression) } }

  private func visit(_ item: Expression) {
    expression(item)
    switch item.kind {
    case .term(let term): visit(term)
    case .someVariables: break
    case .someIn(let key, let value, let collection): for term in [key, value, collection] { if let term { visit(term) } }
    case .every(_, _, let domain, let body):
      visit(domain)
      visit(body)
    case .notBody(let body): visit(body)
    case .and(let operands), .or(let operands): for body in operands { visit(body) }
    }
    for modifier in item.with { visit(modifier.value) }
  }

  private func visit(_ term: Term) {
    switch term.node {
    case .null, .boolean, .number, .string, .variable: break
    case .reference(let terms), .array(let terms), .set(let terms): for term in terms { visit(term) }
    case .call(let function, let operands):
      call(function, term.location)
      visit(function)
      for operand in operands { visit(operand) }
    case .object(let items):
      for item in items {
        visit(item.key)
        visit(item.value)
      }
    case .arrayComprehension(let head, let body), .setComprehension(let head, let body):
      visit(head)
      visit(body)
    case .objectComprehension(let key, let value, let body):
      visit(key)
      visit(value)
      visit(body)
    case .template(let parts): for part in parts { if case .expression(let inner) = part { visit(inner) } }
    }
  }
}
