internal import BigInt

extension Builtins {
  /// OPA's v1/topdown/parse_units.go and parse_bytes.go.
  static let units: [Builtin] = [
    Builtin("units.parse", 1) { arguments, context throws(BuiltinError) in
      let operand = try arguments.text(0)
      switch unsafe operand.withText({ unsafe Units.plainAmount($0) }) {
      case .whole(let amount): return .integer(amount)
      case .thousandths(let amount): return Units.value(thousandths: amount, in: context.heap)
      case nil: break
      }
      let (number, unit) = try Units.split(operand.text.filter { $0 != 0x22 }, "units.parse", "amount")
      return try Units.amount(number, unit, context)
    },
    Builtin("units.parse_bytes", 1) { arguments, context throws(BuiltinError) in
      if let bytes = unsafe try arguments.text(0).withText({ unsafe Units.plainBytes($0) }) { return .integer(bytes) }
      let text = GoCase.lower(try arguments.string(0)[...]).filter { $0 != 0x22 }
      let (number, unit) = try Units.split(text, "units.parse_bytes", "byte amount")
      return try Units.bytes(number, unit, context)
    },
  ]
}

/// Amounts with units of the International System and powers of 1024.
enum Units {
  private static let exponentDigits = 6
  private static let steps = ["k", "m", "g", "t", "p", "e"]

  /// The number and the unit behind it.
  static func split(_ text: [UInt8], _ function: String, _ noun: String) throws(BuiltinError) -> (number: [UInt8], unit: [UInt8]) {
    if text.contains(0x20) { throw .failed("\(function): spaces not allowed in resource strings") }
    func isDigit(_ index: Int) -> Bool { index < text.count && text[index] >= 0x30 && text[index] <= 0x39 }
    func isSign(_ index: Int) -> Bool { index < text.count && (text[index] == 0x2B || text[index] == 0x2D) }
    var end = 0
    while end < text.count {
      if text[end] | 0x20 == 0x65 {
        guard isDigit(end + 1) || isSign(end + 1) else { break }
        if isSign(end + 1) { end += 1 }
        var digits = 0
        while isDigit(end + 1 + digits) { digits += 1 }
        if digits > exponentDigits { throw .failed("\(function): exponent too large") }
      } else if !isDigit(end), !isSign(end), text[end] != 0x2E {
        break
      }
      end += 1
    }
    if end == 0 { throw .failed("\(function): no \(noun) provided") }
    return (Array(text[..<end]), Array(text[end...]))
  }

  /// Exact: an integer, or ten places behind the point.
  static func amount(_ number: [UInt8], _ unit: [UInt8], _ context: BuiltinContext) throws(BuiltinError) -> Value {
    // Only the first letter tells "m" from "M".
    let name = String(decoding: unit.prefix(1) + GoCase.lower(unit.dropFirst()), as: UTF8.self)
    var factor = BigInt(1)
    var divisor = BigInt(1)
    if name == "m" {
      // OPA takes the Double next to a thousandth.
      factor = BigInt((0.001).significandBitPattern | 1 << 52)
      divisor = BigInt(1) << (52 - Int((0.001).exponent))
    } else if !name.isEmpty {
      let isBinary = name.count == 2 && name.hasSuffix("i")
      guard name.count == 1 || isBinary, let step = steps.firstIndex(of: name.prefix(1).lowercased()) else {
        throw .failed("units.parse: unit \(name) not recognized")
      }
      factor = BigInt(isBinary ? 1024 : 1000).power(step + 1)
    }
    guard let decimal = decimal(number) else { throw .failed("units.parse: could not parse amount to a number") }
    let scale = decimal.point - decimal.digits.count
    guard scale.magnitude <= Numbers.bitLimit / 4, decimal.digits.count <= Numbers.bitLimit / 4 else { throw Numbers.tooLarge }
    var numerator = BigInt(decimal.significand) * factor
    if scale >= 0 { numerator *= BigInt(10).power(scale) } else { divisor *= BigInt(10).power(-scale) }
    let (quotient, rest) = numerator.quotientAndRemainder(dividingBy: divisor)
    let sign = decimal.isNegative ? "-" : ""
    if rest.isZero { return Numbers.parse(Array(((quotient.isZero ? "" : sign) + String(quotient)).utf8), in: context.heap) }
    let places = 10
    // Halves away from zero.
    let scaled = (numerator * BigInt(10).power(places) * 2 + divisor) / (divisor * 2)
    var digits = String(scaled)
    if digits.count <= places { digits = String(repeating: "0", count: places + 1 - digits.count) + digits }
    return Numbers.parse(Array((sign + digits.dropLast(places) + "." + digits.suffix(places)).utf8), in: context.heap)
  }

  enum PlainAmount {
    case whole(Int)
    case thousandths(Int)
  }

  /// A whole number of at most nine digits and a unit: "512Mi", "500m"; nil for anything else, which `amount` reads or refuses.
  static func plainAmount(_ text: UnsafeBufferPointer<UInt8>) -> PlainAmount? {
    guard let (number, index) = unsafe plainNumber(text), text.count - index <= 2 else { return nil }
    if index == text.count { return .whole(number) }
    // SAFETY: two letters at most follow, and the index of either is below the text's count.
    let letter = unsafe text[index]
    let isBinary = text.count == index + 2
    if isBinary, unsafe text[index + 1] | 0x20 != 0x69 { return nil }
    let step: Int
    switch letter {
    case 0x6B, 0x4B: step = 1
    case 0x6D where !isBinary: return number == 0 ? .whole(0) : .thousandths(number)
    case 0x4D: step = 2
    case 0x67, 0x47: step = 3
    default: return nil
    }
    return .whole(product(number, step, isBinary))
  }

  /// OPA's Double next to a thousandth differs from it by less than what ten places show of so small a number.
  static func value(thousandths amount: Int, in heap: Heap) -> Value {
    let places = String(amount % 1000 + 1000).utf8.dropFirst()
    return Numbers.parse(Array(String(amount / 1000).utf8) + [0x2E] + places + [UInt8](repeating: 0x30, count: 7), in: heap)
  }

  /// At most 10^9 * 2^30.
  private static func product(_ number: Int, _ step: Int, _ isBinary: Bool) -> Int {
    (0..<step).reduce(number) { product, _ in product * (isBinary ? 1024 : 1000) }
  }

  /// One to nine digits, and where they end.
  private static func plainNumber(_ text: UnsafeBufferPointer<UInt8>) -> (number: Int, end: Int)? {
    var number = 0
    var index = 0
    // SAFETY: the index stays below the text's count.
    while index < text.count, index <= 9, unsafe text[index] &- 0x30 <= 9 {
      number = unsafe number * 10 + Int(text[index] - 0x30)
      index += 1
    }
    return index > 0 && index <= 9 ? (number, index) : nil
  }

  /// A whole number of at most nine digits and a unit: "512Mi"; nil for anything else, which `bytes` reads or refuses.
  static func plainBytes(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
    guard let (number, index) = unsafe plainNumber(text), text.count - index <= 3 else { return nil }
    if index == text.count { return number }
    let letters: (Int) -> UInt8 = { index + $0 < text.count ? unsafe text[index + $0] | 0x20 : 0 }
    let step: Int
    switch letters(0) {
    case 0x6B: step = 1
    case 0x6D: step = 2
    case 0x67: step = 3
    default: return nil
    }
    let isBinary = letters(1) == 0x69
    let rest = isBinary ? 2 : 1
    guard text.count == index + rest || text.count == index + rest + 1 && letters(rest) == 0x62 else { return nil }
    return product(number, step, isBinary)
  }

  /// Computed with 64 bits, cut to an integer.
  static func bytes(_ number: [UInt8], _ unit: [UInt8], _ context: BuiltinContext) throws(BuiltinError) -> Value {
    var name = String(decoding: unit, as: UTF8.self)
    var factor = BinaryFloat(1)
    if !name.isEmpty {
      if name.hasSuffix("b"), name.count > 1 { name.removeLast() }
      let isBinary = name.count == 2 && name.hasSuffix("i")
      guard name.count == 1 || isBinary, let step = steps.firstIndex(of: String(name.prefix(1))) else {
        throw .failed("units.parse_bytes: byte unit \(String(decoding: unit, as: UTF8.self)) not recognized")
      }
      factor = BinaryFloat(Int64((0...step).reduce(1) { power, _ in power * (isBinary ? 1024 : 1000) }))
    }
    guard let decimal = decimal(number) else { throw .failed("units.parse_bytes: could not parse byte amount to a number") }
    guard decimal.point.magnitude <= Numbers.bitLimit / 4, decimal.digits.count <= Numbers.bitLimit / 4 else { throw Numbers.tooLarge }
    let product = BinaryFloat.product(BinaryFloat(decimal), factor, precision: BinaryFloat.defaultPrecision)
    return Numbers.value(product.truncated, in: context.heap)
  }

  private static func decimal(_ number: [UInt8]) -> Decimal? {
    guard case .value(let literal) = GoNumber.parse(number, isBounded: false) else { return nil }
    return Decimal(literal)
  }
}
