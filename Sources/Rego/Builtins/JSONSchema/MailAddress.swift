/// Mail addresses as Go's `mail.ParseAddress` reads them (RFC 5322 with the exceptions it makes).
struct MailAddress {
  private struct Misfit: Error {}

  private var rest: ArraySlice<Unicode.Scalar>

  /// Whether a text is one address, with a name or without.
  static func isValid(_ text: [UInt8]) -> Bool {
    guard let text = String(validating: text, as: UTF8.self) else { return false }
    var parser = MailAddress(rest: Array(text.unicodeScalars)[...])
    return (try? parser.single()) != nil
  }

  private mutating func single() throws(Misfit) {
    guard try address(allowsGroup: true) == 1, skipComments(), rest.isEmpty else { throw Misfit() }
  }

  /// Number of addresses: a group may have several.
  private mutating func address(allowsGroup: Bool) throws(Misfit) -> Int {
    skipSpace()
    guard !rest.isEmpty else { throw Misfit() }
    let start = rest
    do throws(Misfit) {
      try addrSpec()
      skipSpace()
      if rest.first == "(" { guard comment() else { throw Misfit() } }
      return 1
    } catch {
      rest = start
    }
    if rest.first != "<" { try phrase() }
    skipSpace()
    if allowsGroup, consume(":") { return try group() }
    guard consume("<") else { throw Misfit() }
    try addrSpec()
    guard consume(">") else { throw Misfit() }
    return 1
  }

  private mutating func group() throws(Misfit) -> Int {
    skipSpace()
    if consume(";") { return skipComments() ? 0 : try refuse() }
    var count = 0
    while true {
      skipSpace()
      count += try address(allowsGroup: false)
      guard skipComments() else { throw Misfit() }
      if consume(";") { return skipComments() ? count : try refuse() }
      guard consume(",") else { throw Misfit() }
    }
  }

  private func refuse() throws(Misfit) -> Int { throw Misfit() }

  private mutating func addrSpec() throws(Misfit) {
    skipSpace()
    if rest.first == "\"" {
      guard try quotedString() > 0 else { throw Misfit() }
    } else {
      try atom(isStrict: true)
    }
    guard consume("@") else { throw Misfit() }
    skipSpace()
    if rest.first == "[" { try domainLiteral() } else { try atom(isStrict: true) }
  }

  private mutating func domainLiteral() throws(Misfit) {
    rest = rest.dropFirst()
    guard let close = rest.firstIndex(of: "]") else { throw Misfit() }
    var text = rest[..<close]
    if String(String.UnicodeScalarView(text.prefix(5))) == "IPv6:" { text = text.dropFirst(5) }
    guard IPAddress(Array(String(String.UnicodeScalarView(text)).utf8)[...]) != nil else { throw Misfit() }
    rest = rest[(close + 1)...]
  }

  private mutating func phrase() throws(Misfit) {
    var count = 0
    while true {
      if count > 0, !skipComments() { throw Misfit() }
      skipSpace()
      do throws(Misfit) {
        if rest.first == "\"" { _ = try quotedString() } else { try atom(isStrict: false) }
      } catch {
        if count == 0 { throw error }
        return
      }
      count += 1
    }
  }

  private static func isVisible(_ scalar: Unicode.Scalar) -> Bool { scalar.value >= 0x80 || (0x21...0x7E).contains(scalar.value) }

  /// A word with points in it. Strict: as an address has it, without points at the ends or beside each other.
  private mutating func atom(isStrict: Bool) throws(Misfit) {
    let word = rest.prefix { scalar in
      switch scalar {
      case "(", ")", "[", "]", ";", "@", "\\", ",": !isStrict
      case "<", ">", "\"", ":": false
      default: Self.isVisible(scalar)
      }
    }
    guard !word.isEmpty else { throw Misfit() }
    if isStrict {
      guard word.first != ".", word.last != "." else { throw Misfit() }
      guard !zip(word, word.dropFirst()).contains(where: { $0 == "." && $1 == "." }) else { throw Misfit() }
    }
    rest = rest[word.endIndex...]
  }

  /// Number of characters inside.
  private mutating func quotedString() throws(Misfit) -> Int {
    var count = 0
    var isEscaped = false
    for (offset, scalar) in rest.dropFirst().enumerated() {
      let isFine = Self.isVisible(scalar) || scalar == " " || scalar == "\t"
      if isEscaped {
        guard isFine else { throw Misfit() }
        isEscaped = false
        count += 1
      } else if scalar == "\"" {
        rest = rest.dropFirst(offset + 2)
        return count
      } else if scalar == "\\" {
        isEscaped = true
      } else {
        guard isFine else { throw Misfit() }
        count += 1
      }
    }
    throw Misfit()
  }

  private mutating func consume(_ scalar: Unicode.Scalar) -> Bool {
    guard rest.first == scalar else { return false }
    rest = rest.dropFirst()
    return true
  }

  private mutating func skipSpace() { rest = rest.drop { $0 == " " || $0 == "\t" } }

  /// White space and comments; false where a comment has no end.
  private mutating func skipComments() -> Bool {
    skipSpace()
    while rest.first == "(" {
      guard comment() else { return false }
      skipSpace()
    }
    return true
  }

  private mutating func comment() -> Bool {
    var depth = 0
    var isEscaped = false
    for (offset, scalar) in rest.enumerated() {
      if isEscaped {
        isEscaped = false
      } else if scalar == "\\" {
        isEscaped = true
      } else if scalar == "(" {
        depth += 1
      } else if scalar == ")" {
        depth -= 1
        if depth == 0 {
          rest = rest.dropFirst(offset + 1)
          return true
        }
      }
    }
    return false
  }
}
