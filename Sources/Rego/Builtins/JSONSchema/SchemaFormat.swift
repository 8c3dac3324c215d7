/// The formats gojsonschema knows (internal/gojsonschema/format_checkers.go), with Go's own checks behind them.
enum SchemaFormat {
  private static let clocks = [TimeLayout(Array("15:04:05Z07:00".utf8)), TimeLayout(Array("15:04:05".utf8))]
  private static let dates = [TimeLayout(Array("2006-01-02".utf8))]
  private static let instants = [TimeLayout(Array("2006-01-02T15:04:05Z07:00".utf8))]

  /// True for formats that are not known.
  static func holds(_ name: String, _ text: [UInt8]) -> Bool {
    switch name {
    case "date": isTime(text, dates)
    case "time": isTime(text, clocks)
    case "date-time": isTime(text, instants) || isTime(text, clocks) || isTime(text, dates)
    case "hostname": isHostname(text)
    case "email", "idn-email": MailAddress.isValid(text)
    case "ipv4": text.contains(0x2E) && IPAddress(text[...]) != nil
    case "ipv6": text.contains(0x3A) && IPAddress(text[...]) != nil
    case "uri", "iri": !text.contains(0x5C) && address(text).map { !$0.scheme.isEmpty } ?? false
    case "uri-reference", "iri-reference": !text.contains(0x5C) && address(text) != nil
    case "uri-template": !text.contains(0x5C) && address(text).map { hasClosedBraces($0.path) } ?? false
    case "uuid": isUUID(text)
    case "regex": (try? RegularExpression(String(decoding: text, as: UTF8.self))) != nil
    case "json-pointer": isPointer(text[...])
    case "relative-json-pointer": isRelativePointer(text)
    default: true
    }
  }

  private static func isTime(_ text: [UInt8], _ layouts: [TimeLayout]) -> Bool {
    layouts.contains { (try? TimeParser.parse(text, $0)) != nil }
  }

  private static func address(_ text: [UInt8]) -> URLText.Parts? { try? URLText.parse(text) }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: false
    }
  }

  /// Labels of up to 63 letters, digits and inner hyphens.
  private static func isHostname(_ text: [UInt8]) -> Bool {
    guard text.count < 256 else { return false }
    return text.split(separator: 0x2E, omittingEmptySubsequences: false).allSatisfy { label in
      guard let first = label.first, let last = label.last, label.count <= 63 else { return false }
      return isAlphanumeric(first) && isAlphanumeric(last) && label.allSatisfy { isAlphanumeric($0) || $0 == 0x2D }
    }
  }

  /// Every opening brace has a closing one behind it.
  private static func hasClosedBraces(_ text: [UInt8]) -> Bool {
    var isOpen = false
    for byte in text {
      if byte == 0x7B { isOpen = true } else if byte == 0x7D { isOpen = false }
    }
    return !isOpen
  }

  private static func isUUID(_ text: [UInt8]) -> Bool {
    guard text.count == 36 else { return false }
    return text.enumerated().allSatisfy { index, byte in
      switch index {
      case 8, 13, 18, 23: byte == 0x2D
      default: Builtins.hexadecimal(byte) != nil
      }
    }
  }

  private static func isPointer(_ text: ArraySlice<UInt8>) -> Bool {
    guard text.isEmpty || text.first == 0x2F else { return false }
    var isEscape = false
    for byte in text {
      if isEscape, byte != 0x30, byte != 0x31 { return false }
      isEscape = !isEscape && byte == 0x7E
    }
    return !isEscape
  }

  private static func isRelativePointer(_ text: [UInt8]) -> Bool {
    let digits = text.prefix { $0 >= 0x30 && $0 <= 0x39 }
    guard !digits.isEmpty, digits.count == 1 || digits.first != 0x30 else { return false }
    let rest = text[digits.endIndex...]
    return rest == [0x23][...] || isPointer(rest)
  }
}
