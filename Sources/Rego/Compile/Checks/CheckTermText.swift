/// Terms as OPA prints them, whatever the names of variables and the form of bodies.
struct CheckTermText {
  let variable: (Int) -> String
  let body: (CheckBody) -> String

  func term(_ term: CheckTerm) -> String {
    switch term.kind {
    case .null: "null"
    case .boolean(let value): value ? "true" : "false"
    case .number(let text): text
    case .string(let text): Term.quoted(text)
    case .variable(let number): variable(number)
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
      if case .string(let text) = part.kind { CheckText.part(text) } else { "[" + term(part) + "]" }
    }.joined()
  }

  func list(_ terms: some Swift.Collection<CheckTerm>) -> String { terms.map { term($0) }.joined(separator: ", ") }

  func call(_ terms: [CheckTerm]) -> String { term(terms[0]) + "(" + list(terms.dropFirst()) + ")" }

  private func comprehension(_ comprehension: CheckComprehension) -> String {
    let head = (comprehension.key.map { term($0) + ": " } ?? "") + term(comprehension.term)
    let text = head + " | " + body(comprehension.body)
    return comprehension.shape == .array ? "[" + text + "]" : "{" + text + "}"
  }
}
