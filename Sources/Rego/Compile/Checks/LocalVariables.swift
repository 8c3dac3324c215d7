/// Gives every declared variable a number of its own and finds wrong declarations (OPA's RewriteLocalVars).
struct LocalVariables {
  enum Occurrence {
    case parameter
    /// Used before any declaration.
    case seen
    case assigned
    case declared
  }

  struct Scope {
    /// What a variable stands for here.
    var renamed: [Int: Int] = [:]
    var occurrence: [Int: Occurrence] = [:]
    var uses: [Int: Int] = [:]
    /// Where a variable was declared.
    var places: [Int: Location] = [:]
  }

  let module: Int
  let variables: VariableTable
  let isStrict: Bool
  private(set) var faults: [CheckFault] = []
  private var scopes: [Scope] = [Scope()]
  /// Faults noted before the outermost body that is being read.
  private var reported = 0

  init(module: Int, variables: VariableTable, isStrict: Bool) {
    self.module = module
    self.variables = variables
    self.isStrict = isStrict
  }

  private mutating func report(_ message: String, _ location: Location) {
    faults.append(CheckFault(.compile, message, module, location))
  }

  // MARK: Rules

  mutating func query(_ rule: CheckRule) { body(rule.body, used: VariableSet()) }

  mutating func rule(_ rule: CheckRule) {
    for argument in rule.arguments { parameter(argument) }
    let parameters = scopes[0]
    var unused = VariableSet()
    if isStrict { for variable in parameters.renamed.keys where !variables.isWildcard(variable) { unused.insert(variable) } }
    for (index, branch) in rule.branches.enumerated() {
      // The parameters of `else` branches are copies with the same names.
      if index > 0 { for argument in branch.arguments { rename(argument, parameters.renamed) } }
      scopes = [parameters]
      var headUses = VariableSet()
      for term in branch.suffix + branch.headTerms where !term.isScalar {
        if !branch.arguments.contains(where: { $0 === term }) {
          nested(term)
          term.collectVariables(into: &headUses)
        }
      }
      scopes = [parameters]
      reported = faults.count
      body(branch.body, used: headUses)
      let renamed = scopes[0].renamed
      for term in branch.suffix + (branch.key.map { [$0] } ?? []) + (branch.value.map { [$0] } ?? []) { rename(term, renamed) }
      if isStrict {
        branch.value?.variables().forEach { unused.remove(variables.original($0)) }
        for variable in unused.members where (scopes[0].uses[variable] ?? 0) > 1 { unused.remove(variable) }
      }
    }
    for variable in unused.members {
      report("unused argument \(variables.text(variable)). (hint: use _ (wildcard variable) instead)", rule.headLocation)
    }
  }

  /// Comprehensions of a head have scopes of their own, before the body's.
  private mutating func nested(_ term: CheckTerm) {
    reported = faults.count
    switch term.kind {
    case .comprehension(let comprehension):
      scopes = [Scope()]
      self.comprehension(comprehension)
    case .template(let parts):
      scopes = [Scope()]
      template(parts)
    default:
      var children: [CheckTerm] = []
      term.forEachChild { children.append($0) }
      for child in children { nested(child) }
    }
  }

  private mutating func parameter(_ term: CheckTerm) {
    switch term.kind {
    case .variable(let variable):
      if let known = scopes[0].renamed[variable] {
        scopes[0].uses[variable, default: 0] += 1
        term.kind = .variable(known)
      } else {
        let own = variables.declare(variable)
        insert(variable, own, .parameter)
        term.kind = .variable(own)
      }
    case .object(let items): for item in items { parameter(item.value) }
    case .call: report("rule arguments cannot contain calls", term.location)
    case .reference(let terms), .array(let terms): for term in terms { parameter(term) }
    default: break
    }
  }

  /// Replaces variables everywhere in the term.
  private func rename(_ term: CheckTerm, _ renamed: [Int: Int]) {
    term.walk { term in
      if case .variable(let variable) = term.kind, let other = renamed[variable] { term.kind = .variable(other) }
      return false
    }
  }

  // MARK: Scopes

  private mutating func insert(_ variable: Int, _ own: Int, _ occurrence: Occurrence) {
    scopes[scopes.count - 1].renamed[variable] = own
    scopes[scopes.count - 1].occurrence[variable] = occurrence
    scopes[scopes.count - 1].uses[variable] = 1
  }

  private func lookup(_ variable: Int) -> Int? {
    for scope in scopes.reversed() { if let own = scope.renamed[variable] { return own } }
    return nil
  }

  private mutating func use(_ variable: Int) {
    for index in scopes.indices.reversed() where scopes[index].uses[variable] != nil {
      scopes[index].uses[variable, default: 0] += 1
      return
    }
    scopes[scopes.count - 1].uses[variable] = 1
  }

  /// Declares a variable in the innermost scope. Nil where it cannot be; the error is noted.
  private mutating func declare(_ variable: Int, _ occurrence: Occurrence, at place: Location, of expression: Location) -> Int? {
    let name = variables.text(variable)
    switch scopes[scopes.count - 1].occurrence[variable] {
    case .seen: report("var \(name) referenced above", place)
    case .assigned: report("var \(name) assigned above", place)
    case .declared: report("var \(name) declared above", place)
    case .parameter: report("arg \(name) redeclared", place)
    case nil:
      let own = variables.declare(variable)
      insert(variable, own, occurrence)
      scopes[scopes.count - 1].places[variable] = expression
      return own
    }
    return nil
  }

  // MARK: Bodies

  /// - Parameter used: variables that what stands around the body uses.
  mutating func body(_ body: CheckBody, used: VariableSet) {
    var result: [CheckExpression] = []
    for expression in body.expressions {
      if let terms = expression.call(of: VariableTable.assign) {
        assignment(expression, terms)
        result.append(expression)
        continue
      }
      switch expression.kind {
      case .some(let terms):
        for term in terms {
          guard case .variable(let variable) = term.kind else { continue }
          if declare(variable, .declared, at: expression.location, of: expression.location) == nil { break }
        }
      case .someIn(let key, let value, let collection):
        if let membership = membership(expression, key, value, collection) { result.append(membership) }
      case .every(let every): if self.every(expression, every) { result.append(expression) }
      default:
        self.expression(expression)
        result.append(expression)
      }
    }
    if result.isEmpty {
      let location = body.expressions.first?.location ?? .generated
      result = [CheckExpression(.term(CheckTerm(.boolean(true), location)), location: location)]
    }
    body.expressions = result
    // What is unused says little while something else is wrong.
    if faults.count > reported { return }
    if isStrict { checkAssigned(used: used) }
    if faults.count == reported { checkDeclared(body, used: used) }
  }

  private mutating func checkAssigned(used: VariableSet) {
    let scope = scopes[scopes.count - 1]
    for (variable, occurrence) in scope.occurrence.sorted(by: { $0.key < $1.key }) where occurrence == .assigned {
      guard !variables.isWildcard(variable), (scope.uses[variable] ?? 0) <= 1, !used.contains(variable) else { continue }
      report("assigned var \(variables.text(variable)) unused", scope.places[variable] ?? .generated)
    }
  }

  private mutating func checkDeclared(_ body: CheckBody, used: VariableSet) {
    let scope = scopes[scopes.count - 1]
    let declared = scope.occurrence.filter { $0.value == .declared }.map(\.key).sorted()
    if declared.isEmpty { return }
    let present = body.variables()
    for variable in declared {
      guard let own = scope.renamed[variable], !present.contains(own), !used.contains(variable), !variables.isGenerated(variable) else {
        continue
      }
      report("declared var \(variables.text(variable)) unused", scope.places[variable] ?? .generated)
    }
  }

  private mutating func assignment(_ expression: CheckExpression, _ terms: [CheckTerm]) {
    if expression.isNegated {
      report("cannot assign vars inside negated expression", expression.location)
      return
    }
    guard terms.count == 3 else { return }
    let before = faults.count
    self.terms(in: terms[2])
    for modifier in expression.with { self.terms(in: modifier.value) }
    assign(to: terms[1], expression.location)
    if faults.count == before, case .reference(let path) = terms[0].kind {
      terms[0].kind = .reference([CheckTerm(.variable(VariableTable.unify), path[0].location)])
    }
  }

  private mutating func assign(to term: CheckTerm, _ expression: Location) {
    switch term.kind {
    case .variable(let variable):
      if let own = declare(variable, .assigned, at: term.location, of: expression) { term.kind = .variable(own) }
      return
    case .array(let terms):
      for term in terms { assign(to: term, expression) }
      return
    case .object(let items):
      for item in items { assign(to: item.value, expression) }
      return
    case .reference(let path):
      if path.count == 1, case .variable(let root) = path[0].kind, root == VariableTable.input || root == VariableTable.data {
        if let own = declare(root, .assigned, at: term.location, of: expression) { term.kind = .variable(own) }
        return
      }
    default: break
    }
    report("cannot assign to \(term.kindName())", term.location)
  }

  /// `some k, v in xs` becomes `v = xs[k]`. Nil where a variable cannot be declared.
  private mutating func membership(
    _ expression: CheckExpression, _ key: CheckTerm?, _ value: CheckTerm, _ collection: CheckTerm
  ) -> CheckExpression? {
    let position = key == nil ? variables.generate() : nil
    let key = key ?? CheckTerm(.variable(position ?? 0), .generated)
    let element: CheckTerm
    if case .reference(let path) = collection.kind {
      element = CheckTerm(.reference(path + [key]), collection.location)
    } else {
      element = CheckTerm(.reference([collection, key]), collection.location)
    }
    let name = CheckTerm(.reference([CheckTerm(.variable(VariableTable.unify), expression.location)]), expression.location)
    let result = CheckExpression(
      .call([name, value, element]), isNegated: expression.isNegated, with: expression.with, location: expression.location)
    var outputs = BodyOutputs.equality(value, element, safe: collection.variables())
    outputs.subtract(.reserved)
    for variable in outputs.members.sorted(by: { variables.label($0) < variables.label($1) }) {
      if declare(variable, .declared, at: expression.location, of: expression.location) == nil { return nil }
    }
    self.expression(result)
    return result
  }

  private mutating func every(_ expression: CheckExpression, _ every: CheckEvery) -> Bool {
    terms(in: every.domain)
    scopes.append(Scope())
    defer { scopes.removeLast() }
    for term in [every.key, every.value] {
      guard let term, case .variable(let variable) = term.kind, !variables.isWildcard(variable) else { continue }
      guard let own = declare(variable, .declared, at: expression.location, of: expression.location) else { return false }
      term.kind = .variable(own)
    }
    if every.key == nil { every.key = CheckTerm(.variable(variables.generate()), expression.location) }
    body(every.body, used: VariableSet())
    for modifier in expression.with { self.modifier(modifier) }
    return true
  }

  private mutating func expression(_ expression: CheckExpression) {
    switch expression.kind {
    case .term(let term): terms(in: term)
    case .call(let terms): for term in terms { self.terms(in: term) }
    case .logical(let bodies):
      for body in bodies {
        scopes.append(Scope())
        self.body(body, used: VariableSet())
        scopes.removeLast()
      }
    case .some, .someIn, .every: break
    }
    for modifier in expression.with { self.modifier(modifier) }
  }

  /// The target `input` is the document even where a variable has its name.
  private mutating func modifier(_ modifier: CheckModifier) {
    var isInput = false
    if case .reference(let path) = modifier.target.kind, case .variable(VariableTable.input) = path[0].kind { isInput = true }
    terms(in: modifier.target)
    if isInput, let own = lookup(VariableTable.input) {
      switch modifier.target.kind {
      case .variable(own): modifier.target.kind = .reference([CheckTerm(.variable(VariableTable.input), modifier.target.location)])
      case .reference(let path):
        if case .variable(own) = path[0].kind { path[0].kind = .variable(VariableTable.input) }
      default: break
      }
    }
    terms(in: modifier.value)
  }

  // MARK: Terms

  /// Replaces the variables of a term by what they stand for.
  private mutating func terms(in term: CheckTerm) {
    switch term.kind {
    case .null, .boolean, .number, .string: break
    case .variable(let variable):
      if let own = lookup(variable) {
        term.kind = .variable(own)
        use(variable)
      } else if scopes[scopes.count - 1].occurrence[variable] == nil {
        insert(variable, variable, .seen)
      }
    case .reference(let path):
      if path.count == 1, case .variable(let root) = path[0].kind, root == VariableTable.input || root == VariableTable.data {
        for scope in scopes.reversed() {
          guard let occurrence = scope.occurrence[root] else { continue }
          if occurrence != .seen, let own = lookup(root) { term.kind = .variable(own) }
          break
        }
        return
      }
      for part in path { terms(in: part) }
    case .call(let terms):
      var isShadowed = false
      terms[0].walk { part in
        if case .variable(let variable) = part.kind, let own = lookup(variable), own != variable { isShadowed = true }
        return false
      }
      if isShadowed { report("called function \(CheckText(variables).term(terms[0])) shadowed", term.location) }
      for part in terms { self.terms(in: part) }
    case .array(let terms), .set(let terms): for term in terms { self.terms(in: term) }
    case .object(let items):
      for item in items {
        terms(in: item.key)
        terms(in: item.value)
      }
    case .comprehension(let comprehension): self.comprehension(comprehension)
    case .template(let parts): template(parts)
    }
  }

  private mutating func comprehension(_ comprehension: CheckComprehension) {
    var used = VariableSet()
    comprehension.key?.collectVariables(into: &used)
    comprehension.term.collectVariables(into: &used)
    scopes.append(Scope())
    body(comprehension.body, used: used)
    if let key = comprehension.key { terms(in: key) }
    terms(in: comprehension.term)
    scopes.removeLast()
  }

  private mutating func template(_ parts: [CheckTemplatePart]) {
    for case .expression(let expression) in parts {
      scopes.append(Scope())
      self.expression(expression)
      scopes.removeLast()
    }
  }
}
