internal import BigInt

/// Doubles as texts, as Go's `strconv.FormatFloat` gives them.
extension GoFormat {
  /// The digits that stand for a Double, the fewest.
  static func shortest(_ value: Double) -> Decimal {
    Decimal(Array("\(value)".utf8)) ?? Decimal(isNegative: false, digits: [], point: 0)
  }

  static func text(_ value: Double, _ verb: Unicode.Scalar, _ precision: Int?, sharp: Bool = false) -> [UInt8] {
    let isUpper = verb == "E" || verb == "G"
    let mark: UInt8 = isUpper ? 0x45 : 0x65
    func exact() -> Decimal {
      let mantissa = value == 0 ? 0 : value.significandBitPattern | (value.isNormal ? 1 << 52 : 0)
      let exponent = value.isNormal ? Int(value.exponentBitPattern) - 1075 : -1074
      return BinaryFloat.exact(BigUInt(mantissa), exponent, isNegative: value.sign == .minus)
    }
    switch verb {
    case "e", "E":
      var digits = exact()
      digits.round(to: (precision ?? 6) + 1)
      return digits.scientific(places: precision ?? 6, exponentMark: mark)
    case "f", "F":
      var digits = exact()
      let places = precision ?? 6
      digits.round(to: digits.point + places)
      digits.isNegative = value.sign == .minus
      return digits.fixed(places: places)
    case "g", "G":
      guard let precision else {
        var digits = shortest(value)
        digits.isNegative = value.sign == .minus
        return sharp ? padded(digits, 6, mark) : digits.general(limit: 6, exponentMark: mark)
      }
      var digits = exact()
      let count = max(precision, 1)
      digits.round(to: count)
      if sharp { return padded(digits, count, mark) }
      let limit = count > digits.digits.count && digits.digits.count >= digits.point ? digits.digits.count : count
      return digits.general(limit: limit, exponentMark: mark)
    case "b":
      let mantissa = value == 0 ? 0 : value.significandBitPattern | (value.isNormal ? 1 << 52 : 0)
      let exponent = value.isNormal ? Int(value.exponentBitPattern) - 1075 : -1074
      return Array("\(value.sign == .minus ? "-" : "")\(mantissa)p\(exponent >= 0 ? "+" : "")\(exponent)".utf8)
    default: return hexadecimal(value, precision, uppercase: verb == "X")
    }
  }

  /// `%#g` keeps trailing zeros.
  private static func padded(_ digits: Decimal, _ count: Int, _ mark: UInt8) -> [UInt8] {
    let exponent = digits.digits.isEmpty ? 0 : digits.point - 1
    if exponent < -4 || exponent >= count { return digits.scientific(places: max(count, digits.digits.count) - 1, exponentMark: mark) }
    return digits.fixed(places: max(max(count, digits.digits.count) - 1 - exponent, 0))
  }

  private static func hexadecimal(_ value: Double, _ precision: Int?, uppercase: Bool) -> [UInt8] {
    var fraction = value.isZero ? 0 : value.significand.significandBitPattern
    var exponent = value.isZero ? 0 : Int(value.exponent)
    var lead: UInt64 = value.isZero ? 0 : 1
    if let precision, precision < 13 {
      // Rounds to even at the last digit kept.
      let drop = UInt64(52 - 4 * precision)
      let whole = lead << 52 | fraction
      let half: UInt64 = 1 << (drop - 1), rest = whole & ((1 << drop) - 1)
      var kept = whole >> drop
      if rest > half || (rest == half && kept & 1 == 1) { kept += 1 }
      lead = kept >> UInt64(4 * precision)
      fraction = (kept << drop) & ((1 << 52) - 1)
      if lead == 2 {
        lead = 1
        exponent += 1
      }
    }
    var digits = String(fraction, radix: 16)
    digits = String(repeating: "0", count: 13 - digits.count) + digits
    if let precision {
      digits = String(digits.prefix(precision)) + String(repeating: "0", count: max(0, precision - 13))
    } else {
      while digits.hasSuffix("0") { digits.removeLast() }
    }
    let power = exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)"
    let text = "\(value.sign == .minus ? "-" : "")0x\(lead)\(digits.isEmpty ? "" : "." + digits)p\(exponent < 0 ? "-" : "+")\(power)"
    return Array((uppercase ? text.uppercased() : text).utf8)
  }
}
