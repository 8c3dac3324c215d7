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

    var terms: [Term] {
      switch self {
      case .term(let term): [term]
      case .item(let item): [item.key, item.value]
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
    let lines = lines(elements, after: location.row, \.location, \.terms)
    if lines.count == 1, let row = nextCommentRow(after: location.row), row < close {
      // A comment among what would become one line.
      throw .comment
    }
    let isMultiline = lines.count > 1
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

  /// The elements in the order of the source, those of a row together. Names that OPA's compiler gives do not tell where they stand:
  /// with one among them all elements stay on one line.
  private func lines<Item>(
    _ elements: [Item], after row: Int32, _ place: (Item) -> Location, _ terms: (Item) -> [Term]
  ) -> [[Item]] {
    if hasGeneratedNames, elements.contains(where: { terms($0).contains(where: GeneratedNames.occur) }) { return [elements] }
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
    let lines = lines(body, after: start.row, \.location, GeneratedNames.terms)
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

/// Variables named as OPA's compiler names them.
enum GeneratedNames {
  static let prefix = "__local"

  static func occur(in term: Term) -> Bool {
    switch term.node {
    case .null, .boolean, .number, .string: false
    case .variable(let name): name.hasPrefix(prefix)
    case .reference(let terms), .array(let terms), .set(let terms): terms.contains(where: occur)
    case .call(let function, let operands): occur(in: function) || operands.contains(where: occur)
    case .object(let items): items.contains { occur(in: $0.key) || occur(in: $0.value) }
    case .arrayComprehension(let head, let body), .setComprehension(let head, let body):
      occur(in: head) || body.contains { terms(of: $0).contains(where: occur) }
    case .objectComprehension(let key, let value, let body):
      occur(in: key) || occur(in: value) || body.contains { terms(of: $0).contains(where: occur) }
    case .template(let parts):
      parts.contains { part in
        if case .expression(let expression) = part { terms(of: expression).contains(where: occur) } else { false }
      }
    }
  }

  /// The terms of an expression and of what it holds.
  static func terms(of expression: Expression) -> [Term] {
    let own: [Term] =
      switch expression.kind {
      case .term(let term): [term]
      case .someVariables(let names): names
      case .someIn(let key, let value, let collection): [key, value, collection].compactMap { $0 }
      case .every(let key, let value, let domain, let body):
        [key, value, domain].compactMap { $0 } + body.flatMap(terms)
      case .notBody(let body): body.flatMap(terms)
      case .and(let operands), .or(let operands): operands.flatMap { $0.flatMap(terms) }
      }
    return own + expression.with.flatMap { [$0.target, $0.value] }
  }
}
