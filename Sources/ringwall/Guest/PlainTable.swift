internal import Audit

/// Columns of texts without lines between them, two spaces apart, under one head.
enum PlainTable {
  /// - Parameter right: columns whose texts stand to the right, as numbers do. The last column is not filled up.
  static func text(_ head: [String], _ rows: [[String]], right: Set<Int> = []) -> String {
    let all = [head] + rows
    let widths = head.indices.map { column in all.reduce(0) { max($0, DisplayWidth.of($1[column])) } }
    return all.map { line($0, widths, right) }.joined(separator: "\n")
  }

  private static func line(_ row: [String], _ widths: [Int], _ right: Set<Int>) -> String {
    var cells: [String] = []
    for (column, cell) in row.enumerated() {
      let padding = String(repeating: " ", count: widths[column] - DisplayWidth.of(cell))
      if right.contains(column) {
        cells.append(padding + cell)
      } else {
        cells.append(column == row.count - 1 ? cell : cell + padding)
      }
    }
    var text = cells.joined(separator: "  ")
    while text.last == " " { text.removeLast() }
    return text
  }
}
