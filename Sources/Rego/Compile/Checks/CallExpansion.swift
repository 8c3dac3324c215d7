/// Takes calls out of terms, so that each is an expression of its own (OPA's RewriteExprTerms and the stages after it).
struct CallExpansion {
  let variables: VariableTable

  private func variable(_ location: Location) -> CheckTerm { CheckTerm(.variable(variables.generate()), location) }

  // MARK: Calls

  func rule(_ rule: CheckRule) {
    var support: [CheckExpression] = []
    rule.arguments = rule.arguments.map { expand($0, &support) }
    rule.key = rule.key.map { expand($0, &support) }
    rule.value = rule.value.map { expand($0, &support) }
    body(rule.body)
    rule.body.expressions += support
  }

  func body(_ body: CheckBody) {
    var result: [CheckExpression] = []
    result.reserveCapacity(body.expressions.count)
    for expression in body.expressions { self.expression(expression, into: &result) }
    body.expressions = result
  }

  private func expression(_ expression: CheckExpression, into result: inout [CheckExpression]) {
    for modifier in expression.with { modifier.value = expand(modifier.value, &result) }
    var support: [CheckExpression] = []
    switch expression.kind {
    case .term(let term): expression.kind = .term(expand(term, &support))
    case .call(let terms): expression.kind = .call([terms[0]] + terms.dropFirst().map { expand($0, &support) })
    case .every(let every):
      let domain = variable(every.domain.location)
      let equality = CheckExpression.equality(domain, every.domain, with: expression.with, location: every.domain.location)
      every.domain = domain
      self.expression(equality, into: &result)
      body(every.body)
    case .logical(let bodies): for body in bodies { self.body(body) }
    case .some, .someIn: break
    }
    if !expression.with.isEmpty { for extra in support { extra.with = expression.with } }
    result += support
    result.append(expression)
  }

  private func expand(_ term: CheckTerm, _ support: inout [CheckExpression]) -> CheckTerm {
    switch term.kind {
    case .null, .boolean, .number, .string, .variable, .template: return term
    case .call(let terms):
      let operands = terms.dropFirst().map { expand($0, &support) }
      let output = variable(term.location)
      support.append(CheckExpression(.call([terms[0]] + operands + [output]), location: term.location, isGenerated: true))
      return output
    case .reference(let path):
      var parts = path.map { expand($0, &support) }
      switch parts[0].kind {
      case .array, .object, .set, .comprehension, .call:
        let subject = variable(parts[0].location)
        support.append(.equality(subject, parts[0], location: parts[0].location))
        parts[0] = subject
      default: break
      }
      term.kind = .reference(parts)
    case .array(let terms): term.kind = .array(terms.map { expand($0, &support) })
    case .set(let terms): term.kind = .set(terms.map { expand($0, &support) })
    case .object(let items):
      term.kind = .object(items.map { CheckItem(key: expand($0.key, &support), value: expand($0.value, &support)) })
    case .comprehension(let comprehension):
      var inner: [CheckExpression] = []
      if let key = comprehension.key { comprehension.key = expand(key, &inner) }
      comprehension.term = expand(comprehension.term, &inner)
      body(comprehension.body)
      comprehension.body.expressions += inner
    }
    return term
  }

  // MARK: Heads

  /// The heads of comprehensions that need evaluation move into their bodies.
  func comprehensionHeads(_ rule: CheckRule) {
    func inside(_ comprehension: CheckComprehension) -> Bool {
      if let key = comprehension.key, key.needsEvaluation { comprehension.key = moved(key, into: comprehension.body) }
      if comprehension.term.needsEvaluation { comprehension.term = moved(comprehension.term, into: comprehension.body) }
      return false
    }
    for term in rule.headTerms { term.forEachComprehension(inside) }
    for expression in rule.body.expressions {
      expression.walkTerms { term in
        if case .comprehension(let comprehension) = term.kind { return inside(comprehension) }
        return false
      }
    }
  }

  /// What a rule's head has to evaluate moves into its body.
  func head(_ rule: CheckRule) {
    if let key = rule.key, key.needsEvaluation { rule.key = moved(key, into: rule.body) }
    if let value = rule.value, value.needsEvaluation { rule.value = moved(value, into: rule.body) }
    rule.arguments = rule.arguments.map { $0.needsEvaluation ? moved($0, into: rule.body) : $0 }
  }

  /// Parts of a rule's name that are neither constants nor variables move into its body.
  func name(_ rule: CheckRule) {
    rule.suffix = rule.suffix.map { $0.isVariable || $0.isScalar ? $0 : moved($0, into: rule.body) }
  }

  private func moved(_ term: CheckTerm, into body: CheckBody) -> CheckTerm {
    let variable = variable(term.location)
    body.expressions.append(.equality(variable, term, location: term.location))
    return variable
  }

  // MARK: References and comprehensions as operands

  /// Binds references and comprehensions to variables before the expressions that use them (OPA's RewriteDynamicTerms).
  func dynamicTerms(_ body: CheckBody) {
    var result: [CheckExpression] = []
    result.reserveCapacity(body.expressions.count)
    for expression in body.expressions {
      let with = expression.with
      switch expression.kind {
      case .call(let terms):
        if expression.call(of: VariableTable.unify) != nil {
          if terms.count == 3 {
            expression.kind = .call([terms[0], operand(terms[1], with, &result), operand(terms[2], with, &result)])
          }
        } else {
          expression.kind = .call([terms[0]] + terms.dropFirst().map { bound($0, with, &result) })
        }
      case .every(let every):
        every.domain = bound(every.domain, with, &result)
        dynamicTerms(every.body)
      case .logical(let bodies): for body in bodies { dynamicTerms(body) }
      case .term(let term): expression.kind = .term(operand(term, with, &result))
      case .some, .someIn: break
      }
      result.append(expression)
    }
    body.expressions = result
  }

  private func operand(_ term: CheckTerm, _ with: [CheckModifier], _ result: inout [CheckExpression]) -> CheckTerm {
    switch term.kind {
    case .reference(let path): term.kind = .reference([path[0]] + path.dropFirst().map { bound($0, with, &result) })
    case .comprehension(let comprehension): dynamicTerms(comprehension.body)
    default: return bound(term, with, &result)
    }
    return term
  }

  private func bound(_ term: CheckTerm, _ with: [CheckModifier], _ result: inout [CheckExpression]) -> CheckTerm {
    switch term.kind {
    case .reference(let path): term.kind = .reference([path[0]] + path.dropFirst().map { bound($0, with, &result) })
    case .comprehension(let comprehension): dynamicTerms(comprehension.body)
    case .array(let terms):
      term.kind = .array(terms.map { bound($0, with, &result) })
      return term
    case .set(let terms):
      term.kind = .set(terms.map { bound($0, with, &result) })
      return term
    case .object(let items):
      term.kind = .object(items.map { CheckItem(key: bound($0.key, with, &result), value: bound($0.value, with, &result)) })
      return term
    default: return term
    }
    let variable = variable(term.location)
    result.append(.equality(variable, term, with: with, location: term.location))
    return variable
  }

  /// `==` is an equation from here on.
  func equalities(_ rule: CheckRule) {
    rule.walkExpressions { expression in
      if let terms = expression.call(of: VariableTable.equal), terms.count == 3, case .reference(let path) = terms[0].kind {
        terms[0].kind = .reference([CheckTerm(.variable(VariableTable.unify), path[0].location)])
      }
      return false
    }
  }
}
