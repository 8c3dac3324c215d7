internal import BigInt

extension Builtins {
  /// OPA's v1/topdown/strings.go: tests, parts and joining.
  static let strings: [Builtin] = [
    unsafe test2("contains") { unsafe TextSearch.first($1, in: $0) != nil },
    unsafe test2("startswith") { unsafe $0.starts(with: $1) },
    unsafe test2("endswith") { unsafe $0.count >= $1.count && $0[($0.count - $1.count)...].elementsEqual($1) },
    Builtin("indexof", 2) { arguments, _ throws(BuiltinError) in
      let text = try arguments.text(0), sought = try arguments.text(1)
      guard sought.textCount > 0 else { throw .failed("empty search character") }
      return unsafe text.withText { bytes in
        unsafe sought.withText { pattern in
          guard let found = unsafe TextSearch.first(pattern, in: bytes) else { return .integer(-1) }
          return unsafe .integer(TextSearch.codePoints(bytes, upTo: found))
        }
      }
    },
    Builtin("indexof_n", 2) { arguments, context throws(BuiltinError) in
      let text = try arguments.string(0), sought = try arguments.string(1)
      guard !sought.isEmpty else { throw .failed("empty search character") }
      let result = ArrayView.make(capacity: 4, in: context.heap)
      var counted = 0, codePoints = 0
      for place in TextSearch.overlapping(sought, in: text) {
        for index in counted..<place where text[index] & 0xC0 != 0x80 { codePoints += 1 }
        counted = place
        result.append(.integer(codePoints), in: context.heap)
      }
      return result.value
    },
    Builtin("strings.count", 2) { arguments, _ throws(BuiltinError) in
      let text = try arguments.text(0), sought = try arguments.text(1)
      return unsafe text.withText { bytes in
        unsafe sought.withText { pattern in
          pattern.count == 0
            ? unsafe .integer(TextSearch.codePoints(bytes, upTo: bytes.count) + 1)
            : unsafe .integer(TextSearch.all(pattern, in: bytes).count)
        }
      }
    },
    Builtin("substring", 3) { arguments, context throws(BuiltinError) in
      let text = try arguments.string(0)
      let start = try arguments.integer(1), length = try arguments.integer(2)
      guard start >= 0 else { throw .failed("negative offset") }
      return .string(slice(text, start, length), in: context.heap)
    },
    Builtin("concat", 2) { arguments, context throws(BuiltinError) in
      let separator = try arguments.string(0)
      let elements = try arguments.collection(1, "set", "array")
      var result: [UInt8] = []
      for (index, element) in elements.enumerated() {
        guard element.isString else { throw arguments.wrongElement(1, element, "string") }
        if index > 0 { result += separator }
        unsafe element.withText { unsafe result.append(contentsOf: $0) }
        try context.spend((element.textCount + separator.count) >> 4)
      }
      return .string(result, in: context.heap)
    },
    Builtin("split", 2) { arguments, context throws(BuiltinError) in
      let text = try arguments.string(0), separator = try arguments.string(1)
      let result = ArrayView.make(capacity: 4, in: context.heap)
      for part in parts(text, separator) { result.append(.string(part, in: context.heap), in: context.heap) }
      return result.value
    },
    Builtin("strings.reverse", 1) { arguments, context throws(BuiltinError) in
      let text = try arguments.string(0)
      var result: [UInt8] = []
      result.reserveCapacity(text.count)
      var end = text.count
      while end > 0 {
        var start = end - 1
        while start > 0, text[start] & 0xC0 == 0x80 { start -= 1 }
        result += text[start..<end]
        end = start
      }
      return .string(result, in: context.heap)
    },
    Builtin("strings.any_prefix_match", 2) { arguments, _ throws(BuiltinError) in
      .boolean(anyBegins(try texts(arguments, 0), with: try texts(arguments, 1)))
    },
    Builtin("strings.any_suffix_match", 2) { arguments, _ throws(BuiltinError) in
      let texts = try Self.texts(arguments, 0), suffixes = try Self.texts(arguments, 1)
      return .boolean(anyBegins(texts.map { $0.reversed() }, with: suffixes.map { $0.reversed() }))
    },
    Builtin("format_int", 2) { arguments, context throws(BuiltinError) in
      let number = try arguments.number(0)
      let bases: [[UInt8]: Int] = [[0x32]: 2, [0x38]: 8, [0x31, 0x30]: 10, [0x31, 0x36]: 16]
      guard let base = bases[Numbers.literal(try arguments.number(1))] else { throw arguments.notOneOf(1, "2", "8", "10", "16") }
      let whole = try Numbers.integer(number)
      let integer = whole == nil ? try Numbers.float(number).truncated : whole ?? 0
      return .string(String(integer, radix: base), in: context.heap)
    },
    Builtin("sprintf", 2) { arguments, context throws(BuiltinError) in
      let format = try arguments.string(0)
      return .string(try GoFormat.sprintf(format, try arguments.array(1), context), in: context.heap)
    },
  ]

  private static func test2(
    _ name: String, _ holds: @escaping @Sendable (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>) -> Bool
  ) -> Builtin {
    Builtin(name, 2) { arguments, _ throws(BuiltinError) in
      let text = try arguments.text(0), other = try arguments.text(1)
      return unsafe text.withText { a in unsafe other.withText { b in unsafe .boolean(holds(a, b)) } }
    }
  }

  /// Code points from `start` on, `length` of them, all where it is negative.
  private static func slice(_ text: [UInt8], _ start: Int, _ length: Int) -> ArraySlice<UInt8> {
    var position = 0
    var left = start
    while left > 0, position < text.count {
      position += TextSearch.width(of: text[position])
      left -= 1
    }
    guard position < text.count else { return [] }
    if length < 0 { return text[position...] }
    var end = position
    left = length
    while left > 0, end < text.count {
      end += TextSearch.width(of: text[end])
      left -= 1
    }
    return text[position..<end]
  }

  /// As Go's `strings.Split`: an empty separator gives the code points.
  private static func parts(_ text: [UInt8], _ separator: [UInt8]) -> [ArraySlice<UInt8>] {
    var result: [ArraySlice<UInt8>] = []
    if separator.isEmpty {
      var position = 0
      while position < text.count {
        let end = position + TextSearch.width(of: text[position])
        result.append(text[position..<end])
        position = end
      }
      return result
    }
    let places = unsafe text.withUnsafeBufferPointer { bytes in
      unsafe separator.withUnsafeBufferPointer { unsafe TextSearch.all($0, in: bytes) }
    }
    var start = 0
    for place in places {
      result.append(text[start..<place])
      start = place + separator.count
    }
    return result + [text[start...]]
  }

  private static func texts(_ arguments: Arguments, _ index: Int) throws(BuiltinError) -> [[UInt8]] {
    arguments[index].isString ? [arguments[index].text] : try arguments.strings(index, "string", "set", "array")
  }

  /// Whether any of the texts begins with any of the prefixes: texts are sorted, each prefix is looked up.
  private static func anyBegins(_ texts: [[UInt8]], with prefixes: [[UInt8]]) -> Bool {
    let sorted = texts.sorted { $0.lexicographicallyPrecedes($1) }
    return prefixes.contains { prefix in
      var low = 0, high = sorted.count
      while low < high {
        let middle = (low + high) / 2
        if sorted[middle].lexicographicallyPrecedes(prefix) { low = middle + 1 } else { high = middle }
      }
      return low < sorted.count && sorted[low].starts(with: prefix)
    }
  }
}
