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

  /// Sentences end at their mark with a blank behind it, at an empty line, and at the end of a line of a list, a heading or a table.
  static func sentences(of text: String) -> [Sentence] {
    var found: [Sentence] = []
    var current = Sentence()
    func finish() {
      if !current.scalars.isEmpty { found.append(current) }
      current = Sentence()
    }
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let scalars = Array(line.unicodeScalars).filter { $0 != "\r" }
      let first = scalars.firstIndex { $0 != " " && $0 != "\t" }
      guard let first else {
        finish()
        continue
      }
      if "#|-*>+".unicodeScalars.contains(scalars[first]) { finish() }
      if !current.scalars.isEmpty { current.scalars.append(" ") }
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
