/// Calls of functions, and what depends on what is unknown.
extension PartialEvaluation {
  func call(_ terms: [CheckTerm], _ expression: CheckExpression, _ next: @escaping Next) throws(RegoError) {
    let node = contents.rules(of: terms[0])
    let name = contents.name(of: terms[0], variables)
    let arity = node?.rules.first?.arity ?? contents.builtins[name]?.arity ?? terms.count - 1
    try operands(terms.dropFirst().prefix(arity), []) { (operands) throws(RegoError) in
      let output = terms.count > arity + 1 ? terms[arity + 1] : nil
      let plain = expression.with(.call([terms[0]] + operands + (output.map { [self.plugged($0)] } ?? [])), isNegated: false, changes: [])
      if operands.allSatisfy(\.isConstant), !self.isUncertain(name), !(node.map { self.dependsBelow($0) } ?? false) {
        var free: Set<Int> = []
        output.map { self.plugged($0) }?.collectVariables(&free)
        if free.allSatisfy({ self.outer.contains($0) }) { return try self.concretely([plain], Array(free), next) }
      }
      guard let node else { return try self.save(plain, next) }
      try self.function(node, terms[0], operands, output, plain, next)
    }
  }

  private func operands(
    _ rest: ArraySlice<CheckTerm>, _ done: [CheckTerm], _ next: @escaping ([CheckTerm]) throws(RegoError) -> Void
  ) throws(RegoError) {
    guard let term = rest.first else { return try next(done) }
    try values(of: term, wanted: nil) { (value) throws(RegoError) in try self.operands(rest.dropFirst(), done + [value], next) }
  }

  /// Rules of a function are followed with the operands in the place of its parameters.
  private func function(
    _ node: CheckRuleTree, _ callee: CheckTerm, _ operands: [CheckTerm], _ output: CheckTerm?, _ plain: CheckExpression,
    _ next: @escaping Next
  ) throws(RegoError) {
    guard case .reference(let path) = callee.kind else { return try save(plain, next) }
    if isKept(path) || node.rules.contains(where: { $0.next != nil || $0.isDefault }) {
      keep(node)
      guard case .call(let terms) = plain.kind else { return }
      return try save(plain.with(.call([namespaced(path, [])] + terms.dropFirst()), isNegated: false, changes: []), next)
    }
    for rule in node.rules {
      let rule = opened(rule)
      try parameters(rule.arguments[...], operands[...]) { () throws(RegoError) in
        try self.evaluate(rule.body.expressions[...]) { () throws(RegoError) in
          guard let value = rule.value else { return }
          if let output { return try self.unify(output, value, next) }
          try self.values(of: value, wanted: nil) { (value) throws(RegoError) in
            if value.isConstant { if case .boolean(false) = value.kind { return } else { return try next() } }
            try self.save(plain.with(.term(value), isNegated: false, changes: []), next)
          }
        }
      }
    }
  }

  private func parameters(
    _ terms: ArraySlice<CheckTerm>, _ operands: ArraySlice<CheckTerm>, _ next: @escaping Next
  ) throws(RegoError) {
    guard let term = terms.first, let operand = operands.first else { return try next() }
    try match(term, operand) { () throws(RegoError) in try self.parameters(terms.dropFirst(), operands.dropFirst(), next) }
  }

  private func isUncertain(_ name: String) -> Bool {
    if name.hasPrefix("rego.metadata.") { return true }
    return !options.callsNondeterministic && Self.nondeterministic.contains(name)
  }

  /// Functions whose answers differ from call to call, by OPA's list of built-in functions.
  private static let nondeterministic: Set<String> = [
    "http.send", "io.jwt.decode_verify", "io.jwt.encode_sign", "io.jwt.encode_sign_raw", "net.lookup_ip_addr", "opa.runtime", "rand.intn",
    "time.now_ns", "uuid.rfc4122",
  ]

  // MARK: - Dependence

  /// Whether an expression asks for anything unknown, in itself or through rules.
  func depends(_ expression: CheckExpression) -> Bool {
    switch expression.kind {
    case .term(let term): if depends(term) { return true }
    case .call(let terms):
      if isUncertain(contents.name(of: terms[0], variables)) || contents.rules(of: terms[0]).map({ dependsBelow($0) }) ?? false {
        return true
      }
      if terms.dropFirst().contains(where: { depends($0) }) { return true }
    case .some: break
    case .someIn(let key, let value, let collection):
      if [key, value, collection].compactMap({ $0 }).contains(where: { depends($0) }) { return true }
    case .every(let every): if depends(every.domain) || every.body.expressions.contains(where: { depends($0) }) { return true }
    case .logical(let bodies): if bodies.contains(where: { $0.expressions.contains { depends($0) } }) { return true }
    }
    return expression.with.contains { depends($0.value) }
  }

  func depends(_ term: CheckTerm) -> Bool {
    switch term.kind {
    case .null, .boolean, .number, .string, .variable: return false
    case .array(let terms), .set(let terms): return terms.contains { depends($0) }
    case .call(let terms):
      return terms.dropFirst().contains { depends($0) } || contents.rules(of: terms[0]).map { dependsBelow($0) } ?? false
    case .object(let items): return items.contains { depends($0.key) || depends($0.value) }
    case .comprehension(let held):
      return held.body.expressions.contains { depends($0) } || [held.key, held.term].compactMap { $0 }.contains { depends($0) }
    case .template(let parts):
      return parts.contains { if case .expression(let expression) = $0 { depends(expression) } else { false } }
    case .reference(let path):
      if path.dropFirst().contains(where: { depends($0) }) { return true }
      guard case .variable(let root) = path[0].kind, root <= VariableTable.data else { return depends(path[0]) }
      let walked = path.prefix { $0.isConstant || $0.isVariable }
      for count in 1...walked.count where isUnknown(Array(path.prefix(count))) { return true }
      if options.unknowns.contains(where: { unknown in unknown.count > path.count && isUnknownPrefix(path, of: unknown) }) { return true }
      guard root == VariableTable.data else { return false }
      var node = contents.tree
      for part in path.dropFirst() {
        guard part.isConstant, let constant = part.constant else { break }
        guard let child = node.children[constant] else { return false }
        node = child
        if !node.rules.isEmpty { break }
      }
      return dependsBelow(node)
    }
  }

  private func isUnknownPrefix(_ path: [CheckTerm], of unknown: [CheckTerm]) -> Bool {
    isUnknown(path + unknown.dropFirst(path.count))
  }

  /// Whether the rules at a place or below it do.
  func dependsBelow(_ node: CheckRuleTree) -> Bool {
    if let known = dependence[ObjectIdentifier(node)] { return known }
    // Rules do not recurse; a place that is asked for while it is looked at stands for itself.
    dependence[ObjectIdentifier(node)] = false
    var found = false
    node.walk { place in
      for rule in place.rules {
        for branch in rule.branches {
          let terms = branch.suffix + branch.arguments + [branch.key, branch.value].compactMap { $0 }
          if terms.contains(where: { depends($0) }) || branch.body.expressions.contains(where: { depends($0) }) { found = true }
        }
      }
      return found
    }
    dependence[ObjectIdentifier(node)] = found
    return found
  }
}

extension CheckTerm {
  /// Variables outside of comprehensions.
  var surface: Set<Int> {
    switch kind {
    case .null, .boolean, .number, .string, .comprehension, .template: []
    case .variable(let number): number > VariableTable.print ? [number] : []
    case .reference(let path), .array(let path), .set(let path): path.reduce(into: []) { $0.formUnion($1.surface) }
    case .call(let terms): terms.dropFirst().reduce(into: []) { $0.formUnion($1.surface) }
    case .object(let items): items.reduce(into: []) { $0.formUnion($1.key.surface.union($1.value.surface)) }
    }
  }
}

extension CheckExpression {
  /// Variables outside of closures.
  var surface: Set<Int> {
    var found: Set<Int> =
      switch kind {
      case .term(let term): term.surface
      case .call(let terms): terms.dropFirst().reduce(into: []) { $0.formUnion($1.surface) }
      case .every(let every): every.domain.surface
      case .some, .logical: []
      case .someIn(_, _, let collection): collection.surface
      }
    for modifier in with { found.formUnion(modifier.target.surface.union(modifier.value.surface)) }
    return found
  }
}
