/// Rewrites a query so that the value of each of its expressions can be told (v1/rego/rego.go, rewriteQueryToCaptureValue).
struct QueryCapture {
  private(set) var body: Body
  /// For each expression of the query its variable; nil where its value is always true.
  private(set) var variables: [String?] = []

  /// - Parameter arity: how many operands the function of a call takes; nil where it is not known.
  init(_ query: Body, arity: (_ callee: Term) -> Int?) {
    body = []
    var checks: Body = []
    let isChecked = query.count > 1 || query.contains { Self.iterates($0) }
    for (index, expression) in query.enumerated() {
      guard case .term(let term) = expression.kind, !expression.isNegated, !Self.isEquation(term), !Self.hasOutput(term, arity) else {
        variables.append(nil)
        body.append(expression)
        continue
      }
      let variable = "$value\(index)"
      variables.append(variable)
      let name = Term(.variable(variable), expression.location)
      var captured = expression
      captured.kind = .term(
        Term(.call(Term(.reference([Term(.variable("eq"), term.location)]), term.location), [name, term]), term.location))
      body.append(captured)
      // Of several expressions, or of several turns of one, only those that hold count.
      if isChecked { checks.append(Expression(.term(name), location: expression.location, isGenerated: true)) }
    }
    body += checks
  }

  private static func isEquation(_ term: Term) -> Bool {
    guard case .call(let callee, let operands) = term.node, operands.count == 2 else { return false }
    var node = callee.node
    if case .reference(let terms) = node, terms.count == 1 { node = terms[0].node }
    if case .variable(let name) = node { return name == "eq" || name == "assign" }
    return false
  }

  /// A call whose last operand is matched against its value.
  private static func hasOutput(_ term: Term, _ arity: (Term) -> Int?) -> Bool {
    guard case .call(let callee, let operands) = term.node, let arity = arity(callee) else { return false }
    return operands.count > arity
  }

  private static func iterates(_ expression: Expression) -> Bool {
    switch expression.kind {
    case .term(let term): iterates(term)
    case .someIn, .someVariables: true
    case .every, .notBody, .and, .or: false
    }
  }

  private static func iterates(_ term: Term) -> Bool {
    switch term.node {
    case .reference(let terms):
      terms.dropFirst().contains { part in
        if case .variable = part.node { return true }
        return iterates(part)
      }
    case .call(let callee, let operands): isRelation(callee) || operands.contains { iterates($0) }
    case .array(let items), .set(let items): items.contains { iterates($0) }
    case .object(let items): items.contains { iterates($0.key) || iterates($0.value) }
    default: false
    }
  }

  private static func isRelation(_ callee: Term) -> Bool {
    if case .reference(let terms) = callee.node, terms.count == 1, case .variable("walk") = terms[0].node { return true }
    return false
  }
}
