/// The rules of one name that can hold, as OPA's index tells (v1/ast/index.go): what their bodies ask of base documents, of the input and of
/// parameters is looked at before any is evaluated.
struct RuleChoice {
  /// In their order, each with the `else` branches that can hold.
  var rules: [(rule: CheckRule, elses: [CheckRule])] = []
  var fallback: CheckRule?
  /// All give one and the same constant: the first that holds decides.
  var exitsEarly = false
  /// A set, or an object whose keys the rules give.
  var isGrowing = false
  var isSet = false

  var isEmpty: Bool { rules.isEmpty && fallback == nil }
}

/// What an expression asks before it can hold.
struct RuleCondition {
  enum Subject {
    case document([CheckTerm])
    case argument(Int)
  }

  let subject: Subject
  /// nil for any value.
  let pattern: CheckTerm?
}

extension TopDown {
  /// - Parameter operands: of a call; nil for a document.
  func choose(_ node: CheckRuleTree, _ reference: [CheckTerm], _ operands: [Value]?, _ search: Search) throws(RegoError) -> RuleChoice {
    var choice = RuleChoice()
    // Rules below ones whose keys are only known at run time are part of the same object.
    var rules = node.rules
    if rules.contains(where: { !$0.isGround }) {
      for child in node.orderedChildren {
        child.walk { below in
          rules += below.rules
          return false
        }
      }
    }
    choice.isGrowing = rules.contains { $0.key != nil || !$0.isGround }
    choice.isSet = rules.allSatisfy { $0.key != nil && $0.isGround }
    var shared: Value?
    var isShared = true
    for rule in rules {
      if rule.isDefault {
        choice.fallback = rule
        continue
      }
      let branches = rule.branches.filter { branch in
        !isIndexed || contents.conditions(of: branch).allSatisfy { fits($0, operands) }
      }
      guard let first = branches.first else { continue }
      choice.rules.append((first, Array(branches.dropFirst())))
      for branch in branches {
        guard branch.key == nil, branch.isGround, let term = branch.value, let value = constant(term) else {
          isShared = false
          continue
        }
        if let held = shared, !held.equals(value) { isShared = false }
        shared = value
      }
    }
    choice.exitsEarly = exitsEarly && isShared && !choice.isGrowing
    let count = choice.rules.count
    try trace(
      .index, .expression(search.expression, index: search.index), search,
      message: "(matched \(count == 1 ? "1 rule" : "\(count) rules")\(choice.exitsEarly ? ", early exit" : ""))", reference: reference)
    return choice
  }

  private func constant(_ term: CheckTerm) -> Value? {
    guard term.isGround, !term.needsEvaluation else { return nil }
    return value(of: term, contents.nothing)
  }

  private func fits(_ condition: RuleCondition, _ operands: [Value]?) -> Bool {
    let value: Value
    switch condition.subject {
    case .argument(let index):
      guard let operands, index < operands.count else { return true }
      value = operands[index]
    case .document(let path):
      guard case .variable(let root) = path[0].kind, let keys = all(Array(path.dropFirst()), contents.nothing) else { return true }
      value = root == VariableTable.input ? Machine.descendExactly(input, keys) : Machine.descend(data, keys[...])
    }
    if value.isUndefined { return false }
    guard let pattern = condition.pattern else { return true }
    if case .array(let terms) = pattern.kind {
      guard value.isArray, value.arrayView.count == terms.count else { return false }
      return zip(value.elements, terms).allSatisfy { element, term in
        term.isVariable || self.value(of: term, contents.nothing)?.equals(element) ?? true
      }
    }
    return self.value(of: pattern, contents.nothing)?.equals(value) ?? true
  }
}

extension TracedPolicy.Contents {
  func conditions(of rule: CheckRule) -> [RuleCondition] {
    if let known = conditions[ObjectIdentifier(rule)] { return known }
    let found = findConditions(rule)
    conditions[ObjectIdentifier(rule)] = found
    return found
  }

  private func findConditions(_ rule: CheckRule) -> [RuleCondition] {
    var result: [String: RuleCondition] = [:]
    let text = TraceText(names: TraceNames(variables: rule.variables), renamed: [:])
    func note(_ condition: RuleCondition) {
      switch condition.subject {
      case .argument(let index): result["\(index)"] = condition
      case .document(let path): result[text.reference(path)] = condition
      }
    }
    for expression in rule.body.expressions {
      if case .call(let terms) = expression.kind {
        let name = self.name(of: terms[0], rule.variables)
        if name == "internal.print" || name == "internal.test_case" { return [] }
      }
    }
    for expression in rule.body.expressions where expression.with.isEmpty && !expression.isNegated {
      switch expression.kind {
      case .term(let term):
        if let subject = subject(term, rule) { note(RuleCondition(subject: subject, pattern: nil)) }
      case .call(let terms):
        guard terms.count == 3, [VariableTable.unify, VariableTable.equal].contains(where: { expression.call(of: $0) != nil }) else {
          continue
        }
        for (a, b) in [(terms[1], terms[2]), (terms[2], terms[1])] {
          guard let subject = subject(a, rule, allowsArguments: true), Self.isIndexable(b) else { continue }
          note(RuleCondition(subject: subject, pattern: b.isVariable ? nil : b))
          break
        }
      default: break
      }
    }
    return Array(result.values)
  }

  /// Scalars, variables, and arrays of those.
  private static func isIndexable(_ term: CheckTerm) -> Bool {
    if case .array(let terms) = term.kind { return terms.allSatisfy { $0.isScalar || $0.isVariable } }
    return term.isScalar || term.isVariable
  }

  private func subject(_ term: CheckTerm, _ rule: CheckRule, allowsArguments: Bool = false) -> RuleCondition.Subject? {
    switch term.kind {
    case .variable(let variable) where allowsArguments:
      let index = rule.arguments.firstIndex { if case .variable(variable) = $0.kind { true } else { false } }
      return index.map { .argument($0) }
    case .reference(let path):
      guard case .variable(let root) = path[0].kind, root == VariableTable.input || root == VariableTable.data else { return nil }
      guard path.dropFirst().allSatisfy(\.isScalar) else { return nil }
      if root == VariableTable.data, isVirtual(path) { return nil }
      return .document(path)
    default: return nil
    }
  }

  /// The path leads to rules, or to a place that rules lie below.
  private func isVirtual(_ path: [CheckTerm]) -> Bool {
    var node = tree
    for part in path.dropFirst() {
      guard let key = part.constant, let child = node.children[key] else { return false }
      if !child.rules.isEmpty { return true }
      node = child
    }
    return true
  }
}
