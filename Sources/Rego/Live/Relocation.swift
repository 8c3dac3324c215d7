/// Copies what lies in one heap to another one: values that outlive an evaluation, or the memory that edits left behind. Whatever lies elsewhere is
/// kept where it is; it refers to nothing in the heap that is left.
struct Relocation {
  private let from: [(start: Memory.Address, end: Memory.Address)]
  let heap: Heap
  /// Where composites went, so that what was shared stays shared.
  private var moved: [Memory.Address: Value] = [:]
  private var movedTables: [Memory.Address: KeyTable] = [:]
  /// Large containers with memory of their own: they stay, and their members are moved in place.
  private let owned: Set<Memory.Address>
  private(set) var visited: Set<Memory.Address> = []

  init(from source: Heap, to heap: Heap, owned: Set<Memory.Address> = []) {
    from = source.ranges.sorted { $0.start < $1.start }
    self.heap = heap
    self.owned = owned
  }

  private func isMoved(_ address: Memory.Address) -> Bool {
    var low = 0, high = from.count
    while low < high {
      let middle = (low + high) / 2
      if from[middle].end <= address { low = middle + 1 } else { high = middle }
    }
    return low < from.count && from[low].start <= address
  }

  mutating func move(_ value: Value) -> Value {
    switch value.tag {
    case .undefined, .null, .boolean, .integer, .shortString: return value
    case .longString:
      guard isMoved(value.address) else { return value }
      return copy(value, bytes: TextRecord.headerSize + value.textCount)
    case .number:
      guard isMoved(value.address) else { return value }
      let record = NumberRecord(value.address)
      return copy(value, bytes: NumberRecord.headerSize + (record.binary == nil ? record.literal.count : 16))
    case .array, .object, .set:
      if owned.contains(value.address) {
        if visited.insert(value.address).inserted { moveMembers(of: value) }
        return value
      }
      guard isMoved(value.address) else { return value }
      if let known = moved[value.address] { return known }
      let made = composite(value)
      moved[value.address] = made
      return made
    }
  }

  private func copy(_ value: Value, bytes: Int) -> Value {
    let address = heap.allocate(bytes)
    Memory.copy(from: value.address, to: address, bytes: bytes)
    return Value(value.tag, UInt64(address))
  }

  private mutating func composite(_ value: Value) -> Value {
    switch value.tag {
    case .array:
      let source = value.arrayView
      let made = ArrayView.make(filled: source.count, in: heap)
      for index in 0..<source.count { Memory.setValue(made.elements, at: index, move(source[index])) }
      made.hash = source.hash
      return made.value
    case .object:
      let source = value.objectView
      let made = ObjectView.make(sharing: table(source.table), count: source.count, in: heap)
      for slot in 0..<source.count { made.setValue(at: slot, move(source.value(at: slot))) }
      made.hash = source.hash
      return made.value
    default: return SetView(table: table(value.setView.table)).value
    }
  }

  private mutating func table(_ source: KeyTable) -> KeyTable {
    guard isMoved(source.address) else { return source }
    if let known = movedTables[source.address] { return known }
    let made = KeyTable.make(capacity: max(1, source.count), in: heap)
    for slot in 0..<source.count { _ = made.append(move(source[slot]), in: heap) }
    made.hash = source.hash
    if source.identity != 0 { made.seal() }
    movedTables[source.address] = made
    return made
  }

  private mutating func moveMembers(of value: Value) {
    switch value.tag {
    case .array:
      let view = value.arrayView
      for index in 0..<view.count { Memory.setValue(view.elements, at: index, move(view[index])) }
    case .object:
      let view = value.objectView
      let keys = view.table
      // A key of more than a few bytes that an edit brought.
      for slot in 0..<keys.count where isMoved(keys[slot].isString && keys[slot].rawTag == 5 ? 0 : keys[slot].address) {
        Memory.setValue(keys.keys, at: slot, move(keys[slot]))
      }
      for slot in 0..<keys.count { view.setValue(at: slot, move(view.value(at: slot))) }
    default: break
    }
  }
}

extension Value {
  /// Equal to the last digit of every number: `equals` takes 1 and 1.0 for one number, texts that are made of them differ.
  func isIdentical(to other: Value) -> Bool {
    if head == other.head, body == other.body { return true }
    guard tag == other.tag else { return false }
    switch tag {
    case .undefined, .null, .boolean, .integer, .shortString: return false
    case .longString: return equals(other)
    case .number: return NumberRecord(address).literal == NumberRecord(other.address).literal
    case .array:
      let a = arrayView, b = other.arrayView
      return a.count == b.count && (0..<a.count).allSatisfy { a[$0].isIdentical(to: b[$0]) }
    case .object:
      let a = objectView, b = other.objectView
      guard a.count == b.count else { return false }
      a.sort()
      b.sort()
      return (0..<a.count).allSatisfy { a.key(at: $0).isIdentical(to: b.key(at: $0)) && a.value(at: $0).isIdentical(to: b.value(at: $0)) }
    case .set:
      let a = setView, b = other.setView
      guard a.count == b.count else { return false }
      a.sort()
      b.sort()
      return (0..<a.count).allSatisfy { a[$0].isIdentical(to: b[$0]) }
    }
  }
}
