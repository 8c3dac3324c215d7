internal import Judgement
internal import Rego

/// An interactive session: what a line does, and what it answers.
struct ShellSession {
  enum Format: String {
    case pretty, json
  }

  private var policy: ShellPolicy
  private let network: NetworkAccess
  private var format: Format
  private var explain = ExplainMode.off
  private var showsMetrics = false
  private var isProfiled = false
  private var isStrict = false
  private var prettyLimit = 80
  /// References to what is not known; empty where queries are evaluated whole.
  private var unknowns: [String] = []
  /// Lines of a statement that is not complete yet.
  private(set) var pending: [String] = []
  private(set) var isFinished = false

  /// - Parameter network: hosts that policies may ask.
  init(_ policy: ShellPolicy, format: Format, network: NetworkAccess = .none) {
    self.network = network
    self.policy = policy
    self.format = format
  }

  /// Takes one line. The answers, without line ends.
  mutating func take(_ line: String) -> [String] {
    let trimmed = Self.trimmed(line)
    if pending.isEmpty {
      if trimmed.isEmpty { return [] }
      if let answer = command(trimmed) { return answer }
    }
    pending.append(line)
    let isForced = trimmed.isEmpty
    let text = pending.joined(separator: "\n")
    guard text.utf8.count <= LineReader.limit else {
      pending = []
      return ["error: the statement is longer than \(LineReader.limit >> 20) MiB"]
    }
    do {
      let answer = try statement(text)
      pending = []
      return answer
    } catch {
      // What is only not complete goes on in the next line.
      if !isForced, let errors = error as? RegoErrors, Self.isIncomplete(errors, text) { return [] }
      pending = []
      return [OutputError.list(error).map { OutputError.text($0) } ?? "\(error)"]
    }
  }

  /// What is left at the end of the input.
  mutating func finish() -> [String] { pending.isEmpty ? [] : take("") }

  mutating func drop() { pending = [] }

  /// The text ended where more was needed.
  private static func isIncomplete(_ errors: RegoErrors, _ text: String) -> Bool {
    guard let error = errors.errors.first, error.code == .parse else { return false }
    var open = 0
    for byte in text.utf8 {
      switch byte {
      case 0x28, 0x5B, 0x7B: open += 1
      case 0x29, 0x5D, 0x7D: open -= 1
      default: break
      }
    }
    return open > 0 || error.message.contains("eof")
  }

  private static func trimmed(_ text: String) -> String {
    var text = text[...]
    while text.first?.isWhitespace ?? false { text.removeFirst() }
    while text.last?.isWhitespace ?? false { text.removeLast() }
    return String(text)
  }

  // MARK: - Commands

  /// The answer of a line that is a command; nil for any other line.
  private mutating func command(_ line: String) -> [String]? {
    let words = line.split(separator: " ").map(String.init)
    let arguments = Array(words.dropFirst())
    switch (words[0], arguments.count) {
    case ("exit", 0), ("quit", 0):
      isFinished = true
      return []
    case ("help", 0...1): return arguments.first.map { [Self.topics[$0] ?? "there is no help on \($0)"] } ?? Self.help
    case ("show", 0...1): return policy.package.isEmpty ? ["no rules defined"] : [Self.trimmed(policy.text())]
    case ("json", 0):
      format = .json
      return []
    case ("pretty", 0):
      format = .pretty
      return []
    case ("pretty-limit", 1):
      guard let limit = Int(arguments[0]), limit >= 0 else { return ["pretty-limit takes a number of bytes, 0 for none"] }
      prettyLimit = limit
      return []
    case ("trace", 0...1), ("notes", 0), ("fails", 0): return trace(words[0] == "trace" ? arguments.first ?? "full" : words[0])
    case ("metrics", 0):
      showsMetrics.toggle()
      return []
    case ("profile", 0):
      isProfiled.toggle()
      return []
    case ("strict-builtin-errors", 0):
      isStrict.toggle()
      return []
    case ("unknown", _): return unknown(arguments)
    case ("unset", 1): return unset(arguments[0])
    case ("dump", 0...1): return dump(arguments.first)
    default: return nil
    }
  }

  private mutating func trace(_ name: String) -> [String] {
    guard let mode = ExplainMode(rawValue: name) else { return ["there are full, notes, fails, debug and off"] }
    explain = explain == mode ? .off : mode
    return []
  }

  /// What is not known from here on; nothing goes back to whole evaluation.
  private mutating func unknown(_ references: [String]) -> [String] {
    if references.isEmpty, unknowns.isEmpty { return ["nothing is unknown; name references: unknown input data.users"] }
    for reference in references {
      let head = reference.prefix { $0 != "." && $0 != "[" }
      if head != "input" && head != "data" { return ["\(reference): not a reference to input or data"] }
    }
    unknowns = references
    return []
  }

  private mutating func unset(_ name: String) -> [String] {
    if name == "input", policy.typedInput != nil {
      policy.typedInput = nil
      return []
    }
    guard policy.package.rules.contains(where: { $0.name == name }) else {
      return ["warning: no matching rules in current module"]
    }
    do {
      try policy.change { $0.rules.removeAll { $0.name == name } }
      return []
    } catch {
      return [OutputError.text(error.errors.map { OutputError($0) })]
    }
  }

  /// Base data, to a file where one is named.
  private func dump(_ path: String?) -> [String] {
    let text = OrderedJSON.text(policy.data.regoValue)
    guard let path else { return [text] }
    do throws(DataError) {
      let output = try ResultOutput(path: path)
      try output.write(Array((text + "\n").utf8))
      try output.finish()
      return []
    } catch {
      return [error.message]
    }
  }

  // MARK: - Statements

  private mutating func statement(_ text: String) throws -> [String] {
    let first = text.split(whereSeparator: \.isWhitespace).first ?? ""
    if first.hasPrefix("#"), !text.contains("\n") { return [] }
    if first == "package" || first == "import" { return try clause(Self.trimmed(text)) }
    do throws(RegoErrors) {
      let module = try parsed(text)
      if let answer = try define(module, text) { return answer }
    } catch let error where Self.looksLikeRule(text) {
      throw error
    } catch {
      // No rule: a query, which says itself what is wrong with it.
    }
    return try evaluate(text)
  }

  /// Words of rules that stand in no query.
  private static func looksLikeRule(_ text: String) -> Bool {
    let words = text.split { !$0.isLetter }
    return ["if", "contains", "default", "else"].contains { words.contains(Substring($0)) }
  }

  private func parsed(_ text: String) throws(RegoErrors) -> Module {
    let head = ["package repl"] + policy.package.imports
    do throws(RegoErrors) {
      return try Parser.module(Array((head + [text]).joined(separator: "\n").utf8), file: "", options: policy.parserOptions)
    } catch {
      // Rows as they were typed.
      var errors = error
      for index in errors.errors.indices { errors.errors[index].location.row -= Int32(head.count) }
      throw errors
    }
  }

  /// Adds rules; nil where the text is a query that could be read as a rule.
  private mutating func define(_ module: Module, _ text: String) throws(RegoErrors) -> [String]? {
    var names: [String] = []
    for rule in module.rules {
      switch rule.head.reference.first?.node {
      case .variable(let name): if !names.contains(name) { names.append(name) }
      default: return nil
      }
    }
    guard let rule = module.rules.first, let name = names.first, name != "data", name != "input" || rule.head.isAssignment else {
      return nil
    }
    if name == "input" { return try defineInput(text) }
    // A call or a name alone asks.
    if rule.head.value == nil, rule.head.key == nil, rule.body.isEmpty, !rule.isDefault { return nil }
    let known = policy.package.rules.contains { $0.name == name }
    // An equation with what is defined asks.
    if known, !rule.head.isAssignment, rule.body.isEmpty, rule.head.key == nil, rule.head.arguments == nil, !rule.isDefault { return nil }
    let replaces = known && rule.head.isAssignment && rule.body.isEmpty && rule.head.arguments == nil && !rule.isDefault
    var above: Int32 = 0
    do throws(RegoErrors) {
      if replaces { try policy.change { $0.rules.removeAll { $0.name == name } } }
      above = Int32(policy.text().utf8.count { $0 == 0x0A }) + 1
      try policy.change { $0.rules.append((name, Self.trimmed(text))) }
    } catch {
      var errors = error
      for index in errors.errors.indices where errors.errors[index].location.row > above { errors.errors[index].location.row -= above }
      throw errors
    }
    let place = policy.current.joined(separator: ".")
    return names.map { "Rule '\($0)' \(replaces ? "re-defined" : "defined") in package \(place). Type 'show' to see rules." }
  }

  /// `input := ...`, which no rule may be called.
  private mutating func defineInput(_ text: String) throws(RegoErrors) -> [String] {
    let query = try policy.policy.prepare(
      "value " + Self.trimmed(text).dropFirst("input".count), package: policy.current, imports: try policy.imports())
    do throws(RegoError) {
      guard let value = try query.evaluate(input: try? policy.input()).first?["value"] else { return ["undefined"] }
      policy.typedInput = Document(value)
    } catch {
      throw RegoErrors(error)
    }
    return ["Input defined. Type 'unset input' to take it away."]
  }

  private mutating func clause(_ text: String) throws(RegoErrors) -> [String] {
    let module = try Parser.module(
      Array((text.hasPrefix("package") ? text : "package repl\n" + text).utf8), file: "", options: policy.parserOptions)
    if text.hasPrefix("package") {
      policy.current = module.package.dropFirst().compactMap { if case .string(let part) = $0.node { part } else { nil } }
      return []
    }
    try policy.change { package in if !package.imports.contains(text) { package.imports.append(text) } }
    return []
  }

  private func evaluate(_ text: String) throws -> [String] {
    var times = Metrics()
    let input = try policy.input()
    let imports = try policy.imports()
    if !unknowns.isEmpty {
      let rest = try TracedPolicy(try policy.modules(), data: policy.data, options: policy.options).partially(
        text, package: policy.current, imports: imports, input: input, partial: PartialOptions(unknowns: unknowns),
        options: policy.parserOptions, evaluation: EvaluationOptions(isStrict: isStrict, runtime: RuntimeDocument.local))
      if format == .json { return [OrderedJSON.text(.object([.init("partial", try Document(json: rest.json).regoValue)]))] }
      return [rest.table]
    }
    let query = try times.time("query_compile") {
      try policy.policy.prepare(text, package: policy.current, imports: imports, options: policy.parserOptions)
    }
    let options = EvaluationOptions(isStrict: isStrict, network: network, runtime: RuntimeDocument.local)
    var output = EvalOutput()
    var printed: [String] = []
    let evaluator = Evaluator(query, options: options)
    evaluator.printed = { printed.append($0) }
    var failure: [OutputError] = []
    do throws(RegoError) {
      output.solutions = try evaluator.evaluate(input: input).map { EvaluatedSolution($0, of: query) }
    } catch {
      failure = [OutputError(error)]
    }
    let recorder = explain.recorder
    let profile = isProfiled ? Profile() : nil
    let tracers: [(any Tracer)?] = [recorder, profile]
    if tracers.contains(where: { $0 != nil }) {
      let traced = try TracedPolicy(try policy.modules(), data: policy.data, options: policy.options)
        .prepare(text, package: policy.current, imports: imports, options: policy.parserOptions)
      do throws(RegoError) { try traced.run(input: input, options: options, tracers: tracers.compactMap { $0 }) } catch {
        if failure.isEmpty { failure = [OutputError(error)] }
      }
    }
    output.errors = failure
    output.explanation = recorder?.events ?? []
    output.profile = profile?.report(limit: 10) ?? []
    if showsMetrics { output.metrics = times }
    if format == .json { return printed + [OrderedJSON.text(output.document)] }
    let shown = output.pretty(limit: prettyLimit, showsVariables: false)
    return printed + (shown.isEmpty ? [] : [shown]) + (failure.isEmpty ? [] : [OutputError.text(failure)])
  }

  // MARK: - Help

  private static let help = [
    """
    Examples
    ========

      data                     show all documents
      data[x] = _              show all names of documents
      x := [1, 2, 3]           define a document
      x[_] > 1                 ask a query
      allow if input.n == 1    define a rule

    Commands
    ========

      <statement>              evaluate a query or define a rule
      package <name>           change the package that rules go to
      import <path>            import a document into it
      show                     show its rules
      unset <name>             take a rule away
      json, pretty             the format of results
      pretty-limit <bytes>     where cells of tables are cut
      trace [mode]             explain: full, notes, fails, debug; again to stop
      notes, fails             the same for one mode
      metrics, profile         report times; again to stop
      unknown [references]     evaluate what does not depend on them; without any, all again
      strict-builtin-errors    errors of built-in functions end a query; again to stop
      dump [file]              write the data
      help [topic]             this, or help on input or history
      exit                     leave, as control-D does

    A statement that is not complete goes on in the next line; an empty line ends it.
    """
  ]

  private static let topics = [
    "input": """
    What queries see as input is typed,
      input := {"user": "root"}
    or what data.repl.input holds, which can be loaded: ringwall run repl.input:request.json
    """,
    "history": "Lines are kept in ~/.ringwall_history, or in the file that --history names. Arrow up brings the last one back.",
  ]
}
