/// Where a function's locals are written and read, by the position of statements in the order of the text (counting from 1).
///
/// A loop runs its statements again: what stands later in a loop may have happened before what stands earlier in it.
struct PlanFlow {
  /// Where a local may become undefined.
  private var losses: [Int: [Int]] = [:]
  /// Where a container under construction may become known by another name, or the local may hold something else.
  private var spoils: [Int: [Int]] = [:]
  /// The last position inside a loop, by the loop's own.
  private(set) var loopEnds: [Int: Int] = [:]
  private var position = 0

  init(_ function: PlanFunction) {
    for block in function.blocks { visit(block) }
  }

  func mayLose(_ local: Int, in loop: ClosedRange<Int>) -> Bool { Self.any(losses[local], in: loop) }
  func maySpoil(_ local: Int, in loop: ClosedRange<Int>) -> Bool { Self.any(spoils[local], in: loop) }

  private static func any(_ positions: [Int]?, in range: ClosedRange<Int>) -> Bool {
    guard let positions else { return false }
    var low = 0, high = positions.count
    while low < high {
      let middle = (low + high) / 2
      if positions[middle] < range.lowerBound { low = middle + 1 } else { high = middle }
    }
    return low < positions.count && positions[low] <= range.upperBound
  }

  private mutating func visit(_ block: PlanBlock) {
    for statement in block.statements {
      position += 1
      visit(statement.kind)
    }
  }

  private mutating func read(_ operands: PlanStatement.Operand...) {
    for case .local(let local) in operands { spoils[local, default: []].append(position) }
  }

  private mutating func write(_ local: Int) { spoils[local, default: []].append(position) }

  private mutating func lose(_ local: Int) {
    write(local)
    losses[local, default: []].append(position)
  }

  private mutating func visit(_ kind: PlanStatement.Kind) {
    switch kind {
    case .arrayAppend(_, let value), .add(_, let value): read(value)
    case .insert(_, let key, let value), .insertOnce(_, let key, let value): read(key, value)
    case .assignInteger(let target, _), .makeArray(let target, _), .makeNull(let target), .makeNumber(let target, _),
      .makeObject(let target), .makeSet(let target):
      write(target)
    case .assign(let target, let source):
      read(source)
      if case .local = source { lose(target) } else { write(target) }
    case .assignOnce(let target, let source):
      read(source)
      write(target)
    case .blocks(let blocks): for block in blocks { visit(block) }
    case .leave, .nothing, .isDefined, .isUndefined, .returnLocal: break
    case .call(_, let operands, let result):
      for operand in operands { read(operand) }
      write(result)
    case .callDynamic(let path, let locals, let result):
      for operand in path { read(operand) }
      for local in locals { write(local) }
      write(result)
    case .dot(let target, _, let key):
      read(key)
      write(target)
    case .equal(let a, let b), .notEqual(let a, let b): read(a, b)
    case .isType(_, let operand): read(operand)
    case .length(let target, let operand):
      read(operand)
      write(target)
    case .merge(let target, let a, let b):
      read(.local(a), .local(b))
      write(target)
    case .reset(let local): lose(local)
    case .result(let local): write(local)
    case .not(let block): visit(block)
    case .scan(let source, let key, let value, let block):
      write(source)
      write(key)
      write(value)
      let start = position
      visit(block)
      loopEnds[start] = position
    case .with(_, _, let value, let block):
      read(value)
      visit(block)
    }
  }
}
