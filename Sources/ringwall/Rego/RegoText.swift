internal import Audit
internal import Rego

/// Errors as OPA's commands write them.
enum ErrorText {
  /// `{"errors": [{message, code, location}]}`
  static func json(_ errors: RegoErrors) -> String {
    let list = errors.errors.map { error in
      RegoValue.object([
        .init("message", .string(error.message)), .init("code", .string(error.code.rawValue)),
        .init(
          "location",
          .object([
            .init("file", .string(error.file)), .init("row", .integer(Int64(error.location.row))),
            .init("col", .integer(Int64(error.location.column))),
          ])),
      ])
    }
    return OrderedJSON.text(.object([.init("errors", .array(list))]))
  }
}

extension RegoValue.Member {
  init(_ key: String, _ value: RegoValue) { self.init(.string(key), value) }
}

/// JSON over several lines whose keys stand in the order given, as Go writes a structure.
struct OrderedJSON {
  private var lines = ""

  static func text(_ value: RegoValue) -> String {
    var writer = OrderedJSON()
    writer.write(value, "")
    return writer.lines
  }

  private mutating func write(_ value: RegoValue, _ indent: String) {
    switch value {
    case .array(let elements) where !elements.isEmpty, .set(let elements) where !elements.isEmpty:
      list("[", "]", indent, elements.map { (nil, $0) })
    case .object(let members) where !members.isEmpty:
      list("{", "}", indent, members.map { (Self.key($0.key), $0.value) })
    case .array, .set: lines += "[]"
    case .object: lines += "{}"
    default: lines += Self.compact(value)
    }
  }

  private mutating func list(_ open: String, _ close: String, _ indent: String, _ items: [(key: String?, value: RegoValue)]) {
    lines += open + "\n"
    for (index, item) in items.enumerated() {
      lines += indent + "  " + (item.key.map { $0 + ": " } ?? "")
      write(item.value, indent + "  ")
      lines += index + 1 < items.count ? ",\n" : "\n"
    }
    lines += indent + close
  }

  static func compact(_ value: RegoValue) -> String { String(decoding: Document(value).json(), as: UTF8.self) }

  /// A key as a JSON text, whatever it is.
  private static func key(_ key: RegoValue) -> String {
    if case .string = key { return compact(key) }
    return compact(.string(compact(key)))
  }
}

/// Solutions of a query in OPA's output formats.
enum SolutionText {
  static func text(_ solutions: [EvaluatedSolution], _ format: EvalCommand.Format) -> String {
    switch format {
    case .json: json(solutions)
    case .pretty: pretty(solutions)
    case .values: solutions.map { OrderedJSON.text(.array($0.expressions.map(\.value))) }.joined(separator: "\n")
    case .bindings: solutions.map { OrderedJSON.text(object($0.bindings)) }.joined(separator: "\n")
    case .raw: solutions.map { $0.expressions.map { raw($0.value) }.joined(separator: " ") }.joined(separator: "\n")
    case .discard: ""
    }
  }

  private static func object(_ bindings: [(name: String, value: RegoValue)]) -> RegoValue {
    .object(bindings.map { .init($0.name, $0.value) })
  }

  private static func raw(_ value: RegoValue) -> String {
    if case .string(let text) = value { return text }
    return OrderedJSON.compact(value)
  }

  private static func json(_ solutions: [EvaluatedSolution]) -> String {
    if solutions.isEmpty { return "{}" }
    let list = solutions.map { solution in
      let expressions = solution.expressions.map { item in
        RegoValue.object([
          .init("value", item.value), .init("text", .string(item.expression.text)),
          .init(
            "location",
            .object([
              .init("row", .integer(Int64(item.expression.location.row))), .init("col", .integer(Int64(item.expression.location.column))),
            ])),
        ])
      }
      var members: [RegoValue.Member] = [.init("expressions", .array(expressions))]
      if !solution.bindings.isEmpty { members.append(.init("bindings", object(solution.bindings))) }
      return RegoValue.object(members)
    }
    return OrderedJSON.text(.object([.init("result", .array(list))]))
  }

  // MARK: - Pretty

  private static func pretty(_ solutions: [EvaluatedSolution]) -> String {
    guard let first = solutions.first else { return "undefined" }
    if solutions.count == 1, first.bindings.isEmpty, let value = first.expressions.first?.value,
      first.expressions.count == 1 || first.expressions.allSatisfy({ isBoolean($0.value) })
    {
      return OrderedJSON.text(value)
    }
    return table(solutions)
  }

  private static func isBoolean(_ value: RegoValue) -> Bool {
    if case .boolean = value { return true }
    return false
  }

  /// Bindings by name, then the expressions whose value is no boolean.
  private static func table(_ solutions: [EvaluatedSolution]) -> String {
    let names = Set(solutions.flatMap { $0.bindings.map(\.name) }).sorted()
    let positions = Set(
      solutions.flatMap { solution in solution.expressions.indices.filter { !isBoolean(solution.expressions[$0].value) } }
    ).sorted()
    let heads = names + positions.map { solutions[0].expressions[$0].expression.text }
    guard !heads.isEmpty else { return "" }
    let rows = solutions.map { solution in
      names.map { name in solution.bindings.first { $0.name == name }.map { OrderedJSON.compact($0.value) } ?? "" }
        + positions.map { OrderedJSON.compact(solution.expressions[$0].value) }
    }
    let widths = heads.indices.map { column in
      ([heads[column]] + rows.map { $0[column] }).map { DisplayWidth.of($0) }.max() ?? 0
    }
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
    return ([rule("┌", "┬", "┐"), line(heads, centred), rule("├", "┼", "┤")] + rows.map { line($0, padded) } + [rule("└", "┴", "┘")])
      .joined(separator: "\n")
  }
}
