extension LayoutWriter {
  /// Writes a term; where a comment does not fit, as it stood, and says so.
  func writeTerm(_ term: Term) throws(Fault) {
    let mark = mark
    do throws(Fault) { try writeLaidOut(term, isGrouped: false) } catch {
      guard error.isComment else { throw error }
      restore(mark)
      if let comment = endComment, comments[comment].location.row >= term.location.row,
        comments[comment].location.row <= rows.endRow(term.location)
      {
        endComment = nil
      }
      writeOriginal(term.location, from: term.groupStart, to: term.groupEnd)
      throw error
    }
  }

  /// Writes an operand, in parentheses where it is itself an operator with operands.
  func writeGrouped(_ term: Term) throws(Fault) { try writeLaidOut(term, isGrouped: true) }

  func writeLaidOut(_ term: Term, isGrouped: Bool) throws(Fault) {
    try insertComments(at: term.location.row)
    if !isInline { startLine() }
    switch term.node {
    case .null: write("null")
    case .boolean(let value): write(text: value ? "true" : "false")
    case .number(let text): write(text: text)
    case .string(let text): writeString(text, term)
    case .variable(let name): write(text: variable(name))
    case .reference(let path): try writeReference(path)
    case .call(let function, let operands): try writeCall(function, operands, isGrouped: isGrouped, term.location)
    case .array(let terms):
      write("[")
      defer { write("]") }
      let close = rows.closingRow(UInt8(ascii: "["), UInt8(ascii: "]"), term.location)
      try writeSequence(terms.map { .term($0) }, in: term.location, closedAt: close, parenthesizesUnions: true)
    case .set(let terms): try writeSet(terms, term)
    case .object(let items):
      write("{")
      defer { write("}") }
      let close = rows.closingRow(UInt8(ascii: "{"), UInt8(ascii: "}"), term.location)
      let distinct = isMoved(term) ? TermOrder.sorted(items) : TermOrder.distinct(items)
      try writeSequence(distinct.map { .item($0) }, in: term.location, closedAt: close, parenthesizesUnions: true)
    case .arrayComprehension(let head, let body):
      write("[")
      defer { write("]") }
      try writeComprehension(head, body, term.location, UInt8(ascii: "["), UInt8(ascii: "]"))
    case .setComprehension(let head, let body):
      write("{")
      defer { write("}") }
      try writeComprehension(head, body, term.location, UInt8(ascii: "{"), UInt8(ascii: "}"))
    case .objectComprehension(let key, let value, let body): try writeObjectComprehension(key, value, body, term.location)
    case .template(let parts): try writeTemplate(parts, term)
    }
    if !isInline { startLine() }
  }

  /// At the place of a surrounding text, where the places of elements do not tell their order.
  private func isMoved(_ term: Term) -> Bool { term.groupStart != term.location.offset }

  private func writeSet(_ terms: [Term], _ term: Term) throws(Fault) {
    let location = term.location
    if terms.isEmpty {
      write("set()")
      return try insertComments(at: rows.closingRow(UInt8(ascii: "("), UInt8(ascii: ")"), location))
    }
    write("{")
    defer { write("}") }
    let close = rows.closingRow(UInt8(ascii: "{"), UInt8(ascii: "}"), location)
    let distinct = isMoved(term) ? TermOrder.sorted(terms) : TermOrder.distinct(terms)
    try writeSequence(distinct.map { .term($0) }, in: location, closedAt: close, parenthesizesUnions: true)
  }

  // MARK: Names and constants

  private func variable(_ name: String) -> String { name.hasPrefix("$") ? "_" : name }

  /// A string as it was written; a name behind a dot in quotes.
  private func writeString(_ text: String, _ term: Term) {
    var start = term.groupStart
    var end = term.groupEnd
    while rows.byte(start) == UInt8(ascii: "("), end - start > 2 {
      start = rows.skippingSpace(from: start + 1)
      end -= 1
      while end > start, [0x20, 0x09, 0x0A, 0x0D].contains(rows.byte(end - 1)) { end -= 1 }
    }
    let first = rows.byte(start)
    if end - start >= 2, first == rows.byte(end - 1), first == UInt8(ascii: "\"") || first == UInt8(ascii: "`") {
      write(bytes: rows.text(start, end))
    } else {
      write(text: TermSpelling.quoted(text))
    }
  }

  // MARK: References

  func writeReference(_ path: [Term]) throws(Fault) {
    guard let head = path.first else { return }
    var isGrouped = false
    if case .call = head.node { isGrouped = rows.byte(head.location.offset) == UInt8(ascii: "(") || Infix(of: head) != nil }
    try writeLaidOut(head, isGrouped: isGrouped && path.count > 1)
    for part in path.dropFirst() {
      switch part.node {
      case .string(let text):
        if needsBrackets(text, part) {
          write("[")
          write(text: TermSpelling.quoted(text))
          write("]")
        } else {
          write(".")
          write(text: text)
        }
      case .variable(let name):
        write("[")
        write(text: variable(name))
        write("]")
      default:
        write("[")
        do throws(Fault) { try writeTerm(part) } catch {
          guard error.isComment else { throw error }
          // The bracket must not become part of the comment.
          write("\n")
        }
        write("]")
      }
    }
  }

  private func needsBrackets(_ text: String, _ term: Term) -> Bool {
    guard TermSpelling.isName(text) else { return true }
    return style.keywords.contains(text) && rows.byte(term.groupStart) == UInt8(ascii: "\"")
  }

  // MARK: Calls

  private func writeCall(_ function: Term, _ operands: [Term], isGrouped: Bool, _ location: Location) throws(Fault) {
    let name = TermSpelling.text(function)
    if Infix.isMembership(name) { return try writeMembership(operands, isParenthesized: true, name) }
    guard let infix = Infix(name) else { return try writePlainCall(function, operands) }
    guard operands.count == 2 else { throw .failed(arityMismatch(name, location)) }
    if isGrouped { write("(") }
    try writeInner(operands[0])
    write(text: " \(infix.text) ")
    try writeInner(operands[1])
    if isGrouped { write(")") }
  }

  /// A side of an operator inside a term. A membership test is not put in parentheses by itself.
  private func writeInner(_ term: Term) throws(Fault) {
    guard case .call(let function, let operands) = term.node, operands.count == 2, TermSpelling.text(function) == Infix.membership else {
      return try writeGrouped(term)
    }
    write("(")
    defer { write(")") }
    try writeGrouped(term)
  }

  // MARK: Templates

  private func writeTemplate(_ parts: [Term.TemplatePart], _ term: Term) throws(Fault) {
    var start = term.groupStart
    while rows.byte(start) == UInt8(ascii: "(") { start = rows.skippingSpace(from: start + 1) }
    let isRaw = rows.byte(start + 1) == UInt8(ascii: "`")
    write(text: isRaw ? "$`" : "$\"")
    for part in parts {
      switch part {
      case .text(let text): write(text: TermSpelling.templateText(text, isRaw: isRaw))
      case .expression(let expression): try writeInterpolation(expression, isRaw: isRaw)
      }
    }
    write(text: isRaw ? "`" : "\"")
  }

  private func writeInterpolation(_ expression: Expression, isRaw: Bool) throws(Fault) {
    write("{")
    level += 1
    defer { level -= 1 }
    if let comment = endComment, comments[comment].location.offset < expression.location.offset {
      endLine()
      startLine()
    } else if endComment == nil {
      let before = takeComments(above: expression.location.row)
      if !before.isEmpty {
        write(" ")
        isInline = true
        writeComments(before)
      }
    }
    try writeExpression(expression)
    // The brace stands on the row where the next part begins.
    let close = rows.skippingSpace(from: expression.location.end)
    let after = takeComments(above: expression.location.row + rows.lineEnds(from: expression.location.offset, to: close))
    let isInside = endComment.map { comments[$0].location.offset < close } ?? false
    if !after.isEmpty || isInside {
      endLine()
      writeComments(after)
      startLine()
    }
    write("}")
  }
}
