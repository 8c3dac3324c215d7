/// Holds documents against a schema, as OPA's gojsonschema (internal/gojsonschema/validation.go). Members are visited in the order of their
/// names.
struct SchemaValidator {
  /// Schemas held against values in one call: schemas that name each other can ask for more than anybody can wait for.
  private static let stepLimit = 4_000_000
  /// Findings kept in one call.
  private static let findingLimit = 100_000

  let context: BuiltinContext
  private let gauge: StackGauge
  private var steps = 0
  /// Only the stack ended.
  private var needsDeepStack = false

  private init(context: BuiltinContext, gauge: StackGauge) {
    self.context = context
    self.gauge = gauge
  }

  /// - Parameter document: JSON: no sets, no keys but texts.
  static func findings(
    _ document: Value, _ schema: JSONSchema, _ context: BuiltinContext
  ) throws(BuiltinError) -> [SchemaFinding] {
    let root = SchemaPlace(Array("(root)".utf8), below: nil)
    var validator = SchemaValidator(context: context, gauge: StackGauge())
    do throws(BuiltinError) {
      return try validator.result(document, schema.root, root).findings
    } catch {
      guard validator.needsDeepStack else { throw error }
    }
    return try DeepStack.result { () throws(BuiltinError) in
      var validator = SchemaValidator(context: context, gauge: StackGauge(limit: DeepStack.limit / 2))
      return try validator.result(document, schema.root, root).findings
    }
  }

  private mutating func result(_ value: Value, _ node: SchemaNode, _ place: SchemaPlace) throws(BuiltinError) -> SchemaResult {
    var result = SchemaResult()
    try validate(value, node, place, &result)
    return result
  }

  private mutating func validate(
    _ value: Value, _ first: SchemaNode, _ place: SchemaPlace, _ result: inout SchemaResult
  ) throws(BuiltinError) {
    var node = first
    var hops = 0
    while node.pass == nil, let target = node.target {
      node = target
      hops += 1
      if hops > 10_000 { throw .failed("schema refers to itself without end") }
    }
    guard gauge.allowsMore else {
      needsDeepStack = true
      throw .failed("schema or document is nested too deeply")
    }
    let weight = value.isObject ? node.weight : 1
    steps += weight
    guard steps <= Self.stepLimit else { throw .failed("schema takes more than \(Self.stepLimit) steps on the document") }
    try context.spend(weight)
    if let pass = node.pass {
      if !pass { result.add(.isFalse, place) }
      return
    }
    guard node.types.isEmpty || Self.fits(value, node.types) else {
      result.add(.type(expected: node.types.description, given: Self.type(value)), place)
      return
    }
    try combinations(value, node, place, &result)
    switch value.tag {
    case .array:
      try array(value.arrayView, node, place, &result)
      try common(value, node, place, &result)
    case .object:
      try object(value.objectView, node, place, &result)
      try common(value, node, place, &result)
      for property in node.properties {
        let member = value.objectView[.string(property.name, in: context.heap)]
        if member.isDefined { try validate(member, property.schema, SchemaPlace(property.name, below: place), &result) }
      }
    case .integer, .number:
      try number(value, node, place, &result)
      try common(value, node, place, &result)
    case .shortString, .longString:
      try common(value, node, place, &result)
      try string(value, node, place, &result)
    default: try common(value, node, place, &result)
    }
    result.count()
    if result.findings.count > Self.findingLimit { throw .failed("more than \(Self.findingLimit) findings in the document") }
  }

  private static func fits(_ value: Value, _ types: SchemaTypes) -> Bool {
    switch value.tag {
    case .null, .undefined: types.contains(.null)
    case .boolean: types.contains(.boolean)
    case .integer, .number: types.contains(.number) || types.contains(.integer) && isInteger(value)
    case .shortString, .longString: types.contains(.string)
    case .array, .set: types.contains(.array)
    case .object: types.contains(.object)
    }
  }

  private static func type(_ value: Value) -> String {
    switch value.tag {
    case .integer: "integer"
    case .number: isInteger(value) ? "integer" : "number"
    default: "\(value.typeName)"
    }
  }

  private static func isInteger(_ value: Value) -> Bool { value.exactInt != nil || Decimal(Numbers.literal(value))?.isInteger == true }

  private mutating func combinations(
    _ value: Value, _ node: SchemaNode, _ place: SchemaPlace, _ result: inout SchemaResult
  ) throws(BuiltinError) {
    try anyOf(value, node.anyOf, place, &result)
    try oneOf(value, node.oneOf, place, &result)
    if !node.allOf.isEmpty {
      var isValid = true
      for schema in node.allOf {
        let part = try self.result(value, schema, place)
        isValid = isValid && part.isValid
        result.merge(part)
      }
      if !isValid { result.add(.allOf, place) }
    }
    if let not = node.not, try self.result(value, not, place).isValid { result.add(.not, place) }
    if value.isObject { try dependencies(value.objectView, node, place, &result) }
    if let condition = node.condition {
      let holds = try self.result(value, condition, place).isValid
      if let branch = holds ? node.then : node.otherwise {
        let part = try self.result(value, branch, place)
        if !part.isValid {
          result.add(holds ? .then : .otherwise, place)
          result.merge(part)
        }
      }
    }
    result.count()
  }

  private mutating func anyOf(
    _ value: Value, _ schemas: [SchemaNode], _ place: SchemaPlace, _ result: inout SchemaResult
  ) throws(BuiltinError) {
    var best: SchemaResult?
    for schema in schemas {
      let part = try self.result(value, schema, place)
      if part.isValid { return }
      if best.map({ part.score > $0.score }) ?? true { best = part }
    }
    guard let best else { return }
    result.add(.anyOf, place)
    result.merge(best)
  }

  private mutating func oneOf(
    _ value: Value, _ schemas: [SchemaNode], _ place: SchemaPlace, _ result: inout SchemaResult
  ) throws(BuiltinError) {
    guard !schemas.isEmpty else { return }
    var best: SchemaResult?
    var valid = 0
    for schema in schemas {
      let part = try self.result(value, schema, place)
      if part.isValid { valid += 1 } else if valid == 0, best.map({ part.score > $0.score }) ?? true { best = part }
    }
    guard valid != 1 else { return }
    result.add(.oneOf, place)
    if valid == 0, let best { result.merge(best) }
  }

  private mutating func dependencies(
    _ object: ObjectView, _ node: SchemaNode, _ place: SchemaPlace, _ result: inout SchemaResult
  ) throws(BuiltinError) {
    for (name, dependency) in node.dependencies where has(object, name) {
      switch dependency {
      case .keys(let keys): for key in keys where !has(object, key) { result.add(.dependency(key), place) }
      case .schema(let schema): try validate(object.value, schema, place, &result)
      }
    }
  }

  private func has(_ object: ObjectView, _ name: [UInt8]) -> Bool { object[.string(name, in: context.heap)].isDefined }

  private func common(_ value: Value, _ node: SchemaNode, _ place: SchemaPlace, _ result: inout SchemaResult) throws(BuiltinError) {
    if node.const != nil || node.enumeration != nil {
      try context.spend(value.elementCount ?? 0)
      let text = SchemaText.canonical(value)
      if let const = node.const, const != text { result.add(.const(const), place) }
      if let allowed = node.enumeration, !node.enumerationIndex.contains(text) { result.add(.enumeration(allowed), place) }
    }
    if !node.format.isEmpty, value.isString, !SchemaFormat.holds(node.format, value.text) { result.add(.format(node.format), place) }
    result.count()
  }

  private mutating func array(
    _ array: ArrayView, _ node: SchemaNode, _ place: SchemaPlace, _ result: inout SchemaResult
  ) throws(BuiltinError) {
    func below(_ index: Int) -> SchemaPlace { SchemaPlace(Array(String(index).utf8), below: place) }
    if node.hasSingleItem {
      for index in 0..<array.count { result.merge(try self.result(array[index], node.items[0], below(index))) }
    } else if !node.items.isEmpty {
      for index in 0..<min(array.count, node.items.count) {
        result.merge(try self.result(array[index], node.items[index], below(index)))
      }
      if node.items.count < array.count {
        switch node.additionalItems {
        case .allowed: break
        case .refused: result.add(.noAdditionalItems, place)
        case .schema(let schema):
          for index in node.items.count..<array.count { result.merge(try self.result(array[index], schema, below(index))) }
        }
      }
    }
    if let limit = node.minItems, array.count < limit { result.add(.minItems(limit), place) }
    if let limit = node.maxItems, array.count > limit { result.add(.maxItems(limit), place) }
    if node.uniqueItems {
      var seen: [[UInt8]: Int] = [:]
      for index in 0..<array.count {
        try context.spend(array[index].elementCount ?? 1)
        if let first = seen.updateValue(index, forKey: SchemaText.canonical(array[index])) { result.add(.unique(first, index), place) }
      }
    }
    if let contains = node.contains {
      var best: SchemaResult?
      var isFound = false
      for index in 0..<array.count {
        let part = try self.result(array[index], contains, below(index))
        isFound = part.isValid
        if isFound { break }
        if best.map({ part.score > $0.score }) ?? true { best = part }
      }
      if !isFound {
        result.add(.contains, place)
        if let best { result.merge(best) }
      }
    }
    result.count()
  }

  private mutating func object(
    _ object: ObjectView, _ node: SchemaNode, _ place: SchemaPlace, _ result: inout SchemaResult
  ) throws(BuiltinError) {
    if let limit = node.minProperties, object.count < limit { result.add(.minProperties(limit), place) }
    if let limit = node.maxProperties, object.count > limit { result.add(.maxProperties(limit), place) }
    for name in node.required { if has(object, name) { result.count() } else { result.add(.required(name), place) } }
    var checksMembers = !node.patternProperties.isEmpty
    if case .allowed = node.additionalProperties {} else { checksMembers = true }
    if checksMembers {
      for (key, value) in Members(object) {
        try context.spend(node.patternProperties.count)
        let name = key.text
        var isMatched = false
        for (pattern, schema) in node.patternProperties {
          guard try context.search(pattern.matcher, over: name.count, { $0.matches(name) }) else { continue }
          isMatched = true
          result.merge(try self.result(value, schema, SchemaPlace(name, below: place)))
        }
        if isMatched { result.count() }
        guard !isMatched, !node.propertyIndex.contains(name) else { continue }
        switch node.additionalProperties {
        case .allowed: break
        case .refused: result.add(.additionalProperty(name), place)
        case .schema(let schema): result.merge(try self.result(value, schema, SchemaPlace(name, below: place)))
        }
      }
    }
    if let names = node.propertyNames {
      for (key, _) in Members(object) {
        let part = try self.result(key, names, place)
        if !part.isValid {
          result.add(.propertyName(key.text), place)
          result.merge(part)
        }
      }
    }
    result.count()
  }

  private func string(
    _ value: Value, _ node: SchemaNode, _ place: SchemaPlace, _ result: inout SchemaResult
  ) throws(BuiltinError) {
    if node.minLength != nil || node.maxLength != nil {
      let count = value.elementCount ?? 0
      if let limit = node.minLength, count < limit { result.add(.minLength(limit), place) }
      if let limit = node.maxLength, count > limit { result.add(.maxLength(limit), place) }
    }
    if let pattern = node.pattern, try !context.search(pattern.matcher, over: value.textCount, { $0.matches(value.text) }) {
      result.add(.pattern(pattern.text), place)
    }
    result.count()
  }

  private func number(
    _ value: Value, _ node: SchemaNode, _ place: SchemaPlace, _ result: inout SchemaResult
  ) throws(BuiltinError) {
    defer { result.count() }
    let hasBound = node.minimum != nil || node.maximum != nil || node.exclusiveMinimum != nil || node.exclusiveMaximum != nil
    guard hasBound || node.multipleOf != nil, let number = Decimal(Numbers.literal(value)) else { return }
    if let multiple = node.multipleOf {
      // Division takes the square of the digits.
      guard max(number.digits.count, multiple.digits.count) <= Numbers.bitLimit / 4 else { throw Numbers.tooLarge }
      if !number.isMultiple(of: multiple) { result.add(.multipleOf(multiple), place) }
    }
    if let bound = node.maximum, number.compare(bound) > 0 { result.add(.maximum(bound), place) }
    if let bound = node.exclusiveMaximum, number.compare(bound) >= 0 { result.add(.exclusiveMaximum(bound), place) }
    if let bound = node.minimum, number.compare(bound) < 0 { result.add(.minimum(bound), place) }
    if let bound = node.exclusiveMinimum, number.compare(bound) <= 0 { result.add(.exclusiveMinimum(bound), place) }
  }
}
