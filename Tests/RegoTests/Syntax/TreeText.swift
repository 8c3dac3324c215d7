import Rego

/// A tree as text, for comparing: operators in front, wildcards as `_`, places left out.
enum TreeText {
  static func of(_ term: Term) -> String {
    switch term.node {
    case .null: "null"
    case .boolean(let value): "\(value)"
    case .number(let text): text
    case .string(let text): "'\(text)'"
    case .variable(let name): name.hasPrefix("$") ? "_" : name
    case .reference(let path): path.count == 1 ? of(path[0]) : "ref(" + list(path) + ")"
    case .call(let function, let operands): name(function) + "(" + list(operands) + ")"
    case .array(let terms): "[" + list(terms) + "]"
    case .set(let terms): "set{" + list(terms) + "}"
    case .object(let items): "{" + items.map { of($0.key) + ": " + of($0.value) }.joined(separator: ", ") + "}"
    case .arrayComprehension(let head, let body): "[" + of(head) + " | " + of(body) + "]"
    case .setComprehension(let head, let body): "set{" + of(head) + " | " + of(body) + "}"
    case .objectComprehension(let key, let value, let body): "{" + of(key) + ": " + of(value) + " | " + of(body) + "}"
    case .template(let parts):
      "$("
        + parts.map { part in
          switch part {
          case .text(let text): "'\(text)'"
          case .expression(let expression): of(expression)
          }
        }.joined(separator: ", ") + ")"
    }
  }

  private static func list(_ terms: [Term]) -> String { terms.map { of($0) }.joined(separator: ", ") }

  private static func name(_ function: Term) -> String {
    guard case .reference(let path) = function.node else { return of(function) }
    return path.map { term in
      if case .string(let name) = term.node { name } else { of(term) }
    }.joined(separator: ".")
  }

  static func of(_ body: Body) -> String { body.map { of($0) }.joined(separator: "; ") }

  static func of(_ expression: Expression) -> String {
    func operands(_ bodies: [Body]) -> String {
      zip(bodies, expression.explicitBodies).map { $1 ? "{" + of($0) + "}" : of($0) }.joined(separator: ", ")
    }
    func keyed(_ key: Term?, _ value: Term) -> String { (key.map { of($0) + ", " } ?? "") + of(value) }
    var text =
      switch expression.kind {
      case .term(let term): of(term)
      case .someVariables(let terms): "some " + list(terms)
      case .someIn(let key, let value, let collection): "some " + keyed(key, value) + " in " + of(collection)
      case .every(let key, let value, let domain, let body): "every " + keyed(key, value) + " in " + of(domain) + " {" + of(body) + "}"
      case .notBody(let body): "not(" + operands([body]) + ")"
      case .and(let bodies): "and(" + operands(bodies) + ")"
      case .or(let bodies): "or(" + operands(bodies) + ")"
      }
    if expression.isNegated { text = "not " + text }
    for with in expression.with { text += " with " + of(with.target) + " as " + of(with.value) }
    return text
  }

  static func of(_ rule: Rule) -> String {
    var text = rule.isDefault ? "default " : ""
    text += of(Term(.reference(rule.head.reference)))
    if let arguments = rule.head.arguments { text += "(" + list(arguments) + ")" }
    if let key = rule.head.key { text += " contains " + of(key) }
    if let value = rule.head.value { text += " := " + of(value) }
    if !rule.body.isEmpty { text += " if " + of(rule.body) }
    for branch in rule.elses {
      text += " else" + (branch.value.map { " := " + of($0) } ?? "") + (branch.body.isEmpty ? "" : " if " + of(branch.body))
    }
    return text
  }
}
