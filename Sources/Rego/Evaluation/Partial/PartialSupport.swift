/// Rules that are kept, and what is left at the end of a way.
extension PartialEvaluation {
  static let namespace = "partial"

  /// The rules at a path are to be kept: asked for by the caller, or all of them.
  func isKept(_ path: [CheckTerm]) -> Bool {
    if options.isShallow { return true }
    let names = path.map { part in
      switch part.kind {
      case .variable(VariableTable.data): "data"
      case .string(let text): text
      default: ""
      }
    }
    return options.kept.contains { $0.count <= names.count && zip($0, names).allSatisfy { $0 == $1 } }
  }

  /// The path of a kept document: below `data.partial`.
  func namespaced(_ walked: [CheckTerm], _ rest: ArraySlice<CheckTerm>) -> CheckTerm {
    let path = [walked[0], CheckTerm(.string(Self.namespace), walked[0].location)] + walked.dropFirst()
    return CheckTerm(.reference(path + rest.map { plugged($0) }), walked[0].location)
  }

  /// Keeps the rules of a place, each way through their bodies as a rule of its own.
  func keep(_ node: CheckRuleTree) {
    var rules = node.rules
    if rules.contains(where: { !$0.isGround }) {
      for child in node.orderedChildren {
        child.walk { below in
          rules += below.rules
          return false
        }
      }
    }
    guard let first = rules.first, supported.insert(first.text + "/\(first.arity)").inserted else { return }
    pending += rules
  }

  /// Evaluates the bodies of rules that are to be kept, which may keep others.
  func finishSupport() throws(RegoError) {
    while !pending.isEmpty {
      let rules = pending
      pending = []
      for rule in rules { try keep(rule) }
    }
  }

  private func keep(_ rule: CheckRule) throws(RegoError) {
    if rule.next != nil { return keepChain(rule) }
    let rule = opened(rule)
    if rule.isDefault { return support.append(kept(rule, value: rule.value, key: nil, body: [])) }
    let outer = saved
    saved = []
    defer { saved = outer }
    let parameters = rule.arguments.reduce(into: Set<Int>()) { $0.formUnion($1.surface) }
    try evaluate(rule.body.expressions[...]) { () throws(RegoError) in
      let head = rule.key ?? rule.value ?? CheckTerm(.boolean(true), .generated)
      try self.values(of: head, wanted: nil) { (value) throws(RegoError) in
        let body = self.residue(keeping: parameters.filter { self.bindings[$0] != nil }.sorted())
        self.support.append(self.kept(rule, value: rule.key == nil ? value : nil, key: rule.key == nil ? nil : value, body: body))
      }
    }
  }

  private func kept(_ rule: CheckRule, value: CheckTerm?, key: CheckTerm?, body: [CheckExpression]) -> SupportRule {
    SupportRule(
      package: rule.package, name: rule.name, suffix: rule.suffix.map { plugged($0) }, arguments: rule.arguments, key: key, value: value,
      body: body, isDefault: rule.isDefault, isFunction: rule.arity > 0)
  }

  /// Branches of a chain stand or fall together, so they are kept as they are written; documents that depend on what is unknown are asked
  /// for where they are kept.
  private func keepChain(_ rule: CheckRule) {
    var renaming = renaming(of: rule)
    renaming.document = { [self] term in
      guard case .reference(let path) = term.kind, let node = dependent(path) else { return nil }
      keep(node)
      return namespaced([path[0]], path.dropFirst().map { $0.renamed(renaming) }[...])
    }
    renaming.callee = { [self] term in
      guard let node = contents.rules(of: term), case .reference(let path) = term.kind, dependsBelow(node) else { return nil }
      keep(node)
      return namespaced([path[0]], path.dropFirst())
    }
    let branches = rule.branches.map { opened($0, renaming) }
    var whole = kept(branches[0], value: branches[0].value, key: nil, body: branches[0].body.expressions)
    for branch in branches.dropFirst() { whole.elses.append((branch.value, branch.body.expressions)) }
    support.append(whole)
  }

  /// The rules that a reference leads to, where they depend on what is unknown.
  private func dependent(_ path: [CheckTerm]) -> CheckRuleTree? {
    guard case .variable(VariableTable.data) = path[0].kind else { return nil }
    var node = contents.tree
    for part in path.dropFirst() {
      guard node.rules.isEmpty, part.isConstant, let constant = part.constant else { break }
      guard let child = node.children[constant] else { return nil }
      node = child
    }
    return !node.rules.isEmpty && dependsBelow(node) ? node : nil
  }

  // MARK: - What is left

  /// The expressions of a way. Of variables that have to be told, those that are bound are.
  func residue(keeping kept: [Int]) -> [CheckExpression] {
    var result: [CheckExpression] = []
    let told = Set(kept)
    let plain = saved.filter { !$0.isMarker }.map { plugged($0.expression) }
    var said = Set(plain.filter { !$0.isNegated && $0.with.isEmpty }.flatMap { operandTexts(of: $0) })
    var index = 0
    var texts: Set<String> = []
    for item in saved {
      guard item.isMarker else {
        let expression = plain[index]
        index += 1
        if texts.insert(CheckText(variables).expression(expression)).inserted { result.append(expression) }
        continue
      }
      guard case .call(let terms) = item.expression.kind, case .variable(let variable) = terms[1].kind else { continue }
      if told.contains(variable) { continue }
      let term = plugged(terms[2])
      let missing = references(in: term).filter { !said.contains(CheckText(variables).term($0)) }
      if missing.isEmpty { continue }
      said.formUnion(missing.map { CheckText(variables).term($0) })
      result.append(.equality(CheckTerm(.variable(variables.generate()), term.location), term, location: term.location))
    }
    for variable in kept {
      let name = CheckTerm(.variable(variable), .generated)
      guard bindings[variable] != nil else { continue }
      result.append(.equality(name, plugged(name), location: .generated))
    }
    return result
  }

  /// References that an expression needs to be defined, as text.
  private func operandTexts(of expression: CheckExpression) -> [String] {
    let terms: [CheckTerm]
    switch expression.kind {
    case .term(let term): terms = [term]
    case .call(let operands): terms = Array(operands.dropFirst())
    case .every(let every): terms = [every.domain]
    case .some, .someIn, .logical: terms = []
    }
    return terms.flatMap { references(in: $0) }.map { CheckText(variables).term($0) }
  }

  private func references(in term: CheckTerm) -> [CheckTerm] {
    switch term.kind {
    case .reference(let path): [term] + path.dropFirst().flatMap { references(in: $0) }
    case .array(let terms), .set(let terms): terms.flatMap { references(in: $0) }
    case .object(let items): items.flatMap { references(in: $0.key) + references(in: $0.value) }
    case .null, .boolean, .number, .string, .variable, .call, .comprehension, .template: []
    }
  }
}
