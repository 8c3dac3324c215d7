internal import BigInt

/// A binary floating-point number of chosen precision, as Go's `math/big.Float` with rounding to nearest even: `mantissa * 2^exponent`.
///
/// OPA computes with 64 bits of mantissa wherever an operand or a result is no integer, and prints the shortest decimal that stands for
/// the result at that precision.
struct BinaryFloat {
  var isNegative: Bool
  var mantissa: BigUInt
  var exponent: Int
  var precision: Int

  static let defaultPrecision = 64

  init(isNegative: Bool, mantissa: BigUInt, exponent: Int, precision: Int = defaultPrecision) {
    self.isNegative = isNegative
    self.mantissa = mantissa
    self.exponent = exponent
    self.precision = precision
    round(hasRest: false)
  }

  init(_ integer: Int64) {
    self.init(isNegative: integer < 0, mantissa: BigUInt(integer.magnitude), exponent: 0)
  }

  /// The nearest number to a decimal; large powers of five are rounded as Go rounds them.
  init(_ decimal: Decimal, precision: Int = defaultPrecision) {
    let scale = decimal.point - decimal.digits.count
    let whole = BinaryFloat(isNegative: decimal.isNegative, significand: decimal.significand, exponent: scale, precision: precision)
    if decimal.isZero || scale == 0 {
      self = whole
      round(hasRest: false)
      return
    }
    let power = Self.powerOfFive(scale.magnitude, precision: precision + 64)
    self = scale < 0 ? Self.quotient(whole, power, precision: precision) : Self.product(whole, power, precision: precision)
  }

  /// Without rounding.
  private init(isNegative: Bool, significand: BigUInt, exponent: Int, precision: Int) {
    self.isNegative = isNegative
    mantissa = significand
    self.exponent = exponent
    self.precision = precision
  }

  private static func powerOfFive(_ power: UInt, precision: Int) -> BinaryFloat {
    let table: UInt = 27
    var left = power
    var result = BinaryFloat(isNegative: false, mantissa: BigUInt(5).power(Int(min(left, table))), exponent: 0, precision: precision)
    if left <= table { return result }
    left -= table
    var factor = BinaryFloat(isNegative: false, mantissa: 5, exponent: 0, precision: precision + 64)
    while left > 0 {
      if left & 1 == 1 { result = product(result, factor, precision: precision) }
      factor = product(factor, factor, precision: precision + 64)
      left >>= 1
    }
    return result
  }

  /// Rounds the mantissa to the precision. `hasRest`: bits below the mantissa were dropped; it then has two bits more than needed.
  private mutating func round(hasRest: Bool) {
    let bits = mantissa.bitWidth
    guard bits > precision else { return }
    let shift = bits - precision
    let isHalf = bit(shift - 1)
    let isAbove = hasRest || mantissa.trailingZeroBitCount < shift - 1
    mantissa >>= shift
    exponent += shift
    if isHalf, isAbove || bit(0) { mantissa += 1 }
  }

  private func bit(_ index: Int) -> Bool { (mantissa >> index).words.first.map { $0 & 1 == 1 } ?? false }

  var isZero: Bool { mantissa.isZero }
  var isInteger: Bool { isZero || exponent >= 0 || mantissa.trailingZeroBitCount >= -exponent }

  /// The integer part, towards zero.
  var truncated: BigInt {
    let magnitude = exponent >= 0 ? mantissa << exponent : mantissa >> -exponent
    return isNegative ? -BigInt(magnitude) : BigInt(magnitude)
  }

  /// Position of the highest bit relative to the point; bounds the size of everything made from the number.
  var scale: Int { isZero ? 0 : exponent + mantissa.bitWidth }

  static func product(_ a: BinaryFloat, _ b: BinaryFloat, precision: Int) -> BinaryFloat {
    BinaryFloat(
      isNegative: a.isNegative != b.isNegative, mantissa: a.mantissa * b.mantissa, exponent: a.exponent + b.exponent, precision: precision)
  }

  /// `b` is not zero.
  static func quotient(_ a: BinaryFloat, _ b: BinaryFloat, precision: Int) -> BinaryFloat {
    let shift = max(0, precision + 2 + b.mantissa.bitWidth - a.mantissa.bitWidth)
    let (quotient, rest) = (a.mantissa << shift).quotientAndRemainder(dividingBy: b.mantissa)
    var result = BinaryFloat(
      isNegative: a.isNegative != b.isNegative, significand: quotient, exponent: a.exponent - b.exponent - shift, precision: precision)
    result.round(hasRest: !rest.isZero)
    return result
  }

  static func sum(_ a: BinaryFloat, _ b: BinaryFloat) -> BinaryFloat {
    let exponent = min(a.exponent, b.exponent)
    let x = BigInt(sign: a.isNegative ? .minus : .plus, magnitude: a.mantissa << (a.exponent - exponent))
    let y = BigInt(sign: b.isNegative ? .minus : .plus, magnitude: b.mantissa << (b.exponent - exponent))
    let sum = x + y
    let isNegative = sum.isZero ? a.isNegative && b.isNegative : sum.sign == .minus
    return BinaryFloat(isNegative: isNegative, mantissa: sum.magnitude, exponent: exponent, precision: max(a.precision, b.precision))
  }

  var negated: BinaryFloat {
    var result = self
    result.isNegative.toggle()
    return result
  }

  /// As Go's `Text`: 'f' for integers, else 'g', with the fewest digits that stand for the number at its precision.
  var text: [UInt8] {
    let digits = shortest
    return isInteger ? digits.fixed(places: 0) : digits.general(limit: 6)
  }

  /// `mantissa * 2^exponent` in decimal.
  static func exact(_ mantissa: BigUInt, _ exponent: Int, isNegative: Bool = false) -> Decimal {
    let zeros = mantissa.isZero ? 0 : mantissa.trailingZeroBitCount
    let odd = mantissa >> zeros
    let power = exponent + zeros
    let integer = power >= 0 ? odd << power : odd * BigUInt(5).power(-power)
    let digits = String(integer).utf8.map { $0 - 0x30 }
    return Decimal(isNegative: isNegative, digits: digits, point: digits.count + min(power, 0))
  }

  private var shortest: Decimal {
    var result = Self.exact(mantissa, exponent, isNegative: isNegative)
    if isZero { return result }
    // The lowest bit of `wide` is half a unit in the last place.
    let shift = precision + 1 - mantissa.bitWidth
    let wide = shift >= 0 ? mantissa << shift : mantissa >> -shift
    let lower = Self.exact(wide - 1, exponent - shift), upper = Self.exact(wide + 1, exponent - shift)
    let inclusive = (wide >> 1).words.first.map { $0 & 1 == 0 } ?? true
    for (index, digit) in result.digits.enumerated() {
      let low = Self.digit(of: lower, at: index), high = Self.digit(of: upper, at: index)
      let mayFall = low != digit || (inclusive && index + 1 == lower.digits.count)
      let mayRise = digit != high && (inclusive || digit + 1 < high || index + 1 < upper.digits.count)
      if mayFall, mayRise {
        result.round(to: index + 1)
      } else if mayFall {
        result.roundDown(to: index + 1)
      } else if mayRise {
        result.roundUp(to: index + 1)
      }
      if mayFall || mayRise { break }
    }
    return result
  }

  private static func digit(of bound: Decimal, at index: Int) -> UInt8 {
    index < bound.digits.count ? bound.digits[index] : 0
  }
}
