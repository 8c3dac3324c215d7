/// The formats that policies write most, without the general machinery of `GoFormat`: `%s`, `%v`, `%d`, `%q` and `%.nf`, with a width at
/// most. What it does not know it leaves alone.
enum PlainFormat {
  /// Nil where the format or an operand needs `GoFormat`.
  static func sprintf(_ format: Value, _ operands: ArrayView, in heap: Heap) -> Value? {
    var text = TextBuilder(in: heap, capacity: max(48, format.textCount * 2))
    let isDone = unsafe format.withText { unsafe write($0, operands, &text) }
    if isDone { return text.finish() }
    text.discard()
    return nil
  }

  private static func write(_ format: UnsafeBufferPointer<UInt8>, _ operands: ArrayView, _ text: inout TextBuilder) -> Bool {
    var position = 0
    var next = 0
    // SAFETY: positions stay below the format's count.
    func byte(_ index: Int) -> UInt8 { index < format.count ? unsafe format[index] : 0 }
    while position < format.count {
      let start = position
      while position < format.count, byte(position) != 0x25 { position += 1 }
      unsafe text.append(UnsafeBufferPointer(rebasing: format[start..<position]))
      if position == format.count { break }
      position += 1
      if byte(position) == 0x25 {
        text.append(0x25)
        position += 1
        continue
      }
      var isLeft = false, hasZeros = false
      var width = 0
      var places: Int?
      if byte(position) == 0x2D { isLeft = true } else if byte(position) == 0x30 { hasZeros = true }
      if isLeft || hasZeros { position += 1 }
      for _ in 0..<3 where byte(position) >= 0x30 && byte(position) <= 0x39 {
        width = width * 10 + Int(byte(position) - 0x30)
        position += 1
      }
      if byte(position) == 0x2E, byte(position + 1) >= 0x30, byte(position + 1) <= 0x39 {
        places = Int(byte(position + 1) - 0x30)
        position += 2
      }
      guard next < operands.count else { return false }
      let operand = operands[next]
      next += 1
      let isInteger = operand.rawTag == Value.Tag.integer.rawValue
      switch byte(position) {
      case 0x73, 0x76:
        guard places == nil, !hasZeros else { return false }
        if byte(position) == 0x76, !operand.isString {
          if isInteger {
            integer(Int64(bitPattern: operand.body), width, isLeft, false, &text)
          } else {
            if operand.isNumber {
              guard width == 0, let double = shortFraction(operand) else { return false }
              append(double, &text)
              break
            }
            unsafe ValueText.text(operand).withUnsafeBufferPointer { unsafe pad($0, width, isLeft, &text) }
          }
        } else {
          guard operand.isString else { return false }
          unsafe operand.withText { unsafe pad($0, width, isLeft, &text) }
        }
      case 0x64:
        guard places == nil, isInteger else { return false }
        integer(Int64(bitPattern: operand.body), width, isLeft, hasZeros, &text)
      case 0x78:
        guard places == nil, isInteger, width == 0, !hasZeros else { return false }
        hexadecimal(Int64(bitPattern: operand.body), &text)
      case 0x71:
        guard places == nil, !hasZeros, operand.isString else { return false }
        unsafe ValueText.quote(operand.text).withUnsafeBufferPointer { unsafe pad($0, width, isLeft, &text) }
      case 0x66:
        guard !hasZeros, operand.rawTag == Value.Tag.number.rawValue, NumberRecord(operand.address).isFraction,
          let digits = fixed(operand.asDouble ?? .nan, places ?? 6)
        else { return false }
        unsafe digits.withUnsafeBufferPointer { unsafe pad($0, width, isLeft, &text) }
      default: return false
      }
      position += 1
    }
    return next == operands.count
  }

  /// The double of a fraction that is written without an exponent.
  private static func shortFraction(_ number: Value) -> Double? {
    guard number.rawTag == Value.Tag.number.rawValue, NumberRecord(number.address).isFraction, let double = number.asDouble,
      double.magnitude >= 1e-4, double.magnitude < 1e6
    else { return nil }
    return double
  }

  /// The fewest digits that give the double, as Go and Swift both have them.
  private static func append(_ double: Double, _ text: inout TextBuilder) {
    var digits = double.description
    digits.withUTF8 { bytes in
      let isWhole = unsafe bytes.count > 2 && bytes[bytes.count - 2] == 0x2E && bytes[bytes.count - 1] == 0x30
      unsafe text.append(UnsafeBufferPointer(rebasing: bytes[..<(bytes.count - (isWhole ? 2 : 0))]))
    }
  }

  private static func hexadecimal(_ value: Int64, _ text: inout TextBuilder) {
    if value < 0 { text.append(0x2D) }
    var shift = max(0, 60 - value.magnitude.leadingZeroBitCount / 4 * 4)
    while shift >= 0 {
      let digit = UInt8(truncatingIfNeeded: value.magnitude >> UInt64(shift) & 15)
      text.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
      shift -= 4
    }
  }

  private static func integer(_ value: Int64, _ width: Int, _ isLeft: Bool, _ hasZeros: Bool, _ text: inout TextBuilder) {
    guard width > 0 else { return text.append(decimal: value) }
    let isNegative = value < 0
    let missing = max(0, width - TextBuilder.digits(of: value) - (isNegative ? 1 : 0))
    if hasZeros {
      if isNegative { text.append(0x2D) }
      text.append(0x30, times: missing)
      guard value != .min else { return text.append(Array("9223372036854775808".utf8)) }
      return text.append(decimal: isNegative ? -value : value)
    }
    if !isLeft { text.append(0x20, times: missing) }
    text.append(decimal: value)
    if isLeft { text.append(0x20, times: missing) }
  }

  private static func pad(_ bytes: UnsafeBufferPointer<UInt8>, _ width: Int, _ isLeft: Bool, _ text: inout TextBuilder) {
    guard width > 0 else { return unsafe text.append(bytes) }
    let missing = unsafe width - TextSearch.codePoints(bytes, upTo: bytes.count)
    if !isLeft { text.append(0x20, times: missing) }
    unsafe text.append(bytes)
    if isLeft { text.append(0x20, times: missing) }
  }

  /// A Double with so many places, of its exact value, halves to even; nil where 128 bits do not hold it.
  static func fixed(_ value: Double, _ places: Int) -> [UInt8]? {
    guard value.isFinite, value.magnitude < 1e15, places <= 15 else { return nil }
    var scaled: UInt128 = 0
    if value != 0 {
      guard value.isNormal else { return nil }
      let mantissa = UInt128(value.significandBitPattern | 1 << 52)
      // Below 2^53 * 10^15, which 103 bits hold.
      scaled = mantissa * (0..<places).reduce(UInt128(1)) { power, _ in power * 10 }
      let shift = 1075 - Int(value.exponentBitPattern)
      if shift >= 120 {
        scaled = 0
      } else if shift > 0 {
        let rest = scaled & ((1 << UInt128(shift)) - 1), half: UInt128 = 1 << UInt128(shift - 1)
        scaled >>= UInt128(shift)
        if rest > half || rest == half && scaled & 1 == 1 { scaled += 1 }
      } else {
        scaled <<= UInt128(-shift)
      }
    }
    var digits: [UInt8] = []
    for index in 0... {
      if index == places, places > 0 { digits.append(0x2E) }
      digits.append(0x30 + UInt8(truncatingIfNeeded: scaled % 10))
      scaled /= 10
      if index >= places, scaled == 0 { break }
    }
    if value.sign == .minus { digits.append(0x2D) }
    return digits.reversed()
  }
}
