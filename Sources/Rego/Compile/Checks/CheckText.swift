/// Terms as OPA prints them in messages, with the variables' names of the source.
struct CheckText {
  let variables: VariableTable

  init(_ variables: VariableTable) { self.variables = variables }

  func term(_ term: CheckTerm) -> String { spelling.term(term) }
  func reference(_ path: some Swift.Collection<CheckTerm>) -> String { spelling.reference(path) }
  /// The path behind a head: ".a[x]".
  func path(_ parts: some Swift.Collection<CheckTerm>) -> String { spelling.path(parts) }
  func call(_ terms: [CheckTerm]) -> String { spelling.call(terms) }
  private func list(_ terms: some Swift.Collection<CheckTerm>) -> String { spelling.list(terms) }

  private var spelling: CheckTermText {
    CheckTermText(
      variable: { variables.text($0) }, body: { $0.expressions.map { expression($0) }.joined(separator: "; ") })
  }

  /// ".name", or `["name"]` where a name cannot be written.
  static func part(_ text: String) -> String { isName(text) ? "." + text : "[" + Term.quoted(text) + "]" }

  private static func isName(_ text: String) -> Bool {
    guard !Keywords.isReserved(text, in: .v1), let first = text.utf8.first, first == 0x5F || isLetter(first) else { return false }
    return text.utf8.allSatisfy { $0 == 0x5F || isLetter($0) || ($0 >= 0x30 && $0 <= 0x39) }
  }

  private static func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A }

  private static let infix = [
    "eq": "=", "assign": ":=", "equal": "==", "neq": "!=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">=", "plus": "+", "minus": "-",
    "mul": "*", "div": "/", "rem": "%", "and": "&", "or": "|",
  ]

  func expression(_ expression: CheckExpression) -> String {
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
