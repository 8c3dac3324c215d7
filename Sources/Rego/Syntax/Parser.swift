/// Reads Rego: modules, queries and single terms.
///
/// The grammar, the places where it backtracks and the texts and places of its errors are those of OPA 1.x (v1/ast/parser.go), so that
/// a text is accepted or refused, and the fault shown, where users of OPA expect it. A parser is used once.
public struct Parser {
  public struct Options: Sendable {
    /// The edition a text without `import rego.v1` is read as.
    public var version: LanguageVersion
    /// Allows the imports `future.keywords.and` and `.or`.
    public var experimentalKeywords: Bool
    /// Keywords taken as imported, by name ("in", "every", "contains", "if", "not"; "and", "or" with `experimentalKeywords`).
    public var importedKeywords: [String]
    /// Whether METADATA blocks are read (and their mistakes reported).
    public var annotations: Bool
    /// Terms, bodies and chained operators that may be nested, 1 to 2,000; one more is an error.
    public var maximumDepth: Int
    /// Bytes a text may have.
    public var maximumSize: Int

    public init(
      version: LanguageVersion = .v1, experimentalKeywords: Bool = false, importedKeywords: [String] = [], annotations: Bool = true,
      maximumDepth: Int = 1000, maximumSize: Int = 8 << 20
    ) {
      self.version = version
      self.experimentalKeywords = experimentalKeywords
      self.importedKeywords = importedKeywords
      self.annotations = annotations
      self.maximumDepth = min(max(maximumDepth, 1), 2000)
      self.maximumSize = min(maximumSize, Int(Int32.max) / 2)
    }
  }

  /// What backtracking restores.
  struct State {
    var cursor: Lexer.Cursor
    var token: TokenKind
    /// Of the token; `end` is past it.
    var location: Location
    /// End of the token before, for the extent of a finished term.
    var previousEnd: Int32
    /// A line end lies between the token and the one before.
    var skippedNewline: Bool
    var errors: [RegoError]
    var hints: [String]
  }

  /// A term already read from an offset, with the state after it: backtracking reads each term once.
  struct Memo {
    var term: Term?
    /// The token it was read from; a keyword may be read as a name the next time.
    var token: TokenKind
    /// With the errors and hints of this term alone.
    var state: State
  }

  let options: Options
  let file: String
  var lexer: Lexer
  var state: State
  var memo: [Int32: Memo] = [:]
  /// Entries kept at most; a list of a million terms need not be remembered.
  static let memoLimit = 1 << 16
  /// Every comment passed over, in source order. What backtracking passes over again is here already.
  var comments: [Comment] = []
  /// Number of the next wildcard. Never taken back, so that no two are alike.
  var wildcards = 0
  var depth = 0
  private var gauge = StackGauge()
  /// The text was not wrong; only the stack ended.
  var needsDeepStack = false
  /// An error that ends the reading at once and is reported alone.
  private var fatal: RegoError?
  /// `import future.keywords.not`: `not` negates a body.
  var negatesBodies = false

  init(_ source: [UInt8], file: String, options: Options) {
    self.options = options
    self.file = file
    var keywords: KeywordSet = options.version == .v1 ? .v1 : []
    for name in options.importedKeywords {
      guard let known = KeywordSet.names.first(where: { $0.0 == name })?.1 else { continue }
      if options.experimentalKeywords || known.isDisjoint(with: .experimental) { keywords.formUnion(known) }
    }
    lexer = Lexer(source.count <= options.maximumSize ? source : [], keywords: keywords)
    negatesBodies = keywords.contains(.not)
    state = State(
      cursor: lexer.cursor, token: .endOfFile, location: Location(row: 1, column: 1, offset: 0, end: 0), previousEnd: 0,
      skippedNewline: false, errors: [], hints: [])
    if source.count > options.maximumSize {
      stop("text has \(source.count) bytes, at most \(options.maximumSize) are read")
    }
  }

  // MARK: Whole texts

  /// Reads a module. `file` names it in errors.
  public static func module(_ source: [UInt8], file: String, options: Options = Options()) throws(RegoErrors) -> Module {
    try read(Parser(source, file: file, options: options)) { parser throws(RegoErrors) in try parser.module() }
  }

  /// Reads a query: expressions divided by `;` or line ends.
  public static func query(_ source: [UInt8], file: String = "", options: Options = Options()) throws(RegoErrors) -> Body {
    try read(Parser(source, file: file, options: options)) { parser throws(RegoErrors) in try parser.query() }
  }

  /// Reads on the caller's stack and, where a text is nested too deeply for that, once more on a large one.
  private static func read<Result>(
    _ start: Parser, _ body: (inout Parser) throws(RegoErrors) -> Result
  ) throws(RegoErrors) -> Result {
    var parser = start
    do throws(RegoErrors) {
      return try body(&parser)
    } catch {
      guard parser.needsDeepStack else { throw error }
      var outcome = Swift.Result<Result, RegoErrors>.failure(error)
      let ran = DeepStack.run {
        var parser = start
        parser.gauge = StackGauge(limit: DeepStack.limit)
        do throws(RegoErrors) { outcome = .success(try body(&parser)) } catch { outcome = .failure(error) }
      }
      if !ran { throw error }
      return try outcome.get()
    }
  }

  /// Reads one term, for example a value written in Rego or the path of a rule.
  public static func term(_ source: [UInt8], file: String = "", options: Options = Options()) throws(RegoErrors) -> Term {
    let body = try query(source, file: file, options: options)
    guard body.count == 1, let expression = body.first else {
      throw RegoErrors(RegoError(.parse, "expected exactly one term but got \(body.count) expressions", file: file))
    }
    guard case .term(let term) = expression.kind, !expression.isNegated, expression.with.isEmpty else {
      throw RegoErrors(RegoError(.parse, "expected a term", file: file, location: expression.location))
    }
    return term
  }

  private mutating func query() throws(RegoErrors) -> Body {
    var body: Body = []
    scan()
    while state.token != .endOfFile, state.errors.isEmpty {
      guard let part = parseQuery(statements: true, end: .endOfFile) else { break }
      body += part
    }
    try throwErrors()
    return body
  }

  func throwErrors() throws(RegoErrors) {
    if let fatal { throw RegoErrors(withDetails(fatal)) }
    if lexer.isExhausted {
      throw RegoErrors(RegoError(.parse, "text is too ambiguous to be read", file: file, location: state.location))
    }
    if !state.errors.isEmpty { throw RegoErrors(state.errors.prefix(RegoErrors.limit).map { withDetails($0) }) }
  }

  /// Ends the reading with this error.
  mutating func stop(_ message: String) {
    if fatal == nil { fatal = RegoError(.parse, message, file: file, location: state.location) }
    lexer.stop()
  }

  // MARK: Tokens

  mutating func save() -> State {
    state.cursor = lexer.cursor
    return state
  }

  mutating func restore(_ saved: State) {
    state = saved
    lexer.cursor = saved.cursor
  }

  /// Goes to the next token; comments and white space are passed over.
  mutating func scan() { scan(passingSpace: true) }

  /// Goes to the next token, where white space counts as one: whether `(`, `.` or `[` touches the name before it matters.
  mutating func scanTouching() { scan(passingSpace: false) }

  private mutating func scan(passingSpace: Bool) {
    leaveToken()
    while true {
      take(lexer.next())
      if state.token == .whitespace {
        if lexer.source[Int(state.location.offset)] == 0x0A { state.skippedNewline = true }
        if passingSpace { continue }
      }
      guard state.token == .comment else { return }
      if state.location.offset > comments.last?.location.offset ?? -1 {
        comments.append(Comment(text: commentText(state.location), location: state.location))
      }
    }
  }

  /// Goes on inside a template string after `}`.
  mutating func scanTemplate(raw: Bool) {
    leaveToken()
    take(lexer.nextOfTemplate(raw: raw))
  }

  private mutating func leaveToken() {
    guard state.token != .whitespace else { return }
    state.previousEnd = state.location.end
    state.skippedNewline = false
  }

  private mutating func take(_ token: Lexer.Token) {
    state.token = token.kind
    state.location = token.location
    guard !lexer.problems.isEmpty else { return }
    for problem in lexer.takeProblems() { error(problem, at: token.location) }
    state.token = .illegal
  }

  private func commentText(_ location: Location) -> String {
    var text = lexer.text(location.offset + 1, location.end)
    while text.last == 0x0D { text.removeLast() }
    return String(decoding: text, as: UTF8.self)
  }

  /// The token's bytes as text.
  var tokenText: String { String(decoding: lexer.text(state.location.offset, state.location.end), as: UTF8.self) }

  /// `start` extended to the end of the last token that was read completely.
  func extent(_ start: Location) -> Location { extent(start, to: state.previousEnd) }

  func extent(_ start: Location, to end: Int32) -> Location {
    var location = start
    location.end = max(end, start.offset)
    return location
  }

  /// The token after this one, white space included.
  mutating func peekTouching() -> TokenKind {
    let saved = save()
    scanTouching()
    let kind = state.token
    restore(saved)
    return kind
  }

  /// Takes a keyword that begins a reference (`with.foo`, `default["x"]`) as a name.
  @discardableResult
  mutating func takeKeywordAsName() -> Bool {
    guard state.token.isKeyword else { return false }
    let next = peekTouching()
    guard next == .dot || next == .leftBracket else { return false }
    state.token = .identifier
    return true
  }

  // MARK: Depth

  /// Counts a level of nesting. False where there are too many, which ends the reading.
  mutating func enter() -> Bool {
    guard depth < options.maximumDepth else {
      stop("max parsing recursion depth exceeded")
      return false
    }
    guard gauge.allowsMore else {
      needsDeepStack = true
      stop("max parsing recursion depth exceeded")
      return false
    }
    depth += 1
    return true
  }

  mutating func leave() { depth -= 1 }
}
