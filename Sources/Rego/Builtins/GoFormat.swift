internal import BigInt

/// Formatting as Go's `fmt.Sprintf` does it for the operands OPA hands over: int, big.Int, float64 and string (any other term as text).
struct GoFormat {
  enum Operand {
    case int(Int64)
    case big(BigInt)
    case float(Double)
    case string([UInt8])

    var typeName: String {
      switch self {
      case .int: "int"
      case .big: "*big.Int"
      case .float: "float64"
      case .string: "string"
      }
    }
  }

  /// What stands between the percent sign and the verb.
  struct Flags {
    var plus = false
    var minus = false
    var sharp = false
    var space = false
    var zero = false
    var width: Int?
    var precision: Int?
  }

  /// Width and precision beyond this are refused, as in Go.
  private static let numberLimit = 1_000_000

  private let format: [UInt8]
  private let operands: [Operand]
  private let context: BuiltinContext
  private var position = 0
  private var next = 0
  private var wasReordered = false
  private var isGoodIndex = true
  private var usesIndex = false
  private(set) var result: [UInt8] = []

  static func sprintf(_ format: [UInt8], _ array: ArrayView, _ context: BuiltinContext) throws(BuiltinError) -> [UInt8] {
    var formatter = GoFormat(format: format, operands: (0..<array.count).map { operand(array[$0]) }, context: context)
    try formatter.run()
    return formatter.result
  }

  private init(format: [UInt8], operands: [Operand], context: BuiltinContext) {
    self.format = format
    self.operands = operands
    self.context = context
  }

  static func operand(_ value: Value) -> Operand {
    switch value.tag {
    case .integer: return .int(Int64(bitPattern: value.body))
    case .number:
      let literal = Numbers.literal(value)
      if Numbers.plainInteger(literal), literal.count <= Numbers.bitLimit / 4 {
        return value.exactInt.map { .int($0) } ?? .big(BigInt(String(decoding: literal, as: UTF8.self)) ?? 0)
      }
      if let double = value.asDouble, double.isFinite { return .float(double) }
      return .string(literal)
    case .shortString, .longString: return .string(value.text)
    default: return .string(ValueText.text(value))
    }
  }

  private mutating func run() throws(BuiltinError) {
    while position < format.count {
      let start = position
      while position < format.count, format[position] != 0x25 { position += 1 }
      result += format[start..<position]
      guard position < format.count else { break }
      position += 1
      try directive()
    }
    if !wasReordered, next < operands.count {
      result += "%!(EXTRA ".utf8
      for (index, operand) in operands[next...].enumerated() {
        if index > 0 { result += ", ".utf8 }
        result += "\(operand.typeName)=".utf8
        try print(operand, "v", Flags())
      }
      result.append(0x29)
    }
  }

  private mutating func directive() throws(BuiltinError) {
    var flags = Flags()
    isGoodIndex = true
    usesIndex = false
    scan: while position < format.count {
      switch format[position] {
      case 0x23: flags.sharp = true
      case 0x30: flags.zero = !flags.minus
      case 0x2B: flags.plus = true
      case 0x2D:
        flags.minus = true
        flags.zero = false
      case 0x20: flags.space = true
      default: break scan
      }
      position += 1
    }
    argumentIndex()
    if peek() == 0x2A {
      position += 1
      let width = star()
      if width == nil { result += "%!(BADWIDTH)".utf8 }
      flags.width = width
      if let width, width < 0 {
        flags.width = -width
        flags.minus = true
        flags.zero = false
      }
      usesIndex = false
    } else {
      flags.width = number()
      if usesIndex, flags.width != nil { isGoodIndex = false }
    }
    if peek() == 0x2E {
      position += 1
      if usesIndex { isGoodIndex = false }
      argumentIndex()
      if peek() == 0x2A {
        position += 1
        let precision = star()
        flags.precision = precision.flatMap { $0 < 0 ? nil : $0 }
        if precision == nil { result += "%!(BADPREC)".utf8 }
        usesIndex = false
      } else {
        flags.precision = number() ?? 0
      }
    }
    if !usesIndex { argumentIndex() }
    guard position < format.count else {
      result += "%!(NOVERB)".utf8
      return
    }
    let width = TextSearch.width(of: format[position])
    let verb = String(decoding: format[position..<min(position + width, format.count)], as: UTF8.self).unicodeScalars.first ?? "\u{FFFD}"
    position += width
    if verb == "%" {
      result.append(0x25)
    } else if !isGoodIndex {
      result += "%!\(verb)(BADINDEX)".utf8
    } else if next >= operands.count {
      result += "%!\(verb)(MISSING)".utf8
    } else {
      let operand = operands[next]
      next += 1
      if verb == "v" {
        // Flags of this verb ask for Go's own notation, which numbers do not have; big integers see the plus sign nevertheless.
        switch operand {
        case .int, .float: (flags.plus, flags.sharp) = (false, false)
        case .big, .string: break
        }
      }
      try print(operand, verb, flags)
    }
  }

  private func peek() -> UInt8? { position < format.count ? format[position] : nil }

  private mutating func number() -> Int? {
    let start = position
    var value = 0
    while let byte = peek(), byte >= 0x30, byte <= 0x39 {
      if value > Self.numberLimit {
        // Go gives the rest of the format up.
        position = format.count
        return nil
      }
      value = value * 10 + Int(byte - 0x30)
      position += 1
    }
    return position > start ? value : nil
  }

  /// `[n]`: the operand to take next.
  private mutating func argumentIndex() {
    guard peek() == 0x5B else { return }
    wasReordered = true
    guard let close = format[position...].firstIndex(of: 0x5D) else {
      isGoodIndex = false
      position += 1
      return
    }
    let digits = format[(position + 1)..<close]
    position = close + 1
    guard !digits.isEmpty, digits.count < 8, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
      isGoodIndex = false
      return
    }
    let index = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    guard index >= 1, index <= operands.count else {
      isGoodIndex = false
      return
    }
    next = index - 1
    usesIndex = true
  }

  /// An operand as width or precision.
  private mutating func star() -> Int? {
    guard next < operands.count else { return nil }
    defer { next += 1 }
    guard case .int(let value) = operands[next], value.magnitude <= Self.numberLimit else { return nil }
    return Int(value)
  }
}

// MARK: - Operands

extension GoFormat {
  private mutating func print(_ operand: Operand, _ verb: Unicode.Scalar, _ flags: Flags) throws(BuiltinError) {
    try context.spend((flags.width ?? 0) + (flags.precision ?? 0))
    if case .string(let text) = operand { try context.spend(text.count >> 4) }
    try context.reserve(result.count)
    switch (verb, operand) {
    case ("T", _): pad(Self.truncated(Array(operand.typeName.utf8), flags.precision), flags)
    case ("v", .int(let value)): integer(BigInt(value), "d", flags)
    case ("d", .int(let value)), ("b", .int(let value)), ("o", .int(let value)), ("O", .int(let value)), ("x", .int(let value)),
      ("X", .int(let value)):
      integer(BigInt(value), verb, flags)
    case ("c", .int(let value)): pad(Self.character(value), flags)
    case ("q", .int(let value)): pad(Self.quotedCharacter(value, flags), flags)
    case ("U", .int(let value)): pad(Self.unicode(value, flags), flags)
    case ("v", .big(let value)), ("s", .big(let value)): integer(value, "d", flags)
    case ("d", .big(let value)), ("b", .big(let value)), ("o", .big(let value)), ("O", .big(let value)), ("x", .big(let value)),
      ("X", .big(let value)):
      integer(value, verb, flags)
    case ("v", .float(let value)): float(value, "g", flags)
    case ("e", .float(let value)), ("E", .float(let value)), ("f", .float(let value)), ("F", .float(let value)), ("g", .float(let value)),
      ("G", .float(let value)), ("x", .float(let value)), ("X", .float(let value)), ("b", .float(let value)):
      float(value, verb, flags)
    case ("v", .string(let text)) where flags.sharp: pad(ValueText.quote(text), flags)
    case ("v", .string(let text)), ("s", .string(let text)): pad(Self.truncated(text, flags.precision), flags)
    case ("q", .string(let text)): pad(Self.quoted(text, flags), flags)
    case ("x", .string(let text)), ("X", .string(let text)): pad(Self.hexadecimal(text, verb == "X", flags), flags)
    case (_, .big(let value)): result += "%!\(verb)(big.Int=\(value))".utf8
    default:
      result += "%!\(verb)(\(operand.typeName)=".utf8
      var flags = flags
      if case .string = operand { flags.sharp = false }
      try print(operand, "v", flags)
      result.append(0x29)
    }
  }

  /// Fills up to the width, which counts code points.
  private mutating func pad(_ text: [UInt8], _ flags: Flags) {
    let count = text.reduce(0) { $1 & 0xC0 == 0x80 ? $0 : $0 + 1 }
    let missing = max(0, (flags.width ?? 0) - count)
    if !flags.minus { result += [UInt8](repeating: flags.zero ? 0x30 : 0x20, count: missing) }
    result += text
    if flags.minus { result += [UInt8](repeating: 0x20, count: missing) }
  }

  private mutating func integer(_ value: BigInt, _ verb: Unicode.Scalar, _ flags: Flags) {
    let isNegative = value.sign == .minus
    let radix = verb == "b" ? 2 : (verb == "o" || verb == "O" ? 8 : (verb == "d" ? 10 : 16))
    var digits = Array(String(value.magnitude, radix: radix, uppercase: verb == "X").utf8)
    var flags = flags
    var least = 0
    if let precision = flags.precision {
      least = precision
      flags.zero = false
      if precision == 0, value.isZero {
        pad([], flags)
        return
      }
    } else if flags.zero, let width = flags.width {
      least = width - (isNegative || flags.plus || flags.space ? 1 : 0)
    }
    if digits.count < least { digits = [UInt8](repeating: 0x30, count: least - digits.count) + digits }
    if flags.sharp {
      switch verb {
      case "b": digits = [0x30, 0x62] + digits
      case "o" where digits.first != 0x30: digits = [0x30] + digits
      case "x": digits = [0x30, 0x78] + digits
      case "X": digits = [0x30, 0x58] + digits
      default: break
      }
    }
    if verb == "O" { digits = [0x30, 0x6F] + digits }
    if isNegative {
      digits = [0x2D] + digits
    } else if flags.plus {
      digits = [0x2B] + digits
    } else if flags.space {
      digits = [0x20] + digits
    }
    flags.zero = false
    pad(digits, flags)
  }

  private mutating func float(_ value: Double, _ verb: Unicode.Scalar, _ flags: Flags) {
    var text = Self.text(value, verb, flags.precision, sharp: flags.sharp)
    let sign: UInt8? = text.first == 0x2D ? 0x2D : (flags.plus ? 0x2B : (flags.space ? 0x20 : nil))
    if text.first == 0x2D { text.removeFirst() }
    var flags = flags
    if flags.zero, let sign, let width = flags.width {
      // The sign stands before the zeros.
      result.append(sign)
      flags.width = width - 1
      pad(text, flags)
    } else {
      pad((sign.map { [$0] } ?? []) + text, flags)
    }
  }

  private static func scalar(_ value: Int64) -> Unicode.Scalar { UInt32(exactly: value).flatMap(Unicode.Scalar.init) ?? "\u{FFFD}" }

  private static func character(_ value: Int64) -> [UInt8] { Array(String(Character(scalar(value))).utf8) }

  private static func quotedCharacter(_ value: Int64, _ flags: Flags) -> [UInt8] {
    var text: [UInt8] = [0x27]
    ValueText.escape(scalar(value), quote: 0x27, into: &text, asciiOnly: flags.plus)
    return text + [0x27]
  }

  private static func unicode(_ value: Int64, _ flags: Flags) -> [UInt8] {
    let digits = String(UInt64(bitPattern: value), radix: 16, uppercase: true)
    var text = "U+" + String(repeating: "0", count: max(0, max(4, flags.precision ?? 4) - digits.count)) + digits
    if flags.sharp, let code = UInt32(exactly: value), let scalar = Unicode.Scalar(code), ValueText.isPrintable(scalar) {
      text += " '\(scalar)'"
    }
    return Array(text.utf8)
  }

  private static func truncated(_ text: [UInt8], _ precision: Int?) -> [UInt8] {
    guard let precision else { return text }
    var count = 0
    for (index, byte) in text.enumerated() where byte & 0xC0 != 0x80 {
      if count == precision { return Array(text[..<index]) }
      count += 1
    }
    return text
  }

  private static func quoted(_ text: [UInt8], _ flags: Flags) -> [UInt8] {
    let text = truncated(text, flags.precision)
    if flags.sharp, !text.contains(where: { $0 == 0x60 || $0 == 0x7F || ($0 < 0x20 && $0 != 0x09) }) { return [0x60] + text + [0x60] }
    return ValueText.quote(text, asciiOnly: flags.plus)
  }

  private static func hexadecimal(_ text: [UInt8], _ isUpper: Bool, _ flags: Flags) -> [UInt8] {
    let digits = Array((isUpper ? "0123456789ABCDEF" : "0123456789abcdef").utf8)
    let prefix: [UInt8] = flags.sharp ? [0x30, isUpper ? 0x58 : 0x78] : []
    var result: [UInt8] = []
    for (index, byte) in text.prefix(flags.precision ?? .max).enumerated() {
      if index == 0 || flags.space {
        if index > 0 { result.append(0x20) }
        result += prefix
      }
      result += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
    return result
  }
}
