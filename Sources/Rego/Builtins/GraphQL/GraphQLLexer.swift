extension GraphQL {
  /// Divides a text into tokens (GraphQL, October 2021, section 2.1), with gqlparser's places.
  struct Lexer {
    private let input: [UInt8]
    private var end = 0
    /// Code points before `end`.
    private var scalars = 0
    private var line = 1
    /// Code points before the line.
    private var lineStart = 0

    init(_ input: [UInt8]) { self.input = input }

    private var next: UInt8? { end < input.count ? input[end] : nil }

    private func has(_ text: StaticString, at index: Int) -> Bool {
      text.withUTF8Buffer { unsafe index + $0.count <= input.count && input[index..<(index + $0.count)].elementsEqual($0) }
    }

    private mutating func advance(_ count: Int = 1) {
      end += count
      scalars += count
    }

    /// Goes past a code point.
    private mutating func advanceScalar() {
      end += 1
      while end < input.count, input[end] & 0xC0 == 0x80 { end += 1 }
      scalars += 1
    }

    private mutating func newLine() {
      line += 1
      lineStart = scalars
    }

    private func position(_ start: Int) -> Position { Position(line: line, column: start - lineStart + 1) }

    private var invalid: Token { Token(kind: .invalid, position: position(scalars)) }

    private static let marks: [UInt8: TokenKind] = [
      0x21: .bang, 0x24: .dollar, 0x26: .ampersand, 0x28: .leftParenthesis, 0x29: .rightParenthesis, 0x3A: .colon, 0x3D: .equals,
      0x40: .at, 0x5B: .leftBracket, 0x5D: .rightBracket, 0x7B: .leftBrace, 0x7D: .rightBrace, 0x7C: .pipe,
    ]

    /// A text that cannot be divided further gives an invalid token.
    mutating func token() -> Token {
      skipSpace()
      let start = scalars
      guard let byte = next else { return Token(kind: .end, position: position(start)) }
      if let kind = Self.marks[byte] {
        advance()
        return Token(kind: kind, position: position(start))
      }
      switch byte {
      case 0x2E where has("...", at: end):
        advance(3)
        return Token(kind: .spread, position: position(start))
      case 0x41...0x5A, 0x61...0x7A, 0x5F:
        let first = end
        while let byte = next, Self.isNamePart(byte) { advance() }
        return Token(kind: .name, text: String(decoding: input[first..<end], as: UTF8.self), position: position(start))
      case 0x2D, 0x30...0x39: return number(start)
      case 0x22: return has("\"\"\"", at: end) ? blockString() : string()
      default: return invalid
      }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private static func isNamePart(_ byte: UInt8) -> Bool {
      isDigit(byte) || byte == 0x5F || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A
    }

    /// White space, commas, comments and byte order marks.
    private mutating func skipSpace() {
      while let byte = next {
        switch byte {
        case 0x09, 0x20, 0x2C: advance()
        case 0x0A:
          advance()
          newLine()
        case 0x0D:
          advance()
          newLine()
          if next == 0x0A { advance() }
        case 0xEF where end + 2 < input.count && input[end + 1] == 0xBB && input[end + 2] == 0xBF: advanceScalar()
        case 0x23: while let byte = next, byte > 0x1F || byte == 0x09 { advanceScalar() }
        default: return
        }
      }
    }

    private mutating func digits() -> Int {
      let first = end
      while let byte = next, Self.isDigit(byte) { advance() }
      return end - first
    }

    private mutating func number(_ start: Int) -> Token {
      let first = end
      var kind = TokenKind.int
      if next == 0x2D { advance() }
      if next == 0x30 {
        advance()
        if let byte = next, Self.isDigit(byte) { return invalid }
      } else if digits() == 0 {
        return invalid
      }
      if next == 0x2E {
        kind = .float
        advance()
        if digits() == 0 { return invalid }
      }
      if next == 0x65 || next == 0x45 {
        kind = .float
        advance()
        if next == 0x2D || next == 0x2B { advance() }
        if digits() == 0 { return invalid }
      }
      return Token(kind: kind, text: String(decoding: input[first..<end], as: UTF8.self), position: position(start))
    }

    private mutating func string() -> Token {
      advance()
      // gqlparser counts the token from behind the quote.
      let start = scalars
      var text: [UInt8] = []
      while let byte = next, byte != 0x0A, byte != 0x0D {
        switch byte {
        case 0x22:
          let token = Token(kind: .string, text: String(decoding: text, as: UTF8.self), position: position(start))
          advance()
          return token
        case 0x5C:
          guard escape(&text) else { return invalid }
        default:
          if byte < 0x20, byte != 0x09 { return invalid }
          let first = end
          advanceScalar()
          text += input[first..<end]
        }
      }
      return invalid
    }

    private mutating func escape(_ text: inout [UInt8]) -> Bool {
      guard end + 1 < input.count else { return false }
      let plain: UInt8
      switch input[end + 1] {
      case 0x22, 0x2F, 0x5C: plain = input[end + 1]
      case 0x62: plain = 0x08
      case 0x66: plain = 0x0C
      case 0x6E: plain = 0x0A
      case 0x72: plain = 0x0D
      case 0x74: plain = 0x09
      case 0x75:
        guard end + 6 < input.count else { return false }
        var value: UInt32 = 0
        for byte in input[(end + 2)..<(end + 6)] {
          guard let digit = Builtins.hexadecimal(byte) else { return false }
          value = value << 4 | UInt32(digit)
        }
        text += Array(String(Character(Unicode.Scalar(value) ?? "\u{FFFD}")).utf8)
        advance(6)
        return true
      default: return false
      }
      text.append(plain)
      advance(2)
      return true
    }

    private mutating func blockString() -> Token {
      advance(3)
      let start = scalars
      var text: [UInt8] = []
      while let byte = next {
        if has("\"\"\"", at: end) {
          // The place of a block is on the line of its end, as gqlparser has it.
          let token = Token(kind: .blockString, text: Self.blockText(text), position: position(start))
          advance(3)
          return token
        }
        if has("\\\"\"\"", at: end) {
          text += [0x22, 0x22, 0x22]
          advance(4)
          continue
        }
        if byte < 0x20, byte != 0x09, byte != 0x0A, byte != 0x0D { return invalid }
        if byte == 0x0D || byte == 0x0A {
          if byte == 0x0D, end + 1 < input.count, input[end + 1] == 0x0A { advance() }
          advance()
          text.append(0x0A)
          newLine()
          continue
        }
        let first = end
        advanceScalar()
        text += input[first..<end]
      }
      return invalid
    }

    /// The text of a block without its common indentation and its blank first and last lines.
    private static func blockText(_ raw: [UInt8]) -> String {
      var lines = raw.split(separator: 0x0A, omittingEmptySubsequences: false).map { $0[...] }
      func indent(_ line: ArraySlice<UInt8>) -> Int { line.prefix { $0 == 0x20 || $0 == 0x09 }.count }
      var common: Int?
      for line in lines.dropFirst() where indent(line) < line.count { common = min(common ?? .max, indent(line)) }
      if let common, common > 0 { for index in lines.indices.dropFirst() { lines[index] = lines[index].dropFirst(common) } }
      while let first = lines.first, indent(first) == first.count { lines.removeFirst() }
      while let last = lines.last, indent(last) == last.count { lines.removeLast() }
      return String(decoding: Array(lines.joined(separator: [0x0A])), as: UTF8.self)
    }
  }
}
