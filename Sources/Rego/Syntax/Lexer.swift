/// Splits a source text into tokens, one call at a time, without building strings.
///
/// It looks one code point ahead. An ill-formed code point is therefore reported with the token it follows, which is where OPA
/// reports it too.
struct Lexer {
  /// Where the lexer stands; copying it back rewinds the lexer.
  struct Cursor {
    /// The code point ahead; -1 at the end.
    var current: Int32 = -1
    /// Byte offset past `current`.
    var offset: Int32 = 0
    /// Bytes of `current`.
    var width: Int32 = 0
    var row: Int32 = 1
    /// Code points of this row up to and including `current`.
    var column: Int32 = 0
  }

  struct Token {
    var kind: TokenKind
    /// `end` is the offset past the token. A line end counts as column 0 of the row it opens.
    var location: Location
  }

  let source: [UInt8]
  var cursor = Cursor()
  var keywords: KeywordSet
  /// What is wrong with the token just read; emptied by the next one.
  private(set) var problems: [String] = []
  /// Set once the budget is spent: only end-of-file tokens follow.
  private(set) var isExhausted = false
  private var budget: Int

  init(_ source: [UInt8], keywords: KeywordSet) {
    self.source = source
    self.keywords = keywords
    // Backtracking reads a token two or three times; a text whose every byte would be read twenty times is an attack.
    budget = (source.count + 10_000) * 20
    advance()
    if cursor.current == 0xFEFF { advance() }
  }

  private var position: Int32 { cursor.offset - cursor.width }

  func text(_ start: Int32, _ end: Int32) -> ArraySlice<UInt8> {
    let upper = min(Int(end), source.count)
    return source[min(max(Int(start), 0), upper)..<upper]
  }

  mutating func stop() { isExhausted = true }

  // MARK: Tokens

  mutating func next() -> Token {
    let start = Location(row: cursor.row, column: cursor.column, offset: position, end: position)
    budget -= 1
    if budget < 0 { isExhausted = true }
    if isExhausted { return Token(kind: .endOfFile, location: start) }
    let kind = kindOfNext()
    return finish(kind, start)
  }

  /// Goes on inside a template after the `}` of an expression.
  mutating func nextOfTemplate(raw: Bool) -> Token {
    let start = Location(row: cursor.row, column: cursor.column, offset: position, end: position)
    if isExhausted { return Token(kind: .endOfFile, location: start) }
    let kind = raw ? rawTemplate() : template()
    return finish(kind, start)
  }

  mutating func takeProblems() -> [String] {
    defer { problems.removeAll(keepingCapacity: true) }
    return problems
  }

  private func finish(_ kind: TokenKind, _ start: Location) -> Token {
    var location = start
    location.end = min(position, Int32(source.count))
    return Token(kind: kind, location: location)
  }

  private mutating func kindOfNext() -> TokenKind {
    let character = cursor.current
    guard character >= 0 else {
      advance()
      return .endOfFile
    }
    if character == 0x20 || character == 0x0A || character == 0x09 || character == 0x0D {
      advance()
      return .whitespace
    }
    if Self.isLetter(character) {
      let start = position
      repeat { advance() } while isWordPart
      return Keywords.token(of: text(start, position), active: keywords)
    }
    if Self.isDecimal(character) {
      number()
      return .number
    }
    advance()
    return symbol(UInt8(truncatingIfNeeded: min(character, 0xFF)))
  }

  private mutating func symbol(_ character: UInt8) -> TokenKind {
    switch character {
    case UInt8(ascii: "#"):
      comment()
      return .comment
    case UInt8(ascii: "\""):
      string()
      return .string
    case UInt8(ascii: "`"):
      rawString()
      return .string
    case UInt8(ascii: "["): return .leftBracket
    case UInt8(ascii: "]"): return .rightBracket
    case UInt8(ascii: "{"): return .leftBrace
    case UInt8(ascii: "}"): return .rightBrace
    case UInt8(ascii: "("): return .leftParenthesis
    case UInt8(ascii: ")"): return .rightParenthesis
    case UInt8(ascii: ","): return .comma
    case UInt8(ascii: ":"): return follows("=") ? .assign : .colon
    case UInt8(ascii: "+"): return .add
    case UInt8(ascii: "-"): return .subtract
    case UInt8(ascii: "*"): return .multiply
    case UInt8(ascii: "/"): return .divide
    case UInt8(ascii: "%"): return .remainder
    case UInt8(ascii: "&"): return .and
    case UInt8(ascii: "|"): return .or
    case UInt8(ascii: "="): return follows("=") ? .equal : .unify
    case UInt8(ascii: ">"): return follows("=") ? .greaterOrEqual : .greater
    case UInt8(ascii: "<"): return follows("=") ? .lessOrEqual : .less
    case UInt8(ascii: "!"):
      if follows("=") { return .notEqual }
      problems.append("illegal ! character")
      return .illegal
    case UInt8(ascii: ";"): return .semicolon
    case UInt8(ascii: "."): return .dot
    case UInt8(ascii: "$"):
      if follows("`") { return rawTemplate() }
      if follows("\"") { return template() }
      problems.append("illegal $ character")
      return .illegal
    default: return .illegal
    }
  }

  private mutating func follows(_ expected: Unicode.Scalar) -> Bool {
    guard cursor.current == Int32(expected.value) else { return false }
    advance()
    return true
  }

  // MARK: Longer tokens

  private mutating func number() {
    while Self.isDecimal(cursor.current) { advance() }
    if cursor.current == 0x2E {
      advance()
      if !decimals() { problems.append("expected fraction") }
    }
    if cursor.current | 0x20 == 0x65 {
      advance()
      if cursor.current == 0x2B || cursor.current == 0x2D { advance() }
      if !decimals() { problems.append("expected exponent") }
    }
    // "0a2b" is one wrong number rather than a number and a name.
    if Self.isLetter(cursor.current) {
      problems.append("illegal number format")
      while isWordPart { advance() }
    }
  }

  private mutating func decimals() -> Bool {
    var found = false
    while Self.isDecimal(cursor.current) {
      advance()
      found = true
    }
    return found
  }

  private mutating func comment() {
    while cursor.current != 0x0A, cursor.current != -1 { advance() }
  }

  private mutating func string() {
    while true {
      let character = cursor.current
      guard character != 0x0A, character >= 0 else {
        problems.append("non-terminated string")
        return
      }
      advance()
      if character == 0x22 { return }
      if character == 0x5C { escape(inTemplate: false) }
    }
  }

  private mutating func rawString() {
    while true {
      let character = cursor.current
      advance()
      if character == 0x60 { return }
      if character < 0 {
        problems.append("non-terminated string")
        return
      }
    }
  }

  private mutating func template() -> TokenKind {
    while true {
      let character = cursor.current
      guard character != 0x0A, character >= 0 else {
        problems.append("non-terminated string")
        return .templatePart
      }
      advance()
      switch character {
      case 0x22: return .templateEnd
      case 0x7B: return .templatePart
      case 0x5C: escape(inTemplate: true)
      default: break
      }
    }
  }

  private mutating func rawTemplate() -> TokenKind {
    while true {
      let character = cursor.current
      guard character >= 0 else {
        problems.append("non-terminated string")
        return .rawTemplatePart
      }
      advance()
      switch character {
      case 0x60: return .rawTemplateEnd
      case 0x7B: return .rawTemplatePart
      case 0x5C where cursor.current == 0x7B: advance()
      default: break
      }
    }
  }

  /// Steps over what follows a backslash; the digits of `\u` are judged when the text is decoded.
  private mutating func escape(inTemplate: Bool) {
    switch cursor.current {
    case 0x5C, 0x22, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74: advance()
    case 0x7B where inTemplate: advance()
    case 0x75: for _ in 0..<4 { advance() }
    default: problems.append("illegal escape sequence")
    }
  }

  // MARK: Code points

  private var isWordPart: Bool { Self.isLetter(cursor.current) || Self.isDigit(cursor.current) }

  private static func isLetter(_ character: Int32) -> Bool {
    let lower = character | 0x20
    return lower >= 0x61 && lower <= 0x7A || character == 0x5F
  }

  private static func isDecimal(_ character: Int32) -> Bool { character >= 0x30 && character <= 0x39 }

  private static func isDigit(_ character: Int32) -> Bool {
    if character < 0x80 { return isDecimal(character) }
    return Unicode.Scalar(UInt32(character))?.properties.generalCategory == .decimalNumber
  }

  private mutating func advance() {
    let index = Int(cursor.offset)
    guard index < source.count else {
      cursor.current = -1
      cursor.offset = Int32(source.count) + 1
      cursor.width = 1
      return
    }
    let byte = source[index]
    cursor.current = Int32(byte)
    cursor.width = 1
    if byte == 0 {
      problems.append("illegal null character")
    } else if byte >= 0x80 {
      (cursor.current, cursor.width) = UTF8Text.decode(source, at: index)
      if cursor.current < 0 {
        cursor.current = 0xFFFD
        problems.append("illegal utf-8 character")
      } else if cursor.current == 0xFEFF, index > 0 {
        problems.append("illegal byte-order mark")
      }
    }
    cursor.offset += cursor.width
    if byte == 0x0A {
      cursor.row += 1
      cursor.column = 0
    } else {
      cursor.column += 1
    }
  }
}

/// Reading UTF-8 by code point.
enum UTF8Text {
  /// The code point at `index` and its length in bytes; -1 and 1 where the bytes are not well-formed UTF-8.
  static func decode(_ bytes: [UInt8], at index: Int) -> (Int32, Int32) {
    let first = Int32(bytes[index])
    let length: Int32
    var value: Int32
    switch first {
    case ..<0x80: return (first, 1)
    case 0xC2...0xDF: (length, value) = (2, first & 0x1F)
    case 0xE0...0xEF: (length, value) = (3, first & 0x0F)
    case 0xF0...0xF4: (length, value) = (4, first & 0x07)
    default: return (-1, 1)
    }
    guard index + Int(length) <= bytes.count else { return (-1, 1) }
    for step in 1..<Int(length) {
      let byte = Int32(bytes[index + step])
      guard byte & 0xC0 == 0x80 else { return (-1, 1) }
      value = value << 6 | byte & 0x3F
    }
    if length == 3, value < 0x800 || (value >= 0xD800 && value <= 0xDFFF) { return (-1, 1) }
    if length == 4, value < 0x10000 || value > 0x10FFFF { return (-1, 1) }
    return (value, length)
  }
}
