/// Gives every place that defines a local a local of its own, so that a number stands for one value, or for one accumulator.
final class SingleAssignment {
  /// New numbers by the planner's; -1 where a local has no value here.
  private var names: [Int]
  private(set) var count: Int
  /// Locals that change after they were defined: accumulators, and those that are assigned in a block inside.
  private(set) var isMutable: [Bool]

  /// Renumbers `function` in place.
  init(_ function: PlannedFunction) {
    count = function.parameterCount
    names = Array(repeating: -1, count: max(function.localCount, function.parameterCount))
    isMutable = Array(repeating: false, count: function.parameterCount)
    for parameter in 0..<function.parameterCount { names[parameter] = parameter }
    block(function.body)
  }

  private func block(_ block: Block) {
    var left: [(local: Int, name: Int)] = []
    for index in block.statements.indices {
      block.statements[index] = statement(block.statements[index], &left)
      for inner in block.statements[index].blocks { self.block(inner) }
    }
    for (local, name) in left.reversed() { names[local] = name }
  }

  private func known(_ local: Int) -> Int { names[local] >= 0 ? names[local] : local }

  private func read(_ operand: Operand) -> Operand {
    if case .local(let local) = operand { return .local(known(local)) }
    return operand
  }

  private func statement(_ statement: Statement, _ left: inout [(local: Int, name: Int)]) -> Statement {
    var isAccumulator = false
    switch statement {
    case .assign(let local, let operand) where names[local] >= 0:
      isMutable[names[local]] = true
      return .assign(names[local], read(operand))
    case .append(let local, _), .insertOnce(let local, _, _), .add(let local, _, _), .assignOnce(let local, _, _):
      isMutable[known(local)] = true
    case .reset, .makeArray, .makeObject, .makeSet: isAccumulator = true
    default: break
    }
    return statement.rewritten(read: read, use: known) { [self] local in
      left.append((local, names[local]))
      names[local] = count
      isMutable.append(isAccumulator)
      count += 1
      return count - 1
    }
  }
}
