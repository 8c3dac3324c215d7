/// Writes Rego in the one form OPA's formatter gives it.
///
/// The text keeps its meaning: the result is read again and every rule compared with the original; a rule that would have become
/// another one stays as it was written. Formatting a formatted text changes nothing.
public enum Formatter {
  /// The edition the result is for.
  public enum Target: Sendable, Hashable {
    case v0
    case v1
    /// For readers of both: v1 with `import rego.v1`.
    case v0AndV1
  }

  public struct Options: Sendable {
    public var target: Target
    /// How the text is read: its edition and bounds.
    public var parser: Parser.Options
    /// Leaves out `import rego.v1` and `import future.keywords` where the edition makes them needless.
    public var dropsV0Imports: Bool

    /// - Parameter parser: nil reads the edition that `target` names, v0 for both.
    public init(target: Target = .v1, parser: Parser.Options? = nil, dropsV0Imports: Bool = false) {
      self.target = target
      self.parser =
        parser ?? Parser.Options(version: target == .v1 ? .v1 : .v0, experimentalKeywords: true, annotations: false)
      self.dropsV0Imports = dropsV0Imports
    }
  }

  /// The formatted text of a module.
  /// - Parameter file: names the module in errors.
  /// - Throws: rego_parse_error where the text is not Rego; rego_compile_error and rego_type_error where v1 refuses it (an import of the
  ///   same name, a hidden document, a deprecated function) or a built-in function has a wrong number of operands.
  public static func format(_ source: [UInt8], file: String, options: Options = Options()) throws(RegoErrors) -> [UInt8] {
    try DeepStack.result { () throws(RegoErrors) in try formatOnDeepStack(source, file, options) }
  }

  private static func formatOnDeepStack(_ source: [UInt8], _ file: String, _ options: Options) throws(RegoErrors) -> [UInt8] {
    let module = try Parser.module(source, file: file, options: options.parser)
    if options.target != .v0 {
      let refusals = FormatChecks.refusals(of: module)
      if !refusals.isEmpty { throw RegoErrors(refusals) }
    }
    var result = try once(module, source, options)
    // A comment that found its line, or a rule that became longer, may let what is around it be laid out anew.
    var again = options
    again.parser = resultOptions(options)
    for _ in 0..<8 {
      let next = try once(try Parser.module(result, file: file, options: again.parser), result, again)
      if next == result { break }
      result = next
    }
    return result
  }

  private static func once(_ module: Module, _ source: [UInt8], _ options: Options) throws(RegoErrors) -> [UInt8] {
    let rows = SourceRows(source)
    var kept: Set<Int> = []
    // A rule that did not come out the same is kept; what surrounds it may then come out differently, once more at most.
    for _ in 0..<3 {
      let result = try layout(module, rows, options, keeping: kept)
      let changed = changedRules(module, result, options)
      if changed.isEmpty { return result }
      if changed.isSubset(of: kept) { break }
      kept.formUnion(changed)
    }
    throw RegoErrors(RegoError(.format, "the text cannot be formatted without changing its meaning", file: module.file))
  }

  /// How the result is read.
  private static func resultOptions(_ options: Options) -> Parser.Options {
    var parser = options.parser
    parser.version = options.target == .v1 ? .v1 : .v0
    parser.maximumSize = Int(Int32.max) / 2
    return parser
  }

  private static func layout(
    _ module: Module, _ rows: SourceRows, _ options: Options, keeping kept: Set<Int>
  ) throws(RegoErrors) -> [UInt8] {
    var style = LayoutWriter.Style()
    style.isV1 = options.target != .v0
    let hasAll = module.imports.contains { $0.isRegoV1 || $0.isAllFutureKeywords }
    let future = module.imports.compactMap(\.futureKeyword)
    style.contains = style.isV1 || hasAll || future.contains("contains")
    style.ifs = style.isV1 || hasAll || future.contains("if")
    style.keywords = style.isV1 ? Keywords.names(of: .v1) : Keywords.names(of: .v0).union(future)
    style.referenceHeads = module.rules.contains { rule in
      let count = rule.head.reference.count
      return count > 2 || (count == 2 && rule.head.key != nil)
    }
    let writer = LayoutWriter(rows: rows, file: module.file, style: style, comments: module.comments, keptRules: kept)
    let imports = LayoutImports.adapted(
      module.imports, to: options.target, dropsV0: options.dropsV0Imports, used: FormatChecks.futureKeywords(in: module))
    writer.writeModule(module, imports: imports)
    if !writer.errors.isEmpty { throw RegoErrors(Array(writer.errors.prefix(RegoErrors.limit))) }
    return writer.result
  }

  /// The rules, by their position, that the result does not hold as the module does. All of them where their number is another one.
  private static func changedRules(_ module: Module, _ result: [UInt8], _ options: Options) -> Set<Int> {
    guard let formatted = try? Parser.module(result, file: module.file, options: resultOptions(options)),
      formatted.rules.count == module.rules.count
    else { return Set(module.rules.indices) }
    var changed: Set<Int> = []
    for index in module.rules.indices
    where !SourceEquality.areEqual(module.rules[index], formatted.rules[index]) { changed.insert(index) }
    return changed.union(rulesMissingComments(module, formatted))
  }

  /// The rules with a comment in them that the result holds less or more often.
  private static func rulesMissingComments(_ module: Module, _ formatted: Module) -> Set<Int> {
    func count(_ comments: [Comment]) -> [Substring: Int] {
      comments.reduce(into: [:]) { counts, comment in counts[trimmed(comment), default: 0] += 1 }
    }
    func trimmed(_ comment: Comment) -> Substring {
      let end = comment.text.lastIndex { !$0.isWhitespace }.map { comment.text.index(after: $0) } ?? comment.text.startIndex
      return comment.text[..<end]
    }
    let before = count(module.comments), after = count(formatted.comments)
    guard before != after else { return [] }
    let moved = module.comments.filter { before[trimmed($0)] != after[trimmed($0)] }.map(\.location.offset)
    return Set(
      module.rules.indices.filter { index in
        let rule = module.rules[index]
        let end = max(rule.location.end, rule.head.location.end, rule.elses.last?.location.end ?? 0)
        return moved.contains { $0 > rule.location.offset && $0 < end }
      })
  }
}
