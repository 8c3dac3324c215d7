/// The METADATA blocks of modules that are compiled together, as `rego.metadata.chain` and `rego.metadata.rule` see them
/// (v1/ast/annotations.go).
struct RuleMetadata {
  /// Blocks of scope package, by the package's path.
  private var packages: [[String]: Annotation] = [:]
  /// Blocks of scope document and subpackages, by their path. The two share it, as in OPA.
  private var paths: [[String]: Annotation] = [:]

  init(_ modules: [Module]) {
    for module in modules {
      let package = Compiler.path(module)
      for block in module.packageAnnotations {
        if block.scope == .subpackages { paths[package] = block } else { packages[package] = block }
      }
      for rule in module.rules {
        for block in rule.annotations where block.scope == .document { paths[package + Self.path(rule.head)] = block }
      }
    }
  }

  /// The names of a rule's reference up to its first variable.
  static func path(_ head: Head) -> [String] {
    var result: [String] = []
    for (index, term) in head.reference.enumerated() {
      switch term.node {
      case .variable(let name) where index == 0: result.append(name)
      case .string(let name): result.append(name)
      case .null, .boolean, .number: result.append(term.sourceText)
      default: return result
      }
    }
    return result
  }

  /// Blocks of the rule alone, the nearest one first. An `else` has none.
  private static func own(_ rule: Rule, isElse: Bool) -> [Annotation] {
    isElse ? [] : rule.annotations.filter { $0.scope == .rule }.sorted { $0.location.offset > $1.location.offset }
  }

  /// What `rego.metadata.rule()` returns in a rule: the nearest block of its own, or an empty object.
  func rule(_ rule: Rule, isElse: Bool, in heap: Heap) -> Value {
    Self.own(rule, isElse: isElse).first.map { Self.value($0, in: heap) } ?? .object([], in: heap)
  }

  /// What `rego.metadata.chain()` returns in a rule: an entry for the rule itself, and for each block of its document, its package and the
  /// packages above.
  func chain(_ rule: Rule, package: [String], isElse: Bool, in heap: Heap) -> Value {
    let path = package + Self.path(rule.head)
    var entries: [(path: [String], annotation: Annotation?)] = Self.own(rule, isElse: isElse).map { (path, $0) }
    if entries.isEmpty { entries.append((path, nil)) }
    if let document = paths[path] { entries.append((path, document)) }
    if let block = packages[package] { entries.append((package, block)) }
    for count in stride(from: package.count, through: 1, by: -1) {
      let above = Array(package.prefix(count))
      if let block = paths[above] { entries.append((above, block)) }
    }
    return .array(
      entries.map { path, annotation in
        var members = [(Value.short("path"), Value.array(path.map { .string($0, in: heap) }, in: heap))]
        if let annotation { members.append((.short("annotations"), Self.value(annotation, in: heap))) }
        return .object(members, in: heap)
      }, in: heap)
  }

  private static func value(_ annotation: Annotation, in heap: Heap) -> Value {
    .object(annotation.members(pathsAsTerms: false).map { (.string($0.key, in: heap), $0.value.value(in: heap)) }, in: heap)
  }
}

extension Metadata {
  func value(in heap: Heap) -> Value {
    switch self {
    case .null: .null
    case .boolean(let flag): .boolean(flag)
    case .number(let text): Numbers.parse(Array(text.utf8), in: heap)
    case .string(let text): .string(text, in: heap)
    case .array(let items): .array(items.map { $0.value(in: heap) }, in: heap)
    case .object(let members): .object(members.map { (.string($0.key, in: heap), $0.value.value(in: heap)) }, in: heap)
    }
  }
}
