/// Documents that a query needs, found without evaluating it (v1/dependencies/deps.go).
public struct Dependencies: Sendable {
  /// Documents that no rule gives, in order.
  public let base: [Reference]
  /// Documents of rules, in order.
  public let virtual: [Reference]

  /// A path as far as it is constant.
  public struct Reference: Sendable {
    let terms: [DependencyTerm]

    /// "data.roles"
    public var text: String {
      terms.reduce(into: "") { text, term in
        switch term {
        case .root(let name): text += name
        case .constant(.string(let name)): text += CheckText.part(name)
        case .constant(let constant): text += "[\(constant.text)]"
        case .open: text += "[_]"
        }
      }
    }

    /// Its terms in OPA's JSON form of syntax.
    public var json: RegoValue {
      .array(
        terms.map { term in
          let (type, value): (String, RegoValue) =
            switch term {
            case .root(let name): ("var", .string(name))
            case .constant(.string(let text)): ("string", .string(text))
            case .constant(.number(let number)): ("number", Int64(number.text).map { .integer($0) } ?? .number(number.text))
            case .constant(.boolean(let flag)): ("boolean", .boolean(flag))
            case .constant, .open: ("null", .object([]))
            }
          return .object([.init(.string("type"), .string(type)), .init(.string("value"), value)])
        })
    }
  }
}

/// A part of a reference: the root, a constant, or anything else.
enum DependencyTerm: Hashable, Comparable {
  case root(String)
  case constant(Constant)
  /// A variable of the rule, or a term that has to be evaluated; by its number.
  case open(Int)

  static func < (a: DependencyTerm, b: DependencyTerm) -> Bool {
    switch (a, b) {
    case (.root(let x), .root(let y)): x < y
    case (.constant(let x), .constant(let y)): x < y
    case (.open(let x), .open(let y)): x < y
    case (.root, _): true
    case (_, .root): false
    case (.open, _): false
    case (_, .open): true
    }
  }
}

/// Follows references from a query through the rules.
struct DependencyWalk {
  private typealias Reference = [DependencyTerm]

  private let tree: CheckRuleTree
  private var visited: Set<ObjectIdentifier> = []
  private var base: Set<[DependencyTerm]> = []
  private var virtual: Set<[DependencyTerm]> = []

  static func run(_ query: CheckRule, _ tree: CheckRuleTree) -> Dependencies {
    var walk = DependencyWalk(tree: tree)
    walk.follow(query, isQuery: true)
    func sorted(_ references: Set<[DependencyTerm]>) -> [Dependencies.Reference] {
      references.sorted { $0.lexicographicallyPrecedes($1) }.map { Dependencies.Reference(terms: $0) }
    }
    return Dependencies(base: sorted(walk.base), virtual: sorted(walk.virtual))
  }

  private init(tree: CheckRuleTree) { self.tree = tree }

  private mutating func follow(_ rule: CheckRule, isQuery: Bool = false) {
    for branch in rule.branches {
      for reference in Self.minimal(RuleReferences(branch, isQuery: isQuery).resolved) {
        let path = reference.prefix { if case .open = $0 { false } else { true } }
        let rules = rules(at: Array(path))
        if rules.isEmpty { base.insert(Array(path)) }
        for rule in rules where visited.insert(ObjectIdentifier(rule)).inserted {
          virtual.insert([.root("data")] + rule.groundPath.map { .constant($0) })
          follow(rule)
        }
      }
    }
  }

  /// Of references one of which is the beginning of the next only the shorter.
  private static func minimal(_ references: [Reference]) -> [Reference] {
    var result: [Reference] = []
    for reference in Set(references).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      if let last = result.last, reference.starts(with: last) { continue }
      result.append(reference)
    }
    return result
  }

  /// Rules on the way to a path or, where there are none, at and below it.
  private func rules(at path: Reference) -> [CheckRule] {
    guard path.first == .root("data") else { return [] }
    var node = tree
    for term in path.dropFirst() {
      guard case .constant(let key) = term, let child = node.children[key] else { return [] }
      if !child.rules.isEmpty { return child.rules }
      node = child
    }
    var found: [CheckRule] = []
    node.walk { node in
      found += node.rules
      return false
    }
    return found
  }
}

/// References of one rule, with those that a variable stands for put in its place.
private struct RuleReferences {
  private(set) var resolved: [[DependencyTerm]] = []
  /// What a variable is equated with, resolved as far as that is known.
  private var joined: [Int: Set<[DependencyTerm]>] = [:]
  private static let most = 10_000

  init(_ rule: CheckRule, isQuery: Bool) {
    var equated: [Int: [[CheckTerm]]] = [:]
    var others: [CheckExpression] = []
    for variable in rule.body.variables().members { equated[variable] = [] }
    for expression in rule.body.expressions {
      if let sides = expression.call(of: VariableTable.unify), sides.count == 3, let pair = Self.pair(sides[1], sides[2]) {
        equated[pair.variable, default: []].append(pair.path)
      } else {
        others.append(expression)
      }
    }
    join(equated)
    var heads = VariableSet()
    if isQuery {
      heads = VariableSet(rule.body.variables().members.filter { !rule.variables.isWildcard($0) })
    } else {
      for term in rule.suffix + rule.headTerms { term.collectVariables(into: &heads) }
    }
    var used = VariableSet()
    for expression in others {
      walk(expression)
      expression.collectVariables(.referenceHeads, into: &used)
    }
    for expression in rule.body.expressions {
      expression.walkTerms { term in
        if case .reference(let path) = term.kind {
          for part in path.dropFirst() { if case .variable(let variable) = part.kind { used.insert(variable) } }
        }
        return false
      }
    }
    for (variable, paths) in equated {
      let count = joined[variable]?.count ?? 0
      if heads.contains(variable) || count > 1 || used.contains(variable) { resolved += joined[variable] ?? [] }
      // What stands in the brackets is needed in any case.
      for path in paths { for part in path.dropFirst() { walk(part) } }
    }
  }

  private static func pair(_ a: CheckTerm, _ b: CheckTerm) -> (variable: Int, path: [CheckTerm])? {
    switch (a.kind, b.kind) {
    case (.variable(let variable), .reference(let path)), (.reference(let path), .variable(let variable)): (variable, path)
    default: nil
    }
  }

  private mutating func join(_ equated: [Int: [[CheckTerm]]]) {
    var isDone = false
    while !isDone {
      isDone = true
      for (variable, paths) in equated {
        for path in paths {
          for reference in expand(path) where joined.count < Self.most && (joined[variable]?.count ?? 0) < Self.most {
            // A path that grows with each turn (x = x.a) is cut.
            if reference.count < 100, joined[variable, default: []].insert(reference).inserted { isDone = false }
          }
        }
      }
    }
  }

  private func expand(_ path: [CheckTerm]) -> [[DependencyTerm]] {
    let rest = path.dropFirst().map { part -> DependencyTerm in
      if case .variable(let variable) = part.kind { return .open(variable) }
      return part.constant.map { .constant($0) } ?? .open(-1)
    }
    guard case .variable(let head) = path[0].kind else { return [] }
    switch head {
    case VariableTable.data: return [[.root("data")] + rest]
    case VariableTable.input: return [[.root("input")] + rest]
    default: return (joined[head] ?? []).map { $0 + rest }
    }
  }

  private mutating func walk(_ expression: CheckExpression) {
    var found: [[CheckTerm]] = []
    expression.walkTerms { term in
      if case .reference(let path) = term.kind { found.append(path) }
      return false
    }
    for path in found { resolved += expand(path) }
  }

  private mutating func walk(_ term: CheckTerm) {
    var found: [[CheckTerm]] = []
    term.walk { term in
      if case .reference(let path) = term.kind { found.append(path) }
      return false
    }
    for path in found { resolved += expand(path) }
  }
}
