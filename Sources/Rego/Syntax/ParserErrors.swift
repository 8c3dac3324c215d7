extension Parser {
  /// Errors that are kept while reading. A text full of mistakes makes no more than this.
  private static let errorLimit = 100

  /// Notes an error, with the hints collected for it.
  mutating func error(_ message: String, at location: Location) {
    guard state.errors.count < Self.errorLimit else { return }
    var text = message
    if !state.hints.isEmpty {
      text += state.hints.count == 1 ? " (hint: " : " (hints: "
      text += state.hints.joined(separator: ", ") + ")"
      state.hints = []
    }
    state.errors.append(RegoError(.parse, text, file: file, location: location))
  }

  mutating func hint(_ text: String) { state.hints.append(text) }

  /// Notes that the token does not fit here; `expected` says what would.
  mutating func unexpected(_ expected: String = "") {
    guard state.token != .illegal else { return error("illegal token", at: state.location) }
    let kind = state.token.isKeyword ? "keyword" : "token"
    error("unexpected \(state.token.name) \(kind)" + (expected.isEmpty ? "" : ": " + expected), at: state.location)
  }

  /// The error with the source line and a caret below the place.
  func withDetails(_ error: RegoError) -> RegoError {
    guard error.details.isEmpty, error.location.row > 0, !lexer.source.isEmpty else { return error }
    let source = lexer.source
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }
    func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }
    var offset = min(max(Int(error.location.offset), 0), source.count - 1)
    while offset > 0, isSpace(source[offset]) { offset -= 1 }
    var begin = offset
    while begin > 0, !isLineEnd(source[begin - 1]) { begin -= 1 }
    var end = offset
    while end < source.count, !isLineEnd(source[end]) { end += 1 }
    while begin < end, source[begin] == 0x09 { begin += 1 }
    // A line of generated text may be huge; the caret stays in sight.
    let from = max(begin, offset - 400)
    let line = String(decoding: source[from..<min(end, from + 800)], as: UTF8.self)
    let indent = String(decoding: source[from..<max(offset, from)], as: UTF8.self).unicodeScalars.count
    var result = error
    result.details = [line, String(repeating: " ", count: indent) + "^"]
    return result
  }
}
