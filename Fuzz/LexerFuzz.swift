@testable import Rego

/// A libFuzzer entry: any bytes are split into tokens, with and without the keywords of later editions.
///
/// Beyond not crashing: tokens lie inside the text, in order and apart, and the end is reached; texts with something wrong in them say what.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzLexer(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer passes `count` readable bytes that live for the call; they are copied at once.
  let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
  for keywords in [KeywordSet(), .v1, [.v1, .experimental, .not]] {
    var lexer = Lexer(bytes, keywords: keywords)
    var end: Int32 = 0, tokens = 0
    while true {
      let token = lexer.next()
      if token.kind == .endOfFile { break }
      precondition(token.location.offset >= end && token.location.end >= token.location.offset, "tokens overlap")
      precondition(Int(token.location.end) <= bytes.count, "a token outside of the text")
      precondition(token.location.row >= 1 && token.location.column >= 0, "a place that does not exist")
      precondition(
        token.kind != .illegal || !lexer.takeProblems().isEmpty || token.location.end > token.location.offset, "nothing is wrong")
      end = token.location.end
      tokens += 1
      precondition(tokens <= bytes.count, "more tokens than bytes")
      // Text of a template goes on where its expression ends.
      if token.kind == .rightBrace, tokens.isMultiple(of: 3) {
        let part = lexer.nextOfTemplate(raw: tokens.isMultiple(of: 2))
        precondition(Int(part.location.end) <= bytes.count && part.location.end >= end, "part of a template outside of the text")
        end = max(end, part.location.end)
      }
    }
  }
  return 0
}
