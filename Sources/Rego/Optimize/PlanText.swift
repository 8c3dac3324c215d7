/// Planned functions as text, one statement a line: for tests of passes and for whoever studies a plan.
struct PlanText {
  private let constants: [Value]
  private let builtins: [Builtin]
  private(set) var text = ""

  /// - Parameter planner: has planned, and perhaps optimised, its functions.
  static func text(_ planner: Planner) -> String {
    var writer = PlanText(constants: planner.constants, builtins: planner.builtinTable)
    for (index, function) in planner.functions.enumerated() {
      writer.text += "f\(index) \(function.name)\n"
      writer.write(function.body, 1)
    }
    return writer.text
  }

  private init(constants: [Value], builtins: [Builtin]) {
    self.constants = constants
    self.builtins = builtins
  }

  private func shown(_ operand: Operand) -> String {
    switch operand {
    case .local(let local): return "r\(local)"
    case .constant(let index):
      let bytes = ValueText.text(constants[index])
      return bytes.count > 60 ? "c\(index)" : String(decoding: bytes, as: UTF8.self)
    }
  }

  private func shown(_ operands: [Operand]) -> String { operands.map { shown($0) }.joined(separator: " ") }

  private mutating func write(_ block: Block, _ depth: Int) {
    for statement in block.statements {
      text += String(repeating: " ", count: depth) + line(statement) + "\n"
      if case .select(_, let cases) = statement {
        for item in cases {
          text += String(repeating: " ", count: depth + 1) + "case " + shown(.constant(item.constant)) + "\n"
          write(item.block, depth + 2)
        }
      } else {
        for (index, inner) in statement.blocks.enumerated() {
          if index > 0 { text += String(repeating: " ", count: depth) + "or\n" }
          write(inner, depth + 1)
        }
      }
    }
  }

  private func line(_ statement: Statement) -> String {
    switch statement {
    case .input(let r): "r\(r) = input"
    case .base(let r): "r\(r) = data"
    case .assign(let r, let a): "r\(r) = \(shown(a))"
    case .reset(let r): "r\(r) = undefined"
    case .equal(let a, let b): "equal \(shown(a)) \(shown(b))"
    case .truthy(let a): "truthy \(shown(a))"
    case .compare(let number, _, let a, let b): "\(builtins[number].name) \(shown(a)) \(shown(b))"
    case .isSettled(let function, let limit): "settled f\(function) \(shown(limit))"
    case .isDefined(let r): "defined r\(r)"
    case .isUndefined(let r): "undefined r\(r)"
    case .isArray(let a, let n): "array \(shown(a)) \(n)"
    case .isObject(let a, let n): "object \(shown(a)) \(n)"
    case .isCollection(let a): "collection \(shown(a))"
    case .contains(let c, let e): "contains \(shown(c)) \(shown(e))"
    case .dot(let r, let a, let k): "r\(r) = \(shown(a))[\(shown(k))]"
    case .dotBase(let r, let a, let k): "r\(r) = base \(shown(a))[\(shown(k))]"
    case .scan(let a, let k, let v, _): "scan \(shown(a)) r\(k) r\(v)"
    case .sought(let keys, let a): "sought \(shown(keys.map { .constant($0) })) \(shown(a))"
    case .not: "not"
    case .attempt: "attempt"
    case .any: "any"
    case .select(let a, _): "select \(shown(a))"
    case .succeed: "succeed"
    case .makeArray(let r, _): "r\(r) = []"
    case .makeObject(let r): "r\(r) = {}"
    case .makeSet(let r): "r\(r) = set()"
    case .makeTuple(let r, let values): "r\(r) = array \(shown(values))"
    case .makeRecord(let r, let keys, let values): "r\(r) = record \(shown(.constant(keys))) \(shown(values))"
    case .append(let r, let a): "append r\(r) \(shown(a))"
    case .insertOnce(let r, let path, let a): "insert r\(r) [\(shown(path))] \(shown(a))"
    case .insert(let r, let key, let a): "set r\(r) [\(shown(key))] \(shown(a))"
    case .leave: "leave"
    case .add(let r, let path, let a): "add r\(r) [\(shown(path))] \(shown(a))"
    case .call(let f, let operands, let r): "r\(r) = f\(f)(\(shown(operands)))"
    case .builtin(let number, let operands, let r, _): "r\(r) = \(builtins[number].name)(\(shown(operands)))"
    case .format(let call, let operands, let r): "r\(r) = format \(shown(.constant(call.format))) \(shown(operands))"
    case .document(let node, let operands, let r): "r\(r) = document \(node) \(shown(operands))"
    case .documentKeys(let node, let operands, let r): "r\(r) = keys \(node) \(shown(operands))"
    case .with(let changes, _): "with \(changes.count) changes"
    case .outside: "outside"
    case .assignOnce(let r, let a, _): "r\(r) := \(shown(a))"
    case .template(let r, let operands): "r\(r) = template \(shown(operands))"
    case .returnLocal(let r): "return r\(r)"
    case .result(let locals): "result \(locals.map { "r\($0)" }.joined(separator: " "))"
    }
  }
}
