/// A regular expression in the syntax of RE2 as Go's `regexp` package reads it, over UTF-8 text.
///
/// The value is immutable and can be shared; what a search builds on the way is a `Matcher`, one for each user at a time. Searching takes
/// time in proportion to text times pattern, whatever the two are: there is no backtracking. Offsets are in bytes. Bytes that are not
/// UTF-8 match nothing.
package struct RegularExpression: Sendable {
  /// The pattern as given.
  package let pattern: String
  let program: PatternProgram

  /// - Throws: `RegularExpressionError` with Go's text for anything outside the syntax, for patterns nested deeper than 1000 or of more
  ///   than 65 536 instructions, and for `{n,m}` above 1000 (nested counts multiply).
  package init(_ pattern: String) throws(RegularExpressionError) {
    self.pattern = pattern
    program = PatternCompiler.compile(try PatternParser.parse(Array(pattern.utf8)))
  }

  init(pattern: String, program: PatternProgram) {
    self.pattern = pattern
    self.program = program
  }

  /// Number of capturing groups, without the whole match.
  package var captureCount: Int { program.names.count - 1 }
  /// Names of the groups; index 0, the whole match, has none.
  package var captureNames: [String?] { program.names }

  /// Whether the text has a match. For many texts keep a `Matcher`.
  package func matches(_ text: Span<UInt8>) -> Bool { Matcher(self).matches(text) }
  package func matches(_ text: [UInt8]) -> Bool { matches(text.span) }
  package func matches(_ text: String) -> Bool { matches(Array(text.utf8)) }

  /// See `Matcher.firstMatch(_:from:)`.
  package func firstMatch(_ text: [UInt8], from offset: Int = 0) -> [Int]? { Matcher(self).firstMatch(text, from: offset) }
  /// See `Matcher.allMatches(_:limit:)`.
  package func allMatches(_ text: [UInt8], limit: Int = -1) -> [[Int]] { Matcher(self).allMatches(text, limit: limit) }
  /// See `Matcher.replaceAll(_:template:grew:)`.
  package func replaceAll(_ text: [UInt8], template: [UInt8]) -> [UInt8] {
    Matcher(self).replaceAll(text, template: template) { _ in }
  }
  /// See `Matcher.split(_:limit:)`.
  package func split(_ text: [UInt8], limit: Int = -1) -> [ArraySlice<UInt8>] { Matcher(self).split(text, limit: limit) }

  /// The pattern that matches exactly `text` (Go's `regexp.QuoteMeta`).
  package static func quoteMeta(_ text: String) -> String {
    var result: [UInt8] = []
    for byte in text.utf8 {
      if "\\.+*?()|[]{}^$".utf8.contains(byte) { result.append(UInt8(ascii: "\\")) }
      result.append(byte)
    }
    return String(decoding: result, as: UTF8.self)
  }
}
