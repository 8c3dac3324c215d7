internal import Rego

/// A solution with the expressions that gave it.
struct EvaluatedSolution {
  let bindings: [(name: String, value: RegoValue)]
  let expressions: [(expression: PreparedQuery.Expression, value: RegoValue)]

  init(_ solution: Solution, of query: PreparedQuery) {
    bindings = solution.bindings.sorted { $0.name < $1.name }
    expressions = zip(query.expressions, solution.values).map { ($0, $1) }
  }

  var bindingsValue: RegoValue { .object(bindings.map { .init($0.name, $0.value) }) }
}

/// Solutions of a query in OPA's output formats.
enum SolutionText {
  static func values(_ solutions: [EvaluatedSolution]) -> String {
    solutions.map { OrderedJSON.text(.array($0.expressions.map(\.value))) }.joined(separator: "\n")
  }

  static func bindings(_ solutions: [EvaluatedSolution]) -> String {
    solutions.map { OrderedJSON.text($0.bindingsValue) }.joined(separator: "\n")
  }

  /// One line a solution; texts as they are.
  static func raw(_ solutions: [EvaluatedSolution]) -> String {
    solutions.map { $0.expressions.map { raw($0.value) }.joined(separator: " ") }.joined(separator: "\n")
  }

  private static func raw(_ value: RegoValue) -> String {
    if case .string(let text) = value { return text }
    return OrderedJSON.compact(value)
  }

  /// The value of `result` in the JSON format.
  static func json(_ solutions: [EvaluatedSolution]) -> RegoValue {
    .array(
      solutions.map { solution in
        let expressions = solution.expressions.map { item in
          RegoValue.object([
            .init("value", item.value), .init("text", .string(item.expression.text)), .init("location", location(item.expression)),
          ])
        }
        var members: [RegoValue.Member] = [.init("expressions", .array(expressions))]
        if !solution.bindings.isEmpty { members.append(.init("bindings", solution.bindingsValue)) }
        return .object(members)
      })
  }

  private static func location(_ expression: PreparedQuery.Expression) -> RegoValue {
    .object([.init("row", .integer(Int64(expression.location.row))), .init("col", .integer(Int64(expression.location.column)))])
  }

  /// Levels at which values stand in the JSON format's document.
  static let bindingsLevel = 4
  static let valuesLevel = 5

  /// The value of `result` in the JSON format, of solutions written for the levels above.
  static func tree(_ solutions: [SolutionJSON], of query: PreparedQuery) -> OutputTree {
    .array(
      solutions.map { solution in
        let expressions = zip(query.expressions, solution.values).map { expression, text in
          OutputTree.object([
            ("value", .text(text)), ("text", .value(.string(expression.text))), ("location", .value(location(expression))),
          ])
        }
        var members: [(key: String, value: OutputTree)] = [("expressions", .array(expressions))]
        if !solution.bindings.isEmpty {
          members.append(("bindings", .object(solution.bindings.sorted { $0.name < $1.name }.map { ($0.name, .text($0.text)) })))
        }
        return .object(members)
      })
  }

  // MARK: - Pretty

  /// - Parameter limit: bytes of a cell of a table; 0 for any number.
  static func pretty(_ solutions: [EvaluatedSolution], limit: Int) -> String {
    guard let first = solutions.first else { return "undefined" }
    if solutions.count == 1, first.bindings.isEmpty, let value = first.expressions.first?.value,
      first.expressions.count == 1 || first.expressions.allSatisfy({ isBoolean($0.value) })
    {
      return OrderedJSON.text(value)
    }
    // Bindings by name, then the expressions whose value is no boolean.
    let names = first.bindings.map(\.name)
    let positions = first.expressions.indices.filter { names.isEmpty || !isBoolean(first.expressions[$0].value) }
    let heads = names + positions.map { first.expressions[$0].expression.text }
    guard !heads.isEmpty else { return "" }
    let rows = solutions.map { solution in
      names.map { name in solution.bindings.first { $0.name == name }.map { OrderedJSON.compact($0.value) } ?? "" }
        + positions.map { OrderedJSON.compact(solution.expressions[$0].value) }
    }
    return TextTable.text(heads, rows.map { $0.map { cut($0, limit) } })
  }

  static func cut(_ text: String, _ limit: Int) -> String {
    guard limit > 0, text.utf8.count > limit else { return text }
    var end = text.utf8.index(text.startIndex, offsetBy: limit)
    while end > text.startIndex, end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
    return text[..<end] + "..."
  }

  private static func isBoolean(_ value: RegoValue) -> Bool {
    if case .boolean = value { return true }
    return false
  }
}
