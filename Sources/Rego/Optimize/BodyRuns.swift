/// Which attempts beside each other may be done in any order.
enum BodyRuns {
  /// What an attempt does to an accumulator that stands outside of it.
  private enum Effect: Equatable {
    case reads
    /// Adds members: in any order with others that do.
    case adds
    /// Assigns a value that all must agree on.
    case agrees
    /// Order counts.
    case orders
  }

  /// The number of attempts from `position` on whose order does not count; 1 or less where there are no two.
  static func length(at position: Int, in block: Block, isMutable: [Bool], _ builtins: [Builtin]) -> Int {
    let statements = block.statements
    guard position + 1 < statements.count, case .attempt = statements[position], case .attempt = statements[position + 1] else { return 0 }
    var known: [Int: Effect] = [:]
    var index = position
    while index < statements.count, case .attempt(let body) = statements[index] {
      guard let effects = effects(of: body, isMutable, builtins) else { break }
      let isFree = effects.allSatisfy { local, effect in
        guard let other = known[local] else { return true }
        return other == effect && effect != .orders
      }
      if !isFree { break }
      known.merge(effects) { first, _ in first }
      index += 1
    }
    return index - position
  }

  /// Effects by accumulator; nil where the attempt leaves a trace that others see, as printing does.
  private static func effects(of body: Block, _ isMutable: [Bool], _ builtins: [Builtin]) -> [Int: Effect]? {
    var defined: Set<Int> = []
    var effects: [Int: Effect] = [:]
    var isPure = true
    func note(_ local: Int, _ effect: Effect) {
      guard local < isMutable.count, isMutable[local] else { return }
      if let held = effects[local], held != effect { effects[local] = .orders } else { effects[local] = effect }
    }
    body.forEachStatement { statement in
      if case .builtin(let number, _, _, _) = statement, !builtins[number].isPure { isPure = false }
      for local in statement.definitions { defined.insert(local) }
      switch statement {
      case .assign(let local, _): note(local, .orders)
      case .append(let local, _): note(local, .orders)
      case .add(let local, let path, let value):
        note(local, .adds)
        for case .local(let other) in path + [value] { note(other, .reads) }
        return
      case .insertOnce(let local, let path, let value):
        note(local, .adds)
        for case .local(let other) in path + [value] { note(other, .reads) }
        return
      case .assignOnce(let local, let operand, _):
        note(local, .agrees)
        if case .local(let other) = operand { note(other, .reads) }
        return
      // What is returned is what all agree on.
      case .returnLocal: return
      default: break
      }
      statement.forEachUse { local in
        if case .assign(let target, _) = statement, target == local { return }
        if case .append(let target, _) = statement, target == local { return }
        note(local, .reads)
      }
    }
    guard isPure else { return nil }
    for local in defined { effects[local] = nil }
    return effects
  }
}
