extension PlanFunctionLowering {
  /// An operand's value, which is known to something else from here on. Where it may be undefined, the statement is.
  func operand(_ operand: PlanStatement.Operand) throws(RegoError) -> Operand {
    let value = try look(operand)
    if case .local(let local) = operand { spoil(local) }
    return value
  }

  /// As `operand`, for those who only look at it.
  func look(_ operand: PlanStatement.Operand) throws(RegoError) -> Operand {
    switch operand {
    case .string(let index): return constant(plan.document.strings[index])
    case .boolean(let flag): return constant(.boolean(flag))
    case .local(let local):
      let register = try readable(local)
      if local == input {
        append(.input(register))
      } else if local == data {
        append(.base(register))
      } else if !isDefined(local) {
        append(.isDefined(register))
        learn(local)
      }
      return .local(register)
    }
  }

  func operands(_ operands: [PlanStatement.Operand]) throws(RegoError) -> [Operand] {
    var result: [Operand] = []
    for item in operands { result.append(try operand(item)) }
    return result
  }

  func lower(_ statement: PlanStatement) throws(RegoError) {
    switch statement.kind {
    case .nothing: break
    case .assignInteger(let target, let value): append(.assign(try define(target), constant(.integer(value))))
    case .makeNull(let target): append(.assign(try define(target), constant(.null)))
    case .makeNumber(let target, let string):
      let number = Numbers.parse(plan.document.strings[string].text, in: plan.planner.heap)
      append(.assign(try define(target), constant(number)))
    case .assign(let target, let source): try assign(target, source)
    case .assignOnce(let target, let source):
      let value = try operand(source)
      if part(target) == nil { _ = try readable(target) }
      append(.assignOnce(try define(target), value, function.parameters.count > 2 ? .function : .completeRule))
    case .reset(let local):
      append(.reset(try write(local)))
      lose(local)
    case .isDefined(let local): _ = try look(.local(local))
    case .isUndefined(let local): try isUndefined(local)
    case .equal(let a, let b): append(.equal(try operand(a), try operand(b)))
    case .notEqual(let a, .boolean(false)): append(.truthy(try operand(a)))
    case .notEqual(let a, let b):
      append(.compare(builtin: plan.planner.builtin("neq"), .notEqual, try operand(a), try operand(b)))
    case .isType(let type, let source): try isType(type, source)
    case .length(let target, let source):
      let value = try operand(source)
      append(.builtin(plan.planner.builtin("count"), [value], try define(target), place: statement.place))
    case .dot(let target, let source, let key):
      let place = try look(source)
      let key = try operand(key)
      append(.dot(target: try define(target), source: place, key: key))
    case .makeArray(let target, let capacity): append(.makeArray(try make(target, .array), capacity: min(capacity, 1_024)))
    case .makeObject(let target): append(.makeObject(try make(target, .object)))
    case .makeSet(let target): append(.makeSet(try make(target, .set)))
    case .arrayAppend(let array, let value):
      let value = try operand(value)
      append(.append(array: try container(array, .array), value))
    case .add(let set, let value): try add(value, to: set)
    case .insert(let object, let key, let value): try insert(key, value, into: object)
    case .insertOnce(let object, let key, let value): try insertOnce(key, value, into: object)
    case .merge(let target, let a, let b):
      try merge(target, a, b)
    case .call(let name, let arguments, let result): try call(name, arguments, result, place: statement.place)
    case .callDynamic(let path, let locals, let result): try callDynamic(path, locals, result)
    case .returnLocal(let local): try returnLocal(local)
    case .result(let local):
      guard isEntryPoint else { throw refusal("a function adds to the results, as only an entry point may") }
      for name in keys[local] ?? [] { addResultName(name) }
      append(.add(set: results, path: [], value: try operand(.local(local))))
    case .leave(let levels): append(.leave(enclosing[enclosing.count - 1 - levels]))
    case .blocks(let blocks): try lower(blocks)
    case .not(let block):
      let inner = Block()
      append(.not(inner))
      try lower(block, into: inner, then: { self.append(.succeed) })
    case .scan(let source, let key, let value, let block): try scan(source, key, value, block)
    case .with(let local, let path, let value, let block): try with(local, path, value, block)
    }
  }

  private func assign(_ target: Int, _ source: PlanStatement.Operand) throws(RegoError) {
    guard case .local(let local) = source else {
      let value = try operand(source)
      append(.assign(try define(target), value))
      return
    }
    let register = try readable(local)
    spoil(local)
    if local == input || local == data {
      let copy = try write(target)
      append(.reset(copy))
      let inner = Block()
      append(.attempt(inner))
      enter(inner) { append(local == input ? .input(copy) : .base(copy)) }
      lose(target)
    } else if isDefined(local) {
      append(.assign(try define(target), .local(register)))
    } else {
      append(.assign(try write(target), .local(register)))
      lose(target)
    }
  }

  private func isUndefined(_ local: Int) throws(RegoError) {
    let register = try readable(local)
    guard local == input || local == data else { return append(.isUndefined(register)) }
    let inner = Block()
    append(.not(inner))
    enter(inner) {
      append(local == input ? .input(register) : .base(register))
      append(.succeed)
    }
  }

  /// Objects are merged key by key, all the way down; where one of two values is no object, the first counts.
  private func merge(_ target: Int, _ a: Int, _ b: Int) throws(RegoError) {
    let first = try operand(.local(a)), second = try operand(.local(b))
    let result = newRegister()
    append(.assign(result, first))
    let inner = Block()
    append(.attempt(inner))
    try enter(inner) { () throws(RegoError) in
      try isType(.object, .local(a))
      try isType(.object, .local(b))
      let union = newRegister()
      // The second of object.union counts.
      append(.builtin(plan.planner.builtin("object.union"), [second, first], union, place: 0))
      append(.assign(result, .local(union)))
    }
    append(.assign(try define(target), .local(result)))
  }

  private func isType(_ type: PlanStatement.TypeCheck, _ source: PlanStatement.Operand) throws(RegoError) {
    let name =
      switch type {
      case .array: "is_array"
      case .object: "is_object"
      case .set: "is_set"
      }
    let result = newRegister()
    append(.builtin(plan.planner.builtin(name), [try operand(source)], result, place: 0))
    append(.truthy(.local(result)))
  }

  private func returnLocal(_ local: Int) throws(RegoError) {
    guard !isEntryPoint else { throw refusal("an entry point returns a local, as only a function may") }
    let register = try readable(local)
    if local == input { append(.input(register)) }
    if local == data { append(.base(register)) }
    append(.returnLocal(register))
  }
}
