/// What is left of a query when the rest is known.
///
///     let partial = try policy.partially("data.authz.allow == true", data: data, input: known, unknowns: ["input.user"])
///     for query in partial.queries { print(Formatter.text(query)) }
///
/// The query holds where one of `queries` does, evaluated with the rules of `support`, with the same base data and the whole input.
public struct PartialResult: Sendable {
  /// Empty where the query cannot hold; one query without expressions where it holds in any case. Values of the query's own variables stand
  /// in equations.
  public let queries: [Body]
  /// Rules that the queries ask for, below `data.partial`.
  public let support: [Module]
}

public struct PartialOptions: Sendable {
  /// References to what is not known, as "input", "input.user" or "data.roles".
  public var unknowns: [String]
  /// Paths of rules ("data.p.q") that are kept as rules.
  public var disableInlining: [String]
  /// Rules that depend on what is unknown are kept, every one.
  public var shallowInlining: Bool
  /// Functions such as time.now_ns are evaluated.
  public var nondeterministicBuiltins: Bool

  public init(
    unknowns: [String] = ["input"], disableInlining: [String] = [], shallowInlining: Bool = false, nondeterministicBuiltins: Bool = false
  ) {
    self.unknowns = unknowns
    self.disableInlining = disableInlining
    self.shallowInlining = shallowInlining
    self.nondeterministicBuiltins = nondeterministicBuiltins
  }
}

extension PartialEvaluation {
  /// The whole of a partial evaluation.
  func result(_ query: CheckRule) throws(RegoError) -> PartialResult {
    let renaming = renaming(of: query)
    let opened = opened(query, renaming)
    let written = query.variables.names.indices.filter { number in
      number > VariableTable.print && !query.variables.isGenerated(number) && !query.variables.isWildcard(number)
        && opened.body.expressions.contains { $0.surface.contains(renaming.variable(number)) }
    }
    let kept = written.map { renaming.variable($0) }
    let queries = try queries(opened.body, keeping: kept)
    try finishSupport()
    var seen: Set<String> = []
    let bodies = queries.compactMap { expressions -> Body? in
      var syntax = ResidualSyntax(variables, keeping: kept)
      guard seen.insert(expressions.map { CheckText(variables).expression($0) }.joined(separator: "\n")).inserted else { return nil }
      return syntax.body(expressions)
    }
    return PartialResult(queries: bodies, support: modules())
  }

  /// The rules that are kept, one module for each package.
  private func modules() -> [Module] {
    var packages: [[String]] = []
    for rule in support where !packages.contains(rule.package) { packages.append(rule.package) }
    return packages.map { package in
      let rules = support.filter { $0.package == package }.map { rule in
        var syntax = ResidualSyntax(variables, keeping: [])
        return syntax.rule(rule)
      }
      let path = [Term(.variable("data")), Term(.string(Self.namespace))] + package.map { Term(.string($0)) }
      return Module(
        file: "", package: path, packageLocation: .generated, packageAnnotations: [], imports: [], rules: rules, comments: [], version: .v1)
    }
  }
}
