/// Makes nodes of a schema's text, with the checks and texts of OPA's gojsonschema (internal/gojsonschema/schema.go). Keywords are read in
/// its order; where it takes members in any order, here that of their names counts.
struct SchemaCompiler {
  /// Whether `pattern` is compiled. The type checker leaves it: schemas in the wild use expressions that no linear engine has.
  private let compilesPatterns: Bool
  private var pool = SchemaPool()
  /// Nodes by the address of the reference that leads to them.
  private var targets: [String: SchemaNode] = [:]
  private var depth = 0
  private let gauge: StackGauge

  private init(compilesPatterns: Bool, gauge: StackGauge) {
    self.compilesPatterns = compilesPatterns
    self.gauge = gauge
  }

  /// - Parameter value: JSON: no sets, no keys but texts.
  static func compile(_ value: Value, compilesPatterns: Bool) throws(SchemaError) -> JSONSchema {
    try DeepStack.result { () throws(SchemaError) in
      var compiler = SchemaCompiler(compilesPatterns: compilesPatterns, gauge: StackGauge(limit: DeepStack.limit / 2))
      var size = 0
      let document = try SchemaDocument.make(value, size: &size)
      try compiler.pool.add(document, at: .root)
      let draft = try SchemaPool.draft(of: document) ?? .hybrid
      let root = try compiler.node(document, draft)
      return JSONSchema(root: root, targets: Array(compiler.targets.values))
    }
  }

  private mutating func node(_ document: SchemaDocument, _ draft: SchemaDraft) throws(SchemaError) -> SchemaNode {
    let node = SchemaNode(draft: draft)
    try read(document, into: node)
    return node
  }

  private mutating func read(_ document: SchemaDocument, into node: SchemaNode) throws(SchemaError) {
    guard gauge.allowsMore else { throw SchemaError("schema is nested too deeply") }
    if node.draft >= .draft6, case .boolean(let pass) = document.form {
      node.pass = pass
      return
    }
    guard document.isObject else { throw SchemaError("Expected: valid schema, given: Invalid JSON") }
    try identity(document, node)
    if document["$ref"] != nil {
      guard try reference(document, node) else { return }
    }
    try types(document, node)
    try objects(document, node)
    try arrays(document, node)
    try numbers(document, node)
    try strings(document, node)
    try counts(document, node)
    try values(document, node)
    try combinations(document, node)
  }

  private mutating func identity(_ document: SchemaDocument, _ node: SchemaNode) throws(SchemaError) {
    let isOld = node.draft == .draft4 || node.draft == .hybrid && document["id"] != nil
    if let id = try text(document, isOld ? "id" : "$id") { _ = try SchemaAddress(id) }
    if let definitions = document["definitions"] {
      let wrong = SchemaError.invalidType(expected: "array of schemas", given: "definitions")
      guard case .object(let members) = definitions.form else { throw wrong }
      for member in members {
        guard member.value.isSchema else { throw wrong }
        _ = try self.node(member.value, node.draft)
      }
    }
    _ = try text(document, "title")
    _ = try text(document, "description")
  }

  /// False where the reference is new: nothing beside it is read then.
  private mutating func reference(_ document: SchemaDocument, _ node: SchemaNode) throws(SchemaError) -> Bool {
    guard let text = try text(document, "$ref") else { return true }
    let written = try SchemaAddress(text)
    let address = document.reference ?? written
    node.reference = address.text
    if let known = targets[address.text] {
      node.target = known
      return true
    }
    let (part, draft) = try pool.document(address)
    guard part.isSchema else { throw SchemaError("valid schema must be of type object") }
    let target = SchemaNode(draft: draft ?? node.draft)
    targets[address.text] = target
    try read(part, into: target)
    node.target = target
    return false
  }

  private func types(_ document: SchemaDocument, _ node: SchemaNode) throws(SchemaError) {
    guard let types = document["type"] else { return }
    let wrong = SchemaError.invalidType(expected: "type", given: "string/array of strings")
    switch types.form {
    case .string(let text): try node.types.add(text)
    case .array(let elements):
      for element in elements {
        guard let text = element.string else { throw wrong }
        try node.types.add(text)
      }
    default: throw wrong
    }
  }

  private mutating func objects(_ document: SchemaDocument, _ node: SchemaNode) throws(SchemaError) {
    if let properties = document["properties"] {
      guard case .object(let members) = properties.form else { throw SchemaError("properties must be of type object") }
      for member in members {
        node.properties.append(SchemaNode.Member(name: member.key, schema: try self.node(member.value, node.draft)))
      }
    }
    if let additional = try additional(document, "additionalProperties", node) { node.additionalProperties = additional }
    if let patterns = document["patternProperties"] {
      guard case .object(let members) = patterns.form else {
        throw .invalidType(expected: "valid schema", given: "patternProperties")
      }
      for (key, value) in members {
        guard let pattern = Self.pattern(key) else {
          throw SchemaError("Invalid regex pattern '\(String(decoding: key, as: UTF8.self))'")
        }
        node.patternProperties.append((pattern, try self.node(value, node.draft)))
      }
    }
    if let names = document["propertyNames"], node.draft >= .draft6 {
      guard names.isSchema else { throw .invalidType(expected: "valid schema", given: "patternProperties") }
      node.propertyNames = try self.node(names, node.draft)
    }
    guard let dependencies = document["dependencies"] else { return }
    guard case .object(let members) = dependencies.form else { throw SchemaError("dependencies must be of type object") }
    for (key, value) in members {
      let wrong = SchemaError("dependency must be of type schema or array of strings")
      switch value.form {
      case .array(let elements):
        var keys: [[UInt8]] = []
        for element in elements {
          guard let text = element.string else { throw wrong }
          keys.append(text)
        }
        node.dependencies.append((key, .keys(keys)))
      case .boolean, .object: node.dependencies.append((key, .schema(try self.node(value, node.draft))))
      default: throw wrong
      }
    }
  }

  /// A truth value or a schema; nil where the keyword is absent.
  private mutating func additional(
    _ document: SchemaDocument, _ keyword: StaticString, _ node: SchemaNode
  ) throws(SchemaError) -> SchemaNode.Additional? {
    guard let value = document[keyword] else { return nil }
    switch value.form {
    case .boolean(let isAllowed): return isAllowed ? .allowed : .refused
    case .object: return .schema(try self.node(value, node.draft))
    default: throw .invalidType(expected: "boolean/valid schema", given: "\(keyword)")
    }
  }

  private mutating func arrays(_ document: SchemaDocument, _ node: SchemaNode) throws(SchemaError) {
    if let items = document["items"] {
      let wrong = SchemaError.invalidType(expected: "valid schema/array of schemas", given: "items")
      switch items.form {
      case .array(let elements):
        for element in elements {
          guard element.isSchema else { throw wrong }
          node.items.append(try self.node(element, node.draft))
        }
      case .boolean, .object:
        node.items.append(try self.node(items, node.draft))
        node.hasSingleItem = true
      default: throw wrong
      }
    }
    if let additional = try additional(document, "additionalItems", node) { node.additionalItems = additional }
  }

  private mutating func combinations(_ document: SchemaDocument, _ node: SchemaNode) throws(SchemaError) {
    node.oneOf = try schemas(document, "oneOf", node)
    node.anyOf = try schemas(document, "anyOf", node)
    node.allOf = try schemas(document, "allOf", node)
    node.not = try schema(document, "not", node)
    guard node.draft >= .draft7 else { return }
    node.condition = try schema(document, "if", node)
    node.then = try schema(document, "then", node)
    node.otherwise = try schema(document, "else", node)
  }

  private mutating func schemas(
    _ document: SchemaDocument, _ keyword: StaticString, _ node: SchemaNode
  ) throws(SchemaError) -> [SchemaNode] {
    var nodes: [SchemaNode] = []
    for element in try Self.list(document, keyword) { nodes.append(try self.node(element, node.draft)) }
    return nodes
  }

  private mutating func schema(
    _ document: SchemaDocument, _ keyword: StaticString, _ node: SchemaNode
  ) throws(SchemaError) -> SchemaNode? {
    guard let value = document[keyword] else { return nil }
    guard value.isSchema else { throw SchemaError("\(keyword) must be of an object") }
    return try self.node(value, node.draft)
  }

  private mutating func values(_ document: SchemaDocument, _ node: SchemaNode) throws(SchemaError) {
    if node.draft >= .draft6 {
      if let contains = document["contains"] { node.contains = try self.node(contains, node.draft) }
      if let const = document["const"] { node.const = SchemaText.canonical(const.value) }
    }
    guard document["enum"] != nil else { return }
    var allowed: [[UInt8]] = []
    var seen: Set<[UInt8]> = []
    for element in try Self.list(document, "enum") {
      let text = SchemaText.canonical(element.value)
      guard seen.insert(text).inserted else { throw SchemaError("enum items must be unique") }
      allowed.append(text)
    }
    node.enumeration = allowed
  }

  private func strings(_ document: SchemaDocument, _ node: SchemaNode) throws(SchemaError) {
    node.minLength = try Self.count(document, "minLength")
    node.maxLength = try Self.count(document, "maxLength")
    if let low = node.minLength, let high = node.maxLength, low > high {
      throw SchemaError("minLength cannot be greater than maxLength")
    }
    if let pattern = try text(document, "pattern"), compilesPatterns {
      node.pattern = Self.pattern(pattern)
      if node.pattern == nil { throw SchemaError("pattern must be a valid regex") }
    }
    if let format = try text(document, "format") { node.format = String(decoding: format, as: UTF8.self) }
  }

  private static func pattern(_ text: [UInt8]) -> SchemaNode.Pattern? {
    let text = String(decoding: text, as: UTF8.self)
    guard let expression = try? RegularExpression(text) else { return nil }
    return SchemaNode.Pattern(text: text, matcher: RegularExpression.Matcher(expression))
  }

  private func counts(_ document: SchemaDocument, _ node: SchemaNode) throws(SchemaError) {
    node.minProperties = try Self.count(document, "minProperties")
    node.maxProperties = try Self.count(document, "maxProperties")
    if let low = node.minProperties, let high = node.maxProperties, low > high {
      throw SchemaError("minProperties cannot be greater than maxProperties")
    }
    var seen: Set<[UInt8]> = []
    for element in try Self.list(document, "required") {
      guard let name = element.string else { throw .invalidType(expected: "string", given: "required") }
      guard seen.insert(name).inserted else { throw SchemaError("required items must be unique") }
      node.required.append(name)
    }
    node.minItems = try Self.count(document, "minItems")
    node.maxItems = try Self.count(document, "maxItems")
    if let unique = document["uniqueItems"] {
      guard case .boolean(let isUnique) = unique.form else { throw SchemaError("uniqueItems must be of a boolean") }
      node.uniqueItems = isUnique
    }
  }

  /// A text under a keyword; nil where the keyword is absent.
  private func text(_ document: SchemaDocument, _ keyword: StaticString) throws(SchemaError) -> [UInt8]? {
    guard let value = document[keyword] else { return nil }
    guard let text = value.string else { throw .invalidType(expected: "string", given: "\(keyword)") }
    return text
  }

  private static func list(_ document: SchemaDocument, _ keyword: StaticString) throws(SchemaError) -> [SchemaDocument] {
    guard let value = document[keyword] else { return [] }
    guard case .array(let elements) = value.form else { throw SchemaError("\(keyword) must be of an array") }
    return elements
  }

  private static func count(_ document: SchemaDocument, _ keyword: StaticString) throws(SchemaError) -> Int? {
    guard let value = document[keyword] else { return nil }
    // Forms like 2.0 do not count, though they are integers elsewhere.
    guard case .number(let literal) = value.form, Numbers.plainInteger(literal), let count = Int(String(decoding: literal, as: UTF8.self))
    else { throw SchemaError("\(keyword) must be of an integer") }
    guard count >= 0 else { throw SchemaError("\(keyword) must be greater than or equal to 0") }
    return count
  }
}
