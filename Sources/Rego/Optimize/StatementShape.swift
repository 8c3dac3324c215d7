/// What a statement reads, defines and holds: all that passes over the intermediate representation need to know of most statements.
extension Statement {
  /// The same statement over other operands and locals. Blocks inside are kept.
  ///
  /// - Parameters:
  ///   - read: for each operand that is read.
  ///   - use: for each local that is named without being defined: changed, returned or tested.
  ///   - define: for each local that the statement defines, after all that it reads.
  func rewritten(read: (Operand) -> Operand, use: (Int) -> Int, define: (Int) -> Int) -> Statement {
    switch self {
    case .input(let local): .input(define(local))
    case .base(let local): .base(define(local))
    case .assign(let local, let operand): assigned(read(operand), define(local))
    case .reset(let local): .reset(define(local))
    case .equal(let a, let b): .equal(read(a), read(b))
    case .truthy(let a): .truthy(read(a))
    case .compare(let number, let comparison, let a, let b): .compare(builtin: number, comparison, read(a), read(b))
    case .isDefined(let local): .isDefined(use(local))
    case .isSettled(let function, let limit): .isSettled(function: function, limit: read(limit))
    case .isUndefined(let local): .isUndefined(use(local))
    case .isArray(let a, let count): .isArray(read(a), count: count)
    case .isObject(let a, let count): .isObject(read(a), count: count)
    case .isCollection(let a): .isCollection(read(a))
    case .contains(let collection, let element): .contains(read(collection), read(element))
    case .dot(let local, let source, let key): with(read(source), read(key)) { .dot(target: define(local), source: $0, key: $1) }
    case .dotBase(let local, let source, let key): with(read(source), read(key)) { .dotBase(target: define(local), source: $0, key: $1) }
    case .scan(let source, let key, let value, let block):
      with(read(source), .constant(0)) { source, _ in .scan(source: source, key: define(key), value: define(value), block) }
    case .sought(let keys, let a): .sought(keys: keys, read(a))
    case .not, .attempt, .any, .succeed, .outside, .leave: self
    case .select(let operand, let cases): .select(read(operand), cases)
    case .makeArray(let local, let capacity): .makeArray(define(local), capacity: capacity)
    case .makeObject(let local): .makeObject(define(local))
    case .makeSet(let local): .makeSet(define(local))
    case .makeTuple(let local, let values): with(values.map(read)) { .makeTuple(define(local), values: $0) }
    case .makeRecord(let local, let keys, let values): with(values.map(read)) { .makeRecord(define(local), keys: keys, values: $0) }
    case .append(let array, let a): .append(array: use(array), read(a))
    case .insertOnce(let object, let path, let value): .insertOnce(object: use(object), path: path.map(read), value: read(value))
    case .insert(let object, let key, let value): .insert(object: use(object), key: read(key), value: read(value))
    case .add(let set, let path, let value): .add(set: use(set), path: path.map(read), value: read(value))
    case .call(let function, let operands, let local): with(operands.map(read)) { .call(function: function, $0, define(local)) }
    case .builtin(let number, let operands, let local, let place):
      with(operands.map(read)) { .builtin(number, $0, define(local), place: place) }
    case .format(let call, let operands, let local): with(operands.map(read)) { .format(call, $0, define(local)) }
    case .document(let node, let operands, let local): with(operands.map(read)) { .document(node: node, $0, define(local)) }
    case .documentKeys(let node, let operands, let local): with(operands.map(read)) { .documentKeys(node: node, $0, define(local)) }
    case .with(let changes, let block): .with(changes.map { $0.rewritten(read: read) }, block)
    case .assignOnce(let local, let operand, let conflict): .assignOnce(use(local), read(operand), conflict)
    case .template(let local, let operands): with(operands.map(read)) { .template(define(local), $0) }
    case .returnLocal(let local): .returnLocal(use(local))
    case .result(let locals): .result(locals.map { $0 < 0 ? $0 : use($0) })
    }
  }

  private func assigned(_ operand: Operand, _ local: @autoclosure () -> Int) -> Statement { .assign(local(), operand) }

  /// Reads first, then what `body` defines.
  private func with(_ operands: [Operand], _ body: ([Operand]) -> Statement) -> Statement { body(operands) }
  private func with(_ a: Operand, _ b: Operand, _ body: (Operand, Operand) -> Statement) -> Statement { body(a, b) }

  /// Blocks directly inside.
  var blocks: [Block] {
    switch self {
    case .scan(_, _, _, let block), .not(let block), .attempt(let block), .with(_, let block), .outside(let block): [block]
    case .any(let blocks): blocks
    case .select(_, let cases): cases.map(\.block)
    default: []
    }
  }

  /// Locals that the statement gives their first value.
  var definitions: [Int] {
    var result: [Int] = []
    _ = rewritten(
      read: { $0 }, use: { $0 },
      define: {
        result.append($0)
        return $0
      })
    return result
  }

  /// Calls `visit` for each local that is read or named, but for those that are defined. Blocks inside are not entered.
  func forEachUse(_ visit: (Int) -> Void) {
    _ = rewritten(
      read: {
        if case .local(let local) = $0 { visit(local) }
        return $0
      },
      use: {
        visit($0)
        return $0
      }, define: { $0 })
  }
}

extension WithStatement {
  func rewritten(read: (Operand) -> Operand) -> WithStatement {
    var result = self
    switch target {
    case .input(let path): result.target = .input(path.map(read))
    case .data(let path): result.target = .data(path.map(read))
    case .base(let path): result.target = .base(path.map(read))
    case .function: break
    }
    result.value = read(value)
    return result
  }
}

extension Block {
  /// Whether a statement of the block or of one inside reads or names a local.
  func uses(_ local: Int) -> Bool {
    statements.contains { statement in
      var isUsed = false
      statement.forEachUse { if $0 == local { isUsed = true } }
      return isUsed || statement.blocks.contains { $0.uses(local) }
    }
  }

  /// Calls `visit` for each statement, those of blocks inside after the one that holds them.
  func forEachStatement(_ visit: (Statement) -> Void) {
    for statement in statements {
      visit(statement)
      for block in statement.blocks { block.forEachStatement(visit) }
    }
  }
}
