/// Reads a plan from JSON and checks its form: kinds of statements, indexes into the plan's tables, sizes and depth.
struct PlanReader {
  /// Blocks inside each other.
  static let depthLimit = 1_000
  /// Containers of the JSON text inside each other: each block of a plan stands in five.
  private static let textDepthLimit = 8_000
  /// The number of a local. Locals are numbered anew before they become registers, so that this bounds nothing but the text.
  static let localLimit = Int64(Int32.max)

  let heap: Heap
  let file: String
  var document = PlanDocument()
  /// The function being read, for errors.
  var function = ""
  /// Statements read so far of that function.
  var statementCount = 0
  var depth = 0

  /// - Parameters:
  ///   - heap: where the plan's constants live.
  ///   - file: the plan's name in errors.
  /// - Throws: `rego_parse_error` naming function and statement of the first mistake.
  static func read(_ bytes: [UInt8], file: String, in heap: Heap) throws(RegoError) -> PlanDocument {
    let scratch = Heap()
    let root: Value
    do throws(JSONError) {
      root = try unsafe bytes.withUnsafeBufferPointer { buffer throws(JSONError) in
        try unsafe JSONReader.read(buffer, in: scratch, depthLimit: textDepthLimit)
      }
    } catch {
      throw RegoError(
        .parse, error.reason, file: file,
        location: Location(row: Int32(clamping: error.line), column: Int32(clamping: error.column), offset: 0, end: 0))
    }
    var reader = PlanReader(heap: heap, file: file)
    try withExtendedLifetime(scratch) { () throws(RegoError) in try reader.read(PlanObject(root)) }
    return reader.document
  }

  private init(heap: Heap, file: String) {
    self.heap = heap
    self.file = file
  }

  func mistake(_ text: String) -> RegoError {
    let place = function.isEmpty ? "" : " (in \(function)\(statementCount > 0 ? ", statement \(statementCount)" : ""))"
    return RegoError(.parse, "the plan cannot be read: \(text)\(place)", file: file)
  }

  private mutating func read(_ root: PlanObject?) throws(RegoError) {
    guard let root else { throw mistake("it is no object") }
    guard let plans = root.object("plans") else { throw mistake("plans is missing") }
    let statics = root.object("static")
    for item in try list(statics, "strings") { document.strings.append(try string(item, "static.strings")) }
    for item in try list(statics, "files") { document.files.append(try string(item, "static.files").string) }
    for item in try list(statics, "builtin_funcs") {
      guard let name = item.text("name") else { throw mistake("a built-in function has no name") }
      document.builtins.insert(name)
    }
    if let functions = root.object("funcs") {
      for item in try list(functions, "funcs") { document.functions.append(try function(item)) }
    }
    for item in try list(plans, "plans") { document.entryPoints.append(try entryPoint(item)) }
    if document.entryPoints.isEmpty { throw mistake("it has no entry point") }
  }

  private func list(_ object: PlanObject?, _ key: StaticString) throws(RegoError) -> [PlanObject] {
    guard let list = object?.list(key) else {
      if let object, !object.isMissing(key) { throw mistake("\(key) is no list") }
      return []
    }
    var result: [PlanObject] = []
    result.reserveCapacity(list.count)
    for element in list {
      guard let item = PlanObject(element) else { throw mistake("\(key) holds something that is no object") }
      result.append(item)
    }
    return result
  }

  private func string(_ item: PlanObject, _ list: StaticString) throws(RegoError) -> Value {
    guard let value = item.value("value"), value.isString else { throw mistake("an entry of \(list) has no text") }
    return .string(value.text, in: heap)
  }

  private mutating func entryPoint(_ item: PlanObject) throws(RegoError) -> PlanFunction {
    guard let name = item.text("name") else { throw mistake("an entry point has no name") }
    function = name
    statementCount = 0
    return PlanFunction(name: name, path: [], parameters: [0, 1], blocks: try blocks(item, "blocks"))
  }

  private mutating func function(_ item: PlanObject) throws(RegoError) -> PlanFunction {
    guard let name = item.text("name") else { throw mistake("a function has no name") }
    function = name
    statementCount = 0
    var parameters: [Int] = []
    for value in item.list("params") ?? [] {
      guard let local = value.exactInt, (0..<Self.localLimit).contains(local) else { throw mistake("params holds no number of a local") }
      parameters.append(Int(local))
    }
    guard parameters.count >= 2 else { throw mistake("a function takes input and data, this one has \(parameters.count) parameters") }
    guard Set(parameters).count == parameters.count else { throw mistake("two parameters are one local") }
    // Operands of a call stand behind the caller's locals, where that many have room.
    guard parameters.count <= Program.maximumOperands else { throw mistake("more than \(Program.maximumOperands) parameters") }
    var path: [String] = []
    for value in item.list("path") ?? [] {
      guard value.isString else { throw mistake("path holds something that is no text") }
      path.append(value.string)
    }
    return PlanFunction(name: name, path: path, parameters: parameters, blocks: try blocks(item, "blocks"))
  }

  mutating func blocks(_ item: PlanObject, _ key: StaticString) throws(RegoError) -> [PlanBlock] {
    if item.isMissing(key) { return [] }
    guard let list = item.list(key) else { throw mistake("\(key) is no list") }
    var result: [PlanBlock] = []
    for value in list {
      guard let object = PlanObject(value) else { throw mistake("a block is no object") }
      result.append(try block(object))
    }
    return result
  }

  mutating func block(_ item: PlanObject) throws(RegoError) -> PlanBlock {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.depthLimit else { throw mistake("blocks are nested more than \(Self.depthLimit) deep") }
    let result = PlanBlock()
    if item.isMissing("stmts") { return result }
    guard let list = item.list("stmts") else { throw mistake("stmts is no list") }
    for value in list {
      guard let object = PlanObject(value), let name = object.text("type") else { throw mistake("a statement has no type") }
      statementCount += 1
      guard let body = object.object("stmt") else { throw mistake("\(name) has no stmt") }
      let column = try integer(body, "col", default: 0, in: 0...Int64(Int32.max))
      let row = try integer(body, "row", default: 0, in: 0...Int64(Int32.max))
      let file = try integer(body, "file", default: 0, in: 0...Int64(Int32.max))
      result.statements.append(
        PlanStatement(
          kind: try kind(name, body), file: Int(file), place: Location(row: Int32(row), column: Int32(column), offset: 0, end: 0).packed))
    }
    return result
  }

  func integer(_ item: PlanObject, _ key: StaticString, default missing: Int64? = nil, in range: ClosedRange<Int64>) throws(RegoError)
    -> Int64
  {
    guard let value = item.value(key) else {
      if let missing { return missing }
      throw mistake("\(key) is missing")
    }
    guard let number = value.exactInt, range.contains(number) else {
      throw mistake("\(key) is no number of \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }
}

/// A JSON object of a plan. Valid while the text's heap lives.
struct PlanObject {
  private let view: ObjectView

  init?(_ value: Value) {
    guard value.isObject else { return nil }
    view = value.objectView
  }

  /// Nil where the key is missing or null.
  func value(_ key: StaticString) -> Value? {
    let value = view[key]
    return value.isUndefined || value.tag == .null ? nil : value
  }

  func isMissing(_ key: StaticString) -> Bool { value(key) == nil }

  func object(_ key: StaticString) -> PlanObject? { value(key).flatMap(PlanObject.init) }

  func list(_ key: StaticString) -> [Value]? {
    guard let value = value(key), value.isArray else { return nil }
    return value.elements
  }

  func text(_ key: StaticString) -> String? {
    guard let value = value(key), value.isString else { return nil }
    return value.string
  }
}
