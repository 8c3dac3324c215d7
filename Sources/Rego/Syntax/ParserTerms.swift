extension Parser {
  // MARK: Operators

  /// Reads a term with infix operators, `in` the loosest. With `pairs`, `k, v in xs` is one membership test; in a list it is not.
  mutating func parseInfix(pairs: Bool = true) -> Term? {
    let start = state.location
    guard var left = parseOperators(.relation) else { return nil }
    var links = 0
    while true {
      if pairs, state.token == .comma, let call = parseKeyedMembership(left, start) {
        left = call
      } else {
        takeKeywordAsName()
        guard state.token == .in else { break }
        let at = state.location
        scan()
        guard let right = parseOperators(.relation) else { break }
        left = call(Self.membership("member_2", at), [left, right], from: left.location)
      }
      links += 1
      guard state.token == .in, withinDepth(links) else { break }
    }
    return left
  }

  private mutating func parseKeyedMembership(_ key: Term, _ start: Location) -> Term? {
    let saved = save()
    scan()
    if let value = parseOperators(.relation), state.token == .in {
      let at = state.location
      scan()
      if let collection = parseOperators(.relation) {
        return call(Self.membership("member_3", at), [key, value, collection], from: key.location)
      }
    }
    restore(saved)
    return nil
  }

  private static func membership(_ name: String, _ location: Location) -> Term {
    Term(.reference([Term(.variable("internal"), location), Term(.string(name), location)]), location)
  }

  /// How tightly operators bind, the loosest first.
  enum Precedence: Int {
    case relation, union, intersection, sum, product

    init?(of token: TokenKind) {
      switch token {
      case .equal, .notEqual, .less, .greater, .lessOrEqual, .greaterOrEqual: self = .relation
      case .or: self = .union
      case .and: self = .intersection
      case .add, .subtract: self = .sum
      case .multiply, .divide, .remainder: self = .product
      default: return nil
      }
    }
  }

  /// Reads a term with the operators that bind at least as tightly as `minimum`; all associate to the left.
  ///
  /// An operator without its right side ends only its own level, so that the error is noted and reading goes on as in OPA.
  mutating func parseOperators(_ minimum: Precedence) -> Term? {
    guard var left = parseTerm() else { return nil }
    var level = Precedence.product.rawValue
    var links = 0
    while level >= minimum.rawValue {
      guard let found = Precedence(of: state.token), found.rawValue == level else {
        level -= 1
        continue
      }
      let at = state.location
      let name = state.token.name
      scan()
      let right = level == Precedence.product.rawValue ? parseTerm() : Precedence(rawValue: level + 1).flatMap { parseOperators($0) }
      guard let right else {
        level -= 1
        continue
      }
      left = call(Self.function(name, at), [left, right], from: left.location)
      links += 1
      guard withinDepth(links) else { return left }
    }
    return left
  }

  /// A chain of operators nests its terms as parentheses would.
  private mutating func withinDepth(_ links: Int) -> Bool {
    guard depth + links > options.maximumDepth else { return true }
    stop("max parsing recursion depth exceeded")
    return false
  }

  static func function(_ name: String, _ location: Location) -> Term {
    Term(.reference([Term(.variable(name), location)]), location)
  }

  func call(_ function: Term, _ operands: [Term], from start: Location) -> Term {
    Term(.call(function, operands), extent(start))
  }

  // MARK: Terms

  /// Reads a term without infix operators and goes past the white space behind it.
  mutating func parseTerm() -> Term? {
    guard enter() else { return nil }
    defer { leave() }
    let offset = state.location.offset
    let token = state.token
    let errors = state.errors
    let hints = state.hints
    if let known = memo[offset], known.token == token {
      restore(known.state)
      state.errors = errors + known.state.errors
      state.hints = hints + known.state.hints
      return known.term
    }
    let term = parseNewTerm()
    var after = save()
    after.errors = Array(after.errors.dropFirst(errors.count))
    after.hints = Array(after.hints.dropFirst(hints.count))
    if memo.count >= Self.memoLimit { memo.removeAll(keepingCapacity: true) }
    memo[offset] = Memo(term: term, token: token, state: after)
    return term
  }

  private mutating func parseNewTerm() -> Term? {
    // `and(x, y)` and `or(x, y)` are the functions behind `&` and `|`.
    if state.token == .logicalAnd || state.token == .logicalOr, peekTouching() == .leftParenthesis { state.token = .identifier }
    let location = state.location
    switch state.token {
    case .null: return finish(Term(.null, location))
    case .true: return finish(Term(.boolean(true), location))
    case .false: return finish(Term(.boolean(false), location))
    case .subtract: return parseMinus()
    case .dot, .number: return parseNumber().flatMap { finish($0) }
    case .string: return parseString().flatMap { finish($0) }
    case .templatePart, .templateEnd: return parseTemplate(raw: false).flatMap { finish($0) }
    case .rawTemplatePart, .rawTemplateEnd: return parseTemplate(raw: true).flatMap { finish($0) }
    case .identifier, .contains: return finish(parseVariable())
    case .leftBracket: return parseArray().flatMap { finish($0) }
    case .leftBrace: return parseBraces().flatMap { finish($0) }
    case .leftParenthesis:
      scan()
      guard var term = parseInfix() else { return nil }
      guard state.token == .rightParenthesis else {
        error("non-terminated expression", at: state.location)
        return nil
      }
      term.groupStart = location.offset
      term.groupEnd = state.location.end
      return finish(term)
    default:
      unexpected()
      return nil
    }
  }

  /// `-1`, or `-x`, which is `0 - x`.
  private mutating func parseMinus() -> Term? {
    let start = state.location
    let saved = save()
    scan()
    guard state.token == .identifier || state.token == .contains else {
      restore(saved)
      return parseNumber().flatMap { finish($0) }
    }
    guard let operand = finish(parseVariable()) else { return nil }
    return call(Self.function("minus", start), [Term(.number("0"), start), operand], from: start)
  }

  mutating func parseVariable() -> Term {
    let text = lexer.text(state.location.offset, state.location.end)
    if text.count == 1, text.first == UInt8(ascii: "_") { return Term(.variable(newWildcard()), state.location) }
    return Term(.variable(String(decoding: text, as: UTF8.self)), state.location)
  }

  mutating func newWildcard() -> String {
    defer { wildcards += 1 }
    return "$\(wildcards)"
  }

  // MARK: References and calls

  /// Reads what touches `head`, the token being its last: `.name`, `[term]`, `(arguments)`.
  private mutating func finish(_ head: Term) -> Term? {
    scanTouching()
    switch state.token {
    case .leftParenthesis, .dot, .leftBracket: return parseReference(head)
    case .whitespace: scan()
    default: break
    }
    return Self.rooted(head)
  }

  /// The same for the name of a rule, which an operator must not follow, and behind which white space may stand.
  mutating func finishHead(_ head: Term) -> Term? {
    scanTouching()
    switch state.token {
    case .add, .subtract, .multiply, .divide, .remainder, .and, .or, .equal, .notEqual, .greater, .greaterOrEqual, .less, .lessOrEqual:
      unexpected()
    case .whitespace: scan()
    default: break
    }
    switch state.token {
    case .leftParenthesis, .dot, .leftBracket: return parseReference(head)
    default: return Self.rooted(head)
    }
  }

  /// `input` and `data` alone are references.
  private static func rooted(_ term: Term) -> Term {
    if case .variable(let name) = term.node, name == "input" || name == "data" { return Term(.reference([term]), term.location) }
    return term
  }

  private mutating func parseReference(_ first: Term) -> Term? {
    let start = first.location
    checkReferenceHead(first)
    var path = [first]
    var links = 0
    while true {
      switch state.token {
      case .dot:
        scanTouching()
        guard state.token == .identifier || state.token.isKeyword else {
          unexpected("expected identifier")
          return nil
        }
        path.append(Term(.string(tokenText), state.location))
        scanTouching()
      case .leftBracket:
        scan()
        guard let index = parseInfix() else { return nil }
        guard state.token == .rightBracket else {
          unexpected("expected [")
          return nil
        }
        path.append(index)
        scanTouching()
      case .leftParenthesis:
        let operatorTerm = Term(.reference(path), extent(start, to: state.location.offset))
        guard let result = parseCall(operatorTerm) else { return nil }
        if state.token == .dot || state.token == .leftBracket {
          checkReferenceHead(result)
          path = [result]
          links += 1
          guard withinDepth(links) else { return nil }
        } else {
          if state.token == .whitespace { scan() }
          return result
        }
      default:
        let location = extent(start, to: state.token == .whitespace ? state.previousEnd : state.location.offset)
        if state.token == .whitespace { scan() }
        return Term(.reference(path), location)
      }
    }
  }

  private mutating func checkReferenceHead(_ head: Term) {
    switch head.node {
    case .variable, .array, .object, .set, .arrayComprehension, .objectComprehension, .setComprehension, .call: break
    default: error("illegal ref (head cannot be \(head.kindName))", at: head.location)
    }
  }

  /// Reads the arguments, the token being `(`, and goes to what touches `)`.
  private mutating func parseCall(_ function: Term) -> Term? {
    scan()
    var operands: [Term] = []
    let isEmpty = state.token == .rightParenthesis
    if !isEmpty {
      guard let list = parseList(until: .rightParenthesis, after: []) else { return nil }
      operands = list
    }
    let location = extent(function.location, to: state.location.end)
    scanTouching()
    if isEmpty, case .reference(let path) = function.node, path.count == 1, case .variable("set") = path[0].node {
      return Term(.set([]), location)
    }
    return Term(.call(function, operands), location)
  }
}

extension Term {
  /// The kind of value, as messages name it.
  var kindName: String {
    switch node {
    case .null: "null"
    case .boolean: "boolean"
    case .number: "number"
    case .string: "string"
    case .variable: "var"
    case .reference: "ref"
    case .call: "call"
    case .array: "array"
    case .object: "object"
    case .set: "set"
    case .arrayComprehension: "arraycomprehension"
    case .setComprehension: "setcomprehension"
    case .objectComprehension: "objectcomprehension"
    case .template: "templatestring"
    }
  }
}
