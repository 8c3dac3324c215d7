/// Documents that are asked for one key: `roles[input.user]`, where `roles[user] contains r if some user, rs in data.assigned; ...` would be made
/// for every user.
///
/// Such a group of rules gets a second function, which takes the key and makes what the document holds under it. It counts how often it is
/// asked: from a share of the keys on the document is made as a whole, once, so that whoever asks for all of them pays little more.
extension Planner {
  /// The function that takes a key; nil for a group whose rules do not look their first key up.
  func keyedFunction(of node: RuleTree) -> Int? {
    guard plansKeys, let whole = node.function else { return nil }
    if let known = keyedFunctions[whole] { return known >= 0 ? known : nil }
    let members = members(of: node)
    guard !members.isEmpty, members.allSatisfy({ Self.looksUpKey($0.rule, prefix: $0.prefix) }) else {
      keyedFunctions[whole] = -1
      return nil
    }
    let index = functions.count
    keyedFunctions[whole] = index
    addFunction(name: functions[whole].name, path: node.path, rule: node.rules.first, isKeyed: true)
    waitingForKeys.append(node)
    return index
  }

  /// Plans the functions that were asked for, and those that these ask for.
  func planKeyedFunctions() {
    while let node = waitingForKeys.popLast() {
      guard let whole = node.function, let index = keyedFunctions[whole] else { continue }
      begin(index, parameters: 1)
      planWholeDocument(whole, members(of: node))
      var result = newLocal()
      planMembers(members(of: node), into: result, isKeyed: true)
      if leavesTraces(block) {
        block.statements = []
        result = newLocal()
        append(.call(function: whole, [], result))
      }
      let value = newLocal()
      append(.dot(target: value, source: .local(result), key: .local(0)))
      append(.returnLocal(value))
      end()
    }
  }

  /// Whether doing the block more or less often can be told.
  private func leavesTraces(_ block: Block) -> Bool {
    var isTraced = false
    block.forEachStatement { if case .builtin(let number, _, _, _) = $0, !builtinTable[number].isPure { isTraced = true } }
    return isTraced
  }

  /// Takes the value from the whole document where that is known or was asked for often enough.
  @_optimize(none)
  private func planWholeDocument(_ whole: Int, _ members: [Member]) {
    let value = newLocal()
    append(.reset(value))
    let attempt = Block()
    append(.attempt(attempt))
    bound = []
    enter(attempt) {
      countedCollection(of: members) { [self] in
        append(.isSettled(function: whole, limit: $0))
        let document = newLocal()
        append(.call(function: whole, [], document))
        let look = Block()
        append(.attempt(look))
        enter(look) {
          let found = newLocal()
          append(.dot(target: found, source: .local(document), key: .local(0)))
          append(.returnLocal(found))
        }
        append(.returnLocal(value))
      }
    }
  }

  /// The collection that the first rule looks its key up in, where it is no rule's; else a number of questions.
  @_optimize(none)
  private func countedCollection(of members: [Member], _ next: @escaping (Operand) -> Void) {
    let member = members[0]
    if let variable = Self.firstKey(member.rule, prefix: member.prefix),
      let (head, path) = Self.generator(of: variable, in: member.rule.branches[0])
    {
      var isBase = true
      if case .data = head { isBase = !path.isEmpty && tree.leadsToNoRule(path) }
      if isBase { return term(path.isEmpty ? head : .reference(head, path), next) }
    }
    next(.constant(constant(.integer(4))))
  }

  // MARK: - Rules

  /// The variable that is the rule's first key; nil for another term.
  static func firstKey(_ rule: ResolvedRule, prefix: [String]) -> Int? {
    guard prefix.isEmpty, case .variable(let variable)? = rule.suffix.first ?? rule.key else { return nil }
    return variable
  }

  /// Whether each branch goes through a collection by the rule's first key, so that a known key spares it the others.
  private static func looksUpKey(_ rule: ResolvedRule, prefix: [String]) -> Bool {
    guard !rule.isDefault, let variable = firstKey(rule, prefix: prefix) else { return false }
    return rule.branches.allSatisfy { generator(of: variable, in: $0) != nil }
  }

  /// The collection that gives a variable its values as keys: head and constant path. Nil where the first mention of the variable is another.
  private static func generator(of variable: Int, in branch: ResolvedRule.Branch) -> (head: ResolvedTerm, path: [ResolvedTerm])? {
    for statement in branch.body.statements {
      var mentioned: Set<Int> = []
      statement.collectVariables(closures: true, into: &mentioned)
      guard mentioned.contains(variable) else { continue }
      guard statement.with.isEmpty else { return nil }
      switch statement.kind {
      case .term(let term): return collection(of: variable, in: term)
      case .unify(let a, let b): return collection(of: variable, in: a) ?? collection(of: variable, in: b)
      default: return nil
      }
    }
    return branch.value.flatMap { collection(of: variable, in: $0) }
  }

  private static func collection(of variable: Int, in term: ResolvedTerm) -> (head: ResolvedTerm, path: [ResolvedTerm])? {
    guard case .reference(let head, let path) = term else { return nil }
    switch head {
    case .input, .data, .constant: break
    default: return nil
    }
    for (index, part) in path.enumerated() {
      switch part {
      case .constant: continue
      case .variable(variable): return (head, Array(path[..<index]))
      default: return nil
      }
    }
    return nil
  }
}

extension RuleTree {
  /// Whether a constant path ends in base data, beside all rules.
  func leadsToNoRule(_ path: [ResolvedTerm]) -> Bool {
    var node = self
    for part in path {
      guard case .constant(let key) = part, key.isString, let child = node.sortedChild(key) else { return true }
      node = child
      if node.function != nil { return false }
    }
    return false
  }
}
