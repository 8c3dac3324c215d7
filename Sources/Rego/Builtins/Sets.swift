/// Algebra of sets. The operands are not changed.
enum Sets {
  static func union(_ a: SetView, _ b: SetView, in heap: Heap) -> Value {
    let result = SetView.make(capacity: a.count + b.count, in: heap)
    for index in 0..<a.count { result.insert(a[index], in: heap) }
    for index in 0..<b.count { result.insert(b[index], in: heap) }
    return result.value
  }

  static func intersection(_ a: SetView, _ b: SetView, in heap: Heap) -> Value {
    let (small, large) = a.count <= b.count ? (a, b) : (b, a)
    let result = SetView.make(in: heap)
    for index in 0..<small.count where large.contains(small[index]) { result.insert(small[index], in: heap) }
    return result.value
  }

  static func difference(_ a: SetView, _ b: SetView, in heap: Heap) -> Value {
    let result = SetView.make(in: heap)
    for index in 0..<a.count where !b.contains(a[index]) { result.insert(a[index], in: heap) }
    return result.value
  }
}

extension Builtins {
  /// OPA's v1/topdown/sets.go.
  static let sets: [Builtin] = [
    Builtin("union", 1) { arguments, context throws(BuiltinError) in
      let outer = try arguments.set(0)
      let result = SetView.make(in: context.heap)
      for index in 0..<outer.count {
        let inner = try innerSet(outer[index])
        try context.spend(inner.count)
        for position in 0..<inner.count { result.insert(inner[position], in: context.heap) }
      }
      return result.value
    },
    Builtin("intersection", 1) { arguments, context throws(BuiltinError) in
      let outer = try arguments.set(0)
      guard outer.count > 0 else { return SetView.make(in: context.heap).value }
      var result = try innerSet(outer[0])
      for index in 1..<outer.count { result = Sets.intersection(result, try innerSet(outer[index]), in: context.heap).setView }
      return result.value
    },
    Builtin("set_diff", 2) { arguments, context throws(BuiltinError) in
      Sets.difference(try arguments.set(0), try arguments.set(1), in: context.heap)
    },
  ]

  private static func innerSet(_ value: Value) throws(BuiltinError) -> SetView {
    guard value.isSet else { throw .type("operand 1 must be set but got \(value.typeName)") }
    return value.setView
  }
}
