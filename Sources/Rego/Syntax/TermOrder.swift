/// The order of terms, and which of them are the same.
enum TermOrder {
  /// A set's elements in their order, each once.
  static func sorted(_ terms: [Term]) -> [Term] {
    guard terms.count > 1 else { return terms }
    let sorted = terms.enumerated().sorted { a, b in
      let order = compare(a.element, b.element)
      return order == 0 ? a.offset < b.offset : order < 0
    }.map(\.element)
    var result: [Term] = []
    for term in sorted {
      if let last = result.last, compare(last, term) == 0 { continue }
      result.append(term)
    }
    return result
  }

  /// An object's items in the order of their keys; of the same key the last value stands behind the first key.
  static func sorted(_ items: [Term.ObjectItem]) -> [Term.ObjectItem] {
    guard items.count > 1 else { return items }
    let sorted = items.enumerated().sorted { a, b in
      let order = compare(a.element.key, b.element.key)
      return order == 0 ? a.offset < b.offset : order < 0
    }.map(\.element)
    var result: [Term.ObjectItem] = []
    for item in sorted {
      if let last = result.last, compare(last.key, item.key) == 0 {
        result[result.count - 1].value = item.value
      } else {
        result.append(item)
      }
    }
    return result
  }

  // MARK: Sameness

  /// The terms in their order here, each once.
  static func distinct(_ terms: [Term]) -> [Term] {
    guard terms.count > 1 else { return terms }
    var known: [Int: [Term]] = [:]
    return terms.filter { term in
      let hash = hash(term)
      if known[hash, default: []].contains(where: { compare($0, term) == 0 }) { return false }
      known[hash, default: []].append(term)
      return true
    }
  }

  /// The items in their order here; of the same key the last value stands behind the first key.
  static func distinct(_ items: [Term.ObjectItem]) -> [Term.ObjectItem] {
    guard items.count > 1 else { return items }
    var known: [Int: [Int]] = [:]
    var result: [Term.ObjectItem] = []
    for item in items {
      let hash = hash(item.key)
      if let same = known[hash, default: []].first(where: { compare(result[$0].key, item.key) == 0 }) {
        result[same].value = item.value
      } else {
        known[hash, default: []].append(result.count)
        result.append(item)
      }
    }
    return result
  }

  /// The same for terms that are the same. Of a large term only the beginning counts.
  private static func hash(_ term: Term) -> Int {
    var hasher = Hasher()
    var budget = 64
    hash(term, into: &hasher, &budget)
    return hasher.finalize()
  }

  private static func hash(_ term: Term, into hasher: inout Hasher, _ budget: inout Int) {
    guard budget > 0 else { return }
    budget -= 1
    hasher.combine(rank(term))
    switch term.node {
    case .null: break
    case .boolean(let value): hasher.combine(value)
    case .number(let text): hasher.combine(Double(text))
    case .string(let text), .variable(let text): hasher.combine(text)
    case .reference(let terms), .array(let terms): for term in terms { hash(term, into: &hasher, &budget) }
    case .call(let function, let operands):
      hash(function, into: &hasher, &budget)
      for operand in operands { hash(operand, into: &hasher, &budget) }
    // The order of the elements does not count.
    case .set(let terms): if let only = terms.first, terms.count == 1 { hash(only, into: &hasher, &budget) }
    case .object(let items): if let only = items.first, items.count == 1 { hash(only.key, into: &hasher, &budget) }
    case .arrayComprehension, .setComprehension, .objectComprehension, .template: hasher.combine(term.groupStart)
    }
  }

  // MARK: Order

  /// Negative, 0 or positive, as `a` comes before, with or after `b`.
  static func compare(_ a: Term, _ b: Term) -> Int {
    let (first, second) = (rank(a), rank(b))
    if first != second { return first - second }
    switch (a.node, b.node) {
    case (.boolean(let x), .boolean(let y)): return (x ? 1 : 0) - (y ? 1 : 0)
    case (.number(let x), .number(let y)): return compareNumbers(x, y)
    case (.string(let x), .string(let y)), (.variable(let x), .variable(let y)): return compare(x, y)
    case (.reference(let x), .reference(let y)), (.array(let x), .array(let y)): return compare(x, y)
    case (.set(let x), .set(let y)): return compare(sorted(x), sorted(y))
    case (.object(let x), .object(let y)):
      return compare(sorted(x).flatMap { [$0.key, $0.value] }, sorted(y).flatMap { [$0.key, $0.value] })
    case (.call(let f, let x), .call(let g, let y)): return compare([f] + x, [g] + y)
    // What holds a body or a template has variables of its own: only the same text is the same.
    default: return Int(a.groupStart) - Int(b.groupStart)
    }
  }

  private static func compare(_ a: [Term], _ b: [Term]) -> Int {
    for (x, y) in zip(a, b) {
      let order = compare(x, y)
      if order != 0 { return order }
    }
    return a.count - b.count
  }

  private static func compare(_ a: String, _ b: String) -> Int {
    if a == b, a.utf8.elementsEqual(b.utf8) { return 0 }
    return a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
  }

  private static func compareNumbers(_ a: String, _ b: String) -> Int {
    if a == b { return 0 }
    guard let x = Decimal(Array(a.utf8)), let y = Decimal(Array(b.utf8)) else { return compare(a, b) }
    return x.compare(y)
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
