/// What tells terms of a partial evaluation apart. Their text does not, since variables of different rules may have one name.
extension CheckTerm {
  /// Equal for equal terms over the same variables.
  var key: String {
    func list(_ terms: [CheckTerm]) -> String { terms.map(\.key).joined(separator: ",") }
    switch kind {
    case .null: return "null"
    case .boolean(let value): return "\(value)"
    case .number(let text): return text
    case .string(let text): return TermSpelling.quoted(text)
    case .variable(let number): return "$\(number)"
    case .reference(let path): return "ref(\(list(path)))"
    case .call(let terms): return "call(\(list(terms)))"
    case .array(let terms): return "[\(list(terms))]"
    case .set(let terms): return "{\(list(terms))}"
    case .object(let items): return "{\(items.map { "\($0.key.key):\($0.value.key)" }.joined(separator: ","))}"
    case .comprehension(let held):
      return "\(held.shape)(\(held.key?.key ?? ""):\(held.term.key)|\(held.body.expressions.map(\.key).joined(separator: ";")))"
    case .template(let parts):
      return parts.map { part in
        switch part {
        case .text(let text): TermSpelling.quoted(text)
        case .expression(let expression): expression.key
        }
      }.joined(separator: ",")
    }
  }
}

extension CheckExpression {
  var key: String {
    let text: String
    switch kind {
    case .term(let term): text = term.key
    case .call(let terms): text = "call(\(terms.map(\.key).joined(separator: ",")))"
    case .some(let terms): text = "some(\(terms.map(\.key).joined(separator: ",")))"
    case .someIn(let key, let value, let collection): text = "some(\(key?.key ?? ""),\(value.key) in \(collection.key))"
    case .every(let every):
      text =
        "every(\(every.key?.key ?? ""),\(every.value.key) in \(every.domain.key)|\(every.body.expressions.map(\.key).joined(separator: ";")))"
    case .logical(let bodies):
      text = "\(connective)(\(bodies.map { $0.expressions.map(\.key).joined(separator: ";") }.joined(separator: "|")))"
    }
    return (isNegated ? "not " : "") + text + with.map { " with \($0.target.key) as \($0.value.key)" }.joined()
  }
}
