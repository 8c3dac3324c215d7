/// A document that is edited: what stands on the way to an edit is copied, all else is shared with the document that it was.
///
/// Earlier versions stay whole until `settle`, so that values before and after can be compared. Large containers have memory of their own, two
/// versions of each that take turns: an edit in ten thousand elements copies their 160 kB and leaves nothing behind.
struct EditedDocument {
  /// What an edit did.
  struct Event {
    enum Kind {
      /// Another value stands there, or one where none stood, or none any more.
      case replaced
      /// An array has an element more at this place, one less.
      case inserted(Int)
      case removed(Int)
    }
    let root: DocumentEdit.Root
    /// Keys on the way: texts of objects, integers of arrays. For insertions and removals the array's.
    let keys: [Value]
    /// For each key its place in the container.
    let slots: [Int]
    let kind: Kind
    /// An object has a member more (1) or less (-1) at the last of the slots.
    let members: Int
  }

  /// From so many elements on a container has memory of its own.
  private static let large = 64
  private static let spares = 4

  let root: DocumentEdit.Root
  private(set) var value: Value
  /// The document that the first version lay in.
  private let original: Document?
  private var owned: [Memory.Address: Heap] = [:]
  /// Versions that earlier values refer to, until these are done with.
  private var retired: [Heap] = []
  private var spare: [Heap] = []
  /// Containers made since the last `settle`, which no earlier value refers to.
  private var fresh: Set<Memory.Address> = []

  init(_ document: Document?, as root: DocumentEdit.Root) {
    self.root = root
    original = document
    value = document?.value ?? .undefined
  }

  var ownedContainers: Set<Memory.Address> { Set(owned.keys) }

  /// - Parameter heap: takes new values.
  mutating func apply(_ edit: DocumentEdit, in heap: Heap) throws(RegoError) -> Event {
    var keys: [Value] = []
    var slots: [Int] = []
    var kind = Event.Kind.replaced
    var members = 0
    if edit.path.isEmpty {
      switch edit.operation {
      case .replace(let new), .add(let new): value = new.value(in: heap).frozen()
      case .remove: value = .undefined
      }
    } else {
      value = try changed(value, edit, 0, heap, &keys, &slots, &kind, &members)
    }
    return Event(root: root, keys: keys, slots: slots, kind: kind, members: members)
  }

  /// Earlier versions are not needed any more.
  mutating func settle() {
    for heap in retired where spare.count < Self.spares { spare.append(heap) }
    retired.removeAll()
    fresh.removeAll(keepingCapacity: true)
  }

  /// Moves what lies in a heap that is left, and frees large containers that nothing refers to.
  mutating func move(by relocation: inout Relocation) {
    value = relocation.move(value)
    for address in owned.keys where !relocation.visited.contains(address) { owned[address] = nil }
  }

  // MARK: - Edits

  private mutating func changed(
    _ node: Value, _ edit: DocumentEdit, _ depth: Int, _ heap: Heap, _ keys: inout [Value], _ slots: inout [Int], _ kind: inout Event.Kind,
    _ members: inout Int
  ) throws(RegoError) -> Value {
    let part = edit.path[depth]
    let isLast = depth == edit.path.count - 1
    switch node.tag {
    case .array:
      let view = node.arrayView
      let slot = try index(part, view.count, edit, mayEnd: isLast)
      if isLast {
        switch edit.operation {
        case .add(let new):
          kind = .inserted(slot)
          return spliced(view, at: slot, removing: 0, new.value(in: heap).frozen(), heap)
        case .remove:
          guard slot < view.count else { throw misfit(edit) }
          kind = .removed(slot)
          return spliced(view, at: slot, removing: 1, nil, heap)
        case .replace: break
        }
      }
      guard slot < view.count else { throw misfit(edit) }
      keys.append(.integer(slot))
      slots.append(slot)
      let new: Value
      if isLast, case .replace(let given) = edit.operation {
        new = given.value(in: heap).frozen()
      } else {
        new = try changed(view[slot], edit, depth + 1, heap, &keys, &slots, &kind, &members)
      }
      return replaced(view, at: slot, by: new, heap)
    case .object:
      let view = node.objectView
      let key = Value.string(part, in: heap)
      let found = view.table.find(key)
      keys.append(found < 0 ? key : view.table[found])
      if isLast {
        switch edit.operation {
        case .add(let new) where found < 0:
          let (object, slot) = inserted(view, key, new.value(in: heap).frozen(), heap)
          slots.append(slot)
          members = 1
          return object
        case .add(let new), .replace(let new):
          guard found >= 0 else { throw misfit(edit) }
          slots.append(found)
          return replaced(view, at: found, by: new.value(in: heap).frozen(), heap)
        case .remove:
          guard found >= 0 else { throw misfit(edit) }
          slots.append(found)
          members = -1
          return removed(view, found, heap)
        }
      }
      guard found >= 0 else { throw misfit(edit) }
      slots.append(found)
      let new = try changed(view.value(at: found), edit, depth + 1, heap, &keys, &slots, &kind, &members)
      return replaced(view, at: found, by: new, heap)
    default: throw misfit(edit)
    }
  }

  private func index(_ part: String, _ count: Int, _ edit: DocumentEdit, mayEnd: Bool) throws(RegoError) -> Int {
    if part == "-", mayEnd { return count }
    let digits = part.utf8
    guard !digits.isEmpty, digits.count < 10, digits.allSatisfy({ $0 &- 0x30 <= 9 }), digits.count == 1 || digits.first != 0x30,
      let index = Int(part), index <= count
    else { throw misfit(edit) }
    return index
  }

  private func misfit(_ edit: DocumentEdit) -> RegoError {
    RegoError(.edit, "\(edit.pointer) does not exist; nothing was changed")
  }

  // MARK: - Containers

  /// Memory for the next version of a container that stands at `address`.
  private mutating func room(_ count: Int, replacing address: Memory.Address, _ heap: Heap) -> Heap {
    guard count >= Self.large else { return heap }
    if let old = owned.removeValue(forKey: address) { retired.append(old) }
    guard let room = spare.popLast() else { return Heap() }
    room.reset()
    return room
  }

  private mutating func own(_ value: Value, _ room: Heap, _ heap: Heap) -> Value {
    if room !== heap { owned[value.address] = room }
    fresh.insert(value.address)
    return value
  }

  private mutating func replaced(_ array: ArrayView, at slot: Int, by value: Value, _ heap: Heap) -> Value {
    if fresh.contains(array.address) {
      Memory.setValue(array.elements, at: slot, value)
      array.hash = 0
      return array.value
    }
    let room = room(array.count, replacing: array.address, heap)
    let made = ArrayView.make(filled: array.count, in: room)
    Memory.copy(from: array.elements, to: made.elements, bytes: array.count * 16)
    Memory.setValue(made.elements, at: slot, value)
    return own(made.value, room, heap)
  }

  private mutating func spliced(_ array: ArrayView, at slot: Int, removing: Int, _ new: Value?, _ heap: Heap) -> Value {
    let added = new == nil ? 0 : 1
    let count = array.count - removing + added
    let room = room(count, replacing: array.address, heap)
    let made = ArrayView.make(filled: count, in: room)
    Memory.copy(from: array.elements, to: made.elements, bytes: slot * 16)
    if let new { Memory.setValue(made.elements, at: slot, new) }
    Memory.copy(
      from: array.elements + UInt((slot + removing) * 16), to: made.elements + UInt((slot + added) * 16),
      bytes: (array.count - slot - removing) * 16)
    return own(made.value, room, heap)
  }

  private mutating func replaced(_ object: ObjectView, at slot: Int, by value: Value, _ heap: Heap) -> Value {
    if fresh.contains(object.address) {
      object.setValue(at: slot, value)
      Memory.store(object.address, 16, UInt64(0))
      return object.value
    }
    // A table in memory that will take another version is copied along.
    let isTableOwned = owned[object.address]?.holds(object.table.address) ?? false
    let count = object.count
    let room = room(count, replacing: object.address, heap)
    var table = object.table
    if isTableOwned { table = copied(table, room) { _ in true } }
    let made = ObjectView.make(sharing: table, count: count, in: room)
    Memory.copy(from: object.values, to: made.values, bytes: count * 16)
    made.setValue(at: slot, value)
    return own(made.value, room, heap)
  }

  private mutating func inserted(_ object: ObjectView, _ key: Value, _ value: Value, _ heap: Heap) -> (Value, Int) {
    let count = object.count, old = object.table
    var low = 0, high = count
    while low < high {
      let middle = (low + high) / 2
      if old[middle].compare(key) < 0 { low = middle + 1 } else { high = middle }
    }
    let room = room(count + 1, replacing: object.address, heap)
    let table = KeyTable.make(capacity: count + 1, in: room)
    for slot in 0..<low { _ = table.append(old[slot], in: room) }
    _ = table.append(key, in: room)
    for slot in low..<count { _ = table.append(old[slot], in: room) }
    let made = ObjectView.make(sharing: sealed(table), count: count + 1, in: room)
    Memory.copy(from: object.values, to: made.values, bytes: low * 16)
    made.setValue(at: low, value)
    Memory.copy(from: object.values + UInt(low * 16), to: made.values + UInt((low + 1) * 16), bytes: (count - low) * 16)
    return (own(made.value, room, heap), low)
  }

  private mutating func removed(_ object: ObjectView, _ slot: Int, _ heap: Heap) -> Value {
    let count = object.count
    let room = room(count - 1, replacing: object.address, heap)
    let table = copied(object.table, room) { $0 != slot }
    let made = ObjectView.make(sharing: table, count: count - 1, in: room)
    Memory.copy(from: object.values, to: made.values, bytes: slot * 16)
    Memory.copy(from: object.values + UInt((slot + 1) * 16), to: made.values + UInt(slot * 16), bytes: (count - slot - 1) * 16)
    return own(made.value, room, heap)
  }

  private func copied(_ table: KeyTable, _ room: Heap, _ keeps: (Int) -> Bool) -> KeyTable {
    let made = KeyTable.make(capacity: max(1, table.count), in: room)
    for slot in 0..<table.count where keeps(slot) { _ = made.append(table[slot], in: room) }
    return sealed(made)
  }

  private func sealed(_ table: KeyTable) -> KeyTable {
    if let shared = SharedTables.table(for: table) { return shared }
    table.seal()
    return table
  }
}

extension Heap {
  func holds(_ address: Memory.Address) -> Bool { ranges.contains { $0.start <= address && address < $0.end } }
}
