extension Parser {
  /// Reads a template string, the token being its first part; the last token is its last part.
  mutating func parseTemplate(raw: Bool) -> Term? {
    let start = state.location
    var parts: [Term.TemplatePart] = []
    while true {
      guard state.token != .illegal, state.token != .endOfFile else {
        error("expected template-string part", at: state.location)
        return nil
      }
      guard let text = templateText(raw: raw, isFirst: state.location.offset == start.offset) else {
        error("illegal template-string part: \(tokenText)", at: state.location)
        return nil
      }
      if !text.isEmpty { parts.append(.text(text)) }
      if state.token == .templateEnd || state.token == .rawTemplateEnd { break }
      scan()
      guard let expression = parseLiteral() else {
        error("invalid template-string expression", at: state.location)
        return nil
      }
      if let refusal = Self.refusal(of: expression) {
        error("unexpected \(refusal) in template-string expression", at: expression.location)
        return nil
      }
      parts.append(.expression(expression))
      guard state.token == .rightBrace else {
        error("expected } to end template string expression", at: state.location)
        return nil
      }
      scanTemplate(raw: raw)
    }
    return Term(.template(parts), extent(start, to: state.location.end))
  }

  /// The text of a part; nil for a wrong escape. The first part opens with `$"`, a later one with what follows `}`.
  private func templateText(raw: Bool, isFirst: Bool) -> String? {
    let inner = lexer.text(state.location.offset, state.location.end).dropFirst(isFirst ? 2 : 0).dropLast()
    guard inner.contains(UInt8(ascii: "\\")) else { return String(decoding: inner, as: UTF8.self) }
    guard raw else { return StringLiteral.decode(inner, template: true) }
    var result: [UInt8] = []
    for byte in inner {
      if byte == UInt8(ascii: "{"), result.last == UInt8(ascii: "\\") { result.removeLast() }
      result.append(byte)
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// What a template may not hold.
  private static func refusal(of expression: Expression) -> String? {
    if expression.isNegated { return "negation ('not')" }
    switch expression.kind {
    case .term(let term):
      switch term.infixName {
      case "eq": return "unification ('=')"
      case "assign": return "assignment (':=')"
      default: return nil
      }
    case .every: return "'every'"
    case .someVariables, .someIn: return "'some'"
    case .notBody: return "negation ('not')"
    case .and, .or: return nil
    }
  }
}

extension Term {
  /// Name of the function of a call with a plain name ("eq", "plus", "count"); nil for other terms.
  var infixName: String? {
    guard case .call(let function, _) = node else { return nil }
    switch function.node {
    case .variable(let name): return name
    case .reference(let path):
      guard path.count == 1, case .variable(let name) = path[0].node else { return nil }
      return name
    default: return nil
    }
  }
}
