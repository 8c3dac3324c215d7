extension Builtins {
  /// OPA's v1/topdown/strings.go: case, replacing and trimming.
  static let stringEditing: [Builtin] = [
    recasing("lower", 0x41...0x5A) { GoCase.lower($0) },
    recasing("upper", 0x61...0x7A) { GoCase.upper($0) },
    Builtin("trim_space", 1) { arguments, context throws(BuiltinError) in
      trimmed(try arguments.text(0), left: true, right: true, .space, context.heap)
    },
    trimming("trim", left: true, right: true),
    trimming("trim_left", left: true, right: false),
    trimming("trim_right", left: false, right: true),
    Builtin("trim_prefix", 2) { arguments, context throws(BuiltinError) in
      let text = try arguments.text(0), prefix = try arguments.text(1)
      return unsafe text.withText { bytes in
        unsafe prefix.withText { part in
          guard part.count > 0, part.count <= bytes.count, unsafe bytes.starts(with: part) else { return text }
          return unsafe .string(UnsafeBufferPointer(rebasing: bytes[part.count...]), in: context.heap)
        }
      }
    },
    Builtin("trim_suffix", 2) { arguments, context throws(BuiltinError) in
      let text = try arguments.text(0), suffix = try arguments.text(1)
      return unsafe text.withText { bytes in
        unsafe suffix.withText { part in
          guard part.count > 0, part.count <= bytes.count, unsafe bytes[(bytes.count - part.count)...].elementsEqual(part) else {
            return text
          }
          return unsafe .string(UnsafeBufferPointer(rebasing: bytes[..<(bytes.count - part.count)]), in: context.heap)
        }
      }
    },
    Builtin("replace", 3) { arguments, context throws(BuiltinError) in
      let text = try arguments.text(0), old = try arguments.text(1), new = try arguments.text(2)
      if old.textCount > 0 { return try replaced(text, old, new, context) }
      return try replaced(text, [(old, new)], context)
    },
    Builtin("strings.replace_n", 2) { arguments, context throws(BuiltinError) in
      let object = try arguments.object(0)
      let text = try arguments.text(1)
      var pairs: [(Value, Value)] = []
      pairs.reserveCapacity(object.count)
      for (key, value) in Members(object) {
        guard key.isString else { throw .type("operand 1 non-string key found in pattern object") }
        guard value.isString else { throw .type("operand 1 non-string value found in pattern object") }
        pairs.append((key, value))
      }
      return try replaced(text, pairs, context)
    },
    Builtin("strings.render_template", 2) { arguments, context throws(BuiltinError) in
      let text = try arguments.string(0)
      let template = try TemplateParser.parse(text)
      return .string(try TemplateRenderer.render(template, try arguments.object(1).value, context), in: context.heap)
    },
  ]

  /// - Parameter letters: ASCII letters that change; nothing else of ASCII does.
  private static func recasing(
    _ name: String, _ letters: ClosedRange<UInt8>, _ operation: @escaping @Sendable (ArraySlice<UInt8>) -> ArraySlice<UInt8>
  ) -> Builtin {
    Builtin(name, 1) { arguments, context throws(BuiltinError) in
      let text = try arguments.text(0)
      return unsafe text.withText { bytes in
        guard unsafe TextSearch.isASCII(bytes) else {
          let old = unsafe Array(bytes)
          let result = operation(old[...])
          return result == old[...] ? text : .string(result, in: context.heap)
        }
        guard unsafe bytes.contains(where: { letters.contains($0) }) else { return text }
        // The last word may reach behind the text.
        var result = TextBuilder(in: context.heap, capacity: bytes.count + 8)
        unsafe result.append(bytes)
        let ones: UInt64 = 0x0101_0101_0101_0101, high: UInt64 = 0x8080_8080_8080_8080
        let least = ones &* UInt64(0x80 - letters.lowerBound), beyond = ones &* UInt64(0x7F - letters.upperBound)
        result.mapWords { word in
          // The high bit of a byte tells whether it is at least the first letter, or beyond the last one.
          let low = word & ~high
          return word ^ (((low &+ least) ^ (low &+ beyond)) & high) >> 2
        }
        return result.finish()
      }
    }
  }

  private static func trimming(_ name: String, left: Bool, right: Bool) -> Builtin {
    Builtin(name, 2) { arguments, context throws(BuiltinError) in
      let text = try arguments.text(0), cut = try arguments.text(1)
      return trimmed(text, left: left, right: right, CutSet(cut), context.heap)
    }
  }

  /// Code points to cut off.
  private struct CutSet {
    /// ASCII.
    private var low: UInt64 = 0
    private var high: UInt64 = 0
    private var others: Set<Unicode.Scalar> = []
    private var isSpace = false

    static let space: CutSet = {
      var set = CutSet()
      // Tab to carriage return, and the space.
      set.low = 0x3E00 | 1 << 0x20
      set.isSpace = true
      return set
    }()

    private init() {}

    init(_ text: Value) {
      let isASCII = unsafe text.withText { bytes in
        for index in 0..<bytes.count {
          // SAFETY: index is below the count.
          let byte = unsafe bytes[index]
          if byte < 64 { low |= 1 << UInt64(byte) } else if byte < 0x80 { high |= 1 << UInt64(byte - 64) }
        }
        return unsafe TextSearch.isASCII(bytes)
      }
      if !isASCII { others = Set(text.string.unicodeScalars.lazy.filter { !$0.isASCII }) }
    }

    @inline(__always)
    func holds(_ byte: UInt8) -> Bool { (byte < 64 ? low >> UInt64(byte) : high >> UInt64(byte & 63)) & 1 == 1 }

    func holds(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
      guard let scalar = unsafe String(decoding: bytes, as: UTF8.self).unicodeScalars.first else { return false }
      return isSpace ? scalar.properties.isWhitespace : others.contains(scalar)
    }
  }

  private static func trimmed(_ text: Value, left: Bool, right: Bool, _ cut: CutSet, _ heap: Heap) -> Value {
    unsafe text.withText { bytes in
      var start = 0, end = bytes.count
      // SAFETY: start and end stay in the buffer, and start is never beyond end.
      while left, start < end {
        let byte = unsafe bytes[start]
        let next = min(end, start + TextSearch.width(of: byte))
        guard byte < 0x80 ? cut.holds(byte) : unsafe cut.holds(bytes[start..<next]) else { break }
        start = next
      }
      while right, start < end {
        var first = end - 1
        while first > start, unsafe bytes[first] & 0xC0 == 0x80 { first -= 1 }
        let byte = unsafe bytes[first]
        guard byte < 0x80 ? cut.holds(byte) : unsafe cut.holds(bytes[first..<end]) else { break }
        end = first
      }
      if end - start == bytes.count { return text }
      return unsafe .string(UnsafeBufferPointer(rebasing: bytes[start..<end]), in: heap)
    }
  }

  /// One pattern, which is not empty.
  private static func replaced(_ text: Value, _ old: Value, _ new: Value, _ context: BuiltinContext) throws(BuiltinError) -> Value {
    let (result, places) = unsafe text.withText { bytes in
      unsafe old.withText { pattern in
        guard var place = unsafe TextSearch.first(pattern, in: bytes) else { return (text, 0) }
        var result = TextBuilder(in: context.heap, capacity: bytes.count)
        var copied = 0
        var places = 0
        while true {
          // SAFETY: places follow each other in the buffer.
          unsafe result.append(UnsafeBufferPointer(rebasing: bytes[copied..<place]))
          result.append(textOf: new)
          copied = place + pattern.count
          places += 1
          guard let next = unsafe TextSearch.first(pattern, in: bytes, from: copied), !context.heap.isExhausted else { break }
          place = next
        }
        unsafe result.append(UnsafeBufferPointer(rebasing: bytes[copied...]))
        return (result.finish(), places)
      }
    }
    try context.spend((text.textCount + places * new.textCount) >> 4)
    return result
  }

  /// As Go's `strings.Replacer`: at each place the first pair that fits counts; what was replaced is not looked at again. An empty pattern
  /// fits between any two code points, not twice at one place.
  private static func replaced(
    _ text: Value, _ pairs: [(old: Value, new: Value)], _ context: BuiltinContext
  ) throws(BuiltinError) -> Value {
    var firsts: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    var empty: Int?
    for (index, pair) in pairs.enumerated() {
      guard pair.old.textCount > 0 else {
        empty = empty ?? index
        continue
      }
      let byte = unsafe pair.old.withText { unsafe $0[0] }, bit = 1 << UInt64(byte & 63) as UInt64
      switch byte >> 6 {
      case 0: firsts.0 |= bit
      case 1: firsts.1 |= bit
      case 2: firsts.2 |= bit
      default: firsts.3 |= bit
      }
    }
    func mayBegin(_ byte: UInt8) -> Bool {
      let word = byte < 0x80 ? (byte < 64 ? firsts.0 : firsts.1) : (byte < 0xC0 ? firsts.2 : firsts.3)
      return word >> UInt64(byte & 63) & 1 == 1
    }
    return try unsafe text.withText { bytes throws(BuiltinError) in
      var result = TextBuilder(in: context.heap, capacity: bytes.count + 16)
      var position = 0, copied = 0
      var wasEmpty = false, isChanged = false
      var compared = 0
      // SAFETY: positions stay below the text's count.
      while position <= bytes.count {
        var found: Int?
        if position < bytes.count, unsafe mayBegin(bytes[position]) {
          for (index, pair) in pairs.enumerated() where empty == nil || wasEmpty || index < empty ?? 0 {
            let count = pair.old.textCount
            compared += 1 + count >> 3
            guard count > 0, count <= bytes.count - position else { continue }
            let rest = unsafe UnsafeBufferPointer(rebasing: bytes[position...])
            if unsafe pair.old.withText({ unsafe TextSearch.equal($0, rest, count: count) }) {
              found = index
              break
            }
          }
        }
        if found == nil, !wasEmpty { found = empty }
        compared += 1
        if compared >= 1024 {
          try context.spend(compared)
          compared = 0
        }
        if let found {
          isChanged = true
          unsafe result.append(UnsafeBufferPointer(rebasing: bytes[copied..<position]))
          result.append(textOf: pairs[found].new)
          compared += pairs[found].new.textCount >> 4
          position += pairs[found].old.textCount
          copied = position
          wasEmpty = pairs[found].old.textCount == 0
          continue
        }
        wasEmpty = false
        guard position < bytes.count else { break }
        position += unsafe TextSearch.width(of: bytes[position])
      }
      try context.spend(compared)
      guard isChanged else {
        result.discard()
        return text
      }
      unsafe result.append(UnsafeBufferPointer(rebasing: bytes[copied...]))
      return result.finish()
    }
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
