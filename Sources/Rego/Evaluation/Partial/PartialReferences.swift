/// References: what is known is looked up, rules that depend on what is unknown are taken apart, the rest stays a reference.
extension PartialEvaluation {
  typealias Take = (CheckTerm) throws(RegoError) -> Void

  /// - Parameter path: plugged.
  func document(_ path: [CheckTerm], wanted: CheckTerm?, _ next: @escaping Take) throws(RegoError) {
    guard case .variable(let root) = path[0].kind else { return try part(of: path[0], path[1...], next) }
    switch root {
    case VariableTable.input:
      try base(known.input, [path[0]], path[1...], next)
    case VariableTable.data:
      try place(contents.tree, known.data, [path[0]], path[1...], wanted: wanted, next)
    default: try next(CheckTerm(.reference(path), path[0].location))
    }
  }

  private func whole(_ walked: [CheckTerm], _ rest: ArraySlice<CheckTerm>) -> CheckTerm {
    CheckTerm(.reference(walked + rest.map { plugged($0) }), walked[0].location)
  }

  // MARK: - Base documents

  /// - Parameters:
  ///   - value: what is known at `walked`; undefined where nothing is.
  private func base(
    _ value: Value, _ walked: [CheckTerm], _ rest: ArraySlice<CheckTerm>, _ next: @escaping Take
  ) throws(RegoError) {
    if isUnknown(walked) { return try next(whole(walked, rest)) }
    guard let part = rest.first.map({ plugged($0) }) else {
      if holdsUnknown(walked) { return try next(whole(walked, rest)) }
      return value.isUndefined ? () : try next(contents.term(value))
    }
    if part.isConstant, let key = known.value(of: part, contents.nothing) {
      return try base(Machine.element(value, key), walked + [part], rest.dropFirst(), next)
    }
    if holdsUnknown(walked) { return try next(whole(walked, rest)) }
    for (key, element) in members(of: value) {
      let name = contents.term(key)
      try match(name, part) { () throws(RegoError) in try self.base(element, walked + [name], rest.dropFirst(), next) }
    }
  }

  private func members(of value: Value) -> [(key: Value, element: Value)] {
    switch value.tag {
    case .array: value.elements.enumerated().map { (.integer($0.offset), $0.element) }
    case .set: value.elements.map { ($0, $0) }
    case .object: Members(value.objectView).map { ($0.key, $0.value) }
    default: []
    }
  }

  /// An unknown path leads to the place or above it. A part that is no constant may be any.
  func isUnknown(_ path: [CheckTerm]) -> Bool {
    options.unknowns.contains { $0.count <= path.count && zip($0, path).allSatisfy { meets($0, $1) } }
  }

  /// An unknown path leads to something below the place.
  private func holdsUnknown(_ path: [CheckTerm]) -> Bool {
    options.unknowns.contains { $0.count > path.count && zip($0, path).allSatisfy { meets($0, $1) } }
  }

  private func meets(_ unknown: CheckTerm, _ part: CheckTerm) -> Bool {
    switch (unknown.kind, part.kind) {
    case (.variable(let x), .variable(let y)): x == y || x > VariableTable.data || y > VariableTable.data
    case (.variable(let x), _): x > VariableTable.data
    case (_, .variable(let y)): y > VariableTable.data
    default: !part.isConstant || unknown.constant == part.constant
    }
  }

  /// What stands at the rest of a path in a value, known or not.
  func part(of term: CheckTerm, _ rest: ArraySlice<CheckTerm>, _ next: @escaping Take) throws(RegoError) {
    let term = plugged(term)
    guard let part = rest.first.map({ plugged($0) }) else { return try next(term) }
    switch term.kind {
    case .null, .boolean, .number, .string: return
    case .reference(let path): return try document(path + rest.map { plugged($0) }, wanted: nil, next)
    case .variable, .call, .comprehension, .template: return try next(whole([term], rest))
    case .array(let terms):
      for (index, element) in terms.enumerated() {
        let key = CheckTerm(.number("\(index)"), term.location)
        try match(key, part) { () throws(RegoError) in try self.part(of: element, rest.dropFirst(), next) }
      }
    case .set(let terms):
      for element in terms { try match(element, part) { () throws(RegoError) in try self.part(of: element, rest.dropFirst(), next) } }
    case .object(let items):
      for item in items { try match(item.key, part) { () throws(RegoError) in try self.part(of: item.value, rest.dropFirst(), next) } }
    }
  }

  // MARK: - Rules

  /// - Parameters:
  ///   - node: rules at `walked`; nil where there are none.
  ///   - base: base data there.
  private func place(
    _ node: CheckRuleTree?, _ base: Value, _ walked: [CheckTerm], _ rest: ArraySlice<CheckTerm>, wanted: CheckTerm?,
    _ next: @escaping Take
  ) throws(RegoError) {
    guard let node else { return try self.base(base, walked, rest, next) }
    if isUnknown(walked) { return try next(whole(walked, rest)) }
    if !dependsBelow(node), !holdsUnknown(walked) { return try evaluated(walked, rest, next) }
    if !node.rules.isEmpty { return try virtual(node, walked, rest, wanted: wanted, next) }
    guard let part = rest.first.map({ plugged($0) }) else {
      node.walk { place in
        if !place.rules.isEmpty { keep(place) }
        return false
      }
      return try next(namespaced(walked, rest))
    }
    func follow(_ constant: Constant, _ key: CheckTerm) throws(RegoError) {
      let below = known.value(of: key, contents.nothing).map { Machine.element(base, $0) } ?? .undefined
      try place(node.children[constant], below, walked + [key], rest.dropFirst(), wanted: wanted, next)
    }
    if part.isConstant {
      if let constant = part.constant { try follow(constant, part) }
      return
    }
    for constant in node.keys.sorted() {
      let key = contents.term(constant.value(in: known.heap))
      try match(key, part) { () throws(RegoError) in try follow(constant, self.plugged(key)) }
    }
    for (key, element) in members(of: base) {
      guard let constant = Constant(key), node.children[constant] == nil else { continue }
      let name = contents.term(key)
      try match(name, part) { () throws(RegoError) in try self.base(element, walked + [name], rest.dropFirst(), next) }
    }
  }

  /// A document of rules that only depends on what is known.
  private func evaluated(_ walked: [CheckTerm], _ rest: ArraySlice<CheckTerm>, _ next: @escaping Take) throws(RegoError) {
    let constant = rest.prefix { plugged($0).isConstant }
    let reference = CheckTerm(.reference(walked + constant.map { plugged($0) }), walked[0].location)
    let variable = variables.generate()
    let result = CheckTerm(.variable(variable), walked[0].location)
    try concretely([.equality(result, reference, location: reference.location)], [variable]) { () throws(RegoError) in
      try self.part(of: self.plugged(result), rest.dropFirst(constant.count), next)
    }
  }

  /// Rules that depend on what is unknown: each that may hold is followed, or all are kept and asked for by name.
  private func virtual(
    _ node: CheckRuleTree, _ walked: [CheckTerm], _ rest: ArraySlice<CheckTerm>, wanted: CheckTerm?, _ next: @escaping Take
  ) throws(RegoError) {
    let rules = candidates(node)
    if rules.contains(where: { $0.arity > 0 }) { return }
    let isGrowing = rules.contains { $0.key != nil || !$0.isGround }
    if isKept(walked) || (isGrowing && rest.isEmpty) || rules.contains(where: { $0.next != nil }) {
      keep(node)
      return try next(namespaced(walked, rest))
    }
    if let fallback = node.rules.first(where: \.isDefault), let value = fallback.value {
      guard let wanted, rest.isEmpty, value.isConstant, value.constant != wanted.constant else {
        keep(node)
        return try next(namespaced(walked, rest))
      }
    }
    for rule in rules where !rule.isDefault {
      let rule = opened(rule)
      let path = rule.suffix.dropFirst(walked.count - 2 - rule.package.count)
      let head = Array(path) + (rule.key.map { [$0] } ?? [])
      guard rest.count >= head.count || rule.key == nil else { continue }
      try matchHead(head[...], rest) { (rest) throws(RegoError) in
        try self.evaluate(rule.body.expressions[...]) { () throws(RegoError) in
          guard let term = rule.key ?? rule.value else { return }
          try self.values(of: term, wanted: nil) { (value) throws(RegoError) in try self.part(of: value, rest, next) }
        }
      }
    }
  }

  private func matchHead(
    _ head: ArraySlice<CheckTerm>, _ rest: ArraySlice<CheckTerm>,
    _ next: @escaping (ArraySlice<CheckTerm>) throws(RegoError) -> Void
  ) throws(RegoError) {
    guard let key = head.first, let part = rest.first else { return try next(rest) }
    try match(key, part) { () throws(RegoError) in try self.matchHead(head.dropFirst(), rest.dropFirst(), next) }
  }

  /// A rule with variables of its own in the table of this evaluation.
  func opened(_ rule: CheckRule) -> CheckRule { opened(rule, renaming(of: rule)) }

  func opened(_ rule: CheckRule, _ renaming: Renaming) -> CheckRule {
    let copy = CheckRule(
      module: rule.module, package: rule.package, name: rule.name, suffix: rule.suffix.map { $0.renamed(renaming) },
      arguments: rule.arguments.map { $0.renamed(renaming) }, key: rule.key?.renamed(renaming), value: rule.value?.renamed(renaming),
      body: rule.body.renamed(renaming), isDefault: rule.isDefault, location: rule.location, headLocation: rule.headLocation,
      variables: variables)
    for term in copy.suffix + copy.arguments + [copy.key, copy.value].compactMap({ $0 }) { outer.formUnion(term.surface) }
    for expression in copy.body.expressions { outer.formUnion(expression.surface) }
    return copy
  }

  /// New numbers for the variables of a rule and its `else` branches.
  func renaming(of rule: CheckRule) -> Renaming {
    final class Numbers { var known: [Int: Int] = [:] }
    let numbers = Numbers(), names = rule.variables, variables = variables, contents = contents
    return Renaming(
      variable: { number in
        if number <= VariableTable.print { return number }
        if let known = numbers.known[number] { return known }
        let own =
          names.isGenerated(number) || names.isWildcard(number)
          ? variables.generate() : variables.declare(variables.number(of: names.names[number]))
        numbers.known[number] = own
        return own
      }, function: { number in number <= VariableTable.print ? number : variables.number(of: names.names[number]) },
      isFunction: { contents.isFunction($0, names) })
  }

  /// Rules of a name that may hold, in the order in which OPA's index finds them: what asks nothing of a base document first.
  private func candidates(_ node: CheckRuleTree) -> [CheckRule] {
    var rules = node.rules
    if rules.contains(where: { !$0.isGround }) {
      for child in node.orderedChildren {
        child.walk { below in
          rules += below.rules
          return false
        }
      }
    }
    var asked: [(subject: String, count: Int)] = []
    let held = rules.map { rule in
      var classes: [String: Int] = [:]
      for condition in contents.conditions(of: rule) {
        let name: String
        switch condition.subject {
        case .argument(let index): name = "\(index)"
        case .document(let path): name = CheckText(rule.variables).reference(path)
        }
        let kind = condition.pattern.map { if case .array = $0.kind { 2 } else { 3 } } ?? 1
        classes[name] = kind
        if let index = asked.firstIndex(where: { $0.subject == name }) { asked[index].count += 1 } else { asked.append((name, 1)) }
      }
      return (rule: rule, classes: classes)
    }
    let order = asked.enumerated().sorted { ($1.element.count, $0.offset) < ($0.element.count, $1.offset) }.map(\.element.subject)
    return held.enumerated().filter { item in contents.conditions(of: item.element.rule).allSatisfy { mayHold($0) } }.sorted { a, b in
      let x = order.map { a.element.classes[$0] ?? 0 }, y = order.map { b.element.classes[$0] ?? 0 }
      return x == y ? a.offset < b.offset : x.lexicographicallyPrecedes(y)
    }.map(\.element.rule)
  }

  private func mayHold(_ condition: RuleCondition) -> Bool {
    guard case .document(let path) = condition.subject, !isUnknown(path), !holdsUnknown(path),
      case .variable(let root) = path[0].kind, let keys = known.all(Array(path.dropFirst()), contents.nothing)
    else { return true }
    let value = root == VariableTable.input ? Machine.descendExactly(known.input, keys) : Machine.descend(known.data, keys[...])
    guard value.isDefined else { return false }
    guard let pattern = condition.pattern, pattern.isConstant else { return true }
    return known.value(of: pattern, contents.nothing)?.equals(value) ?? true
  }
}
