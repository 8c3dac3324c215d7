/// How terms of a rule become terms of a partial evaluation.
struct Renaming {
  let variable: (Int) -> Int
  /// The variable that stands for a function of this name.
  let function: (Int) -> Int
  let isFunction: (CheckTerm) -> Bool
  /// What stands in the place of a document; nil where it stays.
  var document: (CheckTerm) -> CheckTerm? = { _ in nil }
  /// What stands in the place of a function's name; nil where it stays.
  var callee: (CheckTerm) -> CheckTerm? = { _ in nil }

  /// A function's name, or the target of a `with`, whose head is a name and no variable of the rule.
  func operation(_ term: CheckTerm) -> CheckTerm {
    if let other = callee(term) { return other }
    switch term.kind {
    case .variable(let number): return CheckTerm(.variable(function(number)), term.location)
    case .reference(let path):
      guard case .variable(let number) = path[0].kind else { return term }
      return CheckTerm(
        .reference([CheckTerm(.variable(function(number)), path[0].location)] + path.dropFirst().map { $0.renamed(self) }), term.location)
    default: return term
    }
  }

  func call(_ terms: [CheckTerm]) -> [CheckTerm] { [operation(terms[0])] + terms.dropFirst().map { $0.renamed(self) } }
}

/// Terms of a partial evaluation. All bodies share one table of variables; each use of a rule has variables of its own there.
extension CheckTerm {
  /// A copy with every variable replaced, bodies of comprehensions included.
  func renamed(_ renaming: Renaming) -> CheckTerm {
    func all(_ terms: [CheckTerm]) -> [CheckTerm] { terms.map { $0.renamed(renaming) } }
    if let other = renaming.document(self) { return other }
    let kind: Kind =
      switch self.kind {
      case .null, .boolean, .number, .string: self.kind
      case .variable(let number): .variable(renaming.variable(number))
      case .reference(let path): .reference(all(path))
      case .call(let terms): .call(renaming.call(terms))
      case .array(let terms): .array(all(terms))
      case .set(let terms): .set(all(terms))
      case .object(let items): .object(items.map { CheckItem(key: $0.key.renamed(renaming), value: $0.value.renamed(renaming)) })
      case .comprehension(let held):
        .comprehension(
          CheckComprehension(
            held.shape, key: held.key?.renamed(renaming), term: held.term.renamed(renaming), body: held.body.renamed(renaming)))
      case .template(let parts):
        .template(
          parts.map { part in
            switch part {
            case .text: part
            case .expression(let expression): .expression(expression.renamed(renaming))
            }
          })
      }
    return CheckTerm(kind, location)
  }

  /// Neither a variable nor anything that has to be evaluated in it.
  var isConstant: Bool {
    switch kind {
    case .null, .boolean, .number, .string: true
    case .variable, .reference, .call, .comprehension, .template: false
    case .array(let terms), .set(let terms): terms.allSatisfy(\.isConstant)
    case .object(let items): items.allSatisfy { $0.key.isConstant && $0.value.isConstant }
    }
  }

  /// Variables, those in bodies of comprehensions too; heads of documents and names of functions are none.
  func collectVariables(_ found: inout Set<Int>) {
    switch kind {
    case .null, .boolean, .number, .string: break
    case .variable(let number): if number > VariableTable.print { found.insert(number) }
    case .reference(let path), .array(let path), .set(let path): for term in path { term.collectVariables(&found) }
    case .call(let terms): for term in terms.dropFirst() { term.collectVariables(&found) }
    case .object(let items):
      for item in items {
        item.key.collectVariables(&found)
        item.value.collectVariables(&found)
      }
    case .comprehension(let held):
      held.key?.collectVariables(&found)
      held.term.collectVariables(&found)
      held.body.collectVariables(&found)
    case .template(let parts):
      for case .expression(let expression) in parts { expression.collectVariables(&found) }
    }
  }
}

extension CheckBody {
  func renamed(_ renaming: Renaming) -> CheckBody { CheckBody(expressions.map { $0.renamed(renaming) }) }

  func collectVariables(_ found: inout Set<Int>) { for expression in expressions { expression.collectVariables(&found) } }
}

extension CheckExpression {
  func renamed(_ renaming: Renaming) -> CheckExpression {
    let kind: Kind =
      switch self.kind {
      case .term(let term): .term(term.renamed(renaming))
      case .call(let terms): .call(renaming.call(terms))
      case .some(let terms): .some(terms.map { $0.renamed(renaming) })
      case .someIn(let key, let value, let collection):
        .someIn(key: key?.renamed(renaming), value: value.renamed(renaming), collection: collection.renamed(renaming))
      case .every(let every):
        .every(
          CheckEvery(
            key: every.key?.renamed(renaming), value: every.value.renamed(renaming), domain: every.domain.renamed(renaming),
            body: every.body.renamed(renaming)))
      case .logical(let bodies): .logical(bodies.map { $0.renamed(renaming) })
      }
    return with(kind, isNegated: isNegated, changes: with.map { $0.renamed(renaming) })
  }

  /// The same expression with other contents.
  func with(_ kind: Kind, isNegated: Bool, changes: [CheckModifier]) -> CheckExpression {
    let copy = CheckExpression(kind, isNegated: isNegated, with: changes, location: location, isGenerated: isGenerated)
    copy.connective = connective
    return copy
  }

  func collectVariables(_ found: inout Set<Int>) {
    switch kind {
    case .term(let term): term.collectVariables(&found)
    case .call(let terms): for term in terms.dropFirst() { term.collectVariables(&found) }
    case .some(let terms): for term in terms { term.collectVariables(&found) }
    case .someIn(let key, let value, let collection):
      key?.collectVariables(&found)
      value.collectVariables(&found)
      collection.collectVariables(&found)
    case .every(let every):
      every.key?.collectVariables(&found)
      every.value.collectVariables(&found)
      every.domain.collectVariables(&found)
      every.body.collectVariables(&found)
    case .logical(let bodies): for body in bodies { body.collectVariables(&found) }
    }
    for modifier in with {
      modifier.target.collectVariables(&found)
      modifier.value.collectVariables(&found)
    }
  }
}

extension CheckModifier {
  func renamed(_ renaming: Renaming) -> CheckModifier {
    let isFunction = renaming.isFunction(value)
    return CheckModifier(
      target: renaming.operation(target), value: isFunction ? renaming.operation(value) : value.renamed(renaming), location: location)
  }
}
