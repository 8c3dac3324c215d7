/// A text template in the syntax of Go's `text/template`: actions in `{{ }}` with fields, variables, pipelines, `if`, `range`, `with`,
/// `break`, `continue` and comments. Templates that define or call other templates are refused.
struct TemplateNode: Sendable {
  indirect enum Kind: Sendable {
    case text([UInt8])
    case action(Pipeline)
    case condition(Branch)
    case with(Branch)
    case range(Branch)
    case leave
    case proceed
  }

  struct Branch: Sendable {
    var pipeline: Pipeline
    var body: [TemplateNode] = []
    var otherwise: [TemplateNode] = []
  }

  /// `$a, $b := command | command`.
  struct Pipeline: Sendable {
    var variables: [[UInt8]] = []
    var declares = false
    var commands: [[Argument]] = []
  }

  indirect enum Argument: Sendable {
    case dot
    case null
    case boolean(Bool)
    /// A JSON number as written.
    case number([UInt8])
    case string([UInt8])
    case function([UInt8])
    case variable([UInt8], fields: [[UInt8]])
    case field([[UInt8]])
    case pipeline(Pipeline, fields: [[UInt8]])
  }

  var kind: Kind
}

/// Reads templates. Nesting is bounded, everything is one pass.
struct TemplateParser {
  static let depthLimit = 100

  private enum Piece {
    case text([UInt8])
    case action([Token])
  }

  private enum Token: Equatable {
    case word([UInt8])
    case field([UInt8])
    case variable([UInt8])
    case dot
    case number([UInt8])
    case string([UInt8])
    case pipe, open, close, comma, assign, declare
    case space
  }

  private var pieces: [Piece] = []
  private var index = 0
  private var depth = 0

  static func parse(_ text: [UInt8]) throws(BuiltinError) -> [TemplateNode] {
    var parser = TemplateParser()
    try parser.cut(text)
    let nodes = try parser.list(isTop: true).nodes
    return nodes
  }

  private static func failure(_ message: String) -> BuiltinError { .failed("template: template:1: \(message)") }

  // MARK: Cutting

  private mutating func cut(_ text: [UInt8]) throws(BuiltinError) {
    var position = 0
    var trimsNext = false
    let open = Array("{{".utf8), close = Array("}}".utf8)
    func find(_ pattern: [UInt8], _ start: Int) -> Int? {
      unsafe text.withUnsafeBufferPointer { bytes in
        unsafe pattern.withUnsafeBufferPointer { unsafe TextSearch.first($0, in: bytes, from: start) }
      }
    }
    while position <= text.count {
      let start = find(open, position)
      var literal = text[position..<(start ?? text.count)]
      if trimsNext { literal = literal.drop(while: Self.isSpace) }
      guard let start else {
        if !literal.isEmpty { pieces.append(.text(Array(literal))) }
        return
      }
      var inside = start + 2
      let trimsBefore = inside + 1 < text.count && text[inside] == 0x2D && Self.isSpace(text[inside + 1])
      if trimsBefore {
        inside += 2
        while let last = literal.last, Self.isSpace(last) { literal.removeLast() }
      }
      if !literal.isEmpty { pieces.append(.text(Array(literal))) }
      if text[inside...].starts(with: Array("/*".utf8)) {
        guard let end = find(Array("*/".utf8), inside + 2) else { throw Self.failure("unclosed comment") }
        var after = end + 2
        trimsNext = after + 1 < text.count && Self.isSpace(text[after]) && text[after + 1] == 0x2D
        if trimsNext { after += 2 }
        guard text[after...].starts(with: close) else { throw Self.failure("comment ends before closing delimiter") }
        position = after + 2
        continue
      }
      let (tokens, end, trims) = try Self.tokens(text, inside)
      pieces.append(.action(tokens))
      position = end
      trimsNext = trims
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D && byte != 0x0B && byte != 0x0C) }

  private static func isWord(_ byte: UInt8) -> Bool {
    byte == 0x5F || byte >= 0x80 || (byte >= 0x30 && byte <= 0x39) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A)
  }

  private static func tokens(_ text: [UInt8], _ start: Int) throws(BuiltinError) -> (tokens: [Token], end: Int, trims: Bool) {
    var result: [Token] = []
    var position = start
    func peek(_ offset: Int = 0) -> UInt8 { position + offset < text.count ? text[position + offset] : 0 }
    func word() -> [UInt8] {
      let first = position
      while position < text.count, isWord(text[position]) { position += 1 }
      return Array(text[first..<position])
    }
    while position < text.count {
      let byte = text[position]
      if isSpace(byte) {
        let first = position
        while isSpace(peek()) { position += 1 }
        if position > first, peek() == 0x2D, peek(1) == 0x7D, peek(2) == 0x7D { return (result, position + 3, true) }
        result.append(.space)
        continue
      }
      switch byte {
      case 0x7D where peek(1) == 0x7D: return (result, position + 2, false)
      case 0x7C:
        result.append(.pipe)
        position += 1
      case 0x28:
        result.append(.open)
        position += 1
      case 0x29:
        result.append(.close)
        position += 1
      case 0x2C:
        result.append(.comma)
        position += 1
      case 0x3D:
        result.append(.assign)
        position += 1
      case 0x3A where peek(1) == 0x3D:
        result.append(.declare)
        position += 2
      case 0x24:
        position += 1
        result.append(.variable(word()))
      case 0x2E where !(peek(1) >= 0x30 && peek(1) <= 0x39):
        position += 1
        let name = word()
        result.append(name.isEmpty ? .dot : .field(name))
      case 0x22, 0x60, 0x27:
        result.append(.string(try string(text, &position)))
      case 0x30...0x39, 0x2D, 0x2B, 0x2E:
        let first = position
        position += 1
        while isWord(peek()) || peek() == 0x2E || ((peek() == 0x2B || peek() == 0x2D) && text[position - 1] | 0x20 == 0x65) {
          position += 1
        }
        guard case .value(let literal) = GoNumber.parse(Array(text[first..<position])) else {
          throw failure("bad number syntax: \(Builtins.quoted(Array(text[first..<position])))")
        }
        result.append(.number(literal))
      default:
        guard isWord(byte) else { throw failure("unexpected \(Builtins.quoted([byte])) in action") }
        result.append(.word(word()))
      }
    }
    throw failure("unclosed action")
  }

  private static func string(_ text: [UInt8], _ position: inout Int) throws(BuiltinError) -> [UInt8] {
    let quote = text[position]
    position += 1
    var result: [UInt8] = []
    while position < text.count, text[position] != quote {
      guard quote != 0x60, text[position] == 0x5C, position + 1 < text.count else {
        if quote != 0x60, text[position] == 0x0A { break }
        result.append(text[position])
        position += 1
        continue
      }
      let escapes: [UInt8: UInt8] = [0x6E: 10, 0x74: 9, 0x72: 13, 0x5C: 0x5C, 0x22: 0x22, 0x27: 0x27, 0x61: 7, 0x62: 8, 0x66: 12, 0x76: 11]
      guard let byte = escapes[text[position + 1]] else { throw failure("invalid syntax in string constant") }
      result.append(byte)
      position += 2
    }
    guard position < text.count, text[position] == quote else { throw failure("unterminated quoted string") }
    position += 1
    return result
  }

  // MARK: Structure

  private enum End { case text, end, otherwise([Token]) }

  private mutating func list(isTop: Bool = false) throws(BuiltinError) -> (nodes: [TemplateNode], end: End) {
    var nodes: [TemplateNode] = []
    while index < pieces.count {
      let piece = pieces[index]
      index += 1
      switch piece {
      case .text(let text): nodes.append(TemplateNode(kind: .text(text)))
      case .action(let tokens):
        let first = tokens.first { $0 != .space }
        let rest = Array(tokens.drop { $0 == .space }.dropFirst())
        switch first {
        case .word(Array("if".utf8)): nodes.append(TemplateNode(kind: .condition(try branch(rest))))
        case .word(Array("with".utf8)): nodes.append(TemplateNode(kind: .with(try branch(rest))))
        case .word(Array("range".utf8)): nodes.append(TemplateNode(kind: .range(try branch(rest, isRange: true))))
        case .word(Array("break".utf8)): nodes.append(TemplateNode(kind: .leave))
        case .word(Array("continue".utf8)): nodes.append(TemplateNode(kind: .proceed))
        case .word(Array("end".utf8)):
          guard !isTop else { throw Self.failure("unexpected {{end}}") }
          return (nodes, .end)
        case .word(Array("else".utf8)):
          guard !isTop else { throw Self.failure("unexpected {{else}}") }
          return (nodes, .otherwise(rest))
        case .word(let name) where ["define", "template", "block"].contains(String(decoding: name, as: UTF8.self)):
          throw Self.failure("{{\(String(decoding: name, as: UTF8.self))}} is not supported")
        case nil: throw Self.failure("missing value for command")
        default: nodes.append(TemplateNode(kind: .action(try pipeline(tokens))))
        }
      }
    }
    guard isTop else { throw Self.failure("unexpected EOF") }
    return (nodes, .text)
  }

  private mutating func branch(_ tokens: [Token], isRange: Bool = false) throws(BuiltinError) -> TemplateNode.Branch {
    depth += 1
    defer { depth -= 1 }
    guard depth < Self.depthLimit else { throw Self.failure("max expression depth exceeded") }
    var branch = TemplateNode.Branch(pipeline: try pipeline(tokens, isRange: isRange))
    let (body, end) = try list()
    branch.body = body
    if case .otherwise(let tokens) = end {
      let words = tokens.drop { $0 == .space }
      if let first = words.first {
        let nested = Array(words.dropFirst())
        switch first {
        case .word(Array("if".utf8)): branch.otherwise = [TemplateNode(kind: .condition(try self.branch(nested)))]
        case .word(Array("with".utf8)): branch.otherwise = [TemplateNode(kind: .with(try self.branch(nested)))]
        default: throw Self.failure("unexpected token in {{else}}")
        }
      } else {
        let (otherwise, end) = try list()
        branch.otherwise = otherwise
        if case .otherwise = end { throw Self.failure("expected end; found {{else}}") }
      }
    }
    return branch
  }

  // MARK: Pipelines

  private mutating func pipeline(_ tokens: [Token], isRange: Bool = false) throws(BuiltinError) -> TemplateNode.Pipeline {
    var position = 0
    let result = try pipeline(tokens, &position, isInner: false, isRange: isRange)
    guard position == tokens.count else { throw Self.failure("unexpected right paren in command") }
    return result
  }

  private mutating func pipeline(
    _ tokens: [Token], _ position: inout Int, isInner: Bool, isRange: Bool = false
  ) throws(BuiltinError) -> TemplateNode.Pipeline {
    depth += 1
    defer { depth -= 1 }
    guard depth < Self.depthLimit else { throw Self.failure("max expression depth exceeded") }
    var result = TemplateNode.Pipeline()
    declarations(tokens, &position, &result, isRange)
    var command: [TemplateNode.Argument] = []
    loop: while position < tokens.count {
      let token = tokens[position]
      switch token {
      case .space: position += 1
      case .pipe:
        position += 1
        guard !command.isEmpty else { throw Self.failure("missing value for command") }
        result.commands.append(command)
        command = []
      case .close:
        guard isInner else { throw Self.failure("unexpected right paren") }
        break loop
      default: command.append(try argument(tokens, &position))
      }
    }
    guard !command.isEmpty else { throw Self.failure("missing value for command") }
    result.commands.append(command)
    return result
  }

  /// `$a :=`, `$a, $b :=` or `$a =` at the front.
  private func declarations(_ tokens: [Token], _ position: inout Int, _ result: inout TemplateNode.Pipeline, _ isRange: Bool) {
    let words = tokens.indices.filter { $0 >= position && tokens[$0] != .space }
    func token(_ offset: Int) -> Token? { offset < words.count ? tokens[words[offset]] : nil }
    guard case .variable(let first)? = token(0) else { return }
    if token(1) == .declare || token(1) == .assign {
      result.variables = [first]
      result.declares = token(1) == .declare
      position = words[1] + 1
    } else if isRange, token(1) == .comma, case .variable(let second)? = token(2), token(3) == .declare || token(3) == .assign {
      result.variables = [first, second]
      result.declares = token(3) == .declare
      position = words[3] + 1
    }
  }

  private mutating func argument(_ tokens: [Token], _ position: inout Int) throws(BuiltinError) -> TemplateNode.Argument {
    let token = tokens[position]
    position += 1
    switch token {
    case .dot: return .dot
    case .number(let literal): return .number(literal)
    case .string(let text): return .string(text)
    case .field(let name): return .field([name] + fields(tokens, &position))
    case .variable(let name): return .variable(name, fields: fields(tokens, &position))
    case .open:
      let inner = try pipeline(tokens, &position, isInner: true)
      guard position < tokens.count else { throw Self.failure("unclosed left paren") }
      position += 1
      return .pipeline(inner, fields: fields(tokens, &position))
    case .word(let name):
      switch String(decoding: name, as: UTF8.self) {
      case "true": return .boolean(true)
      case "false": return .boolean(false)
      case "nil": return .null
      default:
        guard TemplateRenderer.functions.contains(String(decoding: name, as: UTF8.self)) else {
          throw Self.failure("function \(Builtins.quoted(name)) not defined")
        }
        return .function(name)
      }
    default: throw Self.failure("unexpected token in operand")
    }
  }

  private func fields(_ tokens: [Token], _ position: inout Int) -> [[UInt8]] {
    var result: [[UInt8]] = []
    while position < tokens.count, case .field(let name) = tokens[position] {
      result.append(name)
      position += 1
    }
    return result
  }
}
