internal import Domain

/// What a systemd service starts: the words behind the program's name with their variables filled in, and the places they were read at.
struct ServiceStart: Sendable {
  let words: [String]
  let sources: [FactSource]

  /// Nil where the unit starts nothing.
  init?(_ unit: SystemdUnit, tree: Tree) {
    guard let start = unit.list("Service", "ExecStart").last else { return nil }
    var variables: [String: (value: String, source: FactSource)] = [:]
    for setting in unit.list("Service", "Environment") {
      for assignment in Words.split(setting.value) {
        let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2 { variables[String(parts[0])] = (String(parts[1]), setting.source) }
      }
    }
    // Values from files win over Environment=, whatever the order in the unit (systemd.exec(5)).
    for setting in unit.list("Service", "EnvironmentFile") {
      let path = setting.value.hasPrefix("-") ? String(setting.value.dropFirst()) : setting.value
      for (name, assignment) in Self.assignments(in: path, tree: tree) { variables[name] = assignment }
    }
    var sources = [start.source]
    var words: [String] = []
    for word in Words.split(start.value).dropFirst() {
      guard word.hasPrefix("$") else {
        words.append(word)
        continue
      }
      let isBraced = word.hasPrefix("${") && word.hasSuffix("}")
      let name = isBraced ? String(word.dropFirst(2).dropLast()) : String(word.dropFirst())
      guard let variable = variables[name] else { continue }
      sources.insert(variable.source, at: 0)
      words += isBraced ? [variable.value] : Words.split(variable.value)
    }
    self.words = words
    self.sources = sources
  }

  /// Assignments of an environment file, with the place of each; empty where it cannot be read.
  static func assignments(in path: String, tree: Tree) -> [String: (value: String, source: FactSource)] {
    guard let bytes = try? tree.bytes(TreeLinks(tree).readable(path), limit: 1 << 20) else { return [:] }
    var result: [String: (value: String, source: FactSource)] = [:]
    for (i, raw) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      var line = UnitText.trimmed(String(decoding: raw, as: UTF8.self))
      if line.hasPrefix("#") || line.hasPrefix(";") { continue }
      if line.hasPrefix("export ") { line = UnitText.trimmed(line.dropFirst(7)) }
      guard let equals = line.firstIndex(of: "=") else { continue }
      let value = Words.split(String(line[line.index(after: equals)...])).joined(separator: " ")
      result[UnitText.trimmed(line[..<equals])] = (value, .path(path, line: i + 1, column: 1))
    }
    return result
  }
}
