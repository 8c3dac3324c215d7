extension RegularExpression {
  /// Searches with one expression and keeps what a search builds (the automaton's states, the threads' memory) for the next one.
  ///
  /// One user at a time; it is a class so that a cache can hand it out without copying. In the steady state `matches` allocates nothing.
  package final class Matcher {
    let program: PatternProgram
    private let isEmptyPattern: Bool
    private var automaton: LazyAutomaton
    private var threads: ThreadedSearch
    private var backtracking: BacktrackingSearch
    private var lastTemplate: ReplacementTemplate?
    /// May end searches, whose results then mean nothing; nil lets each go to its end.
    var watch: SearchWatch?

    package init(_ expression: RegularExpression) {
      program = expression.program
      isEmptyPattern = expression.pattern.isEmpty
      automaton = LazyAutomaton(expression.program)
      threads = ThreadedSearch(expression.program)
      backtracking = BacktrackingSearch(expression.program)
    }

    /// Instructions of the expression: a search takes at most so many steps for each byte.
    package var size: Int { program.instructions.count }

    /// Bytes that searches have built, about.
    package var footprint: Int { automaton.footprint + size * 64 }

    /// Work done so far: instructions entered by the threads and by the building of automaton states.
    var steps: Int { threads.steps + backtracking.steps + automaton.steps }

    /// Whether the text has a match anywhere.
    package func matches(_ text: Span<UInt8>) -> Bool {
      var start = 0
      // A match begins with these bytes, whatever stands before them.
      if program.prefix.count > 1, program.assertions == 0 {
        let found = unsafe text.withUnsafeBufferPointer { text in
          unsafe program.prefix.withUnsafeBufferPointer { unsafe TextSearch.first($0, in: text) }
        }
        guard let found else { return false }
        start = found
      }
      if let result = automaton.matches(program, text, from: start, watch: watch) { return result }
      return threads.run(program, text, from: 0, slotCount: 0, watch: watch) != nil
    }

    package func matches(_ text: [UInt8]) -> Bool { matches(text.span) }

    /// The leftmost match at or behind `offset`; of those beginning there the one a backtracking search would find first.
    ///
    /// - Returns: Byte offsets, start and end of the whole match, then of every group; -1 for a group that took no part. Nil: no match.
    package func firstMatch(_ text: [UInt8], from offset: Int = 0) -> [Int]? {
      find(text.span, from: offset, slotCount: program.slotCount)
    }

    /// All matches that do not overlap, as Go's `FindAllSubmatchIndex`: an empty match right behind a match does not count.
    ///
    /// - Parameter limit: At most so many; negative: all.
    package func allMatches(_ text: [UInt8], limit: Int = -1) -> [[Int]] {
      var result: [[Int]] = []
      forEachMatch(text.span, limit: limit, slotCount: program.slotCount) { result.append($0) }
      return result
    }

    /// The text with every match replaced by the template, as Go's `ReplaceAll`.
    ///
    /// - Parameter template: `$1`, `${1}`, `$name`, `${name}` stand for a group's text (nothing for a group that took no part or does not
    ///   exist), `$$` for a dollar sign. A name is the longest run of letters, digits and underscores.
    /// - Parameter grew: told now and then how long the result is; what it throws ends the replacement.
    package func replaceAll<E: Error>(
      _ text: [UInt8], template: [UInt8], grew: (Int) throws(E) -> Void
    ) throws(E) -> [UInt8] {
      var result: [UInt8] = []
      _ = try replaceAll(text.span, template: self.template(template)) { (piece) throws(E) in
        switch piece {
        case .text(let range): result += text[range]
        case .template(let bytes): result += bytes
        case .match: try grew(result.count)
        }
      }
      return result
    }

    /// What a replacement consists of, in order.
    enum Piece {
      /// Bytes of the text.
      case text(Range<Int>)
      case template(ArraySlice<UInt8>)
      /// A match was found, whose replacement follows.
      case match
    }

    /// The template as it was read last.
    func template(_ text: [UInt8]) -> ReplacementTemplate {
      if let lastTemplate, lastTemplate.text == text { return lastTemplate }
      let template = ReplacementTemplate(text, names: program.names)
      lastTemplate = template
      return template
    }

    /// Hands out the pieces that the replaced text consists of.
    ///
    /// - Returns: false where nothing matches, and nothing is handed out but the text.
    func replaceAll<E: Error>(_ text: Span<UInt8>, template: ReplacementTemplate, _ use: (Piece) throws(E) -> Void) throws(E) -> Bool {
      var copied = 0
      var position = 0
      var hasMatch = false
      while position <= text.count, let match = find(text, from: position, slotCount: template.slotCount) {
        hasMatch = true
        try use(.match)
        if copied < match[0] { try use(.text(copied..<match[0])) }
        // No replacement for an empty match right behind another match.
        if match[1] > copied || match[0] == 0 { try template.forEachPiece(of: match, use) }
        copied = match[1]
        let width = position < text.count ? UTF8Reader.scalar(in: text, at: position).width : 1
        position = max(position + width, match[1])
      }
      if copied < text.count { try use(.text(copied..<text.count)) }
      return hasMatch
    }

    /// The parts of the text between matches, as Go's `Split`.
    ///
    /// - Parameter limit: At most so many parts, the last one the rest; 0: none; negative: all.
    package func split(_ text: [UInt8], limit: Int = -1) -> [ArraySlice<UInt8>] {
      var parts: [ArraySlice<UInt8>] = []
      split(text.span, limit: limit) { parts.append(text[$0]) }
      return parts
    }

    /// As above, told where each part stands.
    func split(_ text: Span<UInt8>, limit: Int = -1, _ use: (Range<Int>) -> Void) {
      if limit == 0 { return }
      if text.isEmpty, !isEmptyPattern { return use(0..<0) }
      var count = 0
      var start = 0
      var end = 0
      var isOver = false
      forEachMatch(text, limit: limit, slotCount: 2) { match in
        if isOver { return }
        if limit > 0, count >= limit - 1 {
          isOver = true
          return
        }
        end = match[0]
        if match[1] != 0 {
          use(start..<end)
          count += 1
        }
        start = match[1]
      }
      if end != text.count { use(start..<text.count) }
    }

    private func find(_ text: Span<UInt8>, from offset: Int, slotCount: Int) -> [Int]? {
      guard offset >= 0, offset <= text.count else { return nil }
      guard backtracking.isFit(text.count - offset) else {
        return threads.run(program, text, from: offset, slotCount: slotCount, watch: watch)
      }
      guard let watch else { return backtracking.run(program, text, from: offset, slotCount: slotCount) }
      let before = backtracking.steps
      let found = backtracking.run(program, text, from: offset, slotCount: slotCount)
      return watch.take(backtracking.steps &- before) ? found : nil
    }

    /// Matches as `allMatches` has them, one after the other; of the slots only the first ones.
    func forEachMatch<E: Error>(
      _ text: Span<UInt8>, limit: Int = -1, slotCount: Int, _ use: ([Int]) throws(E) -> Void
    ) throws(E) {
      var count = 0
      var position = 0
      var previousEnd = -1
      while limit < 0 || count < limit, let match = find(text, from: position, slotCount: slotCount) {
        var isAccepted = true
        if match[1] == position {
          // An empty match at the place of the search: step over one character.
          isAccepted = match[0] != previousEnd
          position += position < text.count ? UTF8Reader.scalar(in: text, at: position).width : 1
        } else {
          position = match[1]
        }
        previousEnd = match[1]
        if isAccepted {
          try use(match)
          count += 1
        }
      }
    }
  }
}
