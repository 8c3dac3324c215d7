extension Builtins {
  /// OPA's v1/topdown/array.go.
  static let arrays: [Builtin] = [
    Builtin("array.concat", 2) { arguments, context throws(BuiltinError) in
      let a = try arguments.array(0), b = try arguments.array(1)
      if a.count == 0 { return b.value }
      if b.count == 0 { return a.value }
      let result = ArrayView.make(filled: a.count + b.count, in: context.heap)
      Memory.copy(from: a.elements, to: result.elements, bytes: a.count * 16)
      Memory.copy(from: b.elements, to: result.elements + UInt(a.count * 16), bytes: b.count * 16)
      return result.value
    },
    Builtin("array.slice", 3) { arguments, context throws(BuiltinError) in
      let array = try arguments.array(0)
      let start = try arguments.integer(1)
      let stop = min(max(try arguments.integer(2), 0), array.count)
      let first = min(max(start, 0), stop)
      if first == 0, stop == array.count { return array.value }
      let result = ArrayView.make(filled: stop - first, in: context.heap)
      Memory.copy(from: array.elements + UInt(first * 16), to: result.elements, bytes: (stop - first) * 16)
      return result.value
    },
    Builtin("array.reverse", 1) { arguments, context throws(BuiltinError) in
      let array = try arguments.array(0)
      let result = ArrayView.make(capacity: array.count, in: context.heap)
      for index in (0..<array.count).reversed() { result.append(array[index], in: context.heap) }
      return result.value
    },
    Builtin("array.flatten", 1) { arguments, context throws(BuiltinError) in
      let array = try arguments.array(0)
      let result = ArrayView.make(capacity: array.count, in: context.heap)
      for index in 0..<array.count {
        let element = array[index]
        if element.isArray {
          let inner = element.arrayView
          for position in 0..<inner.count { result.append(inner[position], in: context.heap) }
        } else {
          result.append(element, in: context.heap)
        }
      }
      return result.value
    },
  ]
}
