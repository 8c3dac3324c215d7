/// An array: count (4), capacity (4), address of elements (8), hash (8; 0 = not computed).
struct ArrayView {
  static let size = 32
  let address: Memory.Address

  @inline(__always)
  init(_ value: Value) { address = value.address }
  @inline(__always)
  init(address: Memory.Address) { self.address = address }

  @inline(__always)
  var count: Int { Int(Memory.load(address, 0, as: UInt32.self)) }
  @inline(__always)
  var elements: Memory.Address { Memory.load(address, 8) }
  var hash: UInt64 {
    get { Memory.loadShared(address, 16) }
    nonmutating set { Memory.storeShared(address, 16, newValue) }
  }
  var value: Value { Value(.array, UInt64(address)) }

  /// The element at `index`, which must lie in 0..<count.
  @inline(__always)
  subscript(index: Int) -> Value {
    precondition(index >= 0 && index < count)
    return Memory.value(elements, at: index)
  }

  static func make(capacity: Int, in heap: Heap) -> ArrayView {
    let address = heap.allocate(size + capacity * 16)
    Memory.store(address, 0, UInt32(0))
    Memory.store(address, 4, UInt32(truncatingIfNeeded: capacity))
    Memory.store(address, 8, address + UInt(size))
    Memory.store(address, 16, UInt64(0))
    return ArrayView(address: address)
  }

  /// An array whose `count` elements must all be stored by the caller.
  @inline(__always)
  static func make(filled count: Int, in heap: Heap) -> ArrayView {
    let address = heap.allocate(size &+ count &* 16)
    let number = UInt64(truncatingIfNeeded: count) & 0xffff_ffff
    Memory.store(address, 0, number << 32 | number)
    Memory.store(address, 8, address &+ UInt(size))
    Memory.store(address, 16, UInt64(0))
    return ArrayView(address: address)
  }

  /// Only while the array is being built.
  @inline(__always)
  func append(_ value: Value, in heap: Heap) {
    let n = count
    let capacity = Int(Memory.load(address, 4, as: UInt32.self))
    if n == capacity { grow(capacity, in: heap) }
    Memory.setValue(elements, at: n, value)
    Memory.store(address, 0, UInt32(truncatingIfNeeded: n &+ 1))
  }

  @inline(never)
  private func grow(_ capacity: Int, in heap: Heap) {
    let new = max(8, capacity * 2)
    let moved = heap.allocate(new * 16)
    Memory.copy(from: elements, to: moved, bytes: count * 16)
    Memory.store(address, 8, moved)
    Memory.store(address, 4, UInt32(truncatingIfNeeded: new))
  }
}

extension Value {
  static func array(_ values: some Swift.Collection<Value>, in heap: Heap) -> Value {
    let array = ArrayView.make(capacity: values.count, in: heap)
    for value in values { array.append(value, in: heap) }
    return array.value
  }
  /// View of an array value. The value must be an array.
  @inline(__always)
  var arrayView: ArrayView { ArrayView(self) }
  @inline(__always)
  var objectView: ObjectView { ObjectView(self) }
  @inline(__always)
  var setView: SetView { SetView(self) }

  /// The elements of an array or set (in order), copied; empty for other types.
  var elements: [Value] {
    switch tag {
    case .array:
      let view = arrayView
      return (0..<view.count).map { view[$0] }
    case .set:
      let view = setView
      view.sort()
      return (0..<view.count).map { view[$0] }
    default: return []
    }
  }
}

/// A set: its value's address is that of a `KeyTable`.
struct SetView {
  let table: KeyTable

  @inline(__always)
  init(_ value: Value) { table = KeyTable(address: value.address) }
  @inline(__always)
  init(table: KeyTable) { self.table = table }

  @inline(__always)
  var count: Int { table.count }
  var value: Value { Value(.set, UInt64(table.address)) }
  @inline(__always)
  func sort() { if !table.isSorted { table.sort(values: 0) } }

  /// The element at a position, in order once `sort` was called.
  @inline(__always)
  subscript(index: Int) -> Value {
    precondition(index >= 0 && index < count)
    return table[index]
  }
  @inline(__always)
  func contains(_ value: Value) -> Bool { table.find(value) >= 0 }

  static func make(capacity: Int = 4, in heap: Heap) -> SetView { SetView(table: .make(capacity: capacity, in: heap)) }

  /// Only while the set is being built.
  @inline(__always)
  func insert(_ value: Value, in heap: Heap) { _ = table.insert(value, in: heap) }
}

/// An object: count is its table's; table (8), values (8), hash (8; 0 = not computed), form (8: the table's identity, or 0).
struct ObjectView {
  static let size = 32
  let address: Memory.Address

  @inline(__always)
  init(_ value: Value) { address = value.address }
  @inline(__always)
  init(address: Memory.Address) { self.address = address }

  @inline(__always)
  var table: KeyTable { KeyTable(address: Memory.load(address, 0)) }
  @inline(__always)
  var values: Memory.Address { Memory.load(address, 8) }
  @inline(__always)
  var count: Int { table.count }
  var value: Value { Value(.object, UInt64(address)) }
  /// Takes a table with the same keys in the same order.
  func share(_ table: KeyTable) {
    Memory.store(address, 0, table.address)
    Memory.store(address, 24, table.identity)
  }
  /// Objects of one form have the same keys in the same slots; 0 where keys may still be added.
  @inline(__always)
  var form: UInt64 { Memory.load(address, 24) }
  /// No key will be added any more.
  func seal() {
    table.seal()
    Memory.store(address, 24, table.identity)
  }
  var hash: UInt64 {
    get { Memory.loadShared(address, 16) }
    nonmutating set { Memory.storeShared(address, 16, newValue) }
  }

  /// Puts the members in the order of their keys.
  @inline(__always)
  func sort() {
    let table = table
    if !table.isSorted { table.sort(values: values) }
  }
  /// The key at a position, in order once `sort` was called.
  @inline(__always)
  func key(at slot: Int) -> Value {
    precondition(slot >= 0 && slot < count)
    return table[slot]
  }
  @inline(__always)
  func value(at slot: Int) -> Value {
    precondition(slot >= 0 && slot < count)
    return Memory.value(values, at: slot)
  }
  /// The value under a key, else undefined.
  @inline(__always)
  subscript(key: Value) -> Value {
    let slot = table.find(key)
    return slot < 0 ? .undefined : Memory.value(values, at: slot)
  }
  subscript(key: StaticString) -> Value {
    self[Value.short(key)]
  }

  /// An object that may grow.
  static func make(capacity: Int = 4, in heap: Heap) -> ObjectView {
    let table = KeyTable.make(capacity: capacity, in: heap)
    let address = heap.allocate(size + capacity * 16)
    Memory.store(address, 0, table.address)
    Memory.store(address, 8, address + UInt(size))
    Memory.store(address, 16, UInt64(0))
    Memory.store(address, 24, UInt64(0))
    return ObjectView(address: address)
  }

  /// An object over a sealed table; `values` of the table's count must all be set by the caller.
  @inline(__always)
  static func make(sharing table: KeyTable, count: Int, in heap: Heap) -> ObjectView {
    let address = heap.allocate(size &+ count &* 16)
    Memory.store(address, 0, table.address)
    Memory.store(address, 8, address &+ UInt(size))
    Memory.store(address, 16, UInt64(0))
    Memory.store(address, 24, table.identity)
    return ObjectView(address: address)
  }

  @inline(__always)
  func setValue(at slot: Int, _ value: Value) { Memory.setValue(values, at: slot, value) }

  /// Sets a key; only while the object is being built and shares its table with no other.
  func set(_ key: Value, _ value: Value, in heap: Heap) {
    // First the slot, which may move the values.
    let slot = slot(for: key, in: heap).slot
    Memory.setValue(values, at: slot, value)
  }

  /// Adds a key known to be missing; only while the object is being built, with room for as many keys as it was made for.
  @inline(__always)
  func append(_ key: Value, _ value: Value, in heap: Heap) {
    let slot = table.append(key, in: heap)
    Memory.setValue(values, at: slot, value)
  }

  /// Sets a key that is missing; returns the value that stands there otherwise, and undefined where it was missing.
  func setIfMissing(_ key: Value, _ value: Value, in heap: Heap) -> Value {
    let (slot, isNew) = slot(for: key, in: heap)
    if !isNew { return Memory.value(values, at: slot) }
    Memory.setValue(values, at: slot, value)
    return .undefined
  }

  @inline(__always)
  private func slot(for key: Value, in heap: Heap) -> (slot: Int, isNew: Bool) {
    let table = table
    let before = table.capacity
    let (slot, isNew) = table.insert(key, in: heap)
    let capacity = table.capacity
    if capacity != before {
      let moved = heap.allocate(capacity &* 16)
      Memory.copy(from: values, to: moved, bytes: slot &* 16)
      Memory.store(address, 8, moved)
    }
    return (slot, isNew)
  }
}

extension Value {
  /// A short string constant, at most 14 ASCII bytes.
  static func short(_ text: StaticString) -> Value {
    precondition(text.utf8CodeUnitCount <= 14)
    var head = UInt64(Tag.shortString.rawValue) | UInt64(text.utf8CodeUnitCount) << 8
    var body: UInt64 = 0
    // SAFETY: a static string's bytes live for ever.
    text.withUTF8Buffer { bytes in
      for i in 0..<bytes.count {
        let byte = unsafe UInt64(bytes[i])
        if i < 6 { head |= byte << UInt64(16 + 8 * i) } else { body |= byte << UInt64(8 * (i - 6)) }
      }
    }
    return Value(head: head, body: body)
  }

  /// A set of values, duplicates dropped.
  static func set(_ values: some Swift.Sequence<Value>, in heap: Heap) -> Value {
    let set = SetView.make(in: heap)
    for value in values { set.insert(value, in: heap) }
    set.sort()
    return set.value
  }

  /// An object; the last of equal keys wins.
  static func object(_ members: some Swift.Sequence<(Value, Value)>, in heap: Heap) -> Value {
    let object = ObjectView.make(in: heap)
    for (key, value) in members { object.set(key, value, in: heap) }
    object.sort()
    return object.value
  }

  /// Number of elements or members of a composite, of code points of a string; nil for other types.
  var elementCount: Int? {
    switch tag {
    case .array: arrayView.count
    case .object: objectView.count
    case .set: setView.count
    case .shortString, .longString: unsafe withText { bytes in unsafe bytes.reduce(0) { $1 & 0xc0 == 0x80 ? $0 : $0 + 1 } }
    default: nil
    }
  }
}
