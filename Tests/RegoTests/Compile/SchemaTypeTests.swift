import Testing

@testable import Rego

@Suite("Types from schemas")
struct SchemaTypeTests {
  /// "row message | details" of each error of a module.
  private static func errors(_ text: String, _ schemas: [String: String] = [:], isGiven: Bool = true) throws -> [String] {
    var set = SchemaSet()
    for (name, schema) in schemas {
      set[name.split(separator: ".").map(String.init)] = try Document(json: Array(schema.utf8))
    }
    let module = try Parser.module(Array(text.utf8), file: "m.rego")
    return Checks.run([module], options: .init(schemas: isGiven ? set : nil)).map { error in
      ([String(error.location.row) + " " + error.message] + error.details).joined(separator: " | ")
    }
  }

  private static let person = """
    {"type": "object", "properties": {
      "name": {"type": "string"}, "age": {"type": "integer"}, "tags": {"type": "array", "items": {"type": "string"}},
      "parent": {"$ref": "#"}, "any": {}}}
    """

  @Test("input as a whole")
  func input() throws {
    let errors = try Self.errors("package p\n\nallow if input.nam == \"x\"", ["": Self.person])
    #expect(errors.count == 1)
    #expect(errors.first?.hasPrefix("3 undefined ref: input.nam | input.nam | ") == true, "\(errors)")
    #expect(errors.first?.contains("have: \"nam\"") == true)
    #expect(errors.first?.contains("want (one of): [\"age\" \"any\" \"name\" \"parent\" \"tags\"]") == true)
    #expect(try Self.errors("package p\nallow if input.parent.parent.name == \"x\"", ["": Self.person]) == [])
    #expect(try Self.errors("package p\nallow if input.any.thing == \"x\"", ["": Self.person]) == [])
    #expect(
      try Self.errors("package p\nallow if input.age == \"x\"", ["": Self.person]) == ["2 match error | left  : number | right : string"])
    #expect(
      try Self.errors("package p\nallow if input.tags[_] + 1 > 1", ["": Self.person]).first?.contains("plus: invalid argument(s)") == true)
  }

  @Test("blocks of rules, documents, packages and the packages below")
  func scopes() throws {
    let rule = "# METADATA\n# schemas:\n#   - input: schema.person\nallow if input.foo\n\ndeny if input.foo"
    #expect(
      try Self.errors("package p\n\n" + rule, ["person": Self.person]).map { String($0.prefix(26)) } == ["6 undefined ref: input.foo"])
    let document = "# METADATA\n# scope: document\n# schemas:\n#   - input: schema.person\nallow if input.foo\n\nallow if input.bar"
    #expect(try Self.errors("package p\n\n" + document, ["person": Self.person]).count == 2)
    let package = "# METADATA\n# schemas:\n#   - input: schema.person\npackage p\n\nallow if input.foo\n\ndeny if input.foo"
    #expect(try Self.errors(package, ["person": Self.person]).count == 2)
    let inner = try Parser.module(Array("package a.b\n\nallow if input.foo".utf8), file: "b.rego")
    let outer = try Parser.module(
      Array("# METADATA\n# scope: subpackages\n# schemas:\n#   - input: schema.person\npackage a\n\nx := 1".utf8), file: "a.rego")
    var set = SchemaSet()
    set[["person"]] = try Document(json: Array(Self.person.utf8))
    #expect(Checks.run([inner, outer], options: .init(schemas: set)).map(\.message) == ["undefined ref: input.foo"])
  }

  @Test("parts of documents")
  func parts() throws {
    let text =
      "# METADATA\n# schemas:\n#   - input: schema.person\n#   - input.any.deep: {type: number}\n#   - data.users: {type: array, items: {type: string}}\n"
    func errors(_ body: String) throws -> [String] {
      try Self.errors("package p\n\n" + text + "allow if { \(body) }", ["person": Self.person]).map { String($0.prefix(40)) }
    }
    #expect(try errors("input.any.deep > 1; input.any.other.x") == [])
    #expect(try errors("input.any.deep == \"x\"") == ["8 match error | left  : number | right :"])
    #expect(try errors("data.users[0].x").first?.hasPrefix("8 undefined ref: data.users[0].x") == true)
    #expect(try errors("data.other.x") == [])
    #expect(try errors("input.nam").count == 1)
  }

  @Test("without a set, blocks that name schemas say nothing, those that hold one do")
  func absent() throws {
    let named = "package p\n\n# METADATA\n# schemas:\n#   - input: schema.person\nallow if input.foo"
    #expect(try Self.errors(named, isGiven: false) == [])
    #expect(try Self.errors(named, ["other": Self.person]) == ["6 undefined schema: schema.person"])
    let inline = "package p\n\n# METADATA\n# schemas:\n#   - input: {type: object, properties: {a: {type: string}}}\nallow if input.foo"
    #expect(try Self.errors(inline, isGiven: false).first?.hasPrefix("6 undefined ref: input.foo") == true)
  }

  @Test(
    "shapes of schemas",
    arguments: [
      ("{\"type\": \"null\"}", "any"), ("{}", "any"), ("true", "any"), ("{\"type\": [\"string\", \"null\"]}", "string"),
      ("{\"type\": \"object\"}", "object[any: any]"), ("{\"type\": \"array\"}", "array[any]"),
      ("{\"items\": [{\"type\": \"number\"}, {}]}", "array<number, any>"),
      ("{\"properties\": {\"a\": {\"type\": \"boolean\"}}}", "object<a: boolean>"),
      ("{\"anyOf\": [{\"type\": \"number\"}, {\"type\": \"string\"}]}", "any<number, string>"),
      (
        "{\"allOf\": [{\"properties\": {\"a\": {\"type\": \"number\"}}}, {\"properties\": {\"b\": {\"type\": \"string\"}}}]}",
        "object<a: number, b: string>"
      ),
      (
        "{\"type\": \"object\", \"properties\": {\"c\": {}}, \"allOf\": [{\"properties\": {\"a\": {\"type\": \"number\"}}}]}",
        "object<a: number, c: any>"
      ),
      ("{\"type\": \"string\", \"pattern\": \"(?=x)\"}", "string"),
    ])
  func shapes(_ schema: String, _ wanted: String) throws {
    let heap = Heap()
    let value = try JSONReader.read(Array(schema.utf8), in: heap)
    let type = try SchemaTyping.type(of: value)
    #expect(StaticType?.some(type).text == wanted)
  }

  @Test("schemas that are none, and schemas in circles")
  func wrong() throws {
    #expect(try Self.errors("package p", ["": "{\"type\": \"x\"}"]).first?.contains("unable to compile the schema: ") == true)
    let clash = "{\"allOf\": [{\"type\": \"string\"}, {\"type\": \"number\"}]}"
    #expect(
      try Self.errors("package p", ["": clash]).first?.contains("unable to merge these schemas: type mismatch: string and number") == true)
    let tree = "{\"properties\": {\("abcdefghij".map { "\"\($0)\": {\"$ref\": \"#\"}" }.joined(separator: ", "))}}"
    #expect(try Self.errors("package p\nallow if input.a.b.x", ["": tree]).count == 1)
  }
}
