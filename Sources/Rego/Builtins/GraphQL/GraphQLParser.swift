extension GraphQL {
  /// Reads tokens ahead by one. The first mistake ends the reading.
  struct Parser {
    /// Selections, values and types inside each other.
    static let depthLimit = 500
    /// Bytes of a text.
    static let sizeLimit = 8 << 20

    private var lexer: Lexer
    private(set) var token: Token
    private var depth = 0

    init(_ text: [UInt8]) throws(Fault) {
      guard text.count <= Self.sizeLimit else {
        throw Fault(message: "text has \(text.count) bytes, at most \(Self.sizeLimit) are read", position: Position(line: 1, column: 1))
      }
      lexer = Lexer(text)
      token = lexer.token()
    }

    mutating func next() -> Token {
      let current = token
      token = lexer.token()
      return current
    }

    func fault(_ message: String) -> Fault { Fault(message: message, position: token.position) }

    var unexpected: Fault { fault("Unexpected \(token.description)") }

    mutating func expect(_ kind: TokenKind) throws(Fault) -> Token {
      guard token.kind == kind else { throw fault("Expected \(kind.rawValue), found \(token.kind.rawValue)") }
      return next()
    }

    mutating func expect(word: String) throws(Fault) {
      guard isWord(word) else { throw fault("Expected \"\(word)\", found \(token.description)") }
      _ = next()
    }

    func isWord(_ word: String) -> Bool { token.kind == .name && token.text == word }

    mutating func skip(_ kind: TokenKind) -> Bool {
      guard token.kind == kind else { return false }
      _ = next()
      return true
    }

    mutating func name() throws(Fault) -> String { try expect(.name).text }

    /// Elements between marks; none where the opening one is missing.
    mutating func list(
      _ open: TokenKind, _ close: TokenKind, allowsEmpty: Bool, _ element: (inout Parser) throws(Fault) -> Void
    ) throws(Fault) {
      guard skip(open) else { return }
      if !allowsEmpty, token.kind == close { throw fault("expected at least one definition, found \(token.kind.rawValue)") }
      while token.kind != close { try element(&self) }
      _ = next()
    }

    mutating func nested<R>(_ body: (inout Parser) throws(Fault) -> R) throws(Fault) -> R {
      depth += 1
      guard depth <= Self.depthLimit else { throw fault("document is nested deeper than \(Self.depthLimit) levels") }
      defer { depth -= 1 }
      return try body(&self)
    }

    // MARK: Parts of both languages

    mutating func directives(isConstant: Bool) throws(Fault) -> [Directive] {
      var result: [Directive] = []
      while skip(.at) {
        let directive = Directive()
        directive.position = token.position
        directive.name = try name()
        directive.arguments = try arguments(isConstant: isConstant)
        result.append(directive)
      }
      return result
    }

    mutating func arguments(isConstant: Bool) throws(Fault) -> [Argument] {
      var result: [Argument] = []
      try list(.leftParenthesis, .rightParenthesis, allowsEmpty: true) { parser throws(Fault) in
        let position = parser.token.position
        let name = try parser.name()
        _ = try parser.expect(.colon)
        result.append(Argument(name: name, value: try parser.literal(isConstant: isConstant), position: position))
      }
      return result
    }

    mutating func type() throws(Fault) -> TypeReference {
      try nested { parser throws(Fault) in
        let type = TypeReference()
        if parser.skip(.leftBracket) {
          type.position = parser.token.position
          type.element = try parser.type()
          _ = try parser.expect(.rightBracket)
        } else {
          type.position = parser.token.position
          type.name = try parser.name()
        }
        let position = parser.token.position
        if parser.skip(.bang) {
          type.position = position
          type.isNonNull = true
        }
        return type
      }
    }

    mutating func literal(isConstant: Bool) throws(Fault) -> Literal {
      try nested { parser throws(Fault) in try parser.anyLiteral(isConstant: isConstant) }
    }

    private mutating func anyLiteral(isConstant: Bool) throws(Fault) -> Literal {
      let first = token
      let kind: LiteralKind
      switch first.kind {
      case .leftBracket:
        let literal = Literal(.list, position: first.position)
        try list(.leftBracket, .rightBracket, allowsEmpty: true) { parser throws(Fault) in
          literal.children.append(Literal.Child(value: try parser.literal(isConstant: isConstant)))
        }
        return literal
      case .leftBrace:
        let literal = Literal(.object, position: first.position)
        try list(.leftBrace, .rightBrace, allowsEmpty: true) { parser throws(Fault) in
          let position = parser.token.position
          let name = try parser.name()
          _ = try parser.expect(.colon)
          literal.children.append(
            Literal.Child(name: name, value: try parser.literal(isConstant: isConstant), position: position))
        }
        return literal
      case .dollar:
        guard !isConstant else { throw unexpected }
        _ = next()
        return Literal(.variable, try name(), position: first.position)
      case .int: kind = .int
      case .float: kind = .float
      case .string: kind = .string
      case .blockString: kind = .block
      case .name:
        switch first.text {
        case "true", "false": kind = .boolean
        case "null": kind = .null
        default: kind = .enumeration
        }
      default: throw unexpected
      }
      _ = next()
      return Literal(kind, first.text, position: first.position)
    }
  }
}
