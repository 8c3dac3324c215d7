import Testing

@testable import Rego

/// What gojsonschema says of documents, by keyword.
@Suite("JSON Schema")
struct JSONSchemaTests {
  private static func match(_ document: String, _ schema: String) -> String {
    Calling().result("json.match_schema", "\(document), \(schema)")
  }

  /// `field type` of each finding.
  private static func findings(_ document: String, _ schema: String) -> [String] {
    let heap = Heap()
    return withExtendedLifetime(heap) {
      guard
        let result = try? JSONReader.read(Array(match(document, schema).utf8), in: heap), result.isArray
      else { return ["no result: " + match(document, schema)] }
      return result.arrayView[1].elements.map { $0.objectView["field"].string + " " + $0.objectView["type"].string }
    }
  }

  @Test(
    "documents that fit",
    arguments: [
      ("{\"a\": 1}", "{}"), ("[1]", "{\"items\": true}"), ("{\"a\": 1.0}", "{\"properties\": {\"a\": {\"type\": \"integer\"}}}"),
      ("[null, true, \"x\"]", "{\"items\": {\"type\": [\"null\", \"boolean\", \"string\"]}}"),
      ("[1, \"a\", 3]", "{\"items\": [{\"type\": \"number\"}, {\"type\": \"string\"}]}"),
      ("[3]", "{\"items\": {\"multipleOf\": 1.5}}"), ("[1e400]", "{\"items\": {\"multipleOf\": 5e-400, \"type\": \"integer\"}}"),
      ("[0.3]", "{\"items\": {\"multipleOf\": 0.1}}"), ("[\"aé\"]", "{\"items\": {\"minLength\": 2, \"maxLength\": 2}}"),
      ("[100000000000000000001]", "{\"items\": {\"minimum\": 100000000000000000001}}"),
      ("{\"a\": {\"a\": {}}}", "{\"properties\": {\"a\": {\"$ref\": \"#\"}}, \"additionalProperties\": false}"),
      ("{\"a\": 1}", "{\"$ref\": \"#/definitions/a~1b\", \"definitions\": {\"a/b\": {\"required\": [\"a\"]}}}"),
      ("{\"a\": 1}", "{\"definitions\": {\"x\": {\"$id\": \"#here\", \"required\": [\"a\"]}}, \"allOf\": [{\"$ref\": \"#here\"}]}"),
      (
        "{\"a\": \"x\"}",
        "{\"$id\": \"http://a.example/s\", \"definitions\": {\"t\": {\"$id\": \"t.json\", \"type\": \"string\"}}, \"properties\": {\"a\": {\"$ref\": \"t.json\"}}}"
      ),
      ("[1, 1.0]", "{\"enum\": [[1, 1]]}"), ("[1]", "{\"contains\": {\"const\": 1.0}}"),
      ("{\"xa\": 1}", "{\"patternProperties\": {\"^x\": {}}, \"additionalProperties\": false}"),
      ("[5]", "{\"$schema\": \"http://json-schema.org/draft-04/schema#\", \"items\": {\"minimum\": 4, \"exclusiveMinimum\": true}}"),
      ("{\"a\": 1}", "{\"if\": {\"required\": [\"b\"]}, \"then\": false}"), ("[\"x\"]", "{\"items\": {\"format\": \"no-such\"}}"),
      ("\"{\\\"a\\\": 1}\"", "\"{\\\"required\\\": [\\\"a\\\"]}\""),
    ])
  func fitting(_ document: String, _ schema: String) {
    #expect(Self.match(document, schema) == "[true, []]")
  }

  @Test(
    "what is found, and where",
    arguments: [
      ("[1]", "{\"items\": false}", ["0 false"]), ("{}", "{\"required\": [\"a\", \"b\"]}", ["(root) required", "(root) required"]),
      ("{\"a\": [1, \"x\"]}", "{\"properties\": {\"a\": {\"items\": {\"type\": \"number\"}}}}", ["a.1 invalid_type"]),
      (
        "{\"a\": 1, \"b\": 2}", "{\"properties\": {\"a\": {}}, \"additionalProperties\": false}", ["(root) additional_property_not_allowed"]
      ),
      ("{\"a\": 1}", "{\"propertyNames\": {\"minLength\": 2}}", ["(root) invalid_property_name", "(root) string_gte"]),
      ("{\"a\": 1}", "{\"dependencies\": {\"a\": [\"b\"]}}", ["(root) missing_dependency"]),
      ("{\"a\": 1}", "{\"dependencies\": {\"a\": {\"minProperties\": 2}}}", ["(root) array_min_properties"]),
      ("{\"a\": 1, \"b\": 1}", "{\"maxProperties\": 1}", ["(root) array_max_properties"]),
      ("[1, 2, 3]", "{\"items\": [{}], \"additionalItems\": false}", ["(root) array_no_additional_items"]),
      ("[1, \"a\"]", "{\"items\": [{}], \"additionalItems\": {\"type\": \"number\"}}", ["1 invalid_type"]),
      ("[]", "{\"minItems\": 1, \"contains\": {}}", ["(root) array_min_items", "(root) contains"]),
      ("[1, 1.0, 2]", "{\"uniqueItems\": true, \"maxItems\": 2}", ["(root) array_max_items", "(root) unique"]),
      ("[7]", "{\"items\": {\"multipleOf\": 2, \"maximum\": 6, \"minimum\": 8}}", ["0 multiple_of", "0 number_lte", "0 number_gte"]),
      ("[5]", "{\"items\": {\"exclusiveMinimum\": 5, \"exclusiveMaximum\": 5}}", ["0 number_lt", "0 number_gt"]),
      ("[\"abc\"]", "{\"items\": {\"maxLength\": 2, \"pattern\": \"^b\"}}", ["0 string_lte", "0 pattern"]),
      ("[1]", "{\"items\": {\"const\": 2}}", ["0 const"]), ("[1]", "{\"items\": {\"enum\": [2, \"x\"]}}", ["0 enum"]),
      ("[1]", "{\"enum\": []}", ["(root) enum"]), ("[1]", "{\"not\": {}}", ["(root) number_not"]),
      ("[1]", "{\"allOf\": [{\"minItems\": 2}, {}]}", ["(root) array_min_items", "(root) number_all_of"]),
      ("[1]", "{\"oneOf\": [{}, {}]}", ["(root) number_one_of"]),
      (
        "{\"a\": 1}", "{\"anyOf\": [{\"type\": \"array\"}, {\"properties\": {\"a\": {\"type\": \"string\"}}}]}",
        ["(root) number_any_of", "a invalid_type"]
      ),
      ("{\"a\": 1}", "{\"if\": {\"required\": [\"a\"]}, \"then\": {\"required\": [\"b\"]}}", ["(root) condition_then", "(root) required"]),
      ("{}", "{\"if\": {\"required\": [\"a\"]}, \"else\": {\"required\": [\"b\"]}}", ["(root) condition_else", "(root) required"]),
      ("{\"a\": {\"b\": null}}", "{\"properties\": {\"a\": {\"properties\": {\"b\": {\"type\": \"string\"}}}}}", ["a.b invalid_type"]),
    ])
  func found(_ document: String, _ schema: String, _ wanted: [String]) {
    #expect(Self.findings(document, schema) == wanted)
  }

  @Test("the parts of a finding")
  func parts() {
    #expect(
      Self.match("{\"a\": 1000001}", "{\"properties\": {\"a\": {\"maximum\": 1000000}}}")
        == "[false, [{\"desc\": \"Must be less than or equal to 1e+06\", \"error\": \"a: Must be less than or equal to 1e+06\", "
        + "\"field\": \"a\", \"type\": \"number_lte\"}]]")
    #expect(
      Self.match("{\"a\": 1}", "{\"properties\": {\"a\": {\"enum\": [\"<\", {\"b\": 1e30}]}}}").contains(
        "a must be one of the following: \\\"\\\\u003c\\\", {\\\"b\\\":1e+30}"))
    #expect(Self.match("[1, 1]", "{\"uniqueItems\": true}").contains("array items[0,1] must be unique"))
    #expect(Self.match("[1]", "{\"type\": [\"object\", \"null\"]}").contains("Expected: [object,null], given: array"))
  }

  @Test(
    "formats",
    arguments: [
      ("date", "2024-02-29", "2023-02-29"), ("time", "23:59:59Z", "24:00:00"), ("time", "01:02:03", "1:2"),
      ("date-time", "2024-01-02T03:04:05.678+01:00", "2024-01-02 03:04"), ("hostname", "a-b.example", "-a.example"),
      ("hostname", "x", ""), ("email", "a.b@c.example", "a..b@c.example"), ("email", "\"a b\"@[127.0.0.1]", "a@b@c"),
      ("idn-email", "Jörg <ö@x.example>", "ö@"), ("email", "A (x) <a@b>", "a@b, c@d"), ("ipv4", "127.0.0.1", "127.0.0.01"),
      ("ipv4", "1.2.3.4", "1.2.3"), ("ipv6", "::ffff:1.2.3.4", "::1%eth0"), ("uri", "urn:x:y", "//x/y"),
      ("uri", "http://a/b", "http://a\\b"),
      ("uri-reference", "../a#b", "a\\b"), ("uri-template", "/a/{b}/c", "/a/{b"), ("iri", "http://ä/", "ä"),
      ("uuid", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1"), ("regex", "^a+$", "(?=a)"),
      ("json-pointer", "/a~0b/c~1", "a/b"), ("json-pointer", "", "/a~2"), ("relative-json-pointer", "1/a", "01/a"),
      ("relative-json-pointer", "0#", "#"),
    ])
  func formats(_ name: String, _ right: String, _ wrong: String) {
    #expect(SchemaFormat.holds(name, Array(right.utf8)), "\(right)")
    #expect(!SchemaFormat.holds(name, Array(wrong.utf8)), "\(wrong)")
  }

  @Test(
    "texts that are no schema",
    arguments: [
      ("1", "wrong type, expected string or object"), ("\"{\"", "invalid JSON string"), ("\"3\"", "schema is invalid"),
      ("{\"type\": 1}", "Invalid type. Expected: type, given: string/array of strings"),
      ("{\"type\": [\"string\", \"string\"]}", "string type is duplicated"),
      ("{\"properties\": []}", "properties must be of type object"), ("{\"items\": 1}", "Expected: valid schema/array of schemas"),
      ("{\"minimum\": \"a\"}", "minimum must be of a number"), ("{\"minLength\": 1.5}", "minLength must be of an integer"),
      ("{\"minLength\": -1}", "minLength must be greater than or equal to 0"),
      ("{\"minLength\": 2, \"maxLength\": 1}", "minLength cannot be greater than maxLength"),
      ("{\"multipleOf\": 0}", "multipleOf must be strictly greater than 0"), ("{\"pattern\": \"(?=a)\"}", "pattern must be a valid regex"),
      ("{\"required\": [\"a\", \"a\"]}", "required items must be unique"), ("{\"enum\": [1, 1.0]}", "enum items must be unique"),
      ("{\"allOf\": {}}", "allOf must be of an array"), ("{\"not\": []}", "not must be of an object"),
      ("{\"anyOf\": [1]}", "Expected: valid schema, given: Invalid JSON"), ("{\"$ref\": \"#/a\"}", "Object has no key 'a'"),
      ("{\"$ref\": \"other.json\"}", "Reference other.json must be canonical"),
      ("{\"$ref\": \"http://x.example/s\"}", "remote reference loading disabled: http://x.example/s"),
      ("{\"$ref\": \"file:///etc/passwd\"}", "file reference loading disabled"),
      ("{\"$schema\": \"http://json-schema.org/draft-04/schema#\", \"exclusiveMinimum\": true}", "cannot be used without minimum"),
      ("{\"dependencies\": {\"a\": [1]}}", "dependency must be of type schema or array of strings"),
    ])
  func schemas(_ schema: String, _ wanted: String) {
    let result = Calling().result("json.verify_schema", schema)
    #expect(result.hasPrefix("[false, \"jsonschema: "), "\(result)")
    #expect(result.contains(wanted), "\(result)")
    #expect(Calling().result("json.verify_schema", "{\"type\": \"object\"}") == "[true, null]")
  }

  @Test("schemas of schemas", arguments: ["04", "06", "07"])
  func metaSchemas(_ draft: String) {
    let schema = "{\"$ref\": \"http://json-schema.org/draft-\(draft)/schema#\"}"
    #expect(Calling().result("json.verify_schema", schema) == "[true, null]")
    #expect(Self.match("{\"type\": \"object\", \"properties\": {\"a\": {\"minLength\": 1}}}", schema) == "[true, []]")
    #expect(
      Self.findings("{\"properties\": {\"a\": {\"minLength\": -1}}}", schema) == [
        "properties.a.minLength number_gte", "properties.a.minLength number_all_of",
      ])
    let part = "{\"$ref\": \"http://json-schema.org/draft-\(draft)/schema#/definitions/simpleTypes\"}"
    #expect(Self.findings("[1]", "{\"items\": \(part)}") == ["0 enum"])
  }

  @Test("schemas and documents made to exhaust")
  func hostile() {
    #expect(Self.match("{}", "{\"$ref\": \"#\"}").hasPrefix("error: schema refers to itself"))
    #expect(
      Self.match("{}", "{\"allOf\": [{\"$ref\": \"#\"}, {\"$ref\": \"#\"}]}").hasPrefix("error: schema or document is nested too deeply"))
    let doubling = (0..<40).map {
      "\"d\($0)\": {\"allOf\": [{\"$ref\": \"#/definitions/d\($0 + 1)\"}, {\"$ref\": \"#/definitions/d\($0 + 1)\"}]}"
    }
    let schema = "{\"definitions\": {\(doubling.joined(separator: ", ")), \"d40\": {}}, \"$ref\": \"#/definitions/d0\"}"
    #expect(Calling(steps: 200_000).result("json.match_schema", "{}, \(schema)").hasPrefix("fatal: "))
    let deep = String(repeating: "[", count: 900) + String(repeating: "]", count: 900)
    #expect(Self.match(deep, "{\"items\": {\"$ref\": \"#\"}, \"type\": \"array\"}") == "[true, []]")
    let nested = String(repeating: "{\"not\": ", count: 900) + "{}" + String(repeating: "}", count: 900)
    #expect(Calling().result("json.verify_schema", nested) == "[true, null]")
  }
}
