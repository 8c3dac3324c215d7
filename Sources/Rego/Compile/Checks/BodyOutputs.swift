/// What expressions bind: OPA's output variables (v1/ast/compile.go, unify.go).
struct BodyOutputs {
  /// Parameters of the function a reference names; nil where there is none.
  let arity: (CheckTerm) -> Int?

  /// Variables that the expressions bind in their order, beyond `safe`.
  func body(_ expressions: some Sequence<CheckExpression>, safe: VariableSet) -> VariableSet {
    var bound = safe
    var pending = VariableSet()
    for expression in expressions { bound.formUnion(self.expression(expression, safe: bound, pending: &pending)) }
    return bound.subtracting(safe)
  }

  /// Variables that an expression binds.
  /// - Parameter pending: what calls before would bind. As in OPA, the next equation takes it for bound even where such a call is not
  ///   safe itself, so that only the cause is reported and not what follows from it.
  func expression(_ expression: CheckExpression, safe: VariableSet, pending: inout VariableSet) -> VariableSet {
    if expression.isNegated { return VariableSet() }
    for modifier in expression.with {
      var needed = VariableSet()
      modifier.collectVariables(.safety, into: &needed)
      if !needed.isSubset(of: safe) { return VariableSet() }
    }
    switch expression.kind {
    case .term(let term):
      var result = VariableSet()
      Self.references(term, safe, into: &result)
      return result
    case .call(let terms):
      if let operands = expression.call(of: VariableTable.unify) {
        guard operands.count == 3 else { return safe }
        defer { pending = VariableSet() }
        return Self.equality(operands[1], operands[2], safe: safe, pending: pending)
      }
      guard let arity = arity(terms[0]) else { return VariableSet() }
      pending = VariableSet()
      for term in terms { Self.references(term, safe, into: &pending) }
      guard arity + 1 < terms.count else { return pending }
      let filter: VariableFilter = [.closures, .sets, .objectKeys, .referenceHeads]
      var needed = VariableSet()
      for term in terms.prefix(arity + 1) { term.collectVariables(filter, into: &needed) }
      needed.subtract(pending)
      if !needed.isSubset(of: safe) { return VariableSet() }
      for term in terms.dropFirst(arity + 1) { term.collectVariables(filter, into: &pending) }
      return pending
    case .every(let every):
      Self.references(every.domain, safe, into: &pending)
      return pending
    case .some, .someIn, .logical: return VariableSet()
    }
  }

  /// Variables that `a = b` binds beyond `safe`.
  static func equality(_ a: CheckTerm, _ b: CheckTerm, safe: VariableSet, pending: VariableSet = VariableSet()) -> VariableSet {
    var result = pending
    references(a, safe, into: &result)
    references(b, safe, into: &result)
    result.formUnion(safe)
    var unification = Unification(safe: result)
    unification.unify(a, b)
    return result.union(unification.unified).subtracting(safe)
  }

  /// Variables in the brackets of references whose head is bound.
  private static func references(_ term: CheckTerm, _ safe: VariableSet, into result: inout VariableSet) {
    switch term.kind {
    case .reference(let path):
      guard path[0].isSafe(safe) else { return }
      for part in path.dropFirst() { part.collectVariables(.referenceHeads, into: &result) }
      for part in path { references(part, safe, into: &result) }
    case .comprehension, .template: break
    default: term.forEachChild { references($0, safe, into: &result) }
    }
  }
}

extension CheckTerm {
  /// As the head of a reference, or as a call: everything it needs is bound.
  fileprivate func isSafe(_ safe: VariableSet) -> Bool {
    if case .variable(let variable) = kind { return safe.contains(variable) }
    return variables(.safety).isSubset(of: safe)
  }
}

/// Which variables an equation binds. A variable that stands for a pattern of unbound variables is bound once all of them are.
private struct Unification {
  let safe: VariableSet
  private(set) var unified = VariableSet()
  /// For an unbound variable the variables that its side of an equation consists of.
  private var unknown: [Int: VariableSet] = [:]

  init(safe: VariableSet) { self.safe = safe }

  private func isBound(_ variable: Int) -> Bool { safe.contains(variable) || unified.contains(variable) }

  mutating func unify(_ a: CheckTerm, _ b: CheckTerm) {
    switch a.kind {
    case .variable(let variable):
      switch b.kind {
      case .variable(let other):
        if isBound(other) {
          bind(variable)
        } else if isBound(variable) {
          bind(other)
        } else {
          unknown[variable, default: VariableSet()].insert(other)
          unknown[other, default: VariableSet()].insert(variable)
        }
      case .array, .object: match(variable, b)
      case .reference(let path): if path[0].isSafe(safe) { bind(variable) }
      case .call: if b.isSafe(safe) { bind(variable) }
      default: bind(variable)
      }
    case .reference(let path): if path[0].isSafe(safe) { bindPattern(b) }
    case .call: if a.isSafe(safe) { bindPattern(b) }
    case .comprehension(let comprehension):
      switch (comprehension.shape, b.kind) {
      case (_, .variable(let variable)): bind(variable)
      case (.array, .array), (.object, .object): bindAll(b)
      default: break
      }
    case .array(let terms):
      switch b.kind {
      case .variable(let variable): match(variable, a)
      case .comprehension: bindAll(a)
      case .reference(let path): if path[0].isSafe(safe) { bindAll(a) }
      case .call: if b.isSafe(safe) { bindAll(a) }
      case .array(let others): if terms.count == others.count { for (x, y) in zip(terms, others) { unify(x, y) } }
      default: break
      }
    case .object(let items):
      switch b.kind {
      case .variable(let variable): match(variable, a)
      case .reference(let path): if path[0].isSafe(safe) { bindAll(a) }
      case .call: if b.isSafe(safe) { bindAll(a) }
      case .object(let others): if items.count == others.count { for (x, y) in CheckItem.pairs(items, others) { unify(x, y) } }
      default: break
      }
    default: if case .variable(let variable) = b.kind { bind(variable) }
    }
  }

  private mutating func bindPattern(_ term: CheckTerm) {
    switch term.kind {
    case .variable(let variable): bind(variable)
    case .array, .object: bindAll(term)
    default: break
    }
  }

  private mutating func bindAll(_ term: CheckTerm) { for variable in term.variables(.pattern).members { bind(variable) } }

  private mutating func bind(_ variable: Int) {
    var pending = [variable]
    while let next = pending.popLast() {
      unified.insert(next)
      if let parts = unknown.removeValue(forKey: next) { pending += parts.members }
      for (other, parts) in unknown where parts.contains(next) {
        let rest = parts.subtracting(VariableSet([next]))
        unknown[other] = rest
        if rest.isEmpty { pending.append(other) }
      }
    }
  }

  private mutating func match(_ variable: Int, _ pattern: CheckTerm) {
    if isBound(variable) {
      bindAll(pattern)
      return
    }
    let unbound = pattern.variables(.pattern).subtracting(safe).subtracting(unified)
    if unbound.isEmpty { bind(variable) } else { unknown[variable, default: VariableSet()].formUnion(unbound) }
  }
}

extension CheckItem {
  /// Values of the keys that both objects have.
  static func pairs(_ a: [CheckItem], _ b: [CheckItem]) -> [(CheckTerm, CheckTerm)] {
    var constants: [Constant: CheckTerm] = [:]
    var variables: [Int: CheckTerm] = [:]
    for item in b {
      if let key = item.key.constant { constants[key] = item.value }
      if case .variable(let variable) = item.key.kind { variables[variable] = item.value }
    }
    return a.compactMap { item in
      if let key = item.key.constant { return constants[key].map { (item.value, $0) } }
      if case .variable(let variable) = item.key.kind { return variables[variable].map { (item.value, $0) } }
      return nil
    }
  }
}
