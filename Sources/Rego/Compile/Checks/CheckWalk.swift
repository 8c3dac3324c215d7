// Walks over the tree of the checks, in the order of OPA's visitors.

/// What the collection of variables passes over.
struct VariableFilter: OptionSet {
  let rawValue: UInt8

  static let referenceHeads = VariableFilter(rawValue: 1)
  /// The names of functions, and the heads of `with` targets and values.
  static let callHeads = VariableFilter(rawValue: 2)
  static let objectKeys = VariableFilter(rawValue: 4)
  static let closures = VariableFilter(rawValue: 8)
  static let sets = VariableFilter(rawValue: 16)

  /// What safety looks at.
  static let safety: VariableFilter = [.callHeads, .closures]
  /// What a value binds when it is matched against a term.
  static let pattern: VariableFilter = [.referenceHeads, .objectKeys, .closures]
}

extension CheckTerm {
  /// Terms directly below, those of closures left out.
  func forEachChild(_ visit: (CheckTerm) -> Void) {
    switch kind {
    case .null, .boolean, .number, .string, .variable, .comprehension, .template: break
    case .reference(let terms), .call(let terms), .array(let terms), .set(let terms): for term in terms { visit(term) }
    case .object(let items):
      for item in items {
        visit(item.key)
        visit(item.value)
      }
    }
  }

  /// Calls `visit` for the term and, unless it answers true, for all below, closures included.
  func walk(_ visit: (CheckTerm) -> Bool) {
    if visit(self) { return }
    switch kind {
    case .comprehension(let comprehension):
      comprehension.key?.walk(visit)
      comprehension.term.walk(visit)
      for expression in comprehension.body.expressions { expression.walkTerms(visit) }
    case .template(let parts):
      for case .expression(let expression) in parts { expression.walkTerms(visit) }
    default: forEachChild { $0.walk(visit) }
    }
  }

  func collectVariables(_ filter: VariableFilter = [], into result: inout VariableSet) {
    switch kind {
    case .null, .boolean, .number, .string: break
    case .variable(let variable): result.insert(variable)
    case .reference(let path):
      for term in filter.contains(.referenceHeads) ? path.dropFirst() : path[...] { term.collectVariables(filter, into: &result) }
    case .call(let terms): Self.collect(call: terms, filter, into: &result)
    case .array(let terms): for term in terms { term.collectVariables(filter, into: &result) }
    case .set(let terms):
      if !filter.contains(.sets) { for term in terms { term.collectVariables(filter, into: &result) } }
    case .object(let items):
      for item in items {
        if !filter.contains(.objectKeys) { item.key.collectVariables(filter, into: &result) }
        item.value.collectVariables(filter, into: &result)
      }
    case .comprehension(let comprehension):
      if filter.contains(.closures) { return }
      comprehension.key?.collectVariables(filter, into: &result)
      comprehension.term.collectVariables(filter, into: &result)
      comprehension.body.collectVariables(filter, into: &result)
    case .template(let parts):
      if filter.contains(.closures) { return }
      for case .expression(let expression) in parts { expression.collectVariables(filter, into: &result) }
    }
  }

  static func collect(call terms: [CheckTerm], _ filter: VariableFilter, into result: inout VariableSet) {
    var operands = terms[...]
    if filter.contains(.callHeads), case .reference(let path) = terms[0].kind {
      for term in path.dropFirst() { term.collectVariables(filter, into: &result) }
      operands = operands.dropFirst()
    }
    for term in operands { term.collectVariables(filter, into: &result) }
  }

  func variables(_ filter: VariableFilter = []) -> VariableSet {
    var result = VariableSet()
    collectVariables(filter, into: &result)
    return result
  }

  /// A reference or a comprehension is in it: it is no value before it is evaluated.
  var needsEvaluation: Bool {
    switch kind {
    case .reference, .comprehension: true
    case .null, .boolean, .number, .string, .variable, .template: false
    case .call(let terms), .array(let terms), .set(let terms): terms.contains(where: \.needsEvaluation)
    case .object(let items): items.contains { $0.key.needsEvaluation || $0.value.needsEvaluation }
    }
  }

  /// Calls `visit` for each comprehension and, unless it answers true, for those inside it.
  func forEachComprehension(_ visit: (CheckComprehension) -> Bool) {
    walk { term in
      if case .comprehension(let comprehension) = term.kind { return visit(comprehension) }
      return false
    }
  }
}

extension CheckModifier {
  func collectVariables(_ filter: VariableFilter, into result: inout VariableSet) {
    guard filter.contains(.callHeads) else {
      target.collectVariables(filter, into: &result)
      value.collectVariables(filter, into: &result)
      return
    }
    if case .reference(let path) = target.kind { for term in path.dropFirst() { term.collectVariables(filter, into: &result) } }
    if case .reference(let path) = value.kind {
      for term in path.dropFirst() { term.collectVariables(filter, into: &result) }
    } else {
      value.collectVariables(filter, into: &result)
    }
  }
}

extension CheckBody {
  func collectVariables(_ filter: VariableFilter, into result: inout VariableSet) {
    for expression in expressions { expression.collectVariables(filter, into: &result) }
  }

  func variables(_ filter: VariableFilter = []) -> VariableSet {
    var result = VariableSet()
    collectVariables(filter, into: &result)
    return result
  }

  /// Calls `visit` for each expression and, unless it answers true, for those inside it.
  func walkExpressions(_ visit: (CheckExpression) -> Bool) {
    for expression in expressions {
      if visit(expression) { continue }
      expression.forEachClosure { $0.walkInside(visit) }
    }
  }
}

/// A part of an expression that holds expressions.
enum CheckClosure {
  case comprehension(CheckComprehension)
  case body(CheckBody)

  func walkInside(_ visit: (CheckExpression) -> Bool) {
    switch self {
    case .comprehension(let comprehension):
      comprehension.key?.walkExpressions(visit)
      comprehension.term.walkExpressions(visit)
      comprehension.body.walkExpressions(visit)
    case .body(let body): body.walkExpressions(visit)
    }
  }
}

extension CheckTerm {
  func walkExpressions(_ visit: (CheckExpression) -> Bool) { forEachClosure { $0.walkInside(visit) } }

  /// Closures in the term, those inside another left out.
  func forEachClosure(_ visit: (CheckClosure) -> Void) {
    switch kind {
    case .comprehension(let comprehension): visit(.comprehension(comprehension))
    case .template(let parts):
      for case .expression(let expression) in parts { expression.forEachClosure(visit) }
    default: forEachChild { $0.forEachClosure(visit) }
    }
  }
}

extension CheckExpression {
  /// Terms directly in the expression, `with` included, bodies left out.
  func forEachTerm(_ visit: (CheckTerm) -> Void) {
    switch kind {
    case .term(let term): visit(term)
    case .call(let terms), .some(let terms): for term in terms { visit(term) }
    case .someIn(let key, let value, let collection):
      if let key { visit(key) }
      visit(value)
      visit(collection)
    case .every(let every):
      if let key = every.key { visit(key) }
      visit(every.value)
      visit(every.domain)
    case .logical: break
    }
    for modifier in with {
      visit(modifier.target)
      visit(modifier.value)
    }
  }

  /// Bodies directly in the expression.
  var bodies: [CheckBody] {
    switch kind {
    case .every(let every): [every.body]
    case .logical(let bodies): bodies
    default: []
    }
  }

  func forEachClosure(_ visit: (CheckClosure) -> Void) {
    forEachTerm { $0.forEachClosure(visit) }
    for body in bodies { visit(.body(body)) }
  }

  /// Calls `visit` for each term and, unless it answers true, for all below, bodies included.
  func walkTerms(_ visit: (CheckTerm) -> Bool) {
    forEachTerm { $0.walk(visit) }
    for body in bodies { for expression in body.expressions { expression.walkTerms(visit) } }
  }

  func collectVariables(_ filter: VariableFilter, into result: inout VariableSet) {
    switch kind {
    case .term(let term): term.collectVariables(filter, into: &result)
    case .call(let terms): CheckTerm.collect(call: terms, filter, into: &result)
    case .some(let terms): for term in terms { term.collectVariables(filter, into: &result) }
    case .someIn(let key, let value, let collection):
      key?.collectVariables(filter, into: &result)
      value.collectVariables(filter, into: &result)
      collection.collectVariables(filter, into: &result)
    case .every(let every):
      every.domain.collectVariables(filter, into: &result)
      if !filter.contains(.closures) {
        every.key?.collectVariables(filter, into: &result)
        every.value.collectVariables(filter, into: &result)
        every.body.collectVariables(filter, into: &result)
      }
    case .logical(let bodies):
      if !filter.contains(.closures) { for body in bodies { body.collectVariables(filter, into: &result) } }
    }
    for modifier in with { modifier.collectVariables(filter, into: &result) }
  }

  func variables(_ filter: VariableFilter = []) -> VariableSet {
    var result = VariableSet()
    collectVariables(filter, into: &result)
    return result
  }
}

extension CheckRule {
  /// The terms of the head that are walked: parameters, element and value.
  var headTerms: [CheckTerm] { arguments + (key.map { [$0] } ?? []) + (value.map { [$0] } ?? []) }

  /// Every expression of the rule's head and body, not of its `else` branches.
  func walkExpressions(_ visit: (CheckExpression) -> Bool) {
    for term in headTerms { term.walkExpressions(visit) }
    body.walkExpressions(visit)
  }

  /// Every body of the rule, the outer ones first.
  func forEachBody(_ visit: (CheckBody) -> Void) {
    func inside(_ closure: CheckClosure) {
      switch closure {
      case .comprehension(let comprehension):
        comprehension.key?.forEachClosure(inside)
        comprehension.term.forEachClosure(inside)
        all(comprehension.body)
      case .body(let body): all(body)
      }
    }
    func all(_ body: CheckBody) {
      visit(body)
      for expression in body.expressions { expression.forEachClosure(inside) }
    }
    for term in headTerms { term.forEachClosure(inside) }
    all(body)
  }
}
