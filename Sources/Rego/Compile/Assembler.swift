/// Turns planned functions into the machine's code.
struct Assembler {
  private let heap: Heap
  private var code: [Int32] = []
  private var cacheCount = 0
  private var siteCount = 0
  private var tables: [KeyTable] = []
  private var changes: [[Program.Change]] = []
  private let constants: [Value]
  private let builtins: [Builtin]
  private var nodeNumbers: [Int: Int] = [:]

  private struct Label {
    var position: Int32?
    var uses: [Int] = []
  }
  private var labels: [Label] = []
  /// Registers used by loops besides the planner's locals.
  private var locals = 0
  private var maxLocals = 0
  /// Where `succeed` goes, with the number of suspended changes to drop on the way.
  private var successes: [(label: Int, suspended: Int)] = []
  private var suspended = 0
  /// Blocks around the current statement: where they end, with the changes that are in force there.
  private var enclosing: [(block: Block, end: Int, changes: Int)] = []
  private var changesInForce = 0

  /// Builds the program. `planner` has planned every function.
  ///
  /// - Parameter heap: the modules' heap, which constants may lie in.
  /// - Throws: `eval_internal_error` where the code is not sound.
  static func assemble(_ planner: Planner, keeping heap: Heap) throws(RegoError) -> Program {
    var assembler = Assembler(heap: planner.heap, constants: planner.constants, builtins: planner.builtinTable)
    var documents = Documents(heap: planner.heap)
    let root = documents.add(planner.tree)
    assembler.nodeNumbers = Dictionary(
      uniqueKeysWithValues: planner.nodes.enumerated().map { ($0.offset, documents.numbers[ObjectIdentifier($0.element)] ?? root) })
    var functions: [Program.Function] = []
    for function in planner.functions { functions.append(assembler.function(function)) }
    let constants = planner.heap.allocate(max(1, planner.constants.count) * 16)
    let shared = Set(planner.sharedConstants.values)
    for (index, value) in planner.constants.enumerated() {
      Memory.setValue(constants, at: index, shared.contains(index) ? value : value.frozen())
    }
    return try Program(
      heap: planner.heap, modules: heap, constants: constants, functions: functions, documentNodes: documents.nodes,
      builtins: planner.builtinTable,
      changes: assembler.changes, tables: assembler.tables, constantCount: planner.constants.count,
      cacheCount: assembler.cacheCount, siteCount: assembler.siteCount, root: root)
  }

  private init(heap: Heap, constants: [Value], builtins: [Builtin]) {
    self.heap = heap
    self.constants = constants
    self.builtins = builtins
  }

  private struct Documents {
    let heap: Heap
    var nodes: [Program.DocumentNode] = []
    var numbers: [ObjectIdentifier: Int] = [:]

    mutating func add(_ tree: RuleTree) -> Int {
      let children = tree.function == nil ? tree.sortedChildren : []
      let numbers = children.map { add($0) }
      let table = SetView.make(capacity: max(1, children.count), in: heap)
      var names: [Value] = []
      for child in children {
        let name = Value.string(child.name, in: heap)
        table.insert(name, in: heap)
        names.append(name)
      }
      nodes.append(
        Program.DocumentNode(
          path: tree.path.map { .string($0, in: heap) }, function: tree.function ?? -1, isFunction: tree.arity != nil, childNames: names,
          childTable: table.table, children: numbers))
      self.numbers[ObjectIdentifier(tree)] = nodes.count - 1
      return nodes.count - 1
    }
  }

  private mutating func function(_ planned: PlannedFunction) -> Program.Function {
    code = []
    labels = []
    successes = []
    suspended = 0
    changesInForce = 0
    locals = planned.localCount
    maxLocals = locals
    let end = newLabel()
    block(planned.body, fail: end)
    place(end)
    // Every rule ends in a return; a query falls through to here and returns an undefined register.
    let scratch = Int32(newLocal())
    emit(.reset, scratch)
    emit(.returnValue, scratch)
    for label in labels {
      for use in label.uses { code[use] = destination(label.position ?? 0) }
    }
    let address = heap.allocate(code.count * 4)
    for (index, word) in code.enumerated() { Memory.store(address, index * 4, word) }
    return Program.Function(
      name: planned.name, path: planned.path.map { .string($0, in: heap) }, code: address, words: code.count,
      parameters: planned.parameterCount, locals: maxLocals, isMemoized: planned.isMemoized, file: planned.file, place: planned.place)
  }

  // MARK: - Words

  private mutating func newLocal() -> Int {
    locals += 1
    maxLocals = max(maxLocals, locals)
    return locals - 1
  }

  private mutating func newLabel() -> Int {
    labels.append(Label())
    return labels.count - 1
  }

  private mutating func place(_ label: Int) { labels[label].position = Int32(code.count) }

  /// Where one that arrives at `position` gets to by jumps alone. Jumps that are not resolved yet lead to 0 and are followed when they are
  /// executed.
  private func destination(_ position: Int32) -> Int32 {
    var position = position
    for _ in 0..<8 {
      guard Int(position) + 1 < code.count, code[Int(position)] == Int32(Operation.jump.rawValue), code[Int(position) + 1] != 0 else {
        break
      }
      position = code[Int(position) + 1]
    }
    return position
  }

  private mutating func emit(_ operation: Operation, _ words: Int32...) {
    code.append(Int32(operation.rawValue))
    code.append(contentsOf: words)
  }

  private mutating func target(_ label: Int) {
    labels[label].uses.append(code.count)
    code.append(0)
  }

  private func word(_ operand: Operand) -> Int32 {
    switch operand {
    case .local(let local): Int32(local)
    case .constant(let index): -1 - Int32(index)
    }
  }

  private mutating func emit(list operands: [Operand]) {
    code.append(Int32(operands.count))
    for operand in operands { code.append(word(operand)) }
  }

  private mutating func cache() -> Int32 {
    cacheCount += 1
    return Int32(cacheCount - 1)
  }

  // MARK: - Statements

  /// A field that is looked up to be tested at once becomes one instruction.
  ///
  /// - Returns: how many statements that took; 0 where it is no such test.
  private mutating func fieldTest(_ statements: ArraySlice<Statement>, fail: Int) -> Int {
    guard statements.count > 1, case .dot(let local, let source, let key) = statements[statements.startIndex], case .constant = key else {
      return 0
    }
    func isField(_ operand: Operand) -> Bool {
      if case .local(local) = operand { return true }
      return false
    }
    switch statements[statements.startIndex + 1] {
    case .truthy(let operand) where isField(operand):
      // At the end of a block it makes no difference whether it fails or goes on.
      if statements.count == 3, case .succeed = statements[statements.startIndex + 2], let success = successes.last,
        suspended == success.suspended
      {
        emit(.fieldFalsy, Int32(local), word(source), word(key), cache())
        target(success.label)
        return 3
      }
      emit(.fieldTruthy, Int32(local), word(source), word(key), cache())
      target(fail)
    case .equal(let a, let b) where isField(a) != isField(b):
      emit(.fieldEqual, Int32(local), word(source), word(key), cache(), word(isField(a) ? b : a))
      target(fail)
    case .compare(let number, let comparison, let a, let b) where isField(a) && !isField(b):
      emit(.fieldCompare, Int32(local), word(source), word(key), cache(), Int32(number), comparison.rawValue, word(b))
      target(fail)
    default: return 0
    }
    return 2
  }

  /// A call whose answer is kept and tested at once becomes one instruction.
  private mutating func callTest(_ statements: ArraySlice<Statement>, fail: Int) -> Int {
    guard statements.count > 1, case .builtin(let number, let operands, let local, let place) = statements[statements.startIndex],
      case .truthy(.local(local)) = statements[statements.startIndex + 1], builtins[number].isKept(operands)
    else { return 0 }
    emitKept(.keptTest, number, operands, local, place, fail: fail)
    return 2
  }

  private mutating func emitKept(_ operation: Operation, _ number: Int, _ operands: [Operand], _ local: Int, _ place: Int32, fail: Int) {
    emit(operation, Int32(number), Int32(local), place)
    emit(list: operands)
    target(fail)
    let open = operands.map { word($0) }.filter { $0 >= 0 }
    code += [Int32(siteCount), open.count == 1 ? open[0] : -1]
    siteCount += 1
  }

  private mutating func block(_ block: Block, fail: Int) {
    enclosing.append((block, fail, changesInForce))
    var rest = block.statements[...]
    while let first = rest.first {
      var done = fieldTest(rest, fail: fail)
      if done == 0 { done = callTest(rest, fail: fail) }
      if done == 0 { statement(first, fail: fail) }
      rest = rest.dropFirst(max(1, done))
    }
    enclosing.removeLast()
  }

  private mutating func statement(_ statement: Statement, fail: Int) {
    switch statement {
    case .input(let local):
      emit(.input, Int32(local))
      target(fail)
    case .base(let local):
      emit(.base, Int32(local))
      target(fail)
    case .assign(let local, let operand): emit(.move, Int32(local), word(operand))
    case .reset(let local): emit(.reset, Int32(local))
    case .equal(let a, let b):
      emit(.equal, word(a), word(b))
      target(fail)
    case .truthy(let operand):
      if case .constant(let index) = operand, !constants[index].isFalse { return }
      emit(.truthy, word(operand))
      target(fail)
    case .compare(let number, let comparison, let a, let b):
      emit(.compare, Int32(number), comparison.rawValue, word(a), word(b))
      target(fail)
    case .isDefined(let local):
      emit(.defined, Int32(local))
      target(fail)
    case .isUndefined(let local):
      emit(.undefined, Int32(local))
      target(fail)
    case .isArray(let operand, let count):
      emit(.isArray, word(operand), Int32(count))
      target(fail)
    case .isObject(let operand, let count):
      emit(.isObject, word(operand), Int32(count))
      target(fail)
    case .isCollection(let operand):
      emit(.isCollection, word(operand))
      target(fail)
    case .contains(let collection, let element):
      emit(.contains, word(collection), word(element))
      target(fail)
    case .dot(let local, let source, let key):
      if case .constant = key {
        emit(.field, Int32(local), word(source), word(key), cache())
      } else {
        emit(.dot, Int32(local), word(source), word(key))
      }
      target(fail)
    case .dotBase(let local, let source, let key):
      emit(.dotBase, Int32(local), word(source), word(key))
      target(fail)
    case .scan(let source, let key, let value, let inner):
      let state = newLocal()
      _ = newLocal()
      let next = newLabel(), done = newLabel()
      emit(.scanStart, Int32(state), word(source))
      target(fail)
      place(next)
      emit(inner.uses(key) ? .scanNext : .scanNextValue, Int32(state), Int32(key), Int32(value))
      target(done)
      block(inner, fail: next)
      emit(.jump)
      target(next)
      place(done)
      locals = state
    case .not(let inner):
      let none = newLabel()
      successes.append((fail, suspended))
      block(inner, fail: none)
      place(none)
      successes.removeLast()
    case .attempt(let inner):
      let done = newLabel()
      block(inner, fail: done)
      place(done)
    case .any(let blocks):
      let success = newLabel()
      for inner in blocks {
        let next = newLabel()
        successes.append((success, suspended))
        block(inner, fail: next)
        successes.removeLast()
        place(next)
      }
      emit(.jump)
      target(fail)
      place(success)
    case .select(let operand, let cases):
      let keys = KeyTable.make(capacity: max(1, cases.count), in: heap)
      for item in cases { _ = keys.append(constants[item.constant], in: heap) }
      keys.seal()
      tables.append(keys)
      let done = newLabel()
      let starts = cases.map { _ in newLabel() }
      emit(.select, word(operand), Int32(tables.count - 1))
      target(done)
      for start in starts { target(start) }
      for (item, start) in zip(cases, starts) {
        place(start)
        block(item.block, fail: done)
        emit(.jump)
        target(done)
      }
      place(done)
    case .succeed:
      guard let success = successes.last else { return }
      if suspended > success.suspended { emit(.withDrop, Int32(suspended - success.suspended)) }
      emit(.jump)
      target(success.label)
    case .leave(let block):
      guard let target = enclosing.last(where: { $0.block === block }) else { return }
      for _ in target.changes..<max(target.changes, changesInForce) { emit(.withPop) }
      emit(.jump)
      self.target(target.end)
    case .makeArray(let local, let capacity): emit(.makeArray, Int32(local), Int32(capacity))
    case .makeObject(let local): emit(.makeObject, Int32(local))
    case .makeSet(let local): emit(.makeSet, Int32(local))
    case .makeTuple(let local, let values):
      emit(.makeTuple, Int32(local))
      emit(list: values)
    case .makeRecord(let local, let keys, let values):
      let table = KeyTable.make(capacity: values.count, in: heap)
      for key in constants[keys].elements { _ = table.append(key, in: heap) }
      table.seal()
      // Records of one form from several rules then compare part by part.
      tables.append(SharedTables.table(for: table) ?? table)
      emit(.makeRecord, Int32(local), Int32(tables.count - 1))
      emit(list: values)
    case .append(let array, let operand): emit(.append, Int32(array), word(operand))
    case .insertOnce(let object, let path, let value):
      emit(.insertOnce, Int32(object), word(value))
      emit(list: path)
    case .insert(let object, let key, let value): emit(.insert, Int32(object), word(key), word(value))
    case .add(let set, let path, let value):
      emit(.add, Int32(set), word(value))
      emit(list: path)
    case .call(let function, let operands, let result):
      emit(.call, Int32(function), Int32(result))
      emit(list: operands)
      target(fail)
    case .builtin(let number, let operands, let result, let place):
      if builtins[number].isKept(operands) { return emitKept(.keptBuiltin, number, operands, result, place, fail: fail) }
      emit(builtins[number].isCount ? .count : .builtin, Int32(number), Int32(result), place)
      emit(list: operands)
      target(fail)
    case .format(let call, let operands, let result):
      emit(.format, Int32(call.builtin), Int32(result), call.place, Int32(operands.count), word(.constant(call.format)))
      code.append(word(.constant(call.texts[0])))
      for (index, operand) in operands.enumerated() {
        code += [Int32(call.verbs[index]), word(operand), word(.constant(call.texts[index + 1]))]
      }
      target(fail)
    case .document(let node, let operands, let result):
      emit(.document, Int32(nodeNumbers[node] ?? 0), Int32(result))
      emit(list: operands)
      target(fail)
    case .documentKeys(let node, let operands, let result):
      emit(.documentKeys, Int32(nodeNumbers[node] ?? 0), Int32(result))
      emit(list: operands)
      target(fail)
    case .with(let statements, let inner):
      changes.append(
        statements.map { item in
          let target: Program.Change.Target =
            switch item.target {
            case .input(let path): .input(path.map { word($0) })
            case .data(let path): .data(path.map { word($0) })
            case .base(let path): .base(path.map { word($0) })
            case .function(let key): .function(key)
            }
          return Program.Change(target: target, value: word(item.value), isReplacement: item.replacement >= 0)
        })
      let done = newLabel()
      emit(.withPush, Int32(changes.count - 1))
      changesInForce += 1
      block(inner, fail: done)
      changesInForce -= 1
      place(done)
      emit(.withPop)
      emit(.jump)
      target(fail)
    case .outside(let inner):
      let done = newLabel()
      emit(.withSuspend)
      suspended += 1
      block(inner, fail: done)
      suspended -= 1
      place(done)
      emit(.withResume)
      emit(.jump)
      target(fail)
    case .assignOnce(let local, let operand, let conflict): emit(.assignOnce, Int32(local), word(operand), conflict.rawValue)
    case .template(let local, let operands):
      emit(.template, Int32(local))
      emit(list: operands)
    case .returnLocal(let local): emit(.returnValue, Int32(local))
    case .result(let variables):
      emit(.result, Int32(variables.count))
      code.append(contentsOf: variables.map { Int32($0) })
    }
  }
}

/// Comparisons that the machine does itself.
enum Comparison: Int32 {
  case equal = 0
  case notEqual = 1
  case less = 2
  case lessOrEqual = 3
  case greater = 4
  case greaterOrEqual = 5

  init?(name: String) {
    switch name {
    case "equal": self = .equal
    case "neq": self = .notEqual
    case "lt": self = .less
    case "lte": self = .lessOrEqual
    case "gt": self = .greater
    case "gte": self = .greaterOrEqual
    default: return nil
    }
  }
}
