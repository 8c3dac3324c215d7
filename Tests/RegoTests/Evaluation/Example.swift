// The lines between the marks stand in README.md, README.zh-CN.md and Rego.docc/Rego.md too; ExampleTests holds them to be the same.

// begin
import Rego

func isAllowed(_ request: String) throws -> Bool {
  let text = """
    package door
    allow if input.role in {"guard", "owner"}
    """
  let policy = try Policy([Parser.module(Array(text.utf8), file: "door.rego")])
  let query = try policy.prepare("data.door.allow")
  return try query.evaluate(input: Document(json: Array(request.utf8))).first?.values == [.boolean(true)]
}
// end
