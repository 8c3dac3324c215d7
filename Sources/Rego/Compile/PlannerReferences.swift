/// References: into values, base data and the documents of rules.
extension Planner {
  @_optimize(none)
  func reference(_ head: ResolvedTerm, _ path: [ResolvedTerm], _ next: @escaping (Operand) -> Void) {
    switch head {
    case .data: dataReference(path, next)
    default: term(head) { self.path($0, path, 0, next) }
    }
  }

  /// Goes down a value.
  @_optimize(none)
  func path(_ source: Operand, _ path: [ResolvedTerm], _ index: Int, _ next: @escaping (Operand) -> Void) {
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
  func basePath(_ source: Operand, _ path: [ResolvedTerm], _ index: Int, _ next: @escaping (Operand) -> Void) {
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
  func dataReference(_ path: [ResolvedTerm], _ next: @escaping (Operand) -> Void) {
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
        let local = newLocal()
        if index < path.count, !hasUnbound(path[index]), let keyed = keyedFunction(of: node) {
          return term(path[index]) {
            self.append(.call(function: keyed, [$0], local))
            self.path(.local(local), path, index + 1, next)
          }
        }
        append(.call(function: function, [], local))
        return self.path(.local(local), path, index, next)
      }
    }
    dynamicDocument(node, path, index, [], next)
  }

  @_optimize(none)
  func dynamicDocument(_ node: RuleTree, _ path: [ResolvedTerm], _ index: Int, _ keys: [Operand], _ next: @escaping (Operand) -> Void) {
    if index == path.count { return document(node, keys, next) }
    let part = path[index]
    if hasUnbound(part) {
      let list = newLocal()
      let number = nodeNumber(node)
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
  func document(_ node: RuleTree, _ keys: [Operand], _ next: @escaping (Operand) -> Void) {
    let local = newLocal()
    let number = nodeNumber(node)
    append(.document(node: number, keys, local))
    next(.local(local))
  }
}
