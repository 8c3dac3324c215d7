/// Equations: what is unbound on one side is taken from the other.
extension Planner {
  @_optimize(none)
  func unify(_ a: ResolvedTerm, _ b: ResolvedTerm, _ next: @escaping () -> Void) {
    switch (a, b) {
    case (.variable(let x), _) where bound[x] == nil:
      if case .variable(let y) = b, bound[y] == nil { return next() }
      term(b) {
        self.bind(x, $0)
        next()
      }
    case (_, .variable(let y)) where bound[y] == nil:
      term(a) {
        self.bind(y, $0)
        next()
      }
    case (.array(let x), .array(let y)):
      if x.count != y.count { return fail() }
      unify(Array(zip(x, y)), 0, next)
    case (.object(let x), .object(let y)):
      guard let pairs = Self.pair(x, y) else {
        if hasUnbound(a) { return matchTerm(a, b, next) }
        return matchTerm(b, a, next)
      }
      if pairs.isEmpty, !x.isEmpty || !y.isEmpty { return fail() }
      unify(pairs, 0, next)
    default:
      if hasUnbound(b) { matchTerm(b, a, next) } else { matchTerm(a, b, next) }
    }
  }

  @_optimize(none)
  func unify(_ pairs: [(ResolvedTerm, ResolvedTerm)], _ index: Int, _ next: @escaping () -> Void) {
    if index == pairs.count { return next() }
    unify(pairs[index].0, pairs[index].1) { self.unify(pairs, index + 1, next) }
  }

  /// Values of two object patterns under the same constant keys; empty when the keys differ, nil when a key is not constant.
  static func pair(_ x: [(key: ResolvedTerm, value: ResolvedTerm)], _ y: [(key: ResolvedTerm, value: ResolvedTerm)]) -> [(
    ResolvedTerm, ResolvedTerm
  )]? {
    if x.count != y.count { return [] }
    var pairs: [(ResolvedTerm, ResolvedTerm)] = []
    for item in x {
      guard case .constant(let key) = item.key else { return nil }
      var partner: ResolvedTerm?
      for other in y {
        guard case .constant(let candidate) = other.key else { return nil }
        if candidate.equals(key) { partner = other.value }
      }
      guard let partner else { return [] }
      pairs.append((item.value, partner))
    }
    return pairs
  }

  @_optimize(none)
  func matchTerm(_ pattern: ResolvedTerm, _ node: ResolvedTerm, _ next: @escaping () -> Void) {
    term(node) { self.destructure(pattern, $0, next) }
  }

  func fail() {
    append(.truthy(.constant(constant(.false))))
  }

  func bind(_ variable: Int, _ operand: Operand) {
    switch operand {
    case .local(let local): bound[variable] = local
    case .constant:
      let local = newLocal()
      append(.assign(local, operand))
      bound[variable] = local
    }
  }

  /// A variable in a place where a value can bind it.
  func hasUnbound(_ node: ResolvedTerm) -> Bool {
    switch node {
    case .variable(let v): bound[v] == nil
    case .array(let items): items.contains { hasUnbound($0) }
    case .object(let items): items.contains { hasUnbound($0.value) }
    default: false
    }
  }

  /// Matches a value against a pattern, binding its variables.
  @_optimize(none)
  func destructure(_ pattern: ResolvedTerm, _ operand: Operand, _ next: @escaping () -> Void) {
    switch pattern {
    case .variable(let v):
      if let local = bound[v] {
        append(.equal(.local(local), operand))
      } else {
        bind(v, operand)
      }
      next()
    case .array(let items) where hasUnbound(pattern):
      append(.isArray(operand, count: items.count))
      element(items, 0, operand, next)
    case .object(let items) where hasUnbound(pattern):
      append(.isObject(operand, count: items.count))
      member(items, 0, operand, next)
    default:
      term(pattern) {
        self.append(.equal($0, operand))
        next()
      }
    }
  }

  @_optimize(none)
  func element(_ items: [ResolvedTerm], _ index: Int, _ operand: Operand, _ next: @escaping () -> Void) {
    if index == items.count { return next() }
    let local = newLocal()
    append(.dot(target: local, source: operand, key: .constant(constant(.integer(index)))))
    destructure(items[index], .local(local)) { self.element(items, index + 1, operand, next) }
  }

  @_optimize(none)
  func member(_ items: [(key: ResolvedTerm, value: ResolvedTerm)], _ index: Int, _ operand: Operand, _ next: @escaping () -> Void) {
    if index == items.count { return next() }
    term(items[index].key) { [self] key in
      let local = newLocal()
      append(.dot(target: local, source: operand, key: key))
      destructure(items[index].value, .local(local)) { self.member(items, index + 1, operand, next) }
    }
  }
}
