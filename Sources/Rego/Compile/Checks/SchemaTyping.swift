/// The types that JSON schemas describe, as OPA takes them (v1/ast/compile.go): properties that are not named are none, formats and bounds
/// say nothing.
struct SchemaTyping {
  /// References that lead into themselves are followed this often; behind that anything is allowed.
  private static let recursionLimits = [6, 3, 1]
  /// Schemas inside each other.
  private static let depthLimit = 200

  /// A reference, and how often it may be followed further.
  private struct Visit: Hashable {
    let reference: String
    let rest: Int
  }

  private var known: [Visit: StaticType] = [:]
  private let limit: Int
  private var open: [String: Int] = [:]
  private var depth = 0

  /// - Throws: for a text that is no schema, and for `allOf` with schemas that exclude each other.
  static func type(of schema: Value) throws(SchemaError) -> StaticType {
    let compiled: JSONSchema
    do throws(SchemaError) {
      compiled = try SchemaCompiler.compile(schema, compilesPatterns: false)
    } catch {
      throw SchemaError("unable to compile the schema: \(error.text)")
    }
    do throws(SchemaError) {
      var type = StaticType.any
      for limit in recursionLimits {
        var typing = SchemaTyping(limit: limit)
        type = try typing.type(of: compiled.root)
        // A type of too many parts became anything: with fewer repetitions it may be small enough.
        if !type.isAny { break }
      }
      return type
    } catch {
      throw SchemaError("type checking: \(error.text)")
    }
  }

  private init(limit: Int) { self.limit = limit }

  private mutating func type(of node: SchemaNode) throws(SchemaError) -> StaticType {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.depthLimit else { return .any }
    if let target = node.target { return try referenced(target, node.reference) }
    if !node.anyOf.isEmpty { return try anyOf(node) }
    if !node.allOf.isEmpty { return try allOf(node) }
    return try core(of: node)
  }

  private mutating func referenced(_ target: SchemaNode, _ reference: String) throws(SchemaError) -> StaticType {
    let used = open[reference, default: 0]
    guard used < limit else { return .any }
    let visit = Visit(reference: reference, rest: limit - used)
    if let type = known[visit] { return type }
    open[reference] = used + 1
    defer { open[reference] = used }
    let type = try type(of: target)
    if known.count < 10_000 { known[visit] = type }
    return type
  }

  private mutating func anyOf(_ node: SchemaNode) throws(SchemaError) -> StaticType {
    var result: StaticType?
    if !node.types.isEmpty, case .object(let object) = try core(of: node), !object.properties.isEmpty { result = .object(object) }
    for part in node.anyOf { result = StaticType.or(try type(of: part), result) }
    return result ?? .any
  }

  private mutating func allOf(_ node: SchemaNode) throws(SchemaError) -> StaticType {
    var merged = try Self.merged(node.allOf.map(Shape.init))
    let own = Shape(node)
    if !own.types.isEmpty {
      let areAlike =
        own.types.contains(.object) && merged.types.contains(.object) || own.types.contains(.array) && merged.types.contains(.array)
      if areAlike {
        merged = try Self.merged([merged, own])
      } else if own.typeText != merged.typeText {
        throw SchemaError("unable to merge these schemas")
      }
    }
    if let single = merged.node, merged.isUnchanged { return try type(of: single) }
    return try type(merged)
  }

  private mutating func core(of node: SchemaNode) throws(SchemaError) -> StaticType { try type(Shape(node)) }

  /// What matters of a schema here.
  private struct Shape {
    var types: SchemaTypes
    var properties: [SchemaNode.Member]
    var items: [SchemaNode]
    var hasSingleItem: Bool
    /// Where it comes from, and whether it says the same still.
    var node: SchemaNode?
    var isUnchanged = true

    init(_ node: SchemaNode) {
      types = node.types
      properties = node.properties
      items = node.items
      hasSingleItem = node.hasSingleItem
      self.node = node
    }

    var typeText: String { types.isEmpty ? "undefined" : types.description }
  }

  private mutating func type(_ shape: Shape) throws(SchemaError) -> StaticType {
    let types = shape.types
    if types.contains(.boolean) { return .boolean }
    if types.contains(.string) { return .string }
    if types.contains(.integer) || types.contains(.number) { return .number }
    if types.contains(.object) || types.isUntold && !shape.properties.isEmpty {
      guard !shape.properties.isEmpty else { return .object([], rest: StaticType.Properties(key: .any, value: .any)) }
      var properties: [StaticType.Property] = []
      for member in shape.properties {
        properties.append(
          StaticType.Property(key: .string(String(decoding: member.name, as: UTF8.self)), value: try type(of: member.schema)))
      }
      return .object(properties, rest: nil)
    }
    if types.contains(.array) || types.isUntold && !shape.items.isEmpty {
      guard !shape.items.isEmpty else { return .array([], rest: .any) }
      if shape.hasSingleItem { return .array([], rest: try type(of: shape.items[0])) }
      var elements: [StaticType?] = []
      for item in shape.items { elements.append(try type(of: item)) }
      return .array(elements, rest: nil)
    }
    return .any
  }

  /// One schema of those of `allOf`.
  private static func merged(_ shapes: [Shape]) throws(SchemaError) -> Shape {
    var shapes = shapes
    for index in shapes.indices {
      if !shapes[index].properties.isEmpty {
        shapes[index].types.add(.object)
      } else if !shapes[index].items.isEmpty {
        shapes[index].types.add(.array)
      }
    }
    var result = shapes[0]
    for shape in shapes.dropFirst() {
      guard result.typeText == shape.typeText else {
        throw SchemaError("unable to merge these schemas: type mismatch: \(result.typeText) and \(shape.typeText)")
      }
      if !result.properties.isEmpty, !shape.properties.isEmpty {
        result.properties += shape.properties
        result.isUnchanged = false
      } else if !result.items.isEmpty, !shape.items.isEmpty {
        for (index, item) in shape.items.enumerated() {
          if result.items.count <= index { result.items.append(item) }
          guard Shape(result.items[index]).typeText == Shape(item).typeText else { throw SchemaError("unable to merge these schemas") }
        }
        result.isUnchanged = false
      }
    }
    return result
  }
}

extension SchemaTypes {
  /// No type that matters was named.
  fileprivate var isUntold: Bool { isEmpty || names == [.null] }
}
