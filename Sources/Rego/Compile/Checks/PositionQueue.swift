/// Positions in ascending order, each once; more may be added behind the current one.
struct PositionQueue {
  private let base: [Int]
  private var index = 0
  /// A heap of those added.
  private var heap: [Int] = []
  private var last = -1

  init(_ positions: [Int]) { base = positions }

  mutating func add(_ position: Int) {
    heap.append(position)
    var child = heap.count - 1
    while child > 0, heap[child] < heap[(child - 1) / 2] {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func next() -> Int? {
    while true {
      let position: Int
      if let top = heap.first, index >= base.count || top <= base[index] {
        position = top
        removeTop()
      } else if index < base.count {
        position = base[index]
        index += 1
      } else {
        return nil
      }
      if position == last { continue }
      last = position
      return position
    }
  }

  private mutating func removeTop() {
    let tail = heap.removeLast()
    if heap.isEmpty { return }
    heap[0] = tail
    var parent = 0
    while true {
      var child = 2 * parent + 1
      if child >= heap.count { return }
      if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
      if heap[parent] <= heap[child] { return }
      heap.swapAt(parent, child)
      parent = child
    }
  }
}
