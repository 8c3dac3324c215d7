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

  /// Lines of at most `width` cells, broken at spaces, and between Han characters, which have none.
  public static func wrapped(_ text: String, to width: Int) -> [String] {
    guard width > 3 else { return [text] }
    var lines: [String] = []
    var line = String.UnicodeScalarView()
    var used = 0
    var lastSpace: String.UnicodeScalarView.Index?
    for scalar in text.unicodeScalars {
      let size = cells(scalar)
      if used + size > width {
        if scalar == " " {
          lines.append(String(line))
          line = .init()
          used = 0
          lastSpace = nil
          continue
        }
        if let space = lastSpace {
          let rest = String(line[line.index(after: space)...])
          lines.append(String(line[..<space]))
          line = rest.unicodeScalars
          used = of(rest)
        } else {
          lines.append(String(line))
          line = .init()
          used = 0
        }
        lastSpace = nil
      }
      if scalar == " " && line.isEmpty { continue }
      line.append(scalar)
      used += size
      if scalar == " " { lastSpace = line.index(before: line.endIndex) }
    }
    if !line.isEmpty || lines.isEmpty { lines.append(String(line)) }
    return lines
  }

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
    guard unicodeScalars.contains(where: Self.commandsTerminal) else { return self }
    return String(String.UnicodeScalarView(unicodeScalars.map { Self.commandsTerminal($0) ? " " : $0 }))
  }

  private static func commandsTerminal(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x00..<0x20, 0x7F...0x9F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}
