internal import BigInt

/// A number with 64 bits of mantissa in machine words, rounded to nearest even: what OPA computes with wherever an operand or a result is no
/// integer. `BinaryFloat` does the same for any size; this is its fast form, and gives way to it at the ends of the range.
struct ExtendedFloat {
  var isNegative: Bool
  /// With its highest bit set; the value is `mantissa * 2^exponent`. Never 0: zero has signs of its own, and is left to `BinaryFloat`.
  var mantissa: UInt64
  var exponent: Int

  /// Exponents beyond this are left to `BinaryFloat`.
  private static let limit = 800

  private init(isNegative: Bool, normalized mantissa: UInt64, exponent: Int) {
    self.isNegative = isNegative
    self.mantissa = mantissa
    self.exponent = exponent
  }

  /// Nil for zero.
  init?(isNegative: Bool, mantissa: UInt64, exponent: Int) {
    guard mantissa != 0 else { return nil }
    let shift = mantissa.leadingZeroBitCount
    self.init(isNegative: isNegative, normalized: mantissa << UInt64(shift), exponent: exponent - shift)
  }

  /// Rounds. `hasRest`: something below the lowest bit was dropped, which then lies below the half.
  private init?(isNegative: Bool, wide: UInt128, exponent: Int, hasRest: Bool = false) {
    guard wide != 0 else { return nil }
    let bits = 128 - wide.leadingZeroBitCount
    if bits <= 64 {
      if hasRest { return nil }
      self.init(isNegative: isNegative, mantissa: UInt64(wide), exponent: exponent)
      return
    }
    let shift = UInt128(bits - 64)
    var kept = UInt64(truncatingIfNeeded: wide >> shift)
    var exponent = exponent + Int(shift)
    let rest = wide & ((1 << shift) - 1), half: UInt128 = 1 << (shift - 1)
    if rest > half || rest == half && (hasRest || kept & 1 == 1) {
      kept &+= 1
      if kept == 0 {
        kept = 1 << 63
        exponent += 1
      }
    }
    self.init(isNegative: isNegative, normalized: kept, exponent: exponent)
  }

  init?(_ integer: Int64) { self.init(isNegative: integer < 0, mantissa: integer.magnitude, exponent: 0) }

  /// Nil for zero, and for numbers of many digits or large exponents.
  init?(_ value: Value) {
    switch value.tag {
    case .integer: self.init(Int64(bitPattern: value.body))
    case .number:
      let record = NumberRecord(value.address)
      if let binary = record.binary {
        self = binary
      } else {
        unsafe self.init(literal: record.bytes)
      }
    default: return nil
    }
  }

  private init?(literal: UnsafeBufferPointer<UInt8>) {
    var digits: UInt64 = 0
    var count = 0
    var scale = 0
    var hasPoint = false
    var index = 0
    // SAFETY: the index stays below the literal's count.
    func byte(_ index: Int) -> UInt8 { unsafe literal[index] }
    let isNegative = literal.count > 0 && byte(0) == 0x2D
    if isNegative { index = 1 }
    while index < literal.count {
      let digit = byte(index) &- 0x30
      if digit <= 9 {
        digits = digits &* 10 &+ UInt64(digit)
        if digits != 0 { count += 1 }
        if count > 19 { return nil }
        if hasPoint { scale -= 1 }
      } else if byte(index) == 0x2E {
        hasPoint = true
      } else {
        break
      }
      index += 1
    }
    if index < literal.count {
      index += 1
      let isBelow = index < literal.count && byte(index) == 0x2D
      if index < literal.count, isBelow || byte(index) == 0x2B { index += 1 }
      guard literal.count - index <= 3 else { return nil }
      var power = 0
      while index < literal.count {
        power = power * 10 + Int(byte(index) &- 0x30)
        index += 1
      }
      scale += isBelow ? -power : power
    }
    guard digits != 0, scale.magnitude <= 19 else { return nil }
    if scale == 0 {
      self.init(isNegative: isNegative, mantissa: digits, exponent: 0)
      return
    }
    var power: UInt64 = 1
    for _ in 0..<scale.magnitude { power *= 10 }
    if scale > 0 {
      self.init(isNegative: isNegative, wide: UInt128(digits) * UInt128(power), exponent: 0)
    } else {
      guard let whole = ExtendedFloat(isNegative: isNegative, mantissa: digits, exponent: 0),
        let divisor = ExtendedFloat(isNegative: false, mantissa: power, exponent: 0),
        let quotient = whole.divided(by: divisor)
      else { return nil }
      self = quotient
    }
  }

  /// Whether the number has nothing behind its point.
  var isInteger: Bool { exponent >= 0 || (exponent > -64 && mantissa.trailingZeroBitCount >= -exponent) }

  /// The integer part, towards zero; nil outside of 64 bits.
  var truncated: Int64? {
    guard exponent < 0 else { return nil }
    let magnitude = exponent > -64 ? mantissa >> UInt64(-exponent) : 0
    guard magnitude <= UInt64(Int64.max) else { return nil }
    return isNegative ? -Int64(magnitude) : Int64(magnitude)
  }

  func divided(by other: ExtendedFloat) -> ExtendedFloat? {
    let isNegative = isNegative != other.isNegative
    let isLarge = mantissa >= other.mantissa
    let (quotient, rest) =
      isLarge
      ? other.mantissa.dividingFullWidth((mantissa >> 1, mantissa << 63)) : other.mantissa.dividingFullWidth((mantissa, 0))
    var result = quotient
    var exponent = exponent - other.exponent - (isLarge ? 63 : 64)
    let above = other.mantissa - rest
    if rest > above || rest == above && result & 1 == 1 {
      result &+= 1
      if result == 0 {
        result = 1 << 63
        exponent += 1
      }
    }
    return ExtendedFloat(isNegative: isNegative, normalized: result, exponent: exponent)
  }

  func multiplied(by other: ExtendedFloat) -> ExtendedFloat? {
    ExtendedFloat(
      isNegative: isNegative != other.isNegative, wide: UInt128(mantissa) * UInt128(other.mantissa), exponent: exponent + other.exponent)
  }

  /// Nil where the sum is zero.
  func adding(_ other: ExtendedFloat) -> ExtendedFloat? {
    let isFirst = exponent > other.exponent || exponent == other.exponent && mantissa >= other.mantissa
    let (large, small) = isFirst ? (self, other) : (other, self)
    let distance = large.exponent - small.exponent
    // Two bits above for the carry, 62 below for what rounding needs to know.
    let a = UInt128(large.mantissa) << 62
    var b = UInt128(small.mantissa) << 62
    var hasRest = false
    if distance > 125 {
      b = 0
      hasRest = true
    } else if distance > 0 {
      hasRest = b & ((1 << UInt128(distance)) - 1) != 0
      b >>= UInt128(distance)
    }
    // What was cut off a subtrahend makes the difference smaller by less than one: by one, and a rest above it.
    let isSum = large.isNegative == small.isNegative
    let wide = isSum ? a + b : a - b - (hasRest ? 1 : 0)
    return ExtendedFloat(isNegative: large.isNegative, wide: wide, exponent: large.exponent - 62, hasRest: hasRest)
  }

  var negated: ExtendedFloat {
    var result = self
    result.isNegative.toggle()
    return result
  }

  /// The nearest Double to the number and to its shortest text; nil where the two could differ, or near the ends of Double's range.
  var double: Double? {
    guard exponent.magnitude < Self.limit, mantissa & 0x7FF != 0x400 else { return nil }
    return Double(sign: isNegative ? .minus : .plus, exponent: exponent, significand: Double(mantissa))
  }

  /// The number as a value, its text made when it is asked for.
  func value(in heap: Heap) -> Value? {
    if isInteger {
      guard exponent < 0, exponent > -64 else { return nil }
      let magnitude = mantissa >> UInt64(-exponent)
      guard magnitude <= UInt64(Int64.max) else { return nil }
      return .integer(isNegative ? -Int64(magnitude) : Int64(magnitude))
    }
    guard let double else { return nil }
    return NumberRecord.make(self, double: double, in: heap)
  }

  var text: [UInt8] {
    BinaryFloat(isNegative: isNegative, mantissa: BigUInt(mantissa), exponent: exponent).text
  }
}
