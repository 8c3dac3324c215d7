extension Parser {
  /// Reads a number, the token being `-`, `.` or a number. "-.5" is kept as "-0.5", so that a number is always one of JSON's.
  mutating func parseNumber() -> Term? {
    let start = state.location
    var prefix = ""
    if state.token == .subtract {
      prefix = "-"
      scan()
      guard state.token == .number || state.token == .dot else {
        unexpected("expected number")
        return nil
      }
    }
    if state.token == .dot {
      prefix += "0."
      scan()
      guard state.token == .number else {
        unexpected("expected number")
        return nil
      }
    }
    let digits = lexer.text(state.location.offset, state.location.end)
    let second = digits.dropFirst().first
    if !prefix.hasSuffix("."), digits.first == UInt8(ascii: "0"), let second {
      let isExponent = digits.count > 2 && second | 0x20 == UInt8(ascii: "e")
      guard second == UInt8(ascii: ".") || isExponent else {
        unexpected("expected number without leading zero")
        return nil
      }
    }
    let text = prefix + String(decoding: digits, as: UTF8.self)
    // ".1.2" scans as a dot and a number.
    if prefix.hasSuffix("."), digits.contains(UInt8(ascii: ".")) {
      unexpected("invalid float")
      return nil
    }
    guard DecimalSize(text).isAccepted else {
      error("number too big", at: state.location)
      return nil
    }
    return Term(.number(text), extent(start, to: state.location.end))
  }

  /// The string of the token.
  mutating func parseString() -> Term? {
    let bytes = lexer.text(state.location.offset, state.location.end)
    guard bytes.count >= 2 else { return nil }
    let inner = bytes.dropFirst().dropLast()
    if bytes.first == UInt8(ascii: "`") || !inner.contains(UInt8(ascii: "\\")) {
      return Term(.string(String(decoding: inner, as: UTF8.self)), state.location)
    }
    guard let text = StringLiteral.decode(inner) else {
      error("illegal string literal: \(tokenText)", at: state.location)
      return nil
    }
    return Term(.string(text), state.location)
  }
}

/// Text between quotes.
enum StringLiteral {
  /// Resolves the escapes of JSON. A lone surrogate becomes U+FFFD. Nil for a wrong escape or a control character.
  /// With `template`, `\{` is `{`.
  static func decode(_ bytes: ArraySlice<UInt8>, template: Bool = false) -> String? {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = bytes.startIndex
    while index < bytes.endIndex {
      let byte = bytes[index]
      index += 1
      guard byte == UInt8(ascii: "\\") else {
        if byte < 0x20 { return nil }
        result.append(byte)
        continue
      }
      guard index < bytes.endIndex else { return nil }
      let escape = bytes[index]
      index += 1
      switch escape {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(escape)
      case UInt8(ascii: "{") where template: result.append(escape)
      case UInt8(ascii: "b"): result.append(0x08)
      case UInt8(ascii: "f"): result.append(0x0C)
      case UInt8(ascii: "n"): result.append(0x0A)
      case UInt8(ascii: "r"): result.append(0x0D)
      case UInt8(ascii: "t"): result.append(0x09)
      case UInt8(ascii: "u"):
        guard var unit = unit(bytes, at: index) else { return nil }
        index += 4
        if unit & 0xFC00 == 0xD800, index + 1 < bytes.endIndex, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u"),
          let low = self.unit(bytes, at: index + 2), low & 0xFC00 == 0xDC00
        {
          unit = 0x10000 + (unit & 0x3FF) << 10 + low & 0x3FF
          index += 6
        }
        result.append(contentsOf: UTF8.encode(Unicode.Scalar(unit) ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter)
      default: return nil
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func unit(_ bytes: ArraySlice<UInt8>, at index: Int) -> UInt32? {
    guard index + 4 <= bytes.endIndex else { return nil }
    var value: UInt32 = 0
    for byte in bytes[index..<index + 4] {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
      case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - UInt8(ascii: "A") + 10)
      default: return nil
      }
    }
    return value
  }
}

/// The order of magnitude of a number as written.
private struct DecimalSize {
  /// OPA's bound, which keeps arithmetic cheap: the number is 0, or 2^-100001 <= |n| < 2^100000.
  let isAccepted: Bool

  init(_ text: String) {
    // Significant digits d.ddd... and the power of ten of the first one.
    var leading: [UInt8] = []
    var power = 0
    var sawPoint = false
    var started = false
    var exponent = 0
    var exponentSign = 1
    var inExponent = false
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "e"), UInt8(ascii: "E"): inExponent = true
      case UInt8(ascii: "-") where inExponent: exponentSign = -1
      case UInt8(ascii: "."): sawPoint = true
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        let digit = byte - UInt8(ascii: "0")
        if inExponent {
          exponent = min(exponent * 10 + Int(digit), 1 << 40)
        } else {
          if started, !sawPoint { power += 1 }
          if !started, sawPoint { power -= 1 }
          if digit != 0 { started = true }
          if started, leading.count < 17 { leading.append(digit) }
        }
      default: break
      }
    }
    guard started else {
      isAccepted = true
      return
    }
    power += exponentSign * exponent
    // 2^100000 = 9.9900209301438450 e30102, 2^-100001 = 5.0049945359... e-30104
    switch power {
    case -30103...30101: isAccepted = true
    case 30102: isAccepted = leading.lexicographicallyPrecedes([9, 9, 9, 0, 0, 2, 0, 9, 3, 0, 1, 4, 3, 8, 4, 5, 1])
    case -30104: isAccepted = !leading.lexicographicallyPrecedes([5, 0, 0, 4, 9, 9, 4, 5])
    default: isAccepted = false
    }
  }
}
