/// Turns ordered rules into functions of the intermediate representation.
///
/// Planning is continuation-passing: what follows an expression is planned inside the block that the expression opened, so that each
/// solution of an iteration runs it. Functions that take a continuation are not optimised: the compiler would make a copy of each for
/// every continuation, and of those for theirs, without end.
final class Planner {
  let heap: Heap
  let tree: RuleTree
  let builtins: [String: Builtin]
  private(set) var constants: [Value] = []
  private var constantIndex: [UInt64: [Int]] = [:]
  private(set) var functions: [PlannedFunction] = []
  /// Nodes that documents are read from at run time.
  private(set) var nodes: [RuleTree] = []
  private var nodeIndex: [ObjectIdentifier: Int] = [:]
  private(set) var builtinTable: [Builtin] = []
  private var builtinIndex: [String: Int] = [:]
  /// Functions that a function's body may call.
  private(set) var edges: [Set<Int>] = []
  /// Nodes whose documents a function's body may read.
  private(set) var documentEdges: [Set<Int>] = []

  /// Set where a body nests more than the stack holds; the plan is not complete then.
  private(set) var error: RegoError?
  private let gauge = StackGauge(limit: DeepStack.limit / 2)

  private var block = Block()
  private var nextLocal = 0
  private var maxLocal = 0
  private var bound: [Int?] = []
  private var current = 0

  init(heap: Heap, tree: RuleTree, builtins: [String: Builtin]) {
    self.heap = heap
    self.tree = tree
    self.builtins = builtins
  }

  // MARK: - Functions

  /// Gives every topmost node with rules a function, then plans each.
  func planRules() {
    var groups: [RuleTree] = []
    func find(_ node: RuleTree) {
      if !node.rules.isEmpty {
        node.function = functions.count
        node.arity = node.rules.first?.parameters?.count
        groups.append(node)
        addFunction(name: node.path.joined(separator: "."), path: node.path, rule: node.rules.first)
        return
      }
      for child in node.sortedChildren { find(child) }
    }
    find(tree)
    for group in groups { planGroup(group) }
  }

  private func addFunction(name: String, path: [String], rule: ResolvedRule?) {
    functions.append(
      PlannedFunction(
        name: name, path: path, parameterCount: rule?.parameters?.count ?? 0, localCount: 0, body: Block(),
        isMemoized: rule != nil && rule?.parameters == nil, file: rule?.file ?? "", row: rule?.location.row ?? 0))
    edges.append([])
    documentEdges.append([])
  }

  private func begin(_ function: Int, parameters: Int) {
    current = function
    block = functions[function].body
    nextLocal = parameters
    maxLocal = parameters
  }

  private func end() { functions[current].localCount = maxLocal }

  /// Plans a query; returns its function. Bindings of `variables` are handed out by `result`.
  func planQuery(_ body: ResolvedBody, variables: [Int], count: Int) -> Int {
    let index = functions.count
    addFunction(name: "query", path: [], rule: nil)
    begin(index, parameters: 0)
    bound = Array(repeating: nil, count: count)
    plan(body) { [self] in
      append(.result(variables.map { bound[$0] ?? -1 }))
    }
    end()
    return index
  }

  private func planGroup(_ node: RuleTree) {
    guard let index = node.function else { return }
    begin(index, parameters: node.arity ?? 0)
    var members: [(rule: ResolvedRule, prefix: [String])] = []
    node.forEachNode { below in
      for rule in below.rules { members.append((rule, Array(below.path.dropFirst(node.path.count)))) }
    }
    let isSingle = members.allSatisfy { $0.rule.suffix.isEmpty && $0.rule.key == nil && $0.prefix.isEmpty }
    let result = newLocal()
    if isSingle {
      planSingle(members.map(\.rule), result, isFunction: node.arity != nil)
    } else if members.allSatisfy({ $0.rule.key != nil && $0.rule.suffix.isEmpty && $0.prefix.isEmpty }) {
      append(.makeSet(result))
      for member in members {
        planBranch(member.rule, member.rule.branches[0]) { [self] in
          guard let key = member.rule.key else { return }
          term(key) { self.append(.add(set: result, path: [], value: $0)) }
        }
      }
    } else {
      append(.makeObject(result))
      for member in members where !member.rule.isDefault { planPartialObject(member.rule, prefix: member.prefix, into: result) }
      for member in members where member.rule.isDefault { planDefaultMember(member.rule, prefix: member.prefix, into: result) }
    }
    append(.returnLocal(result))
    end()
  }

  /// Rules with one value: all that hold must agree.
  private func planSingle(_ rules: [ResolvedRule], _ result: Int, isFunction: Bool) {
    append(.reset(result))
    let conflict: Conflict = isFunction ? .function : .completeRule
    let ordinary = rules.filter { !$0.isDefault }
    let constant = Self.sharedConstant(ordinary)
    for rule in ordinary {
      if rule.branches.count == 1 {
        planBranch(rule, rule.branches[0]) { [self] in
          guard let value = rule.branches[0].value else { return }
          term(value) {
            self.append(.assignOnce(result, $0, conflict))
            // All rules give the same constant: the first that holds decides.
            if constant { self.append(.returnLocal(result)) }
          }
        }
        continue
      }
      let chain = newLocal()
      append(.reset(chain))
      for (position, branch) in rule.branches.enumerated() {
        planBranch(rule, branch, guardedBy: position > 0 ? chain : nil) { [self] in
          guard let value = branch.value else { return }
          term(value) { self.append(.assignOnce(chain, $0, conflict)) }
        }
      }
      let join = Block()
      append(.attempt(join))
      enter(join) {
        append(.isDefined(chain))
        append(.assignOnce(result, .local(chain), conflict))
      }
    }
    for rule in rules where rule.isDefault {
      planBranch(rule, rule.branches[0], guardedBy: result) { [self] in
        guard let value = rule.branches[0].value else { return }
        term(value) { self.append(.assignOnce(result, $0, conflict)) }
      }
    }
  }

  /// True when every rule's value is one and the same constant and none has an else branch.
  private static func sharedConstant(_ rules: [ResolvedRule]) -> Bool {
    var shared: Value?
    for rule in rules {
      guard rule.branches.count == 1, case .constant(let value)? = rule.branches[0].value else { return false }
      if let shared, !shared.equals(value) { return false }
      shared = value
    }
    return shared != nil
  }

  private func planPartialObject(_ rule: ResolvedRule, prefix: [String], into result: Int) {
    let chain = rule.branches.count > 1 ? newLocal() : -1
    if chain >= 0 { append(.reset(chain)) }
    for (position, branch) in rule.branches.enumerated() {
      planBranch(rule, branch, guardedBy: position > 0 ? chain : nil) { [self] in
        let path = prefix.map { ResolvedTerm.constant(.string($0, in: heap)) } + rule.suffix
        terms(path) { keys in
          if let key = rule.key {
            self.term(key) { self.append(.add(set: result, path: keys, value: $0)) }
          } else if let value = branch.value {
            self.term(value) {
              self.append(.insertOnce(object: result, path: keys, value: $0))
              if chain >= 0 { self.append(.assign(chain, .constant(self.constant(.true)))) }
            }
          }
        }
      }
    }
  }

  /// `default a.b := 1` beside rules that form an object: set where nothing stands.
  private func planDefaultMember(_ rule: ResolvedRule, prefix: [String], into result: Int) {
    planBranch(rule, rule.branches[0]) { [self] in
      let keys = prefix.map { Operand.constant(self.constant(.string($0, in: heap))) }
      let probe = newLocal()
      append(.reset(probe))
      let look = Block()
      append(.attempt(look))
      enter(look) {
        var source = Operand.local(result)
        for key in keys {
          let next = newLocal()
          append(.dot(target: next, source: source, key: key))
          source = .local(next)
        }
        append(.assign(probe, source))
      }
      append(.isUndefined(probe))
      if let value = rule.branches[0].value { term(value) { self.append(.insertOnce(object: result, path: keys, value: $0)) } }
    }
  }

  /// One body of a rule in a block of its own, parameters matched first.
  @_optimize(none)
  private func planBranch(_ rule: ResolvedRule, _ branch: ResolvedRule.Branch, guardedBy guardLocal: Int? = nil, _ head: @escaping () -> Void) {
    let mark = nextLocal
    bound = Array(repeating: nil, count: rule.variableCount)
    let inner = Block()
    append(.attempt(inner))
    enter(inner) {
      if let guardLocal { append(.isUndefined(guardLocal)) }
      match(rule.parameters ?? [], 0) { [self] in
        plan(branch.body) { head() }
      }
    }
    nextLocal = mark
  }

  @_optimize(none)
  private func match(_ parameters: [ResolvedTerm], _ index: Int, _ next: @escaping () -> Void) {
    if index == parameters.count { return next() }
    destructure(parameters[index], .local(index)) { self.match(parameters, index + 1, next) }
  }

  // MARK: - Bookkeeping

  private func append(_ statement: Statement) { block.statements.append(statement) }

  private func enter(_ inner: Block, _ body: () -> Void) {
    let outer = block
    block = inner
    body()
    block = outer
  }

  /// Plans something whose bindings end with it.
  private func closed(_ inner: Block, _ body: () -> Void) {
    let saved = bound
    enter(inner, body)
    bound = saved
  }

  private func newLocal() -> Int {
    nextLocal += 1
    maxLocal = max(maxLocal, nextLocal)
    return nextLocal - 1
  }

  private func constant(_ value: Value) -> Int {
    let hash = value.hash
    for candidate in constantIndex[hash] ?? [] where constants[candidate].equals(value) && constants[candidate].tag == value.tag {
      return candidate
    }
    constants.append(value)
    constantIndex[hash, default: []].append(constants.count - 1)
    return constants.count - 1
  }

  private func builtin(_ name: String) -> Int {
    if let index = builtinIndex[name] { return index }
    guard let builtin = builtins[name] else { return -1 }
    builtinTable.append(builtin)
    builtinIndex[name] = builtinTable.count - 1
    return builtinTable.count - 1
  }

  private func nodeNumber(_ node: RuleTree) -> Int {
    if let index = nodeIndex[ObjectIdentifier(node)] { return index }
    nodes.append(node)
    nodeIndex[ObjectIdentifier(node)] = nodes.count - 1
    return nodes.count - 1
  }

  /// How a function is named in a `with`: functions by their index, built-in functions by -1 - index.
  private func mockKey(_ callee: Callee) -> Int {
    switch callee {
    case .builtin(let name): return -1 - builtin(name)
    case .rule(let path): return tree.node(path)?.function ?? Int(Int32.max)
    }
  }

  // MARK: - Bodies

  @_optimize(none)
  private func plan(_ body: ResolvedBody, _ next: @escaping () -> Void) { plan(body.statements, 0, next) }

  @_optimize(none)
  private func plan(_ statements: [ResolvedStatement], _ index: Int, _ next: @escaping () -> Void) {
    if index == statements.count { return next() }
    let statement = statements[index]
    guard gauge.allowsMore else {
      let function = functions[current]
      error = error ?? RegoError(.compile, "\(function.name.isEmpty ? "query" : function.name) has too many expressions in one body", file: function.file, location: statement.location)
      return
    }
    let rest = { self.plan(statements, index + 1, next) }
    if statement.with.isEmpty { return plan(statement.kind, rest) }
    planWith(statement.with) { self.plan(statement.kind, $0) } next: {
      rest()
    }
  }

  /// Plans `body` under changes; what `body` continues with runs without them.
  @_optimize(none)
  private func planWith(_ with: [ResolvedWith], body: @escaping (_ next: @escaping () -> Void) -> Void, next: @escaping () -> Void) {
    withStatements(with, 0, []) { [self] statements in
      let inner = Block()
      append(.with(statements, inner))
      enter(inner) {
        body {
          let outside = Block()
          self.append(.outside(outside))
          self.enter(outside) { next() }
        }
      }
    }
  }

  @_optimize(none)
  private func withStatements(_ with: [ResolvedWith], _ index: Int, _ done: [WithStatement], _ next: @escaping ([WithStatement]) -> Void) {
    if index == with.count { return next(done) }
    let item = with[index]
    func add(_ target: WithStatement.Target, _ value: Operand, _ replacement: Int = -1) {
      withStatements(with, index + 1, done + [WithStatement(target: target, value: value, replacement: replacement)], next)
    }
    switch item.target {
    case .function(let callee):
      let key = mockKey(callee)
      if let replacement = item.replacement {
        let replaced = mockKey(replacement)
        if replaced >= 0, replaced < edges.count { edges[current].insert(replaced) }
        add(.function(key), .constant(constant(.integer(replaced))), 1)
      } else {
        term(item.value) { add(.function(key), $0) }
      }
    case .input(let path): terms(path) { keys in self.term(item.value) { add(.input(keys), $0) } }
    case .data(let path): terms(path) { keys in self.term(item.value) { add(.data(keys), $0) } }
    }
  }

  @_optimize(none)
  private func plan(_ kind: ResolvedStatement.Kind, _ next: @escaping () -> Void) {
    switch kind {
    case .term(.call(.builtin(let name), let operands, _)) where operands.count == 2 && Comparison(name: name) != nil:
      terms(operands) { [self] operands in
        guard let comparison = Comparison(name: name) else { return }
        append(.compare(builtin: builtin(name), comparison, operands[0], operands[1]))
        next()
      }
    case .term(let node):
      term(node) {
        self.append(.truthy($0))
        next()
      }
    case .unify(let a, let b): unify(a, b, next)
    case .not(let body, _):
      let inner = Block()
      append(.not(inner))
      closed(inner) { plan(body) { self.append(.succeed) } }
      next()
    case .every(let key, let value, let domain, let body):
      term(domain) { [self] domain in
        append(.isCollection(domain))
        let outer = Block()
        append(.not(outer))
        closed(outer) {
          let loop = Block()
          let keyLocal = newLocal(), valueLocal = newLocal()
          append(.scan(source: domain, key: keyLocal, value: valueLocal, loop))
          enter(loop) {
            if let key { bound[key] = keyLocal }
            bound[value] = valueLocal
            let inner = Block()
            append(.not(inner))
            closed(inner) { plan(body) { self.append(.succeed) } }
            append(.succeed)
          }
        }
        next()
      }
    case .and(let bodies):
      for body in bodies { any([body]) }
      next()
    case .or(let bodies):
      any(bodies)
      next()
    }
  }

  private func any(_ bodies: [ResolvedBody]) {
    let blocks = bodies.map { body in
      let inner = Block()
      closed(inner) { plan(body) { self.append(.succeed) } }
      return inner
    }
    append(.any(blocks))
  }

  // MARK: - Unification

  @_optimize(none)
  private func unify(_ a: ResolvedTerm, _ b: ResolvedTerm, _ next: @escaping () -> Void) {
    switch (a, b) {
    case (.variable(let x), _) where bound[x] == nil:
      if case .variable(let y) = b, bound[y] == nil { return next() }
      term(b) {
        self.bind(x, $0)
        next()
      }
    case (_, .variable(let y)) where bound[y] == nil:
      term(a) {
        self.bind(y, $0)
        next()
      }
    case (.array(let x), .array(let y)):
      if x.count != y.count { return fail() }
      unify(Array(zip(x, y)), 0, next)
    case (.object(let x), .object(let y)):
      guard let pairs = Self.pair(x, y) else {
        if hasUnbound(a) { return matchTerm(a, b, next) }
        return matchTerm(b, a, next)
      }
      if pairs.isEmpty, !x.isEmpty || !y.isEmpty { return fail() }
      unify(pairs, 0, next)
    default:
      if hasUnbound(b) { matchTerm(b, a, next) } else { matchTerm(a, b, next) }
    }
  }

  @_optimize(none)
  private func unify(_ pairs: [(ResolvedTerm, ResolvedTerm)], _ index: Int, _ next: @escaping () -> Void) {
    if index == pairs.count { return next() }
    unify(pairs[index].0, pairs[index].1) { self.unify(pairs, index + 1, next) }
  }

  /// Values of two object patterns under the same constant keys; empty when the keys differ, nil when a key is not constant.
  private static func pair(_ x: [(key: ResolvedTerm, value: ResolvedTerm)], _ y: [(key: ResolvedTerm, value: ResolvedTerm)]) -> [(ResolvedTerm, ResolvedTerm)]? {
    if x.count != y.count { return [] }
    var pairs: [(ResolvedTerm, ResolvedTerm)] = []
    for item in x {
      guard case .constant(let key) = item.key else { return nil }
      var partner: ResolvedTerm?
      for other in y {
        guard case .constant(let candidate) = other.key else { return nil }
        if candidate.equals(key) { partner = other.value }
      }
      guard let partner else { return [] }
      pairs.append((item.value, partner))
    }
    return pairs
  }

  @_optimize(none)
  private func matchTerm(_ pattern: ResolvedTerm, _ node: ResolvedTerm, _ next: @escaping () -> Void) {
    term(node) { self.destructure(pattern, $0, next) }
  }

  private func fail() {
    append(.truthy(.constant(constant(.false))))
  }

  private func bind(_ variable: Int, _ operand: Operand) {
    switch operand {
    case .local(let local): bound[variable] = local
    case .constant:
      let local = newLocal()
      append(.assign(local, operand))
      bound[variable] = local
    }
  }

  /// A variable in a place where a value can bind it.
  private func hasUnbound(_ node: ResolvedTerm) -> Bool {
    switch node {
    case .variable(let v): bound[v] == nil
    case .array(let items): items.contains { hasUnbound($0) }
    case .object(let items): items.contains { hasUnbound($0.value) }
    default: false
    }
  }

  /// Matches a value against a pattern, binding its variables.
  @_optimize(none)
  private func destructure(_ pattern: ResolvedTerm, _ operand: Operand, _ next: @escaping () -> Void) {
    switch pattern {
    case .variable(let v):
      if let local = bound[v] {
        append(.equal(.local(local), operand))
      } else {
        bind(v, operand)
      }
      next()
    case .array(let items) where hasUnbound(pattern):
      append(.isArray(operand, count: items.count))
      element(items, 0, operand, next)
    case .object(let items) where hasUnbound(pattern):
      append(.isObject(operand, count: items.count))
      member(items, 0, operand, next)
    default:
      term(pattern) {
        self.append(.equal($0, operand))
        next()
      }
    }
  }

  @_optimize(none)
  private func element(_ items: [ResolvedTerm], _ index: Int, _ operand: Operand, _ next: @escaping () -> Void) {
    if index == items.count { return next() }
    let local = newLocal()
    append(.dot(target: local, source: operand, key: .constant(constant(.integer(index)))))
    destructure(items[index], .local(local)) { self.element(items, index + 1, operand, next) }
  }

  @_optimize(none)
  private func member(_ items: [(key: ResolvedTerm, value: ResolvedTerm)], _ index: Int, _ operand: Operand, _ next: @escaping () -> Void) {
    if index == items.count { return next() }
    term(items[index].key) { [self] key in
      let local = newLocal()
      append(.dot(target: local, source: operand, key: key))
      destructure(items[index].value, .local(local)) { self.member(items, index + 1, operand, next) }
    }
  }

  // MARK: - Terms

  @_optimize(none)
  private func terms(_ nodes: [ResolvedTerm], _ next: @escaping ([Operand]) -> Void) { terms(nodes, 0, [], next) }

  @_optimize(none)
  private func terms(_ nodes: [ResolvedTerm], _ index: Int, _ done: [Operand], _ next: @escaping ([Operand]) -> Void) {
    if index == nodes.count { return next(done) }
    term(nodes[index]) { self.terms(nodes, index + 1, done + [$0], next) }
  }

  @_optimize(none)
  private func term(_ node: ResolvedTerm, _ next: @escaping (Operand) -> Void) {
    switch node {
    case .constant(let value): next(.constant(constant(value)))
    case .variable(let v):
      if let local = bound[v] { next(.local(local)) } else { fail() }
    case .input:
      let local = newLocal()
      append(.input(local))
      next(.local(local))
    case .data: document(tree, [], next)
    case .reference(let head, let path): reference(head, path, next)
    case .array(let items):
      terms(items) { [self] operands in
        let local = newLocal()
        append(.makeArray(local, capacity: operands.count))
        for operand in operands { append(.append(array: local, operand)) }
        next(.local(local))
      }
    case .set(let items):
      terms(items) { [self] operands in
        let local = newLocal()
        append(.makeSet(local))
        for operand in operands { append(.add(set: local, path: [], value: operand)) }
        next(.local(local))
      }
    case .object(let items): object(items, next)
    case .arrayComprehension(let head, let body):
      let local = newLocal()
      append(.makeArray(local, capacity: 4))
      comprehension(body) { self.term(head) { self.append(.append(array: local, $0)) } }
      next(.local(local))
    case .setComprehension(let head, let body):
      let local = newLocal()
      append(.makeSet(local))
      comprehension(body) { self.term(head) { self.append(.add(set: local, path: [], value: $0)) } }
      next(.local(local))
    case .objectComprehension(let key, let value, let body):
      let local = newLocal()
      append(.makeObject(local))
      comprehension(body) {
        self.term(key) { key in self.term(value) { self.append(.insertOnce(object: local, path: [key], value: $0)) } }
      }
      next(.local(local))
    case .call(let callee, let arguments, let location): call(callee, arguments, location, next)
    case .template(let pieces): template(pieces, next)
    }
  }

  @_optimize(none)
  private func comprehension(_ body: ResolvedBody, _ head: @escaping () -> Void) {
    let inner = Block()
    append(.attempt(inner))
    closed(inner) { plan(body) { head() } }
  }

  @_optimize(none)
  private func object(_ items: [(key: ResolvedTerm, value: ResolvedTerm)], _ next: @escaping (Operand) -> Void) {
    var keys: [Value] = []
    for item in items { if case .constant(let key) = item.key, !keys.contains(where: { $0.equals(key) }) { keys.append(key) } }
    if keys.count == items.count, !keys.isEmpty {
      let order = keys.indices.sorted { keys[$0].compare(keys[$1]) < 0 }
      terms(items.map(\.value)) { [self] operands in
        let local = newLocal()
        let sorted = constant(.array(order.map { keys[$0] }, in: heap))
        append(.makeRecord(local, keys: sorted, values: order.map { operands[$0] }))
        next(.local(local))
      }
      return
    }
    terms(items.flatMap { [$0.key, $0.value] }) { [self] operands in
      let local = newLocal()
      append(.makeObject(local))
      for index in stride(from: 0, to: operands.count, by: 2) {
        append(.insertOnce(object: local, path: [operands[index]], value: operands[index + 1]))
      }
      next(.local(local))
    }
  }

  @_optimize(none)
  private func call(_ callee: Callee, _ arguments: [ResolvedTerm], _ location: Location, _ next: @escaping (Operand) -> Void) {
    if case .builtin("eq") = callee, arguments.count == 2 {
      return unify(arguments[0], arguments[1]) { next(.constant(self.constant(.true))) }
    }
    terms(arguments) { [self] operands in
      let local = newLocal()
      switch callee {
      case .builtin(let name):
        append(.builtin(builtin(name), operands, local, row: location.row))
        if name == "walk" {
          let loop = Block()
          let key = newLocal(), value = newLocal()
          append(.scan(source: .local(local), key: key, value: value, loop))
          enter(loop) { next(.local(value)) }
          return
        }
      case .rule(let path):
        guard let function = tree.node(path)?.function else { return fail() }
        edges[current].insert(function)
        append(.call(function: function, operands, local))
      }
      next(.local(local))
    }
  }

  @_optimize(none)
  private func template(_ pieces: [TemplatePiece], _ next: @escaping (Operand) -> Void) {
    var operands: [Operand] = []
    for piece in pieces {
      switch piece {
      case .text(let value): operands.append(.constant(constant(value)))
      case .value(let node, let with):
        let local = newLocal()
        append(.reset(local))
        let inner = Block()
        append(.attempt(inner))
        closed(inner) {
          if with.isEmpty {
            term(node) { self.append(.assign(local, $0)) }
          } else {
            planWith(with) { done in
              self.term(node) {
                self.append(.assign(local, $0))
                done()
              }
            } next: {
            }
          }
        }
        operands.append(.local(local))
      }
    }
    let local = newLocal()
    append(.template(local, operands))
    next(.local(local))
  }

  // MARK: - References

  @_optimize(none)
  private func reference(_ head: ResolvedTerm, _ path: [ResolvedTerm], _ next: @escaping (Operand) -> Void) {
    switch head {
    case .data: dataReference(path, next)
    default: term(head) { self.path($0, path, 0, next) }
    }
  }

  /// Goes down a value.
  @_optimize(none)
  private func path(_ source: Operand, _ path: [ResolvedTerm], _ index: Int, _ next: @escaping (Operand) -> Void) {
    if index == path.count { return next(source) }
    let part = path[index]
    if hasUnbound(part) {
      let loop = Block()
      let key = newLocal(), value = newLocal()
      append(.scan(source: source, key: key, value: value, loop))
      enter(loop) {
        destructure(part, .local(key)) { self.path(.local(value), path, index + 1, next) }
      }
      return
    }
    term(part) { [self] key in
      let local = newLocal()
      append(.dot(target: local, source: source, key: key))
      self.path(.local(local), path, index + 1, next)
    }
  }

  /// Goes down base data: constant numbers are keys of objects too, as the store's paths are texts.
  @_optimize(none)
  private func basePath(_ source: Operand, _ path: [ResolvedTerm], _ index: Int, _ next: @escaping (Operand) -> Void) {
    var source = source
    var index = index
    while index < path.count, case .constant(let value) = path[index] {
      let local = newLocal()
      let key = Operand.constant(constant(value))
      append(value.isNumber ? .dotBase(target: local, source: source, key: key) : .dot(target: local, source: source, key: key))
      source = .local(local)
      index += 1
    }
    self.path(source, path, index, next)
  }

  /// Goes down the rules as far as names are constant; then calls the rule, reads the base document, or leaves it to the machine.
  @_optimize(none)
  private func dataReference(_ path: [ResolvedTerm], _ next: @escaping (Operand) -> Void) {
    var node = tree
    var index = 0
    while index < path.count, case .constant(let key) = path[index], key.isString {
      guard let child = node.sortedChild(key) else {
        let local = newLocal()
        append(.base(local))
        return basePath(.local(local), path, 0, next)
      }
      node = child
      index += 1
      if let function = node.function {
        if node.arity != nil { return fail() }
        edges[current].insert(function)
        let local = newLocal()
        append(.call(function: function, [], local))
        return self.path(.local(local), path, index, next)
      }
    }
    dynamicDocument(node, path, index, [], next)
  }

  @_optimize(none)
  private func dynamicDocument(_ node: RuleTree, _ path: [ResolvedTerm], _ index: Int, _ keys: [Operand], _ next: @escaping (Operand) -> Void) {
    if index == path.count { return document(node, keys, next) }
    let part = path[index]
    if hasUnbound(part) {
      let list = newLocal()
      let number = nodeNumber(node)
      documentEdges[current].insert(number)
      append(.documentKeys(node: number, keys, list))
      let loop = Block()
      let position = newLocal(), key = newLocal()
      append(.scan(source: .local(list), key: position, value: key, loop))
      enter(loop) {
        destructure(part, .local(key)) { self.dynamicDocument(node, path, index + 1, keys + [.local(key)], next) }
      }
      return
    }
    term(part) { self.dynamicDocument(node, path, index + 1, keys + [$0], next) }
  }

  @_optimize(none)
  private func document(_ node: RuleTree, _ keys: [Operand], _ next: @escaping (Operand) -> Void) {
    let local = newLocal()
    let number = nodeNumber(node)
    documentEdges[current].insert(number)
    append(.document(node: number, keys, local))
    next(.local(local))
  }
}

extension RuleTree {
  /// The child of a string value's name.
  func sortedChild(_ key: Value) -> RuleTree? { children[key.string] }
}
