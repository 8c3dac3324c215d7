internal import BigInt

/// Numbers of arbitrary precision: decimal literals, compared exactly.
enum Numbers {
  /// A valid JSON number as a value. Integers of 64 bits in plain form need no record.
  static func parse(_ literal: UnsafeBufferPointer<UInt8>, in heap: Heap) -> Value {
    if let small = unsafe smallInteger(literal) { return .integer(small) }
    return unsafe make(Array(literal), in: heap)
  }

  /// A plain integer literal that fits; "-0" and forms with a point or exponent do not count.
  private static func smallInteger(_ literal: UnsafeBufferPointer<UInt8>) -> Int64? {
    var index = 0
    let count = literal.count
    let negative = unsafe count > 0 && literal[0] == 0x2d
    if negative { index = 1 }
    guard count > index, count - index <= 19 else { return nil }
    var value: UInt64 = 0
    while index < count {
      let digit = unsafe literal[index] &- 0x30
      if digit > 9 { return nil }
      value = value &* 10 &+ UInt64(digit)
      index += 1
    }
    if negative { return value == 0 || value > 1 << 63 ? nil : Int64(truncatingIfNeeded: 0 &- value) }
    return value > UInt64(Int64.max) ? nil : Int64(value)
  }

  /// A number record from a literal.
  static func make(_ literal: [UInt8], in heap: Heap) -> Value {
    let double = Double(String(decoding: literal, as: UTF8.self)) ?? .infinity
    var exact: Int64?
    if double.magnitude < 9.3e18, let decimal = Decimal(literal), let integer = decimal.integer { exact = Int64(exactly: integer) }
    return NumberRecord.make(literal, double: double, exact: exact, in: heap)
  }

  /// Order by value. Both values must be numbers.
  static func compare(_ a: Value, _ b: Value) -> Int {
    if a.tag == .integer, b.tag == .integer {
      let x = Int64(bitPattern: a.body), y = Int64(bitPattern: b.body)
      return x < y ? -1 : (x == y ? 0 : 1)
    }
    let x = a.asDouble ?? 0, y = b.asDouble ?? 0
    // Rounding to Double keeps the order, so different doubles decide.
    if x != y { return x < y ? -1 : 1 }
    if let i = a.exactInt, let j = b.exactInt { return i < j ? -1 : (i == j ? 0 : 1) }
    guard let p = Decimal(literal(a)), let q = Decimal(literal(b)) else { return 0 }
    return p.compare(q)
  }

  /// The number as written, or the digits of an integer.
  static func literal(_ value: Value) -> [UInt8] {
    value.tag == .integer ? Array(String(Int64(bitPattern: value.body)).utf8) : NumberRecord(value.address).literal
  }
}

/// An exact decimal: mantissa * 10^exponent, with exponents held to +-100,000 so that a short literal cannot ask for gigabytes.
struct Decimal {
  var mantissa: BigInt
  var exponent: Int

  static let exponentLimit = 100_000

  init(mantissa: BigInt, exponent: Int) {
    self.mantissa = mantissa
    self.exponent = exponent
  }

  /// Nil when the text is no number or its exponent lies outside the limit.
  init?(_ literal: [UInt8]) {
    var digits: [UInt8] = []
    digits.reserveCapacity(literal.count)
    var exponent = 0
    var index = 0
    var negative = false
    if index < literal.count, literal[index] == 0x2d {
      negative = true
      index += 1
    }
    var seenPoint = false
    while index < literal.count {
      let byte = literal[index]
      if byte >= 0x30, byte <= 0x39 {
        digits.append(byte)
        if seenPoint { exponent -= 1 }
      } else if byte == 0x2e {
        seenPoint = true
      } else {
        break
      }
      index += 1
    }
    if index < literal.count {
      guard literal[index] == 0x65 || literal[index] == 0x45 else { return nil }
      let text = String(decoding: literal[(index + 1)...], as: UTF8.self)
      guard let written = Int(text), written.magnitude <= UInt(Self.exponentLimit) else { return nil }
      exponent += written
    }
    guard !digits.isEmpty, let magnitude = BigInt(String(decoding: digits, as: UTF8.self)) else { return nil }
    mantissa = negative ? -magnitude : magnitude
    self.exponent = exponent
  }

  /// The integer it equals, if it is one.
  var integer: BigInt? {
    if mantissa == 0 { return 0 }
    if exponent >= 0 { return mantissa * BigInt(10).power(exponent) }
    let (quotient, remainder) = mantissa.quotientAndRemainder(dividingBy: BigInt(10).power(-exponent))
    return remainder == 0 ? quotient : nil
  }

  func compare(_ other: Decimal) -> Int {
    let shared = min(exponent, other.exponent)
    let a = mantissa * BigInt(10).power(exponent - shared), b = other.mantissa * BigInt(10).power(other.exponent - shared)
    return a < b ? -1 : (a == b ? 0 : 1)
  }
}
