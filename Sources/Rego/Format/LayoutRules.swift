/// A rule, or an `else` of one, in the form it is laid out from.
struct LayoutRule {
  /// First term a variable; for an `else` that word.
  var reference: [Term]
  var arguments: [Term] = []
  /// The element of a partial set, or the last term of `p[x]` where it may be one.
  var key: Term?
  /// Nil for a partial set. What was not written is true.
  var value: Term?
  /// The value was not written and stands for the whole head.
  var hasImpliedValue = false
  var isAssignment = false
  var isDefault = false
  var isElse = false
  var headLocation: Location
  var location: Location
  /// Empty where none was written.
  var body: Body
  /// `{ true }`, or no body at all.
  var isConstant: Bool {
    guard let only = body.first else { return true }
    guard body.count == 1, !only.isNegated, only.with.isEmpty, case .term(let term) = only.kind else { return false }
    return term.isTrue
  }
}

extension Term {
  var isTrue: Bool {
    if case .boolean(true) = node { true } else { false }
  }
}

extension LayoutRule {
  /// The rule with its branches, the rule first.
  static func branches(of rule: Rule, _ rows: SourceRows) -> [LayoutRule] {
    let end = max(rule.location.end, rule.elses.last?.location.end ?? 0)
    var first = LayoutRule(of: rule, rows)
    if !rule.elses.isEmpty { first.location.end = end }
    return [first]
      + rule.elses.map { branch in
        var location = branch.location
        location.end = end
        return LayoutRule(of: branch, location, isAssignment: rule.head.isAssignment, rows)
      }
  }

  private init(of rule: Rule, _ rows: SourceRows) {
    let head = rule.head
    reference = head.reference.map(SourcePlaces.placed)
    arguments = (head.arguments ?? []).map(SourcePlaces.placed)
    key = head.key.map(SourcePlaces.placed)
    value = head.value.map(SourcePlaces.placed)
    isAssignment = head.isAssignment
    isDefault = rule.isDefault
    headLocation = head.location
    location = rule.location
    body = SourcePlaces.placed(rule.body)
    let isSet = head.key != nil
    if !isSet, value == nil {
      value = Term(.boolean(true), head.location)
      hasImpliedValue = (rule.body.isEmpty && !isDefault) || (reference.count == 2 && arguments.isEmpty)
    }
    // `p[x] if ...` and `p[x] = y` may both be meant as elements.
    if !isSet, reference.count == 2, arguments.isEmpty, !isDefault {
      let last = reference[1]
      let hasIf = !rule.body.isEmpty && rows.hasWord("if", at: rows.skippingSpace(from: head.location.end))
      var mayBeElement = !hasIf
      if hasIf {
        if case .reference = last.node { mayBeElement = true } else { mayBeElement = !last.isGround }
      }
      if mayBeElement { key = last }
    }
    // A further body of a rule has its head nowhere in the text.
    if head.location == rule.location, !rule.body.isEmpty {
      reference = reference.map { SourcePlaces.moved($0, to: location) }
      arguments = arguments.map { SourcePlaces.moved($0, to: location) }
      key = key.map { SourcePlaces.moved($0, to: location) }
      value = value.map { SourcePlaces.moved($0, to: location) }
      hasImpliedValue = true
    }
  }

  private init(of branch: Rule.Else, _ location: Location, isAssignment: Bool, _ rows: SourceRows) {
    var head = location
    head.end = branch.value.map { max($0.location.end, $0.groupEnd) } ?? location.offset + 4
    reference = [Term(.variable("else"), head)]
    value = branch.value.map(SourcePlaces.placed) ?? Term(.boolean(true), head)
    value?.location = head
    self.isAssignment = branch.value == nil ? isAssignment : rows.byte(rows.skippingSpace(from: location.offset + 4)) == UInt8(ascii: ":")
    isElse = true
    headLocation = head
    self.location = location
    body = SourcePlaces.placed(branch.body)
    // OPA gives a body without braces the place of the `else`.
    var start = rows.skippingSpace(from: head.end)
    if rows.hasWord("if", at: start) { start = rows.skippingSpace(from: start + 2) }
    if rows.byte(start) != UInt8(ascii: "{") { body = body.map { SourcePlaces.moved($0, to: location) } }
  }
}

extension LayoutWriter {
  /// Writes the rules of a range without imports between them.
  func writeRules(_ range: Range<Int>, of module: Module) {
    var index = range.lowerBound
    var ahead = index < range.upperBound ? LayoutRule.branches(of: module.rules[index], rows) : []
    while index < range.upperBound {
      if writeKept(&index, range, module) {
        if index < range.upperBound { ahead = LayoutRule.branches(of: module.rules[index], rows) }
        continue
      }
      let branches = ahead
      let rule = branches[0]
      note { () throws(Fault) in try insertComments(at: rule.location.row) }
      note { () throws(Fault) in try writeRule(branches) }
      index += 1
      if index < range.upperBound {
        ahead = LayoutRule.branches(of: module.rules[index], rows)
        if isGroupable(rule), isGroupable(ahead[0]), ahead[0].location.row == rule.location.row + 1 { continue }
      }
      blankLine()
    }
  }

  /// Writes the rule at `index` as it stood if it is to be kept, with the further bodies that share its head, and goes past them.
  private func writeKept(_ index: inout Int, _ range: Range<Int>, _ module: Module) -> Bool {
    var end = index + 1
    while end < range.upperBound, isFurtherBody(module.rules[end]) { end += 1 }
    guard keptRules.contains(where: { $0 >= index && $0 < end }) else { return false }
    let first = module.rules[index]
    writeComments(above: first.location.row)
    startLine()
    var location = first.location
    location.offset = min(location.offset, first.head.location.offset)
    for rule in module.rules[index..<end] {
      let terms = [rule.head.key, rule.head.value].compactMap { $0 } + (rule.head.arguments ?? []) + rule.elses.compactMap(\.value)
      let ends =
        [rule.location.end, rule.head.location.end] + rule.elses.map(\.location.end) + terms.map { max($0.location.end, $0.groupEnd) }
      location.end = max(location.end, ends.max() ?? 0)
    }
    if !(first.head.arguments ?? []).isEmpty, first.body.isEmpty, first.head.value == nil {
      location.end = max(location.end, rows.skippingSpace(from: location.end) + 1)
    }
    keepsFinalComment = true
    writeOriginal(location, from: location.offset, to: location.end)
    endLine()
    blankLine()
    index = end
    return true
  }

  /// A body behind another, whose head it shares.
  private func isFurtherBody(_ rule: Rule) -> Bool {
    !rule.body.isEmpty && rule.head.location == rule.location && rows.byte(rule.location.offset) == UInt8(ascii: "{")
  }

  /// Goes on behind a misplaced comment; other faults are kept.
  private func note(_ body: () throws(Fault) -> Void) {
    let level = level
    do throws(Fault) { try body() } catch {
      self.level = level
      if case .failed(let error) = error { errors.append(error) }
    }
  }

  /// May stand directly above or below another rule of one line.
  private func isGroupable(_ rule: LayoutRule) -> Bool {
    rule.body.count <= 1 && !rule.isDefault && takesIf(rule)
  }

  private func takesIf(_ rule: LayoutRule) -> Bool {
    (style.isV1 || style.ifs) && (style.contains || rule.value != nil)
  }

  private func writeRule(_ branches: [LayoutRule]) throws(Fault) {
    for (index, rule) in branches.enumerated() {
      let hasElse = index + 1 < branches.count
      if index == 0 { startLine() } else { try startElse(rule, after: branches[index - 1]) }
      try writeBranch(rule, hasElse: hasElse)
    }
  }

  private func writeBranch(_ rule: LayoutRule, hasElse: Bool) throws(Fault) {
    if rule.isDefault { write("default ") }
    let isConstant = rule.isConstant && !hasElse
    keepsFinalComment = isConstant
    var hasMisplaced = false
    do throws(Fault) { try writeHead(rule, isConstant: isConstant) } catch {
      guard error.isComment else { throw error }
      hasMisplaced = true
    }
    if isConstant { return endLine() }
    keepsFinalComment = true
    if takesIf(rule) {
      write(" if")
      if rule.body.count == 1, rule.body[0].location.row == rows.endRow(rule.headLocation), !rule.body[0].isSetTerm {
        write(" ")
        try writeExpression(rule.body[0])
        return endLine()
      }
    }
    if hasMisplaced, nextCommentRow != nil {
      write(" { ")
    } else {
      write(" {")
      endLine()
    }
    level += 1
    do throws(Fault) { try writeBody(rule.body) } catch {
      guard error.isComment else { throw error }
    }
    let skipping: (open: UInt8, close: UInt8)? =
      !rule.arguments.isEmpty
      ? (UInt8(ascii: "("), UInt8(ascii: ")")) : rule.key != nil ? (UInt8(ascii: "["), UInt8(ascii: "]")) : nil
    try insertComments(at: rows.closingRow(UInt8(ascii: "{"), UInt8(ascii: "}"), rule.location, skipping: skipping))
    level -= 1
    startLine()
    write("}")
  }

  /// Goes to the place of an `else`: behind the brace before it where it stood there, else to a line of its own.
  private func startElse(_ rule: LayoutRule, after previous: LayoutRule) throws(Fault) {
    let below = rule.location.row - previous.location.row
    let wasInline =
      below > 0 && below <= rows.lineEnds(from: previous.location.offset, to: previous.location.end)
      && !rows.startsWith("else", lineBelow: previous.location.offset, rows: below)
    let hasCommentAbove = nextCommentRow.map { $0 < rule.headLocation.row } ?? false || endComment != nil
    if !hasCommentAbove, wasInline {
      write(" ")
    } else {
      blankLine()
      startLine()
    }
    try insertComments(at: rule.headLocation.row)
    if hasCommentAbove, !wasInline { startLine() }
  }

  // MARK: Heads

  private func writeHead(_ rule: LayoutRule, isConstant: Bool) throws(Fault) {
    if style.referenceHeads || rule.reference.count == 1 {
      try writeReference(rule.reference)
    } else {
      if rule.reference[1].location.row == nextCommentRow {
        return writeOriginal(rule.headLocation, from: rule.headLocation.offset, to: rule.headLocation.end)
      }
      write(text: TermSpelling.text(rule.reference[0]))
      write("[")
      write(text: TermSpelling.text(rule.reference[1]))
      write("]")
    }
    if !rule.arguments.isEmpty {
      write("(")
      defer { write(")") }
      let close = rows.closingRow(UInt8(ascii: "("), UInt8(ascii: ")"), rule.headLocation)
      try writeSequence(rule.arguments.map { .term($0) }, in: rule.headLocation, closedAt: close, parenthesizesUnions: false)
    }
    if let key = rule.key, rule.value == nil {
      if style.contains {
        write(" contains ")
        try writeTerm(key)
      } else {
        write("[")
        try writeTerm(key)
        write("]")
      }
    }
    guard let value = rule.value, rule.key != nil || !value.isTrue || isConstant || rule.isDefault else { return }
    let mustBeWritten = style.isV1 && isConstant && rule.key == nil && rule.arguments.isEmpty
    if rule.hasImpliedValue, !rule.isElse, value.isTrue, !mustBeWritten { return }
    if rule.isAssignment || style.isV1 { write(" := ") } else { write(" = ") }
    try writeTerm(value)
  }
}

extension Expression {
  /// A set alone, which braces of a body must surround: `if {x}` reads as a body.
  var isSetTerm: Bool {
    guard !isNegated, case .term(let term) = kind, case .set = term.node else { return false }
    return true
  }
}
