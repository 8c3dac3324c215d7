/// Terms as OPA prints them in messages, with the variables' names of the source.
struct CheckText {
  let variables: VariableTable

  init(_ variables: VariableTable) { self.variables = variables }

  func term(_ term: CheckTerm) -> String {
    switch term.kind {
    case .null: "null"
    case .boolean(let value): value ? "true" : "false"
    case .number(let text): text
    case .string(let text): Term.quoted(text)
    case .variable(let variable): variables.text(variable)
    case .reference(let path): reference(path)
    case .call(let terms): call(terms)
    case .array(let terms): "[" + list(terms) + "]"
    case .set(let terms): terms.isEmpty ? "set()" : "{" + list(terms) + "}"
    case .object(let items): "{" + items.map { self.term($0.key) + ": " + self.term($0.value) }.joined(separator: ", ") + "}"
    case .comprehension(let comprehension): self.comprehension(comprehension)
    case .template: "$\"...\""
    }
  }

  func reference(_ path: some Swift.Collection<CheckTerm>) -> String {
    guard let head = path.first else { return "" }
    return term(head) + self.path(path.dropFirst())
  }

  /// The path behind a head: ".a[x]".
  func path(_ parts: some Swift.Collection<CheckTerm>) -> String {
    parts.map { part in
      if case .string(let text) = part.kind { Self.part(text) } else { "[" + term(part) + "]" }
    }.joined()
  }

  /// ".name", or `["name"]` where a name cannot be written.
  static func part(_ text: String) -> String { isName(text) ? "." + text : "[" + Term.quoted(text) + "]" }

  private static func isName(_ text: String) -> Bool {
    guard !Keywords.isReserved(text, in: .v1), let first = text.utf8.first, first == 0x5F || isLetter(first) else { return false }
    return text.utf8.allSatisfy { $0 == 0x5F || isLetter($0) || ($0 >= 0x30 && $0 <= 0x39) }
  }

  private static func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A }

  private func list(_ terms: some Sequence<CheckTerm>) -> String { terms.map { term($0) }.joined(separator: ", ") }

  func call(_ terms: [CheckTerm]) -> String { term(terms[0]) + "(" + list(terms.dropFirst()) + ")" }

  private func comprehension(_ comprehension: CheckComprehension) -> String {
    let head = (comprehension.key.map { term($0) + ": " } ?? "") + term(comprehension.term)
    let text = head + " | " + comprehension.body.expressions.map { expression($0) }.joined(separator: "; ")
    return comprehension.shape == .array ? "[" + text + "]" : "{" + text + "}"
  }

  private static let infix = [
    "eq": "=", "assign": ":=", "equal": "==", "neq": "!=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">=", "plus": "+", "minus": "-",
    "mul": "*", "div": "/", "rem": "%", "and": "&", "or": "|",
  ]

  private func expression(_ expression: CheckExpression) -> String {
    let text =
      switch expression.kind {
      case .term(let term): self.term(term)
      case .call(let terms):
        if terms.count == 3, let sign = Self.infix[term(terms[0])] {
          "\(term(terms[1])) \(sign) \(term(terms[2]))"
        } else {
          call(terms)
        }
      case .some(let terms): "some " + list(terms)
      case .someIn(let key, let value, let collection):
        "some " + (key.map { term($0) + ", " } ?? "") + term(value) + " in " + term(collection)
      case .every(let every): "every \(term(every.value)) in \(term(every.domain)) { ... }"
      case .logical: "{ ... }"
      }
    let modifiers = expression.with.map { " with \(term($0.target)) as \(term($0.value))" }.joined()
    return (expression.isNegated ? "not " : "") + text + modifiers
  }
}
