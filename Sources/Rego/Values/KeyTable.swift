internal import Synchronization

/// Keys with a hash index: shared by the objects of one form, or private to one object; also the body of a set.
///
/// count (4), capacity (4), keys (8), index (8; 0 = none), index capacity (4, a power of two), sorted (4: 1 when keys stand in order),
/// identity (8; 0 = may still change), hash of a set (8).
///
/// An entry of the index is 8 bytes: the upper half of the key's hash, and its slot + 1 (0 = empty). So most keys that are not the one
/// sought are passed without a look at them, and the index grows and follows a sort without computing a hash again.
struct KeyTable {
  static let size = 48
  /// Up to this many keys are searched one by one.
  static let linear = 8
  private static let leastIndex = 32
  let address: Memory.Address

  @inline(__always)
  init(address: Memory.Address) { self.address = address }

  @inline(__always)
  var count: Int { Int(Memory.load(address, 0, as: UInt32.self)) }
  @inline(__always)
  var capacity: Int { Int(Memory.load(address, 4, as: UInt32.self)) }
  @inline(__always)
  var keys: Memory.Address { Memory.load(address, 8) }
  @inline(__always)
  private var index: Memory.Address { Memory.load(address, 16) }
  @inline(__always)
  private var indexCapacity: Int { Int(Memory.load(address, 24, as: UInt32.self)) }
  @inline(__always)
  var isSorted: Bool { Memory.load(address, 28, as: UInt32.self) == 1 }
  /// Unique in the process, for inline caches; 0 while keys may be added.
  @inline(__always)
  var identity: UInt64 { Memory.load(address, 32) }
  var hash: UInt64 {
    get { Memory.loadShared(address, 40) }
    nonmutating set { Memory.storeShared(address, 40, newValue) }
  }

  private static let identities = Atomic<UInt64>(1)
  /// Which document under construction an object with this table belongs to (`PartialDocument`); 0 for none. An object's table has no hash.
  var objectMark: UInt64 {
    get { Memory.load(address, 40) }
    nonmutating set { Memory.store(address, 40, newValue) }
  }
  /// The same for a set, whose identity no cache looks at.
  var setMark: UInt64 {
    get { identity }
    nonmutating set { Memory.store(address, 32, newValue) }
  }

  static func make(capacity: Int, in heap: Heap) -> KeyTable {
    let address = heap.allocate(size &+ capacity &* 16)
    initialize(at: address, capacity: capacity)
    return KeyTable(address: address)
  }

  /// A table at `address`, where `size` bytes and the keys' room behind them are free.
  @inline(__always)
  static func initialize(at address: Memory.Address, capacity: Int) {
    Memory.store(address, 0, UInt64(truncatingIfNeeded: capacity) << 32)
    Memory.store(address, 8, address &+ UInt(size))
    Memory.store(address, 16, UInt64(0))
    Memory.store(address, 24, UInt64(1) << 32)
    Memory.store(address, 32, UInt64(0))
    Memory.store(address, 40, UInt64(0))
  }

  @inline(__always)
  subscript(slot: Int) -> Value { Memory.value(keys, at: slot) }

  /// Slot of a key, or -1.
  func find(_ key: Value) -> Int {
    if count <= Self.linear { return findLinear(key) }
    return probe(key, UInt32(truncatingIfNeeded: key.hash >> 32)).slot
  }

  @inline(__always)
  private func findLinear(_ key: Value) -> Int {
    let n = count, keys = keys
    var i = 0
    if key.rawTag == 5 {
      while i < n {
        let candidate = Memory.value(keys, at: i)
        if candidate.head == key.head, candidate.body == key.body { return i }
        i &+= 1
      }
      return -1
    }
    while i < n {
      if Memory.value(keys, at: i).equals(key) { return i }
      i &+= 1
    }
    return -1
  }

  /// The slot of a key, or -1 and where in the index its entry belongs.
  @inline(__always)
  private func probe(_ key: Value, _ tag: UInt32) -> (slot: Int, position: Int) {
    let mask = indexCapacity &- 1
    let index = index, keys = keys
    var position = Int(tag) & mask
    while true {
      let entry = Memory.load(index, position &* 8, as: UInt64.self)
      if entry == 0 { return (-1, position) }
      if UInt32(truncatingIfNeeded: entry >> 32) == tag {
        let slot = Int(UInt32(truncatingIfNeeded: entry)) &- 1
        if Memory.value(keys, at: slot).equals(key) { return (slot, position) }
      }
      position = (position &+ 1) & mask
    }
  }

  /// The slot of a key, which is added where it is missing. Only while the table may change.
  func insert(_ key: Value, in heap: Heap) -> (slot: Int, isNew: Bool) {
    let n = count
    if n <= Self.linear {
      let slot = findLinear(key)
      if slot >= 0 { return (slot, false) }
      return (append(key, in: heap), true)
    }
    let tag = UInt32(truncatingIfNeeded: key.hash >> 32)
    let (slot, position) = probe(key, tag)
    if slot >= 0 { return (slot, false) }
    push(key, in: heap)
    if (n &+ 1) &* 8 > indexCapacity &* 5 {
      growIndex(in: heap)
      insertIntoIndex(tag, n)
    } else {
      Memory.store(index, position &* 8, UInt64(tag) << 32 | UInt64(n &+ 1))
    }
    return (n, true)
  }

  /// Adds a key known to be missing; returns its slot. Only while the table may change.
  func append(_ key: Value, in heap: Heap) -> Int {
    let n = count
    push(key, in: heap)
    if n > Self.linear {
      if (n &+ 1) &* 8 > indexCapacity &* 5 { growIndex(in: heap) }
      insertIntoIndex(UInt32(truncatingIfNeeded: key.hash >> 32), n)
    } else if n == Self.linear {
      makeIndex(in: heap)
    }
    return n
  }

  @inline(__always)
  private func push(_ key: Value, in heap: Heap) {
    let n = count
    if n == capacity { growKeys(in: heap) }
    Memory.setValue(keys, at: n, key)
    Memory.store(address, 0, UInt32(truncatingIfNeeded: n &+ 1))
    if n > 0, isSorted, Memory.value(keys, at: n &- 1).compare(key) > 0 { Memory.store(address, 28, UInt32(0)) }
  }

  @inline(never)
  private func growKeys(in heap: Heap) {
    let n = count
    let new = max(8, n * 2)
    let moved = heap.allocate(new * 16)
    Memory.copy(from: keys, to: moved, bytes: n * 16)
    Memory.store(address, 8, moved)
    Memory.store(address, 4, UInt32(truncatingIfNeeded: new))
  }

  @inline(__always)
  private func insertIntoIndex(_ tag: UInt32, _ slot: Int) {
    let mask = indexCapacity &- 1
    let index = index
    var position = Int(tag) & mask
    while Memory.load(index, position &* 8, as: UInt64.self) != 0 { position = (position &+ 1) & mask }
    Memory.store(index, position &* 8, UInt64(tag) << 32 | UInt64(slot &+ 1))
  }

  /// The first index, over all keys.
  @inline(never)
  private func makeIndex(in heap: Heap) {
    var new = Self.leastIndex
    while new < capacity { new &*= 2 }
    setIndex(new, in: heap)
    for slot in 0..<count { insertIntoIndex(UInt32(truncatingIfNeeded: self[slot].hash >> 32), slot) }
  }

  @inline(never)
  private func growIndex(in heap: Heap) {
    let old = index, oldCapacity = indexCapacity
    setIndex(oldCapacity * 2, in: heap)
    for position in 0..<oldCapacity {
      let entry = Memory.load(old, position &* 8, as: UInt64.self)
      if entry != 0 { insertIntoIndex(UInt32(truncatingIfNeeded: entry >> 32), Int(UInt32(truncatingIfNeeded: entry)) &- 1) }
    }
  }

  private func setIndex(_ capacity: Int, in heap: Heap) {
    let made = heap.allocate(capacity * 8)
    Memory.clear(made, bytes: capacity * 8)
    Memory.store(address, 16, made)
    Memory.store(address, 24, UInt32(truncatingIfNeeded: capacity))
  }

  /// Puts the keys in OPA's order, moving `values` (0 = none) along.
  func sort(values: Memory.Address) {
    if isSorted { return }
    let n = count
    let order = ValueOrder.sorted(keys, count: n)
    let keys = keys
    let oldKeys = (0..<n).map { Memory.value(keys, at: $0) }
    for (to, from) in order.enumerated() { Memory.setValue(keys, at: to, oldKeys[Int(from)]) }
    if values != 0 {
      let old = (0..<n).map { Memory.value(values, at: $0) }
      for (to, from) in order.enumerated() { Memory.setValue(values, at: to, old[Int(from)]) }
    }
    if index != 0 { renumberIndex(order) }
    Memory.store(address, 28, UInt32(1))
  }

  /// - Parameter order: for each new slot the old one.
  private func renumberIndex(_ order: [UInt32]) {
    var moved = [UInt32](repeating: 0, count: order.count)
    for (to, from) in order.enumerated() { moved[Int(from)] = UInt32(truncatingIfNeeded: to) }
    let index = index
    for position in 0..<indexCapacity {
      let entry = Memory.load(index, position &* 8, as: UInt64.self)
      if entry == 0 { continue }
      let slot = moved[Int(UInt32(truncatingIfNeeded: entry)) &- 1]
      Memory.store(index, position &* 8, entry & 0xFFFF_FFFF_0000_0000 | UInt64(slot &+ 1))
    }
  }

  /// No key will be added any more: the table may be known by its identity.
  func seal() {
    if identity == 0 { Memory.store(address, 32, Self.identities.wrappingAdd(1, ordering: .relaxed).newValue) }
  }
}
