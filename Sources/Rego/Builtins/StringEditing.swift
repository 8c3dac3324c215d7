extension Builtins {
  /// OPA's v1/topdown/strings.go: case, replacing and trimming.
  static let stringEditing: [Builtin] = [
    edit("lower") { GoCase.lower($0) },
    edit("upper") { GoCase.upper($0) },
    edit("trim_space") { trimmed($0, left: true, right: true) { $0.properties.isWhitespace } },
    trimming("trim", left: true, right: true),
    trimming("trim_left", left: true, right: false),
    trimming("trim_right", left: false, right: true),
    Builtin("trim_prefix", 2) { arguments, context throws(BuiltinError) in
      let text = try arguments.string(0), prefix = try arguments.string(1)
      return text.starts(with: prefix) ? .string(text.dropFirst(prefix.count), in: context.heap) : arguments[0]
    },
    Builtin("trim_suffix", 2) { arguments, context throws(BuiltinError) in
      let text = try arguments.string(0), suffix = try arguments.string(1)
      return text.suffix(suffix.count).elementsEqual(suffix) ? .string(text.dropLast(suffix.count), in: context.heap) : arguments[0]
    },
    Builtin("replace", 3) { arguments, context throws(BuiltinError) in
      let text = try arguments.string(0)
      return .string(try replaced(text, [(try arguments.string(1), try arguments.string(2))], context), in: context.heap)
    },
    Builtin("strings.replace_n", 2) { arguments, context throws(BuiltinError) in
      let object = try arguments.object(0)
      let text = try arguments.string(1)
      var pairs: [([UInt8], [UInt8])] = []
      for (key, value) in Members(object) {
        guard key.isString else { throw .type("operand 1 non-string key found in pattern object") }
        guard value.isString else { throw .type("operand 1 non-string value found in pattern object") }
        pairs.append((key.text, value.text))
      }
      return .string(try replaced(text, pairs, context), in: context.heap)
    },
    Builtin("strings.render_template", 2) { arguments, context throws(BuiltinError) in
      let text = try arguments.string(0)
      let template = try TemplateParser.parse(text)
      return .string(try TemplateRenderer.render(template, try arguments.object(1).value, context), in: context.heap)
    },
  ]

  private static func edit(_ name: String, _ operation: @escaping @Sendable (ArraySlice<UInt8>) -> ArraySlice<UInt8>) -> Builtin {
    Builtin(name, 1) { arguments, context throws(BuiltinError) in
      let text = try arguments.string(0)
      let result = operation(text[...])
      return result == text[...] ? arguments[0] : .string(result, in: context.heap)
    }
  }

  private static func trimming(_ name: String, left: Bool, right: Bool) -> Builtin {
    Builtin(name, 2) { arguments, context throws(BuiltinError) in
      let text = try arguments.string(0)
      let cut = Set(String(decoding: try arguments.string(1), as: UTF8.self).unicodeScalars)
      let result = trimmed(text[...], left: left, right: right) { cut.contains($0) }
      return result.count == text.count ? arguments[0] : .string(result, in: context.heap)
    }
  }

  private static func trimmed(
    _ text: ArraySlice<UInt8>, left: Bool, right: Bool, _ isCut: (Unicode.Scalar) -> Bool
  ) -> ArraySlice<UInt8> {
    var rest = text
    func scalar(_ bytes: ArraySlice<UInt8>) -> Unicode.Scalar { String(decoding: bytes, as: UTF8.self).unicodeScalars.first ?? "\u{FFFD}" }
    while left, let lead = rest.first, isCut(scalar(rest.prefix(TextSearch.width(of: lead)))) {
      rest = rest.dropFirst(TextSearch.width(of: lead))
    }
    while right, !rest.isEmpty {
      var start = rest.endIndex - 1
      while start > rest.startIndex, rest[start] & 0xC0 == 0x80 { start -= 1 }
      guard isCut(scalar(rest[start...])) else { break }
      rest = rest[..<start]
    }
    return rest
  }

  /// As Go's `strings.Replacer`: at each place the first pair that fits counts; what was replaced is not looked at again. An empty pattern
  /// fits between any two code points, not twice at one place.
  private static func replaced(
    _ text: [UInt8], _ pairs: [(old: [UInt8], new: [UInt8])], _ context: BuiltinContext
  ) throws(BuiltinError) -> [UInt8] {
    if pairs.count == 1, !pairs[0].old.isEmpty {
      let places = unsafe text.withUnsafeBufferPointer { bytes in
        unsafe pairs[0].old.withUnsafeBufferPointer { unsafe TextSearch.all($0, in: bytes) }
      }
      try context.spend((text.count + places.count * pairs[0].new.count) >> 4)
      var result: [UInt8] = []
      var copied = 0
      for place in places {
        result += text[copied..<place]
        result += pairs[0].new
        copied = place + pairs[0].old.count
      }
      return result + text[copied...]
    }
    var byFirst = [[Int]](repeating: [], count: 256)
    var empty: Int?
    for (index, pair) in pairs.enumerated() {
      if let first = pair.old.first { byFirst[Int(first)].append(index) } else { empty = empty ?? index }
    }
    var result: [UInt8] = []
    var position = 0
    var wasEmpty = false
    while position <= text.count {
      let candidates = position < text.count ? byFirst[Int(text[position])] : []
      var found: Int?
      var compared = 1
      for index in candidates where empty == nil || wasEmpty || index < empty ?? 0 {
        let old = pairs[index].old
        var length = 0
        while length < old.count, position + length < text.count, text[position + length] == old[length] { length += 1 }
        compared += 1 + length >> 3
        if length == old.count {
          found = index
          break
        }
      }
      if found == nil, !wasEmpty { found = empty }
      try context.spend(compared)
      if let found {
        result += pairs[found].new
        try context.spend(pairs[found].new.count >> 4)
        position += pairs[found].old.count
        wasEmpty = pairs[found].old.isEmpty
        continue
      }
      wasEmpty = false
      guard position < text.count else { break }
      let end = position + TextSearch.width(of: text[position])
      result += text[position..<end]
      position = end
    }
    return result
  }
}

/// Case as Go's `unicode.ToLower` and `ToUpper` map it: one code point to one.
enum GoCase {
  static func lower(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    mapped(text) { scalar in
      if scalar.value < 0x80 {
        return scalar.value >= 0x41 && scalar.value <= 0x5A ? Unicode.Scalar(scalar.value | 0x20) ?? scalar : scalar
      }
      // The dotted capital I is the one letter whose full form in lower case has two code points.
      return scalar.value == 0x130 ? "i" : single(scalar.properties.lowercaseMapping) ?? scalar
    }
  }

  static func upper(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    mapped(text) { scalar in
      if scalar.value < 0x80 {
        return scalar.value >= 0x61 && scalar.value <= 0x7A ? Unicode.Scalar(scalar.value & ~0x20) ?? scalar : scalar
      }
      // Greek letters with iota have their simple capital as title case.
      return single(scalar.properties.uppercaseMapping) ?? single(scalar.properties.titlecaseMapping) ?? scalar
    }
  }

  private static func single(_ text: String) -> Unicode.Scalar? {
    let scalars = text.unicodeScalars
    return scalars.count == 1 ? scalars.first : nil
  }

  private static func mapped(_ text: ArraySlice<UInt8>, _ transform: (Unicode.Scalar) -> Unicode.Scalar) -> ArraySlice<UInt8> {
    var result = String.UnicodeScalarView()
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars { result.append(transform(scalar)) }
    return Array(String(result).utf8)[...]
  }
}
