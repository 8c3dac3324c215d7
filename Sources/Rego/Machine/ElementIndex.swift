/// Elements of a collection by what stands under certain keys in them, for loops that seek elements with one value there.
///
/// A place of the code that goes through one collection again and again, seeking a value each time, gets an index of it: the work of joining two
/// collections is then that of reading both, and not their product. The index lies in the evaluation's heap and is known by the
/// collection's address, so that it serves for one evaluation.
enum ElementIndex {
  // Where the place keeps it, in the room of a field cache: address of the collection, number of the evaluation, loops so far, index or 0.
  private static let collection = 0
  private static let evaluation = 8
  private static let loops = 16
  private static let index = 24
  /// The loop that makes the index: making it takes as long as some loops over everything.
  private static let first = 4
  /// Collections of so few elements are gone through.
  private static let few = 8

  // An index: address of the table of values, of the first slot for each value, of the slot that follows each (Int32, -1 for none).
  private static let table = 0
  private static let heads = 8
  private static let links = 16
  private static let size = 24

  /// Where a loop begins: its next slot, and the slots that follow each; 0 for one after the other.
  @inline(never)
  static func start(
    _ collection: Value, _ sought: Value, _ keys: Operands, _ cache: Memory.Address, evaluation: UInt64, in heap: Heap
  ) -> Value {
    let everything = Value(head: 0, body: 0)
    sort(collection)
    let count = Machine.count(collection)
    if count <= few { return everything }
    guard Memory.load(cache, Self.collection, as: UInt64.self) == collection.body,
      Memory.load(cache, Self.evaluation, as: UInt64.self) == evaluation
    else {
      Memory.store(cache, Self.collection, collection.body)
      Memory.store(cache, Self.evaluation, evaluation)
      Memory.store(cache, loops, 1)
      Memory.store(cache, index, 0)
      return everything
    }
    var known: Memory.Address = Memory.load(cache, index)
    if known == 0 {
      let turn = Memory.load(cache, loops, as: Int.self) &+ 1
      Memory.store(cache, loops, turn)
      if turn < first { return everything }
      known = make(collection, count, keys, in: heap)
      Memory.store(cache, index, known)
    }
    let place = KeyTable(address: Memory.load(known, table)).find(sought)
    let head = place < 0 ? -1 : Int(Memory.load(Memory.load(known, heads), place &* 4, as: Int32.self))
    return Value(head: UInt64(bitPattern: Int64(head)), body: Memory.load(known, links))
  }

  private static func make(_ collection: Value, _ count: Int, _ keys: Operands, in heap: Heap) -> Memory.Address {
    let made = heap.allocate(size)
    let table = KeyTable.make(capacity: few, in: heap)
    let heads = heap.allocate(count &* 4), tails = heap.allocate(count &* 4), links = heap.allocate(count &* 4)
    for slot in 0..<count {
      Memory.store(links, slot &* 4, Int32(-1))
      var value = element(collection, slot)
      var depth = 0
      while depth < keys.count, value.isDefined {
        value = Machine.element(value, keys[depth])
        depth &+= 1
      }
      if value.isUndefined { continue }
      let (place, isNew) = table.insert(value, in: heap)
      let number = Int32(truncatingIfNeeded: slot)
      if isNew {
        Memory.store(heads, place &* 4, number)
      } else {
        Memory.store(links, Int(Memory.load(tails, place &* 4, as: Int32.self)) &* 4, number)
      }
      Memory.store(tails, place &* 4, number)
    }
    Memory.store(made, Self.table, table.address)
    Memory.store(made, Self.heads, heads)
    Memory.store(made, Self.links, links)
    return made
  }

  /// The slot of a loop's next turn, or a negative number behind the last one.
  ///
  /// - Parameter state: where the collection stands, and behind it what `start` gave.
  @inline(__always)
  static func next(_ state: Memory.Address) -> Int {
    let slot: Int = Memory.load(state, 16), links: Memory.Address = Memory.load(state, 24)
    if links == 0 {
      if slot >= Machine.count(Memory.value(state, at: 0)) { return -1 }
      Memory.store(state, 16, slot &+ 1)
    } else if slot >= 0 {
      Memory.store(state, 16, Int(Memory.load(links, slot &* 4, as: Int32.self)))
    }
    return slot
  }

  private static func sort(_ collection: Value) {
    switch collection.rawTag {
    case 8: collection.objectView.sort()
    case 9: collection.setView.sort()
    default: break
    }
  }

  /// The key at a slot below the collection's count.
  @inline(__always)
  static func key(_ collection: Value, _ slot: Int) -> Value {
    switch collection.rawTag {
    case 7: .integer(slot)
    case 8: collection.objectView.table[slot]
    default: collection.setView.table[slot]
    }
  }

  @inline(__always)
  static func element(_ collection: Value, _ slot: Int) -> Value {
    switch collection.rawTag {
    case 7: Memory.value(collection.arrayView.elements, at: slot)
    case 8: Memory.value(collection.objectView.values, at: slot)
    default: collection.setView.table[slot]
    }
  }
}
