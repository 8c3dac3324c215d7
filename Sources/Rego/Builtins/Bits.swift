internal import BigInt

extension Builtins {
  /// OPA's v1/topdown/bits.go: integers of any size, negative ones in two's complement without end.
  static let bits: [Builtin] = [
    bitwise("bits.or", { $0 | $1 }, { $0 | $1 }),
    bitwise("bits.and", { $0 & $1 }, { $0 & $1 }),
    bitwise("bits.xor", { $0 ^ $1 }, { $0 ^ $1 }),
    Builtin("bits.negate", 1) { arguments, context throws(BuiltinError) in
      Numbers.value(-(try arguments.bigInteger(0)) - 1, in: context.heap)
    },
    Builtin("bits.lsh", 2) { arguments, context throws(BuiltinError) in
      if let value = arguments.word(0), let shift = arguments.word(1), shift >= 0, shift < 63, (value << shift) >> shift == value {
        return .integer(value << shift)
      }
      let value = try arguments.bigInteger(0), shift = try arguments.shift(1)
      guard shift <= Numbers.bitLimit else { throw Numbers.tooLarge }
      return Numbers.value(value << shift, in: context.heap)
    },
    Builtin("bits.rsh", 2) { arguments, context throws(BuiltinError) in
      if let value = arguments.word(0), let shift = arguments.word(1), shift >= 0 { return .integer(value >> shift) }
      let value = try arguments.bigInteger(0), shift = try arguments.shift(1)
      let width = min(shift, Numbers.bitLimit * 4)
      // Towards minus infinity, as in two's complement.
      return Numbers.value(value < 0 ? -((-value - 1) >> width) - 1 : value >> width, in: context.heap)
    },
  ]

  /// - Parameters: of integers of 64 bits, and of any.
  private static func bitwise(
    _ name: String, _ words: @escaping @Sendable (Int64, Int64) -> Int64, _ operation: @escaping @Sendable (BigInt, BigInt) -> BigInt
  ) -> Builtin {
    Builtin(name, 2) { arguments, context throws(BuiltinError) in
      if let a = arguments.word(0), let b = arguments.word(1) { return .integer(words(a, b)) }
      return Numbers.value(operation(try arguments.bigInteger(0), try arguments.bigInteger(1)), in: context.heap)
    }
  }
}

extension Arguments {
  /// An integer of 64 bits in plain form; nil for anything else.
  @inline(__always)
  func word(_ index: Int) -> Int64? {
    self[index].rawTag == Value.Tag.integer.rawValue ? Int64(bitPattern: self[index].body) : nil
  }

  /// An integer of any size; numbers like 2.0 count.
  func bigInteger(_ index: Int) throws(BuiltinError) -> BigInt {
    guard self[index].isNumber else { throw wrongType(index, "integer") }
    guard let value = try Numbers.integer(self[index]) else {
      throw .type("operand \(index + 1) must be integer number but got floating-point number")
    }
    return value
  }

  fileprivate func shift(_ index: Int) throws(BuiltinError) -> Int {
    let value = try bigInteger(index)
    guard value >= 0 else { throw .type("operand \(index + 1) must be an unsigned integer number but got a negative integer") }
    return Int(exactly: value) ?? .max
  }
}
