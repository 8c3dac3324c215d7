extension Builtins {
  /// OPA's v1/topdown/glob.go.
  static let globs: [Builtin] = [
    Builtin("glob.match", 3) { arguments, context throws(BuiltinError) in
      let pattern = try arguments.text(0)
      // What was asked last needs no look at the separators.
      if arguments[1].isArray, arguments[2].isString, let matcher = context.recentGlob(pattern, arguments[1].arrayView) {
        let text = arguments[2]
        return .boolean(
          try context.search(matcher, over: text.textCount) { matcher in unsafe text.withText { unsafe matcher.matches($0.span) } })
      }
      var separators: [Unicode.Scalar] = []
      switch arguments[1].tag {
      case .null: break
      case .array:
        for element in arguments[1].elements {
          guard element.isString else { throw arguments.wrongElement(1, element, "string") }
          let scalars = Array(element.string.unicodeScalars)
          guard scalars.count == 1 else { throw arguments.wrongElement(1, element, "rune") }
          separators.append(scalars[0])
        }
        if separators.isEmpty { separators = ["."] }
      default: throw arguments.wrongType(1, "array", "null")
      }
      let text = try arguments.text(2)
      var key: [UInt8] = [0xFF]
      for separator in separators { key += String(Character(separator)).utf8 }
      key.append(0xFF)
      unsafe pattern.withText { unsafe key.append(contentsOf: $0) }
      let matcher = try context.matcher(key: key) { () throws(BuiltinError) in
        try compile(try GlobPattern.expression(pattern.string, separators))
      }
      if arguments[1].isArray { context.keepGlob(pattern, arguments[1].arrayView, matcher) }
      return .boolean(
        try context.search(matcher, over: text.textCount) { matcher in unsafe text.withText { unsafe matcher.matches($0.span) } })
    },
    Builtin("glob.quote_meta", 1) { arguments, context throws(BuiltinError) in
      var result: [UInt8] = []
      for byte in try arguments.string(0) {
        if Array("*?\\[]{}".utf8).contains(byte) { result.append(0x5C) }
        result.append(byte)
      }
      return .string(result, in: context.heap)
    },
  ]
}

/// A glob as it was asked for: a pattern and short texts as separators.
struct RecentGlob {
  /// Most separators of a glob that is found again.
  static let mostSeparators = 2
  fileprivate let hash: UInt64
  fileprivate let pattern: [UInt8]
  fileprivate let separators: [Value]
  fileprivate let matcher: RegularExpression.Matcher
}

extension BuiltinContext {
  /// The matcher of a glob, if its place holds it.
  fileprivate func recentGlob(_ pattern: Value, _ separators: ArrayView) -> RegularExpression.Matcher? {
    let hash = pattern.hash
    guard let glob = recentGlobs[Int(truncatingIfNeeded: hash >> 40) % Self.recentPlaces], glob.hash == hash,
      glob.separators.count == separators.count, glob.pattern.count == pattern.textCount
    else { return nil }
    for index in 0..<separators.count
    where glob.separators[index].head != separators[index].head || glob.separators[index].body != separators[index].body { return nil }
    let isSame = unsafe pattern.withText { bytes in
      unsafe glob.pattern.withUnsafeBufferPointer { unsafe TextSearch.equal($0, bytes, count: bytes.count) }
    }
    return isSame ? glob.matcher : nil
  }

  fileprivate func keepGlob(_ pattern: Value, _ separators: ArrayView, _ matcher: RegularExpression.Matcher) {
    guard separators.count <= RecentGlob.mostSeparators else { return }
    // Short texts are the same words in every evaluation.
    let values = (0..<separators.count).map { separators[$0] }
    guard values.allSatisfy({ $0.tag == .shortString }) else { return }
    let hash = pattern.hash
    recentGlobs[Int(truncatingIfNeeded: hash >> 40) % Self.recentPlaces] = RecentGlob(
      hash: hash, pattern: pattern.text, separators: values, matcher: matcher)
  }
}

/// Shell patterns with alternatives: `*` any run without separators, `**` any run, `?` one character that is no separator, `[abc]`,
/// `[!a-z]`, `{a,b}`, a backslash before anything. They become regular expressions, which match in linear time.
struct GlobPattern {
  private var rest: ArraySlice<Unicode.Scalar>
  private let anyButSeparator: String
  private var result = ""
  private var depth = 0
  private var count = 0
  private var isOneCharacter = false

  static func expression(_ pattern: String, _ separators: [Unicode.Scalar]) throws(BuiltinError) -> String {
    let names = separators.map { "\\x{\(String($0.value, radix: 16))}" }.joined()
    var reader = GlobPattern(
      rest: Array(pattern.unicodeScalars)[...], anyButSeparator: separators.isEmpty ? "[\\x{0}-\\x{10FFFF}]" : "[^\(names)]")
    try reader.read()
    return "\\A(?:" + reader.result + ")\\z"
  }

  private init(rest: ArraySlice<Unicode.Scalar>, anyButSeparator: String) {
    self.rest = rest
    self.anyButSeparator = anyButSeparator
  }

  private static func quoted(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9": String(Character(scalar))
    default: "\\x{\(String(scalar.value, radix: 16))}"
    }
  }

  private mutating func read() throws(BuiltinError) {
    while let scalar = rest.popFirst() {
      count += 1
      switch scalar {
      case "*":
        if rest.first == "*" {
          rest.removeFirst()
          result += "[\\x{0}-\\x{10FFFF}]*"
        } else {
          result += anyButSeparator + "*"
        }
      case "?":
        result += anyButSeparator
        isOneCharacter = true
      case "[": try list()
      case "{":
        depth += 1
        result += "(?:"
      case "}" where depth > 0:
        depth -= 1
        result += ")"
      case "," where depth > 0: result += "|"
      case "\\": if let next = rest.popFirst() { result += Self.quoted(next) }
      default: result += Self.quoted(scalar)
      }
    }
    // An alternative that is never closed ends with the pattern.
    result += String(repeating: ")", count: depth)
    // Alone, what takes any character but some takes the empty text for one that it does not know (gobwas/glob, single.go and list.go).
    if count == 1, isOneCharacter { result += "?" }
  }

  private mutating func list() throws(BuiltinError) {
    let isNegated = rest.first == "!"
    if isNegated { rest.removeFirst() }
    isOneCharacter = isNegated
    guard let first = rest.first else { throw .failed("unexpected end of input") }
    if rest.dropFirst().first == "-" {
      rest.removeFirst(2)
      guard let last = rest.popFirst() else { throw .failed("unexpected end of input") }
      guard rest.popFirst() == "]" else { throw .failed("expected close range character") }
      guard last >= first else { throw .failed("hi character '\(last)' should be greater than lo '\(first)'") }
      result += "[\(isNegated ? "^" : "")\(Self.quoted(first))-\(Self.quoted(last))]"
      return
    }
    var characters = ""
    while let scalar = rest.popFirst(), scalar != "]" {
      if scalar == "\\" {
        if let next = rest.popFirst() { characters += Self.quoted(next) }
      } else {
        characters += Self.quoted(scalar)
      }
      if rest.isEmpty { throw .failed("unexpected end of input") }
    }
    guard !characters.isEmpty else { throw .failed("could not parse range") }
    result += "[\(isNegated ? "^" : "")\(characters)]"
  }
}

/// Patterns of `regex.globs_match`: characters, `.`, sets in brackets, each with `+` or `*` behind it.
struct GlobTokens {
  private var ranges: [ClosedRange<UInt32>]
  private var isOptional = false
  private var isRepeated = false

  static func read(_ text: [UInt8]) throws(BuiltinError) -> [GlobTokens] {
    let scalars = Array(String(decoding: text, as: UTF8.self).unicodeScalars)
    var tokens: [GlobTokens] = []
    var index = 0
    func failure(_ message: String) -> BuiltinError {
      .failed("input:\(String(decoding: text, as: UTF8.self)), pos:\(index), \(message): the input provided is invalid")
    }
    func next() throws(BuiltinError) -> (scalar: Unicode.Scalar, isEscaped: Bool)? {
      guard index < scalars.count else { return nil }
      defer { index += 1 }
      guard scalars[index] == "\\" else { return (scalars[index], false) }
      guard index + 1 < scalars.count else { throw failure("input ends with a \\ (escape) character") }
      index += 1
      return (scalars[index], true)
    }
    while let (scalar, isEscaped) = try next() {
      var token = GlobTokens(ranges: [scalar.value...scalar.value])
      if !isEscaped {
        switch scalar {
        case ".": token.ranges = [0...0x10FFFF]
        case "]": throw failure("set-close ']' with no preceding '['")
        case "+", "*": throw failure("flag '\(scalar)' must be preceded by a non-flag")
        case "[":
          token.ranges = []
          var previous: Unicode.Scalar?
          while true {
            guard let (member, isEscaped) = try next() else { throw failure("found [ without matching ]") }
            if !isEscaped, member == "]" { break }
            guard !isEscaped, member == "-" else {
              token.ranges.append(member.value...member.value)
              previous = member
              continue
            }
            guard let low = previous else { throw failure("range character '-' must be preceded by a Unicode character") }
            guard let (high, isHighEscaped) = try next() else {
              throw failure("range character '-' must be followed by a Unicode character")
            }
            if !isHighEscaped, high == "]" || high == "-" { throw failure("range character '-' cannot be followed by a special symbol") }
            guard high >= low else { throw failure("range is out of order: '\(high)' comes before '\(low)' in Unicode") }
            token.ranges.append(low.value...high.value)
            previous = nil
          }
        default: break
        }
      }
      if index < scalars.count, scalars[index] == "+" || scalars[index] == "*" {
        token.isRepeated = true
        token.isOptional = scalars[index] == "*"
        index += 1
      }
      tokens.append(token)
    }
    return tokens
  }

  /// Whether some text fits both patterns: whether the product of the two automata reaches the end.
  static func intersect(_ a: [GlobTokens], _ b: [GlobTokens], _ context: BuiltinContext) throws(BuiltinError) -> Bool {
    let width = b.count + 1
    // Plain patterns reach few of the pairs.
    var seen: Set<Int> = [0]
    var open = [(0, 0)]
    func visit(_ i: Int, _ j: Int) { if seen.insert(i * width + j).inserted { open.append((i, j)) } }
    while let (i, j) = open.popLast() {
      if i == a.count, j == b.count { return true }
      try context.spend(1 + (i < a.count && j < b.count ? a[i].ranges.count * b[j].ranges.count >> 2 : 0))
      if seen.count.isMultiple(of: 1024) { try context.reserve(seen.count * 32) }
      if i < a.count, a[i].isOptional { visit(i + 1, j) }
      if j < b.count, b[j].isOptional { visit(i, j + 1) }
      guard i < a.count, j < b.count, a[i].meets(b[j]) else { continue }
      // One character for both; a token that repeats may stay, but has then had its one.
      visit(i + 1, j + 1)
      if a[i].isRepeated { visit(i, j + 1) }
      if b[j].isRepeated { visit(i + 1, j) }
    }
    return false
  }

  private func meets(_ other: GlobTokens) -> Bool { ranges.contains { range in other.ranges.contains { range.overlaps($0) } } }
}
