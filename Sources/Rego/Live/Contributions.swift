/// What a document of rules has from each element of a collection.
struct Contributions {
  let part: Distribution.Part
  /// In the collection's order. `pending` where an element was not looked at yet.
  private(set) var values: [Value] = []
  /// Places whose contribution may have changed.
  private(set) var changed: Set<Int> = []
  /// Every contribution may have changed, and the collection may be another one.
  var isStale = true
  /// Elements whose contribution ends with an error.
  private(set) var failures = 0

  static let pending = Value(.undefined, 2)
  static let failed = Value(.undefined, 3)

  init(_ part: Distribution.Part) { self.part = part }

  /// Takes note of one edit. Elements that are gone give their contribution back by `removed`.
  mutating func note(_ event: EditedDocument.Event, removed: (Value) -> Void) {
    let path = part.collection
    guard !isStale, event.root == path.root else { return }
    let depth = path.keys.count
    guard zip(path.keys, event.keys).allSatisfy({ $0.value.equals($1) }) else { return }
    if event.keys.count < depth {
      isStale = true
      return
    }
    if event.keys.count == depth {
      switch event.kind {
      case .replaced: isStale = true
      case .inserted(let slot):
        guard slot <= values.count else { return isStale = true }
        insert(at: slot)
        if part.usesKey { changed.formUnion(slot..<values.count) }
      case .removed(let slot):
        guard slot < values.count else { return isStale = true }
        remove(at: slot, removed)
        if part.usesKey { changed.formUnion(slot..<values.count) }
      }
      return
    }
    let slot = event.slots[depth]
    if event.members > 0, event.keys.count == depth + 1 {
      guard slot <= values.count else { return isStale = true }
      return insert(at: slot)
    }
    guard slot < values.count else { return isStale = true }
    if event.members < 0, event.keys.count == depth + 1 { return remove(at: slot, removed) }
    changed.insert(slot)
  }

  private mutating func insert(at slot: Int) {
    values.insert(Self.pending, at: slot)
    shift(from: slot, by: 1)
    changed.insert(slot)
  }

  private mutating func remove(at slot: Int, _ removed: (Value) -> Void) {
    let value = values.remove(at: slot)
    if Self.isFailed(value) { failures -= 1 } else { removed(value) }
    changed.remove(slot)
    shift(from: slot, by: -1)
  }

  private mutating func shift(from slot: Int, by distance: Int) {
    if changed.isEmpty { return }
    changed = Set(changed.map { $0 >= slot ? $0 + distance : $0 })
  }

  static func isFailed(_ value: Value) -> Bool { value.isUndefined && value.body == failed.body }

  /// Makes room for another number of elements, none of which was looked at.
  mutating func restart(count: Int, removed: (Value) -> Void) {
    for value in values.dropFirst(count) where !Self.isFailed(value) { removed(value) }
    failures = 0
    if values.count > count { values.removeLast(values.count - count) }
    while values.count < count { values.append(Self.pending) }
    for value in values where Self.isFailed(value) { failures += 1 }
    changed.removeAll()
    isStale = false
  }

  mutating func looked() { changed.removeAll() }

  /// The contribution of one element; what it was is the value.
  mutating func set(_ slot: Int, _ value: Value) -> Value {
    let old = values[slot]
    if Self.isFailed(old) { failures -= 1 }
    if Self.isFailed(value) { failures += 1 }
    values[slot] = value
    return old
  }

  mutating func move(by relocation: inout Relocation) {
    for index in values.indices { values[index] = relocation.move(values[index]) }
  }
}

/// The union of contributions, each member with the number of those that it came from.
struct Union {
  /// A member of a set or a single value (the key alone), or of an object.
  struct Member: Hashable {
    let key: ValueKey
    let value: ValueKey

    init(_ key: Value, _ value: Value = .undefined) {
      self.key = ValueKey(key)
      self.value = ValueKey(value)
    }
  }

  let kind: MemberKind
  private(set) var counts: [Member: Int] = [:]
  /// Of objects: the values under each key; of single values: all of them, under undefined.
  private var values: [ValueKey: Int] = [:]
  /// Keys with values that do not agree.
  private(set) var conflicts = 0
  /// Members that came or went since the last `settle`, with whether they were there before.
  private(set) var touched: [Member: Bool] = [:]

  init(_ kind: MemberKind) { self.kind = kind }

  /// - Parameter contribution: a set, an object or a value, as the kind is; undefined for none.
  mutating func add(_ contribution: Value) { forEachMember(of: contribution) { $0.count($1, by: 1) } }
  mutating func remove(_ contribution: Value) { forEachMember(of: contribution) { $0.count($1, by: -1) } }

  private mutating func forEachMember(of value: Value, _ visit: (inout Union, Member) -> Void) {
    if value.isUndefined { return }
    switch kind {
    case .single: visit(&self, Member(value))
    case .elements:
      let view = value.setView
      for index in 0..<view.count { visit(&self, Member(view[index])) }
    case .members:
      let view = value.objectView
      for index in 0..<view.count { visit(&self, Member(view.key(at: index), view.value(at: index))) }
    case .grouped:
      let view = value.objectView
      for index in 0..<view.count {
        let set = view.value(at: index).setView
        for position in 0..<set.count { visit(&self, Member(view.key(at: index), set[position])) }
      }
    }
  }

  private mutating func count(_ member: Member, by difference: Int) {
    let before = counts[member] ?? 0
    let after = before + difference
    counts[member] = after == 0 ? nil : after
    guard before == 0 || after == 0 else { return }
    if touched[member] == nil { touched[member] = before > 0 }
    guard kind == .members || kind == .single else { return }
    let key = kind == .single ? ValueKey(.undefined) : member.key
    let held = values[key] ?? 0
    let now = held + (before == 0 ? 1 : -1)
    values[key] = now == 0 ? nil : now
    if held == 1, now == 2 { conflicts += 1 }
    if held == 2, now == 1 { conflicts -= 1 }
  }

  /// The document; undefined for a single value that there is not.
  func value(in heap: Heap) -> Value {
    switch kind {
    case .single: return counts.first?.key.key.value ?? .undefined
    case .elements:
      let set = SetView.make(capacity: max(4, counts.count), in: heap)
      for member in counts.keys { _ = set.table.append(member.key.value, in: heap) }
      return set.value
    case .members:
      let object = ObjectView.make(capacity: max(4, counts.count), in: heap)
      for member in counts.keys { object.set(member.key.value, member.value.value, in: heap) }
      return object.value
    case .grouped:
      let object = ObjectView.make(in: heap)
      for member in counts.keys {
        var set = object[member.key.value]
        if set.isUndefined {
          set = SetView.make(in: heap).value
          object.set(member.key.value, set, in: heap)
        }
        _ = set.setView.table.append(member.value.value, in: heap)
      }
      return object.value
    }
  }

  /// Members that are there now and were not, and those that were and are not.
  var difference: (added: [Member], removed: [Member]) {
    var result: (added: [Member], removed: [Member]) = ([], [])
    for (member, was) in touched {
      let isThere = counts[member] != nil
      if isThere, !was { result.added.append(member) }
      if !isThere, was { result.removed.append(member) }
    }
    return result
  }

  /// As it was at the last `settle`.
  var earlier: Union {
    var result = Union(kind)
    result.counts = counts.filter { touched[$0.key] ?? true }
    for (member, was) in touched where was { result.counts[member] = 1 }
    return result
  }

  mutating func settle() { touched.removeAll(keepingCapacity: true) }

  mutating func move(by relocation: inout Relocation) {
    var moved: [Member: Int] = [:]
    moved.reserveCapacity(counts.count)
    var groups: [ValueKey: Int] = [:]
    for (member, count) in counts {
      moved[Member(relocation.move(member.key.value), relocation.move(member.value.value))] = count
    }
    counts = moved
    for (key, count) in values { groups[ValueKey(relocation.move(key.value))] = count }
    values = groups
    var changes: [Member: Bool] = [:]
    for (member, was) in touched { changes[Member(relocation.move(member.key.value), relocation.move(member.value.value))] = was }
    touched = changes
  }
}
