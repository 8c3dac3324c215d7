/// Parts of the checked tree as OPA prints them in a trace.
struct TraceText {
  let names: TraceNames
  /// Names that stand for variables: those of the source where they are known, else those of the compiler.
  let renamed: [Int: String]

  private func name(_ variable: Int) -> String {
    let name = renamed[variable] ?? names.compiled(variable)
    return name.hasPrefix("$") ? "_" : name
  }

  func term(_ term: CheckTerm) -> String { spelling.term(term) }
  func reference(_ path: [CheckTerm]) -> String { spelling.reference(path) }
  private func list(_ terms: some Swift.Collection<CheckTerm>) -> String { spelling.list(terms) }
  private func call(_ terms: [CheckTerm]) -> String { spelling.call(terms) }

  private var spelling: CheckTermText { CheckTermText(variable: name, body: body) }

  func body(_ body: CheckBody) -> String { body.expressions.map { expression($0) }.joined(separator: "; ") }

  func expression(_ expression: CheckExpression) -> String {
    let text =
      switch expression.kind {
      case .term(let term): self.term(term)
      case .call(let terms):
        if let sides = expression.call(of: VariableTable.unify), sides.count == 3 {
          "\(term(sides[1])) = \(term(sides[2]))"
        } else {
          call(terms)
        }
      case .some(let terms): "some " + list(terms)
      case .someIn(let key, let value, let collection):
        "some " + (key.map { term($0) + ", " } ?? "") + term(value) + " in " + term(collection)
      case .every(let every): self.every(every)
      case .logical(let bodies): logical(bodies, expression.connective)
      }
    let modifiers = expression.with.map { " with \(term($0.target)) as \(term($0.value))" }.joined()
    return (expression.isNegated ? "not " : "") + text + modifiers
  }

  private func every(_ every: CheckEvery) -> String {
    var key = ""
    if let term = every.key, case .variable(let variable) = term.kind, !name(variable).hasPrefix(VariableTable.generatedPrefix) {
      key = self.term(term) + ", "
    }
    return "every \(key)\(term(every.value)) in \(term(every.domain)) { \(body(every.body)) }"
  }

  private func logical(_ bodies: [CheckBody], _ connective: CheckExpression.Connective) -> String {
    let texts = bodies.map { "{ " + body($0) + " }" }
    return switch connective {
    case .not: "not " + texts.joined()
    case .and: texts.joined(separator: " and ")
    case .or: texts.joined(separator: " or ")
    }
  }
}

extension TraceEvent {
  /// Source names of the variables that are bound or stand in what the event is about.
  var renamed: [Int: String] {
    var result: [Int: String] = [:]
    for local in locals { result[local.variable] = names.written(local.variable) ?? names.compiled(local.variable) }
    forEachVariable { variable, _ in
      if result[variable] == nil, let written = names.written(variable) { result[variable] = written }
    }
    return result
  }

  func forEachVariable(_ visit: (Int, Location) -> Void) {
    func inside(_ term: CheckTerm) -> Bool {
      if case .variable(let variable) = term.kind { visit(variable, term.location) }
      return false
    }
    switch node {
    case .none: break
    case .expression(let expression, _): expression.walkTerms(inside)
    case .body(let body): for expression in body.expressions { expression.walkTerms(inside) }
    case .rule(let rule):
      for term in rule.suffix + rule.headTerms { term.walk(inside) }
      for expression in rule.body.expressions { expression.walkTerms(inside) }
    }
  }

  /// What happened, without its place: "Enter data.authz.allow".
  public var text: String {
    if operation == .note { return "\(operation.rawValue) \(Term.quoted(message))" }
    let text = TraceText(names: names, renamed: renamed)
    var subject: String
    switch node {
    case .rule(let rule): subject = rule.documentText
    case _ where !reference.isEmpty: subject = text.reference(reference)
    case .body(let body): subject = text.body(body)
    case .expression(let expression, _): subject = text.expression(expression)
    case .none: subject = ""
    }
    if !message.isEmpty { subject += " " + message }
    return "\(operation.rawValue) \(subject)"
  }
}

extension CheckRule {
  /// "data.p.q": the constant part of the rule's path.
  var documentText: String {
    let path = (["data"] + package + [name]).enumerated().map { $0 == 0 ? $1 : CheckText.part($1) }.joined()
    return path + CheckText(variables).path(suffix.prefix(groundCount))
  }
}

/// A trace as lines, each with its place and as deep as its query.
public enum TraceLines {
  /// Cells between a place and what happened there.
  private static let gap = 7

  /// - Parameter showsVariables: values of the variables in what a line is about stand behind it.
  public static func lines(_ events: [TraceEvent], showsVariables: Bool = false) -> [String] {
    var depths: [Int: Int] = [:]
    let places = events.map { $0.location.row > 0 ? "\($0.file.isEmpty ? "query" : $0.file):\($0.location.row)" : "" }
    let width = (places.map(\.utf8.count).max() ?? 0) + gap
    let texts = events.map { event in
      let known = depths[event.queryID] ?? 0
      let depth = known > 0 ? known : (depths[event.parentID] ?? 0) + 1
      depths[event.queryID] = depth
      return String(repeating: "| ", count: bars(event, depth)) + event.text
    }
    let variables = showsVariables ? events.map { $0.variablesText } : []
    let textWidth = (texts.map(\.utf8.count).max() ?? 0) + gap
    return texts.indices.map { index in
      let head = padded(places[index], width)
      return showsVariables ? head + padded(texts[index], textWidth) + variables[index] : head + texts[index] + "  "
    }
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.utf8.count))
  }

  private static func bars(_ event: TraceEvent, _ depth: Int) -> Int {
    switch event.operation {
    case .enter: depth - 1
    case .redo: event.isWhole ? depth - 1 : depth
    default: depth
    }
  }
}

extension TraceEvent {
  /// "{x: 1, y: 2}": the bound variables that the event's subject names.
  var variablesText: String {
    var values: [Int: Value] = [:]
    for local in locals { values[local.variable] = local.value }
    var shown: [String: String] = [:]
    let renamed = renamed
    forEachVariable { variable, _ in
      guard let value = values[variable] else { return }
      let name = renamed[variable] ?? names.compiled(variable)
      let text = String(decoding: ValueText.text(value), as: UTF8.self)
      shown[name.hasPrefix("$") ? "_" : name] = text.count > 32 ? text.prefix(32) + "..." : text
    }
    return "{" + shown.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ") + "}"
  }
}
