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
    var count = 0
    for expression in query {
      let variable = "$term\(count + 1)"
      guard case .term(let term) = expression.kind, !expression.isNegated, !Self.isEquation(term),
        let call = Self.capturing(term, in: Term(.variable(variable)), arity)
      else {
        variables.append(nil)
        body.append(expression)
        continue
      }
      variables.append(variable)
      var captured = expression
      captured.kind = .term(call)
      count += 1
      body.append(captured)
      // Of several expressions, or of several turns of one, only those that hold count.
      if isChecked {
        checks.append(
          Expression(.term(Term(.variable(variable), expression.location)), location: expression.location, isGenerated: true))
      }
    }
    body += checks
  }

  /// A call gets the variable as its last operand, anything else is equated with it; nil for a call that takes no more operands.
  private static func capturing(_ term: Term, in variable: Term, _ arity: (Term) -> Int?) -> Term? {
    guard case .call(let callee, let operands) = term.node, let arity = arity(callee) else {
      return Term(.call(Term(.reference([Term(.variable("eq"), term.location)]), term.location), [term, variable]), term.location)
    }
    guard arity == operands.count, !isPrint(callee) else { return nil }
    return Term(.call(callee, operands + [variable]), term.location)
  }

  private static func isPrint(_ callee: Term) -> Bool { callee.sourceText == "print" }

  private static func isEquation(_ term: Term) -> Bool {
    guard case .call(let callee, let operands) = term.node, operands.count == 2 else { return false }
    var node = callee.node
    if case .reference(let terms) = node, terms.count == 1 { node = terms[0].node }
    if case .variable(let name) = node { return name == "eq" || name == "assign" }
    return false
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
