/// Evaluates what can be evaluated of a query and leaves the rest as queries and rules (v1/topdown/eval.go and save.go).
///
/// Variables of every body live in one table. A variable may be bound to a term that is itself unknown, which then stands in its place:
/// what OPA reaches by propagating copies afterwards. Each way through the rules that may hold gives one residual query.
final class PartialEvaluation {
  typealias Next = () throws(RegoError) -> Void

  struct Options {
    /// Paths below `input` and `data`; the head first.
    var unknowns: [[CheckTerm]]
    /// Paths of rules that are kept as rules.
    var kept: [[String]] = []
    /// Rules that only depend on what is known are evaluated, every other is kept.
    var isShallow = false
    /// Functions such as time.now_ns are called.
    var callsNondeterministic = false
  }

  let contents: TracedPolicy.Contents
  let known: TopDown
  let options: Options
  let variables = VariableTable()
  var bindings: [Int: CheckTerm] = [:]
  /// What is left so far on this way, not yet plugged.
  var saved: [Saved] = []
  /// Rules that are kept, by their path below data without the namespace.
  var support: [SupportRule] = []
  var supported: Set<String> = []
  /// Rules that are to be kept and were not looked at yet.
  var pending: [CheckRule] = []
  /// Whether what a place holds depends on what is unknown.
  var dependence: [ObjectIdentifier: Bool] = [:]
  /// Variables that stand in expressions outside of closures: those of the bodies that are being evaluated.
  var outer: Set<Int> = []
  private var negations = 0

  struct Saved {
    let expression: CheckExpression
    /// Says only that a reference is defined: left out where another expression says so.
    var isMarker = false
  }

  struct SupportRule {
    let package: [String]
    let name: String
    let suffix: [CheckTerm]
    let arguments: [CheckTerm]
    let key: CheckTerm?
    let value: CheckTerm?
    let body: [CheckExpression]
    let isDefault: Bool
    /// Branches of an `else` chain behind this one, with their values.
    var elses: [(value: CheckTerm?, body: [CheckExpression])] = []
    let isFunction: Bool
  }

  init(_ contents: TracedPolicy.Contents, known: TopDown, options: Options) {
    self.contents = contents
    self.known = known
    self.options = options
  }

  // MARK: - Queries

  /// The residual queries of a body: one for each way through it. Empty where it cannot hold; one without expressions where it always does.
  ///
  /// - Parameter kept: variables whose values the queries have to tell.
  func queries(_ body: CheckBody, keeping kept: [Int] = []) throws(RegoError) -> [[CheckExpression]] {
    var result: [[CheckExpression]] = []
    let outer = saved
    saved = []
    defer { saved = outer }
    try evaluate(body.expressions[...]) { () throws(RegoError) in result.append(self.residue(keeping: kept)) }
    return result
  }

  func evaluate(_ expressions: ArraySlice<CheckExpression>, _ next: @escaping Next) throws(RegoError) {
    guard let expression = expressions.first else { return try next() }
    try known.spend(at: expression.location)
    try step(expression) { () throws(RegoError) in try self.evaluate(expressions.dropFirst(), next) }
  }

  private func step(_ expression: CheckExpression, _ next: @escaping Next) throws(RegoError) {
    if !expression.with.isEmpty || isClosure(expression) { return try whole(expression, next) }
    if expression.isNegated { return try negated(expression, next) }
    switch expression.kind {
    case .call(let terms):
      if expression.call(of: VariableTable.unify) != nil, terms.count == 3 { return try unify(terms[1], terms[2], next) }
      try call(terms, expression, next)
    case .term(let term):
      try values(of: term, wanted: nil) { (value) throws(RegoError) in
        if value.isConstant {
          if case .boolean(false) = value.kind { return }
          return try next()
        }
        try self.save(expression.with(.term(value), isNegated: false, changes: []), next)
      }
    case .some, .someIn: try next()
    case .every, .logical: try whole(expression, next)
    }
  }

  private func isClosure(_ expression: CheckExpression) -> Bool {
    switch expression.kind {
    case .every, .logical: true
    default: false
    }
  }

  /// An expression with changes or bodies of its own is evaluated as it is, or left as it is.
  private func whole(_ expression: CheckExpression, _ next: @escaping Next) throws(RegoError) {
    let plugged = plugged(expression)
    var free: Set<Int> = []
    outerVariables(of: plugged, &free)
    if free.isEmpty || !expression.isNegated && !isClosure(expression), !depends(plugged) {
      return try concretely([plugged], Array(free), next)
    }
    try save(plugged, next)
  }

  /// Variables that an expression shares with what is around it: closures have others, of which nobody else knows.
  private func outerVariables(of expression: CheckExpression, _ found: inout Set<Int>) {
    var all: Set<Int> = []
    expression.collectVariables(&all)
    found = all.filter { outer.contains($0) || bindings[$0] != nil }
  }

  /// Evaluates expressions in which nothing is unknown; variables that they bind are bound here too.
  func concretely(_ expressions: [CheckExpression], _ free: [Int], _ next: @escaping Next) throws(RegoError) {
    var solutions: [[(Int, CheckTerm)]] = []
    try known.solutions(CheckBody(expressions), variables) { (values) in
      solutions.append(free.compactMap { variable in values(variable).map { (variable, self.contents.term($0)) } })
    }
    for solution in solutions { try bind(solution[...], next) }
  }

  private func bind(_ pairs: ArraySlice<(Int, CheckTerm)>, _ next: @escaping Next) throws(RegoError) {
    guard let (variable, term) = pairs.first else { return try next() }
    try match(CheckTerm(.variable(variable), term.location), term) { () throws(RegoError) in try self.bind(pairs.dropFirst(), next) }
  }

  func save(_ expression: CheckExpression, isMarker: Bool = false, _ next: Next) throws(RegoError) {
    saved.append(Saved(expression: expression, isMarker: isMarker))
    defer { saved.removeLast() }
    try next()
  }

  // MARK: - Negation

  private func negated(_ expression: CheckExpression, _ next: @escaping Next) throws(RegoError) {
    let positive = expression.with(expression.kind, isNegated: false, changes: [])
    let ways = try queries(CheckBody([positive]))
    if ways.isEmpty { return try next() }
    if ways.contains(where: \.isEmpty) { return }
    var free: Set<Int> = []
    for way in ways { for item in way { item.collectVariables(&free) } }
    let own = free.filter { !outer.contains($0) }
    let combinations = ways.reduce(1) { min($0 * $1.count, 1_000) }
    if own.isEmpty, combinations <= 16, ways.allSatisfy({ $0.allSatisfy { $0.with.isEmpty && !isClosure($0) } }) {
      return try negated(ways[...], next)
    }
    negations += 1
    let name = "__not\(negations)__"
    let parameters = free.filter { outer.contains($0) }.sorted().map { CheckTerm(.variable($0), expression.location) }
    for way in ways {
      support.append(
        SupportRule(
          package: [], name: name, suffix: [], arguments: parameters, key: nil, value: CheckTerm(.boolean(true), .generated), body: way,
          isDefault: false, isFunction: !parameters.isEmpty))
    }
    let reference = CheckTerm(.reference(Self.documentPath(["partial", name])), expression.location)
    let kind: CheckExpression.Kind = parameters.isEmpty ? .term(reference) : .call([reference] + parameters)
    try save(CheckExpression(kind, isNegated: true, location: expression.location), next)
  }

  /// Not (A or B) is not A and not B, and a way does not hold where one of its expressions does not.
  private func negated(_ ways: ArraySlice<[CheckExpression]>, _ next: @escaping Next) throws(RegoError) {
    guard let way = ways.first else { return try next() }
    for item in way {
      let complement = item.with(item.kind, isNegated: !item.isNegated, changes: [])
      try save(complement) { () throws(RegoError) in try self.negated(ways.dropFirst(), next) }
    }
  }

  static func documentPath(_ names: [String]) -> [CheckTerm] {
    [CheckTerm(.variable(VariableTable.data), .generated)] + names.map { CheckTerm(.string($0), .generated) }
  }
}
