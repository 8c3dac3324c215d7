/// A compiled schema and all that its references lead to.
///
/// Nodes name each other in circles; this value alone owns them.
struct JSONSchema {
  let root: SchemaNode
  /// Every node that is reached by a reference.
  private let targets: [SchemaNode]

  init(root: SchemaNode, targets: [SchemaNode]) {
    self.root = root
    self.targets = targets
  }
}

/// A schema or a part of one: the keywords of drafts 4, 6 and 7 that OPA's gojsonschema knows, checked.
final class SchemaNode {
  /// What a keyword that takes a schema or a truth value holds.
  enum Additional {
    case allowed
    case refused
    case schema(SchemaNode)
  }
  enum Dependency {
    case keys([[UInt8]])
    case schema(SchemaNode)
  }
  struct Member {
    let name: [UInt8]
    let schema: SchemaNode
  }
  struct Pattern {
    let text: String
    let matcher: RegularExpression.Matcher
  }

  let draft: SchemaDraft
  /// A schema that is `true` or `false`; nothing else is set then.
  var pass: Bool?
  /// The node a `$ref` leads to, which counts instead of this one.
  unowned var target: SchemaNode?
  /// Where `$ref` leads, as an absolute address; empty without one.
  var reference = ""
  var types = SchemaTypes()

  var properties: [Member] = []
  var propertyNames: SchemaNode?
  var patternProperties: [(pattern: Pattern, schema: SchemaNode)] = []
  var additionalProperties = Additional.allowed
  var dependencies: [(name: [UInt8], dependency: Dependency)] = []
  var required: [[UInt8]] = []
  var minProperties: Int?
  var maxProperties: Int?

  var items: [SchemaNode] = []
  /// `items` is one schema for all elements, not one for each place.
  var hasSingleItem = false
  var additionalItems = Additional.allowed
  var contains: SchemaNode?
  var minItems: Int?
  var maxItems: Int?
  var uniqueItems = false

  var multipleOf: Decimal?
  var minimum: Decimal?
  var maximum: Decimal?
  var exclusiveMinimum: Decimal?
  var exclusiveMaximum: Decimal?

  var minLength: Int?
  var maxLength: Int?
  var pattern: Pattern?
  var format = ""

  /// The canonical text of the only allowed value.
  var const: [UInt8]?
  /// Canonical texts of the allowed values; empty allows none.
  var enumeration: [[UInt8]]?
  /// The same, for looking up.
  private(set) lazy var enumerationIndex: Set<[UInt8]> = Set(enumeration ?? [])

  var oneOf: [SchemaNode] = []
  var anyOf: [SchemaNode] = []
  var allOf: [SchemaNode] = []
  var not: SchemaNode?
  var condition: SchemaNode?
  var then: SchemaNode?
  var otherwise: SchemaNode?

  /// Names of `properties`, for looking up.
  private(set) lazy var propertyIndex: Set<[UInt8]> = Set(properties.map(\.name))
  /// Lookups that one value takes.
  var weight: Int { 1 + properties.count + dependencies.count + required.count }

  init(draft: SchemaDraft) { self.draft = draft }
}

/// The edition of JSON Schema that decides how keywords are read.
enum SchemaDraft: Int, Comparable {
  case draft4 = 4
  case draft6 = 6
  case draft7 = 7
  /// No edition is named: the keywords of all of them, in either form.
  case hybrid = 100

  static func < (a: SchemaDraft, b: SchemaDraft) -> Bool { a.rawValue < b.rawValue }

  private static let addresses: [(String, SchemaDraft)] = [
    ("http://json-schema.org/draft-04/schema", .draft4), ("http://json-schema.org/draft-06/schema", .draft6),
    ("http://json-schema.org/draft-07/schema", .draft7),
  ]

  /// The edition of a meta-schema's address without a fragment; nil for other addresses.
  init?(address: String) {
    guard let known = Self.addresses.first(where: { $0.0 == address }) else { return nil }
    self = known.1
  }
}

/// The types a schema allows, in the order given.
struct SchemaTypes {
  enum Name: String, CaseIterable {
    case array, boolean, integer, number, null, object, string
  }

  private(set) var names: [Name] = []
  var isEmpty: Bool { names.isEmpty }

  func contains(_ name: Name) -> Bool { names.contains(name) }

  /// - Throws: for a word that names no type, or one that was there.
  mutating func add(_ text: [UInt8]) throws(SchemaError) {
    let word = String(decoding: text, as: UTF8.self)
    guard let name = Name(rawValue: word) else {
      let known = Name.allCases.map(\.rawValue).joined(separator: " ")
      throw SchemaError("has a primitive type that is NOT VALID -- given: /\(word)/ Expected valid values are:[\(known)]")
    }
    if contains(name) { throw SchemaError("\(word) type is duplicated") }
    names.append(name)
  }

  mutating func add(_ name: Name) { if !contains(name) { names.append(name) } }

  /// One name as it is, several in brackets.
  var description: String {
    names.count == 1 ? names[0].rawValue : "[\(names.map(\.rawValue).joined(separator: ","))]"
  }
}

/// Why a text is no schema, in gojsonschema's words.
struct SchemaError: Error, Equatable {
  let text: String

  init(_ text: String) { self.text = text }

  static func invalidType(expected: String, given: String) -> SchemaError {
    SchemaError("Invalid type. Expected: \(expected), given: \(given)")
  }
}
