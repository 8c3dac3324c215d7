/// The text of a plan, in the form of OPA's plan.json.
struct PlanJSON {
  private var bytes: [UInt8] = []

  /// - Parameter signatures: types of the built-in functions that the plan calls, by name.
  static func text(_ document: PlanDocument, signatures: [String: Signature]) -> [UInt8] {
    var json = PlanJSON()
    json.write(document, signatures)
    return json.bytes
  }

  private mutating func write(_ document: PlanDocument, _ signatures: [String: Signature]) {
    raw(#"{"static":{"strings":"#)
    list(document.strings) { json, value in
      json.raw(#"{"value":"#); json.text(value.string); json.raw("}")
    }
    if !document.builtins.isEmpty {
      raw(#","builtin_funcs":"#)
      list(document.builtins.sorted()) { json, name in
        json.raw(#"{"name":"#)
        json.text(name)
        for case .object(let members)? in [signatures[name]?.json] {
          for member in members where member.key == .string("decl") {
            json.raw(#","decl":"#)
            json.bytes += Document(member.value).json()
          }
        }
        json.raw("}")
      }
    }
    raw(#","files":"#)
    list(document.files) { json, name in
      json.raw(#"{"value":"#); json.text(name); json.raw("}")
    }
    raw(#"},"plans":{"plans":"#)
    list(document.entryPoints) { json, point in
      json.raw(#"{"name":"#)
      json.text(point.name)
      json.raw(#","blocks":"#)
      json.blocks(point.blocks)
      json.raw("}")
    }
    raw(#"},"funcs":{"funcs":"#)
    list(document.functions) { json, function in
      json.raw(#"{"name":"#)
      json.text(function.name)
      json.raw(#","params":"#)
      json.numbers(function.parameters)
      json.raw(",\"return\":\(function.parameters.count),\"blocks\":")
      json.blocks(function.blocks)
      json.raw(#","path":"#)
      json.list(function.path) { $0.text($1) }
      json.raw("}")
    }
    raw("}}")
  }

  private mutating func raw(_ text: String) { bytes += text.utf8 }

  private mutating func text(_ text: String) { bytes += Document(.string(text)).json() }

  private mutating func list<T>(_ items: [T], _ write: (inout PlanJSON, T) -> Void) {
    raw("[")
    for (index, item) in items.enumerated() {
      if index > 0 { raw(",") }
      write(&self, item)
    }
    raw("]")
  }

  private mutating func numbers(_ numbers: [Int]) { list(numbers) { $0.raw("\($1)") } }

  private mutating func blocks(_ blocks: [PlanBlock]) { list(blocks) { $0.block($1) } }

  private mutating func block(_ block: PlanBlock) {
    raw(#"{"stmts":"#)
    list(block.statements) { $0.statement($1) }
    raw("}")
  }

  /// A member of a statement.
  private enum Field {
    case number(String, Int)
    case operand(String, PlanStatement.Operand)
    case text(String, String)
    case numbers(String, [Int])
    case operands(String, [PlanStatement.Operand])
    case block(PlanBlock)
    case blocks([PlanBlock])
  }

  private mutating func operand(_ operand: PlanStatement.Operand) {
    switch operand {
    case .local(let number): raw(#"{"type":"local","value":\#(number)}"#)
    case .string(let index): raw(#"{"type":"string_index","value":\#(index)}"#)
    case .boolean(let flag): raw(#"{"type":"bool","value":\#(flag)}"#)
    }
  }

  private mutating func statement(_ statement: PlanStatement) {
    let (name, fields) = Self.form(of: statement.kind)
    raw(#"{"type":"\#(name)","stmt":{"#)
    for field in fields {
      switch field {
      case .number(let key, let number): raw(#""\#(key)":\#(number)"#)
      case .operand(let key, let operand):
        raw(#""\#(key)":"#)
        self.operand(operand)
      case .text(let key, let text):
        raw(#""\#(key)":"#)
        self.text(text)
      case .numbers(let key, let numbers):
        raw(#""\#(key)":"#)
        self.numbers(numbers)
      case .operands(let key, let operands):
        raw(#""\#(key)":"#)
        list(operands) { $0.operand($1) }
      case .block(let block):
        raw(#""block":"#)
        self.block(block)
      case .blocks(let blocks):
        raw(#""blocks":"#)
        self.blocks(blocks)
      }
      raw(",")
    }
    let location = Location(packed: statement.place)
    raw(#""file":\#(statement.file),"col":\#(location.column),"row":\#(location.row)}}"#)
  }

  private static func form(of kind: PlanStatement.Kind) -> (String, [Field]) {
    switch kind {
    case .arrayAppend(let array, let value): ("ArrayAppendStmt", [.operand("value", value), .number("array", array)])
    case .assignInteger(let target, let value): ("AssignIntStmt", [.number("value", Int(value)), .number("target", target)])
    case .assign(let target, let source): ("AssignVarStmt", [.operand("source", source), .number("target", target)])
    case .assignOnce(let target, let source): ("AssignVarOnceStmt", [.operand("source", source), .number("target", target)])
    case .blocks(let blocks): ("BlockStmt", [.blocks(blocks)])
    case .leave(let levels): ("BreakStmt", [.number("index", levels)])
    case .call(let name, let operands, let result):
      ("CallStmt", [.text("func", name), .operands("args", operands), .number("result", result)])
    case .callDynamic(let path, let locals, let result):
      ("CallDynamicStmt", [.numbers("args", locals), .number("result", result), .operands("path", path)])
    case .dot(let target, let source, let key):
      ("DotStmt", [.operand("source", source), .operand("key", key), .number("target", target)])
    case .equal(let a, let b): ("EqualStmt", [.operand("a", a), .operand("b", b)])
    case .notEqual(let a, let b): ("NotEqualStmt", [.operand("a", a), .operand("b", b)])
    case .isType(.array, let source): ("IsArrayStmt", [.operand("source", source)])
    case .isType(.object, let source): ("IsObjectStmt", [.operand("source", source)])
    case .isType(.set, let source): ("IsSetStmt", [.operand("source", source)])
    case .isDefined(let source): ("IsDefinedStmt", [.number("source", source)])
    case .isUndefined(let source): ("IsUndefinedStmt", [.number("source", source)])
    case .length(let target, let source): ("LenStmt", [.operand("source", source), .number("target", target)])
    case .makeArray(let target, let capacity): ("MakeArrayStmt", [.number("capacity", capacity), .number("target", target)])
    case .makeNull(let target): ("MakeNullStmt", [.number("target", target)])
    // OPA writes this key with a capital letter.
    case .makeNumber(let target, let string): ("MakeNumberRefStmt", [.number("Index", string), .number("target", target)])
    case .makeObject(let target): ("MakeObjectStmt", [.number("target", target)])
    case .makeSet(let target): ("MakeSetStmt", [.number("target", target)])
    case .nothing: ("NopStmt", [])
    case .not(let block): ("NotStmt", [.block(block)])
    case .insert(let object, let key, let value):
      ("ObjectInsertStmt", [.operand("key", key), .operand("value", value), .number("object", object)])
    case .insertOnce(let object, let key, let value):
      ("ObjectInsertOnceStmt", [.operand("key", key), .operand("value", value), .number("object", object)])
    case .merge(let target, let a, let b): ("ObjectMergeStmt", [.number("a", a), .number("b", b), .number("target", target)])
    case .reset(let target): ("ResetLocalStmt", [.number("target", target)])
    case .result(let value): ("ResultSetAddStmt", [.number("value", value)])
    case .returnLocal(let source): ("ReturnLocalStmt", [.number("source", source)])
    case .scan(let source, let key, let value, let block):
      ("ScanStmt", [.number("source", source), .number("key", key), .number("value", value), .block(block)])
    case .add(let set, let value): ("SetAddStmt", [.operand("value", value), .number("set", set)])
    case .with(let local, let path, let value, let block):
      ("WithStmt", [.number("local", local), .numbers("path", path), .operand("value", value), .block(block)])
    }
  }
}
