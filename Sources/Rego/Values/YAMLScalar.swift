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

  /// Whether a text, written plain, would be read as something else.
  static func isWord(_ text: [UInt8]) -> Bool { !resolved(text, in: Heap()).isString || text == [0x3C, 0x3C] || boundless(text) != nil }

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

  private static func resolved(_ text: [UInt8], in heap: Heap) -> Value {
    guard let first = text.first else { return .null }
    if text.count <= 5 {
      switch String(decoding: text, as: UTF8.self) {
      case "~", "null", "Null", "NULL": return .null
      case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": return .true
      case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": return .false
      default: break
      }
    }
    guard first == 0x2B || first == 0x2D || first == 0x2E || (first >= 0x30 && first <= 0x39) else { return .string(text, in: heap) }
    return number(text.filter { $0 != 0x5F }, in: heap) ?? .string(text, in: heap)
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
