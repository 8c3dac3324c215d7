/// Whether two rules mean the same whatever their layout: places, parentheses, the order and repetition of a set's elements, the names of
/// wildcards, `=` or `:=` in a head and a written or implied `true` do not count.
enum SourceEquality {
  static func areEqual(_ a: Rule, _ b: Rule) -> Bool {
    guard a.isDefault == b.isDefault, areEqual(a.head, b.head), areEqualBodies(a.body, b.body), a.elses.count == b.elses.count else {
      return false
    }
    return zip(a.elses, b.elses).allSatisfy { areEqualValues($0.value, $1.value) && areEqualBodies($0.body, $1.body) }
  }

  private static func areEqual(_ a: Head, _ b: Head) -> Bool {
    guard areEqual(a.reference, b.reference), areEqual(a.arguments ?? [], b.arguments ?? []) else { return false }
    switch (a.key, b.key) {
    case (let x?, let y?): return areEqual(x, y)
    case (nil, nil): return areEqualValues(a.value, b.value)
    default: return false
    }
  }

  private static func areEqualValues(_ a: Term?, _ b: Term?) -> Bool {
    switch (a, b) {
    case (let x?, let y?): areEqual(x, y)
    case (nil, nil): true
    case (let x?, nil), (nil, let x?): x.isTrue
    }
  }

  /// Of a rule: none is `true`.
  private static func areEqualBodies(_ a: Body, _ b: Body) -> Bool {
    if a.isEmpty, b.isEmpty { return true }
    if a.isEmpty { return isTrue(b) }
    if b.isEmpty { return isTrue(a) }
    return areEqual(a, b)
  }

  private static func isTrue(_ body: Body) -> Bool {
    guard body.count == 1, !body[0].isNegated, body[0].with.isEmpty, case .term(let term) = body[0].kind else { return false }
    return term.isTrue
  }

  static func areEqual(_ a: Body, _ b: Body) -> Bool { a.count == b.count && zip(a, b).allSatisfy { areEqual($0, $1) } }

  private static func areEqual(_ a: Expression, _ b: Expression) -> Bool {
    guard a.isNegated == b.isNegated, a.explicitBodies == b.explicitBodies, a.with.count == b.with.count,
      zip(a.with, b.with).allSatisfy({ areEqual($0.target, $1.target) && areEqual($0.value, $1.value) })
    else { return false }
    switch (a.kind, b.kind) {
    case (.term(let x), .term(let y)): return areEqual(assigned(x), assigned(y))
    case (.someVariables(let x), .someVariables(let y)): return areEqual(x, y)
    case (.someIn(let k, let v, let c), .someIn(let l, let w, let d)):
      return areEqual([k, v, c].compactMap { $0 }, [l, w, d].compactMap { $0 })
    case (.every(let k, let v, let c, let x), .every(let l, let w, let d, let y)):
      return areEqual([k, v, c].compactMap { $0 }, [l, w, d].compactMap { $0 }) && areEqual(x, y)
    case (.notBody(let x), .notBody(let y)): return areEqual(x, y)
    case (.and(let x), .and(let y)), (.or(let x), .or(let y)):
      return x.count == y.count && zip(x, y).allSatisfy { areEqual($0, $1) }
    default: return false
    }
  }

  /// `plus(1, 2, z)` is `z = 1 + 2`.
  private static func assigned(_ term: Term) -> Term {
    guard case .call(let function, let operands) = term.node, operands.count == 3, Infix(TermSpelling.text(function)) != nil else {
      return term
    }
    let equality = Term(.reference([Term(.variable("eq"))]))
    return Term(.call(equality, [operands[2], Term(.call(function, Array(operands.prefix(2))))]))
  }

  private static func areEqual(_ a: [Term], _ b: [Term]) -> Bool { a.count == b.count && zip(a, b).allSatisfy { areEqual($0, $1) } }

  private static func areEqual(_ a: Term, _ b: Term) -> Bool {
    switch (a.node, b.node) {
    case (.null, .null): return true
    case (.boolean(let x), .boolean(let y)): return x == y
    case (.number(let x), .number(let y)): return x == y
    case (.string(let x), .string(let y)): return x.utf8.elementsEqual(y.utf8)
    case (.variable(let x), .variable(let y)): return x == y || (x.hasPrefix("$") && y.hasPrefix("$"))
    case (.reference(let x), .reference(let y)), (.array(let x), .array(let y)): return areEqual(x, y)
    case (.call(let f, let x), .call(let g, let y)): return areEqual(f, g) && areEqual(x, y)
    case (.set(let x), .set(let y)): return haveSameElements(distinct(x), distinct(y))
    case (.object(let x), .object(let y)): return haveSameElements(distinct(x).map(pair), distinct(y).map(pair))
    case (.arrayComprehension(let x, let p), .arrayComprehension(let y, let q)),
      (.setComprehension(let x, let p), .setComprehension(let y, let q)):
      return areEqual(x, y) && areEqual(p, q)
    case (.objectComprehension(let k, let v, let p), .objectComprehension(let l, let w, let q)):
      return areEqual(k, l) && areEqual(v, w) && areEqual(p, q)
    case (.template(let x), .template(let y)): return x.count == y.count && zip(x, y).allSatisfy { areEqual($0, $1) }
    default: return false
    }
  }

  private static func areEqual(_ a: Term.TemplatePart, _ b: Term.TemplatePart) -> Bool {
    switch (a, b) {
    case (.text(let x), .text(let y)): x.utf8.elementsEqual(y.utf8)
    case (.expression(let x), .expression(let y)): areEqual(x, y)
    default: false
    }
  }

  private static func distinct(_ terms: [Term]) -> [Term] { TermOrder.distinct(terms.map(SourcePlaces.placed)) }

  private static func distinct(_ items: [Term.ObjectItem]) -> [Term.ObjectItem] {
    TermOrder.distinct(items.map { .init(key: SourcePlaces.placed($0.key), value: SourcePlaces.placed($0.value)) })
  }

  private static func pair(_ item: Term.ObjectItem) -> Term { Term(.array([item.key, item.value])) }

  /// In any order. Elements that stand in the same order are the usual case.
  private static func haveSameElements(_ a: [Term], _ b: [Term]) -> Bool {
    guard a.count == b.count else { return false }
    var start = 0
    while start < a.count, areEqual(a[start], b[start]) { start += 1 }
    if start == a.count { return true }
    let first = TermOrder.sorted(Array(a[start...])), second = TermOrder.sorted(Array(b[start...]))
    return areEqual(first, second)
  }
}
