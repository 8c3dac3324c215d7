/// What built-in functions may still do in an evaluation.
extension BuiltinContext {
  /// Steps between two looks at the clock and the task.
  private static let stepsBetweenLooks = 20_000

  /// Counts work against the evaluation's budget: call it before building something whose size the operands decide (`numbers.range`).
  func spend(_ count: Int) throws(BuiltinError) {
    steps = count > steps ? -1 : steps - max(0, count)
    if steps < 0 || heap.isExhausted { throw Self.exceeded }
    unseen += min(max(0, count), Self.stepsBetweenLooks)
    guard unseen >= Self.stepsBetweenLooks else { return }
    unseen = 0
    if DeepStack.isCancelled || isPastDeadline { throw Self.exceeded }
  }

  /// Looks at the clock, the task and the bytes: call it now and then in a long loop whose work was counted before.
  func look() throws(BuiltinError) {
    if heap.isExhausted || DeepStack.isCancelled || isPastDeadline { throw Self.exceeded }
  }

  /// Whether the clock has reached the evaluation's end.
  var isPastDeadline: Bool { deadline.map { ContinuousClock.now >= $0 } ?? false }

  static var exceeded: BuiltinError { .fatal(RegoError(.cancel, "evaluation exceeded its budget")) }

  /// Counts bytes that are made outside of the heap, all of them so far: call it now and then while a text grows.
  func reserve(_ bytes: Int) throws(BuiltinError) {
    guard heap.budget < .max, bytes > heap.budget - min(heap.budget, heap.used) else { return }
    heap.exhaust()
    throw Self.exceeded
  }

  /// Counts what one look at each operand costs, the same for every function.
  func spend(on arguments: Arguments) throws(BuiltinError) {
    var count = 1
    for index in 0..<arguments.count { count += arguments[index].weight }
    try spend(count)
  }

  /// Counts a look at one element of many; small ones are counted together, by whoever knows how many there are.
  @inline(__always)
  func spend(on element: Value) throws(BuiltinError) {
    switch element.rawTag {
    case 0...3, 5: return
    default: try spend(element.weight)
    }
  }

  /// Counts every part of a value, as often as it stands there, before it is written out: a value that shares parts may be far larger as a
  /// text than in memory.
  func spend(tree value: Value) throws(BuiltinError) {
    guard isLimited, value.isComposite else { return }
    var open = [value]
    var bytes = 0, pending = 0
    func push(_ part: Value) {
      if part.isComposite { open.append(part) }
      bytes += part.isString ? 4 + part.textCount : 8
      pending += 1 + part.weight
    }
    while let next = open.popLast() {
      switch next.tag {
      case .array: for index in 0..<next.arrayView.count { push(next.arrayView[index]) }
      case .set: for index in 0..<next.setView.count { push(next.setView[index]) }
      default:
        for index in 0..<next.objectView.count {
          push(next.objectView.key(at: index))
          push(next.objectView.value(at: index))
        }
      }
      guard pending > 1024 else { continue }
      try spend(pending)
      try reserve(bytes)
      pending = 0
    }
    try spend(pending)
    try reserve(bytes)
  }
}

extension Value {
  /// Steps that a look at all of its own words costs.
  fileprivate var weight: Int {
    switch tag {
    case .longString: textCount >> 6
    case .array: arrayView.count >> 4
    case .object: objectView.count >> 4
    case .set: setView.count >> 4
    // Products of long numbers take the square of their length.
    case .number:
      NumberRecord(address).literal.count < 64 ? 0 : (NumberRecord(address).literal.count >> 6) * (NumberRecord(address).literal.count >> 6)
    case .undefined, .null, .boolean, .integer, .shortString: 0
    }
  }
}
