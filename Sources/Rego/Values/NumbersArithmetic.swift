internal import BigInt

/// Arithmetic as OPA's (v1/topdown/arithmetic.go): exact on integers of any size, else on binary floats of 64 bits of mantissa.
extension Numbers {
  /// Integers and floats beyond this many bits are refused: a short policy must not fill the memory with one number.
  static let bitLimit = 1 << 17

  @inline(__always)
  static func add(_ a: Value, _ b: Value, in heap: Heap) throws(BuiltinError) -> Value {
    if a.rawTag == 3, b.rawTag == 3 {
      let (sum, overflow) = Int64(bitPattern: a.body).addingReportingOverflow(Int64(bitPattern: b.body))
      if !overflow { return .integer(sum) }
    }
    if let sum = fraction(a, b, in: heap, beside: { $0 }, { $0.adding($1) }) { return sum }
    return try combine(a, b, in: heap, exact: +) { BinaryFloat.sum($0, $1) }
  }

  @inline(__always)
  static func subtract(_ a: Value, _ b: Value, in heap: Heap) throws(BuiltinError) -> Value {
    if a.rawTag == 3, b.rawTag == 3 {
      let (difference, overflow) = Int64(bitPattern: a.body).subtractingReportingOverflow(Int64(bitPattern: b.body))
      if !overflow { return .integer(difference) }
    }
    if let difference = fraction(a, b, in: heap, beside: { $0.negated }, { $0.adding($1.negated) }) { return difference }
    return try combine(a, b, in: heap, exact: -) { BinaryFloat.sum($0, $1.negated) }
  }

  @inline(__always)
  static func multiply(_ a: Value, _ b: Value, in heap: Heap) throws(BuiltinError) -> Value {
    if a.rawTag == 3, b.rawTag == 3 {
      let (product, overflow) = Int64(bitPattern: a.body).multipliedReportingOverflow(by: Int64(bitPattern: b.body))
      if !overflow { return .integer(product) }
    }
    if let product = fraction(a, b, in: heap, { $0.multiplied(by: $1) }) { return product }
    return try combine(a, b, in: heap, exact: *) { BinaryFloat.product($0, $1, precision: BinaryFloat.defaultPrecision) }
  }

  /// Exact when the divisor divides the dividend, else a float.
  static func divide(_ a: Value, _ b: Value, in heap: Heap) throws(BuiltinError) -> Value {
    if let x = a.exactInt, let y = b.exactInt, x != 0, y != 0 {
      let (quotient, rest) =
        y.magnitude == 1 ? (x.multipliedReportingOverflow(by: y).partialValue, 0) : x.quotientAndRemainder(dividingBy: y)
      if rest == 0, !(x == .min && y == -1) { return .integer(quotient) }
    }
    if let x = ExtendedFloat(a), let y = ExtendedFloat(b), let quotient = x.divided(by: y)?.value(in: heap) { return quotient }
    let divisor = try float(b)
    if divisor.isZero { throw .failed("divide by zero") }
    return try value(BinaryFloat.quotient(try float(a), divisor, precision: BinaryFloat.defaultPrecision), in: heap)
  }

  /// The remainder with the sign of the dividend. Integers only.
  static func remainder(_ a: Value, _ b: Value, in heap: Heap) throws(BuiltinError) -> Value {
    if let x = a.exactInt, let y = b.exactInt {
      if y == 0 { throw .failed("modulo by zero") }
      return .integer(x.remainderReportingOverflow(dividingBy: y).partialValue)
    }
    guard let x = try integer(a), let y = try integer(b) else { throw .failed("modulo on floating-point number") }
    if y.isZero { throw .failed("modulo by zero") }
    return value(x % y, in: heap)
  }

  static func absolute(_ a: Value, in heap: Heap) throws(BuiltinError) -> Value {
    if let x = a.exactInt, x != .min { return .integer(Swift.abs(x)) }
    if var x = ExtendedFloat(a), !x.isInteger {
      x.isNegative = false
      if let result = x.value(in: heap) { return result }
    }
    var result = try float(a)
    result.isNegative = false
    return try value(result, in: heap)
  }

  /// To the nearest integer, halves away from zero.
  static func round(_ a: Value, in heap: Heap) throws(BuiltinError) -> Value {
    if let x = a.exactInt { return .integer(x) }
    if let x = ExtendedFloat(a), !x.isInteger, let half = ExtendedFloat(isNegative: x.isNegative, mantissa: 1, exponent: -1),
      let sum = x.adding(half), let whole = sum.truncated
    {
      return .integer(whole)
    }
    let number = try float(a)
    let half = BinaryFloat(isNegative: number.isNegative, mantissa: 1, exponent: -1)
    return try whole(BinaryFloat.sum(number, half).truncated, in: heap)
  }

  /// As OPA's, which takes -1 < x < 0 to 1: the sign of the truncated number decides, and zero has none.
  static func ceiling(_ a: Value, in heap: Heap) throws(BuiltinError) -> Value {
    if let x = a.exactInt { return .integer(x) }
    if let x = ExtendedFloat(a), !x.isInteger, let whole = x.truncated, whole < .max { return .integer(whole < 0 ? whole : whole + 1) }
    let number = try float(a)
    let truncated = number.truncated
    return try whole(truncated < 0 || number.isInteger ? truncated : truncated + 1, in: heap)
  }

  /// As OPA's, which takes -1 < x < 0 to 0: the sign of the truncated number decides, and zero has none.
  static func floor(_ a: Value, in heap: Heap) throws(BuiltinError) -> Value {
    if let x = a.exactInt { return .integer(x) }
    if let x = ExtendedFloat(a), !x.isInteger, let whole = x.truncated, whole > .min { return .integer(whole >= 0 ? whole : whole - 1) }
    let number = try float(a)
    let truncated = number.truncated
    return try whole(truncated >= 0 || number.isInteger ? truncated : truncated - 1, in: heap)
  }

  /// The integer a number is: digits as written, or a float that is integral; nil for others.
  static func integer(_ value: Value) throws(BuiltinError) -> BigInt? {
    if value.tag == .integer { return BigInt(Int64(bitPattern: value.body)) }
    let literal = literal(value)
    if plainInteger(literal) {
      guard literal.count <= bitLimit / 4 else { throw tooLarge }
      return BigInt(String(decoding: literal, as: UTF8.self))
    }
    let number = try float(value)
    return number.isInteger ? number.truncated : nil
  }

  static func float(_ value: Value) throws(BuiltinError) -> BinaryFloat {
    if value.tag == .integer { return BinaryFloat(Int64(bitPattern: value.body)) }
    guard let decimal = Decimal(literal(value)), decimal.digits.count <= bitLimit / 4, decimal.point.magnitude <= bitLimit / 4 else {
      throw tooLarge
    }
    return BinaryFloat(decimal)
  }

  static func value(_ number: BinaryFloat, in heap: Heap) throws(BuiltinError) -> Value {
    guard number.scale.magnitude <= bitLimit else { throw tooLarge }
    return parse(number.text, in: heap)
  }

  static let tooLarge = BuiltinError.failed("number too large")

  /// An integer that goes through a float of at least 64 bits, as wide as the integer.
  private static func whole(_ integer: BigInt, in heap: Heap) throws(BuiltinError) -> Value {
    let precision = max(BinaryFloat.defaultPrecision, integer.magnitude.bitWidth)
    return try value(
      BinaryFloat(isNegative: integer < 0, mantissa: integer.magnitude, exponent: 0, precision: precision), in: heap)
  }

  /// Arithmetic of which at least one operand is no integer, in machine words; nil where it does not fit, and for integers.
  ///
  /// - Parameter beside: the result for zero and a fraction.
  @inline(never)
  private static func fraction(
    _ a: Value, _ b: Value, in heap: Heap, beside zero: ((ExtendedFloat) -> ExtendedFloat)? = nil,
    _ operation: (ExtendedFloat, ExtendedFloat) -> ExtendedFloat?
  ) -> Value? {
    if let zero, a.head == Value.integer(0).head, a.body == 0 {
      guard let y = ExtendedFloat(b), !y.isInteger else { return nil }
      return zero(y).value(in: heap)
    }
    guard let x = ExtendedFloat(a), let y = ExtendedFloat(b), !x.isInteger || !y.isInteger else { return nil }
    return operation(x, y)?.value(in: heap)
  }

  @inline(never)
  private static func combine(
    _ a: Value, _ b: Value, in heap: Heap, exact: (BigInt, BigInt) -> BigInt, inexact: (BinaryFloat, BinaryFloat) -> BinaryFloat
  ) throws(BuiltinError) -> Value {
    if let x = try integer(a), let y = try integer(b) {
      let result = exact(x, y)
      guard result.magnitude.bitWidth <= bitLimit else { throw tooLarge }
      return value(result, in: heap)
    }
    return try value(inexact(try float(a), try float(b)), in: heap)
  }
}
