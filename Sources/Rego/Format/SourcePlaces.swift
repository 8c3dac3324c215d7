/// The places of a tree as the layout reads them.
///
/// A location of the parser leaves parentheses out; for the layout a term reaches from its outermost parenthesis to the closing one,
/// while its row stays that of what is inside. `groupStart` and `groupEnd` hold the extent of the term's own text here, for every term,
/// also where the location was replaced by that of a surrounding text.
enum SourcePlaces {
  static func placed(_ term: Term) -> Term {
    var result = term
    switch term.node {
    case .null, .boolean, .number, .string, .variable: break
    case .reference(let path):
      let placedPath = path.map(placed)
      result.node = .reference(placedPath)
      if let head = placedPath.first { result.location.offset = min(result.location.offset, head.location.offset) }
    case .call(let function, let operands):
      let placedFunction = placed(function)
      let placedOperands = operands.map(placed)
      result.node = .call(placedFunction, placedOperands)
      let first = placedOperands.first.map { min($0.location.offset, placedFunction.location.offset) } ?? placedFunction.location.offset
      result.location.offset = min(result.location.offset, first)
    case .array(let terms): result.node = .array(terms.map(placed))
    case .set(let terms): result.node = .set(terms.map(placed))
    case .object(let items): result.node = .object(items.map { .init(key: placed($0.key), value: placed($0.value)) })
    case .arrayComprehension(let head, let body): result.node = .arrayComprehension(placed(head), placed(body))
    case .setComprehension(let head, let body): result.node = .setComprehension(placed(head), placed(body))
    case .objectComprehension(let key, let value, let body):
      result.node = .objectComprehension(key: placed(key), value: placed(value), placed(body))
    case .template(let parts):
      result.node = .template(
        parts.map { part in
          if case .expression(let expression) = part { .expression(placed(expression)) } else { part }
        })
    }
    if term.isGrouped {
      result.location.offset = term.groupStart
      result.location.end = term.groupEnd
    }
    result.groupStart = result.location.offset
    result.groupEnd = result.location.end
    return result
  }

  static func placed(_ body: Body) -> Body { body.map(placed) }

  static func placed(_ expression: Expression) -> Expression {
    var result = expression
    result.kind = mapped(expression.kind, placed, placed)
    result.with = expression.with.map { With(target: placed($0.target), value: placed($0.value), location: $0.location) }
    return result
  }

  // MARK: One place for all

  /// The term with everything in it at `location`.
  static func moved(_ term: Term, to location: Location) -> Term {
    func move(_ term: Term) -> Term { moved(term, to: location) }
    func move(_ body: Body) -> Body { body.map { moved($0, to: location) } }
    var result = term
    result.location = location
    switch term.node {
    case .null, .boolean, .number, .string, .variable: break
    case .reference(let path): result.node = .reference(path.map(move))
    case .call(let function, let operands): result.node = .call(move(function), operands.map(move))
    case .array(let terms): result.node = .array(terms.map(move))
    case .set(let terms): result.node = .set(terms.map(move))
    case .object(let items): result.node = .object(items.map { .init(key: move($0.key), value: move($0.value)) })
    case .arrayComprehension(let head, let body): result.node = .arrayComprehension(move(head), move(body))
    case .setComprehension(let head, let body): result.node = .setComprehension(move(head), move(body))
    case .objectComprehension(let key, let value, let body):
      result.node = .objectComprehension(key: move(key), value: move(value), move(body))
    case .template(let parts):
      result.node = .template(
        parts.map { part in
          if case .expression(let expression) = part { .expression(moved(expression, to: location)) } else { part }
        })
    }
    return result
  }

  static func moved(_ expression: Expression, to location: Location) -> Expression {
    var result = expression
    result.location = location
    result.kind = mapped(expression.kind, { moved($0, to: location) }, { $0.map { moved($0, to: location) } })
    result.with = expression.with.map {
      With(target: moved($0.target, to: location), value: moved($0.value, to: location), location: location)
    }
    return result
  }

  private static func mapped(_ kind: Expression.Kind, _ term: (Term) -> Term, _ body: (Body) -> Body) -> Expression.Kind {
    switch kind {
    case .term(let value): .term(term(value))
    case .someVariables(let names): .someVariables(names.map(term))
    case .someIn(let key, let value, let collection): .someIn(key: key.map(term), value: term(value), collection: term(collection))
    case .every(let key, let value, let domain, let inner):
      .every(key: key.map(term), value: term(value), domain: term(domain), body: body(inner))
    case .notBody(let inner): .notBody(body(inner))
    case .and(let operands): .and(operands.map(body))
    case .or(let operands): .or(operands.map(body))
    }
  }
}

/// Finds rows and brackets in a source text.
struct SourceRows {
  let source: [UInt8]
  /// Offsets of the line ends.
  private let lineEnds: [Int32]

  init(_ source: [UInt8]) {
    self.source = source
    var ends: [Int32] = []
    for (index, byte) in source.enumerated() where byte == 0x0A { ends.append(Int32(index)) }
    lineEnds = ends
  }

  /// Line ends in [from, to).
  func lineEnds(from: Int32, to: Int32) -> Int32 { max(position(to) - position(from), 0) }

  /// The last row of the text.
  func endRow(_ location: Location) -> Int32 { location.row + lineEnds(from: location.offset, to: location.end) }

  func text(_ from: Int32, _ to: Int32) -> ArraySlice<UInt8> {
    let upper = min(max(Int(to), 0), source.count)
    return source[min(max(Int(from), 0), upper)..<upper]
  }

  func text(_ location: Location) -> ArraySlice<UInt8> { text(location.offset, location.end) }

  func contains(_ text: String) -> Bool {
    let wanted = Array(text.utf8)
    guard let first = wanted.first, source.count >= wanted.count else { return false }
    var index = 0
    while let found = source[index...].firstIndex(of: first) {
      if source[found...].starts(with: wanted) { return true }
      index = found + 1
    }
    return false
  }

  /// 0 behind the text.
  func byte(_ offset: Int32) -> UInt8 { offset >= 0 && Int(offset) < source.count ? source[Int(offset)] : 0 }

  /// The offset of what follows white space and comments.
  func skippingSpace(from offset: Int32) -> Int32 {
    var index = max(Int(offset), 0)
    while index < source.count {
      switch source[index] {
      case 0x20, 0x09, 0x0A, 0x0D: index += 1
      case UInt8(ascii: "#"): while index < source.count, source[index] != 0x0A { index += 1 }
      default: return Int32(index)
      }
    }
    return Int32(index)
  }

  func hasWord(_ word: String, at offset: Int32) -> Bool {
    let end = offset + Int32(word.utf8.count)
    guard text(offset, end).elementsEqual(word.utf8) else { return false }
    let next = byte(end)
    return !(next == UInt8(ascii: "_") || (next | 0x20 >= 0x61 && next | 0x20 <= 0x7A) || (next >= 0x30 && next <= 0x39))
  }

  /// The row of the bracket that closes the first `open` of the text; -1 where there is none. With `skipping` only what follows the
  /// bracket that closes the first bracket of that kind counts. Brackets in strings and comments count too, as they do for OPA.
  func closingRow(_ open: UInt8, _ close: UInt8, _ location: Location, skipping: (open: UInt8, close: UInt8)? = nil) -> Int32 {
    let text = text(location)
    var index = text.startIndex
    var rows: Int32 = 0
    if let skipping { pass(skipping.open, skipping.close, text, &index, &rows) }
    while index < text.endIndex, text[index] != open { index += 1 }
    guard index < text.endIndex, pass(open, close, text, &index, &rows) else { return -1 }
    return location.row + rows
  }

  /// Goes from the next `open` to the bracket that closes it and counts line ends between them.
  @discardableResult
  private func pass(_ open: UInt8, _ close: UInt8, _ text: ArraySlice<UInt8>, _ index: inout Int, _ rows: inout Int32) -> Bool {
    while index < text.endIndex, text[index] != open { index += 1 }
    var depth = 1
    while depth > 0 {
      index += 1
      guard index < text.endIndex else { return false }
      switch text[index] {
      case open: depth += 1
      case close: depth -= 1
      case 0x0A: rows += 1
      default: break
      }
    }
    return true
  }

  /// Number of line ends before `offset`.
  private func position(_ offset: Int32) -> Int32 {
    var low = 0
    var high = lineEnds.count
    while low < high {
      let middle = (low + high) / 2
      if lineEnds[middle] < offset { low = middle + 1 } else { high = middle }
    }
    return Int32(low)
  }

  /// The text of the line in which the row is `rows` below `offset`, from its first character on.
  func startsWith(_ word: String, lineBelow offset: Int32, rows: Int32) -> Bool {
    let index = Int(position(offset) + rows) - 1
    guard index >= 0, index < lineEnds.count else { return false }
    var start = Int(lineEnds[index]) + 1
    while start < source.count, source[start] == 0x20 || (source[start] >= 0x09 && source[start] <= 0x0D) { start += 1 }
    return source[start...].starts(with: word.utf8)
  }
}
