// `and`, `or` and `not { ... }`, as OPA writes them: chains of one operator continue on the rows where their operands stood.

extension LayoutWriter {
  func writeNegation(_ body: Body, isExplicit: Bool, _ location: Location) throws(Fault) {
    write("not ")
    if isExplicit || body.count > 1 {
      try writeBracedOperand(body, location)
    } else if let only = body.first {
      let needsParentheses = !only.with.isEmpty || only.isLogical || only.isNegation || only.beginsWithBrace
      try writeOperand(only, inParentheses: needsParentheses)
    }
  }

  func writeLogic(_ expression: Expression) throws(Fault) {
    let isConjunction: Bool
    let operands: [Body]
    switch expression.kind {
    case .and(let bodies): (isConjunction, operands) = (true, bodies)
    case .or(let bodies): (isConjunction, operands) = (false, bodies)
    default: return
    }
    var isIndented = false
    defer { if isIndented { level -= 1 } }
    var lastRow: Int32 = 0
    for (index, body) in operands.enumerated() {
      let isExplicit = index < expression.explicitBodies.count && expression.explicitBodies[index]
      guard let first = body.first, let last = body.last else { continue }
      let brace = isExplicit || body.count != 1 ? bracePlace(before: first.location, in: expression.location) : nil
      if index > 0 {
        write(text: isConjunction ? " and" : " or")
        if (brace ?? first.location).row > lastRow {
          if !isIndented {
            level += 1
            isIndented = true
          }
          endLine()
          startLine()
        } else {
          write(" ")
        }
      }
      if let brace {
        try writeBracedOperand(body, brace)
        let close = rows.closingRow(UInt8(ascii: "{"), UInt8(ascii: "}"), brace)
        lastRow = close > 0 ? close : rows.endRow(last.location)
      } else {
        try writeOperand(first, inParentheses: needsParentheses(first, in: isConjunction))
        lastRow = rows.endRow(last.location)
      }
    }
  }

  private func needsParentheses(_ operand: Expression, in isConjunction: Bool) -> Bool {
    if !operand.with.isEmpty { return true }
    switch operand.kind {
    case .or: return true
    case .and: return isConjunction
    default: return operand.beginsWithBrace
    }
  }

  private func writeOperand(_ expression: Expression, inParentheses: Bool) throws(Fault) {
    if inParentheses { write("(") }
    defer { if inParentheses { write(")") } }
    try writeExpression(expression)
  }

  /// Writes `{ ... }`. A union at its beginning would read as a comprehension.
  private func writeBracedOperand(_ body: Body, _ location: Location) throws(Fault) {
    if case .term(let term)? = body.first?.kind, Infix.isUnion(term) { parenthesized = body.first?.location.offset }
    write("{")
    try writeBraces(body, after: location, in: location)
    if let last = body.last, last.location.row == location.row { write(" ") }
    write("}")
  }

  /// The place of the brace that opens an operand.
  private func bracePlace(before first: Location, in expression: Location) -> Location {
    var index = first.offset - 1
    while index >= expression.offset, rows.byte(index) != UInt8(ascii: "{") { index -= 1 }
    guard index >= expression.offset else { return expression }
    let row = first.row - rows.lineEnds(from: index, to: first.offset)
    return Location(row: row, column: 1, offset: index, end: expression.end)
  }
}

extension Expression {
  fileprivate var isLogical: Bool {
    switch kind {
    case .and, .or: true
    default: false
    }
  }

  fileprivate var isNegation: Bool {
    if case .notBody = kind { true } else { isNegated }
  }

  /// Written, it begins with a brace, which would be read as that of a body.
  fileprivate var beginsWithBrace: Bool {
    guard !isNegated, case .term(let term) = kind else { return false }
    if case .call(let function, let operands) = term.node, Infix(TermSpelling.text(function)) != nil {
      return (operands.count == 3 ? operands[2] : operands.first)?.beginsWithBrace ?? false
    }
    return term.beginsWithBrace
  }
}

extension Term {
  fileprivate var beginsWithBrace: Bool {
    switch node {
    case .set(let terms): !terms.isEmpty
    case .object, .setComprehension, .objectComprehension: true
    case .reference(let path): path.first?.beginsWithBrace ?? false
    default: false
    }
  }
}
