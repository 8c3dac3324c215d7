extension GraphQL {
  /// Names that a mistaken one may have meant.
  enum Suggestion {
    private static let limit = 5

    /// ` Did you mean "a", "b", or "c"?`; empty without anything similar.
    static func text(_ name: String, _ names: [String], kind: String = "") -> String {
      let similar = similar(name, names)
      return similar.isEmpty ? "" : " Did you mean \(kind)\(quoted(similar))?"
    }

    static func quoted(_ names: [String]) -> String {
      let words = names.prefix(limit).map { "\"\($0)\"" }
      guard let last = words.last, words.count > 1 else { return words.first ?? "" }
      return words.count == 2 ? "\(words[0]) or \(last)" : words.dropLast().joined(separator: ", ") + ", or " + last
    }

    private static func similar(_ name: String, _ names: [String]) -> [String] {
      let input = Array(name.utf8)
      // Long names are no typing mistakes of each other.
      guard input.count <= 100 else { return [] }
      var found: [(name: String, distance: Int)] = []
      for option in names.prefix(1000) where option.utf8.count <= 100 {
        let distance = distance(input, Array(option.utf8))
        if distance <= max(input.count / 2, option.utf8.count / 2, 1) { found.append((option, distance)) }
      }
      return found.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.map(\.name)
    }

    /// Insertions, deletions, replacements and exchanges of neighbours; another case of the letters counts as one.
    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
      if a == b { return 0 }
      func lower(_ text: [UInt8]) -> [UInt8] { text.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 } }
      let x = lower(a), y = lower(b)
      if x == y { return 1 }
      var rows = [[Int]](repeating: [Int](repeating: 0, count: y.count + 1), count: x.count + 1)
      for i in 0...x.count { rows[i][0] = i }
      for j in 0...y.count { rows[0][j] = j }
      guard !x.isEmpty, !y.isEmpty else { return max(x.count, y.count) }
      for i in 1...x.count {
        for j in 1...y.count {
          let cost = x[i - 1] == y[j - 1] ? 0 : 1
          rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + cost)
          if i > 1, j > 1, x[i - 1] == y[j - 2], x[i - 2] == y[j - 1] { rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + cost) }
        }
      }
      return rows[x.count][y.count]
    }
  }
}
