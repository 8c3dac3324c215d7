/// A text as sentences, each with the place of every scalar, so that a finding names line and column.
struct CitationText {
  struct Sentence {
    var scalars: [Unicode.Scalar] = []
    /// First scalar of each piece that lies on one line: where in the sentence, and line and column of it.
    var places: [(offset: Int, line: Int, column: Int)] = []

    func place(of offset: Int) -> (line: Int, column: Int) {
      let piece = places.last { $0.offset <= offset } ?? (0, 1, 1)
      return (piece.line, piece.column + offset - piece.offset)
    }
  }

  /// Words after which a full stop ends no sentence.
  private static let abbreviations: Set<String> = ["Rev", "Vol", "Art", "No", "no", "Sec", "cf", "Amd", "Part", "e.g", "i.e", "vs", "Inc"]
  private static let longest = 20_000

  /// How a line of a list without marks begins.
  private enum Opening {
    case id
    case key
  }

  /// Sentences end at their mark with a blank behind it, at an empty line, at the end of a line of a list, a heading or a table, and before
  /// a line that begins as the sentence did: with an id, or with a key and a colon.
  static func sentences(of text: String) -> [Sentence] {
    var found: [Sentence] = []
    var current = Sentence()
    var opening: Opening?
    func finish() {
      if !current.scalars.isEmpty { found.append(current) }
      current = Sentence()
      opening = nil
    }
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let scalars = Array(line.unicodeScalars).filter { $0 != "\r" }
      let first = scalars.firstIndex { $0 != " " && $0 != "\t" }
      guard let first else {
        finish()
        continue
      }
      if "#|-*>+".unicodeScalars.contains(scalars[first]) { finish() }
      let own = Self.opening(scalars[first...])
      if own != nil, own == opening, !Self.isHanging(current.scalars) { finish() }
      if current.scalars.isEmpty { opening = own } else { current.scalars.append(" ") }
      current.places.append((current.scalars.count, index + 1, first + 1))
      var i = first
      while i < scalars.count {
        // What is not seen must not hide an id.
        if isInvisible(scalars[i]) {
          i += 1
          current.places.append((current.scalars.count, index + 1, i + 1))
          continue
        }
        current.scalars.append(scalars[i])
        let isLast = i + 1 == scalars.count
        let next: Unicode.Scalar = isLast ? " " : scalars[i + 1]
        let isEnd =
          "。！？；".unicodeScalars.contains(scalars[i])
          || (".!?;".unicodeScalars.contains(scalars[i]) && (next == " " || next == "\"") && !endsWithAbbreviation(current.scalars))
          || current.scalars.count >= longest
        i += 1
        guard isEnd else { continue }
        finish()
        while i < scalars.count, scalars[i] == " " { i += 1 }
        if i < scalars.count { current.places.append((0, index + 1, i + 1)) }
      }
      if scalars[first] == "#" || scalars[first] == "|" { finish() }
    }
    finish()
    return found
  }

  /// Behind a number in brackets, as a list of references has it.
  private static func opening(_ line: ArraySlice<Unicode.Scalar>) -> Opening? {
    var rest = line.prefix(80)
    if rest.first == "[" || rest.first == "(", let end = rest.prefix(6).firstIndex(where: { $0 == "]" || $0 == ")" }) {
      rest = rest[(end + 1)...].drop { $0 == " " }
    }
    if CitationScanner.mentions(in: Array(rest)).first?.range.lowerBound == 0 { return .id }
    let name = rest.prefix { CitationScanner.isWord($0) || $0 == "-" || $0 == "." || $0 == "\"" }
    let behind = rest[name.endIndex...].prefix(2)
    return !name.isEmpty && behind.first == ":" && (behind.count == 1 || behind.last == " ") ? .key : nil
  }

  /// True where a line breaks inside an enumeration: "NIST SP 800-125 and".
  private static func isHanging(_ scalars: [Unicode.Scalar]) -> Bool {
    guard let last = scalars.last(where: { $0 != " " }) else { return false }
    if ",，、/&".unicodeScalars.contains(last) { return true }
    if "和与及或".unicodeScalars.contains(last) { return true }
    let end = Array(scalars.suffix(5))
    return [" and", " or", " with", " by", " of", " in", " to", " the"].contains {
      end.suffix($0.unicodeScalars.count).elementsEqual($0.unicodeScalars)
    }
  }

  /// Soft hyphens, joiners and other marks of no width.
  private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value == 0xAD || (0x200B...0x200F).contains(scalar.value) || (0x2060...0x2064).contains(scalar.value) || scalar.value == 0xFEFF
  }

  private static func endsWithAbbreviation(_ scalars: [Unicode.Scalar]) -> Bool {
    var word = String.UnicodeScalarView()
    for scalar in scalars.dropLast().reversed() {
      guard CitationScanner.isWord(scalar) || scalar == "." else { break }
      word.insert(scalar, at: word.startIndex)
      if word.count > 5 { return false }
    }
    return abbreviations.contains(String(word))
  }
}
