extension LayoutWriter {
  /// An element of a collection, of arguments or of a body.
  enum Element {
    case term(Term)
    case item(Term.ObjectItem)

    /// Where it begins; of an item its key.
    var location: Location {
      switch self {
      case .term(let term): term.location
      case .item(let item): item.key.location
      }
    }
  }

  /// Writes elements, on as many lines as they stood on.
  /// - Parameters:
  ///   - location: of the collection; for arguments of the function or head before them.
  ///   - close: row of the closing bracket; -1 where it is not known.
  func writeSequence(
    _ elements: [Element], in location: Location, closedAt close: Int32, parenthesizesUnions: Bool
  ) throws(Fault) {
    let lines = Self.lines(elements, after: location.row) { $0.location }
    if lines.count == 1, let row = nextCommentRow(after: location.row), row < close {
      // A comment among what would become one line.
      throw .comment
    }
    let isMultiline = lines.count > 1 || startsOnNextLine(elements, location)
    if isMultiline { startSequence() }
    for (index, line) in lines.enumerated() {
      for (position, element) in line.enumerated() {
        if position > 0 { write(", ") }
        try writeElement(element, parenthesizesUnions)
      }
      if index + 1 < lines.count {
        write(",")
        endLine()
        startLine()
      }
    }
    guard isMultiline else { return }
    write(",")
    endLine()
    try insertComments(at: close)
    level -= 1
    startLine()
  }

  private func nextCommentRow(after row: Int32) -> Int32? {
    var index = nextComment
    while index < comments.count, importComments.contains(index) || comments[index].location.row <= row { index += 1 }
    return index < comments.count ? comments[index].location.row : nil
  }

  /// Whether a line end lies between the bracket and the first element.
  private func startsOnNextLine(_ elements: [Element], _ location: Location) -> Bool {
    guard let first = elements.first?.location, first.offset > location.offset, first.offset < location.end else { return false }
    return rows.lineEnds(from: location.offset, to: first.offset) > 0
  }

  private func writeElement(_ element: Element, _ parenthesizesUnions: Bool) throws(Fault) {
    switch element {
    case .term(let term):
      let isGrouped = Infix.isUnion(term) && (parenthesizesUnions || rows.byte(term.location.offset) == UInt8(ascii: "("))
      try writeTerm(term, inParentheses: isGrouped)
    case .item(let item):
      try writeTerm(item.key, inParentheses: Infix.isUnion(item.key))
      write(": ")
      try writeTerm(item.value, inParentheses: Infix.isUnion(item.value))
    }
  }

  private func writeTerm(_ term: Term, inParentheses: Bool) throws(Fault) {
    if inParentheses { write("(") }
    defer { if inParentheses { write(")") } }
    try writeTerm(term)
  }

  /// The elements in the order of the source, those of a row together.
  static func lines<Item>(_ elements: [Item], after row: Int32, _ place: (Item) -> Location) -> [[Item]] {
    let sorted = elements.enumerated().sorted { a, b in
      let (first, second) = (place(a.element), place(b.element))
      return (first.row, first.column, a.offset) < (second.row, second.column, b.offset)
    }
    var lines: [[Item]] = []
    var line: [Item] = []
    var last = row
    for (index, entry) in sorted.enumerated() {
      let row = place(entry.element).row
      if row > last, index > 0 {
        lines.append(line)
        line = []
      }
      last = row
      line.append(entry.element)
    }
    lines.append(line)
    return lines
  }

  // MARK: Comprehensions

  func writeComprehension(
    _ head: Term, _ body: Body, _ location: Location, _ open: UInt8, _ close: UInt8
  ) throws(Fault) {
    if head.location.row > location.row {
      endLine()
      startLine()
    }
    try writeComprehensionHead(head)
    try writeComprehensionBody(body, after: head.location, in: location, open, close)
  }

  private func writeComprehensionHead(_ head: Term) throws(Fault) {
    var isGrouped = false
    if case .call = head.node { isGrouped = Infix(of: head) != nil || rows.byte(head.location.offset) == UInt8(ascii: "(") }
    try writeLaidOut(head, isGrouped: isGrouped)
    write(" |")
  }

  func writeObjectComprehension(_ key: Term, _ value: Term, _ body: Body, _ location: Location) throws(Fault) {
    write("{")
    defer { write("}") }
    if key.location.row - location.row > 1 {
      endLine()
      startLine()
    }
    let isUnion = Infix.isUnion(key)
    if isUnion { write("(") }
    try writeTerm(key)
    if isUnion { write(")") }
    write(": ")
    // The value stays on the line of its key.
    var value = value
    value.location.row = key.location.row
    if key.location.row > location.row {
      endLine()
      startLine()
    }
    try writeComprehensionHead(value)
    try writeComprehensionBody(body, after: key.location, in: location, UInt8(ascii: "{"), UInt8(ascii: "}"))
  }

  func writeComprehensionBody(
    _ body: Body, after start: Location, in location: Location, _ open: UInt8, _ close: UInt8
  ) throws(Fault) {
    guard let first = body.first else { return }
    let lines = Self.lines(body, after: start.row) { $0.location }
    if first.location.row > start.row || lines.count > 1 {
      endLine()
      level += 1
      defer {
        level -= 1
        startLine()
      }
      try writeBody(body)
      try insertComments(at: rows.closingRow(open, close, location))
    } else {
      write(" ")
      for (index, expression) in body.enumerated() {
        if index > 0 { write("; ") }
        try writeExpression(expression)
      }
      try insertComments(at: rows.closingRow(open, close, location))
    }
  }
}
