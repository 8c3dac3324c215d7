/// What is left of a partial evaluation as syntax, with names that can be written.
struct ResidualSyntax {
  let variables: VariableTable
  private var names: [Int: String] = [:]
  private var taken: Set<String>
  /// How often each variable stands in what is written.
  private var uses: [Int: Int] = [:]

  /// - Parameter kept: variables of the query, which keep their names.
  init(_ variables: VariableTable, keeping kept: [Int]) {
    self.variables = variables
    taken = ["input", "data"]
    for variable in kept {
      names[variable] = variables.names[variable]
      taken.insert(variables.names[variable])
    }
  }

  mutating func body(_ expressions: [CheckExpression]) -> Body {
    // An empty body stands for one that always holds.
    expressions.map { expression($0) }
  }

  private mutating func name(_ variable: Int) -> String {
    if variable <= VariableTable.print { return variables.names[variable] }
    if let known = names[variable] { return known }
    let base = variables.isGenerated(variable) || variables.isWildcard(variable) ? "__local" : variables.names[variable]
    var number = 0
    func spelled() -> String { base == "__local" ? "__local\(number)__1" : "\(base)\(number + 1)" }
    while !taken.insert(spelled()).inserted { number += 1 }
    names[variable] = spelled()
    return names[variable] ?? base
  }

  mutating func term(_ term: CheckTerm) -> Term {
    let node: Term.Node
    switch term.kind {
    case .null: node = .null
    case .boolean(let value): node = .boolean(value)
    case .number(let text): node = .number(text)
    case .string(let text): node = .string(text)
    case .variable(let variable):
      let written = Term(.variable(name(variable)), term.location)
      node = variable <= VariableTable.data ? .reference([written]) : written.node
    case .reference(let path): node = .reference(reference(path))
    case .call(let terms): node = .call(operation(terms[0]), terms.dropFirst().map { self.term($0) })
    case .array(let terms): node = .array(terms.map { self.term($0) })
    case .set(let terms): node = .set(terms.map { self.term($0) })
    case .object(let items): node = .object(items.map { Term.ObjectItem(key: self.term($0.key), value: self.term($0.value)) })
    case .comprehension(let held):
      let body = self.body(held.body.expressions)
      switch held.shape {
      case .array: node = .arrayComprehension(self.term(held.term), body)
      case .set: node = .setComprehension(self.term(held.term), body)
      case .object: node = .objectComprehension(key: self.term(held.key ?? held.term), value: self.term(held.term), body)
      }
    case .template(let parts):
      node = .template(
        parts.map { part in
          switch part {
          case .text(let text): .text(text)
          case .expression(let expression): .expression(self.expression(expression))
          }
        })
    }
    return Term(node, term.location)
  }

  private mutating func reference(_ path: [CheckTerm]) -> [Term] {
    let head: Term
    if case .variable(let variable) = path[0].kind {
      head = Term(.variable(name(variable)), path[0].location)
    } else {
      head = term(path[0])
    }
    return [head] + path.dropFirst().map { term($0) }
  }

  /// A function's name, which is no variable.
  private mutating func operation(_ term: CheckTerm) -> Term {
    switch term.kind {
    case .reference(let path):
      guard case .variable(let variable) = path[0].kind else { break }
      return Term(
        .reference([Term(.variable(variables.names[variable]), term.location)] + path.dropFirst().map { self.term($0) }), term.location)
    case .variable(let variable): return Term(.reference([Term(.variable(variables.names[variable]), term.location)]), term.location)
    default: break
    }
    return self.term(term)
  }

  mutating func expression(_ expression: CheckExpression) -> Expression {
    var kind: Expression.Kind
    switch expression.kind {
    case .term(let term): kind = .term(self.term(term))
    case .call(let terms):
      kind = .term(Term(.call(operation(terms[0]), terms.dropFirst().map { term($0) }), expression.location))
    case .some(let terms): kind = .someVariables(terms.map { term($0) })
    case .someIn(let key, let value, let collection):
      kind = .someIn(key: key.map { term($0) }, value: term(value), collection: term(collection))
    case .every(let every):
      kind = .every(
        key: every.key.map { term($0) }, value: term(every.value), domain: term(every.domain), body: body(every.body.expressions))
    case .logical(let bodies):
      let bodies = bodies.map { body($0.expressions) }
      switch expression.connective {
      case .and: kind = .and(bodies)
      case .or: kind = .or(bodies)
      case .not: kind = .notBody(bodies.first ?? [])
      }
    }
    let changes = expression.with.map { With(target: operation($0.target), value: term($0.value), location: $0.location) }
    return Expression(kind, isNegated: expression.isNegated, with: changes, location: expression.location)
  }

  mutating func rule(_ rule: PartialEvaluation.SupportRule) -> Rule {
    let name = Term(.variable(rule.name))
    let head = Head(
      reference: [name] + rule.suffix.map { term($0) }, arguments: rule.isFunction ? rule.arguments.map { term($0) } : nil,
      key: rule.key.map { term($0) }, value: rule.value.map { term($0) }, isAssignment: true, location: .generated)
    let body = self.body(rule.body)
    let elses = rule.elses.map { branch in
      Rule.Else(value: branch.value.map { term($0) }, body: self.body(branch.body), isAssignment: true, location: .generated)
    }
    return Rule(head: head, body: body, elses: elses, isDefault: rule.isDefault, location: .generated, annotations: [])
  }
}
