/// Statements by their names in the text, their operands and locals.
extension PlanReader {
  mutating func kind(_ name: String, _ item: PlanObject) throws(RegoError) -> PlanStatement.Kind {
    switch name {
    case "ArrayAppendStmt": .arrayAppend(array: try local(item, "array"), try operand(item, "value"))
    case "AssignIntStmt", "MakeNumberIntStmt":
      .assignInteger(try local(item, "target"), try integer(item, "value", default: 0, in: .min ... .max))
    case "AssignVarStmt": .assign(try local(item, "target"), try operand(item, "source"))
    case "AssignVarOnceStmt": .assignOnce(try local(item, "target"), try operand(item, "source"))
    case "BlockStmt": .blocks(try blocks(item, "blocks"))
    case "BreakStmt": .leave(try levels(item))
    case "CallStmt": try call(item)
    case "CallDynamicStmt": try dynamicCall(item)
    case "DotStmt": .dot(target: try local(item, "target"), source: try operand(item, "source"), key: try operand(item, "key"))
    case "EqualStmt": .equal(try operand(item, "a"), try operand(item, "b"))
    case "NotEqualStmt": .notEqual(try operand(item, "a"), try operand(item, "b"))
    case "IsArrayStmt": .isType(.array, try operand(item, "source"))
    case "IsObjectStmt": .isType(.object, try operand(item, "source"))
    case "IsSetStmt": .isType(.set, try operand(item, "source"))
    case "IsDefinedStmt": .isDefined(try local(item, "source"))
    case "IsUndefinedStmt": .isUndefined(try local(item, "source"))
    case "LenStmt": .length(target: try local(item, "target"), try operand(item, "source"))
    case "MakeArrayStmt":
      .makeArray(try local(item, "target"), capacity: Int(try integer(item, "capacity", default: 0, in: 0...Int64(Int32.max))))
    case "MakeNullStmt": .makeNull(try local(item, "target"))
    case "MakeNumberRefStmt": .makeNumber(try local(item, "target"), string: try number(item))
    case "MakeObjectStmt": .makeObject(try local(item, "target"))
    case "MakeSetStmt": .makeSet(try local(item, "target"))
    case "NopStmt": .nothing
    case "NotStmt": .not(try nested(item))
    case "ObjectInsertStmt": .insert(object: try local(item, "object"), key: try operand(item, "key"), value: try operand(item, "value"))
    case "ObjectInsertOnceStmt":
      .insertOnce(object: try local(item, "object"), key: try operand(item, "key"), value: try operand(item, "value"))
    case "ObjectMergeStmt": .merge(target: try local(item, "target"), try local(item, "a"), try local(item, "b"))
    case "ResetLocalStmt": .reset(try local(item, "target"))
    case "ResultSetAddStmt": .result(try local(item, "value"))
    case "ReturnLocalStmt": .returnLocal(try local(item, "source"))
    case "ScanStmt":
      .scan(source: try local(item, "source"), key: try local(item, "key"), value: try local(item, "value"), try nested(item))
    case "SetAddStmt": .add(set: try local(item, "set"), try operand(item, "value"))
    case "WithStmt": try with(item)
    default: throw mistake("\(name) is no statement of OPA's plans")
    }
  }

  private func local(_ item: PlanObject, _ key: StaticString) throws(RegoError) -> Int {
    Int(try integer(item, key, in: 0...Self.localLimit))
  }

  private func operand(_ item: PlanObject, _ key: StaticString) throws(RegoError) -> PlanStatement.Operand {
    guard let object = item.object(key) else { throw mistake("\(key) is no operand") }
    return try operand(object)
  }

  private func operand(_ object: PlanObject) throws(RegoError) -> PlanStatement.Operand {
    switch object.text("type") {
    case "local": return .local(try local(object, "value"))
    case "string_index": return .string(try string(object, "value"))
    case "bool":
      guard let flag = object.value("value")?.asBool else { throw mistake("an operand of type bool is neither true nor false") }
      return .boolean(flag)
    case let other: throw mistake("an operand is of type \(other ?? "none"); known are local, string_index and bool")
    }
  }

  private func string(_ item: PlanObject, _ key: StaticString) throws(RegoError) -> Int {
    let index = try integer(item, key, in: 0...Int64(Int32.max))
    guard index < document.strings.count else { throw mistake("there is no string \(index), only \(document.strings.count)") }
    return Int(index)
  }

  /// The string of a number. OPA writes the key with a capital letter.
  private func number(_ item: PlanObject) throws(RegoError) -> Int {
    let index = try string(item, item.isMissing("Index") ? "index" : "Index")
    guard Self.isNumber(document.strings[index].text) else { throw mistake("string \(index) is no number") }
    return index
  }

  /// A number in JSON's grammar.
  private static func isNumber(_ text: [UInt8]) -> Bool {
    var rest = text[...]
    func digits(_ rest: inout ArraySlice<UInt8>) -> Int {
      let run = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }
      rest = rest.dropFirst(run.count)
      return run.count
    }
    if rest.first == 0x2D { rest = rest.dropFirst() }
    if rest.first == 0x30 { rest = rest.dropFirst() } else if digits(&rest) == 0 { return false }
    if rest.first == 0x2E {
      rest = rest.dropFirst()
      if digits(&rest) == 0 { return false }
    }
    if rest.first == 0x65 || rest.first == 0x45 {
      rest = rest.dropFirst()
      if rest.first == 0x2B || rest.first == 0x2D { rest = rest.dropFirst() }
      if digits(&rest) == 0 { return false }
    }
    return rest.isEmpty
  }

  private func levels(_ item: PlanObject) throws(RegoError) -> Int {
    let levels = Int(try integer(item, "index", default: 0, in: 0...Int64(Int32.max)))
    guard levels < depth else { throw mistake("a break leaves \(levels + 1) blocks where there are \(depth)") }
    return levels
  }

  private mutating func nested(_ item: PlanObject) throws(RegoError) -> PlanBlock {
    guard let object = item.object("block") else { throw mistake("block is missing") }
    return try block(object)
  }

  private func call(_ item: PlanObject) throws(RegoError) -> PlanStatement.Kind {
    guard let name = item.text("func") else { throw mistake("func is missing") }
    var operands: [PlanStatement.Operand] = []
    for value in item.list("args") ?? [] {
      guard let object = PlanObject(value) else { throw mistake("args holds something that is no operand") }
      operands.append(try operand(object))
    }
    return .call(name, operands, result: try local(item, "result"))
  }

  private func dynamicCall(_ item: PlanObject) throws(RegoError) -> PlanStatement.Kind {
    var path: [PlanStatement.Operand] = []
    for value in item.list("path") ?? [] {
      guard let object = PlanObject(value) else { throw mistake("path holds something that is no operand") }
      path.append(try operand(object))
    }
    var locals: [Int] = []
    for value in item.list("args") ?? [] {
      guard let local = value.exactInt, (0...Self.localLimit).contains(local) else { throw mistake("args holds no number of a local") }
      locals.append(Int(local))
    }
    return .callDynamic(path, locals, result: try local(item, "result"))
  }

  private mutating func with(_ item: PlanObject) throws(RegoError) -> PlanStatement.Kind {
    var path: [Int] = []
    for value in item.list("path") ?? [] {
      guard let index = value.exactInt, index >= 0, index < document.strings.count else { throw mistake("path names no string") }
      path.append(Int(index))
    }
    return .with(local: try local(item, "local"), path: path, try operand(item, "value"), try nested(item))
  }
}
