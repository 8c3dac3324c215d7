extension Builtins {
  /// OPA's v1/topdown/arithmetic.go, comparison.go and binary.go: what the infix operators stand for.
  static let arithmetic: [Builtin] = [
    binary("plus") { a, b, heap throws(BuiltinError) in try Numbers.add(a, b, in: heap) },
    binary("mul") { a, b, heap throws(BuiltinError) in try Numbers.multiply(a, b, in: heap) },
    binary("div") { a, b, heap throws(BuiltinError) in try Numbers.divide(a, b, in: heap) },
    binary("rem") { a, b, heap throws(BuiltinError) in try Numbers.remainder(a, b, in: heap) },
    unary("abs") { a, heap throws(BuiltinError) in try Numbers.absolute(a, in: heap) },
    unary("round") { a, heap throws(BuiltinError) in try Numbers.round(a, in: heap) },
    unary("ceil") { a, heap throws(BuiltinError) in try Numbers.ceiling(a, in: heap) },
    unary("floor") { a, heap throws(BuiltinError) in try Numbers.floor(a, in: heap) },
    Builtin("minus", 2) { arguments, context throws(BuiltinError) in try minus(arguments, context) },
    Builtin("and", 2) { arguments, context throws(BuiltinError) in
      Sets.intersection(try arguments.set(0), try arguments.set(1), in: context.heap)
    },
    Builtin("or", 2) { arguments, context throws(BuiltinError) in
      Sets.union(try arguments.set(0), try arguments.set(1), in: context.heap)
    },
    comparison("eq") { a, b in a.equals(b) },
    comparison("equal") { a, b in a.equals(b) },
    comparison("neq") { a, b in !a.equals(b) },
    comparison("lt") { a, b in a.compare(b) < 0 },
    comparison("lte") { a, b in a.compare(b) <= 0 },
    comparison("gt") { a, b in a.compare(b) > 0 },
    comparison("gte") { a, b in a.compare(b) >= 0 },
  ]

  private static func unary(
    _ name: String, _ operation: @escaping @Sendable (Value, Heap) throws(BuiltinError) -> Value
  ) -> Builtin {
    Builtin(name, 1) { arguments, context throws(BuiltinError) in try operation(try arguments.number(0), context.heap) }
  }

  private static func binary(
    _ name: String, _ operation: @escaping @Sendable (Value, Value, Heap) throws(BuiltinError) -> Value
  ) -> Builtin {
    Builtin(name, 2) { arguments, context throws(BuiltinError) in
      try operation(try arguments.number(0), try arguments.number(1), context.heap)
    }
  }

  private static func comparison(_ name: String, _ holds: @escaping @Sendable (Value, Value) -> Bool) -> Builtin {
    Builtin(name, 2) { arguments, _ throws(BuiltinError) in .boolean(holds(arguments[0], arguments[1])) }
  }

  /// Difference of numbers or of sets.
  static func minus(_ arguments: Arguments, _ context: BuiltinContext) throws(BuiltinError) -> Value {
    let a = arguments[0], b = arguments[1]
    if a.isNumber, b.isNumber { return try Numbers.subtract(a, b, in: context.heap) }
    if a.isSet, b.isSet { return Sets.difference(a.setView, b.setView, in: context.heap) }
    if !a.isNumber, !a.isSet { throw arguments.wrongType(0, "number", "set") }
    throw arguments.wrongType(1, b.isNumber ? "set" : "number")
  }
}
