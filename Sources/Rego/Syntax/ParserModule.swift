extension Parser {
  /// A part of a module.
  enum Statement {
    case package([Term], Location)
    case importing(Import)
    case rules([WrittenRule])
    case body(Body)
  }

  mutating func module() throws(RegoErrors) -> Module {
    scan()
    var statements: [Statement] = []
    while state.token != .endOfFile, state.errors.isEmpty || state.token == .package {
      memo.removeAll(keepingCapacity: true)
      guard let statement = parseStatement() else { break }
      statements.append(statement)
    }
    var blocks: [Annotation] = []
    if options.annotations { blocks = parseAnnotations() }
    try throwErrors()
    return try assemble(statements, blocks)
  }

  /// Tries a package, an import, a rule and a plain body, in this order. Nil: nothing fits, with the error noted.
  private mutating func parseStatement() -> Statement? {
    let saved = save()
    if state.token == .package {
      if let (path, location) = parsePackage() { return .package(path, location) }
      if !state.errors.isEmpty { return nil }
      restore(saved)
    }
    if state.token == .import {
      if let parsed = parseImport() {
        activate(parsed)
        return .importing(parsed)
      }
      if !state.errors.isEmpty { return nil }
      restore(saved)
    }
    if let rules = parseRules() { return .rules(rules) }
    if !state.errors.isEmpty { return nil }
    restore(saved)
    return parseQuery(statements: true, end: .endOfFile).map { .body($0) }
  }

  // MARK: Package and imports

  /// Goes to the name behind `package` or `import`. False where the word is a name itself (`import.x`).
  private mutating func scanName() -> Bool {
    scanTouching()
    if state.token == .dot || state.token == .leftBracket { return false }
    if state.token == .whitespace { scan() }
    guard state.token == .identifier || state.token.isKeyword else {
      unexpected()
      return false
    }
    state.token = .identifier
    return true
  }

  private mutating func parsePackage() -> ([Term], Location)? {
    let start = state.location
    guard scanName() else { return nil }
    guard let term = parseTerm() else {
      if state.errors.isEmpty { error("expected path", at: state.location) }
      return nil
    }
    let root = Term(.variable("data"), term.location)
    switch term.node {
    case .variable(let name): return ([root, Term(.string(name), term.location)], extent(start))
    case .reference(let path):
      guard case .variable(let name) = path[0].node else {
        error("unexpected \(path[0].kindName) token: expecting var", at: path[0].location)
        return nil
      }
      for part in path.dropFirst() {
        guard case .string = part.node else {
          error("unexpected \(part.kindName) token: expecting string", at: part.location)
          return nil
        }
      }
      return ([root, Term(.string(name), path[0].location)] + path.dropFirst(), extent(start))
    default:
      unexpected()
      return nil
    }
  }

  private mutating func parseImport() -> Import? {
    let start = state.location
    guard scanName() else { return nil }
    // The words an import may name are names here even where they are keywords already.
    let keywords = lexer.keywords
    lexer.keywords = []
    let term = parseTerm()
    lexer.keywords = keywords
    memo.removeAll(keepingCapacity: true)
    var path: [Term]?
    switch term?.node {
    case .variable: path = term.map { [$0] }
    case .reference(let terms):
      for part in terms.dropFirst() {
        guard case .string = part.node else {
          error("unexpected \(part.kindName) token: expecting string", at: part.location)
          return nil
        }
      }
      path = terms
    default: break
    }
    guard let path, let term else {
      error("expected path", at: state.location)
      return nil
    }
    guard case .variable(let root) = path[0].node, ["data", "input", "future", "rego"].contains(root) else {
      hint("if this is unexpected, try updating OPA")
      error("unexpected import path, must begin with one of: {data, future, input, rego}, got: \(path[0].sourceText)", at: term.location)
      return nil
    }
    let reference = Term(.reference(path), term.location)
    if state.token == .as { return parseAlias(reference, start) }
    if let last = path.last, path.count == 1 || root != "future" {
      let name = path.count == 1 ? root : last.stringValue ?? ""
      if Keywords.isReserved(name, in: options.version) {
        hint("import a different path or use an alias")
        error("unexpected import path, must not end with a keyword, got: \(name)", at: last.location)
      }
    }
    return Import(path: reference, alias: nil, location: extent(start))
  }

  private mutating func parseAlias(_ path: Term, _ start: Location) -> Import? {
    scan()
    if state.token == .identifier, let alias = parseTerm(), case .variable(let name) = alias.node {
      return Import(path: path, alias: name, location: extent(start))
    }
    unexpected("expected var")
    return nil
  }

  /// Switches on what an import of `future` or `rego` brings.
  private mutating func activate(_ parsed: Import) {
    guard case .reference(let path) = parsed.path.node, case .variable(let root) = path[0].node else { return }
    let location = parsed.path.location
    switch root {
    case "rego":
      guard path.count == 2, path[1].stringValue == "v1" else {
        return error("invalid import `\(parsed.path.sourceText)`, must be `rego.v1`", at: location)
      }
      guard options.version == .v0 else { return }
      guard parsed.alias == nil else { return error("`rego` imports cannot be aliased", at: location) }
      lexer.keywords.formUnion(.v1)
    case "future":
      guard path.count > 1, path[1].stringValue == "keywords" else {
        return error("invalid import, must be `future.keywords`", at: location)
      }
      guard parsed.alias == nil else { return error("`future` imports cannot be aliased", at: location) }
      activateKeywords(path, location)
    default: return
    }
  }

  private mutating func activateKeywords(_ path: [Term], _ location: Location) {
    let known = KeywordSet.names.filter { options.experimentalKeywords || $0.1.isDisjoint(with: .experimental) }
    var chosen = known
    if path.count == 3 {
      chosen = known.filter { $0.0 == path[2].stringValue }
      guard !chosen.isEmpty else {
        return error("unexpected keyword, must be one of [\(known.map(\.0).joined(separator: " "))]", at: location)
      }
    }
    for (_, set) in chosen { lexer.keywords.formUnion(set) }
    negatesBodies = lexer.keywords.contains(.not)
  }
}

extension Term {
  var stringValue: String? {
    if case .string(let text) = node { text } else { nil }
  }
}
