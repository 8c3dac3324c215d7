internal import Domain

/// How many cells a text takes on a terminal, and text cut or padded to cells. Han, kana, hangul and full-width forms take two.
public enum DisplayWidth {
  public static func of(_ text: String) -> Int { text.unicodeScalars.reduce(0) { $0 + cells($1) } }

  /// The text with spaces up to `width` cells.
  public static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - of(text)))
  }

  /// The text, or its beginning and ".." where it is wider than `width` cells.
  public static func cut(_ text: String, to width: Int) -> String {
    guard of(text) > width, width > 2 else { return text }
    var used = 0
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if used + cells(scalar) > width - 2 { break }
      used += cells(scalar)
      result.append(scalar)
    }
    return String(result) + ".."
  }

  /// Lines of at most `width` cells, broken at spaces and beside Han characters, else after a slash, else anywhere. No line begins with
  /// closing punctuation or ends with opening punctuation where that can be helped.
  public static func wrapped(_ text: String, to width: Int) -> [String] {
    guard width > 3 else { return [text] }
    let scalars = Array(text.unicodeScalars)
    var lines: [String] = []
    var start = 0
    while start < scalars.count {
      while start < scalars.count, scalars[start] == " ", !lines.isEmpty { start += 1 }
      var end = start
      var used = 0
      while end < scalars.count, used + cells(scalars[end]) <= width {
        used += cells(scalars[end])
        end += 1
      }
      if end < scalars.count { end = lastBreak(in: scalars, from: start, to: end) }
      var last = end
      while last > start, scalars[last - 1] == " " { last -= 1 }
      if last > start { lines.append(String(String.UnicodeScalarView(scalars[start..<last]))) }
      start = end
    }
    return lines.isEmpty ? [""] : lines
  }

  /// The best place to end a line that begins at `start` and has no room for the scalar at `end`.
  private static func lastBreak(in scalars: [Unicode.Scalar], from start: Int, to end: Int) -> Int {
    var slash: Int?
    var i = end
    while i > start {
      if scalars[i] == " " ? !isInNumber(scalars, i) : mayBreak(scalars[i - 1], scalars[i]) { return i }
      if slash == nil, scalars[i - 1] == "/" { slash = i }
      i -= 1
    }
    // A slash at the very beginning, as of every path, leaves next to nothing on the line.
    if let slash, slash - start > 8 { return slash }
    return max(end, start + 1)
  }

  /// Whether the blank at `i` stands between the groups of one number: "2 000 000".
  private static func isInNumber(_ scalars: [Unicode.Scalar], _ i: Int) -> Bool {
    func isDigit(_ i: Int) -> Bool { scalars.indices.contains(i) && ("0"..."9").contains(scalars[i]) }
    return isDigit(i - 1) && isDigit(i + 1) && isDigit(i + 2) && isDigit(i + 3) && !isDigit(i + 4)
  }

  private static func mayBreak(_ before: Unicode.Scalar, _ after: Unicode.Scalar) -> Bool {
    guard cells(before) == 2 || cells(after) == 2 else { return false }
    return !opening.contains(before) && !closing.contains(after)
  }

  private static let opening: Set<Unicode.Scalar> = ["（", "“", "‘", "《", "(", "["]
  private static let closing: Set<Unicode.Scalar> = ["，", "。", "：", "；", "、", "）", "”", "’", "》", "？", ",", ".", ":", ";", ")", "]"]

  /// Unicode's East Asian Width W and F, combining marks 0, everything else 1.
  private static func cells(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case 0x0300...0x036F, 0x200B...0x200F, 0xFE00...0xFE0F, 0x20D0...0x20FF: 0
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF, 0xA960...0xA97F,
      0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF,
      0x20000...0x3FFFD:
      2
    default: 1
    }
  }
}

/// Colour on a terminal: repeats what a word says, and is left out where nobody looks.
public struct TerminalStyle: Sendable, Hashable {
  public enum Tone: String, Sendable {
    case red = "31"
    case yellow = "33"
    case magenta = "35"
    case cyan = "36"
    case green = "32"
    case dim = "2"
    case bold = "1"
  }

  public let isColoured: Bool
  /// Cells of a line.
  public let columns: Int

  public init(isColoured: Bool, columns: Int) {
    self.isColoured = isColoured
    self.columns = columns
  }

  func paint(_ text: String, _ tone: Tone?) -> String {
    guard isColoured, let tone, !text.isEmpty else { return text }
    return "\u{1B}[\(tone.rawValue)m\(text)\u{1B}[0m"
  }
}

extension String {
  /// The text in one line that a terminal shows and does not obey: controls, line and paragraph separators and marks that change the
  /// direction of writing become spaces. Names and values come from the machines that are judged.
  public var printable: String {
    guard !PlainText.isPrintable(self), unicodeScalars.contains(where: Self.commandsTerminal) else { return self }
    return String(String.UnicodeScalarView(unicodeScalars.map { Self.commandsTerminal($0) ? " " : $0 }))
  }

  private static func commandsTerminal(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x00..<0x20, 0x7F...0x9F, 0x61C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF: true
    default: false
    }
  }
}
