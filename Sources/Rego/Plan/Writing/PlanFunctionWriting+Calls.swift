/// Calls, and what a `with` around them changes.
extension PlanFunctionWriting {
  /// - Parameter key: as `Planner.mockKey` names functions.
  func call(key: Int, _ operands: [Out], _ target: Int) throws(RegoError) {
    if let index = replacements.functions.lastIndex(where: { $0.key == key }) {
      switch replacements.functions[index].by {
      case .constant(let constant): append(.assign(target, self.constant(plan.planner.constants[constant])))
      case .operand:
        let position = replacements.functions[..<index].count { $0.by == .operand }
        append(.assign(target, .local(replacementLocals[position])))
      case .function(let other):
        // Inside a replacement nothing is replaced, so that it may call what it stands for.
        let outer = replacements
        replacements.functions = []
        try plainCall(key: other, operands, target)
        replacements = outer
      }
      return
    }
    try plainCall(key: key, operands, target)
  }

  private func plainCall(key: Int, _ operands: [Out], _ target: Int) throws(RegoError) {
    guard key >= 0 else { return builtin(plan.planner.builtinTable[-1 - key].name, operands, target) }
    guard key < plan.planner.functions.count else { throw refusal("a function is replaced that there is not") }
    let path = plan.planner.functions[key].path
    if isReplaced(path), operands.isEmpty { return try base(path, [], target) }
    let handed = replacements.functions.contains { $0.by == .operand } ? replacementLocals.map { Out.local($0) } : []
    append(.call(plan.use(key, replacements), [.local(0), .local(1)] + operands + handed, result: target))
  }

  /// Rules do not count at a path, since a `with` replaced it or what is above it.
  func isReplaced(_ path: [String]) -> Bool {
    replacements.paths.contains { $0.count <= path.count && zip($0, path).allSatisfy { $0 == $1 } }
  }

  func with(_ changes: [WithStatement], _ inner: Block) throws(RegoError) {
    // All values are known before the first change counts.
    let input = newLocal(), data = newLocal()
    append(.assign(input, .local(0)))
    append(.assign(data, .local(1)))
    let outer = (replacements, replacementLocals)
    var documents: [(local: Int, path: [Int], value: Out)] = []
    var next = outer
    func texts(_ keys: [Operand]) throws(RegoError) -> [String] {
      var texts: [String] = []
      for key in keys {
        guard case .constant(let index) = key, plan.planner.constants[index].isString else {
          throw refusal("a with replaces a place whose path holds other than texts")
        }
        texts.append(plan.planner.constants[index].string)
      }
      return texts
    }
    for change in changes {
      switch change.target {
      case .input(let keys): documents.append((0, try texts(keys).map { plan.string($0) }, operand(change.value)))
      case .data(let keys):
        let path = try texts(keys)
        next.0.paths.append(path)
        documents.append((1, path.map { plan.string($0) }, operand(change.value)))
      case .base(let keys): documents.append((1, try texts(keys).map { plan.string($0) }, operand(change.value)))
      case .function(let key):
        let by: PlanWriting.FunctionReplacement.By
        switch change.value {
        case .constant(let index) where change.replacement >= 0:
          by = .function(plan.planner.constants[index].exactInt.map { Int($0) } ?? 0)
        case .constant(let index): by = .constant(index)
        case .local(let source):
          by = .operand
          next.1.append(local(source))
        }
        next.0.functions.append(PlanWriting.FunctionReplacement(key: key, by: by))
      }
    }
    outside.append((input, data, outer.0, outer.1))
    try change(documents[...]) { () throws(RegoError) in
      (replacements, replacementLocals) = next
      try write(inner)
    }
    (replacements, replacementLocals) = outer
    outside.removeLast()
  }

  private func change(
    _ documents: ArraySlice<(local: Int, path: [Int], value: Out)>, _ body: () throws(RegoError) -> Void
  ) throws(RegoError) {
    guard let first = documents.first else { return try body() }
    let inner = try nested(isBarrier: true) { () throws(RegoError) in try change(documents.dropFirst(), body) }
    append(.with(local: first.local, path: first.path, first.value, inner))
  }

  /// What follows an expression with changes runs without them.
  func outside(_ inner: Block) throws(RegoError) {
    guard let saved = outside.popLast() else { throw refusal("a with ends that did not begin") }
    let changed = (replacements, replacementLocals)
    try change([(0, [], .local(saved.input)), (1, [], .local(saved.data))][...]) { () throws(RegoError) in
      (replacements, replacementLocals) = (saved.replacements, saved.locals)
      try write(inner)
    }
    (replacements, replacementLocals) = changed
    outside.append(saved)
  }
}
