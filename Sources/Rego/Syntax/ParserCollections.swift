extension Parser {
  // A leading comma is tolerated in `[, x]` and `{, x}`, as OPA does for old policies; such a list is never a comprehension.
  // `[a | b]` and `{a | b}` are comprehensions wherever they can be: only where that fails is `|` the union of two sets.

  /// Reads `[...]`, the token being `[`; the last token is `]`.
  mutating func parseArray() -> Term? {
    let start = state.location
    scan()
    if state.token == .rightBracket { return Term(.array([]), extent(start, to: state.location.end)) }
    let mayBeComprehension = takeLeadingComma()
    let saved = save()
    guard let head = parseTerm() else { return nil }
    switch state.token {
    case .rightBracket: return Term(.array([head]), extent(start, to: state.location.end))
    case .comma:
      scan()
      return parseList(until: .rightBracket, after: [head]).map { Term(.array($0), extent(start, to: state.location.end)) }
    case .or where mayBeComprehension:
      scan()
      if let body = parseBody(until: .rightBracket) {
        return Term(.arrayComprehension(head, body), extent(start, to: state.location.end))
      }
      guard state.token == .comma else { return nil }
    default: break
    }
    restore(saved)
    return parseList(until: .rightBracket, after: []).map { Term(.array($0), extent(start, to: state.location.end)) }
  }

  /// Reads an object, a set or a comprehension of one, the token being `{`; the last token is `}`.
  mutating func parseBraces() -> Term? {
    let start = state.location
    scan()
    if state.token == .rightBrace { return Term(.object([]), extent(start, to: state.location.end)) }
    let mayBeComprehension = takeLeadingComma()
    let saved = save()
    guard let head = parseTerm() else { return nil }
    switch state.token {
    case .or where mayBeComprehension: return parseSet(head, saved, start, mayBeComprehension: true)
    case .rightBrace, .comma: return parseSet(head, saved, start, mayBeComprehension: mayBeComprehension)
    case .colon: return parseObject(head, start, mayBeComprehension: mayBeComprehension)
    default: break
    }
    restore(saved)
    guard let infix = parseInfix(pairs: false) else { return nil }
    switch state.token {
    case .rightBrace, .comma: return parseSet(infix, saved, start, mayBeComprehension: false)
    case .colon: return parseObject(infix, start, mayBeComprehension: mayBeComprehension)
    default:
      unexpected("non-terminated set")
      return nil
    }
  }

  /// False where a leading comma was passed over.
  private mutating func takeLeadingComma() -> Bool {
    guard state.token == .comma else { return true }
    scan()
    return false
  }

  private mutating func parseSet(_ head: Term, _ saved: State, _ start: Location, mayBeComprehension: Bool) -> Term? {
    switch state.token {
    case .rightBrace: return Term(.set([head]), extent(start, to: state.location.end))
    case .comma:
      scan()
      return parseList(until: .rightBrace, after: [head]).map { Term(.set($0), extent(start, to: state.location.end)) }
    case .or:
      if mayBeComprehension {
        scan()
        if let body = parseBody(until: .rightBrace) {
          return Term(.setComprehension(head, body), extent(start, to: state.location.end))
        }
        guard state.token == .comma else { return nil }
      }
      restore(saved)
      return parseList(until: .rightBrace, after: []).map { Term(.set($0), extent(start, to: state.location.end)) }
    default: return nil
    }
  }

  /// Goes on behind the first key, the token being `:`.
  private mutating func parseObject(_ key: Term, _ start: Location, mayBeComprehension: Bool) -> Term? {
    scan()
    let saved = save()
    guard let value = parseTerm() else { return nil }
    var mayBeInfix = true
    if mayBeComprehension, state.token == .rightBrace || state.token == .comma || state.token == .or {
      mayBeInfix = state.token == .or
      if let term = finishObject(key, value, start, mayBeComprehension: true) { return term }
    }
    restore(saved)
    if mayBeInfix {
      guard let infix = parseInfix(pairs: false) else { return nil }
      if state.token == .rightBrace || state.token == .comma {
        return finishObject(key, infix, start, mayBeComprehension: false)
      }
    }
    unexpected("non-terminated object")
    return nil
  }

  private mutating func finishObject(_ key: Term, _ value: Term, _ start: Location, mayBeComprehension: Bool) -> Term? {
    let first = Term.ObjectItem(key: key, value: value)
    switch state.token {
    case .rightBrace: return Term(.object([first]), extent(start, to: state.location.end))
    case .or where mayBeComprehension:
      scan()
      return parseBody(until: .rightBrace).map {
        Term(.objectComprehension(key: key, value: value, $0), extent(start, to: state.location.end))
      }
    case .or:
      unexpected("non-terminated object")
      return nil
    case .comma:
      scan()
      return parseItems(after: [first]).map { Term(.object($0), extent(start, to: state.location.end)) }
    default: return nil
    }
  }

  /// Reads terms divided by commas; a comma may stand behind the last. The last token is `end`.
  mutating func parseList(until end: TokenKind, after first: [Term]) -> [Term]? {
    var terms = first
    if state.token == end { return terms }
    while true {
      guard let term = parseInfix(pairs: false) else { return nil }
      terms.append(term)
      if state.token == end { return terms }
      guard state.token == .comma else {
        unexpected("expected \",\" or \"\(end.name)\"")
        return nil
      }
      scan()
      if state.token == end { return terms }
    }
  }

  private mutating func parseItems(after first: [Term.ObjectItem]) -> [Term.ObjectItem]? {
    var items = first
    if state.token == .rightBrace { return items }
    while true {
      guard let key = parseInfix(pairs: false) else { return nil }
      guard state.token == .colon else {
        unexpected("expected \":\"")
        return nil
      }
      scan()
      guard let value = parseInfix(pairs: false) else { return nil }
      items.append(Term.ObjectItem(key: key, value: value))
      if state.token == .rightBrace { return items }
      guard state.token == .comma else {
        unexpected("expected \",\" or \"}\"")
        return nil
      }
      scan()
      if state.token == .rightBrace { return items }
    }
  }
}
