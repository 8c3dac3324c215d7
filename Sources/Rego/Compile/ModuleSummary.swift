/// What modules that are compiled together say of themselves and need, as `opa inspect` lists it.
public struct ModuleSummary: Sendable {
  /// A METADATA block, and what it stands at.
  public struct Block: Sendable {
    /// Below data, down to a rule's first variable.
    public let path: [String]
    public let package: [String]
    public let isOfPackage: Bool
    public let file: String
    /// Of the package or rule.
    public let location: Location
    /// The fields in OPA's form, by name.
    public let fields: RegoValue
    fileprivate let order: Int32
    fileprivate let isEntryPoint: Bool
  }

  /// Paths below data of the packages and rules whose blocks call them entry points.
  public var entryPoints: [[String]] { blocks.filter(\.isEntryPoint).map(\.path) }

  /// The package of each module, as a reference from data on.
  public private(set) var packages: [String] = []
  /// By path, then by place.
  public private(set) var blocks: [Block] = []
  /// Names of the built-in functions that are called.
  public private(set) var builtins: Set<String> = []
  /// Features of the language that are used, sorted.
  public private(set) var features: [String] = []
  private var keywords: Set<String> = []

  public init(_ modules: [Module]) {
    var features: Set<String> = []
    for module in modules {
      let package = Compiler.path(module)
      packages.append(Term(.reference(module.package)).sourceText)
      for block in module.packageAnnotations { add(block, package, package, true, module.file, module.packageLocation) }
      for rule in module.rules {
        for block in rule.annotations { add(block, package + RuleMetadata.path(rule.head), package, false, module.file, rule.location) }
      }
      for item in module.imports { add(item, of: module.version, &features) }
      if module.version == .v1 {
        features.insert("rego_v1")
      } else {
        for rule in module.rules where rule.head.reference.count >= 3 {
          let isConstant = RuleMetadata.path(rule.head).count == rule.head.reference.count
          features.insert(isConstant ? "rule_head_ref_string_prefixes" : "rule_head_refs")
        }
      }
      var calls = CalledFunctions()
      DeepStack.result { for rule in module.rules { calls.visit(rule) } }
      let own = Set(module.rules.map { RuleMetadata.path($0.head).joined(separator: ".") })
      builtins.formUnion(calls.names.subtracting(own))
    }
    self.features = features.sorted()
    blocks.sort { a, b in
      if a.path != b.path { return a.path.lexicographicallyPrecedes(b.path) { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
      return (a.file, a.order) < (b.file, b.order)
    }
  }

  private mutating func add(
    _ block: Annotation, _ path: [String], _ package: [String], _ isOfPackage: Bool, _ file: String, _ location: Location
  ) {
    let members = block.members(pathsAsTerms: true).map { RegoValue.Member(.string($0.key), $0.value.regoValue) }
    blocks.append(
      Block(
        path: path, package: package, isOfPackage: isOfPackage, file: file, location: location, fields: .object(members),
        order: block.location.offset, isEntryPoint: block.isEntrypoint))
  }

  private mutating func add(_ item: Import, of version: LanguageVersion, _ features: inout Set<String>) {
    guard case .reference(let terms) = item.path.node else { return }
    let path = terms.map { $0.stringValue ?? $0.sourceText }
    if path == ["rego", "v1"], version == .v0 { features.insert("rego_v1_import") }
    guard path.starts(with: ["future", "keywords"]) else { return }
    if path.count == 3 { keywords.insert(path[2]) }
    if path.count == 2 { keywords.formUnion(version == .v1 ? ["not"] : ["contains", "every", "if", "in", "not"]) }
  }

  /// What an engine must offer to these modules, in the form of `opa capabilities`.
  ///
  /// - Parameter functions: those that are offered besides the engine's own.
  public func capabilities(with functions: [BuiltinFunction] = []) -> RegoValue {
    var members: [RegoValue.Member] = []
    if case .array(let all)? = Capabilities.json(with: functions)["builtins"] {
      let used = all.filter { if case .string(let name)? = $0["name"] { builtins.contains(name) } else { false } }
      if !used.isEmpty { members.append(.init(.string("builtins"), .array(used))) }
    }
    if !keywords.isEmpty { members.append(.init(.string("future_keywords"), .array(keywords.sorted().map { .string($0) }))) }
    if !features.isEmpty { members.append(.init(.string("features"), .array(features.map { .string($0) }))) }
    return .object(members)
  }
}

extension Metadata {
  fileprivate var regoValue: RegoValue {
    switch self {
    case .null: .null
    case .boolean(let flag): .boolean(flag)
    case .number(let text): Int64(text).map { .integer($0) } ?? .number(text)
    case .string(let text): .string(text)
    case .array(let items): .array(items.map(\.regoValue))
    case .object(let members): .object(members.map { .init(.string($0.key), $0.value.regoValue) })
    }
  }
}

/// Names of the functions that rules call, `eq` included where the compiler writes one: it names what `:=`, `==`, `some .. in`, and
/// references that stand as operands give, by a unification.
private struct CalledFunctions {
  var names: Set<String> = []

  mutating func visit(_ rule: Rule) {
    for term in rule.head.reference.dropFirst() { visit(term) }
    for term in rule.head.arguments ?? [] { visit(term) }
    for term in [rule.head.key, rule.head.value] {
      guard let term else { continue }
      named(term)
      visit(term)
    }
    visit(rule.body)
    for branch in rule.elses {
      if let value = branch.value {
        named(value)
        visit(value)
      }
      visit(branch.body)
    }
  }

  private mutating func visit(_ body: Body) {
    for expression in body {
      switch expression.kind {
      case .term(let term): visit(term)
      case .someVariables: break
      case .someIn(let key, let value, let collection):
        names.insert("eq")
        for term in [key, value, collection] { if let term { visit(term) } }
      case .every(let key, let value, let domain, let body):
        names.insert("eq")
        for term in [key, value, domain] { if let term { visit(term) } }
        visit(body)
      case .notBody(let body): visit(body)
      case .and(let bodies), .or(let bodies): for body in bodies { visit(body) }
      }
      for modifier in expression.with {
        named(modifier.value)
        visit(modifier.value)
      }
    }
  }

  /// A term that the compiler gives a variable of its own.
  private mutating func named(_ term: Term) {
    switch term.node {
    case .reference, .call, .arrayComprehension, .setComprehension, .objectComprehension, .template: names.insert("eq")
    default: break
    }
  }

  private mutating func visit(_ term: Term) {
    switch term.node {
    case .null, .boolean, .number, .string, .variable: break
    case .reference(let terms): for term in terms { visit(term) }
    case .call(let function, let operands):
      let name: String
      switch function.node {
      case .variable(let text): name = text
      case .reference(let terms): name = terms.map { $0.stringValue ?? $0.sourceText }.joined(separator: ".")
      default: name = ""
      }
      names.insert(name)
      if name == "assign" || name == "equal" { names.insert("eq") }
      for operand in operands {
        if case .call = operand.node {} else { named(operand) }
        visit(operand)
      }
    case .array(let terms), .set(let terms): for term in terms { visit(term) }
    case .object(let items):
      for item in items {
        visit(item.key)
        visit(item.value)
      }
    case .arrayComprehension(let term, let body), .setComprehension(let term, let body):
      visit(term)
      visit(body)
    case .objectComprehension(let key, let value, let body):
      visit(key)
      visit(value)
      visit(body)
    case .template(let parts):
      for part in parts { if case .expression(let expression) = part { visit([expression]) } }
    }
  }
}
