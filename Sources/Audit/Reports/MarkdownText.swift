internal import Domain

/// Texts as Markdown shows them and does not obey them: names and values come from the machines that are judged.
enum MarkdownText {
  /// The characters that Markdown or HTML give a meaning stand for themselves; one line.
  static func plain(_ text: String) -> String {
    var result = ""
    for character in text.printable {
      if "\\`*_{}[]<>#|~&!".contains(character) { result.append("\\") }
      result.append(character)
    }
    return result
  }

  /// A value as code, in a cell of a table too: fenced by more backticks than stand in it.
  static func code(_ text: String) -> String {
    let line = text.printable
    guard line.contains(where: { $0 != " " }) else { return "" }
    var longest = 0
    var run = 0
    for character in line {
      run = character == "`" ? run + 1 : 0
      longest = max(longest, run)
    }
    let fence = String(repeating: "`", count: longest + 1)
    let gap = longest > 0 ? " " : ""
    return fence + gap + line.replacing("|", with: "\\|") + gap + fence
  }

  /// A table, or nothing where it has no rows.
  static func table(_ heads: [String], _ rows: [[String]]) -> String {
    guard !rows.isEmpty else { return "" }
    func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }
    return line(heads) + line(heads.map { _ in "---" }) + rows.map(line).joined()
  }
}
