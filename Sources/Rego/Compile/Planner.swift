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
  var constantIndex: [UInt64: [Int]] = [:]
  /// Constants that are parts of documents: frozen already, known by where they lie.
  private(set) var sharedConstants: [UInt64: Int] = [:]
  private var memberSets: [Int: Int] = [:]
  private(set) var functions: [PlannedFunction] = []
  /// Nodes that documents are read from at run time.
  private(set) var nodes: [RuleTree] = []
  var nodeIndex: [ObjectIdentifier: Int] = [:]
  private(set) var builtinTable: [Builtin] = []
  var builtinIndex: [String: Int] = [:]

  /// Set where a body nests more than the stack holds; the plan is not complete then.
  var error: RegoError?
  let gauge = StackGauge(limit: DeepStack.limit / 2)

  /// Whether documents that are asked for one key are made for it alone (`PlannerKeys`).
  var plansKeys = false
  /// By the function of a group the one that takes a key; -1 where there is none.
  var keyedFunctions: [Int: Int] = [:]
  var waitingForKeys: [RuleTree] = []

  var block = Block()
  var nextLocal = 0
  var maxLocal = 0
  var bound: [Int?] = []
  var current = 0

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
    planKeyedFunctions()
  }

  func addFunction(name: String, path: [String], rule: ResolvedRule?, isKeyed: Bool = false) {
    functions.append(
      PlannedFunction(
        name: name, path: path, parameterCount: isKeyed ? 1 : rule?.parameters?.count ?? 0, localCount: 0, body: Block(),
        isMemoized: !isKeyed && rule != nil && rule?.parameters == nil, file: rule?.file ?? "", place: rule?.location.packed ?? 0))
  }

  /// Adds a function that was planned elsewhere.
  func add(_ function: PlannedFunction) { functions.append(function) }

  func begin(_ function: Int, parameters: Int) {
    current = function
    block = functions[function].body
    nextLocal = parameters
    maxLocal = parameters
  }

  func end() { functions[current].localCount = maxLocal }

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
    planKeyedFunctions()
    return index
  }

  func planGroup(_ node: RuleTree) {
    guard let index = node.function else { return }
    if let arity = node.arity, arity > Program.maximumOperands {
      let function = functions[index]
      let text = "\(function.name) has \(arity) parameters, at most \(Program.maximumOperands) are compiled"
      error = error ?? RegoError(.compile, text, file: function.file, location: node.rules.first?.location ?? .generated)
      return
    }
    begin(index, parameters: node.arity ?? 0)
    let members = members(of: node)
    let isSingle = members.allSatisfy { $0.rule.suffix.isEmpty && $0.rule.key == nil && $0.prefix.isEmpty }
    let result = newLocal()
    if isSingle {
      planSingle(members.map(\.rule), result, isFunction: node.arity != nil)
    } else {
      planMembers(members, into: result, isKeyed: false)
    }
    append(.returnLocal(result))
    end()
  }

  /// A rule of a group, and the constant part of its name below the group's.
  typealias Member = (rule: ResolvedRule, prefix: [String])

  func members(of node: RuleTree) -> [Member] {
    var members: [Member] = []
    node.forEachNode { below in
      for rule in below.rules { members.append((rule, Array(below.path.dropFirst(node.path.count)))) }
    }
    return members
  }

  /// Rules that form a set or an object together.
  ///
  /// - Parameter isKeyed: only what stands under the key in the first local.
  func planMembers(_ members: [Member], into result: Int, isKeyed: Bool) {
    if members.allSatisfy({ $0.rule.key != nil && $0.rule.suffix.isEmpty && $0.prefix.isEmpty }) {
      append(.makeSet(result))
      for member in members {
        planBranch(member.rule, member.rule.branches[0], isKeyed: isKeyed) { [self] in
          guard let key = member.rule.key else { return }
          term(key) { self.append(.add(set: result, path: [], value: $0)) }
        }
      }
    } else {
      append(.makeObject(result))
      for member in members where !member.rule.isDefault {
        planPartialObject(member.rule, prefix: member.prefix, into: result, isKeyed: isKeyed)
      }
      for member in members where member.rule.isDefault { planDefaultMember(member.rule, prefix: member.prefix, into: result) }
    }
  }

  /// Rules with one value: all that hold must agree.
  func planSingle(_ rules: [ResolvedRule], _ result: Int, isFunction: Bool) {
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
  static func sharedConstant(_ rules: [ResolvedRule]) -> Bool {
    var shared: Value?
    for rule in rules {
      guard rule.branches.count == 1, case .constant(let value)? = rule.branches[0].value else { return false }
      if let shared, !shared.equals(value) { return false }
      shared = value
    }
    return shared != nil
  }

  func planPartialObject(_ rule: ResolvedRule, prefix: [String], into result: Int, isKeyed: Bool) {
    let chain = rule.branches.count > 1 ? newLocal() : -1
    if chain >= 0 { append(.reset(chain)) }
    for (position, branch) in rule.branches.enumerated() {
      planBranch(rule, branch, guardedBy: position > 0 ? chain : nil, isKeyed: isKeyed) { [self] in
        let path = prefix.map { ResolvedTerm.constant(.string($0, in: heap)) } + rule.suffix
        func insert(_ keys: [Operand], _ value: Operand) {
          if rule.key != nil { return append(.add(set: result, path: keys, value: value)) }
          append(.insertOnce(object: result, path: keys, value: value))
          if chain >= 0 { append(.assign(chain, .constant(constant(.true)))) }
        }
        guard let value = rule.key ?? branch.value else { return }
        if path.contains(where: { hasUnbound($0) }) {
          // The value binds variables of the path: p[x] := q[x].
          term(value) { value in self.terms(path) { insert($0, value) } }
        } else {
          terms(path) { keys in self.term(value) { insert(keys, $0) } }
        }
      }
    }
  }

  /// `default a.b := 1` beside rules that form an object: set where nothing stands.
  func planDefaultMember(_ rule: ResolvedRule, prefix: [String], into result: Int) {
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
  func planBranch(
    _ rule: ResolvedRule, _ branch: ResolvedRule.Branch, guardedBy guardLocal: Int? = nil, isKeyed: Bool = false,
    _ head: @escaping () -> Void
  ) {
    let mark = nextLocal
    bound = Array(repeating: nil, count: rule.variableCount)
    if isKeyed, let variable = Self.firstKey(rule, prefix: []) { bound[variable] = 0 }
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
  func match(_ parameters: [ResolvedTerm], _ index: Int, _ next: @escaping () -> Void) {
    if index == parameters.count { return next() }
    destructure(parameters[index], .local(index)) { self.match(parameters, index + 1, next) }
  }

  // MARK: - Bookkeeping

  func append(_ statement: Statement) { block.statements.append(statement) }

  func enter(_ inner: Block, _ body: () -> Void) {
    let outer = block
    block = inner
    body()
    block = outer
  }

  /// Plans something whose bindings end with it.
  func closed(_ inner: Block, _ body: () -> Void) {
    let saved = bound
    enter(inner, body)
    bound = saved
  }

  func newLocal() -> Int {
    nextLocal += 1
    maxLocal = max(maxLocal, nextLocal)
    return nextLocal - 1
  }

  func constant(_ value: Value) -> Int {
    let hash = value.hash
    for candidate in constantIndex[hash] ?? [] where constants[candidate].equals(value) && constants[candidate].tag == value.tag {
      return candidate
    }
    constants.append(value)
    constantIndex[hash, default: []].append(constants.count - 1)
    return constants.count - 1
  }

  /// A constant that lies in a frozen document.
  func frozenConstant(_ value: Value) -> Int {
    guard value.isComposite else { return constant(value) }
    if let index = sharedConstants[value.body] { return index }
    constants.append(value)
    sharedConstants[value.body] = constants.count - 1
    return constants.count - 1
  }

  /// The members of a constant collection as a set, for questions whether something is one of them.
  func members(of collection: Operand) -> Int {
    guard case .constant(let index) = collection else { return 0 }
    if let known = memberSets[index] { return known }
    let value = constants[index]
    let set =
      switch value.tag {
      case .array: constant(.set(value.elements, in: heap))
      case .object: constant(.set((0..<value.objectView.count).map { value.objectView.value(at: $0) }, in: heap))
      default: index
      }
    memberSets[index] = set
    return set
  }

  /// Does every function's work once where it would be done several times; see `Optimize`.
  ///
  /// - Parameter data: base data of every evaluation, frozen; undefined where it is not known.
  func optimize(data: Value) {
    let facts = ProgramFacts(functions, constants: constants, data: data)
    for index in functions.indices {
      let locals = SingleAssignment(functions[index])
      FormatFusion.run(functions[index].body, locals: locals.count, planner: self, facts: facts)
      TestFusion.run(functions[index].body, locals: locals.count, builtins: builtinTable, facts: facts)
      ElementLookup.run(functions[index], locals: locals, facts: facts)
      let work = SharedWork(self, facts: facts, locals: locals)
      functions[index].body = work.body(of: functions[index].body)
      UnusedValues.remove(from: functions[index].body, locals: work.localCount, facts: facts)
      var firstHit = FirstHit(
        locals: work.localCount, isMutable: work.isMutable, builtins: builtinTable, yes: .constant(constant(.true)))
      firstHit.run(functions[index].body)
      functions[index].localCount = FrameLayout(functions[index], locals: firstHit.localCount).count
    }
  }

  func builtin(_ name: String) -> Int {
    if let index = builtinIndex[name] { return index }
    guard let builtin = builtins[name] else { return -1 }
    builtinTable.append(builtin)
    builtinIndex[name] = builtinTable.count - 1
    return builtinTable.count - 1
  }

  func nodeNumber(_ node: RuleTree) -> Int {
    if let index = nodeIndex[ObjectIdentifier(node)] { return index }
    nodes.append(node)
    nodeIndex[ObjectIdentifier(node)] = nodes.count - 1
    return nodes.count - 1
  }

  /// How a function is named in a `with`: functions by their index, built-in functions by -1 - index.
  func mockKey(_ callee: Callee) -> Int {
    switch callee {
    case .builtin(let name): return -1 - builtin(name)
    case .rule(let path): return tree.node(path)?.function ?? Int(Int32.max)
    }
  }

  // MARK: - Bodies

  /// Whether the stack holds what one more expression or term nests; an error where not.
  func hasRoom(for what: String, at location: Location = .generated) -> Bool {
    if gauge.allowsMore { return true }
    let function = functions[current]
    let name = function.name.isEmpty ? "query" : function.name
    error = error ?? RegoError(.compile, "\(name) has too many \(what)", file: function.file, location: location)
    return false
  }

  @_optimize(none)
  func plan(_ body: ResolvedBody, _ next: @escaping () -> Void) { plan(body.statements, 0, next) }

  @_optimize(none)
  func plan(_ statements: [ResolvedStatement], _ index: Int, _ next: @escaping () -> Void) {
    if index == statements.count { return next() }
    let statement = statements[index]
    guard hasRoom(for: "expressions in one body", at: statement.location) else { return }
    let rest = { self.plan(statements, index + 1, next) }
    if statement.with.isEmpty { return plan(statement.kind, rest) }
    planWith(statement.with) {
      self.plan(statement.kind, $0)
    } next: {
      rest()
    }
  }

  /// Plans `body` under changes; what `body` continues with runs without them.
  @_optimize(none)
  func planWith(_ with: [ResolvedWith], body: @escaping (_ next: @escaping () -> Void) -> Void, next: @escaping () -> Void) {
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
  func withStatements(_ with: [ResolvedWith], _ index: Int, _ done: [WithStatement], _ next: @escaping ([WithStatement]) -> Void) {
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
        add(.function(key), .constant(constant(.integer(replaced))), 1)
      } else {
        term(item.value) { add(.function(key), $0) }
      }
    case .input(let path): terms(path) { keys in self.term(item.value) { add(.input(keys), $0) } }
    case .data(let path): terms(path) { keys in self.term(item.value) { add(.data(keys), $0) } }
    }
  }

  @_optimize(none)
  func plan(_ kind: ResolvedStatement.Kind, _ next: @escaping () -> Void) {
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

  func any(_ bodies: [ResolvedBody]) {
    let blocks = bodies.map { body in
      let inner = Block()
      closed(inner) { plan(body) { self.append(.succeed) } }
      return inner
    }
    append(.any(blocks))
  }
}

extension RuleTree {
  /// The child of a string value's name.
  func sortedChild(_ key: Value) -> RuleTree? { children[key.string] }
}
