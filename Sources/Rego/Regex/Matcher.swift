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
      if let result = automaton.matches(program, text, watch: watch) { return result }
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
      allMatches(text.span, limit: limit, slotCount: program.slotCount)
    }

    /// Start and end of every match, like `allMatches` without the groups and cheaper.
    package func allRanges(_ text: [UInt8], limit: Int = -1) -> [Range<Int>] {
      allMatches(text.span, limit: limit, slotCount: 2).map { $0[0]..<$0[1] }
    }

    /// The text with every match replaced by the template, as Go's `ReplaceAll`.
    ///
    /// - Parameter template: `$1`, `${1}`, `$name`, `${name}` stand for a group's text (nothing for a group that took no part or does not
    ///   exist), `$$` for a dollar sign. A name is the longest run of letters, digits and underscores.
    /// - Parameter grew: told now and then how long the result is; what it throws ends the replacement.
    package func replaceAll<E: Error>(
      _ text: [UInt8], template: [UInt8], grew: (Int) throws(E) -> Void
    ) throws(E) -> [UInt8] {
      let template = ReplacementTemplate(template, names: program.names)
      let span = text.span
      var result: [UInt8] = []
      var copied = 0
      var position = 0
      while position <= text.count, let match = find(span, from: position, slotCount: template.slotCount) {
        try grew(result.count)
        result += text[copied..<match[0]]
        // No replacement for an empty match right behind another match.
        if match[1] > copied || match[0] == 0 { template.append(match, of: text, to: &result) }
        copied = match[1]
        let width = position < text.count ? UTF8Reader.scalar(in: span, at: position).width : 1
        position = max(position + width, match[1])
      }
      return result + text[copied...]
    }

    /// The parts of the text between matches, as Go's `Split`.
    ///
    /// - Parameter limit: At most so many parts, the last one the rest; 0: none; negative: all.
    package func split(_ text: [UInt8], limit: Int = -1) -> [ArraySlice<UInt8>] {
      if limit == 0 { return [] }
      if text.isEmpty, !isEmptyPattern { return [text[...]] }
      var parts: [ArraySlice<UInt8>] = []
      var start = 0
      var end = 0
      for match in allRanges(text, limit: limit) {
        if limit > 0, parts.count >= limit - 1 { break }
        end = match.lowerBound
        if match.upperBound != 0 { parts.append(text[start..<end]) }
        start = match.upperBound
      }
      if end != text.count { parts.append(text[start...]) }
      return parts
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

    private func allMatches(_ text: Span<UInt8>, limit: Int, slotCount: Int) -> [[Int]] {
      var result: [[Int]] = []
      var position = 0
      var previousEnd = -1
      while limit < 0 || result.count < limit, let match = find(text, from: position, slotCount: slotCount) {
        var isAccepted = true
        if match[1] == position {
          // An empty match at the place of the search: step over one character.
          isAccepted = match[0] != previousEnd
          position += position < text.count ? UTF8Reader.scalar(in: text, at: position).width : 1
        } else {
          position = match[1]
        }
        previousEnd = match[1]
        if isAccepted { result.append(match) }
      }
      return result
    }
  }
}
