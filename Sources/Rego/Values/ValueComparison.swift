/// Comparison of composites of any depth and any sharing.
///
/// Levels beyond those that a thread's stack surely holds are compared on a stack of their own. Values that policies build may hold one
/// part many times over, at every level, and be as trees far larger than the memory they lie in: what was found equal once is not
/// compared again from a certain number of visits on.
struct ValueComparison {
  private struct Pair: Hashable {
    let first: UInt64
    let second: UInt64
  }

  /// Levels below this one on the current stack.
  private var levels = DeepStack.callersLevels
  private var visits = 0
  private var equals: Set<Pair> = []
  private static let unremembered = 10_000

  /// Counts a visit; true for a pair that was found equal.
  private mutating func isKnown(_ a: Value, _ b: Value) -> Bool {
    visits &+= 1
    return visits > Self.unremembered && equals.contains(Pair(first: a.body, second: b.body))
  }

  private mutating func keep(_ a: Value, _ b: Value) {
    if visits > Self.unremembered { equals.insert(Pair(first: a.body, second: b.body)) }
  }

  private mutating func deeper<R>(_ body: (inout ValueComparison) -> R) -> R {
    let left = levels
    defer { levels = left }
    if left > 0 {
      levels = left - 1
      return body(&self)
    }
    levels = DeepStack.levels
    // A copy goes to the other thread and comes back.
    var other = self
    let result: R = DeepStack.result { body(&other) }
    self = other
    return result
  }

  /// Both are composites of one type.
  mutating func equal(_ a: Value, _ b: Value) -> Bool {
    if isKnown(a, b) { return true }
    let isEqual = deeper { comparison in
      switch a.tag {
      case .array: comparison.equal(a.arrayView, b.arrayView)
      case .set: comparison.equal(a.setView, b.setView)
      default: comparison.equal(a.objectView, b.objectView)
      }
    }
    if isEqual { keep(a, b) }
    return isEqual
  }

  @inline(__always)
  private mutating func part(_ a: Value, _ b: Value) -> Bool {
    guard a.isComposite, a.rawTag == b.rawTag else { return a.equals(b) }
    return a.body == b.body || equal(a, b)
  }

  private mutating func equal(_ a: ArrayView, _ b: ArrayView) -> Bool {
    if a.count != b.count { return false }
    for index in 0..<a.count where !part(a[index], b[index]) { return false }
    return true
  }

  private mutating func equal(_ a: SetView, _ b: SetView) -> Bool {
    if a.count != b.count || a.value.hash != b.value.hash { return false }
    for index in 0..<a.count where !b.contains(a[index]) { return false }
    return true
  }

  private mutating func equal(_ a: ObjectView, _ b: ObjectView) -> Bool {
    let count = a.count
    if count != b.count { return false }
    // Where both are known already.
    let hashes = (a.hash, b.hash)
    if hashes.0 != hashes.1, hashes.0 != 0, hashes.1 != 0 { return false }
    if a.table.address == b.table.address {
      for index in 0..<count where !part(Memory.value(a.values, at: index), Memory.value(b.values, at: index)) { return false }
      return true
    }
    for index in 0..<count {
      let found = b[a.table[index]]
      if found.isUndefined || !part(found, Memory.value(a.values, at: index)) { return false }
    }
    return true
  }

  /// OPA's order of two composites of one type.
  mutating func order(_ a: Value, _ b: Value) -> Int {
    if isKnown(a, b) { return 0 }
    let order = deeper { comparison in
      switch a.tag {
      case .array:
        let x = a.arrayView, y = b.arrayView
        return comparison.order(x.count, y.count) { comparison, index in comparison.partOrder(x[index], y[index]) }
      case .set:
        let x = a.setView, y = b.setView
        x.sort()
        y.sort()
        return comparison.order(x.count, y.count) { comparison, index in comparison.partOrder(x[index], y[index]) }
      default:
        let x = a.objectView, y = b.objectView
        x.sort()
        y.sort()
        return comparison.order(x.count, y.count) { comparison, index in
          let keys = comparison.partOrder(x.key(at: index), y.key(at: index))
          return keys != 0 ? keys : comparison.partOrder(x.value(at: index), y.value(at: index))
        }
      }
    }
    if order == 0 { keep(a, b) }
    return order
  }

  private mutating func partOrder(_ a: Value, _ b: Value) -> Int {
    guard a.isComposite, a.rawTag == b.rawTag else { return a.compare(b) }
    return a.body == b.body ? 0 : order(a, b)
  }

  private mutating func order(_ a: Int, _ b: Int, _ part: (inout ValueComparison, Int) -> Int) -> Int {
    for index in 0..<min(a, b) {
      let order = part(&self, index)
      if order != 0 { return order }
    }
    return a - b
  }
}

extension Value {
  /// Computes the hashes of everything in a composite, the innermost first, and keeps them there. The stack does not grow with its depth.
  func hashParts() {
    var open = [self]
    while let value = open.last {
      let count = open.count
      value.forEachPart { part in if part.isComposite, part.knownHash == 0 { open.append(part) } }
      if open.count > count { continue }
      _ = value.hashOfHashedParts
      open.removeLast()
    }
  }

  private func forEachPart(_ visit: (Value) -> Void) {
    switch tag {
    case .array: for index in 0..<arrayView.count { visit(arrayView[index]) }
    case .set: for index in 0..<setView.count { visit(setView[index]) }
    case .object:
      for index in 0..<objectView.count {
        visit(objectView.table[index])
        visit(Memory.value(objectView.values, at: index))
      }
    default: break
    }
  }

  /// 0 where it was not computed yet.
  private var knownHash: UInt64 {
    switch tag {
    case .array: arrayView.hash
    case .set: setView.table.hash
    case .object: objectView.hash
    default: 1
    }
  }
}
