/// Puts the expressions of bodies in an order in which everything is bound before it is needed, and finds what nothing binds
/// (OPA's CheckSafetyRuleHeads and CheckSafetyRuleBodies).
struct BodySafety {
  let module: Int
  let variables: VariableTable
  let outputs: BodyOutputs

  /// Unsafe variables, and the expressions they stand in.
  private struct Unsafe {
    var expressions: [ObjectIdentifier: (expression: CheckExpression, variables: VariableSet)] = [:]

    mutating func add(_ expression: CheckExpression, _ variables: VariableSet) {
      if variables.isEmpty { return }
      expressions[ObjectIdentifier(expression), default: (expression, VariableSet())].variables.formUnion(variables)
    }
  }

  init(module: Int, variables: VariableTable, outputs: BodyOutputs) {
    self.module = module
    self.variables = variables
    self.outputs = outputs
  }

  // MARK: Heads

  func heads(_ rule: CheckRule) -> [CheckFault] {
    var needed = VariableSet()
    for term in rule.suffix + (rule.key.map { [$0] } ?? []) + (rule.value.map { [$0] } ?? []) where !term.isScalar {
      term.collectVariables(into: &needed)
    }
    if needed.isEmpty { return [] }
    var bound = rule.body.variables(.safety)
    for argument in rule.arguments { argument.collectVariables(into: &bound) }
    return needed.subtracting(bound).members.filter { !variables.isGenerated($0) }.map {
      CheckFault(.unsafeVariable, "var \(variables.text($0)) is unsafe", module, rule.location)
    }
  }

  // MARK: Bodies

  func body(_ rule: CheckRule) -> [CheckFault] {
    var safe = VariableSet.reserved
    for argument in rule.arguments { argument.collectVariables(into: &safe) }
    var unsafe = Unsafe()
    let ordered = reorder(rule.body, bound: safe, &unsafe)
    if unsafe.expressions.isEmpty {
      rule.body.expressions = ordered
      return []
    }
    return faults(unsafe)
  }

  private func faults(_ unsafe: Unsafe) -> [CheckFault] {
    let pairs = unsafe.expressions.values.sorted { ($0.expression.location.offset) < ($1.expression.location.offset) }
    var places: [Int: Location] = [:]
    for pair in pairs {
      pair.variables.forEach { variable in
        if places[variable] == nil { places[variable] = pair.expression.location }
      }
    }
    var result: [CheckFault] = []
    for (variable, location) in places.sorted(by: { ($0.value.offset, $0.key) < ($1.value.offset, $1.key) })
    where !variables.isGenerated(variable) {
      let name = variables.text(variable)
      var message = "var \(name) is unsafe"
      if KeywordSet.names.contains(where: { $0.0 == name && $0.1.isDisjoint(with: .experimental) }) {
        message += " (hint: `import future.keywords.\(name)` to import a future keyword)"
      }
      result.append(CheckFault(.unsafeVariable, message, module, location))
    }
    if !result.isEmpty { return result }
    // Only variables that the source does not have: the places must do.
    var seen = VariableSet()
    for pair in pairs where !pair.variables.isSubset(of: seen) {
      seen.formUnion(pair.variables)
      result.append(CheckFault(.unsafeVariable, "expression is unsafe", module, pair.expression.location))
    }
    return result
  }

  private func reorder(_ body: CheckBody, bound: VariableSet, _ unsafe: inout Unsafe) -> [CheckExpression] {
    let expressions = body.expressions
    let all = body.variables(.safety)
    var safe = all.intersection(bound)
    var missing = expressions.map { $0.variables(.safety).subtracting(safe) }
    let closed = expressions.map { closureVariables($0).intersection(all).subtracting(bound) }
    /// Expressions that use a variable, by their positions.
    var users: [Int: [Int]] = [:]
    for index in expressions.indices {
      missing[index].union(closed[index]).forEach { users[$0, default: []].append(index) }
    }
    var ordered: [CheckExpression] = []
    var isDone = Array(repeating: false, count: expressions.count)
    // As passes over the body would do: what an expression makes safe counts for those behind it at once, for those before in the
    // next pass.
    var pass = Array(expressions.indices)
    var pending = VariableSet()
    while !pass.isEmpty {
      var later: Set<Int> = []
      var queue = PositionQueue(pass)
      while let index = queue.next() {
        if isDone[index] { continue }
        let expression = expressions[index]
        let bindings = outputs.expression(expression, safe: safe, pending: &pending)
        if !closed[index].isEmpty {
          // An expression cannot bind what its own closure needs.
          if closed[index] == bindings { continue }
          missing[index] = closed[index]
        }
        missing[index].subtract(bindings)
        missing[index].subtract(safe)
        guard missing[index].isEmpty else { continue }
        isDone[index] = true
        ordered.append(expression)
        let fresh = bindings.subtracting(safe)
        safe.formUnion(bindings)
        fresh.forEach { variable in
          for user in users[variable] ?? [] where !isDone[user] { if user > index { queue.add(user) } else { later.insert(user) } }
        }
      }
      pass = later.sorted()
    }
    for index in expressions.indices where !isDone[index] { unsafe.add(expressions[index], missing[index]) }

    var outer = bound
    for (index, expression) in ordered.enumerated() {
      if index > 0 { ordered[index - 1].collectVariables(.safety, into: &outer) }
      closures(of: expression, current: expression, &outer, &unsafe)
    }
    return ordered
  }

  private func closures(of expression: CheckExpression, current: CheckExpression, _ outer: inout VariableSet, _ unsafe: inout Unsafe) {
    var found: [CheckClosure] = []
    expression.forEachTerm { $0.forEachClosure { found.append($0) } }
    for case .comprehension(let comprehension) in found {
      var needed = comprehension.term.variables()
      comprehension.key?.collectVariables(into: &needed)
      needed.subtract(comprehension.body.variables(.safety))
      unsafe.add(current, needed.subtracting(outer))
      inner(comprehension.body, outer, &unsafe)
    }
    if case .every(let every) = expression.kind {
      every.key?.collectVariables(into: &outer)
      every.value.collectVariables(into: &outer)
    }
    for body in expression.bodies { inner(body, outer, &unsafe) }
  }

  private func inner(_ body: CheckBody, _ outer: VariableSet, _ unsafe: inout Unsafe) {
    var found = Unsafe()
    let ordered = reorder(body, bound: outer, &found)
    if found.expressions.isEmpty {
      body.expressions = ordered
    } else {
      for pair in found.expressions.values { unsafe.add(pair.expression, pair.variables) }
    }
  }

  /// Every variable inside the closures of an expression.
  private func closureVariables(_ expression: CheckExpression) -> VariableSet {
    var result = VariableSet()
    expression.forEachTerm { term in
      term.forEachClosure { closure in
        guard case .comprehension(let comprehension) = closure else { return }
        comprehension.key?.collectVariables(into: &result)
        comprehension.term.collectVariables(into: &result)
        comprehension.body.collectVariables([], into: &result)
      }
    }
    for body in expression.bodies { body.collectVariables([], into: &result) }
    return result
  }
}

/// Positions in ascending order, each once; more may be added behind the current one.
private struct PositionQueue {
  private let base: [Int]
  private var index = 0
  /// A heap of those added.
  private var heap: [Int] = []
  private var last = -1

  init(_ positions: [Int]) { base = positions }

  mutating func add(_ position: Int) {
    heap.append(position)
    var child = heap.count - 1
    while child > 0, heap[child] < heap[(child - 1) / 2] {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func next() -> Int? {
    while true {
      let position: Int
      if let top = heap.first, index >= base.count || top <= base[index] {
        position = top
        removeTop()
      } else if index < base.count {
        position = base[index]
        index += 1
      } else {
        return nil
      }
      if position == last { continue }
      last = position
      return position
    }
  }

  private mutating func removeTop() {
    let tail = heap.removeLast()
    if heap.isEmpty { return }
    heap[0] = tail
    var parent = 0
    while true {
      var child = 2 * parent + 1
      if child >= heap.count { return }
      if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
      if heap[parent] <= heap[child] { return }
      heap.swapAt(parent, child)
      parent = child
    }
  }
}
