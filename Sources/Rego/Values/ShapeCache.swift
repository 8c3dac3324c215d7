/// Forms of objects that were read: sequences of keys as paths of a tree, with one key table for all objects of a sequence.
///
/// Each node remembers which key came next last time, as raw bytes with the closing quote: where documents repeat their forms, one compare
/// replaces scanning, hashing and searching a key. The tables live in the cache's heap, so whoever keeps objects keeps the cache. One
/// reader at a time may use it; objects may be read by other threads meanwhile.
///
/// The tree stays small whatever the documents hold: `child` refuses beyond `keyLimit` keys, `childLimit` successors and `nodeLimit` nodes,
/// and the reader then gives the object a table of its own.
final class ShapeCache {
  static let keyLimit = 64
  static let childLimit = 64
  static let nodeLimit = 16_384

  let heap: Heap
  let root: Shape
  private var nodeCount = 1

  init(heap: Heap = Heap()) {
    self.heap = heap
    root = Shape.make(key: .undefined, parent: 0, depth: 0, in: heap)
  }

  /// The shape `shape` becomes with one more key, which may repeat an earlier one; nil where the tree must not grow.
  func child(of shape: Shape, key: UnsafeBufferPointer<UInt8>) -> Shape? {
    var found = shape.firstChild
    let short = key.count <= 14 ? unsafe Value.string(key, in: heap) : .undefined
    while found != 0 {
      let candidate = Shape(address: found)
      if candidate.key.rawTag == 5
        ? candidate.key.head == short.head && candidate.key.body == short.body : unsafe candidate.hasLongKey(key)
      {
        shape.predict(candidate)
        return candidate
      }
      found = candidate.nextSibling
    }
    guard shape.childCount < Self.childLimit, shape.depth < Self.keyLimit, nodeCount < Self.nodeLimit else { return nil }
    nodeCount += 1
    let value = short.isDefined ? short : unsafe Value.string(key, in: heap)
    let made = Shape.make(key: value, parent: shape.address, depth: shape.depth + 1, in: heap)
    made.setRaw(in: heap)
    shape.adopt(made)
    shape.predict(made)
    return made
  }
}

/// A node of the tree of forms; the record's fields stand in `Offset`.
struct Shape {
  let address: Memory.Address

  private enum Offset {
    static let predictedWord = 0
    static let predictedMask = 8
    static let predictedChild = 16
    static let predictedRaw = 24
    static let predictedLength = 32
    static let depth = 36
    static let table = 40
    static let slots = 48
    static let parent = 56
    static let firstChild = 64
    static let nextSibling = 72
    static let key = 80
    static let childCount = 96
    static let rawLength = 100
    static let raw = 104
    static let size = 112
  }

  @inline(__always)
  init(address: Memory.Address) { self.address = address }

  @inline(__always)
  private func load<T: BitwiseCopyable>(_ offset: Int) -> T { Memory.load(address, offset) }

  @inline(__always)
  var depth: Int { Int(load(Offset.depth) as UInt32) }
  @inline(__always)
  var key: Value { Memory.value(address &+ UInt(Offset.key), at: 0) }
  var parent: Memory.Address { load(Offset.parent) }
  var firstChild: Memory.Address { load(Offset.firstChild) }
  var nextSibling: Memory.Address { load(Offset.nextSibling) }
  var childCount: Int { Int(load(Offset.childCount) as UInt32) }
  /// The table of the distinct keys, in order and sealed; 0 before `finish`.
  @inline(__always)
  var table: Memory.Address { load(Offset.table) }
  /// For each key of the sequence its slot in the table, 4 bytes each.
  @inline(__always)
  var slots: Memory.Address { load(Offset.slots) }

  static func make(key: Value, parent: Memory.Address, depth: Int, in heap: Heap) -> Shape {
    let address = heap.allocate(Offset.size)
    for offset in stride(from: 0, to: Offset.size, by: 8) { Memory.store(address, offset, UInt64(0)) }
    // No word equals 1 under a mask of 0: nothing is predicted.
    Memory.store(address, Offset.predictedWord, UInt64(1))
    Memory.store(address, Offset.depth, UInt32(truncatingIfNeeded: depth))
    Memory.store(address, Offset.parent, parent)
    Memory.setValue(address &+ UInt(Offset.key), at: 0, key)
    return Shape(address: address)
  }

  /// Keeps the key as it stands in texts. Keys that must be escaped there are never predicted.
  fileprivate func setRaw(in heap: Heap) {
    let key = key
    unsafe key.withText { bytes in
      guard unsafe bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C }) else { return }
      let raw = heap.allocate(max(8, bytes.count + 1))
      Memory.store(raw, 0, UInt64(0))
      for index in 0..<bytes.count { Memory.store(raw, index, unsafe bytes[index]) }
      Memory.store(raw, bytes.count, UInt8(0x22))
      Memory.store(address, Offset.raw, raw)
      Memory.store(address, Offset.rawLength, UInt32(truncatingIfNeeded: bytes.count + 1))
    }
  }

  fileprivate func adopt(_ child: Shape) {
    Memory.store(child.address, Offset.nextSibling, firstChild)
    Memory.store(address, Offset.firstChild, child.address)
    Memory.store(address, Offset.childCount, UInt32(truncatingIfNeeded: childCount + 1))
  }

  fileprivate func predict(_ child: Shape) {
    let length = Memory.load(child.address, Offset.rawLength, as: UInt32.self)
    guard length > 0 else { return }
    let raw = Memory.load(child.address, Offset.raw, as: Memory.Address.self)
    let mask = length >= 8 ? UInt64.max : (1 << UInt64(8 * length)) - 1
    Memory.store(address, Offset.predictedMask, mask)
    Memory.store(address, Offset.predictedWord, UInt64(littleEndian: Memory.load(raw, 0)) & mask)
    Memory.store(address, Offset.predictedChild, child.address)
    Memory.store(address, Offset.predictedRaw, raw)
    Memory.store(address, Offset.predictedLength, length)
  }

  /// The predicted successor when its key, with the closing quote, stands at `position`, and the position behind it.
  @inline(__always)
  func predicted(in text: JSONText, at position: Int) -> (shape: Shape, end: Int)? {
    guard text.word(at: position) & load(Offset.predictedMask) == load(Offset.predictedWord) else { return nil }
    let length = Int(load(Offset.predictedLength) as UInt32)
    guard length <= 8 || text.hasBytes(of: load(Offset.predictedRaw), count: length, at: position) else { return nil }
    return (Shape(address: load(Offset.predictedChild)), position &+ length)
  }

  fileprivate func hasLongKey(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let key = key
    guard key.rawTag == 6, key.textCount == bytes.count else { return false }
    return unsafe key.withText { unsafe $0.elementsEqual(bytes) }
  }

  /// Makes table and slots on first use of the shape by a whole object.
  @inline(never)
  func finish(in heap: Heap) {
    var keys: [Value] = []
    var node = self
    while node.depth > 0 {
      keys.append(node.key)
      node = Shape(address: node.parent)
    }
    keys.reverse()
    let table = KeyTable.make(capacity: keys.count, in: heap)
    let slots = heap.allocate(max(4, keys.count * 4))
    // As programs write them, keys come in order more often than not.
    let isAscending = keys.indices.dropFirst().allSatisfy { keys[$0 - 1].compare(keys[$0]) < 0 }
    if isAscending {
      for (index, key) in keys.enumerated() {
        _ = table.append(key, in: heap)
        Memory.store(slots, index * 4, UInt32(truncatingIfNeeded: index))
      }
      table.seal()
    } else {
      for key in keys.sorted(by: { $0.compare($1) < 0 }) where table.find(key) < 0 { _ = table.append(key, in: heap) }
      table.seal()
      for (index, key) in keys.enumerated() { Memory.store(slots, index * 4, UInt32(truncatingIfNeeded: table.find(key))) }
    }
    Memory.store(address, Offset.slots, slots)
    Memory.store(address, Offset.table, (SharedTables.table(for: table) ?? table).address)
  }
}
