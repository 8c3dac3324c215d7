internal import CYara

/// Compiled rules. They never change, and any number of threads scan with them at once.
@safe public final class RuleSet: Sendable {
  /// In the order in which they are judged, private rules included.
  public let rules: [Rule]
  /// What libyara says of rules that work and are slow, or will not work as meant.
  public let warnings: [RuleProblem]
  /// Bytes that a match may reach beyond its first one, as far as the rules say; at least `Margin.least` and at most `Margin.most`.
  let margin: Int
  /// True when no string of the rules is found in bytes that are all zero.
  let ignoresZeros: Bool
  /// By libyara's index of a string.
  let strings: [StringEntry]
  // SAFETY: libyara only reads compiled rules while it scans.
  nonisolated(unsafe) let compiled: UnsafeMutablePointer<YR_RULES>

  struct StringEntry: Sendable {
    let name: String
    let rule: Int
    let isPrivate: Bool
  }

  enum Margin {
    /// libyara follows a regular expression this far (YR_RE_SCAN_LIMIT in yara/limits.h).
    static let least = 4 << 10
    static let most = 1 << 20
  }

  /// Reads and compiles files and folders.
  ///
  /// - Parameters:
  ///   - paths: rule files, or folders in which every `.yar` and `.yara` file is taken. A file may include others of its folder or below.
  ///   - time: for reading and compiling all of them.
  public convenience init(paths: [String], within time: Duration = .seconds(60)) throws {
    let files = try RuleFiles(paths).files
    try self.init(files, within: time) { (file) throws(RuleError) in try RuleFiles.bytes(file.path, shown: file.shown) }
    // Nothing would hold, whatever is there.
    if rules.isEmpty { throw RuleFiles.failure(paths.joined(separator: ", "), "holds no rule") }
  }

  /// Compiles texts that include nothing.
  ///
  /// - Parameter texts: each with what errors name it by, which is its namespace too.
  public convenience init(texts: [(name: String, bytes: [UInt8])]) throws {
    let files = texts.map { RuleFiles.File(path: $0.name, shown: $0.name, namespace: RuleFiles.stem($0.name), root: nil) }
    try self.init(files, within: .seconds(60)) { (file) throws(RuleError) in
      let bytes = texts.first { $0.name == file.path }?.bytes ?? []
      guard !bytes.contains(0), bytes.count <= RuleFiles.largest else { throw RuleFiles.failure(file.shown, "is no text of rules") }
      return bytes
    }
  }

  /// Compiles one text, which includes nothing.
  public convenience init(text: String, name: String = "rules") throws { try self.init(texts: [(name, Array(text.utf8))]) }

  private init(
    _ files: [RuleFiles.File], within time: Duration, text: (RuleFiles.File) throws(RuleError) -> [UInt8]
  ) throws {
    try Engine.start()
    let compilation = RuleCompilation(within: time)
    unsafe compiled = try compilation.rules(of: files, text: text)
    warnings = compilation.warnings
    rules = unsafe Self.rules(of: compiled)
    (strings, margin) = unsafe Self.strings(of: compiled)
    ignoresZeros = unsafe Self.ignoresZeros(compiled, margin: margin)
  }

  deinit {
    // SAFETY: scanners hold on to this object, so none is left.
    unsafe _ = yr_rules_destroy(compiled)
  }

  private static func rules(of compiled: UnsafeMutablePointer<YR_RULES>) -> [Rule] {
    // SAFETY: tables of compiled rules have the lengths that the rules tell, and their texts end with a zero byte.
    (0..<Int(unsafe compiled.pointee.num_rules)).map { index in
      let rule = unsafe compiled.pointee.rules_table + index
      return unsafe Rule(
        name: String(cString: rule.pointee.identifier), namespace: String(cString: rule.pointee.ns.pointee.name), tags: tags(rule),
        meta: meta(rule))
    }
  }

  private static func tags(_ rule: UnsafeMutablePointer<YR_RULE>) -> [String] {
    // SAFETY: texts one after the other, the last of them empty.
    var names: [String] = []
    guard var tag = unsafe rule.pointee.tags else { return [] }
    while unsafe tag.pointee != 0 {
      let name = unsafe String(cString: tag)
      names.append(name)
      unsafe tag += name.utf8.count + 1
    }
    return names
  }

  private static func meta(_ rule: UnsafeMutablePointer<YR_RULE>) -> [Rule.Meta] {
    // SAFETY: the last entry carries a flag that says so.
    var entries: [Rule.Meta] = []
    guard var meta = unsafe rule.pointee.metas else { return [] }
    while true {
      let entry = unsafe meta.pointee
      let value: Rule.MetaValue =
        switch unsafe entry.type {
        case META_TYPE_INTEGER: unsafe .integer(entry.integer)
        case META_TYPE_BOOLEAN: unsafe .boolean(entry.integer != 0)
        default: unsafe .text(entry.string.map { unsafe String(cString: $0) } ?? "")
        }
      unsafe entries.append(Rule.Meta(name: String(cString: entry.identifier), value: value))
      if unsafe entry.flags & META_FLAGS_LAST_IN_RULE != 0 { return entries }
      unsafe meta += 1
    }
  }

  /// Names of the strings, and how far a match of the longest may reach.
  private static func strings(of compiled: UnsafeMutablePointer<YR_RULES>) -> ([StringEntry], Int) {
    var entries: [StringEntry] = []
    var reach = Margin.least
    // SAFETY: the table has as many strings as the rules tell, and parts of a chain lie in it.
    for index in 0..<Int(unsafe compiled.pointee.num_strings) {
      let string = unsafe compiled.pointee.strings_table + index
      unsafe entries.append(
        StringEntry(
          name: String(cString: string.pointee.identifier), rule: Int(string.pointee.rule_idx),
          isPrivate: string.pointee.flags & UInt32(STRING_FLAGS_PRIVATE) != 0))
      var length = 0
      var part: UnsafeMutablePointer<YR_STRING>? = unsafe string
      while let current = unsafe part, length < Margin.most {
        let isLiteral = unsafe current.pointee.flags & UInt32(STRING_FLAGS_LITERAL) != 0
        length += unsafe isLiteral ? 2 * Int(max(current.pointee.length, 0)) : Margin.least
        unsafe part = current.pointee.chained_to
        if unsafe part != nil { length += Int(max(unsafe current.pointee.chain_gap_max, 0)) }
      }
      reach = max(reach, length)
    }
    return (entries, min(reach, Margin.most))
  }

  private static func ignoresZeros(_ compiled: UnsafeMutablePointer<YR_RULES>, margin: Int) -> Bool {
    let zeros = [UInt8](repeating: 0, count: 2 * margin)
    // SAFETY: the array outlives the search, which is over when `withUnsafeBytes` returns.
    return unsafe zeros.withUnsafeBytes { bytes in
      guard let search = unsafe try? StringSearch(compiled, isMemory: true) else { return false }
      guard let outcome = unsafe try? search.matches(in: [Block(bytes: bytes, start: 0)], within: .seconds(10)) else { return false }
      return outcome.isEmpty
    }
  }
}
