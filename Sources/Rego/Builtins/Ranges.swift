internal import BigInt

extension Builtins {
  /// OPA's v1/topdown/numbers.go.
  static let ranges: [Builtin] = [
    Builtin("numbers.range", 2) { arguments, context throws(BuiltinError) in
      if let first = arguments.word(0), let last = arguments.word(1), let list = try plainRange(first, last, 1, context) { return list }
      return try range(try arguments.bigInteger(0), try arguments.bigInteger(1), 1, context)
    },
    Builtin("numbers.range_step", 3) { arguments, context throws(BuiltinError) in
      if let first = arguments.word(0), let last = arguments.word(1), let step = arguments.word(2), step > 0,
        let list = try plainRange(first, last, step, context)
      {
        return list
      }
      let first = try arguments.bigInteger(0), last = try arguments.bigInteger(1), step = try arguments.bigInteger(2)
      guard step > 0 else { throw .failed("numbers.range_step: step must be a positive integer") }
      return try range(first, last, step, context)
    },
    Builtin("rand.intn", 2, isNondeterministic: true) { arguments, context throws(BuiltinError) in
      let name = try arguments.string(0)
      let bound = try arguments.integer(1).magnitude
      if bound == 0 { return .integer(0) }
      let key = Array("rand.intn ".utf8) + name + Array("-\(bound)".utf8)
      if let known = context.memo[key] { return known }
      let value = Value.integer(Int(clamping: UInt.random(in: 0..<bound)))
      context.memo[key] = value
      return value
    },
  ]

  /// Elements a list may have that is made of a few operands.
  static let elementLimit = 1 << 26

  /// Nil where the list is for `range` below, which refuses long ones.
  private static func plainRange(_ first: Int64, _ last: Int64, _ step: Int64, _ context: BuiltinContext) throws(BuiltinError) -> Value? {
    guard first.magnitude < 1 << 62, last.magnitude < 1 << 62 else { return nil }
    let count = Int((last - first).magnitude / step.magnitude) + 1
    guard count <= elementLimit else { return nil }
    try context.spend(count)
    let result = ArrayView.make(filled: count, in: context.heap)
    var value = first
    for index in 0..<count {
      Memory.setValue(result.elements, at: index, .integer(value))
      value &+= first <= last ? step : -step
    }
    return result.value
  }

  private static func range(_ first: BigInt, _ last: BigInt, _ step: BigInt, _ context: BuiltinContext) throws(BuiltinError) -> Value {
    let distance = first <= last ? last - first : first - last
    guard let count = Int(exactly: distance / step), count < elementLimit else {
      throw .fatal(RegoError(.cancel, "timed out before generating all numbers in range"))
    }
    try context.spend(count + 1)
    let result = ArrayView.make(capacity: count + 1, in: context.heap)
    if let low = Int64(exactly: first), let high = Int64(exactly: last), let width = Int64(exactly: step) {
      for index in 0...Int64(count) {
        if index & 0xFFFF == 0xFFFF { try context.look() }
        result.append(.integer(low <= high ? low + index * width : low - index * width), in: context.heap)
      }
      return result.value
    }
    var value = first
    for index in 0...count {
      if index & 0xFFFF == 0xFFFF { try context.look() }
      result.append(Numbers.value(value, in: context.heap), in: context.heap)
      value += first <= last ? step : -step
    }
    return result.value
  }
}
