/// Values of containers that are being read, outside the heap because most of them move there when the container ends.
@safe
struct ValueStack: ~Copyable {
  private var memory: UnsafeMutablePointer<Value>
  private(set) var capacity: Int

  init(capacity: Int = 256) {
    unsafe memory = .allocate(capacity: capacity)
    self.capacity = capacity
  }

  deinit { unsafe memory.deallocate() }

  /// The value at an index below `capacity`.
  @inline(__always)
  subscript(index: Int) -> Value {
    get {
      // SAFETY: the reader keeps indexes below the room it reserved; values are trivial.
      unsafe memory[index]
    }
    set { unsafe memory[index] = newValue }
  }

  /// Makes room for more values beyond the first `count`.
  @inline(never)
  mutating func grow(keeping count: Int) {
    let larger = UnsafeMutablePointer<Value>.allocate(capacity: capacity * 2)
    // SAFETY: count is at most the old capacity.
    unsafe larger.update(from: memory, count: count)
    unsafe memory.deallocate()
    unsafe memory = larger
    capacity *= 2
  }

  /// Copies `count` values from `first` on to the heap.
  @inline(__always)
  func copy(from first: Int, count: Int, to address: Memory.Address) {
    var index = 0
    while index < count {
      Memory.setValue(address, at: index, self[first &+ index])
      index &+= 1
    }
  }
}
