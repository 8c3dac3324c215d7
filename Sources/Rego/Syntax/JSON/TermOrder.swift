/// The order of terms that OPA keeps sets and the keys of objects in (v1/ast/compare.go), places left aside.
enum TermOrder {
  /// The elements of a set: in order, equal ones once.
  static func sorted(_ terms: [Term]) -> [Term] {
    var result: [Term] = []
    for term in terms.sorted(by: { compare($0, $1) < 0 }) where result.last.map({ compare($0, term) != 0 }) ?? true {
      result.append(term)
    }
    return result
  }

  /// The items of an object by their keys; of equal keys the last one counts.
  static func sorted(_ items: [Term.ObjectItem]) -> [Term.ObjectItem] {
    var result: [Term.ObjectItem] = []
    let ordered = items.enumerated().sorted { a, b in
      let order = compare(a.element.key, b.element.key)
      return order == 0 ? a.offset < b.offset : order < 0
    }
    for (_, item) in ordered {
      if let last = result.last, compare(last.key, item.key) == 0 { result.removeLast() }
      result.append(item)
    }
    return result
  }

  static func compare(_ a: Term, _ b: Term) -> Int {
    switch (a.node, b.node) {
    case (.boolean(let x), .boolean(let y)): return x == y ? 0 : (x ? 1 : -1)
    case (.number(let x), .number(let y)):
      guard let p = Decimal(Array(x.utf8)), let q = Decimal(Array(y.utf8)) else { return order(x, y) }
      return p.compare(q)
    case (.string(let x), .string(let y)), (.variable(let x), .variable(let y)): return order(x, y)
    case (.reference(let x), .reference(let y)), (.array(let x), .array(let y)): return compare(x, y)
    case (.set(let x), .set(let y)): return compare(sorted(x), sorted(y))
    case (.object(let x), .object(let y)):
      return compare(sorted(x).flatMap { [$0.key, $0.value] }, sorted(y).flatMap { [$0.key, $0.value] })
    case (.call(let f, let x), .call(let g, let y)): return compare([f] + x, [g] + y)
    default:
      let x = rank(a), y = rank(b)
      return x == y ? order(text(a), text(b)) : (x < y ? -1 : 1)
    }
  }

  private static func compare(_ a: [Term], _ b: [Term]) -> Int {
    for (x, y) in zip(a, b) {
      let order = compare(x, y)
      if order != 0 { return order }
    }
    return a.count == b.count ? 0 : (a.count < b.count ? -1 : 1)
  }

  private static func order(_ a: String, _ b: String) -> Int {
    if a.utf8.elementsEqual(b.utf8) { return 0 }
    return a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
  }

  /// Comprehensions and templates are told apart by their own JSON.
  private static func text(_ term: Term) -> String {
    var encoder = TreeEncoder(file: "", source: [], hasLocations: false)
    encoder.term(term)
    return String(decoding: encoder.bytes, as: UTF8.self)
  }

  private static func rank(_ term: Term) -> Int {
    switch term.node {
    case .null: 0
    case .boolean: 1
    case .number: 2
    case .string: 3
    case .variable: 4
    case .reference: 5
    case .array: 6
    case .object: 7
    case .set: 8
    case .arrayComprehension: 9
    case .objectComprehension: 10
    case .setComprehension: 11
    case .call: 12
    case .template: 13
    }
  }
}
