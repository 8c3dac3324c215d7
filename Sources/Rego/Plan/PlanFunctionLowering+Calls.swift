/// Calls, loops, and changes of input and data.
extension PlanFunctionLowering {
  func call(_ name: String, _ arguments: [PlanStatement.Operand], _ result: Int, place: Int32) throws(RegoError) {
    if let callee = plan.function(named: name) {
      let parameters = plan.document.functions[callee].parameters.count
      guard arguments.count == parameters else {
        throw refusal("\(name) takes \(parameters) operands and is called with \(arguments.count)")
      }
      try checkDocuments(arguments[0], arguments[1], name)
      let values = try operands(Array(arguments.dropFirst(2)))
      plan.addCall(from: number, to: callee)
      append(.call(function: callee, values, try define(result)))
      return
    }
    guard let builtin = plan.builtins[name] else {
      throw refusal("it calls \(name), which is neither one of its functions nor a built-in function of this engine", code: .type)
    }
    guard arguments.count == builtin.arity else {
      throw refusal("\(name) takes \(builtin.arity) operands and is called with \(arguments.count)", code: .type)
    }
    let values = try operands(arguments)
    append(.builtin(plan.planner.builtin(name), values, try define(result), place: place))
  }

  /// Input and data are not handed over: the callee reads the same ones.
  private func checkDocuments(_ first: PlanStatement.Operand, _ second: PlanStatement.Operand, _ name: String) throws(RegoError) {
    guard case .local(input) = first, case .local(data) = second else {
      throw refusal("\(name) is not called with input and data as its first operands")
    }
  }

  /// A call whose function is named by values: the choice among all functions that they may name.
  func callDynamic(_ path: [PlanStatement.Operand], _ locals: [Int], _ result: Int) throws(RegoError) {
    guard locals.count >= 2 else { throw refusal("a dynamic call has no input and data") }
    try checkDocuments(.local(locals[0]), .local(locals[1]), "a function")
    let keys = try operands(path)
    let values = try operands(locals.dropFirst(2).map { .local($0) })
    let register = try define(result)
    var choices: [Block] = []
    for callee in plan.byLength[path.count] ?? [] {
      let function = plan.document.functions[callee]
      guard function.parameters.count == locals.count, mayName(path, function.path) else { continue }
      guard plan.mayChoose(path.count + 2) else { throw refusal("the plan's dynamic calls may lead to too many functions") }
      plan.addCall(from: number, to: callee)
      let choice = Block()
      enter(choice) {
        for (position, part) in function.path.enumerated() {
          guard case .local = path[position] else { continue }
          append(.equal(keys[position], constant(.string(part, in: plan.planner.heap))))
        }
        append(.call(function: callee, values, register))
        append(.succeed)
      }
      choices.append(choice)
    }
    append(.any(choices))
  }

  private func mayName(_ path: [PlanStatement.Operand], _ name: [String]) -> Bool {
    zip(path, name).allSatisfy { operand, part in
      switch operand {
      case .local: true
      case .string(let index): plan.document.strings[index].string == part
      case .boolean: false
      }
    }
  }

  /// What is no collection is a loop without turns.
  func scan(_ source: Int, _ key: Int, _ value: Int, _ block: PlanBlock) throws(RegoError) {
    let outer = Block()
    append(.attempt(outer))
    try enter(outer) { () throws(RegoError) in
      let collection = try operand(.local(source))
      let loop = Block()
      // Locals of the loop are known only inside it.
      try self.loop(
        block, into: loop,
        begin: { () throws(RegoError) in
          let keyRegister = try self.define(key), valueRegister = try self.define(value)
          outer.statements.append(.scan(source: collection, key: keyRegister, value: valueRegister, loop))
        })
    }
  }

  /// The statements run with another document; what follows them runs if they came to their end.
  func with(_ local: Int, _ path: [Int], _ value: PlanStatement.Operand, _ block: PlanBlock) throws(RegoError) {
    guard local == input || local == data else { throw refusal("a with changes local \(local), which is neither input nor data") }
    guard path.count <= Program.maximumOperands else { throw refusal("a with goes \(path.count) keys deep") }
    let replacement: Operand
    if path.isEmpty, case .local(let source) = value, source != input, source != data {
      // A document that was undefined becomes so again.
      replacement = .local(try readable(source))
      spoil(source)
    } else {
      replacement = try operand(value)
    }
    let keys = path.map { constant(plan.document.strings[$0]) }
    let reached = newRegister()
    append(.reset(reached))
    let outer = Block()
    append(.attempt(outer))
    try enter(outer) { () throws(RegoError) in
      let inner = Block()
      let target: WithStatement.Target = local == input ? .input(keys) : .base(keys)
      append(.with([WithStatement(target: target, value: replacement, replacement: -1)], inner))
      let end = constant(.true)
      try lower(block, into: inner, then: { self.append(.assign(reached, end)) })
    }
    append(.isDefined(reached))
  }
}
