/// Documents that rules build key by key: `p[x].b := v`, `p[x].c contains v`.
///
/// Only what was made for the document itself grows, and is marked with the document's address. A value that a rule put there belongs to
/// that rule, and perhaps to others, to constants or to data that threads share: a path that leads into one is a conflict, as in OPA, and a
/// set that is added to is copied first.
struct PartialDocument {
  let root: ObjectView
  let heap: Heap

  private var mark: UInt64 { UInt64(root.address) | 1 << 63 }

  /// Sets the value at a key; false where another value stands there.
  @inline(__always)
  func insert(_ value: Value, at key: Value, of parent: ObjectView) -> Bool {
    let held = parent.setIfMissing(key, value, in: heap)
    return held.isUndefined || adopt(value, held)
  }

  /// Whether the value that stands in the place of another equals it. From then on it is a rule's value as well.
  private func adopt(_ value: Value, _ held: Value) -> Bool {
    guard held.equals(value) else { return false }
    if held.isObject, held.objectView.table.objectMark == mark { held.objectView.table.objectMark = 0 }
    if held.isSet, held.setView.table.setMark == mark { held.setView.table.setMark = 0 }
    return true
  }

  /// Adds to the set at a key, which is made where it is missing; nil where something else stands there, false where the element did.
  func add(_ element: Value, at key: Value, of parent: ObjectView) -> Bool? {
    var held = parent[key]
    if held.isUndefined || (held.isSet && held.setView.table.setMark != mark) {
      let own = SetView.make(in: heap)
      if held.isSet { for slot in 0..<held.setView.count { own.insert(held.setView[slot], in: heap) } }
      own.table.setMark = mark
      held = own.value
      parent.set(key, held, in: heap)
    }
    guard held.isSet else { return nil }
    let set = held.setView, count = set.count
    // It may have been compared before.
    if set.table.hash != 0 { set.table.hash = 0 }
    set.insert(element, in: heap)
    return set.count > count
  }

  /// The object at a key, which is made where it is missing; nil where something else stands there, or what is a rule's value.
  func object(at key: Value, of parent: ObjectView) -> ObjectView? {
    let held = parent[key]
    if held.isUndefined {
      let own = ObjectView.make(in: heap)
      own.table.objectMark = mark
      parent.set(key, own.value, in: heap)
      return own
    }
    guard held.isObject, held.objectView.table.objectMark == mark else { return nil }
    return held.objectView
  }
}
