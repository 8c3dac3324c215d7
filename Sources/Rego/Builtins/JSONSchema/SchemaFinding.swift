/// A place in a document: the names on the way to it.
final class SchemaPlace {
  private let name: [UInt8]
  private let parent: SchemaPlace?

  init(_ name: [UInt8], below parent: SchemaPlace?) {
    self.name = name
    self.parent = parent
  }

  /// The names with points between them; "(root)" for the document itself.
  var field: [UInt8] {
    guard parent != nil else { return name }
    var names: [[UInt8]] = []
    var place: SchemaPlace? = self
    while let current = place, current.parent != nil {
      names.append(current.name)
      place = current.parent
    }
    return Array(names.reversed().joined(separator: [0x2E]))
  }
}

/// What is wrong in a document, in the words of gojsonschema's default locale.
struct SchemaFinding {
  enum Fault {
    case isFalse
    case required([UInt8])
    case type(expected: String, given: String)
    case anyOf, oneOf, allOf, not
    case dependency([UInt8])
    case const([UInt8])
    case enumeration([[UInt8]])
    case noAdditionalItems
    case minItems(Int), maxItems(Int)
    case unique(Int, Int)
    case contains
    case minProperties(Int), maxProperties(Int)
    case additionalProperty([UInt8])
    case propertyName([UInt8])
    case minLength(Int), maxLength(Int)
    case pattern(String)
    case format(String)
    case multipleOf(Decimal)
    case minimum(Decimal), exclusiveMinimum(Decimal), maximum(Decimal), exclusiveMaximum(Decimal)
    case then, otherwise
  }

  let fault: Fault
  let place: SchemaPlace

  /// The fault's name and its text.
  private var parts: (type: StaticString, text: String) {
    func word(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
    switch fault {
    case .isFalse: return ("false", "False always fails validation")
    case .required(let name): return ("required", "\(word(name)) is required")
    case .type(let expected, let given): return ("invalid_type", "Invalid type. Expected: \(expected), given: \(given)")
    case .anyOf: return ("number_any_of", "Must validate at least one schema (anyOf)")
    case .oneOf: return ("number_one_of", "Must validate one and only one schema (oneOf)")
    case .allOf: return ("number_all_of", "Must validate all the schemas (allOf)")
    case .not: return ("number_not", "Must not validate the schema (not)")
    case .dependency(let name): return ("missing_dependency", "Has a dependency on \(word(name))")
    case .const(let allowed): return ("const", "\(word(place.field)) does not match: \(word(allowed))")
    case .enumeration(let allowed):
      let list = allowed.isEmpty ? "(none)" : allowed.map(word).joined(separator: ", ")
      return ("enum", "\(word(place.field)) must be one of the following: \(list)")
    case .noAdditionalItems: return ("array_no_additional_items", "No additional items allowed on array")
    case .minItems(let count): return ("array_min_items", "Array must have at least \(count) items")
    case .maxItems(let count): return ("array_max_items", "Array must have at most \(count) items")
    case .unique(let first, let second): return ("unique", "array items[\(first),\(second)] must be unique")
    case .contains: return ("contains", "At least one of the items must match")
    case .minProperties(let count): return ("array_min_properties", "Must have at least \(count) properties")
    case .maxProperties(let count): return ("array_max_properties", "Must have at most \(count) properties")
    case .additionalProperty(let name): return ("additional_property_not_allowed", "Additional property \(word(name)) is not allowed")
    case .propertyName(let name): return ("invalid_property_name", "Property name of \"\(word(name))\" does not match")
    case .minLength(let count): return ("string_gte", "String length must be greater than or equal to \(count)")
    case .maxLength(let count): return ("string_lte", "String length must be less than or equal to \(count)")
    case .pattern(let pattern): return ("pattern", "Does not match pattern '\(pattern)'")
    case .format(let format): return ("format", "Does not match format '\(format)'")
    case .multipleOf(let number): return ("multiple_of", "Must be a multiple of \(SchemaText.bound(number))")
    case .minimum(let bound): return ("number_gte", "Must be greater than or equal to \(SchemaText.bound(bound))")
    case .exclusiveMinimum(let bound): return ("number_gt", "Must be greater than \(SchemaText.bound(bound))")
    case .maximum(let bound): return ("number_lte", "Must be less than or equal to \(SchemaText.bound(bound))")
    case .exclusiveMaximum(let bound): return ("number_lt", "Must be less than \(SchemaText.bound(bound))")
    case .then: return ("condition_then", "Must validate \"then\" as \"if\" was valid")
    case .otherwise: return ("condition_else", "Must validate \"else\" as \"if\" was not valid")
    }
  }

  /// `{desc, error, field, type}`.
  func value(in heap: Heap) -> Value {
    let (type, text) = parts
    let field = place.field
    return .object(
      [
        (.short("desc"), .string(text, in: heap)),
        (.short("error"), .string(field + Array(": \(text)".utf8), in: heap)),
        (.short("field"), .string(field, in: heap)),
        (.short("type"), .string("\(type)", in: heap)),
      ], in: heap)
  }
}

/// What a schema says of a value.
///
/// The score tells which of several schemas that do not fit fits best, as gojsonschema counts: keywords that hold, less those that do not.
struct SchemaResult {
  private(set) var findings: [SchemaFinding] = []
  private(set) var score = 0

  var isValid: Bool { findings.isEmpty }

  mutating func add(_ fault: SchemaFinding.Fault, _ place: SchemaPlace) {
    findings.append(SchemaFinding(fault: fault, place: place))
    score -= 2
  }

  mutating func merge(_ other: SchemaResult) {
    findings += other.findings
    score += other.score
  }

  mutating func count() { score += 1 }
}
