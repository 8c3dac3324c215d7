/// Scalars of YAML as OPA's reader takes them (YAML 1.1 words, forms of numbers as in Go).
enum YAMLScalar {
  static func value(_ text: [UInt8], tag: String?, isPlain: Bool, line: Int, in heap: Heap) throws(YAMLError) -> Value {
    switch tag {
    case nil, "?":
      guard isPlain else { return .string(text, in: heap) }
      if let name = boundless(text) { throw YAMLError(description: "json: unsupported value: \(name)") }
      return resolved(text, in: heap)
    case "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:timestamp": return .string(text, in: heap)
    case "tag:yaml.org,2002:binary":
      do throws(BuiltinError) { return .string(String(decoding: try Base64.decode(text, .standard), as: UTF8.self), in: heap) } catch {
        throw YAMLReader.failure("!!binary value contains invalid base64 data", line)
      }
    case "tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:null":
      let value = resolved(text, in: heap)
      let isRight =
        switch tag {
        case "tag:yaml.org,2002:bool": value.asBool != nil
        case "tag:yaml.org,2002:null": value.rawTag == Value.Tag.null.rawValue
        default: value.isNumber
        }
      guard isRight else {
        throw YAMLReader.failure("cannot decode !!str `\(String(decoding: text, as: UTF8.self))` as a !!\(tag?.dropFirst(18) ?? "")", line)
      }
      return value
    default: return isPlain ? resolved(text, in: heap) : .string(text, in: heap)
    }
  }

  /// A key as the text that JSON needs.
  static func key(_ value: Value, line: Int, in heap: Heap) throws(YAMLError) -> Value {
    switch value.tag {
    case .shortString, .longString: return value
    case .boolean: return .string(value.isTrue ? "true" : "false", in: heap)
    case .integer, .number: return .string(Numbers.text(value), in: heap)
    default: throw YAMLReader.failure("unsupported map key of type: \(value.typeName)", line)
    }
  }

  /// Whether a text, written plain, is read as that text by YAML 1.1: not as nothing, a truth, a number or a
  /// time. For go-yaml the "<<" of a merge is text as well.
  static func isText(_ text: [UInt8]) -> Bool {
    guard let first = text.first, word(text) == nil, boundless(text) == nil else { return false }
    switch first {
    case 0x2E: return fraction(text).flatMap { double($0) } == nil
    case 0x2B, 0x2D, 0x30...0x39:
      let digits = text.filter { $0 != 0x5F }
      return !isInteger(digits) && double(digits) == nil && !isTime(text) && !isSexagesimal(text)
    default: return true
    }
  }

  /// A number of JSON as go-yaml writes it: whole numbers beyond 64 bits and all others as the nearest Double.
  static func number(_ literal: [UInt8]) -> [UInt8] {
    if isInteger(literal) { return literal == [0x2D, 0x30] ? [0x30] : literal }
    return double(literal).map { GoFormat.text($0, "g", nil) } ?? literal
  }

  /// Whether Go's `strconv.ParseInt` or `ParseUint` take the text, its base by its prefix.
  private static func isInteger(_ text: [UInt8]) -> Bool {
    let isNegative = text.first == 0x2D, isSigned = isNegative || text.first == 0x2B
    var digits = text[...].dropFirst(isSigned ? 1 : 0)
    var base = 10
    if digits.count > 1, digits.first == 0x30 {
      let prefix = digits[digits.startIndex + 1] | 0x20
      base = prefix == 0x78 ? 16 : (prefix == 0x62 ? 2 : 8)
      digits = digits.dropFirst(prefix == 0x78 || prefix == 0x62 || prefix == 0x6F ? 2 : 1)
    }
    guard digits.first != 0x2B, digits.first != 0x2D, let size = UInt64(String(decoding: digits, as: UTF8.self), radix: base) else {
      return false
    }
    return !isSigned || size <= UInt64(Int64.max) || (isNegative && size == Int64.min.magnitude)
  }

  /// `[+-](digits[.digits]|.digits)[e[+-]digits]`, where a Double reaches so far.
  private static func double(_ text: [UInt8]) -> Double? {
    var rest = text[...]
    func digits() -> Int {
      let count = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }.count
      rest = rest.dropFirst(count)
      return count
    }
    if rest.first == 0x2B || rest.first == 0x2D { rest = rest.dropFirst() }
    let whole = digits()
    if rest.first == 0x2E {
      rest = rest.dropFirst()
      if digits() == 0, whole == 0 { return nil }
    } else if whole == 0 {
      return nil
    }
    if let mark = rest.first, mark | 0x20 == 0x65 {
      rest = rest.dropFirst()
      if rest.first == 0x2B || rest.first == 0x2D { rest = rest.dropFirst() }
      if digits() == 0 { return nil }
    }
    guard rest.isEmpty, let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite else { return nil }
    return value
  }

  private static let times = ["2006-1-2T15:4:5.999999999Z07:00", "2006-1-2t15:4:5.999999999Z07:00", "2006-1-2 15:4:5.999999999", "2006-1-2"]
    .map { TimeLayout(Array($0.utf8)) }

  private static func isTime(_ text: [UInt8]) -> Bool {
    guard text.count > 4, text[4] == 0x2D, text[..<4].allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return false }
    return times.contains { layout in
      do throws(TimeParser.Fault) {
        _ = try TimeParser.parse(text, layout)
        return true
      } catch { return false }
    }
  }

  /// A number of YAML 1.1 to the base 60, as in `12:30`.
  private static func isSexagesimal(_ text: [UInt8]) -> Bool {
    func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    var rest = text[...]
    if rest.first == 0x2B || rest.first == 0x2D { rest = rest.dropFirst() }
    guard let first = rest.first, isDigit(first) else { return false }
    rest = rest.drop { isDigit($0) || $0 == 0x5F }
    guard rest.first == 0x3A else { return false }
    while rest.first == 0x3A {
      let digits = rest.dropFirst().prefix(while: isDigit)
      guard let first = digits.first, digits.count == 1 || (digits.count == 2 && first <= 0x35) else { return false }
      rest = rest.dropFirst(1 + digits.count)
    }
    return rest.isEmpty || (rest.first == 0x2E && rest.dropFirst().allSatisfy { isDigit($0) || $0 == 0x5F })
  }

  /// Go's name of an infinity or of what is no number, neither of which JSON can hold; nil for anything else.
  private static func boundless(_ text: [UInt8]) -> String? {
    guard text.count == 4 || text.count == 5 else { return nil }
    switch String(decoding: text, as: UTF8.self) {
    case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return "+Inf"
    case "-.inf", "-.Inf", "-.INF": return "-Inf"
    case ".nan", ".NaN", ".NAN": return "NaN"
    default: return nil
    }
  }

  /// What the words of YAML 1.1 stand for.
  private static func word(_ text: [UInt8]) -> Value? {
    guard text.count <= 5 else { return nil }
    return switch String(decoding: text, as: UTF8.self) {
    case "~", "null", "Null", "NULL": .null
    case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": .true
    case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": .false
    default: nil
    }
  }

  private static func resolved(_ text: [UInt8], in heap: Heap) -> Value {
    guard let first = text.first else { return .null }
    if let word = word(text) { return word }
    guard first == 0x2B || first == 0x2D || first == 0x2E || (first >= 0x30 && first <= 0x39) else { return .string(text, in: heap) }
    guard let digits = first == 0x2E ? fraction(text) : text.filter({ $0 != 0x5F }) else { return .string(text, in: heap) }
    return number(digits, in: heap) ?? .string(text, in: heap)
  }

  /// A text that begins with a point, without the underscores between its digits; nil where they stand elsewhere.
  private static func fraction(_ text: [UInt8]) -> [UInt8]? {
    for (index, byte) in text.enumerated() where byte == 0x5F {
      guard index > 1, index + 1 < text.count, text[index - 1] &- 0x30 <= 9, text[index + 1] &- 0x30 <= 9 else { return nil }
    }
    return text.filter { $0 != 0x5F }
  }

  private static func number(_ text: [UInt8], in heap: Heap) -> Value? {
    var digits = text[...]
    let isNegative = digits.first == 0x2D
    if isNegative || digits.first == 0x2B { digits = digits.dropFirst() }
    guard let first = digits.first else { return nil }
    if digits.count > 1, first == 0x30, let radix = radix(digits) {
      let body = String(decoding: digits.dropFirst(radix.prefix), as: UTF8.self)
      guard body.utf8.allSatisfy({ $0 != 0x2B && $0 != 0x2D }), let value = UInt64(body, radix: radix.value) else { return nil }
      return Numbers.parse(Array(((isNegative && value != 0 ? "-" : "") + String(value)).utf8), in: heap)
    }
    if digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) {
      let whole = digits.drop { $0 == 0x30 }
      if whole.isEmpty { return .integer(0) }
      // As in Go, whole numbers beyond 64 bits become the nearest Double.
      guard isInteger(text) else { return float(whole, isNegative, in: heap) }
      return Numbers.parse((isNegative ? [0x2D] : []) + whole, in: heap)
    }
    return float(digits, isNegative, in: heap)
  }

  private static func radix(_ digits: ArraySlice<UInt8>) -> (value: Int, prefix: Int)? {
    switch digits[digits.startIndex + 1] {
    case 0x78, 0x58: (16, 2)
    case 0x6F, 0x4F: (8, 2)
    case 0x62, 0x42: (2, 2)
    default: digits.allSatisfy { $0 >= 0x30 && $0 <= 0x37 } ? (8, 1) : nil
    }
  }

  /// `digits[.digits][e[+-]digits]` or `.digits`, as the shortest text of the nearest Double.
  private static func float(_ digits: ArraySlice<UInt8>, _ isNegative: Bool, in heap: Heap) -> Value? {
    guard digits.last != 0x2B,
      digits.allSatisfy({ ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x2E || $0 | 0x20 == 0x65 || $0 == 0x2B || $0 == 0x2D }),
      case .value(let literal) = GoNumber.parse(Array(digits)), let double = Double(String(decoding: literal, as: UTF8.self))
    else { return nil }
    let decimal = GoFormat.shortest(double)
    let isLarge = double != 0 && (double < 1e-6 || double >= 1e21)
    var text =
      isLarge
      ? decimal.scientific(places: max(decimal.digits.count - 1, 0)) : decimal.fixed(places: max(decimal.digits.count - decimal.point, 0))
    // JSON of Go writes e-9 for e-09.
    if isLarge, text.count >= 4, text[text.count - 2] == 0x30, text[text.count - 3] == 0x2D { text.remove(at: text.count - 2) }
    return Numbers.parse((isNegative ? [0x2D] : []) + text, in: heap)
  }
}
