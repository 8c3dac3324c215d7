/// What a part of the search tells those that called it: whether to look for more (v1/topdown/eval.go, earlyExitError).
indirect enum Flow {
  case more
  /// The query that was asked needs one solution, and has it. What its own caller was told stands inside.
  case found(Flow)
  /// A query further out has what it needs; this one goes on with its other rules.
  case deferred(Flow)

  var isMore: Bool { if case .more = self { true } else { false } }

  /// What remains for the caller of a rule.
  var suppressed: Flow {
    switch self {
    case .more: .more
    case .found(let previous), .deferred(let previous): previous
    }
  }
}

/// Variables of one evaluation of a body.
final class Bindings {
  enum Bound {
    case value(Value)
    /// A pattern with variables that are not bound yet, or another variable.
    case term(CheckTerm)
  }

  let variables: VariableTable
  private var bound: [Bound?]
  /// In the order of binding, with the places of the terms that were bound.
  private(set) var order: [(variable: Int, location: Location)] = []

  init(_ variables: VariableTable) {
    self.variables = variables
    bound = Array(repeating: nil, count: variables.count)
  }

  subscript(variable: Int) -> Bound? { bound[variable] }

  func bind(_ variable: Int, _ value: Bound, at location: Location) {
    bound[variable] = value
    order.append((variable, location))
  }

  func unbind(_ variable: Int) {
    bound[variable] = nil
    if let index = order.lastIndex(where: { $0.variable == variable }) {
      order[index] = order[order.count - 1]
      order.removeLast()
    }
  }
}

/// One body that is being evaluated.
final class Search {
  let body: CheckBody
  let bindings: Bindings
  let module: Int
  let id: Int
  let parent: Search?
  /// One solution is enough.
  let needsOne: Bool
  /// The rule that the body belongs to, also from inside a closure; nil for the query's.
  let rule: CheckRule?
  var index = 0

  init(
    _ body: CheckBody, _ bindings: Bindings, module: Int, id: Int, parent: Search?, needsOne: Bool = false, rule: CheckRule? = nil
  ) {
    self.rule = rule
    self.body = body
    self.bindings = bindings
    self.module = module
    self.id = id
    self.parent = parent
    self.needsOne = needsOne
  }

  var expression: CheckExpression { body.expressions[index] }
}
