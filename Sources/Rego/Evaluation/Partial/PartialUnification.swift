/// Values of terms and their matching where some are unknown.
extension PartialEvaluation {
  /// The term with every variable that is bound replaced.
  func plugged(_ term: CheckTerm) -> CheckTerm {
    func all(_ terms: [CheckTerm]) -> [CheckTerm] { terms.map { plugged($0) } }
    switch term.kind {
    case .null, .boolean, .number, .string: return term
    case .variable(let number): return bindings[number].map { plugged($0) } ?? term
    case .reference(let path): return reference(plugged(path[0]), all(Array(path.dropFirst())), term.location)
    case .call(let terms): return CheckTerm(.call([terms[0]] + all(Array(terms.dropFirst()))), term.location)
    case .array(let terms): return CheckTerm(.array(all(terms)), term.location)
    case .set(let terms): return CheckTerm(.set(all(terms)), term.location)
    case .object(let items):
      return CheckTerm(.object(items.map { CheckItem(key: plugged($0.key), value: plugged($0.value)) }), term.location)
    case .comprehension(let held):
      return CheckTerm(
        .comprehension(
          CheckComprehension(
            held.shape, key: held.key.map { plugged($0) }, term: plugged(held.term),
            body: CheckBody(held.body.expressions.map { plugged($0) }))), term.location)
    case .template(let parts):
      return CheckTerm(
        .template(
          parts.map { part in
            if case .expression(let expression) = part { return .expression(plugged(expression)) }
            return part
          }), term.location)
    }
  }

  func plugged(_ expression: CheckExpression) -> CheckExpression {
    let kind: CheckExpression.Kind =
      switch expression.kind {
      case .term(let term): .term(plugged(term))
      case .call(let terms): .call([terms[0]] + terms.dropFirst().map { plugged($0) })
      case .some(let terms): .some(terms)
      case .someIn(let key, let value, let collection):
        .someIn(key: key.map { plugged($0) }, value: plugged(value), collection: plugged(collection))
      case .every(let every):
        .every(
          CheckEvery(
            key: every.key.map { plugged($0) }, value: plugged(every.value), domain: plugged(every.domain),
            body: CheckBody(every.body.expressions.map { plugged($0) })))
      case .logical(let bodies): .logical(bodies.map { CheckBody($0.expressions.map { plugged($0) }) })
      }
    let changes = expression.with.map { CheckModifier(target: $0.target, value: plugged($0.value), location: $0.location) }
    return expression.with(kind, isNegated: expression.isNegated, changes: changes)
  }

  /// A path behind a head that may itself be a reference or a collection.
  private func reference(_ head: CheckTerm, _ path: [CheckTerm], _ location: Location) -> CheckTerm {
    if case .reference(let front) = head.kind { return CheckTerm(.reference(front + path), location) }
    return path.isEmpty ? head : CheckTerm(.reference([head] + path), location)
  }

  /// Each value that a term can have: a constant, or a term that stands for what is unknown.
  ///
  /// - Parameter wanted: the constant that the value has to be, where that is known.
  func values(
    of term: CheckTerm, wanted: CheckTerm?, _ next: @escaping (CheckTerm) throws(RegoError) -> Void
  ) throws(RegoError) {
    let term = plugged(term)
    switch term.kind {
    case .reference(let path): try document(path, wanted: wanted, next)
    case .comprehension, .template:
      var free: Set<Int> = []
      term.collectVariables(&free)
      guard free.allSatisfy({ !outer.contains($0) }), !depends(term) else { return try next(term) }
      let variable = variables.generate()
      let result = CheckTerm(.variable(variable), term.location)
      try concretely([.equality(result, term, location: term.location)], [variable]) { () throws(RegoError) in
        try next(self.plugged(result))
      }
    default: try next(term)
    }
  }

  func unify(_ a: CheckTerm, _ b: CheckTerm, _ next: @escaping Next) throws(RegoError) {
    let constants = [a, b].map { term in
      let term = plugged(term)
      return term.isConstant ? term : nil
    }
    try values(of: a, wanted: constants[1]) { (left) throws(RegoError) in
      try self.values(of: b, wanted: constants[0]) { (right) throws(RegoError) in try self.match(left, right, next) }
    }
  }

  /// Makes two values equal: binds variables, and leaves an equation where one side is unknown.
  func match(_ a: CheckTerm, _ b: CheckTerm, _ next: @escaping Next) throws(RegoError) {
    let a = plugged(a), b = plugged(b)
    switch (a.kind, b.kind) {
    case (.variable(let x), .variable(let y)) where x == y: return try next()
    case (.variable(let x), _) where !occurs(x, in: b): return try bind(x, b, next)
    case (_, .variable(let y)) where !occurs(y, in: a): return try bind(y, a, next)
    case (.array(let x), .array(let y)):
      return x.count == y.count ? try match(zip(x, y).map { ($0, $1) }[...], next) : ()
    case (.object(let x), .object(let y)):
      guard (x + y).allSatisfy({ $0.key.isConstant }) else { break }
      guard x.count == y.count else { return }
      var pairs: [(CheckTerm, CheckTerm)] = []
      for item in x {
        guard let other = y.first(where: { $0.key.constant == item.key.constant }) else { return }
        pairs.append((item.value, other.value))
      }
      return try match(pairs[...], next)
    default: break
    }
    if a.isConstant, b.isConstant { return isEqual(a, b) ? try next() : () }
    if let x = shape(a), let y = shape(b), x != y { return }
    try save(.equality(a, b, location: a.location.row > 0 ? a.location : b.location), next)
  }

  private func match(_ pairs: ArraySlice<(CheckTerm, CheckTerm)>, _ next: @escaping Next) throws(RegoError) {
    guard let (a, b) = pairs.first else { return try next() }
    try match(a, b) { () throws(RegoError) in try self.match(pairs.dropFirst(), next) }
  }

  private func isEqual(_ a: CheckTerm, _ b: CheckTerm) -> Bool {
    guard let x = known.value(of: a, contents.nothing), let y = known.value(of: b, contents.nothing) else { return false }
    return x.equals(y)
  }

  /// The kind of a literal, by which two literals can differ without being evaluated.
  private func shape(_ term: CheckTerm) -> Int? {
    switch term.kind {
    case .null: 0
    case .boolean: 1
    case .number: 2
    case .string: 3
    case .array: 4
    case .object: 5
    case .set: 6
    case .variable, .reference, .call, .comprehension, .template: nil
    }
  }

  private func occurs(_ variable: Int, in term: CheckTerm) -> Bool {
    var found: Set<Int> = []
    term.collectVariables(&found)
    return found.contains(variable)
  }

  /// The variable stands for the term from here on. What is unknown has to be defined all the same.
  private func bind(_ variable: Int, _ term: CheckTerm, _ next: @escaping Next) throws(RegoError) {
    bindings[variable] = term
    defer { bindings[variable] = nil }
    guard !isDefined(term) else { return try next() }
    let name = CheckTerm(.variable(variable), term.location)
    try save(.equality(name, term, location: term.location), isMarker: true, next)
  }

  /// Nothing in it can be undefined.
  private func isDefined(_ term: CheckTerm) -> Bool {
    switch term.kind {
    case .null, .boolean, .number, .string, .variable, .comprehension, .template: true
    case .reference, .call: false
    case .array(let terms), .set(let terms): terms.allSatisfy { isDefined($0) }
    case .object(let items): items.allSatisfy { isDefined($0.key) && isDefined($0.value) }
    }
  }
}
