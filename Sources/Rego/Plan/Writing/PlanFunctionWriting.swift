/// One function of the intermediate representation as a function of a plan.
final class PlanFunctionWriting {
  typealias Out = PlanStatement.Operand

  /// A block that is left by setting a flag.
  private struct Goal {
    let flag: Int
    let depth: Int
  }

  let plan: PlanWriting
  private let function: PlannedFunction
  var replacements: PlanWriting.Replacements
  /// Locals that hold the values of `replacements` by operands, in their order.
  var replacementLocals: [Int] = []
  /// Operands, those that replacements hand down among them.
  let parameterCount: Int
  private var localCount: Int
  var block = PlanBlock()
  var depth = 0
  /// The depth of the innermost loop, or block of a `with`: breaks do not lead out of it.
  var barrier = 0
  private var goals: [Goal] = []
  var outside: [(input: Int, data: Int, replacements: PlanWriting.Replacements, locals: [Int])] = []
  /// Locals that hold constant numbers.
  private(set) var numbers: [Int: Value] = [:]
  var place: Int32
  private let file: Int

  init(_ function: PlannedFunction, replacements: PlanWriting.Replacements, in plan: PlanWriting) {
    self.plan = plan
    self.function = function
    self.replacements = replacements
    let handed = replacements.functions.count { $0.by == .operand }
    parameterCount = function.parameterCount + handed
    replacementLocals = Array(2 + function.parameterCount..<2 + parameterCount)
    // One local is kept for what the function returns.
    localCount = 3 + parameterCount + function.localCount - function.parameterCount
    place = function.place
    file = function.file.isEmpty ? 0 : plan.file(function.file)
  }

  func run() throws(RegoError) -> PlanBlock {
    try write(function.body)
    return block
  }

  // MARK: - Building

  func append(_ kind: PlanStatement.Kind) { block.statements.append(PlanStatement(kind: kind, file: file, place: place)) }

  func newLocal() -> Int {
    localCount += 1
    return localCount - 1
  }

  func local(_ number: Int) -> Int {
    number < function.parameterCount ? 2 + number : number - function.parameterCount + 3 + parameterCount
  }

  func nested(isBarrier: Bool = false, _ body: () throws(RegoError) -> Void) throws(RegoError) -> PlanBlock {
    let outer = (block, barrier)
    block = PlanBlock()
    depth += 1
    if isBarrier { barrier = depth }
    try body()
    let inner = block
    depth -= 1
    (block, barrier) = outer
    return inner
  }

  /// Statements that may fail without ending what is around them.
  func attempt(_ body: () throws(RegoError) -> Void) throws(RegoError) { append(.blocks([try nested(body)])) }

  func scan(_ source: Out, _ body: (_ key: Int, _ value: Int) throws(RegoError) -> Void) throws(RegoError) {
    let source = asLocal(source), key = newLocal(), value = newLocal()
    append(.scan(source: source, key: key, value: value, try nested(isBarrier: true) { () throws(RegoError) in try body(key, value) }))
  }

  func asLocal(_ operand: Out) -> Int {
    if case .local(let local) = operand { return local }
    let local = newLocal()
    append(.assign(local, operand))
    return local
  }

  func text(_ text: String) -> Out { .string(plan.string(text)) }

  func operand(_ operand: Operand) -> Out {
    switch operand {
    case .local(let number): .local(local(number))
    case .constant(let index): constant(plan.planner.constants[index])
    }
  }

  /// A constant, which is made where it is needed unless it is a text, true or false.
  func constant(_ value: Value) -> Out {
    switch value.tag {
    case .boolean: return .boolean(value.asBool ?? false)
    case .null:
      let local = newLocal()
      append(.makeNull(local))
      return .local(local)
    case .array:
      let elements = value.elements.map { constant($0) }, local = newLocal()
      append(.makeArray(local, capacity: elements.count))
      for element in elements { append(.arrayAppend(array: local, element)) }
      return .local(local)
    case .set:
      let elements = value.elements.map { constant($0) }, local = newLocal()
      append(.makeSet(local))
      for element in elements { append(.add(set: local, element)) }
      return .local(local)
    case .object:
      let members = Members(value.objectView).map { (constant($0.key), constant($0.value)) }, local = newLocal()
      append(.makeObject(local))
      for member in members { append(.insert(object: local, key: member.0, value: member.1)) }
      return .local(local)
    default:
      if value.isString { return text(value.string) }
      let local = newLocal()
      append(.makeNumber(local, string: plan.string(String(decoding: JSONWriter.text(value), as: UTF8.self))))
      numbers[local] = value
      return .local(local)
    }
  }

  // MARK: - Goals

  /// Blocks of which one has to succeed, or none.
  private func goal(_ blocks: [Block], isWanted: Bool) throws(RegoError) {
    let flag = newLocal()
    append(.reset(flag))
    goals.append(Goal(flag: flag, depth: depth + 1))
    for item in blocks {
      try attempt { () throws(RegoError) in
        if blocks.count > 1 { append(.isUndefined(flag)) }
        try write(item)
      }
    }
    goals.removeLast()
    append(isWanted ? .isDefined(flag) : .isUndefined(flag))
  }

  private func succeed() {
    guard let goal = goals.last else { return }
    append(.assign(goal.flag, .boolean(true)))
    if barrier < goal.depth { append(.leave(depth - goal.depth)) }
  }

  // MARK: - Statements

  func write(_ source: Block) throws(RegoError) {
    for (index, statement) in source.statements.enumerated() {
      if case .template(let target, _) = statement, index + 1 < source.statements.count,
        case .builtin(let number, let operands, _, _) = source.statements[index + 1], isPrint(number),
        case .local(target)? = operands.first
      {
        // Plans print nothing, so that there is no text to be put together.
        append(.assign(local(target), .boolean(true)))
        continue
      }
      try write(statement)
    }
  }

  private func isPrint(_ number: Int) -> Bool {
    number >= 0 && ["print", "internal.print"].contains(plan.planner.builtinTable[number].name)
  }

  private func write(_ statement: Statement) throws(RegoError) {
    switch statement {
    case .input(let target):
      append(.isDefined(0))
      append(.assign(local(target), .local(0)))
    case .base(let target): append(.assign(local(target), .local(1)))
    case .assign(let target, let source): append(.assign(local(target), operand(source)))
    case .reset(let target): append(.reset(local(target)))
    case .equal(let a, let b): append(.equal(operand(a), operand(b)))
    case .truthy(let value): append(.notEqual(operand(value), .boolean(false)))
    case .compare(let number, let comparison, let a, let b):
      let key = -1 - number
      if comparison == .equal, !replacements.functions.contains(where: { $0.key == key }) {
        append(.equal(operand(a), operand(b)))
        return
      }
      let result = newLocal()
      try call(key: key, [operand(a), operand(b)], result)
      append(.notEqual(.local(result), .boolean(false)))
    case .isDefined(let source): append(.isDefined(local(source)))
    case .isUndefined(let source): append(.isUndefined(local(source)))
    case .isArray(let source, let count): sized(.array, operand(source), count)
    case .isObject(let source, let count): sized(.object, operand(source), count)
    case .isCollection(let source):
      let source = operand(source), flag = newLocal()
      append(.reset(flag))
      for type in [PlanStatement.TypeCheck.array, .object, .set] {
        try attempt { () throws(RegoError) in
          append(.isType(type, source))
          append(.assign(flag, .boolean(true)))
        }
      }
      append(.isDefined(flag))
    case .dot(let target, let source, let key):
      append(.dot(target: local(target), source: operand(source), key: operand(key)))
    case .dotBase(let target, let source, let key): try dotBase(local(target), operand(source), operand(key))
    case .scan(let source, let key, let value, let inner):
      let source = asLocal(operand(source))
      append(
        .scan(
          source: source, key: local(key), value: local(value),
          try nested(isBarrier: true) { () throws(RegoError) in
            if let goal = goals.last { append(.isUndefined(goal.flag)) }
            try write(inner)
          }))
    case .sought: break
    case .isSettled: throw refusal("a document is asked for one key")
    case .not(let inner): try goal([inner], isWanted: false)
    case .any(let blocks): try goal(blocks, isWanted: true)
    case .attempt(let inner): try attempt { () throws(RegoError) in try write(inner) }
    case .succeed: succeed()
    case .makeArray(let target, _): append(.makeArray(local(target), capacity: 0))
    case .makeTuple(let target, let values):
      let values = values.map { operand($0) }
      append(.makeArray(local(target), capacity: values.count))
      for value in values { append(.arrayAppend(array: local(target), value)) }
    case .makeObject(let target): append(.makeObject(local(target)))
    case .makeSet(let target): append(.makeSet(local(target)))
    case .makeRecord(let target, let keys, let values):
      let members = zip(plan.planner.constants[keys].elements, values).map { (constant($0), operand($1)) }
      append(.makeObject(local(target)))
      for member in members { append(.insert(object: local(target), key: member.0, value: member.1)) }
    case .append(let array, let value): append(.arrayAppend(array: local(array), operand(value)))
    case .insert(let object, let key, let value):
      append(.insert(object: local(object), key: operand(key), value: operand(value)))
    case .insertOnce(let object, let path, let value):
      let keys = path.map { operand($0) }, value = operand(value)
      guard let last = keys.last else { throw refusal("an object takes a value without a key") }
      try descend(local(object), keys.dropLast(), { .makeObject($0) }) { (place) in
        self.append(.insertOnce(object: place, key: last, value: value))
      }
    case .add(let set, let path, let value):
      let keys = path.map { operand($0) }, value = operand(value)
      try descend(local(set), keys[...], { .makeSet($0) }) { (place) in self.append(.add(set: place, value)) }
    case .call(let function, let operands, let target):
      try call(key: function, operands.map { operand($0) }, local(target))
    case .builtin(let number, let operands, let target, let place):
      if isPrint(number) { return append(.assign(local(target), .boolean(true))) }
      let outer = self.place
      if place > 0 { self.place = place }
      try call(key: -1 - number, operands.map { operand($0) }, local(target))
      self.place = outer
    case .format(let format, let operands, let target):
      let values = operands.map { operand($0) }, array = newLocal()
      append(.makeArray(array, capacity: values.count))
      for value in values { append(.arrayAppend(array: array, value)) }
      let outer = self.place
      if format.place > 0 { self.place = format.place }
      try call(key: -1 - format.builtin, [operand(.constant(format.format)), .local(array)], local(target))
      self.place = outer
    case .document(let node, let keys, let target):
      let keys = keys.map { operand($0) }
      append(.reset(local(target)))
      try document(plan.planner.nodes[node], keys[...], local(target))
      append(.isDefined(local(target)))
    case .documentKeys(let node, let keys, let target):
      let keys = keys.map { operand($0) }
      append(.reset(local(target)))
      try documentKeys(plan.planner.nodes[node], keys[...], local(target))
      append(.isDefined(local(target)))
    case .with(let changes, let inner): try with(changes, inner)
    case .outside(let inner): try outside(inner)
    case .assignOnce(let target, let value, _): append(.assignOnce(local(target), operand(value)))
    case .template(let target, let parts): try template(local(target), parts.map { operand($0) })
    case .returnLocal(let source): append(.returnLocal(local(source)))
    case .result(let variables):
      let object = newLocal()
      append(.makeObject(object))
      for variable in variables where variable >= 0 {
        append(.insert(object: object, key: text("result"), value: .local(local(variable))))
      }
      append(.result(object))
    case .contains, .select, .leave: throw refusal("it was optimised before it was planned")
    }
  }

  /// Paths of base data are texts: a number finds the key with its digits too.
  func dotBase(_ target: Int, _ source: Out, _ key: Out) throws(RegoError) {
    guard case .local(let local) = key, let number = numbers[local] else {
      append(.dot(target: target, source: source, key: key))
      return
    }
    append(.reset(target))
    try attempt { () throws(RegoError) in
      let value = newLocal()
      append(.dot(target: value, source: source, key: key))
      append(.assign(target, .local(value)))
    }
    try attempt { () throws(RegoError) in
      append(.isUndefined(target))
      append(.isType(.object, source))
      let value = newLocal()
      append(.dot(target: value, source: source, key: text(String(decoding: JSONWriter.text(number), as: UTF8.self))))
      append(.assign(target, .local(value)))
    }
    append(.isDefined(target))
  }

  private func sized(_ type: PlanStatement.TypeCheck, _ source: Out, _ count: Int) {
    append(.isType(type, source))
    let length = newLocal()
    append(.length(target: length, source))
    append(.equal(.local(length), constant(.integer(count))))
  }

  /// Goes down an object under construction, whose parts are made where they are missing, and puts them back on the way up.
  private func descend(
    _ root: Int, _ keys: ArraySlice<Out>, _ make: (Int) -> PlanStatement.Kind, _ insert: (Int) -> Void
  ) throws(RegoError) {
    guard let key = keys.first else { return insert(root) }
    let part = newLocal(), rest = keys.dropFirst()
    try attempt { () throws(RegoError) in
      try attempt { () throws(RegoError) in
        append(.dot(target: part, source: .local(root), key: key))
        append(.leave(1))
      }
      append(rest.isEmpty ? make(part) : .makeObject(part))
    }
    try descend(part, rest, make, insert)
    append(.insert(object: root, key: key, value: .local(part)))
  }

  /// Parts of an interpolated text, one after the other.
  private func template(_ target: Int, _ parts: [Out]) throws(RegoError) {
    var texts: [Out] = []
    for part in parts {
      guard case .local(let source) = part else {
        texts.append(part)
        continue
      }
      let piece = newLocal()
      append(.assign(piece, text("<undefined>")))
      try attempt { () throws(RegoError) in
        append(.isDefined(source))
        let values = newLocal()
        append(.makeArray(values, capacity: 1))
        append(.arrayAppend(array: values, .local(source)))
        builtin("sprintf", [text("%v"), .local(values)], piece)
      }
      texts.append(.local(piece))
    }
    let array = newLocal()
    append(.makeArray(array, capacity: texts.count))
    for text in texts { append(.arrayAppend(array: array, text)) }
    builtin("concat", [text(""), .local(array)], target)
  }

  func builtin(_ name: String, _ operands: [Out], _ target: Int) {
    plan.useBuiltin(name)
    append(.call(name, operands, result: target))
  }

  func refusal(_ text: String) -> RegoError {
    RegoError(.compile, "\(function.name) cannot be planned: \(text)", file: function.file, location: Location(packed: place))
  }
}
