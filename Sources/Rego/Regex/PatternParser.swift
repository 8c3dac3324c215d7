/// Reads the syntax of RE2 as Go's `regexp/syntax` does with the flags `Perl`: the same language, the same errors.
///
/// Nesting is held in `groups`, not on the call stack, so that no pattern can exhaust it.
struct PatternParser {
  struct Flags: OptionSet {
    let rawValue: UInt8
    /// `i`
    static let foldCase = Flags(rawValue: 1)
    /// `m`
    static let multiline = Flags(rawValue: 2)
    /// `s`
    static let dotMatchesNewline = Flags(rawValue: 4)
    /// `U`
    static let lazy = Flags(rawValue: 8)
  }

  /// An open parenthesis, or the whole pattern.
  private struct Group {
    /// Number of a capturing group; nil for `(?:` and for the whole pattern.
    let capture: Int?
    /// Flags to restore behind the closing parenthesis.
    let outerFlags: Flags
    var alternatives: [Int] = []
    var items: [Int] = []
  }

  let pattern: [UInt8]
  var position = 0
  var flags: Flags = []
  private var tree = PatternTree()
  private var groups = [Group(capture: nil, outerFlags: [])]

  /// - Returns: The tree of `pattern`.
  /// - Throws: Go's error for a pattern outside the syntax, or over the limits of `PatternTree`.
  static func parse(_ pattern: [UInt8]) throws(RegularExpressionError) -> PatternTree {
    var parser = PatternParser(pattern: pattern)
    return try parser.parse()
  }

  init(pattern: [UInt8]) {
    self.pattern = pattern
  }

  /// The byte `distance` bytes ahead, nil past the end.
  func peek(_ distance: Int = 0) -> UInt8? {
    position + distance < pattern.count ? pattern[position + distance] : nil
  }

  private mutating func parse() throws(RegularExpressionError) -> PatternTree {
    // Start of the repetition operator that has just been read: two in a row are an error.
    var lastRepeat: Int?
    while let byte = peek() {
      let start = position
      var thisRepeat: Int?
      switch byte {
      case UInt8(ascii: "("):
        if peek(1) == UInt8(ascii: "?") {
          try parseGroupHead()
        } else {
          position += 1
          openCapture(name: nil)
        }
      case UInt8(ascii: ")"):
        position += 1
        try closeGroup()
      case UInt8(ascii: "|"):
        position += 1
        try endAlternative()
      case UInt8(ascii: "^"):
        position += 1
        try push(.assertion(flags.contains(.multiline) ? .lineStart : .textStart))
      case UInt8(ascii: "$"):
        position += 1
        try push(.assertion(flags.contains(.multiline) ? .lineEnd : .textEnd))
      case UInt8(ascii: "."):
        position += 1
        try push(.set(flags.contains(.dotMatchesNewline) ? .all : .allButNewline))
      case UInt8(ascii: "["):
        try push(set: parseClass())
      case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"):
        position += 1
        let minimum = byte == UInt8(ascii: "+") ? 1 : 0
        let maximum = byte == UInt8(ascii: "?") ? 1 : nil
        try repeatLast(minimum, maximum, isCounted: false, start: start, lastRepeat: lastRepeat)
        thisRepeat = start
      case UInt8(ascii: "{"):
        if let (minimum, maximum) = parseCounts() {
          guard let minimum, minimum <= 1000, maximum.map({ $0 <= 1000 && $0 >= minimum }) ?? true else {
            throw RegularExpressionError(.invalidRepeatCount, pattern[start..<position])
          }
          try repeatLast(minimum, maximum, isCounted: true, start: start, lastRepeat: lastRepeat)
          thisRepeat = start
        } else {
          position += 1
          try push(literal: UInt32(byte))
        }
      case UInt8(ascii: "\\"):
        try parseBackslash()
      default:
        try push(literal: nextScalar())
      }
      lastRepeat = thisRepeat
    }
    let root = try finishGroup()
    guard groups.count == 1 else { throw RegularExpressionError(.missingParenthesis, pattern) }
    tree.root = root
    return tree
  }

  /// Reads one code point; the pattern is valid UTF-8 and not at its end.
  mutating func nextScalar() -> UInt32 {
    let (scalar, width) = UTF8Reader.scalar(in: pattern.span, at: position)
    position += width
    return scalar
  }

  // MARK: Building

  private mutating func add(_ node: PatternNode) throws(RegularExpressionError) -> Int {
    let index = tree.append(node)
    if let code = tree.exceeded(at: index) { throw RegularExpressionError(code, pattern) }
    return index
  }

  private mutating func push(_ node: PatternNode) throws(RegularExpressionError) {
    let index = try add(node)
    groups[groups.count - 1].items.append(index)
  }

  private mutating func push(set: ScalarSet) throws(RegularExpressionError) {
    try push(set.single.map { .scalar($0) } ?? .set(set))
  }

  private mutating func push(literal scalar: UInt32) throws(RegularExpressionError) {
    guard flags.contains(.foldCase), UnicodeTables.next(after: scalar) != scalar else { return try push(.scalar(scalar)) }
    try push(.set(ScalarSet(scalar, scalar).folded()))
  }

  private mutating func openCapture(name: String?) {
    groups.append(Group(capture: tree.names.count, outerFlags: flags))
    tree.names.append(name)
  }

  /// Ends the items read since the last `|` or `(` as one alternative.
  private mutating func endAlternative() throws(RegularExpressionError) {
    let items = groups[groups.count - 1].items
    groups[groups.count - 1].items = []
    let index: Int
    switch items.count {
    case 0: index = try add(.empty)
    case 1: index = items[0]
    default: index = try add(.concatenation(items))
    }
    // `a|b|[cd]` is one class: nothing distinguishes the alternatives, and the program has one instruction for all of them.
    if let last = groups[groups.count - 1].alternatives.last, let left = characters(of: last), let right = characters(of: index) {
      var union = left
      union.formUnion(right)
      union.normalize()
      groups[groups.count - 1].alternatives[groups[groups.count - 1].alternatives.count - 1] = try add(.set(union))
    } else {
      groups[groups.count - 1].alternatives.append(index)
    }
  }

  /// The set a node of exactly one character matches, if it is one (and small enough that merging many stays cheap).
  private func characters(of node: Int) -> ScalarSet? {
    switch tree.nodes[node] {
    case .scalar(let scalar): ScalarSet(scalar, scalar)
    case .set(let set) where set.ranges.count <= 64: set
    default: nil
    }
  }

  private mutating func finishGroup() throws(RegularExpressionError) -> Int {
    try endAlternative()
    let alternatives = groups[groups.count - 1].alternatives
    return alternatives.count == 1 ? alternatives[0] : try add(.alternation(alternatives))
  }

  private mutating func closeGroup() throws(RegularExpressionError) {
    guard groups.count > 1 else { throw RegularExpressionError(.unexpectedParenthesis, pattern) }
    let body = try finishGroup()
    let group = groups.removeLast()
    flags = group.outerFlags
    if let capture = group.capture {
      try push(.capture(group: capture, body))
    } else {
      groups[groups.count - 1].items.append(body)
    }
  }

  /// Replaces the item before the operator that starts at `start` and ends at `position` by its repetition.
  private mutating func repeatLast(
    _ minimum: Int, _ maximum: Int?, isCounted: Bool, start: Int, lastRepeat: Int?
  ) throws(RegularExpressionError) {
    var isGreedy = !flags.contains(.lazy)
    if peek() == UInt8(ascii: "?") {
      position += 1
      isGreedy.toggle()
    }
    if let lastRepeat { throw RegularExpressionError(.invalidNestedRepetition, pattern[lastRepeat..<position]) }
    guard let item = groups[groups.count - 1].items.popLast() else {
      throw RegularExpressionError(.missingRepeatArgument, pattern[start..<position])
    }
    try push(.repetition(item, minimum: minimum, maximum: maximum, isGreedy: isGreedy, isCounted: isCounted))
    let node = tree.nodes.count - 1
    if isCounted, minimum >= 2 || (maximum ?? 0) >= 2, !tree.repeatsAreValid(at: node, budget: 1000) {
      throw RegularExpressionError(.invalidRepeatCount, pattern[start..<position])
    }
  }

  // MARK: Tokens

  /// `{n}`, `{n,}` or `{n,m}` at `position`, which moves behind it; nil (and no move) for anything else, which makes `{` a literal.
  /// The inner minimum is nil where a number is far too big.
  private mutating func parseCounts() -> (minimum: Int?, maximum: Int?)? {
    var index = position + 1
    func number() -> Int?? {
      let start = index
      var value: Int? = 0
      while index < pattern.count, pattern[index] >= 0x30, pattern[index] <= 0x39 {
        value = value.flatMap { $0 >= 100_000_000 ? nil : $0 * 10 + Int(pattern[index]) - 0x30 }
        index += 1
      }
      guard index > start, index == start + 1 || pattern[start] != 0x30 else { return nil }
      return .some(value)
    }
    guard var minimum = number(), index < pattern.count else { return nil }
    var maximum = minimum
    if pattern[index] == UInt8(ascii: ",") {
      index += 1
      if index < pattern.count, pattern[index] == UInt8(ascii: "}") {
        maximum = nil
      } else {
        guard let upper = number() else { return nil }
        if upper == nil { minimum = nil }
        maximum = upper
      }
    }
    guard index < pattern.count, pattern[index] == UInt8(ascii: "}") else { return nil }
    position = index + 1
    return (minimum, maximum)
  }

  /// `(?` at `position`: a named group, a group without capture, or flags up to the end of the group.
  private mutating func parseGroupHead() throws(RegularExpressionError) {
    let start = position
    let hasP = pattern.count - start > 4 && pattern[start + 2] == UInt8(ascii: "P") && pattern[start + 3] == UInt8(ascii: "<")
    let hasName = pattern.count - start > 3 && pattern[start + 2] == UInt8(ascii: "<")
    if hasP || hasName {
      guard let end = pattern[start...].firstIndex(of: UInt8(ascii: ">")) else {
        throw RegularExpressionError(.invalidNamedCapture, pattern[start...])
      }
      let name = pattern[(start + (hasName ? 3 : 4))..<end]
      guard !name.isEmpty, name.allSatisfy({ $0 == UInt8(ascii: "_") || $0.isASCIIAlphanumeric }) else {
        throw RegularExpressionError(.invalidNamedCapture, pattern[start...end])
      }
      position = end + 1
      return openCapture(name: String(decoding: name, as: UTF8.self))
    }

    position += 2
    var added = flags
    var isRemoving = false
    var sawFlag = false
    scan: while position < pattern.count {
      let scalar = nextScalar()
      let flag: Flags
      switch scalar {
      case 0x69: flag = .foldCase
      case 0x6D: flag = .multiline
      case 0x73: flag = .dotMatchesNewline
      case 0x55: flag = .lazy
      case 0x2D:
        if isRemoving { break scan }
        isRemoving = true
        sawFlag = false
        continue
      case 0x3A, 0x29:
        if isRemoving, !sawFlag { break scan }
        if scalar == 0x3A { groups.append(Group(capture: nil, outerFlags: flags)) }
        flags = added
        return
      default: break scan
      }
      sawFlag = true
      if isRemoving { added.remove(flag) } else { added.insert(flag) }
    }
    throw RegularExpressionError(.invalidPerlSyntax, pattern[start..<position])
  }

  private mutating func parseBackslash() throws(RegularExpressionError) {
    switch peek(1) {
    case UInt8(ascii: "A"):
      position += 2
      try push(.assertion(.textStart))
    case UInt8(ascii: "z"):
      position += 2
      try push(.assertion(.textEnd))
    case UInt8(ascii: "b"):
      position += 2
      try push(.assertion(.wordBoundary))
    case UInt8(ascii: "B"):
      position += 2
      try push(.assertion(.notWordBoundary))
    case UInt8(ascii: "C"):
      throw RegularExpressionError(.invalidEscape, pattern[position...(position + 1)])
    case UInt8(ascii: "Q"):
      position += 2
      while position < pattern.count {
        if peek() == UInt8(ascii: "\\"), peek(1) == UInt8(ascii: "E") {
          position += 2
          break
        }
        try push(literal: nextScalar())
      }
    default:
      if let set = try parseUnicodeClass() ?? parsePerlClass() {
        try push(set: set)
      } else {
        try push(literal: parseEscape())
      }
    }
  }
}

extension UInt8 {
  /// `0-9`, `A-Z`, `a-z`.
  var isASCIIAlphanumeric: Bool {
    switch self {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: false
    }
  }

  /// What `\w` and `\b` take for a word character: `0-9`, `A-Z`, `a-z`, `_`.
  var isASCIIWord: Bool { isASCIIAlphanumeric || self == 0x5F }
}
