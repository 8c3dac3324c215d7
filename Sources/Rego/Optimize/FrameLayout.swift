/// Gives locals their registers: those of blocks that stand beside each other share them.
final class FrameLayout {
  private var registers: [Int]
  private var next: Int
  private(set) var count: Int

  /// Renumbers `function`, whose every local is defined in one place, in place.
  init(_ function: PlannedFunction, locals: Int) {
    registers = Array(repeating: -1, count: max(locals, function.parameterCount))
    next = function.parameterCount
    count = next
    for parameter in 0..<function.parameterCount { registers[parameter] = parameter }
    block(function.body)
  }

  private func block(_ block: Block) {
    let mark = next
    for index in block.statements.indices {
      block.statements[index] = block.statements[index].rewritten(read: read, use: register, define: define)
      for inner in block.statements[index].blocks { self.block(inner) }
    }
    next = mark
  }

  private func register(_ local: Int) -> Int { max(0, registers[local]) }

  private func read(_ operand: Operand) -> Operand {
    if case .local(let local) = operand { return .local(register(local)) }
    return operand
  }

  private func define(_ local: Int) -> Int {
    // An assignment to what has a register changes it.
    if registers[local] >= 0 { return registers[local] }
    registers[local] = next
    next += 1
    count = max(count, next)
    return next - 1
  }
}
