/// Renders a template over a value. Work and output are counted against the evaluation's budget.
struct TemplateRenderer {
  static let functions: Set<String> = [
    "and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge", "len", "index", "slice", "print", "println", "printf", "html", "urlquery", "js",
  ]

  /// Output of one rendering, in bytes.
  private static let outputLimit = 64 << 20

  private enum Flow { case next, leave, proceed }

  private let context: BuiltinContext
  private var output: [UInt8] = []
  private var variables: [(name: [UInt8], value: Value)]

  static func render(_ nodes: [TemplateNode], _ value: Value, _ context: BuiltinContext) throws(BuiltinError) -> [UInt8] {
    var renderer = TemplateRenderer(context: context, variables: [([], value)])
    _ = try renderer.render(nodes, value)
    return renderer.output
  }

  private static func failure(_ message: String) -> BuiltinError { .failed("template: template:1: executing \"template\": \(message)") }

  private init(context: BuiltinContext, variables: [(name: [UInt8], value: Value)]) {
    self.context = context
    self.variables = variables
  }

  private mutating func render(_ nodes: [TemplateNode], _ dot: Value) throws(BuiltinError) -> Flow {
    for node in nodes {
      try context.spend(1)
      switch node.kind {
      case .text(let text): try write(text)
      case .action(let pipeline):
        let value = try evaluate(pipeline, dot)
        if pipeline.variables.isEmpty { try write(Self.printed(value)) }
      case .condition(let branch), .with(let branch):
        let known = variables.count
        let value = try evaluate(branch.pipeline, dot)
        var inner = dot
        if case .with = node.kind { inner = value }
        let flow = try Self.isTrue(value) ? render(branch.body, inner) : render(branch.otherwise, dot)
        variables.removeLast(variables.count - known)
        if flow != .next { return flow }
      case .range(let branch): try range(branch, dot)
      case .leave: return .leave
      case .proceed: return .proceed
      }
    }
    return .next
  }

  private mutating func range(_ branch: TemplateNode.Branch, _ dot: Value) throws(BuiltinError) {
    var pipeline = branch.pipeline
    pipeline.variables = []
    let value = try evaluate(pipeline, dot)
    let known = variables.count
    var members: [(Value, Value)] = []
    switch value.tag {
    case .array, .set: members = value.elements.enumerated().map { (.integer($0.offset), $0.element) }
    case .object: members = Members(value.objectView).map { ($0.key, $0.value) }
    case .undefined, .null: break
    default: throw Self.failure("range can't iterate over \(String(decoding: Self.printed(value), as: UTF8.self))")
    }
    for (key, element) in members {
      try context.spend(1)
      let names = branch.pipeline.variables
      let bound = names.count == 2 ? [(names[0], key), (names[1], element)] : names.map { ($0, element) }
      for (name, value) in bound {
        if branch.pipeline.declares { variables.append((name, value)) } else { try assign(name, value) }
      }
      let flow = try render(branch.body, element)
      variables.removeLast(variables.count - known)
      if flow == .leave { break }
    }
    if members.isEmpty { _ = try render(branch.otherwise, dot) }
  }

  private mutating func write(_ bytes: [UInt8]) throws(BuiltinError) {
    try context.spend(bytes.count >> 3)
    output += bytes
    if output.count > Self.outputLimit { throw Self.failure("output is larger than \(Self.outputLimit) bytes") }
  }

  // MARK: Pipelines

  private mutating func evaluate(_ pipeline: TemplateNode.Pipeline, _ dot: Value) throws(BuiltinError) -> Value {
    var value = Value.undefined
    for (index, command) in pipeline.commands.enumerated() {
      value = try evaluate(command, dot, final: index == 0 ? nil : value)
    }
    for name in pipeline.variables {
      if pipeline.declares { variables.append((name, value)) } else { try assign(name, value) }
    }
    return value
  }

  private mutating func assign(_ name: [UInt8], _ value: Value) throws(BuiltinError) {
    guard let index = variables.lastIndex(where: { $0.name == name }) else {
      throw Self.failure("undefined variable: $\(String(decoding: name, as: UTF8.self))")
    }
    variables[index].value = value
  }

  private mutating func evaluate(_ command: [TemplateNode.Argument], _ dot: Value, final: Value?) throws(BuiltinError) -> Value {
    guard case .function(let name) = command[0] else {
      guard command.count == 1, final == nil else { throw Self.failure("can't give argument to non-function") }
      return try evaluate(command[0], dot)
    }
    let function = String(decoding: name, as: UTF8.self)
    var operands: [Value] = []
    for argument in command.dropFirst() {
      let value = try evaluate(argument, dot)
      operands.append(value)
      // The first operand that decides ends the evaluation.
      if function == "and", !Self.isTrue(value) { return value }
      if function == "or", Self.isTrue(value) { return value }
    }
    if let final { operands.append(final) }
    return try call(function, operands)
  }

  private mutating func evaluate(_ argument: TemplateNode.Argument, _ dot: Value) throws(BuiltinError) -> Value {
    switch argument {
    case .dot: return dot
    case .null: return .null
    case .boolean(let value): return .boolean(value)
    case .number(let literal): return Numbers.parse(literal, in: context.heap)
    case .string(let text): return .string(text, in: context.heap)
    case .function: return try evaluate([argument], dot, final: nil)
    case .field(let names): return try fields(names, of: dot)
    case .pipeline(let pipeline, let names): return try fields(names, of: try evaluate(pipeline, dot))
    case .variable(let name, let names):
      guard let found = variables.last(where: { $0.name == name }) else {
        throw Self.failure("undefined variable: $\(String(decoding: name, as: UTF8.self))")
      }
      return try fields(names, of: found.value)
    }
  }

  private func fields(_ names: [[UInt8]], of value: Value) throws(BuiltinError) -> Value {
    var value = value
    for name in names {
      switch value.tag {
      case .object: value = value.objectView[.string(name, in: context.heap)]
      case .undefined, .null: throw Self.failure("nil data; no entry for key \(Builtins.quoted(name))")
      default: throw Self.failure("can't evaluate field \(String(decoding: name, as: UTF8.self)) in type \(value.typeName)")
      }
    }
    return value
  }

  // MARK: Functions

  private mutating func call(_ name: String, _ operands: [Value]) throws(BuiltinError) -> Value {
    func require(_ count: Int) throws(BuiltinError) {
      if operands.count < count { throw Self.failure("wrong number of args for \(name): want at least \(count) got \(operands.count)") }
    }
    switch name {
    case "and", "or":
      try require(1)
      return operands[operands.count - 1]
    case "not":
      try require(1)
      return .boolean(!Self.isTrue(operands[0]))
    case "eq":
      try require(2)
      return .boolean(operands.dropFirst().contains { $0.equals(operands[0]) })
    case "ne":
      try require(2)
      return .boolean(!operands[0].equals(operands[1]))
    case "lt", "le", "gt", "ge":
      try require(2)
      guard operands[0].typeRank == operands[1].typeRank, operands[0].isNumber || operands[0].isString else {
        throw Self.failure("error calling \(name): incompatible types for comparison")
      }
      let order = operands[0].compare(operands[1])
      return .boolean(name == "lt" ? order < 0 : (name == "le" ? order <= 0 : (name == "gt" ? order > 0 : order >= 0)))
    case "len":
      try require(1)
      if operands[0].isString { return .integer(operands[0].textCount) }
      guard let count = operands[0].elementCount else { throw Self.failure("error calling len: len of type \(operands[0].typeName)") }
      return .integer(count)
    case "index":
      try require(1)
      var value = operands[0]
      for key in operands.dropFirst() {
        let found = Builtins.member(key, of: value)
        if found.isUndefined, !value.isObject {
          throw Self.failure("error calling index: index out of range: \(String(decoding: Self.printed(key), as: UTF8.self))")
        }
        value = found
      }
      return value
    case "slice": return try slice(operands)
    case "print", "println":
      var text: [UInt8] = []
      for (index, operand) in operands.enumerated() {
        // As Go's `Sprint`: a space between operands where neither is a string.
        if index > 0, name == "println" || (!operand.isString && !operands[index - 1].isString) { text.append(0x20) }
        text += Self.printed(operand)
      }
      return .string(name == "println" ? text + [0x0A] : text, in: context.heap)
    case "printf":
      try require(1)
      guard operands[0].isString else { throw Self.failure("wrong type for value; expected string; got \(operands[0].typeName)") }
      let rest = Value.array(operands.dropFirst(), in: context.heap).arrayView
      return .string(try GoFormat.sprintf(operands[0].text, rest, context), in: context.heap)
    case "urlquery": return .string(URLText.escape(operands.flatMap { Self.printed($0) }, .query), in: context.heap)
    default: return .string(Self.escaped(operands.flatMap { Self.printed($0) }, isScript: name == "js"), in: context.heap)
    }
  }

  private func slice(_ operands: [Value]) throws(BuiltinError) -> Value {
    let failure = Self.failure("error calling slice: index out of range")
    guard let value = operands.first, operands.count <= 4 else { throw Self.failure("wrong number of args for slice") }
    let count = value.isString ? value.textCount : (value.isArray ? value.arrayView.count : -1)
    var bounds: [Int] = []
    for operand in operands.dropFirst() {
      guard let bound = operand.exactInt, bound >= bounds.last ?? 0, bound <= count else { throw failure }
      bounds.append(Int(bound))
    }
    guard count >= 0 else { throw Self.failure("error calling slice: can't slice item of type \(value.typeName)") }
    let range = (bounds.first ?? 0)..<(bounds.count > 1 ? bounds[1] : count)
    guard value.isString else { return .array(value.elements[range], in: context.heap) }
    return .string(Array(String(decoding: value.text[range], as: UTF8.self).utf8), in: context.heap)
  }

  private static func escaped(_ text: [UInt8], isScript: Bool) -> [UInt8] {
    var result: [UInt8] = []
    for byte in text {
      switch (byte, isScript) {
      case (0x22, false): result += "&#34;".utf8
      case (0x27, false): result += "&#39;".utf8
      case (0x26, false): result += "&amp;".utf8
      case (0x3C, false): result += "&lt;".utf8
      case (0x3E, false): result += "&gt;".utf8
      case (0x00, false): result += "\u{FFFD}".utf8
      case (0x5C, true): result += "\\\\".utf8
      case (0x27, true): result += "\\'".utf8
      case (0x22, true): result += "\\\"".utf8
      case (0x3C, true): result += "\\u003C".utf8
      case (0x3E, true): result += "\\u003E".utf8
      case (0x26, true): result += "\\u0026".utf8
      case (0x3D, true): result += "\\u003D".utf8
      case (0..<0x20, true): result += "\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))".utf8
      default: result.append(byte)
      }
    }
    return result
  }

  // MARK: Values as Go sees them

  /// Go's truth: neither nothing, nor false, nor zero, nor empty.
  private static func isTrue(_ value: Value) -> Bool {
    switch value.tag {
    case .undefined, .null: false
    case .boolean: value.isTrue
    case .integer: Int64(bitPattern: value.body) != 0
    case .number: value.asDouble != 0
    default: value.elementCount != 0
    }
  }

  /// As Go's `%v`: `map[a:1 b:2]`, `[1 2]`; a key that is missing is `<undefined>`, as OPA has it.
  private static func printed(_ value: Value) -> [UInt8] {
    switch value.tag {
    case .undefined, .null: return Array("<undefined>".utf8)
    case .shortString, .longString: return value.text
    case .array, .set: return [0x5B] + Array(value.elements.map(inner).joined(separator: [0x20])) + [0x5D]
    case .object:
      return Array("map[".utf8)
        + Array(Members(value.objectView).map { inner($0.key) + [0x3A] + inner($0.value) }.joined(separator: [0x20])) + [0x5D]
    default: return ValueText.text(value)
    }
  }

  private static func inner(_ value: Value) -> [UInt8] { value.rawTag == Value.Tag.null.rawValue ? Array("<nil>".utf8) : printed(value) }
}
