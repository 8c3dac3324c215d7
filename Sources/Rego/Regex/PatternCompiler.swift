/// Writes a pattern's tree out as a program.
///
/// Nodes are emitted with their continuation known (`next`), so the program is built from its end and nothing needs patching but loops.
struct PatternCompiler {
  private let nodes: [PatternNode]
  private let isNullable: [Bool]
  private var instructions: [PatternInstruction] = []
  private var sets: [ScalarSet] = []
  private var setIndices: [ScalarSet: Int32] = [:]

  static func compile(_ tree: PatternTree) -> PatternProgram {
    var compiler = PatternCompiler(tree)
    let match = compiler.emit(.match, next: 0, 0)
    let end = compiler.emit(.save, next: match, 1)
    let body = compiler.emit(tree.root, next: end)
    let start = compiler.emit(.save, next: body, 0)
    return PatternProgram(instructions: compiler.instructions, start: start, sets: compiler.sets, names: tree.names)
  }

  private init(_ tree: PatternTree) {
    nodes = tree.nodes
    var nullable: [Bool] = []
    nullable.reserveCapacity(tree.nodes.count)
    for node in tree.nodes {
      switch node {
      case .empty, .assertion: nullable.append(true)
      case .set, .scalar: nullable.append(false)
      case .capture(_, let child): nullable.append(nullable[child])
      case .repetition(let child, let minimum, _, _, _): nullable.append(minimum == 0 || nullable[child])
      case .concatenation(let children): nullable.append(children.allSatisfy { nullable[$0] })
      case .alternation(let children): nullable.append(children.contains { nullable[$0] })
      }
    }
    isNullable = nullable
  }

  private mutating func emit(_ operation: PatternInstruction.Operation, next: Int32, _ argument: Int32) -> Int32 {
    instructions.append(PatternInstruction(operation: operation, next: next, argument: argument))
    return Int32(instructions.count - 1)
  }

  /// - Returns: Where the node begins.
  private mutating func emit(_ node: Int, next: Int32) -> Int32 {
    switch nodes[node] {
    case .empty: return next
    case .scalar(let scalar):
      // A surrogate named by an escape has no encoding, so no text holds it.
      let exists = Unicode.Scalar(scalar) != nil
      return exists ? emit(.scalar, next: next, Int32(scalar)) : emit(.fail, next: 0, 0)
    case .set(let set): return set.isEmpty ? emit(.fail, next: 0, 0) : emit(.set, next: next, index(of: set))
    case .assertion(let assertion): return emit(.assertion, next: next, Int32(assertion.rawValue))
    case .capture(let group, let child):
      let end = emit(.save, next: next, Int32(group * 2 + 1))
      let body = emit(child, next: end)
      return emit(.save, next: body, Int32(group * 2))
    case .concatenation(let children):
      return children.reversed().reduce(next) { emit($1, next: $0) }
    case .alternation(let children):
      var entry: Int32?
      for child in children.reversed() {
        let branch = emit(child, next: next)
        entry = entry.map { emit(.split, next: branch, $0) } ?? branch
      }
      return entry ?? next
    case .repetition(let child, let minimum, let maximum, let isGreedy, _):
      return emitRepetition(child, minimum, maximum, isGreedy, next: next)
    }
  }

  private mutating func index(of set: ScalarSet) -> Int32 {
    if let index = setIndices[set] { return index }
    sets.append(set)
    setIndices[set] = Int32(sets.count - 1)
    return Int32(sets.count - 1)
  }

  // MARK: Repetition

  /// The forms that need no copies.
  private enum Loop: Equatable {
    case star, plus, question
  }

  private mutating func emitRepetition(_ child: Int, _ minimum: Int, _ maximum: Int?, _ isGreedy: Bool, next: Int32) -> Int32 {
    if maximum == 0 { return next }
    if case .empty = nodes[inner(child)] { return next }
    guard let maximum else {
      if minimum == 0 { return emitLoop(.star, child, isGreedy, next: next) }
      let loop = emitLoop(.plus, child, isGreedy, next: next)
      return (1..<minimum).reduce(loop) { entry, _ in emit(child, next: entry) }
    }
    // x{2,5} is xx(x(x(x)?)?)?: every way out leads to `next`.
    var entry = next
    for index in minimum..<maximum {
      if index == minimum {
        entry = emitLoop(.question, child, isGreedy, next: next)
      } else {
        entry = emitSplit(emit(child, next: entry), next, isGreedy)
      }
    }
    return (0..<minimum).reduce(entry) { entry, _ in emit(child, next: entry) }
  }

  /// The node behind `{1}`, which says nothing.
  private func inner(_ node: Int) -> Int {
    var node = node
    while case .repetition(let child, 1, 1, _, _) = nodes[node] { node = child }
    return node
  }

  /// The loop a node amounts to, with its greed.
  private func loop(of node: Int) -> (Loop, Bool)? {
    guard case .repetition(_, let minimum, let maximum, let isGreedy, _) = nodes[inner(node)] else { return nil }
    switch (minimum, maximum) {
    case (0, nil): return (.star, isGreedy)
    case (1, nil): return (.plus, isGreedy)
    case (0, 1): return (.question, isGreedy)
    default: return nil
    }
  }

  private mutating func emitLoop(_ loop: Loop, _ child: Int, _ isGreedy: Bool, next: Int32) -> Int32 {
    // (x*)* is x*: the operators are idempotent. Go writes them so, and the captures of empty rounds depend on it.
    if let inner = self.loop(of: child), inner == (loop, isGreedy) { return emit(child, next: next) }
    switch loop {
    case .question:
      return emitSplit(emit(child, next: next), next, isGreedy)
    case .plus, .star:
      let split = emit(.split, next: 0, 0)
      let body = emit(child, next: split)
      instructions[Int(split)].next = isGreedy ? body : next
      instructions[Int(split)].argument = isGreedy ? next : body
      if loop == .plus { return body }
      // x* is (x+)? where x can be empty: only so has the first empty round its priority (Go issue 46123).
      return isNullable[child] ? emitSplit(body, next, isGreedy) : split
    }
  }

  private mutating func emitSplit(_ body: Int32, _ next: Int32, _ isGreedy: Bool) -> Int32 {
    isGreedy ? emit(.split, next: body, next) : emit(.split, next: next, body)
  }
}
