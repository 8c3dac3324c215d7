/// A text and the style in which YAML holds it, as go-yaml's emitter chooses.
struct YAMLText {
  enum Style { case plain, single, double, literal }

  let scalars: [Unicode.Scalar]
  private(set) var style = Style.double
  /// Whether the text may stand before a colon without a question mark.
  private(set) var isSimpleKey = true
  /// The emitter takes a byte order mark at the beginning for one at every place, which is escaped.
  private(set) var isMarked = false
  /// Whether the text holds a character that no YAML document may hold.
  private(set) var isForbidden = false

  init(_ text: [UInt8]) {
    scalars = Array(String(decoding: text, as: UTF8.self).unicodeScalars)
    guard let first = scalars.first, let last = scalars.last else { return }
    isMarked = first == "\u{FEFF}"
    var hasIndicators = text.starts(with: Array("---".utf8)) || text.starts(with: Array("...".utf8))
    var hasBreaks = false, hasNewLine = false, isSpecial = false, hasSpaceAfterBreak = false
    for (index, scalar) in scalars.enumerated() {
      let previous = index > 0 ? scalars[index - 1] : "\n"
      let isBeforeBlank = scalar == last && index + 1 == scalars.count || scalars[index + 1] == " " || scalars[index + 1] == "\t"
      switch scalar {
      case "#": hasIndicators = hasIndicators || previous == " " || previous == "\t" || previous == "\0" || Self.isBreak(previous)
      case ":": hasIndicators = hasIndicators || isBeforeBlank
      case "?", "-": hasIndicators = hasIndicators || index == 0 && isBeforeBlank
      case ",", "[", "]", "{", "}", "&", "*", "!", "|", ">", "'", "\"", "%", "@", "`": hasIndicators = hasIndicators || index == 0
      default: break
      }
      isSpecial = isSpecial || !Self.isPrintable(scalar)
      isForbidden = isForbidden || Self.isForbidden(scalar)
      if Self.isBreak(scalar) {
        hasBreaks = true
        hasNewLine = hasNewLine || scalar == "\n"
        isSpecial = isSpecial || previous == " "
      } else if scalar == " ", index > 0, Self.isBreak(previous) {
        hasSpaceAfterBreak = true
      }
    }
    isSimpleKey = !hasBreaks && text.count <= 128
    let isBare = first != " " && last != " " && !hasBreaks && !isSpecial
    if hasNewLine {
      style = isSpecial || last == " " ? .double : .literal
    } else if YAMLScalar.isText(text) {
      style = isBare && !hasIndicators ? .plain : (isSpecial || hasSpaceAfterBreak ? .double : .single)
    }
  }

  static func isBreak(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x0A, 0x0D, 0x85, 0x2028, 0x2029: true
    default: false
    }
  }

  /// Whether go-yaml writes the character as it is: nothing beyond the first plane.
  static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x0A, 0x20...0x7E, 0xA0...0xFEFE, 0xFF00...0xFFFD: true
    default: false
    }
  }

  private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x7F...0x84, 0x86...0x9F, 0xFFFE, 0xFFFF: true
    default: false
    }
  }

  static func escape(_ scalar: Unicode.Scalar) -> [UInt8] {
    let letter: Character? =
      switch scalar.value {
      case 0x00: "0"
      case 0x07: "a"
      case 0x08: "b"
      case 0x09: "t"
      case 0x0A: "n"
      case 0x0B: "v"
      case 0x0C: "f"
      case 0x0D: "r"
      case 0x1B: "e"
      case 0x22: "\""
      case 0x5C: "\\"
      case 0x85: "N"
      case 0x2028: "L"
      case 0x2029: "P"
      default: nil
      }
    if let letter { return Array("\\\(letter)".utf8) }
    let (mark, places) = scalar.value <= 0xFF ? ("x", 2) : (scalar.value <= 0xFFFF ? ("u", 4) : ("U", 8))
    let digits = String(scalar.value, radix: 16, uppercase: true)
    return Array("\\\(mark)\(String(repeating: "0", count: places - digits.count))\(digits)".utf8)
  }
}

/// A key of a mapping, in the order in which go-yaml writes keys: numbers within them by their size, letters behind other characters.
struct YAMLKey {
  let text: [UInt8]
  private let scalars: [Unicode.Scalar]

  private init(_ text: [UInt8]) {
    self.text = text
    scalars = Array(String(decoding: text, as: UTF8.self).unicodeScalars)
  }

  static func members(_ object: Value) -> [(key: YAMLKey, value: Value)] {
    var members: [(key: YAMLKey, value: Value)] = []
    for (key, value) in Members(object.objectView) {
      members.append((YAMLKey(key.isString ? key.text : JSONWriter.text(key)), value))
    }
    members.sort { $0.key.isBefore($1.key) }
    return members
  }

  private func isBefore(_ other: YAMLKey) -> Bool {
    let a = scalars, b = other.scalars
    guard let index = (0..<min(a.count, b.count)).first(where: { a[$0] != b[$0] }) else { return a.count < b.count }
    let isLetter = Self.isLetter(a[index]), isOtherLetter = Self.isLetter(b[index])
    if isLetter || isOtherLetter { return isLetter && isOtherLetter ? a[index] < b[index] : isOtherLetter }
    // A zero within a number is a digit of it; zeros before it are not.
    let digits = a[..<index].reversed().prefix(while: Self.isDigit)
    let start: Int64 = (a[index] == "0" || b[index] == "0") && digits.contains { $0 != "0" } ? 1 : 0
    let number = Self.number(a[index...], start), otherNumber = Self.number(b[index...], start)
    if number.value != otherNumber.value { return number.value < otherNumber.value }
    return number.places == otherNumber.places ? a[index] < b[index] : number.places < otherNumber.places
  }

  private static func number(_ text: ArraySlice<Unicode.Scalar>, _ start: Int64) -> (value: Int64, places: Int) {
    let digits = text.prefix(while: isDigit)
    return (digits.reduce(start) { $0 &* 10 &+ (Int64($1.value) - 0x30) }, digits.count)
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.generalCategory == .decimalNumber }

  private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }
}
