/// Terms: what computes them, and what goes on with the result.
extension Planner {
  @_optimize(none)
  func terms(_ nodes: [ResolvedTerm], _ next: @escaping ([Operand]) -> Void) { terms(nodes, 0, nil, next) }

  /// Operands so far, from the last one on back: copies of an array at every term would take the square of their number.
  private final class Done {
    let operand: Operand
    let before: Done?

    init(_ operand: Operand, _ before: Done?) {
      self.operand = operand
      self.before = before
    }
  }

  @_optimize(none)
  private func terms(_ nodes: [ResolvedTerm], _ index: Int, _ done: Done?, _ next: @escaping ([Operand]) -> Void) {
    guard index < nodes.count else {
      var operands: [Operand] = []
      operands.reserveCapacity(nodes.count)
      var last = done
      while let item = last {
        operands.append(item.operand)
        last = item.before
      }
      return next(operands.reversed())
    }
    guard hasRoom(for: "terms in one expression") else { return }
    term(nodes[index]) { self.terms(nodes, index + 1, Done($0, done), next) }
  }

  @_optimize(none)
  func term(_ node: ResolvedTerm, _ next: @escaping (Operand) -> Void) {
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
        append(.makeTuple(local, values: operands))
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
  func comprehension(_ body: ResolvedBody, _ head: @escaping () -> Void) {
    let inner = Block()
    append(.attempt(inner))
    closed(inner) { plan(body) { head() } }
  }

  @_optimize(none)
  func object(_ items: [(key: ResolvedTerm, value: ResolvedTerm)], _ next: @escaping (Operand) -> Void) {
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
        append(.insert(object: local, key: operands[index], value: operands[index + 1]))
      }
      next(.local(local))
    }
  }

  @_optimize(none)
  func call(_ callee: Callee, _ arguments: [ResolvedTerm], _ location: Location, _ next: @escaping (Operand) -> Void) {
    if case .builtin("eq") = callee, arguments.count == 2 {
      return unify(arguments[0], arguments[1]) { next(.constant(self.constant(.true))) }
    }
    terms(arguments) { [self] operands in
      let local = newLocal()
      switch callee {
      case .builtin(let name):
        append(.builtin(builtin(name), operands, local, place: location.packed))
        if name == "walk" {
          let loop = Block()
          let key = newLocal(), value = newLocal()
          append(.scan(source: .local(local), key: key, value: value, loop))
          enter(loop) { next(.local(value)) }
          return
        }
      case .rule(let path):
        guard let function = tree.node(path)?.function else { return fail() }
        append(.call(function: function, operands, local))
      }
      next(.local(local))
    }
  }

  @_optimize(none)
  func template(_ pieces: [TemplatePiece], _ next: @escaping (Operand) -> Void) {
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
}
