/// Puts the statements of each body in an order in which every variable is bound before it is needed, and reports those that nothing binds.
///
/// The rules are OPA's (v1/ast/compile.go, reorderBodyForSafety and reorderBodyForClosures): the written order is kept where it works.
struct Safety {
  let names: [String]
  let file: String
  private(set) var errors: [RegoError] = []

  init(names: [String], file: String) {
    self.names = names
    self.file = file
  }

  /// Orders a rule. Variables of the parameters are bound from the start.
  mutating func check(_ rule: ResolvedRule) {
    var bound: Set<Int> = []
    for parameter in rule.parameters ?? [] { parameter.collectVariables(closures: false, into: &bound) }
    for (index, branch) in rule.branches.enumerated() {
      var after = order(branch.body, bound: bound)
      var heads: [ResolvedTerm] = []
      if index == 0 { heads = rule.suffix + (rule.key.map { [$0] } ?? []) }
      if let value = branch.value { heads.append(value) }
      for head in heads {
        // A reference in the head may bind variables of its own: p[x] := data.a[i] holds for each i.
        after.formUnion(termOutputs(head, after))
      }
      leaveUndefined(branch.body, heads, &after)
      for head in heads { checkHead(head, after, branch.location) }
    }
  }

  /// A variable with a name that the compiler itself gives is not reported in a head; a rule with one that nothing binds never holds.
  private func leaveUndefined(_ body: ResolvedBody, _ heads: [ResolvedTerm], _ bound: inout Set<Int>) {
    var variables: Set<Int> = []
    for head in heads { head.collectVariables(closures: false, into: &variables) }
    let unbound = variables.subtracting(bound).filter { names[$0].hasPrefix(VariableTable.generatedPrefix) }
    if unbound.isEmpty { return }
    body.statements.append(ResolvedStatement(kind: .term(.constant(.boolean(false))), with: [], location: .generated))
    for variable in unbound.sorted() {
      body.statements.append(
        ResolvedStatement(kind: .unify(.variable(variable), .constant(.null)), with: [], location: .generated))
    }
    bound.formUnion(unbound)
  }

  mutating func checkQuery(_ body: ResolvedBody) -> Set<Int> {
    order(body, bound: [])
  }

  private mutating func checkHead(_ node: ResolvedTerm, _ bound: Set<Int>, _ location: Location) {
    var variables: Set<Int> = []
    node.collectVariables(closures: false, into: &variables)
    report(variables.subtracting(bound), location)
    closures(of: node, bound: bound, location: location)
  }

  private mutating func report(_ variables: Set<Int>, _ location: Location) {
    for variable in variables.sorted() {
      let name = names[variable]
      let error = RegoError(.unsafeVariable, "var \(name.hasPrefix("$") ? "_" : name) is unsafe", file: file, location: location)
      if !errors.contains(error) { errors.append(error) }
    }
  }

  // MARK: - Ordering

  /// Orders `body` and the bodies inside it; returns the variables bound after it.
  private mutating func order(_ body: ResolvedBody, bound: Set<Int>) -> Set<Int> {
    let statements = body.statements
    var visible = bound
    for statement in statements { statement.collectVariables(closures: false, into: &visible) }
    let closed = statements.map { closureVariables($0).intersection(visible) }
    /// Statements that use a variable, by their positions.
    var users: [Int: [Int]] = [:]
    for (index, statement) in statements.enumerated() {
      var used = closed[index]
      statement.collectVariables(closures: false, into: &used)
      for variable in used where !bound.contains(variable) { users[variable, default: []].append(index) }
    }
    var safe = bound
    var ordered: [ResolvedStatement] = []
    var isDone = Array(repeating: false, count: statements.count)
    // As passes over the body would do, but only what a newly bound variable may have made ready is looked at again.
    var pass = Array(statements.indices)
    while !pass.isEmpty {
      var later: Set<Int> = []
      var queue = PositionQueue(pass)
      while let index = queue.next() {
        guard !isDone[index], let outputs = ready(statements[index], safe: safe, closed: closed[index]) else { continue }
        isDone[index] = true
        ordered.append(statements[index])
        for variable in outputs where safe.insert(variable).inserted {
          for user in users[variable] ?? [] where !isDone[user] { if user > index { queue.add(user) } else { later.insert(user) } }
        }
      }
      pass = later.sorted()
    }
    let remaining = statements.indices.filter { !isDone[$0] }.map { statements[$0] }
    for statement in remaining {
      var needed: Set<Int> = []
      statement.collectVariables(closures: false, into: &needed)
      needed.subtract(safe)
      needed.subtract(outputs(statement, safe))
      if needed.isEmpty {
        needed = closureVariables(statement).intersection(visible).subtracting(safe)
      }
      report(needed, statement.location)
    }
    body.statements = ordered + remaining
    if remaining.isEmpty {
      // Inner bodies see what is bound where their statement stands.
      var before = bound
      for statement in ordered {
        let bindings = outputs(statement, before)
        if statement.hasBodies { inner(statement, before: before, after: before.union(bindings)) }
        before.formUnion(bindings)
      }
    }
    return safe
  }

  private func closureVariables(_ statement: ResolvedStatement) -> Set<Int> {
    var result: Set<Int> = []
    var own: Set<Int> = []
    switch statement.kind {
    case .not(let body, isClosure: true): body.collectVariables(closures: true, into: &result)
    case .not(let body, isClosure: false):
      for inner in body.statements { result.formUnion(closureVariables(inner)) }
    case .every(let key, let value, let domain, let body):
      collectClosures(domain, into: &result)
      body.collectVariables(closures: true, into: &result)
      if let key { own.insert(key) }
      own.insert(value)
    case .and(let bodies), .or(let bodies): for body in bodies { body.collectVariables(closures: true, into: &result) }
    case .term(let node): collectClosures(node, into: &result)
    case .unify(let a, let b):
      collectClosures(a, into: &result)
      collectClosures(b, into: &result)
    }
    for with in statement.with { collectClosures(with.value, into: &result) }
    return result.subtracting(own)
  }

  private func collectClosures(_ node: ResolvedTerm, into result: inout Set<Int>) {
    var found: Set<Int> = []
    node.forEachClosure { heads, body in
      for head in heads { head.collectVariables(closures: true, into: &found) }
      body.collectVariables(closures: true, into: &found)
    }
    result.formUnion(found)
  }

  /// The variables that the statement binds, or nil while something it needs is not bound.
  private func ready(_ statement: ResolvedStatement, safe: Set<Int>, closed: Set<Int>) -> Set<Int>? {
    let outputs = outputs(statement, safe)
    var needed: Set<Int> = []
    statement.collectVariables(closures: false, into: &needed)
    if !needed.allSatisfy({ safe.contains($0) || outputs.contains($0) }) { return nil }
    if !closed.isSubset(of: safe) { return nil }
    return outputs
  }

  private mutating func inner(_ statement: ResolvedStatement, before: Set<Int>, after: Set<Int>) {
    let location = statement.location
    for with in statement.with { closures(of: with.value, bound: before, location: location) }
    switch statement.kind {
    case .term(let node): closures(of: node, bound: after, location: location)
    case .unify(let a, let b):
      closures(of: a, bound: after, location: location)
      closures(of: b, bound: after, location: location)
    case .not(let body, _): _ = order(body, bound: before)
    case .every(let key, let value, let domain, let body):
      closures(of: domain, bound: after, location: location)
      var bound = after
      if let key { bound.insert(key) }
      bound.insert(value)
      _ = order(body, bound: bound)
    case .and(let bodies), .or(let bodies): for body in bodies { _ = order(body, bound: before) }
    }
  }

  private mutating func closures(of node: ResolvedTerm, bound: Set<Int>, location: Location) {
    var found: [([ResolvedTerm], ResolvedBody)] = []
    node.forEachClosure { found.append(($0, $1)) }
    for (heads, body) in found {
      var after = order(body, bound: bound)
      for head in heads { after.formUnion(termOutputs(head, after)) }
      for head in heads { checkHead(head, after, location) }
    }
  }

  // MARK: - What a statement binds

  private func outputs(_ statement: ResolvedStatement, _ safe: Set<Int>) -> Set<Int> {
    switch statement.kind {
    case .term(let node): return termOutputs(node, safe)
    case .unify(let a, let b):
      var result = termOutputs(a, safe).union(termOutputs(b, safe))
      var size = -1
      while size != result.count {
        size = result.count
        unify(a, b, safe, &result)
      }
      return result
    case .every(_, _, let domain, _): return termOutputs(domain, safe)
    case .not, .and, .or: return []
    }
  }

  /// Variables in the brackets of references whose head is bound.
  private func termOutputs(_ node: ResolvedTerm, _ safe: Set<Int>) -> Set<Int> {
    var result: Set<Int> = []
    collectOutputs(node, safe, &result)
    return result
  }

  private func collectOutputs(_ node: ResolvedTerm, _ safe: Set<Int>, _ result: inout Set<Int>) {
    switch node {
    case .reference(let head, let path):
      collectOutputs(head, safe, &result)
      if case .variable(let v) = head, !safe.contains(v), !result.contains(v) { return }
      for part in path { collectPattern(part, safe, &result) }
    case .array(let items), .set(let items), .call(_, let items, _): for item in items { collectOutputs(item, safe, &result) }
    case .object(let items):
      for item in items {
        collectOutputs(item.key, safe, &result)
        collectOutputs(item.value, safe, &result)
      }
    default: break
    }
  }

  /// Every variable that a value can be matched against.
  private func collectPattern(_ node: ResolvedTerm, _ safe: Set<Int>, _ result: inout Set<Int>) {
    switch node {
    case .variable(let v): if !safe.contains(v) { result.insert(v) }
    case .array(let items): for item in items { collectPattern(item, safe, &result) }
    case .object(let items): for item in items { collectPattern(item.value, safe, &result) }
    default: collectOutputs(node, safe, &result)
    }
  }

  private func isBound(_ node: ResolvedTerm, _ safe: Set<Int>, _ outputs: Set<Int>) -> Bool {
    var variables: Set<Int> = []
    node.collectVariables(closures: false, into: &variables)
    return variables.allSatisfy { safe.contains($0) || outputs.contains($0) }
  }

  private static func isSame(_ a: ResolvedTerm, _ b: ResolvedTerm) -> Bool {
    switch (a, b) {
    case (.constant(let x), .constant(let y)): x.equals(y)
    case (.variable(let x), .variable(let y)): x == y
    default: false
    }
  }

  private func unify(_ a: ResolvedTerm, _ b: ResolvedTerm, _ safe: Set<Int>, _ result: inout Set<Int>) {
    switch (a, b) {
    case (.array(let x), .array(let y)):
      if x.count == y.count { for (p, q) in zip(x, y) { unify(p, q, safe, &result) } }
    case (.object(let x), .object(let y)):
      for p in x { for q in y where Self.isSame(p.key, q.key) { unify(p.value, q.value, safe, &result) } }
    default:
      if isBound(b, safe, result) { collectPattern(a, safe, &result) }
      if isBound(a, safe, result) { collectPattern(b, safe, &result) }
    }
  }
}

extension ResolvedStatement {
  /// A body or a comprehension is in it.
  fileprivate var hasBodies: Bool {
    switch kind {
    case .not, .every, .and, .or: return true
    case .term(let node): if node.hasClosures { return true }
    case .unify(let a, let b): if a.hasClosures || b.hasClosures { return true }
    }
    return with.contains { $0.value.hasClosures }
  }
}

extension ResolvedTerm {
  fileprivate var hasClosures: Bool {
    var found = false
    forEachClosure { _, _ in found = true }
    return found
  }
}
