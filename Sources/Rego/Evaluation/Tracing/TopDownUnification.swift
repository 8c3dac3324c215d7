/// Matching of terms (v1/topdown/eval.go, biunify). Both sides lie in one body; what comes from elsewhere is a value by then.
extension TopDown {
  @_optimize(none)
  func unify(_ a: CheckTerm, _ b: CheckTerm, _ search: Search, _ next: @escaping Next) throws(RegoError) -> Flow {
    try traceUnification(a, b, search)
    switch (a.kind, b.kind) {
    case (.reference, _), (.comprehension, _):
      return try values(of: a, search) { (value) throws(RegoError) in try self.match(value, b, search, next) }
    case (_, .reference), (_, .comprehension):
      return try values(of: b, search) { (value) throws(RegoError) in try self.match(value, a, search, next) }
    default: break
    }
    let bindings = search.bindings
    if let value = value(of: a, bindings) { return try match(value, b, search, next) }
    if let value = value(of: b, bindings) { return try match(value, a, search, next) }
    let left = resolved(a, bindings), right = resolved(b, bindings)
    switch (left.kind, right.kind) {
    case (.variable(let x), .variable(let y)):
      if x == y { return try next() }
      return try bind(x, .term(right), at: left.location, bindings, next)
    case (.variable(let x), _): return try bind(x, .term(right), at: left.location, bindings, next)
    case (_, .variable(let y)): return try bind(y, .term(left), at: right.location, bindings, next)
    case (.array(let x), .array(let y)):
      if x.count != y.count { return .more }
      return try unify(Array(zip(x, y)), 0, search, next)
    case (.object(let x), .object(let y)):
      if x.count != y.count { return .more }
      var pairs: [(CheckTerm, CheckTerm)] = []
      for item in x {
        guard let key = value(of: item.key, bindings),
          let other = y.first(where: { value(of: $0.key, bindings)?.equals(key) ?? false })
        else { return .more }
        pairs.append((item.value, other.value))
      }
      return try unify(pairs, 0, search, next)
    default: return .more
    }
  }

  @_optimize(none)
  private func unify(
    _ pairs: [(CheckTerm, CheckTerm)], _ index: Int, _ search: Search, _ next: @escaping Next
  ) throws(RegoError) -> Flow {
    if index == pairs.count { return try next() }
    return try unify(pairs[index].0, pairs[index].1, search) { () throws(RegoError) in
      try self.unify(pairs, index + 1, search, next)
    }
  }

  /// A variable gives way to what it is bound to.
  private func resolved(_ term: CheckTerm, _ bindings: Bindings) -> CheckTerm {
    var term = term
    while case .variable(let variable) = term.kind, case .term(let other)? = bindings[variable] { term = other }
    return term
  }

  @_optimize(none)
  private func bind(
    _ variable: Int, _ bound: Bindings.Bound, at location: Location, _ bindings: Bindings, _ next: Next
  ) throws(RegoError) -> Flow {
    bindings.bind(variable, bound, at: location)
    defer { bindings.unbind(variable) }
    return try next()
  }

  /// Matches a value against a pattern, binding its variables.
  @_optimize(none)
  func match(_ value: Value, _ pattern: CheckTerm, _ search: Search, _ next: @escaping Next) throws(RegoError) -> Flow {
    switch pattern.kind {
    case .reference, .comprehension:
      return try values(of: pattern, search) { (other) throws(RegoError) in other.equals(value) ? try next() : .more }
    default: break
    }
    let bindings = search.bindings
    if let other = self.value(of: pattern, bindings) { return other.equals(value) ? try next() : .more }
    let term = resolved(pattern, bindings)
    switch term.kind {
    case .variable(let variable): return try bind(variable, .value(value), at: term.location, bindings, next)
    case .array(let terms):
      guard value.isArray, value.arrayView.count == terms.count else { return .more }
      return try match(Array(zip(value.elements, terms)), 0, search, next)
    case .object(let items):
      guard value.isObject, value.objectView.count == items.count else { return .more }
      var pairs: [(Value, CheckTerm)] = []
      for item in items {
        guard let key = self.value(of: item.key, bindings) else { return .more }
        let held = value.objectView[key]
        if held.isUndefined { return .more }
        pairs.append((held, item.value))
      }
      return try match(pairs, 0, search, next)
    default: return .more
    }
  }

  @_optimize(none)
  private func match(
    _ pairs: [(Value, CheckTerm)], _ index: Int, _ search: Search, _ next: @escaping Next
  ) throws(RegoError) -> Flow {
    if index == pairs.count { return try next() }
    return try match(pairs[index].0, pairs[index].1, search) { () throws(RegoError) in
      try self.match(pairs, index + 1, search, next)
    }
  }
}
