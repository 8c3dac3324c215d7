/// Modules rewritten for what is asked of them (`opa build --optimize`; v1/compile/compile.go): base data are known, so that for each entry
/// point only what depends on the input is left.
public struct PolicyOptimization {
  /// A module and its text.
  public struct Source: Sendable {
    /// Path of its file in a bundle.
    public var name: String
    public var module: Module
    public var text: [UInt8]
    /// Made here; other modules are given ones, of which rules may be missing.
    public internal(set) var isMade = false

    public init(name: String, module: Module, text: [UInt8]) {
      self.name = name
      self.module = module
      self.text = text
    }
  }

  /// Rules are left where they stand, and only those without the input are evaluated; otherwise rules are put into each other.
  public var isShallow = true
  /// Places below data, names joined by "/", that the data fill: what lies elsewhere is not known. "" is all of data.
  public var roots = [""]
  /// The package that rules for negations are written to.
  public var namespace = "partial"
  public var options = Policy.Options()
  /// Texts that are made or cut are read with these, in the version of their modules.
  public var parserOptions = Parser.Options()

  public init() {}

  /// - Parameter entryPoints: paths of rules below data: "example/allow". Later ones see what the former became.
  /// - Returns: modules that give the same answers at the entry points, in the order of their names.
  /// - Throws: errors of the modules and of their evaluation; `rego_compile_error` for an entry point that is undefined whatever the input
  ///   is, or names no rule in a package.
  public func run(_ sources: [Source], data: Document, entryPoints: [String]) throws(RegoErrors) -> [Source] {
    var sources = sources, used: [String: Int] = [:]
    for (number, name) in entryPoints.enumerated() {
      let path = name.split(separator: "/").map(String.init)
      let text = Self.text(path)
      guard path.count > 1 else {
        throw RegoErrors(RegoError(.compile, "invalid entrypoint \(text): an entry point names a package and a rule in it"))
      }
      let policy = try TracedPolicy(sources.map(\.module), data: data, options: options)
      let targets = policy.modifierTargets
      var partial = PartialOptions(
        unknowns: ["input"] + targets + (try elsewhere(policy, text)), disableInlining: targets, shallowInlining: isShallow)
      partial.namespace = namespace
      partial.isMoved = false
      partial.label = "\(number + 1)_"
      let rest = try policy.partially("__result__ = \(text)", partial: partial)
      if rest.queries.isEmpty { throw RegoErrors(RegoError(.compile, "undefined entrypoint \(text)")) }
      var made = rest.support, places = rest.kept
      // What stands above the entry point, and functions below it, cannot be put into a rule of its own.
      let isAlone = sources.allSatisfy { source in
        source.module.rules.allSatisfy { rule in
          let place = Self.path(of: rule, in: source.module)
          return !Self.isAbove(place, path) && (rule.head.arguments == nil || !Self.isAbove(path, place))
        }
      }
      if isAlone, let module = entryModule(rest.queries, path) {
        made.append(module)
        places.append(PartialResult.Place(path: path, isDeep: true))
      }
      let before = sources
      for index in sources.indices { sources[index] = try without(places, sources[index]) }
      sources.removeAll { $0.module.rules.isEmpty }
      for module in made {
        let package = Compiler.path(module)
        let folder = (["optimized"] + package).joined(separator: "/")
        let count = used[folder, default: 0]
        used[folder] = count + 1
        let name = folder + (count > 0 ? ".\(count)" : "") + ".rego"
        sources.append(try self.made(module, name))
      }
      // What is left may be plainly false, which the checks of types refuse; such an entry point stays as it was.
      if (try? TracedPolicy(sources.map(\.module), data: data, options: options)) == nil { sources = before }
    }
    return sources.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  /// Base documents outside of the roots, which are not known.
  private func elsewhere(_ policy: TracedPolicy, _ entryPoint: String) throws(RegoErrors) -> [String] {
    if roots.contains("") { return [] }
    let known = roots.map { Self.text($0.split(separator: "/").map(String.init)) }
    return try policy.dependencies(of: entryPoint).base.map(\.text).filter { place in
      place.hasPrefix("data") && !known.contains { place == $0 || place.hasPrefix($0 + ".") || place.hasPrefix($0 + "[") }
    }
  }

  /// The entry point's own rules: one for each query. Nil where a query asks for the entry point itself.
  private func entryModule(_ queries: [Body], _ path: [String]) -> Module? {
    let name = path[path.count - 1], asked = Self.text(path)
    guard TermSpelling.isName(name) else { return nil }
    var rules: [Rule] = []
    for query in queries {
      let text = SyntaxText.body(query)
      if Self.mentions(text, asked) { return nil }
      var body = query
      var value = Term(.variable("__result__"))
      if let last = query.last, case .term(let term) = last.kind, last.with.isEmpty, !last.isNegated, case .call(_, let sides) = term.node,
        sides.count == 2, term.infixName == "eq", case .variable("__result__") = sides[0].node,
        !Self.mentions(SyntaxText.body(Array(query.dropLast())), "__result__")
      {
        body.removeLast()
        value = sides[1]
      }
      rules.append(
        Rule(
          head: Head(
            reference: [Term(.variable(name))], arguments: nil, key: nil, value: value, isAssignment: true, location: .generated),
          body: body,
          location: .generated))
    }
    return Module(
      file: "", package: [Term(.variable("data"))] + path.dropLast().map { Term(.string($0)) }, packageLocation: .generated,
      packageAnnotations: [], imports: [], rules: rules, comments: [], version: .v1)
  }

  /// Whether a text holds a name that does not go on before or behind it.
  private static func mentions(_ text: String, _ name: String) -> Bool {
    func isInner(_ byte: UInt8) -> Bool { byte == 0x5F || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte >= 0x30 && byte <= 0x39 }
    let text = Array(text.utf8), name = Array(name.utf8)
    guard text.count >= name.count else { return false }
    return (0...text.count - name.count).contains { start in
      text[start..<start + name.count].elementsEqual(name) && (start == 0 || !isInner(text[start - 1]))
        && (start + name.count == text.count || !isInner(text[start + name.count]))
    }
  }

  private static func text(_ path: [String]) -> String {
    "data" + path.map { TermSpelling.isName($0) ? ".\($0)" : "[\(TermSpelling.quoted($0))]" }.joined()
  }

  // MARK: - Modules

  private func reading(_ version: LanguageVersion) -> Parser.Options {
    var options = parserOptions
    options.version = version
    return options
  }

  private func made(_ module: Module, _ name: String) throws(RegoErrors) -> Source {
    let text = Array(SyntaxText.module(module).utf8)
    var source = Source(name: name, module: try Parser.module(text, file: name, options: reading(.v1)), text: text)
    source.isMade = true
    return source
  }

  /// Constant path of a rule below data.
  private static func path(of rule: Rule, in module: Module) -> [String] {
    var path = Compiler.path(module)
    for (index, part) in rule.head.reference.enumerated() {
      switch part.node {
      case .variable(let name) where index == 0: path.append(name)
      case .string(let name): path.append(name)
      default: return path
      }
    }
    return path
  }

  private static func isAbove(_ place: [String], _ path: [String]) -> Bool {
    place.count < path.count && zip(place, path).allSatisfy { $0 == $1 }
  }

  /// The module without the rules at some places.
  private func without(_ places: [PartialResult.Place], _ source: Source) throws(RegoErrors) -> Source {
    let module = source.module
    let isKept = module.rules.map { rule in
      let path = Self.path(of: rule, in: module)
      return !places.contains { $0.path == path || $0.isDeep && Self.isAbove($0.path, path) }
    }
    if isKept.allSatisfy(\.self) { return source }
    var result = source
    result.module.rules = zip(module.rules, isKept).filter(\.1).map(\.0)
    if result.module.rules.isEmpty { return result }
    if source.isMade { return try made(result.module, source.name) }
    var text = source.text
    for (rule, isKept) in zip(module.rules, isKept).reversed() where !isKept {
      let starts = [rule.location.offset] + rule.annotations.map(\.location.offset)
      let ends = [rule.location.end, rule.body.last?.location.end ?? 0] + rule.elses.map(\.location.end)
      let range = Int(starts.min() ?? 0)..<min(Int(ends.max() ?? 0), text.count)
      text.removeSubrange(range)
    }
    // What cannot be cut out of the text is written anew, without its comments.
    if let read = try? Parser.module(text, file: module.file, options: reading(module.version)),
      read.rules.count == result.module.rules.count
    {
      result.module = read
      result.text = text
    } else {
      result.text = Array(SyntaxText.module(result.module).utf8)
      result.module = try Parser.module(result.text, file: module.file, options: reading(.v1))
    }
    return result
  }
}

extension TracedPolicy {
  /// Documents and functions other than the input that some `with` replaces, as text.
  fileprivate var modifierTargets: [String] {
    var found: Set<String> = []
    func visit(_ expression: CheckExpression, _ names: VariableTable) {
      for modifier in expression.with {
        if case .reference(let path) = modifier.target.kind, case .variable(VariableTable.data) = path[0].kind {
          found.insert(CheckText(names).reference(path))
        }
      }
      switch expression.kind {
      case .every(let every): for inner in every.body.expressions { visit(inner, names) }
      case .logical(let bodies): for body in bodies { for inner in body.expressions { visit(inner, names) } }
      default: break
      }
      expression.walkTerms { term in
        switch term.kind {
        case .comprehension(let held): for inner in held.body.expressions { visit(inner, names) }
        case .template(let parts): for case .expression(let inner) in parts { visit(inner, names) }
        default: break
        }
        return false
      }
    }
    checks.tree.walk { node in
      for rule in node.rules {
        for branch in rule.branches { for expression in branch.body.expressions { visit(expression, branch.variables) } }
      }
      return false
    }
    return found.sorted()
  }
}
