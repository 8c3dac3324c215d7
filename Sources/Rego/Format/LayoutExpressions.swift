extension LayoutWriter {
  func writeBody(_ body: Body) throws(Fault) {
    guard let first = body.first else { return }
    try insertComments(at: first.location.row)
    for (index, expression) in body.enumerated() {
      if index > 0, expression.location.row > rows.endRow(body[index - 1].location) + 1 { blankLine() }
      startLine()
      do throws(Fault) { try writeExpression(expression) } catch {
        if case .failed(let problem) = error { errors.append(problem) }
      }
      endLine()
    }
  }

  func writeExpression(_ expression: Expression) throws(Fault) {
    let isParenthesized = parenthesized == expression.location.offset
    if isParenthesized {
      parenthesized = nil
      write("(")
    }
    defer { if isParenthesized { write(")") } }
    try insertComments(at: expression.location.row)
    if !isInline { startLine() }
    if expression.isNegated { write("not ") }
    switch expression.kind {
    case .term(let term):
      if case .call(let function, let operands) = term.node {
        try writeStatementCall(function, operands)
      } else {
        try writeTerm(term)
      }
    case .someVariables(let names): try writeDeclaration(names, expression.location)
    case .someIn(let key, let value, let collection):
      try insertComments(at: expression.location.row)
      write("some ")
      try writeMembership([key, value, collection].compactMap { $0 }, isParenthesized: false)
    case .every(let key, let value, let domain, let body): try writeEvery(key, value, domain, body, expression.location)
    case .notBody(let body): try writeNegation(body, isExplicit: expression.explicitBodies.first ?? false, expression.location)
    case .and, .or: try writeLogic(expression)
    }
    try writeModifiers(expression)
  }

  private func writeModifiers(_ expression: Expression) throws(Fault) {
    guard let first = expression.with.first else { return }
    var lastRow = endRowWithoutModifiers(expression, first)
    var modifiers = expression.with[...]
    if first.location.row == lastRow {
      try write(first, isIndented: false)
      modifiers = modifiers.dropFirst()
    }
    var isIndented = false
    defer { if isIndented { level -= 1 } }
    for modifier in modifiers {
      let breaks = modifier.location.row > lastRow
      if breaks {
        if !isIndented {
          level += 1
          isIndented = true
        }
        endLine()
        startLine()
        lastRow = modifier.location.row
      }
      try write(modifier, isIndented: breaks)
    }
  }

  private func endRowWithoutModifiers(_ expression: Expression, _ first: With) -> Int32 {
    var location = expression.location
    if first.location.offset > location.offset, first.location.offset <= location.end { location.end = first.location.offset }
    while location.end > location.offset, [0x20, 0x09, 0x0D, 0x0A].contains(rows.byte(location.end - 1)) { location.end -= 1 }
    return rows.endRow(location)
  }

  private func write(_ modifier: With, isIndented: Bool) throws(Fault) {
    try insertComments(at: modifier.location.row)
    if !isIndented { write(" ") }
    write("with ")
    try writeTerm(modifier.target)
    write(" as ")
    do throws(Fault) { try writeTerm(modifier.value) } catch {
      // The value was written as it stood.
      guard error.isComment else { throw error }
    }
  }

  private func writeDeclaration(_ names: [Term], _ location: Location) throws(Fault) {
    try insertComments(at: location.row)
    write("some ")
    var row = location.row
    for (index, name) in names.enumerated() {
      if name.location.row > row {
        endLine()
        startLine()
        write("\t")
        row = name.location.row
      } else if index > 0 {
        write(" ")
      }
      try writeTerm(name)
      if index + 1 < names.count { write(",") }
    }
  }

  private func writeEvery(_ key: Term?, _ value: Term, _ domain: Term, _ body: Body, _ location: Location) throws(Fault) {
    try insertComments(at: location.row)
    write("every ")
    if let key {
      try writeTerm(key)
      write(", ")
    }
    try writeTerm(value)
    write(" in ")
    try writeTerm(domain)
    write(" {")
    try writeBraces(body, after: location, in: location)
    if body.count == 1, body[0].location.row == location.row { write(" ") }
    write("}")
  }

  /// The body of `every`, `not` or an operand; a comment that does not fit keeps its lines.
  func writeBraces(_ body: Body, after start: Location, in location: Location) throws(Fault) {
    do throws(Fault) {
      try writeComprehensionBody(body, after: start, in: location, UInt8(ascii: "{"), UInt8(ascii: "}"))
    } catch {
      guard error.isComment else { throw error }
    }
  }

  // MARK: Calls

  private func writeStatementCall(_ function: Term, _ operands: [Term]) throws(Fault) {
    let name = TermSpelling.text(function)
    if Infix.isMembership(name) { return try writeMembership(operands, isParenthesized: false, name) }
    guard let infix = Infix(name) else { return try writePlainCall(function, operands) }
    switch operands.count {
    case 2: try writeOperands(operands[0], infix, operands[1])
    case 3:
      try writeOperand(operands[2], of: .equality, isRight: false)
      write(" = ")
      try writeOperand(operands[0], of: infix, isRight: false)
      write(text: " \(infix.text) ")
      try writeOperand(operands[1], of: infix, isRight: true)
    default: throw .failed(arityMismatch(name, function.location))
    }
  }

  private func writeOperands(_ left: Term, _ infix: Infix, _ right: Term) throws(Fault) {
    var fault: Fault?
    do throws(Fault) { try writeOperand(left, of: infix, isRight: false) } catch {
      // What holds the comment was written as it stood; the other side follows.
      guard error.isComment else { throw error }
      fault = error
    }
    write(text: " \(infix.text) ")
    try writeOperand(right, of: infix, isRight: true)
    if let fault { throw fault }
  }

  /// Writes a side of the operator of a statement, in parentheses where it would not be read as a side without them.
  private func writeOperand(_ term: Term, of infix: Infix, isRight: Bool) throws(Fault) {
    guard let inner = Infix(of: term), isRight ? inner.binding <= infix.binding : inner.binding < infix.binding else {
      return try writeTerm(term)
    }
    write("(")
    defer { write(")") }
    try writeTerm(term)
  }

  func writePlainCall(_ function: Term, _ operands: [Term]) throws(Fault) {
    if case .reference(let path) = function.node { try writeReference(path) } else { write(text: TermSpelling.text(function)) }
    write("(")
    defer { write(")") }
    let close = rows.closingRow(UInt8(ascii: "("), UInt8(ascii: ")"), function.location)
    try writeSequence(operands.map { .term($0) }, in: function.location, closedAt: close, parenthesizesUnions: false)
  }

  /// `x in xs` or `k, x in xs`.
  func writeMembership(_ operands: [Term], isParenthesized: Bool, _ name: String? = nil) throws(Fault) {
    let count = name.map { $0 == Infix.keyedMembership ? 3 : 2 } ?? operands.count
    guard operands.count == count else { throw .failed(arityMismatch(name ?? "", operands.first?.location ?? .generated)) }
    let isKeyed = operands.count == 3
    if isKeyed, isParenthesized { write("(") }
    defer { if isKeyed, isParenthesized { write(")") } }
    if isKeyed {
      try writeGrouped(operands[0])
      write(", ")
    }
    try writeGrouped(operands[operands.count - 2])
    write(" in ")
    let collection = operands[operands.count - 1]
    // `in` associates to the left.
    if case .call(let function, _) = collection.node, TermSpelling.text(function) == Infix.membership {
      write("(")
      defer { write(")") }
      return try writeGrouped(collection)
    }
    try writeGrouped(collection)
  }

  func arityMismatch(_ name: String, _ location: Location) -> RegoError {
    RegoError(.type, "\(name): arity mismatch", file: file, location: location)
  }
}
