/// Syntax that no source text belongs to, as text that reads as the same syntax.
enum SyntaxText {
  static func module(_ module: Module) -> String {
    let package = module.package.dropFirst().enumerated().map { index, part in
      guard case .string(let name) = part.node else { return "" }
      if index == 0 { return name }
      return TermSpelling.isName(name) ? "." + name : "[\(TermSpelling.quoted(name))]"
    }.joined()
    return (["package \(package)"] + module.rules.map { rule($0) }).joined(separator: "\n\n") + "\n"
  }

  static func rule(_ rule: Rule) -> String {
    let head = rule.head
    var text = rule.isDefault ? "default " : ""
    text += reference(head.reference)
    if let arguments = head.arguments { text += "(\(list(arguments)))" }
    if let key = head.key { text += " contains \(term(key))" }
    if let value = head.value { text += " := \(term(value))" }
    if !rule.body.isEmpty { text += " if {\n\(body(rule.body))\n}" }
    for branch in rule.elses {
      text += " else"
      if let value = branch.value { text += " := \(term(value))" }
      if !branch.body.isEmpty { text += " if {\n\(body(branch.body))\n}" }
    }
    return text
  }

  static func body(_ body: Body) -> String { body.map { expression($0) }.joined(separator: "\n") }

  private static func inline(_ body: Body) -> String { body.map { expression($0) }.joined(separator: "; ") }

  static func expression(_ expression: Expression) -> String {
    let text: String
    switch expression.kind {
    case .term(let term): text = operation(term) ?? self.term(term)
    case .someVariables(let terms): text = "some \(list(terms))"
    case .someIn(let key, let value, let collection):
      text = "some \(key.map { term($0) + ", " } ?? "")\(term(value)) in \(term(collection))"
    case .every(let key, let value, let domain, let body):
      text = "every \(key.map { term($0) + ", " } ?? "")\(term(value)) in \(term(domain)) {\n\(self.body(body))\n}"
    case .notBody(let body): text = "not {\n\(self.body(body))\n}"
    case .and(let bodies): text = bodies.map { "{\n\(self.body($0))\n}" }.joined(separator: " and ")
    case .or(let bodies): text = bodies.map { "{\n\(self.body($0))\n}" }.joined(separator: " or ")
    }
    let changes = expression.with.map { " with \(term($0.target)) as \(term($0.value))" }.joined()
    return (expression.isNegated ? "not " : "") + text + changes
  }

  private static let signs = [
    "eq": "=", "assign": ":=", "equal": "==", "neq": "!=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">=", "plus": "+", "minus": "-",
    "mul": "*", "div": "/", "rem": "%", "and": "&", "or": "|",
  ]

  /// A call of an operator with two operands, or with its result behind them; nil for other terms.
  private static func operation(_ term: Term) -> String? {
    guard case .call(_, let operands) = term.node, let name = term.infixName else { return nil }
    if let sign = signs[name] {
      if operands.count == 2 { return "\(self.term(operands[0])) \(sign) \(self.term(operands[1]))" }
      if operands.count == 3 { return "\(self.term(operands[2])) = \(self.term(operands[0])) \(sign) \(self.term(operands[1]))" }
    }
    if name == "internal.member_2", operands.count == 2 { return "\(self.term(operands[0])) in \(self.term(operands[1]))" }
    return nil
  }

  static func term(_ term: Term) -> String {
    switch term.node {
    case .null, .boolean, .number, .string, .variable: TermSpelling.text(term)
    case .reference(let path): reference(path)
    case .call(let function, let operands):
      signs[term.infixName ?? ""] != nil && operands.count == 2 ? "(\(operation(term) ?? ""))" : "\(self.term(function))(\(list(operands)))"
    case .array(let terms): "[\(list(terms))]"
    case .set(let terms): terms.isEmpty ? "set()" : "{\(list(terms))}"
    case .object(let items): "{\(items.map { "\(self.term($0.key)): \(self.term($0.value))" }.joined(separator: ", "))}"
    case .arrayComprehension(let value, let body): "[\(self.term(value)) | \(inline(body))]"
    case .setComprehension(let value, let body): "{\(self.term(value)) | \(inline(body))}"
    case .objectComprehension(let key, let value, let body): "{\(self.term(key)): \(self.term(value)) | \(inline(body))}"
    case .template(let parts): "$\"\(parts.map { part($0) }.joined())\""
    }
  }

  private static func part(_ part: Term.TemplatePart) -> String {
    switch part {
    case .text(let text): TermSpelling.templateText(text, isRaw: false)
    case .expression(let expression): "{\(self.expression(expression))}"
    }
  }

  private static func list(_ terms: [Term]) -> String { terms.map { term($0) }.joined(separator: ", ") }

  private static func reference(_ path: [Term]) -> String {
    guard let head = path.first else { return "" }
    var result = term(head)
    for part in path.dropFirst() {
      if case .string(let name) = part.node, TermSpelling.isName(name) { result += ".\(name)" } else { result += "[\(term(part))]" }
    }
    return result
  }
}

extension PartialResult {
  /// Each query in lines of Rego.
  public var queryTexts: [String] { queries.map { SyntaxText.body($0) } }

  /// Each kept module, formatted; as it is where the formatter cannot read it.
  public var supportTexts: [String] {
    support.map { module in
      let text = SyntaxText.module(module)
      guard let formatted = try? Formatter.format(Array(text.utf8), file: "") else { return text }
      return String(decoding: formatted, as: UTF8.self)
    }
  }

  /// `{"queries": [...], "support": [...]}` as `opa eval --partial` prints; what is empty is left out.
  public var json: [UInt8] {
    var encoder = TreeEncoder(file: "", source: [], hasLocations: false)
    var parts: [[UInt8]] = []
    if !queries.isEmpty {
      encoder.list(queries) { $0.body($1) }
      parts.append(Array("\"queries\":".utf8) + encoder.bytes)
    }
    if !support.isEmpty {
      let modules = support.map { ModuleJSON.encode($0, options: ModuleJSON.Options(hasComments: false, indent: nil)) }
      parts.append(Array("\"support\":[".utf8) + modules.joined(separator: Array(",".utf8)) + Array("]".utf8))
    }
    return Array("{".utf8) + parts.joined(separator: Array(",".utf8)) + Array("}".utf8)
  }
}
