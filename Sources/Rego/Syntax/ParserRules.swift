/// A rule with what the checks of the v1 edition need to know about how it was written.
struct WrittenRule {
  var rule: Rule
  var usesIf = false
  var usesContains = false
  /// No body was written.
  var hasNoBody = false
  /// Neither value nor element was written.
  var hasNoValue = false
  /// For each `else`: whether `if` stands before its body, and whether it has one.
  var elses: [(usesIf: Bool, hasBody: Bool)] = []
}

extension Parser {
  /// Reads a rule that has a body, uses `contains` or is a default, and the further bodies behind it.
  /// Nil without an error: the statement may still be a rule without a body.
  mutating func parseRules() -> [WrittenRule]? {
    let start = state.location
    takeKeywordAsName()
    var isDefault = false
    if state.token == .default {
      scan()
      isDefault = true
      takeKeywordAsName()
    }
    guard state.token == .identifier, let parsed = parseHead(isDefault: isDefault) else { return nil }
    var head = parsed.head
    let usesContains = parsed.usesContains
    if isDefault { return parsedDefault(head, start) }

    let usesIf = state.token == .if
    let isWithoutValue = head.value == nil
    var isMultiValue = usesContains
    if head.reference.count == 2, !usesContains, !usesIf, head.arguments == nil, head.value == nil {
      // The old form of a partial set: p[x] { ... }
      head.key = head.reference.removeLast()
      isMultiValue = true
    }
    var body: Body = []
    var hasNoBody = false
    if usesIf {
      scan()
      guard let parsed = parseIfBody() else { return nil }
      body = parsed
    } else if state.token == .leftBrace {
      guard let parsed = parseBraceBody() else { return nil }
      body = parsed
    } else if usesContains {
      hasNoBody = true
    } else {
      return nil
    }
    var written = WrittenRule(
      rule: Rule(head: head, body: body, location: hasNoBody ? head.location : start), usesIf: usesIf, usesContains: usesContains,
      hasNoBody: hasNoBody, hasNoValue: isWithoutValue && !isMultiValue)
    if hasNoBody { return [written] }

    if state.token == .else, !takeKeywordAsName() {
      guard canHaveElse(head, usesIf: usesIf, isMultiValue: isMultiValue), parseElses(&written) else { return nil }
    }
    written.rule.location = extent(start)
    return parseFurtherBodies(written)
  }

  private mutating func parsedDefault(_ head: Head, _ start: Location) -> [WrittenRule]? {
    guard checkDefault(head, start) else { return nil }
    return [WrittenRule(rule: Rule(head: head, body: [], isDefault: true, location: start), hasNoBody: false)]
  }

  /// Reads the body behind `if`: one expression, or several in braces.
  private mutating func parseIfBody() -> Body? {
    let saved = save()
    let isBrace = state.token == .leftBrace
    if let expression = parseLiteral() {
      // Braces read as a set are a body: a set literal would always hold.
      guard isBrace, case .term(let term) = expression.kind, case .set = term.node else { return [expression] }
    }
    // As in OPA, whatever stands here is then passed over as if it were the brace, and mistakes behind it are those reported.
    let errors = state.errors
    restore(saved)
    guard let body = parseBraceBody() else { return nil }
    if !isBrace { state.errors = errors }
    return isBrace ? body : nil
  }

  /// Reads `{ ... }` and goes past it.
  private mutating func parseBraceBody() -> Body? {
    scan()
    guard let body = parseBody(until: .rightBrace) else { return nil }
    scan()
    return body
  }

  private mutating func canHaveElse(_ head: Head, usesIf: Bool, isMultiValue: Bool) -> Bool {
    if head.reference.count > 1, head.reference.dropFirst().contains(where: { !$0.isGround }) {
      error("else keyword cannot be used on rules with variables in head", at: state.location)
      return false
    }
    var hasKey = head.reference.count == 2 && head.arguments == nil
    if hasKey, usesIf {
      if case .reference = head.reference[1].node {} else { hasKey = false }
    }
    if isMultiValue || hasKey {
      error("else keyword cannot be used on multi-value rules", at: state.location)
      return false
    }
    return true
  }

  private mutating func parseElses(_ written: inout WrittenRule) -> Bool {
    while state.token == .else {
      let start = state.location
      scan()
      var value: Term?
      let isAssignment = state.token == .assign
      switch state.token {
      case .leftBrace, .if: break
      case .assign, .unify:
        scan()
        guard let term = parseInfix() else { return false }
        value = term
      default:
        unexpected("expected else value term or rule body")
        return false
      }
      let usesIf = state.token == .if
      guard usesIf || state.token == .leftBrace else {
        written.rule.elses.append(Rule.Else(value: value, body: [], isAssignment: isAssignment, location: extent(start)))
        written.elses.append((usesIf: false, hasBody: false))
        return true
      }
      if usesIf { scan() }
      var body: Body
      if state.token == .leftBrace {
        guard let parsed = parseBraceBody() else { return false }
        body = parsed
      } else if state.token != .endOfFile {
        guard let expression = parseLiteral() else { return false }
        body = [expression]
      } else {
        unexpected("rule body expected")
        return false
      }
      written.rule.elses.append(Rule.Else(value: value, body: body, isAssignment: isAssignment, location: extent(start)))
      written.elses.append((usesIf: usesIf, hasBody: true))
    }
    return true
  }

  /// Reads `{ ... } { ... }`: each further body makes a rule with the same head.
  private mutating func parseFurtherBodies(_ first: WrittenRule) -> [WrittenRule]? {
    var rules = [first]
    while state.token == .leftBrace {
      guard first.rule.elses.isEmpty else {
        error("expected else keyword", at: state.location)
        return nil
      }
      let start = state.location
      guard let body = parseBraceBody() else { return nil }
      var next = first
      next.rule.body = body
      next.rule.location = extent(start)
      next.rule.head.location = next.rule.location
      if let arguments = next.rule.head.arguments {
        next.rule.head.arguments = arguments.map { argument in
          guard case .variable(let name) = argument.node, name.hasPrefix("$") else { return argument }
          return Term(.variable(newWildcard()), argument.location)
        }
      }
      rules.append(next)
    }
    return rules
  }

  // MARK: Heads

  private mutating func parseHead(isDefault: Bool) -> (head: Head, usesContains: Bool)? {
    let start = state.location
    guard let term = finishHead(parseVariable()) else {
      unexpected("expected rule head name")
      return nil
    }
    var head: Head
    switch term.node {
    case .variable: head = Head(reference: [term], arguments: nil, key: nil, value: nil, isAssignment: false, location: start)
    case .reference(let path):
      // `f(x).y` names no rule.
      guard path[0].isVariable else { return nil }
      head = Head(reference: path, arguments: nil, key: nil, value: nil, isAssignment: false, location: start)
    case .call(let function, let arguments):
      guard case .reference(let path) = function.node, path.first?.isVariable == true else {
        unexpected("rule head ref \(function.sourceText) invalid")
        return nil
      }
      head = Head(reference: path, arguments: arguments, key: nil, value: nil, isAssignment: false, location: start)
    default: return nil
    }
    if state.token == .contains {
      parseElement(&head)
      head.location = extent(start)
      return (head, true)
    }
    if state.token == .unify || state.token == .assign { parseValue(&head, isDefault: isDefault) }
    head.location = extent(start)
    return (head, false)
  }

  private mutating func parseElement(_ head: inout Head) {
    let name = head.name
    if head.arguments != nil {
      unexpected("the contains keyword can only be used with multi-value rule definitions (e.g., \(name) contains <VALUE> { ... })")
    }
    scan()
    head.key = parseInfix()
    if head.key == nil { unexpected("expected rule key term (e.g., \(name) contains <VALUE> { ... })") }
  }

  private mutating func parseValue(_ head: inout Head, isDefault: Bool) {
    head.isAssignment = state.token == .assign
    scan()
    head.value = parseInfix()
    guard head.value == nil else { return }
    let name = head.name
    if !head.isAssignment {
      unexpected("expected rule value term (e.g., \(name) = <VALUE> { ... })")
    } else if let arguments = head.arguments, !arguments.isEmpty {
      unexpected("expected function value term (e.g., \(name)(...) := <VALUE> { ... })")
    } else if isDefault {
      unexpected("expected default rule value term (e.g., default \(name) := <VALUE>)")
    } else {
      unexpected("expected rule value term (e.g., \(name) := <VALUE> { ... })")
    }
  }

  // MARK: Defaults

  private mutating func checkDefault(_ head: Head, _ start: Location) -> Bool {
    guard let value = head.value ?? (head.reference.count != 2 || head.arguments?.isEmpty == false ? Term(.boolean(true)) : nil) else {
      error("illegal default rule (must have a value)", at: start)
      return false
    }
    var refused: [String] = []
    value.collectNonConstants(into: &refused)
    for kind in refused { error("illegal default rule (value cannot contain \(kind))", at: start) }
    guard refused.isEmpty else { return false }
    var names: Set<String> = []
    var isRight = true
    for argument in head.arguments ?? [] {
      if case .variable(let name) = argument.node {
        if names.insert(name).inserted { continue }
        error("illegal default rule (arguments cannot be repeated \(name))", at: start)
      } else {
        error("illegal default rule (arguments cannot contain \(argument.kindName))", at: start)
      }
      isRight = false
    }
    return isRight
  }
}

extension Head {
  /// The name as written, for messages.
  var name: String { Term(.reference(reference)).sourceText }
}

extension Term {
  /// No variable and no reference in it; what a comprehension holds is its own affair.
  var isGround: Bool {
    switch node {
    case .null, .boolean, .number, .string, .arrayComprehension, .setComprehension, .objectComprehension: true
    case .variable: false
    case .template: true
    case .reference(let path): path.dropFirst().allSatisfy(\.isGround)
    case .call(let function, let operands): function.isGround && operands.allSatisfy(\.isGround)
    case .array(let terms), .set(let terms): terms.allSatisfy(\.isGround)
    case .object(let items): items.allSatisfy { $0.key.isGround && $0.value.isGround }
    }
  }

  fileprivate func collectNonConstants(into kinds: inout [String]) {
    switch node {
    case .null, .boolean, .number, .string, .arrayComprehension, .setComprehension, .objectComprehension: break
    case .variable, .reference, .call: kinds.append(kindName)
    case .array(let terms), .set(let terms): for term in terms { term.collectNonConstants(into: &kinds) }
    case .object(let items):
      for item in items {
        item.key.collectNonConstants(into: &kinds)
        item.value.collectNonConstants(into: &kinds)
      }
    case .template(let parts):
      for part in parts {
        if case .expression(let expression) = part, case .term(let term) = expression.kind { term.collectNonConstants(into: &kinds) }
      }
    }
  }
}
