public import Domain

/// The frameworks that evidence can be grouped by, or the clauses of one.
public struct FrameworksReport {
  public static let schema = "ringwall.frameworks/1"

  /// - Parameter controls: of this version, to say how many give evidence.
  public static func json(_ frameworks: [Framework], controls: [Control], texts: Texts) -> [UInt8] {
    let values = frameworks.map { framework -> FactValue in
      let clauses = framework.clauses.map { clause -> FactValue in
        .object([
          "id": .string(clause.id), "title": .string(clause.title(texts)), "paraphrase": clause.isParaphrase ? true : nil,
          "verified": .string(clause.isRead ? "read" : "known"), "families": .array(clause.families.map { .string($0) }),
          "weak": clause.weaknesses.isEmpty
            ? nil : .object(clause.weaknesses.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) }),
          "controls": .int(Int64(controls.count(where: clause.isEvidenced))),
          "levels": clause.levelValue,
          "status": clause.status.isEmpty ? nil : .string(clause.status), "from": clause.from.map { .int(Int64($0)) },
          "until": clause.until.map { .int(Int64($0)) },
        ])
      }
      return [
        "id": .string(framework.id), "name": .string(framework.name), "version": .string(framework.version),
        "source": .string(framework.source),
        "clauses": .array(clauses),
      ]
    }
    let document: FactValue = ["schema": .string(schema), "mapping": .string(Frameworks.assignment), "frameworks": .array(values)]
    return JSONText.bytes(document, indent: 2) + [0x0A]
  }

  /// One block per framework: id, clauses, those read at the source and those with controls of this version, name and version.
  public static func table(_ frameworks: [Framework], controls: [Control], texts: Texts, style: TerminalStyle) -> String {
    let heads = ["framework", "clauses", "read", "covered"].map { texts["column.\($0)"] }
    let rows = frameworks.map { framework in
      [
        framework.id, "\(framework.clauses.count)", "\(framework.clauses.count { $0.isRead })",
        "\(framework.clauses.count { controls.contains(where: $0.isEvidenced) })",
      ]
    }
    let widths = heads.indices.map { i in rows.reduce(DisplayWidth.of(heads[i])) { max($0, DisplayWidth.of($1[i])) } }
    func line(_ cells: [String], _ last: String) -> String {
      zip(cells, widths).map { DisplayWidth.padded($0, to: $1) + "  " }.joined() + last
    }
    let indent = widths.reduce(0) { $0 + $1 + 2 }
    var lines = [line(heads, texts["column.title"])]
    for (framework, row) in zip(frameworks, rows) {
      let room = max(16, style.columns - indent)
      let parts =
        DisplayWidth.wrapped(texts.phrase(framework.name), to: room)
        + DisplayWidth.wrapped(texts.phrase(framework.version), to: room).map { style.paint($0, .dim) }
      lines.append(line(row, parts[0]))
      lines += parts.dropFirst().map { String(repeating: " ", count: indent) + $0 }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The clauses of one framework: id, title and what fits only in part.
  public static func clauses(_ framework: Framework, controls: [Control], texts: Texts, style: TerminalStyle) -> String {
    var lines = DisplayWidth.wrapped("\(framework.id)  \(texts.phrase(framework.name))", to: style.columns).map { style.paint($0, .bold) }
    let source = texts("frameworks.source", ["source": texts.phrase(framework.source)])
    lines +=
      DisplayWidth.wrapped(texts.phrase(framework.version), to: style.columns)
      + DisplayWidth.wrapped(source, to: style.columns).map { style.paint($0, .dim) }
    lines.append("")
    let width = framework.clauses.reduce(0) { max($0, DisplayWidth.of($1.id)) }
    let indent = String(repeating: " ", count: width + 2)
    for clause in framework.clauses {
      let count = controls.count(where: clause.isEvidenced)
      var evidence = clause.isAssigned ? texts("frameworks.controls", ["count": "\(count)"]) : texts["clause.noControl.short"]
      evidence = ([evidence] + texts.levels(clause)).joined(separator: texts["list.separator"])
      var parts = DisplayWidth.wrapped(texts.title(clause), to: max(16, style.columns - width - 2))
      parts.append(contentsOf: DisplayWidth.wrapped(evidence, to: max(16, style.columns - width - 2)).map { style.paint($0, .dim) })
      for (family, reason) in clause.weaknesses.sorted(by: { $0.key < $1.key }) {
        let words = texts.headed("\(family) \(texts["clause.weak"])", texts.phrase(reason))
        parts += DisplayWidth.wrapped(words, to: max(16, style.columns - width - 2))
      }
      parts.removeAll(where: \.isEmpty)
      for (i, part) in parts.enumerated() { lines.append((i == 0 ? DisplayWidth.padded(clause.id, to: width) + "  " : indent) + part) }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
