extension Builtins {
  /// OPA's v1/topdown/regex.go and regex_template.go.
  static let regularExpressions: [Builtin] = [
    Builtin("regex.is_valid", 1) { arguments, context throws(BuiltinError) in
      guard arguments[0].isString else { return .false }
      do throws(BuiltinError) {
        _ = try context.matcher(arguments[0])
        return .true
      } catch {
        if case .fatal = error { throw error }
        return .false
      }
    },
    Builtin("regex.match", 2) { arguments, context throws(BuiltinError) in try match(arguments, context) },
    Builtin("re_match", 2) { arguments, context throws(BuiltinError) in try match(arguments, context) },
    Builtin("regex.split", 2) { arguments, context throws(BuiltinError) in
      let pattern = try arguments.text(0), text = try arguments.text(1)
      return try context.search(pattern, over: text.textCount) { (matcher) throws(BuiltinError) in
        let result = ArrayView.make(capacity: 8, in: context.heap)
        unsafe text.withText { bytes in
          unsafe matcher.split(bytes.span) { unsafe result.append(part($0, of: bytes, context.heap), in: context.heap) }
        }
        return result.value
      }
    },
    Builtin("regex.find_n", 3) { arguments, context throws(BuiltinError) in
      let pattern = try arguments.text(0), text = try arguments.text(1)
      let limit = try arguments.integer(2)
      return try context.search(pattern, over: text.textCount) { (matcher) throws(BuiltinError) in
        let result = ArrayView.make(capacity: 8, in: context.heap)
        unsafe text.withText { bytes in
          unsafe matcher.forEachMatch(bytes.span, limit: limit, slotCount: 2) { match in
            unsafe result.append(part(match[0]..<match[1], of: bytes, context.heap), in: context.heap)
          }
        }
        return result.value
      }
    },
    Builtin("regex.find_all_string_submatch_n", 3) { arguments, context throws(BuiltinError) in
      let pattern = try arguments.text(0), text = try arguments.text(1)
      let limit = try arguments.integer(2)
      return try context.search(pattern, over: text.textCount) { (matcher) throws(BuiltinError) in
        let slots = matcher.program.slotCount
        let result = ArrayView.make(capacity: 4, in: context.heap)
        try unsafe text.withText { bytes throws(BuiltinError) in
          try unsafe matcher.forEachMatch(bytes.span, limit: limit, slotCount: slots) { match throws(BuiltinError) in
            try context.spend(match.count)
            let groups = ArrayView.make(capacity: match.count / 2, in: context.heap)
            for index in stride(from: 0, to: match.count, by: 2) {
              let range = match[index] < 0 ? 0..<0 : match[index]..<match[index + 1]
              unsafe groups.append(part(range, of: bytes, context.heap), in: context.heap)
            }
            result.append(groups.value, in: context.heap)
          }
        }
        return result.value
      }
    },
    Builtin("regex.replace", 3) { arguments, context throws(BuiltinError) in
      let text = try arguments.text(0)
      let pattern = try arguments.text(1), template = try arguments.string(2)
      try context.spend((text.textCount + template.count) >> 4)
      return try context.search(pattern, over: text.textCount) { (matcher) throws(BuiltinError) in
        try unsafe text.withText { bytes throws(BuiltinError) in
          var result = TextBuilder(in: context.heap, capacity: bytes.count + 16)
          let hasMatch = try unsafe matcher.replaceAll(bytes.span, template: matcher.template(template)) { (piece) throws(BuiltinError) in
            switch piece {
            case .text(let range): unsafe result.append(UnsafeBufferPointer(rebasing: bytes[range]))
            case .template(let bytes): result.append(bytes)
            case .match:
              try context.spend(template.count >> 4)
              try context.reserve(result.count)
            }
          }
          if hasMatch { return result.finish() }
          result.discard()
          return text
        }
      }
    },
    Builtin("regex.template_match", 4) { arguments, context throws(BuiltinError) in
      let template = try arguments.string(0), text = try arguments.string(1)
      let start = try arguments.string(2), end = try arguments.string(3)
      guard start.count == 1 else { throw .failed("start delimiter has to be exactly one character long but is \(start.count) long") }
      guard end.count == 1 else { throw .failed("end delimiter has to be exactly one character long but is \(start.count) long") }
      // No pattern and no glob has such a key.
      let matcher = try context.matcher(key: [0xFE, start[0], end[0]] + template) { () throws(BuiltinError) in
        try templateExpression(template, start[0], end[0])
      }
      return .boolean(try context.search(matcher, over: text.count) { $0.matches(text.span) })
    },
    Builtin("regex.globs_match", 2) { arguments, context throws(BuiltinError) in
      let a = try GlobTokens.read(try arguments.string(0)), b = try GlobTokens.read(try arguments.string(1))
      return .boolean(try GlobTokens.intersect(a, b, context))
    },
  ]

  /// A part of a text as a string.
  @inline(__always)
  private static func part(_ range: Range<Int>, of text: UnsafeBufferPointer<UInt8>, _ heap: Heap) -> Value {
    unsafe .string(UnsafeBufferPointer(rebasing: text[range]), in: heap)
  }

  private static func match(_ arguments: Arguments, _ context: BuiltinContext) throws(BuiltinError) -> Value {
    let pattern = try arguments.text(0), text = try arguments.text(1)
    return .boolean(
      try context.search(pattern, over: text.textCount) { matcher in unsafe text.withText { unsafe matcher.matches($0.span) } })
  }

  /// Expressions between the delimiters, literal text around them.
  private static func templateExpression(_ template: [UInt8], _ start: UInt8, _ end: UInt8) throws(BuiltinError) -> RegularExpression {
    let unbalanced = BuiltinError.failed("unbalanced braces in \(quoted(template))")
    var pattern = "^"
    var level = 0
    var literalStart = 0, expressionStart = 0
    for (index, byte) in template.enumerated() {
      if byte == start {
        level += 1
        if level == 1 { expressionStart = index }
      } else if byte == end {
        level -= 1
        if level < 0 { throw unbalanced }
        guard level == 0 else { continue }
        let inner = String(decoding: template[(expressionStart + 1)..<index], as: UTF8.self)
        _ = try compile("^\(inner)$")
        pattern += RegularExpression.quoteMeta(String(decoding: template[literalStart..<expressionStart], as: UTF8.self)) + "(\(inner))"
        literalStart = index + 1
      }
    }
    if level != 0 { throw unbalanced }
    return try compile(pattern + RegularExpression.quoteMeta(String(decoding: template[literalStart...], as: UTF8.self)) + "$")
  }

  static func compile(_ pattern: String) throws(BuiltinError) -> RegularExpression {
    do throws(RegularExpressionError) { return try RegularExpression(pattern) } catch { throw .failed(error.description) }
  }
}

/// A compiled expression kept for the evaluations of one machine, with what its searches have built.
final class RegularExpressionMemo {
  fileprivate let hash: UInt64
  fileprivate let key: [UInt8]
  fileprivate let matcher: RegularExpression.Matcher

  fileprivate init(hash: UInt64, key: [UInt8], matcher: RegularExpression.Matcher) {
    self.hash = hash
    self.key = key
    self.matcher = matcher
  }

  fileprivate func has(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard bytes.count == key.count else { return false }
    return unsafe key.withUnsafeBufferPointer { own in
      Memory.equalBytes(UInt(bitPattern: own.baseAddress), UInt(bitPattern: bytes.baseAddress), own.count)
    }
  }
}

extension BuiltinContext {
  /// Expressions kept, and bytes of what their searches have built; beyond the number half of them are forgotten, beyond the bytes all.
  private static let memoLimit = 256
  private static let memoBytes = 64 << 20
  /// New expressions from one look at these bounds to the next.
  private static let memoLook = 16
  static let recentPlaces = 32

  /// Work, in steps of a search, that is not worth watching.
  private static let small = 1 << 16

  /// Searches a text of so many bytes for a pattern, and counts it.
  ///
  /// - Throws: where the evaluation's steps or time run out during the search, or its task is cancelled.
  func search<Result>(
    _ pattern: Value, over count: Int, _ body: (RegularExpression.Matcher) throws(BuiltinError) -> Result
  ) throws(BuiltinError) -> Result { try search(try matcher(pattern), over: count, body) }

  /// As above, with a matcher of the caller's.
  func search<Result>(
    _ matcher: RegularExpression.Matcher, over count: Int, _ body: (RegularExpression.Matcher) throws(BuiltinError) -> Result
  ) throws(BuiltinError) -> Result {
    if isLimited { try spendSearch(matcher, over: count) }
    let (work, isTooMuch) = matcher.size.multipliedReportingOverflow(by: count)
    guard isTooMuch || work > Self.small else { return try body(matcher) }
    let watch = SearchWatch()
    watch.begin(left: steps, deadline: deadline)
    matcher.watch = watch
    defer { matcher.watch = nil }
    let before = steps
    let result = try body(matcher)
    if watch.isStopped {
      if watch.left < 0 { steps = -1 }
      throw Self.exceeded
    }
    steps -= before - watch.left
    return result
  }

  /// Counts a search's share of the most that it may take.
  func spendSearch(_ matcher: RegularExpression.Matcher, over count: Int) throws(BuiltinError) {
    let (work, isTooMuch) = matcher.size.multipliedReportingOverflow(by: count)
    try spend(isTooMuch ? .max : work >> 10)
  }

  /// The matcher of a pattern, compiled once.
  func matcher(_ pattern: Value) throws(BuiltinError) -> RegularExpression.Matcher {
    let hash = pattern.hash
    // The expressions that were used last have a place by their hash, which costs less than to ask the dictionary.
    let place = Int(truncatingIfNeeded: hash >> 40) % Self.recentPlaces
    if let memo = recentExpressions[place], memo.hash == hash, unsafe pattern.withText({ unsafe memo.has($0) }) { return memo.matcher }
    if let memo = regularExpressions[hash], unsafe pattern.withText({ unsafe memo.has($0) }) {
      recentExpressions[place] = memo
      return memo.matcher
    }
    return try keep(RegularExpression.Matcher(try Builtins.compile(pattern.string)), pattern.text, hash)
  }

  /// The matcher of something that becomes an expression; its key begins with a byte no UTF-8 has, so that no pattern's key equals it.
  func matcher(key: [UInt8], _ compile: () throws(BuiltinError) -> RegularExpression) throws(BuiltinError) -> RegularExpression.Matcher {
    let hash = unsafe key.withUnsafeBufferPointer { Hashing.bytes(UInt(bitPattern: $0.baseAddress), $0.count) }
    if let memo = regularExpressions[hash], memo.key == key { return memo.matcher }
    return try keep(RegularExpression.Matcher(try compile()), key, hash)
  }

  private func keep(_ matcher: RegularExpression.Matcher, _ key: [UInt8], _ hash: UInt64) throws(BuiltinError) -> RegularExpression.Matcher
  {
    try spend(key.count)
    if regularExpressions.count.isMultiple(of: Self.memoLook) {
      let bytes = regularExpressions.values.reduce(0) { $0 + $1.matcher.footprint }
      let isFull = regularExpressions.count >= Self.memoLimit
      if bytes > Self.memoBytes {
        regularExpressions.removeAll()
      } else if isFull {
        // Of more patterns than are kept some are found again.
        var isKept = false
        regularExpressions = regularExpressions.filter { _ in
          isKept.toggle()
          return isKept
        }
      }
      if isFull || bytes > Self.memoBytes { for place in recentExpressions.indices { recentExpressions[place] = nil } }
    }
    regularExpressions[hash] = RegularExpressionMemo(hash: hash, key: key, matcher: matcher)
    return matcher
  }
}
