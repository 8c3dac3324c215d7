/// Why a pattern is not a regular expression. `description` is the text Go's `regexp` package gives, which OPA passes on.
package struct RegularExpressionError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Go's `regexp/syntax` error codes that a pattern of valid UTF-8 can meet.
  package enum Code: String, Sendable {
    case invalidClassRange = "invalid character class range"
    case invalidEscape = "invalid escape sequence"
    case invalidNamedCapture = "invalid named capture"
    case invalidPerlSyntax = "invalid or unsupported Perl syntax"
    case invalidNestedRepetition = "invalid nested repetition operator"
    case invalidRepeatCount = "invalid repeat count"
    case missingBracket = "missing closing ]"
    case missingParenthesis = "missing closing )"
    case missingRepeatArgument = "missing argument to repetition operator"
    case trailingBackslash = "trailing backslash at end of expression"
    case unexpectedParenthesis = "unexpected )"
    case nestingDepth = "expression nests too deeply"
    case tooLarge = "expression too large"
  }

  package let code: Code
  /// The offending part of the pattern; the whole pattern where no part can be named.
  package let part: String

  init(_ code: Code, _ part: some Collection<UInt8>) {
    self.code = code
    self.part = String(decoding: part, as: UTF8.self)
  }

  package var description: String { "error parsing regexp: \(code.rawValue): `\(part)`" }
}
