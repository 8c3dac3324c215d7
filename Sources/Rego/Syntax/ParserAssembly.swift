extension Parser {
  /// Makes the module of its statements: plain bodies become rules, and what the edition demands is checked.
  mutating func assemble(_ statements: [Statement], _ blocks: [Annotation]) throws(RegoErrors) -> Module {
    guard let first = statements.first else { throw RegoErrors(RegoError(.parse, "empty module", file: file)) }
    var errors: [RegoError] = []
    var package: [Term] = []
    var packageLocation = Location.generated
    var rest = statements[...]
    if case .package(let path, let location) = first {
      (package, packageLocation) = (path, location)
    } else {
      errors.append(RegoError(.parse, "package expected", file: file, location: first.location))
    }
    // OPA passes over the first statement, whatever it is.
    rest = rest.dropFirst()
    var imports: [Import] = []
    var written: [WrittenRule] = []
    var version = options.version
    for statement in rest {
      switch statement {
      case .package(_, let location): errors.append(RegoError(.parse, "unexpected package", file: file, location: location))
      case .importing(let item):
        imports.append(item)
        if item.isRegoV1 { version = .v1 }
      case .rules(let rules): written += rules
      case .body(let body):
        switch ruleOf(body) {
        case .success(let rule): written.append(rule)
        case .failure(let refusal):
          errors.append(RegoError(.parse, refusal.message, file: file, location: body[0].location))
        }
      }
    }
    if version == .v1 { for rule in written { errors += refusals(of: rule) } }
    if !errors.isEmpty { throw RegoErrors(errors.prefix(RegoErrors.limit).map { withDetails($0) }) }
    var module = Module(
      file: file, package: package, packageLocation: packageLocation, packageAnnotations: [], imports: imports, rules: written.map(\.rule),
      comments: comments, version: version)
    let misplaced = attach(blocks, to: &module)
    if !misplaced.isEmpty { throw RegoErrors(misplaced.prefix(RegoErrors.limit).map { withDetails($0) }) }
    return module
  }

  // MARK: Plain bodies as rules

  struct Refusal: Error {
    var message: String
    init(_ message: String) { self.message = message }
  }

  /// `p := 1`, `p.q = x`, `p[x]`, `f(x) := y`, `f(x)`: rules without a body.
  private func ruleOf(_ body: Body) -> Result<WrittenRule, Refusal> {
    func refused(_ message: String) -> Result<WrittenRule, Refusal> { .failure(Refusal(message)) }
    guard body.count == 1, let expression = body.first else { return refused("multiple expressions cannot be used for rule head") }
    if !expression.with.isEmpty { return refused("expressions using with keyword cannot be used for rule head") }
    if expression.isNegated { return refused("negated expressions cannot be used for rule head") }
    switch expression.kind {
    case .someVariables, .someIn: return refused("'some' declarations cannot be used for rule head")
    case .every, .and, .or, .notBody: return refused("expression cannot be used for rule head")
    case .term(let term): return ruleOf(term, at: expression.location)
    }
  }

  private func ruleOf(_ term: Term, at location: Location) -> Result<WrittenRule, Refusal> {
    switch term.node {
    case .reference(let path): return ruleOf(path, term)
    case .call(let function, let operands):
      let name = term.infixName
      if name == "eq" || name == "assign" {
        guard operands.count >= 2 else { return .failure(Refusal("assignment requires two operands")) }
        return definition(operands[0], operands[1], isAssignment: name == "assign", location)
      }
      if BuiltinNames.all.contains(function.sourceText) { return .failure(Refusal("rule name conflicts with built-in function")) }
      guard !operands.isEmpty else { return .failure(Refusal("rule argument list must take at least one argument")) }
      return rule(of: function, arguments: operands, value: nil, isAssignment: false, function.location)
    default: return .failure(Refusal("\(term.kindName) cannot be used for rule name"))
    }
  }

  private func ruleOf(_ path: [Term], _ term: Term) -> Result<WrittenRule, Refusal> {
    if path.count == 1 { return .failure(Refusal("refs cannot be used for rule head")) }
    guard path[0].isVariable else { return .failure(Refusal("invalid rule head: \(term.sourceText)")) }
    let isSet = path.count == 2
    let head = Head(
      reference: isSet ? [path[0]] : path, arguments: nil, key: isSet ? path[1] : nil, value: nil, isAssignment: false,
      location: term.location)
    return .success(WrittenRule(rule: Rule(head: head, body: [], location: term.location), hasNoBody: true, hasNoValue: !isSet))
  }

  private func definition(_ left: Term, _ right: Term, isAssignment: Bool, _ location: Location) -> Result<WrittenRule, Refusal> {
    switch left.node {
    case .call(let function, let operands):
      return rule(of: function, arguments: operands, value: right, isAssignment: isAssignment, location)
    case .variable:
      return rule(of: Term(.reference([left]), left.location), arguments: nil, value: right, isAssignment: isAssignment, location)
    case .reference: return rule(of: left, arguments: nil, value: right, isAssignment: isAssignment, location)
    default: return .failure(Refusal("\(left.kindName) cannot be used for rule name"))
    }
  }

  private func rule(
    of name: Term, arguments: [Term]?, value: Term?, isAssignment: Bool, _ location: Location
  ) -> Result<WrittenRule, Refusal> {
    guard case .reference(let path) = name.node, path.first?.isVariable == true else {
      return .failure(Refusal("invalid rule head: \(name.sourceText)"))
    }
    let head = Head(reference: path, arguments: arguments, key: nil, value: value, isAssignment: isAssignment, location: location)
    return .success(WrittenRule(rule: Rule(head: head, body: [], location: location), hasNoBody: true))
  }

  // MARK: The v1 edition

  /// What the v1 edition refuses in a rule.
  private func refusals(of written: WrittenRule) -> [RegoError] {
    let rule = written.rule
    let kind = rule.head.arguments == nil ? "rule" : "function"
    var errors: [RegoError] = []
    func refuse(_ message: String, _ location: Location) {
      errors.append(RegoError(.parse, message, file: file, location: location))
    }
    func checkName(_ location: Location) {
      guard rule.head.reference.count == 1, case .variable(let name) = rule.head.reference[0].node, Keywords.isReserved(name, in: .v1)
      else {
        return
      }
      refuse("\(name) keyword cannot be used for rule name", location)
    }
    checkName(rule.location)
    if written.hasNoBody, written.hasNoValue { refuse("\(kind) must have value assignment and/or body declaration", rule.location) }
    if !written.hasNoBody, !written.usesIf, !rule.isDefault { refuse("`if` keyword is required before \(kind) body", rule.location) }
    if rule.head.key != nil, !written.usesContains { refuse("`contains` keyword is required for partial set rules", rule.location) }
    for (branch, form) in zip(rule.elses, written.elses) {
      checkName(branch.location)
      if form.hasBody, !form.usesIf { refuse("`if` keyword is required before \(kind) body", branch.location) }
    }
    return errors
  }
}

extension Parser.Statement {
  var location: Location {
    switch self {
    case .package(_, let location): location
    case .importing(let item): item.location
    case .rules(let rules): rules.first?.rule.location ?? .generated
    case .body(let body): body.first?.location ?? .generated
    }
  }
}

extension Import {
  var isRegoV1: Bool {
    guard case .reference(let path) = path.node, path.count == 2, case .variable("rego") = path[0].node else { return false }
    return path[1].stringValue == "v1"
  }
}
