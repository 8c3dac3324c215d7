/// The schemas of schemas (json-schema.org, drafts 4, 6 and 7), which references may lead to although nothing is fetched. What only describes
/// is left out.
enum MetaSchema {
  /// The JSON text of a draft's own schema; nil for none.
  static func text(_ draft: SchemaDraft) -> String? {
    switch draft {
    case .draft4: draft4
    case .draft6: later("http://json-schema.org/draft-06/schema#", additions: "")
    case .draft7:
      later(
        "http://json-schema.org/draft-07/schema#",
        additions: """
          "$comment": {"type": "string"}, "readOnly": {"type": "boolean"}, "contentMediaType": {"type": "string"},
          "contentEncoding": {"type": "string"}, "if": {"$ref": "#"}, "then": {"$ref": "#"}, "else": {"$ref": "#"},
          """, patternNames: ", \"propertyNames\": {\"format\": \"regex\"}")
    case .hybrid: nil
    }
  }

  private static let shared = """
    "title": {"type": "string"}, "description": {"type": "string"}, "default": {}, "maximum": {"type": "number"},
    "minimum": {"type": "number"}, "pattern": {"type": "string", "format": "regex"},
    "items": {"anyOf": [{"$ref": "#"}, {"$ref": "#/definitions/schemaArray"}]}, "uniqueItems": {"type": "boolean"},
    "required": {"$ref": "#/definitions/stringArray"}, "definitions": {"type": "object", "additionalProperties": {"$ref": "#"}},
    "properties": {"type": "object", "additionalProperties": {"$ref": "#"}},
    "dependencies": {
      "type": "object", "additionalProperties": {"anyOf": [{"$ref": "#"}, {"$ref": "#/definitions/stringArray"}]}},
    "enum": {"type": "array", "minItems": 1, "uniqueItems": true},
    "type": {"anyOf": [
      {"$ref": "#/definitions/simpleTypes"},
      {"type": "array", "items": {"$ref": "#/definitions/simpleTypes"}, "minItems": 1, "uniqueItems": true}]},
    "format": {"type": "string"}, "allOf": {"$ref": "#/definitions/schemaArray"}, "anyOf": {"$ref": "#/definitions/schemaArray"},
    "oneOf": {"$ref": "#/definitions/schemaArray"}, "not": {"$ref": "#"}
    """

  private static let counts = ["Length", "Items", "Properties"]

  /// `maxLength` to `minProperties`.
  private static func bounds(_ type: String) -> String {
    counts.map { name in
      "\"max\(name)\": {\"$ref\": \"#/definitions/\(type)\"}, \"min\(name)\": {\"$ref\": \"#/definitions/\(type)Default0\"},"
    }.joined(separator: " ")
  }

  private static func definitions(_ type: String, _ strings: String) -> String {
    """
    "schemaArray": {"type": "array", "minItems": 1, "items": {"$ref": "#"}}, "\(type)": {"type": "integer", "minimum": 0},
    "\(type)Default0": {"allOf": [{"$ref": "#/definitions/\(type)"}, {"default": 0}]},
    "simpleTypes": {"enum": ["array", "boolean", "integer", "null", "number", "object", "string"]},
    "stringArray": {"type": "array", "items": {"type": "string"}, "uniqueItems": true\(strings)}
    """
  }

  private static let draft4 = """
    {"id": "http://json-schema.org/draft-04/schema#", "$schema": "http://json-schema.org/draft-04/schema#",
    "definitions": {\(definitions("positiveInteger", ", \"minItems\": 1"))}, "type": "object",
    "dependencies": {"exclusiveMaximum": ["maximum"], "exclusiveMinimum": ["minimum"]},
    "properties": {"id": {"type": "string"}, "$schema": {"type": "string"},
    "multipleOf": {"type": "number", "minimum": 0, "exclusiveMinimum": true},
    "exclusiveMaximum": {"type": "boolean"}, "exclusiveMinimum": {"type": "boolean"}, \(bounds("positiveInteger"))
    "additionalItems": {"anyOf": [{"type": "boolean"}, {"$ref": "#"}]},
    "additionalProperties": {"anyOf": [{"type": "boolean"}, {"$ref": "#"}]},
    "patternProperties": {"type": "object", "additionalProperties": {"$ref": "#"}}, \(shared)}}
    """

  private static func later(_ address: String, additions: String, patternNames: String = "") -> String {
    """
    {"$id": "\(address)", "$schema": "\(address)", "definitions": {\(definitions("nonNegativeInteger", ""))},
    "type": ["object", "boolean"],
    "properties": {"$id": {"type": "string", "format": "uri-reference"}, "$schema": {"type": "string", "format": "uri"},
    "$ref": {"type": "string", "format": "uri-reference"}, "examples": {"type": "array"}, \(additions)
    "multipleOf": {"type": "number", "exclusiveMinimum": 0}, "exclusiveMaximum": {"type": "number"},
    "exclusiveMinimum": {"type": "number"}, \(bounds("nonNegativeInteger")) "additionalItems": {"$ref": "#"}, "contains": {"$ref": "#"},
    "additionalProperties": {"$ref": "#"}, "propertyNames": {"$ref": "#"}, "const": {},
    "patternProperties": {"type": "object", "additionalProperties": {"$ref": "#"}\(patternNames)}, \(shared)}}
    """
  }
}
