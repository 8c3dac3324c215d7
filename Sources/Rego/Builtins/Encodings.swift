extension Builtins {
  /// OPA's v1/topdown/encoding.go: base64, hexadecimal digits and queries of URLs.
  static let encodings: [Builtin] = [
    encoder("base64.encode") { Base64.encode($0, .standard) },
    encoder("base64url.encode") { Base64.encode($0, .url) },
    encoder("base64url.encode_no_pad") { Base64.encode($0, .url, isPadded: false) },
    decoder("base64.decode") { text throws(BuiltinError) in try Base64.decode(text, .standard) },
    decoder("base64url.decode") { text throws(BuiltinError) in try Base64.decodeURL(text) },
    Builtin("base64.is_valid", 1) { arguments, _ throws(BuiltinError) in
      guard arguments[0].isString else { return .false }
      do throws(BuiltinError) {
        _ = try Base64.decode(arguments[0].text, .standard)
        return .true
      } catch { return .false }
    },
    encoder("hex.encode") { text in
      var result: [UInt8] = []
      result.reserveCapacity(2 * text.count)
      for byte in text {
        result.append(hexadecimalDigit(byte >> 4))
        result.append(hexadecimalDigit(byte & 15))
      }
      return result
    },
    decoder("hex.decode") { text throws(BuiltinError) in
      var result: [UInt8] = []
      var index = 0
      while index + 1 < text.count {
        guard let high = hexadecimal(text[index]) else { throw invalidByte(text, index) }
        guard let low = hexadecimal(text[index + 1]) else { throw invalidByte(text, index + 1) }
        result.append(high << 4 | low)
        index += 2
      }
      if index < text.count {
        guard hexadecimal(text[index]) != nil else { throw invalidByte(text, index) }
        throw .failed("encoding/hex: odd length hex string")
      }
      return result
    },
    encoder("urlquery.encode") { URLText.escape($0, .query) },
    decoder("urlquery.decode") { text throws(BuiltinError) in try unescapedQuery(text[...]) },
    Builtin("urlquery.encode_object", 1) { arguments, context throws(BuiltinError) in
      let object = try arguments.object(0)
      let wrong = BuiltinError.type("operand 1 values must be string, array[string], or set[string]")
      var pairs: [(key: [UInt8], value: [UInt8])] = []
      for (key, value) in Members(object) {
        let name = key.isString ? key.text : JSONWriter.text(key, .init(escapesHTML: true))
        guard value.isString || value.isArray || value.isSet else { throw wrong }
        for element in value.isString ? [value] : value.elements {
          guard element.isString else { throw wrong }
          pairs.append((URLText.escape(name, .query), URLText.escape(element.text, .query)))
        }
        try context.spend(pairs.count)
      }
      return .string(Array(pairs.map { $0.key + [0x3D] + $0.value }.joined(separator: [0x26])), in: context.heap)
    },
    Builtin("urlquery.decode_object", 1) { arguments, context throws(BuiltinError) in
      try decodedQuery(try arguments.string(0), context)
    },
  ]

  private static func encoder(_ name: String, _ encode: @escaping @Sendable ([UInt8]) -> [UInt8]) -> Builtin {
    Builtin(name, 1) { arguments, context throws(BuiltinError) in .string(encode(try arguments.string(0)), in: context.heap) }
  }

  /// What was decoded need not be UTF-8; strings are, so that other bytes become U+FFFD.
  private static func decoder(_ name: String, _ decode: @escaping @Sendable ([UInt8]) throws(BuiltinError) -> [UInt8]) -> Builtin {
    Builtin(name, 1) { arguments, context throws(BuiltinError) in
      .string(String(decoding: try decode(try arguments.string(0)), as: UTF8.self), in: context.heap)
    }
  }

  /// In lower case.
  private static func hexadecimalDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }

  static func hexadecimal(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }

  private static func invalidByte(_ text: [UInt8], _ index: Int) -> BuiltinError {
    let byte = text[index]
    let code = String(byte, radix: 16, uppercase: true)
    let name = ValueText.isPrintable(Unicode.Scalar(byte)) ? " '\(Character(Unicode.Scalar(byte)))'" : ""
    return .failed("encoding/hex: invalid byte: U+00\(byte < 16 ? "0" : "")\(code)\(name)")
  }

  private static func unescapedQuery(_ text: ArraySlice<UInt8>) throws(BuiltinError) -> [UInt8] {
    do throws(URLText.Fault) { return try URLText.unescape(text, .query) } catch { throw .failed(error.description) }
  }

  /// As Go's `url.ParseQuery`: every pair is read, the first fault is told.
  private static func decodedQuery(_ text: [UInt8], _ context: BuiltinContext) throws(BuiltinError) -> Value {
    var order: [[UInt8]] = []
    var values: [[UInt8]: [Value]] = [:]
    for pair in text.split(separator: 0x26) {
      try context.spend(1)
      if pair.contains(0x3B) { throw .failed("invalid semicolon separator in query") }
      let equals = pair.firstIndex(of: 0x3D) ?? pair.endIndex
      let key = try unescapedQuery(pair[..<equals])
      let value = String(decoding: try unescapedQuery(pair[equals...].dropFirst()), as: UTF8.self)
      if values[key] == nil { order.append(key) }
      values[key, default: []].append(.string(value, in: context.heap))
    }
    return .object(
      order.map { (.string(String(decoding: $0, as: UTF8.self), in: context.heap), .array(values[$0] ?? [], in: context.heap)) },
      in: context.heap)
  }
}
