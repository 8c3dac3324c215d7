/// Makes calls of interpolated strings and of `print`, and finds operands in them that nothing has bound by then.
struct TemplateExpansion {
  let module: Int
  let variables: VariableTable
  let outputs: BodyOutputs
  private(set) var faults: [CheckFault] = []

  init(module: Int, variables: VariableTable, outputs: BodyOutputs) {
    self.module = module
    self.variables = variables
    self.outputs = outputs
  }

  private mutating func report(_ variables: VariableSet, _ location: Location) {
    for variable in variables.members {
      faults.append(CheckFault(.compile, "var \(self.variables.text(variable)) is undeclared", module, location))
    }
  }

  /// A set that holds the value, or nothing where it is undefined.
  private func capture(_ term: CheckTerm, with: [CheckModifier]) -> CheckTerm {
    let variable = variables.generate()
    let equality = CheckExpression.equality(CheckTerm(.variable(variable), term.location), term, with: with, location: term.location)
    let body = CheckBody([CheckExpression(equality.kind, with: with, location: term.location)])
    return CheckTerm(
      .comprehension(CheckComprehension(.set, term: CheckTerm(.variable(variable), term.location), body: body)), term.location)
  }

  private func name(_ function: String, _ location: Location) -> CheckTerm {
    let head = CheckTerm(.variable(variables.number(of: "internal")), location)
    return CheckTerm(.reference([head, CheckTerm(.string(function), location)]), location)
  }

  // MARK: Templates

  mutating func templates(_ rule: CheckRule) {
    var safe = VariableSet.reserved
    for argument in rule.arguments { argument.collectVariables(into: &safe) }
    safe.formUnion(templates(in: rule.body, safe: safe))
    for term in rule.headTerms { templates(in: term, safe: safe) }
  }

  @discardableResult
  private mutating func templates(in body: CheckBody, safe: VariableSet) -> VariableSet {
    let bound = safe.union(outputs.body(body.expressions, safe: safe))
    for expression in body.expressions {
      var terms: [CheckTerm] = []
      expression.forEachTerm { terms.append($0) }
      for term in terms { templates(in: term, safe: bound) }
      var inner = bound
      if case .every(let every) = expression.kind {
        every.key?.collectVariables(into: &inner)
        every.value.collectVariables(into: &inner)
      }
      for body in expression.bodies { templates(in: body, safe: inner) }
    }
    return bound
  }

  private mutating func templates(in term: CheckTerm, safe: VariableSet) {
    switch term.kind {
    case .template(let parts): template(term, parts, safe)
    case .comprehension(let comprehension):
      let bound = templates(in: comprehension.body, safe: safe)
      if let key = comprehension.key { templates(in: key, safe: bound) }
      templates(in: comprehension.term, safe: bound)
    default:
      var children: [CheckTerm] = []
      term.forEachChild { children.append($0) }
      for child in children { templates(in: child, safe: safe) }
    }
  }

  private mutating func template(_ term: CheckTerm, _ parts: [CheckTemplatePart], _ safe: VariableSet) {
    var terms: [CheckTerm] = []
    for part in parts {
      switch part {
      case .text(let text): terms.append(CheckTerm(.string(text), term.location))
      case .expression(let expression):
        let value: CheckTerm
        switch expression.kind {
        case .call(let operands):
          if CheckText(variables).term(operands[0]) == "walk" {
            faults.append(
              CheckFault(
                .compile, "illegal call to relation built-in 'walk' that may cause multiple outputs", module, expression.location))
            continue
          }
          value = CheckTerm(.call(operands), expression.location)
        case .term(let inner): value = inner
        default: continue
        }
        templates(in: value, safe: safe)
        report(value.variables(.safety).subtracting(safe), value.location)
        terms.append(capture(value, with: expression.with))
      }
    }
    if terms.isEmpty { terms = [CheckTerm(.string(""), term.location)] }
    term.kind = .call([name("template_string", term.location), CheckTerm(.array(terms), term.location)])
  }

  // MARK: Print

  mutating func prints(_ rule: CheckRule) {
    var safe = VariableSet.reserved
    for argument in rule.arguments { argument.collectVariables(into: &safe) }
    for term in rule.headTerms { prints(in: term, safe: safe) }
    prints(in: rule.body, safe: safe)
  }

  private mutating func prints(in body: CheckBody, safe: VariableSet) {
    var bound = safe
    var pending = VariableSet()
    for (index, expression) in body.expressions.enumerated() {
      if let terms = expression.call(of: VariableTable.print) {
        let before = faults.count
        for term in terms.dropFirst() {
          let unsafe = term.variables(.safety).subtracting(bound)
          report(VariableSet(unsafe.members.filter { !variables.isGenerated($0) }), term.location)
        }
        if faults.count == before {
          let sets = terms.dropFirst().map { capture($0, with: []) }
          let location = expression.location
          body.expressions[index] = CheckExpression(
            .call([name("print", location), CheckTerm(.array(Array(sets)), location)]), isNegated: expression.isNegated,
            with: expression.with, location: location)
        }
      }
      let current = body.expressions[index]
      var terms: [CheckTerm] = []
      current.forEachTerm { terms.append($0) }
      for term in terms { prints(in: term, safe: bound) }
      var inner = bound
      if case .every(let every) = current.kind {
        every.key?.collectVariables(into: &inner)
        every.value.collectVariables(into: &inner)
      }
      for body in current.bodies { prints(in: body, safe: inner) }
      bound.formUnion(outputs.expression(current, safe: bound, pending: &pending))
    }
  }

  private mutating func prints(in term: CheckTerm, safe: VariableSet) {
    switch term.kind {
    case .comprehension(let comprehension):
      prints(in: comprehension.body, safe: safe)
      if let key = comprehension.key { prints(in: key, safe: safe) }
      prints(in: comprehension.term, safe: safe)
    default:
      var children: [CheckTerm] = []
      term.forEachChild { children.append($0) }
      for child in children { prints(in: child, safe: safe) }
    }
  }
}
