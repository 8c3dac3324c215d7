internal import BigInt

/// Numbers of arbitrary precision: decimal literals, compared exactly.
enum Numbers {
  /// A valid JSON number as a value. Integers of 64 bits in plain form need no record.
  static func parse(_ literal: UnsafeBufferPointer<UInt8>, in heap: Heap) -> Value {
    if let small = unsafe smallInteger(literal) { return .integer(small) }
    if let fraction = unsafe plainFraction(literal, in: heap) { return fraction }
    return unsafe make(Array(literal), in: heap)
  }

  static func parse(_ literal: [UInt8], in heap: Heap) -> Value {
    unsafe literal.withUnsafeBufferPointer { unsafe parse($0, in: heap) }
  }

  /// Digits, a point and digits, at most fifteen in all: both the digits and the power of ten are exact as doubles, so that their quotient is
  /// the nearest one. Nil for any other literal.
  static func plainFraction(_ literal: UnsafeBufferPointer<UInt8>, in heap: Heap) -> Value? {
    guard literal.count >= 3, literal.count <= 17 else { return nil }
    var index = 0, digits = 0, places = -1
    var mantissa: Int64 = 0
    // SAFETY: the index stays below the count.
    let isNegative = unsafe literal[0] == 0x2D
    if isNegative { index = 1 }
    let first = index
    while index < literal.count {
      let byte = unsafe literal[index]
      if byte == 0x2E {
        // Something stands before the point, and no zero before other digits.
        guard unsafe places < 0 && (digits == 1 || digits > 1 && literal[first] != 0x30) else { return nil }
        places = 0
      } else {
        guard byte &- 0x30 <= 9, digits < 15 else { return nil }
        mantissa = mantissa * 10 + Int64(byte - 0x30)
        digits += 1
        if places >= 0 { places += 1 }
      }
      index += 1
    }
    guard places > 0, mantissa > 0 else { return nil }
    let double = Double(isNegative ? -mantissa : mantissa) / powers[places]
    return unsafe NumberRecord.make(
      Array(literal), double: double, exact: double == double.rounded() ? Int64(double) : nil, in: heap)
  }

  private static let powers = (0...15).map { exponent in (0..<exponent).reduce(1.0) { power, _ in power * 10 } }

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
    // An integer of 64 bits rounds to an integral double.
    let exact = double.magnitude < 9.3e18 && double == double.rounded() ? Decimal(literal)?.int64 : nil
    return NumberRecord.make(literal, double: double, exact: exact, in: heap)
  }

  /// An integer of any size.
  static func value(_ integer: BigInt, in heap: Heap) -> Value {
    if let small = Int64(exactly: integer) { return .integer(small) }
    return make(Array(String(integer).utf8), in: heap)
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

  /// The number as written, or the digits of an integer: its form in JSON and in every text made of terms.
  static func literal(_ value: Value) -> [UInt8] {
    value.tag == .integer ? Array(String(Int64(bitPattern: value.body)).utf8) : NumberRecord(value.address).literal
  }

  /// The number as JSON text.
  static func text(_ value: Value) -> [UInt8] { literal(value) }

  /// The integer a literal without point and exponent stands for; nil for other forms.
  static func plainInteger(_ literal: [UInt8]) -> Bool {
    let digits = literal.first == 0x2d ? literal.dropFirst() : literal[...]
    return !digits.isEmpty && digits.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
  }
}

/// An exact decimal as its significant digits: `0.d1d2d3... * 10^point`, without leading or trailing zeros; zero has no digits.
///
/// Comparison is linear in the length of the literals, whatever their exponents.
struct Decimal {
  var isNegative: Bool
  /// Values 0 to 9.
  var digits: [UInt8]
  var point: Int

  init(isNegative: Bool, digits: [UInt8], point: Int) {
    self.isNegative = isNegative
    self.digits = digits
    self.point = point
    trim()
  }

  /// Nil when the text is no JSON number. Exponents beyond 18 digits are held to that.
  init?(_ literal: [UInt8]) {
    var index = 0
    isNegative = literal.first == 0x2d
    if isNegative { index = 1 }
    digits = []
    digits.reserveCapacity(literal.count)
    var whole: Int?
    while index < literal.count {
      let byte = literal[index]
      if byte >= 0x30, byte <= 0x39 {
        digits.append(byte - 0x30)
      } else if byte == 0x2e, whole == nil {
        whole = digits.count
      } else {
        break
      }
      index += 1
    }
    guard !digits.isEmpty else { return nil }
    point = whole ?? digits.count
    if index < literal.count {
      guard literal[index] | 0x20 == 0x65, let exponent = Self.exponent(literal[(index + 1)...]) else { return nil }
      point += exponent
    }
    trim()
  }

  private static func exponent(_ text: ArraySlice<UInt8>) -> Int? {
    let negative = text.first == 0x2d
    let digits = negative || text.first == 0x2b ? text.dropFirst() : text
    guard !digits.isEmpty else { return nil }
    var value = 0
    for byte in digits {
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      value = min(value * 10 + Int(byte - 0x30), 1_000_000_000_000_000)
    }
    return negative ? -value : value
  }

  private mutating func trim() {
    while digits.last == 0 { digits.removeLast() }
    let leading = digits.prefix { $0 == 0 }.count
    if leading > 0 {
      digits.removeFirst(leading)
      point -= leading
    }
    if digits.isEmpty { point = 0 }
  }

  var isZero: Bool { digits.isEmpty }
  var isInteger: Bool { point >= digits.count }

  /// The integer it equals, if it is one of 64 bits.
  var int64: Int64? {
    guard isInteger, point <= 19 else { return nil }
    var value: UInt64 = 0
    for index in 0..<point {
      let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = scaled.addingReportingOverflow(index < digits.count ? UInt64(digits[index]) : 0)
      if overflow || carry { return nil }
      value = sum
    }
    if isNegative { return value <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- value) : nil }
    return Int64(exactly: value)
  }

  func compare(_ other: Decimal) -> Int {
    let a = sign, b = other.sign
    if a != b { return a < b ? -1 : 1 }
    if a == 0 { return 0 }
    let order = compareMagnitude(other)
    return isNegative ? -order : order
  }

  private var sign: Int { digits.isEmpty ? 0 : (isNegative ? -1 : 1) }

  private func compareMagnitude(_ other: Decimal) -> Int {
    if point != other.point { return point < other.point ? -1 : 1 }
    for (x, y) in zip(digits, other.digits) where x != y { return x < y ? -1 : 1 }
    return digits.count == other.digits.count ? 0 : (digits.count < other.digits.count ? -1 : 1)
  }

  /// The digits as an integer, without the point.
  var significand: BigUInt { BigUInt(ascii, radix: 10) ?? 0 }
  private var ascii: String { digits.isEmpty ? "0" : String(decoding: digits.map { $0 + 0x30 }, as: UTF8.self) }
}
