internal import Audit

/// What the argument parser says, laid out: help pages, and errors with the use that follows them. The parser writes English in lines of
/// unbounded width; each line is translated where another language is asked for, and broken anew. A sample of a command stays one line,
/// so that it can be copied, and what is said about it hangs behind it.
struct HelpLayout {
  /// Nil leaves the English.
  let translation: Translation?
  let columns: Int

  /// Width that no line of a help page reaches, which keeps each text in one line.
  static let unbounded = 4_000
  /// Where the texts of options begin in the parser's pages.
  private static let column = 26

  func text(_ page: String) -> String {
    var lines: [String] = []
    for line in page.split(separator: "\n", omittingEmptySubsequences: false) { lines += laidOut(String(line)) }
    return lines.joined(separator: "\n")
  }

  private func laidOut(_ line: String) -> [String] {
    let indent = line.prefix { $0 == " " }.count
    guard indent < line.count else { return [""] }
    if indent == 0 { return headed(line) }
    if indent >= Self.column { return hanging("", told(String(line.dropFirst(indent))), at: Self.column) }
    let body = line.dropFirst(indent)
    guard let gap = gap(in: line, from: indent) else {
      return ["" + String(repeating: " ", count: indent) + (translation?.sentence(String(body)) ?? String(body))]
    }
    let label = line.prefix(gap.lowerBound)
    return hanging(String(label), told(String(line.dropFirst(gap.upperBound))), at: gap.upperBound)
  }

  /// A line at the margin: a heading with its text, or a paragraph.
  private func headed(_ line: String) -> [String] {
    for (english, chinese) in Self.headings where line.hasPrefix(english) {
      let heading = translation == nil ? english + (line.count > english.count ? " " : "") : chinese
      let rest = String(line.dropFirst(english.count))
      let body = rest.first == " " ? rest.drop { $0 == " " } : rest[...]
      // What a script looks for in an error stands in one line.
      if translation == nil, english == "Error:" { return [line] }
      if english == "USAGE:" || english == "Usage:" { return DisplayWidth.wrapped(heading + body, to: columns) }
      if english == "Help:", let gap = gap(in: rest, from: 2) {
        let label = heading + rest.prefix(gap.lowerBound).drop { $0 == " " }
        return hanging(label, told(String(rest.dropFirst(gap.upperBound))), at: DisplayWidth.of(label) + 2)
      }
      return DisplayWidth.wrapped(heading + told(String(body)), to: columns)
    }
    return DisplayWidth.wrapped(told(line), to: columns)
  }

  private static let headings: KeyValuePairs = [
    "OVERVIEW:": "概述：", "USAGE:": "用法：", "ARGUMENTS:": "参数：", "OPTIONS:": "选项：", "SUBCOMMANDS:": "子命令：", "Error:": "错误：",
    "Help:": "说明：", "Usage:": "用法：",
  ]

  /// The spaces between a label and its text: two or more, or the one before the column of texts.
  private func gap(in line: String, from indent: Int) -> Range<Int>? {
    let characters = Array(line)
    var start = indent
    while start < characters.count {
      guard characters[start] == " " else {
        start += 1
        continue
      }
      var end = start
      while end < characters.count, characters[end] == " " { end += 1 }
      if end - start > 1 || (end == Self.column && characters[indent] == "-") { return start..<end }
      start = end
    }
    return nil
  }

  private func hanging(_ label: String, _ text: String, at column: Int) -> [String] {
    let lines = DisplayWidth.wrapped(text, to: max(columns - column, 20))
    return lines.enumerated().map { index, line in
      index == 0 ? DisplayWidth.padded(label, to: column) + line : String(repeating: " ", count: column) + line
    }
  }

  /// A text without what the parser adds behind it: "(values: a, b; default: a)".
  private func told(_ text: String) -> String {
    guard let translation else { return text }
    guard text.hasSuffix(")"),
      let open = [" (values: ", " (default: "].compactMap({ text.lastRange(of: $0) }).min(by: { $0.lowerBound < $1.lowerBound })
    else { return translation(text) }
    let added = text[text.index(after: open.lowerBound)...].dropFirst().dropLast().split(separator: "; ").map { part in
      part.replacing("values: ", with: "可选：").replacing("default: ", with: "默认：").replacing(", ", with: "、")
    }
    return translation(String(text[..<open.lowerBound])) + "（\(added.joined(separator: "；"))）"
  }
}

extension String {
  fileprivate func lastRange(of text: String) -> Range<Index>? {
    var result: Range<Index>?
    var start = startIndex
    while let found = self[start...].firstRange(of: text) {
      result = found
      start = found.upperBound
    }
    return result
  }
}
