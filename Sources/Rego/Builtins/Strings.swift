internal import BigInt

extension Builtins {
  /// OPA's v1/topdown/strings.go: tests, parts and joining.
  static let strings: [Builtin] = [
    unsafe test2("contains") { unsafe TextSearch.first($1, in: $0) != nil },
    unsafe test2("startswith") { unsafe $0.count >= $1.count && TextSearch.equal($0, $1, count: $1.count) },
    unsafe test2("endswith") {
      unsafe $0.count >= $1.count && TextSearch.equal(UnsafeBufferPointer(rebasing: $0[($0.count - $1.count)...]), $1, count: $1.count)
    },
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
      let text = try arguments.text(0)
      let start = try arguments.integer(1), length = try arguments.integer(2)
      guard start >= 0 else { throw .failed("negative offset") }
      return unsafe text.withText { bytes in
        let range = unsafe slice(bytes, start, length)
        if range.count == bytes.count { return text }
        return unsafe .string(UnsafeBufferPointer(rebasing: bytes[range]), in: context.heap)
      }
    },
    // What templates become: parts are texts, or sets of one value, which are empty where it is undefined.
    Builtin("internal.template_string", 1) { arguments, context throws(BuiltinError) in
      var result = TextBuilder(in: context.heap)
      for part in try arguments.collection(0, "array") {
        let value = part.isSet ? part.elements.first ?? .undefined : part
        if value.isUndefined {
          result.append(Array("<undefined>".utf8))
        } else if value.isString {
          result.append(textOf: value)
        } else {
          result.append(ValueText.text(value))
        }
        try context.spend(value.isString ? value.textCount >> 4 : 1)
      }
      return result.finish()
    },
    Builtin("concat", 2) { arguments, context throws(BuiltinError) in
      let separator = try arguments.text(0)
      let elements = try arguments.collection(1, "set", "array")
      for element in elements where !element.isString { throw arguments.wrongElement(1, element, "string") }
      var result = TextBuilder(in: context.heap)
      var isFirst = true
      for element in elements {
        if isFirst { isFirst = false } else { result.append(textOf: separator) }
        result.append(textOf: element)
        try context.spend((element.textCount + separator.textCount) >> 4)
      }
      return result.finish()
    },
    Builtin("split", 2) { arguments, context throws(BuiltinError) in
      let text = try arguments.text(0), separator = try arguments.text(1)
      return unsafe text.withText { bytes in unsafe separator.withText { unsafe parts(bytes, $0, context.heap) } }
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
    Builtin("strings.repeat", 2) { arguments, context throws(BuiltinError) in
      let text = try arguments.string(0), count = try arguments.integer(1)
      guard count >= 0 else { throw .failed("negative count") }
      guard count > 0, !text.isEmpty else { return .string([], in: context.heap) }
      let (length, isTooLong) = text.count.multipliedReportingOverflow(by: count)
      guard !isTooLong, length <= Int(UInt32.max >> 1) else { throw .failed("result is too long") }
      try context.spend(length >> 4)
      try context.reserve(length)
      var result: [UInt8] = []
      result.reserveCapacity(length)
      for _ in 0..<count { result += text }
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
      let format = try arguments.text(0), operands = try arguments.array(1)
      try context.spend(format.textCount + operands.count)
      for index in 0..<operands.count { try context.spend(tree: operands[index]) }
      if let text = PlainFormat.sprintf(format, operands, in: context.heap) { return text }
      return .string(try GoFormat.sprintf(format.text, operands, context), in: context.heap)
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

  /// Code points from `start` on, `length` of them, all where it is negative: their bytes.
  private static func slice(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ length: Int) -> Range<Int> {
    // SAFETY: the index stays below the buffer's count.
    func skip(_ count: Int, from origin: Int) -> Int {
      var position = origin
      var left = count
      while left > 0, position < text.count {
        position = min(text.count, position + TextSearch.width(of: unsafe text[position]))
        left -= 1
      }
      return position
    }
    let first = skip(start, from: 0)
    return first..<(length < 0 ? text.count : skip(length, from: first))
  }

  /// As Go's `strings.Split`: an empty separator gives the code points.
  private static func parts(_ text: UnsafeBufferPointer<UInt8>, _ separator: UnsafeBufferPointer<UInt8>, _ heap: Heap) -> Value {
    let result = ArrayView.make(capacity: 8, in: heap)
    func add(_ start: Int, _ end: Int) {
      // SAFETY: both lie in the buffer, in this order.
      result.append(unsafe .string(UnsafeBufferPointer(rebasing: text[start..<end]), in: heap), in: heap)
    }
    var start = 0
    if separator.isEmpty {
      while start < text.count {
        let end = min(text.count, start + TextSearch.width(of: unsafe text[start]))
        add(start, end)
        start = end
      }
      return result.value
    }
    while let place = unsafe TextSearch.first(separator, in: text, from: start) {
      add(start, place)
      start = place + separator.count
    }
    add(start, text.count)
    return result.value
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
