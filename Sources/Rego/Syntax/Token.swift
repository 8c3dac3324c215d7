/// The kinds of token the lexer yields. A keyword of a later edition or of an import is a keyword only where it is active.
enum TokenKind: UInt8, Sendable {
  case illegal, endOfFile, whitespace, identifier, comment
  case package, `import`, `as`, `default`, `else`, not, some, with, null, `true`, `false`
  case every, `in`, contains, `if`, logicalAnd, logicalOr
  case number, string
  case templatePart, templateEnd, rawTemplatePart, rawTemplateEnd
  case leftBracket, rightBracket, leftBrace, rightBrace, leftParenthesis, rightParenthesis
  case comma, colon, dot, semicolon
  case add, subtract, multiply, divide, remainder, and, or
  case unify, equal, assign, notEqual, greater, less, greaterOrEqual, lessOrEqual

  /// A word that is a keyword now; it may still be part of a reference (`foo.with`, `with.foo`).
  var isKeyword: Bool { rawValue >= TokenKind.package.rawValue && rawValue <= TokenKind.logicalOr.rawValue }

  /// The name that messages use; for an infix operator it is also the name of the built-in function behind it.
  var name: String {
    switch self {
    case .illegal: "illegal"
    case .endOfFile: "eof"
    case .whitespace: "whitespace"
    case .identifier: "identifier"
    case .comment: "comment"
    case .package: "package"
    case .import: "import"
    case .as: "as"
    case .default: "default"
    case .else: "else"
    case .not: "not"
    case .some: "some"
    case .with: "with"
    case .null: "null"
    case .true: "true"
    case .false: "false"
    case .every: "every"
    case .in: "in"
    case .contains: "contains"
    case .if: "if"
    case .logicalAnd, .and: "and"
    case .logicalOr, .or: "or"
    case .number: "number"
    case .string: "string"
    case .templatePart, .rawTemplatePart: "template-string-part"
    case .templateEnd, .rawTemplateEnd: "template-string-end"
    case .leftBracket: "["
    case .rightBracket: "]"
    case .leftBrace: "{"
    case .rightBrace: "}"
    case .leftParenthesis: "("
    case .rightParenthesis: ")"
    case .comma: ","
    case .colon: ":"
    case .dot: "."
    case .semicolon: ";"
    case .add: "plus"
    case .subtract: "minus"
    case .multiply: "mul"
    case .divide: "div"
    case .remainder: "rem"
    case .unify: "eq"
    case .equal: "equal"
    case .assign: "assign"
    case .notEqual: "neq"
    case .greater: "gt"
    case .less: "lt"
    case .greaterOrEqual: "gte"
    case .lessOrEqual: "lte"
    }
  }
}

/// The keywords that are active besides those every edition has.
struct KeywordSet: OptionSet, Sendable {
  let rawValue: UInt8

  static let `in` = KeywordSet(rawValue: 1)
  static let every = KeywordSet(rawValue: 2)
  static let contains = KeywordSet(rawValue: 4)
  static let `if` = KeywordSet(rawValue: 8)
  static let and = KeywordSet(rawValue: 16)
  static let or = KeywordSet(rawValue: 32)
  static let not = KeywordSet(rawValue: 64)

  /// What `import rego.v1` and the v1 edition switch on.
  static let v1: KeywordSet = [.in, .every, .contains, .if]
  /// What only an experimental import switches on.
  static let experimental: KeywordSet = [.and, .or]

  /// The names an import of `future.keywords` may end with, in the order messages list them.
  static let names: [(String, KeywordSet)] = [
    ("and", .and), ("contains", .contains), ("every", [.every, .in]), ("if", .if), ("in", .in), ("not", .not), ("or", .or),
  ]
}

/// Words and their tokens, found by their bytes packed into one integer (no keyword is longer than eight bytes).
enum Keywords {
  private static let table: [(UInt64, TokenKind)] = packed([
    ("package", .package), ("import", .import), ("as", .as), ("default", .default), ("else", .else), ("not", .not), ("some", .some),
    ("with", .with), ("null", .null), ("true", .true), ("false", .false), ("every", .every), ("in", .in), ("contains", .contains),
    ("if", .if), ("and", .logicalAnd), ("or", .logicalOr),
  ])

  private static let v1Names: Set<String> = [
    "package", "import", "as", "default", "else", "not", "some", "with", "null", "true", "false", "every", "in", "contains", "if",
  ]
  private static let v0Names: Set<String> = v1Names.subtracting(["every", "in", "contains", "if"])

  static func token(of word: ArraySlice<UInt8>, active: KeywordSet) -> TokenKind {
    guard word.count >= 2, word.count <= 8 else { return .identifier }
    let key = pack(word)
    for (packed, kind) in table where packed == key { return isActive(kind, in: active) ? kind : .identifier }
    return .identifier
  }

  private static func isActive(_ kind: TokenKind, in active: KeywordSet) -> Bool {
    switch kind {
    case .every: active.contains(.every)
    case .in: active.contains(.in)
    case .contains: active.contains(.contains)
    case .if: active.contains(.if)
    case .logicalAnd: active.contains(.and)
    case .logicalOr: active.contains(.or)
    default: true
    }
  }

  /// Whether the edition reserves `name`, whatever the imports say.
  static func isReserved(_ name: String, in version: LanguageVersion) -> Bool {
    version == .v1 ? v1Names.contains(name) : v0Names.contains(name)
  }

  /// The words the edition reserves.
  static func names(of version: LanguageVersion) -> Set<String> { version == .v1 ? v1Names : v0Names }

  private static func packed(_ words: [(String, TokenKind)]) -> [(UInt64, TokenKind)] { words.map { (pack($0.0.utf8), $0.1) } }

  private static func pack(_ bytes: some Sequence<UInt8>) -> UInt64 {
    var packed: UInt64 = 0
    for byte in bytes { packed = packed << 8 | UInt64(byte) }
    return packed
  }
}
