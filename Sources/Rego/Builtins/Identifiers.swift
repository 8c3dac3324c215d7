extension Builtins {
  /// OPA's v1/topdown/uuid.go.
  static let identifiers: [Builtin] = [
    Builtin("uuid.rfc4122", 1, isNondeterministic: true) { arguments, context throws(BuiltinError) in
      let key = Array("uuid.rfc4122 ".utf8) + ValueText.text(arguments[0])
      if let known = context.memo[key] { return known }
      var bytes = (0..<16).map { _ in UInt8.random(in: 0...255) }
      bytes[6] = bytes[6] & 0x0F | 0x40
      bytes[8] = bytes[8] & 0x3F | 0x80
      let value = Value.string(UniversalIdentifier(bytes: bytes).text, in: context.heap)
      context.memo[key] = value
      return value
    },
    Builtin("uuid.parse", 1) { arguments, context throws(BuiltinError) in
      guard let identifier = UniversalIdentifier(try arguments.string(0)) else { return .undefined }
      return .object(identifier.members(in: context.heap), in: context.heap)
    },
  ]
}

/// A UUID of RFC 9562.
struct UniversalIdentifier {
  private let bytes: [UInt8]

  /// - Parameter bytes: 16 bytes.
  init(bytes: [UInt8]) { self.bytes = bytes }

  /// The usual form, also in braces, behind "urn:uuid:" or without dashes.
  init?(_ text: [UInt8]) {
    var digits = text[...]
    switch text.count {
    case 45:
      guard String(decoding: text.prefix(9), as: UTF8.self).lowercased() == "urn:uuid:" else { return nil }
      digits = text.dropFirst(9)
    case 38: digits = text.dropFirst().dropLast()
    case 32, 36: break
    default: return nil
    }
    if digits.count == 36 {
      let first = digits.startIndex
      for dash in [8, 13, 18, 23] where digits[first + dash] != 0x2D { return nil }
      digits =
        (digits[first..<(first + 8)] + digits[(first + 9)..<(first + 13)] + digits[(first + 14)..<(first + 18)]
          + digits[(first + 19)..<(first + 23)] + digits[(first + 24)...])
    }
    let values = digits.compactMap { Builtins.hexadecimal($0) }
    guard values.count == 32 else { return nil }
    bytes = (0..<16).map { values[2 * $0] << 4 | values[2 * $0 + 1] }
  }

  var text: String {
    let digits = hexadecimal(bytes[...])
    let parts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { range in String(Array(digits)[range]) }
    return parts.joined(separator: "-")
  }

  private func hexadecimal(_ bytes: ArraySlice<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private func number(_ range: Range<Int>) -> UInt64 { bytes[range].reduce(0) { $0 << 8 | UInt64($1) } }

  /// Version and variant; for identifiers of versions 1 and 2 what they were made of.
  func members(in heap: Heap) -> [(Value, Value)] {
    let version = Int(bytes[6] >> 4)
    let variant =
      switch bytes[8] {
      case 0x80..<0xC0: "RFC4122"
      case 0xC0..<0xE0: "Microsoft"
      case 0xE0...: "Future"
      default: "Reserved"
      }
    var result: [(Value, Value)] = [(.short("version"), .integer(version)), (.short("variant"), .string(variant, in: heap))]
    guard version == 1 || version == 2 else { return result }
    // 100 nanoseconds since 15 October 1582.
    let ticks = number(0..<4) | number(4..<6) << 32 | (number(6..<8) & 0xFFF) << 48
    let reach = bytes[10] & 3
    let address = (reach & 2 != 0 ? "local:" : "global:") + (reach & 1 != 0 ? "multicast" : "unicast")
    result += [
      (.short("time"), .integer((Int64(ticks) &- 122_192_928_000_000_000) &* 100)),
      (.short("nodeid"), .string(bytes[10...].map { hexadecimal([$0]) }.joined(separator: "-"), in: heap)),
      (.short("macvariables"), .string(address, in: heap)),
      (.short("clocksequence"), .integer(Int(number(8..<10) & 0x3FFF))),
    ]
    if version == 2 {
      let domains = ["Person", "Group", "Org"]
      let domain = Int(bytes[9]) < domains.count ? domains[Int(bytes[9])] : "Domain\(bytes[9])"
      result += [(.short("id"), .integer(Int(number(0..<4)))), (.short("domain"), .string(domain, in: heap))]
    }
    return result
  }
}
