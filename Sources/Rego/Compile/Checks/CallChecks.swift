/// What functions there are, and whether calls and replacements fit them.
struct CallChecks {
  let tree: CheckRuleTree
  let signatures: [String: Signature]

  /// The name of a built-in function that a reference can be; nil for references below data or input.
  static func name(of function: CheckTerm, _ variables: VariableTable) -> String? {
    guard case .reference(let path) = function.kind, case .variable(let head) = path[0].kind, head != VariableTable.data else { return nil }
    if path.count == 1 { return variables.names[head] }
    var name = variables.names[head]
    for part in path.dropFirst() {
      guard case .string(let text) = part.kind else { return nil }
      name += "." + text
    }
    return name
  }

  func signature(of function: CheckTerm, _ variables: VariableTable) -> Signature? {
    Self.name(of: function, variables).flatMap { signatures[$0] }
  }

  func arity(of function: CheckTerm, _ variables: VariableTable) -> Int? {
    if let signature = signature(of: function, variables) { return signature.arguments.count }
    guard case .reference(let path) = function.kind, case .variable(VariableTable.data) = path[0].kind else { return nil }
    return tree.find(path.dropFirst())?.rules.first?.arity
  }

  func outputs(_ variables: VariableTable) -> BodyOutputs { BodyOutputs { arity(of: $0, variables) } }

  // MARK: Calls

  /// Calls of nothing, and calls with a wrong number of operands (OPA's CheckUndefinedFuncs).
  func undefined(_ rule: CheckRule) -> [CheckFault] {
    var faults: [CheckFault] = []
    rule.walkExpressions { expression in
      guard case .call(let terms) = expression.kind else { return false }
      let operands = terms.count - 1
      guard let arity = arity(of: terms[0], rule.variables) else {
        faults.append(
          CheckFault(.type, "undefined function \(CheckText(rule.variables).term(terms[0]))", rule.module, expression.location))
        return true
      }
      if expression.isGenerated {
        if operands == arity + 1 || expression.call(of: VariableTable.unify) != nil { return false }
        faults.append(mismatch(rule, expression, terms, arity: arity, operands: operands - 1))
        return true
      }
      if operands == arity || operands == arity + 1 { return false }
      faults.append(mismatch(rule, expression, terms, arity: arity, operands: operands))
      return true
    }
    return faults
  }

  private func mismatch(
    _ rule: CheckRule, _ expression: CheckExpression, _ terms: [CheckTerm], arity: Int, operands: Int
  ) -> CheckFault {
    let name = CheckText(rule.variables).term(terms[0])
    if let signature = signature(of: terms[0], rule.variables) {
      let scope = TypeScope(globals: TypeTree(), signatures: signatures, variables: rule.variables)
      let have = terms.dropFirst().map { scope.type(of: $0) }
      return CheckFault(
        .type, "\(name): arity mismatch", rule.module, expression.location,
        details: ["have: " + StaticType.list(have), "want: " + signature.text(withResult: false)])
    }
    let noun = operands == 1 ? "argument" : "arguments"
    return CheckFault(.type, "function \(name) has arity \(arity), got \(operands) \(noun)", rule.module, expression.location)
  }

  /// `print` has no value.
  func void(_ rule: CheckRule) -> [CheckFault] {
    var faults: [CheckFault] = []
    func visit(_ term: CheckTerm) -> Bool {
      if case .call(let terms) = term.kind, let signature = signature(of: terms[0], rule.variables), signature.result == nil {
        faults.append(CheckFault(.type, "\(CheckText(rule.variables).call(terms)) used as value", rule.module, term.location))
      }
      return false
    }
    for term in rule.headTerms { term.walk(visit) }
    for expression in rule.body.expressions { expression.walkTerms(visit) }
    return faults
  }

  func deprecated(_ rule: CheckRule) -> [CheckFault] {
    var faults: [CheckFault] = []
    rule.walkExpressions { expression in
      if case .call(let terms) = expression.kind, let signature = signature(of: terms[0], rule.variables), signature.isDeprecated {
        faults.append(
          CheckFault(
            .type, "deprecated built-in function calls in expression: \(signature.name)", rule.module, expression.location))
      }
      return false
    }
    return faults
  }

  // MARK: With

  /// Checks the `with` of a body and binds their values to variables where they have to be evaluated (OPA's RewriteWithValues).
  /// One error per body.
  func modifiers(_ body: CheckBody, _ rule: CheckRule) -> CheckFault? {
    guard body.expressions.contains(where: { !$0.with.isEmpty }) else { return nil }
    var result: [CheckExpression] = []
    for expression in body.expressions {
      for modifier in expression.with {
        switch check(modifier, rule) {
        case .failure(let fault): return fault.fault
        case .success(false): break
        case .success(true):
          let variable = CheckTerm(.variable(rule.variables.generate()), modifier.value.location)
          result.append(.equality(variable, modifier.value, location: modifier.value.location))
          modifier.value = variable
        }
      }
      result.append(expression)
    }
    body.expressions = result
    return nil
  }

  private struct Refusal: Error { var fault: CheckFault }

  /// Whether the value has to be evaluated.
  private func check(_ modifier: CheckModifier, _ rule: CheckRule) -> Result<Bool, Refusal> {
    let target = modifier.target
    let value = modifier.value
    func refuse(_ code: RegoError.Code, _ message: String) -> Result<Bool, Refusal> {
      .failure(Refusal(fault: CheckFault(code, message, rule.module, target.location)))
    }
    func asReference(_ term: CheckTerm) {
      guard case .variable(let variable) = term.kind, signatures[rule.variables.names[variable]] != nil else { return }
      term.kind = .reference([CheckTerm(.variable(variable), term.location)])
    }
    asReference(value)
    if case .reference(let path) = target.kind, case .variable(let root) = path[0].kind {
      if root == VariableTable.input { return .success(value.needsEvaluation) }
      if root == VariableTable.data {
        var node: CheckRuleTree? = tree
        for part in path.dropFirst().dropLast() {
          guard let child = node?.find([part]) else {
            node = nil
            break
          }
          if !child.rules.isEmpty { return refuse(.compile, "with keyword cannot partially replace virtual document(s)") }
          node = child
        }
        if path.count > 1, let child = node?.find([path[path.count - 1]]), child.rules.contains(where: { $0.arity > 0 }),
          isFunction(value, rule)
        {
          return .success(false)
        }
        if let node = self.node(of: value), node.rules.contains(where: { $0.arity > 0 }) { return .success(false) }
        return .success(value.needsEvaluation)
      }
    }
    asReference(target)
    guard let signature = signature(of: target, rule.variables) else {
      return refuse(.type, "with keyword target must reference existing input, data, or a function")
    }
    let prefix = "with keyword replacing built-in function: "
    switch signature.name {
    case "eq", "rego.metadata.chain", "rego.metadata.rule":
      return refuse(.compile, prefix + "replacement of \"\(signature.name)\" invalid")
    default: break
    }
    if signature.name.hasPrefix("internal.") {
      return refuse(.compile, prefix + "replacement of internal function \"\(signature.name)\" invalid")
    }
    if signature.isRelation { return refuse(.compile, prefix + "target must not be a relation") }
    if signature.result == nil { return refuse(.compile, prefix + "target must not be a void function") }
    return .success(isFunction(value, rule) ? false : value.needsEvaluation)
  }

  private func node(of term: CheckTerm) -> CheckRuleTree? {
    guard case .reference(let path) = term.kind, case .variable(VariableTable.data) = path[0].kind else { return nil }
    return tree.find(path.dropFirst())
  }

  /// The value names a rule, a function or a built-in function.
  private func isFunction(_ value: CheckTerm, _ rule: CheckRule) -> Bool {
    node(of: value) != nil || signature(of: value, rule.variables) != nil
  }
}
