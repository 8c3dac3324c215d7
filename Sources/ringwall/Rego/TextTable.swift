internal import Audit

/// A table of lines and corners, as OPA draws it.
enum TextTable {
  /// - Parameter heads: nil for a table without a head.
  static func text(_ heads: [String]?, _ rows: [[String]]) -> String { text(heads, groups: [rows]) }

  /// - Parameter groups: rows between lines.
  static func text(_ heads: [String]?, groups: [[[String]]]) -> String {
    let rows = groups.flatMap(\.self)
    let all = (heads.map { [$0] } ?? []) + rows
    let columns = all.map(\.count).max() ?? 0
    guard columns > 0 else { return "" }
    let widths = (0..<columns).map { column in all.map { DisplayWidth.of($0[column]) }.max() ?? 0 }
    func rule(_ left: String, _ middle: String, _ right: String) -> String {
      left + widths.map { String(repeating: "─", count: $0 + 2) }.joined(separator: middle) + right
    }
    func centred(_ text: String, _ width: Int) -> String {
      let space = width - DisplayWidth.of(text)
      return String(repeating: " ", count: space / 2) + text + String(repeating: " ", count: space - space / 2)
    }
    func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: width - DisplayWidth.of(text)) }
    func line(_ cells: [String], _ place: (String, Int) -> String) -> String {
      "│ " + zip(cells, widths).map(place).joined(separator: " │ ") + " │"
    }
    var lines = [rule("┌", "┬", "┐")]
    if let heads { lines += [line(heads, centred), rule("├", "┼", "┤")] }
    for (index, group) in groups.enumerated() {
      if index > 0 { lines.append(rule("├", "┼", "┤")) }
      lines += group.map { line($0, padded) }
    }
    lines.append(rule("└", "┴", "┘"))
    return lines.joined(separator: "\n")
  }
}
