// `and`, `or` and `not { ... }`, which an experimental import switches on. `not` binds tightest, then `and`, then `or`; a `with`
// behind them applies to the whole. An operand is an expression, a body in braces, or a group in parentheses.

extension Parser {
  /// One side of `and` or `or`.
  struct Operand {
    var body: Body
    /// Written in braces: its variables are its own.
    var isExplicit: Bool
    var location: Location

    init(body: Body, isExplicit: Bool, location: Location) {
      self.body = body
      self.isExplicit = isExplicit
      self.location = location
    }

    init(_ expression: Expression) { self.init(body: [expression], isExplicit: false, location: expression.location) }

    init(negating body: Body, isExplicit: Bool, at location: Location) {
      var expression = Expression(.notBody(body), location: location)
      expression.explicitBodies = [isExplicit]
      self.init(expression)
    }

    /// The only expression of an operand without braces.
    var expression: Expression { body[0] }
  }

  enum Attempt<Result> {
    case read(Result)
    /// Wrong, with the error noted.
    case failed
    /// Something else stands here; nothing was read.
    case notOne
  }

  var logicalKeywordsAreActive: Bool { !lexer.keywords.isDisjoint(with: [.and, .or]) }

  private var isAtLogicalOperator: Bool { state.token == .logicalAnd || state.token == .logicalOr }

  /// Reads an expression that begins with an operand in braces or parentheses.
  mutating func parseLeadingOperand() -> Attempt<Expression> {
    if state.token == .leftBrace {
      let saved = save()
      let start = state.location
      scan()
      if let body = parseBody(until: .rightBrace) {
        scan()
        if isAtLogicalOperator {
          // Only now are the braces known to be an operand rather than an object or set.
          guard !isAmbiguousUnion(body) else {
            reportAmbiguousUnion(body, start, prefix: "")
            return .failed
          }
          return parseLogicalTail(Operand(body: body, isExplicit: true, location: extent(start))).map { .read($0) } ?? .failed
        }
      }
      restore(saved)
    }
    guard state.token == .leftParenthesis else { return .notOne }
    switch parseGroup(isOperand: false, prefix: "") {
    case .read(let operand): return parseLogicalTail(operand).map { .read($0) } ?? .failed
    case .failed: return .failed
    case .notOne: return .notOne
    }
  }

  /// Goes on behind an operand: further operators, if any, and `with`.
  mutating func parseLogicalTail(_ first: Operand) -> Expression? {
    var expression = first.expression
    if isAtLogicalOperator {
      guard let chain = parseChain(first) else { return nil }
      expression = chain
    }
    guard state.token == .with else { return expression }
    guard let with = parseWith() else { return nil }
    expression.with = with
    return expression
  }

  /// Goes on behind a plain expression, the token being `and` or `or`.
  mutating func parseTail(of expression: Expression, isNegated: Bool, start: Location, modifier: Location?) -> Expression? {
    let name = state.token.name
    if let modifier {
      reportModifier(modifier, operatorName: name)
      return nil
    }
    if !isNegated, lexer.source[Int(start.offset)] == UInt8(ascii: "{") {
      if case .term(let term) = expression.kind, case .object(let items) = term.node, items.isEmpty {
        error("found empty body", at: start)
      } else {
        reportBraces(start, operatorName: name)
      }
      return nil
    }
    return parseLogicalTail(Operand(expression))
  }

  /// Reads `{ ... }` behind `not`.
  mutating func parseNegatedBody(_ negation: Location) -> Operand? {
    let start = state.location
    let saved = save()
    scan()
    let isEmpty = state.token == .rightBrace
    guard let body = parseBody(until: .rightBrace) else {
      if !isEmpty { explainBraces(start, saved) { parser, term, text in parser.reportValue(term, text, start, prefix: "not ") } }
      return nil
    }
    scan()
    guard !isAmbiguousUnion(body) else {
      reportAmbiguousUnion(body, start, prefix: "not ")
      return nil
    }
    return Operand(negating: body, isExplicit: true, at: extent(negation))
  }

  // MARK: Chains

  private mutating func parseChain(_ first: Operand) -> Expression? {
    guard enter() else { return nil }
    defer { leave() }
    guard var left = parseConjunction(first) else { return nil }
    var operands: [Operand] = []
    while state.token == .logicalOr {
      scan()
      guard let operand = parseOperand("or"), let right = parseConjunction(operand) else { return nil }
      if operands.isEmpty { operands.append(left) }
      checkCalls(operands.count == 1 ? [left, right] : [right], operatorName: "or")
      operands.append(right)
    }
    if operands.count > 1 {
      left = Operand(Self.combined(operands, at: extent(first.location)) { .or($0) })
    }
    return left.expression
  }

  private mutating func parseConjunction(_ first: Operand) -> Operand? {
    guard state.token == .logicalAnd else { return first }
    var operands = [first]
    while state.token == .logicalAnd {
      scan()
      guard let right = parseOperand("and") else { return nil }
      checkCalls(operands.count == 1 ? [first, right] : [right], operatorName: "and")
      operands.append(right)
    }
    return Operand(Self.combined(operands, at: extent(first.location)) { .and($0) })
  }

  private static func combined(_ operands: [Operand], at location: Location, _ kind: ([Body]) -> Expression.Kind) -> Expression {
    var expression = Expression(kind(operands.map(\.body)), location: location)
    expression.explicitBodies = operands.map(\.isExplicit)
    return expression
  }

  /// Reads an operand. Without a name of the operator the caller is only trying, and mistakes need no explanation.
  private mutating func parseOperand(_ operatorName: String?) -> Operand? {
    let start = state.location
    if state.token == .leftBrace {
      let saved = save()
      scan()
      let isEmpty = state.token == .rightBrace
      guard let body = parseBody(until: .rightBrace) else {
        if !isEmpty, let operatorName {
          explainBraces(start, saved) { parser, _, _ in parser.reportBraces(start, operatorName: operatorName) }
        }
        return nil
      }
      scan()
      if isAmbiguousUnion(body) { reportAmbiguousUnion(body, start, prefix: "") }
      return Operand(body: body, isExplicit: true, location: extent(start))
    }
    let isNegated = isNegation
    if isNegated { scan() }
    if isNegated, negatesBodies, state.token == .leftBrace { return parseNegatedBody(start) }
    if state.token == .leftParenthesis, logicalKeywordsAreActive, !isNegated || negatesBodies {
      switch parseGroup(isOperand: true, prefix: isNegated ? "not " : "") {
      case .read(let group):
        return isNegated ? Operand(negating: group.body, isExplicit: group.isExplicit, at: extent(start)) : group
      case .failed: return nil
      case .notOne: break
      }
    }
    let inner = state.location
    guard var expression = parseComparison() else { return nil }
    expression.location = extent(inner)
    if isNegated {
      if negatesBodies { return Operand(negating: [expression], isExplicit: false, at: extent(start)) }
      expression.isNegated = true
    }
    return Operand(expression)
  }

  // MARK: Groups

  /// Reads operands in parentheses, the token being `(`. Parentheses around a plain term are left to the term.
  mutating func parseGroup(isOperand: Bool, prefix: String) -> Attempt<Operand> {
    guard enter() else { return .failed }
    defer { leave() }
    let saved = save()
    let start = state.location
    scan()
    if state.token == .rightParenthesis {
      if isOperand {
        error("empty parenthesized group", at: start)
        return .failed
      }
      restore(saved)
      return .notOne
    }
    guard var operand = parseOperand(nil) else {
      restore(saved)
      return .notOne
    }
    if isAtLogicalOperator || (state.token == .with && !operand.isExplicit && operand.body.count == 1) {
      return parseGroupTail(&operand, saved, start, isOperand: isOperand)
    }
    if operand.isExplicit {
      // Parentheses do not hold a body: `({a})` is the set.
      let braces = lexer.text(operand.location.offset, operand.location.end)
      restore(saved)
      scan()
      let term = parseTerm()
      restore(saved)
      guard term == nil else { return .notOne }
      hint("drop the parens to keep the body: `\(prefix)\(String(decoding: braces, as: UTF8.self))`")
      error("`(...)` in an operand position cannot contain a body", at: start)
      return .failed
    }
    switch operand.expression.kind {
    case .and, .or, .notBody: break
    default:
      guard operand.expression.isNegated else {
        restore(saved)
        return .notOne
      }
    }
    return closeGroup() ? .read(Operand(body: operand.body, isExplicit: false, location: extent(start))) : .failed
  }

  private mutating func parseGroupTail(_ operand: inout Operand, _ saved: State, _ start: Location, isOperand: Bool) -> Attempt<Operand> {
    if isAtLogicalOperator {
      guard let expression = parseLogicalTail(operand), closeGroup() else { return .failed }
      return .read(Operand(body: [expression], isExplicit: false, location: extent(start)))
    }
    let modifier = state.location
    guard let with = parseWith() else { return .failed }
    operand.body[0].with = with
    if isAtLogicalOperator {
      reportModifier(modifier, operatorName: state.token.name)
      return .failed
    }
    guard closeGroup() else { return .failed }
    if isOperand || isAtLogicalOperator { return .read(Operand(body: operand.body, isExplicit: false, location: extent(start))) }
    restore(saved)
    return .notOne
  }

  private mutating func closeGroup() -> Bool {
    guard state.token == .rightParenthesis else {
      error("expected ) to close parenthesized group", at: state.location)
      return false
    }
    scan()
    return true
  }

  // MARK: Mistakes

  /// The braces of an operand hold no body: reads them as a value and, where that succeeds, says so.
  private mutating func explainBraces(_ start: Location, _ saved: State, _ report: (inout Parser, Term, String) -> Void) {
    let failed = save()
    restore(saved)
    if let term = parseInfix() {
      report(&self, term, String(decoding: lexer.text(start.offset, state.previousEnd), as: UTF8.self))
    } else {
      restore(failed)
    }
  }

  private mutating func reportModifier(_ location: Location, operatorName: String) {
    hint(
      "Wrap the operand in `(...)` or `{...}` to scope, or move `with` after the `\(operatorName)` expression to apply it to the whole"
        + " expression")
    error("`with` modifier is not allowed on operand of `\(operatorName)`", at: location)
  }

  private mutating func reportBraces(_ start: Location, operatorName: String) {
    let text = String(decoding: lexer.text(start.offset, state.previousEnd), as: UTF8.self)
    hint("wrap the operand to keep the value: `(\(text)) \(operatorName) ...`")
    error("operand of `\(operatorName)` cannot begin with `{` unless the braces hold a body", at: start)
  }

  private mutating func reportValue(_ term: Term, _ text: String, _ start: Location, prefix: String) {
    var leading = term
    while case .call(_, let operands) = leading.node, let first = operands.first, first.location.offset == leading.location.offset {
      leading = first
    }
    hint("write `\(prefix)(\(text))` to negate the value, or `\(prefix){\(text)}` for a body holding it")
    error("`{...}` in an operand position must contain expression(s), got: \(leading.kindName)", at: start)
  }

  /// `{a | b; ...}` reads as a body with a union and as a comprehension alike.
  private func isAmbiguousUnion(_ body: Body) -> Bool {
    guard let first = body.first, case .term(let term) = first.kind, case .call(let function, _) = term.node, term.infixName == "or" else {
      return false
    }
    return function.location.end - function.location.offset == 1 && lexer.source[Int(first.location.offset)] != UInt8(ascii: "(")
  }

  private mutating func reportAmbiguousUnion(_ body: Body, _ start: Location, prefix: String) {
    func text(_ from: Int32, _ to: Int32) -> String { String(decoding: lexer.text(from, to), as: UTF8.self) }
    let end = state.previousEnd
    let braces = text(start.offset, end)
    var union = braces
    if let first = body.first?.location, first.offset > start.offset, first.end <= end {
      union = "\(text(start.offset, first.offset))(\(text(first.offset, first.end)))\(text(first.end, end))"
    }
    hint("write `\(prefix)(\(braces))` for the comprehension, or `\(prefix)\(union)` for the set union")
    error("ambiguous `{ ... | ... }` operand: read as a body holding a set-union expression, not as a comprehension", at: start)
  }

  /// An operand that only prints can never fail.
  private mutating func checkCalls(_ operands: [Operand], operatorName: String) {
    for operand in operands {
      let onlyPrints = operand.body.allSatisfy { expression in
        guard !expression.isNegated, case .term(let term) = expression.kind else { return false }
        return term.infixName == "print"
      }
      guard onlyPrints, let first = operand.body.first else { continue }
      hint(
        "`print` produces no value and always succeeds, so the operand can never fail; move it out of the operand, or add an expression"
          + " that can fail")
      error("operand of `\(operatorName)` cannot consist only of calls to `print`", at: first.location)
    }
  }
}
