extension Parser {
  /// Reads a body up to `end`, which is the last token.
  mutating func parseBody(until end: TokenKind) -> Body? {
    guard enter() else { return nil }
    defer { leave() }
    return parseQuery(statements: false, end: end)
  }

  /// Reads expressions divided by `;` or line ends. Of `statements` only what `;` joins belongs together.
  mutating func parseQuery(statements: Bool, end: TokenKind) -> Body? {
    guard state.token != end else {
      error("found empty body", at: state.location)
      return nil
    }
    var body: Body = []
    while true {
      guard let expression = parseLiteral() else { return nil }
      body.append(expression)
      if state.token == .semicolon {
        scan()
        continue
      }
      if state.token == end || statements { return body }
      guard state.skippedNewline else {
        if state.errors.isEmpty { unexpected("expected \\n or ; or \(end.name)") }
        return nil
      }
    }
  }

  /// Reads one expression of a body.
  mutating func parseLiteral() -> Expression? {
    let start = state.location
    guard var expression = parseUnplacedLiteral() else { return nil }
    expression.location = extent(start)
    return expression
  }

  private mutating func parseUnplacedLiteral() -> Expression? {
    if logicalKeywordsAreActive {
      switch parseLeadingOperand() {
      case .read(let expression): return expression
      case .failed: return nil
      case .notOne: break
      }
    }
    if takeKeywordAsName() { return parsePlain(negation: nil) }
    var negation: Location?
    if isNegation {
      negation = state.location
      scan()
    }
    if let negation, negatesBodies, state.token == .leftBrace {
      guard let operand = parseNegatedBody(negation) else { return nil }
      return parseLogicalTail(operand)
    }
    switch state.token {
    case .some:
      guard negation == nil else {
        unexpected("illegal negation of 'some'")
        return nil
      }
      return parseSome()
    case .every:
      guard negation == nil else {
        unexpected("illegal negation of 'every'")
        return nil
      }
      return parseEvery()
    default: return parsePlain(negation: negation)
    }
  }

  /// `not` as the operator, not as a name (`not.x`).
  var isNegation: Bool {
    mutating get {
      guard state.token == .not else { return false }
      let next = peekTouching()
      return next != .dot && next != .leftBracket
    }
  }

  /// Reads a term or infix expression with its `with` and, where they are keywords, what `and` and `or` add.
  private mutating func parsePlain(negation: Location?) -> Expression? {
    let start = state.location
    let before = save()
    if let negation, negatesBodies, state.token == .leftParenthesis {
      switch parseGroup(isOperand: true, prefix: "not ") {
      case .read(let group):
        let operand = Operand(negating: group.body, isExplicit: group.isExplicit, at: extent(negation))
        return parseLogicalTail(operand)
      case .failed: return nil
      case .notOne: break
      }
    }
    guard var expression = parseComparison() else { return nil }
    expression.location = extent(start)
    var modifier: Location?
    if state.token == .with {
      modifier = state.location
      guard let with = parseWith() else { return nil }
      expression.with = with
    }
    if case .term(let term) = expression.kind, case .variable("every") = term.node {
      let after = save()
      restore(before)
      hintMissingImport("every", of: "every x in xs { ... }") { $0.parseEvery() != nil }
      let hints = state.hints
      restore(after)
      state.hints = hints
    }
    if let negation {
      if negatesBodies {
        let with = expression.with
        expression.with = []
        var outer = Operand(negating: [expression], isExplicit: false, at: extent(negation)).expression
        outer.with = with
        expression = outer
      } else {
        expression.isNegated = true
      }
    }
    guard state.token == .logicalAnd || state.token == .logicalOr else { return expression }
    return parseTail(of: expression, isNegated: negation != nil, start: start, modifier: modifier)
  }

  /// Reads `a`, `a = b` or `a := b`.
  mutating func parseComparison() -> Expression? {
    let start = state.location
    guard let left = parseInfix() else { return nil }
    guard state.token == .assign || state.token == .unify else { return Expression(.term(left), location: start) }
    let function = Self.function(state.token.name, state.location)
    scan()
    guard let right = parseInfix() else { return nil }
    return Expression(.term(call(function, [left, right], from: start)), location: start)
  }

  /// Reads `with target as value` as often as it stands there.
  mutating func parseWith() -> [With]? {
    var list: [With] = []
    repeat {
      let start = state.location
      scan()
      guard state.token == .identifier else {
        unexpected("expected ident")
        return nil
      }
      guard let target = parseTerm() else { return nil }
      switch target.node {
      case .reference, .variable: break
      default: unexpected("expected with target path")
      }
      guard state.token == .as else {
        unexpected("expected as keyword")
        return nil
      }
      scan()
      guard let value = parseInfix() else { return nil }
      list.append(With(target: target, value: value, location: extent(start)))
    } while state.token == .with
    return list
  }

  /// Reads `some x, y` or `some k, v in xs`.
  private mutating func parseSome() -> Expression? {
    let start = state.location
    let saved = save()
    scan()
    if let term = parseInfix(), case .call(let function, let operands) = term.node {
      guard let member = Self.membershipArity(function) else {
        unexpected("expected `x in xs` or `x, y in xs` expression")
        return nil
      }
      guard operands.count == member else {
        unexpected("illegal domain")
        return nil
      }
      let key = member == 3 ? operands[0] : nil
      var expression = Expression(
        .someIn(key: key, value: operands[member - 2], collection: operands[member - 1]), location: start)
      if state.token == .with {
        guard let with = parseWith() else { return nil }
        expression.with = with
      }
      return expression
    }
    restore(saved)
    hintMissingImport("in", of: "some x in xs") { parser in
      parser.scan()
      guard let term = parser.parseInfix(), case .call(let function, _) = term.node else { return false }
      return Self.membershipArity(function) != nil
    }
    var names: [Term] = []
    repeat {
      scan()
      guard state.token == .identifier else {
        unexpected("expected var")
        return nil
      }
      names.append(parseVariable())
      scan()
    } while state.token == .comma
    return Expression(.someVariables(names), location: start)
  }

  /// 2 for `x in xs`, 3 for `k, x in xs`.
  private static func membershipArity(_ function: Term) -> Int? {
    guard case .reference(let path) = function.node, path.count == 2, case .variable("internal") = path[0].node,
      case .string(let name) = path[1].node
    else { return nil }
    switch name {
    case "member_2": return 2
    case "member_3": return 3
    default: return nil
    }
  }

  /// Reads `every k, v in xs { ... }`.
  private mutating func parseEvery() -> Expression? {
    let start = state.location
    scan()
    guard let term = parseInfix() else { return nil }
    guard case .call(let function, let operands) = term.node, let member = Self.membershipArity(function) else {
      unexpected("expected `x[, y] in xs { ... }` expression")
      return nil
    }
    guard operands.count == member else {
      unexpected("illegal domain")
      return nil
    }
    let key = member == 3 ? operands[0] : nil
    let value = operands[member - 2]
    if let key, !key.isVariable {
      unexpected("expected key to be a variable")
      return nil
    }
    guard value.isVariable else {
      unexpected("expected value to be a variable")
      return nil
    }
    guard state.token == .leftBrace else {
      unexpected("missing body")
      return nil
    }
    scan()
    guard let body = parseBody(until: .rightBrace) else { return nil }
    scan()
    var expression = Expression(.every(key: key, value: value, domain: operands[member - 1], body: body), location: start)
    if state.token == .with {
      guard let with = parseWith() else { return nil }
      expression.with = with
    }
    return expression
  }

  /// In the old edition a keyword is a plain name until it is imported: where the text would be right with it, says so in the error.
  private mutating func hintMissingImport(_ keyword: String, of form: String, _ attempt: (inout Parser) -> Bool) {
    guard options.version == .v0, lexer.keywords.isDisjoint(with: .in) else { return }
    var other = self
    other.memo = [:]
    other.lexer.keywords.formUnion(.v1)
    other.restore(other.save())
    if attempt(&other) { hint("`import future.keywords.\(keyword)` for `\(form)` expressions") }
    // The error that follows is given on the large stack, with the hint that there was no room to find.
    if other.needsDeepStack { needsDeepStack = true }
  }
}

extension Term {
  var isVariable: Bool {
    if case .variable = node { true } else { false }
  }
}
