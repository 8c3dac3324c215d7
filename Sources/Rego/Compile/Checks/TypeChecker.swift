/// Infers the types of rules, each after those it needs, and finds what no value can satisfy (v1/ast/check.go).
struct TypeChecker {
  let globals: TypeTree
  let signatures: [String: Signature]
  private let documents: DocumentTypes
  private(set) var faults: [CheckFault] = []

  init(globals: TypeTree, signatures: [String: Signature], documents: DocumentTypes) {
    self.globals = globals
    self.signatures = signatures
    self.documents = documents
  }

  // MARK: Rules

  mutating func check(_ rule: CheckRule) {
    let scope = TypeScope(globals: globals, signatures: signatures, variables: rule.variables)
    faults += documents.fill(scope, rule)
    let found = BodyTypes(module: rule.module).check(rule.body, scope)
    if !found.isEmpty {
      faults += found
      // What uses the rule is judged as if it could be anything.
      globals.node(rule.groundPath).type = .any
      return
    }
    for variable in rule.arguments.reduce(into: VariableSet(), { $1.collectVariables(into: &$0) }).members where scope[variable] == nil {
      scope[variable] = .any
    }
    let suffix = rule.suffix.dropFirst(rule.groundCount)
    if !rule.arguments.isEmpty {
      let arguments = rule.arguments.map { scope.type(of: $0) }
      insert(rule, .function(StaticType.FunctionType(arguments, result: rule.value.flatMap { scope.type(of: $0) })))
    } else if let key = rule.key {
      if suffix.isEmpty { insert(rule, scope.type(of: key).map { .set(of: $0) }) } else { insert(rule, nil) }
    } else {
      var type = rule.value.flatMap { scope.type(of: $0) }
      for part in suffix.reversed() {
        guard let value = type, let key = scope.type(of: part) else {
          type = nil
          break
        }
        type = .object([], rest: StaticType.Properties(key: key, value: value))
      }
      insert(rule, type)
    }
  }

  private func insert(_ rule: CheckRule, _ type: StaticType?) {
    if let type { globals.insert(rule.groundPath, type) } else { _ = globals.node(rule.groundPath) }
  }

  /// Faults of a query, its rule made of the query's body.
  func query(_ rule: CheckRule) -> [CheckFault] {
    let scope = TypeScope(globals: globals, signatures: signatures, variables: rule.variables)
    _ = documents.fill(scope, rule)
    return BodyTypes(module: rule.module).check(rule.body, scope)
  }

  /// The type of a comprehension: checks its body. Nil where that is wrong.
  static func type(of comprehension: CheckComprehension, in scope: TypeScope) -> StaticType? {
    _ = BodyTypes(module: 0).check(comprehension, scope)
    return comprehension.type ?? nil
  }
}

/// Checks the expressions of one body.
struct BodyTypes {
  let module: Int

  /// Fills `scope` with the types of the body's variables.
  func check(_ body: CheckBody, _ scope: TypeScope) -> [CheckFault] {
    var faults: [CheckFault] = []
    let references = ReferenceTypes(module: module, scope: scope)
    for expression in body.expressions {
      let closures = self.closures(of: expression, scope)
      var found: [CheckFault] = []
      references.check(expression, &found)
      faults += closures + found
      if let fault = check(expression, scope) {
        // Where a part is wrong already, an unknown type is a consequence.
        if fault.isOfUnknownType, !closures.isEmpty || !found.isEmpty { continue }
        faults.append(fault)
      }
    }
    return faults
  }

  /// Checks a comprehension's body and notes its type.
  func check(_ comprehension: CheckComprehension, _ scope: TypeScope) -> [CheckFault] {
    let inner = scope.inner
    let faults = check(comprehension.body, inner)
    guard faults.isEmpty else {
      comprehension.type = .some(nil)
      return faults
    }
    // What a parameter holds is not known yet: it may be anything.
    func known(_ term: CheckTerm) -> StaticType? {
      let type = inner.type(of: term)
      return type.isUnknown ? .any : type
    }
    let element = known(comprehension.term)
    switch comprehension.shape {
    case .array: comprehension.type = StaticType.array([], rest: element)
    case .set: comprehension.type = StaticType.set(of: element)
    case .object:
      let key = comprehension.key.flatMap { known($0) }
      comprehension.type = StaticType.object([], rest: StaticType.Properties(key: key, value: element))
    }
    return []
  }

  /// Of several wrong comprehensions in one expression the last is reported.
  private func closures(of expression: CheckExpression, _ scope: TypeScope) -> [CheckFault] {
    var faults: [CheckFault] = []
    func visit(_ closure: CheckClosure) {
      switch closure {
      case .comprehension(let comprehension):
        let found = check(comprehension, scope)
        if !found.isEmpty { faults = found }
      case .body(let body): for inner in body.expressions { inner.forEachClosure(visit) }
      }
    }
    expression.forEachClosure(visit)
    return faults
  }

  private func check(_ expression: CheckExpression, _ scope: TypeScope) -> CheckFault? {
    for modifier in expression.with { if let fault = check(modifier, scope) { return fault } }
    guard case .call(let terms) = expression.kind else { return nil }
    if expression.call(of: VariableTable.unify) != nil { return equation(expression, terms, scope) }
    let name = { CheckText(scope.variables).term(terms[0]) }
    guard case .reference(let path) = terms[0].kind, let type = scope.type(of: path) else {
      return CheckFault(.type, "undefined function \(name())", module, expression.location)
    }
    if case .union = type { return nil }
    guard case .function(let function) = type else {
      return CheckFault(.type, "undefined function \(name())", module, expression.location)
    }
    let operands = terms.dropFirst()
    let wanted = function.arguments + (function.result.map { [$0] } ?? [])
    func fault(_ problem: String) -> CheckFault {
      let have = operands.map { scope.type(of: $0) }
      var want = StaticType.list(wanted)
      if let known = CallChecks.name(of: terms[0], scope.variables), let signature = scope.signatures[known] {
        want = signature.text(withResult: true)
      }
      var fault = CheckFault(
        .type, "\(name()): \(problem)", module, expression.location, details: ["have: " + StaticType.list(have), "want: " + want])
      fault.isOfUnknownType = have.contains { $0.isUnknown }
      return fault
    }
    if operands.count > wanted.count, function.variadic == nil { return fault("too many arguments") }
    if operands.count < function.arguments.count { return fault("too few arguments") }
    for (index, operand) in operands.enumerated() {
      let type = index < wanted.count ? wanted[index] : function.variadic
      if !TypeUnification(scope: scope).unify(operand, type) { return fault("invalid argument(s)") }
    }
    return nil
  }

  private func equation(_ expression: CheckExpression, _ terms: [CheckTerm], _ scope: TypeScope) -> CheckFault? {
    guard terms.count == 3 else {
      let problem = terms.count < 3 ? "too few arguments" : "too many arguments"
      let have = StaticType.list(terms.dropFirst().map { scope.type(of: $0) })
      return CheckFault(
        .type, "eq: \(problem)", module, expression.location, details: ["have: " + have, "want: (any, any)"])
    }
    let left = scope.type(of: terms[1])
    let right = scope.type(of: terms[2])
    if TypeUnification(scope: scope).unify(terms[1], left, terms[2], right) { return nil }
    var fault = CheckFault(
      .type, "match error", module, expression.location, details: ["left  : " + left.text, "right : " + right.text])
    fault.isOfUnknownType = left.isUnknown || right.isUnknown
    return fault
  }

  private func check(_ modifier: CheckModifier, _ scope: TypeScope) -> CheckFault? {
    guard case .function(let target) = scope.type(of: modifier.target), case .function(let value) = scope.type(of: modifier.value),
      !TypeUnification.unifies(.function(target), .function(value))
    else { return nil }
    let name = CheckText(scope.variables).term(modifier.target)
    var want = StaticType.list(target.arguments)
    if let known = CallChecks.name(of: modifier.target, scope.variables), let signature = scope.signatures[known] {
      want = signature.text(withResult: false)
    }
    var fault = CheckFault(
      .type, "\(name): arity mismatch", module, modifier.location,
      details: ["have: " + StaticType.list(value.arguments), "want: " + want])
    fault.isOfUnknownType = value.arguments.contains { $0.isUnknown }
    return fault
  }
}
